/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_lane.c - the made-up sensor as one that may block, because whether a driver gets a lane is a property of the
 * driver. Only here may it hang. Options and faults: fake.h.
 */
#include "sensor/fake.h"

const struct jb_sensor_driver jb_sensor_fake_lane = {
    .name = "fake-lane",
    .title = "made-up sensor that may block",
    .abi = JB_SENSOR_ABI,
    .test = true,
    .priv_size = sizeof(struct jb_fake),
    .blocking = true,
    .open = jb_fake_open,
    .read = jb_fake_read,
    .processes = jb_fake_processes,
};
