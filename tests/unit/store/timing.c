/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of timing.c and op_power.c: what is learned of a machine's sensors and operators.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"

static void timing_comes_back_and_is_replaced(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_sensor_timing timing = {1000000, 2000, 300, 0, INT64_C(1795316400123456789)}, got = {.lag_ns = 9};
    struct jb_diag diag = {0};
    assert_int_equal(jb_store_timing_get(store, "m1", "cpu/0/package", &got), -ENOENT);
    assert_int_equal(got.lag_ns, 9);
    assert_good(diag, jb_store_timing_put(store, "m1", "cpu/0/package", &timing, &diag));
    assert_int_equal(jb_store_timing_get(store, "m2", "cpu/0/package", &got), -ENOENT);
    assert_int_equal(jb_store_timing_get(store, "m1", "cpu/1/package", &got), -ENOENT);
    assert_good(diag, jb_store_timing_get(store, "m1", "cpu/0/package", &got));
    assert_true(got.period_ns == 1000000 && got.jitter_ns == 2000 && got.edge_ns == 300 && got.lag_ns == 0 &&
                got.measured_ns == INT64_C(1795316400123456789));
    timing.lag_ns = 40000;
    assert_good(diag, jb_store_timing_put(store, "m1", "cpu/0/package", &timing, &diag));
    assert_good(diag, jb_store_timing_get(store, "m1", "cpu/0/package", &got));
    assert_int_equal(got.lag_ns, 40000);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM sensor_timing"), 1);
    jb_store_close(store);
    store = open_or_fail(path, JB_STORE_READ);
    assert_int_equal(jb_store_timing_put(store, "m1", "cpu/0/package", &timing, &diag), -EROFS);
    assert_good(diag, jb_store_timing_get(store, "m1", "cpu/0/package", &got));
    jb_store_close(store);
}

static void timing_that_no_sensor_has_is_neither_kept_nor_used(void **state)
{
    static const char *const damage[] = {"period_ns = -1", "jitter_ns = 4000000000000", "edge_ns = -9", "lag_ns = -2"};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_sensor_timing timing = {1000000, 2000, 300, 5, 1}, got = {.lag_ns = 9};
    struct jb_diag diag = {0};
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        char sql[96];
        assert_good(diag, jb_store_timing_put(store, "m1", "c", &timing, &diag));
        jb_snprintf(sql, sizeof(sql), "UPDATE sensor_timing SET %s", damage[i]);
        sql_run(path, sql);
        assert_int_equal(jb_store_timing_get(store, "m1", "c", &got), -EUCLEAN);
        assert_int_equal(got.lag_ns, 9);
    }
    timing.period_ns = UINT64_MAX;
    assert_int_equal(jb_store_timing_put(store, "m1", "c", &timing, &diag), -EINVAL);
    jb_store_close(store);
}

struct seen {
    char names[256];
    int count, stop;
};

static int see(void *context, const struct jb_op_power *power)
{
    struct seen *seen = context;
    size_t used = strlen(seen->names);
    jb_snprintf(seen->names + used, sizeof(seen->names) - used, "%s:%g:%g:%g ", power->name, power->mean_w, power->sd_w,
                power->seconds);
    return ++seen->count == seen->stop ? 42 : 0;
}

static void powers_come_back_by_what_they_rest_on(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    const struct jb_op_power powers[] = {
        {"aten::add", 20, 1.5, 3, 1}, {"aten::mm", 65, 0.5, 30, 1}, {"aten::relu", 31, 2, 4, 1}};
    const struct jb_op_power newer[] = {{"aten::add", 22, 1, 50, 2}};
    struct jb_diag diag = {0};
    struct seen seen = {0};
    assert_int_equal(jb_store_op_power_each(store, "m1", "c", see, &seen), 0);
    assert_int_equal(seen.count, 0);
    assert_good(diag, jb_store_op_power_put(store, "m1", "c", powers, 3, &diag));
    assert_good(diag, jb_store_op_power_put(store, "m1", "other", powers, 1, &diag));
    assert_good(diag, jb_store_op_power_put(store, "m1", "c", newer, 1, &diag));
    assert_good(diag, jb_store_op_power_put(store, "m1", "c", NULL, 0, &diag));
    assert_int_equal(jb_store_op_power_each(store, "m1", "c", see, &seen), 0);
    assert_string_equal(seen.names, "aten::add:22:1:50 aten::mm:65:0.5:30 aten::relu:31:2:4 ");
    seen = (struct seen){.stop = 2};
    assert_int_equal(jb_store_op_power_each(store, "m1", "c", see, &seen), 42);
    assert_int_equal(seen.count, 2);
    jb_store_close(store);
    store = open_or_fail(path, JB_STORE_READ);
    assert_int_equal(jb_store_op_power_put(store, "m1", "c", newer, 1, &diag), -EROFS);
    jb_store_close(store);
}

static void powers_that_are_no_numbers_are_neither_kept_nor_used(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    const struct jb_op_power good = {"good", 20, 1.5, 3, 1};
    const struct jb_op_power bad[] = {{"", 20, 1.5, 3, 1},        {"a", NAN, 1.5, 3, 1}, {"b", 20, 0, 3, 1},
                                      {"c", 20, 1.5, -1, 1},      {"d", 20, NAN, 3, 1},  {"e", 2e9, 1.5, 3, 1},
                                      {"f", 20, 1.5, INFINITY, 1}};
    struct jb_diag diag = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct jb_op_power both[] = {good, bad[i]};
        assert_int_equal(jb_store_op_power_put(store, "m1", "c", both, 2, &diag), -EINVAL);
    }
    assert_int_equal(sql_number(path, "SELECT count(*) FROM op_power"), 0);
    assert_good(diag, jb_store_op_power_put(store, "m1", "c", &good, 1, &diag));
    sql_run(path, "INSERT INTO op_power VALUES('m1', 'c', 'bad1', NULL, 1, 1, 1), ('m1', 'c', 'bad2', 9e999, 1, 1, 1),"
                  "('m1', 'c', 'bad3', 1, -1, 1, 1), ('m1', 'c', '', 1, 1, 1, 1)");
    struct seen seen = {0};
    assert_int_equal(jb_store_op_power_each(store, "m1", "c", see, &seen), 0);
    assert_string_equal(seen.names, "good:20:1.5:3 ");
    jb_store_close(store);
}

static int count_one(void *context, const struct jb_op_power *power)
{
    ++*(int *)context;
    return 0;
}

/* A program that names its regions by the step must not fill the disk. */
static void the_oldest_names_are_forgotten(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_op_power *powers = calloc(JB_OP_POWERS, sizeof(*powers));
    const struct jb_op_power one = {"newest", 5, 1, 1, 9000000};
    struct jb_diag diag = {0};
    int count = 0;
    for (int i = 0; i < JB_OP_POWERS; i++) {
        powers[i] = (struct jb_op_power){.mean_w = 1, .sd_w = 1, .seconds = 1, .measured_ns = 100 + i};
        jb_snprintf(powers[i].name, sizeof(powers[i].name), "step %d", i);
    }
    assert_good(diag, jb_store_op_power_put(store, "m1", "c", powers, JB_OP_POWERS, &diag));
    assert_good(diag, jb_store_op_power_put(store, "m1", "other", powers, 10, &diag));
    assert_good(diag, jb_store_op_power_put(store, "m1", "c", &one, 1, &diag));
    assert_int_equal(jb_store_op_power_each(store, "m1", "c", count_one, &count), 0);
    assert_int_equal(count, JB_OP_POWERS);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM op_power WHERE name IN ('step 1', 'newest')"), 3);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM op_power WHERE name = 'step 0'"), 1);
    free(powers);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(timing_comes_back_and_is_replaced),
        IN_FOLDER(timing_that_no_sensor_has_is_neither_kept_nor_used),
        IN_FOLDER(powers_come_back_by_what_they_rest_on),
        IN_FOLDER(powers_that_are_no_numbers_are_neither_kept_nor_used),
        IN_FOLDER(the_oldest_names_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
