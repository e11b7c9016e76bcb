/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_table.c - the generated arrays are what the search needs, and the errors of figures keep their order.
 */
#include "grid/grid_table.h"
#include "grid/fold.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tables.h"

static double error_of(const char *zone)
{
    struct jb_intensity intensity;
    assert_int_equal(jb_grid_zone(zone, &intensity, NULL), 0);
    return intensity.rel_error;
}

static void keys_are_sorted_folded_and_end_with_null(void **state)
{
    for (size_t i = 0; i < jb_grid_key_count; i++) {
        char folded[JB_FOLD_TEXT];
        assert_int_equal(jb_grid_fold(jb_grid_keys[i], folded), 0);
        assert_string_equal(folded, jb_grid_keys[i]);
        assert_true(i == 0 || strcmp(jb_grid_keys[i - 1], jb_grid_keys[i]) < 0);
        assert_true(jb_grid_key_infos[i].place < jb_grid_place_count);
        assert_ptr_equal(jb_grid_key_find(jb_grid_keys[i]), &jb_grid_key_infos[i]);
    }
    assert_null(jb_grid_keys[jb_grid_key_count]);
    assert_null(jb_grid_key_find(""));
    assert_null(jb_grid_key_find("zzzz"));
}

static void c_folds_every_label_to_its_key_as_the_generator_did(void **state)
{
    for (size_t i = 0; i < jb_grid_key_count; i++) {
        char folded[JB_FOLD_TEXT];
        assert_int_equal(jb_grid_fold(jb_grid_key_infos[i].label, folded), 0);
        assert_string_equal(folded, jb_grid_keys[i]);
    }
}

static void places_with_a_figure_come_first(void **state)
{
    for (size_t i = 0; i < jb_grid_place_count; i++) {
        bool listed = i < jb_grid_listed_count;
        assert_true(listed == (jb_grid_places[i].kind != JB_PLACE_NOTHING));
        assert_true(listed == (jb_grid_places[i].g_per_kwh > 0));
    }
    assert_string_equal(jb_grid_places[jb_grid_world_index].zone, "World");
}

/* The formula of data/README.md, from the CSV and not from the generated table. */
static void the_world_error_is_the_spread_of_the_countries(void **state)
{
    struct jb_intensity world;
    jb_grid_world(&world);
    struct table table;
    double squares = 0;
    unsigned countries = 0;
    for (table_open(&table, "carbon_intensity.csv"); table_next(&table);) {
        char **row = table.fields;
        /* One row a country: by code, each once. The rows of a country need not be neighbours. */
        struct jb_intensity country;
        if (row[ISO2][0] == '\0' || jb_grid_zone(row[ISO2], &country, NULL) < 0) {
            continue;
        }
        double value = 0;
        if (jb_parse_double(row[LIFECYCLE], &value) < 0 || !jb_streq(country.name, row[NAME])) {
            continue;
        }
        squares += pow((value - world.g_per_kwh) / world.g_per_kwh, 2);
        countries++;
    }
    assert_int_equal(countries, 228);
    double spread = sqrt(squares / countries);
    assert_true(world.rel_error > spread && world.rel_error < spread * 1.15); /* and the table's own error */
}

static void less_is_known_of_a_lesser_figure(void **state)
{
    double zone = error_of("DE");
    assert_true(zone > 0.13 && zone < 0.25); /* two tables differ by 13 % in the median */
    assert_true(error_of("MC") > zone);      /* proxy: the neighbour's figure */
    assert_true(error_of("US-CA") > zone);   /* state: an estimate */
    assert_true(error_of("World") > error_of("US-CA"));
    assert_true(error_of("Africa") >= error_of("World"));
    assert_true(error_of("EH") > 2 * zone); /* a figure of 2009 */
    assert_true(error_of("UA") == zone);    /* of 2022, as old as what was compared */
}

static void a_country_of_unlike_zones_is_less_sure(void **state)
{
    assert_true(error_of("CA") > 0.5);               /* hydro in Quebec, coal in Saskatchewan */
    assert_true(error_of("CA") > error_of("CA-QC")); /* naming the province helps */
    assert_true(error_of("JP") < 0.3);
    /* The islands of Spain say nothing of its mainland, nor Corsica of France. */
    assert_true(error_of("ES") == error_of("DE"));
    assert_true(error_of("FR") == error_of("DE"));
}

static void notes_are_joined_and_cut_at_a_character(void **state)
{
    struct jb_intensity intensity = {.note = "second"};
    jb_grid_note(&intensity, "first");
    assert_string_equal(intensity.note, "first; second");
    struct jb_intensity empty = {0};
    jb_grid_note(&empty, "only");
    assert_string_equal(empty.note, "only");
    char text[sizeof(empty.note)];
    memset(text, 'x', sizeof(text));
    memcpy(text + sizeof(text) - 4, "é", 3);
    jb_grid_note(&empty, text);
    assert_int_equal(strlen(empty.note), sizeof(empty.note) - 1);
    struct jb_intensity cut = {.note = "éé"};
    text[sizeof(text) - 6] = '\0';
    jb_grid_note(&cut, text); /* room for "; " and one byte of the é */
    assert_int_equal(cut.note[strlen(cut.note) - 1], '?');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_sorted_folded_and_end_with_null),
        cmocka_unit_test(c_folds_every_label_to_its_key_as_the_generator_did),
        cmocka_unit_test(places_with_a_figure_come_first),
        cmocka_unit_test(the_world_error_is_the_spread_of_the_countries),
        cmocka_unit_test(less_is_known_of_a_lesser_figure),
        cmocka_unit_test(a_country_of_unlike_zones_is_less_sure),
        cmocka_unit_test(notes_are_joined_and_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
