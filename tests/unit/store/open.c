/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of open.c and connection.c: what is opened, what is refused and left as it was, and places that cannot be
 * written to.
 *
 * Permissions do not bind root, so those tests run in a child that has become nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "common.h"
#include "store/connection.h"
#include "store/schema.h"

#define ID "01KAAAAAAAAAAAAAAAAAAAAAAA"

static void put_file(const char *path, const void *data, size_t length)
{
    struct jb_diag diag = {0};
    assert_good(diag, jb_write_atomic(path, data, length, 0600, &diag));
}

/* Refused in both modes with this error, a message and a way out; not a byte of the file changed, nothing left beside
 * it. */
static void assert_refused(const char *path, int expected)
{
    for (int mode = JB_STORE_READ; mode <= JB_STORE_WRITE; mode++) {
        char *before = NULL, *after = NULL, beside[600];
        size_t before_length = 0, after_length = 0;
        struct jb_store *store = NULL;
        struct jb_diag diag = {0};
        struct stat st;
        assert_int_equal(jb_read_all(path, 1 << 24, &before, &before_length, NULL), 0);
        assert_int_equal(jb_store_open(path, (enum jb_store_mode)mode, &store, &diag), expected);
        assert_null(store);
        assert_non_null(strstr(diag.text, path));
        assert_true(diag.fix[0] != '\0');
        assert_int_equal(jb_read_all(path, 1 << 24, &after, &after_length, NULL), 0);
        assert_int_equal(before_length, after_length);
        assert_memory_equal(before, after, before_length);
        jb_snprintf(beside, sizeof(beside), "%s-wal", path);
        assert_int_equal(stat(beside, &st), -1);
        jb_snprintf(beside, sizeof(beside), "%s-shm", path);
        assert_int_equal(stat(beside, &st), -1);
        free(before);
        free(after);
    }
}

static void what_is_not_a_database_is_refused_untouched(void **state)
{
    const char *path = in_folder(state, "notes.txt");
    char page[9000];
    put_file(path, "dear diary", 10);
    assert_refused(path, -EPROTO);
    memset(page, 'x', sizeof(page));
    put_file(path, page, sizeof(page));
    assert_refused(path, -EPROTO);
    memset(page, 0, sizeof(page));
    put_file(path, page, sizeof(page));
    assert_refused(path, -EPROTO);
}

static void somebody_elses_database_is_refused_untouched(void **state)
{
    static const char *const theirs[] = {
        "CREATE TABLE bookmarks(url)",
        "CREATE TABLE bookmarks(url); PRAGMA journal_mode = WAL",
        "PRAGMA application_id = 77; PRAGMA user_version = 1; CREATE TABLE run(x)",
        "PRAGMA user_version = 1",
        "PRAGMA application_id = 1245867883; CREATE TABLE x(y)", /* our id, but no version */
        "PRAGMA application_id = 1245867883; PRAGMA user_version = -3",
    };
    for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
        char name[16];
        jb_snprintf(name, sizeof(name), "%zu.db", i);
        const char *path = in_folder(state, name);
        sqlite3 *db = NULL;
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, theirs[i], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        assert_refused(path, -EPROTO);
    }
}

/* Its last words are in its log, as after a crash: opening it the usual way would write them into the file. */
static void somebody_elses_log_is_not_cleaned_up(void **state)
{
    const char *path = in_folder(state, "theirs.db");
    char log[600];
    jb_snprintf(log, sizeof(log), "%s-wal", path);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *db = NULL;
        _exit(sqlite3_open(path, &db) == SQLITE_OK &&
                      sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE bookmarks(url)", NULL, NULL, NULL) ==
                          SQLITE_OK
                  ? 0
                  : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (int mode = JB_STORE_READ; mode <= JB_STORE_WRITE; mode++) {
        char *before[2] = {0}, *after[2] = {0};
        size_t lengths[4] = {0};
        struct jb_store *store = NULL;
        assert_int_equal(jb_read_all(path, 1 << 24, &before[0], &lengths[0], NULL), 0);
        assert_int_equal(jb_read_all(log, 1 << 24, &before[1], &lengths[1], NULL), 0);
        assert_true(lengths[1] > 0);
        assert_int_equal(jb_store_open(path, (enum jb_store_mode)mode, &store, NULL), -EPROTO);
        assert_int_equal(jb_read_all(path, 1 << 24, &after[0], &lengths[2], NULL), 0);
        assert_int_equal(jb_read_all(log, 1 << 24, &after[1], &lengths[3], NULL), 0);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(lengths[i], lengths[i + 2]);
            assert_memory_equal(before[i], after[i], lengths[i]);
            free(before[i]);
            free(after[i]);
        }
    }
}

static void a_newer_schema_is_refused_untouched(void **state)
{
    const char *path = in_folder(state, "a.db");
    char sql[64];
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    jb_snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", (int)jb_schema_version + 1);
    sql_run(path, sql);
    assert_refused(path, -EPROTONOSUPPORT);
}

static void a_damaged_file_is_refused_untouched(void **state)
{
    const char *path = in_folder(state, "a.db");
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    char *data = NULL;
    size_t length = 0;
    assert_int_equal(jb_read_all(path, 1 << 24, &data, &length, NULL), 0);
    memset(data + 100, 0xa5, 4000); /* the table of tables */
    put_file(path, data, length);
    free(data);
    assert_refused(path, -EUCLEAN);
}

static void a_file_that_is_not_there_is_made_or_missed(void **state)
{
    const char *path = in_folder(state, "deep/er/a.db");
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    struct stat st;
    assert_int_equal(jb_store_open(path, JB_STORE_READ, &store, &diag), -ENOENT);
    assert_true(diag.text[0] != '\0' && diag.fix[0] != '\0');
    assert_int_equal(stat(path, &st), -1);
    mode_t mask = umask(0);
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    umask(mask);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(in_folder(state, "deep/er"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
}

static void the_log_is_as_private_as_the_file(void **state)
{
    const char *path = in_folder(state, "a.db");
    mode_t mask = umask(0);
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    umask(mask);
    struct stat st;
    assert_int_equal(stat(in_folder(state, "a.db-wal"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    jb_store_close(store);
}

static void an_empty_file_is_taken_over_by_a_writer_only(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    put_file(path, "", 0);
    assert_int_equal(jb_store_open(path, JB_STORE_READ, &store, &diag), -ENOENT);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    jb_store_close(open_or_fail(path, JB_STORE_READ));
}

static void what_is_no_file_is_refused(void **state)
{
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    char long_path[JB_STORE_PATH + 8];
    memset(long_path, 'a', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    for (int mode = JB_STORE_READ; mode <= JB_STORE_WRITE; mode++) {
        assert_int_equal(jb_store_open(*state, (enum jb_store_mode)mode, &store, &diag), -EISDIR);
        assert_true(jb_store_open("/dev/null", (enum jb_store_mode)mode, &store, &diag) < 0);
        assert_int_equal(jb_store_open("", (enum jb_store_mode)mode, &store, &diag), -ENOENT);
        assert_int_equal(jb_store_open(long_path, (enum jb_store_mode)mode, &store, &diag), -ENAMETOOLONG);
        assert_int_equal(jb_store_open("/proc/self/comm/a.db", (enum jb_store_mode)mode, &store, &diag), -ENOTDIR);
        assert_null(store);
    }
    assert_int_equal(mkfifo(in_folder(state, "fifo"), 0600), 0); /* must not hang */
    assert_int_equal(jb_store_open(in_folder(state, "fifo"), JB_STORE_READ, &store, &diag), -EPROTO);
}

static void names_that_mean_something_to_sqlite_are_only_names(void **state)
{
    static const char *const names[] = {":memory:", "file:x?mode=memory", "50% #1 ? a b.db"};
    char before[512];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(*state), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct jb_diag diag = {0};
        struct jb_record record;
        struct jb_store *store = open_or_fail(names[i], JB_STORE_WRITE);
        make_record(&record, ID, 0);
        assert_good(diag, jb_store_begin(store, &record, &diag));
        jb_store_close(store);
        jb_record_finish(&record);
        store = open_or_fail(names[i], JB_STORE_READ);
        assert_good(diag, jb_store_load(store, ID, &record, &diag));
        jb_record_finish(&record);
        jb_store_close(store);
        assert_int_equal(access(names[i], F_OK), 0);
        store = open_or_fail(in_folder(state, names[i]), JB_STORE_READ); /* the absolute path */
        jb_store_close(store);
    }
    assert_int_equal(chdir(before), 0);
}

static void the_default_place_follows_the_environment(void **state)
{
    char path[512];
    setenv("XDG_DATA_HOME", "/data", 1);
    unsetenv("JOULEBOOK_DB");
    assert_int_equal(jb_store_default_path(path, sizeof(path)), 0);
    assert_string_equal(path, "/data/joulebook/joulebook.db");
    setenv("JOULEBOOK_DB", "/elsewhere.db", 1);
    assert_int_equal(jb_store_default_path(path, sizeof(path)), 0);
    assert_string_equal(path, "/elsewhere.db");
    assert_int_equal(jb_store_default_path(path, 5), -ENAMETOOLONG);
    setenv("JOULEBOOK_DB", in_folder(state, "env.db"), 1);
    jb_store_close(open_or_fail(NULL, JB_STORE_WRITE));
    assert_int_equal(access(in_folder(state, "env.db"), F_OK), 0);
    unsetenv("JOULEBOOK_DB");
}

/* Run `check` where permissions count: in a child that is not root. */
static void as_nobody(const char *path, void (*check)(const char *path))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)) {
            _exit(77);
        }
        check(path);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        skip();
    }
    assert_int_equal(status, 0);
}

#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "# %s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, diag.text);                          \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)

static void can_read_but_not_write(const char *path)
{
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    struct jb_record record;
    struct jb_slice slice;
    REQUIRE(jb_store_open(path, JB_STORE_READ, &store, &diag) == 0);
    REQUIRE(jb_store_load(store, ID, &record, &diag) == 0);
    REQUIRE(jb_store_slices(store, ID, 0, 0, 1, 1, &slice, &diag) == 0 && slice.energy_uj > 0);
    jb_record_finish(&record);
    jb_store_close(store);
    store = NULL;
    int r = jb_store_open(path, JB_STORE_WRITE, &store, &diag);
    REQUIRE(r == -EACCES || r == -EROFS);
    REQUIRE(store == NULL && diag.text[0] != '\0' && diag.fix[0] != '\0');
}

static void a_folder_that_cannot_be_written_to_is_read_all_the_same(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct random random = {.state = 3};
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    write_run(store, ID, &random, 20, 2, false);
    jb_store_close(store);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(*state, 0555), 0);
    as_nobody(path, can_read_but_not_write);
    assert_int_equal(chmod(path, 0666), 0); /* the file could be, its folder still cannot */
    as_nobody(path, can_read_but_not_write);
    assert_int_equal(chmod(*state, 0700), 0);
}

static void cannot_make_anything(const char *path)
{
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    REQUIRE(jb_store_open(path, JB_STORE_WRITE, &store, &diag) == -EACCES);
    REQUIRE(store == NULL && diag.text[0] != '\0' && diag.fix[0] != '\0');
}

static void where_no_file_can_be_made_it_is_said(void **state)
{
    assert_int_equal(chmod(*state, 0555), 0);
    as_nobody(in_folder(state, "a.db"), cannot_make_anything);
    as_nobody(in_folder(state, "deep/a.db"), cannot_make_anything);
    assert_int_equal(chmod(*state, 0700), 0);
}

static void cannot_read_the_log(const char *path)
{
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    int r = jb_store_open(path, JB_STORE_READ, &store, &diag);
    REQUIRE(r == -EACCES || r == -EROFS);
    REQUIRE(strstr(diag.text, "not closed properly") != NULL && strstr(diag.fix, "-wal") != NULL);
}

/* What was appended last is in the log: reading the file alone would hide it, so it is not done. */
static void a_log_that_cannot_be_read_is_not_ignored(void **state)
{
    const char *path = in_folder(state, "a.db");
    char log[600], shared[600];
    jb_snprintf(log, sizeof(log), "%s-wal", path);
    jb_snprintf(shared, sizeof(shared), "%s-shm", path);
    pid_t child = fork();
    if (child == 0) { /* dies without closing */
        struct random random = {.state = 3};
        write_run(open_or_fail(path, JB_STORE_WRITE), ID, &random, 5, 2, false);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(unlink(shared), 0);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(log, 0444), 0);
    assert_int_equal(chmod(*state, 0555), 0);
    as_nobody(path, cannot_read_the_log);
    assert_int_equal(chmod(*state, 0700), 0);
    assert_int_equal(chmod(path, 0600), 0);
    struct jb_store *store = open_or_fail(path, JB_STORE_READ); /* where it can be, it is */
    struct jb_record record;
    struct jb_diag diag = {0};
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    assert_int_equal(record.status, JB_RUN_FINISHED);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void two_stores_of_one_process_do_not_lose_their_locks(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_record record;
    struct jb_store *writer = open_or_fail(path, JB_STORE_WRITE);
    make_record(&record, ID, 0);
    assert_good(diag, jb_store_begin(writer, &record, &diag));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    jb_store_close(open_or_fail(path, JB_STORE_READ)); /* opening and closing elsewhere in the process */
    pid_t child = fork();
    if (child == 0) { /* another process must still find it locked */
        sqlite3 *other = NULL;
        _exit(sqlite3_open(path, &other) == SQLITE_OK &&
                      sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_BUSY
                  ? 0
                  : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    sqlite3_close(db);
    jb_record_finish(&record);
    jb_store_close(writer);
}

static void a_reader_leaves_nothing_behind(void **state)
{
    const char *path = in_folder(state, "a.db");
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    jb_store_close(open_or_fail(path, JB_STORE_READ));
    assert_int_equal(access(in_folder(state, "a.db-wal"), F_OK), -1);
    assert_int_equal(access(in_folder(state, "a.db-shm"), F_OK), -1);
}

static void closing_nothing_is_fine(void **state)
{
    jb_store_close(NULL);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_is_not_a_database_is_refused_untouched),
        IN_FOLDER(somebody_elses_database_is_refused_untouched),
        IN_FOLDER(somebody_elses_log_is_not_cleaned_up),
        IN_FOLDER(a_newer_schema_is_refused_untouched),
        IN_FOLDER(a_damaged_file_is_refused_untouched),
        IN_FOLDER(a_file_that_is_not_there_is_made_or_missed),
        IN_FOLDER(the_log_is_as_private_as_the_file),
        IN_FOLDER(an_empty_file_is_taken_over_by_a_writer_only),
        IN_FOLDER(what_is_no_file_is_refused),
        IN_FOLDER(names_that_mean_something_to_sqlite_are_only_names),
        IN_FOLDER(the_default_place_follows_the_environment),
        IN_FOLDER(a_folder_that_cannot_be_written_to_is_read_all_the_same),
        IN_FOLDER(where_no_file_can_be_made_it_is_said),
        IN_FOLDER(a_log_that_cannot_be_read_is_not_ignored),
        IN_FOLDER(two_stores_of_one_process_do_not_lose_their_locks),
        IN_FOLDER(a_reader_leaves_nothing_behind),
        cmocka_unit_test(closing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
