/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/stat: names with spaces and parentheses, cut lines, numbers out of range. */
#include "test.h"

#include "engine/proctree.h"

#include <errno.h>
#include <string.h>

static int parse(const char *text, struct jb_pidstat *ret)
{
    return jb_pidstat_parse(text, strlen(text), ret);
}

static void an_ordinary_line(void **state)
{
    struct jb_pidstat stat;

    assert_int_equal(parse("42 (python3) S 7 42 42 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0 98765 1 2 3", &stat), 0);
    assert_int_equal(stat.parent, 7);
    assert_int_equal(stat.own_ticks, 33);
    assert_int_equal(stat.waited_ticks, 77);
    assert_int_equal(stat.start_ticks, 98765);
}

static void a_name_that_looks_like_fields(void **state)
{
    struct jb_pidstat stat;

    assert_int_equal(parse("42 (a) S 9 9) R 8 42 42 0 -1 4194304 100 0 0 0 1 2 3 4 20 0 1 0 5 1", &stat), 0);
    assert_int_equal(stat.parent, 8);
    assert_int_equal(stat.own_ticks, 3);
}

static void every_cut_of_a_line_is_refused_or_whole(void **state)
{
    const char *line = "42 (python3) S 7 42 42 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0 98765";
    struct jb_pidstat stat;

    for (size_t length = 0; length < strlen(line) - 5; length++) {
        assert_int_equal(jb_pidstat_parse(line, length, &stat), -EBADMSG);
    }
}

static void numbers_that_overflow_are_refused(void **state)
{
    struct jb_pidstat stat;

    assert_int_equal(parse("42 (x) S 7 1 1 0 -1 0 0 0 0 0 18446744073709551615 22 0 0 20 0 1 0 5 1", &stat), -EBADMSG);
    assert_int_equal(parse("42 (x) S 7777777777 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 5 1", &stat), -EBADMSG);
    assert_int_equal(parse("", &stat), -EBADMSG);
    assert_int_equal(parse(")))))", &stat), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_line),
        cmocka_unit_test(a_name_that_looks_like_fields),
        cmocka_unit_test(every_cut_of_a_line_is_refused_or_whole),
        cmocka_unit_test(numbers_that_overflow_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
