/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that are files: what they may hold, and those that play a series. */
#include "tree.h"

#include "sensor/counter_file.h"

#include <time.h>

#define SERIES "# joulebook series 1"

static int opened(const struct tree *tree, const char *path)
{
    int fd = jb_counter_open(&tree->env, path);
    assert_true(fd >= 0);
    return fd;
}

static void a_number_is_the_whole_of_a_file(void **state)
{
    static const char *const bad[] = {"", "-1\n", "1 2\n", "x\n", "1x\n", "18446744073709551616\n", "#1\n", "\n"};
    struct tree *tree = *state;
    uint64_t value = 7;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        tree_write(tree, "/n", bad[i]);
        int fd = opened(tree, "/n");
        int err = jb_counter_read(fd, &value);
        assert_true(err == -EINVAL || err == -ERANGE);
        assert_int_equal(value, 7);
        close(fd);
    }
    tree_write(tree, "/n", "18446744073709551615 \n");
    int fd = opened(tree, "/n");
    assert_int_equal(jb_counter_read(fd, &value), 0);
    assert_int_equal(value, UINT64_MAX);
    close(fd);
}

static void a_signed_number_keeps_its_sign(void **state)
{
    struct tree *tree = *state;
    int64_t value = 7;
    tree_write(tree, "/n", "-1500\n");
    int fd = opened(tree, "/n");
    assert_int_equal(jb_counter_read_signed(fd, &value), 0);
    assert_int_equal(value, -1500);
    tree_write(tree, "/n", "--15\n");
    assert_int_equal(jb_counter_read_signed(fd, &value), -EINVAL);
    assert_int_equal(value, -1500);
    close(fd);
}

static void a_series_is_read_as_what_it_says(void **state)
{
    struct tree *tree = *state;
    uint64_t value;
    int64_t number;
    char bytes[8];
    tree_write(tree, "/n", "1\n");
    tree_write(tree, "/n.series", SERIES "\n0 42\n");
    tree_write(tree, "/signed.series", SERIES "\n0 -42\n");
    tree_write(tree, "/blob.series", SERIES " hex\n0 2300ff0a\n");
    int fd = opened(tree, "/n");
    assert_int_equal(jb_counter_read(fd, &value), 0);
    assert_int_equal(value, 42);
    assert_int_equal(jb_counter_read_first(fd, &value), 0);
    assert_int_equal(jb_counter_read_blob(fd, bytes, 8), 3);
    assert_memory_equal(bytes, "42\n", 3);
    close(fd);
    fd = opened(tree, "/signed");
    assert_int_equal(jb_counter_read_signed(fd, &number), 0);
    assert_int_equal(number, -42);
    close(fd);
    fd = opened(tree, "/blob");
    assert_int_equal(jb_counter_read_blob(fd, bytes, 8), 4);
    assert_memory_equal(bytes, "\x23\x00\xff\x0a", 4);
    assert_int_equal(jb_counter_read_blob(fd, bytes, 3), 3);
    close(fd);
}

static void a_blob_that_begins_like_a_comment_is_a_blob(void **state)
{
    struct tree *tree = *state;
    char bytes[32];
    tree_write(tree, "/blob", "# joule");
    int fd = opened(tree, "/blob");
    assert_int_equal(jb_counter_read_blob(fd, bytes, sizeof(bytes)), 7);
    assert_int_equal(jb_counter_read_blob(fd, bytes, 1), 1);
    assert_int_equal(bytes[0], '#');
    close(fd);
}

static void a_series_that_is_none_is_no_number(void **state)
{
    struct tree *tree = *state;
    uint64_t value = 7;
    tree_write(tree, "/n", "1\n");
    tree_write(tree, "/n.series", SERIES "\n5 1\n4 2\n");
    int fd = opened(tree, "/n");
    assert_int_equal(jb_counter_read(fd, &value), -EINVAL);
    close(fd);
    tree_write(tree, "/n.series", SERIES "\n0 !ENODATA\n");
    fd = opened(tree, "/n");
    assert_int_equal(jb_counter_read(fd, &value), -ENODATA);
    assert_int_equal(value, 7);
    close(fd);
    tree_write(tree, "/n.series", "5\n"); /* not even that */
    fd = opened(tree, "/n");
    assert_int_equal(jb_counter_read(fd, &value), 0);
    assert_int_equal(value, 5);
    close(fd);
}

static void a_series_put_in_the_place_of_another_plays_on(void **state)
{
    struct tree *tree = *state;
    uint64_t before, after;
    char old[PATH_MAX], now[PATH_MAX];
    tree_write(tree, "/n.series", SERIES " linear\n0 0\n1000000 1000000\n"); /* ms since it was opened */
    int fd = opened(tree, "/n");
    struct timespec pause = {.tv_nsec = 20 * 1000000};
    nanosleep(&pause, NULL);
    assert_int_equal(jb_counter_read(fd, &before), 0);
    assert_true(before >= 19);
    tree_write(tree, "/new", SERIES " linear\n0 5000000\n1000000 6000000\n");
    tree_path(tree, "/new", old);
    tree_path(tree, "/n.series", now);
    assert_int_equal(rename(old, now), 0);
    jb_counter_renew(fd);
    assert_int_equal(jb_counter_read(fd, &after), 0);
    assert_true(after >= 5000000 + before);
    assert_true(after < 6000000);
    close(fd);
}

static void a_perf_counter_of_files_plays_too(void **state)
{
    struct tree *tree = *state;
    uint64_t values[1];
    tree_write(tree, "/perf/cpu0/20:2.series", SERIES "\n0 4711\n");
    int fd = tree->perf.open_counter(&tree->perf, 0x20, 2, 0, -1);
    assert_true(fd >= 0);
    assert_int_equal(tree->perf.read_group(&tree->perf, fd, values, 1), 1);
    assert_int_equal(values[0], 4711);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_number_is_the_whole_of_a_file, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_signed_number_keeps_its_sign, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_series_is_read_as_what_it_says, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_blob_that_begins_like_a_comment_is_a_blob, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_series_that_is_none_is_no_number, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_series_put_in_the_place_of_another_plays_on, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_perf_counter_of_files_plays_too, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
