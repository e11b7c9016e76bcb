/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows_impl.h - what lies in struct jb_rows, for rows*.c and the fit alone.
 *
 * Rows of one channel lie in order of time; what is at lag `l` of row i is ref[i * stride + l]. All room is taken in
 * create() and touched as it is used. Once the lag is settled the stride is 1.
 */
#ifndef JB_ATTRIBUTION_ROWS_IMPL_H
#define JB_ATTRIBUTION_ROWS_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attribution/estimate.h"

#define JB_ROWS_BLOCK       64   /* neighbours that stay or go together */
#define JB_ROWS_SETTLE      512  /* rows from which the lag can be told where one is much likelier than all others */
#define JB_ROWS_SETTLE_MOST 2048 /* rows at which the likeliest is taken */
#define JB_ROWS_MIN         256  /* least room; fewer are asked for: this many */

struct jb_row {
    double energy_j, seconds, edge_s;
    bool joins;
};

struct jb_row_share {
    float seconds; /* 6e-8 of it is nothing beside the doubt of an edge */
    uint16_t cell;
};

struct jb_row_ref {
    uint32_t first;
    uint16_t count; /* 0: no features at this lag */
};

struct jb_lag_sums {
    double energy_j, seconds, cell_s[JB_WORK_CELLS]; /* of all rows with features, kept or not */
};

struct jb_rows {
    uint64_t lags_ns[JB_LAGS];
    size_t lag_count;
    int settled;
    size_t settle_at; /* rows at which to look again */
    size_t max_rows;
    struct jb_row *row;
    size_t count;
    struct jb_row_ref *ref;
    size_t ref_room, stride;
    struct jb_row_share *share;
    size_t share_count, share_room;
    struct jb_lag_sums *sums; /* of each lag; the settled one: the first */
    bool windows;             /* some rows are readings of power over a window */
    /* thinning */
    unsigned shift;    /* of 2^shift blocks that come one is kept */
    uint64_t block_at; /* intervals since the begin of the block that comes in */
    uint64_t group_at; /* block in its group of 2^shift */
    uint64_t group_chosen;
    bool skipping, broken; /* the block is not kept; the next row begins where none before it ended */
    uint64_t random;
    /* the interval that is being added */
    bool open, open_kept;
    size_t last_lag;
};

/* Where lag `lag` (an index of lags_ns) lies in a row; -1: forgotten. */
int jb_rows_slot(const struct jb_rows *rows, int lag);
/* Make room for another row with `shares` shares in each lag by giving up every other block. */
void jb_rows_make_room(struct jb_rows *rows, size_t shares);
/* Keep one lag only. */
void jb_rows_forget_others(struct jb_rows *rows, int lag);

#endif
