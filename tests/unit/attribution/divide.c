/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "attribution/estimate.h"

#define PARTS (JB_WORK_CELLS + JB_CONTEXTS)

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t sum_of(const uint64_t *parts, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += parts[i];
    }
    return sum;
}

/* Usual, none at all, tiny, huge, and what is no weight. */
static double any_weight(uint64_t *random)
{
    double usual = (double)(next_random(random) % 1000000) / 1000;

    switch (next_random(random) % 12) {
    case 0:
        return 0;
    case 1:
        return NAN;
    case 2:
        return -usual;
    case 3:
        return INFINITY;
    case 4:
        return usual * 1e-300;
    case 5:
        return usual * 1e290;
    default:
        return usual;
    }
}

static void hundreds_of_parts_sum_to_the_whole(void **state)
{
    static double weights[700];
    static uint64_t parts[700];

    for (uint64_t seed = 1; seed <= 400; seed++) {
        uint64_t random = seed * 0x9e3779b97f4a7c15u, total = next_random(&random) >> next_random(&random) % 64;
        size_t count = 1 + next_random(&random) % (seed % 40 == 0 ? 700 : 270);

        for (size_t i = 0; i < count; i++) {
            weights[i] = any_weight(&random);
        }
        jb_divide(total, weights, count, 0, parts);
        if (sum_of(parts, count) != total) {
            fail_msg("seed %llu: parts do not sum to the whole", (unsigned long long)seed);
        }
        for (size_t i = 1; i < count; i++) {
            assert_true(parts[i] == 0 || (weights[i] > 0 && isfinite(weights[i])));
        }
    }
}

static void parts_are_in_proportion(void **state)
{
    double weights[262];
    uint64_t parts[262];

    for (size_t i = 0; i < 262; i++) {
        weights[i] = 0.25 * (double)(i + 1);
    }
    jb_divide(UINT64_C(262) * 263 / 2 * 1000, weights, 262, 0, parts);
    for (size_t i = 0; i < 262; i++) {
        assert_int_equal(parts[i], (i + 1) * 1000);
    }
}

static void what_is_left_goes_to_the_largest_remainders(void **state)
{
    double weights[4] = {1, 1, 1, 3};
    uint64_t parts[4];

    jb_divide(10, weights, 4, 0, parts); /* 1.67, 1.67, 1.67, 5 */
    assert_int_equal(parts[0], 2);
    assert_int_equal(parts[1], 2);
    assert_int_equal(parts[2], 1);
    assert_int_equal(parts[3], 5);
}

static void without_weights_all_goes_to_the_rest(void **state)
{
    double weights[3] = {0, NAN, -1};
    uint64_t parts[3];

    jb_divide(UINT64_MAX, weights, 3, 2, parts);
    assert_int_equal(parts[0], 0);
    assert_int_equal(parts[1], 0);
    assert_true(parts[2] == UINT64_MAX);
}

/* ---- pieces ---- */

static double powers[3] = {50, 100, 0.5};
static const struct jb_estimate estimate = {.cells = 3, .power_w = powers, .mean_w = 80};

static void a_piece_is_divided_by_power_and_time(void **state)
{
    struct jb_work_piece piece = {.cell_s = {2, 1, 0}};
    uint64_t parts[PARTS];

    jb_divide_piece(200, &piece, &estimate, 0, NULL, parts);
    assert_int_equal(parts[0], 100);
    assert_int_equal(parts[1], 100);
    assert_int_equal(sum_of(parts, PARTS), 200);
}

static void what_was_booked_as_idle_does_not_count(void **state)
{
    struct jb_work_piece piece = {.cell_s = {2, 1, 1}};
    uint64_t parts[PARTS];

    jb_divide_piece(80001, &piece, &estimate, 20, NULL, parts); /* 60, 80, and 1 mW at least */
    assert_int_equal(parts[0], 34286);
    assert_int_equal(parts[1], 45714);
    assert_int_equal(parts[2], 1);
    jb_divide_piece(160, &piece, &estimate, NAN, NULL, parts); /* no number is no base */
    assert_int_equal(parts[0], 80);
}

static void a_context_has_the_power_of_what_was_caught_in_it(void **state)
{
    struct jb_work_piece piece = {.cell_s = {1}, .context_s = {[JB_CONTEXT_DATA] = 1, [JB_CONTEXT_BODY] = 2}};
    double context_w[JB_CONTEXTS] = {[JB_CONTEXT_DATA] = 30, [JB_CONTEXT_BODY] = NAN};
    uint64_t parts[PARTS];

    jb_divide_piece(240, &piece, &estimate, 0, context_w, parts);
    assert_int_equal(parts[0], 50);
    assert_int_equal(parts[JB_WORK_CELLS + JB_CONTEXT_DATA], 30);
    assert_int_equal(parts[JB_WORK_CELLS + JB_CONTEXT_BODY], 160); /* the mean of all */
}

static void a_cell_that_came_later_has_the_mean_power(void **state)
{
    struct jb_work_piece piece = {.cell_s = {[0] = 1, [200] = 1}};
    uint64_t parts[PARTS];

    jb_divide_piece(130, &piece, &estimate, 0, NULL, parts);
    assert_int_equal(parts[200], 80);
}

static void a_piece_without_time_is_the_first_cells(void **state)
{
    struct jb_work_piece piece = {0};
    uint64_t parts[PARTS];

    jb_divide_piece(77, &piece, &estimate, 0, NULL, parts);
    assert_int_equal(parts[0], 77);
    assert_int_equal(sum_of(parts, PARTS), 77);
}

static void any_piece_is_divided_exactly(void **state)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t random = seed * 0x9e3779b97f4a7c15u, total = next_random(&random) >> next_random(&random) % 64;
        struct jb_work_piece piece;
        double context_w[JB_CONTEXTS], any_w[3];
        struct jb_estimate any = {.cells = 3, .power_w = any_w, .mean_w = any_weight(&random)};
        uint64_t parts[PARTS];

        memset(&piece, 0, sizeof piece);
        for (size_t i = 0; i < JB_WORK_CELLS; i++) {
            piece.cell_s[i] = any_weight(&random);
        }
        for (size_t i = 0; i < JB_CONTEXTS; i++) {
            piece.context_s[i] = any_weight(&random);
            context_w[i] = any_weight(&random);
        }
        for (size_t i = 0; i < 3; i++) {
            any_w[i] = any_weight(&random);
        }
        jb_divide_piece(total, &piece, &any, any_weight(&random), context_w, parts);
        if (sum_of(parts, PARTS) != total) {
            fail_msg("seed %llu: parts do not sum to the whole", (unsigned long long)seed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hundreds_of_parts_sum_to_the_whole),
        cmocka_unit_test(parts_are_in_proportion),
        cmocka_unit_test(what_is_left_goes_to_the_largest_remainders),
        cmocka_unit_test(without_weights_all_goes_to_the_rest),
        cmocka_unit_test(a_piece_is_divided_by_power_and_time),
        cmocka_unit_test(what_was_booked_as_idle_does_not_count),
        cmocka_unit_test(a_context_has_the_power_of_what_was_caught_in_it),
        cmocka_unit_test(a_cell_that_came_later_has_the_mean_power),
        cmocka_unit_test(a_piece_without_time_is_the_first_cells),
        cmocka_unit_test(any_piece_is_divided_exactly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
