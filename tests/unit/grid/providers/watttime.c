/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watttime.c - its three steps, what it answers and how it refuses, and which region a zone lies in.
 */
#include "grid/provider.h"
#include "grid/providers/providers.h"
#include "grid/providers/watttime_region.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "grid/grid.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct jb_provider *const watttime = &jb_provider_watttime;

static int64_t at(const char *text)
{
    int64_t t_ns = 0;
    assert_int_equal(jb_iso_parse(text, &t_ns), 0);
    return t_ns;
}

static char *fixture(const char *name)
{
    char path[PATH_MAX], *text = NULL;
    size_t length;
    snprintf(path, sizeof(path), "%s/tests/unit/grid/fixtures/watttime/%s", getenv("JB_SOURCE_ROOT"), name);
    assert_int_equal(jb_read_all(path, 1 << 20, &text, &length, NULL), 0);
    return text;
}

static struct jb_exchange exchange(enum jb_ask_kind kind, const char *zone)
{
    return (struct jb_exchange){.ask = {.kind = kind,
                                        .zone = zone,
                                        .now_ns = at("2026-11-22T03:02:00Z"),
                                        .from_ns = at("2026-11-21T10:02:00Z"),
                                        .to_ns = at("2026-11-21T10:15:00Z"),
                                        .latitude = NAN,
                                        .longitude = NAN,
                                        .access = {.url = "https://w.example", .user = "jo", .password = "s3cret"}}};
}

static struct jb_request asked(struct jb_exchange *exchange)
{
    static struct jb_request request;
    struct jb_diag diag = {0};
    memset(&request, 0, sizeof(request));
    if (watttime->request(exchange, &request, &diag) < 0) {
        fail_msg("%s", diag.text);
    }
    assert_null(strstr(request.url, "s3cret"));
    assert_null(strstr(request.url, "eyJ"));
    return request;
}

static int answered(struct jb_exchange *exchange, const char *body, struct jb_track *track, struct jb_diag *diag)
{
    int r = watttime->answer(exchange, body, strlen(body), track, diag);
    exchange->step++;
    assert_null(strstr(diag->text, "s3cret"));
    assert_null(strstr(diag->text, "eyJ"));
    return r;
}

static void log_in(struct jb_exchange *exchange)
{
    struct jb_track track = {0};
    struct jb_diag diag = {0};
    struct jb_request request = asked(exchange);
    assert_string_equal(request.url, "https://w.example/login");
    assert_true(request.basic);
    assert_string_equal(request.headers[0], "");
    char *body = fixture("login.json");
    assert_int_equal(answered(exchange, body, &track, &diag), 1);
    free(body);
    assert_true(jb_starts(exchange->secret, "eyJ"));
}

static int data(struct jb_exchange *exchange, const char *name, struct jb_track *track, struct jb_diag *diag)
{
    char *body = fixture(name);
    int r = answered(exchange, body, track, diag);
    free(body);
    return r;
}

static void expect(const struct jb_track *track, size_t i, const char *start, double lb_per_mwh, unsigned flags)
{
    assert_true(i < track->count);
    const struct jb_point *point = &track->points[i];
    assert_int_equal(point->start_ns, at(start));
    assert_int_equal(point->end_ns, at(start) + 300 * (int64_t)JB_NS_PER_S);
    assert_float_equal(point->g_per_kwh, lb_per_mwh * 0.453592, 1e-3);
    assert_int_equal(point->flags, flags);
    assert_true(point->rel_error > 0 && point->rel_error < 1);
    assert_int_equal(point->fetched_ns, at("2026-11-22T03:02:00Z"));
    assert_ptr_equal(point->provider, watttime);
}

static void now_is_the_first_of_a_forecast(void **state)
{
    struct jb_exchange ask = exchange(JB_ASK_LATEST, "US-CAL-CISO");
    ask.ask.access.region = "CAISO_NORTH";
    log_in(&ask);
    struct jb_request request = asked(&ask);
    assert_string_equal(request.url,
                        "https://w.example/v3/forecast?region=CAISO_NORTH&signal_type=co2_moer&horizon_hours=0");
    assert_false(request.basic);
    assert_true(jb_starts(request.headers[0], "Authorization: Bearer eyJ"));
    struct jb_track track = {0};
    struct jb_diag diag = {0};
    assert_int_equal(data(&ask, "forecast.json", &track, &diag), 0);
    assert_int_equal(track.count, 3);
    expect(&track, 0, "2026-11-22T03:00Z", 1048.4131919701972, JB_POINT_DIRECT | JB_POINT_ESTIMATED);
    expect(&track, 1, "2026-11-22T03:05Z", 1051.0880801214637, JB_POINT_DIRECT | JB_POINT_FORECAST);
    expect(&track, 2, "2026-11-22T03:10Z", 0, JB_POINT_DIRECT | JB_POINT_FORECAST); /* sun to spare; null is no point */
    assert_true(track.points[1].rel_error > track.points[0].rel_error);
    jb_track_finish(&track);
}

static void the_past_is_history(void **state)
{
    struct jb_exchange ask = exchange(JB_ASK_RANGE, "US-CAL-CISO");
    ask.ask.access.region = "CAISO_NORTH";
    log_in(&ask);
    struct jb_request request = asked(&ask);
    assert_string_equal(request.url, "https://w.example/v3/historical?region=CAISO_NORTH&signal_type=co2_moer"
                                     "&start=2026-11-21T10:00:00.000Z&end=2026-11-21T10:15:00.000Z"
                                     "&include_imputed_marker=true");
    struct jb_track track = {0};
    struct jb_diag diag = {0};
    assert_int_equal(data(&ask, "historical.json", &track, &diag), 0);
    assert_int_equal(track.count, 3); /* 10:15 is not asked for; the ends of the answer are inclusive */
    expect(&track, 0, "2026-11-21T10:00Z", 870, JB_POINT_DIRECT);
    expect(&track, 1, "2026-11-21T10:05Z", 860, JB_POINT_DIRECT | JB_POINT_ESTIMATED);
    expect(&track, 2, "2026-11-21T10:10Z", 900, JB_POINT_DIRECT);
    jb_track_finish(&track);
}

static void a_forecast_is_asked_for_in_whole_hours(void **state)
{
    static const struct {
        const char *to, *want;
    } cases[] = {{"2026-11-22T03:02:00Z", "=1"},
                 {"2026-11-22T04:02:00Z", "=1"},
                 {"2026-11-22T04:02:01Z", "=2"},
                 {"2026-11-23T03:02:00Z", "=24"},
                 {"2027-11-23T03:02:00Z", "=72"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct jb_exchange ask = exchange(JB_ASK_FORECAST, "KR");
        ask.ask.to_ns = at(cases[i].to);
        log_in(&ask);
        char want[128];
        snprintf(want, sizeof(want), "https://w.example/v3/forecast?region=KOR&signal_type=co2_moer&horizon_hours%s",
                 cases[i].want);
        assert_string_equal(asked(&ask).url, want);
    }
}

static void a_region_that_depends_on_the_place_is_asked_for(void **state)
{
    struct jb_exchange ask = exchange(JB_ASK_LATEST, "US-CAL-CISO");
    ask.ask.latitude = 32.71571;
    ask.ask.longitude = -117.1611;
    log_in(&ask);
    struct jb_request request = asked(&ask);
    assert_string_equal(request.url, "https://w.example/v3/region-from-loc?latitude=32.7157&longitude=-117.1611"
                                     "&signal_type=co2_moer");
    assert_true(jb_starts(request.headers[0], "Authorization: Bearer eyJ"));
    struct jb_track track = {0};
    struct jb_diag diag = {0};
    assert_int_equal(data(&ask, "region.json", &track, &diag), 1);
    assert_non_null(strstr(asked(&ask).url, "/v3/forecast?region=CAISO_SANDIEGO&"));
    assert_int_equal(data(&ask, "forecast.json", &track, &diag), -EBADMSG); /* that of the north */
    assert_non_null(strstr(diag.text, "CAISO_SANDIEGO"));

    ask = exchange(JB_ASK_LATEST, "US-TEX-ERCO"); /* the coordinates are of elsewhere */
    ask.ask.latitude = 32.7;
    ask.ask.longitude = -117.2;
    log_in(&ask);
    assert_int_equal(data(&ask, "region.json", &track, &diag), -EBADMSG);
    assert_non_null(strstr(diag.text, "US-TEX-ERCO"));
    jb_track_finish(&track);
}

static void without_a_place_california_is_its_north_and_says_so(void **state)
{
    struct jb_exchange ask = exchange(JB_ASK_RANGE, "US-CAL-CISO");
    log_in(&ask);
    assert_non_null(strstr(asked(&ask).url, "region=CAISO_NORTH&"));
    struct jb_track track = {0};
    struct jb_diag diag = {0};
    assert_int_equal(data(&ask, "historical.json", &track, &diag), 0);
    expect(&track, 0, "2026-11-21T10:00Z", 870, JB_POINT_DIRECT | JB_POINT_ESTIMATED);
    jb_track_finish(&track);
}

static bool served(const char *zone, const char *region, double latitude)
{
    struct jb_ask ask = {.zone = zone, .latitude = latitude, .longitude = latitude, .access = {.region = region}};
    return watttime->serves(&ask);
}

static void which_zones_are_served(void **state)
{
    assert_true(served("KR", NULL, NAN));
    assert_true(served("DE", "", NAN));
    assert_true(served("SE-SE3", NULL, NAN));
    assert_true(served("US-CAL-CISO", NULL, NAN));
    assert_false(served("US-TEX-ERCO", NULL, NAN)); /* which of its nine? */
    assert_true(served("US-TEX-ERCO", "ERCOT_COAST", NAN));
    assert_true(served("US-TEX-ERCO", NULL, 30));
    assert_false(served("US-TEX-ERCO", "PJM_DC", NAN));
    assert_false(served("US", NULL, NAN));
    assert_true(served("US", "PJM_DC", NAN));
    assert_false(served("AQ", NULL, NAN));
    assert_true(served("AQ", NULL, -70));
    assert_false(served("", NULL, NAN));
    assert_true(served("", "KOR", NAN));
}

static void a_configured_region_is_of_its_own_place_only(void **state)
{
    struct jb_exchange ask = exchange(JB_ASK_LATEST, "DE");
    ask.ask.access.region = "CAISO_NORTH"; /* of this machine; the question is about Germany */
    log_in(&ask);
    assert_non_null(strstr(asked(&ask).url, "region=DE&"));
    ask = exchange(JB_ASK_LATEST, "AQ");
    ask.ask.access.region = "SOUTH_POLE";
    log_in(&ask);
    assert_non_null(strstr(asked(&ask).url, "region=SOUTH_POLE&"));
    static const char *const bad[] = {"A&B=C", "A B", "../x", "A\r\nB", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ask = exchange(JB_ASK_LATEST, "AQ");
        ask.ask.access.region = bad[i];
        struct jb_request request = {0};
        struct jb_diag diag = {0};
        assert_int_equal(watttime->request(&ask, &request, &diag), -EINVAL);
        assert_non_null(strstr(diag.text, "watttime_region"));
    }
}

static void every_region_of_the_table_fits_its_zone_and_no_other(void **state)
{
    const char *zone, *other;
    unsigned served_zones = 0;
    for (size_t i = 0; (zone = jb_grid_zone_name(i)) != NULL; i++) {
        char region[JB_WATTTIME_REGION];
        bool part;
        if (!jb_watttime_region(zone, region, &part)) {
            continue;
        }
        served_zones++;
        assert_true(jb_watttime_is_region(region));
        if (!jb_watttime_fits(zone, region)) {
            fail_msg("%s does not fit %s", region, zone);
        }
        for (size_t k = 0; (other = jb_grid_zone_name(k)) != NULL; k++) {
            bool same_country = strncmp(zone, other, 2) == 0;
            if (!same_country && jb_watttime_fits(other, region)) {
                fail_msg("%s of %s fits %s", region, zone, other);
            }
        }
    }
    assert_true(served_zones > 270);
    assert_true(jb_watttime_fits("US-CAL-CISO", "CAISO_SANDIEGO"));
    assert_false(jb_watttime_fits("US-CAL-CISO", "BANC"));
    assert_false(jb_watttime_fits("CA-ON", "PJM_DC"));
    assert_true(jb_watttime_fits("CA-ON", "IESO_NORTH"));
    assert_true(jb_watttime_fits("", "KOR"));
    assert_false(jb_watttime_fits("AQ", "KOR"));
    assert_true(jb_watttime_fits("AQ", "NEW_ONE"));
}

static void logins_that_give_no_token(void **state)
{
    char longest[5000];
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "{\"token\":\"", 10);
    memcpy(longest + sizeof(longest) - 3, "\"}", 3);
    const char *const bodies[] = {"",
                                  "{}",
                                  "[]",
                                  "null",
                                  "{\"token\":null}",
                                  "{\"token\":\"\"}",
                                  "{\"token\":5}",
                                  "{\"token\":\"a b\"}",
                                  "{\"token\":\"a\\r\\nX: y\"}",
                                  "{\"token\":\"\\u00e4\"}",
                                  "<html>hello</html>",
                                  longest};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct jb_exchange ask = exchange(JB_ASK_LATEST, "KR");
        struct jb_track track = {0};
        struct jb_diag diag = {0};
        asked(&ask);
        assert_int_equal(answered(&ask, bodies[i], &track, &diag), -EBADMSG);
        assert_string_equal(ask.secret, "");
        assert_true(diag.text[0] != '\0');
    }
}

static void answer_is(const char *body, int want)
{
    struct jb_exchange ask = exchange(JB_ASK_LATEST, "KR");
    struct jb_track track = {0};
    struct jb_diag diag = {0};
    log_in(&ask);
    asked(&ask);
    int r = answered(&ask, body, &track, &diag);
    if (r != want) {
        fail_msg("%s: %d %s", body, r, diag.text);
    }
    if (r == 0) {
        assert_int_equal(track.count, 1);
        assert_float_equal(track.points[0].g_per_kwh, 453.59237, 1e-9);
    }
    jb_track_finish(&track);
}

#define META(more)  "\"meta\":{\"region\":\"KOR\",\"signal_type\":\"co2_moer\",\"units\":\"lbs_co2_per_mwh\"" more "}"
#define VALUE       "{\"point_time\":\"2026-11-22T03:00:00Z\",\"value\":1000}"
#define BODY(items) "{\"data\":[" items "]," META("") "}"

static void answers_good_and_bad(void **state)
{
    answer_is(BODY(VALUE), 0);
    answer_is(BODY(VALUE "," VALUE), 0); /* twice the same */
    answer_is(BODY("{\"point_time\":\"2026-11-22T03:00:00Z\",\"value\":null}," VALUE), 0);
    answer_is(BODY("{\"point_time\":\"2026-11-22T02:00:00Z\",\"value\":-1}," VALUE), 0);
    answer_is(BODY("{\"point_time\":\"2026-11-22T02:00:00Z\",\"value\":10001}," VALUE), 0);
    answer_is(BODY("{\"point_time\":\"2025-11-22T02:00:00Z\",\"value\":5}," VALUE), 0); /* last year */
    answer_is(BODY("{\"point_time\":\"2190-11-22T02:00:00Z\",\"value\":5}," VALUE), 0);
    answer_is("{\"data\":[" VALUE "]," META(",\"data_point_period_seconds\":null") "}", 0);
    answer_is("{\"data\":[" VALUE "]," META(",\"data_point_period_seconds\":3600") "}", 0);

    answer_is(BODY(""), -ENODATA);
    answer_is(BODY("{\"point_time\":\"2026-11-22T03:00:00Z\"}"), -ENODATA);
    answer_is(BODY("{\"point_time\":\"2026-11-22T03:00:00Z\",\"value\":\"1000\"}"), -EBADMSG);
    answer_is(BODY("{\"point_time\":\"2026-11-22T03:00:00Z\",\"value\":true}"), -EBADMSG);
    answer_is(BODY("{\"point_time\":\"soon\",\"value\":1000}"), -EBADMSG);
    answer_is(BODY("{\"point_time\":1763776800,\"value\":1000}"), -EBADMSG);
    answer_is(BODY("{\"value\":1000}"), -EBADMSG);
    answer_is(BODY("5"), -EBADMSG);
    answer_is("", -EBADMSG);
    answer_is("{", -EBADMSG);
    answer_is("[]", -EBADMSG);
    answer_is("{}", -EBADMSG);
    answer_is("{\"data\":[" VALUE "]}", -EBADMSG);
    answer_is("{\"data\":{}," META("") "}", -EBADMSG);
    answer_is("{\"data\":[" VALUE "]," META(",\"data_point_period_seconds\":0") "}", -EBADMSG);
    answer_is("{\"data\":[" VALUE "]," META(",\"data_point_period_seconds\":-300") "}", -EBADMSG);
    answer_is("{\"data\":[" VALUE "]," META(",\"data_point_period_seconds\":1e30") "}", -EBADMSG);
    answer_is("{\"data\":[" VALUE "]," META(",\"region\":\"JP_TK\"") "}", -EBADMSG);
    answer_is("{\"data\":[" VALUE "]," META(",\"units\":\"percentile\"") "}", -EBADMSG); /* the index */
    answer_is("{\"data\":[" VALUE "]," META(",\"units\":null") "}", -EBADMSG);
    answer_is("{\"data\":[" VALUE "]," META(",\"signal_type\":\"co2_aoer\"") "}", -EBADMSG); /* an average */
    answer_is("{\"data\":[" VALUE "]," META(",\"signal_type\":\"health_damage\"") "}", -EBADMSG);
}

static void regions_that_are_none(void **state)
{
    static const char *const bodies[] = {"{}",
                                         "{\"region\":null}",
                                         "{\"region\":\"\"}",
                                         "{\"region\":\"A&b=c\"}",
                                         "{\"region\":\"A B\"}",
                                         "{\"region\":7}",
                                         "{\"region\":\"DE\"}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct jb_exchange ask = exchange(JB_ASK_LATEST, "US-TEX-ERCO");
        ask.ask.latitude = ask.ask.longitude = 30;
        struct jb_track track = {0};
        struct jb_diag diag = {0};
        log_in(&ask);
        asked(&ask);
        assert_int_equal(answered(&ask, bodies[i], &track, &diag), -EBADMSG);
        assert_string_equal(ask.text, "");
    }
}

static int refusal(bool logged_in, bool located, int status, const char *name, struct jb_diag *diag)
{
    struct jb_exchange ask = exchange(JB_ASK_LATEST, "US-TEX-ERCO");
    ask.ask.latitude = ask.ask.longitude = 30;
    if (logged_in) {
        log_in(&ask);
    }
    if (located) {
        jb_copy(ask.text, sizeof(ask.text), "ERCOT_COAST");
    }
    *diag = (struct jb_diag){0};
    char *body = fixture(name);
    int r = watttime->refused(&ask, status, body, strlen(body), diag);
    free(body);
    assert_null(strstr(diag->text, "s3cret"));
    return r;
}

static void refusals_are_told_apart(void **state)
{
    struct jb_diag diag;
    assert_int_equal(refusal(false, false, 401, "forbidden.html", &diag), -EACCES);
    assert_non_null(strstr(diag.fix, "watttime_password"));
    assert_int_equal(refusal(false, false, 403, "forbidden.html", &diag), -EACCES);
    assert_int_equal(refusal(false, false, 429, "forbidden.html", &diag), 0);
    assert_int_equal(refusal(false, false, 500, "forbidden.html", &diag), 0);
    assert_int_equal(refusal(true, false, 404, "no_coverage.json", &diag), -ENODATA);
    assert_int_equal(refusal(true, false, 400, "no_coverage.json", &diag), -ENODATA);
    assert_int_equal(refusal(true, false, 403, "forbidden.html", &diag), 0);
    assert_int_equal(refusal(true, true, 403, "scope.json", &diag), -EPERM);
    assert_non_null(strstr(diag.text, "ERCOT_COAST"));
    assert_int_equal(refusal(true, true, 403, "forbidden.html", &diag), -EPERM);
    assert_int_equal(refusal(true, true, 400, "scope.json", &diag), -EPERM);
    assert_int_equal(refusal(true, true, 400, "no_coverage.json", &diag), 0);
    assert_int_equal(refusal(true, true, 401, "forbidden.html", &diag), 0);
    assert_int_equal(refusal(true, true, 429, "scope.json", &diag), 0);
}

static void without_a_region_nothing_is_asked(void **state)
{
    struct jb_exchange ask = exchange(JB_ASK_LATEST, "US-TEX-ERCO");
    struct jb_request request = {0};
    struct jb_diag diag = {0};
    assert_int_equal(watttime->request(&ask, &request, &diag), -EINVAL);
    assert_non_null(strstr(diag.fix, "watttime_region"));
    char longest[3000];
    memset(longest, 'u', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    ask = exchange(JB_ASK_LATEST, "KR");
    ask.ask.access.url = longest;
    assert_int_equal(watttime->request(&ask, &request, &diag), -EINVAL);
    assert_int_equal(watttime->signal, JB_MARGINAL);
    assert_string_equal(watttime->needs, "user");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now_is_the_first_of_a_forecast),
        cmocka_unit_test(the_past_is_history),
        cmocka_unit_test(a_forecast_is_asked_for_in_whole_hours),
        cmocka_unit_test(a_region_that_depends_on_the_place_is_asked_for),
        cmocka_unit_test(without_a_place_california_is_its_north_and_says_so),
        cmocka_unit_test(which_zones_are_served),
        cmocka_unit_test(a_configured_region_is_of_its_own_place_only),
        cmocka_unit_test(every_region_of_the_table_fits_its_zone_and_no_other),
        cmocka_unit_test(logins_that_give_no_token),
        cmocka_unit_test(answers_good_and_bad),
        cmocka_unit_test(regions_that_are_none),
        cmocka_unit_test(refusals_are_told_apart),
        cmocka_unit_test(without_a_region_nothing_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
