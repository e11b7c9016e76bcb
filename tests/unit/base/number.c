/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/number.c. */
#include "base/text.h"
#include "support.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

static void u64_takes_the_whole_range(void **state)
{
    uint64_t v = 1;
    assert_int_equal(jb_parse_u64("0", &v), 0);
    assert_true(v == 0);
    assert_int_equal(jb_parse_u64("18446744073709551615", &v), 0);
    assert_true(v == UINT64_MAX);
    assert_int_equal(jb_parse_u64("00012", &v), 0);
    assert_true(v == 12);
}

static void u64_refuses_everything_else(void **state)
{
    static const char *const bad[] = {"", " 1", "1 ", "+1", "-1", "12x", "0x10", "1.0", "1e3", "\n", "x"};
    uint64_t v = 77;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(jb_parse_u64(bad[i], &v), -EINVAL);
    }
    assert_int_equal(jb_parse_u64(NULL, &v), -EINVAL);
    assert_int_equal(jb_parse_u64("18446744073709551616", &v), -ERANGE);
    assert_int_equal(jb_parse_u64("99999999999999999999999999", &v), -ERANGE);
    assert_int_equal(jb_parse_u64("99999999999999999999999999x", &v), -EINVAL);
    assert_true(v == 77);
}

static void i64_takes_both_ends(void **state)
{
    int64_t v = 1;
    assert_int_equal(jb_parse_i64("-9223372036854775808", &v), 0);
    assert_true(v == INT64_MIN);
    assert_int_equal(jb_parse_i64("9223372036854775807", &v), 0);
    assert_true(v == INT64_MAX);
    assert_int_equal(jb_parse_i64("-0", &v), 0);
    assert_true(v == 0);
    v = 77;
    assert_int_equal(jb_parse_i64("-9223372036854775809", &v), -ERANGE);
    assert_int_equal(jb_parse_i64("9223372036854775808", &v), -ERANGE);
    assert_int_equal(jb_parse_i64("--1", &v), -EINVAL);
    assert_int_equal(jb_parse_i64("-", &v), -EINVAL);
    assert_int_equal(jb_parse_i64("- 1", &v), -EINVAL);
    assert_int_equal(jb_parse_i64(NULL, &v), -EINVAL);
    assert_true(v == 77);
}

static void doubles_are_plain_decimals(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0}, {"-1.5", -1.5}, {"+2", 2}, {".5", .5}, {"5.", 5}, {"1e3", 1000}, {"1E-3", .001}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        double v = NAN;
        assert_int_equal(jb_parse_double(good[i].text, &v), 0);
        assert_true(v == good[i].value);
    }
    static const char *const bad[] = {"",  " 1", "1 ",    "1,5", "0x1p3", "inf", "nan", "infinity", "1e", "e1",
                                      ".", "-",  "1.2.3", "1-2", "12x",   "--1", "1e+", "NAN(1)",   "\n"};
    double v = 77;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(jb_parse_double(bad[i], &v), -EINVAL);
    }
    assert_int_equal(jb_parse_double(NULL, &v), -EINVAL);
    assert_int_equal(jb_parse_double("1e999", &v), -ERANGE);
    assert_int_equal(jb_parse_double("-1e999", &v), -ERANGE);
    assert_int_equal(jb_parse_double("1e-999", &v), -ERANGE); /* not zero, so it must not become zero */
    assert_true(v == 77);
}

static void doubles_ignore_the_locale_and_keep_errno(void **state)
{
    enter_comma_locale();
    double v = 0;
    errno = EXDEV;
    assert_int_equal(jb_parse_double("1.5", &v), 0);
    assert_true(v == 1.5);
    assert_int_equal(jb_parse_double("1e999", &v), -ERANGE);
    assert_int_equal(errno, EXDEV);
    setlocale(LC_ALL, "C");
}

static void every_double_reads_back(void **state)
{
    struct random r = random_start();
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_next(&r);
        double want, got = 0;
        memcpy(&want, &bits, sizeof(want));
        if (!isfinite(want)) {
            continue;
        }
        char text[64];
        jb_snprintf(text, sizeof(text), "%.17g", want);
        CHECK_SEEDED(&r, jb_parse_double(text, &got) == 0 && got == want);
    }
}

static void scan_stops_at_the_length_and_says_where(void **state)
{
    const char *text = " \t123 456";
    const char *end = NULL;
    uint64_t v = 0;
    assert_int_equal(jb_scan_u64(text, strlen(text), &v, &end), 0);
    assert_true(v == 123);
    assert_ptr_equal(end, text + 5);
    assert_int_equal(jb_scan_u64(end, strlen(end), &v, &end), 0);
    assert_true(v == 456);
    assert_int_equal(*end, '\0');
    assert_int_equal(jb_scan_u64(text, 4, &v, NULL), 0);
    assert_true(v == 12);
}

static void scan_needs_a_digit_and_a_number_that_fits(void **state)
{
    const char *end = (const char *)1;
    uint64_t v = 77;
    assert_int_equal(jb_scan_u64("", 0, &v, &end), -EINVAL);
    assert_int_equal(jb_scan_u64("  ", 2, &v, &end), -EINVAL);
    assert_int_equal(jb_scan_u64("x1", 2, &v, &end), -EINVAL);
    assert_int_equal(jb_scan_u64("-1", 2, &v, &end), -EINVAL);
    assert_int_equal(jb_scan_u64("\n1", 2, &v, &end), -EINVAL); /* the next line is another record */
    assert_int_equal(jb_scan_u64("18446744073709551616", 20, &v, &end), -ERANGE);
    assert_true(v == 77 && end == (const char *)1);
}

static void scan_reads_no_byte_beyond_the_length(void **state)
{
    char *exact = malloc(3); /* a sanitizer sees the fourth byte */
    assert_non_null(exact);
    exact[0] = '9', exact[1] = '8', exact[2] = '7';
    uint64_t v = 0;
    assert_int_equal(jb_scan_u64(exact, 3, &v, NULL), 0);
    assert_true(v == 987);
    memset(exact, ' ', 3);
    assert_int_equal(jb_scan_u64(exact, 3, &v, NULL), -EINVAL);
    free(exact);
}

static void all_u64_read_back(void **state)
{
    struct random r = random_start();
    for (int i = 0; i < 20000; i++) {
        uint64_t want = random_next(&r) >> random_below(&r, 64), got = 0, scanned = 0;
        int64_t negative = 0;
        char text[32];
        snprintf(text, sizeof(text), "%" PRIu64, want);
        CHECK_SEEDED(&r, jb_parse_u64(text, &got) == 0 && got == want);
        CHECK_SEEDED(&r, jb_scan_u64(text, strlen(text), &scanned, NULL) == 0 && scanned == want);
        snprintf(text, sizeof(text), "%" PRId64, (int64_t)want);
        CHECK_SEEDED(&r, jb_parse_i64(text, &negative) == 0 && negative == (int64_t)want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(u64_takes_the_whole_range),
        cmocka_unit_test(u64_refuses_everything_else),
        cmocka_unit_test(i64_takes_both_ends),
        cmocka_unit_test(doubles_are_plain_decimals),
        cmocka_unit_test(doubles_ignore_the_locale_and_keep_errno),
        cmocka_unit_test(every_double_reads_back),
        cmocka_unit_test(scan_stops_at_the_length_and_says_where),
        cmocka_unit_test(scan_needs_a_digit_and_a_number_that_fits),
        cmocka_unit_test(scan_reads_no_byte_beyond_the_length),
        cmocka_unit_test(all_u64_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
