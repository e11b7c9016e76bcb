/* SPDX-License-Identifier: Apache-2.0 */
/* CUPTI's clock against ours: the best of several readings, turned and set clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/cupti_clock.h"

#include <errno.h>

#define S UINT64_C(1000000000)

static uint64_t time_now, width;
static unsigned tries;
static int failing;

static uint64_t ours(void)
{
    time_now += width;
    return time_now;
}

/* Each try takes longer than the one before, but the fifth is quick. */
static int theirs(uint64_t *ret)
{
    width = ++tries == 5 ? 10 : 1000 * tries;
    *ret = time_now + 500 * S;
    return failing;
}

static void test_best_of_several(void **state)
{
    (void)state;
    const struct cupti_clock_reader reader = {theirs, ours};
    struct cupti_clock_point point;
    time_now = 10 * S;
    width = 2000;
    tries = 0;
    failing = 0;
    assert_int_equal(cupti_clock_read(&reader, &point), 0);
    assert_int_equal(tries, CUPTI_CLOCK_TRIES);
    assert_int_equal(point.error_ns, 5);
    assert_in_range(point.theirs_ns - point.ours_ns, 500 * S - 5, 500 * S + 5);
    failing = 1;
    point.error_ns = 77;
    assert_int_equal(cupti_clock_read(&reader, &point), -EIO);
    assert_int_equal(point.error_ns, 77);
}

static void add(struct cupti_clock *clock, uint64_t their_ns, uint64_t our_ns)
{
    const struct cupti_clock_point point = {their_ns, our_ns, 100};
    cupti_clock_add(clock, &point);
}

static void test_one_point(void **state)
{
    (void)state;
    struct cupti_clock clock = {0};
    uint64_t t = 1;
    assert_int_equal(cupti_clock_convert(&clock, 5, &t), -ENODATA);
    assert_int_equal(t, 1);
    add(&clock, 1000 * S, 10 * S);
    assert_int_equal(cupti_clock_convert(&clock, 1001 * S, &t), 0);
    assert_int_equal(t, 11 * S);
    assert_int_equal(cupti_clock_convert(&clock, 999 * S, &t), 0);
    assert_int_equal(t, 9 * S);
    assert_int_equal(cupti_clock_convert(&clock, 1061 * S, &t), -ERANGE);
    assert_int_equal(cupti_clock_convert(&clock, 0, &t), -ERANGE);
    assert_int_equal(cupti_clock_convert(&clock, UINT64_MAX, &t), -ERANGE);
    assert_int_equal(cupti_clock_convert(&clock, 989 * S, &t), -ERANGE); /* before our clock began */
}

static void test_turned(void **state)
{
    (void)state;
    struct cupti_clock clock = {0};
    add(&clock, 1000 * S, 10 * S);
    add(&clock, 1010 * S + 4000000, 20 * S); /* 400 ppm fast */
    uint64_t t = 0;
    assert_int_equal(cupti_clock_convert(&clock, 1005 * S + 2000000, &t), 0);
    assert_in_range(t, 15 * S - 2, 15 * S + 2);
    assert_int_equal(cupti_clock_convert(&clock, 1010 * S + 4000000, &t), 0);
    assert_int_equal(t, 20 * S);
}

static void test_set(void **state)
{
    (void)state;
    struct cupti_clock clock = {0};
    add(&clock, 1000 * S, 10 * S);
    add(&clock, 1010 * S, 20 * S);
    add(&clock, 1025 * S, 30 * S); /* set 5 s ahead */
    uint64_t t = 0;
    assert_int_equal(cupti_clock_convert(&clock, 1005 * S, &t), 0);
    assert_int_equal(t, 15 * S);
    assert_int_equal(cupti_clock_convert(&clock, 1015 * S, &t), -ERANGE);
    assert_int_equal(cupti_clock_convert(&clock, 1026 * S, &t), 0);
    assert_int_equal(t, 31 * S);
    add(&clock, 1000 * S, 40 * S); /* and far back */
    add(&clock, 1004 * S, 44 * S);
    assert_int_equal(cupti_clock_convert(&clock, 1002 * S, &t), 0);
    assert_int_equal(t, 42 * S); /* the newest that fits */
}

static void test_many_points(void **state)
{
    (void)state;
    struct cupti_clock clock = {0};
    for (uint64_t i = 0; i < 3 * CUPTI_CLOCK_POINTS; i++) {
        add(&clock, (1000 + i) * S, (10 + i) * S);
        add(&clock, 7, (10 + i) * S); /* does not ascend */
    }
    assert_int_equal(clock.count, CUPTI_CLOCK_POINTS);
    uint64_t t = 0;
    assert_int_equal(cupti_clock_convert(&clock, 1040 * S, &t), 0);
    assert_int_equal(t, 50 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_best_of_several), cmocka_unit_test(test_one_point),
        cmocka_unit_test(test_turned),          cmocka_unit_test(test_set),
        cmocka_unit_test(test_many_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
