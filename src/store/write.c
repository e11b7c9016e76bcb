/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Begins, appends to and ends a run: one transaction each.
 *
 * BEGIN IMMEDIATE, because a transaction that turns into a writing one half-way is not waited for. Any failure rolls
 * the whole of it back; the next append starts clean, so that a disk that was full for an hour costs that hour of the
 * series and nothing else.
 */
#include "store/write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "store/write_rows.h"

void jb_run_writer_destroy(struct jb_run_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    for (size_t i = 0; i < JB_SUM_LEVELS; i++) {
        struct jb_run_writer_level *level = &writer->levels[i];
        jb_bin_finish(&level->current);
        jb_bin_finish(&level->work);
        jb_bin_finish(&level->next);
        jb_db_finalize(&level->get);
        jb_db_finalize(&level->put);
    }
    jb_bin_finish(&writer->older);
    jb_buf_finish(&writer->blob);
    jb_buf_finish(&writer->bin_blob);
    jb_db_finalize(&writer->insert_chunk);
    jb_db_finalize(&writer->update_run);
    jb_db_finalize(&writer->put_channel);
    free(writer->anchors);
    free(writer->last_mark.channels);
    free(writer);
}

static int begin_transaction(struct jb_store *store, struct jb_diag *diag)
{
    return jb_db_exec(store, "BEGIN IMMEDIATE", "write to", diag);
}

static int end_transaction(struct jb_store *store, int r, struct jb_diag *diag)
{
    if (r == 0) {
        r = jb_db_exec(store, "COMMIT", "write to", diag);
    }
    if (r < 0) {
        jb_db_rollback(store);
    }
    return r;
}

static int check_active(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    if (store->writer == NULL || !store->writer->active || !jb_streq(store->writer->id, record->id)) {
        return jb_fail(diag, -EINVAL, "the run %s is not being written", record->id);
    }
    for (size_t i = 0; i < record->channel_count; i++) {
        if (i > 0 && record->channels[i].number <= record->channels[i - 1].number) {
            return jb_fail(diag, -EINVAL, "the channels of run %s are out of order", record->id);
        }
    }
    return 0;
}

int jb_store_begin(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    if (record->id[0] == '\0' || record->started_ns <= 0) {
        return jb_fail(diag, -EINVAL, "a run needs an id and a start");
    }
    if (store->writer != NULL && store->writer->active) {
        return jb_fail(diag, -EBUSY, "the run %s is still being written", store->writer->id);
    }
    jb_run_writer_destroy(store->writer);
    store->writer = calloc(1, sizeof(*store->writer));
    if (store->writer == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int r = jb_run_writer_prepare(store, diag);
    if (r == 0) {
        r = begin_transaction(store, diag);
    }
    if (r == 0) {
        r = end_transaction(store, jb_run_writer_insert(store, record, diag), diag);
    }
    if (r < 0) {
        return r;
    }
    store->writer->active = true;
    return 0;
}

/* Times to microseconds, ascending even where two ticks fall into one; the caller's chunk may begin where the last one
 * ended before rounding, but not earlier. */
static int take_times(struct jb_run_writer *writer, const struct jb_chunk *chunk, uint64_t *ret_t0_us)
{
    uint64_t t0_us = chunk->t0_ns / 1000;
    if (chunk->tick_count > JB_CHUNK_MAX_TICKS || t0_us + JB_CHUNK_MAX_TICKS < writer->time_us) {
        return -EINVAL;
    }
    if (t0_us < writer->time_us) {
        t0_us = writer->time_us;
    }
    uint64_t before_ns = chunk->t0_ns, before_us = t0_us;
    for (size_t i = 0; i < chunk->tick_count; i++) {
        if (chunk->tick_ns[i] < before_ns || chunk->tick_ns[i] / 1000 > JB_TIME_MAX_US - JB_CHUNK_MAX_TICKS) {
            return -EINVAL;
        }
        before_ns = chunk->tick_ns[i];
        uint64_t t_us = before_ns / 1000;
        writer->tick_us[i] = before_us = t_us > before_us ? t_us : before_us + 1;
    }
    *ret_t0_us = t0_us;
    return 0;
}

static int take_channels(struct jb_run_writer *writer, const struct jb_chunk *chunk, uint64_t t0_us)
{
    if (chunk->channel_count < writer->channel_count || chunk->channel_count > JB_CHUNK_MAX_CHANNELS) {
        return -EINVAL;
    }
    if (chunk->channel_count > writer->channel_count) {
        struct jb_anchor *grown = realloc(writer->anchors, chunk->channel_count * sizeof(*grown));
        if (grown == NULL) {
            return -ENOMEM;
        }
        for (size_t i = writer->channel_count; i < chunk->channel_count; i++) {
            grown[i] = (struct jb_anchor){.t_us = t0_us, .gap = t0_us > 0};
        }
        writer->anchors = grown;
        writer->channel_count = chunk->channel_count;
    }
    return 0;
}

/* Move on past the chunk, which was written or is lost. */
static void advance(struct jb_run_writer *writer, const struct jb_chunk *chunk, bool lost)
{
    writer->time_us = writer->tick_us[chunk->tick_count - 1];
    for (size_t c = 0; c < writer->channel_count; c++) {
        for (size_t i = chunk->tick_count; i > 0; i--) {
            uint64_t value = chunk->channels[c].energy_uj[i - 1];
            if (value != JB_NO_VALUE) {
                writer->anchors[c] = (struct jb_anchor){.t_us = writer->tick_us[i - 1], .gap = lost || value == JB_GAP};
                break;
            }
        }
    }
}

static int insert_chunk(struct jb_store *store, struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    sqlite3_bind_int64(writer->insert_chunk, 1, jb_db_key(writer->run, writer->next_low));
    sqlite3_bind_blob64(writer->insert_chunk, 2, writer->blob.data, writer->blob.length, SQLITE_STATIC);
    int r = jb_db_run(store, writer->insert_chunk, "append to", diag);
    return r < 0 ? r : jb_run_writer_sums(store, diag);
}

static int append(struct jb_store *store, const struct jb_record *record, const struct jb_chunk *chunk, uint64_t t0_us,
                  struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    uint64_t end_us = chunk->tick_count == 0 ? writer->last_us : writer->tick_us[chunk->tick_count - 1];
    if (chunk->tick_count > 0) {
        jb_buf_clear(&writer->blob);
        int r = jb_chunk_encode(chunk, t0_us, writer->tick_us, writer->anchors, &writer->blob);
        if (r < 0) {
            return jb_fail(diag, r, r == -ENOMEM ? "out of memory" : "the parts of a chunk do not add up");
        }
        if (writer->next_low < end_us / 1000) {
            writer->next_low = end_us / 1000;
        }
    }
    int r = begin_transaction(store, diag);
    if (r < 0) {
        return r;
    }
    if (chunk->tick_count > 0) {
        r = insert_chunk(store, diag);
    }
    if (r == 0) {
        r = jb_run_writer_update(store, record, end_us, diag);
    }
    r = end_transaction(store, r, diag);
    if (r == 0) {
        writer->last_us = end_us;
    }
    return r;
}

int jb_store_append(struct jb_store *store, const struct jb_record *record, const struct jb_chunk *chunk,
                    struct jb_diag *diag)
{
    int r = check_active(store, record, diag);
    if (r < 0) {
        return r;
    }
    struct jb_run_writer *writer = store->writer;
    uint64_t t0_us = 0;
    r = take_times(writer, chunk, &t0_us);
    if (r == 0 && chunk->tick_count > 0) {
        r = take_channels(writer, chunk, t0_us);
    }
    if (r < 0) {
        return jb_fail(diag, r,
                       r == -ENOMEM ? "out of memory" : "a chunk has times or a number of channels that cannot be");
    }
    r = append(store, record, chunk, t0_us, diag);
    if (chunk->tick_count > 0) {
        advance(writer, chunk, r < 0);
        if (r == 0) {
            writer->next_low++;
            jb_run_writer_sums_keep(writer);
        }
    }
    return r;
}

int jb_store_end(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    int r = check_active(store, record, diag);
    if (r == 0 && (record->status == JB_RUN_RUNNING || record->ended_ns <= 0)) {
        r = jb_fail(diag, -EINVAL, "a run that ends needs a status and an end");
    }
    if (r == 0) {
        r = begin_transaction(store, diag);
    }
    if (r < 0) {
        return r;
    }
    r = jb_run_writer_finish(store, record, diag);
    r = end_transaction(store, r, diag);
    if (r == 0) {
        store->writer->active = false;
    }
    return r;
}
