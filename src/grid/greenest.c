/* SPDX-License-Identifier: Apache-2.0 */
/*
 * greenest.c - the window with the lowest mean. Documented in greenest.h.
 *
 * While a window slides, its sum changes at the rate of the value that it reaches minus the value that it leaves, which
 * is constant until one of its two ends meets an edge of a point. So the lowest sum is at such a place or at the
 * bounds, and only these are looked at: twice as many as there are edges, each found by walking two fingers over the
 * points.
 */
#include "grid/greenest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums of the same window over different ways differ by rounding: nothing is better by less. Relative. */
#define ROUNDING 1e-9

/* A stretch of the track without a hole, cut to the time that was asked for. */
struct stretch {
    const struct jb_point *points;
    size_t count;
    int64_t from_ns, to_ns;
};

/* A place in a stretch, and the sum of value times time from its beginning to there. */
struct finger {
    const struct stretch *stretch;
    size_t at; /* the point that holds here */
    int64_t t_ns;
    double sum;
};

static struct finger finger_at_start(const struct stretch *stretch)
{
    return (struct finger){.stretch = stretch, .t_ns = stretch->from_ns};
}

static int64_t point_end(const struct stretch *stretch, size_t i)
{
    int64_t end_ns = stretch->points[i].end_ns;
    return end_ns < stretch->to_ns ? end_ns : stretch->to_ns;
}

static void move(struct finger *finger, int64_t t_ns)
{
    const struct stretch *stretch = finger->stretch;
    while (finger->t_ns < t_ns) {
        int64_t end_ns = point_end(stretch, finger->at);
        int64_t stop_ns = end_ns < t_ns ? end_ns : t_ns;
        finger->sum += stretch->points[finger->at].g_per_kwh * (double)(stop_ns - finger->t_ns);
        finger->t_ns = stop_ns;
        if (stop_ns == end_ns && finger->at + 1 < stretch->count) {
            finger->at++;
        }
    }
}

/* The next edge behind the finger, the end of the stretch included. */
static int64_t next_edge(const struct finger *finger)
{
    return point_end(finger->stretch, finger->at);
}

struct best {
    bool found;
    int64_t start_ns;
    double mean;
};

static void look_at(struct best *best, int64_t start_ns, double mean)
{
    if (!best->found || mean < best->mean - ROUNDING * fmax(1, fabs(best->mean))) {
        *best = (struct best){.found = true, .start_ns = start_ns, .mean = mean};
    }
}

static void search(const struct stretch *stretch, int64_t length_ns, struct best *best)
{
    if (stretch->to_ns - stretch->from_ns < length_ns) {
        return;
    }
    struct finger head = finger_at_start(stretch), tail = head;
    move(&head, stretch->from_ns + length_ns);
    for (;;) {
        look_at(best, tail.t_ns, (head.sum - tail.sum) / (double)length_ns);
        int64_t left_ns = stretch->to_ns - head.t_ns;
        if (left_ns == 0) {
            return;
        }
        int64_t by_head_ns = next_edge(&head) - head.t_ns, by_tail_ns = next_edge(&tail) - tail.t_ns;
        int64_t by_ns = by_head_ns < by_tail_ns ? by_head_ns : by_tail_ns;
        move(&head, head.t_ns + by_ns);
        move(&tail, tail.t_ns + by_ns);
    }
}

/* The stretch that begins with point i; false when nothing of it is in the time. */
static bool stretch_from(const struct jb_track *track, size_t i, int64_t from_ns, int64_t until_ns, struct stretch *ret)
{
    const struct jb_point *first = &track->points[i], *last = first;
    if (first->start_ns >= until_ns) {
        return false;
    }
    while (last + 1 < track->points + track->count && last[1].start_ns == last->end_ns && last[1].start_ns < until_ns) {
        last++;
    }
    *ret = (struct stretch){
        .points = first,
        .count = (size_t)(last - first) + 1,
        .from_ns = first->start_ns > from_ns ? first->start_ns : from_ns,
        .to_ns = last->end_ns < until_ns ? last->end_ns : until_ns,
    };
    return true;
}

/* The errors of one forecast go the same way, so they add up and do not cancel. */
static double rel_error(const struct jb_track *track, int64_t from_ns, int64_t to_ns)
{
    double sum = 0, weight = 0, plain = 0;
    for (size_t i = jb_track_from(track, from_ns); i < track->count && track->points[i].start_ns < to_ns; i++) {
        const struct jb_point *point = &track->points[i];
        int64_t start_ns = point->start_ns > from_ns ? point->start_ns : from_ns;
        int64_t end_ns = point->end_ns < to_ns ? point->end_ns : to_ns;
        double time = (double)(end_ns - start_ns);
        sum += fabs(point->g_per_kwh) * point->rel_error * time;
        weight += fabs(point->g_per_kwh) * time;
        plain += point->rel_error * time;
    }
    return weight > 0 ? sum / weight : plain / (double)(to_ns - from_ns);
}

int jb_greenest(const struct jb_track *track, int64_t from_ns, int64_t until_ns, uint64_t length_ns,
                struct jb_window *ret)
{
    if (length_ns == 0 || until_ns <= from_ns || length_ns > (uint64_t)until_ns - (uint64_t)from_ns ||
        length_ns > INT64_MAX) {
        return -EINVAL;
    }
    struct jb_window window = {.now_g_per_kwh = NAN, .known_ns = from_ns};
    struct best best = {0};
    struct stretch stretch;
    for (size_t i = jb_track_from(track, from_ns);
         i < track->count && stretch_from(track, i, from_ns, until_ns, &stretch); i += stretch.count) {
        search(&stretch, (int64_t)length_ns, &best);
        if (stretch.from_ns == from_ns) {
            window.known_ns = stretch.to_ns;
        }
    }
    if (!best.found) {
        return -ENODATA;
    }
    window.start_ns = best.start_ns;
    window.end_ns = best.start_ns + (int64_t)length_ns;
    window.g_per_kwh = best.mean;
    window.rel_error = rel_error(track, window.start_ns, window.end_ns);
    double mean, covered;
    if ((uint64_t)window.known_ns - (uint64_t)from_ns >= length_ns &&
        jb_track_mean(track, from_ns, from_ns + (int64_t)length_ns, &mean, &covered)) {
        window.now_g_per_kwh = mean;
    }
    *ret = window;
    return 0;
}
