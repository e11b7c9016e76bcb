/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of machines.c and of identity.c: who has been here, with what, since when; which file it is.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "common.h"

#define S    INT64_C(1000000000)
#define DAY0 (INT64_C(1795305600) * S)

struct seen {
    size_t count;
    struct jb_store_machine machines[8];
    char hardware[8][64];
};

static int see(void *context, const struct jb_store_machine *machine)
{
    struct seen *seen = context;
    jb_copy(seen->hardware[seen->count], 64, machine->hardware_json == NULL ? "none" : machine->hardware_json);
    seen->machines[seen->count] = *machine;
    return ++seen->count == 8 ? 8 : 0;
}

static void write_one(struct jb_store *store, const char *id, const char *machine_id, const char *host, int64_t start,
                      uint64_t run_uj, double grams)
{
    struct jb_record record;
    struct jb_diag diag = {0};
    make_record(&record, id, 1);
    jb_copy(record.machine_id, sizeof(record.machine_id), machine_id);
    jb_copy(record.host, sizeof(record.host), host);
    record.started_ns = start;
    record.hardware_json = strdup(host);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    record.status = JB_RUN_FINISHED;
    record.ended_ns = start + 10 * S;
    record.run_uj = run_uj;
    record.footprint_uj = run_uj + 1;
    record.emissions_g = grams;
    assert_good(diag, jb_store_end(store, &record, &diag));
    jb_record_finish(&record);
}

static void every_machine_is_told_with_its_runs_and_its_history(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct seen seen = {0};
    assert_good(diag, jb_store_machines(store, false, 0, see, &seen, &diag));
    assert_int_equal(seen.count, 0);
    write_one(store, "01KA", "aaaa", "old-name", DAY0, 100, 1.5);
    write_one(store, "01KB", "aaaa", "new-name", DAY0 + 100 * S, 200, NAN);
    write_one(store, "01KC", "bbbb", "b", DAY0 + 50 * S, 400, NAN);
    sql_run(path, "UPDATE run SET owner = 77 WHERE ulid = '01KB'; UPDATE run SET owner = NULL WHERE ulid = '01KC'");
    const struct jb_history_limits for_ever = {{0, 0, 0}};
    struct jb_history *history = open_history(store, for_ever, 1); /* of a third */
    struct random random = {.state = 1};
    struct made_row made;
    make_row(&made, &random, DAY0 + 60 * S, (uint64_t)S, 1, false);
    append_row(history, &made);
    jb_history_close(history);
    assert_good(diag, jb_store_machines(store, false, 0, see, &seen, &diag));
    assert_int_equal(seen.count, 3);
    const struct jb_store_machine *a = &seen.machines[0], *b = &seen.machines[1], *c = &seen.machines[2];
    assert_string_equal(a->machine_id, "aaaa");
    assert_string_equal(a->host, "new-name");
    assert_string_equal(seen.hardware[0], "new-name");
    assert_true(a->runs == 2 && a->run_uj == 300 && a->footprint_uj == 302 && a->grams == 1.5);
    assert_true(a->first_ns == DAY0 && a->last_ns == DAY0 + 110 * S);
    /* Its last second and the end of the last machine's run are one: the ids tell who is first. */
    assert_string_equal(b->machine_id, "0123456789abcdef");
    assert_true(b->runs == 0 && b->first_ns == DAY0 + 59 * S && b->last_ns == DAY0 + 60 * S && isnan(b->grams));
    assert_string_equal(seen.hardware[1], "none");
    assert_string_equal(c->machine_id, "bbbb");
    assert_true(c->runs == 1 && isnan(c->grams));
    seen.count = 0;
    assert_good(diag, jb_store_machines(store, true, 77, see, &seen, &diag));
    assert_int_equal(seen.count, 3);
    assert_true(seen.machines[0].runs == 1 && seen.machines[0].run_uj == 200 && isnan(seen.machines[0].grams));
    assert_true(seen.machines[2].runs == 0 && seen.machines[2].run_uj == 0);
    jb_store_close(store);
}

static void a_callback_stops_the_list(void **state)
{
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct seen seen = {0};
    for (int i = 0; i < 10; i++) {
        char id[8], machine[8];
        jb_snprintf(id, sizeof(id), "01K%d", i);
        jb_snprintf(machine, sizeof(machine), "m%d", i);
        write_one(store, id, machine, "h", DAY0 + i, 1, NAN);
    }
    assert_int_equal(jb_store_machines(store, false, 0, see, &seen, &diag), 8);
    assert_string_equal(seen.machines[0].machine_id, "m9");
    jb_store_close(store);
}

static void two_paths_to_a_file_are_one_database(void **state)
{
    const char *path = in_folder(state, "a.db"), *again = in_folder(state, "./a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_store *same = open_or_fail(again, JB_STORE_READ);
    struct jb_store *other = open_or_fail(in_folder(state, "b.db"), JB_STORE_WRITE);
    uint64_t dev[3], ino[3];
    struct stat st;
    assert_int_equal(jb_store_identity(store, &dev[0], &ino[0]), 0);
    assert_int_equal(jb_store_identity(same, &dev[1], &ino[1]), 0);
    assert_int_equal(jb_store_identity(other, &dev[2], &ino[2]), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_true(dev[0] == st.st_dev && ino[0] == st.st_ino);
    assert_true(dev[0] == dev[1] && ino[0] == ino[1]);
    assert_true(ino[0] != ino[2]);
    jb_store_close(same);
    jb_store_close(other);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_machine_is_told_with_its_runs_and_its_history),
        IN_FOLDER(a_callback_stops_the_list),
        IN_FOLDER(two_paths_to_a_file_are_one_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
