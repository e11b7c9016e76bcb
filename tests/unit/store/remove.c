/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of remove.c: everything of the run goes, nothing of the others, and the file gets smaller.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

#define A "01KAAAAAAAAAAAAAAAAAAAAAAA"
#define B "01KBBBBBBBBBBBBBBBBBBBBBBB"
#define C "01KCCCCCCCCCCCCCCCCCCCCCCC"

static int add_up(void *context, const struct jb_sample *sample)
{
    *(uint64_t *)context += sample->energy_uj;
    return 0;
}

static uint64_t series_sum(struct jb_store *store, const char *id)
{
    uint64_t sum = 0;
    struct jb_diag diag = {0};
    assert_good(diag, jb_store_series(store, id, add_up, &sum, &diag));
    return sum;
}

static void a_deleted_run_is_gone_and_the_others_are_not(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct random random = {.state = 1};
    struct jb_diag diag = {0};
    struct jb_record record;
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    write_run(store, A, &random, 100, 3, false);
    write_run(store, B, &random, 120, 3, false);
    write_run(store, C, &random, 80, 3, false);
    uint64_t a = series_sum(store, A), c = series_sum(store, C);
    assert_good(diag, jb_store_delete(store, B, &diag));
    assert_int_equal(jb_store_load(store, B, &record, &diag), -ENOENT);
    assert_int_equal(jb_store_delete(store, B, &diag), -ENOENT);
    assert_true(series_sum(store, A) == a && series_sum(store, C) == c);
    jb_store_close(store);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM chunk"), 180);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM run_channel"), 6);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM run_text"), 2);
    store = open_or_fail(path, JB_STORE_WRITE);
    assert_good(diag, jb_store_delete(store, A, &diag));
    assert_good(diag, jb_store_delete(store, C, &diag));
    jb_store_close(store);
    static const char *const tables[] = {"run",     "run_text",  "run_channel", "chunk",
                                         "sum_10s", "sum_10min", "mark",        "price"};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        char *sql = sqlite3_mprintf("SELECT count(*) FROM %s", tables[i]);
        assert_int_equal(sql_number(path, sql), 0);
        sqlite3_free(sql);
    }
    assert_sound(path);
}

static void the_space_is_given_back(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct random random = {.state = 1};
    struct jb_diag diag = {0};
    struct stat before, full, after;
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    jb_store_close(store);
    assert_int_equal(stat(path, &before), 0);
    store = open_or_fail(path, JB_STORE_WRITE);
    write_run(store, A, &random, 2000, 4, false);
    jb_store_close(store);
    assert_int_equal(stat(path, &full), 0);
    store = open_or_fail(path, JB_STORE_WRITE);
    assert_good(diag, jb_store_delete(store, A, &diag));
    jb_store_close(store);
    assert_int_equal(stat(path, &after), 0);
    assert_true(full.st_size > before.st_size + 300000);
    assert_true(after.st_size <= before.st_size + 16384);
    assert_sound(path);
}

static void a_running_run_cannot_be_deleted(void **state)
{
    struct jb_diag diag = {0};
    struct jb_record record;
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    make_record(&record, A, 0);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    assert_int_equal(jb_store_delete(store, A, &diag), -EBUSY);
    record.status = JB_RUN_FINISHED;
    record.ended_ns = record.started_ns + 1;
    assert_good(diag, jb_store_end(store, &record, &diag)); /* no transaction was left open */
    assert_good(diag, jb_store_delete(store, A, &diag));
    jb_record_finish(&record);
    jb_store_close(store);
}

/* The number of a deleted run may be given to the next: nothing of the old one may come back. */
static void a_new_run_inherits_nothing(void **state)
{
    struct random random = {.state = 1};
    struct jb_diag diag = {0};
    struct jb_record record;
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    write_run(store, A, &random, 50, 4, false);
    assert_good(diag, jb_store_delete(store, A, &diag));
    make_record(&record, B, 0);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    assert_true(series_sum(store, B) == 0);
    jb_record_finish(&record);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_deleted_run_is_gone_and_the_others_are_not),
        IN_FOLDER(the_space_is_given_back),
        IN_FOLDER(a_running_run_cannot_be_deleted),
        IN_FOLDER(a_new_run_inherits_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
