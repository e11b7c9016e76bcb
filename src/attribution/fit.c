/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whitened least squares over rows (fit.h).
 *
 * Odd: the noise of the counter's edges is shared by neighbours with opposite signs, and that is the only way to tell
 * it from noise of the process: where it is not seen (positive covariance, rows that join nothing) it is taken as none.
 */
#include "attribution/fit.h"

#include "rows_impl.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_NOISE 1e-3  /* of the residuals' variance, that is of the process */
#define MOST_EDGE   0.499 /* beyond a half no moving average has such a covariance */
#define LEAST_PAIRS 3
#define ROUNDING    1e-20 /* of the mean square of energy: residuals below are none */

struct noise {
    double process, edge;
};

void jb_walk_begin(struct jb_walk *walk, const struct jb_rows *rows, size_t slot, const bool *used)
{
    *walk = (struct jb_walk){.rows = rows, .slot = slot, .used = used, .broken = true};
}

bool jb_walk_next(struct jb_walk *walk)
{
    const struct jb_rows *rows = walk->rows;

    for (; walk->next < rows->count; walk->next++) {
        size_t i = walk->next;
        const struct jb_row_ref *ref = &rows->ref[i * rows->stride + walk->slot];

        if (ref->count == 0 || (walk->used != NULL && !walk->used[i])) {
            walk->broken = true;
            continue;
        }
        walk->row = &rows->row[i];
        walk->shares = &rows->share[ref->first];
        walk->share_count = ref->count;
        walk->joins = walk->row->joins && !walk->broken;
        walk->broken = false;
        walk->next++;
        return true;
    }
    return false;
}

int jb_fit_create(struct jb_fit *fit, size_t columns, size_t parts)
{
    int status = 0;

    memset(fit, 0, sizeof *fit);
    fit->columns = columns;
    for (; status == 0 && fit->part_count < parts; fit->part_count++) {
        status = jb_triangle_create(columns + 1, &fit->parts[fit->part_count]);
    }
    if (status == 0) {
        status = jb_triangle_create(columns + 1, &fit->whole);
    }
    fit->room = calloc(2 * columns * columns + 5 * columns + 2, sizeof *fit->room);
    if (status < 0 || fit->room == NULL) {
        jb_fit_destroy(fit);
        return -ENOMEM;
    }
    fit->cov = fit->room;
    fit->work = fit->cov + columns * columns;
    fit->power = fit->work + columns * columns;
    fit->vector = fit->power + columns;
    fit->line = fit->vector + 2 * columns;
    fit->before = fit->line + columns + 1;
    return 0;
}

void jb_fit_destroy(struct jb_fit *fit)
{
    for (size_t i = 0; i < JB_FIT_PARTS; i++) {
        jb_triangle_destroy(&fit->parts[i]);
    }
    jb_triangle_destroy(&fit->whole);
    free(fit->room);
    fit->room = NULL;
}

static void solve(struct jb_fit *fit)
{
    struct jb_ridge ridge = {
        .count = fit->columns,
        .mean = fit->mean,
        .spread = fit->spread,
        .tau0 = fit->tau0,
        .work = fit->work,
        .vector = fit->vector,
        .power = fit->power,
        .cov = fit->cov,
    };

    jb_triangle_finish(&fit->whole);
    jb_ridge_fit(&ridge, &fit->whole);
    fit->tau = ridge.tau;
    fit->variance = ridge.variance;
}

static void plain_fit(struct jb_fit *fit, struct jb_walk walk)
{
    jb_triangle_clear(&fit->whole);
    while (jb_walk_next(&walk)) {
        memset(fit->line, 0, (fit->columns + 1) * sizeof *fit->line);
        for (size_t i = 0; i < walk.share_count; i++) {
            fit->line[fit->column_of[walk.shares[i].cell]] += (double)walk.shares[i].seconds;
        }
        fit->line[fit->columns] = walk.row->energy_j;
        jb_triangle_row(&fit->whole, fit->line);
    }
    solve(fit);
}

static struct noise noise_of_residuals(const struct jb_fit *fit, struct jb_walk walk)
{
    double squares = 0, products = 0, energies = 0, before = 0;
    size_t rows = 0, pairs = 0;

    while (jb_walk_next(&walk)) {
        double residual = walk.row->energy_j;

        for (size_t i = 0; i < walk.share_count; i++) {
            residual -= (double)walk.shares[i].seconds * fit->power[fit->column_of[walk.shares[i].cell]];
        }
        squares += residual * residual;
        energies += walk.row->energy_j * walk.row->energy_j;
        if (walk.joins) {
            products += residual * before;
            pairs++;
        }
        before = residual;
        rows++;
    }
    double variance = fmax(fmax(squares, ROUNDING * energies) / (double)rows, DBL_MIN / DBL_EPSILON);
    double neighbours = pairs >= LEAST_PAIRS ? products / (double)pairs : 0;
    double edge = fmax(0, fmin(-neighbours, MOST_EDGE * variance));

    return (struct noise){.process = fmax(variance - 2 * edge, LEAST_NOISE * variance), .edge = edge};
}

/* The logarithm of the determinant of what the rows were divided by. */
static double whiten(struct jb_fit *fit, struct jb_walk walk, size_t rows)
{
    size_t width = fit->columns + 1, at = 0, part = 0, left = 0;
    double full = fit->noise + 2 * fit->edge_noise, divisor = full, logs = 0;

    for (size_t i = 0; i < fit->part_count; i++) {
        jb_triangle_clear(&fit->parts[i]);
    }
    while (jb_walk_next(&walk)) {
        double carried = walk.joins ? fit->edge_noise / divisor : 0;

        divisor = full - carried * fit->edge_noise;
        for (size_t k = 0; k < width; k++) {
            fit->before[k] *= carried;
        }
        for (size_t i = 0; i < walk.share_count; i++) {
            fit->before[fit->column_of[walk.shares[i].cell]] += (double)walk.shares[i].seconds;
        }
        fit->before[fit->columns] += walk.row->energy_j;
        double scale = 1 / sqrt(divisor);
        for (size_t k = 0; k < width; k++) {
            fit->line[k] = fit->before[k] * scale;
        }
        logs += log(divisor);
        if (left == 0) { /* parts differ in length by one row at most, the longer first */
            part = at++;
            left = rows / fit->part_count + (part < rows % fit->part_count ? 1 : 0);
        }
        jb_triangle_row(&fit->parts[part], fit->line);
        left--;
    }
    for (size_t i = 0; i < fit->part_count; i++) {
        jb_triangle_finish(&fit->parts[i]);
    }
    return logs;
}

void jb_fit_run(struct jb_fit *fit, struct jb_walk walk, size_t rows)
{
    plain_fit(fit, walk);
    struct noise noise = noise_of_residuals(fit, walk);

    fit->noise = noise.process;
    fit->edge_noise = noise.edge;
    fit->rows = rows;
    memset(fit->before, 0, (fit->columns + 1) * sizeof *fit->before);
    double logs = whiten(fit, walk, rows);

    jb_fit_without(fit, fit->part_count);
    fit->likelihood = -0.5 * ((double)rows * log(fit->variance) + logs);
}

void jb_fit_without(struct jb_fit *fit, size_t part)
{
    jb_triangle_clear(&fit->whole);
    for (size_t i = 0; i < fit->part_count; i++) {
        if (i != part) {
            jb_triangle_fold(&fit->whole, &fit->parts[i]);
        }
    }
    solve(fit);
}
