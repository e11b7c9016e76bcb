/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of find.c: what a user may call a run.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"

static const struct {
    const char *id, *name;
    int64_t age; /* the higher the older */
} runs[] = {
    {"01KAAAA1AAAAAAAAAAAAAAAAAA", "resnet", 5},       {"01KAAAA2AAAAAAAAAAAAAAAAAA", "resnet", 3},
    {"01KBBBBBBBBBBBBBBBBBBBBBBB", "01KAAAA1", 1},     {"01KCCCCCCCCCCCCCCCCCCCCCCC", NULL, 2},
    {"01KDDDDDDDDDDDDDDDDDDDDDDD", "a' OR '1'='1", 9},
};

static struct jb_store *make_runs(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
        struct jb_record record;
        make_record(&record, runs[i].id, 0);
        free(record.name);
        record.name = runs[i].name == NULL ? NULL : strdup(runs[i].name);
        record.started_ns -= runs[i].age * 1000000;
        assert_good(diag, jb_store_begin(store, &record, &diag));
        jb_record_finish(&record);
        jb_store_close(store);
    }
    return open_or_fail(path, JB_STORE_READ);
}

static void assert_finds(struct jb_store *store, const char *run, const char *expected)
{
    char id[JB_RUN_ID_TEXT] = "";
    struct jb_diag diag = {0};
    assert_good(diag, jb_store_find(store, run, id, &diag));
    assert_string_equal(id, expected);
}

static void a_run_is_found_by_id_prefix_name_and_last(void **state)
{
    struct jb_store *store = make_runs(state);
    assert_finds(store, "01KCCCCCCCCCCCCCCCCCCCCCCC", runs[3].id);
    assert_finds(store, "01kcccccccccccccccccccccc", runs[3].id);
    assert_finds(store, "01KC", runs[3].id);
    assert_finds(store, "01KAAAA2", runs[1].id);
    assert_finds(store, "resnet", runs[1].id); /* the newer of two */
    assert_finds(store, "a' OR '1'='1", runs[4].id);
    assert_finds(store, "last", runs[2].id);
    assert_finds(store, "01KAAAA1", runs[2].id); /* a name goes before the beginning of an id */
    jb_store_close(store);
}

static void what_names_no_run_is_said_to_name_none(void **state)
{
    static const char *const none[] = {
        "01K", "01KX", "RESNET", "", "%", "01KC%", "01K\xff", "resne", "x' OR '1'='1", "01KCCCCCCCCCCCCCCCCCCCCCCCC"};
    struct jb_store *store = make_runs(state);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        char id[JB_RUN_ID_TEXT] = "untouched";
        struct jb_diag diag = {0};
        assert_int_equal(jb_store_find(store, none[i], id, &diag), -ENOENT);
        assert_string_equal(id, "untouched");
        assert_true(diag.text[0] != '\0' && diag.fix[0] != '\0');
    }
    jb_store_close(store);
}

static void an_ambiguous_prefix_names_its_candidates(void **state)
{
    struct jb_store *store = make_runs(state);
    char id[JB_RUN_ID_TEXT] = "untouched";
    struct jb_diag diag = {0};
    assert_int_equal(jb_store_find(store, "01KAAAA", id, &diag), -ENOTUNIQ);
    assert_string_equal(id, "untouched");
    assert_non_null(strstr(diag.text, runs[0].id));
    assert_non_null(strstr(diag.text, runs[1].id));
    assert_null(strstr(diag.text, runs[2].id));
    jb_store_close(store);
}

static void an_empty_database_has_no_last_run(void **state)
{
    const char *path = in_folder(state, "a.db");
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    struct jb_store *store = open_or_fail(path, JB_STORE_READ);
    char id[JB_RUN_ID_TEXT];
    struct jb_diag diag = {0};
    assert_int_equal(jb_store_find(store, "last", id, &diag), -ENOENT);
    assert_true(diag.fix[0] != '\0');
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_run_is_found_by_id_prefix_name_and_last),
        IN_FOLDER(what_names_no_run_is_said_to_name_none),
        IN_FOLDER(an_ambiguous_prefix_names_its_candidates),
        IN_FOLDER(an_empty_database_has_no_last_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
