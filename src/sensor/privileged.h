/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileged.h - ask the helper `joulebook-sensors` for what we may not open ourselves.
 *
 * The helper is a program of its own (src/helper/) that has the file capabilities for energy counters. It is started
 * when the first thing is asked for, gets requests over a socket, answers each with a descriptor (SCM_RIGHTS) or an
 * errno, and ends when the socket is closed. What it may open is on a list of its own; a request is
 *     "/sys/class/powercap/intel-rapl:0/energy_uj"      a file by its path, for reading
 *     "perf:TYPE:CONFIG:CPU"                            a perf counter (decimal), a group of its own
 * The descriptor is the raw one, or a copy that the helper renews 20 times a second (docs/security.md, why).
 * jb_counter_read() and jb_perf_ops read both alike; whoever reads a descriptor by other means asks
 * jb_privileged_is_copy().
 *
 * Thread-safe, counted references: lanes that outlive the session hold one.
 */
#ifndef JB_SENSOR_PRIVILEGED_H
#define JB_SENSOR_PRIVILEGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct jb_privileged;

/* JOULEBOOK_HELPER, else where the helper is installed. What the variable names gets no privilege by being named: it
 * runs as the user. */
const char *jb_privileged_program(void);
const char *jb_privileged_installed(void);

/* `program`: path of the helper; starts nothing yet. NULL without memory. */
struct jb_privileged *jb_privileged_create(const char *program);
struct jb_privileged *jb_privileged_ref(struct jb_privileged *privileged); /* NULL gives NULL */
/* The last one closes the socket and waits for the helper, which then ends. NULL-safe. */
void jb_privileged_unref(struct jb_privileged *privileged);

/* A descriptor for close(2); -EACCES: not on the list, or the helper is not there or not for us. Waits at most 1 s. A
 * helper that failed once is not asked again. */
int jb_privileged_open(struct jb_privileged *privileged, const char *what);

/* Is what was read from the beginning of a descriptor that of a copy? */
bool jb_privileged_is_copy(const void *bytes, size_t length);
/* The value of a copy. A new one is empty until the helper's next renewal, within 50 ms, which is waited for. -ESTALE:
 * not renewed for a second, as when the helper is gone; -ENODATA: no copy; or what the counter said to the helper. */
int jb_privileged_read(int fd, uint64_t *ret);

/* The helper's process, which is a child of ours and no part of any run; 0: none. Never waits. NULL-safe. */
pid_t jb_privileged_pid(const struct jb_privileged *privileged);
/* Somebody who waits for all children (jb_child_reap) has waited for this one. True: it was the helper. NULL-safe. */
bool jb_privileged_reaped(struct jb_privileged *privileged, pid_t pid, uint64_t cpu_ns);
/* CPU time that the helper has used, a part of what measuring costs. NULL-safe. */
uint64_t jb_privileged_cpu_ns(const struct jb_privileged *privileged);

#endif
