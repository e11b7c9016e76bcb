/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intel_gpu_test.h - made-up Intel cards for the tests of this folder, on top of the trees of tests/unit/sensor.
 */
#ifndef JB_TESTS_INTEL_GPU_H
#define JB_TESTS_INTEL_GPU_H

#include "../sensor/tree.h"

#include "sensor/intel_gpu/intel_gpu.h"

#define BOARD   "gpu/0000:03:00.0/board"
#define PACKAGE "gpu/0000:03:00.0/package"
#define HWMON   "/sys/class/drm/card1/device/hwmon/hwmon2/"
#define STATUS  "/sys/class/drm/card1/device/power/runtime_status"

static inline int open_intel(struct tree *tree)
{
    return tree_open(tree, jb_sensor_find("intel-gpu"), NULL);
}

static inline void put_card(const struct tree *tree, const char *driver, const char *id)
{
    char uevent[128];
    snprintf(uevent, sizeof(uevent), "DRIVER=%s\nPCI_ID=8086:%s\nPCI_SLOT_NAME=0000:03:00.0\n", driver, id);
    tree_write(tree, "/sys/class/drm/card1/device/uevent", uevent);
    snprintf(uevent, sizeof(uevent), "%s\n", driver);
    tree_write(tree, HWMON "name", uevent);
}

static inline void put_b580(const struct tree *tree)
{
    put_card(tree, "xe", "E20B");
    tree_write(tree, HWMON "energy1_label", "card\n");
    tree_write(tree, HWMON "energy1_input", "9000000000\n");
    tree_write(tree, HWMON "energy2_label", "pkg\n");
    tree_write(tree, HWMON "energy2_input", "6000000000\n");
}

static inline void put_a770(const struct tree *tree)
{
    put_card(tree, "i915", "56A0");
    tree_write(tree, HWMON "energy1_input", "22543283000\n");
    tree_write(tree, HWMON "power1_max", "190000000\n");
}

#endif
