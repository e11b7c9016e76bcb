/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frequency.h - at what part of their base clock the busy CPUs run.
 *
 * A CPU that is busy at a third of its clock does a third of the work that SPECpower's load axis means. Boost counts as
 * the base clock: the table's watts already allow for it. A sample of the CPUs is looked at, weighted by how busy each
 * was, because an idle CPU's clock says nothing.
 */
#ifndef JB_HARDWARE_FREQUENCY_H
#define JB_HARDWARE_FREQUENCY_H

#include <stdint.h>

#define JB_FREQUENCY_SAMPLE 8

struct jb_frequency {
    int stat_fd;
    unsigned count;
    struct {
        int fd;
        unsigned cpu;
        uint64_t base_khz, busy;
    } cpus[JB_FREQUENCY_SAMPLE];
    uint64_t due_ns;  /* of the next look */
    double share;     /* 0..1, as last seen; 1 at first */
    char text[32768]; /* /proc/stat as far as it fits: CPUs behind that weigh nothing */
};

/* 0; -ENOENT when no clock can be read, and jb_frequency_share() is then always 1. */
int jb_frequency_open(struct jb_frequency *frequency, const char *root, unsigned threads);
/* Looks at most once a second, and less often where looking is slow (some kernels wait for the CPU). */
double jb_frequency_share(struct jb_frequency *frequency, uint64_t now_ns);
void jb_frequency_close(struct jb_frequency *frequency);

#endif
