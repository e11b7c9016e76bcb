/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.h - libjoulebook.so, for its own files only.
 *
 *   version.c   the number of the interface
 *   listener.c  which writer and which ring; the environment is looked at once
 *   span.c      begin and end, and what is open on each thread
 *   run.c       a run of the program's own: start, stop
 *   spawn.c     start the meter so that the program's wait() never sees it
 *   program.c   where the joulebook program is
 *   talk.c      what the meter says over the socket
 *
 * Rules. The library never prints (but for the one line of jb_run_start()), exits, raises, catches signals, starts a
 * thread, changes the environment or errno. It uses libc, and of ours src/trace/ only.
 */
#ifndef JB_API_API_H
#define JB_API_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "trace/writer_table.h"

#define API_EXPORT __attribute__((visibility("default")))

/* listener.c. What one call writes with: taken once a call, so that writer and ring fit each other. */
struct api_listener {
    const struct jb_writer_table *writer;
    struct jb_wire *ring; /* NULL: there is none */
    uint32_t
        generation; /* changes with the ring, and in the child of a fork: what was open before is not ours to end */
};
struct api_listener api_listener(void);
/* Does somebody read the ring, and is this path (JB_PATH_API, JB_PATH_LAYERS) wanted? */
bool api_heard(const struct api_listener *listener, unsigned path);
/* Write into the ring at `place` from now on; false: it cannot be used. */
bool api_listener_use(const char *place);
void api_listener_leave(void);
/* `fn` is called in the child of every fork, after the listener has been seen to; set before the first fork that
 * matters. */
void api_listener_at_fork(void (*fn)(void));

/* program.c. Path of the joulebook program: JOULEBOOK_PROGRAM, beside this library, PATH. False: not found. */
bool api_program(char *ret, size_t size);

/* spawn.c. argv[0] is the path. The meter's standard input and output are one socket, *ret_talk is its other end;
 * *ret_errors is a pipe of what it says on stderr. 0 or -errno. */
int api_spawn(char *const *argv, int *ret_talk, int *ret_errors);

/* talk.c. Deadlines are CLOCK_MONOTONIC. */
uint64_t api_now_ns(void);
/* Read up to and without the first newline. The length, -ETIMEDOUT, -EMSGSIZE, or -EIO for an end before that. */
ssize_t api_read_line(int fd, uint64_t deadline_ns, char *ret, size_t size);
/* Read to the end; *ret is malloc'd and ends with NUL. The length, -ETIMEDOUT, -EMSGSIZE, -ENOMEM or -EIO. */
ssize_t api_read_all(int fd, uint64_t deadline_ns, char **ret);
/* What the meter says when it is ready: {"ring": "/proc/1/fd/2", "pid": 1}; the ring may be null, *ret_ring is then
 * empty. -EBADMSG for anything else; a place is taken only if it looks like one. */
int api_ready_parse(const char *line, char *ret_ring, size_t size, pid_t *ret_pid);

#endif
