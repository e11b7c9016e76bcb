/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's busy time: fields of /proc/stat, old kernels with fewer, hostile ones, the real one. */
#include "test.h"

#include "engine/machine_clock.h"

#include <errno.h>
#include <string.h>

#define TICK UINT64_C(10000000)

static int parse(const char *text, struct jb_machine_busy *ret)
{
    return jb_machine_clock_parse(text, strlen(text), TICK, ret);
}

static void busy_is_user_nice_system_and_neither_iowait_nor_steal(void **state)
{
    struct jb_machine_busy busy;

    assert_int_equal(parse("cpu  100 20 30 1000 500 4 6 70 15 5\ncpu0 1 2 3 4\n", &busy), 0);
    assert_int_equal(busy.busy_ns, 150 * TICK);
    assert_int_equal(busy.system_ns, 10 * TICK);
    assert_int_equal(busy.total_ns, (100 + 20 + 30 + 1000 + 500 + 4 + 6 + 70) * TICK);
}

static void four_fields_are_enough(void **state)
{
    struct jb_machine_busy busy;

    assert_int_equal(parse("cpu  1 2 3 4\n", &busy), 0);
    assert_int_equal(busy.busy_ns, 6 * TICK);
    assert_int_equal(busy.system_ns, 0);
}

static void anything_else_is_refused(void **state)
{
    struct jb_machine_busy busy;

    assert_int_equal(parse("", &busy), -EBADMSG);
    assert_int_equal(parse("cpu0 1 2 3 4", &busy), -EBADMSG);
    assert_int_equal(parse("cpu  1 2 3", &busy), -EBADMSG);
    assert_int_equal(parse("cpu  1 2 3\n4 5 6\n", &busy), -EBADMSG);
    assert_int_equal(parse("cpu  18446744073709551615 2 3 4\n", &busy), -EBADMSG);
    assert_int_equal(parse("cpu  1800000000000 1800000000000 3 4\n", &busy), -EBADMSG);
}

static void the_real_clock_advances(void **state)
{
    struct jb_machine_clock clock;
    struct jb_machine_busy first, second;

    assert_int_equal(jb_machine_clock_init(&clock, NULL), 0);
    assert_int_equal(jb_machine_clock_read(&clock, &first), 0);
    do {
        assert_int_equal(jb_machine_clock_read(&clock, &second), 0);
    } while (second.total_ns == first.total_ns);
    assert_true(second.total_ns > first.total_ns);
    assert_true(second.busy_ns >= first.busy_ns);
    jb_machine_clock_finish(&clock);
    assert_int_equal(jb_machine_clock_read(&clock, &second), -EBADF);
}

static void a_machine_without_one_says_so(void **state)
{
    struct jb_machine_clock clock;

    assert_int_equal(jb_machine_clock_init(&clock, "/nonexistent"), -ENOENT);
    jb_machine_clock_finish(&clock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(busy_is_user_nice_system_and_neither_iowait_nor_steal),
        cmocka_unit_test(four_fields_are_enough),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(the_real_clock_advances),
        cmocka_unit_test(a_machine_without_one_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
