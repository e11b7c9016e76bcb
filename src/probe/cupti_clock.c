/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CUPTI's clock against ours; manual in cupti_clock.h.
 *
 * The kernel turns CLOCK_REALTIME by at most 500 ppm (adjtimex(2)); what differs by more was set.
 */
#include "probe/cupti_clock.h"

#include <errno.h>
#include <stddef.h>

#define BEYOND_NS UINT64_C(60000000000)
#define SLACK_NS  UINT64_C(100000)
#define SLEW_OF   2000u /* 1/2000 = 500 ppm */

int cupti_clock_read(const struct cupti_clock_reader *reader, struct cupti_clock_point *ret)
{
    struct cupti_clock_point best = {.error_ns = UINT64_MAX};
    for (uint32_t i = 0; i < CUPTI_CLOCK_TRIES; i++) {
        uint64_t theirs = 0;
        uint64_t before = reader->ours();
        int rc = reader->theirs(&theirs);
        uint64_t after = reader->ours();
        uint64_t width = after - before;
        if (rc == 0 && theirs > 0 && after >= before && width / 2 < best.error_ns) {
            best = (struct cupti_clock_point){theirs, before + width / 2, (width + 1) / 2};
        }
    }
    if (best.error_ns == UINT64_MAX) {
        return -EIO;
    }
    *ret = best;
    return 0;
}

void cupti_clock_add(struct cupti_clock *clock, const struct cupti_clock_point *point)
{
    if (clock->count > 0 && point->ours_ns <= clock->points[clock->count - 1].ours_ns) {
        return;
    }
    if (clock->count == CUPTI_CLOCK_POINTS) {
        for (uint32_t i = 1; i < CUPTI_CLOCK_POINTS; i++) {
            clock->points[i - 1] = clock->points[i];
        }
        clock->count--;
    }
    clock->points[clock->count++] = *point;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* By the offset at one point alone. */
static int by_offset(const struct cupti_clock_point *point, uint64_t theirs_ns, uint64_t *ret)
{
    if (distance(theirs_ns, point->theirs_ns) > BEYOND_NS) {
        return -ERANGE;
    }
    if (theirs_ns < point->theirs_ns && point->theirs_ns - theirs_ns > point->ours_ns) {
        return -ERANGE;
    }
    *ret = point->ours_ns + (theirs_ns - point->theirs_ns); /* modulo 2^64 where it lies before */
    return 0;
}

/* Was the clock only turned between two points, not set? */
static bool steady(const struct cupti_clock_point *a, const struct cupti_clock_point *b)
{
    if (b->theirs_ns <= a->theirs_ns) {
        return false;
    }
    uint64_t ours = b->ours_ns - a->ours_ns;
    return distance(b->theirs_ns - a->theirs_ns, ours) <= ours / SLEW_OF + a->error_ns + b->error_ns + SLACK_NS;
}

int cupti_clock_convert(const struct cupti_clock *clock, uint64_t theirs_ns, uint64_t *ret)
{
    if (clock->count == 0) {
        return -ENODATA;
    }
    /* The newest stretch that holds the time: where the clock was set back there may be two. */
    for (uint32_t i = clock->count; i-- > 1;) {
        const struct cupti_clock_point *a = &clock->points[i - 1];
        const struct cupti_clock_point *b = &clock->points[i];
        if (theirs_ns < a->theirs_ns || theirs_ns > b->theirs_ns) {
            continue;
        }
        if (!steady(a, b)) {
            return -ERANGE;
        }
        double part = (double)(theirs_ns - a->theirs_ns) / (double)(b->theirs_ns - a->theirs_ns);
        *ret = a->ours_ns + (uint64_t)(part * (double)(b->ours_ns - a->ours_ns));
        return 0;
    }
    const struct cupti_clock_point *first = &clock->points[0];
    const struct cupti_clock_point *last = &clock->points[clock->count - 1];
    return by_offset(theirs_ns < first->theirs_ns ? first : last, theirs_ns, ret);
}
