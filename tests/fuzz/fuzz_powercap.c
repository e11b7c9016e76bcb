/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_powercap.c - /sys/class/powercap with whatever contents: a package, its subzones, a second one, an MMIO twin.
 */
#include "fuzz_tree.h"

#define ZONE(name) "/sys/class/powercap/" name

static const char *const files[] = {
    ZONE("intel-rapl:0/name"),
    ZONE("intel-rapl:0/energy_uj"),
    ZONE("intel-rapl:0/max_energy_range_uj"),
    ZONE("intel-rapl:0/constraint_0_max_power_uw"),
    ZONE("intel-rapl:0/enabled"),
    ZONE("intel-rapl:0:0/name"),
    ZONE("intel-rapl:0:0/energy_uj"),
    ZONE("intel-rapl:0:1/name"),
    ZONE("intel-rapl:0:1/energy_uj"),
    ZONE("intel-rapl:1/name"),
    ZONE("intel-rapl:1/energy_uj"),
    ZONE("intel-rapl:1/intel-rapl:1:0/name"),
    ZONE("intel-rapl:1/intel-rapl:1:0/energy_uj"),
    ZONE("intel-rapl-mmio:0/name"),
    ZONE("intel-rapl-mmio:0/energy_uj"),
    ZONE("intel-rapl-mmio:0/max_energy_range_uj"),
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jb_machine machine = {.cpu = {.sockets = 2, .vendor = "AMD"}};
    if (size == 0 || size > 8192) {
        return 0;
    }
    fuzz_make_tree(files, sizeof(files) / sizeof(files[0]), data + 1, size - 1);
    fuzz_driver(jb_sensor_find("rapl-powercap"), data[0] & 1 ? &machine : NULL);
    return 0;
}
