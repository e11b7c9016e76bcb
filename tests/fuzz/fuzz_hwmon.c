/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_hwmon.c - four chips of whatever name, with labels and values of every kind, and NUMA nodes of whatever CPUs.
 */
#include "fuzz_tree.h"

#define CHIP(number, name) "/sys/class/hwmon/hwmon" number "/" name
#define NODE(number)       "/sys/devices/system/node/node" number "/cpulist"

static const char *const files[] = {
    CHIP("0", "name"),
    CHIP("0", "energy1_label"),
    CHIP("0", "energy1_input"),
    CHIP("0", "energy2_label"),
    CHIP("0", "energy2_input"),
    CHIP("1", "name"),
    CHIP("1", "power1_label"),
    CHIP("1", "power1_input"),
    CHIP("1", "power2_label"),
    CHIP("1", "power2_average"),
    CHIP("2", "name"),
    CHIP("2", "in0_label"),
    CHIP("2", "in0_input"),
    CHIP("2", "curr1_label"),
    CHIP("2", "curr1_input"),
    CHIP("10", "device/name"),
    CHIP("10", "device/power1_label"),
    CHIP("10", "device/power1_input"),
    NODE("0"),
    NODE("1"),
    "/sys/devices/system/cpu/cpu0/topology/physical_package_id",
    "/sys/devices/system/cpu/cpu8/topology/physical_package_id",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jb_machine rome = {
        .cpu = {.sockets = 2, .package_of = {0, 1}, .vendor = "AMD", .family = 0x17, .model_number = 0x31}};
    static const struct jb_machine genoa = {
        .cpu = {.sockets = 1, .vendor = "AMD", .family = 0x19, .model_number = 0x11, .tdp_w = 280}};
    static const struct jb_machine *const machines[] = {NULL, &rome, &genoa, &genoa};
    if (size == 0 || size > 8192) {
        return 0;
    }
    fuzz_make_tree(files, sizeof(files) / sizeof(files[0]), data + 1, size - 1);
    fuzz_driver(jb_sensor_find("hwmon"), machines[data[0] & 3]);
    return 0;
}
