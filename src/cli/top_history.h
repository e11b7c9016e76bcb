/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_history.h - the power of the last hour, as top has seen it.
 *
 * A sample is the mean of the time before it, back to the one before if that is near, else of one second: what lies
 * between is a gap. A clock that was set back begins anew.
 */
#ifndef JB_CLI_TOP_HISTORY_H
#define JB_CLI_TOP_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define TOP_SAMPLES 4096

struct top_history {
    size_t first, count;
    struct {
        int64_t t_ms;
        double power_w; /* NAN: the meter knew of none */
    } samples[TOP_SAMPLES];
};

void top_history_add(struct top_history *history, int64_t t_ms, double power_w);

/* The means over `count` equal slices of (from_ms, to_ms]; NAN: a gap. */
void top_history_slices(const struct top_history *history, int64_t from_ms, int64_t to_ms, double *ret, size_t count);

/* The highest sample in (from_ms, to_ms]; NAN: there is none. */
double top_history_highest(const struct top_history *history, int64_t from_ms, int64_t to_ms);

#endif
