/* SPDX-License-Identifier: Apache-2.0 */
/*
 * price_segments.h - which value prices a moment, and the segments that follow from it. For price.c.
 */
#ifndef JB_ENGINE_PRICE_SEGMENTS_H
#define JB_ENGINE_PRICE_SEGMENTS_H

#include "grid/grid.h"
#include "grid/track.h"
#include "store/record.h"

struct jb_price_choice {
    const struct jb_point *point; /* NULL: the yearly figure */
    bool held;                    /* of a time that is over */
    int64_t until_ns;             /* the choice is the same up to here */
};
/* What prices t, and up to when, `end_ns` at most. track NULL: the yearly figure. */
void jb_price_choose(const struct jb_track *track, int64_t t_ns, int64_t end_ns, struct jb_price_choice *ret);

struct jb_segments {
    struct jb_record_segment *segments;
    size_t count, capacity;
    struct jb_price_choice last;
    const struct jb_intensity *table;
};
void jb_segments_finish(struct jb_segments *segments);
/* The stretch from start to choice->until_ns; joins the one before when it is priced alike. -ENOMEM. */
int jb_segments_add(struct jb_segments *segments, const struct jb_price_choice *choice, int64_t start_ns,
                    uint64_t energy_uj);

struct jb_segments_sum {
    double product;   /* sum of uJ times g/kWh */
    double g_per_kwh; /* mean by energy; by time where there is none */
    double rel_error;
};
/* Hand the segments over to the record, with their credits, and add them up. -ENOMEM: nothing was handed over. */
int jb_segments_settle(struct jb_segments *segments, struct jb_record *record, struct jb_segments_sum *ret);

#endif
