/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Round numbers for the axes of a chart.
 *
 * Time above a second goes by what clocks have (15, 30, 60, ...), because 1 m 40 s is no round number to anybody.
 */
#include "export/html_scale.h"

#include <math.h>

#include "base/cleanup.h"

/* The smallest of 1, 2, 5 times a power of ten that is not below `value`. */
static double round_up(double value)
{
    double power = pow(10, floor(log10(value)));
    double lead = value / power;
    double round = lead <= 1.000001 ? 1 : lead <= 2.000001 ? 2 : lead <= 5.000001 ? 5 : 10;
    return round * power;
}

struct jb_scale jb_scale(double highest)
{
    if (!(highest > 1e-12 && highest < 1e300)) {
        highest = 1;
    }
    double step = round_up(highest / 5);
    unsigned steps = (unsigned)ceil(highest / step - 1e-6);
    return (struct jb_scale){.top = step * steps, .step = step, .steps = steps};
}

double jb_scale_time_step(double seconds)
{
    static const double clock_steps[] = {1,   2,   5,    10,   15,   30,    60,    120,   300,
                                         600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
    double least = seconds / 7;
    if (least <= 0.5) {
        return round_up(least);
    }
    for (size_t i = 0; i < JB_COUNT(clock_steps); i++) {
        if (clock_steps[i] >= least) {
            return clock_steps[i];
        }
    }
    return 86400 * round_up(least / 86400);
}

void jb_scale_spread(double *at, size_t count, double gap, double top)
{
    for (size_t i = 1; i < count; i++) {
        at[i] = fmax(at[i], at[i - 1] + gap);
    }
    double limit = top;
    for (size_t i = count; i-- > 0;) {
        at[i] = fmin(at[i], limit);
        limit = at[i] - gap;
    }
}
