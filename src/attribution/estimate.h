/* SPDX-License-Identifier: Apache-2.0 */
/*
 * estimate.h - the power of each operator, from energy increments and operator time: "levels, edges, shrinkage".
 *
 * Pure; allocates in create() and estimate(), never in add(). The method, with what it was seen to give, is
 * operators.md 3.2; the numpy oracle that the tests hold this against is tests/oracle/estimate.py. In short: increments
 * dE_i over intervals bounded by edges of the counter; seconds D_ik of cell k in interval i, shifted by the sensor's
 * lag; dE = D P + e, where e is process noise, boundary noise (Cov = a I + s2 tridiag(-1, 2, -1)) and a drift that
 * neighbours share (attribution/fit.h), whitened in O(n); P shrunk towards the mean power (which is plain time share)
 * or towards what the machine's table says, as strongly as the data leave it open (evidence); the total conserved
 * exactly; deviations from the posterior and from a block jackknife, the larger. docs/estimator.md: when to believe it.
 *
 * Memory does not grow with the run: rows are kept whole up to `max_rows` (or until a mean of 16 cells a row fills the
 * room), then of two neighbouring blocks of 64 rows one is given up by the toss of a coin, and so on (a fixed seed: the
 * same input gives the same answer). Seconds and energy are summed over all rows, kept or not.
 */
#ifndef JB_ATTRIBUTION_ESTIMATE_H
#define JB_ATTRIBUTION_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attribution/work.h"

#define JB_LAGS 24

/* ---- rows ---- */
struct jb_rows;

/* Rows of one channel for each of lag_count candidate lags (ascending, in ns; 1..JB_LAGS). -EINVAL, -ENOMEM. */
int jb_rows_create(const uint64_t *lags_ns, size_t lag_count, size_t max_rows, struct jb_rows **ret);
void jb_rows_destroy(struct jb_rows *rows);
/* One interval: its energy, and its features at lag `lag` (index). All lags of an interval are added one after the
 * other, a lag without features (features() had none) with share_count 0; such an interval is left out for that lag.
 * joins: it begins at the very edge where the one added before ended. edge_s: standard error of its end's time,
 * seconds. */
void jb_rows_add(struct jb_rows *rows, size_t lag, double energy_j, double seconds, double edge_s, bool joins,
                 const struct jb_work_share *shares, size_t share_count);
/* A power reading: the mean over its own window; a row that joins nothing, energy = watts x window. */
void jb_rows_add_window(struct jb_rows *rows, size_t lag, double watts, double window_s,
                        const struct jb_work_share *shares, size_t share_count);
size_t jb_rows_count(const struct jb_rows *rows);
/* Once there are enough rows to tell, settle on the likeliest lag and forget the others; index of it, or -EAGAIN,
 * -ENOMEM. Looks at 512 rows, and if no lag is clearly the likeliest again at 1024 and 2048; may be called as often as
 * one likes. What add() is given for other lags is ignored from then on. */
int jb_rows_settle(struct jb_rows *rows);
int jb_rows_lag(const struct jb_rows *rows); /* the settled one; -1: not yet */

/* Edges whose times are doubtful: features are to be their mean over the doubt, or powers come out too much alike, and
 * more rows do not help. The offsets (count of them, 1..JB_BLUR, ascending, mean 0) at which to ask for features of an
 * interval, both of its ends moved alike: jb_work_features(t0 - lag + offset, t1 - lag + offset), mixed with weight
 * 1 / count each. edge_s: standard error of an edge, taken as evenly spread. */
#define JB_BLUR 9
size_t jb_rows_blur(double edge_s, int64_t offsets_ns[JB_BLUR]);
/* Add weight x shares to sum, which has room for JB_WORK_CELLS; its new count. */
size_t jb_rows_mix(struct jb_work_share *sum, size_t count, const struct jb_work_share *shares, size_t share_count,
                   double weight);

/* ---- estimate ---- */
struct jb_op_prior {
    bool known;
    double mean_w, sd_w;
};
struct jb_estimate_setup {
    size_t cells; /* how many are in use; where rows name more of them, the estimate has as many */
    const struct jb_op_prior
        *prior;              /* of each cell, or NULL: none. Where some are known the others' prior is the mean power */
    double update_s;         /* the sensor's update period */
    double edge_s;           /* standard error with which its edges are placed; 0: exact */
    double steps_per_update; /* 0: not known */
    bool time_share;         /* --attribution time: P is the mean power everywhere, its doubt is stated */
    unsigned jackknife;      /* blocks; 0: 12 */
};

enum jb_confidence { JB_CONFIDENCE_LOW, JB_CONFIDENCE_MEDIUM, JB_CONFIDENCE_HIGH };
const char *jb_confidence_name(enum jb_confidence confidence);

struct jb_estimate {
    size_t cells;
    double *power_w; /* of each cell, rarely below 0; cells without time have the mean power */
    double *sd_w;    /* one sigma, the larger of posterior and jackknife, widened as operators.md 3.2.6 says */
    double *cov;     /* cells x cells, widened like sd_w, after the constraint; for sums over cells */
    double *seconds; /* of each cell in the rows */
    enum jb_confidence *confidence;
    /* Cells that the data cannot tell apart have one number (that of their first), others their own. Such cells are to
     * be shown as one row, deviation by jb_estimate_sd(); how its energy lies inside it is the prior's word. */
    int *group;
    double mean_w, tau_w, lag_s, likelihood;
    double noise_j, edge_noise_j; /* sqrt(a), sqrt(s2) */
    size_t rows;
    bool informed;    /* false: the rows say nothing beyond the mean: plain time share */
    bool locked_step; /* steps keep pace with the sensor: what it sees is not typical (operators.md 3.3) */
};
/* Never fails for want of data: with none it is plain time share with wide deviations. -ENOMEM. */
int jb_estimate(const struct jb_rows *rows, const struct jb_estimate_setup *setup, struct jb_estimate *ret);
void jb_estimate_finish(struct jb_estimate *estimate);

/* Standard deviation of sum(weight_k * P_k). */
double jb_estimate_sd(const struct jb_estimate *estimate, const double *weights);

/* ---- division ---- */

/* Divide energy_uj over cells and contexts of a piece in proportion to power x time, exactly (largest remainder).
 * base_w: power that is not divided here because it was booked as idle (0: none); what lies above it counts, at least
 * 1 mW. An unknown context's power is the mean of what was caught in it (context_w), or the mean of all. parts: one for
 * each cell, then one for each context (JB_WORK_CELLS + JB_CONTEXTS of them). A piece without time: all to cell 0. */
void jb_divide_piece(uint64_t energy_uj, const struct jb_work_piece *piece, const struct jb_estimate *estimate,
                     double base_w, const double context_w[JB_CONTEXTS], uint64_t *parts);
/* The same for any number of weights (not only 64): sums are exact. */
void jb_divide(uint64_t total_uj, const double *weights, size_t count, size_t rest, uint64_t *parts);

#endif
