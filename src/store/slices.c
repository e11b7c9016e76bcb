/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series of a run reduced to equal slices of time, for drawing.
 *
 * The coarsest level whose bins are not longer than a slice is used for the whole bins of the window (sum.h); what is
 * left at its two ends, and the newest stretch that has no bin yet, comes from the chunks. Both are linear within an
 * interval, so the slices add up to the energy of the window.
 *
 * Odd: a value may cover time long before the chunk it lies in (a slow sensor), so at the end of a stretch chunks
 * are read on until every channel has been heard of, but for five minutes of the run at most: a sensor that died would
 * have the rest of the run read in vain.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "store/database.h"
#include "store/sum.h"

#define LOOK_AHEAD_US UINT64_C(300000000)

static const char *const bins_sql[JB_SUM_LEVELS] = {
    "SELECT id, data FROM sum_10s WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    "SELECT id, data FROM sum_10min WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
};
static const char *const newest_bin_sql[JB_SUM_LEVELS] = {
    "SELECT max(id) FROM sum_10s WHERE id BETWEEN ?1 AND ?2",
    "SELECT max(id) FROM sum_10min WHERE id BETWEEN ?1 AND ?2",
};

struct window {
    struct jb_store *store;
    struct jb_diag *diag;
    int64_t run;
    double t0_us, t1_us, slice_us;
    size_t count, channel_count;
    struct jb_slice *slices; /* channel-major */
    struct jb_chunk_reader *reader;
    struct jb_bin bin;
};

struct piece { /* of one channel, evenly spread over its time */
    size_t channel;
    double t0_us, t1_us, energy_uj, run_uj;
    double covered; /* share of the time that is covered */
    double min_w, max_w;
};

static void add_piece(struct window *window, const struct piece *piece)
{
    double from = fmax(piece->t0_us, window->t0_us), to = fmin(piece->t1_us, window->t1_us);
    double length = piece->t1_us - piece->t0_us;
    if (piece->channel >= window->channel_count || from >= to) {
        return;
    }
    struct jb_slice *slices = window->slices + piece->channel * window->count;
    for (size_t i = (size_t)((from - window->t0_us) / window->slice_us); i < window->count; i++) {
        double start = window->t0_us + (double)i * window->slice_us;
        double end = i + 1 == window->count ? window->t1_us : window->t0_us + (double)(i + 1) * window->slice_us;
        double part = fmin(to, end) - fmax(from, start);
        if (part > 0) {
            struct jb_slice *slice = &slices[i];
            slice->min_w = slice->covered_ns == 0 ? piece->min_w : fmin(slice->min_w, piece->min_w);
            slice->max_w = slice->covered_ns == 0 ? piece->max_w : fmax(slice->max_w, piece->max_w);
            slice->energy_uj += piece->energy_uj * (part / length);
            slice->run_uj += piece->run_uj * (part / length);
            slice->covered_ns += piece->covered * part * 1000;
        }
        if (end >= to) {
            break;
        }
    }
}

/* The part of an interval that lies in [from, to). */
static void add_interval(struct window *window, const struct jb_interval *interval, uint64_t from_us, uint64_t to_us)
{
    uint64_t start = interval->t0_us > from_us ? interval->t0_us : from_us;
    uint64_t end = interval->t1_us < to_us ? interval->t1_us : to_us;
    if (start >= end) {
        return;
    }
    double length = (double)(interval->t1_us - interval->t0_us);
    double part = (double)(end - start) / length;
    double watts = (double)interval->energy_uj / length; /* µJ per µs */
    const struct piece piece = {
        .channel = window->reader->channel - 1,
        .t0_us = (double)start,
        .t1_us = (double)end,
        .energy_uj = (double)interval->energy_uj * part,
        .run_uj = (double)interval->run_uj * part,
        .covered = 1,
        .min_w = watts,
        .max_w = watts,
    };
    add_piece(window, &piece);
}

/* 1 when no later chunk can have anything to say about the time before to_us. */
static int add_chunk(struct window *window, const void *data, size_t size, uint64_t from_us, uint64_t to_us)
{
    struct jb_chunk_reader *reader = window->reader;
    int r = jb_chunk_read(reader, data, size);
    if (r < 0) {
        return r;
    }
    bool all_heard = true;
    while ((r = jb_chunk_next_channel(reader)) == 1) {
        struct jb_interval interval;
        while (jb_chunk_next_interval(reader, &interval)) {
            add_interval(window, &interval, from_us, to_us);
        }
        all_heard = all_heard && reader->anchor.t_us >= to_us;
    }
    return r < 0 ? r : all_heard || reader->t0_us >= to_us + LOOK_AHEAD_US;
}

static int add_chunks(struct window *window, uint64_t from_us, uint64_t to_us)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    struct jb_store *store = window->store;
    if (from_us >= to_us) {
        return 0;
    }
    int r = jb_db_prepare(store, "SELECT data FROM chunk WHERE id BETWEEN ?1 AND ?2 ORDER BY id", "read", &statement,
                          window->diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, jb_db_key(window->run, from_us / 1000));
    sqlite3_bind_int64(statement, 2, jb_db_key(window->run, JB_KEY_LOW_MAX));
    int done = 0;
    while (done == 0 && (r = jb_db_step(store, statement, "read", window->diag)) == 1) {
        done = add_chunk(window, sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0), from_us,
                         to_us);
    }
    return done < 0 ? jb_db_damaged(store, "a chunk of the series cannot be read", window->diag) : r < 0 ? r : 0;
}

static void add_bin(struct window *window, size_t level)
{
    double width = (double)jb_sum_width_us[level];
    for (size_t channel = 0; channel < window->bin.channel_count; channel++) {
        const struct jb_sum *sum = &window->bin.channels[channel];
        const struct piece piece = {
            .channel = channel,
            .t0_us = (double)window->bin.index * width,
            .t1_us = (double)(window->bin.index + 1) * width,
            .energy_uj = (double)sum->energy_uj,
            .run_uj = (double)sum->run_uj,
            .covered = (double)sum->covered_us / width,
            .min_w = (double)sum->min_uw / 1e6,
            .max_w = (double)sum->max_uw / 1e6,
        };
        if (sum->covered_us > 0) {
            add_piece(window, &piece);
        }
    }
}

static int add_bins(struct window *window, size_t level, uint64_t from, uint64_t to)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    struct jb_store *store = window->store;
    uint64_t width_ms = jb_sum_width_us[level] / 1000;
    int r = jb_db_prepare(store, bins_sql[level], "read", &statement, window->diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, jb_db_key(window->run, from * width_ms));
    sqlite3_bind_int64(statement, 2, jb_db_key(window->run, to * width_ms - 1));
    while ((r = jb_db_step(store, statement, "read", window->diag)) == 1) {
        window->bin.index = ((uint64_t)sqlite3_column_int64(statement, 0) & JB_KEY_LOW_MAX) / width_ms;
        const void *data = sqlite3_column_blob(statement, 1);
        r = jb_bin_decode(&window->bin, data, (size_t)sqlite3_column_bytes(statement, 1), jb_sum_width_us[level]);
        if (r < 0) {
            return r == -ENOMEM ? jb_fail(window->diag, r, "out of memory")
                                : jb_db_damaged(store, "a sum of the series cannot be read", window->diag);
        }
        add_bin(window, level);
    }
    return r;
}

/* How many bins, from the first of the run on, are complete. */
static int complete_bins(struct window *window, size_t level, uint64_t *ret)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(window->store, newest_bin_sql[level], "read", &statement, window->diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, jb_db_key(window->run, 0));
    sqlite3_bind_int64(statement, 2, jb_db_key(window->run, JB_KEY_LOW_MAX));
    r = jb_db_step(window->store, statement, "read", window->diag);
    if (r < 0) {
        return r;
    }
    bool any = r == 1 && sqlite3_column_type(statement, 0) != SQLITE_NULL;
    uint64_t low = (uint64_t)sqlite3_column_int64(statement, 0) & JB_KEY_LOW_MAX;
    *ret = any ? low / (jb_sum_width_us[level] / 1000) + 1 : 0;
    return 0;
}

static int fill(struct window *window, uint64_t t0_us, uint64_t t1_us)
{
    int level = JB_SUM_LEVELS - 1;
    while (level >= 0 && (double)jb_sum_width_us[level] > window->slice_us) {
        level--;
    }
    if (level < 0) {
        return add_chunks(window, t0_us, t1_us);
    }
    uint64_t width = jb_sum_width_us[level], complete = 0;
    int r = complete_bins(window, (size_t)level, &complete);
    if (r < 0) {
        return r;
    }
    uint64_t first = (t0_us + width - 1) / width, last = t1_us / width; /* whole bins: [first, last) */
    last = last < complete ? last : complete;
    if (first >= last) {
        return add_chunks(window, t0_us, t1_us);
    }
    r = add_chunks(window, t0_us, first * width);
    if (r == 0) {
        r = add_bins(window, (size_t)level, first, last);
    }
    return r < 0 ? r : add_chunks(window, last * width, t1_us);
}

static int run_end(struct window *window, uint64_t *ret_us)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(window->store, "SELECT last_us FROM run WHERE id = ?1", "read", &statement, window->diag);
    if (r == 0) {
        sqlite3_bind_int64(statement, 1, window->run);
        r = jb_db_step(window->store, statement, "read", window->diag);
    }
    if (r < 0) {
        return r;
    }
    int64_t last_us = r == 1 ? sqlite3_column_int64(statement, 0) : 0;
    *ret_us = last_us < 0 ? 0 : (uint64_t)last_us > JB_TIME_MAX_US ? JB_TIME_MAX_US : (uint64_t)last_us;
    return 0;
}

static int slices(struct window *window, const char *id, uint64_t t0_ns, uint64_t t1_ns)
{
    uint64_t t0_us = t0_ns / 1000, t1_us = t1_ns / 1000;
    int r = jb_db_run_row(window->store, id, &window->run, window->diag);
    if (r == 0 && t1_ns == 0) {
        r = run_end(window, &t1_us);
    }
    if (r < 0 || (t1_ns == 0 && t0_us >= t1_us)) { /* a run without a series: gaps */
        return r;
    }
    if (t0_us >= t1_us || t1_us > JB_TIME_MAX_US) {
        return jb_fail(window->diag, -EINVAL, "a window of time must end after it begins");
    }
    window->t0_us = (double)t0_us;
    window->t1_us = (double)t1_us;
    window->slice_us = (window->t1_us - window->t0_us) / (double)window->count;
    return fill(window, t0_us, t1_us);
}

/* In one transaction: the meter may be writing, and bins and chunks must be of one moment. */
static int slices_alone(struct window *window, const char *id, uint64_t t0_ns, uint64_t t1_ns)
{
    struct jb_store *store = window->store;
    bool alone = sqlite3_get_autocommit(store->db) != 0;
    int r = alone ? jb_db_exec(store, "BEGIN", "read", window->diag) : 0;
    if (r == 0) {
        r = slices(window, id, t0_ns, t1_ns);
    }
    if (alone) {
        jb_db_rollback(store);
    }
    return r;
}

int jb_store_slices(struct jb_store *store, const char *id, uint64_t t0_ns, uint64_t t1_ns, size_t count,
                    size_t channel_count, struct jb_slice *ret, struct jb_diag *diag)
{
    size_t all = 0;
    if (count == 0 || channel_count == 0 || __builtin_mul_overflow(count, channel_count, &all)) {
        return jb_fail(diag, -EINVAL, "a drawing needs slices and channels");
    }
    struct window window = {.store = store, .diag = diag, .count = count, .channel_count = channel_count};
    window.slices = calloc(all, sizeof(*ret));
    window.reader = malloc(sizeof(*window.reader));
    int r = -ENOMEM;
    if (window.slices != NULL && window.reader != NULL) {
        r = slices_alone(&window, id, t0_ns, t1_ns);
    } else {
        jb_fail(diag, r, "out of memory");
    }
    if (r == 0) {
        memcpy(ret, window.slices, all * sizeof(*ret));
    }
    free(window.slices);
    free(window.reader);
    jb_bin_finish(&window.bin);
    return r;
}
