/* SPDX-License-Identifier: Apache-2.0 */
/* The list of what the helper opens: everything on it, and everything that only looks like it. */
#include "helper/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int parse(const char *text, struct jb_helper_request *request)
{
    return jb_helper_parse(text, strlen(text), request);
}

static void assert_file(const char *text, enum jb_helper_kind kind, const char *folder, const char *file)
{
    struct jb_helper_request request;
    assert_int_equal(parse(text, &request), 0);
    assert_int_equal(request.kind, kind);
    assert_string_equal(request.folder, folder);
    assert_string_equal(request.file, file);
}

static void refused(const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct jb_helper_request request = {.type = 77};
        if (parse(texts[i], &request) != -EACCES) {
            fail_msg("not refused: %s", texts[i]);
        }
        assert_int_equal(request.type, 77);
    }
}
#define REFUSED(...)                                                                                                   \
    refused((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void energy_of_zones_and_their_subzones(void **state)
{
    assert_file("/sys/class/powercap/intel-rapl:0/energy_uj", JB_HELPER_POWERCAP, "/sys/class/powercap/intel-rapl:0",
                "energy_uj");
    assert_file("/sys/class/powercap/intel-rapl:12:3/energy_uj", JB_HELPER_POWERCAP,
                "/sys/class/powercap/intel-rapl:12:3", "energy_uj");
    assert_file("/sys/class/powercap/intel-rapl-mmio:0/energy_uj", JB_HELPER_POWERCAP,
                "/sys/class/powercap/intel-rapl-mmio:0", "energy_uj");
    assert_file("/sys/class/powercap/intel-rapl-mmio:999:999/energy_uj", JB_HELPER_POWERCAP,
                "/sys/class/powercap/intel-rapl-mmio:999:999", "energy_uj");
}

static void energy_of_hardware_monitors(void **state)
{
    assert_file("/sys/class/hwmon/hwmon3/energy17_input", JB_HELPER_HWMON, "/sys/class/hwmon/hwmon3", "energy17_input");
    assert_file("/sys/class/hwmon/hwmon9999/energy9999_input", JB_HELPER_HWMON, "/sys/class/hwmon/hwmon9999",
                "energy9999_input");
}

static void perf_counters_1_to_5(void **state)
{
    struct jb_helper_request request;
    for (uint32_t config = 1; config <= 5; config++) {
        char text[64];
        snprintf(text, sizeof(text), "perf:2147483647:%u:127", config);
        assert_int_equal(parse(text, &request), 0);
        assert_int_equal(request.kind, JB_HELPER_PERF);
        assert_int_equal(request.type, INT32_MAX);
        assert_int_equal(request.config, config);
        assert_int_equal(request.cpu, 127);
    }
    REFUSED("perf:20:0:0", "perf:20:6:0", "perf:20:-1:0", "perf:20:01:0", "perf:20:0x2:0", "perf:20:2",
            "perf:20:2:", "perf:20:2:0:", "perf:20:2:0 ", "perf:20:2:+0", "perf:20:2:-1", "perf:2147483648:2:0",
            "perf:-1:2:0", "perf::2:0", "perf:20::0", "perf:18446744073709551636:2:0", "perf:20:18446744073709551618:0",
            "perf:20:2:100000", "perf", "perf:", "PERF:20:2:0", " perf:20:2:0");
}

static void every_other_file_is_refused(void **state)
{
    REFUSED("", "/", "/etc/shadow", "/dev/cpu/0/msr", "/dev/ipmi0", "/dev/hsmp", "/dev/mem",
            "/sys/class/powercap/intel-rapl:0/name", "/sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw",
            "/sys/class/powercap/intel-rapl:0/max_energy_range_uj", "/sys/class/powercap/intel-rapl:0/energy_u",
            "/sys/class/powercap/intel-rapl:0/energy_ujj", "/sys/class/powercap/dtpm:0/energy_uj",
            "/sys/class/powercap/intel-rapl/energy_uj", "/sys/class/powercap/intel-rapl-msr:0/energy_uj",
            "/sys/class/powercap/intel-rapl:0/device/energy_uj", "/sys/devices/virtual/powercap/energy_uj",
            "/sys/class/hwmon/hwmon0/power1_input", "/sys/class/hwmon/hwmon0/energy1_label",
            "/sys/class/hwmon/hwmon0/energy_input", "/sys/class/hwmon/hwmon0/name",
            "/sys/class/hwmon/hwmon/energy1_input", "/proc/kcore", "/proc/self/mem");
}

static void nothing_leads_out_of_the_folder(void **state)
{
    REFUSED("sys/class/powercap/intel-rapl:0/energy_uj", "./sys/class/powercap/intel-rapl:0/energy_uj",
            "//sys/class/powercap/intel-rapl:0/energy_uj", "/sys/class/powercap//intel-rapl:0/energy_uj",
            "/sys/class/powercap/intel-rapl:0//energy_uj", "/sys/class/powercap/../powercap/intel-rapl:0/energy_uj",
            "/sys/class/powercap/intel-rapl:0/../../../../etc/shadow", "/sys/class/powercap/intel-rapl:..//energy_uj",
            "/sys/class/powercap/intel-rapl:0/./energy_uj", "/../sys/class/powercap/intel-rapl:0/energy_uj",
            "/sys/class/hwmon/hwmon0/../../powercap/intel-rapl:0/energy_uj",
            "/sys/class/hwmon/hwmon0/energy1_input/..");
}

static void numbers_are_plain_and_bounded(void **state)
{
    REFUSED("/sys/class/powercap/intel-rapl:/energy_uj", "/sys/class/powercap/intel-rapl:00/energy_uj",
            "/sys/class/powercap/intel-rapl:01/energy_uj", "/sys/class/powercap/intel-rapl:-1/energy_uj",
            "/sys/class/powercap/intel-rapl:+1/energy_uj", "/sys/class/powercap/intel-rapl: 1/energy_uj",
            "/sys/class/powercap/intel-rapl:1000/energy_uj", "/sys/class/powercap/intel-rapl:0:/energy_uj",
            "/sys/class/powercap/intel-rapl:0:1:2/energy_uj", "/sys/class/powercap/intel-rapl:*/energy_uj",
            "/sys/class/powercap/intel-rapl:?/energy_uj", "/sys/class/powercap/intel-rapl:[0]/energy_uj",
            "/sys/class/powercap/intel-rapl:18446744073709551616/energy_uj",
            "/sys/class/powercap/intel-rapl:0x1/energy_uj", "/sys/class/hwmon/hwmon10000/energy1_input",
            "/sys/class/hwmon/hwmon0/energy10000_input", "/sys/class/hwmon/hwmon0/energy01_input");
}

static void the_whole_packet_must_match(void **state)
{
    static const char with_nul[] = "/sys/class/powercap/intel-rapl:0/energy_uj\0/etc/shadow";
    static const char inside[] = "/sys/class/powercap/intel-rapl:0\0/energy_uj";
    struct jb_helper_request request;

    assert_int_equal(jb_helper_parse(with_nul, sizeof(with_nul) - 1, &request), -EACCES);
    assert_int_equal(jb_helper_parse(with_nul, strlen(with_nul) + 1, &request), -EACCES);
    assert_int_equal(jb_helper_parse(inside, sizeof(inside) - 1, &request), -EACCES);
    assert_int_equal(jb_helper_parse(with_nul, strlen(with_nul), &request), 0);
    REFUSED("/sys/class/powercap/intel-rapl:0/energy_uj\n", "/sys/class/powercap/intel-rapl:0/energy_uj ",
            "/sys/class/powercap/intel-rapl:0/energy_uj/", " /sys/class/powercap/intel-rapl:0/energy_uj",
            "/sys/class/powercap/intel-rapl:0/energy_uj/sys/class/powercap/intel-rapl:0/energy_uj");
}

static void a_request_cut_short_anywhere_is_refused(void **state)
{
    static const char *const whole[] = {"/sys/class/powercap/intel-rapl-mmio:0:1/energy_uj",
                                        "/sys/class/hwmon/hwmon3/energy17_input", "perf:20:2:1"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t length = 0; length < strlen(whole[i]); length++) {
            struct jb_helper_request request;
            assert_int_equal(jb_helper_parse(whole[i], length, &request), -EACCES);
        }
    }
}

static void a_long_request_is_refused(void **state)
{
    char text[4096];
    struct jb_helper_request request;
    memset(text, '0', sizeof(text));
    memcpy(text, "perf:", 5);
    assert_int_equal(jb_helper_parse(text, sizeof(text), &request), -EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy_of_zones_and_their_subzones),
        cmocka_unit_test(energy_of_hardware_monitors),
        cmocka_unit_test(perf_counters_1_to_5),
        cmocka_unit_test(every_other_file_is_refused),
        cmocka_unit_test(nothing_leads_out_of_the_folder),
        cmocka_unit_test(numbers_are_plain_and_bounded),
        cmocka_unit_test(the_whole_packet_must_match),
        cmocka_unit_test(a_request_cut_short_anywhere_is_refused),
        cmocka_unit_test(a_long_request_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
