/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the wire costs, in nanoseconds: the clock alone, a begin with its end, the same when nobody listens and when the
 * ring is full, a name that was seen, and the reader's drain of an event from 1, 8 and 64 threads' slots.
 *
 * usage: trace_bench      prints one line: name value, name value, ...
 */
#include "base/clock.h"
#include "base/diag.h"
#include "trace/ring.h"
#include "trace/writer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define PAIRS  (JB_WIRE_EVENTS / 2 - 8)
#define ROUNDS 60
#define BATCH  4096

static struct jb_traced events[BATCH];

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double since(uint64_t start_ns, double count)
{
    return (double)(jb_mono_ns() - start_ns) / count;
}

static size_t empty(struct jb_ring *ring)
{
    size_t all = 0, count;
    while ((count = jb_ring_drain(ring, jb_mono_ns(), events, BATCH)) > 0) {
        all += count;
    }
    return all;
}

static void pairs(struct jb_wire *wire, uint32_t name, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (jb_wire_begin(wire, JB_EVENT_OPERATOR, name, 0)) {
            jb_wire_end(wire, JB_EVENT_OPERATOR);
        }
    }
}

struct crowd {
    struct jb_wire *wire;
    unsigned each;
    pthread_barrier_t *go;
};

static void *member(void *argument)
{
    struct crowd *crowd = argument;
    uint32_t name = jb_wire_intern(crowd->wire, "aten::mm");
    pthread_barrier_wait(crowd->go);
    pairs(crowd->wire, name, crowd->each);
    pthread_barrier_wait(crowd->go); /* filled */
    pthread_barrier_wait(crowd->go); /* drained */
    return NULL;
}

/* Drain what `threads` threads wrote at once. */
static double drain_of(struct jb_ring *ring, struct jb_wire *wire, unsigned threads)
{
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        pthread_t ids[64];
        pthread_barrier_t go;
        struct crowd crowd = {.wire = wire, .each = 200000 / threads < PAIRS ? 200000 / threads : PAIRS, .go = &go};
        pthread_barrier_init(&go, NULL, threads + 1);
        for (unsigned i = 0; i < threads; i++) {
            if (pthread_create(&ids[i], NULL, member, &crowd) != 0) {
                exit(1);
            }
        }
        pthread_barrier_wait(&go);
        pthread_barrier_wait(&go);
        uint64_t start_ns = jb_mono_ns();
        size_t count = empty(ring);
        best = smaller(best, since(start_ns, (double)count));
        pthread_barrier_wait(&go);
        for (unsigned i = 0; i < threads; i++) {
            pthread_join(ids[i], NULL);
        }
        empty(ring);
        pthread_barrier_destroy(&go);
    }
    return best;
}

int main(void)
{
    struct jb_ring *ring;
    struct jb_diag diag = {{0}, {0}};
    if (jb_ring_create(&ring, &diag) < 0) {
        fprintf(stderr, "trace_bench: %s\n", diag.text);
        return 1;
    }
    struct jb_wire *wire = jb_wire_attach_place(jb_ring_place(ring));
    double clock = 1e9, pair = 1e9, silent = 1e9, full = 1e9, known = 1e9, drained = 1e9;
    char name_text[] = "autograd::engine::evaluate_function: MmBackward0";
    uint32_t name = jb_wire_intern(wire, name_text);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start_ns = jb_mono_ns();
        for (unsigned i = 0; i < PAIRS; i++) {
            jb_mono_ns();
        }
        clock = smaller(clock, since(start_ns, PAIRS));
        jb_ring_listen(ring, JB_LEVEL_OFF, 0);
        start_ns = jb_mono_ns();
        pairs(wire, name, PAIRS);
        pair = smaller(pair, since(start_ns, PAIRS));
        pairs(wire, name, 16);
        start_ns = jb_mono_ns();
        pairs(wire, name, PAIRS);
        full = smaller(full, since(start_ns, PAIRS));
        start_ns = jb_mono_ns();
        size_t count = empty(ring);
        drained = smaller(drained, since(start_ns, (double)count));
        start_ns = jb_mono_ns();
        uint32_t sum = 0;
        for (unsigned i = 0; i < PAIRS; i++) {
            sum += jb_wire_intern_at(wire, name_text) == name;
        }
        known = sum == PAIRS ? smaller(known, since(start_ns, PAIRS)) : 1e9;
        struct jb_wire *nobody = NULL;
        start_ns = jb_mono_ns();
        for (unsigned i = 0; i < PAIRS; i++) {
            __asm__ volatile("" : "+r"(nobody));
            pairs(nobody, name, 1);
        }
        silent = smaller(silent, since(start_ns, PAIRS));
    }
    printf("clock %.1f pair %.1f full %.1f unheard %.1f name %.1f drain %.1f", clock, pair, full, silent, known,
           drained);
    printf(" drain8 %.1f drain64 %.1f\n", drain_of(ring, wire, 8), drain_of(ring, wire, 64));
    jb_ring_destroy(ring);
    return 0;
}
