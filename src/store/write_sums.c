/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the sums (sum.h) of the run being written up to date, chunk by chunk.
 *
 * Reads the chunk back from its blob rather than from the caller's struct: what is summed is what will be read, and the
 * splitting into intervals exists once.
 */
#include "store/write.h"

#include <errno.h>

#include "base/diag.h"

static int64_t bin_key(const struct jb_run_writer *writer, size_t level, uint64_t index)
{
    return jb_db_key(writer->run, index * (jb_sum_width_us[level] / 1000));
}

static int put_bin(struct jb_store *store, size_t level, const struct jb_bin *bin, struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    sqlite3_stmt *put = writer->levels[level].put;
    jb_buf_clear(&writer->bin_blob);
    int r = jb_bin_encode(bin, jb_sum_width_us[level], &writer->bin_blob);
    if (r < 0) {
        return jb_fail(diag, r, "out of memory");
    }
    sqlite3_bind_int64(put, 1, bin_key(writer, level, bin->index));
    sqlite3_bind_blob64(put, 2, writer->bin_blob.data, writer->bin_blob.length, SQLITE_STATIC);
    return jb_db_run(store, put, "append to", diag);
}

static int add_to_older(struct jb_store *store, size_t level, uint64_t index, size_t channel, const struct jb_sum *part,
                        struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    sqlite3_stmt *get = writer->levels[level].get;
    jb_bin_reset(&writer->older, index);
    sqlite3_bind_int64(get, 1, bin_key(writer, level, index));
    int r = jb_db_step(store, get, "append to", diag);
    if (r == 1) {
        r = jb_bin_decode(&writer->older, sqlite3_column_blob(get, 0), (size_t)sqlite3_column_bytes(get, 0),
                          jb_sum_width_us[level]);
        if (r == -EBADMSG) {
            r = jb_db_damaged(store, "a sum of the series cannot be read", diag);
        }
    }
    sqlite3_reset(get);
    if (r >= 0) {
        r = jb_bin_reserve(&writer->older, channel + 1);
    }
    if (r < 0) {
        return r == -ENOMEM ? jb_fail(diag, r, "out of memory") : r;
    }
    jb_sum_add(&writer->older.channels[channel], part);
    return put_bin(store, level, &writer->older, diag);
}

static int add_interval(struct jb_store *store, size_t level, const struct jb_interval *interval, struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    struct jb_run_writer_level *l = &writer->levels[level];
    uint64_t width = jb_sum_width_us[level];
    size_t channel = writer->reader.channel - 1;
    int r = 0;
    for (uint64_t i = interval->t0_us / width; r == 0 && i * width < interval->t1_us; i++) {
        struct jb_sum part = jb_sum_part(interval, i, width);
        if (i == l->work.index) {
            jb_sum_add(&l->work.channels[channel], &part);
        } else if (i == l->next.index) {
            jb_sum_add(&l->next.channels[channel], &part);
        } else {
            r = add_to_older(store, level, i, channel, &part, diag);
        }
    }
    return r;
}

int jb_run_writer_sums(struct jb_store *store, struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    struct jb_chunk_reader *reader = &writer->reader;
    int r = jb_chunk_read(reader, writer->blob.data, writer->blob.length);
    for (size_t level = 0; r == 0 && level < JB_SUM_LEVELS; level++) {
        struct jb_run_writer_level *l = &writer->levels[level];
        if (jb_bin_reserve(&l->current, reader->channel_count) < 0 ||
            jb_bin_reserve(&l->next, reader->channel_count) < 0 || jb_bin_copy(&l->work, &l->current) < 0) {
            return jb_fail(diag, -ENOMEM, "out of memory");
        }
        jb_bin_reset(&l->next, (reader->t1_us - 1) / jb_sum_width_us[level]);
    }
    int more = 0;
    while (r == 0 && (more = jb_chunk_next_channel(reader)) == 1) {
        struct jb_interval interval;
        while (r == 0 && jb_chunk_next_interval(reader, &interval)) {
            for (size_t level = 0; r == 0 && level < JB_SUM_LEVELS; level++) {
                r = add_interval(store, level, &interval, diag);
            }
        }
    }
    if (r == -EBADMSG || more < 0) {
        return jb_fail(diag, -EINVAL, "a chunk of the series cannot be read back");
    }
    for (size_t level = 0; r == 0 && level < JB_SUM_LEVELS; level++) {
        struct jb_run_writer_level *l = &writer->levels[level];
        if (l->next.index > l->work.index) {
            r = put_bin(store, level, &l->work, diag);
        }
    }
    return r;
}

void jb_run_writer_sums_keep(struct jb_run_writer *writer)
{
    for (size_t level = 0; level < JB_SUM_LEVELS; level++) {
        struct jb_run_writer_level *l = &writer->levels[level];
        struct jb_bin *newest = l->next.index > l->work.index ? &l->next : &l->work;
        struct jb_bin spare = l->current;
        l->current = *newest;
        *newest = spare;
    }
}
