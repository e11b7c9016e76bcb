/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit.h - rows to powers by whitened least squares, for jb_estimate() and jb_rows_settle().
 *
 * Two passes. An ordinary fit; its residuals say how rows err (struct jb_noise). Then rows are made independent of one
 * another and equally exact by what was found, and fitted again; this pass is kept in parts, one for each block of the
 * jackknife.
 */
#ifndef JB_ATTRIBUTION_FIT_H
#define JB_ATTRIBUTION_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attribution/ridge.h"
#include "attribution/triangle.h"

#define JB_FIT_PARTS  64
#define JB_DRIFT_ROWS 64

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
    bool joins; /* begins where the one before it ended */
};
void jb_walk_begin(struct jb_walk *walk, const struct jb_rows *rows, size_t slot, const bool *used);
bool jb_walk_next(struct jb_walk *walk);

/*
 * How a row errs: e_i = w_i (f_b Y_i + p_i) + q_i - q_(i-1), Y_i what the first fit expects of it.
 *   p  process noise, variance `process`
 *   q  an edge seen too early or late, variance `edge`: what one row gains its neighbour loses, so that it is minus the
 *      covariance of neighbours
 *   f  a factor that all rows of a block of JB_DRIFT_ROWS share, variance `drift`: powers rise and fall with
 * temperature and frequency w  1, or in proportion to Y_i where that makes the residuals likelier: rows of little power
 * err less
 */
struct jb_noise {
    double process, edge, drift;
    bool weighted;
};

/* ---- fit ---- */
struct jb_fit {
    size_t columns;
    const uint16_t *column_of;   /* of each cell */
    const double *mean, *spread; /* the prior (ridge.h) */
    double tau0;
    bool at_least;
    size_t part_count;
    struct jb_triangle parts[JB_FIT_PARTS], whole;
    double *room; /* one allocation for what follows */
    double *power, *cov, *work, *vector;
    double *line, *before, *block; /* of rows: one, the whitened one before it, those of a block */
    double *first;                 /* powers of the first pass */
    /* out; power and cov are those of the posterior, without the constraint */
    struct jb_noise noise;
    double row_j; /* mean energy of a row */
    double tau, variance, likelihood;
};
/* parts: 1 .. JB_FIT_PARTS. -ENOMEM. */
int jb_fit_create(struct jb_fit *fit, size_t columns, size_t parts);
void jb_fit_destroy(struct jb_fit *fit);
/* rows: how many the walk will give; at least 1. */
void jb_fit_run(struct jb_fit *fit, struct jb_walk walk, size_t rows);
/* The same without the rows of one part; noise stays what it was. Power and cov are overwritten. */
void jb_fit_without(struct jb_fit *fit, size_t part);

/* ---- between the passes ---- */

/* From first and row_j. */
struct jb_noise jb_fit_noise(const struct jb_fit *fit, struct jb_walk walk);
/* What the first pass expects of a row, in J, and by what it is divided. */
double jb_fit_expected(const struct jb_fit *fit, const struct jb_walk *walk);
double jb_fit_scale(const struct jb_fit *fit, double expected_j);
/* Fill the parts; the logarithm of the determinant of what was taken out. */
double jb_fit_whiten(struct jb_fit *fit, struct jb_walk walk, size_t rows);

#endif
