/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h - simulated machines: programs whose operators draw known power, and sensors that show it late, rounded and
 * seldom. For bench/attribution and the tests of the estimator.
 *
 * Made up after real traces (operators.md 3.3): a CNN's step on a processor of 11 ms, a transformer's on an accelerator
 * of 126 ms. Lengths vary by 6 %, powers by 5 %, and all of them drift by 3 % over 20 s. The same seed gives the same
 * machine everywhere.
 */
#ifndef JB_BENCH_SIM_H
#define JB_BENCH_SIM_H

#include <stddef.h>
#include <stdint.h>

#include "attribution/estimate.h"

#define SIM_CELLS 24

struct sim_random {
    uint64_t state;
    double spare;
    int has_spare;
};
double sim_uniform(struct sim_random *random); /* [0, 1) */
double sim_normal(struct sim_random *random);

enum sim_load {
    SIM_CPU,        /* step 11 ms */
    SIM_CPU_SMALL,  /* 0.66 ms */
    SIM_GPU,        /* 126 ms, each operator in one piece */
    SIM_GPU_LAYERS, /* 126 ms, forward and backward in 12 layers */
    SIM_GPU_SMALL,  /* 13 ms, in one piece */
    SIM_GPU_LOCKED, /* 100.0 ms, hardly varying */
};

struct sim {
    size_t cells, count; /* operators by name; stretches */
    double step_s;
    double *t_s, *energy_j; /* count + 1: begin of each stretch, energy up to there */
    uint16_t *cell;
    double true_j[SIM_CELLS], true_s[SIM_CELLS];
};
void sim_create(enum sim_load load, double seconds, uint64_t seed, double noise, double drift, struct sim *ret);
void sim_destroy(struct sim *sim);
double sim_energy(const struct sim *sim, double t_s);
/* As jb_work_features(). */
size_t sim_features(const struct sim *sim, double t0_s, double t1_s, struct jb_work_share *ret);

struct sim_sensor {
    double update_s, jitter_s, quantum_j, lag_s;
    double poll_s, poll_jitter_s;
    double detect_s; /* an edge is known to this width, its middle taken; 0: the time of the reading */
    double delay_s;  /* of detection, not removed */
    double window_s; /* not 0: shows the mean power of the last window_s of each update instead of energy */
};
struct sim_row {
    double t0_s, t1_s, energy_j;
};
/* What was seen; *ret is to be freed. */
size_t sim_watch(const struct sim *sim, const struct sim_sensor *sensor, uint64_t seed, struct sim_row **ret);

/* Rows for the estimator: each lag, blurred by edge_s (0: not). */
struct jb_rows *sim_rows(const struct sim *sim, const struct sim_row *rows, size_t count, const uint64_t *lags_ns,
                         size_t lag_count, double edge_s, int windows, size_t max_rows);

#endif
