/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pidwatch.h - a process that is not our child: has it ended, and how.
 *
 * By a pidfd (Linux 5.3), which is not fooled by a pid that is used again. How it ended the kernel tells strangers
 * since 6.15 (PIDFD_GET_INFO, include/uapi/linux/pidfd.h); before, only /proc/PID/stat does, until its parent has
 * waited for it, so that it may stay unknown. One thread.
 */
#ifndef JB_ENGINE_PIDWATCH_H
#define JB_ENGINE_PIDWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct jb_pidwatch {
    pid_t pid;
    int fd; /* readable when it has ended; -1: this kernel has none, ask jb_pidwatch_ended() now and then */
    uint64_t start_ticks;
};

/* -ESRCH: there is no such process, or only what is left of one. */
int jb_pidwatch_open(pid_t pid, struct jb_pidwatch *ret);
bool jb_pidwatch_ended(const struct jb_pidwatch *watch);
/* Its status as wait(2) has it, once it has ended. False: not known. */
bool jb_pidwatch_status(const struct jb_pidwatch *watch, int *ret_status);
void jb_pidwatch_close(struct jb_pidwatch *watch);

/* The exit code of a zombie in the text of /proc/PID/stat, for tests: -EBADMSG, or -EAGAIN when it is none. */
int jb_pidwatch_parse(const char *text, size_t length, int *ret_status);

#endif
