/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_jetson.c - the power monitors of a Jetson with whatever labels and values, in all three layouts.
 */
#include "fuzz_tree.h"

#define CHIPS "/sys/bus/i2c/drivers/"

static const char *const files[] = {
    "/proc/device-tree/compatible",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/in1_label",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/in1_input",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/curr1_input",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/in2_label",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/in2_input",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/curr2_input",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/in3_label",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/in3_input",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/curr3_input",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/update_interval",
    CHIPS "ina3221/1-0040/hwmon/hwmon1/samples",
    CHIPS "ina3221x/1-0041/iio:device0/rail_name_0",
    CHIPS "ina3221x/1-0041/iio:device0/in_power0_input",
    CHIPS "ina3221x/1-0041/iio:device0/rail_name_1",
    CHIPS "ina3221x/1-0041/iio:device0/in_power1_input",
    CHIPS "ina238/1-0044/hwmon/hwmon2/name",
    CHIPS "ina238/1-0044/hwmon/hwmon2/label",
    CHIPS "ina238/1-0044/hwmon/hwmon2/power1_input",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jb_machine machine = {.board = "NVIDIA Jetson"};
    if (size == 0 || size > 8192) {
        return 0;
    }
    fuzz_make_tree(files, sizeof(files) / sizeof(files[0]), data + 1, size - 1);
    fuzz_driver(jb_sensor_find("jetson"), data[0] & 1 ? &machine : NULL);
    return 0;
}
