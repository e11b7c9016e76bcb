/* SPDX-License-Identifier: Apache-2.0 */
/* Appending summary rows: one header, no row lost or torn, nobody else's file touched. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/diag.h"
#include "base/file.h"
#include "fixture.h"

struct place {
    char folder[64], path[128];
    struct fixture f;
    struct jb_diag diag;
    char other[256];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    jb_copy(p->folder, sizeof(p->folder), "/tmp/jb-append-XXXXXX");
    if (!p || !mkdtemp(p->folder)) {
        return -1;
    }
    snprintf(p->path, sizeof(p->path), "%s/runs.csv", p->folder);
    fixture_init(&p->f);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"runs.csv", "runs-2.csv", "runs-3.csv", "notes", "notes-2.csv"};
    struct place *p = *state;
    char path[256];
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(path, sizeof(path), "%s/%s", p->folder, names[i]);
        unlink(path);
    }
    rmdir(p->folder);
    free(p);
    return 0;
}

static int append(struct place *p, const char *path)
{
    return jb_summary_append(&p->f.record, path, p->other, sizeof(p->other), &p->diag);
}

static void contents(const char *path, char **ret_data)
{
    size_t length;
    assert_int_equal(jb_read_all(path, 1 << 24, ret_data, &length, NULL), 0);
}

static void put(const char *path, const char *text)
{
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

/* Rows below one header, all as wide as it, none of them the header again. */
static unsigned rows(const char *path)
{
    char *data = NULL, *fields[64];
    struct jb_csv reader;
    unsigned count = 0;
    int columns, got;
    contents(path, &data);
    jb_csv_init(&reader, data);
    columns = jb_csv_row(&reader, fields, 64);
    assert_true(columns > 1);
    assert_true(jb_starts(fields[0], "id") || jb_starts(fields[0], "\xEF\xBB\xBF"
                                                                   "id"));
    while ((got = jb_csv_row(&reader, fields, 64)) > 0) {
        assert_int_equal(got, columns);
        assert_int_equal(strlen(fields[0]), 26);
        count++;
    }
    assert_int_equal(got, 0);
    free(data);
    return count;
}

static void a_new_file_gets_header_and_row(void **state)
{
    struct place *p = *state;
    struct stat st;
    mode_t mask = umask(022);
    assert_int_equal(append(p, p->path), 0);
    umask(mask);
    assert_int_equal(rows(p->path), 1);
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_string_equal(p->other, "");
}

static void an_empty_file_gets_a_header(void **state)
{
    struct place *p = *state;
    put(p->path, "");
    assert_int_equal(append(p, p->path), 0);
    assert_int_equal(rows(p->path), 1);
}

static void further_rows_have_no_header(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(append(p, p->path), 0);
    }
    assert_int_equal(rows(p->path), 3);
}

static void another_header_is_left_alone_and_the_new_file_is_named(void **state)
{
    struct place *p = *state;
    static const char *const foreign[] = {"timestamp,project_name\n1,2\n", "id", "i", "id,name\n", "\n\n", "id,nam"};
    for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
        char second[256];
        snprintf(second, sizeof(second), "%s/runs-2.csv", p->folder);
        put(p->path, foreign[i]);
        assert_int_equal(append(p, p->path), -EEXIST);
        char *data = NULL;
        contents(p->path, &data);
        assert_string_equal(data, foreign[i]);
        free(data);
        assert_string_equal(p->other, second);
        assert_non_null(strstr(p->diag.text, second));
        assert_int_equal(rows(second), i + 1);
    }
}

static void a_longer_header_that_begins_like_ours_is_another(void **state)
{
    struct place *p = *state;
    assert_int_equal(append(p, p->path), 0);
    char *data = NULL;
    contents(p->path, &data);
    *strchr(data, '\n') = '\0';
    char *longer = NULL;
    assert_true(asprintf(&longer, "%s,more\n", data) > 0);
    put(p->path, longer);
    assert_int_equal(append(p, p->path), -EEXIST);
    free(longer);
    free(data);
}

static void when_that_one_is_taken_too_the_next_is_used(void **state)
{
    struct place *p = *state;
    char path[256];
    put(p->path, "mine\n");
    snprintf(path, sizeof(path), "%s/runs-2.csv", p->folder);
    put(path, "mine too\n");
    assert_int_equal(append(p, p->path), -EEXIST);
    snprintf(path, sizeof(path), "%s/runs-3.csv", p->folder);
    assert_string_equal(p->other, path);
    assert_int_equal(rows(path), 1);
}

static void a_name_without_csv_gets_it(void **state)
{
    struct place *p = *state;
    char path[256], second[256];
    snprintf(path, sizeof(path), "%s/notes", p->folder);
    snprintf(second, sizeof(second), "%s/notes-2.csv", p->folder);
    put(path, "mine\n");
    assert_int_equal(append(p, path), -EEXIST);
    assert_string_equal(p->other, second);
}

static void what_spreadsheets_leave_behind_does_not_matter(void **state)
{
    struct place *p = *state;
    assert_int_equal(append(p, p->path), 0);
    char *data = NULL, *changed = NULL;
    contents(p->path, &data);
    char *line_end = strchr(data, '\n');
    assert_true(asprintf(&changed, "\xEF\xBB\xBF%.*s\r\n%s", (int)(line_end - data), data, line_end + 1) > 0);
    changed[strlen(changed) - 1] = '\0'; /* and the last newline is gone */
    put(p->path, changed);
    assert_int_equal(append(p, p->path), 0);
    assert_int_equal(rows(p->path), 2);
    free(changed);
    free(data);
}

static void runs_that_end_at_once_do_not_mix(void **state)
{
    enum { PROCESSES = 8, ROWS = 25 };
    struct place *p = *state;
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            int failures = 0;
            for (int k = 0; k < ROWS; k++) {
                failures += append(p, p->path) != 0;
            }
            _exit(failures > 0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(rows(p->path), PROCESSES * ROWS);
}

/* The lock is ours through another descriptor, so nobody will let go of it: a deadline, not a race. */
static void a_file_that_is_locked_is_not_written(void **state)
{
    struct place *p = *state;
    struct stat st;
    int fd = open(p->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(append(p, p->path), -ETIMEDOUT);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(flock(fd, LOCK_UN), 0);
    assert_int_equal(append(p, p->path), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(rows(p->path), 1);
}

/* RLIMIT_FSIZE stands in for a full disk: the write stops half-way. */
static void half_a_row_is_taken_back(void **state)
{
    struct place *p = *state;
    struct stat before, after;
    assert_int_equal(append(p, p->path), 0);
    assert_int_equal(stat(p->path, &before), 0);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {.rlim_cur = (rlim_t)before.st_size + 20, .rlim_max = (rlim_t)before.st_size + 20};
        struct sigaction ignore = {.sa_handler = SIG_IGN};
        sigaction(SIGXFSZ, &ignore, NULL);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(append(p, p->path) < 0 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(stat(p->path, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
}

static void a_device_is_written_to_and_not_read(void **state)
{
    struct place *p = *state;
    assert_int_equal(append(p, "/dev/null"), 0);
    assert_int_equal(append(p, "/dev/full"), -ENOSPC);
    assert_non_null(strstr(p->diag.text, "/dev/full"));
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    struct place *p = *state;
    char path[256];
    snprintf(path, sizeof(path), "%s/none/runs.csv", p->folder);
    assert_int_equal(append(p, path), -ENOENT);
    assert_non_null(strstr(p->diag.text, path));
    assert_int_equal(append(p, p->folder), -EISDIR);
}

static void a_name_too_long_for_the_answer_is_an_error(void **state)
{
    struct place *p = *state;
    char small[8] = "";
    put(p->path, "mine\n");
    assert_int_equal(jb_summary_append(&p->f.record, p->path, small, sizeof(small), &p->diag), -ENAMETOOLONG);
    assert_string_equal(small, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_file_gets_header_and_row, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_file_gets_a_header, setup, teardown),
        cmocka_unit_test_setup_teardown(further_rows_have_no_header, setup, teardown),
        cmocka_unit_test_setup_teardown(another_header_is_left_alone_and_the_new_file_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(a_longer_header_that_begins_like_ours_is_another, setup, teardown),
        cmocka_unit_test_setup_teardown(when_that_one_is_taken_too_the_next_is_used, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_without_csv_gets_it, setup, teardown),
        cmocka_unit_test_setup_teardown(what_spreadsheets_leave_behind_does_not_matter, setup, teardown),
        cmocka_unit_test_setup_teardown(runs_that_end_at_once_do_not_mix, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_locked_is_not_written, setup, teardown),
        cmocka_unit_test_setup_teardown(half_a_row_is_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_device_is_written_to_and_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_too_long_for_the_answer_is_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
