/* SPDX-License-Identifier: Apache-2.0 */
/*
 * greenest.h - when a run of a given length would emit least, by a forecast.
 *
 * Pure. The load is taken as even over the run.
 */
#ifndef JB_GRID_GREENEST_H
#define JB_GRID_GREENEST_H

#include "grid/track.h"

struct jb_window {
    int64_t start_ns, end_ns;
    double g_per_kwh;     /* mean over it */
    double now_g_per_kwh; /* mean when started at `from`; NAN: the forecast has a hole there */
    double rel_error;     /* of g_per_kwh */
    int64_t known_ns;     /* up to here there was a forecast without a hole */
};

/* The window of `length` in [from, until] with the lowest mean; of equal ones the first. Only windows that the track
 * covers without a hole count. -ENODATA: there is none; -EINVAL: length 0 or longer than the time. */
int jb_greenest(const struct jb_track *track, int64_t from_ns, int64_t until_ns, uint64_t length_ns,
                struct jb_window *ret);

#endif
