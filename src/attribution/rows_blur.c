/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Features of an interval whose edges are not known exactly (estimate.h).
 *
 * An edge was somewhere within its doubt, whatever the program did meanwhile: what is expected of an interval's energy
 * is linear in the mean of the features over that doubt. Features at one guessed time have errors of their own, and
 * errors in the regressors bias powers towards each other, however long the run (docs/estimator.md has the figures).
 */
#include "attribution/estimate.h"

#include <math.h>
#include <string.h>

#define EXACT_S 2e-6 /* shorter than operators are */
#define FINE_S  25e-6

size_t jb_rows_blur(double edge_s, int64_t offsets_ns[JB_BLUR])
{
    size_t count = edge_s > FINE_S ? JB_BLUR : edge_s > EXACT_S ? 3 : 1;
    double half_ns = count > 1 && edge_s < 1e3 ? sqrt(3) * edge_s * 1e9 : 0;

    for (size_t i = 0; i < count; i++) {
        offsets_ns[i] = (int64_t)llround(half_ns * ((2.0 * (double)i + 1) / (double)count - 1));
    }
    return count;
}

size_t jb_rows_mix(struct jb_work_share *sum, size_t count, const struct jb_work_share *shares, size_t share_count,
                   double weight)
{
    uint16_t place[JB_WORK_CELLS];

    memset(place, 0xff, sizeof place);
    for (size_t i = 0; i < count; i++) {
        place[sum[i].cell] = (uint16_t)i;
    }
    for (size_t i = 0; i < share_count; i++) {
        uint16_t cell = shares[i].cell;

        if (cell >= JB_WORK_CELLS) {
            continue;
        }
        if (place[cell] == UINT16_MAX) {
            place[cell] = (uint16_t)count;
            sum[count++] = (struct jb_work_share){.cell = cell};
        }
        sum[place[cell]].seconds += weight * shares[i].seconds;
    }
    return count;
}
