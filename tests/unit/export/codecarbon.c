/* SPDX-License-Identifier: Apache-2.0 */
/* CodeCarbon's CSV: its columns in its order, its units, and nothing invented. */
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"
#include "export/iso3.h"

/* Written down from CodeCarbon's own file, not from ours. */
static const char *const columns[] = {
    "timestamp",
    "project_name",
    "run_id",
    "experiment_id",
    "duration",
    "emissions",
    "emissions_rate",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "water_consumed",
    "country_name",
    "country_iso_code",
    "region",
    "cloud_provider",
    "cloud_region",
    "os",
    "python_version",
    "codecarbon_version",
    "cpu_count",
    "cpu_model",
    "gpu_count",
    "gpu_model",
    "longitude",
    "latitude",
    "ram_total_size",
    "tracking_mode",
    "cpu_utilization_percent",
    "gpu_utilization_percent",
    "ram_utilization_percent",
    "ram_used_gb",
    "on_cloud",
    "pue",
    "wue",
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

static void check(const struct jb_record *record, const char *column, const char *expected)
{
    char *csv = fixture_write(&jb_export_codecarbon, record, NULL);
    char *text = fixture_csv(csv, column, 1);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    free(csv);
}

static void check_near(const struct jb_record *record, const char *column, double expected)
{
    double value = NAN;
    char *csv = fixture_write(&jb_export_codecarbon, record, NULL);
    char *text = fixture_csv(csv, column, 1);
    assert_non_null(text);
    assert_int_equal(jb_parse_double(text, &value), 0);
    if (fabs(value - expected) > 1e-9 * fabs(expected)) {
        fail_msg("%s is %s, not %.12g", column, text, expected);
    }
    free(text);
    free(csv);
}

static void there_are_38_columns_in_their_order(void **state)
{
    struct fixture f;
    char *fields[64];
    struct jb_csv reader;
    fixture_init(&f);
    char *csv = fixture_write(&jb_export_codecarbon, &f.record, NULL);
    assert_int_equal(COLUMNS, 38);
    jb_csv_init(&reader, csv);
    assert_int_equal(jb_csv_row(&reader, fields, 64), 38);
    for (size_t i = 0; i < COLUMNS; i++) {
        assert_string_equal(fields[i], columns[i]);
    }
    assert_int_equal(jb_csv_row(&reader, fields, 64), 38);
    assert_int_equal(jb_csv_row(&reader, fields, 64), 0);
    free(csv);
}

static void units_are_kilograms_watts_and_kilowatt_hours(void **state)
{
    struct fixture f;
    fixture_init(&f);
    const struct jb_record *r = &f.record;
    check(r, "timestamp", "2025-11-22T03:10:00");
    check_near(r, "duration", 600);
    check_near(r, "emissions", 0.02625);
    check_near(r, "emissions_rate", 0.02625 / 600);
    /* of the footprint: 141000 J and three quarters of 36000 J idle */
    check_near(r, "gpu_power", 168000.0 / 600);
    check_near(r, "gpu_energy", 168000 / 3.6e6 * 1.1);
    check_near(r, "ram_energy", 12750 / 3.6e6 * 1.1);
    check_near(r, "energy_consumed", (double)r->footprint_uj / 3.6e12 * 1.1);
    check_near(r, "ram_total_size", 192);
    check_near(r, "pue", 1.1);
    check(r, "tracking_mode", "process");
    check(r, "cpu_count", "80");
    check(r, "gpu_count", "1");
    check(r, "gpu_model", "1 x NVIDIA H100 80GB HBM3");
    check(r, "country_name", "South Korea");
    check(r, "country_iso_code", "KOR");
    check(r, "region", "");
}

static void the_basis_chooses_the_energies(void **state)
{
    struct fixture f;
    fixture_init(&f);
    jb_copy(f.record.basis, sizeof(f.record.basis), "machine");
    check(&f.record, "tracking_mode", "machine");
    check_near(&f.record, "gpu_energy", 180500.000007 / 3.6e6 * 1.1);
    check_near(&f.record, "energy_consumed", (double)f.record.machine_uj / 3.6e12 * 1.1);
    jb_copy(f.record.basis, sizeof(f.record.basis), "run");
    check(&f.record, "tracking_mode", "process");
    check_near(&f.record, "gpu_energy", 141000 / 3.6e6 * 1.1);
}

static void what_is_not_known_is_empty(void **state)
{
    static const char *const always[] = {"experiment_id",
                                         "water_consumed",
                                         "cloud_provider",
                                         "cloud_region",
                                         "python_version",
                                         "longitude",
                                         "latitude",
                                         "cpu_utilization_percent",
                                         "gpu_utilization_percent",
                                         "ram_utilization_percent",
                                         "ram_used_gb",
                                         "on_cloud",
                                         "wue"};
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++) {
        check(&f.record, always[i], "");
    }
    struct jb_record bare = {
        .id = "A", .host = "elsewhere.invalid", .duration_s = NAN, .emissions_g = NAN, .pue = NAN, .coverage = NAN};
    static const char *const filled[] = {"timestamp", "run_id", "codecarbon_version", "tracking_mode"};
    for (size_t i = 0; i < COLUMNS; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof(filled) / sizeof(*filled); k++) {
            known |= strcmp(columns[i], filled[k]) == 0;
        }
        if (!known) {
            check(&bare, columns[i], "");
        }
    }
}

static void a_part_of_a_country_is_a_region(void **state)
{
    struct fixture f;
    fixture_init(&f);
    jb_copy(f.record.zone, sizeof(f.record.zone), "US-CAL-CISO");
    jb_copy(f.record.zone_name, sizeof(f.record.zone_name), "California ISO");
    check(&f.record, "country_name", "");
    check(&f.record, "country_iso_code", "USA");
    check(&f.record, "region", "California ISO");
    jb_copy(f.record.zone, sizeof(f.record.zone), "World");
    check(&f.record, "country_name", "");
    check(&f.record, "country_iso_code", "");
    check(&f.record, "region", "");
}

static void three_letters_of_a_country(void **state)
{
    assert_string_equal(jb_iso3("AD"), "AND");
    assert_string_equal(jb_iso3("DE"), "DEU");
    assert_string_equal(jb_iso3("ZW"), "ZWE");
    assert_string_equal(jb_iso3("IT-NO"), "ITA");
    assert_null(jb_iso3("ZZ"));
    assert_null(jb_iso3("DEU"));
    assert_null(jb_iso3("D"));
    assert_null(jb_iso3(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_38_columns_in_their_order),
        cmocka_unit_test(units_are_kilograms_watts_and_kilowatt_hours),
        cmocka_unit_test(the_basis_chooses_the_energies),
        cmocka_unit_test(what_is_not_known_is_empty),
        cmocka_unit_test(a_part_of_a_country_is_a_region),
        cmocka_unit_test(three_letters_of_a_country),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
