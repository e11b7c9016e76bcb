/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the probe's own part of catching one operator of PyTorch costs: begin and end, with the wire and the clock.
 * PyTorch's own part (about 100 ns) is in bench/probe.py, with the real library.
 *
 * usage: probe_bench [ROUNDS]     prints the least and the median of the rounds, in ns for a pair
 */
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "probe/probe.h"
#include "probe/pytorch.h"
#include "trace/ring.h"

#include <stdio.h>
#include <stdlib.h>

#define PAIRS  20000u
#define ROUNDS 200u

static struct jb_traced drained[4096];

/* A schema's name lies where it is; the ring sees the same address each time. */
static const char *name_of(const void *function)
{
    return *(const char *const *)function;
}

static double round_ns(struct jb_ring *ring, const void *const *functions, unsigned count)
{
    uint64_t from = jb_mono_ns();
    for (unsigned i = 0; i < PAIRS; i++) {
        void *context = NULL;
        const void *function = functions[i % count];
        pytorch_begin_function(&context, function);
        pytorch_end_function(function, context);
    }
    uint64_t until = jb_mono_ns();
    while (jb_ring_drain(ring, until, drained, 4096) > 0) {
    }
    return (double)(until - from) / PAIRS;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"aten::add_", "aten::mm", "aten::native_batch_norm",
                                        "aten::convolution_backward"};
    static const void *functions[] = {&names[0], &names[1], &names[2], &names[3]};
    struct jb_diag diag = {0};
    struct jb_ring *ring = NULL;
    uint64_t rounds = ROUNDS;
    if ((argc > 1 && jb_parse_u64(argv[1], &rounds) < 0) || rounds == 0 || rounds > 100000) {
        return 2;
    }
    double *ns = calloc(rounds, sizeof(*ns));
    if (ns == NULL || jb_ring_create(&ring, &diag) < 0) {
        fprintf(stderr, "probe_bench: %s\n", diag.text);
        free(ns);
        return 1;
    }
    jb_ring_listen(ring, JB_LEVEL_FULL, ~0u);
    pytorch_state.ring = jb_wire_attach_place(jb_ring_place(ring));
    pytorch_state.library.name = name_of;
    atomic_store(&pytorch_state.level, JB_LEVEL_FULL);
    for (unsigned kinds = 1; kinds <= 4; kinds += 3) {
        for (uint64_t i = 0; i < rounds; i++) {
            ns[i] = round_ns(ring, functions, kinds);
        }
        qsort(ns, rounds, sizeof(*ns), compare);
        printf("%u names: least %.1f ns, median %.1f ns for begin and end\n", kinds, ns[0], ns[rounds / 2]);
    }
    free(ns);
    jb_ring_destroy(ring);
    return 0;
}
