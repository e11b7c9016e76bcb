/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer.h - chunks go to disk on a thread of their own, so that a slow disk never delays a reading.
 *
 * The session fills a slot, submits it, and gets the next; slots are preallocated. When all slots wait for the disk
 * jb_writer_slot() gives NULL: the session keeps its sums and tries again at the next chunk, so that only resolution
 * is lost, never energy. A failing append (full disk) is kept as the writer's error and later ones are still tried.
 *
 * One thread submits chunks; the writer thread has the store to itself between start and finish.
 */
#ifndef JB_ENGINE_WRITER_H
#define JB_ENGINE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "store/store.h"

struct jb_writer;

struct jb_writer_slot {
    struct jb_record_channel *channels; /* snapshot of the totals; room for the capacity given to create */
    size_t channel_count;
    uint64_t t0_ns;
    uint64_t *tick_ns; /* room for max_ticks */
    size_t tick_count;
    uint64_t *energy_uj;            /* channel-major: [channel * max_ticks + tick] */
    struct jb_chunk_channel *parts; /* energy_uj inside is set by submit */
};

/* `store` stays the caller's; run_id names the run that was begun. */
int jb_writer_create(struct jb_store *store, const char *run_id, size_t max_channels, size_t max_ticks,
                     struct jb_writer **ret);

struct jb_writer_slot *jb_writer_slot(struct jb_writer *writer); /* the free slot to fill, or NULL */
void jb_writer_wait(struct jb_writer *writer, uint64_t wait_ns); /* until a slot is free, at most so long; NULL-safe */
void jb_writer_submit(struct jb_writer *writer);                 /* the slot just filled */

/* A look at the board (store/vitals.h), from any thread until finish() is called. Copied; dropped when many wait for
 * the disk or memory is short: it is the one thing here that may be lost. One that cannot be written is no error of the
 * run. */
void jb_writer_vitals(struct jb_writer *writer, uint64_t t_ns, const char *json);

/* A mark for the store (store.h); copied. Dropped when many still wait: every 5 minutes there is another. */
void jb_writer_mark(struct jb_writer *writer, const struct jb_store_mark *mark);

/* What the program has done so far, for the store (store.h); taken over, *work is zeroed. Only the latest that waits is
 * written. */
void jb_writer_work(struct jb_writer *writer, struct jb_record_work *work);

/* Write what waits, stop the thread, free everything. Returns 0 or the last append's error with its message.
 * Waits at most wait_ns for a disk that hangs; then -ETIMEDOUT and the writer is abandoned with its store. */
int jb_writer_finish(struct jb_writer *writer, uint64_t wait_ns, struct jb_diag *diag);

#endif
