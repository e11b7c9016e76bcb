/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When an interval of 95 % may be believed (operators.md 3.2.6, docs/estimator.md).
 *
 * Odd: the limits are not derived but read off simulated machines (bench/attribution): where they hold, intervals
 * called high covered 90 % and more of what was true.
 */
#include "estimate_impl.h"
#include "rows_impl.h"

#include <math.h>

#define COARSE_EDGE 0.2 /* of the update period */
#define FINE_EDGE   0.06
#define MANY_STEPS  2.0  /* per update */
#define LOCKED      0.01 /* of a whole number: so near is step over update, or update over step */
#define LOCKED_MOST 5    /* beyond it steps vary enough to be seen everywhere */
#define WIDE        0.25
#define LEARNED     0.1 /* of the variance of the prior */

static bool whole(double ratio)
{
    double nearest = round(ratio);

    return nearest >= 1 && nearest < LOCKED_MOST && fabs(ratio - nearest) <= LOCKED * nearest;
}

void jb_trust_judge(const struct jb_rows *rows, size_t slot, const struct jb_estimate_setup *setup,
                    struct jb_trust *ret)
{
    double squares = 0, edge_s = isfinite(setup->edge_s) && setup->edge_s > 0 ? setup->edge_s : 0;
    double steps = isfinite(setup->steps_per_update) && setup->steps_per_update > 0 ? setup->steps_per_update : 0;
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        if (rows->ref[i * rows->stride + slot].count > 0) {
            squares += rows->row[i].edge_s * rows->row[i].edge_s;
            count++;
        }
    }
    if (count > 0) {
        edge_s = fmax(edge_s, sqrt(squares / (double)count));
    }
    *ret = (struct jb_trust){
        .edge = setup->update_s > 0 ? edge_s / setup->update_s : 0,
        .steps = steps,
        .windows = rows->windows,
        .locked = steps > 0 && (whole(1 / steps) || whole(steps)),
    };
}

double jb_trust_widen(const struct jb_trust *trust, bool known)
{
    return trust->edge > COARSE_EDGE || (trust->steps > MANY_STEPS && !known) ? 2 : 1;
}

enum jb_confidence jb_trust_confidence(const struct jb_trust *trust, bool known, double half_width, double gain)
{
    if (!trust->informed || jb_trust_widen(trust, known) > 1 || (trust->locked && trust->windows)) {
        return JB_CONFIDENCE_LOW;
    }
    if (trust->edge <= FINE_EDGE && half_width <= WIDE && (known || gain <= LEARNED) && !trust->locked &&
        trust->steps <= MANY_STEPS) {
        return JB_CONFIDENCE_HIGH;
    }
    return JB_CONFIDENCE_MEDIUM;
}

const char *jb_confidence_name(enum jb_confidence confidence)
{
    switch (confidence) {
    case JB_CONFIDENCE_HIGH:
        return "high";
    case JB_CONFIDENCE_MEDIUM:
        return "medium";
    case JB_CONFIDENCE_LOW:
        break;
    }
    return "low";
}
