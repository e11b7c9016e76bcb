/* SPDX-License-Identifier: Apache-2.0 */
/* The power of a run over its time. */
#include "world.h"

#include "base/cleanup.h"

#define OF "01J0000000000000000000000D/series"

static void all_of_the_run_by_default_and_the_channels_in_total(void **state)
{
    json_t *root = ask_for(*state, 200, jb_document_run, OF, "");

    assert_true(number_at(root, "t0_s") == 0);
    assert_true(number_at(root, "t1_s") == 100);
    assert_int_equal(json_array_size(at(root, "t_s")), 600);
    assert_int_equal(json_array_size(at(root, "channels")), 2);
    assert_string_equal(text_at(root, "channels.0.id"), "cpu/0/package");
    assert_true(number_at(root, "channels.0.mean_w.0") == 300); /* its number is 2 */
    assert_true(number_at(root, "channels.0.run_w.0") == 150);
    assert_true(number_at(root, "channels.0.min_w.0") == 299);
    assert_true(number_at(root, "channels.0.max_w.0") == 301);
    assert_true(number_at(root, "channels.1.mean_w.0") == 200);
    assert_null_at(root, "channels.0.mean_w.599");
    assert_null_at(root, "channels.0.run_w.599");
    assert_int_equal(json_array_size(at(root, "channels.0.max_w")), 600);
    assert_int_equal(the_store.asked_channels, 3);
}

static void a_window_is_cut_into_as_many_slices_as_asked(void **state)
{
    json_t *root = ask_for(*state, 200, jb_document_run, OF, "t0=10.5&t1=26.5&px=16&channel=cpu%2F0%2Fcore");

    assert_int_equal(the_store.asked_t0_ns, 10500000000);
    assert_int_equal(the_store.asked_t1_ns, 26500000000);
    assert_int_equal(the_store.asked_count, 16);
    assert_true(number_at(root, "step_s") == 1);
    assert_true(number_at(root, "t_s.0") == 11);
    assert_true(number_at(root, "t_s.15") == 26);
    assert_int_equal(json_array_size(at(root, "channels")), 1);
    assert_string_equal(text_at(root, "channels.0.id"), "cpu/0/core");
    assert_true(number_at(root, "channels.0.energy_j") == 1200); /* 100 W for the 12 s that are known */
}

static void each_slice_has_the_price_of_its_time(void **state)
{
    json_t *root = ask_for(*state, 200, jb_document_run, OF, "t0=0&t1=160&px=16");

    assert_true(number_at(root, "g_per_kwh.0") == 400);
    assert_true(number_at(root, "g_per_kwh.4") == 400);
    assert_true(number_at(root, "g_per_kwh.5") == 200);
    assert_null_at(root, "g_per_kwh.15");
}

static void a_run_on_the_board_alone_has_no_series(void **state)
{
    json_t *root = ask_for(*state, 200, jb_document_run, "01K0000000000000000000000A/series", "");

    assert_int_equal(json_array_size(at(root, "channels")), 0);
    assert_int_equal(json_array_size(at(root, "t_s")), 0);
    assert_true(number_at(root, "t1_s") == 300.5);
}

static void numbers_are_taken_strictly(void **state)
{
    static const char *const bad[] = {"t0=-1",   "t0=nan",  "t0=1e400", "t0=5&t1=5", "t0=5&t1=4", "t0=100", "px=15",
                                      "px=4001", "px=16.5", "t0=",      "t1=x",      "zoom=1",    "t1=2e9"};
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        ask_for(*state, 400, jb_document_run, OF, bad[i]);
    }
}

static void a_database_that_takes_too_long_is_told(void **state)
{
    the_store.error = -110;
    ask_for(*state, 503, jb_document_run, OF, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_of_the_run_by_default_and_the_channels_in_total, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_window_is_cut_into_as_many_slices_as_asked, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(each_slice_has_the_price_of_its_time, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_run_on_the_board_alone_has_no_series, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(numbers_are_taken_strictly, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_database_that_takes_too_long_is_told, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
