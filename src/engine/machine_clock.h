/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_clock.h - how busy all CPUs of the machine have been, from the first line of /proc/stat (proc(5)).
 *
 * Below a root it is the root's file; a machine without one gives -ENOENT and shares are then unknown.
 */
#ifndef JB_ENGINE_MACHINE_CLOCK_H
#define JB_ENGINE_MACHINE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct jb_machine_clock {
    int fd; /* -1: not open */
    uint64_t ns_per_tick;
};

struct jb_machine_busy {
    uint64_t busy_ns;   /* user + nice + system, guests included */
    uint64_t system_ns; /* irq + softirq */
    uint64_t total_ns;  /* everything, idle and iowait included */
};

int jb_machine_clock_init(struct jb_machine_clock *clock, const char *root);
int jb_machine_clock_read(struct jb_machine_clock *clock, struct jb_machine_busy *ret);
void jb_machine_clock_finish(struct jb_machine_clock *clock);

/* The parser, for tests and fuzzers. -EBADMSG when it is not a "cpu " line with at least four numbers. */
int jb_machine_clock_parse(const char *text, size_t length, uint64_t ns_per_tick, struct jb_machine_busy *ret);

#endif
