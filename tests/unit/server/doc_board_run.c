/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a run that is on the board alone. */
#include "world.h"

#include <string.h>

static void what_the_books_tell_is_told(void **state)
{
    struct world *world = *state;
    world->viewer = kim;
    json_t *root = ask_for(world, 200, jb_document_run, "01K0000000000000000000000A", "");

    assert_string_equal(text_at(root, "run.status"), "running");
    assert_string_equal(text_at(root, "run.name"), "resnet");
    assert_string_equal(text_at(root, "run.host"), "gpu1");
    assert_string_equal(text_at(root, "run.command.0"), "python3 secret.py");
    assert_true(number_at(root, "run.duration_s") == 300.5);
    assert_null_at(root, "run.ended");
    assert_non_null(strstr(world->reply.body, "\"run_j\":75060.000001"));
    assert_true(number_at(root, "energy.footprint_j") == 80010);
    assert_true(number_at(root, "energy.footprint_uncertainty_j") == 2100);
    assert_true(number_at(root, "carbon.emissions_g") == 9.2);
    assert_string_equal(text_at(root, "carbon.zone"), "KR");
}

static void what_they_do_not_tell_is_null_and_not_0(void **state)
{
    static const char *const unknown[] = {"energy.idle_j",
                                          "energy.others_j",
                                          "energy.unattributed_j",
                                          "energy.measured_j",
                                          "energy.coverage",
                                          "carbon.embodied_g",
                                          "self.cpu_s",
                                          "self.max_rss_bytes",
                                          "hardware",
                                          "cost",
                                          "work"};
    json_t *root = ask_for(*state, 200, jb_document_run, "01K0000000000000000000000A", "");
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_null_at(root, unknown[i]);
    }
}

/* Whoever reads one reads the other. */
static void it_has_the_members_of_a_record(void **state)
{
    struct world *world = *state;
    json_t *stored = json_incref(ask_for(world, 200, jb_document_run, "old", ""));
    json_t *board = ask_for(world, 200, jb_document_run, "01K0000000000000000000000A", "");
    static const char *const objects[] = {"", "run", "energy", "carbon", "self"};
    const char *key;
    json_t *value;

    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        json_object_foreach(at(stored, objects[i]), key, value)
        {
            json_t *other = json_object_get(at(board, objects[i]), key);
            if (other == NULL) {
                fail_msg("%s lacks %s", objects[i], key);
            }
            assert_int_equal(json_is_array(value), json_is_array(other));
        }
    }
    json_decref(stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_books_tell_is_told, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_they_do_not_tell_is_null_and_not_0, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(it_has_the_members_of_a_record, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
