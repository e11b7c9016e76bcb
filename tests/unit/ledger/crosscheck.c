/* SPDX-License-Identifier: Apache-2.0 */
#include "account_help.h"

#include <math.h>

#include "ledger/overlap.h"

static void two_seconds_are_needed(void **state)
{
    assert_int_equal(jb_crosscheck(0, 0, 100 * W, 0, 2 * S - 1, 0.25), JB_VERDICT_TOO_EARLY);
    assert_int_equal(jb_crosscheck(0, 0, 100 * W, 0, 2 * S, 0.25), JB_VERDICT_FROZEN);
}

static void a_counter_that_stands_while_power_flows_is_frozen(void **state)
{
    assert_int_equal(jb_crosscheck(0, 0, 1000 * W, 50 * W, 5 * S, 0.25), JB_VERDICT_FROZEN);
    assert_int_equal(jb_crosscheck(0, 0, 1000 * W, 50 * W, 5 * S, 2.0), JB_VERDICT_FROZEN);
    assert_int_equal(jb_crosscheck(0, 0, 40 * W, 50 * W, 5 * S, 0.25), JB_VERDICT_AGREE); /* could be nothing */
    assert_int_equal(jb_crosscheck(0, 0, 0, 0, 5 * S, 0.25), JB_VERDICT_AGREE);
}

static void the_published_case_disagrees(void **state)
{
    assert_int_equal(jb_crosscheck(187 * W, 5 * W, 327 * W, 16 * W, 5 * S, 0.25), JB_VERDICT_DISAGREE);
    assert_int_equal(jb_crosscheck(327 * W, 16 * W, 187 * W, 5 * W, 5 * S, 0.25), JB_VERDICT_DISAGREE);
    assert_int_equal(jb_crosscheck(100 * W, W, 0, 0, 5 * S, 0.25), JB_VERDICT_DISAGREE);
}

static void tolerance_and_both_errors_are_granted(void **state)
{
    assert_int_equal(jb_crosscheck(75 * W, 0, 100 * W, 0, 5 * S, 0.25), JB_VERDICT_AGREE);
    assert_int_equal(jb_crosscheck(75 * W - 1, 0, 100 * W, 0, 5 * S, 0.25), JB_VERDICT_DISAGREE);
    assert_int_equal(jb_crosscheck(70 * W, 3 * W, 100 * W, 2 * W, 5 * S, 0.25), JB_VERDICT_AGREE);
    assert_int_equal(jb_crosscheck(70 * W, 3 * W, 100 * W, 1 * W, 5 * S, 0.25), JB_VERDICT_DISAGREE);
}

static void an_unknown_error_condemns_nobody(void **state)
{
    assert_int_equal(jb_crosscheck(1, NAN, 100 * W, 0, 5 * S, 0.25), JB_VERDICT_AGREE);
    assert_int_equal(jb_crosscheck(0, INFINITY, 100 * W, 0, 5 * S, 0.25), JB_VERDICT_AGREE);
}

static void the_largest_numbers_do_not_wrap(void **state)
{
    assert_int_equal(jb_crosscheck(UINT64_MAX, 0, 1, 0, UINT64_MAX, 0.25), JB_VERDICT_DISAGREE);
    assert_int_equal(jb_crosscheck(UINT64_MAX, 0, UINT64_MAX - 1, 0, 5 * S, 0.25), JB_VERDICT_AGREE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_seconds_are_needed),
        cmocka_unit_test(a_counter_that_stands_while_power_flows_is_frozen),
        cmocka_unit_test(the_published_case_disagrees),
        cmocka_unit_test(tolerance_and_both_errors_are_granted),
        cmocka_unit_test(an_unknown_error_condemns_nobody),
        cmocka_unit_test(the_largest_numbers_do_not_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
