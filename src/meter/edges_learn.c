/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges_learn.c - how a counter keeps time (edges_learn.h).
 *
 * Spans of many updates are left out: how many they are is only as sure as the period that they should teach.
 */
#include "meter/edges_learn.h"

#include <math.h>
#include <stdlib.h>

#define MOST_UPDATES 100       /* in a span that teaches something */
#define ENOUGH       16        /* updates before what was learned is told */
#define CHANGED      (1 / 4.0) /* of a period: then what was learned before is of another clock */

void jb_learn_span(struct jb_learned *learned, uint64_t interval_ns, double n)
{
    if (n > MOST_UPDATES) {
        return;
    }
    learned->updates += (uint64_t)n;
    learned->spanned_ns += (double)interval_ns;
    if (n < 2) {
        double off = (double)interval_ns - learned->single_mean;
        learned->singles++;
        learned->single_mean += off / (double)learned->singles;
        learned->single_m2 += off * ((double)interval_ns - learned->single_mean);
    }
}

void jb_learn_doubt(struct jb_learned *learned, uint64_t doubt_ns)
{
    learned->edges++;
    learned->doubt2_sum += (double)doubt_ns * (double)doubt_ns;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

bool jb_learn_period(struct jb_learned *learned, uint64_t interval_ns, double *ret_ns)
{
    learned->intervals[learned->interval_count++] = interval_ns;
    if (learned->interval_count < JB_LEARN_INTERVALS) {
        return false;
    }
    qsort(learned->intervals, JB_LEARN_INTERVALS, sizeof(learned->intervals[0]), compare);
    uint64_t median = learned->intervals[JB_LEARN_INTERVALS / 2];
    double median_ns = (double)median, sum_ns = 0, sum = 0;
    for (int i = 0; i < JB_LEARN_INTERVALS; i++) {
        double n = round((double)learned->intervals[i] / median_ns);
        sum += n;
        sum_ns += n > 0 ? (double)learned->intervals[i] : 0;
    }
    *ret_ns = sum_ns / sum;
    learned->interval_count = 0;
    if (fabs(*ret_ns * (double)learned->updates - learned->spanned_ns) > CHANGED * learned->spanned_ns) {
        learned->updates = learned->singles = 0;
        learned->spanned_ns = learned->single_mean = learned->single_m2 = 0;
    }
    return true;
}

void jb_learn_afresh(struct jb_learned *learned)
{
    learned->interval_count = 0;
}

bool jb_learned_period(const struct jb_learned *learned)
{
    return learned->updates >= ENOUGH;
}

void jb_learned_timing(const struct jb_learned *learned, struct jb_timing *ret)
{
    struct jb_timing timing = learned->known;
    double doubt2 = learned->edges ? learned->doubt2_sum / (double)learned->edges : 0;
    timing.edges = learned->edges;
    timing.missed = learned->missed;
    timing.cpu_ns = 0;
    if (learned->edges >= ENOUGH) {
        timing.edge_ns = (uint64_t)llround(sqrt(doubt2 / 3));
    }
    if (jb_learned_period(learned)) {
        timing.period_ns = (uint64_t)llround(learned->spanned_ns / (double)learned->updates);
    }
    if (learned->singles >= ENOUGH) {
        double variance = learned->single_m2 / (double)(learned->singles - 1) - 2 * doubt2 / 3;
        timing.jitter_ns = variance > 0 ? (uint64_t)llround(sqrt(variance)) : 0;
    }
    *ret = timing;
}
