/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proctree.h - the CPU time of a run's whole process tree: children, theirs, and the dead.
 *
 * Two ways, the better one first:
 *  - a perf task-clock inherited by all descendants: exact to the nanosecond, counts processes that are born and die
 *    between two looks and those that nobody waits for, one read(2) each time. Needs perf_event_paranoid <= 2 or
 *    CAP_PERFMON (Debian's default of 3 forbids it to ordinary users);
 *  - /proc: times of the living descendants with the children they waited for, plus what we reaped ourselves (the
 *    meter is the subreaper of the run, so that orphans come to us). A process that its parent ignores (SIGCHLD set to
 *    SIG_IGN) and that lives between two looks only is not seen; what was seen of one that vanished is kept.
 *
 * These are always the real machine's processes, never a root's. One thread.
 */
#ifndef JB_ENGINE_PROCTREE_H
#define JB_ENGINE_PROCTREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct jb_proctree;

/*
 * `child` is one of ours and has not run yet (it waits to be told to exec); allow_perf false: /proc only. Or it is a
 * process that is not our child (joulebook meter): then the tree begins at it, what it and its descendants have used up
 * to now does not count, and only /proc is asked, since perf would not see the threads that it has. Its own time is
 * exact to the nanosecond. Orphans of such a tree are known if they were seen before their parent ended; and of one
 * that vanishes what was seen last is what counts, up to a second old. -ENOMEM.
 */
int jb_proctree_create(pid_t child, bool allow_perf, struct jb_proctree **ret);
void jb_proctree_destroy(struct jb_proctree *tree);

/* CPU time of the tree so far; never goes back. A look through /proc costs about 10 us a process and is made at most
 * so often that it stays below 0.05 % of a core, unless `force`. */
uint64_t jb_proctree_cpu_ns(struct jb_proctree *tree, bool force);

/* A process that we waited for had used this much, by its rusage (its own waited-for children included). */
void jb_proctree_reaped(struct jb_proctree *tree, pid_t pid, uint64_t cpu_ns);

/* A child of ours that is no part of the run, nor are its descendants; 0: none. Later looks leave it out. */
void jb_proctree_leave_out(struct jb_proctree *tree, pid_t pid);

/* Does a living process descend from us (or from the process watched, which counts itself)? Follows parents up; false
 * for a pid of another namespace, and for what is left out. */
bool jb_proctree_contains(const struct jb_proctree *tree, pid_t pid);

const char *jb_proctree_method(const struct jb_proctree *tree); /* "perf task-clock" or "/proc" */

/* Fields of /proc/PID/stat, for tests and fuzzers: the name may hold spaces and parentheses. -EBADMSG. */
struct jb_pidstat {
    pid_t parent;
    uint64_t own_ticks, waited_ticks, start_ticks; /* utime + stime; cutime + cstime */
};
int jb_pidstat_parse(const char *text, size_t length, struct jb_pidstat *ret);

#endif
