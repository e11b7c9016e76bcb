/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows in bounded memory: when room runs out, one of each two neighbouring blocks is given up by the toss of a coin,
 * and from then on half as many blocks are let in (estimate.h).
 *
 * Odd: thinned by coin within pairs and not by a reservoir, so that what is left lies evenly over the run, and so that
 * no rhythm of the program falls in step with it; the coin has a fixed seed.
 */
#include "rows_impl.h"

#include <string.h>

/* Row i moves to `to`; shares move down likewise and never up. */
static void move_row(struct jb_rows *rows, size_t i, size_t to, size_t *share_to)
{
    rows->row[to] = rows->row[i];
    for (size_t l = 0; l < rows->stride; l++) {
        struct jb_row_ref ref = rows->ref[i * rows->stride + l];

        memmove(&rows->share[*share_to], &rows->share[ref.first], ref.count * sizeof *rows->share);
        ref.first = (uint32_t)*share_to;
        rows->ref[to * rows->stride + l] = ref;
        *share_to += ref.count;
    }
}

static void halve(struct jb_rows *rows)
{
    size_t blocks = rows->count / JB_ROWS_BLOCK, to = 0, share_to = 0;
    bool whole = true; /* the row before was kept */

    for (size_t i = 0; i < rows->count; i++) {
        size_t block = i / JB_ROWS_BLOCK;

        if (i % (2 * JB_ROWS_BLOCK) == 0) {
            rows->random ^= rows->random << 13;
            rows->random ^= rows->random >> 7;
            rows->random ^= rows->random << 17;
        }
        bool paired = (block | 1) < blocks;
        if (paired && (block & 1) != (rows->random >> 20 & 1)) {
            whole = false;
            continue;
        }
        move_row(rows, i, to, &share_to);
        rows->row[to].joins = rows->row[to].joins && whole && to > 0;
        whole = true;
        to++;
    }
    rows->count = to;
    rows->share_count = share_to;
    if (rows->shift < 40) {
        rows->shift++;
    }
    rows->group_at = UINT64_C(1) << rows->shift; /* a new group begins with the next block */
}

void jb_rows_make_room(struct jb_rows *rows, size_t shares)
{
    while (rows->count >= rows->max_rows || (rows->count + 1) * rows->stride > rows->ref_room ||
           rows->share_count + shares * rows->stride > rows->share_room) {
        halve(rows);
    }
}

void jb_rows_forget_others(struct jb_rows *rows, int lag)
{
    size_t to = 0, share_to = 0;
    bool whole = true;

    for (size_t i = 0; i < rows->count; i++) {
        struct jb_row_ref ref = rows->ref[i * rows->stride + (size_t)lag];

        if (ref.count == 0) {
            whole = false;
            continue;
        }
        memmove(&rows->share[share_to], &rows->share[ref.first], ref.count * sizeof *rows->share);
        ref.first = (uint32_t)share_to;
        share_to += ref.count;
        rows->row[to] = rows->row[i];
        rows->row[to].joins = rows->row[to].joins && whole && to > 0;
        rows->ref[to++] = ref;
        whole = true;
    }
    rows->broken = rows->broken || !whole;
    rows->count = to;
    rows->share_count = share_to;
    rows->sums[0] = rows->sums[lag];
    rows->stride = 1;
    rows->settled = lag;
    rows->open = false;
}
