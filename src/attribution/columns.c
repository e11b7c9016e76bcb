/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which unknowns a fit has, and what is thought of them beforehand (operators.md 3.2.4).
 *
 * Odd: without a table the prior of an operator is the mean power, that is plain time share, and its deviation 0.3 of
 * that; where some operators stand in the table, their deviations are the table's and the others' is the same 0.3.
 */
#include "estimate_impl.h"
#include "rows_impl.h"

#include <math.h>
#include <string.h>

#define PRIOR_SD 0.3 /* of the mean power */

/* Cells with time, those with most of it first. */
static size_t by_time(const struct jb_lag_sums *sums, size_t cells, uint16_t *ret)
{
    size_t count = 0;

    for (size_t i = 0; i < cells; i++) {
        size_t at = count;

        if (sums->cell_s[i] <= 0) {
            continue;
        }
        for (; at > 0 && sums->cell_s[ret[at - 1]] < sums->cell_s[i]; at--) {
            ret[at] = ret[at - 1];
        }
        ret[at] = (uint16_t)i;
        count++;
    }
    return count;
}

static bool usable(const struct jb_op_prior *prior)
{
    return prior->known && isfinite(prior->mean_w) && isfinite(prior->sd_w) && prior->mean_w >= 0 && prior->sd_w > 0 &&
           prior->mean_w < 1e9 && prior->sd_w < 1e9;
}

/* Columns in the order of cells, as far as each has its own. */
static void number(const uint16_t *cells, size_t count, struct jb_columns *ret)
{
    size_t own = count > JB_COLUMNS ? JB_COLUMNS - 1 : count;

    for (size_t i = 0; i < JB_WORK_CELLS; i++) {
        ret->column_of[i] = JB_NO_COLUMN;
    }
    for (size_t i = 0; i < count; i++) {
        ret->column_of[cells[i]] = i < own ? 0 : (uint16_t)own;
    }
    for (size_t i = 0; i < JB_WORK_CELLS; i++) {
        if (ret->column_of[i] == 0) {
            ret->column_of[i] = (uint16_t)ret->count++;
        }
    }
    ret->count = count > own ? own + 1 : own;
}

void jb_columns_choose(const struct jb_lag_sums *sums, const struct jb_estimate_setup *setup, size_t cells,
                       struct jb_columns *ret)
{
    uint16_t order[JB_WORK_CELLS] = {0};
    double mean = sums->seconds > 0 ? sums->energy_j / sums->seconds : 0, total = 0;

    memset(ret, 0, sizeof *ret);
    size_t count = by_time(sums, cells, order);

    number(order, count, ret);
    for (size_t i = 0; i < cells; i++) {
        size_t column = ret->column_of[i];

        if (column == JB_NO_COLUMN) {
            continue;
        }
        bool known =
            setup != NULL && setup->prior != NULL && !setup->time_share && i < setup->cells && usable(&setup->prior[i]);
        ret->table = ret->table || known;
        ret->cells[column]++;
        ret->seconds[column] += sums->cell_s[i];
        ret->known[column] = known && (ret->cells[column] == 1 || ret->known[column]);
        ret->mean[column] += sums->cell_s[i] * (known ? setup->prior[i].mean_w : mean);
        ret->spread[column] += sums->cell_s[i] * (known ? setup->prior[i].sd_w : PRIOR_SD * mean);
    }
    for (size_t k = 0; k < ret->count; k++) {
        ret->mean[k] /= ret->seconds[k];
        ret->spread[k] /= ret->seconds[k];
        total += ret->spread[k];
    }
    ret->tau0 = ret->count > 0 ? total / (double)ret->count : 0;
    for (size_t k = 0; k < ret->count && ret->tau0 > 0; k++) {
        ret->spread[k] /= ret->tau0;
    }
}
