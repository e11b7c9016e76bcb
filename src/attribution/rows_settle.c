/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much later a sensor shows what was: the lag at which the rows are likeliest (operators.md 3.2.2).
 *
 * Odd: lags are compared over the rows that have features at all of them; likelihoods of different rows say nothing of
 * each other. Looking is dear, so that it is done again only when there are twice as many rows.
 */
#include "attribution/fit.h"
#include "estimate_impl.h"
#include "rows_impl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define CLEAR 5 /* by so much the log-likelihood of the best lag must lead */

static size_t rows_with_all(const struct jb_rows *rows, bool *ret)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        ret[i] = true;
        for (size_t l = 0; l < rows->stride; l++) {
            ret[i] = ret[i] && rows->ref[i * rows->stride + l].count > 0;
        }
        count += ret[i];
    }
    return count;
}

/* NAN: there is nothing to fit. */
static int likelihood_at(const struct jb_rows *rows, size_t lag, const struct jb_estimate_setup *setup,
                         const bool *used, size_t count, double *ret)
{
    struct jb_lag_sums sums = {0};
    struct jb_columns columns;
    struct jb_walk walk;
    struct jb_fit fit;

    jb_walk_begin(&walk, rows, lag, used);
    while (jb_walk_next(&walk)) {
        for (size_t i = 0; i < walk.share_count; i++) {
            sums.cell_s[walk.shares[i].cell] += (double)walk.shares[i].seconds;
            sums.seconds += (double)walk.shares[i].seconds;
        }
        sums.energy_j += walk.row->energy_j;
    }
    jb_columns_choose(&sums, setup, JB_WORK_CELLS, &columns);
    *ret = NAN;
    if (columns.count == 0 || columns.tau0 <= 0) {
        return 0;
    }
    int status = jb_fit_create(&fit, columns.count, 1);

    if (status < 0) {
        return status;
    }
    fit.column_of = columns.column_of;
    fit.mean = columns.mean;
    fit.spread = columns.spread;
    fit.tau0 = columns.tau0;
    fit.at_least = columns.table;
    jb_walk_begin(&walk, rows, lag, used);
    jb_fit_run(&fit, walk, count);
    *ret = fit.likelihood;
    jb_fit_destroy(&fit);
    return 0;
}

int jb_lag_choose(const struct jb_rows *rows, const struct jb_estimate_setup *setup, size_t least, double *ret_lead)
{
    double best = -INFINITY, second = -INFINITY;
    int chosen = -EAGAIN, status = 0;

    *ret_lead = INFINITY;
    if (rows->settled >= 0) {
        return rows->settled;
    }
    bool *used = calloc(rows->count > 0 ? rows->count : 1, sizeof *used);

    if (used == NULL) {
        return -ENOMEM;
    }
    size_t count = rows_with_all(rows, used);
    for (size_t l = 0; count >= least && status == 0 && l < rows->lag_count; l++) {
        double likelihood = NAN;

        status = likelihood_at(rows, l, setup, used, count, &likelihood);
        if (status == 0 && likelihood > best) {
            second = best;
            best = likelihood;
            chosen = (int)l;
        } else if (status == 0 && likelihood > second) {
            second = likelihood;
        }
    }
    free(used);
    *ret_lead = best - second;
    return status < 0 ? status : chosen;
}

int jb_rows_settle(struct jb_rows *rows)
{
    if (rows->settled >= 0) {
        return rows->settled;
    }
    /* Once rows had to be thinned there will never be more. */
    bool last = rows->shift > 0 || rows->count >= JB_ROWS_SETTLE_MOST;

    if (!last && rows->count < rows->settle_at) {
        return -EAGAIN;
    }
    double lead = 0;
    int lag = jb_lag_choose(rows, NULL, last ? 1 : JB_ROWS_SETTLE / 2, &lead);

    if (lag < 0 || (!last && lead < CLEAR)) {
        rows->settle_at = 2 * rows->count;
        return lag < 0 ? lag : -EAGAIN;
    }
    jb_rows_forget_others(rows, lag);
    return lag;
}
