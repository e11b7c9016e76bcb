/* SPDX-License-Identifier: Apache-2.0 */
/* The wall in JSON, HTML and the summary row: measured, fitted, both, neither, and hostile. */
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "html_check.h"

static void measured(struct jb_record *record)
{
    struct jb_record_wall *wall = &record->wall;

    wall->measured = wall->has_sensors = true;
    wall->energy_uj = 400000000000;
    wall->sensors_uj = 280000000000;
    wall->covered_ns = UINT64_C(598000000000);
    wall->uncertainty_uj = 4e9;
    jb_copy(wall->source, sizeof(wall->source), "ipmi");
    jb_copy(wall->channel, sizeof(wall->channel), "node/dcmi");
}

static void fitted(struct jb_record *record)
{
    struct jb_record_wall *wall = &record->wall;

    wall->has_fit = true;
    wall->fit = (struct jb_record_fit){
        .a_w = 56.8, .b = 1.117, .residual_w = 3.5, .min_w = 40, .max_w = 410, .readings = 5, .meter = "typed"};
    wall->fit.measured_ns = INT64_C(1763780400123000000);
    wall->fitted_uj = 350123456789.5;
    wall->fitted_uncertainty_uj = 5e9;
}

static json_t *energy_of(const struct jb_record *record, json_t **ret_root)
{
    char *text = NULL;

    assert_int_equal(jb_record_json(record, false, &text), 0);
    *ret_root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(*ret_root);
    free(text);
    return json_object_get(*ret_root, "energy");
}

static void without_meter_and_fit_the_wall_is_null(void **state)
{
    struct fixture f;
    const char *total;
    json_t *root;

    fixture_init(&f);
    assert_int_equal(json_unpack(energy_of(&f.record, &root), "{s:s,s:n}", "total", &total, "wall"), 0);
    assert_string_equal(total, "sensors"); /* of runs from before there was a choice, too */
    json_decref(root);
    char *text = NULL;
    assert_int_equal(jb_wall_json(&f.record, &text), 0);
    assert_string_equal(text, "null");
    free(text);
}

static void a_measured_wall_has_its_coverage_and_no_fit(void **state)
{
    struct fixture f;
    const char *source, *channel, *total;
    double energy_j, sigma_j, covered_s, sensors_j, coverage, filled_j;
    json_t *root;

    fixture_init(&f);
    measured(&f.record);
    jb_copy(f.record.total, sizeof(f.record.total), "wall");
    assert_int_equal(json_unpack(energy_of(&f.record, &root), "{s:s,s:{s:s,s:s,s:F,s:F,s:F,s:F,s:F,s:F,s:n,s:n,s:n !}}",
                                 "total", &total, "wall", "source", &source, "channel", &channel, "energy_j", &energy_j,
                                 "uncertainty_j", &sigma_j, "covered_s", &covered_s, "sensors_j", &sensors_j,
                                 "coverage", &coverage, "filled_j", &filled_j, "fit", "fitted_j",
                                 "fitted_uncertainty_j"),
                     0);
    assert_string_equal(total, "wall");
    assert_string_equal(source, "ipmi");
    assert_string_equal(channel, "node/dcmi");
    assert_true(energy_j == 400000 && sigma_j == 4000 && covered_s == 598 && sensors_j == 280000 && filled_j == 0);
    assert_float_equal(coverage, 0.7, 1e-12);
    json_decref(root);

    f.record.wall.has_sensors = false;
    assert_int_equal(json_unpack(energy_of(&f.record, &root), "{s:{s:n,s:n}}", "wall", "sensors_j", "coverage"), 0);
    json_decref(root);
}

static void a_fitted_wall_has_its_line_and_nothing_measured(void **state)
{
    struct fixture f;
    double a_w, b, fitted_j, sigma_j;
    const char *meter, *when;
    int readings;
    json_t *root;

    fixture_init(&f);
    fitted(&f.record);
    assert_int_equal(
        json_unpack(energy_of(&f.record, &root),
                    "{s:{s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:{s:F,s:F,s:F,s:F,s:F,s:i,s:s,s:s !},s:F,s:F !}}", "wall",
                    "source", "channel", "energy_j", "uncertainty_j", "covered_s", "sensors_j", "coverage", "filled_j",
                    "fit", "a_w", &a_w, "b", &b, "residual_w", &(double){0}, "min_w", &(double){0}, "max_w",
                    &(double){0}, "readings", &readings, "meter", &meter, "measured", &when, "fitted_j", &fitted_j,
                    "fitted_uncertainty_j", &sigma_j),
        0);
    assert_true(a_w == 56.8 && b == 1.117 && readings == 5 && sigma_j == 5000);
    assert_float_equal(fitted_j, 350123.4567895, 1e-6);
    assert_string_equal(meter, "typed");
    assert_string_equal(when, "2025-11-22T03:00:00.123Z");
    json_decref(root);
}

static char *page_of(struct fixture *f)
{
    const char *at;
    char *page = fixture_write(&jb_export_html, &f->record, NULL);
    const char *fault = html_fault(page, &at);

    if (fault) {
        fail_msg("%s: %.60s", fault, at);
    }
    return page;
}

static void assert_has(const char *page, const char *part)
{
    if (strstr(page, part) == NULL) {
        fail_msg("the page has no '%s'", part);
    }
}

static void the_report_shows_what_is_known_of_the_wall(void **state)
{
    struct fixture f;

    fixture_init(&f);
    char *page = page_of(&f);
    assert_null(strstr(page, "At the wall"));
    free(page);
    measured(&f.record);
    page = page_of(&f);
    assert_has(page, "At the wall");
    assert_has(page, "The figures of this report are those of the sensors");
    assert_has(page, "400\xC2\xA0kJ");
    assert_has(page, "70.0\xC2\xA0%");
    assert_null(strstr(page, "<dt>Fitted"));
    free(page);
    fitted(&f.record);
    f.record.wall.filled_uj = 1000000000;
    jb_copy(f.record.total, sizeof(f.record.total), "wall");
    page = page_of(&f);
    assert_has(page, "It is the machine");
    assert_has(page, "<dt>Put in");
    assert_has(page, "350\xC2\xA0kJ");
    assert_has(page, "5 readings of typed");
    free(page);
}

static void hostile_words_and_numbers_of_the_wall_do_no_harm(void **state)
{
    struct fixture f;
    json_t *root;

    fixture_init(&f);
    measured(&f.record);
    fitted(&f.record);
    f.record.wall.uncertainty_uj = f.record.wall.fitted_uj = NAN;
    f.record.wall.fit.a_w = -INFINITY;
    f.record.wall.energy_uj = 0;
    f.record.wall.sensors_uj = UINT64_MAX;
    f.record.wall.fit.measured_ns = INT64_MIN;
    jb_copy(f.record.wall.source, sizeof(f.record.wall.source), "<script>&\"'\033[2J\xff");
    jb_copy(f.record.wall.fit.meter, sizeof(f.record.wall.fit.meter), "</dd><b>\n");
    char *page = page_of(&f);
    assert_null(strstr(page, "<script>"));
    free(page);
    assert_int_equal(json_unpack(energy_of(&f.record, &root), "{s:{s:n,s:n,s:{s:n},s:n}}", "wall", "uncertainty_j",
                                 "coverage", "fit", "a_w", "fitted_j"),
                     0);
    json_decref(root);
}

static void check_cell(const struct jb_record *record, const char *column, const char *expected)
{
    char *csv = fixture_write(&jb_export_summary, record, NULL);
    char *text = fixture_csv(csv, column, 1);

    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    free(csv);
}

static void the_summary_row_tells_the_wall_or_nothing(void **state)
{
    struct fixture f;

    fixture_init(&f);
    check_cell(&f.record, "total", "sensors");
    check_cell(&f.record, "wall_j", "");
    check_cell(&f.record, "wall_fitted_j", "");
    measured(&f.record);
    check_cell(&f.record, "wall_j", "400000.0");
    check_cell(&f.record, "wall_uncertainty_j", "4000");
    check_cell(&f.record, "wall_fitted_uncertainty_j", "");
    fitted(&f.record);
    check_cell(&f.record, "wall_fitted_j", "350123.4567895");
    check_cell(&f.record, "wall_fitted_uncertainty_j", "5000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_meter_and_fit_the_wall_is_null),
        cmocka_unit_test(a_measured_wall_has_its_coverage_and_no_fit),
        cmocka_unit_test(a_fitted_wall_has_its_line_and_nothing_measured),
        cmocka_unit_test(the_report_shows_what_is_known_of_the_wall),
        cmocka_unit_test(hostile_words_and_numbers_of_the_wall_do_no_harm),
        cmocka_unit_test(the_summary_row_tells_the_wall_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
