/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of /etc/group: only the named group's, and only a number that is one. */
#include "helper/raw_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_group(const char *line, gid_t group)
{
    gid_t got = 12345;
    assert_true(jb_helper_group_line(line, "joulebook-raw", &got));
    assert_int_equal(got, group);
}

static void assert_none(const char *line)
{
    gid_t got = 12345;
    if (jb_helper_group_line(line, "joulebook-raw", &got)) {
        fail_msg("taken for the group: %s", line);
    }
    assert_int_equal(got, 12345);
}

static void the_number_of_the_group_is_found(void **state)
{
    assert_group("joulebook-raw:x:990:", 990);
    assert_group("joulebook-raw:x:990:ada,bob", 990);
    assert_group("joulebook-raw::990", 990);
    assert_group("joulebook-raw:x:4294967294:", 4294967294U);
}

static void other_names_are_other_groups(void **state)
{
    assert_none("joulebook-ra:x:990:");
    assert_none("joulebook-raw2:x:990:");
    assert_none(" joulebook-raw:x:990:");
    assert_none("x:joulebook-raw:990:");
    assert_none("#joulebook-raw:x:990:");
    assert_none("");
}

static void a_number_that_is_none_is_no_group(void **state)
{
    assert_none("joulebook-raw");
    assert_none("joulebook-raw:");
    assert_none("joulebook-raw:x");
    assert_none("joulebook-raw:x:");
    assert_none("joulebook-raw:x::");
    assert_none("joulebook-raw:x:-1:");
    assert_none("joulebook-raw:x: 1:");
    assert_none("joulebook-raw:x:1a:");
    assert_none("joulebook-raw:x:4294967295:"); /* (gid_t)-1 */
    assert_none("joulebook-raw:x:4294967296:");
    assert_none("joulebook-raw:x:18446744073709551616:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_the_group_is_found),
        cmocka_unit_test(other_names_are_other_groups),
        cmocka_unit_test(a_number_that_is_none_is_no_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
