/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tariff.c - prices over time: which rule wins, and local hours through every change of clocks.
 */
#include "grid/tariff.h"

#include "base/clock.h"
#include "base/conf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "machine.h"

#define HOUR_NS ((int64_t)3600 * (int64_t)JB_NS_PER_S)

static int64_t at(const char *text)
{
    int64_t t_ns = 0;
    assert_int_equal(jb_iso_parse(text, &t_ns), 0);
    return t_ns;
}

static int load(const char *const (*settings)[2], size_t count, struct jb_tariff *ret, struct jb_diag *diag)
{
    struct jb_conf *conf = jb_conf_create();
    assert_non_null(conf);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(jb_conf_set(conf, "tariff", settings[i][0], settings[i][1], NULL), 0);
    }
    int r = jb_tariff_load(conf, ret, diag);
    jb_conf_destroy(conf);
    return r;
}

#define LOAD(settings, ret, diag) load(settings, sizeof(settings) / sizeof((settings)[0]), ret, diag)

static double price(const struct jb_track *track, const char *when)
{
    const struct jb_point *point = jb_track_at(track, at(when));
    assert_non_null(point);
    return point->g_per_kwh;
}

static void zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

static void nothing_configured_is_no_tariff(void **state)
{
    struct jb_tariff untouched = {.price = 77};
    struct jb_diag diag = {0};
    assert_int_equal(load(NULL, 0, &untouched, &diag), -ENOENT);
    static const char *const currency[][2] = {{"currency", "EUR"}};
    assert_int_equal(LOAD(currency, &untouched, &diag), -ENOENT);
    assert_true(untouched.price == 77);
    assert_true(diag.text[0] != '\0');
}

static void one_price_is_one_point(void **state)
{
    static const char *const settings[][2] = {{"price", "0.32"}, {"currency", "EUR"}};
    struct jb_tariff tariff;
    assert_int_equal(LOAD(settings, &tariff, NULL), 0);
    assert_string_equal(tariff.currency, "EUR");
    struct jb_track track = {0};
    assert_int_equal(jb_tariff_track(&tariff, 1234567, 999 * HOUR_NS + 89, &track), 0);
    assert_int_equal(track.count, 1);
    assert_int_equal(track.points[0].start_ns, 1234567);
    assert_int_equal(track.points[0].end_ns, 999 * HOUR_NS + 89);
    assert_true(track.points[0].g_per_kwh == 0.32);
    assert_int_equal(track.points[0].flags, 0);
    jb_track_finish(&track);
    assert_int_equal(jb_tariff_track(&tariff, 5, 5, &track), 0);
    assert_int_equal(track.count, 0);
    jb_track_finish(&track);
    jb_tariff_finish(&tariff);
    jb_tariff_finish(&tariff);
}

static void weekends_have_prices_of_their_own(void **state)
{
    zone("Asia/Seoul");
    static const char *const settings[][2] = {{"hours", "0-6 1, 6-24 2"}, {"weekend", "0-24 3"}, {"price", "9"}};
    struct jb_tariff tariff;
    assert_int_equal(LOAD(settings, &tariff, NULL), 0);
    struct jb_track track = {0};
    assert_int_equal(jb_tariff_track(&tariff, at("2026-11-18T15:00:00Z"), at("2026-11-25T15:00:00Z"), &track), 0);
    assert_true(price(&track, "2026-11-20T05:59:59+09:00") == 1);
    assert_true(price(&track, "2026-11-20T06:00:00+09:00") == 2);
    assert_true(price(&track, "2026-11-20T23:59:59.9+09:00") == 2); /* Friday */
    assert_true(price(&track, "2026-11-21T00:00:00+09:00") == 3);
    assert_true(price(&track, "2026-11-22T23:59:59+09:00") == 3); /* Sunday */
    assert_true(price(&track, "2026-11-23T00:00:00+09:00") == 1);
    jb_track_finish(&track);
    jb_tariff_finish(&tariff);
}

static void hours_without_a_price_are_holes(void **state)
{
    zone("UTC");
    static const char *const settings[][2] = {{"weekend", "0-24 3"}};
    struct jb_tariff tariff;
    assert_int_equal(LOAD(settings, &tariff, NULL), 0);
    struct jb_track track = {0};
    assert_int_equal(jb_tariff_track(&tariff, at("2026-11-20T00:00Z"), at("2026-11-30T00:00Z"), &track), 0);
    assert_int_equal(track.count, 2);
    assert_null(jb_track_at(&track, at("2026-11-20T12:00Z")));
    assert_true(price(&track, "2026-11-28T12:00Z") == 3);
    jb_track_finish(&track);
    jb_tariff_finish(&tariff);
}

static void the_file_wins_where_it_covers(void **state)
{
    zone("UTC");
    machine_file("/prices.csv", "start,price\n2026-11-22T01:30Z,-5\n2026-11-22T02:30Z,\n2026-11-22T03:30Z,7\n");
    char path[128];
    snprintf(path, sizeof(path), "%s/prices.csv", machine);
    const char *const settings[][2] = {{"file", path}, {"hours", "0-4 1, 4-24 2"}};
    struct jb_tariff tariff;
    assert_int_equal(LOAD(settings, &tariff, NULL), 0);
    struct jb_track track = {0};
    assert_int_equal(jb_tariff_track(&tariff, at("2026-11-22T00:00Z"), at("2026-11-22T06:00Z"), &track), 0);
    assert_true(price(&track, "2026-11-22T01:29Z") == 1);
    assert_true(price(&track, "2026-11-22T01:30Z") == -5);
    assert_true(price(&track, "2026-11-22T02:30Z") == 1); /* the file says that it does not know */
    assert_true(price(&track, "2026-11-22T03:30Z") == 7);
    assert_true(price(&track, "2026-11-22T04:29Z") == 7);
    assert_true(price(&track, "2026-11-22T04:30Z") == 2);
    jb_track_finish(&track);
    jb_tariff_finish(&tariff);
}

static void what_is_wrong_is_told(void **state)
{
    struct jb_tariff untouched = {.price = 77};
    struct jb_diag diag = {0};
    static const char *const hours[][2] = {{"hours", "0-6 1"}};
    assert_int_equal(LOAD(hours, &untouched, &diag), -EINVAL);
    assert_string_equal(diag.text, "flag: [tariff] hours: hour 6 has no price");
    static const char *const weekend[][2] = {{"price", "1"}, {"weekend", "8-7 1"}};
    assert_int_equal(LOAD(weekend, &untouched, &diag), -EINVAL);
    assert_non_null(strstr(diag.text, "weekend"));
    assert_non_null(strstr(diag.fix, "22-24"));
    static const char *const currency[][2] = {{"price", "1"}, {"currency", "doubloons"}};
    assert_int_equal(LOAD(currency, &untouched, &diag), -EINVAL);
    static const char *const file[][2] = {{"price", "1"}, {"file", "/nonexistent/prices.csv"}};
    assert_int_equal(LOAD(file, &untouched, &diag), -ENOENT);
    machine_file("/bad.csv", "start,price\nyesterday,1\n");
    char path[128];
    snprintf(path, sizeof(path), "%s/bad.csv", machine);
    const char *const bad[][2] = {{"price", "1"}, {"file", path}};
    assert_int_equal(LOAD(bad, &untouched, &diag), -EBADMSG);
    assert_non_null(strstr(diag.text, "bad.csv:2"));
    assert_true(untouched.price == 77);
}

/* Each hour its own price, other ones at the weekend: then a price names its local hour. */
static void every_instant_has_the_price_of_its_local_hour(void **state)
{
    static const char *const zones[] = {
        "Europe/London",    "Asia/Seoul",        "Australia/Lord_Howe", "Asia/Kathmandu",
        "America/St_Johns", "Africa/Casablanca", "Pacific/Apia",        "UTC"};
    static const char *const years[] = {"2006-01-01T00:00Z", "2011-01-01T00:00Z", "2026-01-01T00:00Z"};
    struct jb_tariff tariff = {.has_hours = true, .has_weekend = true};
    for (int hour = 0; hour < 24; hour++) {
        tariff.hours[hour] = hour;
        tariff.weekend[hour] = 100 + hour;
    }
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]) * 3; i++) {
        zone(zones[i / 3]);
        int64_t from_ns = at(years[i % 3]) + 17 * INT64_C(1000000007), to_ns = from_ns + 366 * 24 * HOUR_NS;
        struct jb_track track = {0};
        assert_int_equal(jb_tariff_track(&tariff, from_ns, to_ns, &track), 0);
        assert_int_equal(track.points[0].start_ns, from_ns);
        assert_int_equal(track.points[track.count - 1].end_ns, to_ns);
        /* A minute: St John's changed its clocks at one minute past midnight in 2006. */
        size_t index = 0;
        for (int64_t t_ns = from_ns; t_ns < to_ns; t_ns += 60 * (int64_t)JB_NS_PER_S) {
            while (track.points[index].end_ns <= t_ns) {
                index++;
                assert_int_equal(track.points[index].start_ns, track.points[index - 1].end_ns); /* no hole */
            }
            time_t t_s = (time_t)(t_ns / (int64_t)JB_NS_PER_S);
            struct tm local;
            localtime_r(&t_s, &local);
            int want = local.tm_hour + (local.tm_wday % 6 == 0 ? 100 : 0);
            if (track.points[index].g_per_kwh != want) {
                fail_msg("%s, %lld: %g, not %d", zones[i / 3], (long long)t_s, track.points[index].g_per_kwh, want);
            }
        }
        jb_track_finish(&track);
    }
}

static void days_of_23_and_of_25_hours(void **state)
{
    zone("Europe/London");
    static const char *const settings[][2] = {{"hours", "0-1 1, 1-2 10, 2-24 0"}};
    struct jb_tariff tariff;
    assert_int_equal(LOAD(settings, &tariff, NULL), 0);
    double mean, covered;
    struct jb_track track = {0};
    assert_int_equal(jb_tariff_track(&tariff, at("2026-03-29T00:00Z"), at("2026-03-29T23:00Z"), &track), 0);
    assert_true(jb_track_mean(&track, at("2026-03-29T00:00Z"), at("2026-03-29T23:00Z"), &mean, &covered));
    assert_float_equal(mean * 23, 1, 1e-9); /* there was no hour 1 */
    jb_track_finish(&track);
    assert_int_equal(jb_tariff_track(&tariff, at("2026-10-24T23:00Z"), at("2026-10-26T00:00Z"), &track), 0);
    assert_true(jb_track_mean(&track, at("2026-10-24T23:00Z"), at("2026-10-26T00:00Z"), &mean, &covered));
    assert_float_equal(mean * 25, 1 + 2 * 10, 1e-9); /* and here two */
    jb_track_finish(&track);
    jb_tariff_finish(&tariff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_configured_is_no_tariff),
        cmocka_unit_test(one_price_is_one_point),
        cmocka_unit_test(weekends_have_prices_of_their_own),
        cmocka_unit_test(hours_without_a_price_are_holes),
        cmocka_unit_test_setup_teardown(the_file_wins_where_it_covers, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_told, machine_setup, machine_teardown),
        cmocka_unit_test(every_instant_has_the_price_of_its_local_hour),
        cmocka_unit_test(days_of_23_and_of_25_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
