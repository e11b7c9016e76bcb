/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zonetab.c - tzdata's tables, whole, torn and hostile.
 */
#include "grid/zonetab.h"

#include "grid/grid.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tables.h"

static const char tab[] = "# comment\tAsia/Nowhere\tAsia/Nowhere\n"
                          "AD\t+4230+00131\tEurope/Andorra\n"
                          "JP,AU\t+353916+1394441\tAsia/Tokyo\tEyre Bird Observatory\n"
                          "\n"
                          "kr\t+3733+12658\tAsia/Lower\n"
                          "K\t+3733+12658\tAsia/Short\n"
                          "KOR\t+3733+12658\tAsia/Long\n"
                          "KR\t+3733+12658\tAsia/Seoul"; /* and no newline */

static void the_first_country_of_the_row_is_taken(void **state)
{
    char country[3];
    assert_int_equal(jb_zonetab_country(tab, "Europe/Andorra", country), 0);
    assert_string_equal(country, "AD");
    assert_int_equal(jb_zonetab_country(tab, "Asia/Tokyo", country), 0);
    assert_string_equal(country, "JP");
    assert_int_equal(jb_zonetab_country(tab, "Asia/Seoul", country), 0);
    assert_string_equal(country, "KR");
}

static void a_row_that_is_none_names_no_country(void **state)
{
    static const char *const names[] = {"Asia/Nowhere", "Asia/Lower", "Asia/Short", "Asia/Long",
                                        "Asia/Seou",    "sia/Seoul",  "",           "Asia/Seoul/"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char country[3] = "--";
        assert_int_equal(jb_zonetab_country(tab, names[i], country), -ENOENT);
        assert_string_equal(country, "--");
    }
}

static void a_link_line_gives_its_target(void **state)
{
    static const char zi[] = "# version 2026f\nL\nL Asia/Kolkata Asia/Calcutta\nR x 1 o - Jan 1 0 0 -\nL  Double\n"
                             "L ../../etc/passwd Evil\nL Asia/Seoul ROK";
    char target[JB_TZ_TEXT] = "kept";
    assert_int_equal(jb_zonetab_link(zi, "Asia/Calcutta", target), 0);
    assert_string_equal(target, "Asia/Kolkata");
    assert_int_equal(jb_zonetab_link(zi, target, target), -ENOENT);
    assert_string_equal(target, "Asia/Kolkata");
    assert_int_equal(jb_zonetab_link(zi, "ROK", target), 0);
    assert_string_equal(target, "Asia/Seoul");
    assert_int_equal(jb_zonetab_link(zi, "Evil", target), -ENOENT);
    assert_int_equal(jb_zonetab_link(zi, "Double", target), -ENOENT);
    assert_int_equal(jb_zonetab_link("", "ROK", target), -ENOENT);
    assert_string_equal(target, "Asia/Seoul");
}

static void a_target_too_long_to_be_one_is_refused(void **state)
{
    char zi[256] = "L ";
    memset(zi + 2, 'A', 100);
    memcpy(zi + 102, " Long\n", sizeof(" Long\n"));
    char target[JB_TZ_TEXT] = "kept";
    assert_int_equal(jb_zonetab_link(zi, "Long", target), -ENOENT);
    assert_string_equal(target, "kept");
}

static void names_that_tzdata_cannot_have_are_refused(void **state)
{
    static const char *const bad[] = {"",           "<+09>-9", "../x", "/etc/passwd", "asia/seoul",
                                      "Asia/Séoul", "A B",     "A\n",  "A\x1b[m"};
    static const char *const good[] = {"Asia/Seoul", "KST-9",  "Etc/GMT+5", "America/Port-au-Prince",
                                       "EST5EDT",    "GB-Eire"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(jb_tz_check(bad[i]), -EINVAL);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(jb_tz_check(good[i]), 0);
    }
    char longest[JB_TZ_TEXT + 1];
    memset(longest, 'A', sizeof(longest));
    longest[JB_TZ_TEXT] = '\0';
    assert_int_equal(jb_tz_check(longest), -EINVAL);
    longest[JB_TZ_TEXT - 1] = '\0';
    assert_int_equal(jb_tz_check(longest), 0);
}

static void any_cut_of_the_table_is_read_without_harm(void **state)
{
    for (size_t length = 0; length < sizeof(tab); length++) {
        char *cut = malloc(length + 1); /* of just this size, for the sanitiser */
        assert_non_null(cut);
        memcpy(cut, tab, length);
        cut[length] = '\0';
        char country[3] = "--", target[JB_TZ_TEXT];
        int r = jb_zonetab_country(cut, "Asia/Seoul", country);
        assert_true(r == 0 ? jb_streq(country, "KR") : jb_streq(country, "--"));
        assert_int_equal(jb_zonetab_link(cut, "Asia/Seoul", target), -ENOENT);
        free(cut);
    }
}

/* Every country that has a clock is in our table: with a figure, or as one of those known to have none. */
static void every_country_of_this_machines_tzdata_is_in_the_table(void **state)
{
    char *text = NULL;
    size_t length;
    if (jb_read_all("/usr/share/zoneinfo/zone.tab", 1 << 20, &text, &length, NULL) < 0) {
        skip();
    }
    unsigned countries = 0;
    for (char *line = text, *next; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        next = next != NULL ? next + 1 : NULL;
        if (line[0] == '#') {
            continue;
        }
        char country[3] = {line[0], line[1], '\0'};
        struct jb_intensity intensity;
        int r = jb_grid_zone(country, &intensity, NULL);
        if (r != 0 && r != -ENODATA) {
            fail_msg("%s is not in data/carbon_intensity.csv", country);
        }
        countries++;
    }
    free(text);
    assert_true(countries > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_country_of_the_row_is_taken),
        cmocka_unit_test(a_row_that_is_none_names_no_country),
        cmocka_unit_test(a_link_line_gives_its_target),
        cmocka_unit_test(a_target_too_long_to_be_one_is_refused),
        cmocka_unit_test(names_that_tzdata_cannot_have_are_refused),
        cmocka_unit_test(any_cut_of_the_table_is_read_without_harm),
        cmocka_unit_test(every_country_of_this_machines_tzdata_is_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
