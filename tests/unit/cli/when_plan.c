/* SPDX-License-Identifier: Apache-2.0 */
/* What to wait for, and when to change one's mind. */
#include "cli/when.h"

#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOUR_NS  (3600 * (int64_t)JB_NS_PER_S)
#define START_NS (INT64_C(1795348800) * (int64_t)JB_NS_PER_S) /* 2026-11-22T12:00:00Z */

static struct jb_track track;
static const struct cli_when four_in_day = {4 * 3600 * JB_NS_PER_S, 24 * 3600 * JB_NS_PER_S};

/* The hour `hour` from the start emits so much. */
static void put(int hour, double g_per_kwh)
{
    struct jb_point point = {.start_ns = START_NS + hour * HOUR_NS,
                             .end_ns = START_NS + (hour + 1) * HOUR_NS,
                             .g_per_kwh = g_per_kwh,
                             .flags = JB_POINT_FORECAST};
    assert_int_equal(jb_track_put(&track, &point), 0);
}

/* 400 at all hours but `low` to `low` + 3, which have `g`. */
static void day(int hours, int low, double g)
{
    for (int hour = 0; hour < hours; hour++) {
        put(hour, hour >= low && hour < low + 4 ? g : 400);
    }
}

static int teardown(void **state)
{
    jb_track_finish(&track);
    return 0;
}

static void the_low_hours_are_chosen(void **state)
{
    struct when_plan plan;
    day(48, 10, 100);
    assert_int_equal(when_plan_make(&four_in_day, &track, START_NS, &plan), 0);
    assert_int_equal(plan.window.start_ns, START_NS + 10 * HOUR_NS);
    assert_int_equal(plan.until_ns, START_NS + 24 * HOUR_NS);
    assert_true(fabs(when_saving(&plan.window) - 0.75) < 1e-9);
    assert_false(when_plan_due(&plan, START_NS + 10 * HOUR_NS - 1));
    assert_true(when_plan_due(&plan, START_NS + 10 * HOUR_NS));
    assert_true(when_plan_due(&plan, START_NS + 20 * HOUR_NS)); /* slept over it */
}

static void now_is_as_good_as_any(void **state)
{
    struct when_plan plan;
    day(48, 60, 100);
    assert_int_equal(when_plan_make(&four_in_day, &track, START_NS, &plan), 0);
    assert_true(when_plan_due(&plan, START_NS));
}

static void what_lies_beyond_is_not_waited_for(void **state)
{
    struct when_plan plan;
    day(48, 30, 1);
    assert_int_equal(when_plan_make(&four_in_day, &track, START_NS, &plan), 0);
    assert_true(plan.window.end_ns <= plan.until_ns);
}

static void without_a_forecast_there_is_no_plan(void **state)
{
    struct when_plan plan = {.length_ns = 7};
    assert_int_equal(when_plan_make(&four_in_day, &track, START_NS, &plan), -ENODATA);
    day(3, 60, 100); /* three hours hold no four */
    assert_int_equal(when_plan_make(&four_in_day, &track, START_NS, &plan), -ENODATA);
    assert_int_equal(plan.length_ns, 7);
}

static void a_better_window_is_moved_to(void **state)
{
    struct when_plan plan;
    day(48, 10, 100);
    when_plan_make(&four_in_day, &track, START_NS, &plan);
    day(48, 16, 50);
    assert_true(when_plan_look(&plan, &track, START_NS + HOUR_NS));
    assert_int_equal(plan.window.start_ns, START_NS + 16 * HOUR_NS);
    assert_int_equal(plan.until_ns, START_NS + 24 * HOUR_NS);
    assert_false(when_plan_look(&plan, &track, START_NS + HOUR_NS));
}

static void a_hair_is_not_worth_a_move(void **state)
{
    struct when_plan plan;
    day(48, 10, 100);
    when_plan_make(&four_in_day, &track, START_NS, &plan);
    for (int hour = 0; hour < 4; hour++) {
        put(16 + hour, 99.5);
    }
    assert_false(when_plan_look(&plan, &track, START_NS + HOUR_NS));
    assert_int_equal(plan.window.start_ns, START_NS + 10 * HOUR_NS);
    for (int hour = 0; hour < 4; hour++) {
        put(16 + hour, 98.5);
    }
    assert_true(when_plan_look(&plan, &track, START_NS + HOUR_NS));
}

static void a_window_that_got_worse_is_left(void **state)
{
    struct when_plan plan;
    day(48, 10, 100);
    when_plan_make(&four_in_day, &track, START_NS, &plan);
    day(48, 2, 300);
    assert_true(when_plan_look(&plan, &track, START_NS + HOUR_NS));
    assert_int_equal(plan.window.start_ns, START_NS + 2 * HOUR_NS);
}

static void the_figures_follow_the_newer_forecast(void **state)
{
    struct when_plan plan;
    day(48, 10, 100);
    when_plan_make(&four_in_day, &track, START_NS, &plan);
    day(48, 10, 120);
    assert_false(when_plan_look(&plan, &track, START_NS + HOUR_NS));
    assert_true(fabs(plan.window.g_per_kwh - 120) < 1e-9);
}

static void a_forecast_that_is_gone_leaves_the_plan(void **state)
{
    struct when_plan plan, before;
    day(48, 10, 100);
    when_plan_make(&four_in_day, &track, START_NS, &plan);
    before = plan;
    struct jb_track empty = {0};
    assert_false(when_plan_look(&plan, &empty, START_NS + HOUR_NS));
    assert_memory_equal(&plan, &before, sizeof(plan));
    /* Too late for another window: the planned one stays. */
    assert_false(when_plan_look(&plan, &track, START_NS + 23 * HOUR_NS));
    assert_memory_equal(&plan, &before, sizeof(plan));
}

static void a_window_that_is_no_longer_foretold_is_left(void **state)
{
    struct when_plan plan;
    day(48, 10, 100);
    when_plan_make(&four_in_day, &track, START_NS, &plan);
    jb_track_cut(&track, START_NS, START_NS + 11 * HOUR_NS);
    assert_true(when_plan_look(&plan, &track, START_NS + HOUR_NS));
    assert_true(plan.window.end_ns <= START_NS + 11 * HOUR_NS);
}

static void what_is_saved_may_be_unknown(void **state)
{
    struct jb_window window = {.g_per_kwh = 100, .now_g_per_kwh = NAN};
    assert_true(isnan(when_saving(&window)));
    window.now_g_per_kwh = 0;
    assert_true(isnan(when_saving(&window)));
    window.now_g_per_kwh = 80;
    assert_true(when_saving(&window) < 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_low_hours_are_chosen),
        TEST(now_is_as_good_as_any),
        TEST(what_lies_beyond_is_not_waited_for),
        TEST(without_a_forecast_there_is_no_plan),
        TEST(a_better_window_is_moved_to),
        TEST(a_hair_is_not_worth_a_move),
        TEST(a_window_that_got_worse_is_left),
        TEST(the_figures_follow_the_newer_forecast),
        TEST(a_forecast_that_is_gone_leaves_the_plan),
        TEST(a_window_that_is_no_longer_foretold_is_left),
        TEST(what_is_saved_may_be_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
