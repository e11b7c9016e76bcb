/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store promises when things go wrong: writers are killed, disks are full, two write at once.
 *
 * The killed writer tells through a pipe after each append that it is done: what it told must be there afterwards. It
 * is killed at a moment drawn by chance, with the writer in the middle of whatever it does.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "common.h"
#include "store/database.h"

#define ID "01KAAAAAAAAAAAAAAAAAAAAAAA"

/* Append until killed; a byte goes through the pipe for each chunk that is in. Never returns. */
static void write_until_killed(const char *path, int pipe_fd, uint64_t seed)
{
    struct random random = {.state = seed};
    struct jb_store *store = NULL;
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_record record;
    uint64_t t_ns = 0;
    make_record(&record, ID, 4);
    if (made == NULL || jb_store_open(path, JB_STORE_WRITE, &store, NULL) < 0 ||
        jb_store_begin(store, &record, NULL) < 0 || write(pipe_fd, "b", 1) != 1) {
        _exit(1);
    }
    for (;;) { /* chunks of 3 s, so that sums are written often too */
        make_chunk(made, &random, &t_ns, 10, 300000000, 4, true, &record);
        jb_record_sum(&record);
        if (jb_store_append(store, &record, &made->chunk, NULL) < 0 || write(pipe_fd, "c", 1) != 1) {
            _exit(1);
        }
    }
}

static int add_up(void *context, const struct jb_sample *sample)
{
    uint64_t *sums = context;
    sums[sample->channel] += sample->energy_uj;
    return 0;
}

/* The run is lost, and its series, its sums and its rows agree. */
static void check_lost_run(const char *path, int64_t told, uint64_t seed)
{
    struct jb_diag diag = {0};
    struct jb_record record;
    struct jb_slice slices[4 * 3];
    uint64_t sums[4] = {0};
    struct jb_store *store = open_or_fail(path, JB_STORE_READ);
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    assert_int_equal(record.status, JB_RUN_LOST);
    assert_true(record.ended_ns == record.started_ns + (int64_t)(record.duration_s * 1e6 + 0.5) * 1000);
    assert_good(diag, jb_store_series(store, ID, add_up, sums, &diag));
    assert_good(diag, jb_store_slices(store, ID, 0, 0, 3, 4, slices, &diag));
    for (size_t c = 0; c < record.channel_count; c++) {
        if (sums[c] != record.channels[c].energy_uj) {
            fail_msg("seed %llu: channel %zu is not what its series is", (unsigned long long)seed, c);
        }
        double drawn = slices[c * 3].energy_uj + slices[c * 3 + 1].energy_uj + slices[c * 3 + 2].energy_uj;
        assert_true(drawn > (double)sums[c] * (1 - 1e-9) - 2 && drawn < (double)sums[c] * (1 + 1e-9) + 2);
    }
    jb_record_finish(&record);
    jb_store_close(store);
    int64_t chunks = sql_number(path, "SELECT count(*) FROM chunk");
    assert_true(chunks >= told && chunks <= told + 1);
    assert_sound(path);
}

static void a_writer_killed_at_any_moment_loses_nothing_that_was_appended(void **state)
{
    struct random random = {.state = 20261122};
    for (int round = 0; round < 60; round++) {
        uint64_t seed = random.state;
        char name[16];
        jb_snprintf(name, sizeof(name), "%d.db", round);
        const char *path = in_folder(state, name);
        struct killed killed = start_writer();
        if (killed.child == 0) {
            write_until_killed(path, killed.pipe_fd, seed | 1);
        }
        int wanted = 1 + (int)random_below(&random, 120); /* the first is told of the beginning */
        int told = kill_writer(&killed, wanted, (long)random_below(&random, 400000));
        check_lost_run(path, told - 1, seed);
    }
}

static void a_killed_writer_is_not_in_the_way_of_the_next(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct killed killed = start_writer();
    if (killed.child == 0) {
        write_until_killed(path, killed.pipe_fd, 5);
    }
    assert_true(kill_writer(&killed, 50, 0) >= 50);
    struct random random = {.state = 9};
    struct jb_diag diag = {0};
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    write_run(store, "01KBBBBBBBBBBBBBBBBBBBBBBB", &random, 10, 2, false);
    assert_good(diag, jb_store_delete(store, ID, &diag)); /* it is lost, so it may go */
    jb_store_close(store);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM chunk"), 10);
    assert_sound(path);
}

static void two_processes_write_two_runs_into_one_file(void **state)
{
    static const char *const ids[] = {"01KAAAAAAAAAAAAAAAAAAAAAAA", "01KBBBBBBBBBBBBBBBBBBBBBBB",
                                      "01KCCCCCCCCCCCCCCCCCCCCCCC"};
    const char *path = in_folder(state, "a.db");
    pid_t children[3];
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct random random = {.state = (uint64_t)i + 1};
            struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
            write_run(store, ids[i], &random, 150, 4, true); /* fails the child by abort when an append fails */
            jb_store_close(store);
            _exit(0);
        }
    }
    for (int i = 0; i < 3; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    struct jb_store *store = open_or_fail(path, JB_STORE_READ);
    for (int i = 0; i < 3; i++) {
        struct jb_diag diag = {0};
        struct jb_record record;
        uint64_t sums[4] = {0};
        assert_good(diag, jb_store_load(store, ids[i], &record, &diag));
        assert_int_equal(record.status, JB_RUN_FINISHED);
        assert_good(diag, jb_store_series(store, ids[i], add_up, sums, &diag));
        for (size_t c = 0; c < 4; c++) {
            assert_true(sums[c] == record.channels[c].energy_uj && sums[c] > 0);
        }
        jb_record_finish(&record);
    }
    jb_store_close(store);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM chunk"), 450);
    assert_sound(path);
}

struct gaps {
    uint64_t end_ns[2], energy[2];
    size_t gaps[2];
};

/* Intervals never overlap, and a hole is always announced. */
static int watch_gaps(void *context, const struct jb_sample *sample)
{
    struct gaps *gaps = context;
    assert_true(sample->t0_ns >= gaps->end_ns[sample->channel]);
    assert_int_equal(sample->gap_before, sample->t0_ns > gaps->end_ns[sample->channel]);
    gaps->gaps[sample->channel] += sample->gap_before;
    gaps->end_ns[sample->channel] = sample->t1_ns;
    gaps->energy[sample->channel] += sample->energy_uj;
    return 0;
}

/* Fill the database up by `limit` and `unlimit`; what was refused is a gap in the series, nothing else. */
static void fill_and_go_on(const char *path, bool (*limit)(struct jb_store *store, bool on))
{
    struct random random = {.state = 12};
    struct jb_diag diag = {0};
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_record record, loaded;
    struct gaps gaps = {0};
    uint64_t t_ns = 0, lost = 0;
    size_t failures = 0, holes = 0;
    bool failed_before = false;
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    make_record(&record, ID, 2);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    for (int i = 0; i < 1200; i++) {
        if (i == 300 || i == 700) {
            assert_true(limit(store, true));
        }
        if (i == 600 || i == 900) {
            assert_true(limit(store, false));
        }
        make_chunk(made, &random, &t_ns, 60, 10000000, 2, false, &record);
        jb_record_sum(&record);
        int r = jb_store_append(store, &record, &made->chunk, &diag);
        if (r < 0) {
            assert_int_equal(r, -ENOSPC);
            assert_true(diag.text[0] != '\0' && diag.fix[0] != '\0');
            for (size_t k = 0; k < made->chunk.tick_count; k++) {
                lost += made->values[0][k];
            }
            failures++;
            holes += !failed_before;
        }
        failed_before = r < 0;
    }
    assert_true(failures > 0 && failures < 600);
    record.status = JB_RUN_FINISHED;
    record.ended_ns = record.started_ns + (int64_t)t_ns;
    assert_good(diag, jb_store_end(store, &record, &diag));
    assert_good(diag, jb_store_load(store, ID, &loaded, &diag));
    assert_true(loaded.channels[0].energy_uj == record.channels[0].energy_uj); /* totals have caught up */
    assert_good(diag, jb_store_series(store, ID, watch_gaps, &gaps, &diag));
    assert_int_equal(gaps.gaps[0], holes);
    assert_int_equal(gaps.gaps[1], holes);
    assert_true(gaps.energy[0] + lost == record.channels[0].energy_uj);
    struct jb_slice slices[2];
    assert_good(diag, jb_store_slices(store, ID, 0, 0, 1, 2, slices, &diag));
    double difference = slices[0].energy_uj - (double)gaps.energy[0];
    assert_true(difference < 2 && difference > -2);
    jb_record_finish(&loaded);
    jb_record_finish(&record);
    free(made);
    jb_store_close(store);
    assert_sound(path);
}

static bool limit_pages(struct jb_store *store, bool on)
{
    return sqlite3_exec(store->db, on ? "PRAGMA max_page_count = 1" : "PRAGMA max_page_count = 1000000", NULL, NULL,
                        NULL) == SQLITE_OK;
}

static void a_full_database_is_survived(void **state)
{
    fill_and_go_on(in_folder(state, "a.db"), limit_pages);
}

/* Files may not grow past what the log has now: the kernel refuses the write, as a full disk or a quota would. */
static bool limit_file_size(struct jb_store *store, bool on)
{
    struct rlimit limit;
    struct stat st;
    char log[600];
    jb_snprintf(log, sizeof(log), "%s-wal", store->path);
    if (getrlimit(RLIMIT_FSIZE, &limit) < 0) {
        return false;
    }
    limit.rlim_cur = limit.rlim_max;
    if (on) {
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        limit.rlim_cur = stat(log, &st) == 0 ? 40000 : 0;
    }
    return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

static void a_disk_that_refuses_is_survived(void **state)
{
    const char *path = in_folder(state, "a.db");
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* the limit is the process's */
        const struct sigaction ignore = {.sa_handler = SIG_IGN};
        sigaction(SIGXFSZ, &ignore, NULL);
        fill_and_go_on(path, limit_file_size);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_sound(path);
}

static const char *full_disk; /* where the child mounted one */

/* A disk with 64 kB left, or one that is large enough. */
static bool limit_disk(struct jb_store *store, bool on)
{
    struct statfs fs;
    char size[48] = "size=64m";
    if (on && statfs(full_disk, &fs) == 0) {
        jb_snprintf(size, sizeof(size), "size=%llu",
                    (unsigned long long)(fs.f_blocks - fs.f_bfree) * (unsigned long long)fs.f_bsize + 65536);
    }
    return mount("none", full_disk, "tmpfs", MS_REMOUNT, size) == 0;
}

static void a_full_disk_is_survived(void **state)
{
    full_disk = *state;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* in a mount namespace of its own */
        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("none", full_disk, "tmpfs", 0, "size=64m") < 0) {
            _exit(77);
        }
        fill_and_go_on(in_folder(state, "a.db"), limit_disk);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        skip(); /* only root may mount */
    }
    assert_int_equal(status, 0);
}

/* A reader in the middle of a long read, and one that never lets go, do not stop the writer. */
static void readers_do_not_stop_the_writer(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct random random = {.state = 3};
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE), *reader = open_or_fail(path, JB_STORE_READ);
    write_run(store, ID, &random, 5, 2, false);
    assert_int_equal(sqlite3_exec(reader->db, "BEGIN; SELECT * FROM run", NULL, NULL, NULL), SQLITE_OK);
    write_run(store, "01KBBBBBBBBBBBBBBBBBBBBBBB", &random, 300, 4, false);
    struct jb_record record;
    struct jb_diag diag = {0};
    assert_int_equal(jb_store_load(reader, "01KBBBBBBBBBBBBBBBBBBBBBBB", &record, &diag),
                     -ENOENT); /* its snapshot is older */
    assert_int_equal(sqlite3_exec(reader->db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_good(diag, jb_store_load(reader, "01KBBBBBBBBBBBBBBBBBBBBBBB", &record, &diag));
    jb_record_finish(&record);
    jb_store_close(reader);
    jb_store_close(store);
}

/* Half a log, as after a power cut: what was whole before is whole after. */
static void a_log_cut_anywhere_leaves_a_sound_beginning(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct random random = {.state = 44};
    char log[600];
    jb_snprintf(log, sizeof(log), "%s-wal", path);
    pid_t child = fork();
    if (child == 0) {
        struct made_chunk *made = calloc(1, sizeof(*made));
        struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
        struct jb_record record;
        uint64_t t_ns = 0;
        make_record(&record, ID, 2);
        assert_int_equal(jb_store_begin(store, &record, NULL), 0);
        for (int i = 0; i < 20; i++) {
            make_chunk(made, &random, &t_ns, 10, 100000000, 2, false, &record);
            assert_int_equal(jb_store_append(store, &record, &made->chunk, NULL), 0);
        }
        _exit(0); /* without closing: all of it is in the log */
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    char *file = NULL, *all = NULL;
    size_t file_length = 0, length = 0;
    assert_int_equal(jb_read_all(path, 1 << 24, &file, &file_length, NULL), 0);
    assert_int_equal(jb_read_all(log, 1 << 24, &all, &length, NULL), 0);
    for (int round = 0; round < 40; round++) {
        char name[32];
        jb_snprintf(name, sizeof(name), "cut%d.db", round);
        const char *copy = in_folder(state, name);
        jb_snprintf(log, sizeof(log), "%s-wal", copy);
        assert_int_equal(jb_write_atomic(copy, file, file_length, 0600, NULL), 0);
        assert_int_equal(jb_write_atomic(log, all, random_below(&random, length), 0600, NULL), 0);
        struct jb_store *store = open_or_fail(copy, JB_STORE_WRITE);
        struct jb_record record;
        uint64_t sums[2] = {0};
        if (jb_store_load(store, ID, &record, NULL) == 0) {
            assert_int_equal(record.status, JB_RUN_LOST);
            assert_int_equal(jb_store_series(store, ID, add_up, sums, NULL), 0);
            assert_true(record.channel_count == 0 || record.channels[0].energy_uj == sums[0]);
            jb_record_finish(&record);
        }
        jb_store_close(store);
        assert_sound(copy);
    }
    free(file);
    free(all);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_writer_killed_at_any_moment_loses_nothing_that_was_appended),
        IN_FOLDER(a_killed_writer_is_not_in_the_way_of_the_next),
        IN_FOLDER(two_processes_write_two_runs_into_one_file),
        IN_FOLDER(a_full_database_is_survived),
        IN_FOLDER(a_disk_that_refuses_is_survived),
        IN_FOLDER(a_full_disk_is_survived),
        IN_FOLDER(readers_do_not_stop_the_writer),
        IN_FOLDER(a_log_cut_anywhere_leaves_a_sound_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
