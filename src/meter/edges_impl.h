/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges_impl.h - what both sides of a reader of edges see: edges.c (its owner) and edges_thread.c (its thread).
 *
 * Edges go through a ring with one writer and one reader and no lock: the reader of a counter must never wait for
 * somebody who was taken off the processor while holding one. Everything else that both touch is under the worker's
 * lock, which the thread does not take during a burst, except where it is free.
 */
#ifndef JB_METER_EDGES_IMPL_H
#define JB_METER_EDGES_IMPL_H

#include <stdatomic.h>

#include "base/worker.h"
#include "meter/edges.h"
#include "meter/edges_track.h"
#include "meter/opened.h"

#define JB_EDGES_CHANNELS 8
#define JB_EDGES_ROOM     8192 /* edges that wait to be taken: 8 s of one counter of 1 kHz; a power of two */
#define JB_EDGES_READINGS 256

struct jb_edges {
    struct jb_worker worker;
    struct jb_sensor_env *env;
    char *spec;
    char ids[JB_EDGES_CHANNELS][sizeof(((struct jb_channel *)0)->id)];
    int count;

    /* The thread's own. */
    struct jb_opened opened;
    int track_of[JB_MAX_CHANNELS]; /* index into tracks; -1: not asked for */
    struct jb_track tracks[JB_EDGES_CHANNELS];
    bool used[JB_EDGES_CHANNELS]; /* the channel is there, a counter, and readable */
    struct jb_reading scratch[JB_EDGES_READINGS];
    uint64_t looks;
    bool first; /* it goes before ordinary threads, or has tried to */

    /* Under the worker's lock. */
    bool ready; /* open() has returned */
    int result;
    struct jb_timing timing[JB_EDGES_CHANNELS], known[JB_EDGES_CHANNELS];
    bool told[JB_EDGES_CHANNELS]; /* known is to be looked at */

    /* The owner's orders; read at each look. */
    atomic_uint_least64_t burst, until_ns; /* number of the latest one; its end */

    struct jb_edge box[JB_EDGES_ROOM];
    atomic_size_t head, tail; /* pushed and taken so far */
};

/* The thread, for jb_worker_init(). */
void jb_edges_run(void *owner);

#endif
