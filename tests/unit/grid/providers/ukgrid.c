/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ukgrid.c - the Carbon Intensity API: what is asked, and every shape of what comes back.
 */
#include "play.h"

static const struct jb_provider *const self = &jb_provider_ukgrid;

#define BASE "https://api.carbonintensity.org.uk"

static struct jb_exchange regional(enum jb_ask_kind kind, const char *region)
{
    struct jb_exchange exchange = question("GB", kind, "2026-10-05T09:00Z", "2026-10-06T10:40Z");
    exchange.ask.access.region = region;
    return exchange;
}

static void only_great_britain_is_served(void **state)
{
    static const char *const others[] = {"GB-NIR", "GB-ORK", "GB-SHI", "IE", "gb", "", "GBR"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct jb_ask ask = {.zone = others[i]};
        assert_false(self->serves(&ask));
    }
    assert_ptr_equal(jb_provider_find("ukgrid"), self);
    assert_true(self->direct && !self->lifecycle && !self->opt_in && self->needs == NULL);
}

static void questions_are_put_in_whole_half_hours(void **state)
{
    struct jb_exchange exchange = question("GB", JB_ASK_LATEST, NULL, NULL);
    expect_url(&exchange, BASE "/intensity/2026-10-05T08:30Z/2026-10-05T11:30Z");
    exchange = question("GB", JB_ASK_RANGE, "2026-10-04T23:59:59Z", "2026-10-05T10:00:01Z");
    expect_url(&exchange, BASE "/intensity/2026-10-04T23:30Z/2026-10-05T10:30Z");
    exchange = question("GB", JB_ASK_FORECAST, NULL, "2026-10-06T10:40Z");
    expect_url(&exchange, BASE "/intensity/2026-10-05T10:30Z/fw48h");
    exchange = question("GB", JB_ASK_LATEST, NULL, NULL);
    exchange.ask.access.url = "http://127.0.0.1:8080/uk";
    expect_url(&exchange, "http://127.0.0.1:8080/uk/intensity/2026-10-05T08:30Z/2026-10-05T11:30Z");
}

static void a_region_is_a_number_or_an_outward_postcode(void **state)
{
    struct jb_exchange exchange = regional(JB_ASK_RANGE, "13");
    expect_url(&exchange, BASE "/regional/intensity/2026-10-05T09:00Z/2026-10-06T11:00Z/regionid/13");
    exchange = regional(JB_ASK_FORECAST, "rg10");
    expect_url(&exchange, BASE "/regional/intensity/2026-10-05T10:30Z/fw48h/postcode/RG10");
    static const char *const good[] = {"1", "17", "E1", "BS7", "WC2N", "W1A", "SW1A", "M1"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        static struct jb_request request;
        exchange = regional(JB_ASK_LATEST, good[i]);
        assert_int_equal(self->request(&exchange, &request, NULL), 0);
        assert_non_null(strstr(request.url, i < 2 ? "/regionid/" : "/postcode/"));
    }
    exchange = regional(JB_ASK_LATEST, "");
    expect_url(&exchange, BASE "/intensity/2026-10-05T08:30Z/2026-10-05T11:30Z");
}

static void what_is_no_region_is_told_and_not_sent(void **state)
{
    static const char *const bad[] = {"0",  "18", "-1", "3 ",  "London", "RG10 1AA", "RG100", "ABC1",
                                      "1A", "R",  "RG", "A/1", "%41",    "R\n1",     "A1BCD"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct jb_exchange exchange = regional(JB_ASK_LATEST, bad[i]);
        expect_no_url(&exchange, "ukgrid_region");
        struct jb_track track = {0};
        assert_int_equal(said(&exchange, "{}", &track), -EINVAL);
    }
}

static void what_cannot_be_asked_is_refused(void **state)
{
    struct jb_exchange exchange = question("GB", JB_ASK_RANGE, "2026-10-05T10:00Z", "2026-10-05T10:00Z");
    expect_no_url(&exchange, NULL);
    exchange = question("GB", JB_ASK_FORECAST, NULL, "2026-10-05T10:40Z");
    expect_no_url(&exchange, NULL);
    char *url = calloc(1, 3000);
    assert_non_null(url);
    memset(url, 'a', 2990);
    exchange = question("GB", JB_ASK_LATEST, NULL, NULL);
    exchange.ask.access.url = url;
    expect_no_url(&exchange, "ukgrid_url");
    free(url);
}

static void what_is_settled_is_actual_and_the_rest_estimated(void **state)
{
    struct jb_exchange exchange = question("GB", JB_ASK_LATEST, NULL, NULL);
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "national.json", &track), 0);
    assert_int_equal(track.count, 3); /* what is to come is not what holds now */
    expect_point(&track, 0, "2026-10-05T09:30Z", 30, 121, JB_POINT_DIRECT);
    expect_point(&track, 1, "2026-10-05T10:00Z", 30, 124, JB_POINT_DIRECT);
    expect_point(&track, 2, "2026-10-05T10:30Z", 30, 126, JB_POINT_DIRECT | JB_POINT_ESTIMATED | JB_POINT_FORECAST);
    assert_true(track.points[1].rel_error < track.points[2].rel_error);
    jb_track_finish(&track);
}

static void what_is_to_come_is_a_forecast(void **state)
{
    struct jb_exchange exchange = question("GB", JB_ASK_FORECAST, NULL, "2026-10-05T12:00Z");
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "national.json", &track), 0);
    assert_int_equal(track.count, 2);
    expect_point(&track, 0, "2026-10-05T10:30Z", 30, 126, JB_POINT_DIRECT | JB_POINT_ESTIMATED | JB_POINT_FORECAST);
    expect_point(&track, 1, "2026-10-05T11:00Z", 30, 131, JB_POINT_DIRECT | JB_POINT_FORECAST);
    assert_true(track.points[0].rel_error < track.points[1].rel_error);
    jb_track_finish(&track);
}

static void of_a_range_only_what_was_asked_for_is_taken(void **state)
{
    struct jb_exchange exchange = question("GB", JB_ASK_RANGE, "2026-10-05T10:00Z", "2026-10-05T10:10Z");
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "national.json", &track), 0);
    assert_int_equal(track.count, 1);
    expect_point(&track, 0, "2026-10-05T10:00Z", 30, 124, JB_POINT_DIRECT);
    jb_track_finish(&track);
    exchange = question("GB", JB_ASK_RANGE, "2026-10-04T10:00Z", "2026-10-04T11:00Z");
    assert_int_equal(said_in(&exchange, "national.json", &track), -ENODATA);
    assert_int_equal(track.count, 0);
}

static void a_region_has_estimates_only(void **state)
{
    struct jb_exchange exchange = regional(JB_ASK_FORECAST, "13");
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "region_range.json", &track), 0);
    assert_int_equal(track.count, 2);
    expect_point(&track, 0, "2026-10-05T10:30Z", 30, 101, JB_POINT_DIRECT | JB_POINT_ESTIMATED);
    expect_point(&track, 1, "2026-10-05T11:00Z", 30, 107, JB_POINT_DIRECT | JB_POINT_ESTIMATED | JB_POINT_FORECAST);
    jb_track_finish(&track);
    exchange = regional(JB_ASK_LATEST, "RG10");
    assert_int_equal(said_in(&exchange, "postcode_now.json", &track), 0);
    assert_int_equal(track.count, 1);
    expect_point(&track, 0, "2026-10-05T10:30Z", 30, 126, JB_POINT_DIRECT | JB_POINT_ESTIMATED);
    jb_track_finish(&track);
}

static void another_region_is_refused(void **state)
{
    static const char *const wrong[] = {"12", "SW1A"};
    struct jb_track track = {0};
    struct jb_exchange exchange = regional(JB_ASK_LATEST, wrong[0]);
    assert_int_equal(said_in(&exchange, "region_range.json", &track), -EBADMSG);
    exchange = regional(JB_ASK_LATEST, wrong[1]);
    assert_int_equal(said_in(&exchange, "postcode_now.json", &track), -EBADMSG);
    exchange = question("GB", JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(said_in(&exchange, "region_range.json", &track), -EBADMSG);
    assert_int_equal(said_in(&exchange, "postcode_now.json", &track), -EBADMSG);
    exchange = regional(JB_ASK_LATEST, "13");
    assert_int_equal(said_in(&exchange, "national.json", &track), -EBADMSG);
    assert_int_equal(track.count, 0);
}

#define ROW(from, to, intensity) "{\"data\":[{\"from\":" from ",\"to\":" to ",\"intensity\":" intensity "}]}"
#define NOW(intensity)           ROW("\"2026-10-05T10:30Z\"", "\"2026-10-05T11:00Z\"", intensity)

static void what_is_not_the_shape_is_no_answer(void **state)
{
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"data\":null}",
        "{\"data\":{}}",
        "{\"data\":\"\"}",
        "{\"data\":[1]}",
        "{\"data\":[null]}",
        "<html>502 Bad Gateway</html>",
        "{\"error\":{\"code\":\"400 Bad Request\",\"message\":\"x\"}}",
        NOW("7"),
        NOW("{\"actual\":\"7\"}"),
        NOW("{\"actual\":null,\"forecast\":\"7\"}"),
        NOW("{\"actual\":true}"),
        NOW("{\"actual\":1e999}"),
        NOW("{\"actual\":NaN}"),
        ROW("null", "\"2026-10-05T11:00Z\"", "{\"actual\":7}"),
        ROW("1", "2", "{\"actual\":7}"),
        ROW("\"now\"", "\"2026-10-05T11:00Z\"", "{\"actual\":7}"),
        ROW("\"2026-10-05T11:00Z\"", "\"2026-10-05T10:30Z\"", "{\"actual\":7}"),
        ROW("\"2026-10-05T10:30Z\"", "\"2026-10-05T10:30Z\"", "{\"actual\":7}"),
        ROW("\"1970-01-01T00:00Z\"", "\"2199-01-01T00:00Z\"", "{\"actual\":7}"),
        "{\"data\":[{\"from\":\"2026-10-05T10:30Z\",\"to\":\"2026-10-05T11:00Z\"}]}",
        "{\"data\":[]}\xff",
    };
    struct jb_exchange exchange = question("GB", JB_ASK_LATEST, NULL, NULL);
    expect_errors(&exchange, -EBADMSG, bad, sizeof(bad) / sizeof(bad[0]));
    static const char *const bad_region[] = {
        "{\"data\":[]}",
        "{\"data\":{\"regionid\":\"13\",\"data\":[]}}",
        "{\"data\":{\"regionid\":13}}",
        "{\"data\":{\"data\":[]}}",
        "{\"data\":{\"regionid\":13.0,\"data\":[]}}",
        "{\"data\":[{\"regionid\":13,\"data\":[]},{\"regionid\":13,\"data\":[]}]}",
    };
    exchange = regional(JB_ASK_LATEST, "13");
    expect_errors(&exchange, -EBADMSG, bad_region, sizeof(bad_region) / sizeof(bad_region[0]));
}

static void what_cannot_be_is_no_point(void **state)
{
    static const char *const none[] = {
        "{\"data\":[]}",
        NOW("{}"),
        NOW("{\"actual\":null,\"forecast\":null}"),
        NOW("{\"actual\":-1}"),
        NOW("{\"actual\":2001}"),
        NOW("{\"actual\":1e308,\"forecast\":-0.001}"),
    };
    struct jb_exchange exchange = question("GB", JB_ASK_LATEST, NULL, NULL);
    expect_errors(&exchange, -ENODATA, none, sizeof(none) / sizeof(none[0]));
    struct jb_track track = {0};
    assert_int_equal(said(&exchange, NOW("{\"actual\":0}"), &track), 0);
    assert_int_equal(said(&exchange, NOW("{\"actual\":2000}"), &track), 0);
    jb_track_finish(&track);
    assert_int_equal(said(&exchange, NOW("{\"actual\":-1,\"forecast\":9}"), &track), 0);
    assert_int_equal(track.count, 1);
    expect_point(&track, 0, "2026-10-05T10:30Z", 30, 9, JB_POINT_DIRECT | JB_POINT_ESTIMATED | JB_POINT_FORECAST);
    jb_track_finish(&track);
}

static void an_answer_that_was_cut_off_does_no_harm(void **state)
{
    struct jb_exchange exchange = question("GB", JB_ASK_LATEST, NULL, NULL);
    expect_no_harm_in_any_cut(&exchange, NOW("{\"forecast\":266,\"actual\":263,\"index\":\"moderate\"}"));
}

/* Newest first, each twice: the worst that the track can be given. */
static void a_megabyte_of_rows_is_read(void **state)
{
    struct jb_exchange exchange = question("GB", JB_ASK_RANGE, "2026-01-01T00:00Z", "2026-10-05T10:00Z");
    struct jb_buf body = {0};
    jb_buf_puts(&body, "{\"data\":[");
    int64_t first_ns = at("2026-01-01T00:00Z");
    size_t rows = 0;
    for (; body.length < 1000000; rows++) {
        char from[32], to[32];
        int64_t start_ns = first_ns + (int64_t)(5000 - rows / 2) * 30 * MINUTE_NS;
        jb_iso_time(start_ns, from, sizeof(from));
        jb_iso_time(start_ns + 30 * MINUTE_NS, to, sizeof(to));
        jb_buf_printf(&body, "%s{\"from\":\"%s\",\"to\":\"%s\",\"intensity\":{\"forecast\":%zu,\"actual\":%zu}}",
                      rows > 0 ? "," : "", from, to, rows % 400, rows % 500);
    }
    jb_buf_puts(&body, "]}");
    struct jb_track track = {0};
    assert_int_equal(said(&exchange, body.data, &track), 0);
    assert_int_equal(track.count, (rows + 1) / 2);
    jb_track_finish(&track);
    jb_buf_finish(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_great_britain_is_served),
        cmocka_unit_test(questions_are_put_in_whole_half_hours),
        cmocka_unit_test(a_region_is_a_number_or_an_outward_postcode),
        cmocka_unit_test(what_is_no_region_is_told_and_not_sent),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
        cmocka_unit_test(what_is_settled_is_actual_and_the_rest_estimated),
        cmocka_unit_test(what_is_to_come_is_a_forecast),
        cmocka_unit_test(of_a_range_only_what_was_asked_for_is_taken),
        cmocka_unit_test(a_region_has_estimates_only),
        cmocka_unit_test(another_region_is_refused),
        cmocka_unit_test(what_is_not_the_shape_is_no_answer),
        cmocka_unit_test(what_cannot_be_is_no_point),
        cmocka_unit_test(an_answer_that_was_cut_off_does_no_harm),
        cmocka_unit_test(a_megabyte_of_rows_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
