/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of vitals.c.
 */
#include "store/vitals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"

static const char *const id = "01JDA5Z3K8Q4R7T2V9W6X0Y1ZA";

struct seen {
    char text[512];
    int stop_after, count;
};

static int see(void *context, uint64_t t_ns, const char *json)
{
    struct seen *seen = context;
    size_t length = strlen(seen->text);
    snprintf(seen->text + length, sizeof(seen->text) - length, "%llu %s;", (unsigned long long)t_ns, json);
    return ++seen->count == seen->stop_after ? 7 : 0;
}

static struct jb_store *begin(void **state, const char **path)
{
    struct jb_record record = {0};
    struct jb_diag diag = {0};
    *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(*path, JB_STORE_WRITE);
    make_record(&record, id, 1);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    jb_record_finish(&record);
    return store;
}

static void looks_come_back_in_order_as_they_were(void **state)
{
    const char *path;
    struct jb_diag diag = {0};
    struct seen seen = {0};
    struct jb_store *store = begin(state, &path);
    assert_good(diag, jb_store_vitals_put(store, 2000000000, "{\"gpu\":998}", &diag));
    assert_good(diag, jb_store_vitals_put(store, 1000999999, "{\"gpu\":1}", &diag));
    assert_good(diag, jb_store_vitals_put(store, 2000000001, "{\"gpu\":997}", &diag)); /* the same millisecond */
    jb_store_close(store);
    store = open_or_fail(path, JB_STORE_READ);
    assert_good(diag, jb_store_vitals(store, id, see, &seen, &diag));
    assert_string_equal(seen.text, "1000000000 {\"gpu\":1};2000000000 {\"gpu\":997};");
    struct seen first = {.stop_after = 1};
    assert_int_equal(jb_store_vitals(store, id, see, &first, &diag), 7);
    assert_int_equal(first.count, 1);
    assert_int_equal(jb_store_vitals(store, "01JDA5Z3K8Q4R7T2V9W6X0Y1ZB", see, &first, &diag), -ENOENT);
    jb_store_close(store);
}

static void they_go_with_their_run(void **state)
{
    const char *path;
    struct jb_diag diag = {0};
    struct jb_record record = {0};
    struct jb_store *store = begin(state, &path);
    assert_good(diag, jb_store_vitals_put(store, 1, "{}", &diag));
    assert_int_equal(sql_number(path, "SELECT count(*) FROM vitals"), 1);
    make_record(&record, id, 1);
    record.status = JB_RUN_FINISHED;
    record.ended_ns = record.started_ns + 1;
    assert_good(diag, jb_store_end(store, &record, &diag));
    assert_good(diag, jb_store_delete(store, id, &diag));
    assert_int_equal(sql_number(path, "SELECT count(*) FROM vitals"), 0);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void without_a_run_or_too_long_is_refused(void **state)
{
    const char *path;
    struct jb_diag diag = {0};
    char *large = malloc(JB_VITALS_JSON + 1);
    struct jb_store *store = open_or_fail(in_folder(state, "b.db"), JB_STORE_WRITE);
    assert_int_equal(jb_store_vitals_put(store, 1, "{}", &diag), -EINVAL);
    jb_store_close(store);
    store = begin(state, &path);
    memset(large, ' ', JB_VITALS_JSON);
    large[JB_VITALS_JSON] = '\0';
    assert_int_equal(jb_store_vitals_put(store, 1, large, &diag), -EINVAL);
    large[JB_VITALS_JSON - 1] = '\0';
    assert_good(diag, jb_store_vitals_put(store, 1, large, &diag));
    free(large);
    jb_store_close(store);
}

static void what_somebody_put_there_is_damage_and_not_read(void **state)
{
    const char *path;
    struct jb_diag diag = {0};
    struct seen seen = {0};
    struct jb_store *store = begin(state, &path);
    jb_store_close(store);
    sql_run(path, "INSERT INTO vitals(run, t_ms, data) SELECT id, 9223372036854775807, '{}' FROM run");
    store = open_or_fail(path, JB_STORE_READ);
    assert_int_equal(jb_store_vitals(store, id, see, &seen, &diag), -EUCLEAN);
    jb_store_close(store);
    sql_run(path, "UPDATE vitals SET t_ms = 1, data = replace(hex(zeroblob(20000)), '00', 'xx')");
    store = open_or_fail(path, JB_STORE_READ);
    assert_int_equal(jb_store_vitals(store, id, see, &seen, &diag), -EUCLEAN);
    assert_int_equal(seen.count, 0);
    jb_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(looks_come_back_in_order_as_they_were, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(they_go_with_their_run, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(without_a_run_or_too_long_is_refused, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(what_somebody_put_there_is_damage_and_not_read, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
