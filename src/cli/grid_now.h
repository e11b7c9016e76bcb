/* SPDX-License-Identifier: Apache-2.0 */
/* grid_now.h - what holds at a place now: the live value, the marginal one, and what was tried. */
#ifndef JB_CLI_GRID_NOW_H
#define JB_CLI_GRID_NOW_H

#include "cli/grid_place.h"

struct grid_look {
    struct jb_track average, marginal;
    const struct jb_point *live, *at_margin; /* in the tracks; NULL: there is none */
    struct jb_steps steps;                   /* of the average */
};
void grid_look_finish(struct grid_look *look);

/* The point that a run would be priced at now, by engine/price.h: the one that holds, or the newest if it ended at most
 * JB_HOLD_NS ago; NULL. Pure. */
const struct jb_point *grid_pick(const struct jb_track *track, int64_t now_ns);
/* By how much the time of the point is over; 0: it is of now. */
double grid_age_s(const struct jb_point *point, int64_t now_ns);

json_t *grid_now_json(const struct grid_place *place, const struct grid_look *look);
void grid_now_text(const struct grid_place *place, const struct grid_look *look, const struct cli_style *style);

#endif
