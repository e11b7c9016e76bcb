/* SPDX-License-Identifier: Apache-2.0 */
/*
 * energinet.c - Energi Data Service: Danish time in the question, UTC in the answer, two areas and their mean.
 */
#include "play.h"

static const struct jb_provider *const self = &jb_provider_energinet;

#define BASE    "https://api.energidataservice.dk/dataset/"
#define COLUMNS "?columns=Minutes5UTC%2CPriceArea%2CCO2Emission&filter=%7B%22PriceArea%22%3A%5B"

static void denmark_and_its_two_areas_are_served(void **state)
{
    static const char *const others[] = {"DK-BHM", "DK1", "DK-DK3", "DE", ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct jb_exchange exchange = {.ask = {.zone = others[i], .access = {.url = self->url}}};
        assert_false(self->serves(&exchange.ask));
        expect_no_url(&exchange, NULL);
    }
    assert_true(self->direct && !self->lifecycle && !self->opt_in && self->needs == NULL);
}

static void the_newest_are_asked_for_without_a_time(void **state)
{
    struct jb_exchange exchange = question("DK-DK1", JB_ASK_LATEST, NULL, NULL);
    expect_url(&exchange, BASE "CO2Emis" COLUMNS "%22DK1%22%5D%7D&sort=Minutes5UTC%20desc&limit=24");
    exchange = question("DK", JB_ASK_LATEST, NULL, NULL);
    expect_url(&exchange, BASE "CO2Emis" COLUMNS "%22DK1%22%2C%22DK2%22%5D%7D&sort=Minutes5UTC%20desc&limit=48");
}

/* Whatever Danish time is then, 10:02 to 11:00 in UTC lies in it. */
static void a_range_is_asked_for_with_a_margin_for_danish_time(void **state)
{
    struct jb_exchange exchange = question("DK-DK2", JB_ASK_RANGE, "2026-10-05T10:02Z", "2026-10-05T10:58Z");
    expect_url(&exchange, BASE "CO2Emis" COLUMNS "%22DK2%22%5D%7D&sort=Minutes5UTC%20asc"
                               "&start=2026-10-05T11:00&end=2026-10-05T13:00&limit=4000");
    exchange = question("DK-DK2", JB_ASK_RANGE, "2026-12-31T22:30Z", "2026-12-31T23:30Z");
    expect_url(&exchange, BASE "CO2Emis" COLUMNS "%22DK2%22%5D%7D&sort=Minutes5UTC%20asc"
                               "&start=2026-12-31T23:30&end=2027-01-01T01:30&limit=4000");
    exchange = question("DK-DK2", JB_ASK_FORECAST, NULL, "2026-10-05T19:41Z");
    expect_url(&exchange, BASE "CO2EmisProg" COLUMNS "%22DK2%22%5D%7D&sort=Minutes5UTC%20asc"
                               "&start=2026-10-05T11:40&end=2026-10-05T21:45&limit=4000");
    exchange = question("DK", JB_ASK_RANGE, "2026-10-05T10:02Z", "2026-10-05T10:02Z");
    expect_no_url(&exchange, NULL);
}

/* Six days of both areas, and what the margin adds, must fit into one answer. */
static void a_whole_span_is_less_than_the_limit(void **state)
{
    int64_t rows = 2 * ((int64_t)self->max_span_ns + 60 * MINUTE_NS) / (5 * MINUTE_NS);
    assert_in_range(rows, 3000, 4000);
}

static void an_area_is_read(void **state)
{
    struct jb_exchange exchange = question("DK-DK1", JB_ASK_RANGE, "2026-10-05T10:00Z", "2026-10-05T10:15Z");
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "dk1.json", &track), 0);
    assert_int_equal(track.count, 2); /* 9:55 was not asked for, 10:05 is null */
    expect_point(&track, 0, "2026-10-05T10:00Z", 5, 75, JB_POINT_DIRECT);
    expect_point(&track, 1, "2026-10-05T10:10Z", 5, 78, JB_POINT_DIRECT);
    jb_track_finish(&track);
    exchange = question("DK-DK1", JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(said_in(&exchange, "dk1.json", &track), 0);
    assert_int_equal(track.count, 3);
    jb_track_finish(&track);
}

static void the_country_is_the_mean_where_both_areas_are_known(void **state)
{
    struct jb_exchange exchange = question("DK", JB_ASK_LATEST, NULL, NULL);
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "both.json", &track), 0);
    assert_int_equal(track.count, 2);
    expect_point(&track, 0, "2026-10-05T10:10Z", 5, 60, JB_POINT_DIRECT | JB_POINT_ESTIMATED);
    expect_point(&track, 1, "2026-10-05T10:20Z", 5, 100, JB_POINT_DIRECT | JB_POINT_ESTIMATED);
    assert_true(fabs(track.points[0].rel_error - 0.10) < 1e-9);
    assert_true(fabs(track.points[1].rel_error - hypot(0.10, 0.10)) < 1e-9);
    jb_track_finish(&track);
}

static void a_prognosis_is_a_forecast(void **state)
{
    struct jb_exchange exchange = question("DK-DK2", JB_ASK_FORECAST, NULL, "2026-10-05T10:44Z");
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "prognosis.json", &track), 0);
    assert_int_equal(track.count, 1); /* one is over, one too late */
    expect_point(&track, 0, "2026-10-05T10:40Z", 5, 106, JB_POINT_DIRECT | JB_POINT_FORECAST);
    jb_track_finish(&track);
}

static void another_area_or_dataset_is_refused(void **state)
{
    struct jb_track track = {0};
    struct jb_exchange exchange = question("DK-DK2", JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(said_in(&exchange, "dk1.json", &track), -EBADMSG);
    exchange = question("DK-DK1", JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(said_in(&exchange, "both.json", &track), -EBADMSG);
    jb_track_finish(&track);
    exchange = question("DK-DK2", JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(said_in(&exchange, "prognosis.json", &track), -EBADMSG);
    exchange = question("DK", JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(said_in(&exchange, "dk1.json", &track), -ENODATA); /* of one area no mean can be made */
    jb_track_finish(&track);
}

#define ROW(time, area, value)                                                                                         \
    "{\"records\":[{\"Minutes5UTC\":" time ",\"PriceArea\":" area ",\"CO2Emission\":" value "}]}"
#define NOW(value) ROW("\"2026-10-05T10:35:00\"", "\"DK1\"", value)

static void what_is_not_the_shape_is_no_answer(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"records\":{}}",
        "{\"records\":[[]]}",
        "{\"statusCode\":429,\"message\":\"Too many requests\"}",
        "{\"records\":[{\"PriceArea\":\"DK1\",\"CO2Emission\":7}]}",
        "{\"records\":[{\"Minutes5UTC\":\"2026-10-05T10:35:00\",\"CO2Emission\":7}]}",
        ROW("\"2026-10-05T10:35:00x\"", "\"DK1\"", "7"),
        ROW("1791192600", "\"DK1\"", "7"),
        ROW("\"2026-10-05T10:35:00\"", "1", "7"),
        ROW("\"2026-10-05T10:35:00\"", "null", "7"),
        ROW("\"2026-10-05T10:35:00\"", "\"dk1\"", "7"),
        NOW("\"7\""),
        NOW("[7]"),
        NOW("1e999"),
        NOW("7") "garbage",
    };
    struct jb_exchange exchange = question("DK-DK1", JB_ASK_LATEST, NULL, NULL);
    expect_errors(&exchange, -EBADMSG, bad, sizeof(bad) / sizeof(bad[0]));
    static const char *const none[] = {
        "{\"records\":[]}",
        NOW("null"),
        NOW("-0.5"),
        NOW("2000.5"),
        "{\"records\":[{\"Minutes5UTC\":\"2026-10-05T10:35:00\",\"PriceArea\":\"DK1\"}]}",
        ROW("\"2026-10-05T10:45:00\"", "\"DK1\"", "7")};
    expect_errors(&exchange, -ENODATA, none, sizeof(none) / sizeof(none[0]));
    exchange = question("DK", JB_ASK_LATEST, NULL, NULL);
    expect_errors(&exchange, -EBADMSG, bad, sizeof(bad) / sizeof(bad[0]));
    expect_errors(&exchange, -ENODATA, none, sizeof(none) / sizeof(none[0]));
    exchange = question("DK-DK1", JB_ASK_LATEST, NULL, NULL);
    expect_no_harm_in_any_cut(&exchange, NOW("7"));
}

/* The hour from 0 to 1 in UTC and the one after it are both 2 o'clock in Denmark then; in UTC they are two. */
static void the_doubled_hour_of_autumn_is_two_hours(void **state)
{
    struct jb_exchange exchange = question("DK-DK1", JB_ASK_RANGE, "2026-10-25T00:00Z", "2026-10-25T02:00Z");
    expect_url(&exchange, BASE "CO2Emis" COLUMNS "%22DK1%22%5D%7D&sort=Minutes5UTC%20asc"
                               "&start=2026-10-25T01:00&end=2026-10-25T04:00&limit=4000");
    struct jb_track track = {0};
    assert_int_equal(said(&exchange,
                          "{\"records\":["
                          "{\"Minutes5UTC\":\"2026-10-25T00:30:00\",\"Minutes5DK\":\"2026-10-25T02:30:00\","
                          "\"PriceArea\":\"DK1\",\"CO2Emission\":50},"
                          "{\"Minutes5UTC\":\"2026-10-25T01:30:00\",\"Minutes5DK\":\"2026-10-25T02:30:00\","
                          "\"PriceArea\":\"DK1\",\"CO2Emission\":70},"
                          "{\"Minutes5UTC\":\"2026-10-25T01:30:00\",\"Minutes5DK\":\"2026-10-25T02:30:00\","
                          "\"PriceArea\":\"DK1\",\"CO2Emission\":71}]}",
                          &track),
                     0);
    assert_int_equal(track.count, 2);
    expect_point(&track, 0, "2026-10-25T00:30Z", 5, 50, JB_POINT_DIRECT);
    expect_point(&track, 1, "2026-10-25T01:30Z", 5, 71, JB_POINT_DIRECT); /* said twice: the later word counts */
    jb_track_finish(&track);
}

static void a_megabyte_of_rows_is_read(void **state)
{
    struct jb_exchange exchange = question("DK", JB_ASK_LATEST, NULL, NULL);
    struct jb_buf body = {0};
    jb_buf_puts(&body, "{\"records\":[");
    size_t rows = 0;
    for (; body.length < 1000000; rows++) {
        char time[32];
        jb_iso_time(at("2026-10-05T10:00Z") - (int64_t)(rows / 2) * 5 * MINUTE_NS, time, sizeof(time));
        jb_buf_printf(&body, "%s{\"Minutes5UTC\":\"%.19s\",\"PriceArea\":\"DK%zu\",\"CO2Emission\":%zu}",
                      rows > 0 ? "," : "", time, 1 + rows % 2, rows % 300);
    }
    jb_buf_puts(&body, "]}");
    struct jb_track track = {0};
    assert_int_equal(said(&exchange, body.data, &track), 0);
    assert_int_equal(track.count, rows / 2);
    jb_track_finish(&track);
    jb_buf_finish(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(denmark_and_its_two_areas_are_served),
        cmocka_unit_test(the_newest_are_asked_for_without_a_time),
        cmocka_unit_test(a_range_is_asked_for_with_a_margin_for_danish_time),
        cmocka_unit_test(a_whole_span_is_less_than_the_limit),
        cmocka_unit_test(an_area_is_read),
        cmocka_unit_test(the_country_is_the_mean_where_both_areas_are_known),
        cmocka_unit_test(a_prognosis_is_a_forecast),
        cmocka_unit_test(another_area_or_dataset_is_refused),
        cmocka_unit_test(what_is_not_the_shape_is_no_answer),
        cmocka_unit_test(the_doubled_hour_of_autumn_is_two_hours),
        cmocka_unit_test(a_megabyte_of_rows_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
