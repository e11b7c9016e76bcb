/* SPDX-License-Identifier: Apache-2.0 */
/* Which run is meant, and its record. */
#include "world.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static void a_run_is_found_by_id_prefix_name_and_last(void **state)
{
    struct world *world = *state;
    json_t *root = ask_for(world, 200, jb_document_run, "01J0000000000000000000000C", "");
    assert_string_equal(text_at(root, "run.name"), "theirs");
    assert_true(number_at(root, "energy.machine_j") == 50000);
    assert_int_equal(json_array_size(at(root, "energy.channels")), 3);
    root = ask_for(world, 200, jb_document_run, "01j0000000000000000000000b", "");
    assert_string_equal(text_at(root, "run.name"), "old");
    root = ask_for(world, 200, jb_document_run, "old", "");
    assert_string_equal(text_at(root, "run.id"), "01J0000000000000000000000B");
    the_store.runs[0].started_ns = INT64_C(1795316500000000000); /* newer than what is attached */
    root = ask_for(world, 200, jb_document_run, "last", "");
    assert_string_equal(text_at(root, "run.id"), "01J0000000000000000000000D");
}

static void names_and_last_mean_ones_own(void **state)
{
    struct world *world = *state;
    world->viewer = kim;
    json_t *root = ask_for(world, 200, jb_document_run, "theirs", ""); /* the newest of that name is lee's */
    assert_string_equal(text_at(root, "run.id"), "01J0000000000000000000000A");
    world->viewer = somebody;
    ask_for(world, 404, jb_document_run, "theirs", "");
    ask_for(world, 404, jb_document_run, "resnet", "");
    ask_for(world, 404, jb_document_run, "last", "");
    struct jb_board_view *view = change(world);
    view->run_count = 0;
    changed(world);
    world->viewer = lee;
    root = ask_for(world, 200, jb_document_run, "last", "");
    assert_string_equal(text_at(root, "run.id"), "01J0000000000000000000000C");
}

static void a_name_that_another_has_is_a_name_nobody_gave(void **state)
{
    struct world *world = *state;
    world->viewer = kim;
    ask_for(world, 404, jb_document_run, "bert", "");
    json_t *root = ask_for(world, 404, jb_document_run, "nothing", "");
    assert_null(strstr(world->reply.body, "/secret/path")); /* where the database is is nobody's business */
    assert_string_equal(text_at(root, "fix"), "joulebook list");
}

static void the_newer_of_two_of_a_name_is_meant_wherever_it_is(void **state)
{
    struct world *world = *state;
    json_t *root = ask_for(world, 200, jb_document_run, "resnet", ""); /* attached, and younger than the stored one */
    assert_string_equal(text_at(root, "run.id"), "01K0000000000000000000000A");
    the_store.runs[0].started_ns = INT64_C(1795316500000000000);
    root = ask_for(world, 200, jb_document_run, "resnet", "");
    assert_string_equal(text_at(root, "run.id"), "01J0000000000000000000000D");
}

static void a_run_in_both_is_told_from_the_database(void **state)
{
    struct world *world = *state;
    struct jb_board_view *view = change(world);
    jb_copy(view->runs[0].id, sizeof(view->runs[0].id), "01J0000000000000000000000D");
    changed(world);
    json_t *root = ask_for(world, 200, jb_document_run, "01J0000000000000000000000D", "");
    assert_true(number_at(root, "energy.machine_j") == 50000);
    root = ask_for(world, 200, jb_document_run, "resnet", "");
    assert_true(number_at(root, "energy.machine_j") == 50000);
}

static void a_name_may_hold_a_slash(void **state)
{
    struct world *world = *state;
    struct jb_board_view *view = change(world);
    jb_copy(view->runs[0].name, sizeof(view->runs[0].name), "a/b");
    changed(world);
    json_t *root = ask_for(world, 200, jb_document_run, "a/b", "");
    assert_string_equal(text_at(root, "run.name"), "a/b");
    ask_for(world, 200, jb_document_run, "a/b/series", "");
}

static void what_cannot_be_a_run_is_not_found(void **state)
{
    char text[600];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ask_for(*state, 404, jb_document_run, text, "");
    ask_for(*state, 404, jb_document_run, "/series", "");
    ask_for(*state, 404, jb_document_run, "01J", "");
    ask_for(*state, 400, jb_document_run, "old", "pretty=1");
}

static void without_a_database_what_is_attached_is_there(void **state)
{
    struct world *world = *state;
    unlink(world->path);
    ask_for(world, 404, jb_document_run, "old", "");
    json_t *root = ask_for(world, 200, jb_document_run, "last", "");
    assert_string_equal(text_at(root, "run.id"), "01K0000000000000000000000B");
}

static void a_database_that_fails_hides_nothing(void **state)
{
    struct world *world = *state;
    the_store.error = -ETIMEDOUT;
    ask_for(world, 503, jb_document_run, "old", "");
    the_store.error = -EUCLEAN;
    ask_for(world, 500, jb_document_run, "01K0000000000000000000000A", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_is_found_by_id_prefix_name_and_last, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(names_and_last_mean_ones_own, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_name_that_another_has_is_a_name_nobody_gave, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_newer_of_two_of_a_name_is_meant_wherever_it_is, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_run_in_both_is_told_from_the_database, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_name_may_hold_a_slash, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_a_run_is_not_found, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(without_a_database_what_is_attached_is_there, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_database_that_fails_hides_nothing, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
