/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that may take only so long. */
#include "common.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static int count(void *context, const struct jb_record *record)
{
    ++*(size_t *)context;
    return 0;
}

static void make_runs(void **state, const char *path, unsigned runs)
{
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct random random = {1};

    for (unsigned i = 0; i < runs; i++) {
        char id[JB_RUN_ID_TEXT];
        jb_snprintf(id, sizeof(id), "01J%023u", i);
        write_run(store, id, &random, 1, 1, false);
    }
    jb_store_close(store);
}

static void a_question_beyond_its_budget_is_given_up(void **state)
{
    const char *path = in_folder(state, "runs.db");
    struct jb_diag diag = {0};
    size_t seen = 0;

    make_runs(state, path, 100);
    struct jb_store *store = open_or_fail(path, JB_STORE_READ);
    jb_store_budget(store, 1); /* over before it begins */
    assert_int_equal(jb_store_list(store, NULL, count, &seen, &diag), -ETIMEDOUT);
    assert_non_null(strstr(diag.text, "it takes too long"));
    assert_true(seen < 100);
    jb_store_budget(store, 60 * JB_NS_PER_S); /* the store is none the worse for it */
    seen = 0;
    assert_good(diag, jb_store_list(store, NULL, count, &seen, &diag));
    assert_int_equal(seen, 100);
    jb_store_budget(store, 1);
    jb_store_budget(store, 0);
    seen = 0;
    assert_good(diag, jb_store_list(store, NULL, count, &seen, &diag));
    assert_int_equal(seen, 100);
    jb_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_question_beyond_its_budget_is_given_up, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
