/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine used over time. */
#include "world.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "server/slices_json.h"

static void the_last_hour_by_default(void **state)
{
    int64_t before_ms = jb_wall_ns() / 1000000;
    json_t *root = ask_for(*state, 200, jb_document_history, "", "");
    int64_t after_ms = jb_wall_ns() / 1000000;

    assert_true(number_at(root, "t1_ms") >= (double)before_ms && number_at(root, "t1_ms") <= (double)after_ms);
    assert_true(number_at(root, "t1_ms") - number_at(root, "t0_ms") == 3600000);
    assert_true(number_at(root, "step_s") == 6);
    assert_string_equal(text_at(root, "level"), "minutes");
    assert_int_equal(json_array_size(at(root, "channels")), 1);
    assert_string_equal(text_at(root, "channels.0.id"), "cpu/0/package");
    assert_true(number_at(root, "channels.0.mean_w.0") == 400); /* its number is 3 */
    assert_null_at(root, "channels.0.mean_w.599");
    assert_true(number_at(root, "channels.0.energy_j") == 400 * 2700);
    assert_null_at(root, "g_per_kwh.0");
    assert_true(number_at(root, "g_per_kwh.1") == 415.5);
}

static void a_window_and_its_channels(void **state)
{
    json_t *root =
        ask_for(*state, 200, jb_document_history, "",
                "t0=1795316400000&t1=1795316416000&px=16&channel=cpu/0/core&channel=cpu/0/package&channel=no");

    assert_int_equal(the_store.asked_t0_ns, 1795316400000000000);
    assert_int_equal(the_store.asked_t1_ns, 1795316416000000000);
    assert_true(number_at(root, "t_ms.0") == 1795316400500);
    assert_true(number_at(root, "t_ms.15") == 1795316415500);
    assert_int_equal(json_array_size(at(root, "channels")), 2);
}

static void slices_are_bounded_by_memory(void **state)
{
    assert_int_equal(jb_slice_count(4000, 12), 4000);
    assert_int_equal(jb_slice_count(4000, 256), JB_DOCUMENT_SLICES / 256);
    assert_int_equal(jb_slice_count(600, 0), 600);
    assert_int_equal(jb_slice_count(16, 1000000), 16);
}

static void without_a_history_nothing_is_known(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 2; i++) {
        the_store.no_history = true;
        json_t *root = ask_for(world, 200, jb_document_history, "", "t0=0&t1=1000");
        assert_int_equal(json_array_size(at(root, "channels")), 0);
        assert_int_equal(json_array_size(at(root, "t_ms")), 0);
        assert_null_at(root, "level");
        assert_null_at(root, "step_s");
        unlink(world->path);
    }
}

static void numbers_are_taken_strictly(void **state)
{
    static const char *const bad[] = {"t0=5&t1=5",
                                      "t0=6&t1=5",
                                      "t0=-1",
                                      "t0=1.5",
                                      "t1=now",
                                      "px=0",
                                      "px=999999",
                                      "px=",
                                      "channels=cpu",
                                      "t1=99999999999999",
                                      "t0=9223372036854775808"};
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        ask_for(*state, 400, jb_document_history, "", bad[i]);
    }
    ask_for(*state, 200, jb_document_history, "", "t1=1000"); /* an hour before that is before 1970 */
}

static void a_database_that_fails_is_told(void **state)
{
    the_store.error = -117;
    ask_for(*state, 500, jb_document_history, "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_hour_by_default, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_window_and_its_channels, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(slices_are_bounded_by_memory, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(without_a_history_nothing_is_known, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(numbers_are_taken_strictly, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_database_that_fails_is_told, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
