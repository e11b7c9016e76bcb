/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cupti_clock.h - times of CUPTI's clock as CLOCK_MONOTONIC. Pure.
 *
 * CUPTI stamps by CLOCK_REALTIME (cupti_activity.h at cuptiActivityRegisterTimestampCallback), which NTP turns and
 * people set; giving it a clock of ours would change the stamps of the user's own profiler. So both clocks are read
 * together now and then, and times in between are interpolated.
 */
#ifndef JB_PROBE_CUPTI_CLOCK_H
#define JB_PROBE_CUPTI_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CUPTI_CLOCK_POINTS 16u
#define CUPTI_CLOCK_TRIES  16u

struct cupti_clock_point {
    uint64_t theirs_ns, ours_ns;
    uint64_t error_ns; /* half the time that the reading took: `ours_ns` is wrong by at most this */
};
struct cupti_clock {
    struct cupti_clock_point points[CUPTI_CLOCK_POINTS]; /* by time; the oldest is given up */
    uint32_t count;
};

/* Readings of both clocks: `theirs` returns 0 or an error, as cuptiGetTimestamp(); `ours` cannot fail. */
struct cupti_clock_reader {
    int (*theirs)(uint64_t *ret);
    uint64_t (*ours)(void);
};
/* The best of CUPTI_CLOCK_TRIES paired readings. 0, or -EIO: their clock cannot be read. */
int cupti_clock_read(const struct cupti_clock_reader *reader, struct cupti_clock_point *ret);
/* A reading that does not ascend is left out. */
void cupti_clock_add(struct cupti_clock *clock, const struct cupti_clock_point *point);

/* 0; -ENODATA: nothing was read; -ERANGE: the clock was set between the readings around this time, or it lies more than
 * a minute beyond them. */
int cupti_clock_convert(const struct cupti_clock *clock, uint64_t theirs_ns, uint64_t *ret);

#endif
