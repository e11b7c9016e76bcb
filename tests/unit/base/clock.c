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

static void times_of_all_services_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01", 0},
        {"2026-11-22T12:00:00Z", INT64_C(1795348800000000000)},
        {"2026-11-22t12:00:00z", INT64_C(1795348800000000000)},
        {"2026-11-22 12:00:00", INT64_C(1795348800000000000)},
        {"2026-11-22T12:00Z", INT64_C(1795348800000000000)},
        {"2026-11-22T12", INT64_C(1795348800000000000)},
        {"2026-11-22T12Z", INT64_C(1795348800000000000)},
        {"2026-11-22T12:00:00.123Z", INT64_C(1795348800123000000)},
        {"2026-11-22T12:00:00.123456789Z", INT64_C(1795348800123456789)},
        {"2026-11-22T12:00:00.1234567899999999999999Z", INT64_C(1795348800123456789)},
        {"2026-11-22T13:00:00+01:00", INT64_C(1795348800000000000)},
        {"2026-11-22T13:00:00+0100", INT64_C(1795348800000000000)},
        {"2026-11-22T13:00:00+01", INT64_C(1795348800000000000)},
        {"2026-11-22T13:00+01:00", INT64_C(1795348800000000000)},
        {"2026-11-22T06:15:00-05:45", INT64_C(1795348800000000000)},
        {"2026-11-22T17:30:00.000+05:30", INT64_C(1795348800000000000)},
        {"2026-11-22T00:00:00+15:59", INT64_C(1795248060000000000)},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000000000)},
        {"2026-11-21T24:00:00Z", INT64_C(1795305600000000000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000000000)},
        {"2200-12-31T23:59:59Z", INT64_C(7289654399000000000)},
        {"1970-01-01T00:00:00+01:00", INT64_C(-3600000000000)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ns = 77;
        if (jb_iso_parse(cases[i].text, &ns) != 0 || ns != cases[i].ns) {
            fail_msg("%s is %" PRId64, cases[i].text, ns);
        }
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "now",
                                      "2026",
                                      "2026-11",
                                      "2026-11-2",
                                      "2026-1-22T12:00Z",
                                      "26-11-22T12:00Z",
                                      "2026/11/22",
                                      "20261122T120000Z",
                                      "2026-11-22T",
                                      "2026-11-22Tx",
                                      "2026-11-22T1",
                                      "2026-11-22T12:",
                                      "2026-11-22T12:0",
                                      "2026-11-22T12:00:",
                                      "2026-11-22T12:00:0",
                                      "2026-11-22T12:00:00.",
                                      "2026-11-22T12:00:00.Z",
                                      "2026-11-22T12:00:00,5Z",
                                      "2026-11-22T12.5Z x",
                                      "2026-11-22T12:00:00ZZ",
                                      "2026-11-22T12:00:00Z ",
                                      " 2026-11-22T12:00:00Z",
                                      "2026-11-22T12:00:00+",
                                      "2026-11-22T12:00:00+1",
                                      "2026-11-22T12:00:00+01:",
                                      "2026-11-22T12:00:00+01:0",
                                      "2026-11-22T12:00:00+01:60",
                                      "2026-11-22T12:00:00+16:00",
                                      "2026-11-22T12:00:00+01:00x",
                                      "2026-11-22T12:00:00+01:00:00",
                                      "2026-11-22T12:00:00 +01:00",
                                      "2026-11-22T25:00:00Z",
                                      "2026-11-22T24:00:01Z",
                                      "2026-11-22T24:01:00Z",
                                      "2026-11-22T12:60:00Z",
                                      "2026-11-22T12:00:61Z",
                                      "2026-00-22T12:00:00Z",
                                      "2026-13-22T12:00:00Z",
                                      "2026-11-00T12:00:00Z",
                                      "2026-11-31T12:00:00Z",
                                      "2026-02-29T12:00:00Z",
                                      "2026-11-99",
                                      "1969-12-31T23:59:59Z",
                                      "2201-01-01T00:00:00Z",
                                      "-026-11-22T12:00:00Z",
                                      "2026-+1-22T12:00:00Z",
                                      "2026-11-22T-1:00:00Z"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t ns = 77;
        if (jb_iso_parse(bad[i], &ns) != -EINVAL || ns != 77) {
            fail_msg("'%s' is %" PRId64, bad[i], ns);
        }
    }
    int64_t ns = 77;
    assert_int_equal(jb_iso_parse(NULL, &ns), -EINVAL);
}

static void each_time_that_is_written_reads_back(void **state)
{
    struct random r = random_start();
    for (int i = 0; i < 20000; i++) {
        int64_t ms = (int64_t)random_below(&r, 7289654400) * 1000 + (int64_t)random_below(&r, 1000), got = -1;
        char text[32];
        jb_iso_time(ms * 1000000, text, sizeof(text));
        CHECK_SEEDED(&r, jb_iso_parse(text, &got) == 0 && got == ms * 1000000);
        text[strlen(text) - 1] = '\0'; /* without the Z */
        CHECK_SEEDED(&r, jb_iso_parse(text, &got) == 0 && got == ms * 1000000);
    }
}

static void the_machines_clock_is_the_real_one(void **state)
{
    struct jb_walltime walltime = {.ahead_ns = 77};
    assert_int_equal(jb_walltime_init(NULL, &walltime, NULL), 0);
    assert_true(walltime.ahead_ns == 0);
    int64_t before = jb_wall_ns(), now = jb_walltime_ns(&walltime);
    assert_true(now >= before && now - before < 60 * (int64_t)JB_NS_PER_S);
}

static void a_made_up_machine_has_a_clock_that_runs(void **state)
{
    struct scratch s;
    struct jb_walltime walltime = {.ahead_ns = 77};
    struct jb_diag diag = {0};
    scratch_make(&s);
    assert_int_equal(jb_walltime_init(s.path, &walltime, &diag), 0); /* no such file: the real one */
    assert_true(walltime.ahead_ns == 0);
    scratch_text(&s, "clock", " 2030-01-02T03:04:05.5+00:00 \n");
    assert_int_equal(jb_walltime_init(s.path, &walltime, &diag), 0);
    int64_t begin = INT64_C(1893553445500000000), first = jb_walltime_ns(&walltime);
    assert_true(first >= begin && first < begin + 60 * (int64_t)JB_NS_PER_S);
    int64_t real = jb_wall_ns();
    while (jb_wall_ns() < real + 2000000) {
    }
    assert_true(jb_walltime_ns(&walltime) >= first + 2000000);
    static const char *const bad[] = {"", "noon", "2030-01-02T03:04:05Z 1", "2030-13-02"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        scratch_text(&s, "clock", bad[i]);
        walltime.ahead_ns = 77;
        assert_int_equal(jb_walltime_init(s.path, &walltime, &diag), -EINVAL);
        assert_true(walltime.ahead_ns == 77);
        assert_non_null(strstr(diag.text, "/clock"));
    }
    char text[200];
    memset(text, '0', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    scratch_text(&s, "clock", text); /* a clock that cannot be read is not passed over either */
    assert_int_equal(jb_walltime_init(s.path, &walltime, &diag), -EINVAL);
    scratch_remove(&s);
}

static void a_time_is_what_the_kernel_takes(void **state)
{
    struct timespec t = jb_timespec(JB_NS_PER_S - 1);
    assert_int_equal(t.tv_sec, 0);
    assert_int_equal(t.tv_nsec, 999999999);
    t = jb_timespec(UINT64_MAX);
    assert_int_equal(t.tv_sec, 18446744073);
    assert_int_equal(t.tv_nsec, 709551615);
}

static void the_cpu_time_of_a_process_is_known_while_it_is_there(void **state)
{
    uint64_t before_ns = jb_self_cpu_ns(), used_ns = 0;
    assert_int_equal(jb_process_cpu_ns(getpid(), &used_ns), 0);
    assert_true(used_ns >= before_ns && used_ns <= jb_self_cpu_ns());
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    used_ns = 7;
    assert_int_equal(jb_process_cpu_ns(child, &used_ns), -ESRCH);
    assert_int_equal(used_ns, 7);
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
        cmocka_unit_test(times_of_all_services_are_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(each_time_that_is_written_reads_back),
        cmocka_unit_test(the_machines_clock_is_the_real_one),
        cmocka_unit_test(a_made_up_machine_has_a_clock_that_runs),
        cmocka_unit_test(clocks_never_run_backwards),
        cmocka_unit_test(a_time_is_what_the_kernel_takes),
        cmocka_unit_test(the_cpu_time_of_a_process_is_known_while_it_is_there),
        cmocka_unit_test(boot_time_is_never_less_than_monotonic_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
