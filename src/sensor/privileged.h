/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileged.h - ask the helper `joulebook-sensors` for what we may not open ourselves.
 *
 * The helper is a program of its own (src/helper/) that has the file capabilities for energy counters. It is started
 * when the first thing is asked for, gets requests over a socket, answers each with a descriptor (SCM_RIGHTS) or an
 * errno, and ends when the socket is closed. What it may open is on a list of its own; a request is
 *     "/sys/class/powercap/intel-rapl:0/energy_uj"      a file by its path, for reading
 *     "perf:TYPE:CONFIG:CPU"                            a perf counter (decimal), a group of its own
 * The descriptor is the raw one, or a copy that the helper renews a few times a second (docs/security.md, why); both
 * are read alike, see counter_file.h and jb_perf_ops.
 *
 * Thread-safe, counted references: lanes that outlive the session hold one.
 */
#ifndef JB_SENSOR_PRIVILEGED_H
#define JB_SENSOR_PRIVILEGED_H

#include <sys/types.h>

struct jb_privileged;

/* `program`: path of the helper; starts nothing yet. NULL without memory. */
struct jb_privileged *jb_privileged_create(const char *program);
struct jb_privileged *jb_privileged_ref(struct jb_privileged *privileged); /* NULL gives NULL */
/* The last one closes the socket and waits for the helper, which then ends. NULL-safe. */
void jb_privileged_unref(struct jb_privileged *privileged);

/* A descriptor for close(2); -EACCES: not on the list, or the helper is not there or not for us. Waits at most 1 s. */
int jb_privileged_open(struct jb_privileged *privileged, const char *what);

/* The helper's process, which is a child of ours and no part of any run; 0: not started. */
pid_t jb_privileged_pid(const struct jb_privileged *privileged);

#endif
