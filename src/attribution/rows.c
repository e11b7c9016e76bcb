/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a regression as they come: an interval of a counter, and who was busy in it at each candidate lag
 * (estimate.h).
 *
 * Odd: what cannot be true (no number, below 0, beyond any machine) makes a row that is not there, and the row after it
 * joins nothing; a caller that adds the lags of an interval out of order has begun another interval.
 */
#include "rows_impl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_J       1e12
#define MOST_S       1e9
#define SHARES_A_ROW 16 /* room for so many in the mean; with more, rows are thinned earlier */

static bool possible(double value, double most)
{
    return isfinite(value) && value >= 0 && value <= most;
}

static bool interval_possible(double energy_j, double seconds)
{
    return possible(energy_j, MOST_J) && possible(seconds, MOST_S) && seconds > 0;
}

int jb_rows_create(const uint64_t *lags_ns, size_t lag_count, size_t max_rows, struct jb_rows **ret)
{
    if (lag_count < 1 || lag_count > JB_LAGS || max_rows > UINT32_MAX / SHARES_A_ROW) {
        return -EINVAL;
    }
    for (size_t i = 1; i < lag_count; i++) {
        if (lags_ns[i] <= lags_ns[i - 1]) {
            return -EINVAL;
        }
    }
    struct jb_rows *rows = calloc(1, sizeof *rows);

    if (rows == NULL) {
        return -ENOMEM;
    }
    memcpy(rows->lags_ns, lags_ns, lag_count * sizeof *lags_ns);
    rows->lag_count = lag_count;
    rows->stride = lag_count;
    rows->settled = lag_count == 1 ? 0 : -1;
    rows->max_rows = max_rows > JB_ROWS_MIN ? max_rows : JB_ROWS_MIN;
    size_t lag_room = (JB_ROWS_SETTLE_MOST + JB_ROWS_BLOCK) * lag_count;
    rows->ref_room = lag_room > rows->max_rows ? lag_room : rows->max_rows;
    rows->settle_at = JB_ROWS_SETTLE;
    size_t three_blocks = (size_t)3 * JB_ROWS_BLOCK * JB_WORK_CELLS * lag_count; /* thinning always frees enough */
    rows->share_room = SHARES_A_ROW * rows->max_rows > three_blocks ? SHARES_A_ROW * rows->max_rows : three_blocks;
    rows->random = 0x9e3779b97f4a7c15u;
    rows->row = malloc(rows->max_rows * sizeof *rows->row);
    rows->ref = malloc(rows->ref_room * sizeof *rows->ref);
    rows->share = malloc(rows->share_room * sizeof *rows->share);
    rows->sums = calloc(lag_count, sizeof *rows->sums);
    if (rows->row == NULL || rows->ref == NULL || rows->share == NULL || rows->sums == NULL) {
        jb_rows_destroy(rows);
        return -ENOMEM;
    }
    *ret = rows;
    return 0;
}

void jb_rows_destroy(struct jb_rows *rows)
{
    if (rows != NULL) {
        free(rows->row);
        free(rows->ref);
        free(rows->share);
        free(rows->sums);
        free(rows);
    }
}

size_t jb_rows_count(const struct jb_rows *rows)
{
    return rows->count;
}

int jb_rows_lag(const struct jb_rows *rows)
{
    return rows->settled;
}

int jb_rows_slot(const struct jb_rows *rows, int lag)
{
    if (rows->settled < 0) {
        return lag;
    }
    return lag == rows->settled ? 0 : -1;
}

static uint64_t next_random(struct jb_rows *rows)
{
    rows->random ^= rows->random << 13;
    rows->random ^= rows->random >> 7;
    rows->random ^= rows->random << 17;
    return rows->random;
}

/* A block ends every JB_ROWS_BLOCK intervals; is the one that begins among those kept? */
static void enter_block(struct jb_rows *rows)
{
    uint64_t group = UINT64_C(1) << rows->shift;

    if (rows->group_at >= group) {
        rows->group_at = 0;
    }
    if (rows->group_at == 0) {
        rows->group_chosen = next_random(rows) >> 8 & (group - 1);
    }
    rows->skipping = rows->group_at != rows->group_chosen;
    rows->group_at++;
}

static bool begin_interval(struct jb_rows *rows, double energy_j, double seconds, double edge_s, bool joins)
{
    if (rows->block_at == 0) {
        enter_block(rows);
    }
    rows->block_at = (rows->block_at + 1) % JB_ROWS_BLOCK;
    if (!interval_possible(energy_j, seconds) || rows->skipping) {
        rows->broken = true;
        return false;
    }
    jb_rows_make_room(rows, JB_WORK_CELLS);
    rows->row[rows->count] = (struct jb_row){
        .energy_j = energy_j,
        .seconds = seconds,
        .edge_s = possible(edge_s, MOST_S) ? edge_s : 0,
        .joins = joins && !rows->broken && rows->count > 0,
    };
    memset(&rows->ref[rows->count * rows->stride], 0, rows->stride * sizeof *rows->ref);
    rows->count++;
    rows->broken = false;
    return true;
}

/* Sums count what is thinned out too. */
static void add_sums(struct jb_lag_sums *sums, double energy_j, const struct jb_work_share *shares, size_t share_count)
{
    for (size_t i = 0; i < share_count; i++) {
        sums->cell_s[shares[i].cell] += shares[i].seconds;
        sums->seconds += shares[i].seconds;
    }
    sums->energy_j += energy_j;
}

static bool shares_possible(const struct jb_work_share *shares, size_t share_count)
{
    double seconds = 0;

    for (size_t i = 0; i < share_count; i++) {
        if (shares[i].cell >= JB_WORK_CELLS || !possible(shares[i].seconds, MOST_S)) {
            return false;
        }
        seconds += shares[i].seconds;
    }
    return share_count <= JB_WORK_CELLS && seconds > 0;
}

void jb_rows_add(struct jb_rows *rows, size_t lag, double energy_j, double seconds, double edge_s, bool joins,
                 const struct jb_work_share *shares, size_t share_count)
{
    int slot = lag < rows->lag_count ? jb_rows_slot(rows, (int)lag) : -1;

    if (slot < 0) {
        return;
    }
    if (!rows->open || lag <= rows->last_lag) {
        rows->open_kept = begin_interval(rows, energy_j, seconds, edge_s, joins);
        rows->open = true;
    }
    rows->last_lag = lag;
    if (!shares_possible(shares, share_count) || !interval_possible(energy_j, seconds)) {
        return;
    }
    add_sums(&rows->sums[slot], energy_j, shares, share_count);
    if (!rows->open_kept) {
        return;
    }
    struct jb_row_ref *ref = &rows->ref[(rows->count - 1) * rows->stride + (size_t)slot];

    ref->first = (uint32_t)rows->share_count;
    ref->count = 0;
    for (size_t i = 0; i < share_count; i++) {
        float kept = (float)shares[i].seconds;

        if (kept > 0) { /* what is too little for 32 bits would be a cell without time */
            rows->share[rows->share_count++] = (struct jb_row_share){.seconds = kept, .cell = shares[i].cell};
            ref->count++;
        }
    }
}

void jb_rows_add_window(struct jb_rows *rows, size_t lag, double watts, double window_s,
                        const struct jb_work_share *shares, size_t share_count)
{
    rows->windows = true;
    jb_rows_add(rows, lag, watts * window_s, window_s, 0, false, shares, share_count);
}
