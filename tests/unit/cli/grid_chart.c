/* SPDX-License-Identifier: Apache-2.0 */
/* Charts: steps that fit, holes that stay holes, and what is printed. */
#include "cli/grid_chart.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/grid_time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MINUTE_NS (60 * (int64_t)JB_NS_PER_S)
#define HOUR_NS   (60 * MINUTE_NS)
#define NOW_NS    (INT64_C(1795348800) * (int64_t)JB_NS_PER_S) /* 2026-11-22T12:00:00Z, a Sunday */

static const struct cli_style plain = {"", "", "", "", "", "", ""};
static const struct cli_style coloured = {"\033[1m",  "\033[2m",  "\033[31m", "\033[33m",
                                          "\033[32m", "\033[36m", "\033[0m"};
static struct jb_track track;
static struct chart chart;

static int setup(void **state)
{
    setenv("TZ", "UTC", 1);
    tzset();
    track = (struct jb_track){0};
    return 0;
}

static int teardown(void **state)
{
    jb_track_finish(&track);
    return 0;
}

static void put(int64_t start_ns, int64_t length_ns, double g_per_kwh, unsigned flags)
{
    struct jb_point point = {
        .start_ns = start_ns, .end_ns = start_ns + length_ns, .g_per_kwh = g_per_kwh, .flags = flags};
    assert_int_equal(jb_track_put(&track, &point), 0);
}

/* So many values of one length before now, each with its number. */
static void fill(int count, int64_t length_ns)
{
    for (int i = 0; i < count; i++) {
        put(NOW_NS - (count - i) * length_ns, length_ns, i + 1, 0);
    }
}

static char *printed(const struct chart_look *look)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    chart_print(&chart, look, out);
    chart_legend(&chart, look, out);
    fclose(out);
    return text;
}

static void a_day_of_hours_has_a_column_each(void **state)
{
    fill(24, HOUR_NS);
    chart_make(&track, NOW_NS - 24 * HOUR_NS, NOW_NS, 0, 0, 72, &chart);
    assert_int_equal(chart.step_ns, HOUR_NS);
    assert_int_equal(chart.count, 24);
    assert_true(chart.columns[0].g_per_kwh == 1 && chart.columns[23].g_per_kwh == 24);
    assert_true(chart.top == 24);
    assert_false(chart.holes || chart.dashed);
}

static void steps_grow_until_all_fit(void **state)
{
    static const struct {
        int64_t length_ns, step_ns;
    } cases[] = {
        {6 * HOUR_NS, 5 * MINUTE_NS},        {24 * HOUR_NS, 30 * MINUTE_NS},    {72 * HOUR_NS, HOUR_NS},
        {7 * 24 * HOUR_NS, 180 * MINUTE_NS}, {30 * 24 * HOUR_NS, 12 * HOUR_NS},
    };
    fill(30 * 288, 5 * MINUTE_NS);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chart_make(&track, NOW_NS - cases[i].length_ns, NOW_NS, 0, 0, 72, &chart);
        assert_int_equal(chart.step_ns, cases[i].step_ns);
        assert_true(chart.count <= 72);
        assert_true(chart.first_ns <= NOW_NS - cases[i].length_ns);
        assert_true(chart.first_ns + (int64_t)chart.count * chart.step_ns >= NOW_NS);
    }
}

static void steps_begin_at_round_local_times(void **state)
{
    setenv("TZ", "Asia/Kathmandu", 1);
    tzset();
    fill(72, HOUR_NS);
    chart_make(&track, NOW_NS - 71 * HOUR_NS, NOW_NS, 0, 0, 30, &chart);
    assert_int_equal(chart.step_ns, 180 * MINUTE_NS);
    assert_int_equal((chart.first_ns + grid_offset_ns(chart.first_ns)) % chart.step_ns, 0);
}

static void a_hole_is_a_hole_and_not_zero(void **state)
{
    fill(24, HOUR_NS);
    jb_track_cut(&track, NOW_NS - 20 * HOUR_NS, NOW_NS - 4 * HOUR_NS);
    chart_make(&track, NOW_NS - 24 * HOUR_NS, NOW_NS, 0, 0, 72, &chart);
    assert_true(chart.holes);
    for (size_t i = 0; i < chart.count; i++) {
        assert_int_equal(isnan(chart.columns[i].g_per_kwh), i < 4 || i >= 20);
    }
    char *text = printed(&(struct chart_look){&plain, true, 80});
    assert_non_null(strstr(text, "│····"));
    assert_non_null(strstr(text, "·: not known"));
    free(text);
}

static void less_than_half_of_a_step_is_a_hole(void **state)
{
    put(NOW_NS - 2 * HOUR_NS, 31 * MINUTE_NS, 10, 0);
    put(NOW_NS - HOUR_NS, 29 * MINUTE_NS, 10, 0);
    put(NOW_NS, 2 * HOUR_NS, 10, 0);
    put(NOW_NS + 2 * HOUR_NS, HOUR_NS, 10, 0);
    put(NOW_NS + 3 * HOUR_NS, HOUR_NS, 10, 0);
    chart_make(&track, NOW_NS - 2 * HOUR_NS, NOW_NS + 4 * HOUR_NS, 0, 0, 6, &chart);
    assert_int_equal(chart.step_ns, HOUR_NS);
    assert_false(isnan(chart.columns[0].g_per_kwh));
    assert_true(isnan(chart.columns[1].g_per_kwh));
}

static void nothing_at_all_is_drawn_without_harm(void **state)
{
    chart_make(&track, NOW_NS - HOUR_NS, NOW_NS, 0, 0, 72, &chart);
    assert_true(chart.count > 0 && chart.holes && chart.top > 0);
    free(printed(&(struct chart_look){&plain, true, 80}));
    fill(3, HOUR_NS);
    for (size_t i = 0; i < track.count; i++) {
        track.points[i].g_per_kwh = 0;
    }
    chart_make(&track, NOW_NS - 3 * HOUR_NS, NOW_NS, 0, 0, 72, &chart);
    assert_true(chart.top > 0);
    free(printed(&(struct chart_look){&plain, false, 80}));
    for (size_t i = 0; i < track.count; i++) { /* a price may be */
        track.points[i].g_per_kwh = i == 1 ? 1e300 : -1e300;
    }
    chart_make(&track, NOW_NS - 3 * HOUR_NS, NOW_NS, 0, 0, 72, &chart);
    free(printed(&(struct chart_look){&plain, true, 80}));
}

static void scales_are_round(void **state)
{
    assert_true(chart_round_up(1) == 1 && chart_round_up(1.01) == 1.2 && chart_round_up(501) == 600);
    assert_true(chart_round_up(81) == 100 && chart_round_up(0) == 1 && chart_round_up(-3) == 1);
    assert_true(chart_round_up(NAN) == 1 && chart_round_up(INFINITY) == 1);
    for (double value = 1e-3; value < 1e6; value *= 1.07) {
        double top = chart_round_up(value);
        assert_true(top >= value * (1 - 1e-12) && top <= value * 1.34);
    }
}

static void as_it_is_printed(void **state)
{
    static const double values[] = {70, 100, 200, 500, 500, 200, 130};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        put(NOW_NS + (int64_t)i * HOUR_NS, HOUR_NS, values[i], 0);
    }
    chart_make(&track, NOW_NS, NOW_NS + 8 * HOUR_NS, 0, 0, 72, &chart);
    char *text = printed(&(struct chart_look){&plain, true, 80});
    assert_string_equal(text, "  500 ┤   ██\n"
                              "      │   ██\n"
                              "      │   ██\n"
                              "      │   ██\n"
                              "  250 ┤  ▂██▂\n"
                              "      │  ████▁\n"
                              "      │▁▅█████\n"
                              "      │███████·\n"
                              "    0 └┬─────┬─\n"
                              "       12:00 18:00\n"
                              "       Sun 22 Nov\n"
                              "       ·: not known\n");
    free(text);
}

static void without_utf8_it_is_ascii(void **state)
{
    fill(24, HOUR_NS);
    put(NOW_NS, 6 * HOUR_NS, 20, JB_POINT_FORECAST);
    chart_make(&track, NOW_NS - 30 * HOUR_NS, NOW_NS + 6 * HOUR_NS, NOW_NS, NOW_NS + 4 * HOUR_NS, 72, &chart);
    char *text = printed(&(struct chart_look){&plain, false, 80});
    for (const char *p = text; *p != '\0'; p++) {
        assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
    }
    assert_non_null(strstr(text, "######::::::\n"));
    assert_non_null(strstr(text, "^^^^ greenest"));
    assert_non_null(strstr(text, ":: foretold, .: not known"));
    free(text);
}

static void what_is_foretold_is_hatched_or_dimmed(void **state)
{
    for (int i = 0; i < 4; i++) {
        put(NOW_NS + i * HOUR_NS, HOUR_NS, 8, i < 1 ? 0 : i < 2 ? JB_POINT_ESTIMATED : JB_POINT_FORECAST);
    }
    chart_make(&track, NOW_NS, NOW_NS + 4 * HOUR_NS, 0, 0, 72, &chart);
    assert_true(chart.dashed);
    char *text = printed(&(struct chart_look){&plain, true, 80});
    assert_non_null(strstr(text, "│█▒▒▒\n"));
    assert_non_null(strstr(text, "▒: foretold or estimated\n"));
    free(text);
    text = printed(&(struct chart_look){&coloured, true, 80});
    assert_non_null(strstr(text, "│█\033[2m███\033[0m\n"));
    assert_non_null(strstr(text, "dimmed: foretold or estimated"));
    free(text);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
    setenv("TZ", "America/Argentina/ComodRivadavia", 1);
    tzset();
    fill(30 * 24, HOUR_NS);
    for (int columns = 20; columns < 300; columns += 7) {
        struct chart_look look = {&plain, false, columns};
        for (int hours = 1; hours <= 720; hours += 23) {
            chart_make(&track, NOW_NS - hours * HOUR_NS, NOW_NS, NOW_NS - HOUR_NS, NOW_NS, chart_width(&look), &chart);
            char *text = printed(&look);
            for (char *line = text, *end; *line != '\0'; line = end + 1) {
                end = strchr(line, '\n');
                /* A label of the last column, or the word behind a window, may hang over the bars. */
                if (end - line > columns + 12) {
                    fail_msg("%d columns, %d hours: %.*s", columns, hours, (int)(end - line), line);
                }
            }
            free(text);
        }
    }
}

static void the_range_has_its_times(void **state)
{
    struct chart_range range;
    assert_false(chart_range(&track, NOW_NS - HOUR_NS, NOW_NS, &range));
    fill(24, HOUR_NS);
    assert_true(chart_range(&track, NOW_NS - 48 * HOUR_NS, NOW_NS - HOUR_NS / 2, &range));
    assert_true(range.min == 1 && range.min_ns == NOW_NS - 24 * HOUR_NS);
    assert_true(range.max == 24 && range.max_ns == NOW_NS - HOUR_NS);
    assert_true(fabs(range.covered - 23.5 / 47.5) < 1e-12);
}

static void the_locale_decides_on_utf8(void **state)
{
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    setenv("LANG", "de_DE.utf8", 1);
    assert_true(chart_look(&plain, stderr).utf8);
    setenv("LC_CTYPE", "C", 1);
    assert_false(chart_look(&plain, stderr).utf8);
    setenv("LC_ALL", "C.UTF-8", 1);
    assert_true(chart_look(&plain, stderr).utf8);
    unsetenv("LANG");
    setenv("LC_ALL", "", 1);
    unsetenv("LC_CTYPE");
    assert_false(chart_look(&plain, stderr).utf8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_day_of_hours_has_a_column_each),
        TEST(steps_grow_until_all_fit),
        TEST(steps_begin_at_round_local_times),
        TEST(a_hole_is_a_hole_and_not_zero),
        TEST(less_than_half_of_a_step_is_a_hole),
        TEST(nothing_at_all_is_drawn_without_harm),
        TEST(scales_are_round),
        TEST(as_it_is_printed),
        TEST(without_utf8_it_is_ascii),
        TEST(what_is_foretold_is_hatched_or_dimmed),
        TEST(no_line_is_wider_than_the_terminal),
        TEST(the_range_has_its_times),
        TEST(the_locale_decides_on_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
