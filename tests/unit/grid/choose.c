/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choose.c - which of flag, configuration, time zone and world decides, and how each is marked.
 */
#include "grid/grid.h"

#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine.h"

static struct jb_intensity chosen(const char *given, const char *configured)
{
    struct jb_intensity intensity;
    struct jb_diag diag = {0};
    if (jb_grid_choose(given, configured, machine, &intensity, &diag) < 0) {
        fail_msg("%s", diag.text);
    }
    return intensity;
}

static void in_seoul(void)
{
    machine_tzdata();
    machine_file("/etc/timezone", "Asia/Seoul\n");
}

static void a_given_zone_wins(void **state)
{
    in_seoul();
    struct jb_intensity intensity = chosen("france", "DE");
    assert_string_equal(intensity.zone, "FR");
    assert_int_equal(intensity.origin, JB_ZONE_GIVEN);
}

static void a_configured_zone_wins_over_the_guess(void **state)
{
    in_seoul();
    struct jb_intensity intensity = chosen(NULL, "DE");
    assert_string_equal(intensity.zone, "DE");
    assert_int_equal(intensity.origin, JB_ZONE_CONFIG);
}

static void a_guess_is_marked_with_its_time_zone(void **state)
{
    in_seoul();
    for (int empty = 0; empty < 2; empty++) { /* an empty variable is an unset one */
        struct jb_intensity intensity = chosen(NULL, empty ? "" : NULL);
        assert_string_equal(intensity.zone, "KR");
        assert_int_equal(intensity.origin, JB_ZONE_TIMEZONE);
        assert_string_equal(intensity.note, "guessed from the time zone Asia/Seoul");
    }
}

static void a_guess_gives_a_country_and_no_part_of_it(void **state)
{
    machine_tzdata();
    machine_file("/etc/timezone", "America/Los_Angeles\n");
    struct jb_intensity intensity = chosen(NULL, NULL);
    assert_string_equal(intensity.zone, "US");
    assert_true(jb_starts(intensity.note, "guessed from the time zone America/Los_Angeles; the whole country"));
}

static void nothing_known_is_the_world_and_says_how_to_set_a_zone(void **state)
{
    machine_tzdata();
    struct jb_intensity intensity = chosen(NULL, NULL);
    assert_string_equal(intensity.zone, "World");
    assert_int_equal(intensity.origin, JB_ZONE_WORLD);
    assert_true(intensity.estimated);
    assert_non_null(strstr(intensity.note, "--zone"));
    assert_non_null(strstr(intensity.note, "[grid] zone"));
}

static void utc_is_the_world_and_named_in_the_note(void **state)
{
    machine_tzdata();
    machine_link("/etc/localtime", "/usr/share/zoneinfo/UTC");
    struct jb_intensity intensity = chosen(NULL, NULL);
    assert_string_equal(intensity.zone, "World");
    assert_non_null(strstr(intensity.note, "time zone UTC"));
    assert_non_null(strstr(intensity.note, "--zone"));
}

static void a_country_without_a_figure_is_the_world(void **state)
{
    machine_tzdata();
    machine_file("/etc/timezone", "Antarctica/Troll\n");
    struct jb_intensity intensity = chosen(NULL, NULL);
    assert_string_equal(intensity.zone, "World");
    assert_non_null(strstr(intensity.note, "no figure for AQ"));
    machine_file("/etc/timezone", "Test/Unknown\n"); /* a country that the table does not have */
    assert_string_equal(chosen(NULL, NULL).zone, "World");
}

static void a_named_zone_that_is_not_known_is_never_replaced(void **state)
{
    in_seoul();
    struct jb_intensity untouched = {.year = 77};
    struct jb_diag diag = {0};
    assert_int_equal(jb_grid_choose("nowhere", "DE", machine, &untouched, &diag), -ENOENT);
    assert_string_equal(diag.text, "unknown zone \"nowhere\"");
    assert_int_equal(jb_grid_choose("", "DE", machine, &untouched, &diag), -ENOENT); /* --zone "$UNSET" */
    assert_int_equal(jb_grid_choose(NULL, "germny", machine, &untouched, &diag), -ENOENT);
    assert_string_equal(diag.text, "[grid] zone: unknown zone \"germny\"");
    assert_non_null(strstr(diag.fix, "Germany"));
    assert_int_equal(jb_grid_choose("AQ", NULL, machine, &untouched, NULL), -ENODATA);
    assert_int_equal(untouched.year, 77);
}

#define ON_MACHINE(test) cmocka_unit_test_setup_teardown(test, machine_setup, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MACHINE(a_given_zone_wins),
        ON_MACHINE(a_configured_zone_wins_over_the_guess),
        ON_MACHINE(a_guess_is_marked_with_its_time_zone),
        ON_MACHINE(a_guess_gives_a_country_and_no_part_of_it),
        ON_MACHINE(nothing_known_is_the_world_and_says_how_to_set_a_zone),
        ON_MACHINE(utc_is_the_world_and_named_in_the_note),
        ON_MACHINE(a_country_without_a_figure_is_the_world),
        ON_MACHINE(a_named_zone_that_is_not_known_is_never_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
