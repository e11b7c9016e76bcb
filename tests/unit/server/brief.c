/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for drawing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "server/documents_impl.h"

static void assert_brief(double value, const char *text)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    jb_brief(&out, value);
    assert_string_equal(out.data, text);
}

static void thousandths_are_written_as_short_as_they_are(void **state)
{
    assert_brief(0, "0");
    assert_brief(-0.0, "0");
    assert_brief(7, "7");
    assert_brief(10, "10");
    assert_brief(1200, "1200");
    assert_brief(0.05, "0.05");
    assert_brief(0.0004, "0");
    assert_brief(0.0005, "0.001");
    assert_brief(-0.5, "-0.5");
    assert_brief(-12.25, "-12.25");
    assert_brief(412.3, "412.3");
    assert_brief(100.009, "100.009");
    assert_brief(999.9996, "1000");
    assert_brief(1795316400200, "1795316400200");
}

static void what_is_not_known_is_null(void **state)
{
    assert_brief(NAN, "null");
    assert_brief(INFINITY, "null");
    assert_brief(-INFINITY, "null");
}

static void numbers_beyond_thousandths_of_64_bits_are_written_in_full(void **state)
{
    assert_brief(1e15, "1e+15");
    assert_brief(-1.5e300, "-1.5e+300");
    assert_brief(7999999999999.999, "7999999999999.999");
    assert_brief(8e12, "8000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousandths_are_written_as_short_as_they_are),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(numbers_beyond_thousandths_of_64_bits_are_written_in_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
