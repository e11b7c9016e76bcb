/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attribution/usage.h"

#define MS 1000000ull
#define S  (1000 * MS)

static void add(struct jb_usage *usage, uint64_t t_ns, uint64_t busy_ns, uint64_t system_ns, uint64_t run_ns)
{
    struct jb_usage_point point = {.t_ns = t_ns, .busy_ns = busy_ns, .system_ns = system_ns, .run_ns = run_ns};

    jb_usage_add(usage, &point);
}

static void assert_use(const struct jb_usage *usage, uint64_t t0_ns, uint64_t t1_ns, uint64_t run_ns,
                       uint64_t others_ns, uint64_t system_ns)
{
    struct jb_usage_weights weights;

    jb_usage_between(usage, t0_ns, t1_ns, &weights);
    assert_true(weights.known);
    assert_int_equal(weights.run_ns, run_ns);
    assert_int_equal(weights.others_ns, others_ns);
    assert_int_equal(weights.system_ns, system_ns);
}

static void assert_unknown(const struct jb_usage *usage, uint64_t t0_ns, uint64_t t1_ns)
{
    struct jb_usage_weights weights = {.known = true, .run_ns = 1, .others_ns = 1, .system_ns = 1};

    jb_usage_between(usage, t0_ns, t1_ns, &weights);
    assert_false(weights.known);
    assert_int_equal(weights.run_ns + weights.others_ns + weights.system_ns, 0);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ull;
}

static void between_two_points_use_is_linear(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, 10 * S, 500 * S, 7 * S, 0);
    add(&usage, 11 * S, 504 * S, 8 * S, 3 * S);
    assert_use(&usage, 10 * S, 11 * S, 3 * S, S, S);
    assert_use(&usage, 10 * S + 250 * MS, 10 * S + 750 * MS, 1500 * MS, 500 * MS, 500 * MS);
    assert_use(&usage, 10 * S, 10 * S + 3, 9, 3, 3);
}

static void an_interval_over_several_points_adds_their_pieces(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, 1 * S, 0, 0, 0);
    add(&usage, 2 * S, 1 * S, 0, 1 * S);
    add(&usage, 3 * S, 5 * S, 0, 2 * S);
    add(&usage, 4 * S, 5 * S, 0, 2 * S);
    assert_use(&usage, 1500 * MS, 3500 * MS, 1500 * MS, 3 * S, 0);
}

static void outside_the_points_the_nearest_rate_holds(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, 10 * S, 0, 0, 0);
    add(&usage, 11 * S, 3 * S, S, S);     /* 1 run, 2 others */
    add(&usage, 12 * S, 4 * S, S, 2 * S); /* 1 run */
    assert_use(&usage, 8 * S, 10 * S, 2 * S, 4 * S, 2 * S);
    assert_use(&usage, 9 * S, 11 * S, 2 * S, 4 * S, 2 * S);
    assert_use(&usage, 13 * S, 15 * S, 2 * S, 0, 0);
    assert_use(&usage, 0, 1, 1, 2, 1);
}

static void the_ring_keeps_the_newest_points(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, 1, 0, 0, 0);
    add(&usage, 2, 1000000, 0, 0); /* a rate that must be forgotten */
    for (uint64_t i = 1; i <= JB_USAGE_POINTS; i++) {
        add(&usage, i * S, 1000000 + i * S, 0, 0);
        if (i > 1) {
            assert_use(&usage, i * S - 1, i * S, 0, 1, 0);
        }
    }
    assert_int_equal(usage.count, JB_USAGE_POINTS);
    assert_use(&usage, 2, 12, 0, 10, 0);
}

static void without_two_points_or_a_machine_nothing_is_known(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    assert_unknown(&usage, 0, S);
    add(&usage, S, S, 0, 0);
    assert_unknown(&usage, 0, S);
    add(&usage, 2 * S, 2 * S, 0, 0);
    assert_use(&usage, 0, S, 0, S, 0);
    usage.machine_known = false;
    assert_unknown(&usage, 0, S);
}

static void an_interval_without_length_is_unknown(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, S, S, 0, 0);
    add(&usage, 2 * S, 2 * S, 0, 0);
    assert_unknown(&usage, 1500 * MS, 1500 * MS);
    assert_unknown(&usage, 2 * S, S);
}

static void an_idle_machine_is_known_to_be_idle(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, S, 7, 7, 7);
    add(&usage, 2 * S, 7, 7, 7);
    assert_use(&usage, S, 2 * S, 0, 0, 0);
}

static void points_in_wrong_order_or_out_of_range_are_ignored(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, 2 * S, 0, 0, 0);
    add(&usage, S, 99 * S, 99 * S, 99 * S);
    add(&usage, 2 * S, 99 * S, 99 * S, 99 * S);
    add(&usage, UINT64_MAX, 0, 0, 0);
    add(&usage, 3 * S, UINT64_MAX, 0, 0);
    assert_int_equal(usage.count, 1);
    add(&usage, 3 * S, S, 0, 0);
    assert_use(&usage, 2 * S, 3 * S, 0, S, 0);
}

static void a_clock_that_steps_back_has_stood_still(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, 1 * S, 100 * S, 50 * S, 20 * S);
    add(&usage, 2 * S, 90 * S, 40 * S, 10 * S);
    assert_use(&usage, 1 * S, 2 * S, 0, 0, 0);
    add(&usage, 3 * S, 102 * S, 52 * S, 21 * S);
    assert_use(&usage, 2 * S, 3 * S, S, S, 2 * S); /* from where they were, not from where they fell */
}

static void a_run_that_used_more_than_the_machine_admits_was_alone(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, 1 * S, 0, 0, 0);
    add(&usage, 2 * S, 990 * MS, 0, S);
    assert_use(&usage, 1 * S, 2 * S, S, 0, 0);
}

static void what_the_machine_adds_late_is_not_the_others(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, 0, 0, 0, 0);
    /* Alone on the machine, whose clock ticks in 10 ms while the run's counts nanoseconds. */
    for (uint64_t i = 1; i <= 100; i++) {
        uint64_t run = i * 7 * MS;
        add(&usage, i * 7 * MS, run / (10 * MS) * (10 * MS), 0, run);
    }
    assert_use(&usage, 0, 700 * MS, 700 * MS, 0, 0);
}

static void a_clock_that_lags_for_good_is_forgiven_after_the_slack(void **state)
{
    struct jb_usage usage;

    jb_usage_init(&usage, true);
    add(&usage, 0, 0, 0, 0);
    add(&usage, 10 * S, 0, 0, 10 * S); /* 10 s that the machine will never admit */
    add(&usage, 11 * S, S, 0, 10 * S); /* then somebody else works */
    assert_use(&usage, 10 * S, 11 * S, 0, S - JB_USAGE_SLACK_NS, 0);
    add(&usage, 12 * S, 2 * S, 0, 10 * S);
    assert_use(&usage, 11 * S, 12 * S, 0, S, 0);
}

static void neighbouring_intervals_sum_to_both(void **state)
{
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        uint64_t random = seed * 0x9e3779b97f4a7c15ull;
        struct jb_usage usage;
        uint64_t t = S + next_random(&random) % S, first, busy = 0, system = 0, run = 0;

        jb_usage_init(&usage, true);
        first = t - 100 * MS; /* before the first point, too */
        for (int i = 0; i < 40; i++) {
            add(&usage, t, busy / (10 * MS) * (10 * MS), system, run);
            t += 1 + next_random(&random) % (200 * MS);
            busy += next_random(&random) % (400 * MS);
            system += next_random(&random) % (20 * MS);
            run += next_random(&random) % (390 * MS);
        }
        for (int i = 0; i < 20; i++) {
            uint64_t a = first + next_random(&random) % (t - first), b = first + next_random(&random) % (t - first);
            uint64_t c = a < b ? b + 1 + next_random(&random) % S : a + 1 + next_random(&random) % S;
            struct jb_usage_weights ab, bc, ac;
            if (a >= b) {
                uint64_t swap = a;
                a = b;
                b = swap + 1;
                c++;
            }
            jb_usage_between(&usage, a, b, &ab);
            jb_usage_between(&usage, b, c, &bc);
            jb_usage_between(&usage, a, c, &ac);
            if (ab.run_ns + bc.run_ns != ac.run_ns || ab.others_ns + bc.others_ns != ac.others_ns ||
                ab.system_ns + bc.system_ns != ac.system_ns) {
                fail_msg("the pieces do not sum (seed %llu)", (unsigned long long)seed);
            }
        }
    }
}

static void the_largest_numbers_do_not_overflow(void **state)
{
    struct jb_usage usage;
    struct jb_usage_weights weights;

    jb_usage_init(&usage, true);
    add(&usage, 0, 0, 0, 0);
    add(&usage, 1, INT64_MAX, INT64_MAX, INT64_MAX);
    jb_usage_between(&usage, 0, UINT64_MAX, &weights);
    assert_true(weights.known);
    assert_int_equal(weights.run_ns, UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(between_two_points_use_is_linear),
        cmocka_unit_test(an_interval_over_several_points_adds_their_pieces),
        cmocka_unit_test(outside_the_points_the_nearest_rate_holds),
        cmocka_unit_test(the_ring_keeps_the_newest_points),
        cmocka_unit_test(without_two_points_or_a_machine_nothing_is_known),
        cmocka_unit_test(an_interval_without_length_is_unknown),
        cmocka_unit_test(an_idle_machine_is_known_to_be_idle),
        cmocka_unit_test(points_in_wrong_order_or_out_of_range_are_ignored),
        cmocka_unit_test(a_clock_that_steps_back_has_stood_still),
        cmocka_unit_test(a_run_that_used_more_than_the_machine_admits_was_alone),
        cmocka_unit_test(what_the_machine_adds_late_is_not_the_others),
        cmocka_unit_test(a_clock_that_lags_for_good_is_forgiven_after_the_slack),
        cmocka_unit_test(neighbouring_intervals_sum_to_both),
        cmocka_unit_test(the_largest_numbers_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
