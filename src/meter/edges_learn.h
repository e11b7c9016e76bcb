/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges_learn.h - how a counter keeps time, from the edges that were seen: what jb_edges_timing() tells. Pure.
 *
 * The period is the time that consecutive edges span over the number of updates in it, so that its error shrinks with
 * their number and not with the root of it. The jitter is the standard deviation of the distance of two edges that are
 * one update apart, less what their own errors make of it: an edge lies anywhere within its doubt, so its error has a
 * variance of doubt^2 / 3.
 */
#ifndef JB_METER_EDGES_LEARN_H
#define JB_METER_EDGES_LEARN_H

#include "meter/edges.h"

#define JB_LEARN_INTERVALS 5

struct jb_learned {
    uint64_t edges, missed, updates; /* updates: that the spans have */
    double spanned_ns;
    uint64_t singles; /* spans of one update; their mean and sum of squared deviations (Welford) */
    double single_mean, single_m2;
    double doubt2_sum;                      /* of squared doubts, of all edges */
    uint64_t intervals[JB_LEARN_INTERVALS]; /* for jb_learn_period() */
    unsigned interval_count;
    struct jb_timing known; /* from former runs: told until something better is */
};

/* Two edges with nothing missed between them were so far apart, which is `n` updates. */
void jb_learn_span(struct jb_learned *learned, uint64_t interval_ns, double n);
void jb_learn_doubt(struct jb_learned *learned, uint64_t doubt_ns); /* of each edge */

/* The next of JB_LEARN_INTERVALS distances of neighbouring edges of a counter whose period is not known. True with the
 * last of them: the period, which is their mean in units of their median. When it is another than was learned before,
 * that is forgotten. */
bool jb_learn_period(struct jb_learned *learned, uint64_t interval_ns, double *ret_ns);
void jb_learn_afresh(struct jb_learned *learned); /* the distances begin anew */

/* Is there enough to tell the period? What is known from former runs does not count. */
bool jb_learned_period(const struct jb_learned *learned);
void jb_learned_timing(const struct jb_learned *learned, struct jb_timing *ret); /* cpu_ns is 0 */

#endif
