/* SPDX-License-Identifier: Apache-2.0 */
/* A database whose file goes away under those who have it open: it is noticed, and the one that comes in its place is
 * nobody's victim. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "common.h"
#include "store/database.h"

#define OLD  "01KAAAAAAAAAAAAAAAAAAAAAAA"
#define NEW  "01KBBBBBBBBBBBBBBBBBBBBBBB"
#define MORE "01KCCCCCCCCCCCCCCCCCCCCCCC"

enum how { DELETED, DELETED_WITH_LOG, MOVED, REPLACED, WAYS };

static void remove_beside(const char *path, const char *ending)
{
    char name[600];

    jb_snprintf(name, sizeof(name), "%s%s", path, ending);
    assert_int_equal(unlink(name), 0);
}

static void displace(const char *path, const char *other, enum how how)
{
    switch (how) {
    case DELETED_WITH_LOG:
        remove_beside(path, "-wal");
        remove_beside(path, "-shm");
        assert_int_equal(unlink(path), 0);
        break;
    case DELETED:
        assert_int_equal(unlink(path), 0);
        break;
    case MOVED:
        assert_int_equal(rename(path, other), 0);
        break;
    default:
        assert_int_equal(rename(other, path), 0);
    }
}

static int64_t runs_in(const char *path)
{
    assert_sound(path);
    return sql_number(path, "SELECT count(*) FROM run");
}

/* A writer and a reader have it open, as the meter and its dashboard have. They leave one after the other, the one that
 * comes in its place is written to before, between and after. */
static void the_one_that_takes_its_place_is_whole(void **state)
{
    for (int round = 0; round < 2 * WAYS; round++) {
        enum how how = (enum how)(round % WAYS);
        bool writer_first = round < WAYS;
        char name[16], other_name[16];
        snprintf(name, sizeof(name), "%d.db", round);
        snprintf(other_name, sizeof(other_name), "%d-o.db", round);
        const char *path = in_folder(state, name), *other = in_folder(state, other_name);
        struct random random = {.state = 7};
        struct jb_store *stores[2] = {open_or_fail(path, JB_STORE_WRITE), NULL};
        write_run(stores[0], OLD, &random, 3, 2, false);
        stores[1] = open_or_fail(path, JB_STORE_READ);
        if (how == REPLACED) {
            struct jb_store *another = open_or_fail(other, JB_STORE_WRITE);
            write_run(another, MORE, &random, 3, 2, false);
            jb_store_close(another);
        }
        assert_false(jb_store_displaced(stores[0]) || jb_store_displaced(stores[1]));
        displace(path, other, how);
        assert_true(jb_store_displaced(stores[0]) && jb_store_displaced(stores[1]));

        jb_store_close(stores[writer_first ? 0 : 1]);
        struct jb_store *fresh = open_or_fail(path, JB_STORE_WRITE);
        write_run(fresh, NEW, &random, 3, 2, false);
        if (!writer_first) { /* a last word of one that has not noticed */
            write_run(stores[0], "01KDDDDDDDDDDDDDDDDDDDDDDD", &random, 3, 2, false);
        }
        jb_store_close(stores[writer_first ? 1 : 0]);
        write_run(fresh, "01KEEEEEEEEEEEEEEEEEEEEEEE", &random, 3, 2, false);
        assert_int_equal(runs_in(path), how == REPLACED ? 3 : 2); /* another connection finds its log */
        assert_false(jb_store_displaced(fresh));
        jb_store_close(fresh);
        assert_int_equal(runs_in(path), how == REPLACED ? 3 : 2);
        if (how == MOVED) { /* nothing of the old one is lost */
            assert_int_equal(runs_in(other), writer_first ? 1 : 2);
        }
    }
}

static void one_in_place_is_closed_as_ever(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct random random = {.state = 7};
    struct stat st;
    char log[600];
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);

    write_run(store, OLD, &random, 3, 2, false);
    jb_snprintf(log, sizeof(log), "%s-wal", path);
    assert_int_equal(stat(log, &st), 0);
    jb_store_close(store);
    assert_int_equal(stat(log, &st), -1);
    assert_int_equal(runs_in(path), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_one_that_takes_its_place_is_whole, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(one_in_place_is_closed_as_ever, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
