/* SPDX-License-Identifier: Apache-2.0 */
/* Axes: round steps, three to five of them, and labels that do not lie on each other. */
#include "export/html_scale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t next(uint64_t *x)
{
    *x ^= *x << 13, *x ^= *x >> 7, *x ^= *x << 17;
    return *x;
}

static void every_scale_is_round_and_covers_its_values(void **state)
{
    uint64_t seed = 20251122, x = seed;
    for (int i = 0; i < 50000; i++) {
        double highest = pow(10, (double)(next(&x) % 24000) / 1000 - 9);
        struct jb_scale s = jb_scale(highest);
        double lead = s.step / pow(10, floor(log10(s.step) + 1e-9));
        bool round = fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 || fabs(lead - 5) < 1e-6;
        if (!round || s.steps < 3 || s.steps > 5 || s.top < highest * (1 - 1e-5) || s.top > highest * 2) {
            fail_msg("%.17g: %u steps of %.17g (seed %llu)", highest, s.steps, s.step, (unsigned long long)seed);
        }
    }
}

static void what_is_no_height_gets_some_scale(void **state)
{
    static const double odd[] = {0, -1, NAN, INFINITY, -INFINITY, 1e-300};
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        struct jb_scale s = jb_scale(odd[i]);
        assert_true(s.top > 0 && s.steps > 0 && isfinite(s.top));
    }
}

static void time_steps_are_those_of_clocks(void **state)
{
    assert_true(jb_scale_time_step(600) == 120);
    assert_true(jb_scale_time_step(3600) == 600);
    assert_true(jb_scale_time_step(86400) == 21600);
    assert_true(jb_scale_time_step(12) == 2);
    uint64_t seed = 7, x = seed;
    for (int i = 0; i < 50000; i++) {
        double seconds = pow(10, (double)(next(&x) % 17000) / 1000 - 8);
        double parts = seconds / jb_scale_time_step(seconds);
        if (parts < 2 || parts > 7.001) {
            fail_msg("%g s in %g parts (seed %llu)", seconds, parts, (unsigned long long)seed);
        }
    }
}

static void spread_keeps_order_and_distance(void **state)
{
    uint64_t seed = 99, x = seed;
    for (int i = 0; i < 20000; i++) {
        double at[8];
        size_t count = 1 + next(&x) % 8;
        double low = 0;
        for (size_t k = 0; k < count; k++) {
            at[k] = low += (double)(next(&x) % 1000) / 1000 * (100 - low) / 2;
        }
        jb_scale_spread(at, count, 8.5, 100);
        for (size_t k = 0; k < count; k++) {
            if (at[k] > 100 + 1e-9 || at[k] < 0 || (k > 0 && at[k] - at[k - 1] < 8.5 - 1e-9)) {
                fail_msg("label %zu of %zu at %g (seed %llu)", k, count, at[k], (unsigned long long)seed);
            }
        }
    }
}

static void spread_leaves_what_is_apart_alone(void **state)
{
    double at[] = {0, 20, 50, 99};
    jb_scale_spread(at, 4, 8.5, 100);
    assert_true(at[0] == 0 && at[1] == 20 && at[2] == 50 && at[3] == 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scale_is_round_and_covers_its_values),
        cmocka_unit_test(what_is_no_height_gets_some_scale),
        cmocka_unit_test(time_steps_are_those_of_clocks),
        cmocka_unit_test(spread_keeps_order_and_distance),
        cmocka_unit_test(spread_leaves_what_is_apart_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
