/* SPDX-License-Identifier: Apache-2.0 */
/* Times and lengths as people read them. */
#include "cli/grid_time.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#define SECOND_NS ((int64_t)JB_NS_PER_S)
#define HOUR_NS   (3600 * SECOND_NS)
#define NOW_NS    (INT64_C(1795348800) * SECOND_NS) /* 2026-11-22T12:00:00Z, a Sunday */

static void zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

static void clock_is(int64_t wall_ns, const char *expected)
{
    char text[GRID_TIME_TEXT];
    assert_string_equal(grid_clock(wall_ns, NOW_NS, text, sizeof(text)), expected);
}

static void the_day_is_named_unless_it_is_today(void **state)
{
    zone("UTC");
    clock_is(NOW_NS, "12:00");
    clock_is(NOW_NS + 12 * HOUR_NS - SECOND_NS, "23:59");
    clock_is(NOW_NS + 12 * HOUR_NS, "Mon 00:00");
    clock_is(NOW_NS - 13 * HOUR_NS, "Sat 23:00");
    clock_is(NOW_NS + 144 * HOUR_NS, "28 Nov 12:00");
    clock_is(NOW_NS - 30 * 24 * HOUR_NS, "23 Oct 12:00");
    zone("Asia/Seoul");
    clock_is(NOW_NS + 3 * HOUR_NS, "Mon 00:00");
    clock_is(NOW_NS + 365 * 24 * HOUR_NS, "22 Nov 21:00");
}

static void spans(void **state)
{
    char text[3 * GRID_TIME_TEXT];
    zone("Asia/Seoul");
    assert_string_equal(grid_span(NOW_NS, NOW_NS + HOUR_NS, NOW_NS, text, sizeof(text)), "21:00 to 22:00 KST");
    assert_string_equal(grid_span(NOW_NS, NOW_NS + 3 * HOUR_NS, NOW_NS, text, sizeof(text)), "21:00 to Mon 00:00 KST");
    assert_string_equal(grid_span(NOW_NS + 4 * HOUR_NS, NOW_NS + 5 * HOUR_NS, NOW_NS, text, sizeof(text)),
                        "Mon 01:00 to 02:00 KST");
}

static void zones_have_names_or_offsets(void **state)
{
    char text[GRID_TIME_TEXT];
    zone("Asia/Kathmandu");
    assert_string_equal(grid_zone_name(NOW_NS, text, sizeof(text)), "UTC+05:45");
    zone("America/Sao_Paulo");
    assert_string_equal(grid_zone_name(NOW_NS, text, sizeof(text)), "UTC-03:00");
    zone("Europe/Berlin");
    assert_string_equal(grid_zone_name(NOW_NS, text, sizeof(text)), "CET");
    assert_int_equal(grid_offset_ns(NOW_NS), HOUR_NS);
    zone("EVIL\x1b[31m");
    grid_zone_name(NOW_NS, text, sizeof(text));
    for (const char *p = text; *p != '\0'; p++) {
        assert_true(*p >= ' ');
    }
}

static void length_is(double seconds, const char *expected)
{
    char text[GRID_TIME_TEXT];
    assert_string_equal(grid_length(seconds, text, sizeof(text)), expected);
}

static void lengths(void **state)
{
    length_is(0, "0 s");
    length_is(59.4, "59 s");
    length_is(59.6, "1 min");
    length_is(60, "1 min");
    length_is(3569, "59 min");
    length_is(3590, "1 h");
    length_is(3600, "1 h");
    length_is(5400, "1 h 30 min");
    length_is(86400, "24 h");
    length_is(90000, "25 h");
    length_is(2 * 86400, "2 d");
    length_is(2 * 86400 + 5 * 3600, "2 d 5 h");
    length_is(30 * 86400, "30 d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_day_is_named_unless_it_is_today),
        cmocka_unit_test(spans),
        cmocka_unit_test(zones_have_names_or_offsets),
        cmocka_unit_test(lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
