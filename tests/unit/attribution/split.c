/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attribution/split.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ull;
}

/* Small, large, and the very ends. */
static uint64_t any_number(uint64_t *state)
{
    uint64_t value = next_random(state);

    switch (next_random(state) % 5) {
    case 0:
        return 0;
    case 1:
        return value % 100;
    case 2:
        return UINT64_MAX - value % 3;
    default:
        return value >> (value % 64);
    }
}

static void shares_are_proportional(void **state)
{
    uint64_t weights[3] = {1, 2, 1}, parts[3];

    jb_split(1000, weights, 3, 0, parts);
    assert_int_equal(parts[0], 250);
    assert_int_equal(parts[1], 500);
    assert_int_equal(parts[2], 250);
}

static void what_is_left_goes_to_the_largest_remainders(void **state)
{
    uint64_t weights[3] = {50, 29, 21}, parts[3];

    jb_split(10, weights, 3, 0, parts); /* 5.0, 2.9, 2.1 */
    assert_int_equal(parts[0], 5);
    assert_int_equal(parts[1], 3);
    assert_int_equal(parts[2], 2);
}

static void ties_go_to_the_lower_index(void **state)
{
    uint64_t weights[4] = {1, 1, 1, 1}, parts[4];

    jb_split(2, weights, 4, 3, parts);
    assert_int_equal(parts[0], 1);
    assert_int_equal(parts[1], 1);
    assert_int_equal(parts[2], 0);
    assert_int_equal(parts[3], 0);
}

static void without_weights_all_goes_to_the_rest(void **state)
{
    uint64_t weights[3] = {0}, parts[3] = {7, 7, 7};

    jb_split(UINT64_MAX, weights, 3, 1, parts);
    assert_int_equal(parts[0], 0);
    assert_int_equal(parts[1], UINT64_MAX);
    assert_int_equal(parts[2], 0);
    jb_split(5, weights, 3, 99, parts); /* a rest that is none */
    assert_int_equal(parts[0], 5);
}

static void no_weight_gets_nothing(void **state)
{
    uint64_t weights[3] = {0, UINT64_MAX, 0}, parts[3];

    jb_split(UINT64_MAX, weights, 3, 0, parts);
    assert_int_equal(parts[0], 0);
    assert_int_equal(parts[1], UINT64_MAX);
    assert_int_equal(parts[2], 0);
}

static void no_parts_are_left_alone(void **state)
{
    uint64_t untouched = 7;

    jb_split(5, &untouched, 0, 0, &untouched);
    assert_int_equal(untouched, 7);
}

static void parts_sum_to_the_whole_and_are_within_one_of_their_share(void **state)
{
    for (uint64_t seed = 1; seed <= 30000; seed++) {
        uint64_t random = seed * 0x9e3779b97f4a7c15ull, weights[64], parts[64];
        size_t count = 1 + next_random(&random) % (seed % 10 == 0 ? 64 : 5);
        uint64_t total = any_number(&random), sum = 0;
        unsigned __int128 weight = 0;

        for (size_t i = 0; i < count; i++) {
            weights[i] = any_number(&random);
            weight += weights[i];
        }
        jb_split(total, weights, count, count - 1, parts);
        for (size_t i = 0; i < count; i++) {
            sum += parts[i];
            if (weight > 0) {
                unsigned __int128 exact = (unsigned __int128)total * weights[i] / weight;
                if (parts[i] < exact || parts[i] > exact + 1 || (weights[i] == 0 && parts[i] > 0)) {
                    fail_msg("part %zu is off (seed %llu)", i, (unsigned long long)seed);
                }
            }
        }
        if (sum != total) {
            fail_msg("the parts do not sum to the whole (seed %llu)", (unsigned long long)seed);
        }
    }
}

static void a_larger_weight_never_gets_less(void **state)
{
    for (uint64_t seed = 1; seed <= 10000; seed++) {
        uint64_t random = seed * 0x9e3779b97f4a7c15ull, weights[5], parts[5];

        for (size_t i = 0; i < 5; i++) {
            weights[i] = any_number(&random);
        }
        jb_split(any_number(&random), weights, 5, 0, parts);
        for (size_t i = 0; i < 5; i++) {
            for (size_t j = 0; j < 5; j++) {
                if (weights[i] > weights[j] && parts[i] < parts[j]) {
                    fail_msg("%zu got less than %zu (seed %llu)", i, j, (unsigned long long)seed);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_proportional),
        cmocka_unit_test(what_is_left_goes_to_the_largest_remainders),
        cmocka_unit_test(ties_go_to_the_lower_index),
        cmocka_unit_test(without_weights_all_goes_to_the_rest),
        cmocka_unit_test(no_weight_gets_nothing),
        cmocka_unit_test(no_parts_are_left_alone),
        cmocka_unit_test(parts_sum_to_the_whole_and_are_within_one_of_their_share),
        cmocka_unit_test(a_larger_weight_never_gets_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
