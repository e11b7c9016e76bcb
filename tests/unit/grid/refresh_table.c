/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh_table.c - the user's table: its text, and how it stands against ours.
 */
#include "grid/refresh.h"
#include "grid/refresh_impl.h"

#include "base/diag.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine.h"

#define HEADER "zone,g_per_kwh,year,source\n"

static void parse(const char *input, struct jb_table *ret)
{
    char *text = strdup(input);
    struct jb_diag diag = {0};
    if (jb_table_parse(text, ret, &diag) < 0) {
        fail_msg("%s: %s", input, diag.text);
    }
    free(text);
}

static void rows_are_sorted_and_each_once(void **state)
{
    struct jb_table table = {0};
    parse("# licence\n#\n" HEADER "KR,400,2026,a\nDE,300.5,2026,\"b, c\"\nKR,390,2027,d\nKR,380,2025,e\n", &table);
    assert_int_equal(table.count, 2);
    assert_string_equal(table.rows[0].zone, "DE");
    assert_true(table.rows[0].g_per_kwh == 300.5);
    assert_string_equal(table.rows[0].source, "b, c");
    assert_string_equal(table.rows[1].zone, "KR");
    assert_true(table.rows[1].g_per_kwh == 390 && table.rows[1].year == 2027);
    jb_table_finish(&table);
    parse(HEADER, &table);
    assert_int_equal(table.count, 0);
    jb_table_finish(&table);
}

static void refused(const char *input, const char *why)
{
    char *text = strdup(input);
    struct jb_table untouched = {.count = 77};
    struct jb_diag diag = {0};
    int r = jb_table_parse(text, &untouched, &diag);
    if (r != -EBADMSG || strstr(diag.text, why) == NULL) {
        fail_msg("%s: %d, \"%s\" does not say \"%s\"", input, r, diag.text, why);
    }
    assert_int_equal(untouched.count, 77);
    free(text);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    refused("", "no table");
    refused("# only\n# notes", "no table");
    refused("KR,400,2026,x\n", "line 1: not zone");
    refused("#\nzone,g_per_kwh,year\n", "line 2: not zone");
    static const char *const rows[] = {
        ",400,2026,x",     "K R,400,2026,x",  "KR\x1b,400,2026,x", "KR,,2026,x",
        "KR,nan,2026,x",   "KR,-1,2026,x",    "KR,400,,x",         "KR,400,1989,x",
        "KR,400,2101,x",   "KR,400,2026.5,x", "KR,400,2026",       "KR,400,2026,x,y",
        "KR,400,2026,\"x", "KR;400;2026;x",   "KR,4 0,2026,x",     "# later notes are none"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "# a\n# b\n" HEADER "DE,1,2026,x\n%s\n", rows[i]);
        refused(text, "line 5: ");
    }
    char longest[256];
    memset(longest, 'K', 100);
    snprintf(longest + 100, sizeof(longest) - 100, ",400,2026,x");
    char text[512];
    snprintf(text, sizeof(text), HEADER "%s\n", longest);
    refused(text, "line 2: ");
}

static void too_many_rows_are_refused(void **state)
{
    struct jb_buf text = {0};
    jb_buf_puts(&text, HEADER);
    for (int i = 0; i <= JB_TABLE_ROWS; i++) {
        jb_buf_printf(&text, "Z%d,1,2026,x\n", i);
    }
    struct jb_table table;
    assert_int_equal(jb_table_parse(text.data, &table, NULL), -E2BIG);
    jb_buf_finish(&text);
}

static void only_a_newer_year_is_put_in(void **state)
{
    struct jb_intensity ours, now;
    assert_int_equal(jb_grid_zone("KR", &ours, NULL), 0);
    for (int more = -1; more <= 1; more++) {
        char text[128];
        snprintf(text, sizeof(text), HEADER "KR,123.5,%d,mine\n", ours.year + more);
        struct jb_table table = {0};
        parse(text, &table);
        now = ours;
        assert_int_equal(jb_table_apply(&table, &now), more > 0);
        assert_true(now.g_per_kwh == (more > 0 ? 123.5 : ours.g_per_kwh));
        assert_int_equal(now.year, more > 0 ? ours.year + 1 : ours.year);
        assert_string_equal(now.source, more > 0 ? "mine" : ours.source);
        assert_string_equal(now.zone, "KR");
        assert_true(now.rel_error == ours.rel_error);
        jb_table_finish(&table);
    }
    struct jb_table empty = {0};
    assert_false(jb_table_apply(&empty, &now));
}

static void a_places_own_figure_is_no_estimate(void **state)
{
    struct jb_intensity andorra; /* that of a neighbour */
    assert_int_equal(jb_grid_zone("AD", &andorra, NULL), 0);
    assert_true(andorra.estimated);
    struct jb_table table = {0};
    parse(HEADER "AD,20,2030,\n", &table);
    assert_true(jb_table_apply(&table, &andorra));
    assert_false(andorra.estimated);
    assert_string_equal(andorra.note, "");
    assert_true(andorra.source[0] != '\0');
    jb_table_finish(&table);
}

static void users_table(const char *text)
{
    setenv("XDG_DATA_HOME", machine, 1);
    machine_file("/joulebook/carbon_intensity.csv", text);
}

static void zones_are_answered_from_the_users_table(void **state)
{
    struct jb_intensity before, intensity;
    assert_int_equal(jb_grid_zone("France", &before, NULL), 0);
    users_table("# note\n" HEADER "AU,111,2030,mine\nFR,7,2030,mine\n");
    assert_int_equal(jb_grid_zone("France", &intensity, NULL), 0);
    assert_true(intensity.g_per_kwh == 7 && intensity.year == 2030);
    assert_string_equal(intensity.source, "mine");
    assert_int_equal(jb_grid_zone("aws:eu-west-3", &intensity, NULL), 0); /* in France */
    assert_true(intensity.g_per_kwh == 7);
    assert_non_null(strstr(intensity.note, "aws:eu-west-3"));
    assert_int_equal(jb_grid_choose(NULL, "fra", machine, &intensity, NULL), 0);
    assert_true(intensity.g_per_kwh == 7);
    assert_int_equal(intensity.origin, JB_ZONE_CONFIG);
    assert_int_equal(jb_grid_zone("DE", &intensity, NULL), 0);
    assert_string_not_equal(intensity.source, "mine");
    users_table("FR,7,2030,mine\n");
    assert_int_equal(jb_grid_zone("FR", &intensity, NULL), 0);
    assert_true(intensity.g_per_kwh == before.g_per_kwh);
    assert_non_null(strstr(intensity.note, "not used"));
    assert_non_null(strstr(intensity.note, "line 1"));
    setenv("XDG_DATA_HOME", "/nonexistent", 1);
    assert_int_equal(jb_grid_zone("FR", &intensity, NULL), 0);
    assert_string_equal(intensity.note, before.note);
}

static void files_are_bounded(void **state)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/t.csv", machine);
    struct jb_table table = {0};
    struct jb_diag diag = {0};
    assert_int_equal(jb_table_load(path, &table, &diag), -ENOENT);
    machine_file("/t.csv", HEADER "FR,7,2030,mine\n");
    assert_int_equal(jb_table_load(path, &table, &diag), 0);
    jb_table_finish(&table);
    assert_int_equal(jb_write_atomic(path, HEADER "FR\0", strlen(HEADER) + 3, 0644, NULL), 0);
    assert_int_equal(jb_table_load(path, &table, &diag), -EBADMSG);
    assert_non_null(strstr(diag.text, path));
    assert_non_null(strstr(diag.fix, "refresh"));
    assert_int_equal(truncate(path, (off_t)JB_TABLE_LIMIT + 1), 0);
    assert_int_equal(jb_table_load(path, &table, &diag), -EFBIG);
}

int main(void)
{
    setenv("XDG_DATA_HOME", "/nonexistent", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_and_each_once),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(too_many_rows_are_refused),
        cmocka_unit_test(only_a_newer_year_is_put_in),
        cmocka_unit_test(a_places_own_figure_is_no_estimate),
        cmocka_unit_test_setup_teardown(zones_are_answered_from_the_users_table, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(files_are_bounded, machine_setup, machine_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
