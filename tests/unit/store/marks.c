/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of mark_blob.c and marks.c: marks come back as they were, go with their run, and hostile ones are damage.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"
#include "store/mark_blob.h"

#define ID         "01KAAAAAAAAAAAAAAAAAAAAAAA"
#define ID2        "01KBBBBBBBBBBBBBBBBBBBBBBB"
#define MINUTES(n) (UINT64_C(60000000000) * (n))

static struct jb_store *begin(const char *path, const char *id)
{
    struct jb_record record;
    struct jb_diag diag = {0};
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    make_record(&record, id, 1);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    jb_record_finish(&record);
    return store;
}

static void end(struct jb_store *store, const char *id)
{
    struct jb_record record;
    struct jb_diag diag = {0};
    make_record(&record, id, 1);
    record.status = JB_RUN_FINISHED;
    record.ended_ns = record.started_ns + 1;
    assert_good(diag, jb_store_end(store, &record, &diag));
    jb_record_finish(&record);
}

static struct jb_store_mark mark(uint64_t t_ns, struct jb_mark_channel *channels, size_t count)
{
    return (struct jb_store_mark){.t_ns = t_ns,
                                  .wall_ns = INT64_C(1795316400000000000) + (int64_t)t_ns,
                                  .channels = channels,
                                  .channel_count = count};
}

static void marks_come_back_in_order_with_channels_that_join(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_marks got = {0};
    struct jb_mark_channel channels[3] = {{1, 2, 3, 4}, {0, 0, 0, 0}, {UINT64_C(1) << 62, 7, 0, 1}};
    struct jb_store *store = begin(path, ID);
    struct jb_store_mark first = mark(MINUTES(5), channels, 1), second = mark(MINUTES(10), channels, 3);
    struct jb_store_mark same = mark(MINUTES(10) + 1, channels, 3);
    second.wall_ns += INT64_C(3600000000000); /* the machine slept */
    assert_good(diag, jb_store_mark(store, &first, &diag));
    channels[0].others_uj = 33;
    assert_good(diag, jb_store_mark(store, &second, &diag));
    assert_good(diag, jb_store_mark(store, &same, &diag)); /* an idle stretch books nothing */
    struct jb_store *reader = open_or_fail(path, JB_STORE_READ);
    assert_good(diag, jb_store_marks(reader, ID, &got, &diag)); /* while it is being written */
    assert_int_equal(got.count, 3);
    assert_true(got.marks[0].t_ns == MINUTES(5) && got.marks[0].wall_ns == first.wall_ns);
    assert_int_equal(got.marks[0].channel_count, 1);
    assert_true(got.marks[0].channels[0].run_uj == 1 && got.marks[0].channels[0].idle_uj == 2 &&
                got.marks[0].channels[0].others_uj == 3 && got.marks[0].channels[0].unattributed_uj == 4);
    assert_true(got.marks[1].wall_ns == second.wall_ns && got.marks[1].channels[0].others_uj == 33);
    assert_int_equal(got.marks[1].channel_count, 3);
    assert_memory_equal(got.marks[1].channels, channels, sizeof(channels));
    jb_marks_finish(&got);
    assert_true(got.marks == NULL && got.count == 0);
    jb_marks_finish(&got);
    jb_marks_finish(NULL);
    jb_store_close(reader);
    jb_store_close(store);
}

static void a_run_without_marks_has_none_and_no_run_is_said(void **state)
{
    struct jb_diag diag = {0};
    struct jb_marks got = {0};
    struct random random = {.state = 3};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    write_run(store, ID, &random, 2, 1, false);
    assert_good(diag, jb_store_marks(store, ID, &got, &diag));
    assert_true(got.count == 0 && got.marks == NULL);
    got.count = 9;
    assert_int_equal(jb_store_marks(store, ID2, &got, &diag), -ENOENT);
    assert_int_equal(got.count, 9);
    jb_store_close(store);
}

static void what_cannot_follow_is_refused_and_the_next_is_taken(void **state)
{
    struct jb_diag diag = {0};
    struct jb_marks got = {0};
    struct jb_mark_channel channels[2] = {{10, 20, 30, 40}, {1, 1, 1, 1}}, over[1] = {{UINT64_MAX, 1, 0, 0}};
    struct jb_store *store = open_or_fail(in_folder(state, "b.db"), JB_STORE_WRITE);
    struct jb_store_mark good = mark(MINUTES(5), channels, 2), next = mark(MINUTES(6), channels, 2);
    assert_int_equal(jb_store_mark(store, &good, &diag), -EINVAL); /* no run is being written */
    assert_non_null(strstr(diag.text, "no run"));
    jb_store_close(store);
    store = begin(in_folder(state, "a.db"), ID);
    struct jb_store_mark overflow = mark(1, over, 1), late = mark(UINT64_MAX, channels, 2), fewer = next;
    struct jb_store_mark many = {.t_ns = 1, .channel_count = 1025};
    many.channels = calloc(many.channel_count, sizeof(*many.channels));
    assert_int_equal(jb_store_mark(store, &overflow, &diag), -EINVAL);
    assert_int_equal(jb_store_mark(store, &late, &diag), -EINVAL);
    assert_int_equal(jb_store_mark(store, &many, &diag), -EINVAL);
    free(many.channels);
    assert_good(diag, jb_store_mark(store, &good, &diag));
    assert_int_equal(jb_store_mark(store, &good, &diag), -EINVAL); /* the same moment */
    fewer.channel_count = 1;
    assert_int_equal(jb_store_mark(store, &fewer, &diag), -EINVAL);
    uint64_t *parts[] = {&channels[1].run_uj, &channels[1].idle_uj, &channels[1].others_uj,
                         &channels[1].unattributed_uj};
    for (size_t i = 0; i < 4; i++) {
        *parts[i] = 0; /* fell */
        assert_int_equal(jb_store_mark(store, &next, &diag), -EINVAL);
        *parts[i] = 1;
    }
    assert_good(diag, jb_store_mark(store, &next, &diag));
    assert_good(diag, jb_store_marks(store, ID, &got, &diag));
    assert_int_equal(got.count, 2);
    jb_marks_finish(&got);
    end(store, ID);
    struct jb_store_mark after = mark(MINUTES(7), channels, 2);
    assert_int_equal(jb_store_mark(store, &after, &diag), -EINVAL); /* the run is over */
    jb_store_close(store);
}

static void they_go_with_their_run_and_a_new_one_inherits_none(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_marks got = {0};
    struct jb_mark_channel channels[1] = {{10, 20, 30, 40}};
    struct jb_store *store = begin(path, ID);
    struct jb_store_mark one = mark(MINUTES(5), channels, 1), two = mark(MINUTES(10), channels, 1);
    assert_good(diag, jb_store_mark(store, &one, &diag));
    sql_run(path, "PRAGMA foreign_keys = ON; DELETE FROM run"); /* somebody else */
    assert_int_equal(sql_number(path, "SELECT count(*) FROM mark"), 0);
    assert_int_equal(jb_store_mark(store, &two, &diag), -ENOENT);
    struct jb_store *other = begin(path, ID2); /* may get the number of the deleted one */
    assert_int_equal(jb_store_mark(store, &two, &diag), -ENOENT);
    assert_good(diag, jb_store_marks(other, ID2, &got, &diag));
    assert_int_equal(got.count, 0);
    assert_good(diag, jb_store_mark(other, &one, &diag));
    end(other, ID2);
    assert_good(diag, jb_store_delete(other, ID2, &diag));
    assert_int_equal(sql_number(path, "SELECT count(*) FROM mark"), 0);
    jb_store_close(other);
    jb_store_close(store);
    assert_sound(path);
}

static void what_somebody_put_there_is_damage(void **state)
{
    static const char *const bad[] = {
        "UPDATE mark SET t_ns = -5",
        "UPDATE mark SET data = x''",
        "UPDATE mark SET data = CAST(x'02' || substr(data, 2) AS BLOB)", /* another format */
        "UPDATE mark SET data = substr(data, 1, length(data) - 1)",      /* cut */
        "UPDATE mark SET data = CAST(data || x'00' AS BLOB)",            /* longer */
        "UPDATE mark SET data = x'01ffffffffffffffffffffffffffffff'",    /* more channels than there are */
        "INSERT INTO mark(run, t_ns, wall_ns, data) SELECT run, 9e18, 5, x'0100' FROM mark", /* fewer, later */
        "INSERT INTO mark(run, t_ns, wall_ns, data) SELECT run, 9000000000000000000, 5, CAST(x'0102' || zeroblob(4) AS "
        "BLOB) FROM "
        "mark",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char name[16];
        jb_snprintf(name, sizeof(name), "%zu.db", i);
        const char *path = in_folder(state, name);
        struct jb_diag diag = {0};
        struct jb_marks got = {.count = 9};
        struct jb_mark_channel channels[1] = {{10, 20, 30, 40}};
        struct jb_store_mark one = mark(MINUTES(5), channels, 1);
        struct jb_store *store = begin(path, ID);
        assert_good(diag, jb_store_mark(store, &one, &diag));
        end(store, ID);
        jb_store_close(store);
        sql_run(path, bad[i]);
        store = open_or_fail(path, JB_STORE_READ);
        int r = jb_store_marks(store, ID, &got, &diag);
        if (r != -EUCLEAN) {
            fail_msg("%s: %d", bad[i], r);
        }
        assert_int_equal(got.count, 9);
        assert_non_null(strstr(diag.text, "damaged"));
        jb_store_close(store);
    }
}

static void a_blob_is_exact_at_the_edges_and_small(void **state)
{
    struct jb_buf blob = {0};
    struct jb_mark_channel edges[3] = {{UINT64_MAX, 0, 0, 0}, {0, 0, 0, UINT64_MAX}, {1, UINT64_MAX - 3, 1, 1}};
    struct jb_mark_channel hour[10];
    struct jb_store_mark one = mark(1, edges, 3), got = {0};
    assert_int_equal(jb_mark_encode(&one, &blob), 0);
    assert_int_equal(jb_mark_decode(blob.data, blob.length, &got), 0);
    assert_int_equal(got.channel_count, 3);
    assert_memory_equal(got.channels, edges, sizeof(edges));
    free(got.channels);
    for (size_t length = 0; length < blob.length; length++) {
        got = (struct jb_store_mark){.channel_count = 7};
        assert_int_equal(jb_mark_decode(blob.data, length, &got), -EBADMSG);
        assert_int_equal(got.channel_count, 7);
    }
    for (size_t i = 0; i < 10; i++) {
        hour[i] = (struct jb_mark_channel){.run_uj = UINT64_C(360000000000), .idle_uj = UINT64_C(72000000000)};
    }
    struct jb_store_mark typical = mark(1, hour, 10), none = {0};
    jb_buf_clear(&blob);
    assert_int_equal(jb_mark_encode(&typical, &blob), 0);
    assert_true(blob.length < 140);
    jb_buf_clear(&blob);
    assert_int_equal(jb_mark_encode(&none, &blob), 0);
    assert_int_equal(jb_mark_decode(blob.data, blob.length, &got), 0);
    assert_true(got.channel_count == 0 && got.channels == NULL);
    jb_buf_finish(&blob);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(marks_come_back_in_order_with_channels_that_join),
        IN_FOLDER(a_run_without_marks_has_none_and_no_run_is_said),
        IN_FOLDER(what_cannot_follow_is_refused_and_the_next_is_taken),
        IN_FOLDER(they_go_with_their_run_and_a_new_one_inherits_none),
        IN_FOLDER(what_somebody_put_there_is_damage),
        cmocka_unit_test(a_blob_is_exact_at_the_edges_and_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
