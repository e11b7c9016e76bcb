/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of history_forget.c and of what a history costs: what is kept and for how long, whatever the clock does; bytes
 * of the file, time of an append.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "common.h"
#include "store/database.h"

#define S    INT64_C(1000000000)
#define HOUR (3600 * S)
#define DAY0 (INT64_C(1795305600) * S)
#define YEAR (365 * 24 * HOUR)

static const struct jb_history_limits for_ever = {{0, 0, 0}};

/* Rows of one second, the last ending at `end_ns`; what they used in the channels of the total. */
static uint64_t append_seconds(struct jb_history *history, struct random *random, int64_t end_ns, int count)
{
    uint64_t total_uj = 0;
    struct made_row made;
    for (int i = count - 1; i >= 0; i--) {
        make_row(&made, random, end_ns - i * S, (uint64_t)S, 2, false);
        append_row(history, &made);
        total_uj += made.values[0].energy_uj + made.values[1].energy_uj;
    }
    return total_uj;
}

static uint64_t total(struct jb_store *store)
{
    struct jb_history_sum sum;
    struct jb_diag diag = {0};
    assert_good(diag, jb_history_sum(store, NULL, &sum, &diag));
    return sum.energy_uj;
}

/* All that is kept between two times, at a level. */
static double drawn(struct jb_store *store, int64_t t0_ns, int64_t t1_ns, size_t count, enum jb_history_level level)
{
    double uj[2];
    assert_int_equal(energy_between(store, t0_ns, t1_ns, count, 2, uj), level);
    return uj[0] + uj[1];
}

static void what_is_over_the_limit_is_forgotten_and_the_coarser_goes_on(void **state)
{
    const struct jb_history_limits limits = {{600, 2 * 3600, 0}};
    struct random random = {.state = 5};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history *history = open_history(store, limits, 2);
    uint64_t sum_uj = append_seconds(history, &random, DAY0 + 6 * HOUR + 1234 * S, 6 * 3600 + 1234);
    assert_true(total(store) == sum_uj);
    int64_t seconds_ns = sql_number(path, "SELECT second_held_ns FROM history");
    assert_true(seconds_ns >= 600 * S && seconds_ns < 660 * S);
    int64_t minutes_ns = sql_number(path, "SELECT minute_held_ns FROM history");
    assert_true(minutes_ns >= 2 * HOUR && minutes_ns < 3 * HOUR);
    /* Drawn by the second: its own for the last 10 minutes, minutes before, hours before those; all of it once. */
    double all_uj = drawn(store, DAY0, DAY0 + 7 * HOUR, 7 * 3600, JB_HISTORY_SECONDS);
    assert_true(fabs(all_uj - (double)sum_uj) < 1000);
    all_uj = drawn(store, DAY0, DAY0 + 7 * HOUR, 7 * 60, JB_HISTORY_MINUTES);
    assert_true(fabs(all_uj - (double)sum_uj) < 1000);
    all_uj = drawn(store, DAY0, DAY0 + 7 * HOUR, 7, JB_HISTORY_HOURS);
    assert_true(fabs(all_uj - (double)sum_uj) < 1000);
    /* The two ends of the seconds are in their place: every slice of a second has about its 165 J. */
    struct jb_slice *slices = calloc(2 * 1800, sizeof(*slices));
    enum jb_history_level level;
    struct jb_diag diag = {0};
    int64_t end_ns = DAY0 + 6 * HOUR + 1234 * S;
    assert_good(diag, jb_history_slices(store, NULL, end_ns - 1800 * S, end_ns, 1800, 2, slices, NULL, &level, &diag));
    for (int i = 0; i < 1800; i++) {
        if (slices[i].energy_uj < 100e6 || slices[i].energy_uj > 210e6) {
            fail_msg("%d s before the end: %.1f J", 1800 - i, slices[i].energy_uj / 1e6);
        }
    }
    free(slices);
    jb_history_close(history);
    jb_store_close(store);
    assert_sound(path);
}

static void smaller_limits_are_reached_in_time(void **state)
{
    const struct jb_history_limits less = {{120, 0, 0}};
    struct random random = {.state = 5};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history *history = open_history(store, for_ever, 2);
    uint64_t sum_uj = append_seconds(history, &random, DAY0 + 2 * HOUR, 7200);
    assert_int_equal(sql_number(path, "SELECT second_held_ns FROM history"), 7200 * S);
    jb_history_close(history);
    history = open_history(store, less, 2);
    sum_uj += append_seconds(history, &random, DAY0 + 2 * HOUR + 200 * S, 200);
    int64_t held_ns = sql_number(path, "SELECT second_held_ns FROM history");
    assert_true(held_ns >= 120 * S && held_ns < 190 * S);
    assert_true(total(store) == sum_uj);
    jb_history_close(history);
    jb_store_close(store);
}

static void the_file_does_not_grow_for_ever(void **state)
{
    const struct jb_history_limits limits = {{600, 1800, 3600}};
    struct random random = {.state = 6};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history *history = open_history(store, limits, 2);
    append_seconds(history, &random, DAY0 + 2 * HOUR, 2 * 3600);
    int64_t before = sql_number(path, "PRAGMA page_count");
    append_seconds(history, &random, DAY0 + 12 * HOUR, 10 * 3600);
    assert_true(sql_number(path, "PRAGMA page_count") <= before + 2);
    jb_history_close(history);
    jb_store_close(store);
    assert_sound(path);
}

static void a_clock_set_back_onto_rows_loses_none(void **state)
{
    const struct jb_history_limits limits = {{24 * 3600, 0, 0}};
    struct random random = {.state = 7};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history *history = open_history(store, limits, 2);
    uint64_t sum_uj = append_seconds(history, &random, DAY0 + 2 * HOUR, 7200);
    for (int i = 0; i < 3; i++) { /* an hour back, three times, onto the very same moments */
        sum_uj += append_seconds(history, &random, DAY0 + 2 * HOUR + i * 60 * S, 3600 + i * 60);
        assert_true(total(store) == sum_uj);
        jb_history_close(history);
        history = open_history(store, limits, 2);
    }
    assert_true(fabs(drawn(store, DAY0, DAY0 + 3 * HOUR, 3 * 3600, JB_HISTORY_SECONDS) - (double)sum_uj) < 1000);
    assert_true(fabs(drawn(store, DAY0, DAY0 + 3 * HOUR, 3 * 60, JB_HISTORY_MINUTES) - (double)sum_uj) < 1000);
    assert_true(fabs(drawn(store, DAY0, DAY0 + 3 * HOUR, 3, JB_HISTORY_HOURS) - (double)sum_uj) < 1000);
    jb_history_close(history);
    jb_store_close(store);
    assert_sound(path);
}

static void a_clock_ten_years_ahead_and_back_forgets_nothing(void **state)
{
    const struct jb_history_limits limits = {{7200, 24 * 3600, 0}};
    struct random random = {.state = 8};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history *history = open_history(store, limits, 2);
    uint64_t before_uj = append_seconds(history, &random, DAY0 + 1800 * S, 1800);
    uint64_t ahead_uj = append_seconds(history, &random, DAY0 + 10 * YEAR + 900 * S, 900);
    uint64_t after_uj = append_seconds(history, &random, DAY0 + HOUR + 900 * S, 900);
    double now_uj = (double)(before_uj + after_uj);
    assert_true(total(store) == before_uj + ahead_uj + after_uj);
    assert_int_equal(sql_number(path, "SELECT second_held_ns FROM history"), 3600 * S);
    assert_true(fabs(drawn(store, DAY0, DAY0 + 2 * HOUR, 7200, JB_HISTORY_SECONDS) - now_uj) < 1000);
    assert_true(fabs(drawn(store, DAY0, DAY0 + 2 * HOUR, 120, JB_HISTORY_MINUTES) - now_uj) < 1000);
    assert_true(fabs(drawn(store, DAY0, DAY0 + 2 * HOUR, 2, JB_HISTORY_HOURS) - now_uj) < 1000);
    assert_true(fabs(drawn(store, DAY0 + 10 * YEAR, DAY0 + 10 * YEAR + HOUR, 1, JB_HISTORY_HOURS) - (double)ahead_uj) <
                1000);
    jb_history_close(history);
    jb_store_close(store);
}

/* Bytes of the file for each of `count` rows that are `length_s` long, at each of the levels they are written to. */
static double bytes_of_a_row(void **state, int64_t length_s, int count, int levels)
{
    struct random random = {.state = (uint64_t)length_s};
    char name[32];
    jb_snprintf(name, sizeof(name), "%d.db", (int)length_s);
    const char *path = in_folder(state, name);
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    int64_t before = sql_number(path, "PRAGMA page_count");
    struct jb_history *history = open_history(store, for_ever, 12);
    struct made_row made;
    for (int i = 1; i <= count; i++) {
        int64_t off_ns = (int64_t)random_below(&random, 4000000) - 2000000;
        make_row(&made, &random, DAY0 + i * length_s * S + off_ns, (uint64_t)(length_s * S + off_ns / 50), 12, false);
        append_row(history, &made);
    }
    jb_history_close(history);
    jb_store_close(store);
    double bytes = (double)(sql_number(path, "PRAGMA page_count") - before) * 8192;
    return bytes / count / levels;
}

/* Seconds of 7 days, minutes of 366, hours of ten years, of 12 busy channels, in a file of less than 300 MB. */
static void a_year_of_twelve_channels_is_small(void **state)
{
    double second = bytes_of_a_row(state, 1, 20000, 1); /* with its part of a minute and an hour: a little too much */
    double minute = bytes_of_a_row(state, 60, 10000, 2), hour = bytes_of_a_row(state, 3600, 5000, 3);
    double all = second * 7 * 86400 + minute * 366 * 1440 + hour * 3653 * 24;
    print_message("# %.0f bytes a second, %.0f a minute, %.0f an hour: %.0f MB\n", second, minute, hour, all / 1e6);
    assert_true(all < 300e6);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The limit of the test is wide: machines differ, and tests run beside each other. The figure is what counts. */
static void an_append_costs_little(void **state)
{
    enum { COUNT = 3000 };
    const struct jb_history_limits limits = {{1200, 1800, 0}};
    struct random random = {.state = 5};
    static uint64_t each_ns[COUNT];
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_history *history = open_history(store, limits, 12);
    struct made_row *rows = calloc(COUNT, sizeof(*rows));
    for (int i = 0; i < COUNT; i++) {
        make_row(&rows[i], &random, DAY0 + (i + 1) * S, (uint64_t)S, 12, false);
        rows[i].row.values = rows[i].values;
    }
    uint64_t start_ns = jb_self_cpu_ns();
    for (int i = 0; i < COUNT; i++) {
        uint64_t before_ns = jb_self_cpu_ns();
        append_row(history, &rows[i]);
        each_ns[i] = jb_self_cpu_ns() - before_ns;
    }
    double mean_us = (double)(jb_self_cpu_ns() - start_ns) / COUNT / 1e3;
    qsort(each_ns, COUNT, sizeof(each_ns[0]), by_value);
    print_message("# CPU time of an append of 12 channels: mean %.1f us, median %.1f us, 99 %% below %.1f us\n",
                  mean_us, (double)each_ns[COUNT / 2] / 1e3, (double)each_ns[COUNT * 99 / 100] / 1e3);
    assert_true(each_ns[COUNT / 2] < 2000000);
    free(rows);
    jb_history_close(history);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_is_over_the_limit_is_forgotten_and_the_coarser_goes_on),
        IN_FOLDER(smaller_limits_are_reached_in_time),
        IN_FOLDER(the_file_does_not_grow_for_ever),
        IN_FOLDER(a_clock_set_back_onto_rows_loses_none),
        IN_FOLDER(a_clock_ten_years_ahead_and_back_forgets_nothing),
        IN_FOLDER(a_year_of_twelve_channels_is_small),
        IN_FOLDER(an_append_costs_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
