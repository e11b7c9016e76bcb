/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets of tokens: by key, bounded, by the clock they are given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/quota.h"

static unsigned drain(struct jb_quota *quota, uint64_t key, uint64_t t_ns)
{
    unsigned taken = 0;

    while (taken < 1000 && jb_quota_take(quota, key, t_ns)) {
        taken++;
    }
    return taken;
}

static void a_burst_and_then_the_rate(void **state)
{
    struct jb_quota quota;

    jb_quota_init(&quota, 10, 48);
    assert_int_equal(drain(&quota, 1, 5 * JB_NS_PER_S), 48);
    assert_int_equal(drain(&quota, 2, 5 * JB_NS_PER_S), 48); /* another has his own */
    assert_int_equal(drain(&quota, 1, 5 * JB_NS_PER_S + 500 * JB_NS_PER_MS), 5);
    assert_int_equal(drain(&quota, 1, 100 * JB_NS_PER_S), 48);
}

static void a_clock_that_goes_back_gives_nothing(void **state)
{
    struct jb_quota quota;

    jb_quota_init(&quota, 10, 20);
    assert_int_equal(drain(&quota, 1, 100 * JB_NS_PER_S), 20);
    assert_int_equal(drain(&quota, 1, 50 * JB_NS_PER_S), 0);
    assert_int_equal(drain(&quota, 1, 100 * JB_NS_PER_S), 0);
    assert_int_equal(drain(&quota, 1, 101 * JB_NS_PER_S), 10);
}

static void who_is_held_back_is_not_forgotten_for_newcomers(void **state)
{
    struct jb_quota quota;

    jb_quota_init(&quota, 10, 20);
    assert_int_equal(drain(&quota, 0, JB_NS_PER_S), 20);
    for (uint64_t key = 1; key < 4 * JB_QUOTA_KEYS; key++) {
        assert_true(jb_quota_take(&quota, key, JB_NS_PER_S));
    }
    assert_int_equal(drain(&quota, 0, JB_NS_PER_S), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_and_then_the_rate),
        cmocka_unit_test(a_clock_that_goes_back_gives_nothing),
        cmocka_unit_test(who_is_held_back_is_not_forgotten_for_newcomers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
