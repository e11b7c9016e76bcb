/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How well operators' energies are found: simulated machines of known power, beside operators.md 3.3.
 *   attribution_bench [short | long | NAME [MACHINES]]
 * For each case, over some machines: energy-weighted mean error and that of the worst operator of 1 % and more, in per
 * cent, for plain time share and for the estimate; how many of the intervals of 95 % held what was true, for each
 * confidence (of groups where operators were put together), the median half-width of those intervals, and the time of
 * one estimate. Exit status 1: a total was not conserved to the microjoule, or high confidence covered less than 90 %
 * over the cases where edges are used as estimate.h asks for (not "sharp", not "late").
 */
#include "sim.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHARE 0.01 /* operators of less are not looked at one by one */

struct bench_case {
    const char *name, *reference; /* EB column of operators.md 3.3: mean / worst (coverage, half-width) */
    enum sim_load load;
    double seconds;
    struct sim_sensor sensor;
    double calibration; /* relative error of a table of powers; 0: none */
    double lag_step_s;  /* lags searched, from 0 */
    int lag_count;      /* 0: no search */
    int machines;
    double noise, drift; /* 0: 5 % and 3 % */
    bool sharp;          /* features at the edge's time, not over its doubt */
};

#define RAPL_LATE(width, late)                                                                                         \
    {                                                                                                                  \
        .update_s = 1e-3, .jitter_s = 20e-6, .quantum_j = 61e-6, .poll_s = 1e-3, .poll_jitter_s = 30e-6,               \
        .detect_s = (width), .delay_s = (late)                                                                         \
    }
#define NVML_LATE(update, poll, late)                                                                                  \
    {                                                                                                                  \
        .update_s = (update), .jitter_s = (update)*0.01, .quantum_j = 1e-3, .poll_s = (poll),                          \
        .poll_jitter_s = (poll)*0.02, .detect_s = (poll), .lag_s = (late)                                              \
    }
#define RAPL(width)        RAPL_LATE(width, 0)
#define NVML(update, poll) NVML_LATE(update, poll, 0)
#define PART_TIME                                                                                                      \
    {                                                                                                                  \
        .update_s = 0.1, .window_s = 0.025, .poll_s = 0.1                                                              \
    }

static const struct bench_case cases[] = {
    {"rapl-1s", "1.2/7 (100, 5.8)", SIM_CPU, 1, RAPL(20e-6), .machines = 20},
    {"rapl-10s", "0.6/6 (96, 2.0)", SIM_CPU, 10, RAPL(20e-6), .machines = 20},
    {"rapl-60s", "0.5/3 (77, 0.9)", SIM_CPU, 60, RAPL(20e-6), .machines = 20},
    {"rapl-60s-late-5us", "0.5/3 (77, 0.9)", SIM_CPU, 60, RAPL_LATE(20e-6, 5e-6), .machines = 20},
    {"rapl-60s-late-5us-lags", "", SIM_CPU, 60, RAPL_LATE(20e-6, 5e-6), .machines = 20, .lag_step_s = 2.5e-6,
     .lag_count = 9},
    {"rapl-20s-100us", "0.5/4 (100, 1.9)", SIM_CPU, 20, RAPL(200e-6), .machines = 20},
    {"rapl-20s-200us", "1.3/14 (88, 3.2)", SIM_CPU, 20, RAPL(400e-6), .machines = 20},
    {"rapl-20s-500us", "4.7/48 (52, 6.5)", SIM_CPU, 20, RAPL(1000e-6), .machines = 20},
    {"rapl-20s-noise", "0.9/9 (100, 3.9)", SIM_CPU, 20, RAPL(20e-6), .machines = 20, .noise = 0.15, .drift = 0.06},
    {"rapl-small-5us", "1.7/17 (93, 6.6)", SIM_CPU_SMALL, 60, RAPL(10e-6), .machines = 20},
    {"rapl-small-20us", "2.5/25 (83, 6.8)", SIM_CPU_SMALL, 60, RAPL(40e-6), .machines = 20},
    {"rapl-small-50us", "6.5/41 (52, 7.3)", SIM_CPU_SMALL, 60, RAPL(100e-6), .machines = 20},
    {"nvml20-60s", "1.0/7 (98, 6.4)", SIM_GPU, 60, NVML(0.02, 0.002), .machines = 20},
    {"nvml20-layers-60s", "6.8/57 (87, 14.3)", SIM_GPU_LAYERS, 60, NVML(0.02, 0.002), .machines = 20},
    {"nvml20-layers-600s", "5.6/71 (55, 5.9)", SIM_GPU_LAYERS, 600, NVML(0.02, 0.002), .machines = 20},
    {"nvml100-60s", "5.2/50 (98, 34.5)", SIM_GPU, 60, NVML(0.1, 0.005), .machines = 20},
    {"nvml100-600s", "2.7/30 (90, 13.2)", SIM_GPU, 600, NVML(0.1, 0.005), .machines = 20},
    {"nvml100-lag35-60s", "6.2/54 (100, 32.5)", SIM_GPU, 60, NVML_LATE(0.1, 0.005, 0.035), .machines = 20,
     .lag_step_s = 5e-3, .lag_count = 12},
    {"nvml100-layers-600s", "14.4/92 (70, 22.3)", SIM_GPU_LAYERS, 600, NVML(0.1, 0.005), .machines = 20},
    {"nvml100-layers-600s-table", "2.4/8 (100, 12.2)", SIM_GPU_LAYERS, 600, NVML(0.1, 0.005), .machines = 20,
     .calibration = 0.08},
    {"nvml100-small-600s", "15.9/86 (65, 33.9)", SIM_GPU_SMALL, 600, NVML(0.1, 0.005), .machines = 20},
    {"nvml100-small-600s-table", "5.6/19 (95, 21.5)", SIM_GPU_SMALL, 600, NVML(0.1, 0.005), .machines = 20,
     .calibration = 0.08},
    {"window-60s", "1.6/16", SIM_GPU, 60, PART_TIME, .machines = 20},
    {"window-layers-60s", "6.1/46", SIM_GPU_LAYERS, 60, PART_TIME, .machines = 20},
    {"window-small-60s", "8.7/67", SIM_GPU_SMALL, 60, PART_TIME, .machines = 20},
    {"window-locked-60s", "(total -21 %)", SIM_GPU_LOCKED, 60, PART_TIME, .machines = 20},
    {"sharp-rapl-20s-500us", "4.7/48 (52, 6.5)", SIM_CPU, 20, RAPL(1000e-6), .machines = 20, .sharp = true},
    {"sharp-nvml20-layers-600s", "5.6/71 (55, 5.9)", SIM_GPU_LAYERS, 600, NVML(0.02, 0.002), .machines = 20,
     .sharp = true},
    {"sharp-nvml100-layers-600s", "14.4/92 (70, 22.3)", SIM_GPU_LAYERS, 600, NVML(0.1, 0.005), .machines = 20,
     .sharp = true},
};

struct score {
    double time_mean, time_worst, mean, worst, seconds, lag_s, total;
    int covered[3], told[3], machines, groups;
    double widths[4096];
    size_t width_count;
    bool leaked;
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_size);
    return count > 0 ? values[count / 2] : NAN;
}

/* Each interval's energy over the cells in microjoules. False: some was lost or made. */
static bool divide(const struct sim *sim, const struct sim_row *rows, size_t count, const struct jb_estimate *estimate,
                   double lag_s, double *ret_j)
{
    struct jb_work_share shares[JB_WORK_CELLS];
    uint64_t parts[JB_WORK_CELLS + JB_CONTEXTS];
    bool whole = true;

    for (size_t i = 0; i < count; i++) {
        struct jb_work_piece piece = {0};
        size_t share_count = sim_features(sim, rows[i].t0_s - lag_s, rows[i].t1_s - lag_s, shares);
        uint64_t energy_uj = (uint64_t)llround(rows[i].energy_j * 1e6), sum = 0;

        for (size_t s = 0; s < share_count; s++) {
            piece.cell_s[shares[s].cell] = shares[s].seconds;
        }
        jb_divide_piece(energy_uj, &piece, estimate, 0, NULL, parts);
        for (size_t k = 0; k < JB_WORK_CELLS + JB_CONTEXTS; k++) {
            sum += parts[k];
            if (k < SIM_CELLS) {
                ret_j[k] += (double)parts[k] / 1e6;
            }
        }
        whole = whole && sum == energy_uj;
    }
    return whole;
}

static void errors(const struct sim *sim, const double *found_j, double *ret_mean, double *ret_worst)
{
    double found = 0, all = 0, mean = 0, worst = 0;

    for (size_t k = 0; k < sim->cells; k++) {
        found += found_j[k];
        all += sim->true_j[k];
    }
    for (size_t k = 0; k < sim->cells; k++) {
        double expected = sim->true_j[k] * found / all, error = fabs(found_j[k] - expected) / expected;

        mean += sim->true_j[k] / all * error;
        worst = sim->true_j[k] >= SHARE * all && error > worst ? error : worst;
    }
    *ret_mean += 100 * mean;
    *ret_worst += 100 * worst;
}

/* Do intervals of groups hold what is true of them? */
static void coverage(const struct sim *sim, const struct jb_estimate *estimate, const double *found_j,
                     struct score *score)
{
    double all = 0, found = 0;

    for (size_t k = 0; k < sim->cells; k++) {
        all += sim->true_j[k];
        found += found_j[k];
    }
    for (size_t g = 0; g < sim->cells; g++) {
        double weights[JB_WORK_CELLS] = {0}, expected = 0, guess = 0;
        int members = 0;

        for (size_t k = 0; k < sim->cells; k++) {
            if (estimate->group[k] == (int)g) {
                weights[k] = sim->true_s[k];
                expected += sim->true_j[k] * found / all;
                guess += found_j[k];
                members++;
            }
        }
        if (expected < SHARE * all) {
            continue;
        }
        double sd = members == 1 ? estimate->sd_w[g] * sim->true_s[g] : jb_estimate_sd(estimate, weights);

        score->groups += members > 1;
        score->told[estimate->confidence[g]]++;
        score->covered[estimate->confidence[g]] += fabs(guess - expected) <= 1.96 * sd;
        if (score->width_count < sizeof score->widths / sizeof score->widths[0]) {
            score->widths[score->width_count++] = 100 * 1.96 * sd / guess;
        }
    }
}

/* One simulated run: the machine, what its sensor showed, and the rows made of that. */
struct trial {
    struct sim sim;
    struct sim_row *seen;
    size_t count;
    struct jb_rows *rows;
    struct jb_op_prior prior[SIM_CELLS];
    struct jb_estimate_setup setup;
    bool windows;
};

static void begin_trial(const struct bench_case *bench, uint64_t machine, struct trial *ret)
{
    struct sim_random random = {.state = 500 + machine};
    uint64_t lags_ns[JB_LAGS] = {0};
    size_t lag_count = bench->lag_count > 0 ? (size_t)bench->lag_count : 1;
    double edge_s = bench->sensor.detect_s / sqrt(12);

    memset(ret, 0, sizeof *ret);
    ret->windows = bench->sensor.window_s > 0;
    sim_create(bench->load, bench->seconds, 100 + machine, bench->noise > 0 ? bench->noise : 0.05,
               bench->drift > 0 ? bench->drift : 0.03, &ret->sim);
    ret->count = sim_watch(&ret->sim, &bench->sensor, 7 + machine, &ret->seen);
    for (size_t l = 0; l < lag_count; l++) {
        lags_ns[l] = (uint64_t)llround((double)l * bench->lag_step_s * 1e9);
    }
    ret->rows =
        sim_rows(&ret->sim, ret->seen, ret->count, lags_ns, lag_count, bench->sharp ? 0 : edge_s, ret->windows, 60000);
    for (size_t k = 0; k < ret->sim.cells; k++) {
        double watts = ret->sim.true_j[k] / ret->sim.true_s[k];

        ret->prior[k] = (struct jb_op_prior){
            .known = bench->calibration > 0,
            .mean_w = watts * (1 + bench->calibration * sim_normal(&random)),
            .sd_w = watts * bench->calibration,
        };
    }
    ret->setup = (struct jb_estimate_setup){
        .cells = ret->sim.cells,
        .prior = ret->prior,
        .update_s = bench->sensor.update_s,
        .edge_s = edge_s,
        .steps_per_update = bench->sensor.update_s / ret->sim.step_s,
    };
}

static void end_trial(struct trial *trial)
{
    jb_rows_destroy(trial->rows);
    free(trial->seen);
    sim_destroy(&trial->sim);
}

/* Energies by an estimate; false: not conserved. Windows see a part of the time: their powers, times all of it. */
static bool energies(const struct trial *trial, const struct jb_estimate *estimate, double *ret_j)
{
    for (size_t k = 0; trial->windows && k < trial->sim.cells; k++) {
        ret_j[k] = estimate->power_w[k] * trial->sim.true_s[k];
    }
    return trial->windows || divide(&trial->sim, trial->seen, trial->count, estimate, estimate->lag_s, ret_j);
}

static void one_machine(const struct bench_case *bench, uint64_t machine, struct score *score)
{
    struct trial trial;
    struct jb_estimate estimate, plain;
    double found_j[SIM_CELLS] = {0}, time_j[SIM_CELLS] = {0}, found = 0, all = 0;

    begin_trial(bench, machine, &trial);
    clock_t before = clock();
    if (jb_estimate(trial.rows, &trial.setup, &estimate) < 0) {
        abort();
    }
    score->seconds += (double)(clock() - before) / CLOCKS_PER_SEC;
    trial.setup.time_share = true;
    if (jb_estimate(trial.rows, &trial.setup, &plain) < 0) {
        abort();
    }
    score->leaked = !energies(&trial, &estimate, found_j) || score->leaked;
    score->leaked = !energies(&trial, &plain, time_j) || score->leaked;
    for (size_t k = 0; k < trial.sim.cells; k++) {
        found += found_j[k];
        all += trial.sim.true_j[k];
    }
    score->lag_s += estimate.lag_s;
    score->total += 100 * (found / all - 1);
    errors(&trial.sim, found_j, &score->mean, &score->worst);
    errors(&trial.sim, time_j, &score->time_mean, &score->time_worst);
    coverage(&trial.sim, &estimate, found_j, score);
    score->machines++;
    jb_estimate_finish(&plain);
    jb_estimate_finish(&estimate);
    end_trial(&trial);
}

static void print_cover(const struct score *score, enum jb_confidence confidence)
{
    if (score->told[confidence] == 0) {
        printf("           -");
    } else {
        printf("  %3d %% %4d", 100 * score->covered[confidence] / score->told[confidence], score->told[confidence]);
    }
}

static void print_score(const struct bench_case *bench, struct score *score)
{
    double n = score->machines;

    printf("%-26s %-19s %5.1f/%3.0f %5.1f/%3.0f", bench->name, bench->reference, score->time_mean / n,
           score->time_worst / n, score->mean / n, score->worst / n);
    print_cover(score, JB_CONFIDENCE_HIGH);
    print_cover(score, JB_CONFIDENCE_MEDIUM);
    print_cover(score, JB_CONFIDENCE_LOW);
    printf(" %6.1f %5.1f %6.0f", median(score->widths, score->width_count), score->groups / n,
           1e3 * score->seconds / n);
    if (bench->lag_count > 0) {
        printf("  lag %.4f ms", 1e3 * score->lag_s / n);
    }
    if (bench->sensor.window_s > 0) {
        printf("  total %+.2f %%", score->total / n);
    }
    printf("%s\n", score->leaked ? "  NOT CONSERVED" : "");
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "short";
    bool some = strcmp(what, "short") == 0, all = strcmp(what, "long") == 0, leaked = false;
    long asked = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    int covered = 0, told = 0;
    static struct score score;

    printf("%-26s %-19s %9s %9s %11s %11s %11s %6s %5s %6s\n", "", "operators.md", "by time", "here", "high cov. n",
           "medium", "low", "width", "group", "ms");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct bench_case *bench = &cases[i];
        long machines = asked > 0 ? asked : some && bench->machines > 3 ? 3 : bench->machines;

        if ((some && (bench->seconds > 60 || bench->sharp)) || (!some && !all && strstr(bench->name, what) == NULL)) {
            continue;
        }
        memset(&score, 0, sizeof score);
        for (long machine = 0; machine < machines; machine++) {
            one_machine(bench, (uint64_t)machine, &score);
        }
        print_score(bench, &score);
        leaked = leaked || score.leaked;
        if (!bench->sharp && bench->sensor.delay_s <= 0) { /* the others show what comes of doing it wrong */
            covered += score.covered[JB_CONFIDENCE_HIGH];
            told += score.told[JB_CONFIDENCE_HIGH];
        }
    }
    printf("intervals of 95 %% with high confidence that hold: %d of %d; totals conserved: %s\n", covered, told,
           leaked ? "no" : "yes");
    return leaked || covered * 10 < told * 9;
}
