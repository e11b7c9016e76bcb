/* SPDX-License-Identifier: Apache-2.0 */
/* Series made of samples, and that they say what was seen. */
#include "base/series_write.h"

#include "base/clock.h"
#include "base/series.h"
#include "support.h"

#include <errno.h>
#include <inttypes.h>

static char said[2048];

static ssize_t at(const struct jb_buf *text, uint64_t ms)
{
    ssize_t length = jb_series_at(text->data, text->length, ms * JB_NS_PER_MS, said, sizeof(said) - 1);
    said[length > 0 ? length : 0] = '\0';
    return length;
}

static void see(struct jb_series_writer *writer, uint64_t ms, const char *text)
{
    jb_series_seen(writer, ms, text, strlen(text));
}

static bool head_has(const struct jb_buf *text, const char *word)
{
    const char *end = strchr(text->data, '\n');
    const char *found = strstr(text->data, word);
    return found && found < end;
}

static void what_was_seen_is_said(void **state)
{
    static const char *const contents[] = {"5\n",          "a b\n", "",        "two\nlines\n",
                                           "back\\slash!", "!EIO",  "\ttab\n", "x\n\n"};
    struct jb_series_writer writer = {0};
    struct jb_buf text = {0};
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        see(&writer, i * 20, contents[i]);
    }
    assert_int_equal(jb_series_write(&writer, 0, &text), 0);
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        size_t length = strlen(contents[i]);
        bool cut = length > 0 && contents[i][length - 1] != '\n'; /* then it gets a newline */
        assert_int_equal(at(&text, i * 20), length + cut);
        assert_memory_equal(said, contents[i], length);
    }
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

static void bytes_and_failures_are_said_too(void **state)
{
    struct jb_series_writer writer = {0};
    struct jb_buf text = {0};
    jb_series_seen(&writer, 0, "\x00\xff", 2);
    jb_series_seen_failing(&writer, 20, -ENODATA);
    jb_series_seen(&writer, 40, "\n", 1);
    jb_series_seen_failing(&writer, 60, 9999); /* no name for it */
    assert_int_equal(jb_series_write(&writer, 5, &text), 0);
    assert_true(head_has(&text, " hex"));
    assert_int_equal(at(&text, 0), 2);
    assert_memory_equal(said, "\x00\xff", 2);
    assert_int_equal(at(&text, 20), -ENODATA);
    assert_int_equal(at(&text, 40), 1);
    assert_int_equal(at(&text, 60), -EIO);
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

/* A counter of `per_ms`, looked at each 20 ms; it moves each `every` ms. */
static void count(struct jb_series_writer *writer, uint64_t per_ms, uint64_t every, uint64_t wrap)
{
    for (uint64_t ms = 0; ms <= 10000; ms += 20) {
        char content[32];
        uint64_t value = 1000000 + per_ms * (ms - ms % every);
        snprintf(content, sizeof(content), "%" PRIu64 "\n", wrap > 0 ? value % wrap : value);
        see(writer, ms, content);
    }
}

static uint64_t value_at(const struct jb_buf *text, uint64_t ms)
{
    uint64_t value = 0;
    assert_true(at(text, ms) > 0);
    assert_int_equal(jb_parse_u64(jb_trim(said), &value), 0);
    return value;
}

static void a_counter_that_moves_all_the_time_is_linear_and_goes_on(void **state)
{
    struct jb_series_writer writer = {0};
    struct jb_buf text = {0};
    count(&writer, 100, 1, 0);
    assert_int_equal(jb_series_write(&writer, 0, &text), 0);
    assert_true(head_has(&text, " linear"));
    assert_int_equal(value_at(&text, 7), 1000000 + 700);
    assert_int_equal(value_at(&text, 100000), 1000000 + 10000000);
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

static void a_slow_counter_keeps_its_steps_and_its_mean_rate(void **state)
{
    struct jb_series_writer writer = {0};
    struct jb_buf text = {0};
    count(&writer, 100, 400, 0);
    assert_int_equal(jb_series_write(&writer, 0, &text), 0);
    assert_false(head_has(&text, " linear"));
    assert_int_equal(value_at(&text, 399), 1000000);
    assert_int_equal(value_at(&text, 400), 1000000 + 40000);
    assert_int_equal(value_at(&text, 100000), 1000000 + 10000000);
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

static void a_counter_wraps_where_it_did(void **state)
{
    struct jb_series_writer writer = {0};
    struct jb_buf text = {0};
    count(&writer, 100, 1, 1500000);
    assert_int_equal(jb_series_write(&writer, 1500000, &text), 0);
    assert_true(head_has(&text, " wrap=1500000"));
    assert_int_equal(value_at(&text, 5000), 0);
    assert_int_equal(value_at(&text, 5010), 1000);
    assert_int_equal(value_at(&text, 20000), 0);
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

static void a_gauge_begins_again(void **state)
{
    struct jb_series_writer writer = {0};
    struct jb_buf text = {0};
    see(&writer, 0, "100\n");
    see(&writer, 20, "100\n");
    see(&writer, 40, "120\n"); /* one step up is no rate */
    see(&writer, 80, "120\n");
    assert_int_equal(jb_series_write(&writer, 0, &text), 0);
    assert_true(head_has(&text, " then=again"));
    assert_int_equal(value_at(&text, 85), 120);
    assert_int_equal(value_at(&text, 125), 100);
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

static void lines_of_counters_are_linear_as_one_is(void **state)
{
    struct jb_series_writer writer = {0};
    struct jb_buf text = {0};
    for (uint64_t ms = 0; ms <= 1000; ms += 20) {
        char content[64];
        snprintf(content, sizeof(content), "cpu  %" PRIu64 " 0 5\ncpu0 %" PRIu64 " 0 5\n", 2 * ms, ms);
        see(&writer, ms, content);
    }
    assert_int_equal(jb_series_write(&writer, 1000, &text), 0);
    assert_true(head_has(&text, " linear"));
    assert_false(head_has(&text, " wrap")); /* of one integer alone */
    assert_true(at(&text, 5010) > 0);
    assert_string_equal(said, "cpu  10020 0 5\ncpu0 5010 0 5\n");
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

static void a_long_recording_is_thinned_and_keeps_its_ends(void **state)
{
    struct jb_series_writer writer = {.limit = 4096};
    struct jb_buf text = {0};
    count(&writer, 100, 1, 0);
    assert_int_equal(jb_series_write(&writer, 0, &text), 0);
    assert_true(text.length <= 4096);
    assert_true(text.length >= 500);
    assert_int_equal(value_at(&text, 0), 1000000);
    assert_true(value_at(&text, 9000) >= 1000000 + 850000);
    assert_true(value_at(&text, 9000) <= 1000000 + 950000);
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

static void what_never_changed_is_one_line_and_nothing_is_no_series(void **state)
{
    struct jb_series_writer writer = {0};
    struct jb_buf text = {0};
    assert_int_equal(jb_series_write(&writer, 0, &text), -ENODATA);
    see(&writer, 0, "7\n");
    see(&writer, 20, "7\n");
    see(&writer, 20, "9\n"); /* no later than the last: not taken */
    assert_int_equal(writer.changes, 0);
    assert_int_equal(jb_series_write(&writer, 0, &text), 0);
    assert_int_equal(value_at(&text, 5000), 7);
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

static void a_counter_among_bytes_goes_on(void **state)
{
    struct jb_series_writer writer = {0};
    struct jb_buf text = {0};
    for (uint64_t ms = 0; ms <= 1000; ms += 20) {
        unsigned char bytes[20] = {
            0xff, (unsigned char)ms, [8] = (unsigned char)ms, [9] = (unsigned char)(ms >> 8), [19] = 1};
        jb_series_seen(&writer, ms, bytes, sizeof(bytes));
    }
    assert_int_equal(jb_series_write(&writer, 0, &text), 0);
    assert_true(head_has(&text, " hex round=8:8:1000"));
    assert_int_equal(at(&text, 5010), 20);
    assert_int_equal((unsigned char)said[8] | (unsigned char)said[9] << 8, 5000);
    assert_int_equal((unsigned char)said[0], 0xff);
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

static void what_a_device_said_is_a_series_too(void **state)
{
    struct jb_series_writer writer = {0};
    struct jb_buf text = {0};
    jb_series_seen_said(&writer, "5000000000 7 8\nrubbish\n12\n5100000000 9 8\n4000000000 1 1\n5200000000 7 8\ncut");
    assert_int_equal(writer.changes, 2);
    assert_int_equal(jb_series_write(&writer, 0, &text), 0);
    assert_int_equal(at(&text, 99), 4);
    assert_string_equal(said, "7 8\n");
    assert_int_equal(at(&text, 100), 4);
    assert_string_equal(said, "9 8\n");
    jb_buf_finish(&text);
    jb_series_writer_finish(&writer);
}

static void whatever_is_seen_makes_a_series(void **state)
{
    struct random r = random_start();
    for (int i = 0; i < 500; i++) {
        struct jb_series_writer writer = {.limit = 600 + random_below(&r, 4000)};
        struct jb_buf text = {0};
        uint64_t ms = 0;
        size_t samples = 1 + random_below(&r, 60);
        for (size_t k = 0; k < samples; k++, ms += 1 + random_below(&r, 30)) {
            char content[24];
            size_t length = random_below(&r, sizeof(content));
            for (size_t c = 0; c < length; c++) {
                content[c] = "0019 -\n\\!a#."[random_below(&r, i % 10 == 0 ? 13 : 12)];
            }
            jb_series_seen(&writer, ms, content, length);
        }
        CHECK_SEEDED(&r, jb_series_write(&writer, i % 3 ? 0 : 1000, &text) == 0);
        CHECK_SEEDED(&r, text.length <= writer.limit);
        CHECK_SEEDED(&r, at(&text, random_below(&r, 3000)) >= 0);
        jb_buf_finish(&text);
        jb_series_writer_finish(&writer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_seen_is_said),
        cmocka_unit_test(bytes_and_failures_are_said_too),
        cmocka_unit_test(a_counter_that_moves_all_the_time_is_linear_and_goes_on),
        cmocka_unit_test(a_slow_counter_keeps_its_steps_and_its_mean_rate),
        cmocka_unit_test(a_counter_wraps_where_it_did),
        cmocka_unit_test(a_gauge_begins_again),
        cmocka_unit_test(lines_of_counters_are_linear_as_one_is),
        cmocka_unit_test(a_long_recording_is_thinned_and_keeps_its_ends),
        cmocka_unit_test(what_never_changed_is_one_line_and_nothing_is_no_series),
        cmocka_unit_test(a_counter_among_bytes_goes_on),
        cmocka_unit_test(what_a_device_said_is_a_series_too),
        cmocka_unit_test(whatever_is_seen_makes_a_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
