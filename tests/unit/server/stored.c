/* SPDX-License-Identifier: Apache-2.0 */
/* The documents over a real database, without the double: what was written is what is told. */
#include "world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/common.h"
#include "base/text.h"
#include "server/documents_impl.h"

#define RUNS     5
#define CHANNELS 2
#define T0_MS    INT64_C(1795316400000)

struct jb_store the_store; /* world.c fills it in; nobody looks */

static void id_of(unsigned run, char *buffer, size_t size)
{
    jb_snprintf(buffer, size, "01J%023u", run);
}

static uint64_t make_runs(const char *path)
{
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct random random = {7};
    uint64_t end_ns = 0;

    for (unsigned run = 0; run < RUNS; run++) {
        char id[JB_RUN_ID_TEXT];
        id_of(run, id, sizeof(id));
        end_ns = write_run(store, id, &random, 30, CHANNELS, false);
    }
    jb_store_close(store);
    return end_ns;
}

/* Ten minutes of 100 W of a channel in total, of 40 W of another. */
static void make_history(const char *path)
{
    static const struct jb_history_channel channels[] = {
        {.id = "cpu/0/package",
         .device = "cpu",
         .name = "CPU",
         .source = "rapl",
         .method = "counter",
         .in_total = true},
        {.id = "cpu/0/core", .device = "cpu", .name = "cores", .source = "rapl", .method = "counter"},
    };
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history_limits limits = {0};
    struct jb_history *history = NULL;
    struct jb_history_value values[8] = {0};
    struct jb_diag diag = {0};
    int numbers[2];

    assert_good(diag, jb_history_open(store, "0123456789abcdef", &limits, &history, &diag));
    for (int i = 0; i < 2; i++) {
        numbers[i] = jb_history_channel(history, &channels[i], &diag);
        assert_in_range(numbers[i], 0, 7);
    }
    size_t count = (size_t)(numbers[0] > numbers[1] ? numbers[0] : numbers[1]) + 1;
    for (int second = 1; second <= 600; second++) {
        for (size_t i = 0; i < count; i++) {
            values[i].energy_uj = JB_NO_VALUE;
        }
        for (int i = 0; i < 2; i++) {
            uint32_t mw = i == 0 ? 100000 : 40000;
            values[numbers[i]] = (struct jb_history_value){
                .energy_uj = mw * UINT64_C(1000), .covered_ns = 1000000000, .min_mw = mw, .max_mw = mw};
        }
        struct jb_history_row row = {.end_ns = (T0_MS + second * 1000) * 1000000,
                                     .length_ns = 1000000000,
                                     .g_per_kwh = 400,
                                     .channel_count = count,
                                     .values = values};
        assert_good(diag, jb_history_append(history, &row, &diag));
    }
    jb_history_close(history);
    jb_store_close(store);
}

static void an_empty_file_is_no_database_yet(void **state)
{
    struct world *world = *state;

    assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_runs, "", ""), "runs")), 0);
    make_runs(world->path);
    world->documents->tried_ns = 0; /* long ago */
    assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_runs, "", ""), "runs")), RUNS);
}

static void runs_are_listed_page_by_page_as_they_are_stored(void **state)
{
    struct world *world = *state;
    char query[64] = "limit=2", last[JB_RUN_ID_TEXT] = "~";
    unsigned seen = 0, pages = 0;

    make_runs(world->path);
    for (bool more = true; more; pages++) {
        json_t *root = ask_for(world, 200, jb_document_runs, "", query);
        size_t index;
        json_t *run;
        json_array_foreach(at(root, "runs"), index, run)
        {
            assert_true(strcmp(text_at(run, "run.id"), last) < 0);
            jb_copy(last, sizeof(last), text_at(run, "run.id"));
            assert_true(number_at(run, "machine_j") > 0);
            seen++;
        }
        more = !json_is_null(at(root, "next"));
        if (more) {
            jb_snprintf(query, sizeof(query), "limit=2&cursor=%s", text_at(root, "next"));
        }
    }
    assert_int_equal(seen, RUNS);
    assert_int_equal(pages, 3);
}

/* Whoever wrote the database is the user of this test. */
static void each_sees_his_own(void **state)
{
    struct world *world = *state;

    make_runs(world->path);
    world->viewer = (struct jb_viewer){.known = true, .uid = getuid()};
    json_t *root = ask_for(world, 200, jb_document_runs, "", "q=train");
    assert_int_equal(json_array_size(at(root, "runs")), RUNS);
    assert_string_equal(text_at(root, "runs.0.run.name"), "a name");
    world->viewer.uid = getuid() + 1;
    assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_runs, "", "q=train"), "runs")), 0);
    root = ask_for(world, 200, jb_document_runs, "", "");
    assert_int_equal(json_array_size(at(root, "runs")), RUNS);
    assert_null_at(root, "runs.0.run.name");
    ask_for(world, 403, jb_document_run, text_at(root, "runs.0.run.id"), "");
    ask_for(world, 404, jb_document_run, "a name", "");
    change(world)->run_count = 0;
    changed(world);
    ask_for(world, 404, jb_document_run, "last", "");
}

static void the_slices_of_a_run_add_up_to_its_record(void **state)
{
    struct world *world = *state;
    char rest[64], query[64];
    uint64_t end_ns = make_runs(world->path);

    id_of(3, rest, sizeof(rest));
    json_t *root = ask_for(world, 200, jb_document_run, rest, "");
    double joules[CHANNELS] = {number_at(root, "energy.channels.0.energy_j"),
                               number_at(root, "energy.channels.1.energy_j")};
    jb_snprintf(rest + strlen(rest), 16, "/series");
    jb_snprintf(query, sizeof(query), "t0=0&t1=%.9f&px=100", (double)end_ns / 1e9);
    root = ask_for(world, 200, jb_document_run, rest, query);
    assert_int_equal(json_array_size(at(root, "channels")), CHANNELS);
    for (int i = 0; i < CHANNELS; i++) {
        char path[32];
        jb_snprintf(path, sizeof(path), "channels.%d.energy_j", i);
        double told = number_at(root, path);
        if (fabs(told - joules[i]) > 0.02 * joules[i]) {
            fail_msg("%g is not %g", told, joules[i]);
        }
    }
}

static void history_is_what_was_appended(void **state)
{
    struct world *world = *state;
    char query[128];

    make_history(world->path);
    jb_snprintf(query, sizeof(query), "t0=%lld&t1=%lld&px=20", (long long)T0_MS, (long long)T0_MS + 600000);
    json_t *root = ask_for(world, 200, jb_document_history, "", query);
    assert_int_equal(json_array_size(at(root, "channels")), 1);
    assert_string_equal(text_at(root, "channels.0.id"), "cpu/0/package");
    assert_true(fabs(number_at(root, "channels.0.energy_j") - 60000) < 1e-3);
    assert_true(fabs(number_at(root, "channels.0.mean_w.10") - 100) < 1e-3);
    assert_true(fabs(number_at(root, "g_per_kwh.10") - 400) < 1e-3);
    jb_snprintf(query, sizeof(query), "t0=%lld&t1=%lld&px=16", (long long)T0_MS + 600000, (long long)T0_MS + 1200000);
    assert_null_at(ask_for(world, 200, jb_document_history, "", query), "channels.0.mean_w.8"); /* a gap */
    root = ask_for(world, 200, jb_document_hosts, "", "");
    assert_true(fabs(number_at(root, "hosts.0.history_j") - 60000) < 1e-3);
    assert_true(json_is_true(at(root, "hosts.0.this")));
    assert_int_equal(json_array_size(at(root, "hosts")), 1);
}

static void every_format_of_a_stored_run_can_be_had(void **state)
{
    static const char *const formats[] = {"json", "csv", "summary", "codecarbon", "html", "jtop"};
    struct world *world = *state;
    char rest[64], query[64];

    make_runs(world->path);
    id_of(0, rest, sizeof(rest));
    jb_snprintf(rest + strlen(rest), 16, "/export");
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        jb_snprintf(query, sizeof(query), "format=%s", formats[i]);
        ask_raw(world, jb_document_run, rest, query, NULL);
        assert_int_equal(world->reply.status, 200);
        assert_true(world->reply.length > 100);
        assert_int_equal(lseek(world->reply.fd, 0, SEEK_END), (off_t)world->reply.length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_file_is_no_database_yet, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(runs_are_listed_page_by_page_as_they_are_stored, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(each_sees_his_own, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_slices_of_a_run_add_up_to_its_record, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(history_is_what_was_appended, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(every_format_of_a_stored_run_can_be_had, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
