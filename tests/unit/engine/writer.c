/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: what is submitted arrives, a full ring refuses and does not wait, a failing store is told at the end. */
#include "test.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/writer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHANNELS 4
#define TICKS    16

static char folder[64], path[96];
static struct jb_store *store;
static struct jb_record record;

static void fill(struct jb_writer_slot *slot, uint64_t second)
{
    slot->t0_ns = second * JB_NS_PER_S;
    slot->tick_count = 2;
    slot->channel_count = 1;
    slot->tick_ns[0] = slot->t0_ns + JB_NS_PER_S / 2;
    slot->tick_ns[1] = slot->t0_ns + JB_NS_PER_S;
    slot->energy_uj[0] = 400;
    slot->energy_uj[1] = 600;
    slot->parts[0] = (struct jb_chunk_channel){.run_uj = 700, .idle_uj = 300};
    slot->channels[0] = (struct jb_record_channel){.in_total = true,
                                                   .parent = -1,
                                                   .twin_of = -1,
                                                   .energy_uj = 1000 * (second + 1),
                                                   .run_uj = 700 * (second + 1),
                                                   .idle_uj = 300 * (second + 1)};
    jb_copy(slot->channels[0].id, sizeof(slot->channels[0].id), "cpu/0/package");
    jb_copy(slot->channels[0].device, sizeof(slot->channels[0].device), "cpu");
    jb_copy(slot->channels[0].source, sizeof(slot->channels[0].source), "fake");
    jb_copy(slot->channels[0].method, sizeof(slot->channels[0].method), "counter");
}

static struct jb_writer_slot *next_slot(struct jb_writer *writer)
{
    struct jb_writer_slot *slot;

    while ((slot = jb_writer_slot(writer)) == NULL) {
        usleep(1000);
    }
    return slot;
}

static void what_is_submitted_arrives(void **state)
{
    struct jb_writer *writer;
    struct jb_record loaded = {0};

    assert_int_equal(jb_store_begin(store, &record, NULL), 0);
    assert_int_equal(jb_writer_create(store, record.id, CHANNELS, TICKS, &writer), 0);
    for (uint64_t second = 0; second < 30; second++) {
        fill(next_slot(writer), second);
        jb_writer_submit(writer);
    }
    assert_int_equal(jb_writer_finish(writer, 10 * JB_NS_PER_S, NULL), 0);
    assert_int_equal(jb_store_load(store, record.id, &loaded, NULL), 0);
    assert_int_equal(loaded.channel_count, 1);
    assert_int_equal(loaded.channels[0].energy_uj, 30000);
    assert_int_equal(loaded.machine_uj, 30000);
    assert_int_equal(loaded.run_uj, 21000);
    jb_record_finish(&loaded);
}

static void a_failing_store_is_told_at_the_end(void **state)
{
    struct jb_writer *writer;
    struct jb_diag diag = {0};

    /* The run was never begun: every append fails. */
    assert_int_equal(jb_writer_create(store, "01ARZ3NDEKTSV4RRFFQ69G5FAV", CHANNELS, TICKS, &writer), 0);
    fill(next_slot(writer), 0);
    jb_writer_submit(writer);
    assert_true(jb_writer_finish(writer, 10 * JB_NS_PER_S, &diag) < 0);
    assert_string_not_equal(diag.text, "");
}

static void waiting_ends_when_a_slot_is_free(void **state)
{
    struct jb_writer *writer;

    jb_writer_wait(NULL, 0);
    assert_int_equal(jb_store_begin(store, &record, NULL), 0);
    assert_int_equal(jb_writer_create(store, record.id, CHANNELS, TICKS, &writer), 0);
    for (uint64_t second = 0; second < 40; second++) { /* more than the ring holds */
        jb_writer_wait(writer, 10 * JB_NS_PER_S);
        struct jb_writer_slot *slot = jb_writer_slot(writer);
        assert_non_null(slot);
        fill(slot, second);
        jb_writer_submit(writer);
    }
    assert_int_equal(jb_writer_finish(writer, 10 * JB_NS_PER_S, NULL), 0);
}

static void nothing_to_finish(void **state)
{
    struct jb_writer *writer;

    assert_int_equal(jb_writer_finish(NULL, 0, NULL), 0);
    assert_int_equal(jb_writer_create(store, record.id, CHANNELS, TICKS, &writer), 0);
    assert_non_null(jb_writer_slot(writer)); /* taken, never submitted */
    assert_int_equal(jb_writer_finish(writer, 10 * JB_NS_PER_S, NULL), 0);
}

static int open_store(void **state)
{
    static char program[] = "true";
    static char *command[] = {program};

    jb_copy(folder, sizeof(folder), "/tmp/jb-writer-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/x.db", folder);
    record = (struct jb_record){.started_ns = 1,
                                .duration_s = NAN,
                                .command = command,
                                .command_count = 1,
                                .basis = "run",
                                .pue = 1,
                                .machine_id = "m",
                                .host = "h",
                                .id = "01BX5ZZKBKACTAV9WEVGEMMVRZ"};
    return jb_store_open(path, JB_STORE_WRITE, &store, NULL);
}

static int close_store(void **state)
{
    char name[112];

    jb_store_close(store);
    unlink(path);
    snprintf(name, sizeof(name), "%s-wal", path);
    unlink(name);
    snprintf(name, sizeof(name), "%s-shm", path);
    unlink(name);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_submitted_arrives, open_store, close_store),
        cmocka_unit_test_setup_teardown(a_failing_store_is_told_at_the_end, open_store, close_store),
        cmocka_unit_test_setup_teardown(waiting_ends_when_a_slot_is_free, open_store, close_store),
        cmocka_unit_test_setup_teardown(nothing_to_finish, open_store, close_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
