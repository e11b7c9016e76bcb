/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of top_history.c. */
#include "cli/top_history.h"
#include "../base/support.h"

#include <math.h>

#define T0 INT64_C(1795316400000)

static struct top_history history;

static int begin(void **state)
{
    memset(&history, 0, sizeof(history));
    return 0;
}

static void each_slice_is_the_mean_of_its_time(void **state)
{
    double w[5];
    for (int i = 1; i <= 10; i++) {
        top_history_add(&history, T0 + i * 1000, i * 10);
    }
    top_history_slices(&history, T0, T0 + 10000, w, 5);
    for (int i = 0; i < 5; i++) {
        assert_true(fabs(w[i] - (15 + 20 * i)) < 1e-9); /* 10 and 20, 30 and 40, ... */
    }
    double half[20]; /* finer than the samples: no holes */
    top_history_slices(&history, T0, T0 + 10000, half, 20);
    for (int i = 0; i < 20; i++) {
        assert_true(fabs(half[i] - (i / 2 + 1) * 10) < 1e-9);
    }
}

static void what_was_not_told_is_a_gap_and_not_zero(void **state)
{
    double w[10];
    top_history_add(&history, T0 + 1000, 100);
    top_history_add(&history, T0 + 2000, (double)NAN);
    top_history_add(&history, T0 + 3000, 300);
    top_history_add(&history, T0 + 9000, 900); /* six seconds of silence before: speaks of one */
    top_history_slices(&history, T0, T0 + 10000, w, 10);
    const double expected[] = {100, NAN, 300, NAN, NAN, NAN, NAN, NAN, 900, NAN};
    for (int i = 0; i < 10; i++) {
        assert_true(isnan(expected[i]) ? isnan(w[i]) : fabs(w[i] - expected[i]) < 1e-9);
    }
    assert_true(top_history_highest(&history, T0, T0 + 10000) == 900);
    assert_true(top_history_highest(&history, T0, T0 + 8000) == 300);
    assert_true(isnan(top_history_highest(&history, T0 + 1000, T0 + 2000)));
    top_history_slices(&history, T0 - 100000, T0 - 90000, w, 10);
    assert_true(isnan(w[0]) && isnan(w[9]));
}

static void jitter_makes_no_gaps(void **state)
{
    double w[100];
    int64_t t = T0;
    struct random r = random_start();
    while (t < T0 + 60000) {
        t += 700 + (int64_t)random_below(&r, 800);
        top_history_add(&history, t, 50);
    }
    top_history_slices(&history, T0, T0 + 60000, w, 100);
    for (int i = 3; i < 100; i++) { /* the first speaks of one second */
        CHECK_SEEDED(&r, fabs(w[i] - 50) < 1e-9);
    }
}

static void the_oldest_make_room(void **state)
{
    double w[2];
    for (int i = 0; i < TOP_SAMPLES + 500; i++) {
        top_history_add(&history, T0 + i * 1000, i);
    }
    assert_int_equal(history.count, TOP_SAMPLES);
    int64_t end = T0 + (TOP_SAMPLES + 499) * 1000;
    top_history_slices(&history, end - 2000, end, w, 2);
    assert_true(w[0] == TOP_SAMPLES + 498 && w[1] == TOP_SAMPLES + 499);
    top_history_slices(&history, T0 + 100000, T0 + 102000, w, 2);
    assert_true(isnan(w[0]) && isnan(w[1]));
}

static void a_clock_that_was_set_back_begins_anew(void **state)
{
    double w[1];
    top_history_add(&history, T0, 1);
    top_history_add(&history, T0, 2); /* the same again */
    top_history_add(&history, -1, 3); /* not known */
    assert_int_equal(history.count, 1);
    top_history_add(&history, T0 - 3600000, 4);
    assert_int_equal(history.count, 1);
    top_history_slices(&history, T0 - 3601000, T0 - 3600000, w, 1);
    assert_true(w[0] == 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_slice_is_the_mean_of_its_time, begin),
        cmocka_unit_test_setup(what_was_not_told_is_a_gap_and_not_zero, begin),
        cmocka_unit_test_setup(jitter_makes_no_gaps, begin),
        cmocka_unit_test_setup(the_oldest_make_room, begin),
        cmocka_unit_test_setup(a_clock_that_was_set_back_begins_anew, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
