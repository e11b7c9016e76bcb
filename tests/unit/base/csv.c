/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/csv.c. */
#include "base/csv.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "support.h"

#include <errno.h>

static void reads(const char *input, const char *want)
{
    char *text = strdup(input);
    assert_non_null(text);
    JB_CLEANUP(jb_buf_finish) struct jb_buf got = {0};
    struct jb_csv csv;
    jb_csv_init(&csv, text);
    char *fields[8];
    int n;
    while ((n = jb_csv_row(&csv, fields, 8)) > 0) {
        jb_buf_printf(&got, "%u:", csv.line);
        for (int i = 0; i < n; i++) {
            jb_buf_printf(&got, "[%s]", fields[i]);
        }
    }
    jb_buf_printf(&got, "%d", n);
    assert_string_equal(got.data, want);
    assert_int_equal(jb_csv_row(&csv, fields, 8), 0); /* the end is the end */
    free(text);
}

static void rows_and_fields(void **state)
{
    reads("", "0");
    reads("a", "1:[a]0");
    reads("a,b\nc,d\n", "1:[a][b]2:[c][d]0");
    reads("a,b\r\nc,d", "1:[a][b]2:[c][d]0");
    reads(",", "1:[][]0");
    reads("a,\nb", "1:[a][]2:[b]0");
    reads("a, b ", "1:[a][ b ]0");
    reads("a\r", "1:[a]0");
    reads("a\rb", "1:[a\rb]0");
}

static void blank_lines_are_passed_over_and_counted(void **state)
{
    reads("\n\r\n\na\n\n\nb\n\n", "4:[a]7:[b]0");
    reads("\n\n", "0");
    reads("\"\"\nx", "1:[]2:[x]0"); /* an empty field is not a blank line */
}

static void quoted_fields_hold_anything(void **state)
{
    reads("\"a,b\",c", "1:[a,b][c]0");
    reads("\"say \"\"hi\"\"\",x", "1:[say \"hi\"][x]0");
    reads("\"two\nlines\",x\nnext", "1:[two\nlines][x]3:[next]0");
    reads("\"a\"\r\nb", "1:[a]2:[b]0");
    reads("\"\"\"\"", "1:[\"]0");
    reads("\"\",\"\"", "1:[][]0");
    reads("a\"b,c", "1:[a\"b][c]0");
}

static void broken_quotes_are_an_error_on_their_line(void **state)
{
    char text[] = "ok\n\"never closed,\nx";
    struct jb_csv csv;
    char *fields[4];
    jb_csv_init(&csv, text);
    assert_int_equal(jb_csv_row(&csv, fields, 4), 1);
    assert_int_equal(jb_csv_row(&csv, fields, 4), -EBADMSG);
    assert_int_equal(csv.line, 2);
    reads("\"a\"b,c", "-74");
    reads("\"", "-74");
    reads("\"\"\"", "-74");
    assert_int_equal(EBADMSG, 74);
}

static void too_many_fields_are_an_error(void **state)
{
    reads("1,2,3,4,5,6,7,8", "1:[1][2][3][4][5][6][7][8]0");
    char text[] = "1,2,3";
    struct jb_csv csv;
    char *fields[3] = {NULL, NULL, text};
    jb_csv_init(&csv, text);
    assert_int_equal(jb_csv_row(&csv, fields, 2), -E2BIG);
    assert_ptr_equal(fields[2], text); /* nothing beyond max was written */
    char one[] = "1";
    jb_csv_init(&csv, one);
    assert_int_equal(jb_csv_row(&csv, fields, 0), -E2BIG);
}

static void a_byte_order_mark_is_no_part_of_the_first_field(void **state)
{
    reads("\xEF\xBB\xBFzone,g\n", "1:[zone][g]0");
}

static void writes(const char *field, const char *want)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    jb_buf_puts(&out, "");
    jb_csv_field(&out, field);
    assert_string_equal(out.data, want);
}

static void fields_are_quoted_only_where_needed(void **state)
{
    writes(NULL, "");
    writes("", "");
    writes("plain text", "plain text");
    writes("a,b", "\"a,b\"");
    writes("say \"hi\"", "\"say \"\"hi\"\"\"");
    writes("two\nlines", "\"two\nlines\"");
    writes("a\r", "\"a\r\"");
    writes(" a", "\" a\"");
    writes("a ", "\"a \"");
    writes("\"", "\"\"\"\"");
}

static void what_is_written_reads_back(void **state)
{
    static const char letters[] = "ab ,\"\n\r\xc3;=";
    struct random r = random_start();
    for (int i = 0; i < 20000; i++) {
        char want[6][9];
        size_t count = 1 + random_below(&r, 6);
        JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
        for (size_t f = 0; f < count; f++) {
            size_t length = random_below(&r, 9);
            for (size_t j = 0; j < length; j++) {
                want[f][j] = letters[random_below(&r, sizeof(letters) - 1)];
            }
            want[f][length] = '\0';
            jb_buf_puts(&out, f ? "," : "");
            jb_csv_field(&out, want[f]);
        }
        if (count == 1 && want[0][0] == '\0') {
            continue; /* a row of one empty field is a blank line in CSV */
        }
        jb_buf_puts(&out, i % 2 ? "\r\n" : "\n");
        struct jb_csv csv;
        char *fields[6];
        jb_csv_init(&csv, out.data);
        CHECK_SEEDED(&r, jb_csv_row(&csv, fields, 6) == (int)count);
        for (size_t f = 0; f < count; f++) {
            CHECK_SEEDED(&r, strcmp(fields[f], want[f]) == 0);
        }
        CHECK_SEEDED(&r, jb_csv_row(&csv, fields, 6) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_fields),
        cmocka_unit_test(blank_lines_are_passed_over_and_counted),
        cmocka_unit_test(quoted_fields_hold_anything),
        cmocka_unit_test(broken_quotes_are_an_error_on_their_line),
        cmocka_unit_test(too_many_fields_are_an_error),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_field),
        cmocka_unit_test(fields_are_quoted_only_where_needed),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
