/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of load.c and row.c: lost runs, and rows that say what cannot be.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "common.h"

#define ID "01KAAAAAAAAAAAAAAAAAAAAAAA"

/* A run of 5 s that has not ended, with one channel of each kind of link. */
static void make_open_run(struct jb_store *store, size_t channels)
{
    struct random random = {.state = 2};
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_record record;
    struct jb_diag diag = {0};
    uint64_t t_ns = 0;
    make_record(&record, ID, channels);
    record.segment_count = 1;
    record.segments = calloc(1, sizeof(*record.segments));
    record.segments[0].start_ns = record.started_ns;
    assert_good(diag, jb_store_begin(store, &record, &diag));
    for (int i = 0; i < 5; i++) {
        make_chunk(made, &random, &t_ns, 10, 100000000, channels, false, &record);
        jb_record_sum(&record);
        assert_good(diag, jb_store_append(store, &record, &made->chunk, &diag));
    }
    jb_record_finish(&record);
    free(made);
}

static void load(const char *path, struct jb_record *ret)
{
    struct jb_store *store = open_or_fail(path, JB_STORE_READ);
    struct jb_diag diag = {0};
    assert_good(diag, jb_store_load(store, ID, ret, &diag));
    jb_store_close(store);
}

static void assert_status(const char *path, enum jb_run_status expected)
{
    struct jb_record record;
    load(path, &record);
    assert_int_equal(record.status, expected);
    jb_record_finish(&record);
}

static void a_run_whose_meter_is_gone_is_lost_up_to_its_last_chunk(void **state)
{
    const char *path = in_folder(state, "a.db");
    pid_t child = fork();
    if (child == 0) {
        make_open_run(open_or_fail(path, JB_STORE_WRITE), 2);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct jb_record record;
    load(path, &record);
    assert_int_equal(record.status, JB_RUN_LOST);
    assert_true(fabs(record.duration_s - 5) < 0.1);
    assert_true(fabs((double)(record.ended_ns - record.started_ns) / 1e9 - record.duration_s) < 2e-6);
    assert_int_equal(record.channel_count, 2);
    assert_true(record.machine_uj == record.channels[0].energy_uj + record.channels[1].energy_uj &&
                record.machine_uj > 0);
    assert_false(record.has_exit_code || record.has_signal);
    assert_true(record.segments[0].energy_uj == record.footprint_uj); /* the basis */
    assert_true(record.segments[0].end_ns == record.ended_ns);
    jb_record_finish(&record);
}

static void a_run_of_a_living_meter_is_running(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    make_open_run(store, 2);
    assert_status(path, JB_RUN_RUNNING);
    /* Even when its heart has not beaten for long: it may be stopped, its disk may be full. */
    sql_run(path, "UPDATE run SET heartbeat_ns = 1");
    assert_status(path, JB_RUN_RUNNING);
    jb_store_close(store);
}

static void a_pid_that_was_given_out_again_is_not_the_meter(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    make_open_run(store, 2);
    sql_run(path, "UPDATE run SET meter_start = meter_start - 1");
    assert_status(path, JB_RUN_LOST);
    sql_run(path, "UPDATE run SET meter_start = meter_start + 1, meter_pid = 1000000000");
    assert_status(path, JB_RUN_LOST);
    sql_run(path, "UPDATE run SET meter_pid = -1, heartbeat_ns = 1");
    assert_status(path, JB_RUN_LOST);
    jb_store_close(store);
}

static void a_meter_elsewhere_is_judged_by_its_heartbeat(void **state)
{
    const char *path = in_folder(state, "a.db");
    char sql[128];
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    make_open_run(store, 2);
    static const char *const places[] = {"'another boot pid:[1]'", "NULL"};
    for (size_t i = 0; i < 2; i++) {
        jb_snprintf(sql, sizeof(sql), "UPDATE run SET meter_place = %s, heartbeat_ns = %lld", places[i],
                    (long long)jb_wall_ns() - 20 * 1000000000LL);
        sql_run(path, sql);
        assert_status(path, JB_RUN_RUNNING);
        jb_snprintf(sql, sizeof(sql), "UPDATE run SET heartbeat_ns = %lld",
                    (long long)jb_wall_ns() - 61 * 1000000000LL);
        sql_run(path, sql);
        assert_status(path, JB_RUN_LOST);
    }
    jb_store_close(store);
}

static void times_that_no_clock_shows_are_bounded(void **state)
{
    static const char *const times[] = {
        "status = 'done', started_ns = -9223372036854775807 - 1, ended_ns = 9223372036854775807, duration_s = 1e300",
        "status = 'done', started_ns = 9223372036854775807, ended_ns = -9223372036854775807 - 1, duration_s = -1",
        "status = 'running', heartbeat_ns = 1, meter_pid = -1, started_ns = 9223372036854775807",
        "status = 'running', heartbeat_ns = 1, meter_pid = -1, started_ns = -9223372036854775807"};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    make_open_run(store, 2);
    jb_store_close(store);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char sql[256];
        struct jb_record record;
        jb_snprintf(sql, sizeof(sql), "UPDATE run SET %s", times[i]);
        sql_run(path, sql);
        load(path, &record);
        assert_true(record.started_ns >= 0 && record.started_ns <= JB_WALL_MAX_NS);
        assert_true(record.ended_ns >= 0 && record.ended_ns <= JB_WALL_MAX_NS);
        assert_false(record.duration_s < 0 || record.duration_s > (double)JB_WALL_MAX_NS / 1e9);
        jb_record_finish(&record);
    }
}

static void links_that_lead_nowhere_or_in_circles_are_cut(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    make_open_run(store, 6);
    sql_run(path,
            "UPDATE run_channel SET parent = CASE number WHEN 0 THEN 1 WHEN 1 THEN 2 WHEN 2 THEN 0 WHEN 3 THEN 3"
            " WHEN 4 THEN 99 ELSE 1 END, twin_of = CASE number WHEN 0 THEN 0 WHEN 1 THEN -7 WHEN 2 THEN 6 ELSE 0 END");
    struct jb_record record;
    load(path, &record);
    for (size_t i = 0; i < record.channel_count; i++) {
        size_t steps = 0;
        for (int up = record.channels[i].parent; up >= 0; up = record.channels[up].parent) {
            assert_true((size_t)up < record.channel_count);
            assert_true(++steps <= record.channel_count);
        }
        assert_true(record.channels[i].twin_of >= -1 && record.channels[i].twin_of < (int)record.channel_count);
        assert_true(record.channels[i].twin_of != (int)i);
    }
    assert_int_equal(record.channels[4].parent, -1);
    assert_int_equal(record.channels[5].parent, 1); /* a good one stays */
    assert_int_equal(record.channels[3].twin_of, 0);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void texts_that_cannot_be_read_become_warnings(void **state)
{
    static const char *const bad[] = {"'['", "'7'", "'{\"a\": 1}'", "'[1]'", "''", "'[\"a\\u0000b\"]'"};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    make_open_run(store, 1);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char sql[256];
        struct jb_record record;
        jb_snprintf(sql, sizeof(sql), "UPDATE run_text SET command = %s, tags = %s, warnings = %s, segments = %s",
                    bad[i], bad[i], bad[i], i == 3 ? "'3'" : bad[i]);
        sql_run(path, sql);
        load(path, &record);
        assert_int_equal(record.command_count, 0);
        assert_int_equal(record.tag_count, 0);
        assert_true(record.warning_count >= 3);
        jb_record_finish(&record);
    }
    sql_run(path, "DELETE FROM run_text");
    struct jb_record record;
    load(path, &record);
    assert_int_equal(record.command_count, 0);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void numbers_that_cannot_be_are_brought_into_range(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    make_open_run(store, 1);
    sql_run(
        path,
        "UPDATE run SET status = 'exploded', last_us = -1, started_ns = 9223372036854775807, exit_code = 99999999999,"
        " pue = 9e999, host = 'a very long name that does not fit into the sixty-four bytes that a host has in a "
        "record, ever'");
    sql_run(path, "UPDATE run_channel SET flags = -1");
    struct jb_record record;
    load(path, &record);
    assert_int_equal(record.status, JB_RUN_LOST);
    assert_int_equal(record.ended_ns, record.started_ns);
    assert_int_equal(record.exit_code, INT32_MAX);
    assert_true(isnan(record.pue));
    assert_int_equal(strlen(record.host), sizeof(record.host) - 1);
    assert_int_equal(record.channels[0].flags, 0);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void a_run_that_is_not_there_is_missed(void **state)
{
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_record record = {.exit_code = 42};
    struct jb_diag diag = {0};
    assert_int_equal(jb_store_load(store, "nope", &record, &diag), -ENOENT);
    assert_int_equal(record.exit_code, 42); /* untouched */
    assert_true(diag.text[0] != '\0' && diag.fix[0] != '\0');
    jb_store_close(store);
}

static void missing_tables_are_damage(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    make_open_run(store, 1);
    sql_run(path, "DROP TABLE run_channel");
    struct jb_record record;
    struct jb_diag diag = {0};
    assert_int_equal(jb_store_load(store, ID, &record, &diag), -EUCLEAN);
    assert_true(diag.fix[0] != '\0');
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_run_whose_meter_is_gone_is_lost_up_to_its_last_chunk),
        IN_FOLDER(a_run_of_a_living_meter_is_running),
        IN_FOLDER(a_pid_that_was_given_out_again_is_not_the_meter),
        IN_FOLDER(a_meter_elsewhere_is_judged_by_its_heartbeat),
        IN_FOLDER(times_that_no_clock_shows_are_bounded),
        IN_FOLDER(links_that_lead_nowhere_or_in_circles_are_cut),
        IN_FOLDER(texts_that_cannot_be_read_become_warnings),
        IN_FOLDER(numbers_that_cannot_be_are_brought_into_range),
        IN_FOLDER(a_run_that_is_not_there_is_missed),
        IN_FOLDER(missing_tables_are_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
