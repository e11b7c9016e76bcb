/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series of a run at full resolution: its chunks, decoded in order.
 *
 * A chunk holds channel after channel and is asked for tick after tick, so one chunk at a time is spread out in
 * memory: a row of intervals for each channel.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "store/database.h"

struct spread {
    struct jb_chunk_reader reader;
    struct jb_interval *intervals; /* channel * ticks + tick; t1_us 0: none */
    size_t capacity;
};

static int spread_chunk(struct spread *spread, const void *data, size_t size)
{
    struct jb_chunk_reader *reader = &spread->reader;
    int r = jb_chunk_read(reader, data, size);
    if (r < 0) {
        return r;
    }
    size_t needed = reader->channel_count * reader->tick_count;
    if (needed > size * 8) { /* a tick of a channel takes a bit or more: a short blob cannot ask for much memory */
        return -EBADMSG;
    }
    if (needed > spread->capacity) {
        free(spread->intervals);
        spread->intervals = malloc(needed * sizeof(*spread->intervals));
        spread->capacity = spread->intervals == NULL ? 0 : needed;
        if (spread->intervals == NULL) {
            return -ENOMEM;
        }
    }
    for (size_t i = 0; i < needed; i++) {
        spread->intervals[i].t1_us = 0;
    }
    while ((r = jb_chunk_next_channel(reader)) == 1) {
        struct jb_interval interval;
        while (jb_chunk_next_interval(reader, &interval)) {
            spread->intervals[(reader->channel - 1) * reader->tick_count + interval.tick] = interval;
        }
    }
    return r;
}

static int tell(const struct spread *spread, jb_sample_fn fn, void *context)
{
    const struct jb_chunk_reader *reader = &spread->reader;
    for (size_t tick = 0; tick < reader->tick_count; tick++) {
        for (size_t channel = 0; channel < reader->channel_count; channel++) {
            const struct jb_interval *interval = &spread->intervals[channel * reader->tick_count + tick];
            if (interval->t1_us == 0) {
                continue;
            }
            struct jb_sample sample = {
                .channel = (int)channel,
                .t0_ns = interval->t0_us * 1000,
                .t1_ns = interval->t1_us * 1000,
                .energy_uj = interval->energy_uj,
                .run_uj = interval->run_uj,
                .gap_before = interval->gap_before,
            };
            int stop = fn(context, &sample);
            if (stop != 0) {
                return stop;
            }
        }
    }
    return 0;
}

static int read_series(struct jb_store *store, const char *id, struct spread *spread, jb_sample_fn fn, void *context,
                       struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int64_t run = 0;
    int r = jb_db_run_row(store, id, &run, diag);
    if (r == 0) {
        r = jb_db_prepare(store, "SELECT data FROM chunk WHERE id BETWEEN ?1 AND ?2 ORDER BY id", "read", &statement,
                          diag);
    }
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, jb_db_key(run, 0));
    sqlite3_bind_int64(statement, 2, jb_db_key(run, JB_KEY_LOW_MAX));
    while ((r = jb_db_step(store, statement, "read", diag)) == 1) {
        r = spread_chunk(spread, sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
        if (r < 0) {
            return r == -ENOMEM ? jb_fail(diag, r, "out of memory")
                                : jb_db_damaged(store, "a chunk of the series cannot be read", diag);
        }
        r = tell(spread, fn, context);
        if (r != 0) {
            return r;
        }
    }
    return r;
}

int jb_store_series(struct jb_store *store, const char *id, jb_sample_fn fn, void *context, struct jb_diag *diag)
{
    struct spread *spread = calloc(1, sizeof(*spread));
    if (spread == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int r = read_series(store, id, spread, fn, context, diag);
    free(spread->intervals);
    free(spread);
    return r;
}
