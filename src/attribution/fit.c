/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Least squares over rows in two passes (fit.h).
 *
 * Odd: to leave out a part costs no second look at the rows, because each part's triangle is kept and folding triangles
 * is cheap.
 */
#include "attribution/fit.h"

#include "rows_impl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int jb_fit_create(struct jb_fit *fit, size_t columns, size_t parts)
{
    size_t square = columns * columns, width = columns + 1;
    int status = 0;

    memset(fit, 0, sizeof *fit);
    fit->columns = columns;
    fit->part_count = parts;
    for (size_t i = 0; status == 0 && i < parts; i++) {
        status = jb_triangle_create(width, &fit->parts[i]);
    }
    if (status == 0) {
        status = jb_triangle_create(width, &fit->whole);
    }
    fit->room = calloc(2 * square + 4 * columns + (2 + JB_DRIFT_ROWS) * width, sizeof *fit->room);
    if (status < 0 || fit->room == NULL) {
        jb_fit_destroy(fit);
        return -ENOMEM;
    }
    fit->cov = fit->room;
    fit->work = fit->cov + square;
    fit->power = fit->work + square;
    fit->first = fit->power + columns;
    fit->vector = fit->first + columns;
    fit->line = fit->vector + 2 * columns;
    fit->before = fit->line + width;
    fit->block = fit->before + width;
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
        .at_least = fit->at_least,
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

static void first_pass(struct jb_fit *fit, struct jb_walk walk, size_t rows)
{
    double energy_j = 0;

    jb_triangle_clear(&fit->whole);
    while (jb_walk_next(&walk)) {
        memset(fit->line, 0, (fit->columns + 1) * sizeof *fit->line);
        for (size_t i = 0; i < walk.share_count; i++) {
            fit->line[fit->column_of[walk.shares[i].cell]] += (double)walk.shares[i].seconds;
        }
        fit->line[fit->columns] = walk.row->energy_j;
        energy_j += walk.row->energy_j;
        jb_triangle_row(&fit->whole, fit->line);
    }
    solve(fit);
    memcpy(fit->first, fit->power, fit->columns * sizeof *fit->first);
    fit->row_j = energy_j / (double)rows;
}

void jb_fit_run(struct jb_fit *fit, struct jb_walk walk, size_t rows)
{
    first_pass(fit, walk, rows);
    fit->noise = jb_fit_noise(fit, walk);
    double logs = jb_fit_whiten(fit, walk, rows);

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
