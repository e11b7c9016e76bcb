/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timezone.c - what a machine's settings say of its country.
 */
#include "grid/timezone.h"

#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine.h"

static struct jb_timezone found(void)
{
    struct jb_timezone timezone;
    assert_int_equal(jb_timezone_find(machine, &timezone), 0);
    return timezone;
}

static void expect(const char *name, const char *country)
{
    struct jb_timezone timezone = found();
    assert_string_equal(timezone.name, name);
    assert_string_equal(timezone.country, country);
}

static void expect_tz(const char *tz, const char *country)
{
    setenv("TZ", tz, 1);
    struct jb_timezone timezone;
    int r = jb_timezone_find(machine, &timezone);
    if (country[0] == '\0') {
        assert_true(r == -ENOENT || timezone.country[0] == '\0');
    } else {
        assert_int_equal(r, 0);
        assert_string_equal(timezone.country, country);
    }
}

static void etc_timezone_names_it(void **state)
{
    machine_tzdata();
    machine_file("/etc/timezone", "Asia/Seoul\n");
    expect("Asia/Seoul", "KR");
    machine_file("/etc/timezone", "  Asia/Kolkata \nAsia/Seoul\n");
    expect("Asia/Kolkata", "IN");
}

static void etc_localtime_names_it_by_its_target(void **state)
{
    machine_tzdata();
    static const char *const targets[] = {"/usr/share/zoneinfo/Asia/Seoul",
                                          "../usr/share/zoneinfo/Asia/Seoul",
                                          "/usr/share/zoneinfo/posix/Asia/Seoul",
                                          "/usr/share/zoneinfo/right/Asia/Seoul",
                                          "/etc/zoneinfo/Asia/Seoul",
                                          "/home/zoneinfo/copy/zoneinfo/Asia/Seoul"};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        machine_link("/etc/localtime", targets[i]);
        expect("Asia/Seoul", "KR");
    }
}

static void a_localtime_that_is_no_link_into_tzdata_names_nothing(void **state)
{
    machine_tzdata();
    struct jb_timezone untouched = {.name = "kept"};
    assert_int_equal(jb_timezone_find(machine, &untouched), -ENOENT);
    machine_file("/etc/localtime", "TZif2");
    assert_int_equal(jb_timezone_find(machine, &untouched), -ENOENT);
    machine_link("/etc/localtime", "/var/lib/Seoul");
    assert_int_equal(jb_timezone_find(machine, &untouched), -ENOENT);
    machine_link("/etc/localtime", "/usr/share/zoneinfo/");
    assert_int_equal(jb_timezone_find(machine, &untouched), -ENOENT);
    assert_string_equal(untouched.name, "kept");
}

static void a_left_over_utc_yields_to_the_other_file(void **state)
{
    machine_tzdata();
    machine_file("/etc/timezone", "Etc/UTC\n");
    expect("Etc/UTC", "");
    machine_link("/etc/localtime", "/usr/share/zoneinfo/Asia/Seoul");
    expect("Asia/Seoul", "KR");
}

static void tz_in_the_environment_comes_first(void **state)
{
    machine_tzdata();
    machine_file("/etc/timezone", "Asia/Seoul\n");
    expect_tz("Asia/Kolkata", "IN");
    expect_tz(":Asia/Kolkata", "IN");
    expect_tz("/usr/share/zoneinfo/Asia/Kolkata", "IN");
    expect_tz(":/usr/share/zoneinfo/Asia/Kolkata", "IN");
    expect_tz("posix/Asia/Kolkata", "IN");
}

static void tz_that_is_the_file_of_the_machine_asks_the_machine(void **state)
{
    machine_tzdata();
    machine_file("/etc/timezone", "Asia/Seoul\n");
    expect_tz(":/etc/localtime", "KR");
    expect_tz("/etc/localtime", "KR");
}

static void a_tz_that_names_no_country_decides_alone(void **state)
{
    machine_tzdata();
    machine_file("/etc/timezone", "Asia/Seoul\n");
    static const char *const names[] = {"UTC",
                                        "",
                                        ":",
                                        "KST-9",
                                        "EST5EDT",
                                        "CET",
                                        "Etc/GMT+5",
                                        "GMT0",
                                        "<+09>-9",
                                        "nonsense",
                                        "EST5EDT,M3.2.0,M11.1.0",
                                        "../../etc/passwd",
                                        "Asia/Seoul\n",
                                        "Asia/Seoul "};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        expect_tz(names[i], "");
    }
}

static void old_names_are_followed_through_links(void **state)
{
    machine_tzdata();
    expect_tz("Asia/Calcutta", "IN");
    expect_tz("US/Pacific", "US");
    expect_tz("Test/Twice", "IN");
    expect_tz("Test/Loop1", ""); /* and ends */
}

static void a_name_in_a_table_is_not_followed_to_another_country(void **state)
{
    machine_tzdata();
    expect_tz("Europe/Oslo", "NO"); /* a link to Berlin in tzdata.zi, but in zone.tab */
    expect_tz("Test/Shared", "NO"); /* zone1970.tab first, its first country */
    expect_tz("Iceland", "IS");     /* linked across a border */
}

static void tables_of_the_real_machine_serve_a_root_without(void **state)
{
    if (access("/usr/share/zoneinfo/zone.tab", R_OK) != 0) {
        skip();
    }
    expect_tz("Europe/Paris", "FR");
    machine_tzdata(); /* now the root has its own, which does not know Paris */
    expect_tz("Europe/Paris", "");
}

static void names_that_left_their_country_are_put_right(void **state)
{
    if (access("/usr/share/zoneinfo/tzdata.zi", R_OK) != 0) {
        skip();
    }
    static const char *const names[][2] = {
        {"Japan", "JP"},
        {"US/Pacific", "US"},
        {"Asia/Calcutta", "IN"},
        {"Europe/Oslo", "NO"},
        {"Europe/Stockholm", "SE"},
        {"Iceland", "IS"},
        {"Africa/Timbuktu", "ML"},
        {"America/Coral_Harbour", "CA"},
        {"ROK", "KR"},
        {"Europe/Amsterdam", "NL"},
        {"Pacific/Truk", "FM"},
        {"Europe/Copenhagen", "DK"},
        {"GB", "GB"},
        {"Asia/Kuala_Lumpur", "MY"},
        {"Africa/Addis_Ababa", "ET"},
        {"Europe/London", "GB"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        expect_tz(names[i][0], names[i][1]);
    }
}

static void odd_files_in_place_of_the_tables_do_no_harm(void **state)
{
    machine_file("/etc/timezone", "Asia/Seoul\n");
    char path[PATH_MAX];
    machine_path(path, "/usr/share/zoneinfo/zone1970.tab");
    assert_int_equal(mkfifo(path, 0600), 0); /* would block a plain open() for ever */
    machine_path(path, "/usr/share/zoneinfo/tzdata.zi/x");
    machine_file("/usr/share/zoneinfo/zone.tab", "KR\t+3733+12658\tAsia/Seoul\n");
    expect("Asia/Seoul", "KR");
    char *huge = malloc(2 << 20);
    assert_non_null(huge);
    memset(huge, '\n', (2 << 20) - 1);
    huge[(2 << 20) - 1] = '\0';
    machine_file("/etc/timezone", huge);
    struct jb_timezone untouched;
    assert_int_equal(jb_timezone_find(machine, &untouched), -ENOENT);
    free(huge);
}

#define ON_MACHINE(test) cmocka_unit_test_setup_teardown(test, machine_setup, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MACHINE(etc_timezone_names_it),
        ON_MACHINE(etc_localtime_names_it_by_its_target),
        ON_MACHINE(a_localtime_that_is_no_link_into_tzdata_names_nothing),
        ON_MACHINE(a_left_over_utc_yields_to_the_other_file),
        ON_MACHINE(tz_in_the_environment_comes_first),
        ON_MACHINE(tz_that_is_the_file_of_the_machine_asks_the_machine),
        ON_MACHINE(a_tz_that_names_no_country_decides_alone),
        ON_MACHINE(old_names_are_followed_through_links),
        ON_MACHINE(a_name_in_a_table_is_not_followed_to_another_country),
        ON_MACHINE(tables_of_the_real_machine_serve_a_root_without),
        ON_MACHINE(names_that_left_their_country_are_put_right),
        ON_MACHINE(odd_files_in_place_of_the_tables_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
