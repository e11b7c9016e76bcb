/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ridge.h - least squares that leans on what was known before, as strongly as the data leave it open.
 *
 * y = X p + e, e ~ N(0, sigma^2), p_k ~ N(mean_k, (tau d_k)^2): tau is chosen among 41 values within a factor of e^2
 * about tau0 where the evidence, times a log-normal hyper-prior of sd 0.5, is largest; sigma is the best for each tau.
 * (operators.md 3.2.4; the evidence of ridge regression by singular values: MacKay 1992, Bishop 3.5.)
 */
#ifndef JB_ATTRIBUTION_RIDGE_H
#define JB_ATTRIBUTION_RIDGE_H

#include <stdbool.h>

#include "attribution/triangle.h"

struct jb_ridge {
    size_t count;                /* unknowns */
    const double *mean, *spread; /* of each; spread: d_k, mean 1 */
    double tau0;                 /* above 0 */
    bool at_least;               /* tau0 is knowledge: tau is not below it */
    double *work, *vector;       /* count x count, 2 x count */
    double *power, *cov;         /* out: count, count x count */
    double tau, variance;        /* out: tau and sigma^2 */
};

/* Finished, of count + 1 columns, the last of them y. */
void jb_ridge_fit(struct jb_ridge *ridge, const struct jb_triangle *triangle);

/* Condition powers and covariance on sum(seconds_k * power_k) = energy_j. cov may be all 0: powers are scaled. buffer:
 * count numbers. */
void jb_ridge_constrain(double *power, double *cov, const double *seconds, double energy_j, size_t count,
                        double *buffer);

#endif
