/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of schema.c: the steps from nothing, from half-way, and twice; whose file is whose.
 */
#include "store/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "common.h"

/* The tables and what they are made of, as one text. */
static char *schema_of(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    struct jb_buf text = {0};
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_schema ORDER BY name", -1, &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *sql = (const char *)sqlite3_column_text(statement, 1);
        jb_buf_printf(&text, "%s: %s\n", (const char *)sqlite3_column_text(statement, 0), sql == NULL ? "" : sql);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    assert_false(text.failed);
    return text.data;
}

/* A file on which the first `count` steps have been taken, as an older joulebook left it. */
static void make_version(const char *path, int64_t count)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(sqlite3_exec(db, jb_schema_steps[i], NULL, NULL, NULL), SQLITE_OK);
    }
    char pragmas[96];
    jb_snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d", JB_APPLICATION_ID,
                (int)count);
    assert_int_equal(sqlite3_exec(db, pragmas, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_new_file_is_ours_and_at_the_newest_version(void **state)
{
    const char *path = in_folder(state, "a.db");
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    assert_int_equal(sql_number(path, "PRAGMA application_id"), 0x4a426f6b);
    assert_int_equal(sql_number(path, "PRAGMA user_version"), jb_schema_version);
    assert_int_equal(sql_number(path, "PRAGMA auto_vacuum"), 2);
    assert_sound(path);
}

static void every_older_version_becomes_the_newest(void **state)
{
    const char *fresh = in_folder(state, "fresh.db");
    jb_store_close(open_or_fail(fresh, JB_STORE_WRITE));
    char *expected = schema_of(fresh);
    for (int64_t version = 1; version < jb_schema_version; version++) {
        for (int mode = JB_STORE_READ; mode <= JB_STORE_WRITE; mode++) {
            char name[32];
            jb_snprintf(name, sizeof(name), "%d-%d.db", (int)version, mode);
            const char *path = in_folder(state, name);
            make_version(path, version);
            sql_run(
                path,
                "INSERT INTO run SELECT 1, '01KOLD', 'old', NULL, NULL, 'h', 'm', 5, 6, 1.0, 'finished', 0, NULL,"
                " 1, 1, 0, 0, 0, 1, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
                " NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL");
            struct jb_store *store = open_or_fail(path, (enum jb_store_mode)mode);
            struct jb_record record;
            struct jb_diag diag = {0};
            assert_good(diag, jb_store_load(store, "01KOLD", &record, &diag));
            assert_string_equal(record.name, "old");
            assert_int_equal(record.owner, -1);
            jb_record_finish(&record);
            jb_store_close(store);
            char *found = schema_of(path);
            assert_string_equal(found, expected);
            free(found);
            assert_int_equal(sql_number(path, "PRAGMA user_version"), jb_schema_version);
            assert_sound(path);
        }
    }
    free(expected);
}

static void opening_again_changes_nothing(void **state)
{
    const char *path = in_folder(state, "a.db");
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    char *before = NULL, *after = NULL;
    size_t before_length = 0, after_length = 0;
    assert_int_equal(jb_read_all(path, 1 << 20, &before, &before_length, NULL), 0);
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    jb_store_close(open_or_fail(path, JB_STORE_READ));
    assert_int_equal(jb_read_all(path, 1 << 20, &after, &after_length, NULL), 0);
    assert_int_equal(before_length, after_length);
    assert_memory_equal(before, after, before_length);
    free(before);
    free(after);
}

static void a_step_that_fails_leaves_the_version_before(void **state)
{
    const char *path = in_folder(state, "a.db");
    make_version(path, 1);
    sql_run(path, "CREATE TABLE baseline(in_the_way)"); /* step 2 wants to make one */
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    assert_int_equal(jb_store_open(path, JB_STORE_WRITE, &store, &diag), -EUCLEAN);
    assert_null(store);
    assert_int_equal(sql_number(path, "PRAGMA user_version"), 1);
    sql_run(path, "DROP TABLE baseline");
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    assert_int_equal(sql_number(path, "PRAGMA user_version"), jb_schema_version);
}

static void many_programs_may_make_the_file_at_once(void **state)
{
    for (int round = 0; round < 10; round++) {
        char name[32];
        jb_snprintf(name, sizeof(name), "new%d/deep/a.db", round);
        const char *path = in_folder(state, name);
        pid_t children[8];
        int gate[2];
        assert_int_equal(pipe(gate), 0);
        for (int i = 0; i < 8; i++) {
            children[i] = fork();
            assert_true(children[i] >= 0);
            if (children[i] == 0) {
                char byte;
                close(gate[1]);
                (void)!read(gate[0], &byte, 1); /* all start when the gate is closed */
                struct jb_store *store = NULL;
                struct jb_diag diag = {0};
                int r = jb_store_open(path, JB_STORE_WRITE, &store, &diag);
                if (r < 0) {
                    fprintf(stderr, "# %d %s\n", r, diag.text);
                }
                jb_store_close(store);
                _exit(r == 0 ? 0 : 1);
            }
        }
        close(gate[0]);
        close(gate[1]);
        for (int i = 0; i < 8; i++) {
            int status = -1;
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_int_equal(status, 0);
        }
        assert_int_equal(sql_number(path, "PRAGMA user_version"), jb_schema_version);
        assert_sound(path);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_new_file_is_ours_and_at_the_newest_version),
        IN_FOLDER(every_older_version_becomes_the_newest),
        IN_FOLDER(opening_again_changes_nothing),
        IN_FOLDER(a_step_that_fails_leaves_the_version_before),
        IN_FOLDER(many_programs_may_make_the_file_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
