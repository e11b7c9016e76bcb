/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/buf.c. */
#include "base/cleanup.h"
#include "base/text.h"
#include "support.h"

static void a_zeroed_buffer_grows_and_stays_terminated(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf b = {0};
    assert_null(b.data);
    for (size_t i = 1; i <= 5000; i++) {
        jb_buf_puts(&b, "x");
        assert_int_equal(b.length, i);
        assert_int_equal(strlen(b.data), i);
    }
    assert_false(b.failed);
}

static void bytes_may_hold_nul(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf b = {0};
    jb_buf_add(&b, "a\0b", 3);
    jb_buf_add(&b, "", 0);
    assert_int_equal(b.length, 3);
    assert_memory_equal(b.data, "a\0b", 4);
}

static void adding_nothing_still_gives_a_string(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf b = {0};
    jb_buf_add(&b, NULL, 0);
    assert_string_equal(b.data, "");
}

static void printf_writes_short_and_long_text(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf b = {0};
    jb_buf_printf(&b, "%d-%s", 5, "five");
    assert_string_equal(b.data, "5-five");
    jb_buf_clear(&b);
    assert_string_equal(b.data, "");
    for (int width = 250; width < 262; width++) { /* around the inner buffer */
        jb_buf_clear(&b);
        jb_buf_printf(&b, "%*d", width, 7);
        assert_int_equal(b.length, width);
        assert_int_equal(strlen(b.data), width);
        assert_int_equal(b.data[width - 1], '7');
    }
}

static void clear_keeps_the_memory(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf b = {0};
    jb_buf_clear(&b);
    assert_null(b.data);
    jb_buf_puts(&b, "text");
    const char *data = b.data;
    size_t capacity = b.capacity;
    jb_buf_clear(&b);
    jb_buf_puts(&b, "more");
    assert_ptr_equal(b.data, data);
    assert_int_equal(b.capacity, capacity);
}

static void out_of_memory_is_remembered_and_keeps_what_was_there(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf b = {0};
    jb_buf_puts(&b, "kept");
    jb_buf_add(&b, "x", SIZE_MAX); /* no machine has that */
    assert_true(b.failed);
    jb_buf_puts(&b, "lost");
    jb_buf_printf(&b, "%d", 1);
    assert_string_equal(b.data, "kept");
    assert_int_equal(b.length, 4);
}

static void finish_accepts_anything(void **state)
{
    struct jb_buf b = {0};
    jb_buf_finish(NULL);
    jb_buf_finish(&b);
    jb_buf_puts(&b, "x");
    jb_buf_finish(&b);
    jb_buf_finish(&b);
    assert_null(b.data);
}

static void numbers_are_printed_in_the_c_locale(void **state)
{
    enter_comma_locale();
    char text[32];
    assert_int_equal(jb_snprintf(text, sizeof(text), "%.2f", 1.5), 4);
    assert_string_equal(text, "1.50");
    JB_CLEANUP(jb_buf_finish) struct jb_buf b = {0};
    jb_buf_printf(&b, "%g %'d", 0.5, 1234567);
    assert_string_equal(b.data, "0.5 1234567");
    setlocale(LC_ALL, "C");
}

static void snprintf_tells_the_length_it_needed(void **state)
{
    char text[4];
    assert_int_equal(jb_snprintf(text, sizeof(text), "%s", "longer"), 6);
    assert_string_equal(text, "lon");
    assert_int_equal(jb_snprintf(NULL, 0, "%s", "longer"), 6);
}

static void what_a_query_cannot_hold_is_percent_encoded(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"", ""},
        {"azAZ09-._~", "azAZ09-._~"},
        {"a b", "a%20b"},
        {"a+b/c=&?#%", "a%2Bb%2Fc%3D%26%3F%23%25"},
        {"{\"PriceArea\":[\"DK1\"]}", "%7B%22PriceArea%22%3A%5B%22DK1%22%5D%7D"},
        {"Z\xc3\xbcrich\x7f\xff", "Z%C3%BCrich%7F%FF"},
        {"\x01\r\n", "%01%0D%0A"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        JB_CLEANUP(jb_buf_finish) struct jb_buf b = {0};
        jb_buf_url(&b, cases[i].text);
        assert_string_equal(b.data, cases[i].wanted);
        assert_int_equal(b.length, strlen(cases[i].wanted));
    }
}

static void each_byte_is_plain_or_encoded(void **state)
{
    for (int c = 1; c < 256; c++) {
        const char text[] = {(char)c, '\0'};
        char encoded[8];
        JB_CLEANUP(jb_buf_finish) struct jb_buf b = {0};
        snprintf(encoded, sizeof(encoded), "%%%02X", (unsigned)c);
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        jb_buf_puts(&b, "x");
        jb_buf_url(&b, text);
        assert_string_equal(b.data + 1, plain ? text : encoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zeroed_buffer_grows_and_stays_terminated),
        cmocka_unit_test(bytes_may_hold_nul),
        cmocka_unit_test(adding_nothing_still_gives_a_string),
        cmocka_unit_test(printf_writes_short_and_long_text),
        cmocka_unit_test(clear_keeps_the_memory),
        cmocka_unit_test(out_of_memory_is_remembered_and_keeps_what_was_there),
        cmocka_unit_test(finish_accepts_anything),
        cmocka_unit_test(numbers_are_printed_in_the_c_locale),
        cmocka_unit_test(what_a_query_cannot_hold_is_percent_encoded),
        cmocka_unit_test(each_byte_is_plain_or_encoded),
        cmocka_unit_test(snprintf_tells_the_length_it_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
