/* SPDX-License-Identifier: Apache-2.0 */
/* Text and numbers as the formats want them: what is hostile comes out harmless, what is harmless comes out unchanged.
 */
#include "base/escape.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/csv.h"

#define BAD "\xEF\xBF\xBD"

static void check(void (*put)(struct jb_buf *, const char *), const char *text, const char *expected)
{
    struct jb_buf out = {0};
    put(&out, text);
    assert_string_equal(out.data ? out.data : "", expected);
    jb_buf_finish(&out);
}

static void html_escapes_all_that_means_something(void **state)
{
    check(jb_export_html_text, "<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    check(jb_export_html_text, "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\x8B",
          "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\x8B");
    check(jb_export_html_text, "", "");
    check(jb_export_html_unit, "12.3 kJ", "12.3\xC2\xA0kJ");
}

static void html_replaces_controls_and_direction_marks(void **state)
{
    check(jb_export_html_text, "a\033[31mb\x7F", "a" BAD "[31mb" BAD);
    check(jb_export_html_text, "a\nb\tc", "a\nb\tc");
    check(jb_export_html_text,
          "\xE2\x80\xAE"
          "exe.py\xE2\x81\xA6",
          BAD "exe.py" BAD);
    check(jb_export_html_text,
          "\xC2\x9B"
          "31m",
          BAD "31m"); /* C1 control sequence introducer */
}

static void invalid_utf8_is_replaced_in_every_format(void **state)
{
    static const char *const invalid[] = {
        "\xFF",
        "\xC0\x80" /* overlong NUL */,
        "\xE0\x80\xAF" /* overlong slash */,
        "\xED\xA0\x80" /* surrogate */,
        "\xF4\x90\x80\x80" /* above U+10FFFF */,
        "\xF8\x88\x80\x80\x80",
        "\xE2\x82" /* cut short */,
        "\x80",
    };
    for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++) {
        struct jb_buf json = {0}, html = {0}, csv = {0};
        json_error_t error;
        jb_buf_puts(&json, "[\"");
        jb_export_json_text(&json, invalid[i]);
        jb_buf_puts(&json, "\"]");
        jb_export_html_text(&html, invalid[i]);
        jb_export_csv_text(&csv, invalid[i]);
        json_t *root = json_loads(json.data, 0, &error);
        assert_non_null(root);
        assert_memory_equal(html.data, BAD, 3);
        assert_memory_equal(csv.data, BAD, 3);
        json_decref(root);
        jb_buf_finish(&json);
        jb_buf_finish(&html);
        jb_buf_finish(&csv);
    }
}

static void json_text_reads_back_the_same(void **state)
{
    const char *text = "quote\" back\\slash \n\t\r\x01\x1F\x7F </script> \xE2\x82\xAC";
    struct jb_buf out = {0};
    json_error_t error;
    jb_buf_puts(&out, "[\"");
    jb_export_json_text(&out, text);
    jb_buf_puts(&out, "\"]");
    json_t *root = json_loads(out.data, 0, &error);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_array_get(root, 0)), text);
    json_decref(root);
    jb_buf_finish(&out);
}

static void csv_text_cannot_start_a_formula(void **state)
{
    check(jb_export_csv_text, "=1+2", "'=1+2");
    check(jb_export_csv_text, "+x", "'+x");
    check(jb_export_csv_text, "-x", "'-x");
    check(jb_export_csv_text, "@x", "'@x");
    check(jb_export_csv_text, "a=b", "a=b");
    check(jb_export_csv_text, "=HYPERLINK(\"a\",b)", "\"'=HYPERLINK(\"\"a\"\",b)\"");
    check(jb_export_csv_text, NULL, "");
}

static void csv_text_stays_on_one_line(void **state)
{
    check(jb_export_csv_text, "a\nb\r\nc\td", "a b  c d");
    check(jb_export_csv_text, "a\x01z", "a" BAD "z");
}

static void fixed_is_exact_for_every_integer(void **state)
{
    static const struct {
        uint64_t value;
        unsigned decimals;
        const char *text;
    } cases[] = {
        {0, 6, "0.0"},
        {1, 6, "0.000001"},
        {10, 6, "0.00001"},
        {1000000, 6, "1.0"},
        {12345678, 6, "12.345678"},
        {100000000, 6, "100.0"},
        {UINT64_MAX, 6, "18446744073709.551615"},
        {500000000, 9, "0.5"},
        {7, 0, "7.0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct jb_buf out = {0};
        jb_export_fixed(&out, cases[i].value, cases[i].decimals);
        assert_string_equal(out.data, cases[i].text);
        jb_buf_finish(&out);
    }
}

static void number_reads_back_as_the_same_double(void **state)
{
    uint64_t seed = 0x9E3779B97F4A7C15, x = seed;
    for (int i = 0; i < 20000; i++) {
        struct jb_buf out = {0};
        double value, back = 0;
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        memcpy(&value, &x, sizeof(value));
        bool finite = isfinite(value);
        assert_int_equal(jb_export_number(&out, value), finite);
        if (finite && (jb_parse_double(out.data, &back) != 0 || back != value)) {
            fail_msg("%s is not %a (seed %llu, round %d)", out.data, value, (unsigned long long)seed, i);
        }
        jb_buf_finish(&out);
    }
}

static void number_is_as_short_as_it_can_be(void **state)
{
    struct jb_buf out = {0};
    jb_export_number(&out, 0.1);
    assert_string_equal(out.data, "0.1");
    jb_buf_clear(&out);
    assert_false(jb_export_number(&out, NAN));
    assert_false(jb_export_number(&out, INFINITY));
    assert_int_equal(out.length, 0);
    jb_buf_finish(&out);
}

static void command_is_quoted_for_a_shell(void **state)
{
    char a[] = "python3", b[] = "it's here", c[] = "", d[] = "$HOME;rm", e[] = "--lr=0.1";
    char *words[] = {a, b, c, d, e};
    struct jb_buf out = {0};
    jb_export_command(&out, words, 5);
    assert_string_equal(out.data, "python3 'it'\\''s here' '' '$HOME;rm' --lr=0.1");
    jb_buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_escapes_all_that_means_something),
        cmocka_unit_test(html_replaces_controls_and_direction_marks),
        cmocka_unit_test(invalid_utf8_is_replaced_in_every_format),
        cmocka_unit_test(json_text_reads_back_the_same),
        cmocka_unit_test(csv_text_cannot_start_a_formula),
        cmocka_unit_test(csv_text_stays_on_one_line),
        cmocka_unit_test(fixed_is_exact_for_every_integer),
        cmocka_unit_test(number_reads_back_as_the_same_double),
        cmocka_unit_test(number_is_as_short_as_it_can_be),
        cmocka_unit_test(command_is_quoted_for_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
