/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the history: channels, slices for drawing, the sum of all. Documented in history.h.
 *
 * A level that does not reach back to the beginning of a window is continued by the next coarser one. The two meet at
 * the end of the coarse row in which the finer level begins, so that no time is in both: rows of a level are made of
 * whole rows of the finer one.
 *
 * A row is spread evenly over its time of the calendar. The price of a slice is the mean over the energy that has one;
 * where nothing was used, over time.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/column.h"
#include "store/history_scan.h"

#define UJ_PER_KWH 3.6e12

#define CHANNEL(name)                                                                                                  \
    JB_COLUMN_CHARS, offsetof(struct jb_history_channel, name), sizeof(((struct jb_history_channel *)0)->name)
static const struct jb_column channel_columns[] = {
    {"id", CHANNEL(id)},         {"device", CHANNEL(device)},
    {"name", CHANNEL(name)},     {"source", CHANNEL(source)},
    {"method", CHANNEL(method)}, {"in_total", JB_COLUMN_BOOL, offsetof(struct jb_history_channel, in_total), 0},
};

int jb_history_channels(struct jb_store *store, const char *machine_id, jb_history_channel_fn fn, void *context,
                        struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    jb_buf_puts(&sql, "SELECT number, ");
    jb_columns_names(&sql, channel_columns, JB_COUNT(channel_columns));
    jb_buf_puts(&sql, " FROM history_channel WHERE number BETWEEN 0 AND ?2 AND machine = (SELECT machine FROM history"
                      " WHERE ?1 IS NULL OR machine_id = ?1 ORDER BY last_us DESC LIMIT 1) ORDER BY number");
    int r =
        sql.failed ? jb_fail(diag, -ENOMEM, "out of memory") : jb_db_prepare(store, sql.data, "read", &statement, diag);
    if (r < 0) {
        return r;
    }
    jb_db_bind_text(statement, 1, machine_id);
    sqlite3_bind_int(statement, 2, JB_HISTORY_CHANNELS - 1);
    while ((r = jb_db_step(store, statement, "read", diag)) == 1) {
        struct jb_history_channel channel = {0};
        r = jb_columns_read(statement, 1, channel_columns, JB_COUNT(channel_columns), &channel);
        if (r == 0) {
            r = fn(context, sqlite3_column_int(statement, 0), &channel);
        }
        if (r != 0) {
            return r;
        }
    }
    return r;
}

struct window {
    struct jb_history_scan scan;
    double t0_us, slice_us;
    size_t count, channel_count;
    struct jb_slice *slices; /* channel-major */
    double *grams, *weight;  /* of each slice */
    int64_t from_us, to_us;  /* of the level that is being added */
    int64_t edge_us;         /* the last end of those that were added */
};

static void add_to_slice(struct window *window, const struct jb_history_entry *row, size_t i, double part)
{
    double span_ns = (double)row->span_us * 1000;
    for (size_t c = 0; c < row->channel_count && c < window->channel_count; c++) {
        const struct jb_history_value *value = &row->values[c];
        struct jb_slice *slice = &window->slices[c * window->count + i];
        if (value->energy_uj == JB_NO_VALUE || value->covered_ns == 0) {
            continue;
        }
        double low = value->min_mw / 1e3, high = value->max_mw / 1e3;
        slice->min_w = slice->covered_ns == 0 ? low : fmin(slice->min_w, low);
        slice->max_w = slice->covered_ns == 0 ? high : fmax(slice->max_w, high);
        slice->energy_uj += (double)value->energy_uj * part;
        slice->run_uj += (double)value->runs_uj * part;
        slice->covered_ns += fmin((double)value->covered_ns, span_ns) * part;
    }
    if (!isnan(row->g_per_kwh)) {
        double weight = ((double)row->priced_uj + 1) * part;
        window->grams[i] += weight * row->g_per_kwh;
        window->weight[i] += weight;
    }
}

static int add_row(void *context, const struct jb_history_entry *row)
{
    struct window *window = context;
    int64_t start_us = jb_history_start_us(row);
    double whole = (double)row->span_us;
    double from = (double)(start_us > window->from_us ? start_us : window->from_us) - window->t0_us;
    double to = (double)(row->end_us < window->to_us ? row->end_us : window->to_us) - window->t0_us;
    window->edge_us = row->end_us > window->edge_us ? row->end_us : window->edge_us;
    for (size_t i = (size_t)(from / window->slice_us); i < window->count; i++) {
        double begin = (double)i * window->slice_us;
        double end = i + 1 == window->count ? INFINITY : begin + window->slice_us;
        double part = fmin(to, end) - fmax(from, begin);
        if (part > 0) {
            add_to_slice(window, row, i, part / whole);
        }
        if (end >= to) {
            break;
        }
    }
    return 0;
}

/* The rows that start before begin_us; what is before the first of them comes from coarser ones. */
static int fill(struct window *window, enum jb_history_level level, int64_t t0_us, int64_t t1_us, int64_t begin_us)
{
    int64_t first_us = 0;
    int r = jb_history_scan_first(&window->scan, level, &first_us);
    if (r < 0) {
        return r;
    }
    window->edge_us = t0_us;
    if (first_us > t0_us && level + 1 < JB_HISTORY_LEVELS) {
        r = fill(window, level + 1, t0_us, t1_us, first_us < begin_us ? first_us : begin_us);
    }
    if (r < 0 || window->edge_us >= t1_us) {
        return r;
    }
    window->from_us = window->edge_us;
    window->to_us = t1_us;
    return jb_history_scan_rows(&window->scan, level, window->from_us, t1_us < begin_us ? t1_us : begin_us, add_row,
                                window);
}

static int draw(struct window *window, struct jb_store *store, const char *machine_id, int64_t t0_us, int64_t t1_us,
                enum jb_history_level *ret_level, struct jb_diag *diag)
{
    int level = JB_HISTORY_LEVELS - 1;
    while (level > 0 && (double)jb_history_width_us[level] > window->slice_us) {
        level--;
    }
    *ret_level = (enum jb_history_level)level;
    int r = jb_history_scan_begin(&window->scan, store, machine_id, diag);
    if (r == 0 && window->scan.state.machine != 0) {
        r = fill(window, (enum jb_history_level)level, t0_us, t1_us, INT64_MAX);
    }
    jb_history_scan_finish(&window->scan);
    return r;
}

static void window_finish(struct window *window)
{
    free(window->slices);
    free(window->grams);
    free(window->weight);
}

static int alone(struct jb_store *store, bool *ret, struct jb_diag *diag)
{
    *ret = sqlite3_get_autocommit(store->db) != 0;
    return *ret ? jb_db_exec(store, "BEGIN", "read", diag) : 0;
}

int jb_history_slices(struct jb_store *store, const char *machine_id, int64_t t0_ns, int64_t t1_ns, size_t count,
                      size_t channel_count, struct jb_slice *ret, double *ret_g_per_kwh,
                      enum jb_history_level *ret_level, struct jb_diag *diag)
{
    size_t all = 0;
    int64_t t0_us = t0_ns / 1000, t1_us = t1_ns / 1000;
    if (count == 0 || channel_count == 0 || __builtin_mul_overflow(count, channel_count, &all)) {
        return jb_fail(diag, -EINVAL, "a drawing needs slices and channels");
    }
    if (t0_ns < 0 || t1_us <= t0_us || t1_us > JB_WALL_MAX_NS / 1000) {
        return jb_fail(diag, -EINVAL, "a window of time must end after it begins");
    }
    JB_CLEANUP(window_finish)
    struct window window = {.t0_us = (double)t0_us, .count = count, .channel_count = channel_count};
    window.slice_us = (double)(t1_us - t0_us) / (double)count;
    window.slices = calloc(all, sizeof(*window.slices));
    window.grams = calloc(count, sizeof(*window.grams));
    window.weight = calloc(count, sizeof(*window.weight));
    if (window.slices == NULL || window.grams == NULL || window.weight == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    enum jb_history_level level = JB_HISTORY_SECONDS;
    bool own = false;
    int r = alone(store, &own, diag);
    if (r == 0) {
        r = draw(&window, store, machine_id, t0_us, t1_us, &level, diag);
    }
    if (own) {
        jb_db_rollback(store);
    }
    if (r < 0) {
        return r;
    }
    memcpy(ret, window.slices, all * sizeof(*ret));
    for (size_t i = 0; ret_g_per_kwh != NULL && i < count; i++) {
        ret_g_per_kwh[i] = window.weight[i] > 0 ? window.grams[i] / window.weight[i] : NAN;
    }
    *ret_level = level;
    return 0;
}

struct summing {
    struct jb_history_sum sum;
    int64_t first_us, last_us;
};

static int sum_row(void *context, const struct jb_history_entry *row)
{
    struct summing *summing = context;
    int64_t start_us = jb_history_start_us(row) > 1 ? jb_history_start_us(row) : 1;
    summing->first_us = summing->first_us == 0 || start_us < summing->first_us ? start_us : summing->first_us;
    summing->last_us = row->end_us > summing->last_us ? row->end_us : summing->last_us;
    struct jb_history_sum *sum = &summing->sum;
    if (__builtin_add_overflow(sum->energy_uj, row->total_uj, &sum->energy_uj)) {
        sum->energy_uj = UINT64_MAX;
    }
    if (__builtin_add_overflow(sum->covered_ns, row->length_ns, &sum->covered_ns)) {
        sum->covered_ns = UINT64_MAX;
    }
    if (!isnan(row->g_per_kwh)) {
        sum->grams = (isnan(sum->grams) ? 0 : sum->grams) + (double)row->priced_uj * row->g_per_kwh / UJ_PER_KWH;
    }
    return 0;
}

/* The coarsest of the levels that hold most time: rows of all levels are the same seconds. */
static enum jb_history_level most(const struct jb_history_scan *scan)
{
    uint64_t held_ns[JB_HISTORY_LEVELS], begun_ns = 0;
    int best = 0;
    for (int i = 0; i < JB_HISTORY_LEVELS; i++) {
        begun_ns += i > 0 ? scan->begun[i - 1].length_ns : 0;
        held_ns[i] = scan->state.held_ns[i] + begun_ns;
        best = held_ns[i] >= held_ns[best] ? i : best;
    }
    return (enum jb_history_level)best;
}

int jb_history_sum(struct jb_store *store, const char *machine_id, struct jb_history_sum *ret, struct jb_diag *diag)
{
    struct jb_history_scan *scan = calloc(1, sizeof(*scan));
    struct summing summing = {.sum = {.grams = NAN}};
    bool own = false;
    int r = scan == NULL ? jb_fail(diag, -ENOMEM, "out of memory") : alone(store, &own, diag);
    if (r == 0) {
        r = jb_history_scan_begin(scan, store, machine_id, diag);
    }
    if (r == 0 && scan->state.machine != 0) {
        r = jb_history_scan_rows(scan, most(scan), 0, JB_WALL_MAX_NS / 1000 + 1, sum_row, &summing);
    }
    if (own) {
        jb_db_rollback(store);
    }
    if (scan != NULL) {
        jb_history_scan_finish(scan);
        free(scan);
    }
    if (r < 0) {
        return r;
    }
    summing.sum.first_ns = summing.first_us * 1000;
    summing.sum.last_ns = summing.last_us * 1000;
    *ret = summing.sum;
    return 0;
}
