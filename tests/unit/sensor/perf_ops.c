/* SPDX-License-Identifier: Apache-2.0 */
/* The perf system calls: those made of files, and the real ones on a software counter where the kernel lets us. */
#include "tree.h"

#include <linux/perf_event.h>

static void files_stand_for_counters(void **state)
{
    struct tree *tree = *state;
    uint64_t values[2] = {0};
    tree_write(tree, "/perf/cpu12/20:a", "4711\n");
    int fd = tree->perf.open_counter(&tree->perf, 0x20, 0xa, 12, -1);
    assert_true(fd >= 0);
    assert_int_equal(tree->perf.read_group(&tree->perf, fd, values, 2), 1);
    assert_int_equal(values[0], 4711);
    tree_write(tree, "/perf/cpu12/20:a", "18446744073709551615");
    assert_int_equal(tree->perf.read_group(&tree->perf, fd, values, 2), 1);
    assert_int_equal(values[0], UINT64_MAX);
    close(fd);
}

static void files_cannot_be_grouped(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/perf/cpu0/20:2", "1");
    int fd = tree->perf.open_counter(&tree->perf, 0x20, 2, 0, -1);
    assert_true(fd >= 0);
    assert_int_equal(tree->perf.open_counter(&tree->perf, 0x20, 2, 0, fd), -EINVAL);
    close(fd);
}

static void a_file_that_is_missing_or_no_number_is_an_error(void **state)
{
    struct tree *tree = *state;
    uint64_t values[1] = {5};
    assert_int_equal(tree->perf.open_counter(&tree->perf, 0x20, 2, 0, -1), -ENOENT);
    tree_write(tree, "/perf/cpu0/20:2", "-3");
    int fd = tree->perf.open_counter(&tree->perf, 0x20, 2, 0, -1);
    assert_true(fd >= 0);
    assert_int_equal(tree->perf.read_group(&tree->perf, fd, values, 1), -EINVAL);
    tree_write(tree, "/perf/cpu0/20:2", "3");
    assert_int_equal(tree->perf.read_group(&tree->perf, fd, values, 0), -EPROTO);
    assert_int_equal(values[0], 5);
    close(fd);
}

static void the_real_kernel_answers_groups_in_order(void **state)
{
    struct jb_perf_ops ops;
    jb_perf_ops_init(&ops, NULL);
    int leader = ops.open_counter(&ops, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 0, -1);
    if (leader < 0) {
        print_message("perf is closed here (%s)\n", strerror(-leader));
        assert_true(leader == -EACCES || leader == -EPERM || leader == -ENOSYS || leader == -ENOENT);
        return;
    }
    int sibling = ops.open_counter(&ops, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY, 0, leader);
    assert_true(sibling >= 0);
    assert_true(fcntl(sibling, F_GETFD) & FD_CLOEXEC);
    uint64_t first[2], second[2];
    assert_int_equal(ops.read_group(&ops, leader, first, 2), 2);
    assert_int_equal(ops.read_group(&ops, leader, second, 2), 2);
    assert_true(second[0] > first[0]); /* the clock ran */
    assert_int_equal(second[1], 0);    /* the dummy did not */
    assert_int_equal(ops.read_group(&ops, leader, first, 1), -EPROTO);
    close(sibling);
    close(leader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_stand_for_counters, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(files_cannot_be_grouped, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_missing_or_no_number_is_an_error, tree_setup, tree_teardown),
        cmocka_unit_test(the_real_kernel_answers_groups_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
