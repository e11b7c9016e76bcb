/* SPDX-License-Identifier: Apache-2.0 */
/*
 * topology.h - which socket and die a CPU sits on, as Linux tells it below /sys/devices/system/cpu.
 */
#ifndef JB_SENSOR_TOPOLOGY_H
#define JB_SENSOR_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>

struct jb_cpu_place {
    bool online;
    bool known;       /* false: package and die are -1 */
    int package, die; /* die 0 where the kernel does not count dies */
};
void jb_cpu_place(const char *root, int cpu, struct jb_cpu_place *ret);

/* A kernel CPU list, "0,18-19"; ascending or not. Stores at most `max` numbers; the count, -EINVAL, or -E2BIG when
 * there are more (or numbers above what any kernel has). */
int jb_cpu_list_parse(const char *text, int *cpus, size_t max);

#endif
