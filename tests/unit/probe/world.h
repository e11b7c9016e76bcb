/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - for the tests of the probe: a ring with its reader here, and measured processes that are forks of this one.
 */
#ifndef JB_TEST_PROBE_WORLD_H
#define JB_TEST_PROBE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake_torch.h"
#include "trace/ring.h"

#define WORLD_EVENTS 8192u

struct world {
    struct jb_ring *ring;
    struct jb_traced event[WORLD_EVENTS]; /* of all processes since world_start(), in order of time */
    size_t count;
};

/* In the measured process: the functions of the variant of libtorch that was opened. */
struct fake {
    fake_begin_fn *begin;
    fake_end_fn *end;
    fake_count_fn *count, *missed;
    fake_clear_fn *clear;
    fake_raise_fn *raise_at_next_add;
};

/* In the place of cupti.c, in the measured process: what it was called for. */
struct world_cuda {
    unsigned arrivals, begins, ends, pushes, pops;
    uint64_t last; /* that was pushed */
};
extern struct world_cuda world_cuda;

/* cmocka's set-up and tear-down: makes the ring at level `full`, and names it in the environment. */
int world_start(void **state);
int world_end(void **state);

/* Run `program` in a fork, with the real probe_arrived() after libtorch_cpu.so.VARIANT has been opened ("" opens
 * nothing); waits, drains the ring, and fails the test unless it returned true. */
void world_run(struct world *world, const char *variant, bool (*program)(const struct fake *fake, struct world *world));

/* "begin aten::mm" "end" ..., of one kind (0: all spans), blank between; and levels as "level 2". */
void world_text(struct world *world, unsigned kind, char *buffer, size_t size);
bool world_noted(struct world *world, const char *words);

#endif
