/* SPDX-License-Identifier: Apache-2.0 */
/* The line from the sensors to the wall: what it must find, what it must refuse, and whether it is worth having. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attribution/wall_fit.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545f4914f6cdd1dull;
}

static double uniform(uint64_t *state)
{
    return ((double)(next_random(state) >> 11) + 0.5) * 0x1p-53;
}

static double normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(uniform(state)));

    return radius * cos(2 * M_PI * uniform(state));
}

static void points_on_a_line_give_it_back(void **state)
{
    const struct jb_wall_reading readings[] = {
        {50, 57 + 1.1 * 50, 15}, {100, 57 + 1.1 * 100, 5}, {300, 57 + 1.1 * 300, 40}};
    struct jb_wall_line line;
    double wall_j, sigma_j;

    assert_int_equal(jb_wall_fit(readings, 3, &line), JB_WALL_GOOD);
    assert_float_equal(line.a_w, 57, 1e-9);
    assert_float_equal(line.b, 1.1, 1e-12);
    assert_true(line.residual_w < 1e-9);
    assert_true(line.min_w == 50 && line.max_w == 300 && line.count == 3);
    jb_wall_predict(&line, 1000, 10, &wall_j, &sigma_j);
    assert_float_equal(wall_j, 57 * 10 + 1.1 * 1000, 1e-6);
    assert_true(sigma_j < 1e-6);
}

/* Worked by hand: x 1, 2, 3, 4 about 2.5; b = 9.5 / 5, a = 4.75 - 1.9 * 2.5, residuals .1 .2 -.7 .4. */
static void the_covariance_is_that_of_the_textbook(void **state)
{
    const struct jb_wall_reading readings[] = {{1, 2, 1}, {2, 4, 1}, {3, 5, 1}, {4, 8, 1}};
    struct jb_wall_line line;
    double variance = 0.7 / 2;

    assert_int_equal(jb_wall_fit(readings, 4, &line), JB_WALL_GOOD);
    assert_float_equal(line.b, 1.9, 1e-12);
    assert_float_equal(line.a_w, 0, 1e-12);
    assert_float_equal(line.residual_w, sqrt(variance), 1e-12);
    assert_float_equal(line.var_b, variance / 5, 1e-12);
    assert_float_equal(line.var_a, variance * (0.25 + 2.5 * 2.5 / 5), 1e-12);
    assert_float_equal(line.cov_ab, -variance * 2.5 / 5, 1e-12);

    double wall_j, sigma_j; /* at the mean the line is known best: s sqrt(1 + 1/n), times Student's t of two */
    jb_wall_predict(&line, 2.5 * 7, 7, &wall_j, &sigma_j);
    assert_float_equal(sigma_j, 1.321 * 7 * sqrt(variance * 1.25), 1e-9);
}

static void a_reading_weighs_by_the_time_it_rests_on(void **state)
{
    const struct jb_wall_reading once[] = {{10, 20, 2}, {20, 35, 1}, {30, 44, 1}};
    const struct jb_wall_reading twice[] = {{10, 20, 1}, {10, 20, 1}, {20, 35, 1}, {30, 44, 1}};
    struct jb_wall_line a, b;

    assert_int_equal(jb_wall_fit(once, 3, &a), JB_WALL_GOOD);
    assert_int_equal(jb_wall_fit(twice, 4, &b), JB_WALL_GOOD);
    assert_float_equal(a.a_w, b.a_w, 1e-9);
    assert_float_equal(a.b, b.b, 1e-12);
}

static void the_error_grows_away_from_the_readings(void **state)
{
    const struct jb_wall_reading readings[] = {{40, 102, 1}, {60, 123, 1}, {80, 148, 1}, {100, 168, 1}};
    struct jb_wall_line line;
    double wall_j, last_j = 0, sigma_j;

    assert_int_equal(jb_wall_fit(readings, 4, &line), JB_WALL_GOOD);
    for (double watts = 70; watts <= 1000; watts += 10) {
        jb_wall_predict(&line, watts, 1, &wall_j, &sigma_j);
        assert_true(sigma_j > last_j);
        last_j = sigma_j;
    }
    assert_true(last_j > 5 * line.residual_w);
}

static void too_little_to_go_by_is_refused(void **state)
{
    const struct jb_wall_reading two[] = {{10, 20, 1}, {30, 44, 1}};
    const struct jb_wall_reading same[] = {{100, 170, 1}, {104, 175, 1}, {108, 190, 1}};
    const struct jb_wall_reading dark[] = {{0, 10, 1}, {0, 10, 1}, {0, 10, 1}};
    struct jb_wall_line line = {.b = -7};

    assert_int_equal(jb_wall_fit(NULL, 0, &line), JB_WALL_TOO_FEW);
    assert_int_equal(jb_wall_fit(two, 2, &line), JB_WALL_TOO_FEW);
    assert_int_equal(jb_wall_fit(same, 3, &line), JB_WALL_NO_SPREAD);
    assert_int_equal(jb_wall_fit(dark, 3, &line), JB_WALL_NO_SPREAD);
    assert_true(line.b == -7);
}

static void what_is_no_number_is_refused(void **state)
{
    const double bad[] = {NAN, INFINITY, -INFINITY, -1};
    struct jb_wall_line line;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct jb_wall_reading readings[] = {{10, 70, 1}, {20, 80, 1}, {30, 90, 1}};
        readings[0].sensors_w = bad[i];
        assert_int_equal(jb_wall_fit(readings, 3, &line), JB_WALL_NO_NUMBERS);
        readings[0] = (struct jb_wall_reading){10, bad[i], 1};
        assert_int_equal(jb_wall_fit(readings, 3, &line), JB_WALL_NO_NUMBERS);
        readings[0] = (struct jb_wall_reading){10, 70, bad[i]};
        assert_int_equal(jb_wall_fit(readings, 3, &line), JB_WALL_NO_NUMBERS);
    }
    struct jb_wall_reading weightless[] = {{10, 70, 0}, {20, 80, 1}, {30, 90, 1}};
    assert_int_equal(jb_wall_fit(weightless, 3, &line), JB_WALL_NO_NUMBERS);
    struct jb_wall_reading huge[] = {{DBL_MAX, 70, 1}, {DBL_MAX / 2, 80, DBL_MAX}, {0, 90, DBL_MAX}};
    assert_true(jb_wall_fit(huge, 3, &line) >= JB_WALL_SLOPE);
}

/* Half a watt at the wall for each watt inside, or three: this is not the meter of this machine. */
static void a_slope_that_no_supply_has_is_refused(void **state)
{
    const double slopes[] = {-1, 0, 0.5, 0.79, 2.01, 3};
    struct jb_wall_line line;

    for (size_t i = 0; i < sizeof(slopes) / sizeof(slopes[0]); i++) {
        struct jb_wall_reading readings[4];
        for (int k = 0; k < 4; k++) {
            readings[k] = (struct jb_wall_reading){20 * k + 20, 200 + slopes[i] * (20 * k + 20), 1};
        }
        assert_int_equal(jb_wall_fit(readings, 4, &line), JB_WALL_SLOPE);
        assert_float_equal(line.b, slopes[i], 1e-9);
    }
}

static void less_than_nothing_at_rest_is_told_when_it_is_beyond_the_error(void **state)
{
    const struct jb_wall_reading surely[] = {{100, 90, 1}, {200, 200.5, 1}, {300, 310, 1}, {400, 420, 1}};
    const struct jb_wall_reading perhaps[] = {{100, 90, 1}, {200, 230, 1}, {300, 310, 1}, {400, 440, 1}};
    const struct jb_wall_reading through_nothing[] = {{100, 110, 1}, {200, 220, 1}, {300, 330, 1}};
    struct jb_wall_line line;

    assert_int_equal(jb_wall_fit(surely, 4, &line), JB_WALL_BASE_NEGATIVE);
    assert_true(line.a_w < 0 && line.b > 1);
    assert_int_equal(jb_wall_fit(perhaps, 4, &line), JB_WALL_GOOD);
    assert_int_equal(jb_wall_fit(through_nothing, 3, &line), JB_WALL_GOOD);
}

/* A run of the published machine: sensors from 80 to 550 W, evenly in their logarithm, the wall 4 % about the line. */
static struct jb_wall_reading published_run(uint64_t *random)
{
    double sensors_w = 80 * pow(550.0 / 80.0, uniform(random));

    return (struct jb_wall_reading){sensors_w, (56.8 + 1.117 * sensors_w) * (1 + 0.04 * normal(random)), 1};
}

/*
 * The published case (arXiv 2509.22092; a 56.8 W, b 1.117, 28.9 % before, 5.3 % with three random points): over many
 * machines, three random runs fitted and the rest predicted. And the stated error must be true: about 68 % within it.
 */
static void three_readings_bring_the_published_case_under_six_percent(void **state)
{
    enum { MACHINES = 2000, HELD_OUT = 50 };
    double before = 0, after = 0;
    int refused = 0, runs = 0, within = 0;

    for (uint64_t seed = 1; seed <= MACHINES; seed++) {
        uint64_t random = seed * 0x9e3779b97f4a7c15ull;
        struct jb_wall_reading readings[3];
        struct jb_wall_line line;
        for (int i = 0; i < 3; i++) {
            readings[i] = published_run(&random);
        }
        if (jb_wall_fit(readings, 3, &line) > JB_WALL_BASE_NEGATIVE) {
            refused++;
            continue;
        }
        for (int i = 0; i < HELD_OUT; i++) {
            struct jb_wall_reading run = published_run(&random);
            double wall_j, sigma_j;
            jb_wall_predict(&line, run.sensors_w, 1, &wall_j, &sigma_j);
            before += fabs(run.sensors_w - run.wall_w) / run.wall_w;
            after += fabs(wall_j - run.wall_w) / run.wall_w;
            within += fabs(wall_j - run.wall_w) <= sigma_j;
            runs++;
        }
    }
    before *= 100.0 / runs;
    after *= 100.0 / runs;
    double truth = 100.0 * within / runs;
    print_message("# before %.1f %%, after %.2f %%, within one sigma %.0f %%, refused %d of %d\n", before, after, truth,
                  refused, MACHINES);
    assert_true(before > 27 && before < 31);
    assert_true(after < 6);
    assert_true(truth > 60 && truth < 80);
    assert_true(refused < MACHINES / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_on_a_line_give_it_back),
        cmocka_unit_test(the_covariance_is_that_of_the_textbook),
        cmocka_unit_test(a_reading_weighs_by_the_time_it_rests_on),
        cmocka_unit_test(the_error_grows_away_from_the_readings),
        cmocka_unit_test(too_little_to_go_by_is_refused),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(a_slope_that_no_supply_has_is_refused),
        cmocka_unit_test(less_than_nothing_at_rest_is_told_when_it_is_beyond_the_error),
        cmocka_unit_test(three_readings_bring_the_published_case_under_six_percent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
