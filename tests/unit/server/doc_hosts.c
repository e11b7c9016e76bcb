/* SPDX-License-Identifier: Apache-2.0 */
/* The machines that are known. */
#include "world.h"

#include <errno.h>
#include <unistd.h>

static void each_machine_with_what_was_used_on_it(void **state)
{
    json_t *root = ask_for(*state, 200, jb_document_hosts, "", "");

    assert_int_equal(json_array_size(at(root, "hosts")), 2);
    assert_string_equal(text_at(root, "hosts.0.host"), "old-box");
    assert_true(json_is_false(at(root, "hosts.0.this")));
    assert_string_equal(text_at(root, "hosts.0.cpu"), "Xeon");
    assert_int_equal(json_array_size(at(root, "hosts.0.gpus")), 2); /* what is no name is left out */
    assert_string_equal(text_at(root, "hosts.0.gpus.1"), "A40");
    assert_true(number_at(root, "hosts.0.runs") == 12);
    assert_true(number_at(root, "hosts.0.runs_j") == 5);
    assert_true(number_at(root, "hosts.0.footprint_j") == 6);
    assert_null_at(root, "hosts.0.emissions_g");
    assert_true(number_at(root, "hosts.0.history_j") == 7);
    assert_true(json_is_string(at(root, "hosts.0.history_since")));
    assert_string_equal(text_at(root, "hosts.1.host"), "gpu1"); /* nothing was kept of this one yet */
    assert_true(json_is_true(at(root, "hosts.1.this")));
    assert_null_at(root, "hosts.1.first_seen");
}

static void who_does_not_see_all_sees_what_he_used(void **state)
{
    struct world *world = *state;
    world->viewer = kim;
    assert_true(number_at(ask_for(world, 200, jb_document_hosts, "", ""), "hosts.0.runs") == 1);
}

static void without_a_database_there_is_this_machine(void **state)
{
    struct world *world = *state;
    unlink(world->path);
    json_t *root = ask_for(world, 200, jb_document_hosts, "", "");
    assert_int_equal(json_array_size(at(root, "hosts")), 1);
    assert_string_equal(text_at(root, "hosts.0.machine_id"), "0123456789abcdef");
    assert_null_at(root, "hosts.0.history_j");
}

static void a_database_that_fails_is_told(void **state)
{
    the_store.error = -5;
    ask_for(*state, 500, jb_document_hosts, "", "");
}

static void a_history_of_this_machine_that_cannot_be_read_is_told(void **state)
{
    the_store.history_error = -ENOENT; /* there is none */
    assert_null_at(ask_for(*state, 200, jb_document_hosts, "", ""), "hosts.1.history_j");
    the_store.history_error = -ETIMEDOUT;
    ask_for(*state, 503, jb_document_hosts, "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_machine_with_what_was_used_on_it, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(who_does_not_see_all_sees_what_he_used, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(without_a_database_there_is_this_machine, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_database_that_fails_is_told, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_history_of_this_machine_that_cannot_be_read_is_told, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
