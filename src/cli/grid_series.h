/* SPDX-License-Identifier: Apache-2.0 */
/* grid_series.h - intensity over a stretch of time at a place, and the greenest window in it. */
#ifndef JB_CLI_GRID_SERIES_H
#define JB_CLI_GRID_SERIES_H

#include "cli/grid_place.h"

struct grid_series {
    const struct grid_place *place;
    bool forecast;
    int64_t from_ns, to_ns;
    struct jb_track track;
    struct jb_steps steps;
    /* --length */
    bool wants_window;
    uint64_t length_ns, within_ns;
    struct jb_window window; /* zeroed: not looked for */
    struct jb_track prices;  /* of [tariff]; empty: there is none */
    char currency[8];
};

/* Into window, prices and currency. -1, or an exit status. */
int grid_window_find(struct grid_series *series);
void grid_window_text(const struct grid_series *series, const struct cli_style *style);
json_t *grid_window_json(const struct grid_series *series);

#endif
