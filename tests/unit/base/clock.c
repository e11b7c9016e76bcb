/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/clock.c. */
#include "base/clock.h"

#include "base/diag.h"
#include "support.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

static void every_unit_has_its_length(void **state)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } cases[] = {
        {"1ns", 1},
        {"1us", 1000},
        {"1ms", 1000000},
        {"1s", 1000000000},
        {"1m", UINT64_C(60000000000)},
        {"1h", UINT64_C(3600000000000)},
        {"1d", UINT64_C(86400000000000)},
        {"0s", 0},
        {"100ms", 100000000},
        {"1.5s", 1500000000},
        {".5s", 500000000},
        {"2.s", UINT64_C(2000000000)},
        {"007ms", 7000000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t ns = 99;
        assert_int_equal(jb_duration_parse(cases[i].text, &ns, NULL), 0);
        assert_int_equal(ns, cases[i].ns);
    }
}

static void decimals_are_exact(void **state)
{
    uint64_t ns;
    assert_int_equal(jb_duration_parse("1.1s", &ns, NULL), 0);
    assert_int_equal(ns, 1100000000);
    assert_int_equal(jb_duration_parse("0.000000001s", &ns, NULL), 0);
    assert_int_equal(ns, 1);
    assert_int_equal(jb_duration_parse("0.0000000004s", &ns, NULL), 0);
    assert_int_equal(ns, 0);
    assert_int_equal(jb_duration_parse("0.0000000006s", &ns, NULL), 0);
    assert_int_equal(ns, 1);
    assert_int_equal(jb_duration_parse("0.3333333333333333333333333333333333d", &ns, NULL), 0);
    assert_int_equal(ns, UINT64_C(28800000000000));
}

static void what_is_not_a_duration_is_refused_with_an_example(void **state)
{
    static const char *const bad[] = {"",    "s",    ".",    ".s",    "1",    "100",    "-1s",  "+1s",
                                      " 1s", "1s ",  "1 s",  "1sx",   "1S",   "1.2.3s", "1e3s", "0x1s",
                                      "nan", "infs", "1min", "1m30s", "1,5s", "\3771s", "ms"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t ns = 77;
        struct jb_diag diag = {0};
        assert_int_equal(jb_duration_parse(bad[i], &ns, &diag), -EINVAL);
        assert_int_equal(ns, 77);
        assert_non_null(strstr(diag.text, "100ms"));
    }
    uint64_t ns = 77;
    assert_int_equal(jb_duration_parse(NULL, &ns, NULL), -EINVAL);
}

static void a_duration_that_overflows_is_refused(void **state)
{
    static const char *const long_ones[] = {"18446744073709551616ns", "18446744074s", "213504d",
                                            "99999999999999999999999999999999s", "18446744073.709551616s"};
    for (size_t i = 0; i < sizeof(long_ones) / sizeof(long_ones[0]); i++) {
        uint64_t ns = 77;
        struct jb_diag diag = {0};
        assert_int_equal(jb_duration_parse(long_ones[i], &ns, &diag), -EINVAL);
        assert_int_equal(ns, 77);
        assert_non_null(strstr(diag.text, "too long"));
        assert_non_null(strstr(diag.text, "100ms"));
    }
    uint64_t ns = 0;
    assert_int_equal(jb_duration_parse("18446744073709551615ns", &ns, NULL), 0);
    assert_true(ns == UINT64_MAX);
    assert_int_equal(jb_duration_parse("18446744073.709551615s", &ns, NULL), 0);
    assert_true(ns == UINT64_MAX);
}

static void any_number_of_nanoseconds_reads_back(void **state)
{
    struct random r = random_start();
    for (int i = 0; i < 20000; i++) {
        uint64_t want = random_next(&r) >> random_below(&r, 64), got = 0;
        char text[64];
        snprintf(text, sizeof(text), "%" PRIu64 ".%09" PRIu64 "s", want / 1000000000, want % 1000000000);
        CHECK_SEEDED(&r, jb_duration_parse(text, &got, NULL) == 0 && got == want);
    }
}

static void wall_time_is_rfc_3339_in_utc(void **state)
{
    char text[32];
    assert_string_equal(jb_iso_time(0, text, sizeof(text)), "1970-01-01T00:00:00.000Z");
    assert_string_equal(jb_iso_time(INT64_C(951827696789999999), text, sizeof(text)), "2000-02-29T12:34:56.789Z");
    assert_string_equal(jb_iso_time(-1, text, sizeof(text)), "1969-12-31T23:59:59.999Z");
    assert_string_equal(jb_iso_time(INT64_C(-1000000000), text, sizeof(text)), "1969-12-31T23:59:59.000Z");
    assert_int_equal(strlen(jb_iso_time(jb_wall_ns(), text, 25)), 24);
}

static void a_short_buffer_is_terminated(void **state)
{
    char text[6] = "xxxxx";
    assert_string_equal(jb_iso_time(0, text, 5), "1970");
}

static void the_time_zone_does_not_matter(void **state)
{
    setenv("TZ", "Asia/Seoul", 1);
    tzset();
    char text[32];
    assert_string_equal(jb_iso_time(0, text, sizeof(text)), "1970-01-01T00:00:00.000Z");
    unsetenv("TZ");
    tzset();
}

static void clocks_never_run_backwards(void **state)
{
    uint64_t mono = jb_mono_ns(), boot = jb_boot_ns(), cpu = jb_self_cpu_ns();
    for (int i = 0; i < 1000; i++) {
        uint64_t m = jb_mono_ns(), b = jb_boot_ns(), c = jb_self_cpu_ns();
        assert_true(m >= mono && b >= boot && c >= cpu);
        mono = m, boot = b, cpu = c;
    }
    assert_true(cpu > 0);
    assert_true(jb_wall_ns() > INT64_C(1700000000) * 1000000000);
}

static void boot_time_is_never_less_than_monotonic_time(void **state)
{
    uint64_t mono = jb_mono_ns();
    assert_true(jb_boot_ns() >= mono);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_has_its_length),
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(what_is_not_a_duration_is_refused_with_an_example),
        cmocka_unit_test(a_duration_that_overflows_is_refused),
        cmocka_unit_test(any_number_of_nanoseconds_reads_back),
        cmocka_unit_test(wall_time_is_rfc_3339_in_utc),
        cmocka_unit_test(a_short_buffer_is_terminated),
        cmocka_unit_test(the_time_zone_does_not_matter),
        cmocka_unit_test(clocks_never_run_backwards),
        cmocka_unit_test(boot_time_is_never_less_than_monotonic_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
