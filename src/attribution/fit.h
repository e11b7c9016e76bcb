/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit.h - rows to powers by whitened least squares, for jb_estimate() and jb_rows_settle().
 *
 * Two passes: an ordinary fit, whose residuals say how large process noise a and boundary noise s2 are (s2 is minus the
 * covariance of neighbours that share an edge); then rows are made independent by the recursion of operators.md 3.2.3
 * and fitted again. The second pass is kept in parts, one for each block of the jackknife.
 */
#ifndef JB_ATTRIBUTION_FIT_H
#define JB_ATTRIBUTION_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attribution/ridge.h"
#include "attribution/triangle.h"

#define JB_FIT_PARTS 64

struct jb_rows;
struct jb_row;
struct jb_row_share;

/* ---- rows at one lag, in order ---- */
struct jb_walk {
    const struct jb_rows *rows;
    size_t slot;
    const bool *used; /* of each row; NULL: all that have features */
    size_t next;
    bool broken;
    /* the row */
    const struct jb_row *row;
    const struct jb_row_share *shares;
    size_t share_count;
    bool joins;
};
void jb_walk_begin(struct jb_walk *walk, const struct jb_rows *rows, size_t slot, const bool *used);
bool jb_walk_next(struct jb_walk *walk);

/* ---- fit ---- */
struct jb_fit {
    size_t columns;
    const uint16_t *column_of;   /* of each cell */
    const double *mean, *spread; /* the prior (ridge.h) */
    double tau0;
    size_t part_count;
    struct jb_triangle parts[JB_FIT_PARTS], whole;
    double *room; /* one block for all that follows */
    double *power, *cov, *work, *vector, *line, *before;
    /* out; power and cov are those of the posterior, without the constraint */
    double tau, variance, noise, edge_noise; /* noise: a; edge_noise: s2 */
    double likelihood;
    size_t rows;
};
/* parts: 1 .. JB_FIT_PARTS. -ENOMEM. */
int jb_fit_create(struct jb_fit *fit, size_t columns, size_t parts);
void jb_fit_destroy(struct jb_fit *fit);
/* rows: how many the walk will give; at least 1. */
void jb_fit_run(struct jb_fit *fit, struct jb_walk walk, size_t rows);
/* The same without the rows of one part; noise stays what it was. Power and cov are overwritten. */
void jb_fit_without(struct jb_fit *fit, size_t part);

#endif
