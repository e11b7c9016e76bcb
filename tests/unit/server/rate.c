/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets of tokens by address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "server/rate.h"

static struct sockaddr_storage address(const char *text)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;

    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
    } else {
        memset(&storage, 0, sizeof(storage));
        assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
        v6->sin6_family = AF_INET6;
    }
    return storage;
}

static bool take(struct jb_rate *rate, const char *text, uint64_t t_ns)
{
    struct sockaddr_storage from = address(text);
    return jb_rate_take(rate, (struct sockaddr *)&from, t_ns);
}

static int drain(struct jb_rate *rate, const char *text, uint64_t t_ns)
{
    int taken = 0;
    while (taken < 100000 && take(rate, text, t_ns)) {
        taken++;
    }
    return taken;
}

static void test_a_burst_of_two_seconds_and_then_the_rate(void **state)
{
    struct jb_rate rate;

    jb_rate_init(&rate, 10);
    assert_int_equal(drain(&rate, "10.0.0.1", 5 * JB_NS_PER_S), 20);
    assert_int_equal(drain(&rate, "10.0.0.1", 5 * JB_NS_PER_S), 0);
    assert_int_equal(drain(&rate, "10.0.0.1", 5 * JB_NS_PER_S + 500 * JB_NS_PER_MS), 5);
    assert_int_equal(drain(&rate, "10.0.0.1", 100 * JB_NS_PER_S), 20);
    assert_int_equal(drain(&rate, "10.0.0.1", 50 * JB_NS_PER_S), 0); /* a clock that goes back gives nothing */
}

static void test_addresses_do_not_share(void **state)
{
    struct jb_rate rate;

    jb_rate_init(&rate, 10);
    assert_int_equal(drain(&rate, "10.0.0.1", JB_NS_PER_S), 20);
    assert_int_equal(drain(&rate, "10.0.0.2", JB_NS_PER_S), 20);
    assert_int_equal(drain(&rate, "::ffff:10.0.0.1", JB_NS_PER_S), 0); /* the same one */
    assert_int_equal(drain(&rate, "2001:db8:0:1::1", JB_NS_PER_S), 20);
    assert_int_equal(drain(&rate, "2001:db8:0:1:ffff::2", JB_NS_PER_S), 0); /* of the same /64 */
    assert_int_equal(drain(&rate, "2001:db8:0:2::1", JB_NS_PER_S), 20);
    assert_int_equal(drain(&rate, "::1", JB_NS_PER_S), 20);
}

static void test_who_is_held_back_is_not_forgotten_for_newcomers(void **state)
{
    struct jb_rate rate;
    char text[32];

    jb_rate_init(&rate, 10);
    assert_int_equal(drain(&rate, "10.0.0.1", JB_NS_PER_S), 20);
    for (int i = 0; i < 4 * JB_RATE_ADDRESSES; i++) {
        snprintf(text, sizeof(text), "10.1.%d.%d", i / 256, i % 256);
        assert_true(take(&rate, text, JB_NS_PER_S));
    }
    assert_int_equal(drain(&rate, "10.0.0.1", JB_NS_PER_S), 0);
}

static void test_less_than_one_a_second_still_lets_one_through(void **state)
{
    struct jb_rate rate;

    jb_rate_init(&rate, 0.1);
    assert_int_equal(drain(&rate, "10.0.0.1", JB_NS_PER_S), 1);
    assert_int_equal(drain(&rate, "10.0.0.1", 10 * JB_NS_PER_S), 0);
    assert_int_equal(drain(&rate, "10.0.0.1", 12 * JB_NS_PER_S), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_of_two_seconds_and_then_the_rate),
        cmocka_unit_test(test_addresses_do_not_share),
        cmocka_unit_test(test_who_is_held_back_is_not_forgotten_for_newcomers),
        cmocka_unit_test(test_less_than_one_a_second_still_lets_one_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
