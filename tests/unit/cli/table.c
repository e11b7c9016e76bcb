/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that line up, colours of a row, names that are too long. */
#include "cli/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *printed(const struct cli_table *table)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cli_table_print(table, out, "  ", "<", ">");
    fclose(out);
    return text;
}

static void the_last_cell_of_a_row_has_its_colour(void **state)
{
    struct cli_table table;
    cli_table_init(&table, (const char *const[]){"name", ">n", "conf", NULL});
    cli_table_color(&table, "RED"); /* of no row */
    cli_table_row(&table, (const char *const[]){"a", "1", "high"});
    cli_table_row(&table, (const char *const[]){"±b", "12", "low"});
    cli_table_color(&table, "RED");
    cli_table_row(&table, (const char *const[]){"c", NULL, "x"});
    char *text = printed(&table);
    assert_string_equal(text, "  <name   n  conf>\n  a      1  high\n  ±b    12  REDlow>\n  c         x\n");
    assert_int_equal(cli_table_width(&table, 2), 4 + 2 + 2 + 2);
    free(text);
    cli_table_finish(&table);
}

static void many_rows_keep_their_colours(void **state)
{
    struct cli_table table;
    cli_table_init(&table, (const char *const[]){"n", NULL});
    for (int i = 0; i < 100; i++) {
        cli_table_row(&table, (const char *const[]){"x"});
        cli_table_color(&table, i % 2 ? "R" : NULL);
    }
    char *text = printed(&table);
    assert_non_null(strstr(text, "  x\n  Rx>\n  x\n"));
    free(text);
    cli_table_finish(&table);
}

static void of_a_long_name_the_middle_is_left_out(void **state)
{
    static const struct {
        const char *text;
        int columns;
        const char *gap, *shown;
    } cases[] = {
        {"native_batch_norm_backward", 17, "…", "native_b…backward"},
        {"native_batch_norm_backward", 18, "..", "native_b..backward"},
        {"native_batch_norm_backward", 26, "…", "native_batch_norm_backward"},
        {"short", 17, "…", "short"},
        {"äöüäöüäöü", 5, "…", "äö…öü"},
        {"abcdef", 3, "…", "a…f"},
        {"abcdef", 2, "…", "abcdef"}, /* nothing would be left of it */
        {"\x1b[2Jabc", 80, "…", "?[2Jabc"},
        {"", 4, "…", ""},
    };
    char buffer[CLI_SHORT_TEXT];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(cli_shorten(cases[i].text, cases[i].columns, cases[i].gap, buffer, sizeof(buffer)),
                            cases[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_cell_of_a_row_has_its_colour),
        cmocka_unit_test(many_rows_keep_their_colours),
        cmocka_unit_test(of_a_long_name_the_middle_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
