/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone.c - every name of the real tables finds its row, and nothing else does.
 */
#include "grid/fold.h"
#include "grid/grid.h"

#include "base/diag.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tables.h"

static struct jb_intensity found(const char *zone)
{
    struct jb_intensity intensity;
    struct jb_diag diag = {0};
    if (jb_grid_zone(zone, &intensity, &diag) < 0) {
        fail_msg("%s: %s", zone, diag.text);
    }
    return intensity;
}

static double value(const char *text)
{
    double number = 0;
    assert_int_equal(jb_parse_double(text, &number), 0);
    return number;
}

static void every_listed_zone_resolves_to_itself(void **state)
{
    size_t n = 0;
    for (const char *zone; (zone = jb_grid_zone_name(n)) != NULL; n++) {
        struct jb_intensity intensity = found(zone);
        assert_string_equal(intensity.zone, zone);
        assert_true(intensity.g_per_kwh > 0 && intensity.rel_error > 0);
        assert_int_equal(intensity.origin, JB_ZONE_GIVEN);
        assert_string_equal(intensity.factor, "lifecycle");
    }
    assert_true(n > 400);
    assert_null(jb_grid_zone_name(n));
    assert_null(jb_grid_zone_name(SIZE_MAX));
}

static void listed_zones_are_sorted_without_blanks_or_repeats(void **state)
{
    for (size_t i = 1; jb_grid_zone_name(i) != NULL; i++) {
        assert_true(strcmp(jb_grid_zone_name(i - 1), jb_grid_zone_name(i)) < 0);
        assert_null(strpbrk(jb_grid_zone_name(i), " \t\"'"));
    }
}

static void every_electricity_maps_row_is_found_by_its_zone(void **state)
{
    struct table table;
    unsigned seen = 0;
    for (table_open(&table, "carbon_intensity.csv"); table_next(&table);) {
        char **row = table.fields;
        if (!jb_starts(row[SOURCE], "electricitymaps")) {
            continue;
        }
        char zone[64];
        jb_copy(zone, sizeof(zone), row[ZONES]);
        zone[strcspn(zone, ";")] = '\0';
        struct jb_intensity intensity = found(zone);
        assert_string_equal(intensity.name, row[NAME]);
        assert_string_equal(intensity.country, row[ISO2]);
        assert_string_equal(intensity.source, row[SOURCE]);
        assert_true(intensity.g_per_kwh == value(row[LIFECYCLE]));
        assert_true(intensity.year == (int)value(row[YEAR]));
        assert_false(intensity.estimated);
        seen++;
    }
    assert_true(seen >= 352);
}

static void every_country_is_found_by_both_codes(void **state)
{
    struct table table;
    unsigned none = 0, some = 0;
    for (table_open(&table, "carbon_intensity.csv"); table_next(&table);) {
        if (table.fields[ISO2][0] == '\0') {
            continue;
        }
        struct jb_intensity by_two, by_three;
        int r = jb_grid_zone(table.fields[ISO2], &by_two, NULL);
        assert_int_equal(jb_grid_zone(table.fields[ISO3], &by_three, NULL), r);
        if (r == 0) {
            assert_string_equal(by_two.zone, table.fields[ISO2]);
            assert_string_equal(by_three.zone, table.fields[ISO2]);
            assert_string_equal(by_two.country, table.fields[ISO2]);
            some++;
        } else {
            assert_int_equal(r, -ENODATA);
            none++;
        }
    }
    assert_int_equal(none, 22);
    assert_true(some > 227);
}

static void every_name_in_the_table_finds_its_row(void **state)
{
    struct table table;
    for (table_open(&table, "carbon_intensity.csv"); table_next(&table);) {
        char **row = table.fields;
        if (row[LIFECYCLE][0] == '\0' || jb_starts(row[SOURCE], "epa")) {
            continue;
        }
        struct jb_intensity intensity = found(row[NAME]);
        assert_string_equal(intensity.name, row[NAME]);
        assert_true(intensity.g_per_kwh == value(row[LIFECYCLE]));
    }
}

static void states_are_found_by_code_and_by_name(void **state)
{
    struct table table;
    unsigned shadowed = 0, states = 0;
    for (table_open(&table, "carbon_intensity.csv"); table_next(&table);) {
        char *code = strstr(table.fields[NAME], "(state ");
        if (code == NULL) {
            continue;
        }
        states++;
        code += strlen("(state ");
        code[strcspn(code, ")")] = '\0';
        struct jb_intensity intensity = found(code);
        assert_string_equal(intensity.zone, code);
        if (jb_starts(intensity.source, "electricitymaps")) { /* a state never shadows a real zone */
            assert_true(jb_streq(code, "US-AK") || jb_streq(code, "US-HI"));
            shadowed++;
        } else {
            assert_true(intensity.g_per_kwh == value(table.fields[LIFECYCLE]));
            assert_true(intensity.estimated);
            char main_zone[64];
            jb_copy(main_zone, sizeof(main_zone), table.fields[ZONES]);
            main_zone[strcspn(main_zone, ";")] = '\0';
            assert_non_null(strstr(intensity.note, main_zone));
        }
    }
    assert_int_equal(shadowed, 2);
    assert_int_equal(states, 51);
    assert_string_equal(found("california").zone, "US-CA");
    assert_string_equal(found("New York").zone, "US-NY");
    assert_string_equal(found("Alaska").zone, "US-AK");
    assert_string_equal(found("district of columbia").zone, "US-DC");
}

static void a_zone_that_several_states_name_keeps_its_own_figure(void **state)
{
    struct jb_intensity pjm = found("US-MIDA-PJM"), virginia = found("US-VA");
    assert_string_equal(pjm.name, "USA - PJM Interconnection");
    assert_false(pjm.estimated);
    assert_true(pjm.g_per_kwh != virginia.g_per_kwh);
}

static void two_letters_are_a_country_never_a_state(void **state)
{
    assert_string_equal(found("ca").name, "Canada");
    assert_string_equal(found("DE").name, "Germany");
    assert_string_equal(found("IN").country, "IN");
    assert_string_equal(found("al").name, "Albania");
}

static void georgia_is_the_country_and_says_so(void **state)
{
    struct jb_intensity country = found("georgia");
    assert_string_equal(country.zone, "GE");
    assert_non_null(strstr(country.note, "US-GA"));
    assert_string_equal(found("GE").note, ""); /* nobody means the state by that */
    assert_string_equal(found("US-GA").name, "Georgia, United States");
}

static void every_cloud_region_has_the_figure_of_its_zone(void **state)
{
    struct table table;
    unsigned regions = 0;
    for (table_open(&table, "cloud_regions.csv"); table_next(&table); regions++) {
        char **row = table.fields, with_provider[128];
        snprintf(with_provider, sizeof(with_provider), "%s:%s", row[PROVIDER], row[REGION]);
        struct jb_intensity full = found(with_provider), bare = found(row[REGION]);
        assert_string_equal(full.zone, row[REGION_ZONE]);
        assert_string_equal(bare.zone, row[REGION_ZONE]); /* no region has two providers yet */
        assert_true(full.g_per_kwh == value(row[REGION_VALUE]));
        assert_non_null(strstr(full.note, with_provider));
    }
    assert_true(regions >= 148);
    assert_string_equal(found("AWS:EU-West-3").zone, "FR");
}

static void usual_names_are_known(void **state)
{
    static const char *const names[][2] = {
        {"South Korea", "KR"},
        {"korea", "KR"},
        {"United Kingdom", "GB"},
        {"uk", "GB"},
        {"India", "IN"},
        {"usa", "US"},
        {"Türkiye", "TR"},
        {"turkey", "TR"},
        {"Czech Republic", "CZ"},
        {"Quebec", "CA-QC"},
        {"QUÉBEC", "CA-QC"},
        {"reunion", "RE"},
        {"Chile", "CL"},
        {"russia", "RU"},
        {"europe", "Europe"},
        {"Middle East", "Middle-East"},
        {"middle-east", "Middle-East"},
        {"world", "World"},
        {"Curacao", "CW"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_string_equal(found(names[i][0]).zone, names[i][1]);
    }
}

static void case_and_outer_blanks_are_ignored(void **state)
{
    struct jb_intensity plain = found("US-CAL-CISO");
    assert_true(found("us-cal-ciso").g_per_kwh == plain.g_per_kwh);
    assert_string_equal(found("  Us-Cal-Ciso\t").zone, plain.zone);
    assert_string_equal(found("south   KOREA").zone, "KR");
}

static void a_country_of_zones_tells_how_far_they_are_apart(void **state)
{
    struct jb_intensity australia = found("AU");
    assert_non_null(strstr(australia.note, "10 zones"));
    assert_non_null(strstr(australia.note, "69 to 577"));
    assert_false(australia.estimated); /* the figure is the country's own */
    assert_string_equal(found("KR").note, "");
}

static void chile_is_not_its_own_largest_zone(void **state)
{
    assert_string_equal(found("CL").name, "Chile");
    assert_string_equal(found("CL-SEN").zone, "CL-SEN");
    assert_true(found("CL").g_per_kwh != found("CL-SEN").g_per_kwh);
}

static void a_place_without_a_figure_says_so(void **state)
{
    struct jb_intensity untouched = {.year = 77};
    struct jb_diag diag = {0};
    assert_int_equal(jb_grid_zone("antarctica", &untouched, &diag), -ENODATA);
    assert_int_equal(untouched.year, 77);
    assert_string_equal(diag.text, "no carbon intensity is known for Antarctica (AQ)");
    assert_non_null(strstr(diag.fix, "intensity"));
    for (size_t i = 0; jb_grid_zone_name(i) != NULL; i++) {
        assert_string_not_equal(jb_grid_zone_name(i), "AQ");
    }
}

static void a_typo_gets_the_nearest_name(void **state)
{
    struct jb_intensity untouched = {.year = 77};
    struct jb_diag diag = {0};
    assert_int_equal(jb_grid_zone("South Koera", &untouched, &diag), -ENOENT);
    assert_int_equal(untouched.year, 77);
    assert_non_null(strstr(diag.text, "South Koera"));
    assert_non_null(strstr(diag.fix, "\"South Korea\""));
    assert_int_equal(jb_grid_zone("us-cal-cisp", &untouched, &diag), -ENOENT);
    assert_non_null(strstr(diag.fix, "\"US-CAL-CISO\""));
    assert_int_equal(jb_grid_zone("atlantis beyond", &untouched, &diag), -ENOENT);
    assert_null(strstr(diag.fix, "did you mean"));
    assert_non_null(strstr(diag.fix, "--list-zones"));
}

static void hostile_names_are_refused_and_shown_harmless(void **state)
{
    static const char *const names[] = {"",       " ",          "\x1b[31mKR", "KR\n",          "KR\x7f", "\xff\xfe",
                                        "\xc3",   "\xe2\x82",   "%s%n%s%n",   "../../etc",     "KR;DE",  "\xcc\x81",
                                        "\"KR\"", "KR\xc2\x9b", "-",          "United\nStates"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct jb_intensity untouched = {.year = 77};
        struct jb_diag diag = {0};
        assert_int_equal(jb_grid_zone(names[i], &untouched, &diag), -ENOENT);
        assert_int_equal(untouched.year, 77);
        assert_true(diag.text[0] != '\0');
        for (const char *p = diag.text; *p != '\0'; p++) {
            assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
        }
    }
    char *longest = malloc(1 << 20);
    assert_non_null(longest);
    memset(longest, 'k', (1 << 20) - 1);
    longest[(1 << 20) - 1] = '\0';
    struct jb_intensity none;
    struct jb_diag diag = {0};
    assert_int_equal(jb_grid_zone(longest, &none, &diag), -ENOENT);
    assert_true(strlen(diag.text) < 100);
    free(longest);
    assert_int_equal(jb_grid_zone("nowhere", &none, NULL), -ENOENT); /* no diag */
}

static void random_bytes_never_find_more_than_a_listed_place(void **state)
{
    uint64_t seed = 0x9E3779B97F4A7C15u;
    for (unsigned round = 0; round < 20000; round++) {
        char zone[24];
        size_t length = 0;
        for (; length < sizeof(zone) - 1; length++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            zone[length] = (char)(seed % 3 == 0 ? seed >> 20 : (uint64_t) "abekrus-:1 \xc3\xa9"[(seed >> 30) % 13]);
            if (seed % 11 == 0) {
                break;
            }
        }
        zone[length] = '\0';
        struct jb_intensity intensity;
        struct jb_diag diag = {0};
        int r = jb_grid_zone(zone, &intensity, &diag);
        if (r == 0) {
            assert_string_equal(found(intensity.zone).zone, intensity.zone);
        } else if (diag.text[0] == '\0') {
            fail_msg("no message in round %u", round);
        }
    }
}

static void the_world_is_flagged_and_says_how_to_do_better(void **state)
{
    struct jb_intensity world;
    jb_grid_world(&world);
    assert_string_equal(world.zone, "World");
    assert_string_equal(world.country, "");
    assert_int_equal(world.origin, JB_ZONE_WORLD);
    assert_true(world.estimated);
    assert_non_null(strstr(world.note, "--zone"));
    assert_true(world.g_per_kwh == found("World").g_per_kwh);
}

static void grams_are_kilowatt_hours_times_intensity(void **state)
{
    assert_true(jb_grid_grams(3.6e12, 423, 1) == 423);
    assert_float_equal(jb_grid_grams(3.6e12, 100, 1.5), 150, 1e-9);
    assert_float_equal(jb_grid_grams(1, 360, 1), 1e-10, 1e-20);
    assert_true(jb_grid_grams(0, 500, 1.2) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_listed_zone_resolves_to_itself),
        cmocka_unit_test(listed_zones_are_sorted_without_blanks_or_repeats),
        cmocka_unit_test(every_electricity_maps_row_is_found_by_its_zone),
        cmocka_unit_test(every_country_is_found_by_both_codes),
        cmocka_unit_test(every_name_in_the_table_finds_its_row),
        cmocka_unit_test(states_are_found_by_code_and_by_name),
        cmocka_unit_test(a_zone_that_several_states_name_keeps_its_own_figure),
        cmocka_unit_test(two_letters_are_a_country_never_a_state),
        cmocka_unit_test(georgia_is_the_country_and_says_so),
        cmocka_unit_test(every_cloud_region_has_the_figure_of_its_zone),
        cmocka_unit_test(usual_names_are_known),
        cmocka_unit_test(case_and_outer_blanks_are_ignored),
        cmocka_unit_test(a_country_of_zones_tells_how_far_they_are_apart),
        cmocka_unit_test(chile_is_not_its_own_largest_zone),
        cmocka_unit_test(a_place_without_a_figure_says_so),
        cmocka_unit_test(a_typo_gets_the_nearest_name),
        cmocka_unit_test(hostile_names_are_refused_and_shown_harmless),
        cmocka_unit_test(random_bytes_never_find_more_than_a_listed_place),
        cmocka_unit_test(the_world_is_flagged_and_says_how_to_do_better),
        cmocka_unit_test(grams_are_kilowatt_hours_times_intensity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
