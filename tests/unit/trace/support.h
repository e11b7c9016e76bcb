/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support.h - a ring with its writer in one process, and what was read from it.
 */
#ifndef JB_TESTS_TRACE_SUPPORT_H
#define JB_TESTS_TRACE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../meter/wait.h"
#include "base/clock.h"
#include "base/diag.h"
#include "trace/ring.h"
#include "trace/writer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    struct jb_ring *ring;
    struct jb_wire *wire;
    struct jb_traced *got;
    size_t count;
};
#define GOT_MAX ((size_t)1 << 20)

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct jb_diag diag = {{0}, {0}};
    assert_non_null(f);
    f->got = malloc(GOT_MAX * sizeof(*f->got));
    assert_non_null(f->got);
    assert_int_equal(jb_ring_create(&f->ring, &diag), 0);
    f->wire = jb_wire_attach_place(jb_ring_place(f->ring));
    assert_non_null(f->wire);
    jb_ring_listen(f->ring, JB_LEVEL_FULL, JB_PATH_API);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    jb_wire_detach();
    jb_ring_destroy(f->ring);
    free(f->got);
    free(f);
    return 0;
}

static inline struct jb_ring_state state_of(const struct fixture *f)
{
    struct jb_ring_state state;
    jb_ring_state(f->ring, &state);
    return state;
}

/* All that is there now, by calls for `max` at a time. */
static inline size_t read_by(struct fixture *f, size_t max)
{
    size_t count;
    uint64_t until_ns = jb_mono_ns();
    f->count = 0;
    while ((count = jb_ring_drain(f->ring, until_ns, f->got + f->count, max)) > 0) {
        assert_true(count <= max);
        f->count += count;
        assert_true(f->count + max <= GOT_MAX);
    }
    return f->count;
}

static inline size_t read_all(struct fixture *f)
{
    return read_by(f, 4096);
}

/* Every end has its begin, on each thread; a thread that has ended has nothing open any more. Counts the spans. */
static inline size_t check_nested(const struct fixture *f)
{
    static uint32_t open[JB_WIRE_SLOTS], generation[JB_WIRE_SLOTS];
    size_t spans = 0;
    memset(open, 0, sizeof(open));
    for (size_t i = 0; i < f->count; i++) {
        const struct jb_traced *traced = &f->got[i];
        assert_true(traced->thread < JB_WIRE_SLOTS);
        if (generation[traced->thread] != traced->generation) {
            generation[traced->thread] = traced->generation;
            open[traced->thread] = 0;
        }
        if (i > 0) {
            assert_true(traced->event.t_ns >= f->got[i - 1].event.t_ns);
        }
        if (traced->event.kind == JB_EVENT_NONE || traced->event.kind == JB_EVENT_LEVEL) {
            continue;
        }
        if ((traced->event.flags & JB_EVENT_END) == 0) {
            open[traced->thread]++;
            spans++;
        } else {
            assert_true(open[traced->thread] > 0);
            open[traced->thread]--;
        }
    }
    return spans;
}

/* How many events of a kind were read last; JB_EVENT_NONE: ends of threads. */
static inline size_t kind_count(const struct fixture *f, unsigned kind)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++) {
        count += f->got[i].event.kind == kind;
    }
    return count;
}

static inline void span(struct jb_wire *wire, const char *name)
{
    if (jb_wire_begin(wire, JB_EVENT_OPERATOR, jb_wire_intern(wire, name), 0)) {
        jb_wire_end(wire, JB_EVENT_OPERATOR);
    }
}

/* Run in a child; its exit status. */
#define IN_CHILD(block)                                                                                                \
    do {                                                                                                               \
        pid_t in_child_pid = fork();                                                                                   \
        assert_true(in_child_pid >= 0);                                                                                \
        if (in_child_pid == 0) {                                                                                       \
            block;                                                                                                     \
            _exit(0);                                                                                                  \
        }                                                                                                              \
        assert_int_equal(exit_of(in_child_pid), 0);                                                                    \
    } while (0)

/* 1000 + the signal where one ended it. */
static inline int exit_of(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

#endif
