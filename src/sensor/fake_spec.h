/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_spec.h - the options of the made-up sensor (listed in fake.h) as a struct.
 */
#ifndef JB_SENSOR_FAKE_SPEC_H
#define JB_SENSOR_FAKE_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/sensor.h"

enum jb_fake_fault {
    JB_FAKE_FINE,
    JB_FAKE_GONE,
    JB_FAKE_EACCES,
    JB_FAKE_NAN,
    JB_FAKE_FROZEN,
    JB_FAKE_RESET,
    JB_FAKE_BACKWARDS,
    JB_FAKE_WILD,
    JB_FAKE_STALL,
    JB_FAKE_HANG,
    JB_FAKE_HANG_OPEN,
    JB_FAKE_LATE,
};

struct jb_fake_spec {
    enum jb_method method;
    enum jb_device device;
    enum jb_fake_fault fault;
    bool node;
    uint64_t power_uw, own_uw, idle_uw, max_power_uw;
    uint64_t scale_num, scale_den, start_raw, wrap;
    uint64_t at_ns, for_ns; /* for_ns 0: not given */
    uint64_t update_ns, jitter_ns;
    double rel_error;
    int unit, die, channels;
    int32_t pid; /* 0: nobody */
    bool busy_known;
    uint32_t busy_ppm;
};

/* -EINVAL with a message on an unknown option or a value that makes no sense. `text` may be NULL. */
int jb_fake_spec_parse(const char *text, struct jb_fake_spec *ret, struct jb_diag *diag);

#endif
