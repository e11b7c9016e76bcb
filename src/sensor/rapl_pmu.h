/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl_pmu.h - what the kernel says of its `power` performance-monitoring unit: the type number, one CPU per socket,
 * the events with their exact units.
 */
#ifndef JB_SENSOR_RAPL_PMU_H
#define JB_SENSOR_RAPL_PMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/rapl.h"

#define JB_RAPL_EVENTS  5
#define JB_RAPL_SOCKETS 64 /* dies counted as sockets where they count apart */

struct jb_rapl_event {
    const char *name; /* "energy-pkg" */
    enum jb_rapl_domain domain;
    bool present; /* the kernel lists it */
    int err;      /* 0, or why it cannot be used: then `problem` says it in words */
    char problem[160];
    uint64_t config, unit_num, unit_den; /* microjoules */
};

struct jb_rapl_socket {
    int cpu, package, die; /* die -1: the socket as one */
    bool online, guessed;  /* guessed: no topology, package is the place in cpumask */
};

struct jb_rapl_pmu {
    char folder[64]; /* where it was found */
    uint32_t type;
    struct jb_rapl_event events[JB_RAPL_EVENTS];
    struct jb_rapl_socket sockets[JB_RAPL_SOCKETS];
    int socket_count;
    int repeats; /* CPUs of cpumask that were left out because their socket was there already */
};

/* The unit `power_core` of AMD since Linux 6.14: an event on a CPU of each core. */
#define JB_RAPL_MOST_CORES 16 /* no more are read: each reading interrupts its core */
struct jb_rapl_core_pmu {
    char folder[64];
    uint32_t type;
    struct jb_rapl_event event;
    struct jb_rapl_socket cores[JB_RAPL_MOST_CORES];
    int core_count;
};

/* -ENODEV: there is none, or none that can be understood; -E2BIG: more than JB_RAPL_MOST_CORES. */
int jb_rapl_core_pmu_read(const char *root, struct jb_rapl_core_pmu *ret);

/* -ENODEV with a message: no such unit, or one that cannot be understood at all. `by_package`: dies do not count apart.
 */
int jb_rapl_pmu_read(const char *root, bool by_package, struct jb_rapl_pmu *ret, struct jb_diag *diag);

#endif
