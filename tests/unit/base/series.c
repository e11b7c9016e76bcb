/* SPDX-License-Identifier: Apache-2.0 */
/* Series: what they say at a time (with a clock that is only a number), and how files of them play. */
#include "base/series.h"

#include "base/clock.h"
#include "base/text.h"
#include "support.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define HEAD "# joulebook series 1"

static char said[512];

static int at(const char *text, uint64_t ms)
{
    ssize_t length = jb_series_at(text, strlen(text), ms * JB_NS_PER_MS, said, sizeof(said) - 1);
    said[length > 0 ? length : 0] = '\0';
    return (int)length;
}

static void says(const char *text, uint64_t ms, const char *expected)
{
    assert_int_equal(at(text, ms), strlen(expected));
    assert_string_equal(said, expected);
}

static void a_line_holds_until_the_next(void **state)
{
    const char *text = HEAD "\n0 100\n500 90\n1000 110\n";
    says(text, 0, "100\n");
    says(text, 499, "100\n");
    says(text, 500, "90\n");
    says(text, 999, "90\n");
    says(text, 1000, "110\n");
}

static void linear_integers_lie_between_the_lines(void **state)
{
    const char *text = HEAD " linear\n0 5000000000\n10000 6000000000\n";
    says(text, 0, "5000000000\n");
    says(text, 1, "5000100000\n");
    says(text, 5000, "5500000000\n");
    says(text, 10000, "6000000000\n");
}

static void all_integers_of_a_line_move_and_words_do_not(void **state)
{
    const char *text = HEAD " linear\n0 cpu0 10 J -20 us 1.5\n100 cpu0 20 J 20 us 1.5\n";
    says(text, 50, "cpu0 15 J 0 us 1.5\n");
    says(text, 25, "cpu0 12 J -10 us 1.5\n");
}

static void every_makes_steps_of_a_line(void **state)
{
    const char *text = HEAD " linear every=100\n0 0\n1000 1000\n";
    says(text, 99, "0\n");
    says(text, 100, "100\n");
    says(text, 199, "100\n");
}

static void a_counter_wraps_at_its_range(void **state)
{
    const char *falls = HEAD " linear wrap=1000\n0 990\n100 10\n";
    says(falls, 50, "0\n");
    says(falls, 25, "995\n");
    says(falls, 75, "5\n");
    says(falls, 200, "30\n");   /* goes on */
    says(falls, 5000, "990\n"); /* 50 rounds of 20 */
    const char *rises = HEAD " wrap=1000 linear\n0 990\n100 1010\n";
    says(rises, 50, "0\n");
    says(rises, 99, "9\n");
    says(rises, 100, "10\n");
}

static void a_counter_goes_on_at_its_mean_rate(void **state)
{
    const char *text = HEAD " linear\n0 1000\n1000 1500\n2000 3000\n";
    says(text, 2000, "3000\n");
    says(text, 4000, "5000\n");
    says(text, 1000000, "1001000\n");
    const char *steps = HEAD "\n0 0\n100 10\n200 20\n";
    says(steps, 1099, "100\n");
    says(steps, 1100, "110\n");
}

static void a_counter_of_64_bits_comes_round(void **state)
{
    says(HEAD " linear\n0 0\n1000 18446744073709551615\n", 2000, "18446744073709551614\n");
}

static void what_falls_begins_again(void **state)
{
    const char *text = HEAD "\n0 100\n100 300\n200 200\n"; /* the last line holds as long as the others */
    says(text, 299, "200\n");
    says(text, 300, "100\n");
    says(text, 400, "300\n");
    says(text, 300 * 1000 + 250, "200\n");
    says(HEAD " linear\n0 100\n100 300\n200 200\n", 250, "150\n"); /* on its way back */
}

static void what_comes_then_can_be_said(void **state)
{
    says(HEAD " then=again\n0 1\n100 2\n", 250, "1\n");
    says(HEAD " then=stay linear\n0 1\n100 2\n", 250, "2\n");
    says(HEAD " hex\n0 01\n100 02\n", 250, "\x02");
    says(HEAD " hex then=again\n0 01\n100 02\n", 250, "\x01");
}

static void one_line_is_a_constant(void **state)
{
    says(HEAD " linear\n0 95000", 0, "95000\n");
    says(HEAD " linear\n700 95000", 123456, "95000\n");
    says(HEAD " linear\n700 1\n800 2", 0, "1\n"); /* before the first line */
}

static void lines_that_are_not_alike_are_never_mixed(void **state)
{
    const char *text = HEAD " linear\n0 Discharging 10\n100 Full 20\n";
    says(text, 99, "Discharging 10\n");
    says(text, 100, "Full 20\n");
    says(HEAD " linear\n0 1.5\n100 2.5\n", 50, "1.5\n"); /* no integers */
    says(HEAD " linear\n0 007\n100 009\n", 50, "007\n");
    says(HEAD " linear\n0 99999999999999999999999\n100 5\n", 50, "99999999999999999999999\n");
}

static void escapes_make_lines_and_empty_files(void **state)
{
    says(HEAD " linear\n0 cpu 10 20\\ncpu0 10\n100 cpu 20 40\\ncpu0 20\n", 50, "cpu 15 30\ncpu0 15\n");
    says(HEAD "\n0 a\\\\n\\!\n", 0, "a\\n!\n");
    says(HEAD "\n0\n100 5\n", 50, "");
    says(HEAD "\n0 \n100 5\n", 50, "");
}

static void a_reading_can_fail_for_a_while(void **state)
{
    const char *text = HEAD " linear\n0 10\n100 !ENODATA\n200 30\n300 40\n";
    says(text, 50, "10\n");
    assert_int_equal(at(text, 100), -ENODATA);
    assert_int_equal(at(text, 199), -ENODATA);
    says(text, 250, "35\n");
    says(text, 310, "40\n"); /* 300: 10 again, on top of 30 */
    assert_int_equal(at(text, 420), -ENODATA);
}

static void bytes_are_bytes_and_fields_in_them_grow(void **state)
{
    const char *text = HEAD " hex add=1:2:10 add=3:1:256\n0 ff000102Aa\n2000 0001020304\n";
    assert_int_equal(at(text, 0), 5);
    assert_memory_equal(said, "\xff\x00\x01\x02\xaa", 5);
    assert_int_equal(at(text, 1000), 5);
    assert_memory_equal(said, "\xff\x0a\x01\x02\xaa", 5);
    assert_int_equal(at(text, 30000), 5);
    assert_memory_equal(said, "\x00\x2d\x03\x03\x04", 5); /* 0x0201 + 300 */
    assert_int_equal(at(HEAD " hex add=0:8:1000 every=500\n0 ffffffffffffffff\n", 1400), 8);
    assert_memory_equal(said, "\xe7\x03\0\0\0\0\0\0", 8); /* -1 + 1000 */
}

static void a_field_of_bytes_can_go_on_when_all_begins_again(void **state)
{
    const char *text = HEAD " hex round=1:2:300\n0 07000100\n100 08640100\n200 092c0200\n";
    assert_int_equal(at(text, 150), 4);
    assert_memory_equal(said, "\x08\x64\x01\x00", 4);
    assert_int_equal(at(text, 200), 4);
    assert_memory_equal(said, "\x09\x2c\x02\x00", 4);
    assert_int_equal(at(text, 210), 4); /* the first line, and 300 more */
    assert_memory_equal(said, "\x07\x2c\x02\x00", 4);
    assert_int_equal(at(text, 710), 4); /* the second, and 900 more */
    assert_memory_equal(said, "\x08\xe8\x04\x00", 4);
}

static void a_short_buffer_gets_the_beginning(void **state)
{
    char two[2];
    const char *text = HEAD "\n0 12345\n", *bytes = HEAD " hex add=1:2:256\n0 000000\n";
    assert_int_equal(jb_series_at(text, strlen(text), 0, two, 2), 2);
    assert_memory_equal(two, "12", 2);
    assert_int_equal(jb_series_at(bytes, strlen(bytes), 3 * JB_NS_PER_S, two, 2), 2);
    assert_memory_equal(two, "\0\0", 2);
    assert_int_equal(jb_series_at(text, strlen(text), 0, two, 0), 0);
}

static void what_is_no_series_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "#",
        "12\n",
        "# joulebook series",
        "# joulebook series 2\n0 1\n",
        "# joulebook series 12\n0 1\n",
        HEAD,
        HEAD "\n",
        HEAD "\n\n",
        HEAD "\n# nothing\n",
        HEAD " fast\n0 1\n",
        HEAD " linear=1\n0 1\n",
        HEAD " every=0\n0 1\n",
        HEAD " every=\n0 1\n",
        HEAD " every=1s\n0 1\n",
        HEAD " every=-1\n0 1\n",
        HEAD " every=99999999999999999999\n0 1\n",
        HEAD " wrap=0\n0 1\n",
        HEAD " wrap=1\n0 1\n",
        HEAD " wrap=x\n0 1\n",
        HEAD " wrap=18446744073709551616\n0 1\n",
        HEAD " then=never\n0 1\n",
        HEAD " add=0:1:1\n0 1\n",
        HEAD " hex linear\n0 11\n",
        HEAD " hex wrap=5\n0 11\n",
        HEAD " hex add=0:9:1\n0 112233445566778899\n",
        HEAD " hex add=0:0:1\n0 11\n",
        HEAD " hex add=0:1\n0 11\n",
        HEAD " round=0:1:1\n0 11\n",
        HEAD " hex round=1:1:1\n0 11\n",
        HEAD " hex add=0:1:1:1\n0 11\n",
        HEAD " hex add=1:1:1\n0 11\n",
        HEAD " hex add=18446744073709551615:8:1\n0 11\n",
        HEAD " hex\n0 1\n",
        HEAD " hex\n0 1g\n",
        HEAD " hex\n0 11 22\n",
        HEAD "\n5 1\n5 2\n",
        HEAD "\n5 1\n4 2\n",
        HEAD "\n-1 1\n",
        HEAD "\n 1 1\n",
        HEAD "\nx 1\n",
        HEAD "\n1x 1\n",
        HEAD "\n1000000000001 1\n",
        HEAD "\n99999999999999999999999 1\n",
        HEAD "\n0 \\\n",
        HEAD "\n0 \\x\n",
        HEAD "\n0 !\n",
        HEAD "\n0 !EWHAT\n",
        HEAD "\n0 1\n1 !\n",
        HEAD "\tlinear\n0 1\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (at(bad[i], 0) != -EINVAL) {
            print_message("taken: %s\n", bad[i]);
        }
        assert_int_equal(at(bad[i], 0), -EINVAL);
    }
    assert_int_equal(jb_series_at(HEAD "\n0 1\0\n", strlen(HEAD) + 6, 0, said, sizeof(said)), -EINVAL);
    assert_int_equal(jb_series_at(HEAD, (size_t)JB_SERIES_LIMIT + 1, 0, said, sizeof(said)), -EFBIG);
}

static void the_largest_numbers_do_not_overflow(void **state)
{
    const char *text = HEAD " linear wrap=18446744073709551615 every=1\n"
                            "0 0\n999999999999 18446744073709551614\n1000000000000 18446744073709551613\n";
    const uint64_t times[] = {0, UINT64_MAX, INT64_MAX, UINT64_C(999999999999) * JB_NS_PER_MS, 1};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        assert_true(jb_series_at(text, strlen(text), times[i], said, sizeof(said)) > 1);
    }
    says(HEAD " linear\n0 -18446744073709551615\n2 18446744073709551615\n", 1, "0\n");
}

static int make(void **state)
{
    struct scratch *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    scratch_make(s);
    *state = s;
    return 0;
}

static int unmake(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static void ordinary_files_are_told_from_series_by_their_beginning(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "n", "#12");
    int fd = jb_series_open(s->path, "/n", 0);
    assert_false(jb_series_begins(fd, "12", 2));
    assert_false(jb_series_begins(fd, "", 0));
    assert_false(jb_series_begins(fd, "#12", 3));
    assert_true(jb_series_begins(fd, HEAD " ", strlen(HEAD) + 1));
    assert_false(jb_series_begins(fd, "# joulebook serious 1", 21));
    assert_int_equal(jb_series_pread_text(fd, said, sizeof(said)), 3);
    assert_string_equal(said, "#12");
    close(fd);
}

static void a_short_look_at_a_series_is_enough_to_know_it(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "n.series", HEAD "\n0 7\n");
    int fd = jb_series_open(s->path, "/n", 0);
    assert_true(jb_series_begins(fd, "# jo", 4));
    char four[4];
    assert_int_equal(jb_series_pread_text(fd, four, sizeof(four)), 2);
    assert_string_equal(four, "7\n");
    close(fd);
}

static void the_series_is_opened_in_the_place_of_the_file(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "n", "1\n");
    int fd = jb_series_open(s->path, "/n", 0);
    assert_int_equal(jb_series_pread_text(fd, said, sizeof(said)), 2);
    assert_string_equal(said, "1\n");
    close(fd);
    scratch_text(s, "n.series", HEAD "\n0 2\n1000000000000 3\n");
    fd = jb_series_open(s->path, "/n", 0);
    assert_int_equal(jb_series_pread_text(fd, said, sizeof(said)), 2);
    assert_string_equal(said, "2\n");
    close(fd);
}

static void each_descriptor_plays_from_when_it_was_opened(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "n.series", HEAD " linear\n0 0\n1000000 1000000\n"); /* the milliseconds since it was opened */
    int first = jb_series_open(s->path, "/n", 0);
    struct timespec pause = {.tv_nsec = 30 * 1000000};
    nanosleep(&pause, NULL);
    int second = jb_series_open(s->path, "/n", 0);
    uint64_t older, younger;
    assert_true(jb_series_pread_text(second, said, sizeof(said)) > 0);
    assert_int_equal(jb_parse_u64(jb_trim(said), &younger), 0);
    assert_true(jb_series_pread_text(first, said, sizeof(said)) > 0);
    assert_int_equal(jb_parse_u64(jb_trim(said), &older), 0);
    assert_true(older >= younger + 29);
    jb_series_follow(first, second);
    assert_true(jb_series_pread_text(second, said, sizeof(said)) > 0);
    assert_int_equal(jb_parse_u64(jb_trim(said), &younger), 0);
    assert_true(younger >= older);
    close(first);
    close(second);
}

static void the_real_machine_has_no_series(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "n", "1");
    scratch_text(s, "n.series", HEAD "\n0 2\n");
    int fd = jb_series_open(NULL, scratch_at(s, "n"), 0);
    assert_int_equal(jb_series_pread_text(fd, said, sizeof(said)), 1);
    assert_string_equal(said, "1");
    close(fd);
}

static void a_series_in_the_file_itself_is_no_value(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "n", HEAD "\n0 2\n");
    int fd = jb_series_open(s->path, "/n", 0);
    assert_int_equal(jb_series_pread_text(fd, said, sizeof(said)), -EINVAL);
    assert_string_equal(said, "");
    close(fd);
}

static void a_series_that_is_no_file_or_too_long_or_denied_is_an_error(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "fifo", "1");
    assert_int_equal(mkfifo(scratch_at(s, "fifo.series"), 0644), 0);
    assert_int_equal(jb_series_open(s->path, "/fifo", O_NONBLOCK), -EINVAL);
    char *long_text = malloc(JB_SERIES_LIMIT + 1);
    assert_non_null(long_text);
    memset(long_text, '\n', JB_SERIES_LIMIT + 1);
    memcpy(long_text, HEAD "\n0 1\n", sizeof(HEAD) + 4);
    scratch_write(s, "long.series", long_text, JB_SERIES_LIMIT + 1);
    int fd = jb_series_open(s->path, "/long", 0);
    assert_int_equal(jb_series_read(fd, said, sizeof(said)), -EFBIG);
    close(fd);
    scratch_write(s, "long.series", long_text, JB_SERIES_LIMIT);
    fd = jb_series_open(s->path, "/long", 0);
    assert_int_equal(jb_series_read(fd, said, sizeof(said)), 2);
    close(fd);
    free(long_text);
    assert_int_equal(jb_series_open(s->path, "/../fifo", 0), -EINVAL);
    assert_int_equal(jb_series_open(s->path, "/none", 0), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_holds_until_the_next),
        cmocka_unit_test(linear_integers_lie_between_the_lines),
        cmocka_unit_test(all_integers_of_a_line_move_and_words_do_not),
        cmocka_unit_test(every_makes_steps_of_a_line),
        cmocka_unit_test(a_counter_wraps_at_its_range),
        cmocka_unit_test(a_counter_goes_on_at_its_mean_rate),
        cmocka_unit_test(a_counter_of_64_bits_comes_round),
        cmocka_unit_test(what_falls_begins_again),
        cmocka_unit_test(what_comes_then_can_be_said),
        cmocka_unit_test(one_line_is_a_constant),
        cmocka_unit_test(lines_that_are_not_alike_are_never_mixed),
        cmocka_unit_test(escapes_make_lines_and_empty_files),
        cmocka_unit_test(a_reading_can_fail_for_a_while),
        cmocka_unit_test(bytes_are_bytes_and_fields_in_them_grow),
        cmocka_unit_test(a_field_of_bytes_can_go_on_when_all_begins_again),
        cmocka_unit_test(a_short_buffer_gets_the_beginning),
        cmocka_unit_test(what_is_no_series_is_refused),
        cmocka_unit_test(the_largest_numbers_do_not_overflow),
        cmocka_unit_test_setup_teardown(ordinary_files_are_told_from_series_by_their_beginning, make, unmake),
        cmocka_unit_test_setup_teardown(a_short_look_at_a_series_is_enough_to_know_it, make, unmake),
        cmocka_unit_test_setup_teardown(the_series_is_opened_in_the_place_of_the_file, make, unmake),
        cmocka_unit_test_setup_teardown(each_descriptor_plays_from_when_it_was_opened, make, unmake),
        cmocka_unit_test_setup_teardown(the_real_machine_has_no_series, make, unmake),
        cmocka_unit_test_setup_teardown(a_series_in_the_file_itself_is_no_value, make, unmake),
        cmocka_unit_test_setup_teardown(a_series_that_is_no_file_or_too_long_or_denied_is_an_error, make, unmake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
