/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tariff_hours.c - the text of [tariff] hours.
 */
#include "grid/tariff.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void spans_make_a_day(void **state)
{
    double hours[24];
    assert_int_equal(jb_tariff_hours("0-6 0.21, 6-22 0.34, 22-24 0.20", hours, NULL), 0);
    for (int hour = 0; hour < 24; hour++) {
        assert_true(hours[hour] == (hour < 6 ? 0.21 : hour < 22 ? 0.34 : 0.20));
    }
    assert_int_equal(jb_tariff_hours("0-24 -0.05", hours, NULL), 0); /* a market with too much sun */
    assert_true(hours[0] == -0.05 && hours[23] == -0.05);
    assert_int_equal(jb_tariff_hours(" 22-24\t1 ,0-6 2,06-22  3e0 ", hours, NULL), 0); /* any order, any blanks */
    assert_true(hours[23] == 1 && hours[0] == 2 && hours[6] == 3);
}

static void refused(const char *text, const char *why)
{
    double hours[24] = {77};
    struct jb_diag diag = {0};
    assert_int_equal(jb_tariff_hours(text, hours, &diag), -EINVAL);
    assert_true(hours[0] == 77);
    if (strstr(diag.text, why) == NULL) {
        fail_msg("\"%s\": \"%s\" does not say \"%s\"", text, diag.text, why);
    }
    for (const char *p = diag.text; *p != '\0'; p++) {
        assert_true((unsigned char)*p >= ' ');
    }
}

static void every_hour_exactly_once(void **state)
{
    refused("0-6 1, 6-23 1", "hour 23 has no price");
    refused("1-24 1", "hour 0 has no price");
    refused("0-7 1, 6-24 1", "hour 6 has two prices");
    refused("0-24 1, 3-4 1", "hour 3 has two prices");
}

static void other_text_is_refused(void **state)
{
    static const char *const texts[] = {"",         "0.3",       "0-24",    "0-24 ",    "0-24 x",
                                        "0-24 nan", "0-24 inf",  "0-25 1",  "-1-24 1",  "0 - 24 1",
                                        "0-24 1,",  ",0-24 1",   "a-b 1",   "0-24 1 2", "0-24 0,30",
                                        "24 1",     "0-24\0331", "0-24 1;", "0x0-24 1", "99999999999999999999-24 1"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        refused(texts[i], "no span of hours");
    }
    char longest[2000];
    memset(longest, '0', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    refused(longest, "too long");
}

static void a_span_over_midnight_is_two(void **state)
{
    refused("22-6 1, 6-22 2", "ends before it begins");
    refused("6-6 1, 0-24 2", "ends before it begins");
    struct jb_diag diag = {0};
    double hours[24];
    jb_tariff_hours("22-6 1, 6-22 2", hours, &diag);
    assert_non_null(strstr(diag.fix, "22-24"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_make_a_day),
        cmocka_unit_test(every_hour_exactly_once),
        cmocka_unit_test(other_text_is_refused),
        cmocka_unit_test(a_span_over_midnight_is_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
