/* SPDX-License-Identifier: Apache-2.0 */
/*
 * greenest.c - the best window, by hand and against one that tries every second.
 */
#include "grid/greenest.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(struct jb_track *track, int64_t start_ns, int64_t end_ns, double g_per_kwh)
{
    struct jb_point point = {
        .start_ns = start_ns, .end_ns = end_ns, .g_per_kwh = g_per_kwh, .rel_error = 0.1, .flags = JB_POINT_FORECAST};
    assert_int_equal(jb_track_put(track, &point), 0);
}

static struct jb_window best(const struct jb_track *track, int64_t from_ns, int64_t until_ns, uint64_t length_ns)
{
    struct jb_window window = {0};
    assert_int_equal(jb_greenest(track, from_ns, until_ns, length_ns, &window), 0);
    assert_true(window.end_ns - window.start_ns == (int64_t)length_ns);
    return window;
}

static void the_valley_is_found(void **state)
{
    struct jb_track track = {0};
    put(&track, 0, 10, 300);
    put(&track, 10, 20, 100);
    put(&track, 20, 30, 500);
    struct jb_window window = best(&track, 0, 30, 10);
    assert_int_equal(window.start_ns, 10);
    assert_true(window.g_per_kwh == 100 && window.now_g_per_kwh == 300);
    assert_float_equal(window.rel_error, 0.1, 1e-12);
    assert_int_equal(window.known_ns, 30);
    /* Longer than the valley: it leans to the cheaper side. */
    window = best(&track, 0, 30, 15);
    assert_int_equal(window.start_ns, 5);
    assert_float_equal(window.g_per_kwh, (5 * 300 + 10 * 100) / 15.0, 1e-9);
    jb_track_finish(&track);
}

static void a_window_may_begin_or_end_at_an_edge(void **state)
{
    struct jb_track track = {0};
    put(&track, 0, 7, 400);
    put(&track, 7, 20, 200);
    put(&track, 20, 33, 600);
    assert_int_equal(best(&track, 0, 33, 15).start_ns, 5); /* it ends at 20 */
    assert_int_equal(best(&track, 0, 33, 10).start_ns, 7); /* it begins at 7; so does one at 10, but later */
    assert_int_equal(best(&track, 3, 12, 9).start_ns, 3);  /* the only one */
    assert_int_equal(best(&track, 8, 33, 13).start_ns, 8); /* the bound, not an edge */
    assert_int_equal(best(&track, 0, 18, 15).start_ns, 3); /* the other bound */
    jb_track_finish(&track);
}

static void of_equal_ones_the_first(void **state)
{
    struct jb_track track = {0};
    for (int i = 0; i < 288; i++) { /* a figure whose sums are not exact */
        put(&track, i * INT64_C(300000000007), (i + 1) * INT64_C(300000000007), 312.7);
    }
    struct jb_window window = best(&track, 17, 288 * INT64_C(300000000007), UINT64_C(3600000000001));
    assert_int_equal(window.start_ns, 17);
    assert_float_equal(window.g_per_kwh, 312.7, 1e-9);
    assert_float_equal(window.now_g_per_kwh, 312.7, 1e-9);
    jb_track_finish(&track);
}

static void a_hole_is_never_bridged(void **state)
{
    struct jb_track track = {0};
    put(&track, 0, 10, 500);
    put(&track, 12, 20, 100);
    put(&track, 20, 40, 400);
    struct jb_window window = best(&track, 0, 40, 10);
    assert_int_equal(window.start_ns, 12);
    assert_int_equal(window.known_ns, 10);
    assert_true(window.now_g_per_kwh == 500);
    window = best(&track, 5, 40, 10);
    assert_true(isnan(window.now_g_per_kwh)); /* starting now would run into the hole */
    window = best(&track, 11, 40, 10);
    assert_true(isnan(window.now_g_per_kwh));
    assert_int_equal(window.known_ns, 11);
    assert_int_equal(best(&track, 0, 40, 28).start_ns, 12); /* just fits */
    struct jb_window untouched = {.start_ns = 77};
    assert_int_equal(jb_greenest(&track, 0, 40, 29, &untouched), -ENODATA);
    assert_int_equal(jb_greenest(&track, 0, 15, 12, &untouched), -ENODATA);
    assert_int_equal(untouched.start_ns, 77);
    jb_track_finish(&track);
}

static void what_cannot_be_is_refused(void **state)
{
    struct jb_track track = {0};
    struct jb_window window;
    assert_int_equal(jb_greenest(&track, 0, 10, 5, &window), -ENODATA);
    put(&track, 0, 10, 1);
    assert_int_equal(jb_greenest(&track, 0, 10, 0, &window), -EINVAL);
    assert_int_equal(jb_greenest(&track, 0, 10, 11, &window), -EINVAL);
    assert_int_equal(jb_greenest(&track, 0, 10, UINT64_MAX, &window), -EINVAL);
    assert_int_equal(jb_greenest(&track, 10, 10, 1, &window), -EINVAL);
    assert_int_equal(jb_greenest(&track, 11, 10, 1, &window), -EINVAL);
    assert_int_equal(jb_greenest(&track, INT64_MIN, INT64_MAX, UINT64_MAX, &window), -EINVAL);
    assert_int_equal(jb_greenest(&track, 100, 200, 50, &window), -ENODATA);
    assert_int_equal(jb_greenest(&track, -200, -100, 50, &window), -ENODATA);
    jb_track_finish(&track);
}

static void errors_of_a_forecast_add_up(void **state)
{
    struct jb_track track = {0};
    struct jb_point clean = {.start_ns = 0, .end_ns = 10, .g_per_kwh = 100, .rel_error = 0.2};
    struct jb_point dirty = {.start_ns = 10, .end_ns = 20, .g_per_kwh = 300, .rel_error = 0.4};
    assert_int_equal(jb_track_put(&track, &clean), 0);
    assert_int_equal(jb_track_put(&track, &dirty), 0);
    assert_float_equal(best(&track, 0, 20, 20).rel_error, (0.2 * 100 + 0.4 * 300) / 400, 1e-12);
    jb_track_cut(&track, 0, 10);
    track.points[0].g_per_kwh = 0;
    assert_float_equal(best(&track, 0, 10, 10).rel_error, 0.2, 1e-12);
    jb_track_finish(&track);
}

static uint64_t seed = 0x2545F4914F6CDD1Du;
static uint64_t dice(uint64_t sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % sides;
}

/* Every start there is, each summed nanosecond by nanosecond. False: none is covered. */
static bool brute_force(const struct jb_track *track, int64_t from_ns, int64_t until_ns, int64_t length_ns,
                        int64_t *ret_start, double *ret_sum)
{
    bool found = false;
    for (int64_t start_ns = from_ns; start_ns + length_ns <= until_ns; start_ns++) {
        double sum = 0;
        bool whole = true;
        for (int64_t t_ns = start_ns; t_ns < start_ns + length_ns && whole; t_ns++) {
            const struct jb_point *point = jb_track_at(track, t_ns);
            whole = point != NULL;
            sum += whole ? point->g_per_kwh : 0;
        }
        if (whole && (!found || sum < *ret_sum)) {
            found = true;
            *ret_start = start_ns;
            *ret_sum = sum;
        }
    }
    return found;
}

static void it_is_what_trying_everything_finds(void **state)
{
    for (int round = 0; round < 3000; round++) {
        struct jb_track track = {0};
        int64_t t_ns = (int64_t)dice(20) - 10;
        for (uint64_t n = dice(12) + 1; n > 0; n--) {
            t_ns += dice(6) == 0 ? (int64_t)dice(4) : 0; /* a hole */
            int64_t end_ns = t_ns + 1 + (int64_t)dice(9);
            put(&track, t_ns, end_ns, (double)dice(8) * 50 - 100); /* whole numbers: sums are exact, many are equal */
            t_ns = end_ns;
        }
        int64_t from_ns = (int64_t)dice(30) - 12, until_ns = from_ns + 1 + (int64_t)dice(50);
        int64_t length_ns = 1 + (int64_t)dice((uint64_t)(until_ns - from_ns));
        int64_t start_ns = 0;
        double sum = 0;
        struct jb_window window;
        int r = jb_greenest(&track, from_ns, until_ns, (uint64_t)length_ns, &window);
        if (brute_force(&track, from_ns, until_ns, length_ns, &start_ns, &sum)) {
            assert_int_equal(r, 0);
            assert_int_equal(window.start_ns, start_ns);
            assert_float_equal(window.g_per_kwh, sum / (double)length_ns, 1e-9);
        } else {
            assert_int_equal(r, -ENODATA);
        }
        jb_track_finish(&track);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_valley_is_found),
        cmocka_unit_test(a_window_may_begin_or_end_at_an_edge),
        cmocka_unit_test(of_equal_ones_the_first),
        cmocka_unit_test(a_hole_is_never_bridged),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(errors_of_a_forecast_add_up),
        cmocka_unit_test(it_is_what_trying_everything_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
