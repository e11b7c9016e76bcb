/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power of each operator (estimate.h; operators.md 3.2): prior, fit, constraint, jackknife, groups.
 *
 * Odd: plain time share is no case of its own but the prior without a fit, so that what is stated of it (mean power,
 * deviations, conservation) comes from the same lines.
 */
#include "attribution/estimate.h"

#include "attribution/fit.h"
#include "attribution/ridge.h"
#include "estimate_impl.h"
#include "rows_impl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROWS    8
#define ROWS_A_COLUMN 2 /* with fewer any powers fit, and the noise cannot be told */
#define JACKKNIFE     12
#define ROWS_A_BLOCK  8    /* of the jackknife, at least */
#define TIME_SHARE_SD 0.4  /* of the mean power: how far operators lie from it (docs/estimator.md) */
#define TOLD          0.9  /* a posterior variance below this part of the prior's is information */
#define SHARE_THAT_IS 0.01 /* cells with less of the time do not make an estimate an informed one */
#define HALF_WIDTH_95 1.96

static int allocate(size_t cells, struct jb_estimate *ret)
{
    *ret = (struct jb_estimate){.cells = cells};
    ret->power_w = calloc(cells + 1, sizeof *ret->power_w);
    ret->sd_w = calloc(cells + 1, sizeof *ret->sd_w);
    ret->cov = calloc(cells * cells + 1, sizeof *ret->cov);
    ret->seconds = calloc(cells + 1, sizeof *ret->seconds);
    ret->confidence = calloc(cells + 1, sizeof *ret->confidence);
    ret->group = calloc(cells + 1, sizeof *ret->group);
    if (ret->power_w == NULL || ret->sd_w == NULL || ret->cov == NULL || ret->seconds == NULL ||
        ret->confidence == NULL || ret->group == NULL) {
        jb_estimate_finish(ret);
        return -ENOMEM;
    }
    return 0;
}

void jb_estimate_finish(struct jb_estimate *estimate)
{
    free(estimate->power_w);
    free(estimate->sd_w);
    free(estimate->cov);
    free(estimate->seconds);
    free(estimate->confidence);
    free(estimate->group);
    *estimate = (struct jb_estimate){0};
}

static size_t rows_at(const struct jb_rows *rows, size_t slot)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        count += rows->ref[i * rows->stride + slot].count > 0;
    }
    return count;
}

/* The lag with most rows, where they cannot be compared. */
static size_t fullest(const struct jb_rows *rows)
{
    size_t best = 0;

    for (size_t l = 1; l < rows->stride; l++) {
        best = rows_at(rows, l) > rows_at(rows, best) ? l : best;
    }
    return best;
}

/* Powers and covariance of the prior, constrained. */
static void lay_prior(const struct jb_columns *columns, double spread_all, double energy_j, double *power, double *cov)
{
    double buffer[JB_COLUMNS];

    memcpy(power, columns->mean, columns->count * sizeof *power);
    memset(cov, 0, columns->count * columns->count * sizeof *cov);
    for (size_t k = 0; k < columns->count; k++) {
        double sd = spread_all > 0 ? spread_all : columns->tau0 * columns->spread[k];

        cov[k * columns->count + k] = sd * sd;
    }
    jb_ridge_constrain(power, cov, columns->seconds, energy_j, columns->count, buffer);
}

/* Standard deviations by leaving out a block of rows at a time; the larger of them and the posterior's. */
static void jackknife(struct jb_fit *fit, const struct jb_columns *columns, double energy_j, double *sd)
{
    size_t count = columns->count;
    double sums[JB_COLUMNS] = {0}, squares[JB_COLUMNS] = {0}, first[JB_COLUMNS], buffer[JB_COLUMNS];
    double blocks = (double)fit->part_count;

    for (size_t j = 0; j < fit->part_count; j++) {
        jb_fit_without(fit, j);
        jb_ridge_constrain(fit->power, fit->cov, columns->seconds, energy_j, count, buffer);
        for (size_t k = 0; k < count; k++) {
            first[k] = j == 0 ? fit->power[k] : first[k];
            double apart = fit->power[k] - first[k]; /* squares of small numbers keep their digits */

            sums[k] += apart;
            squares[k] += apart * apart;
        }
    }
    for (size_t k = 0; k < count; k++) {
        double variance = fmax(squares[k] - sums[k] * sums[k] / blocks, 0) * (blocks - 1) / blocks;

        sd[k] = fmax(sd[k], sqrt(variance));
    }
}

/* cov becomes that of deviations sd, correlated as before, with the total known. */
static void widen(struct jb_solution *solution, double energy_j)
{
    size_t count = solution->columns->count;
    double buffer[JB_COLUMNS], factor[JB_COLUMNS], ignored[JB_COLUMNS] = {0};

    for (size_t k = 0; k < count; k++) {
        double variance = solution->cov[k * count + k];

        factor[k] = variance > 0 ? solution->sd[k] / sqrt(variance) : 1;
    }
    for (size_t k = 0; k < count; k++) {
        for (size_t l = 0; l < count; l++) {
            solution->cov[k * count + l] *= factor[k] * factor[l];
        }
    }
    jb_ridge_constrain(ignored, solution->cov, solution->columns->seconds, energy_j, count, buffer);
}

static size_t blocks_of(const struct jb_estimate_setup *setup, size_t rows)
{
    size_t wanted = setup->jackknife > 0 ? setup->jackknife : JACKKNIFE;
    size_t most = rows / ROWS_A_BLOCK > 2 ? rows / ROWS_A_BLOCK : 2;

    wanted = wanted < most ? wanted : most;
    return wanted < 2 ? 2 : wanted < JB_FIT_PARTS ? wanted : JB_FIT_PARTS;
}

/* Fit; the solution's power, sd, cov, gain. -ENOMEM. */
static int solve(const struct jb_rows *rows, size_t slot, const struct jb_estimate_setup *setup,
                 struct jb_solution *solution, struct jb_trust *trust, struct jb_estimate *ret)
{
    const struct jb_columns *columns = solution->columns;
    double energy_j = rows->sums[slot].energy_j, buffer[JB_COLUMNS];
    size_t count = columns->count;
    struct jb_walk walk;
    struct jb_fit fit;
    int status = jb_fit_create(&fit, count, blocks_of(setup, ret->rows));

    if (status < 0) {
        return status;
    }
    fit.column_of = columns->column_of;
    fit.mean = columns->mean;
    fit.spread = columns->spread;
    fit.tau0 = columns->tau0;
    fit.at_least = columns->table;
    jb_walk_begin(&walk, rows, slot, NULL);
    jb_fit_run(&fit, walk, ret->rows);
    ret->tau_w = fit.tau;
    ret->noise_j = sqrt(fit.noise.process);
    ret->edge_noise_j = sqrt(fit.noise.edge);
    ret->likelihood = fit.likelihood;
    jb_ridge_constrain(fit.power, fit.cov, columns->seconds, energy_j, count, buffer);
    double spread = fit.tau * fit.tau / (columns->tau0 * columns->tau0);
    for (size_t k = 0; k < count; k++) {
        double variance = fmax(fit.cov[k * count + k], 0), before = spread * solution->cov[k * count + k];

        solution->gain[k] = before > 0 ? variance / before : 1;
        trust->informed = trust->informed ||
                          (solution->gain[k] < TOLD && columns->seconds[k] >= SHARE_THAT_IS * rows->sums[slot].seconds);
        solution->sd[k] = sqrt(variance);
    }
    if (trust->informed) {
        memcpy(solution->power, fit.power, count * sizeof *fit.power);
        memcpy(solution->cov, fit.cov, count * count * sizeof *fit.cov);
        jackknife(&fit, columns, energy_j, solution->sd);
    } else {
        for (size_t k = 0; k < count; k++) {
            solution->sd[k] = sqrt(fmax(solution->cov[k * count + k], 0));
        }
    }
    jb_fit_destroy(&fit);
    return 0;
}

/* From columns to cells; those of a group have its mean power. */
static void lay_on_cells(const struct jb_solution *solution, const struct jb_trust *trust, struct jb_estimate *ret)
{
    const struct jb_columns *columns = solution->columns;
    int first_cell[JB_COLUMNS];

    memset(first_cell, -1, sizeof first_cell);
    for (size_t i = 0; i < ret->cells; i++) {
        size_t k = columns->column_of[i];

        ret->power_w[i] = ret->mean_w;
        ret->sd_w[i] = TIME_SHARE_SD * ret->mean_w;
        ret->group[i] = (int)i;
        ret->confidence[i] = JB_CONFIDENCE_LOW;
        if (k == JB_NO_COLUMN) {
            ret->cov[i * ret->cells + i] = ret->sd_w[i] * ret->sd_w[i];
            continue;
        }
        size_t group = (size_t)solution->group[k];
        double group_w, group_sd_w, gain = 0;
        bool known = true, single = true;

        for (size_t l = 0; l < columns->count; l++) {
            if (solution->group[l] == (int)group) {
                gain = fmax(gain, solution->gain[l]);
                known = known && columns->known[l];
                single = single && l == k;
            }
        }
        jb_groups_mean(solution, (int)group, &group_w, &group_sd_w);
        if (first_cell[group] < 0) {
            first_cell[group] = (int)i;
        }
        ret->group[i] = first_cell[group];
        ret->power_w[i] = solution->power[k];
        ret->sd_w[i] = solution->sd[k];
        double half_width = group_w > 0 ? HALF_WIDTH_95 * (single ? ret->sd_w[i] : group_sd_w) / group_w : INFINITY;

        ret->confidence[i] = jb_trust_confidence(trust, known, half_width, gain);
        if (columns->cells[k] > 1) {
            ret->confidence[i] = JB_CONFIDENCE_LOW;
        }
        for (size_t j = 0; j < ret->cells; j++) {
            size_t l = columns->column_of[j];

            if (l != JB_NO_COLUMN) {
                ret->cov[i * ret->cells + j] = solution->cov[k * columns->count + l];
            }
        }
    }
}

static int estimate_at(const struct jb_rows *rows, size_t slot, const struct jb_estimate_setup *setup,
                       const struct jb_columns *columns, struct jb_estimate *ret)
{
    const struct jb_lag_sums *sums = &rows->sums[slot];
    size_t count = columns->count;
    struct jb_solution solution = {.columns = columns};
    struct jb_trust trust;
    int status = 0;

    ret->mean_w = sums->seconds > 0 ? sums->energy_j / sums->seconds : 0;
    ret->rows = rows_at(rows, slot);
    solution.cov = calloc(2 * count * count + 1, sizeof *solution.cov);
    if (solution.cov == NULL) {
        return -ENOMEM;
    }
    solution.work = solution.cov + count * count;
    jb_trust_judge(rows, slot, setup, &trust);
    lay_prior(columns, setup->time_share ? TIME_SHARE_SD * ret->mean_w : 0, sums->energy_j, solution.power,
              solution.cov);
    for (size_t k = 0; k < count; k++) {
        solution.sd[k] = sqrt(fmax(solution.cov[k * count + k], 0));
        solution.gain[k] = 1;
        solution.group[k] = (int)k;
    }
    if (!setup->time_share && ret->rows >= LEAST_ROWS && ret->rows >= ROWS_A_COLUMN * count && count > 1 &&
        columns->tau0 > 0) {
        status = solve(rows, slot, setup, &solution, &trust, ret);
    }
    if (status == 0) {
        for (size_t k = 0; k < count && trust.informed; k++) {
            solution.sd[k] *= jb_trust_widen(&trust, columns->known[k]);
        }
        if (trust.informed) {
            widen(&solution, sums->energy_j);
            jb_groups_merge(&solution);
        }
        lay_on_cells(&solution, &trust, ret);
        ret->informed = trust.informed;
        ret->locked_step = trust.locked;
    }
    free(solution.cov);
    return status;
}

int jb_estimate(const struct jb_rows *rows, const struct jb_estimate_setup *setup, struct jb_estimate *ret)
{
    struct jb_estimate estimate;
    struct jb_columns columns;
    size_t cells = setup->cells < JB_WORK_CELLS ? setup->cells : JB_WORK_CELLS, slot;
    double lead;
    int lag = jb_lag_choose(rows, setup, LEAST_ROWS, &lead);

    if (lag == -ENOMEM) {
        return lag;
    }
    slot = lag < 0 ? fullest(rows) : (size_t)(rows->settled < 0 ? lag : 0);
    for (size_t i = cells; i < JB_WORK_CELLS; i++) {
        cells = rows->sums[slot].cell_s[i] > 0 ? i + 1 : cells;
    }
    int status = allocate(cells, &estimate);

    if (status < 0) {
        return status;
    }
    estimate.lag_s = (double)rows->lags_ns[lag < 0 ? slot : (size_t)lag] / 1e9;
    memcpy(estimate.seconds, rows->sums[slot].cell_s, cells * sizeof *estimate.seconds);
    jb_columns_choose(&rows->sums[slot], setup, cells, &columns);
    status = estimate_at(rows, slot, setup, &columns, &estimate);
    if (status < 0) {
        jb_estimate_finish(&estimate);
        return status;
    }
    *ret = estimate;
    return 0;
}

double jb_estimate_sd(const struct jb_estimate *estimate, const double *weights)
{
    double variance = 0;

    for (size_t k = 0; k < estimate->cells; k++) {
        for (size_t l = 0; weights[k] != 0 && l < estimate->cells; l++) {
            variance += weights[k] * weights[l] * estimate->cov[k * estimate->cells + l];
        }
    }
    return sqrt(fmax(variance, 0));
}
