/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of record.c: sums, errors, coverage, words.
 */
#include "store/record.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"

static struct jb_record_channel channel(const char *source, const char *method, bool in_total, uint64_t energy_uj)
{
    struct jb_record_channel c = {
        .in_total = in_total, .energy_uj = energy_uj, .run_uj = energy_uj / 2, .idle_uj = energy_uj / 4};
    c.others_uj = energy_uj / 8;
    c.unattributed_uj = energy_uj - c.run_uj - c.idle_uj - c.others_uj;
    c.footprint_uj = c.run_uj + c.idle_uj;
    jb_copy(c.source, sizeof(c.source), source);
    jb_copy(c.method, sizeof(c.method), method);
    return c;
}

static void near(double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-9 * fabs(expected))) {
        fail_msg("%.12g is not %.12g", got, expected);
    }
}

static void only_channels_in_the_total_are_added(void **state)
{
    struct jb_record_channel channels[] = {
        channel("rapl-perf", "counter", true, 1001), channel("rapl-perf", "counter", false, 5000),
        channel("cpu-model", "modelled", true, 70), channel("nvml", "integrated", true, 900)};
    struct jb_record record = {.channels = channels, .channel_count = 4, .machine_uj = 9999, .duration_s = 1};
    jb_record_sum(&record);
    assert_int_equal(record.machine_uj, 1971);
    assert_int_equal(record.measured_uj, 1901);
    assert_int_equal(record.modelled_uj, 70);
    assert_int_equal(record.machine_uj, record.run_uj + record.idle_uj + record.others_uj + record.unattributed_uj);
    assert_int_equal(record.footprint_uj, record.run_uj + record.idle_uj);
    jb_record_sum(&record); /* again is the same */
    assert_int_equal(record.machine_uj, 1971);
}

static void errors_add_linearly_within_a_source_and_in_quadrature_across(void **state)
{
    struct jb_record_channel channels[] = {
        channel("rapl-perf", "counter", true, 1000), channel("nvml", "counter", true, 1000),
        channel("rapl-perf", "counter", true, 1000), channel("nvml", "counter", false, 1000)};
    static const double sigmas[] = {10, 40, 20, 1e9};
    for (size_t i = 0; i < 4; i++) {
        channels[i].uncertainty_uj = sigmas[i];
        channels[i].run_uncertainty_uj = sigmas[i] * 2;
    }
    struct jb_record record = {.channels = channels, .channel_count = 4};
    jb_record_sum(&record);
    near(record.uncertainty_uj, 50); /* 10 + 20 from one source, 40 from the other */
    near(record.run_uncertainty_uj, 100);
}

static void the_footprint_has_the_sensors_error_in_proportion_and_all_of_the_split(void **state)
{
    struct jb_record_channel c = channel("rapl-perf", "counter", true, 1000);
    struct jb_record record = {.channels = &c, .channel_count = 1};
    c.uncertainty_uj = 100;    /* 10 % */
    c.run_uncertainty_uj = 50; /* 10 % of run_uj, 500: the split is certain */
    jb_record_sum(&record);
    near(record.footprint_uncertainty_uj, 75); /* 10 % of 750 */
    c.run_uncertainty_uj = hypot(50, 100);
    jb_record_sum(&record);
    near(record.footprint_uncertainty_uj, 125); /* hypot(75, 100) */
    c.run_uncertainty_uj = 20;                  /* less than the sensor alone: nothing is subtracted */
    jb_record_sum(&record);
    near(record.footprint_uncertainty_uj, 75);
}

static void an_unknown_error_makes_the_totals_unknown(void **state)
{
    struct jb_record_channel channels[] = {channel("a", "counter", true, 1000), channel("b", "counter", true, 10)};
    struct jb_record record = {.channels = channels, .channel_count = 2};
    channels[1].run_uncertainty_uj = NAN;
    jb_record_sum(&record);
    assert_true(record.uncertainty_uj == 0 && isnan(record.run_uncertainty_uj) &&
                isnan(record.footprint_uncertainty_uj));
    channels[1].uncertainty_uj = NAN;
    jb_record_sum(&record);
    assert_true(isnan(record.uncertainty_uj));
    record.channel_count = 0;
    jb_record_sum(&record);
    assert_true(isnan(record.uncertainty_uj) && isnan(record.coverage) && record.machine_uj == 0);
}

static void coverage_is_weighted_by_energy(void **state)
{
    struct jb_record_channel channels[] = {channel("a", "counter", true, 900), channel("b", "counter", true, 100),
                                           channel("c", "counter", false, 5000)};
    struct jb_record record = {.channels = channels, .channel_count = 3, .duration_s = 10};
    channels[0].covered_ns = 10000000000;
    channels[1].covered_ns = 5000000000;
    jb_record_sum(&record);
    near(record.coverage, 0.95);
    channels[0].covered_ns = 20000000000; /* the edges of readings lie outside the run: never above 1 */
    jb_record_sum(&record);
    near(record.coverage, 0.95);
    channels[0].energy_uj = channels[1].energy_uj = 0;
    jb_record_sum(&record);
    near(record.coverage, 0.75);
    record.duration_s = NAN;
    jb_record_sum(&record);
    assert_true(isnan(record.coverage));
    record.duration_s = 0;
    jb_record_sum(&record);
    assert_true(isnan(record.coverage));
}

static void the_basis_is_chosen_by_its_name(void **state)
{
    struct jb_record record = {.machine_uj = 1, .run_uj = 2, .footprint_uj = 3};
    assert_int_equal(jb_record_basis_uj(&record), 3);
    jb_copy(record.basis, sizeof(record.basis), "machine");
    assert_int_equal(jb_record_basis_uj(&record), 1);
    jb_copy(record.basis, sizeof(record.basis), "run");
    assert_int_equal(jb_record_basis_uj(&record), 2);
    jb_copy(record.basis, sizeof(record.basis), "footprint");
    assert_int_equal(jb_record_basis_uj(&record), 3);
}

static void a_warning_is_kept_once(void **state)
{
    struct jb_record record = {0};
    char *long_text = malloc(5000);
    memset(long_text, 'x', 4999);
    long_text[4999] = '\0';
    for (int i = 0; i < 3; i++) {
        assert_int_equal(jb_record_warn(&record, "a %s", "b"), 0);
        assert_int_equal(jb_record_warn(&record, "%s", long_text), 0);
    }
    assert_int_equal(record.warning_count, 2);
    assert_string_equal(record.warnings[0], "a b");
    assert_string_equal(record.warnings[1], long_text);
    free(long_text);
    jb_record_finish(&record);
}

static void a_tag_has_one_value(void **state)
{
    struct jb_record record = {0};
    assert_int_equal(jb_record_tag(&record, "a", "1"), 0);
    assert_int_equal(jb_record_tag(&record, "b", ""), 0);
    assert_int_equal(jb_record_tag(&record, "a", "2"), 0);
    assert_int_equal(record.tag_count, 2);
    assert_string_equal(record.tags[0].value, "2");
    assert_int_equal(jb_record_tag(&record, "", "x"), -EINVAL);
    assert_int_equal(jb_record_tag(&record, NULL, "x"), -EINVAL);
    assert_int_equal(jb_record_tag(&record, "x", NULL), -EINVAL);
    assert_int_equal(record.tag_count, 2);
    jb_record_finish(&record);
}

static void finishing_is_safe_on_nothing_and_twice(void **state)
{
    struct jb_record record = {0};
    jb_record_finish(NULL);
    jb_record_finish(&record);
    make_record(&record, "01K", 3);
    jb_record_finish(&record);
    assert_null(record.channels);
    assert_int_equal(record.command_count, 0);
    jb_record_finish(&record);
}

static void every_status_has_the_name_of_the_contract(void **state)
{
    static const char *const names[] = {"running", "finished", "failed", "killed", "interrupted", "lost"};
    for (int i = 0; i < 6; i++) {
        assert_string_equal(jb_run_status_name((enum jb_run_status)i), names[i]);
    }
    assert_string_equal(jb_run_status_name((enum jb_run_status)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_channels_in_the_total_are_added),
        cmocka_unit_test(errors_add_linearly_within_a_source_and_in_quadrature_across),
        cmocka_unit_test(the_footprint_has_the_sensors_error_in_proportion_and_all_of_the_split),
        cmocka_unit_test(an_unknown_error_makes_the_totals_unknown),
        cmocka_unit_test(coverage_is_weighted_by_energy),
        cmocka_unit_test(the_basis_is_chosen_by_its_name),
        cmocka_unit_test(a_warning_is_kept_once),
        cmocka_unit_test(a_tag_has_one_value),
        cmocka_unit_test(finishing_is_safe_on_nothing_and_twice),
        cmocka_unit_test(every_status_has_the_name_of_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
