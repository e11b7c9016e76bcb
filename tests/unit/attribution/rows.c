/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "attribution/estimate.h"
#include "bench/attribution/sim.h"

static const uint64_t no_lag[1] = {0};
static const struct jb_work_share half[2] = {{.cell = 0, .seconds = 0.5}, {.cell = 1, .seconds = 0.5}};

static void lags_that_are_none_are_refused(void **state)
{
    uint64_t lags[2] = {5, 5};
    struct jb_rows *rows = NULL;

    assert_int_equal(jb_rows_create(lags, 0, 100, &rows), -EINVAL);
    assert_int_equal(jb_rows_create(lags, JB_LAGS + 1, 100, &rows), -EINVAL);
    assert_int_equal(jb_rows_create(lags, 2, 100, &rows), -EINVAL);
    assert_null(rows);
}

static void rows_that_cannot_be_are_not_there(void **state)
{
    struct jb_rows *rows;
    struct jb_work_share wrong = {.cell = JB_WORK_CELLS, .seconds = 1}, nan = {.cell = 0, .seconds = NAN};
    struct jb_estimate_setup setup = {.cells = 2};
    struct jb_estimate estimate;

    assert_int_equal(jb_rows_create(no_lag, 1, 100, &rows), 0);
    jb_rows_add(rows, 0, NAN, 1, 0, false, half, 2);
    jb_rows_add(rows, 0, -1, 1, 0, false, half, 2);
    jb_rows_add(rows, 0, 1e300, 1, 0, false, half, 2);
    jb_rows_add(rows, 0, 1, INFINITY, 0, false, half, 2);
    jb_rows_add(rows, 0, 1, 0, 0, false, half, 2);
    jb_rows_add(rows, 7, 1, 1, 0, false, half, 2); /* no such lag */
    assert_int_equal(jb_rows_count(rows), 0);
    jb_rows_add(rows, 0, 1, 1, NAN, true, &wrong, 1);
    jb_rows_add(rows, 0, 1, 1, NAN, true, &nan, 1);
    jb_rows_add(rows, 0, 1, 1, NAN, true, NULL, 0);
    assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
    assert_int_equal(estimate.rows, 0);
    assert_true(estimate.mean_w == 0 && !estimate.informed);
    jb_estimate_finish(&estimate);
    jb_rows_destroy(rows);
    jb_rows_destroy(NULL);
}

/* 30 times more than there is room for: energy and time are still all there. */
static void sums_are_of_all_rows(void **state)
{
    struct jb_rows *rows;
    struct jb_estimate_setup setup = {.cells = 2};
    struct jb_estimate estimate;

    assert_int_equal(jb_rows_create(no_lag, 1, 300, &rows), 0);
    for (int i = 0; i < 9000; i++) {
        struct jb_work_share shares[2] = {{.cell = 0, .seconds = 0.25 + 0.5 * (i % 2)},
                                          {.cell = 1, .seconds = 0.75 - 0.5 * (i % 2)}};

        jb_rows_add(rows, 0, 10 * shares[0].seconds + 30 * shares[1].seconds, 1, 0, true, shares, 2);
    }
    assert_in_range(jb_rows_count(rows), 128, 300);
    assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
    assert_true(fabs(estimate.seconds[0] - 4500) < 1e-6 && fabs(estimate.seconds[1] - 4500) < 1e-6);
    assert_true(fabs(estimate.mean_w - 20) < 1e-9);
    assert_true(fabs(estimate.power_w[0] - 10) < 0.01 && fabs(estimate.power_w[1] - 30) < 0.01);
    jb_estimate_finish(&estimate);
    jb_rows_destroy(rows);
}

static void thinned_rows_lie_evenly_over_the_run(void **state)
{
    struct jb_rows *rows;
    struct jb_estimate_setup setup = {.cells = 40};
    struct jb_estimate estimate;

    /* Cell n is busy in the n-th fortieth of the run alone, with a power of its own: all of them are still known. */
    assert_int_equal(jb_rows_create(no_lag, 1, 8000, &rows), 0);
    for (int i = 0; i < 400000; i++) {
        struct jb_work_share share = {.cell = (uint16_t)(i / 10000), .seconds = 1};

        jb_rows_add(rows, 0, 50 + i / 10000, 1, 0, true, &share, 1);
    }
    assert_in_range(jb_rows_count(rows), 3900, 8000);
    assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
    for (int k = 0; k < 40; k++) {
        if (!(fabs(estimate.power_w[k] - 50 - k) < 0.5)) {
            fail_msg("cell %d: %g W", k, estimate.power_w[k]);
        }
    }
    jb_estimate_finish(&estimate);
    jb_rows_destroy(rows);
}

static void rows_of_all_cells_fill_the_room_and_no_more(void **state)
{
    uint64_t lags[JB_LAGS];
    struct jb_work_share shares[JB_WORK_CELLS];
    struct jb_rows *rows;

    for (size_t l = 0; l < JB_LAGS; l++) {
        lags[l] = l;
    }
    for (size_t k = 0; k < JB_WORK_CELLS; k++) {
        shares[k] = (struct jb_work_share){.cell = (uint16_t)k, .seconds = 0.001};
    }
    assert_int_equal(jb_rows_create(lags, JB_LAGS, 0, &rows), 0);
    for (int i = 0; i < 1000; i++) {
        for (size_t l = 0; l < JB_LAGS; l++) {
            jb_rows_add(rows, l, 1, 0.256, 0, true, shares, JB_WORK_CELLS);
        }
    }
    assert_in_range(jb_rows_count(rows), 32, 256);
    jb_rows_destroy(rows);
}

/* ---- lag ---- */

static struct jb_rows *late_rows(size_t seconds, struct sim *sim, const uint64_t *lags, size_t lag_count)
{
    struct sim_sensor sensor = {.update_s = 0.02,
                                .jitter_s = 0.0002,
                                .quantum_j = 0.001,
                                .poll_s = 0.002,
                                .poll_jitter_s = 4e-5,
                                .detect_s = 0.002,
                                .lag_s = 0.03};
    struct sim_row *seen;

    sim_create(SIM_GPU, (double)seconds, 3, 0.05, 0.03, sim);
    size_t count = sim_watch(sim, &sensor, 3, &seen);
    struct jb_rows *rows = sim_rows(sim, seen, count, lags, lag_count, 0.002 / sqrt(12), 0, 5000);
    free(seen);
    return rows;
}

static void the_lag_is_found(void **state)
{
    uint64_t lags[5] = {0, 15000000, 30000000, 45000000, 60000000};
    struct jb_estimate_setup setup = {.cells = 12};
    struct jb_estimate early, settled;
    struct sim sim;
    struct jb_rows *rows = late_rows(5, &sim, lags, 5); /* 250 rows: not settled */

    assert_int_equal(jb_rows_settle(rows), -EAGAIN);
    assert_int_equal(jb_rows_lag(rows), -1);
    assert_int_equal(jb_estimate(rows, &setup, &early), 0);
    assert_true(fabs(early.lag_s - 0.03) < 1e-9);
    jb_rows_destroy(rows);
    sim_destroy(&sim);
    rows = late_rows(20, &sim, lags, 5);
    assert_int_equal(jb_rows_lag(rows), 2);
    assert_int_equal(jb_rows_settle(rows), 2);
    assert_int_equal(jb_estimate(rows, &setup, &settled), 0);
    assert_true(fabs(settled.lag_s - 0.03) < 1e-9);
    assert_true(settled.rows > 900);
    jb_estimate_finish(&early);
    jb_estimate_finish(&settled);
    jb_rows_destroy(rows);
    sim_destroy(&sim);
}

/* Lags that make no difference at all never lead; at last one is taken. */
static void lags_alike_are_settled_at_last(void **state)
{
    uint64_t lags[3] = {0, 1, 2};
    struct jb_rows *rows;
    int lag = -EAGAIN, looks = 0;

    assert_int_equal(jb_rows_create(lags, 3, 10000, &rows), 0);
    for (int i = 0; i < 3000 && lag < 0; i++) {
        struct jb_work_share shares[2] = {{.cell = 0, .seconds = 0.5 + 0.3 * sin(i)},
                                          {.cell = 1, .seconds = 0.5 - 0.3 * sin(i)}};

        for (size_t l = 0; l < 3; l++) {
            jb_rows_add(rows, l, 20 + 5 * sin(i) + 0.1 * cos(7 * i), 1, 0, true, shares, 2);
        }
        lag = jb_rows_settle(rows);
        looks = i + 1;
    }
    assert_int_equal(lag, 0);
    assert_int_equal(looks, 2048);
    jb_rows_add(rows, 1, 20, 1, 0, true, half, 2); /* forgotten: no row */
    assert_int_equal(jb_rows_count(rows), 2048);
    jb_rows_add(rows, 0, 20, 1, 0, true, half, 2);
    assert_int_equal(jb_rows_count(rows), 2049);
    jb_rows_destroy(rows);
}

/* ---- blur ---- */

static void offsets_are_spread_over_the_doubt(void **state)
{
    int64_t offsets[JB_BLUR];

    assert_int_equal(jb_rows_blur(0, offsets), 1);
    assert_int_equal(offsets[0], 0);
    assert_int_equal(jb_rows_blur(NAN, offsets), 1);
    assert_int_equal(jb_rows_blur(1e-5, offsets), 3);
    assert_int_equal(jb_rows_blur(0.002 / sqrt(12), offsets), JB_BLUR); /* +- 1 ms */
    for (size_t i = 0; i < JB_BLUR; i++) {
        assert_int_equal(offsets[i], -offsets[JB_BLUR - 1 - i]);
    }
    assert_in_range(offsets[JB_BLUR - 1], 880000, 900000);
}

static void shares_are_mixed_by_cell(void **state)
{
    struct jb_work_share sum[JB_WORK_CELLS];
    struct jb_work_share other[3] = {{.cell = 1, .seconds = 2}, {.cell = 7, .seconds = 4}, {.cell = 999, .seconds = 1}};
    size_t count = jb_rows_mix(sum, 0, half, 2, 0.5);

    count = jb_rows_mix(sum, count, other, 3, 0.25);
    assert_int_equal(count, 3);
    assert_true(sum[0].cell == 0 && sum[0].seconds == 0.25);
    assert_true(sum[1].cell == 1 && sum[1].seconds == 0.75);
    assert_true(sum[2].cell == 7 && sum[2].seconds == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lags_that_are_none_are_refused),
        cmocka_unit_test(rows_that_cannot_be_are_not_there),
        cmocka_unit_test(sums_are_of_all_rows),
        cmocka_unit_test(thinned_rows_lie_evenly_over_the_run),
        cmocka_unit_test(rows_of_all_cells_fill_the_room_and_no_more),
        cmocka_unit_test(the_lag_is_found),
        cmocka_unit_test(lags_alike_are_settled_at_last),
        cmocka_unit_test(offsets_are_spread_over_the_doubt),
        cmocka_unit_test(shares_are_mixed_by_cell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
