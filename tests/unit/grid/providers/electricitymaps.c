/* SPDX-License-Identifier: Apache-2.0 */
/*
 * electricitymaps.c - what Electricity Maps is asked, and what its answers of v3 and v4 become.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "electricitymaps.h"
#include "grid/grid_table.h"

static struct jb_request asked;

static const char *url(void)
{
    asked = (struct jb_request){0};
    assert_int_equal(provider->request(&exchange, &asked, &diag), 0);
    return asked.url;
}

static void expect_url(const char *text)
{
    assert_string_equal(url(), text);
}

#define V4 "https://api.electricitymaps.com/v4/carbon-intensity/"
#define V3 "https://api.electricitymap.org/v3/carbon-intensity/"

static void the_latest_value_is_asked_for_with_the_key_in_a_header(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    expect_url(V4 "latest?zone=DE&emissionFactorType=lifecycle&disableCallerLookup=true");
    assert_string_equal(asked.headers[0], "auth-token: " KEY);
    assert_string_equal(asked.headers[1], "");
    assert_false(asked.basic);
    assert_null(strstr(asked.url, KEY));
}

static void each_version_has_its_own_word_against_the_look_up_of_the_caller(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    exchange.ask.access.url = "https://api.electricitymap.org/v3";
    exchange.ask.direct = true;
    expect_url(V3 "latest?zone=DE&emissionFactorType=direct&shouldUseFallbackCallerLookup=false");
    exchange.ask.access.url = "http://127.0.0.1:8080";
    expect_url("http://127.0.0.1:8080/carbon-intensity/"
               "latest?zone=DE&emissionFactorType=direct&shouldUseFallbackCallerLookup=false&disableCallerLookup=true");
    exchange.ask.access.url = "http://127.0.0.1:8080/v30";
    assert_non_null(strstr(url(), "shouldUseFallbackCallerLookup=false&disableCallerLookup=true"));
}

static void coordinates_are_sent_where_there_is_no_zone(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    exchange.ask.latitude = 52.52;
    exchange.ask.longitude = -13.4051234;
    assert_non_null(strstr(url(), "?zone=DE&"));
    exchange.ask.zone = "";
    assert_true(provider->serves(&exchange.ask));
    expect_url(V4 "latest?lat=52.5200&lon=-13.4051&emissionFactorType=lifecycle&disableCallerLookup=true");
    exchange.ask.longitude = NAN;
    assert_false(provider->serves(&exchange.ask));
    assert_int_equal(provider->request(&exchange, &asked, &diag), -EINVAL);
}

static void the_last_day_is_history(void **state)
{
    ask(JB_ASK_RANGE, "2026-03-28T18:00:00Z", "2026-03-29T18:31:00Z");
    assert_true(jb_starts(url(), V4 "history?zone=DE&"));
    assert_null(strstr(asked.url, "start="));
}

static void what_is_older_is_past_range_from_the_hour_it_begins_in(void **state)
{
    ask(JB_ASK_RANGE, "2026-03-28T17:59:59Z", "2026-03-29T04:00:01Z");
    expect_url(V4 "past-range?zone=DE&emissionFactorType=lifecycle&disableCallerLookup=true"
                  "&start=2026-03-28T17%3A00%3A00.000Z&end=2026-03-29T04%3A00%3A01.000Z");
    exchange.ask.from_ns = at("2026-03-28T17:00:00Z");
    exchange.ask.to_ns = at("2026-03-29T04:00:00Z");
    assert_non_null(strstr(url(), "T17%3A00%3A00.000Z&end=2026-03-29T04%3A00%3A00.000Z"));
}

static void the_longest_range_stays_within_ten_days(void **state)
{
    int64_t longest_ns = (int64_t)provider->max_span_ns + INT64_C(3600) * (int64_t)JB_NS_PER_S;
    assert_true(longest_ns <= INT64_C(240) * 3600 * (int64_t)JB_NS_PER_S);
}

static void a_forecast_has_one_of_three_horizons(void **state)
{
    static const struct {
        const char *to, *hours;
    } horizons[] = {{"2026-03-29T19:00:00Z", "horizonHours=24"}, {"2026-03-30T18:31:00Z", "horizonHours=24"},
                    {"2026-03-30T18:31:01Z", "horizonHours=48"}, {"2026-03-31T18:31:00Z", "horizonHours=48"},
                    {"2026-03-31T18:31:01Z", "horizonHours=72"}, {"2026-05-01T00:00:00Z", "horizonHours=72"}};
    for (size_t i = 0; i < sizeof(horizons) / sizeof(horizons[0]); i++) {
        ask(JB_ASK_FORECAST, NULL, horizons[i].to);
        assert_true(jb_starts(url(), V4 "forecast?zone=DE&"));
        assert_non_null(strstr(asked.url, horizons[i].hours));
    }
}

static void a_key_that_no_header_can_hold_is_not_sent(void **state)
{
    char *longest = malloc(5000);
    memset(longest, 'k', 4999);
    longest[4999] = '\0';
    const char *const keys[] = {"a\r\nHost: elsewhere", "two words", "\xc3\xa4", "", NULL, longest};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        ask(JB_ASK_LATEST, NULL, NULL);
        exchange.ask.access.token = keys[i];
        asked = (struct jb_request){0};
        assert_int_equal(provider->request(&exchange, &asked, &diag), -EINVAL);
        assert_non_null(strstr(diag.fix, "electricitymaps_token"));
        assert_string_equal(asked.headers[0], "");
    }
    free(longest);
}

static void an_address_that_does_not_fit_is_not_cut(void **state)
{
    char *longest = malloc(3000);
    memset(longest, 'h', 2999);
    longest[2999] = '\0';
    ask(JB_ASK_LATEST, NULL, NULL);
    exchange.ask.access.url = longest;
    assert_int_equal(provider->request(&exchange, &asked, &diag), -EINVAL);
    assert_string_equal(asked.url, "");
    free(longest);
}

static void every_zone_of_the_table_is_served_and_no_other(void **state)
{
    size_t zones = 0;
    for (size_t i = 0; i < jb_grid_place_count; i++) {
        ask(JB_ASK_LATEST, NULL, NULL);
        exchange.ask.zone = jb_grid_places[i].zone;
        bool zone = jb_grid_places[i].kind == JB_PLACE_ZONE;
        zones += zone;
        assert_int_equal(provider->serves(&exchange.ask) || exchange.ask.zone[0] == '\0',
                         zone || exchange.ask.zone[0] == '\0');
        assert_true(!zone || jb_em_zone_check(jb_grid_places[i].live));
    }
    assert_true(zones > 300);
    static const char *const others[] = {"US-CA", "World", "XX", "de", "DE ", "ZZZZ", "A"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        exchange.ask.zone = others[i];
        assert_false(provider->serves(&exchange.ask));
    }
}

static void names_of_zones(void **state)
{
    static const char *const good[] = {"DE", "DK-DK1", "US-CAL-CISO", "RU-1", "NZ-NZst"};
    static const char *const bad[] = {"",      "D",  "de",    "DEU",  "DE-",
                                      "DE DE", "D1", "DE-\n", "DE_1", "DE-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(jb_em_zone_check(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(jb_em_zone_check(bad[i]));
    }
}

static void the_latest_value_holds_for_its_hour(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(answered("latest_v4.json"), 0);
    assert_int_equal(track.count, 1);
    expect_point(0, "2026-03-29T18:00:00Z", 60, 302, 0);
    ask(JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(answered("latest_v3.json"), 0);
    expect_point(0, "2026-03-29T18:00:00Z", 60, 302, JB_POINT_ESTIMATED);
}

static void a_value_of_five_minutes_holds_for_five_minutes(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(answered("latest_5_minutes.json"), 0);
    expect_point(0, "2026-03-29T18:25:00Z", 5, 287, 0);
}

static void which_factor_it_is_the_answer_says_else_the_question(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(answered("latest_direct.json"), 0);
    expect_point(0, "2026-03-29T18:00:00Z", 60, 211.5, JB_POINT_DIRECT);
    ask(JB_ASK_FORECAST, NULL, "2026-03-29T21:00:00Z");
    exchange.ask.direct = true;
    assert_int_equal(answered("forecast.json"), 0);
    expect_point(0, "2026-03-29T18:00:00Z", 60, 302, JB_POINT_DIRECT | JB_POINT_FORECAST);
    ask(JB_ASK_LATEST, NULL, NULL);
    exchange.ask.direct = true;
    assert_int_equal(answered("latest_v4.json"), 0);
    expect_point(0, "2026-03-29T18:00:00Z", 60, 302, 0);
}

static void history_of_v3_leaves_out_what_is_null(void **state)
{
    ask(JB_ASK_RANGE, "2026-03-29T15:00:00Z", "2026-03-29T18:31:00Z");
    assert_int_equal(answered("history_v3.json"), 0);
    assert_int_equal(track.count, 3);
    expect_point(0, "2026-03-29T15:00:00Z", 60, 299, 0);
    expect_point(1, "2026-03-29T17:00:00Z", 60, 311, JB_POINT_ESTIMATED);
    expect_point(2, "2026-03-29T18:00:00Z", 60, 302, JB_POINT_ESTIMATED);
}

static void history_of_v4_says_its_step_once_for_all(void **state)
{
    ask(JB_ASK_RANGE, "2026-03-29T15:00:00Z", "2026-03-29T18:31:00Z");
    assert_int_equal(answered("history_v4.json"), 0);
    assert_int_equal(track.count, 3);
    expect_point(0, "2026-03-29T17:30:00Z", 15, 310, 0);
    expect_point(1, "2026-03-29T17:45:00Z", 15, 306, JB_POINT_ESTIMATED);
    expect_point(2, "2026-03-29T18:00:00Z", 15, 302, JB_POINT_ESTIMATED);
}

static void a_past_range_is_put_in_whole(void **state)
{
    ask(JB_ASK_RANGE, "2026-03-20T00:10:00Z", "2026-03-20T03:00:00Z");
    assert_int_equal(answered("past_range.json"), 0);
    assert_int_equal(track.count, 3);
    expect_point(0, "2026-03-20T00:00:00Z", 60, 369, 0);
    expect_point(2, "2026-03-20T02:00:00Z", 60, 386, 0);
}

static void disorder_doubles_and_what_cannot_be_are_dealt_with(void **state)
{
    ask(JB_ASK_RANGE, "2026-03-20T00:00:00Z", "2026-03-20T08:00:00Z");
    assert_int_equal(answered("past_range_disorder.json"), 0);
    assert_int_equal(track.count, 3);
    expect_point(0, "2026-03-20T00:00:00Z", 60, 369, 0);
    expect_point(1, "2026-03-20T01:00:00Z", 60, 365, 0);
    expect_point(2, "2026-03-20T02:00:00Z", 60, 386, 0);
}

static void steps_that_overlap_end_where_the_next_begins(void **state)
{
    ask(JB_ASK_RANGE, "2026-03-29T15:00:00Z", "2026-03-29T18:31:00Z");
    assert_int_equal(say("{\"zone\":\"DE\",\"data\":["
                         "{\"carbonIntensity\":2,\"datetime\":\"2026-03-29T16:20:00Z\"},"
                         "{\"carbonIntensity\":1,\"datetime\":\"2026-03-29T16:00:00Z\"}]}"),
                     0);
    assert_int_equal(track.count, 2);
    expect_point(0, "2026-03-29T16:00:00Z", 20, 1, 0);
    expect_point(1, "2026-03-29T16:20:00Z", 60, 2, 0);
}

static void a_forecast_is_marked_as_one(void **state)
{
    ask(JB_ASK_FORECAST, NULL, "2026-03-29T21:00:00Z");
    assert_int_equal(answered("forecast.json"), 0);
    assert_int_equal(track.count, 3);
    expect_point(0, "2026-03-29T18:00:00Z", 60, 302, JB_POINT_FORECAST);
    expect_point(2, "2026-03-29T20:00:00Z", 60, 251.25, JB_POINT_FORECAST);
    ask(JB_ASK_LATEST, NULL, NULL); /* whatever was asked */
    assert_int_equal(answered("forecast.json"), 0);
    expect_point(1, "2026-03-29T19:00:00Z", 60, 276, JB_POINT_FORECAST);
    ask(JB_ASK_FORECAST, NULL, "2026-03-29T21:00:00Z"); /* v4 may say "data" */
    assert_int_equal(answered("history_v4.json"), 0);
    expect_point(0, "2026-03-29T17:30:00Z", 15, 310, JB_POINT_FORECAST);
}

static void the_shape_of_home_assistant_is_read_too(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(answered("home_assistant.json"), 0);
    expect_point(0, "2026-03-29T18:00:00Z", 60, 474, 0);
}

static double rel_error(const char *name, enum jb_ask_kind kind)
{
    ask(kind, NULL, "2026-03-29T21:00:00Z");
    assert_int_equal(answered(name), 0);
    return track.points[0].rel_error;
}

static void the_error_grows_with_what_is_not_measured(void **state)
{
    double measured = rel_error("latest_v4.json", JB_ASK_LATEST),
           filled_in = rel_error("latest_v3.json", JB_ASK_LATEST);
    double foretold = rel_error("forecast.json", JB_ASK_FORECAST);
    double modelled = rel_error("latest_modelled.json", JB_ASK_LATEST);
    assert_float_equal(measured, 0.17, 1e-9);
    assert_true(measured < filled_in && filled_in < foretold && foretold < modelled && modelled < 0.4);
}

static void a_country_of_many_zones_is_less_sure(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    exchange.ask.zone = "US";
    assert_int_equal(say("{\"zone\":\"US\",\"carbonIntensity\":400,\"datetime\":\"2026-03-29T18:00:00Z\"}"), 0);
    assert_float_equal(track.points[0].rel_error, hypot(0.17, jb_em_place("US")->spread), 1e-9);
    assert_true(track.points[0].rel_error > 0.3);
}

static void nothing_known_is_no_zero(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    expect_said(answered("latest_null.json"), -ENODATA, "no intensity");
    expect_said(answered("no_recent_data.json"), -ENODATA, "nothing recent");
    expect_said(say("{\"zone\":\"DE\",\"history\":[]}"), -ENODATA, "no intensity");
}

static void values_of_a_sandbox_are_never_points(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    expect_said(answered("latest_sandbox.json"), -ENODATA, "sandbox");
    assert_true(diag.fix[0] != '\0');
    ask(JB_ASK_FORECAST, NULL, "2026-03-29T21:00:00Z");
    expect_said(answered("forecast_sandbox.json"), -ENODATA, "made up");
    expect_said(say("{\"zone\":\"DE\",\"data\":["
                    "{\"carbonIntensity\":2,\"datetime\":\"2026-03-29T19:00:00Z\"},"
                    "{\"estimationMethod\":\"SANDBOX_MODE_DATA\"}]}"),
                -ENODATA, "sandbox");
}

static void an_answer_about_another_zone_is_refused(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    exchange.ask.zone = "FR";
    expect_said(answered("latest_v4.json"), -EBADMSG, "about DE, asked was FR");
    expect_said(answered("home_assistant.json"), -EBADMSG, "about DE, asked was FR");
    expect_said(say("{\"zone\":\"FR\",\"history\":[{\"zone\":\"DE\",\"carbonIntensity\":2,"
                    "\"datetime\":\"2026-03-29T18:00:00Z\"}]}"),
                -EBADMSG, "about DE");
    expect_said(say("{\"zone\":\"\\u001b[31m\",\"carbonIntensity\":2,\"datetime\":\"2026-03-29T18:00:00Z\"}"), -EBADMSG,
                "name of a zone");
    expect_said(say("{\"zone\":7,\"carbonIntensity\":2,\"datetime\":\"2026-03-29T18:00:00Z\"}"), -EBADMSG,
                "name of a zone");
}

static void with_coordinates_any_zone_is_right_but_there_must_be_one(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    exchange.ask.zone = "";
    exchange.ask.latitude = exchange.ask.longitude = 50;
    assert_int_equal(answered("latest_v4.json"), 0);
    ask(JB_ASK_LATEST, NULL, NULL);
    exchange.ask.zone = NULL;
    exchange.ask.latitude = exchange.ask.longitude = 50;
    expect_said(say("{\"carbonIntensity\":2,\"datetime\":\"2026-03-29T18:00:00Z\"}"), -EBADMSG, "name of a zone");
    expect_said(say("{\"zone\":\"nowhere\",\"carbonIntensity\":2,\"datetime\":\"2026-03-29T18:00:00Z\"}"), -EBADMSG,
                "name of a zone");
}

static void what_is_no_answer_is_told(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "7",
        "\"x\"",
        "null",
        "<html></html>",
        "{}",
        "{\"zone\":\"DE\"}",
        "{\"zone\":\"DE\",\"data\":7}",
        "{\"zone\":\"DE\",\"data\":[7]}",
        "{\"zone\":\"DE\",\"carbonIntensity\":2}",
        "{\"zone\":\"DE\",\"carbonIntensity\":2,\"datetime\":\"yesterday\"}",
        "{\"zone\":\"DE\",\"carbonIntensity\":true,\"datetime\":\"2026-03-29T18:00:00Z\"}",
        "{\"zone\":\"DE\",\"carbonIntensity\":\"2\",\"datetime\":\"2026-03-29T18:00:00Z\"}",
        "{\"zone\":\"DE\",\"carbonIntensity\":1e999,\"datetime\":\"2026-03-29T18:00:00Z\"}",
        "{\"zone\":\"DE\",\"carbonIntensity\":-0.5,\"datetime\":\"2026-03-29T18:00:00Z\"}",
        "{\"zone\":\"DE\",\"carbonIntensity\":5000.5,\"datetime\":\"2026-03-29T18:00:00Z\"}",
        "{\"zone\":\"DE\",\"carbonIntensity\":2,\"datetime\":\"2026-03-29T18:00:00Z\",\"emissionFactorType\":\"?\"}",
        "{\"zone\":\"DE\",\"carbonIntensity\":2,\"datetime\":\"2026-03-29T18:00:00Z\",\"temporalGranularity\":"
        "\"daily\"}",
        "{\"zone\":\"DE\",\"error\":\"Something " KEY "\"}",
        "{\"status\":\"idk\",\"data\":{}}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ask(JB_ASK_LATEST, NULL, NULL);
        expect_said(say(texts[i]), -EBADMSG, "");
        assert_true(diag.text[0] != '\0');
    }
}

static void the_bounds_of_an_intensity_belong_to_it(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(say("{\"zone\":\"DE\",\"carbonIntensity\":0,\"datetime\":\"2026-03-29T18:00:00Z\"}"), 0);
    assert_int_equal(say("{\"zone\":\"DE\",\"carbonIntensity\":5000,\"datetime\":\"2026-03-29T17:00:00Z\"}"), 0);
    expect_point(0, "2026-03-29T17:00:00Z", 60, 5000, 0);
    expect_point(1, "2026-03-29T18:00:00Z", 60, 0, 0);
}

static int say_at(const char *time)
{
    char text[160];
    jb_snprintf(text, sizeof(text), "{\"zone\":\"DE\",\"carbonIntensity\":2,\"datetime\":\"%s\"}", time);
    return say(text);
}

static void values_of_far_times_are_not_taken(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    expect_said(say_at("2026-03-29T19:31:01Z"), -ENODATA, "another time");
    expect_said(say_at("2026-03-27T18:30:59Z"), -ENODATA, "another time");
    assert_int_equal(say_at("2026-03-29T19:31:00Z"), 0);
    assert_int_equal(say_at("2026-03-27T18:31:00Z"), 0);
    ask(JB_ASK_FORECAST, NULL, "2026-03-30T18:00:00Z");
    expect_said(say_at("2026-04-01T19:31:01Z"), -ENODATA, "another time");
    expect_said(say_at("2026-03-29T16:31:00Z"), -ENODATA, "another time");
    assert_int_equal(say_at("2026-04-01T19:31:00Z"), 0);
    assert_int_equal(say_at("2026-03-29T16:31:01Z"), 0);
    ask(JB_ASK_RANGE, "2026-03-20T12:00:00Z", "2026-03-20T13:00:00Z");
    expect_said(say_at("2026-03-20T10:59:59Z"), -ENODATA, "another time");
    assert_int_equal(say_at("2026-03-20T11:00:00Z"), 0);
}

static int refusal(int status, const char *text)
{
    diag = (struct jb_diag){0};
    return provider->refused(&exchange, status, text, strlen(text), &diag);
}

static int refusal_of(int status, const char *name)
{
    size_t length = 0;
    char *text = fixture(name, &length);
    int r = refusal(status, text);
    free(text);
    return r;
}

static void a_refused_key_is_told_with_what_mends_it(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    expect_said(refusal_of(401, "401_token.json"), -EACCES, "the key is refused (HTTP 401)");
    assert_non_null(strstr(diag.fix, "electricitymaps_token"));
    assert_non_null(strstr(diag.fix, "tried again"));
    expect_said(refusal(401, ""), -EACCES, "refused");
    expect_said(refusal(401, "{\"error\":\"Invalid auth-token " KEY "\"}"), -EACCES, "refused");
}

static void a_401_that_is_a_rate_limit_is_one(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    expect_said(refusal_of(401, "401_limit.json"), -EAGAIN, "too often");
    expect_said(refusal(401, "TOO MANY requests"), -EAGAIN, "too often");
}

static void a_key_of_another_zone_is_told_with_the_zone(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    exchange.ask.zone = "IT";
    expect_said(refusal_of(401, "401_zone.json"), -EPERM, "the key is not valid for IT (HTTP 401)");
    assert_non_null(strstr(diag.fix, "[grid] zone"));
    expect_said(refusal_of(403, "401_zone.json"), -EPERM, "not valid for IT (HTTP 403)");
    expect_said(refusal(401, "{\"error\":\"Request unauthorized for zoneKey.\"}"), -EPERM, "not valid for IT");
    expect_said(refusal(401, "Request unauthorized for zoneKey=\x1b[31m"), -EPERM, "not valid for IT");
    expect_said(refusal(401, "Request unauthorized for zoneKey="), -EPERM, "not valid for IT");
    exchange.ask.zone = "";
    expect_said(refusal_of(401, "401_zone.json"), -EPERM, "not valid for IT");
    expect_said(refusal(401, "request unauthorized for zonekey"), -EPERM, "not valid for the place");
}

static void what_the_plan_does_not_hold_is_told_as_that(void **state)
{
    ask(JB_ASK_RANGE, "2026-03-20T00:00:00Z", "2026-03-20T03:00:00Z");
    expect_said(refusal_of(401, "401_past.json"), -EPERM, "no past for IT");
    assert_non_null(strstr(diag.fix, "24 hours"));
    expect_said(refusal_of(401, "401_forecast.json"), -EPERM, "no forecast for IT");
}

static void an_unknown_zone_is_no_data(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    expect_said(refusal_of(404, "no_recent_data.json"), -ENODATA, "DE (HTTP 404)");
    expect_said(refusal(400, "{\"error\":\"Invalid zone\"}"), -ENODATA, "DE (HTTP 400)");
}

static void all_else_is_as_usual(void **state)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(refusal_of(403, "403_plain.txt"), 0);
    assert_int_equal(refusal(404, "Not Found"), 0);
    assert_int_equal(refusal(429, "{\"error\":\"zone\"}"), 0);
    assert_int_equal(refusal(500, "zone"), 0);
}

int main(void)
{
    provider = &jb_provider_electricitymaps;
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_value_is_asked_for_with_the_key_in_a_header),
        cmocka_unit_test(each_version_has_its_own_word_against_the_look_up_of_the_caller),
        cmocka_unit_test(coordinates_are_sent_where_there_is_no_zone),
        cmocka_unit_test(the_last_day_is_history),
        cmocka_unit_test(what_is_older_is_past_range_from_the_hour_it_begins_in),
        cmocka_unit_test(the_longest_range_stays_within_ten_days),
        cmocka_unit_test(a_forecast_has_one_of_three_horizons),
        cmocka_unit_test(a_key_that_no_header_can_hold_is_not_sent),
        cmocka_unit_test(an_address_that_does_not_fit_is_not_cut),
        cmocka_unit_test(every_zone_of_the_table_is_served_and_no_other),
        cmocka_unit_test(names_of_zones),
        cmocka_unit_test(the_latest_value_holds_for_its_hour),
        cmocka_unit_test(a_value_of_five_minutes_holds_for_five_minutes),
        cmocka_unit_test(which_factor_it_is_the_answer_says_else_the_question),
        cmocka_unit_test(history_of_v3_leaves_out_what_is_null),
        cmocka_unit_test(history_of_v4_says_its_step_once_for_all),
        cmocka_unit_test(a_past_range_is_put_in_whole),
        cmocka_unit_test(disorder_doubles_and_what_cannot_be_are_dealt_with),
        cmocka_unit_test(steps_that_overlap_end_where_the_next_begins),
        cmocka_unit_test(a_forecast_is_marked_as_one),
        cmocka_unit_test(the_shape_of_home_assistant_is_read_too),
        cmocka_unit_test(the_error_grows_with_what_is_not_measured),
        cmocka_unit_test(a_country_of_many_zones_is_less_sure),
        cmocka_unit_test(nothing_known_is_no_zero),
        cmocka_unit_test(values_of_a_sandbox_are_never_points),
        cmocka_unit_test(an_answer_about_another_zone_is_refused),
        cmocka_unit_test(with_coordinates_any_zone_is_right_but_there_must_be_one),
        cmocka_unit_test(what_is_no_answer_is_told),
        cmocka_unit_test(the_bounds_of_an_intensity_belong_to_it),
        cmocka_unit_test(values_of_far_times_are_not_taken),
        cmocka_unit_test(a_refused_key_is_told_with_what_mends_it),
        cmocka_unit_test(a_401_that_is_a_rate_limit_is_one),
        cmocka_unit_test(a_key_of_another_zone_is_told_with_the_zone),
        cmocka_unit_test(what_the_plan_does_not_hold_is_told_as_that),
        cmocka_unit_test(an_unknown_zone_is_no_data),
        cmocka_unit_test(all_else_is_as_usual),
    };
    return cmocka_run_group_tests_name("grid/providers/electricitymaps", tests, NULL, finish);
}
