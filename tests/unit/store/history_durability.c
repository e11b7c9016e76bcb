/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the history promises when things go wrong: its writer is killed, the disk is full, somebody reads all the time.
 *
 * The killed writer tells through a pipe after each append that it is done; it is killed at a moment drawn by chance.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "common.h"
#include "store/database.h"

#define S        INT64_C(1000000000)
#define HOUR     (3600 * S)
#define DAY0     (INT64_C(1795305600) * S)
#define CHANNELS 3

static const struct jb_history_limits for_ever = {{0, 0, 0}};

/* The same rows for the same number: 50 in a quarter of an hour, with gaps, so that hours are over soon. */
static void numbered_row(int number, struct made_row *made)
{
    struct random random = {.state = (uint64_t)number + 1};
    int64_t end_ns = DAY0 + (int64_t)(number / 50) * 900 * S + (int64_t)(number % 50 + 1) * 3 * S;
    make_row(made, &random, end_ns, (uint64_t)S, CHANNELS, true);
}

static void sums_of(int from, int to, uint64_t *sums)
{
    struct made_row made;
    for (int i = from; i < to; i++) {
        numbered_row(i, &made);
        for (size_t c = 0; c < CHANNELS; c++) {
            sums[c] += made.values[c].energy_uj == JB_NO_VALUE ? 0 : made.values[c].energy_uj;
        }
    }
}

static void write_until_killed(const char *path, int pipe_fd, int from)
{
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history *history = open_history(store, for_ever, CHANNELS);
    struct made_row made;
    for (int i = from;; i++) {
        numbered_row(i, &made);
        if (jb_history_append(history, &made.row, NULL) < 0 || write(pipe_fd, "r", 1) != 1) {
            _exit(1);
        }
    }
}

/* The number of rows that are in; seconds, minutes and hours are all of them, exactly. */
static int check_sums(const char *path, int told)
{
    struct jb_store *store = open_or_fail(path, JB_STORE_READ);
    int64_t end_ns = DAY0 + 400 * HOUR;
    double levels[JB_HISTORY_LEVELS][CHANNELS];
    assert_int_equal(energy_between(store, DAY0, end_ns, 399, CHANNELS, levels[2]), JB_HISTORY_HOURS);
    assert_int_equal(energy_between(store, DAY0, end_ns, 400 * 59, CHANNELS, levels[1]), JB_HISTORY_MINUTES);
    assert_int_equal(energy_between(store, DAY0, end_ns, 400 * 60 + 1, CHANNELS, levels[0]), JB_HISTORY_SECONDS);
    uint64_t sums[CHANNELS] = {0};
    int rows = (int)(sql_number(path, "SELECT second_held_ns FROM history") / S);
    assert_true(rows == told || rows == told + 1); /* one that was in, and killed before it could tell */
    sums_of(0, rows, sums);
    for (int level = 0; level < JB_HISTORY_LEVELS; level++) {
        for (size_t c = 0; c < CHANNELS; c++) {
            if (fabs(levels[level][c] - (double)sums[c]) > 0.5) {
                fail_msg("level %d, channel %zu, %d rows: %.1f, not %.1f", level, c, rows, levels[level][c],
                         (double)sums[c]);
            }
        }
    }
    jb_store_close(store);
    return rows;
}

static void a_writer_killed_at_any_moment_loses_a_second_at_most(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct random random = {.state = 20261122};
    int rows = 0;
    for (int round = 0; round < 40; round++) {
        struct killed killed = start_writer();
        if (killed.child == 0) {
            write_until_killed(path, killed.pipe_fd, rows);
        }
        int wanted = (int)random_below(&random, 150);
        int told = rows + kill_writer(&killed, wanted, (long)random_below(&random, 400000));
        rows = told == 0 ? 0 : check_sums(path, told);
        assert_sound(path);
    }
    assert_true(rows > 1000);
}

static bool limit_pages(struct jb_store *store, bool on)
{
    return sqlite3_exec(store->db, on ? "PRAGMA max_page_count = 1" : "PRAGMA max_page_count = 1000000", NULL, NULL,
                        NULL) == SQLITE_OK;
}

static void add_to(struct made_row *sum, const struct made_row *more)
{
    sum->row.end_ns = more->row.end_ns;
    sum->row.length_ns += more->row.length_ns;
    for (size_t c = 0; c < CHANNELS; c++) {
        sum->values[c].energy_uj += more->values[c].energy_uj;
        sum->values[c].runs_uj += more->values[c].runs_uj;
        sum->values[c].idle_uj += more->values[c].idle_uj;
        sum->values[c].covered_ns += more->values[c].covered_ns;
    }
}

/* As the meter does: what could not be written is in the next row. */
static void a_full_database_leaves_all_as_it_was(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history *history = open_history(store, for_ever, CHANNELS);
    struct random random = {.state = 4};
    struct made_row made, waiting = {0};
    uint64_t sums[CHANNELS] = {0};
    double found[CHANNELS];
    int refused = 0;
    for (int i = 1; i <= 4000; i++) {
        if (i % 1000 == 300 || i % 1000 == 700) {
            assert_true(limit_pages(store, i % 1000 == 300));
        }
        make_row(&made, &random, DAY0 + i * S, (uint64_t)S, CHANNELS, false);
        made.row.values = made.values;
        for (size_t c = 0; c < CHANNELS; c++) {
            sums[c] += made.values[c].energy_uj;
        }
        if (waiting.row.length_ns != 0) {
            add_to(&waiting, &made);
        } else {
            waiting = made;
        }
        waiting.row.values = waiting.values;
        struct jb_diag diag = {0};
        int r = jb_history_append(history, &waiting.row, &diag);
        if (r < 0) {
            assert_int_equal(r, -ENOSPC);
            assert_true(diag.text[0] != '\0' && diag.fix[0] != '\0');
            refused++;
        } else {
            waiting = (struct made_row){0};
        }
    }
    assert_true(refused > 100 && refused < 1700);
    assert_int_equal(waiting.row.length_ns, 0);
    for (int level = 0; level < JB_HISTORY_LEVELS; level++) {
        static const size_t counts[] = {7200, 120, 2};
        assert_int_equal(energy_between(store, DAY0, DAY0 + 2 * HOUR, counts[level], CHANNELS, found), level);
        for (size_t c = 0; c < CHANNELS; c++) {
            assert_true(fabs(found[c] - (double)sums[c]) < 1);
        }
    }
    assert_int_equal(sql_number(path, "SELECT second_held_ns FROM history"), 4000 * S);
    jb_history_close(history);
    jb_store_close(store);
    assert_sound(path);
}

/* A run that is being written, in the same store, is not in the way. */
static void a_run_and_a_history_share_a_store(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history *history = open_history(store, for_ever, CHANNELS);
    struct random random = {.state = 4};
    struct made_row made;
    for (int i = 0; i < 10; i++) {
        char id[JB_RUN_ID_TEXT];
        jb_snprintf(id, sizeof(id), "01KAAAAAAAAAAAAAAAAAAAAAA%d", i);
        numbered_row(i, &made);
        append_row(history, &made);
        write_run(store, id, &random, 5, 2, false);
    }
    check_sums(path, 10);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM run WHERE owner IS NOT NULL"), 10);
    jb_history_close(history);
    jb_store_close(store);
}

/* Reads slices and the sum until it is told to stop; exits with 1 at the first failure, or if it read nothing. */
static void read_until_told(const char *path, int pipe_fd)
{
    size_t reads = 0;
    char byte;
    struct pollfd told = {.fd = pipe_fd, .events = POLLIN};
    while (poll(&told, 1, 0) == 0) {
        struct jb_store *store = NULL;
        struct jb_slice slices[60 * CHANNELS];
        struct jb_history_sum sum;
        enum jb_history_level level;
        struct jb_diag diag = {0};
        if (jb_store_open(path, JB_STORE_READ, &store, &diag) < 0) {
            _exit(2);
        }
        for (int i = 0; i < 20; i++) {
            int64_t width = i % 3 == 0 ? 60 * S : i % 3 == 1 ? HOUR : 60 * HOUR;
            if (jb_history_slices(store, NULL, DAY0, DAY0 + width, 60, CHANNELS, slices, NULL, &level, &diag) < 0 ||
                jb_history_sum(store, NULL, &sum, &diag) < 0) {
                _exit(3);
            }
            reads++;
        }
        jb_store_close(store);
    }
    _exit(read(pipe_fd, &byte, 1) < 0 || reads == 0 ? 4 : 0);
}

static void a_reader_all_the_time_is_in_nobodys_way(void **state)
{
    const char *path = in_folder(state, "a.db");
    const struct jb_history_limits limits = {{3600, 0, 0}};
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history *history = open_history(store, limits, CHANNELS);
    struct random random = {.state = 4};
    struct made_row made;
    int ends[2], status = -1;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[1]);
        read_until_told(path, ends[0]);
    }
    close(ends[0]);
    for (int i = 1; i <= 20000; i++) {
        make_row(&made, &random, DAY0 + i * S, (uint64_t)S, CHANNELS, false);
        append_row(history, &made);
    }
    assert_int_equal(write(ends[1], "s", 1), 1);
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    jb_history_close(history);
    jb_store_close(store);
    assert_sound(path);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_writer_killed_at_any_moment_loses_a_second_at_most),
        IN_FOLDER(a_full_database_leaves_all_as_it_was),
        IN_FOLDER(a_run_and_a_history_share_a_store),
        IN_FOLDER(a_reader_all_the_time_is_in_nobodys_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
