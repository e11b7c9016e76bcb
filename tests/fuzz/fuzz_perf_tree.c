/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_perf_tree.c - the units `power` and `power_core` of perf with whatever contents, on two CPUs with whatever
 * topology.
 */
#include "fuzz_tree.h"

#define PMU(name)   "/sys/bus/event_source/devices/power/" name
#define CORES(name) "/sys/bus/event_source/devices/power_core/" name
#define CPU(name)   "/sys/devices/system/cpu/" name

static const char *const files[] = {
    PMU("type"),
    PMU("cpumask"),
    PMU("events/energy-pkg"),
    PMU("events/energy-pkg.scale"),
    PMU("events/energy-pkg.unit"),
    PMU("events/energy-cores"),
    PMU("events/energy-cores.scale"),
    PMU("events/energy-psys"),
    PMU("events/energy-psys.scale"),
    CPU("cpu0/topology/physical_package_id"),
    CPU("cpu0/topology/die_id"),
    CPU("cpu1/online"),
    CPU("cpu1/topology/physical_package_id"),
    CPU("cpu1/topology/die_id"),
    "/perf/cpu0/20:2",
    "/perf/cpu0/20:1",
    "/perf/cpu0/20:5",
    "/perf/cpu1/20:2",
    CORES("type"),
    CORES("cpumask"),
    CORES("events/energy-core"),
    CORES("events/energy-core.scale"),
    "/perf/cpu0/21:1",
    "/perf/cpu1/21:1",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jb_machine amd = {.cpu = {.sockets = 2, .package_of = {0, 1}, .vendor = "AMD", .tdp_w = 280}};
    static const struct jb_machine intel = {.cpu = {.sockets = 1, .vendor = "Intel"}};
    static const struct jb_machine *const machines[] = {NULL, &amd, &intel, &intel};
    if (size == 0 || size > 8192) {
        return 0;
    }
    fuzz_make_tree(files, sizeof(files) / sizeof(files[0]), data + 1, size - 1);
    fuzz_driver(jb_sensor_find("rapl-perf"), machines[data[0] & 3]);
    return 0;
}
