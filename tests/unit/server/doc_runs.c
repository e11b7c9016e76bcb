/* SPDX-License-Identifier: Apache-2.0 */
/* The list of runs. */
#include "world.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

static void the_newest_come_first_with_their_sums(void **state)
{
    json_t *root = ask_for(*state, 200, jb_document_runs, "", "");

    assert_int_equal(json_array_size(at(root, "runs")), 4);
    assert_string_equal(text_at(root, "runs.0.run.id"), "01J0000000000000000000000D");
    assert_string_equal(text_at(root, "runs.0.run.tags.accuracy"), "0.93");
    assert_string_equal(text_at(root, "runs.0.run.command.1"), "secret.py");
    assert_true(number_at(root, "runs.0.machine_j") == 50000);
    assert_true(number_at(root, "runs.0.run_j") == 30000);
    assert_true(number_at(root, "runs.0.footprint_j") == 40000);
    assert_true(number_at(root, "runs.0.uncertainty_j") == 2000);
    assert_true(number_at(root, "runs.0.mean_w") == 300);
    assert_true(number_at(root, "runs.0.emissions_g") == 4.5);
    assert_true(number_at(root, "runs.0.emissions_uncertainty_g") == 0.5);
    assert_true(number_at(root, "runs.0.intensity_g_per_kwh") == 415.5);
    assert_true(number_at(root, "runs.0.coverage") == 0.998);
    assert_string_equal(text_at(root, "runs.0.basis"), "footprint");
    assert_string_equal(text_at(root, "runs.0.zone"), "KR");
    assert_string_equal(text_at(root, "runs.3.run.status"), "lost");
    assert_null_at(root, "runs.2.user"); /* of an older database */
    assert_null_at(root, "next");
}

static void runs_of_others_have_joules_and_no_name(void **state)
{
    struct world *world = *state;
    world->viewer = kim;
    json_t *root = ask_for(world, 200, jb_document_runs, "", "");

    assert_true(json_is_true(at(root, "runs.0.mine")));
    assert_true(json_is_false(at(root, "runs.1.mine")));
    assert_null_at(root, "runs.1.run.name");
    assert_null_at(root, "runs.1.run.project");
    assert_null_at(root, "runs.1.run.command");
    assert_null_at(root, "runs.1.run.tags");
    assert_string_equal(text_at(root, "runs.1.run.status"), "failed");
    assert_true(number_at(root, "runs.1.run_j") == 30000);
    assert_true(json_is_false(at(root, "runs.2.mine"))); /* whose it is is not known */
    assert_true(json_is_true(at(root, "runs.3.mine")));
}

static void what_is_not_shown_cannot_be_searched_for(void **state)
{
    struct world *world = *state;
    static const char *const queries[] = {"q=theirs", "project=vision", "tag=k=v", "tag=k%3Dv&q=theirs"};
    static const size_t kims[] = {1, 1, 0, 0}, roots[] = {2, 2, 1, 1};

    for (size_t i = 0; i < JB_COUNT(queries); i++) {
        world->viewer = kim;
        assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_runs, "", queries[i]), "runs")), kims[i]);
        world->viewer = somebody;
        assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_runs, "", queries[i]), "runs")), 0);
        world->viewer = root_user;
        assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_runs, "", queries[i]), "runs")), roots[i]);
    }
}

static void pages_follow_each_other_without_a_gap_or_a_repeat(void **state)
{
    struct world *world = *state;
    char query[128] = "limit=1";
    size_t seen = 0;

    for (; seen < WORLD_RUNS; seen++) {
        json_t *root = ask_for(world, 200, jb_document_runs, "", query);
        assert_int_equal(json_array_size(at(root, "runs")), 1);
        assert_string_equal(text_at(root, "runs.0.run.id"), the_store.runs[seen].id);
        if (json_is_null(at(root, "next"))) {
            break;
        }
        jb_snprintf(query, sizeof(query), "limit=1&cursor=%s", text_at(root, "next"));
    }
    assert_int_equal(seen, 3);
    json_t *root = ask_for(world, 200, jb_document_runs, "", "limit=4"); /* exactly all: no empty page follows */
    assert_null_at(root, "next");
}

static void numbers_are_taken_strictly(void **state)
{
    static const char *const bad[] = {"limit=0",
                                      "limit=501",
                                      "limit=-1",
                                      "limit=1.5",
                                      "limit=",
                                      "limit=0x10",
                                      "limit=1e2",
                                      "limit=+5",
                                      "limit=5x",
                                      "limit=5&limit=6",
                                      "tag=novalue",
                                      "tag==v",
                                      "limits=5",
                                      "q=a&q=b",
                                      "tag=",
                                      "cursor=01J0000000000000000000000DX",
                                      "limit=99999999999999999999"};
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        ask_for(*state, 400, jb_document_runs, "", bad[i]);
    }
    json_t *root = ask_for(*state, 400, jb_document_runs, "", "limits=5");
    assert_string_equal(text_at(root, "fix"), "did you mean limit?");
    ask_for(*state, 200, jb_document_runs, "", "limit=500");
    ask_for(*state, 200, jb_document_runs, "", "limit=1&tag=a==b");
}

static void without_a_database_the_list_is_empty(void **state)
{
    struct world *world = *state;
    unlink(world->path);
    json_t *root = ask_for(world, 200, jb_document_runs, "", "");
    assert_int_equal(json_array_size(at(root, "runs")), 0);
    assert_null_at(root, "next");
    assert_int_equal(the_store.opened, 0);
}

static void a_database_that_fails_is_told(void **state)
{
    struct world *world = *state;
    static const struct {
        int error;
        unsigned status;
    } cases[] = {{-ETIMEDOUT, 503}, {-EBUSY, 503}, {-EACCES, 503}, {-EUCLEAN, 500}, {-EIO, 500}, {-ENOMEM, 500}};

    for (size_t i = 0; i < JB_COUNT(cases); i++) {
        the_store.error = cases[i].error;
        json_t *root = ask_for(world, cases[i].status, jb_document_runs, "", "");
        assert_string_equal(text_at(root, "error"), "the double fails");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_newest_come_first_with_their_sums, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(runs_of_others_have_joules_and_no_name, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_shown_cannot_be_searched_for, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(pages_follow_each_other_without_a_gap_or_a_repeat, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(numbers_are_taken_strictly, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(without_a_database_the_list_is_empty, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_database_that_fails_is_told, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
