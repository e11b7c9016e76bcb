/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/diag.c. */
#include "base/diag.h"

#include "support.h"

#include <errno.h>

static void fail_returns_its_error_and_keeps_the_message(void **state)
{
    struct jb_diag diag = {0};
    assert_int_equal(jb_fail(&diag, -EACCES, "cannot read %s: %s", "/sys/x", "Permission denied"), -EACCES);
    assert_string_equal(diag.text, "cannot read /sys/x: Permission denied");
    assert_string_equal(diag.fix, "");
}

static void a_new_failure_clears_the_old_fix(void **state)
{
    struct jb_diag diag = {0};
    jb_fail(&diag, -EIO, "first");
    jb_fix(&diag, "do %d", 7);
    assert_string_equal(diag.fix, "do 7");
    assert_string_equal(diag.text, "first");
    jb_fail(&diag, -EIO, "second");
    assert_string_equal(diag.fix, "");
}

static void a_missing_diag_is_allowed(void **state)
{
    assert_int_equal(jb_fail(NULL, -EIO, "x"), -EIO);
    jb_fix(NULL, "x");
    jb_diag_clear(NULL);
}

static void clear_empties_both(void **state)
{
    struct jb_diag diag = {"a", "b"};
    jb_diag_clear(&diag);
    assert_string_equal(diag.text, "");
    assert_string_equal(diag.fix, "");
}

static void a_long_message_is_cut_and_terminated(void **state)
{
    struct jb_diag diag;
    memset(&diag, 'x', sizeof(diag));
    jb_fail(&diag, -EIO, "%01000d", 0);
    assert_int_equal(strlen(diag.text), sizeof(diag.text) - 1);
    jb_fix(&diag, "%01000d", 0);
    assert_int_equal(strlen(diag.fix), sizeof(diag.fix) - 1);
}

static void escapes_in_quoted_names_never_reach_the_terminal(void **state)
{
    struct jb_diag diag = {0};
    jb_fail(&diag, -EIO, "bad name '%s'", "a\033[2Jb\n");
    assert_string_equal(diag.text, "bad name 'a?[2Jb?'");
    jb_fix(&diag, "rm '%s'", "\x9b");
    assert_string_equal(diag.fix, "rm '?'");
}

static void a_message_may_quote_itself(void **state)
{
    struct jb_diag diag = {0};
    jb_fail(&diag, -EIO, "inner");
    jb_fix(&diag, "mend");
    jb_fail(&diag, -EIO, "outer: %s; %s", diag.text, diag.fix);
    assert_string_equal(diag.text, "outer: inner; mend");
}

static void errno_survives(void **state)
{
    struct jb_diag diag = {0};
    errno = EXDEV;
    jb_fail(&diag, -EIO, "x %s", "y");
    jb_fix(&diag, "x");
    assert_int_equal(errno, EXDEV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_returns_its_error_and_keeps_the_message),
        cmocka_unit_test(a_new_failure_clears_the_old_fix),
        cmocka_unit_test(a_missing_diag_is_allowed),
        cmocka_unit_test(clear_empties_both),
        cmocka_unit_test(a_long_message_is_cut_and_terminated),
        cmocka_unit_test(escapes_in_quoted_names_never_reach_the_terminal),
        cmocka_unit_test(a_message_may_quote_itself),
        cmocka_unit_test(errno_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
