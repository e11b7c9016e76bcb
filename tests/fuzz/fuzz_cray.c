/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cray.c - Cray's pm_counters with whatever contents, with the accelerators' own driver and without.
 */
#include "fuzz_tree.h"

#define PM(name) "/sys/cray/pm_counters/" name

static const char *const files[] = {
    PM("energy"),        PM("freshness"),     PM("cpu_energy"),    PM("cpu0_energy"),  PM("cpu1_energy"),
    PM("memory_energy"), PM("accel0_energy"), PM("accel1_energy"), PM("accel_energy"), "/sys/module/amdgpu/initstate",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jb_machine one = {.cpu = {.sockets = 1, .package_of = {2}}};
    static const struct jb_machine two = {.cpu = {.sockets = 2, .package_of = {0, 1}}};
    static const struct jb_machine *const machines[] = {NULL, &one, &two, &two};
    if (size == 0 || size > 8192) {
        return 0;
    }
    fuzz_make_tree(files, sizeof(files) / sizeof(files[0]), data + 1, size - 1);
    fuzz_driver(jb_sensor_find("cray"), machines[data[0] & 3]);
    return 0;
}
