/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Energy over operators in whole microjoules (estimate.h): power times time, by largest remainder.
 *
 * Odd: weights are made whole numbers of 52 bits, the largest of them the full 52, so that any unit will do; what is
 * smaller than 2^-53 of the largest gets nothing.
 */
#include "attribution/estimate.h"
#include "attribution/split.h"

#include <math.h>

#define LEAST_W 0.001
#define FULL    0x1p52

struct scaled {
    const double *weights;
    double largest;
};

static bool counts(double weight)
{
    return isfinite(weight) && weight > 0;
}

static uint64_t scaled_weight(const void *context, size_t i)
{
    const struct scaled *scaled = context;

    return counts(scaled->weights[i]) ? (uint64_t)(scaled->weights[i] / scaled->largest * FULL + 0.5) : 0;
}

void jb_divide(uint64_t total_uj, const double *weights, size_t count, size_t rest, uint64_t *parts)
{
    struct scaled scaled = {.weights = weights, .largest = 0};

    for (size_t i = 0; i < count; i++) {
        if (counts(weights[i]) && weights[i] > scaled.largest) {
            scaled.largest = weights[i];
        }
    }
    jb_split_by(total_uj, scaled_weight, &scaled, count, rest, parts);
}

static double above(double power_w, double base_w)
{
    return fmax(power_w - base_w, LEAST_W);
}

void jb_divide_piece(uint64_t energy_uj, const struct jb_work_piece *piece, const struct jb_estimate *estimate,
                     double base_w, const double context_w[JB_CONTEXTS], uint64_t *parts)
{
    double weights[JB_WORK_CELLS + JB_CONTEXTS];
    double base = isfinite(base_w) && base_w > 0 ? base_w : 0;

    for (size_t i = 0; i < JB_WORK_CELLS; i++) {
        double power_w = i < estimate->cells ? estimate->power_w[i] : estimate->mean_w;

        weights[i] = piece->cell_s[i] * above(power_w, base);
    }
    for (size_t i = 0; i < JB_CONTEXTS; i++) {
        bool caught = context_w != NULL && isfinite(context_w[i]) && context_w[i] > 0;

        weights[JB_WORK_CELLS + i] = piece->context_s[i] * above(caught ? context_w[i] : estimate->mean_w, base);
    }
    jb_divide(energy_uj, weights, JB_WORK_CELLS + JB_CONTEXTS, 0, parts);
}
