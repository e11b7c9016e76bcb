/* SPDX-License-Identifier: Apache-2.0 */
/*
 * topology.c - CPU numbers to sockets (Documentation/ABI/stable/sysfs-devices-system-cpu).
 *
 * Odd: cpu0 often has no `online` file because it cannot be taken away; an offline CPU has no topology folder;
 * physical_package_id is -1 on machines that do not know.
 */
#include "sensor/topology.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#define MAX_CPU 65535 /* NR_CPUS is at most 8192 today */

static bool read_id(const char *root, int cpu, const char *file, int *ret)
{
    char path[128];
    snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/%s", cpu, file);
    uint64_t value;
    if (jb_root_read_u64(root, path, &value) < 0 || value > INT_MAX) {
        return false;
    }
    *ret = (int)value;
    return true;
}

void jb_cpu_place(const char *root, int cpu, struct jb_cpu_place *ret)
{
    int online = 1, package = -1, die = 0;
    bool said = read_id(root, cpu, "online", &online);
    ret->online = !said || online != 0;
    ret->known = read_id(root, cpu, "topology/physical_package_id", &package);
    ret->package = ret->known ? package : -1;
    (void)read_id(root, cpu, "topology/die_id", &die);
    ret->die = ret->known ? die : -1;
}

int jb_cpu_list_parse(const char *text, int *cpus, size_t max)
{
    const char *end = text;
    while (*end) {
        end++;
    }
    size_t count = 0;
    while (text < end) {
        uint64_t first, last;
        if (*text < '0' || *text > '9' || jb_scan_u64(text, (size_t)(end - text), &first, &text) < 0) {
            return -EINVAL;
        }
        last = first;
        if (*text == '-') {
            text++;
            if (*text < '0' || *text > '9' || jb_scan_u64(text, (size_t)(end - text), &last, &text) < 0) {
                return -EINVAL;
            }
        }
        if (last < first) {
            return -EINVAL;
        }
        if (last > MAX_CPU || last - first >= max - count) {
            return -E2BIG;
        }
        for (uint64_t cpu = first; cpu <= last; cpu++) {
            cpus[count++] = (int)cpu;
        }
        if (*text == ',') {
            text++;
        } else if (*text) {
            return -EINVAL;
        }
    }
    return count ? (int)count : -EINVAL;
}
