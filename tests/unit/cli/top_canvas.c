/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of top_canvas.c: no text changes a cell that it was not given. */
#include "cli/top_canvas.h"
#include "../base/support.h"
#include "base/text.h"

static struct top_canvas canvas;

static int begin(void **state)
{
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    assert_int_equal(top_canvas_init(&canvas, 3, 10, true), 0);
    return 0;
}

static int end(void **state)
{
    top_canvas_finish(&canvas);
    return 0;
}

static void assert_row(int row, const char *expected)
{
    struct jb_buf text = {0};
    top_canvas_row(&canvas, row, &text);
    assert_string_equal(text.data ? text.data : "", expected);
    jb_buf_finish(&text);
}

static void text_goes_where_it_is_told(void **state)
{
    assert_int_equal(top_put(&canvas, 1, 2, 5, TOP_BOLD, "abc"), 3);
    assert_row(0, "");
    assert_row(1, "  abc");
    assert_row(2, "");
    assert_int_equal(canvas.cells[12].style, TOP_BOLD);
    assert_int_equal(canvas.cells[15].style, TOP_PLAIN);
    assert_int_equal(top_put_right(&canvas, 2, 0, 6, TOP_PLAIN, "42"), 6);
    assert_row(2, "    42");
    assert_int_equal(top_printf(&canvas, 0, 0, 10, TOP_PLAIN, "%d W", 7), 3);
    assert_row(0, "7 W");
}

static void what_is_too_long_is_marked(void **state)
{
    assert_int_equal(top_put(&canvas, 0, 0, 5, TOP_PLAIN, "abcdefgh"), 5);
    assert_row(0, "abcd…");
    assert_int_equal(top_put(&canvas, 1, 7, 100, TOP_PLAIN, "abcdefgh"), 3);
    assert_row(1, "       ab…");
    canvas.utf8 = false;
    top_put(&canvas, 2, 0, 5, TOP_PLAIN, "abcdefgh");
    assert_row(2, "abcd>");
}

static void nothing_is_drawn_outside(void **state)
{
    const int rows[] = {-1, 3, 1000, -2147483647}, cols[] = {-5, 10, 1000};
    for (size_t i = 0; i < 4; i++) {
        top_put(&canvas, rows[i], 0, 10, TOP_PLAIN, "x");
        top_fill(&canvas, rows[i], 0, 10, TOP_CPU, true, 'x');
        top_restyle(&canvas, rows[i], 0, 10, TOP_CPU);
    }
    for (size_t i = 0; i < 3; i++) {
        top_put(&canvas, 0, cols[i], 3, TOP_PLAIN, "x");
        top_rune(&canvas, 0, cols[i], TOP_PLAIN, false, 'x');
    }
    top_put(&canvas, 0, 0, 0, TOP_PLAIN, "x");
    top_put(&canvas, 0, 0, -3, TOP_PLAIN, "x");
    for (int row = 0; row < 3; row++) {
        assert_row(row, "");
    }
    top_fill(&canvas, 1, 8, 100, TOP_CPU, true, '#');
    assert_row(1, "        ##");
    assert_row(2, "");
}

static void wide_characters_take_two_cells(void **state)
{
    assert_int_equal(top_width(&canvas, "학습"), 4);
    assert_int_equal(top_put(&canvas, 0, 0, 10, TOP_PLAIN, "학습 1"), 6);
    assert_row(0, "학습 1");
    assert_int_equal(canvas.cells[1].rune, 0);
    assert_int_equal(canvas.cells[5].rune, '1');
    /* One that has room for a half is left out. */
    assert_int_equal(top_put(&canvas, 1, 0, 4, TOP_PLAIN, "a학습"), 4);
    assert_row(1, "a학…");
    assert_int_equal(top_put(&canvas, 2, 0, 3, TOP_PLAIN, "학습"), 3);
    assert_row(2, "학…");
    top_canvas_clear(&canvas);
    assert_int_equal(top_put(&canvas, 2, 9, 3, TOP_PLAIN, "학"), 1);
    assert_row(2, "         …");
}

static void half_of_a_wide_character_is_never_left(void **state)
{
    top_put(&canvas, 0, 0, 10, TOP_PLAIN, "학습");
    top_rune(&canvas, 0, 1, TOP_PLAIN, false, 'x');
    assert_row(0, " x습");
    top_rune(&canvas, 0, 2, TOP_PLAIN, false, 'y');
    assert_row(0, " xy");
}

static void hostile_text_is_made_harmless(void **state)
{
    const char *const texts[][2] = {
        {"a\033[2Jb", "a?[2Jb"},
        {"a\nb\tc\r", "a?b?c?"},
        {"a\u202eb", "a?b"},  /* right to left from here */
        {"a\xff\xfe", "a??"}, /* no UTF-8 */
        {"a\xe2\x82", "a??"}, /* cut short */
        {"\xe2\x82", "??"},   /* likewise, and then the end */
        {"\xf0\x9f", "??"},   /* likewise */
        {"e\u0301x", "ex"},   /* an accent of no width */
        {"a\u200bb", "ab"},   /* a blank of no width */
        {"\xe2"
         "AB",
         "?AB"}, /* cut short by others */
        {"\xc2\x9b"
         "31m",
         "?31m"},                /* the other escape */
        {"\xed\xa0\x80", "???"}, /* half of a pair */
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        top_canvas_clear(&canvas);
        int used = top_put(&canvas, 1, 0, 10, TOP_PLAIN, texts[i][0]);
        assert_row(1, texts[i][1]);
        assert_int_equal(used, (int)strlen(texts[i][1]));
        assert_int_equal(used, top_width(&canvas, texts[i][0]));
        assert_row(0, "");
        assert_row(2, "");
    }
}

static void without_utf8_all_is_ascii(void **state)
{
    canvas.utf8 = false;
    assert_int_equal(top_put(&canvas, 0, 0, 10, TOP_PLAIN, "학습é\xff"), 4);
    assert_row(0, "????");
}

static void any_bytes_fill_their_cells_and_no_others(void **state)
{
    struct random r = random_start();
    for (int round = 0; round < 20000; round++) {
        char text[24];
        size_t length = random_below(&r, sizeof(text));
        for (size_t i = 0; i < length; i++) {
            const unsigned char lead[] = {0xe2, 0xf0, 0xc2, 0xec, 0x80, 0xbf, 0xed, 'a', ' '};
            text[i] = (char)(random_below(&r, 2) ? lead[random_below(&r, sizeof(lead))] : 1 + random_below(&r, 255));
        }
        text[length] = '\0';
        canvas.utf8 = random_below(&r, 2);
        top_canvas_clear(&canvas);
        int col = (int)random_below(&r, 10), width = (int)random_below(&r, 10);
        int used = top_put(&canvas, 1, col, width, TOP_GOOD, text);
        CHECK_SEEDED(&r, used >= 0 && used <= width && col + used <= 10);
        CHECK_SEEDED(&r, top_width(&canvas, text) > width || used == top_width(&canvas, text) || col + used == 10 ||
                             col + top_width(&canvas, text) > 10);
        for (int i = 0; i < 30; i++) {
            bool ours = i >= 10 + col && i < 10 + col + used;
            CHECK_SEEDED(&r, ours || (canvas.cells[i].rune == ' ' && canvas.cells[i].style == TOP_PLAIN));
            CHECK_SEEDED(&r, !ours || canvas.cells[i].rune == 0 || canvas.cells[i].rune >= ' ');
        }
    }
}

static void lines_break_between_words(void **state)
{
    const char *next = NULL;
    const char *text = "one two three";
    assert_int_equal(top_break(&canvas, text, 8, &next), 7);
    assert_string_equal(next, "three");
    assert_int_equal(top_break(&canvas, next, 8, &next), 5);
    assert_null(next);
    assert_int_equal(top_break(&canvas, "abcdefgh", 3, &next), 3);
    assert_string_equal(next, "defgh");
    assert_int_equal(top_break(&canvas, "a\nb", 8, &next), 1);
    assert_string_equal(next, "b");
    assert_int_equal(top_break(&canvas, "학습", 1, &next), 3); /* goes on whatever the width */
    assert_string_equal(next, "습");
}

static void runes_become_utf8(void **state)
{
    char text[5];
    assert_int_equal(top_encode('a', text), 1);
    assert_string_equal(text, "a");
    assert_int_equal(top_encode(0xb1, text), 2);
    assert_string_equal(text, "±");
    assert_int_equal(top_encode(0x2588, text), 3);
    assert_string_equal(text, "█");
    assert_int_equal(top_encode(0x1f600, text), 4);
    assert_string_equal(text, "😀");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_goes_where_it_is_told, begin, end),
        cmocka_unit_test_setup_teardown(what_is_too_long_is_marked, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_drawn_outside, begin, end),
        cmocka_unit_test_setup_teardown(wide_characters_take_two_cells, begin, end),
        cmocka_unit_test_setup_teardown(half_of_a_wide_character_is_never_left, begin, end),
        cmocka_unit_test_setup_teardown(hostile_text_is_made_harmless, begin, end),
        cmocka_unit_test_setup_teardown(without_utf8_all_is_ascii, begin, end),
        cmocka_unit_test_setup_teardown(any_bytes_fill_their_cells_and_no_others, begin, end),
        cmocka_unit_test_setup_teardown(lines_break_between_words, begin, end),
        cmocka_unit_test_setup_teardown(runes_become_utf8, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
