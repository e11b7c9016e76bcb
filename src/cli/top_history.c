/* SPDX-License-Identifier: Apache-2.0 */
/* top_history.c - documented in top_history.h. */
#include "cli/top_history.h"

#include <math.h>

#define NEAR_MS  2500 /* the meter tells once a second */
#define ALONE_MS 1000

void top_history_add(struct top_history *history, int64_t t_ms, double power_w)
{
    size_t last = (history->first + history->count + TOP_SAMPLES - 1) % TOP_SAMPLES;

    if (t_ms < 0 || (history->count > 0 && t_ms == history->samples[last].t_ms)) {
        return;
    }
    if (history->count > 0 && t_ms < history->samples[last].t_ms) {
        history->count = 0;
    }
    if (history->count == TOP_SAMPLES) {
        history->first = (history->first + 1) % TOP_SAMPLES;
        history->count--;
    }
    size_t next = (history->first + history->count++) % TOP_SAMPLES;
    history->samples[next].t_ms = t_ms;
    history->samples[next].power_w = power_w;
}

/* Since when the i-th sample speaks. */
static int64_t since_ms(const struct top_history *history, size_t i)
{
    int64_t t_ms = history->samples[(history->first + i) % TOP_SAMPLES].t_ms;
    int64_t before_ms = i > 0 ? history->samples[(history->first + i - 1) % TOP_SAMPLES].t_ms : INT64_MIN / 2;
    return t_ms - before_ms <= NEAR_MS ? before_ms : t_ms - ALONE_MS;
}

void top_history_slices(const struct top_history *history, int64_t from_ms, int64_t to_ms, double *ret, size_t count)
{
    double step_ms = (double)(to_ms - from_ms) / (double)count;
    size_t i = 0;

    for (size_t slice = 0; slice < count; slice++) {
        double begin = (double)from_ms + step_ms * (double)slice, end = begin + step_ms, sum = 0, covered = 0;
        for (; i < history->count; i++) {
            size_t at = (history->first + i) % TOP_SAMPLES;
            double t_ms = (double)history->samples[at].t_ms, since = (double)since_ms(history, i);
            double a = since > begin ? since : begin, b = t_ms < end ? t_ms : end;
            if (b > a && !isnan(history->samples[at].power_w)) {
                sum += history->samples[at].power_w * (b - a);
                covered += b - a;
            }
            if (t_ms > end) {
                break; /* it reaches into the next slice */
            }
        }
        ret[slice] = covered > 0 ? sum / covered : (double)NAN;
    }
}

double top_history_highest(const struct top_history *history, int64_t from_ms, int64_t to_ms)
{
    double highest = (double)NAN;

    for (size_t i = 0; i < history->count; i++) {
        size_t at = (history->first + i) % TOP_SAMPLES;
        int64_t t_ms = history->samples[at].t_ms;
        if (t_ms > from_ms && t_ms <= to_ms) {
            highest = fmax(highest, history->samples[at].power_w); /* which passes NAN over */
        }
    }
    return highest;
}
