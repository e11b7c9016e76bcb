/* SPDX-License-Identifier: Apache-2.0 */
/*
 * track.h - carbon intensity over time: a step series in which every value keeps where it came from.
 *
 * Pure: no clock, no file, no thread. Times are wall clock, nanoseconds since 1970; a point holds from its start up to
 * its end, exclusive. The points of a track are in order and never overlap; time that no point covers is not known, and
 * nothing here fills it.
 *
 * A track is of one signal, average or marginal: the two answer different questions and are never put together.
 * Prices of electricity are kept in tracks too (tariff.h): then g_per_kwh is money per kWh and may be negative.
 */
#ifndef JB_GRID_TRACK_H
#define JB_GRID_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_provider;

enum jb_point_flags {
    JB_POINT_ESTIMATED = 1, /* the provider says so, or it is computed from what is not all measured */
    JB_POINT_FORECAST = 2,  /* said before its time had come */
    JB_POINT_DIRECT = 4,    /* of what leaves the stacks; without: over the life cycle of plants and fuels */
};

struct jb_point {
    int64_t start_ns, end_ns; /* start < end */
    double g_per_kwh;         /* finite */
    double rel_error;         /* one sigma, relative; the provider's file says where it is from */
    unsigned flags;
    int64_t fetched_ns;                 /* when the provider said it; 0: of a file or a table */
    const struct jb_provider *provider; /* NULL: a tariff, or a test */
};

#define JB_TRACK_MAX 100000 /* points; a year of 5 minutes is 105,120 */

struct jb_track {
    struct jb_point *points;
    size_t count, capacity;
};
void jb_track_finish(struct jb_track *track);                        /* frees and zeroes; accepts a zeroed one */
int jb_track_copy(struct jb_track *to, const struct jb_track *from); /* replaces; -ENOMEM leaves `to` as it was */

/* Put in what one provider says. Where it overlaps with points that are there, the better stays and the other is cut:
 * one that is not a forecast, then the one fetched later (at the same time: the new one). -EINVAL: a point that cannot
 * be (end not after start, a value that is not finite); -E2BIG; -ENOMEM. */
int jb_track_put(struct jb_track *track, const struct jb_point *point);
int jb_track_merge(struct jb_track *track, const struct jb_track *from); /* put each */

/* Put `from` only where `track` knows nothing; of a forecast and what is none, the latter also stays here. What a
 * second provider in the chain is good for. */
int jb_track_fill(struct jb_track *track, const struct jb_track *from);

/* The point that holds at t; NULL. */
const struct jb_point *jb_track_at(const struct jb_track *track, int64_t t_ns);
/* The last point that ends at or before t; NULL. */
const struct jb_point *jb_track_before(const struct jb_track *track, int64_t t_ns);
/* The index of the first point that ends after t; count when there is none. For walking over a window. */
size_t jb_track_from(const struct jb_track *track, int64_t t_ns);

/* The mean over [from, to) weighted by time, and the part of it that is covered (0..1). False: none of it. */
bool jb_track_mean(const struct jb_track *track, int64_t from_ns, int64_t to_ns, double *ret_mean, double *ret_covered);

/* The first and longest-from-there stretch of [from, to) without a point that is not a forecast; false: all is known.
 */
bool jb_track_gap(const struct jb_track *track, int64_t from_ns, int64_t to_ns, int64_t *ret_from, int64_t *ret_to);

void jb_track_cut(struct jb_track *track, int64_t from_ns, int64_t to_ns); /* forget what lies outside */

#endif
