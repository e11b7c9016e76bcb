/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of json.c.
 */
#include "store/json.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"

static void empty_lists_are_no_text(void **state)
{
    char *text = (char *)1;
    char **strings = NULL;
    struct jb_record_segment *segments = NULL;
    struct jb_record record = {0};
    size_t count = 7;
    assert_int_equal(jb_json_from_strings(NULL, 0, &text), 0);
    assert_null(text);
    assert_int_equal(jb_json_from_tags(NULL, 0, &text), 0);
    assert_null(text);
    assert_int_equal(jb_json_from_segments(NULL, 0, &text), 0);
    assert_null(text);
    assert_int_equal(jb_json_to_strings(NULL, &strings, &count), 0);
    assert_true(strings == NULL && count == 0);
    assert_int_equal(jb_json_to_segments(NULL, &segments, &count), 0);
    assert_true(segments == NULL && count == 0);
    assert_int_equal(jb_json_to_tags(NULL, &record), 0);
    assert_int_equal(record.tag_count, 0);
}

static void strings_come_back_with_every_character(void **state)
{
    char control[32];
    for (int i = 0; i < 31; i++) {
        control[i] = (char)(i + 1);
    }
    control[31] = '\0';
    char empty[] = "", quoted[] = "\"quoted\" \\ /", wide[] = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x8b", last[] = "\x7f";
    char *const strings[] = {control, empty, quoted, wide, last};
    char *text = NULL, **got = NULL;
    size_t count = 0;
    assert_int_equal(jb_json_from_strings(strings, 5, &text), 0);
    assert_int_equal(jb_json_to_strings(text, &got, &count), 0);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(got[i], strings[i]);
        free(got[i]);
    }
    free(got);
    free(text);
}

static void tags_keep_their_order(void **state)
{
    struct jb_record record = {0}, got = {0};
    static const char *const keys[] = {"z", "a", "m", "b", "y"};
    char *text = NULL;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(jb_record_tag(&record, keys[i], keys[4 - i]), 0);
    }
    assert_int_equal(jb_json_from_tags(record.tags, record.tag_count, &text), 0);
    assert_int_equal(jb_json_to_tags(text, &got), 0);
    assert_int_equal(got.tag_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(got.tags[i].key, keys[i]);
        assert_string_equal(got.tags[i].value, keys[4 - i]);
    }
    free(text);
    jb_record_finish(&record);
    jb_record_finish(&got);
}

static void more_tags_than_anybody_gives_are_refused(void **state)
{
    struct jb_buf text = {0};
    struct jb_record record = {0};
    jb_buf_puts(&text, "{\"a\":\"\"");
    for (int i = 0; i < 1024; i++) {
        jb_buf_printf(&text, ",\"%d\":\"\"", i);
    }
    jb_buf_puts(&text, "}");
    assert_int_equal(jb_json_to_tags(text.data, &record), -EBADMSG);
    assert_int_equal(record.tag_count, 0);
    jb_buf_finish(&text);
}

static void segments_come_back_whole_in_any_locale(void **state)
{
    (void)setlocale(LC_ALL, "de_DE.UTF-8");
    struct jb_record_segment segments[2] = {{.start_ns = INT64_MIN,
                                             .end_ns = INT64_MAX,
                                             .g_per_kwh = 0.1 + 0.2,
                                             .estimated = true,
                                             .age_s = 1e-300,
                                             .energy_uj = UINT64_MAX},
                                            {.g_per_kwh = NAN, .age_s = INFINITY}};
    jb_copy(segments[0].source, sizeof(segments[0].source), "a\"b");
    struct jb_record_segment *got = NULL;
    char *text = NULL;
    size_t count = 0;
    assert_int_equal(jb_json_from_segments(segments, 2, &text), 0);
    assert_int_equal(jb_json_to_segments(text, &got, &count), 0);
    (void)setlocale(LC_ALL, "C");
    assert_int_equal(count, 2);
    assert_true(got[0].start_ns == INT64_MIN && got[0].end_ns == INT64_MAX && got[0].energy_uj == UINT64_MAX);
    assert_true(got[0].g_per_kwh == 0.1 + 0.2 && got[0].age_s == 1e-300 && got[0].estimated);
    assert_string_equal(got[0].source, "a\"b");
    assert_true(isnan(got[1].g_per_kwh) && isnan(got[1].age_s) && !got[1].estimated); /* unknown, not 0 */
    free(got);
    free(text);
}

static void what_is_not_such_a_list_is_refused(void **state)
{
    static const char *const bad[] = {"",     "[",         "{",          "7",  "\"a\"", "null",
                                      "[1,2", "[\"a\",1]", "{\"a\":[]}", "[[", "\xff",  "[\"\\ud800\"]"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char **strings = NULL;
        size_t count = 3;
        struct jb_record record = {0};
        assert_int_equal(jb_json_to_strings(bad[i], &strings, &count), -EBADMSG);
        assert_true(strings == NULL && count == 3);
        assert_int_equal(jb_json_to_tags(bad[i], &record), -EBADMSG);
        jb_record_finish(&record);
    }
    struct jb_buf deep = {0};
    for (int i = 0; i < 100000; i++) {
        jb_buf_puts(&deep, "[");
    }
    struct jb_record_segment *segments = NULL;
    size_t count = 3;
    assert_int_equal(jb_json_to_segments(deep.data, &segments, &count), -EBADMSG);
    assert_int_equal(jb_json_to_segments("{}", &segments, &count), -EBADMSG);
    assert_true(segments == NULL && count == 3);
    jb_buf_finish(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_lists_are_no_text),
        cmocka_unit_test(strings_come_back_with_every_character),
        cmocka_unit_test(tags_keep_their_order),
        cmocka_unit_test(more_tags_than_anybody_gives_are_refused),
        cmocka_unit_test(segments_come_back_whole_in_any_locale),
        cmocka_unit_test(what_is_not_such_a_list_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
