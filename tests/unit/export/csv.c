/* SPDX-License-Identifier: Apache-2.0 */
/* The time series as CSV: its columns, its prices, its sums. */
#include "fixture.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/diag.h"
#include "export/price.h"

#define HEADER "time,elapsed_s,channel,device,power_w,energy_j,run_j,method,intensity_g_per_kwh,emissions_g,region\n"

static double number(const char *csv, const char *column, unsigned row)
{
    double value = NAN;
    char *text = fixture_csv(csv, column, row);
    assert_non_null(text);
    assert_int_equal(jb_parse_double(text, &value), 0);
    free(text);
    return value;
}

static void check_text(const char *csv, const char *column, unsigned row, const char *expected)
{
    char *text = fixture_csv(csv, column, row);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void a_row_has_the_columns_of_the_contract(void **state)
{
    struct fixture f;
    fixture_init(&f);
    const struct jb_sample sample = {
        .channel = 0, .t0_ns = 500000000, .t1_ns = 2500000000, .energy_uj = 3000000, .run_uj = 1000001};
    struct jb_store store = {.samples = &sample, .count = 1};
    char *csv = fixture_write(&jb_export_csv, &f.record, &store);
    assert_int_equal(strncmp(csv, HEADER, strlen(HEADER)), 0);
    check_text(csv, "time", 1, "2025-11-22T03:00:02.623Z");
    check_text(csv, "elapsed_s", 1, "2.5");
    check_text(csv, "channel", 1, "cpu/0/package");
    check_text(csv, "device", 1, "cpu");
    check_text(csv, "power_w", 1, "1.5");
    check_text(csv, "energy_j", 1, "3.0");
    check_text(csv, "run_j", 1, "1.000001");
    check_text(csv, "method", 1, "counter");
    check_text(csv, "intensity_g_per_kwh", 1, "380");
    check_text(csv, "region", 1, "");
    assert_null(fixture_csv(csv, "time", 2));
    free(csv);
}

static double emissions_sum(struct fixture *f, const char *basis)
{
    double sum = 0, grams = 0;
    jb_copy(f->record.basis, sizeof(f->record.basis), basis);
    char *csv = fixture_write(&jb_export_csv, &f->record, &f->store);
    struct jb_csv reader;
    char *fields[16];
    jb_csv_init(&reader, csv);
    assert_int_equal(jb_csv_row(&reader, fields, 16), 11);
    int count;
    while ((count = jb_csv_row(&reader, fields, 16)) > 0) {
        assert_int_equal(count, 11);
        bool in_total = strcmp(fields[2], "cpu/0/core") != 0 && strcmp(fields[2], "cpu/0/package-mmio") != 0;
        assert_int_equal(fields[9][0] != '\0', in_total);
        if (in_total) {
            assert_int_equal(jb_parse_double(fields[9], &grams), 0);
            sum += grams;
        }
    }
    assert_int_equal(count, 0);
    free(csv);
    return sum;
}

/* The series of the fixture has lost less than a microjoule a sample to rounding. */
static void emissions_add_up_to_the_basis_of_the_record(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_series(&f, 1.0);
    for (size_t i = 0; i < 2; i++) {
        f.segments[i].g_per_kwh = 360;
    }
    const struct {
        const char *basis;
        uint64_t energy_uj;
    } cases[] = {{"machine", f.record.machine_uj}, {"run", f.record.run_uj}, {"footprint", f.record.footprint_uj}};
    for (size_t i = 0; i < 3; i++) {
        double expected_g = (double)cases[i].energy_uj / 3.6e12 * 360 * f.record.pue;
        assert_true(fabs(emissions_sum(&f, cases[i].basis) - expected_g) < 1e-6 * expected_g);
    }
    fixture_finish(&f);
}

static double intensity(struct fixture *f, uint64_t t0_ns, uint64_t t1_ns)
{
    struct jb_export_prices prices;
    jb_export_prices_init(&prices, &f->record, &f->store);
    double g_per_kwh = jb_export_intensity(&prices, t0_ns, t1_ns);
    jb_export_prices_finish(&prices);
    return g_per_kwh;
}

static void intensity_follows_the_segments(void **state)
{
    struct fixture f;
    fixture_init(&f);
    const uint64_t s = 1000000000;
    assert_true(intensity(&f, 0, 10 * s) == 380);
    assert_true(intensity(&f, 400 * s, 401 * s) == 400);
    assert_true(fabs(intensity(&f, 299 * s, 301 * s) - 390) < 1e-9);
    assert_true(fabs(intensity(&f, 297 * s, 301 * s) - 385) < 1e-9);
    assert_true(intensity(&f, 5000 * s, 5001 * s) == 400); /* after the last: it holds on */
    assert_true(intensity(&f, 400 * s, 400 * s) == 400);   /* a moment */
    assert_true(intensity(&f, 300 * s, 300 * s) == 400);   /* the first of a segment is in it */
    f.segments[0].start_ns += 5 * (int64_t)s;
    assert_true(intensity(&f, 0, 1 * s) == 380); /* before the first: it held already */
    f.record.segment_count = 0;
    assert_true(intensity(&f, 0, s) == f.record.intensity_g_per_kwh);
}

/* A week by five minutes, forth, back and across: the place that is kept from call to call does not show. */
static void thousands_of_segments_are_each_found(void **state)
{
    enum { COUNT = 2016 };
    const uint64_t step_ns = UINT64_C(300000000000);
    struct fixture f;
    fixture_init(&f);
    struct jb_record_segment *segments = calloc(COUNT, sizeof(*segments));
    assert_non_null(segments);
    for (size_t i = 0; i < COUNT; i++) {
        segments[i] = f.segments[0];
        segments[i].start_ns = f.record.started_ns + (int64_t)(i * step_ns);
        segments[i].g_per_kwh = (double)i;
    }
    f.record.segments = segments;
    f.record.segment_count = COUNT;
    struct jb_export_prices prices;
    jb_export_prices_init(&prices, &f.record, NULL);
    for (size_t n = 0; n < 3 * COUNT; n++) {
        size_t i = n < COUNT ? n : n < 2 * COUNT ? 2 * COUNT - 1 - n : n * 1237 % COUNT;
        assert_true(jb_export_intensity(&prices, i * step_ns, i * step_ns + 100000000) == (double)i);
    }
    double mean = jb_export_intensity(&prices, 0, COUNT * step_ns);
    assert_true(fabs(mean - (COUNT - 1) / 2.0) < 1e-6);
    jb_export_prices_finish(&prices);
    free(segments);
}

/* The clock of a series stands still while the machine sleeps, that of the grid does not. */
static void a_machine_that_slept_is_priced_by_the_clock_on_the_wall(void **state)
{
    struct fixture f;
    fixture_init(&f);
    const uint64_t s = 1000000000;
    const struct jb_store_mark marks[] = {
        {.t_ns = 100 * s, .wall_ns = f.record.started_ns + (int64_t)(100 * s)},
        {.t_ns = 150 * s, .wall_ns = f.record.started_ns + (int64_t)(450 * s)}, /* 300 s of sleep */
    };
    const struct jb_sample samples[] = {{.t0_ns = 149 * s, .t1_ns = 149 * s + 1, .energy_uj = 1},
                                        {.t0_ns = 151 * s, .t1_ns = 152 * s, .energy_uj = 1}};
    f.store = (struct jb_store){.samples = samples, .count = 2, .marks = marks, .mark_count = 2};
    assert_true(intensity(&f, 110 * s, 111 * s) == 380);
    assert_true(intensity(&f, 151 * s, 152 * s) == 400);
    char *csv = fixture_write(&jb_export_csv, &f.record, &f.store);
    check_text(csv, "time", 1, "2025-11-22T03:02:29.123Z");
    check_text(csv, "time", 2, "2025-11-22T03:07:32.123Z");
    check_text(csv, "elapsed_s", 2, "152.0");
    check_text(csv, "intensity_g_per_kwh", 2, "400");
    free(csv);
}

static void segments_and_marks_out_of_order_end_with_some_answer(void **state)
{
    static const int64_t odd[] = {INT64_MIN, INT64_MAX, 0, -1, INT64_C(1763780400123000000)};
    struct fixture f;
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < 5; k++) {
            const struct jb_store_mark marks[] = {{.t_ns = 5, .wall_ns = odd[i]}, {.t_ns = 9, .wall_ns = odd[k]}};
            fixture_init(&f);
            f.segments[0].start_ns = odd[k];
            f.segments[1].start_ns = odd[i];
            f.store = (struct jb_store){.marks = marks, .mark_count = 2};
            struct jb_export_prices prices;
            jb_export_prices_init(&prices, &f.record, &f.store);
            static const uint64_t times[] = {0, 7, UINT64_MAX, 3, 10, 6};
            for (size_t t = 0; t < 5; t++) {
                double g = jb_export_intensity(&prices, times[t], times[t + 1]);
                assert_true(g >= 380 && g <= 400);
            }
            jb_export_prices_finish(&prices);
        }
    }
}

static void an_unknown_intensity_is_empty(void **state)
{
    struct fixture f;
    fixture_init(&f);
    f.record.segment_count = 0;
    f.record.intensity_g_per_kwh = NAN;
    const struct jb_sample sample = {.channel = 0, .t1_ns = 1000000000, .energy_uj = 3000000};
    struct jb_store store = {.samples = &sample, .count = 1};
    char *csv = fixture_write(&jb_export_csv, &f.record, &store);
    check_text(csv, "intensity_g_per_kwh", 1, "");
    check_text(csv, "emissions_g", 1, "");
    free(csv);
}

static void hostile_samples_do_not_break_a_row(void **state)
{
    struct fixture f;
    fixture_init(&f);
    jb_copy(f.channels[2].id, sizeof(f.channels[2].id), "=cmd|'a',\"b\"\n\xFF");
    const struct jb_sample samples[] = {
        {.channel = 99, .t1_ns = UINT64_MAX, .energy_uj = UINT64_MAX, .run_uj = 5},
        {.channel = -1, .t0_ns = 10, .t1_ns = 10, .energy_uj = 1, .run_uj = UINT64_MAX},
        {.channel = 2, .t0_ns = 20, .t1_ns = 10, .energy_uj = 1},
    };
    struct jb_store store = {.samples = samples, .count = 3};
    f.record.started_ns = INT64_MAX - 5;
    char *csv = fixture_write(&jb_export_csv, &f.record, &store);
    check_text(csv, "channel", 1, "channel 99");
    check_text(csv, "emissions_g", 1, "");
    check_text(csv, "channel", 2, "channel -1");
    check_text(csv, "power_w", 2, "");
    check_text(csv, "channel", 3, "'=cmd|'a',\"b\" \xEF\xBF\xBD");
    check_text(csv, "power_w", 3, "");
    assert_true(number(csv, "energy_j", 1) > 1e13);
    free(csv);
}

static int write_to(FILE *out, struct fixture *f, struct jb_store *store, struct jb_diag *diag)
{
    struct jb_export_input input = {.record = &f->record, .store = store};
    return jb_export_csv.write(&input, out, diag);
}

static void without_a_store_there_is_no_series(void **state)
{
    struct fixture f;
    struct jb_diag diag = {0};
    fixture_init(&f);
    FILE *out = fopen("/dev/null", "we");
    assert_int_equal(write_to(out, &f, NULL, &diag), -ENODATA);
    assert_true(diag.text[0] != '\0');
    fclose(out);
}

static void what_the_store_says_is_passed_on(void **state)
{
    struct fixture f;
    struct jb_diag diag = {0};
    struct jb_store store = {.error = -EUCLEAN};
    fixture_init(&f);
    FILE *out = fopen("/dev/null", "we");
    assert_int_equal(write_to(out, &f, &store, &diag), -EUCLEAN);
    assert_string_equal(diag.text, "the double was told to fail");
    fclose(out);
}

static void a_full_disk_is_an_error(void **state)
{
    struct fixture f;
    struct jb_diag diag = {0};
    fixture_init(&f);
    fixture_series(&f, 1.0);
    FILE *out = fopen("/dev/full", "we");
    if (!out) {
        skip();
    }
    assert_int_equal(write_to(out, &f, &f.store, &diag), -EIO);
    assert_true(diag.text[0] != '\0');
    fclose(out);
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_has_the_columns_of_the_contract),
        cmocka_unit_test(emissions_add_up_to_the_basis_of_the_record),
        cmocka_unit_test(intensity_follows_the_segments),
        cmocka_unit_test(thousands_of_segments_are_each_found),
        cmocka_unit_test(a_machine_that_slept_is_priced_by_the_clock_on_the_wall),
        cmocka_unit_test(segments_and_marks_out_of_order_end_with_some_answer),
        cmocka_unit_test(an_unknown_intensity_is_empty),
        cmocka_unit_test(hostile_samples_do_not_break_a_row),
        cmocka_unit_test(without_a_store_there_is_no_series),
        cmocka_unit_test(what_the_store_says_is_passed_on),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
