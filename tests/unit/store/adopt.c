/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of hand_over.c, adopt.c, run_tables.c and fd_vfs.c: a run goes from one database to another, whole; what is
 * made to harm is refused and leaves nothing behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "common.h"
#include "store/database.h"
#include "store/run_tables.h"
#include "store/vitals.h"

#define ID    "01KAAAAAAAAAAAAAAAAAAAAAAA"
#define OTHER "01KBBBBBBBBBBBBBBBBBBBBBBB"

/* A run with something in every table. */
static void write_whole_run(struct jb_store *store, const char *id)
{
    struct random random = {.state = 11};
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_record record;
    struct jb_diag diag = {0};
    uint64_t t_ns = 0;
    make_record(&record, id, 4);
    record.hardware_json = strdup("{\"cpu\":\"a\"}");
    assert_int_equal(jb_record_tag(&record, "key", "value"), 0);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    for (int i = 0; i < 200; i++) {
        make_chunk(made, &random, &t_ns, 10, 400000000, 4, true, &record);
        assert_good(diag, jb_store_append(store, &record, &made->chunk, &diag));
        assert_good(diag, jb_store_vitals_put(store, t_ns, "{\"gpu\":1}", &diag));
    }
    struct jb_mark_channel channels[4] = {{1, 2, 3, 4}, {5, 6, 7, 8}, {0}, {9, 9, 9, 9}};
    struct jb_store_mark mark = {.t_ns = 5, .wall_ns = record.started_ns, .channels = channels, .channel_count = 4};
    assert_good(diag, jb_store_mark(store, &mark, &diag));
    record.price_count = 2;
    record.prices = calloc(2, sizeof(*record.prices));
    for (int i = 0; i < 2; i++) {
        record.prices[i] = (struct jb_record_price){.until_ns = 5 + i, .emissions_g = 1.5, .uncertainty_g = NAN};
        jb_copy(record.prices[i].reason, sizeof(record.prices[i].reason), "better values");
    }
    record.status = JB_RUN_FAILED;
    record.has_exit_code = true;
    record.exit_code = 3;
    record.duration_s = (double)t_ns / 1e9;
    record.ended_ns = record.started_ns + (int64_t)t_ns;
    jb_record_sum(&record);
    assert_good(diag, jb_store_end(store, &record, &diag));
    jb_record_finish(&record);
    free(made);
}

static int hand_over(const char *path, enum jb_store_mode mode, const char *id)
{
    struct jb_store *store = open_or_fail(path, mode);
    struct jb_diag diag = {0};
    int fd = -1;
    assert_good(diag, jb_store_hand_over(store, id, &fd, &diag));
    jb_store_close(store);
    assert_true(fd >= 0);
    return fd;
}

/* A handed-over run of a database of its own. */
static int made_run(void **state, const char *name)
{
    const char *path = in_folder(state, name);
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct random random = {.state = 5};
    write_run(store, OTHER, &random, 3, 2, false);
    write_whole_run(store, ID);
    jb_store_close(store);
    return hand_over(path, JB_STORE_READ, ID);
}

static char *bytes_of(int fd, size_t *ret_size)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    char *bytes = malloc((size_t)st.st_size + 1);
    assert_int_equal(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
    *ret_size = (size_t)st.st_size;
    return bytes;
}

static int fd_with(const char *bytes, size_t size)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    return fd;
}

/* What is handed over, after somebody has been at it with SQL. */
static int changed(void **state, int fd, const char *sql)
{
    const char *path = in_folder(state, "changed.db");
    size_t size = 0;
    char *bytes = bytes_of(fd, &size), *after = NULL;
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(file, bytes, size), (ssize_t)size);
    close(file);
    sql_run(path, sql);
    assert_int_equal(jb_read_all(path, 64 << 20, &after, &size, NULL), 0);
    int ret = fd_with(after, size);
    free(bytes);
    free(after);
    return ret;
}

static int adopt(const char *path, int fd, uint32_t owner)
{
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_diag diag = {0};
    char id[JB_RUN_ID_TEXT] = "untouched";
    int r = jb_store_adopt(store, fd, owner, id, &diag);
    assert_string_equal(id, r == 0 ? ID : "untouched");
    assert_true((r == 0) == (diag.text[0] == '\0'));
    jb_store_close(store);
    return r;
}

static int64_t rows_of_runs(const char *path)
{
    return sql_number(path, "SELECT (SELECT count(*) FROM run) + (SELECT count(*) FROM run_text)"
                            " + (SELECT count(*) FROM run_channel) + (SELECT count(*) FROM chunk)"
                            " + (SELECT count(*) FROM sum_10s) + (SELECT count(*) FROM sum_10min)"
                            " + (SELECT count(*) FROM vitals) + (SELECT count(*) FROM mark)"
                            " + (SELECT count(*) FROM price)");
}

static void every_table_is_a_runs_or_the_machines(void **state)
{
    static const char *const machines[] = {"baseline",       "wall_fit",       "sensor_timing",
                                           "op_power",       "history",        "history_channel",
                                           "history_second", "history_minute", "history_hour"};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    sqlite3_stmt *statement = NULL;
    struct jb_diag diag = {0};
    size_t found = 0;
    assert_good(diag, jb_db_prepare(store, "SELECT name, sql FROM sqlite_schema WHERE type = 'table'", "read",
                                    &statement, &diag));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        bool of_run = false, of_machine = false;
        for (size_t i = 0; i < jb_run_table_count; i++) {
            of_run = of_run || jb_streq(jb_run_tables[i].name, name);
        }
        for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
            of_machine = of_machine || jb_streq(machines[i], name);
        }
        if (of_run == of_machine) {
            fail_msg("is the table %s one of a run (run_tables.c) or of a machine?", name);
        }
        bool refers = strstr((const char *)sqlite3_column_text(statement, 1), "REFERENCES run(") != NULL;
        assert_true(of_run || !refers);
        found += of_run;
    }
    sqlite3_finalize(statement);
    assert_int_equal(found, jb_run_table_count);
    jb_store_close(store);
}

/* How many rows of a table differ between the two files, apart from the number of the run. */
static int64_t differences(const char *path, const char *other, const struct jb_run_table *table)
{
    const char *columns = table->kind == JB_RUN_TABLE_SERIES ? "id & 274877906943, data"
                          : jb_streq(table->name, "run")
                              ? "ulid, name, host, machine_id, started_ns, ended_ns, duration_s, status, exit_code,"
                                " machine_uj, run_uj, idle_uj, coverage, basis, pue, last_us, owner"
                          : jb_streq(table->name, "run_text")    ? "command, tags, warnings, segments, hardware, wall,"
                                                                   " carbon, work"
                          : jb_streq(table->name, "run_channel") ? "number, id, device, name, energy_uj, run_uj,"
                                                                   " others_uj, flags, note"
                          : jb_streq(table->name, "vitals")      ? "t_ms, data"
                          : jb_streq(table->name, "mark")        ? "t_ns, wall_ns, data"
                                                          : "until_ns, emissions_g, uncertainty_g, source, reason";
    const char *of = jb_streq(table->name, "run") ? " WHERE ulid = '" ID "'"
                     : table->kind == JB_RUN_TABLE_SERIES
                         ? " WHERE id >> 38 = (SELECT id FROM %s.run WHERE ulid = '" ID "')"
                         : " WHERE run = (SELECT id FROM %s.run WHERE ulid = '" ID "')";
    char here[128], there[128], sql[2048];
    sqlite3_snprintf(sizeof(here), here, of, "main");
    sqlite3_snprintf(sizeof(there), there, of, "other");
    sqlite3_snprintf(
        sizeof(sql), sql,
        "ATTACH '%s' AS other; SELECT (SELECT count(*) FROM (SELECT %s FROM main.%s%s EXCEPT SELECT %s FROM"
        " other.%s%s)) + (SELECT count(*) FROM (SELECT %s FROM other.%s%s EXCEPT SELECT %s FROM main.%s%s))"
        " + 1000 * abs((SELECT count(*) FROM main.%s%s) - (SELECT count(*) FROM other.%s%s))"
        " + 1000000 * ((SELECT count(*) FROM main.%s%s) = 0)",
        other, columns, table->name, here, columns, table->name, there, columns, table->name, there, columns,
        table->name, here, table->name, here, table->name, there, table->name, here);
    return sql_number(path, sql);
}

static void a_run_goes_from_one_database_to_another_whole(void **state)
{
    int fd = made_run(state, "a.db");
    const char *from = in_folder(state, "a.db"), *path = in_folder(state, "b.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct random random = {.state = 6};
    struct jb_diag diag = {0};
    char id[JB_RUN_ID_TEXT];
    write_run(store, "01KCCCCCCCCCCCCCCCCCCCCCCC", &random, 4, 3, false);
    write_run(store, "01KDDDDDDDDDDDDDDDDDDDDDDD", &random, 4, 3, false);
    assert_good(diag, jb_store_adopt(store, fd, getuid(), id, &diag));
    assert_string_equal(id, ID);
    for (size_t i = 0; i < jb_run_table_count; i++) {
        int64_t differ = differences(path, from, &jb_run_tables[i]);
        if (differ != 0) {
            fail_msg("%s: %lld rows are not the same", jb_run_tables[i].name, (long long)differ);
        }
    }
    struct jb_record record;
    struct jb_slice slices[4 * 7], copied[4 * 7];
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    assert_true(record.status == JB_RUN_FAILED && record.owner == (int64_t)getuid() && record.price_count == 2);
    jb_record_finish(&record);
    assert_good(diag, jb_store_slices(store, ID, 0, 0, 7, 4, copied, &diag));
    jb_store_close(store);
    store = open_or_fail(from, JB_STORE_READ);
    assert_good(diag, jb_store_slices(store, ID, 0, 0, 7, 4, slices, &diag));
    assert_memory_equal(slices, copied, sizeof(slices));
    jb_store_close(store);
    close(fd);
    assert_sound(path);
}

static void what_is_handed_over_is_one_sealed_run(void **state)
{
    int fd = made_run(state, "a.db");
    size_t size = 0;
    char *bytes = bytes_of(fd, &size);
    const char *path = in_folder(state, "handed.db");
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(file, bytes, size), (ssize_t)size);
    close(file);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM run"), 1);
    assert_sound(path);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    free(bytes);
    close(fd);
    /* Runs that are not there, or not over. */
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct jb_record record;
    fd = -7;
    assert_int_equal(jb_store_hand_over(store, "01KX", &fd, &diag), -ENOENT);
    make_record(&record, "01KE", 1);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    assert_int_equal(jb_store_hand_over(store, "01KE", &fd, &diag), -EBUSY);
    assert_int_equal(fd, -7);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void a_run_is_adopted_by_its_owner_only(void **state)
{
    int fd = made_run(state, "a.db");
    const char *path = in_folder(state, "b.db");
    assert_int_equal(adopt(path, fd, 1000), 0);
    int64_t rows = rows_of_runs(path);
    assert_int_equal(sql_number(path, "SELECT owner FROM run"), 1000);
    assert_int_equal(adopt(path, fd, 1000), 0); /* takes the place of itself */
    assert_int_equal(rows_of_runs(path), rows);
    assert_int_equal(adopt(path, fd, 1001), -EEXIST);
    sql_run(path, "UPDATE run SET owner = NULL"); /* nobody knows whose: not theirs */
    assert_int_equal(adopt(path, fd, 1000), -EEXIST);
    assert_int_equal(rows_of_runs(path), rows);
    struct jb_store *store = open_or_fail(path, JB_STORE_READ);
    char id[JB_RUN_ID_TEXT];
    struct jb_diag diag = {0};
    assert_int_equal(jb_store_adopt(store, fd, 1000, id, &diag), -EROFS);
    jb_store_close(store);
    close(fd);
    assert_sound(path);
}

/* Its file says that it is running, by a process that lives. */
static void an_adopted_run_is_not_running(void **state)
{
    int fd = made_run(state, "a.db");
    char sql[256];
    jb_snprintf(sql, sizeof(sql),
                "UPDATE run SET status = 'running', meter_pid = %d, heartbeat_ns = 9000000000000000000", (int)getpid());
    int running = changed(state, fd, sql);
    const char *path = in_folder(state, "b.db");
    assert_int_equal(adopt(path, running, 5), 0);
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_record record;
    struct jb_diag diag = {0};
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    assert_int_equal(record.status, JB_RUN_LOST);
    jb_record_finish(&record);
    assert_good(diag, jb_store_delete(store, ID, &diag));
    jb_store_close(store);
    assert_int_equal(rows_of_runs(path), 0);
    close(fd);
    close(running);
}

static void what_is_no_handed_over_run_is_refused(void **state)
{
    static const struct {
        const char *sql;
        int r;
    } cases[] = {
        {"DELETE FROM run", -EUCLEAN},
        {"INSERT INTO run SELECT id + 1, ulid || 'X', name, project, parent, host, machine_id, started_ns, ended_ns,"
         " duration_s, status, exit_code, signal, machine_uj, run_uj, idle_uj, others_uj, unattributed_uj,"
         " footprint_uj, measured_uj, modelled_uj, uncertainty_uj, run_uncertainty_uj, footprint_uncertainty_uj,"
         " coverage, basis, emissions_g, emissions_uncertainty_g, embodied_g, intensity_g_per_kwh,"
         " intensity_rel_error, pue, zone, zone_name, zone_note, self_cpu_s, self_energy_j, self_max_rss_bytes,"
         " events_dropped, last_us, heartbeat_ns, meter_pid, meter_start, meter_place, owner FROM run",
         -EUCLEAN},
        {"UPDATE run SET ulid = ''", -EUCLEAN},
        {"UPDATE run SET ulid = '../etc/passwd'", -EUCLEAN},
        {"UPDATE run SET ulid = '" ID "TOOLONG'", -EUCLEAN},
        {"UPDATE run SET ulid = '01K' || char(0) || 'A'", -EUCLEAN},
        {"CREATE VIEW v AS SELECT 1", -EUCLEAN},
        {"CREATE TABLE more(a)", -EUCLEAN},
        {"CREATE TRIGGER t AFTER INSERT ON run BEGIN SELECT 1; END", -EUCLEAN},
        {"CREATE INDEX i ON run(abs(id))", -EUCLEAN},
        {"DROP TABLE chunk; CREATE VIEW chunk AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)"
         " SELECT id, zeroblob(1000) AS data FROM n",
         -EUCLEAN},
        {"DROP TABLE mark", -EUCLEAN},
        {"ALTER TABLE price ADD COLUMN more TEXT AS (hex(zeroblob(1000000)))", -EUCLEAN},
        {"PRAGMA user_version = 7", -EPROTO},
        {"PRAGMA user_version = 99", -EPROTONOSUPPORT},
        {"PRAGMA application_id = 5", -EPROTO},
    };
    int fd = made_run(state, "a.db");
    char path[256];
    jb_copy(path, sizeof(path), in_folder(state, "b.db")); /* changed() asks for many */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int other = changed(state, fd, cases[i].sql);
        int r = adopt(path, other, 5);
        if (r != cases[i].r) {
            fail_msg("%s: %d", cases[i].sql, r);
        }
        close(other);
    }
    int empty = fd_with("", 0), text = fd_with("no database, but some text", 26), large = fd_with("x", 1);
    int file = open(in_folder(state, "a.db"), O_RDONLY | O_CLOEXEC), ends[2];
    assert_int_equal(ftruncate(large, (off_t)JB_STORE_ADOPT_MAX + 1), 0);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(adopt(path, empty, 5), -EPROTO);
    assert_int_equal(adopt(path, text, 5), -EPROTO);
    assert_int_equal(adopt(path, large, 5), -EFBIG);
    assert_int_equal(adopt(path, file, 5), -EPROTO);
    assert_int_equal(adopt(path, ends[0], 5), -EPROTO);
    assert_int_equal(adopt(path, -1, 5), -EPROTO);
    const int all[] = {empty, text, large, file, ends[0], ends[1], fd};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        close(all[i]);
    }
    assert_int_equal(rows_of_runs(path), 0);
    assert_sound(path);
}

/* Whatever the bytes, there is an answer; a refusal leaves nothing, and what is taken over loads. */
static void flipped_bytes_do_no_harm(void **state)
{
    int fd = made_run(state, "a.db");
    const char *path = in_folder(state, "b.db");
    struct random random = {.state = 20261122};
    size_t size = 0, taken = 0, refused = 0;
    char *bytes = bytes_of(fd, &size), *copy = malloc(size);
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    for (int round = 0; round < 2000; round++) {
        memcpy(copy, bytes, size);
        for (uint64_t flips = 1 + random_below(&random, 8); flips > 0; flips--) {
            /* Half of them where pages and the schema are described. */
            size_t at = random_below(&random, random_below(&random, 2) == 0 ? size : 12000) % size;
            copy[at] = (char)random_next(&random);
        }
        int other = fd_with(copy, round % 10 == 0 ? random_below(&random, size) : size);
        char id[JB_RUN_ID_TEXT];
        struct jb_diag diag = {0};
        int r = jb_store_adopt(store, other, 5, id, &diag);
        if (r == 0) {
            struct jb_record record;
            assert_good(diag, jb_store_load(store, id, &record, &diag));
            assert_true(record.owner == 5 && record.status != JB_RUN_RUNNING);
            jb_record_finish(&record);
            assert_good(diag, jb_store_delete(store, id, &diag));
            taken++;
        } else {
            if (r != -EUCLEAN && r != -EPROTO && r != -EPROTONOSUPPORT) {
                fail_msg("round %d: %d %s", round, r, diag.text);
            }
            assert_true(diag.text[0] != '\0');
            refused++;
        }
        close(other);
    }
    print_message("# %zu taken over, %zu refused\n", taken, refused);
    assert_true(taken > 50 && refused > 50);
    jb_store_close(store);
    assert_int_equal(rows_of_runs(path), 0);
    free(bytes);
    free(copy);
    close(fd);
    assert_sound(path);
}

static void a_full_disk_leaves_all_as_it_was(void **state)
{
    int fd = made_run(state, "a.db");
    const char *path = in_folder(state, "b.db");
    assert_int_equal(adopt(path, fd, 5), 0);
    int64_t rows = rows_of_runs(path);
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_diag diag = {0};
    char id[JB_RUN_ID_TEXT];
    sql_run(path, "UPDATE run SET ulid = '01KZ'"); /* so that there is not room for both */
    assert_int_equal(sqlite3_exec(store->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(jb_store_adopt(store, fd, 5, id, &diag), -ENOSPC);
    assert_int_equal(rows_of_runs(path), rows);
    assert_int_equal(sqlite3_exec(store->db, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL), SQLITE_OK);
    assert_good(diag, jb_store_adopt(store, fd, 5, id, &diag));
    assert_int_equal(rows_of_runs(path), 2 * rows);
    jb_store_close(store);
    close(fd);
    assert_sound(path);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_table_is_a_runs_or_the_machines),
        IN_FOLDER(a_run_goes_from_one_database_to_another_whole),
        IN_FOLDER(what_is_handed_over_is_one_sealed_run),
        IN_FOLDER(a_run_is_adopted_by_its_owner_only),
        IN_FOLDER(an_adopted_run_is_not_running),
        IN_FOLDER(what_is_no_handed_over_run_is_refused),
        IN_FOLDER(flipped_bytes_do_no_harm),
        IN_FOLDER(a_full_disk_leaves_all_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
