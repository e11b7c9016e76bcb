/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of grid/providers/mix.c and mix_slots.c: factors, errors, and which stretches count. */
#include "grid/providers/mix_slots.h"

#include "grid/providers/providers.h"

#include "mix_support.h"

#define HOUR_NS (3600 * (int64_t)JB_NS_PER_S)

static void factors_are_those_of_the_table(void **state)
{
    static const double lifecycle[] = {820, 490, 650, 230, 45, 24, 11, 12, 38, 700};
    static const double direct[] = {760, 370, 406, 0, 0, 0, 0, 0, 38, 575};
    for (int fuel = 0; fuel < JB_FUEL_COUNT; fuel++) {
        assert_float_equal(jb_fuel_factor((enum jb_fuel)fuel, false), lifecycle[fuel], 0);
        assert_float_equal(jb_fuel_factor((enum jb_fuel)fuel, true), direct[fuel], 0);
    }
}

static void a_mix_is_the_mean_by_energy(void **state)
{
    struct jb_mix mix = {{0}};
    double g, error;
    jb_mix_add(&mix, JB_FUEL_COAL, 1);
    jb_mix_add(&mix, JB_FUEL_WIND, 2);
    jb_mix_add(&mix, JB_FUEL_WIND, 1);
    assert_true(jb_mix_intensity(&mix, false, &g, &error));
    assert_float_equal(g, (820 + 3 * 11) / 4.0, 1e-9);
    /* A quarter of coal's 175 and three of wind's 11, over 213.25; then the imports. */
    assert_float_equal(error, hypot(hypot(175 / 4.0, 3 * 11 / 4.0) / 213.25, 0.19), 1e-9);
    assert_true(jb_mix_intensity(&mix, true, &g, &error));
    assert_float_equal(g, 190, 1e-9);
}

static void what_cannot_be_generated_is_nothing(void **state)
{
    struct jb_mix mix = {{0}};
    double g = -1, error = -1;
    jb_mix_add(&mix, JB_FUEL_COAL, -5);
    jb_mix_add(&mix, JB_FUEL_COAL, NAN);
    jb_mix_add(&mix, JB_FUEL_COAL, INFINITY);
    jb_mix_add(&mix, JB_FUEL_COAL, 0);
    assert_false(jb_mix_intensity(&mix, false, &g, &error));
    assert_float_equal(g, -1, 0);
    mix.amount[JB_FUEL_GAS] = mix.amount[JB_FUEL_OIL] = 1.7e308; /* their sum is none */
    assert_false(jb_mix_intensity(&mix, false, &g, &error));
}

static void the_unknown_costs_certainty(void **state)
{
    double g, known, unknown;
    struct jb_mix gas = {{[JB_FUEL_GAS] = 1}}, half = {{[JB_FUEL_GAS] = 1, [JB_FUEL_UNKNOWN] = 1}};
    assert_true(jb_mix_intensity(&gas, false, &g, &known));
    assert_true(jb_mix_intensity(&half, false, &g, &unknown));
    assert_true(unknown > 1.5 * known);
    struct jb_mix wind = {{[JB_FUEL_WIND] = 1}};
    assert_true(jb_mix_intensity(&wind, true, &g, &known)); /* nothing leaves a stack */
    assert_float_equal(g, 0, 0);
    assert_float_equal(known, 0.19, 1e-9);
}

static const struct jb_mix_code codes[] = {
    {"gas", JB_FUEL_GAS}, {"solar", JB_FUEL_SOLAR}, {"wind", JB_FUEL_WIND}, {"battery", JB_STORAGE}};
enum { GAS, SOLAR, WIND, BATTERY };

static struct jb_ask hours(int count)
{
    return (struct jb_ask){.kind = JB_ASK_RANGE, .from_ns = 1000 * HOUR_NS, .to_ns = (1000 + count) * HOUR_NS};
}

static void hour(struct jb_slots *slots, size_t code, int n, double amount)
{
    jb_slots_set(slots, code, (1000 + n) * HOUR_NS, (1001 + n) * HOUR_NS, amount);
}

/* "x.xx": which of the hours became points. */
static void counted(const struct jb_slots *slots, const struct jb_ask *ask, const char *want)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    char got[32] = "";
    int err = jb_slots_points(slots, ask, &jb_provider_eia, 0, &track, NULL);
    assert_int_equal(err, strchr(want, 'x') != NULL ? 0 : -ENODATA);
    for (size_t i = 0; i < slots->count; i++) {
        got[i] = jb_track_at(&track, slots->start_ns + (int64_t)i * slots->step_ns) != NULL ? 'x' : '.';
    }
    assert_string_equal(got, want);
}

static void a_half_published_stretch_does_not_count(void **state)
{
    struct jb_ask ask = hours(4);
    JB_CLEANUP(jb_slots_finish) struct jb_slots slots = {0};
    assert_int_equal(jb_slots_init(&slots, codes, 4, &ask, 0, HOUR_NS, NULL), 0);
    counted(&slots, &ask, "....");
    for (int n = 0; n < 4; n++) {
        hour(&slots, WIND, n, 100);
    }
    counted(&slots, &ask, "xxxx"); /* it has nothing else */
    hour(&slots, GAS, 1, 100);
    hour(&slots, GAS, 2, 100);
    counted(&slots, &ask, ".xx."); /* before and after it is missed */
    hour(&slots, GAS, 3, 0);
    counted(&slots, &ask, ".xxx"); /* nothing is not missing */
    hour(&slots, GAS, 2, NAN);
    counted(&slots, &ask, ".x.x");
}

static void two_per_cent_may_be_missing(void **state)
{
    struct jb_ask ask = hours(2);
    JB_CLEANUP(jb_slots_finish) struct jb_slots slots = {0};
    assert_int_equal(jb_slots_init(&slots, codes, 4, &ask, 0, HOUR_NS, NULL), 0);
    hour(&slots, WIND, 0, 98);
    hour(&slots, WIND, 1, 98);
    hour(&slots, GAS, 0, 2);
    counted(&slots, &ask, "xx");
    hour(&slots, GAS, 0, 2.1);
    counted(&slots, &ask, "x.");
    hour(&slots, GAS, 0, 2);
    hour(&slots, SOLAR, 0, 0.5); /* together they are too much */
    counted(&slots, &ask, "x.");
}

static void solar_may_be_silent_at_night_and_storage_always(void **state)
{
    struct jb_ask ask = hours(6);
    JB_CLEANUP(jb_slots_finish) struct jb_slots slots = {0};
    assert_int_equal(jb_slots_init(&slots, codes, 4, &ask, 0, HOUR_NS, NULL), 0);
    for (int n = 0; n < 6; n++) {
        hour(&slots, GAS, n, 100);
    }
    hour(&slots, SOLAR, 1, 50);
    hour(&slots, SOLAR, 2, 1); /* dusk */
    hour(&slots, BATTERY, 0, 500);
    hour(&slots, BATTERY, 5, -500);
    counted(&slots, &ask, ".xxxxx");
    hour(&slots, SOLAR, 2, 40); /* noon, and then nothing */
    counted(&slots, &ask, ".xx...");
}

static void storage_is_in_no_sum(void **state)
{
    struct jb_ask ask = hours(1);
    JB_CLEANUP(jb_slots_finish) struct jb_slots slots = {0};
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    assert_int_equal(jb_slots_init(&slots, codes, 4, &ask, 0, HOUR_NS, NULL), 0);
    hour(&slots, GAS, 0, 10);
    hour(&slots, BATTERY, 0, 1000);
    assert_int_equal(jb_slots_points(&slots, &ask, &jb_provider_eia, 0, &track, NULL), 0);
    assert_float_equal(track.points[0].g_per_kwh, 490, 1e-9);
    assert_true(track.points[0].provider == &jb_provider_eia);
}

static void the_same_mix_in_a_row_is_one_point(void **state)
{
    struct jb_ask ask = hours(2);
    JB_CLEANUP(jb_slots_finish) struct jb_slots slots = {0};
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    assert_int_equal(jb_slots_init(&slots, codes, 4, &ask, 0, HOUR_NS / 4, NULL), 0);
    assert_int_equal(slots.count, 8);
    hour(&slots, GAS, 0, 10);
    hour(&slots, WIND, 0, 10);
    hour(&slots, GAS, 1, 10);
    hour(&slots, WIND, 1, 20);
    assert_int_equal(jb_slots_points(&slots, &ask, &jb_provider_eia, 0.3, &track, NULL), 0);
    assert_int_equal(track.count, 2);
    assert_int_equal(track.points[1].start_ns - track.points[0].start_ns, HOUR_NS);
    assert_true(track.points[0].rel_error > 0.3);
}

static void only_whole_stretches_of_the_window_are_filled(void **state)
{
    struct jb_ask ask = hours(2);
    JB_CLEANUP(jb_slots_finish) struct jb_slots slots = {0};
    assert_int_equal(jb_slots_init(&slots, codes, 4, &ask, 0, HOUR_NS, NULL), 0);
    jb_slots_set(&slots, GAS, 1000 * HOUR_NS + 1, 1002 * HOUR_NS, 1);
    assert_true(isnan(slots.amount[GAS]));
    assert_float_equal(slots.amount[4 + GAS], 1, 0);
    jb_slots_set(&slots, WIND, INT64_MIN, INT64_MAX, 2);
    assert_float_equal(slots.amount[WIND] + slots.amount[4 + WIND], 4, 0);
    jb_slots_set(&slots, WIND, 1002 * HOUR_NS, 1000 * HOUR_NS, 3);
    jb_slots_set(&slots, WIND, 1002 * HOUR_NS, 1005 * HOUR_NS, 3);
    jb_slots_set(&slots, WIND, 900 * HOUR_NS, 1000 * HOUR_NS, 3);
    assert_float_equal(slots.amount[WIND] + slots.amount[4 + WIND], 4, 0);
    jb_slots_add(&slots, WIND, 1000 * HOUR_NS, 1001 * HOUR_NS, 5);
    jb_slots_add(&slots, SOLAR, 1000 * HOUR_NS, 1001 * HOUR_NS, 5);
    jb_slots_add(&slots, SOLAR, 1000 * HOUR_NS, 1001 * HOUR_NS, INFINITY);
    assert_float_equal(slots.amount[WIND], 7, 0);
    assert_float_equal(slots.amount[SOLAR], 5, 0);
}

static void windows_that_cannot_be_are_refused(void **state)
{
    int64_t from_ns, to_ns;
    struct jb_ask ask = {.kind = JB_ASK_LATEST, .now_ns = 10 * HOUR_NS + 1};
    assert_true(jb_slots_window(&ask, 2 * HOUR_NS, HOUR_NS, &from_ns, &to_ns));
    assert_int_equal(from_ns, 8 * HOUR_NS);
    assert_int_equal(to_ns, 11 * HOUR_NS);
    ask.now_ns = HOUR_NS;
    assert_false(jb_slots_window(&ask, 2 * HOUR_NS, HOUR_NS, &from_ns, &to_ns));
    ask = hours(0);
    assert_false(jb_slots_window(&ask, 0, HOUR_NS, &from_ns, &to_ns));
    ask = hours(1);
    ask.to_ns = INT64_MAX;
    assert_false(jb_slots_window(&ask, 0, HOUR_NS, &from_ns, &to_ns));
    ask.to_ns = ask.from_ns + 20001 * HOUR_NS;
    struct jb_slots slots;
    assert_int_equal(jb_slots_init(&slots, codes, 4, &ask, 0, HOUR_NS, NULL), -EINVAL);
    jb_slots_finish(&slots);
}

static void times_become_digits(void **state)
{
    char digits[15];
    jb_time_digits(at("2026-11-20T05:30Z"), 12, digits);
    assert_string_equal(digits, "202611200530");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_are_those_of_the_table),
        cmocka_unit_test(a_mix_is_the_mean_by_energy),
        cmocka_unit_test(what_cannot_be_generated_is_nothing),
        cmocka_unit_test(the_unknown_costs_certainty),
        cmocka_unit_test(a_half_published_stretch_does_not_count),
        cmocka_unit_test(two_per_cent_may_be_missing),
        cmocka_unit_test(solar_may_be_silent_at_night_and_storage_always),
        cmocka_unit_test(storage_is_in_no_sum),
        cmocka_unit_test(the_same_mix_in_a_row_is_one_point),
        cmocka_unit_test(only_whole_stretches_of_the_window_are_filled),
        cmocka_unit_test(windows_that_cannot_be_are_refused),
        cmocka_unit_test(times_become_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
