/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets, cores and online CPUs from /sys/devices/system/cpu (Documentation/admin-guide/cputopology.rst). Offline
 * CPUs have no topology folder and do not count. Odd: physical_package_id is -1 or a large number on some ARM
 * firmware, and core_id repeats in each die of some sockets, so that a core is (package, die, core).
 */
#include "hardware/probe.h"

#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CPUS 8192

size_t jb_cpu_numbers_parse(const char *text, unsigned *cpus, size_t max)
{
    size_t count = 0;
    for (;;) {
        uint64_t first, last;
        if (jb_scan_u64(text, strlen(text), &first, &text) < 0 || first >= MAX_CPUS) {
            return 0;
        }
        last = first;
        if (*text == '-' && (jb_scan_u64(text + 1, strlen(text + 1), &last, &text) < 0 || last >= MAX_CPUS)) {
            return 0;
        }
        for (uint64_t cpu = first; cpu <= last && count < max; cpu++) {
            cpus[count++] = (unsigned)cpu;
        }
        if (*text != ',') {
            return *text == '\0' || *text == '\n' ? count : 0;
        }
        text++;
    }
}

static bool read_int(const char *root, unsigned cpu, const char *name, int *ret)
{
    char path[128], text[32];
    int64_t value;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology/%s", cpu, name);
    if (jb_root_read(root, path, text, sizeof text) <= 0 || jb_parse_i64(jb_trim(text), &value) < 0 ||
        value < INT32_MIN || value > INT32_MAX) {
        return false;
    }
    *ret = (int)value;
    return true;
}

struct core {
    int package, die, core;
};

static int by_place(const void *a, const void *b)
{
    const struct core *x = a, *y = b;
    if (x->package != y->package) {
        return x->package < y->package ? -1 : 1;
    }
    if (x->die != y->die) {
        return x->die < y->die ? -1 : 1;
    }
    return x->core < y->core ? -1 : x->core > y->core;
}

static size_t online_cpus(const char *root, unsigned *cpus)
{
    char text[4096];
    if (jb_root_read(root, "/sys/devices/system/cpu/online", text, sizeof text) > 0) {
        return jb_cpu_numbers_parse(text, cpus, MAX_CPUS);
    }
    DIR *folder = jb_root_opendir(root, "/sys/devices/system/cpu");
    if (folder == NULL) {
        return 0;
    }
    size_t count = 0;
    for (struct dirent *e; count < MAX_CPUS && (e = readdir(folder)) != NULL;) {
        uint64_t cpu;
        int package;
        if (jb_starts(e->d_name, "cpu") && jb_parse_u64(e->d_name + 3, &cpu) == 0 && cpu < MAX_CPUS &&
            read_int(root, (unsigned)cpu, "physical_package_id", &package)) {
            cpus[count++] = (unsigned)cpu;
        }
    }
    closedir(folder);
    return count;
}

static void count_places(const struct core *places, size_t count, struct jb_cpu *cpu)
{
    cpu->sockets = cpu->cores = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || places[i].package != places[i - 1].package) {
            if (cpu->sockets < JB_MAX_SOCKETS) {
                cpu->package_of[cpu->sockets++] = places[i].package;
            }
        }
        cpu->cores += i == 0 || by_place(&places[i], &places[i - 1]) != 0;
    }
}

/* Both arrays have room for MAX_CPUS. */
static bool read_places(const char *root, unsigned *cpus, struct core *places, struct jb_cpu *cpu)
{
    size_t online = online_cpus(root, cpus), count = 0;
    for (size_t i = 0; i < online; i++) {
        struct core place = {0};
        if (!read_int(root, cpus[i], "physical_package_id", &place.package)) {
            continue;
        }
        if (!read_int(root, cpus[i], "core_id", &place.core)) {
            place.core = (int)i; /* not told: each its own */
        }
        read_int(root, cpus[i], "die_id", &place.die);
        place.package = place.package < 0 ? 0 : place.package;
        places[count++] = place;
    }
    if (online > 0) {
        cpu->threads = (unsigned)online;
    }
    if (count == 0) {
        return false;
    }
    qsort(places, count, sizeof *places, by_place);
    count_places(places, count, cpu);
    return true;
}

bool jb_cpu_topology_read(const char *root, struct jb_cpu *cpu)
{
    unsigned *cpus = calloc(MAX_CPUS, sizeof *cpus);
    struct core *places = calloc(MAX_CPUS, sizeof *places);
    bool told = cpus != NULL && places != NULL && read_places(root, cpus, places, cpu);
    free(places);
    free(cpus);
    return told;
}
