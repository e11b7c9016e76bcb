/* SPDX-License-Identifier: Apache-2.0 */
/* The live document, the tick, and the text for those who watch on the socket. */
#include "world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static void the_machine_is_told_to_the_microjoule(void **state)
{
    json_t *root = ask_for(*state, 200, jb_document_live, "", "");

    assert_non_null(strstr(((struct world *)*state)->reply.body, "\"energy_j\":512125.000001"));
    assert_true(number_at(root, "seq") == 4711);
    assert_string_equal(text_at(root, "time"), "2026-11-22T03:00:00.100Z");
    assert_true(number_at(root, "t_ms") == 1795316400100);
    assert_true(number_at(root, "interval_s") == 0.1);
    assert_true(number_at(root, "elapsed_s") == 7200);
    assert_string_equal(text_at(root, "started"), "2026-11-22T01:00:00.100Z");
    assert_string_equal(text_at(root, "version"), JB_VERSION);
    assert_true(number_at(root, "machine.power_w") == 512.125);
    assert_true(number_at(root, "machine.uncertainty_j") == 7000);
    assert_true(number_at(root, "machine.emissions_g") == 346.25);
    assert_true(number_at(root, "self.rss_bytes") == 9437184);
    assert_true(json_is_true(at(root, "history.kept")));
    assert_null_at(root, "history.error");
    assert_true(json_is_true(at(root, "viewer.all")));
}

static void channels_say_what_contains_them_and_what_is_not_known_is_null(void **state)
{
    json_t *root = ask_for(*state, 200, jb_document_live, "", "");

    assert_int_equal(json_array_size(at(root, "channels")), 4);
    assert_null_at(root, "channels.0.parent");
    assert_string_equal(text_at(root, "channels.1.parent"), "cpu/0/package");
    assert_string_equal(text_at(root, "channels.1.domain"), "core");
    assert_true(number_at(root, "channels.0.power_w") == 212.125);
    assert_string_equal(text_at(root, "channels.3.status"), "denied");
    assert_null_at(root, "channels.3.power_w");
    assert_null_at(root, "channels.3.energy_j");
    assert_null_at(root, "channels.3.uncertainty_j");
    assert_null_at(root, "channels.0.limit_w");
}

static void sources_say_in_a_word_how_it_went(void **state)
{
    struct world *world = *state;
    static const struct {
        int result;
        bool hung;
        const char *word;
    } cases[] = {{0, false, "ok"},       {-19, false, "absent"}, {-2, false, "absent"},
                 {-13, false, "denied"}, {-1, false, "denied"},  {-115, false, "opening"},
                 {-5, false, "failed"},  {0, true, "hung"},      {-115, true, "hung"}};

    for (size_t i = 0; i < JB_COUNT(cases); i++) {
        struct jb_board_view *view = change(world);
        view->sources[1].result = cases[i].result;
        view->sources[1].hung = cases[i].hung;
        changed(world);
        json_t *root = ask_for(world, 200, jb_document_live, "", "");
        assert_string_equal(text_at(root, "sources.1.status"), cases[i].word);
        assert_string_equal(text_at(root, "sources.1.reason"), "libnvidia-ml.so.1 was not found");
    }
}

static void runs_of_others_are_joules_without_a_name(void **state)
{
    struct world *world = *state;
    world->viewer = kim;
    json_t *root = ask_for(world, 200, jb_document_live, "", "");

    assert_true(number_at(root, "viewer.uid") == 1000);
    assert_true(json_is_true(at(root, "runs.0.mine")));
    assert_string_equal(text_at(root, "runs.0.name"), "resnet");
    assert_string_equal(text_at(root, "runs.0.command"), "python3 secret.py");
    assert_true(number_at(root, "runs.0.devices.gpu") == 140);
    assert_null_at(root, "runs.0.devices.board");
    assert_null_at(root, "runs.0.step");
    assert_true(number_at(root, "runs.0.epoch") == 3);
    assert_true(number_at(root, "runs.0.epochs_planned") == 30 && number_at(root, "runs.0.epoch_nth") == 4);
    assert_true(number_at(root, "runs.0.projected_j") == 600000 && number_at(root, "runs.0.projected_s") == 2250.5);
    assert_true(number_at(root, "runs.0.projected_emissions_g") == 69.25);
    assert_null_at(root, "runs.0.projected_uncertainty_j");
    assert_null_at(root, "runs.0.projected_uncertainty_s");
    assert_null_at(root, "runs.0.projected_emissions_uncertainty_g");
    assert_null_at(root, "runs.1.epochs_planned");
    assert_null_at(root, "runs.1.epoch_nth");
    assert_null_at(root, "runs.1.projected_j");
    assert_true(json_is_false(at(root, "runs.1.mine")));
    assert_null_at(root, "runs.1.name");
    assert_null_at(root, "runs.1.project");
    assert_null_at(root, "runs.1.command");
    assert_string_equal(text_at(root, "runs.1.user"), "lee");
    assert_true(number_at(root, "runs.1.run_j") == 75060.000001);
    world->viewer = somebody;
    root = ask_for(world, 200, jb_document_live, "", "");
    assert_null_at(root, "viewer.uid");
    assert_null_at(root, "runs.0.name");
}

static void a_machine_of_which_nothing_is_read_has_no_energy(void **state)
{
    struct world *world = *state;
    struct jb_board_view *view = change(world);
    for (size_t i = 0; i < view->channel_count; i++) {
        view->channels[i].energy_uj = view->channels[i].covered_ns = 0;
    }
    view->energy_uj = 0;
    view->power_w = NAN;
    view->history_error = -28;
    jb_copy(view->history_text, sizeof(view->history_text), "the disk is full");
    changed(world);
    json_t *root = ask_for(world, 200, jb_document_live, "", "");
    assert_null_at(root, "machine.power_w");
    assert_null_at(root, "machine.energy_j");
    assert_null_at(root, "machine.emissions_g");
    assert_string_equal(text_at(root, "history.error"), "the disk is full");
}

static void texts_of_others_cannot_break_the_document(void **state)
{
    struct world *world = *state;
    struct jb_board_view *view = change(world);
    jb_copy(view->runs[0].name, sizeof(view->runs[0].name), "\"}],\xff\x01\n</script>");
    jb_copy(view->channels[0].note, sizeof(view->channels[0].note), "\\\"\t\xc3");
    view->warning_count = 1;
    jb_copy(view->warnings[0], sizeof(view->warnings[0]), "\xed\xa0\x80");
    changed(world);
    json_t *root = ask_for(world, 200, jb_document_live, "", "");
    assert_string_equal(text_at(root, "runs.0.name"), "\"}],\xEF\xBF\xBD\x01\n</script>");
    assert_null(strchr(world->reply.body, '\x01'));
}

static void an_empty_board_is_a_document_too(void **state)
{
    struct world *world = *state;
    memset(change(world), 0, sizeof(struct jb_board_view));
    changed(world);
    json_t *root = ask_for(world, 200, jb_document_live, "", "");
    assert_null_at(root, "time");
    assert_null_at(root, "interval_s");
    assert_int_equal(json_array_size(at(root, "channels")), 0);
}

static void the_greeting_is_the_document_on_one_line(void **state)
{
    struct world *world = *state;
    world->viewer = kim;
    ask_for(world, 200, jb_document_live, "", "");
    JB_CLEANUP(jb_buf_finish) struct jb_buf hello = {0};
    jb_live_hello(jb_board_look(world->board), &kim, &hello);
    jb_board_release(world->board);
    assert_null(strchr(hello.data, '\n'));
    assert_int_equal(hello.length + 1, world->reply.length); /* which ends in a line feed */
    assert_memory_equal(hello.data, world->reply.body, hello.length);
}

static void who_watches_on_the_socket_sees_what_he_may(void **state)
{
    struct world *world = *state;
    static const struct {
        uid_t viewer;
        bool share, all;
    } cases[] = {{1000, false, false}, {0, false, true}, {500, false, true}, {1000, true, true}};

    for (size_t i = 0; i < JB_COUNT(cases); i++) {
        JB_CLEANUP(jb_freep) char *text = jb_server_live(world->board, cases[i].viewer, 500, cases[i].share);
        assert_non_null(text);
        assert_int_equal(strstr(text, "\"bert\"") != NULL, cases[i].all);
    }
}

static void a_tick_has_the_numbers_in_the_order_of_the_greeting(void **state)
{
    struct world *world = *state;
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    json_error_t error;

    jb_live_tick(jb_board_look(world->board), &out);
    jb_board_release(world->board);
    assert_string_equal(out.data,
                        "{\"seq\":4711,\"t_ms\":1795316400100,\"p\":512.125,\"j\":512125.000001,\"g\":346.25,"
                        "\"w\":[212.125,100,300,null],\"runs\":["
                        "[\"01K0000000000000000000000A\",250.25,75060.000001,9.2,80010.0,\"forward\",3,null,"
                        "[30,4,600000,null,2250.5,69.25]],"
                        "[\"01K0000000000000000000000B\",250.25,75060.000001,9.2,80010.0,\"forward\",3,null,null]]}");
    json_decref(json_loads(out.data, JSON_REJECT_DUPLICATES, &error));
}

static void a_tick_tells_grams_as_exactly_as_the_document(void **state)
{
    struct world *world = *state;
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_board_view *view = change(world);

    view->grams = 0.0223456;
    view->runs[0].grams = 0.0114631;
    view->runs[1].grams = NAN;
    changed(world);
    jb_live_tick(jb_board_look(world->board), &out);
    jb_board_release(world->board);
    assert_non_null(strstr(out.data, "\"g\":0.022346,"));
    assert_non_null(strstr(out.data, ",0.011463,80010.0,"));
    assert_non_null(strstr(out.data, ",null,80010.0,"));
}

static void a_tick_of_the_fullest_board_is_json(void **state)
{
    struct world *world = *state;
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    json_error_t error;
    struct jb_board_view *view = change(world);

    for (size_t i = 0; i < JB_BOARD_CHANNELS; i++) {
        view->channels[i] = view->channels[i % 2];
        view->channels[i].power_w = i % 3 == 0 ? NAN : 1e30 * (double)i;
    }
    for (size_t i = 0; i < JB_BOARD_RUNS; i++) {
        view->runs[i] = view->runs[0];
        jb_copy(view->runs[i].phase, sizeof(view->runs[i].phase), "\"\\\xff");
        view->runs[i].run_uj = UINT64_MAX - 1;
        view->runs[i].epoch = INT64_MAX;
        view->runs[i].epochs_planned = INT64_MAX;
        view->runs[i].projected_uj = i % 2 == 0 ? 1e300 : (double)INFINITY;
    }
    view->channel_count = JB_BOARD_CHANNELS;
    view->run_count = JB_BOARD_RUNS;
    changed(world);
    jb_live_tick(jb_board_look(world->board), &out);
    jb_board_release(world->board);
    json_t *root = json_loads(out.data, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    assert_int_equal(json_array_size(at(root, "w")), JB_BOARD_CHANNELS);
    assert_int_equal(json_array_size(at(root, "runs")), JB_BOARD_RUNS);
    json_decref(root);
    ask_for(world, 200, jb_document_live, "", "");
}

static void parameters_that_nobody_knows_are_refused(void **state)
{
    ask_for(*state, 400, jb_document_live, "", "hz=2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_machine_is_told_to_the_microjoule, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(channels_say_what_contains_them_and_what_is_not_known_is_null, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(sources_say_in_a_word_how_it_went, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(runs_of_others_are_joules_without_a_name, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_machine_of_which_nothing_is_read_has_no_energy, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(texts_of_others_cannot_break_the_document, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(an_empty_board_is_a_document_too, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_greeting_is_the_document_on_one_line, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(who_watches_on_the_socket_sees_what_he_may, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_tick_has_the_numbers_in_the_order_of_the_greeting, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_tick_tells_grams_as_exactly_as_the_document, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_tick_of_the_fullest_board_is_json, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(parameters_that_nobody_knows_are_refused, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
