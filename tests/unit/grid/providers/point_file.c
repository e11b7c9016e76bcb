/* SPDX-License-Identifier: Apache-2.0 */
/*
 * point_file.c - every shape of a CSV file of values, and every way to get one wrong.
 */
#include "grid/providers/point_file.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../machine.h"

static int64_t at(const char *text)
{
    int64_t t_ns = 0;
    assert_int_equal(jb_iso_parse(text, &t_ns), 0);
    return t_ns;
}

static struct jb_point_file parsed(const char *input, enum jb_point_file_of of)
{
    char *text = strdup(input);
    struct jb_point_file file = {0};
    struct jb_diag diag = {0};
    if (jb_point_file_parse(text, "f", of, &file, &diag) < 0) {
        fail_msg("%s: %s", input, diag.text);
    }
    free(text);
    return file;
}

static void refused(const char *input, const char *why)
{
    char *text = strdup(input);
    struct jb_point_file untouched = {.count = 77};
    struct jb_diag diag = {0};
    int r = jb_point_file_parse(text, "f", JB_FILE_INTENSITIES, &untouched, &diag);
    if (r != -EBADMSG || strstr(diag.text, why) == NULL) {
        fail_msg("%s: %d, \"%s\" does not say \"%s\"", input, r, diag.text, why);
    }
    assert_int_equal(untouched.count, 77);
    for (const char *p = diag.text; *p != '\0'; p++) {
        assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
    }
    free(text);
}

static void expect(const struct jb_point *point, const char *start, const char *end, double value)
{
    assert_int_equal(point->start_ns, at(start));
    assert_int_equal(point->end_ns, at(end));
    assert_true(point->g_per_kwh == value);
}

static void a_row_holds_to_the_next_and_the_last_as_long_as_the_one_before(void **state)
{
    struct jb_point_file file = parsed("start,g_per_kwh\n2026-11-22T00:00:00+09:00,412\n2026-11-22T01:00:00+09:00,0\n"
                                       "2026-11-22T01:15:00+09:00,405.5\n",
                                       JB_FILE_INTENSITIES);
    assert_int_equal(file.count, 3);
    expect(&file.points[0], "2026-11-21T15:00Z", "2026-11-21T16:00Z", 412);
    expect(&file.points[1], "2026-11-21T16:00Z", "2026-11-21T16:15Z", 0);
    expect(&file.points[2], "2026-11-21T16:15Z", "2026-11-21T16:30Z", 405.5);
    assert_int_equal(file.points[2].flags, 0);
    assert_true(file.points[2].rel_error == 0);
    jb_point_file_finish(&file);
    jb_point_file_finish(&file);
}

static void names_decide_and_other_columns_are_passed_over(void **state)
{
    struct jb_point_file file = parsed("\xEF\xBB\xBFnote, END ,Estimated,G_per_kWh,start,rel_error\r\n"
                                       "\"a, b\",2026-11-22T02:00Z,Yes,300,2026-11-22T01:00Z,0.25\r\n"
                                       ",2026-11-22T04:00Z,,200,2026-11-22T03:00Z,\r\n",
                                       JB_FILE_INTENSITIES);
    assert_int_equal(file.count, 2);
    expect(&file.points[0], "2026-11-22T01:00Z", "2026-11-22T02:00Z", 300);
    assert_int_equal(file.points[0].flags, JB_POINT_ESTIMATED);
    assert_true(file.points[0].rel_error == 0.25);
    expect(&file.points[1], "2026-11-22T03:00Z", "2026-11-22T04:00Z", 200);
    assert_int_equal(file.points[1].flags, 0);
    jb_point_file_finish(&file);
}

static void rows_come_in_any_order(void **state)
{
    struct jb_point_file file = parsed("g_per_kwh,start,end\n3,2026-11-22T02:00Z,\n1,2026-11-22T00:00Z,\n"
                                       "2,2026-11-22T01:00Z,2026-11-22T01:30Z\n",
                                       JB_FILE_INTENSITIES);
    assert_int_equal(file.count, 3);
    expect(&file.points[0], "2026-11-22T00:00Z", "2026-11-22T01:00Z", 1);
    expect(&file.points[1], "2026-11-22T01:00Z", "2026-11-22T01:30Z", 2);
    expect(&file.points[2], "2026-11-22T02:00Z", "2026-11-22T02:30Z", 3);
    jb_point_file_finish(&file);
}

static void an_empty_value_is_a_hole(void **state)
{
    struct jb_point_file file = parsed("start,g_per_kwh\n2026-11-22T00:00Z,1\n2026-11-22T01:00Z,\n"
                                       "2026-11-22T03:00Z,2\n",
                                       JB_FILE_INTENSITIES);
    assert_int_equal(file.count, 2);
    expect(&file.points[0], "2026-11-22T00:00Z", "2026-11-22T01:00Z", 1);
    expect(&file.points[1], "2026-11-22T03:00Z", "2026-11-22T05:00Z", 2);
    jb_point_file_finish(&file);
    file = parsed("start,g_per_kwh\n2026-11-22T00:00Z,\n2026-11-22T01:00Z,\n", JB_FILE_INTENSITIES);
    assert_int_equal(file.count, 0);
    jb_point_file_finish(&file);
}

static void the_autumn_hour_is_two_by_its_offsets(void **state)
{
    struct jb_point_file file =
        parsed("start,price\n2026-10-25T02:00+02:00,-3\n2026-10-25T02:00+01:00,5\n", JB_FILE_PRICES);
    assert_int_equal(file.count, 2);
    expect(&file.points[0], "2026-10-25T00:00Z", "2026-10-25T01:00Z", -3);
    expect(&file.points[1], "2026-10-25T01:00Z", "2026-10-25T02:00Z", 5);
    jb_point_file_finish(&file);
}

static void headers_that_do_not_do(void **state)
{
    refused("", "no rows");
    refused("\n\n", "no rows");
    refused("start,g_per_kwh\n", "no rows");
    refused("start,price\n2026-11-22T00:00Z,1\n", "no column is called g_per_kwh");
    refused("time,g_per_kwh\n2026-11-22T00:00Z,1\n", "no column is called start");
    refused("2026-11-22T00:00Z,412\n2026-11-22T01:00Z,412\n", "f:1: no column is called start");
    refused("start,start,g_per_kwh\n", "two columns are called start");
    refused("start;g_per_kwh\n2026-11-22T00:00Z;1\n", "no column is called start");
}

static void rows_that_do_not_do(void **state)
{
    static const char *const rows[][2] = {
        {"2026-11-22T00:00,1,,", "without its offset"},
        {"2026-11-22,1,,", "without its offset"},
        {"2026-11-22 00:00:00.000,1,,", "without its offset"},
        {"22.11.2026 00:00Z,1,,", "no time"},
        {"2026-02-29T00:00Z,1,,", "no time"},
        {",1,,", "no time"},
        {"2026-11-22T00:00Z,x,,", "no carbon intensity"},
        {"2026-11-22T00:00Z,-1,,", "no carbon intensity"},
        {"2026-11-22T00:00Z,nan,,", "no carbon intensity"},
        {"2026-11-22T00:00Z,1e999,,", "no carbon intensity"},
        {"2026-11-22T00:00Z,0x10,,", "no carbon intensity"},
        {"2026-11-22T00:00Z,\"1,5\",,", "no carbon intensity"},
        {"2026-11-22T00:00Z,\x1b[31m1,,", "no carbon intensity"},
        {"2026-11-22T00:00Z,1,2026-11-22T00:00Z,", "not after its start"},
        {"2026-11-22T00:00Z,1,2026-11-21T00:00Z,", "not after its start"},
        {"2026-11-22T00:00Z,1,later,", "no time"},
        {"2026-11-22T00:00Z,1,2026-11-22T01:00,", "without its offset"},
        {"2026-11-22T00:00Z,1,,maybe", "neither yes nor no"},
        {"2026-11-22T00:00Z,1,", "3 fields, but the first line has 4"},
        {"2026-11-22T00:00Z,1,,,", "5 fields"},
        {"2026-11-22T00:00Z,\"1,,", "quote"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[512], why[160];
        snprintf(text, sizeof(text), "start,g_per_kwh,end,estimated\n2026-11-20T00:00Z,5,,\n\n%s\n", rows[i][0]);
        snprintf(why, sizeof(why), "f:4: ");
        refused(text, why);
        refused(text, rows[i][1]);
    }
    refused("start,g_per_kwh,rel_error\n2026-11-20T00:00Z,5,-1\n", "no relative error");
    refused("start,g_per_kwh,rel_error\n2026-11-20T00:00Z,5,10%\n", "no relative error");
}

static void rows_that_do_not_go_together(void **state)
{
    refused("start,g_per_kwh\n2026-11-20T00:00Z,5\n2026-11-20T01:00Z,5\n2026-11-20T00:00Z,5\n",
            "f:4: begins at the same time as line 2");
    refused("start,g_per_kwh\n2026-11-20T02:00+02:00,5\n2026-11-20T01:00+01:00,5\n", "same time");
    refused("start,g_per_kwh,end\n2026-11-20T00:00Z,5,2026-11-20T02:00Z\n2026-11-20T01:00Z,5,2026-11-20T03:00Z\n",
            "f:3: begins before the end of line 2");
    refused("start,g_per_kwh\n2026-11-20T00:00Z,5\n", "how long the last row holds");
    refused("start,g_per_kwh\n1970-01-01T00:00Z,5\n2200-01-01T00:00Z,5\n", "how long the last row holds");
}

static void files_are_read_and_bounded(void **state)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/day.csv", machine);
    struct jb_point_file file = {0};
    struct jb_diag diag = {0};
    assert_int_equal(jb_point_file_read(path, JB_FILE_INTENSITIES, &file, &diag), -ENOENT);
    assert_non_null(strstr(diag.text, path));
    machine_file("/day.csv", "start,g_per_kwh\n2026-11-22T00:00Z,1\n2026-11-22T01:00Z,2\n");
    assert_int_equal(jb_point_file_read(path, JB_FILE_INTENSITIES, &file, &diag), 0);
    assert_int_equal(file.count, 2);
    jb_point_file_finish(&file);
    assert_int_equal(jb_write_atomic(path, "start,g_per_kwh\n\0", 17, 0644, NULL), 0);
    assert_int_equal(jb_point_file_read(path, JB_FILE_INTENSITIES, &file, &diag), -EBADMSG);
    assert_int_equal(truncate(path, (off_t)JB_POINT_FILE_LIMIT + 1), 0); /* a sparse file costs nothing */
    assert_int_equal(jb_point_file_read(path, JB_FILE_INTENSITIES, &file, &diag), -EFBIG);
    assert_int_equal(jb_point_file_read(machine, JB_FILE_INTENSITIES, &file, &diag), -EISDIR);
}

static void a_year_of_minutes_backwards(void **state)
{
    enum { ROWS = 525600 };
    struct jb_buf text = {0};
    jb_buf_puts(&text, "start,g_per_kwh\n");
    for (int i = ROWS - 1; i >= 0; i--) {
        char start[32];
        jb_iso_time(at("2026-01-01T00:00Z") + i * INT64_C(60000000000), start, sizeof(start));
        jb_buf_printf(&text, "%s,%d\n", start, i);
    }
    assert_false(text.failed);
    struct jb_point_file file = {0};
    assert_int_equal(jb_point_file_parse(text.data, "f", JB_FILE_INTENSITIES, &file, NULL), 0);
    assert_int_equal(file.count, ROWS);
    for (int i = 0; i < ROWS; i++) {
        assert_true(file.points[i].g_per_kwh == i);
        assert_true(file.points[i].end_ns - file.points[i].start_ns == INT64_C(60000000000));
    }
    jb_point_file_finish(&file);
    jb_buf_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_holds_to_the_next_and_the_last_as_long_as_the_one_before),
        cmocka_unit_test(names_decide_and_other_columns_are_passed_over),
        cmocka_unit_test(rows_come_in_any_order),
        cmocka_unit_test(an_empty_value_is_a_hole),
        cmocka_unit_test(the_autumn_hour_is_two_by_its_offsets),
        cmocka_unit_test(headers_that_do_not_do),
        cmocka_unit_test(rows_that_do_not_do),
        cmocka_unit_test(rows_that_do_not_go_together),
        cmocka_unit_test_setup_teardown(files_are_read_and_bounded, machine_setup, machine_teardown),
        cmocka_unit_test(a_year_of_minutes_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
