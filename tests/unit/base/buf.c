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
        cmocka_unit_test(snprintf_tells_the_length_it_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
