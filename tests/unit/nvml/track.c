/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's wall-clock stamps on CLOCK_MONOTONIC, with clocks that step, slew and sleep.
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define WALL   (INT64_C(1700000000) * SECOND)
#define MONO   (UINT64_C(5000) * JB_NS_PER_S)

static struct jb_nvml_now moment(int64_t passed_ns, int64_t wall_step_ns)
{
    return (struct jb_nvml_now){.mono_ns = MONO + (uint64_t)passed_ns, .wall_ns = WALL + passed_ns + wall_step_ns};
}

static unsigned long long stamp(int64_t passed_ns)
{
    return (unsigned long long)(WALL + passed_ns) / 1000;
}

static void a_sample_lands_where_it_was_taken(void **state)
{
    (void)state;
    struct jb_nvml_track track = {0};
    struct jb_nvml_now now = moment(3 * SECOND, 0);
    uint64_t t_ns = 0;
    assert_false(jb_nvml_track_stepped(&track, &now));
    assert_true(jb_nvml_track_take(&track, stamp(2 * SECOND), &now, &t_ns));
    assert_int_equal(t_ns, MONO + 2 * JB_NS_PER_S);
    assert_int_equal(track.seen_us, stamp(2 * SECOND));
}

static void repeated_and_older_samples_are_dropped(void **state)
{
    (void)state;
    struct jb_nvml_track track = {0};
    struct jb_nvml_now now = moment(3 * SECOND, 0);
    uint64_t t_ns = 7;
    jb_nvml_track_stepped(&track, &now);
    assert_true(jb_nvml_track_take(&track, stamp(2 * SECOND), &now, &t_ns));
    t_ns = 7;
    assert_false(jb_nvml_track_take(&track, stamp(2 * SECOND), &now, &t_ns));
    assert_false(jb_nvml_track_take(&track, stamp(1 * SECOND), &now, &t_ns));
    assert_int_equal(t_ns, 7);
    assert_int_equal(track.seen_us, stamp(2 * SECOND));
    assert_true(jb_nvml_track_take(&track, stamp(2 * SECOND + 1000), &now, &t_ns));
}

static void the_future_is_dropped_but_for_the_time_of_looking(void **state)
{
    (void)state;
    struct jb_nvml_track track = {0};
    struct jb_nvml_now now = moment(3 * SECOND, 0);
    uint64_t t_ns = 0;
    jb_nvml_track_stepped(&track, &now);
    assert_false(jb_nvml_track_take(&track, stamp(4 * SECOND), &now, &t_ns));
    assert_true(jb_nvml_track_take(&track, stamp(3 * SECOND + 1000000), &now, &t_ns));
    assert_int_equal(t_ns, now.mono_ns);
}

static void stamps_that_are_no_time_are_dropped(void **state)
{
    (void)state;
    static const unsigned long long stamps[] = {
        0, 1, 1000000, 5003000000, INT64_MAX / 1000, INT64_MAX / 1000 + 1, UINT64_MAX, UINT64_MAX / 1000};
    struct jb_nvml_track track = {0};
    struct jb_nvml_now now = moment(3 * SECOND, 0);
    uint64_t t_ns = 7;
    jb_nvml_track_stepped(&track, &now);
    for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
        assert_false(jb_nvml_track_take(&track, stamps[i], &now, &t_ns));
    }
    assert_int_equal(t_ns, 7);
    assert_int_equal(track.last_ns, 0);
}

static void a_slewed_clock_is_not_a_step(void **state)
{
    (void)state;
    struct jb_nvml_track track = {0};
    for (int64_t i = 0; i < 1000; i++) {
        /* 500 ppm, the most that NTP slews, over 100 s */
        struct jb_nvml_now now = moment(i * SECOND / 10, i * SECOND / 10 / 2000);
        assert_false(jb_nvml_track_stepped(&track, &now));
    }
}

/* After a step of the wall clock nothing is placed wrongly, and the stream goes on. */
static void check_step(int64_t step_ns)
{
    struct jb_nvml_track track = {0};
    uint64_t t_ns = 0;
    struct jb_nvml_now now = moment(1 * SECOND, 0);
    assert_false(jb_nvml_track_stepped(&track, &now));
    assert_true(jb_nvml_track_take(&track, stamp(1 * SECOND - 1000), &now, &t_ns));

    now = moment(SECOND + SECOND / 10, step_ns);
    assert_true(jb_nvml_track_stepped(&track, &now));
    assert_int_equal(track.seen_us, (unsigned long long)now.wall_ns / 1000); /* ask for newer ones by the new clock */

    now = moment(SECOND + SECOND / 5, step_ns);
    assert_false(jb_nvml_track_stepped(&track, &now)); /* told once */
    assert_true(jb_nvml_track_take(&track, stamp(SECOND + SECOND * 3 / 20 + step_ns), &now, &t_ns));
    assert_int_equal(t_ns, MONO + JB_NS_PER_S + JB_NS_PER_S * 3 / 20);
}

static void the_clock_may_be_set(void **state)
{
    (void)state;
    check_step(3600 * SECOND);
    check_step(-3600 * SECOND);
    check_step(SECOND / 4);
    check_step(-SECOND / 4);
    check_step(SECOND * 86400 * 365 * 20);
}

static void samples_from_before_a_step_do_not_pass_for_new(void **state)
{
    (void)state;
    struct jb_nvml_track track = {0};
    uint64_t t_ns = 0;
    struct jb_nvml_now now = moment(1 * SECOND, 0);
    jb_nvml_track_stepped(&track, &now);
    jb_nvml_track_take(&track, stamp(1 * SECOND), &now, &t_ns);
    uint64_t last_ns = t_ns;
    /* Back: what the driver still holds is in the future now. Forward: it is long past. */
    now = moment(2 * SECOND, -3600 * SECOND);
    assert_true(jb_nvml_track_stepped(&track, &now));
    assert_false(jb_nvml_track_take(&track, stamp(3 * SECOND / 2), &now, &t_ns));
    now = moment(3 * SECOND, 3600 * SECOND);
    assert_true(jb_nvml_track_stepped(&track, &now));
    assert_false(jb_nvml_track_take(&track, stamp(5 * SECOND / 2), &now, &t_ns));
    assert_int_equal(track.last_ns, last_ns);
}

static void a_sleep_of_the_machine_is_a_step(void **state)
{
    (void)state;
    struct jb_nvml_track track = {0};
    struct jb_nvml_now now = moment(1 * SECOND, 0);
    jb_nvml_track_stepped(&track, &now);
    now = moment(SECOND + SECOND / 10, 8 * 3600 * SECOND); /* CLOCK_MONOTONIC stood still */
    assert_true(jb_nvml_track_stepped(&track, &now));
}

/* Whatever comes, accepted times strictly rise and are never in the future. */
static void accepted_times_always_rise(void **state)
{
    (void)state;
    uint64_t seed = 20240229, x = seed;
    struct jb_nvml_track track = {0};
    int64_t passed_ns = SECOND, step_ns = 0;
    uint64_t last_ns = 0, accepted = 0;
    for (int i = 0; i < 200000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        passed_ns += (int64_t)(x % 1000000);
        if (x % 997 == 0) {
            step_ns += (int64_t)(x >> 30) - (INT64_C(1) << 33);
        }
        struct jb_nvml_now now = moment(passed_ns, step_ns);
        jb_nvml_track_stepped(&track, &now);
        unsigned long long at = x % 101 == 0 ? x : stamp(passed_ns + step_ns - (int64_t)(x >> 20) % 3000000);
        uint64_t t_ns = 0;
        if (jb_nvml_track_take(&track, at, &now, &t_ns)) {
            if (t_ns <= last_ns || t_ns > now.mono_ns) {
                fail_msg("seed %llu, step %d", (unsigned long long)seed, i);
            }
            last_ns = t_ns;
            accepted++;
        }
    }
    assert_true(accepted > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_lands_where_it_was_taken),
        cmocka_unit_test(repeated_and_older_samples_are_dropped),
        cmocka_unit_test(the_future_is_dropped_but_for_the_time_of_looking),
        cmocka_unit_test(stamps_that_are_no_time_are_dropped),
        cmocka_unit_test(a_slewed_clock_is_not_a_step),
        cmocka_unit_test(the_clock_may_be_set),
        cmocka_unit_test(samples_from_before_a_step_do_not_pass_for_new),
        cmocka_unit_test(a_sleep_of_the_machine_is_a_step),
        cmocka_unit_test(accepted_times_always_rise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
