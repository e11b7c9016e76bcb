/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of list.c: order, filters, stopping.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "common.h"

static const struct {
    const char *id, *name, *project, *argument, *tag;
} runs[] = {
    {"01KA", "ResNet", "vision", "train.py", "small"},
    {"01KB", NULL, "vision", "eval.py", NULL},
    {"01KC", "gpt", "text", "train.py", "large"},
    {"01KD", "gpt", NULL, "a \"quoted\" one", "small"},
};

static struct jb_store *make_runs(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    static const int order[] = {2, 0, 3, 1}; /* started in the order of the list, written in another */
    for (size_t k = 0; k < 4; k++) {
        int i = order[k];
        struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
        struct jb_record record;
        make_record(&record, runs[i].id, 2);
        free(record.name);
        free(record.command[1]);
        record.name = runs[i].name == NULL ? NULL : strdup(runs[i].name);
        record.project = runs[i].project == NULL ? NULL : strdup(runs[i].project);
        record.command[1] = strdup(runs[i].argument);
        record.started_ns += i;
        if (runs[i].tag != NULL) {
            assert_int_equal(jb_record_tag(&record, "size", runs[i].tag), 0);
        }
        assert_good(diag, jb_store_begin(store, &record, &diag));
        record.status = JB_RUN_FAILED;
        record.has_exit_code = true;
        record.exit_code = i;
        record.ended_ns = record.started_ns + 1;
        assert_good(diag, jb_store_end(store, &record, &diag));
        jb_record_finish(&record);
        jb_store_close(store);
    }
    return open_or_fail(path, JB_STORE_READ);
}

static int note(void *context, const struct jb_record *record)
{
    struct jb_buf *seen = context;
    assert_int_equal(record->channel_count, 0);
    assert_int_equal(record->segment_count, 0);
    assert_null(record->hardware_json);
    assert_int_equal(record->command_count, 2);
    assert_int_equal(record->status, JB_RUN_FAILED);
    jb_buf_puts(seen, record->id + 3);
    return 0;
}

static void assert_lists(struct jb_store *store, struct jb_run_filter filter, const char *expected)
{
    struct jb_buf seen = {0};
    struct jb_diag diag = {0};
    assert_int_equal(jb_store_list(store, &filter, note, &seen, &diag), 0);
    assert_string_equal(seen.data == NULL ? "" : seen.data, expected);
    jb_buf_finish(&seen);
}

static void runs_come_newest_first(void **state)
{
    struct jb_store *store = make_runs(state);
    struct jb_buf seen = {0};
    assert_lists(store, (struct jb_run_filter){0}, "DCBA");
    assert_int_equal(jb_store_list(store, NULL, note, &seen, NULL), 0);
    assert_string_equal(seen.data, "DCBA");
    jb_buf_finish(&seen);
    jb_store_close(store);
}

static void filters_choose(void **state)
{
    struct jb_store *store = make_runs(state);
    assert_lists(store, (struct jb_run_filter){.project = "vision"}, "BA");
    assert_lists(store, (struct jb_run_filter){.project = "Vision"}, "");
    assert_lists(store, (struct jb_run_filter){.text = "resnet"}, "A");       /* in the name */
    assert_lists(store, (struct jb_run_filter){.text = "TRAIN"}, "CA");       /* in the command */
    assert_lists(store, (struct jb_run_filter){.text = "python3 eval"}, "B"); /* across its words */
    assert_lists(store, (struct jb_run_filter){.text = "\"quoted\""}, "D");   /* as typed, not as stored */
    assert_lists(store, (struct jb_run_filter){.text = "%"}, "");
    assert_lists(store, (struct jb_run_filter){.text = ""}, "DCBA");
    assert_lists(store, (struct jb_run_filter){.tag_key = "size"}, "DCA");
    assert_lists(store, (struct jb_run_filter){.tag_key = "size", .tag_value = "small"}, "DA");
    assert_lists(store, (struct jb_run_filter){.tag_key = "colour"}, "");
    assert_lists(
        store, (struct jb_run_filter){.project = "text", .text = "gpt", .tag_key = "size", .tag_value = "large"}, "C");
    jb_store_close(store);
}

static void a_limit_counts_what_was_shown(void **state)
{
    struct jb_store *store = make_runs(state);
    assert_lists(store, (struct jb_run_filter){.limit = 2}, "DC");
    assert_lists(store, (struct jb_run_filter){.limit = 1, .project = "vision"}, "B");
    assert_lists(store, (struct jb_run_filter){.limit = 1, .text = "resnet"}, "A");
    assert_lists(store, (struct jb_run_filter){.limit = 99}, "DCBA");
    jb_store_close(store);
}

static void pages_and_owners(void **state)
{
    struct jb_store *store = make_runs(state);
    struct jb_diag diag = {0};
    struct jb_buf seen = {0};
    uint32_t me = getuid();
    assert_lists(store, (struct jb_run_filter){.before = "01KD"}, "CBA");
    assert_lists(store, (struct jb_run_filter){.before = "01KC", .limit = 1}, "B");
    assert_lists(store, (struct jb_run_filter){.before = "01KA"}, "");
    assert_lists(store, (struct jb_run_filter){.before = "01KD", .project = "vision", .limit = 1}, "B");
    const struct jb_run_filter gone = {.before = "01KX"};
    assert_int_equal(jb_store_list(store, &gone, note, &seen, &diag), -ENOENT);
    assert_lists(store, (struct jb_run_filter){.has_owner = true, .owner = me}, "DCBA");
    assert_lists(store, (struct jb_run_filter){.has_owner = true, .owner = me + 1}, "");
    const char *path = in_folder(state, "a.db");
    sql_run(path,
            "UPDATE run SET owner = owner + 1 WHERE ulid = '01KB'; UPDATE run SET owner = NULL WHERE ulid = '01KC'");
    assert_lists(store, (struct jb_run_filter){.has_owner = true, .owner = me}, "DA");
    assert_lists(store, (struct jb_run_filter){.has_owner = true, .owner = me + 1}, "B");
    assert_lists(store, (struct jb_run_filter){.has_owner = true, .owner = me, .before = "01KB"}, "A");
    struct jb_record record;
    assert_good(diag, jb_store_load(store, "01KB", &record, &diag));
    assert_true(record.owner == (int64_t)me + 1);
    jb_record_finish(&record);
    assert_good(diag, jb_store_load(store, "01KC", &record, &diag));
    assert_int_equal(record.owner, -1);
    jb_record_finish(&record);
    jb_store_close(store);
}

static int stop_at_second(void *context, const struct jb_record *record)
{
    int *count = context;
    return ++*count == 2 ? -77 : 0;
}

static void the_callback_stops_the_list(void **state)
{
    struct jb_store *store = make_runs(state);
    int count = 0;
    assert_int_equal(jb_store_list(store, NULL, stop_at_second, &count, NULL), -77);
    assert_int_equal(count, 2);
    jb_store_close(store);
}

static int load_each(void *context, const struct jb_record *record)
{
    struct jb_record whole;
    struct jb_diag diag = {0};
    assert_good(diag, jb_store_load(context, record->id, &whole, &diag));
    assert_true(whole.exit_code == record->exit_code && whole.has_exit_code);
    jb_record_finish(&whole);
    return 0;
}

static void the_callback_may_use_the_store(void **state)
{
    struct jb_store *store = make_runs(state);
    struct jb_diag diag = {0};
    assert_good(diag, jb_store_list(store, NULL, load_each, store, &diag));
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(runs_come_newest_first),         IN_FOLDER(filters_choose),
        IN_FOLDER(a_limit_counts_what_was_shown),  IN_FOLDER(pages_and_owners),
        IN_FOLDER(a_limit_counts_what_was_shown),  IN_FOLDER(the_callback_stops_the_list),
        IN_FOLDER(the_callback_may_use_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
