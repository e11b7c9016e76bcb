/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of any estimate, on simulated machines of known power (bench/attribution/sim.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribution/estimate.h"
#include "bench/attribution/sim.h"

static const uint64_t no_lag[1] = {0};

/* A run that was watched. scale_s, scale_j: units of time and energy; order: where a cell goes. */
struct watched {
    struct sim sim;
    struct sim_row *seen;
    size_t count;
    double edge_s;
};

static void watch(enum sim_load load, double seconds, const struct sim_sensor *sensor, struct watched *ret)
{
    sim_create(load, seconds, 11, 0.05, 0.03, &ret->sim);
    ret->count = sim_watch(&ret->sim, sensor, 5, &ret->seen);
    ret->edge_s = sensor->detect_s / sqrt(12);
}

static void forget(struct watched *watched)
{
    free(watched->seen);
    sim_destroy(&watched->sim);
}

static const struct sim_sensor rapl = {
    .update_s = 1e-3, .jitter_s = 20e-6, .quantum_j = 61e-6, .poll_s = 1e-3, .poll_jitter_s = 30e-6, .detect_s = 20e-6};
static const struct sim_sensor nvml = {
    .update_s = 0.1, .jitter_s = 1e-3, .quantum_j = 1e-3, .poll_s = 5e-3, .poll_jitter_s = 1e-4, .detect_s = 5e-3};

static struct jb_estimate estimate_of(const struct watched *watched, const struct jb_estimate_setup *setup,
                                      double scale_s, double scale_j, const uint16_t *order, size_t max_rows)
{
    struct jb_rows *rows;
    struct jb_estimate ret;

    assert_int_equal(jb_rows_create(no_lag, 1, max_rows, &rows), 0);
    for (size_t i = 0; i < watched->count; i++) {
        const struct sim_row *row = &watched->seen[i];
        struct jb_work_share shares[JB_WORK_CELLS];
        size_t count = sim_features(&watched->sim, row->t0_s, row->t1_s, shares);

        for (size_t s = 0; s < count; s++) {
            shares[s].seconds *= scale_s;
            shares[s].cell = order != NULL ? order[shares[s].cell] : shares[s].cell;
        }
        jb_rows_add(rows, 0, row->energy_j * scale_j, (row->t1_s - row->t0_s) * scale_s, watched->edge_s * scale_s,
                    i > 0, shares, count);
    }
    assert_int_equal(jb_estimate(rows, setup, &ret), 0);
    jb_rows_destroy(rows);
    return ret;
}

static void assert_near(double found, double expected, double part)
{
    if (!(fabs(found - expected) <= part * fabs(expected))) {
        fail_msg("%.9g, expected %.9g", found, expected);
    }
}

/* ---- what comes out is right ---- */

static void powers_are_found_and_their_sum_is_kept(void **state)
{
    struct watched watched;
    struct jb_estimate_setup setup = {.cells = 16, .update_s = 1e-3};

    watch(SIM_CPU, 10, &rapl, &watched);
    struct jb_estimate estimate = estimate_of(&watched, &setup, 1, 1, NULL, 20000);
    double sum = 0, energy = 0;
    int high = 0;

    for (size_t i = 0; i < watched.count; i++) {
        energy += watched.seen[i].energy_j;
    }
    for (size_t k = 0; k < 16; k++) {
        double truth = watched.sim.true_j[k] / watched.sim.true_s[k];

        sum += estimate.power_w[k] * estimate.seconds[k];
        high += estimate.confidence[k] == JB_CONFIDENCE_HIGH;
        if (watched.sim.true_s[k] > 0.02 * 10) {
            assert_near(estimate.power_w[k], truth, 0.05);
        }
        assert_true(fabs(estimate.power_w[k] - truth) < 4 * estimate.sd_w[k]);
    }
    assert_near(sum, energy, 1e-9);
    assert_true(jb_estimate_sd(&estimate, estimate.seconds) < 1e-6 * energy); /* the total is not in doubt */
    assert_true(estimate.informed && !estimate.locked_step);
    assert_in_range(high, 12, 16);
    jb_estimate_finish(&estimate);
    forget(&watched);
}

static void the_order_of_cells_does_not_matter(void **state)
{
    struct watched watched;
    struct jb_estimate_setup setup = {.cells = 16, .update_s = 1e-3};
    uint16_t order[SIM_CELLS];

    for (uint16_t k = 0; k < SIM_CELLS; k++) {
        order[k] = (uint16_t)(k * 7 % 16);
    }
    watch(SIM_CPU, 2, &rapl, &watched);
    struct jb_estimate one = estimate_of(&watched, &setup, 1, 1, NULL, 20000);
    struct jb_estimate other = estimate_of(&watched, &setup, 1, 1, order, 20000);

    for (size_t k = 0; k < 16; k++) {
        assert_near(other.power_w[order[k]], one.power_w[k], 1e-9);
        assert_near(other.sd_w[order[k]], one.sd_w[k], 1e-6);
        assert_int_equal(other.confidence[order[k]], one.confidence[k]);
    }
    jb_estimate_finish(&one);
    jb_estimate_finish(&other);
    forget(&watched);
}

static void units_do_not_matter(void **state)
{
    struct watched watched;
    struct jb_estimate_setup setup = {.cells = 12, .update_s = 0.1}, scaled = {.cells = 12, .update_s = 0.1 / 8};

    watch(SIM_GPU, 60, &nvml, &watched);
    struct jb_estimate one = estimate_of(&watched, &setup, 1, 1, NULL, 20000);
    struct jb_estimate other = estimate_of(&watched, &scaled, 1.0 / 8, 1024, NULL, 20000); /* exact in binary */

    for (size_t k = 0; k < 12; k++) {
        assert_near(other.power_w[k], 8192 * one.power_w[k], 1e-6);
        assert_near(other.sd_w[k], 8192 * one.sd_w[k], 1e-6);
        assert_int_equal(other.group[k], one.group[k]);
        assert_int_equal(other.confidence[k], one.confidence[k]);
    }
    jb_estimate_finish(&one);
    jb_estimate_finish(&other);
    forget(&watched);
}

static void rows_beyond_the_room_leave_the_estimate_within_its_interval(void **state)
{
    struct watched watched;
    struct jb_estimate_setup setup = {.cells = 16, .update_s = 1e-3};

    watch(SIM_CPU, 20, &rapl, &watched);
    struct jb_estimate all = estimate_of(&watched, &setup, 1, 1, NULL, 50000);
    struct jb_estimate some = estimate_of(&watched, &setup, 1, 1, NULL, 4000);

    assert_in_range(some.rows, 1900, 4000);
    assert_near(some.mean_w, all.mean_w, 1e-9);
    for (size_t k = 0; k < 16; k++) {
        assert_near(some.seconds[k], all.seconds[k], 1e-9);
        assert_true(fabs(some.power_w[k] - all.power_w[k]) < 3 * hypot(some.sd_w[k], all.sd_w[k]));
    }
    jb_estimate_finish(&all);
    jb_estimate_finish(&some);
    forget(&watched);
}

static void an_estimate_can_be_had_again(void **state)
{
    struct watched watched;
    struct jb_estimate_setup setup = {.cells = 16, .update_s = 1e-3};

    watch(SIM_CPU, 3, &rapl, &watched);
    struct jb_estimate one = estimate_of(&watched, &setup, 1, 1, NULL, 1000);
    struct jb_estimate other = estimate_of(&watched, &setup, 1, 1, NULL, 1000);

    assert_memory_equal(one.power_w, other.power_w, 16 * sizeof(double));
    assert_memory_equal(one.sd_w, other.sd_w, 16 * sizeof(double));
    jb_estimate_finish(&one);
    jb_estimate_finish(&other);
    forget(&watched);
}

/* Of ten machines each: programs of 5 s seen by RAPL, of 60 s by a counter of 20 ms whose edges are known to 1 ms. */
static void intervals_of_high_confidence_hold(void **state)
{
    struct sim_sensor nvml20 = nvml;
    int covered = 0, told = 0;

    nvml20.update_s = 0.02;
    nvml20.jitter_s = 2e-4;
    nvml20.poll_s = nvml20.detect_s = 2e-3;
    for (uint64_t machine = 0; machine < 20; machine++) {
        const struct sim_sensor *sensor = machine % 2 ? &nvml20 : &rapl;
        struct sim sim;
        struct sim_row *seen;
        struct jb_estimate estimate;

        sim_create(machine % 2 ? SIM_GPU : SIM_CPU, machine % 2 ? 60 : 5, machine, 0.05, 0.03, &sim);
        size_t count = sim_watch(&sim, sensor, machine, &seen);
        double edge_s = sensor->detect_s / sqrt(12);
        struct jb_rows *rows = sim_rows(&sim, seen, count, no_lag, 1, edge_s, 0, 20000);
        struct jb_estimate_setup setup = {.cells = sim.cells, .update_s = sensor->update_s, .edge_s = edge_s};
        assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
        for (size_t k = 0; k < sim.cells; k++) {
            if (estimate.confidence[k] == JB_CONFIDENCE_HIGH) {
                told++;
                covered += fabs(estimate.power_w[k] - sim.true_j[k] / sim.true_s[k]) <= 1.96 * estimate.sd_w[k];
            }
        }
        jb_estimate_finish(&estimate);
        jb_rows_destroy(rows);
        free(seen);
        sim_destroy(&sim);
    }
    assert_true(told >= 150);
    assert_true(covered * 10 >= told * 9);
}

/* ---- plain time share ---- */

static void time_share_is_the_mean_power_everywhere(void **state)
{
    struct watched watched;
    struct jb_op_prior prior[16] = {{.known = true, .mean_w = 5, .sd_w = 1}};
    struct jb_estimate_setup setup = {.cells = 18, .prior = prior, .update_s = 1e-3, .time_share = true};

    watch(SIM_CPU, 2, &rapl, &watched);
    struct jb_estimate estimate = estimate_of(&watched, &setup, 1, 1, NULL, 20000);

    for (size_t k = 0; k < 18; k++) {
        assert_near(estimate.power_w[k], estimate.mean_w, 1e-9);
        assert_true(estimate.sd_w[k] > 0.2 * estimate.mean_w);
        assert_int_equal(estimate.confidence[k], JB_CONFIDENCE_LOW);
        assert_int_equal(estimate.group[k], k);
    }
    assert_false(estimate.informed);
    jb_estimate_finish(&estimate);
    forget(&watched);
}

static void without_rows_there_is_time_share_and_no_error(void **state)
{
    struct jb_rows *rows;
    struct jb_estimate estimate;
    struct jb_estimate_setup setup = {.cells = 3};
    struct jb_work_share share = {.cell = 2, .seconds = 0.5};

    assert_int_equal(jb_rows_create(no_lag, 1, 100, &rows), 0);
    assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
    assert_int_equal(estimate.cells, 3);
    assert_false(estimate.informed);
    assert_true(estimate.power_w[1] == 0 && estimate.rows == 0);
    jb_estimate_finish(&estimate);
    jb_rows_add(rows, 0, 10, 0.5, 0, false, &share, 1);
    assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
    assert_near(estimate.power_w[0], 20, 1e-12);
    assert_near(estimate.power_w[2], 20, 1e-12);
    assert_near(estimate.sd_w[0], 8, 1e-12);
    jb_estimate_finish(&estimate);
    jb_rows_destroy(rows);
}

/* Each row has the same mix: nothing is learned, and it is not pretended. */
static void rows_that_are_alike_say_nothing(void **state)
{
    struct jb_rows *rows;
    struct jb_estimate estimate;
    struct jb_estimate_setup setup = {.cells = 3, .update_s = 1};
    struct jb_work_share shares[3] = {{0, 0.25}, {1, 0.25}, {2, 0.5}};

    assert_int_equal(jb_rows_create(no_lag, 1, 1000, &rows), 0);
    for (int i = 0; i < 500; i++) {
        jb_rows_add(rows, 0, 50 + sin(i), 1, 0, true, shares, 3);
    }
    assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
    assert_false(estimate.informed);
    for (size_t k = 0; k < 3; k++) {
        assert_near(estimate.power_w[k], estimate.mean_w, 1e-9);
        assert_true(estimate.sd_w[k] > 0.1 * estimate.mean_w);
        assert_int_equal(estimate.confidence[k], JB_CONFIDENCE_LOW);
    }
    jb_estimate_finish(&estimate);
    jb_rows_destroy(rows);
}

/* ---- what may be believed ---- */

static void cells_always_together_are_one_row(void **state)
{
    struct jb_rows *rows;
    struct jb_estimate estimate;
    struct jb_estimate_setup setup = {.cells = 4, .update_s = 1};

    assert_int_equal(jb_rows_create(no_lag, 1, 1000, &rows), 0);
    for (int i = 0; i < 900; i++) {
        double part = 0.5 + 0.4 * sin(i * 1.7);
        double none = 0.2 + 0.1 * cos(i * 2.3), busy = 1 - none;
        struct jb_work_share shares[4] = {
            {0, none}, {1, busy * part}, {2, busy * (1 - part) / 2}, {3, busy * (1 - part) / 2}};

        jb_rows_add(rows, 0, 40 * none + 100 * busy * part + 60 * busy * (1 - part) + 0.5 * cos(5 * i), 1, 0, true,
                    shares, 4);
    }
    assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
    assert_int_equal(estimate.group[2], 2);
    assert_int_equal(estimate.group[3], 2);
    assert_near(estimate.power_w[2], estimate.power_w[3], 1e-6); /* nothing tells them apart */
    double together[4] = {0, 0, 1, 1};

    assert_true(jb_estimate_sd(&estimate, together) < 0.1 * estimate.sd_w[2]);
    jb_estimate_finish(&estimate);
    jb_rows_destroy(rows);
}

static enum jb_confidence confidence_of(struct jb_estimate_setup setup, double *ret_sd_w, bool *ret_locked)
{
    struct watched watched;

    setup.cells = 16;
    watch(SIM_CPU, 5, &rapl, &watched);
    struct jb_estimate estimate = estimate_of(&watched, &setup, 1, 1, NULL, 20000);
    enum jb_confidence confidence = estimate.confidence[4];

    *ret_sd_w = estimate.sd_w[4];
    *ret_locked = estimate.locked_step;
    jb_estimate_finish(&estimate);
    forget(&watched);
    return confidence;
}

static void confidence_and_width_follow_the_sensor(void **state)
{
    double good_w, other_w;
    bool locked;

    assert_int_equal(confidence_of((struct jb_estimate_setup){.update_s = 1e-3}, &good_w, &locked), JB_CONFIDENCE_HIGH);
    assert_false(locked);
    /* edges wider than a fifth of the update period */
    assert_int_equal(confidence_of((struct jb_estimate_setup){.update_s = 1e-3, .edge_s = 3e-4}, &other_w, &locked),
                     JB_CONFIDENCE_LOW);
    assert_near(other_w, 2 * good_w, 1e-6);
    /* many steps in an update */
    assert_int_equal(
        confidence_of((struct jb_estimate_setup){.update_s = 1e-3, .steps_per_update = 2.4}, &other_w, &locked),
        JB_CONFIDENCE_LOW);
    assert_near(other_w, 2 * good_w, 1e-6);
    /* in between */
    assert_int_equal(confidence_of((struct jb_estimate_setup){.update_s = 1e-3, .edge_s = 1e-4}, &other_w, &locked),
                     JB_CONFIDENCE_MEDIUM);
    assert_near(other_w, good_w, 1e-6);
    /* steps in time with the sensor: one or three updates to a step, two steps to an update */
    const double steps[3] = {1.005, 1 / 2.98, 1.99};
    for (size_t i = 0; i < 3; i++) {
        (void)confidence_of((struct jb_estimate_setup){.update_s = 1e-3, .steps_per_update = steps[i]}, &other_w,
                            &locked);
        assert_true(locked);
    }
    (void)confidence_of((struct jb_estimate_setup){.update_s = 1e-3, .steps_per_update = 1.03}, &other_w, &locked);
    assert_false(locked);
    (void)confidence_of((struct jb_estimate_setup){.update_s = 1e-3, .steps_per_update = 1 / 11.0}, &other_w, &locked);
    assert_false(locked);
}

static void a_table_of_the_machine_is_leaned_on(void **state)
{
    struct watched watched;
    struct jb_op_prior prior[12];
    struct jb_estimate_setup setup = {.cells = 12, .update_s = 0.1, .steps_per_update = 0.8};

    watch(SIM_GPU_LAYERS, 60, &nvml, &watched);
    struct jb_estimate without = estimate_of(&watched, &setup, 1, 1, NULL, 20000);

    for (size_t k = 0; k < 12; k++) {
        double truth = watched.sim.true_j[k] / watched.sim.true_s[k];

        prior[k] = (struct jb_op_prior){.known = true, .mean_w = truth * (k % 2 ? 1.05 : 0.95), .sd_w = 0.05 * truth};
    }
    setup.prior = prior;
    struct jb_estimate with = estimate_of(&watched, &setup, 1, 1, NULL, 20000);
    double worst_with = 0, worst_without = 0;

    for (size_t k = 0; k < 12; k++) {
        double truth = watched.sim.true_j[k] / watched.sim.true_s[k];

        worst_with = fmax(worst_with, fabs(with.power_w[k] / truth - 1));
        worst_without = fmax(worst_without, fabs(without.power_w[k] / truth - 1));
    }
    assert_true(worst_with < 0.1);
    assert_true(worst_without > 0.2);
    prior[3].mean_w = NAN; /* a table may be damaged */
    prior[4].sd_w = 0;
    prior[5].mean_w = -1;
    prior[6].sd_w = INFINITY;
    struct jb_estimate damaged = estimate_of(&watched, &setup, 1, 1, NULL, 20000);
    for (size_t k = 0; k < 12; k++) {
        assert_true(isfinite(damaged.power_w[k]) && isfinite(damaged.sd_w[k]));
    }
    jb_estimate_finish(&with);
    jb_estimate_finish(&without);
    jb_estimate_finish(&damaged);
    forget(&watched);
}

/* More operators than unknowns: those with least time are one, and say so. */
static void very_many_operators_are_bounded(void **state)
{
    struct jb_rows *rows;
    struct jb_estimate estimate;
    struct jb_estimate_setup setup = {.cells = 256, .update_s = 1};
    uint64_t random = 1;

    assert_int_equal(jb_rows_create(no_lag, 1, 4000, &rows), 0);
    for (int i = 0; i < 3000; i++) {
        struct jb_work_share shares[4];
        double joules = 0;

        for (size_t s = 0; s < 4; s++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            uint16_t cell = (uint16_t)((random >> 33) % (s < 2 ? 30 : 256));

            shares[s] = (struct jb_work_share){.cell = cell, .seconds = s < 2 ? 0.4 : 0.1};
            joules += shares[s].seconds * (40 + cell % 50);
        }
        jb_rows_add(rows, 0, joules, 1, 0, true, shares, 4);
    }
    assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
    double sum = 0, seconds = 0;
    int together = 0, many = 0;

    for (int k = 0; k < 256; k++) {
        sum += estimate.power_w[k] * estimate.seconds[k];
        seconds += estimate.seconds[k];
        many = estimate.confidence[k] == JB_CONFIDENCE_LOW ? k : many;
    }
    for (int k = 0; k < 256; k++) {
        together += estimate.group[k] == estimate.group[many];
        if (k < 30) {
            if (!(fabs(estimate.power_w[k] - 40 - k % 50) < 10)) {
                fail_msg("cell %d: %g +- %g W", k, estimate.power_w[k], estimate.sd_w[k]);
            }
        }
    }
    assert_near(sum, estimate.mean_w * seconds, 1e-6);
    assert_true(together >= 100);
    jb_estimate_finish(&estimate);
    jb_rows_destroy(rows);
}

/* ---- whatever comes in ---- */

static double any_number(struct sim_random *random)
{
    static const double odd[] = {0, -1, NAN, INFINITY, -INFINITY, 1e300, 1e-300, 5e-324, 1e12, 1e9, -0.0, 1e-9};

    return sim_uniform(random) < 0.3 ? odd[(size_t)(sim_uniform(random) * 12)] : sim_uniform(random) * 10;
}

static void nothing_becomes_no_number(void **state)
{
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct sim_random random = {.state = seed};
        uint64_t lags[3] = {0, 10, 20};
        size_t lag_count = 1 + (size_t)(sim_uniform(&random) * 3), cells = 1 + (size_t)(sim_uniform(&random) * 20);
        struct jb_op_prior prior[32];
        struct jb_rows *rows;
        struct jb_estimate estimate;
        int row_count = (int)(sim_uniform(&random) * 300);

        assert_int_equal(jb_rows_create(lags, lag_count, 256, &rows), 0);
        for (int i = 0; i < row_count; i++) {
            double energy = any_number(&random), seconds = any_number(&random), edge = any_number(&random);

            for (size_t l = 0; l < lag_count; l++) {
                struct jb_work_share shares[8];
                size_t count = (size_t)(sim_uniform(&random) * 8);

                for (size_t s = 0; s < count; s++) {
                    double size = seed % 2 ? sim_uniform(&random) : any_number(&random);

                    shares[s] = (struct jb_work_share){.cell = (uint16_t)(sim_uniform(&random) * 1.01 * (double)cells),
                                                       .seconds = size};
                }
                if (seed % 5 == 0) {
                    jb_rows_add_window(rows, l, energy, seconds, shares, count);
                } else {
                    jb_rows_add(rows, l, energy, seconds, edge, sim_uniform(&random) < 0.9, shares, count);
                }
            }
        }
        for (size_t k = 0; k < 32; k++) {
            prior[k] = (struct jb_op_prior){
                .known = sim_uniform(&random) < 0.3, .mean_w = any_number(&random), .sd_w = any_number(&random)};
        }
        struct jb_estimate_setup setup = {.cells = cells,
                                          .prior = prior,
                                          .update_s = any_number(&random),
                                          .edge_s = any_number(&random),
                                          .steps_per_update = any_number(&random),
                                          .jackknife = (unsigned)(sim_uniform(&random) * 200)};
        (void)jb_rows_settle(rows);
        assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
        for (size_t k = 0; k < estimate.cells; k++) {
            if (!isfinite(estimate.power_w[k]) || !isfinite(estimate.sd_w[k]) || !(estimate.sd_w[k] >= 0) ||
                estimate.group[k] > (int)k || estimate.group[k] < 0) {
                fail_msg("seed %llu, cell %zu: %g +- %g W", (unsigned long long)seed, k, estimate.power_w[k],
                         estimate.sd_w[k]);
            }
            for (size_t l = 0; l < estimate.cells; l++) {
                assert_true(isfinite(estimate.cov[k * estimate.cells + l]));
            }
        }
        assert_true(isfinite(estimate.noise_j) && isfinite(estimate.edge_noise_j) && isfinite(estimate.tau_w));
        jb_estimate_finish(&estimate);
        jb_rows_destroy(rows);
    }
}

static void confidence_has_names(void **state)
{
    assert_string_equal(jb_confidence_name(JB_CONFIDENCE_LOW), "low");
    assert_string_equal(jb_confidence_name(JB_CONFIDENCE_MEDIUM), "medium");
    assert_string_equal(jb_confidence_name(JB_CONFIDENCE_HIGH), "high");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers_are_found_and_their_sum_is_kept),
        cmocka_unit_test(the_order_of_cells_does_not_matter),
        cmocka_unit_test(units_do_not_matter),
        cmocka_unit_test(rows_beyond_the_room_leave_the_estimate_within_its_interval),
        cmocka_unit_test(an_estimate_can_be_had_again),
        cmocka_unit_test(intervals_of_high_confidence_hold),
        cmocka_unit_test(time_share_is_the_mean_power_everywhere),
        cmocka_unit_test(without_rows_there_is_time_share_and_no_error),
        cmocka_unit_test(rows_that_are_alike_say_nothing),
        cmocka_unit_test(cells_always_together_are_one_row),
        cmocka_unit_test(confidence_and_width_follow_the_sensor),
        cmocka_unit_test(a_table_of_the_machine_is_leaned_on),
        cmocka_unit_test(very_many_operators_are_bounded),
        cmocka_unit_test(nothing_becomes_no_number),
        cmocka_unit_test(confidence_has_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
