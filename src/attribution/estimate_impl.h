/* SPDX-License-Identifier: Apache-2.0 */
/*
 * estimate_impl.h - what the files of jb_estimate() hand to one another.
 *
 * A *column* is an unknown of the fit: a cell with time in the rows, or, for those with least time where there are more
 * than JB_COLUMNS, several of them together, so that the cost of an estimate is bounded.
 */
#ifndef JB_ATTRIBUTION_ESTIMATE_IMPL_H
#define JB_ATTRIBUTION_ESTIMATE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attribution/estimate.h"

#define JB_COLUMNS   96
#define JB_NO_COLUMN UINT16_MAX

struct jb_lag_sums;

struct jb_columns {
    size_t count;
    uint16_t column_of[JB_WORK_CELLS]; /* JB_NO_COLUMN: no time */
    uint16_t cells[JB_COLUMNS];        /* how many lie in it */
    double seconds[JB_COLUMNS];
    double mean[JB_COLUMNS], spread[JB_COLUMNS]; /* prior: mean in W; sd as part of tau0 */
    bool known[JB_COLUMNS];                      /* the prior is of the machine's table */
    double tau0;
    bool table; /* some are known */
};
/* setup NULL: every column's prior is the mean power. */
void jb_columns_choose(const struct jb_lag_sums *sums, const struct jb_estimate_setup *setup, size_t cells,
                       struct jb_columns *ret);

/* What the columns' numbers are before they are laid on cells. */
struct jb_solution {
    const struct jb_columns *columns;
    double power[JB_COLUMNS]; /* as fitted, constrained */
    double sd[JB_COLUMNS];    /* the larger of posterior and jackknife, widened */
    double gain[JB_COLUMNS];  /* variance of the posterior as part of that of the prior of the same tau */
    int group[JB_COLUMNS];    /* number of its first column */
    double *cov, *work;       /* count x count; cov: widened like sd, and constrained */
};

/* Put columns together that the data cannot tell apart: whose half-width of 95 % is above a quarter of their power,
 * each time with what it is most confused with. Overwrites work. */
void jb_groups_merge(struct jb_solution *solution);
/* Mean power of a group, and its deviation. */
void jb_groups_mean(const struct jb_solution *solution, int group, double *ret_w, double *ret_sd_w);

/* How much may be believed of the sensor itself, whatever the fit says. */
struct jb_trust {
    double edge;  /* standard error of an edge as part of the update period */
    double steps; /* per update; 0: not known */
    bool windows; /* readings of power over a part of the time */
    bool locked;  /* steps keep pace with the sensor */
    bool informed;
};
void jb_trust_judge(const struct jb_rows *rows, size_t slot, const struct jb_estimate_setup *setup,
                    struct jb_trust *ret);
/* By what the deviation of a column is to be multiplied (operators.md 3.2.6). */
double jb_trust_widen(const struct jb_trust *trust, bool known);
/* half_width: of 95 %, as part of the power; gain: the least of the group's. */
enum jb_confidence jb_trust_confidence(const struct jb_trust *trust, bool known, double half_width, double gain);

/* Which lag is likeliest, among rows that have features at all of them, and by how much (of log-likelihood) it leads;
 * -EAGAIN: fewer than `least` such rows, -ENOMEM.
 */
int jb_lag_choose(const struct jb_rows *rows, const struct jb_estimate_setup *setup, size_t least, double *ret_lead);

#endif
