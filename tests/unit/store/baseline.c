/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of baseline.c.
 */
#include <errno.h>
#include <math.h>

#include "base/text.h"
#include "common.h"

static void a_baseline_comes_back_and_is_replaced(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_baseline baseline = {
        .idle_uw = 61234567, .sigma_uw = 345678, .measured_ns = INT64_C(1795316400123456789), .seconds = 3.25};
    struct jb_baseline got = {.idle_uw = 9};
    jb_copy(baseline.source, sizeof(baseline.source), "calibrated");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    assert_int_equal(jb_store_baseline_get(store, "m1", "cpu/0/package", &got), -ENOENT);
    assert_int_equal(got.idle_uw, 9);
    assert_good(diag, jb_store_baseline_put(store, "m1", "cpu/0/package", &baseline, &diag));
    assert_int_equal(jb_store_baseline_get(store, "m2", "cpu/0/package", &got), -ENOENT);
    assert_int_equal(jb_store_baseline_get(store, "m1", "cpu/1/package", &got), -ENOENT);
    jb_store_close(store);
    store = open_or_fail(path, JB_STORE_READ);
    assert_int_equal(jb_store_baseline_get(store, "m1", "cpu/0/package", &got), 0);
    assert_true(got.idle_uw == baseline.idle_uw && got.sigma_uw == baseline.sigma_uw &&
                got.measured_ns == baseline.measured_ns);
    assert_true(got.seconds == 3.25);
    assert_string_equal(got.source, "calibrated");
    jb_store_close(store);
    store = open_or_fail(path, JB_STORE_WRITE);
    baseline.idle_uw = UINT64_MAX;
    baseline.seconds = NAN;
    assert_good(diag, jb_store_baseline_put(store, "m1", "cpu/0/package", &baseline, &diag));
    assert_int_equal(jb_store_baseline_get(store, "m1", "cpu/0/package", &got), 0);
    assert_true(got.idle_uw == UINT64_MAX && isnan(got.seconds));
    assert_int_equal(sql_number(path, "SELECT count(*) FROM baseline"), 1);
    jb_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_baseline_comes_back_and_is_replaced, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
