/* SPDX-License-Identifier: Apache-2.0 */
/*
 * track.c - the step series. Documented in track.h.
 *
 * A point that is put in is laid against those it meets one after the other: each stretch goes to the better of the
 * two, so that a point may be cut at either end, in two, or away.
 */
#include "grid/track.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void jb_track_finish(struct jb_track *track)
{
    free(track->points);
    *track = (struct jb_track){0};
}

static int reserve(struct jb_track *track, size_t count)
{
    if (count > JB_TRACK_MAX) {
        return -E2BIG;
    }
    if (count <= track->capacity) {
        return 0;
    }
    size_t capacity = count + count / 2 + 16;
    struct jb_point *points = reallocarray(track->points, capacity, sizeof(*points));
    if (points == NULL) {
        return -ENOMEM;
    }
    track->points = points;
    track->capacity = capacity;
    return 0;
}

int jb_track_copy(struct jb_track *to, const struct jb_track *from)
{
    int err = reserve(to, from->count);
    if (err < 0) {
        return err;
    }
    if (from->count > 0) {
        memcpy(to->points, from->points, from->count * sizeof(*to->points));
    }
    to->count = from->count;
    return 0;
}

size_t jb_track_from(const struct jb_track *track, int64_t t_ns)
{
    size_t low = 0, high = track->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (track->points[middle].end_ns > t_ns) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

const struct jb_point *jb_track_at(const struct jb_track *track, int64_t t_ns)
{
    size_t i = jb_track_from(track, t_ns);
    return i < track->count && track->points[i].start_ns <= t_ns ? &track->points[i] : NULL;
}

const struct jb_point *jb_track_before(const struct jb_track *track, int64_t t_ns)
{
    size_t i = jb_track_from(track, t_ns);
    return i > 0 ? &track->points[i - 1] : NULL;
}

static bool insert(struct jb_track *track, size_t at, const struct jb_point *point, int64_t from_ns, int64_t to_ns)
{
    if (from_ns >= to_ns) {
        return false;
    }
    memmove(track->points + at + 1, track->points + at, (track->count - at) * sizeof(*track->points));
    track->points[at] = *point;
    track->points[at].start_ns = from_ns;
    track->points[at].end_ns = to_ns;
    track->count++;
    return true;
}

static void take_out(struct jb_track *track, size_t at)
{
    memmove(track->points + at, track->points + at + 1, (track->count - at - 1) * sizeof(*track->points));
    track->count--;
}

static bool foretold(const struct jb_point *point)
{
    return (point->flags & JB_POINT_FORECAST) != 0;
}

static bool newer_wins(const struct jb_point *new, const struct jb_point *old)
{
    return foretold(new) != foretold(old) ? foretold(old) : new->fetched_ns >= old->fetched_ns;
}

/* What is there stays, but for a forecast where the new one is none. */
static bool fills(const struct jb_point *new, const struct jb_point *old)
{
    return foretold(old) && !foretold(new);
}

static int put(struct jb_track *track, const struct jb_point *point,
               bool (*wins)(const struct jb_point *new, const struct jb_point *old))
{
    if (point->start_ns >= point->end_ns || !isfinite(point->g_per_kwh)) {
        return -EINVAL;
    }
    size_t i = jb_track_from(track, point->start_ns), met = 0;
    while (i + met < track->count && track->points[i + met].start_ns < point->end_ns) {
        met++;
    }
    /* Each that is met may leave a piece on both sides of it, and the new one a piece between each. */
    int err = reserve(track, track->count + met + 2);
    if (err < 0) {
        return err;
    }
    int64_t from_ns = point->start_ns; /* up to here all is settled */
    for (; met > 0; met--) {
        struct jb_point old = track->points[i];
        if (!wins(point, &old)) {
            i += insert(track, i, point, from_ns, old.start_ns);
            i++;
            from_ns = old.end_ns;
            continue;
        }
        take_out(track, i);
        i += insert(track, i, &old, old.start_ns, point->start_ns);
        if (old.end_ns > point->end_ns) { /* only the last one */
            insert(track, i, &old, point->end_ns, old.end_ns);
        }
    }
    insert(track, i, point, from_ns, point->end_ns);
    return 0;
}

int jb_track_put(struct jb_track *track, const struct jb_point *point)
{
    return put(track, point, newer_wins);
}

int jb_track_merge(struct jb_track *track, const struct jb_track *from)
{
    int err = 0;
    for (size_t i = 0; i < from->count && err == 0; i++) {
        err = put(track, &from->points[i], newer_wins);
    }
    return err;
}

int jb_track_fill(struct jb_track *track, const struct jb_track *from)
{
    int err = 0;
    for (size_t i = 0; i < from->count && err == 0; i++) {
        err = put(track, &from->points[i], fills);
    }
    return err;
}

bool jb_track_mean(const struct jb_track *track, int64_t from_ns, int64_t to_ns, double *ret_mean, double *ret_covered)
{
    double sum = 0, time = 0;
    for (size_t i = jb_track_from(track, from_ns); i < track->count && track->points[i].start_ns < to_ns; i++) {
        const struct jb_point *point = &track->points[i];
        int64_t start_ns = point->start_ns > from_ns ? point->start_ns : from_ns;
        int64_t end_ns = point->end_ns < to_ns ? point->end_ns : to_ns;
        sum += point->g_per_kwh * (double)(end_ns - start_ns);
        time += (double)(end_ns - start_ns);
    }
    if (time <= 0) {
        return false;
    }
    *ret_mean = sum / time;
    *ret_covered = time / (double)(to_ns - from_ns);
    return true;
}

bool jb_track_gap(const struct jb_track *track, int64_t from_ns, int64_t to_ns, int64_t *ret_from, int64_t *ret_to)
{
    int64_t t_ns = from_ns;
    size_t i = jb_track_from(track, from_ns);
    while (i < track->count && track->points[i].start_ns <= t_ns && !foretold(&track->points[i])) {
        t_ns = track->points[i++].end_ns;
    }
    if (t_ns >= to_ns) {
        return false;
    }
    while (i < track->count && foretold(&track->points[i])) {
        i++;
    }
    *ret_from = t_ns;
    *ret_to = i < track->count && track->points[i].start_ns < to_ns ? track->points[i].start_ns : to_ns;
    return true;
}

void jb_track_cut(struct jb_track *track, int64_t from_ns, int64_t to_ns)
{
    size_t kept = 0;
    for (size_t i = jb_track_from(track, from_ns); i < track->count && track->points[i].start_ns < to_ns; i++) {
        struct jb_point point = track->points[i];
        point.start_ns = point.start_ns > from_ns ? point.start_ns : from_ns;
        point.end_ns = point.end_ns < to_ns ? point.end_ns : to_ns;
        if (point.start_ns < point.end_ns) { /* not so when `to` is before `from` */
            track->points[kept++] = point;
        }
    }
    track->count = kept;
}
