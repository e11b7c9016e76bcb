/* SPDX-License-Identifier: Apache-2.0 */
/*
 * energycharts.c - lists of one length, with what was and what is foretold, by the quarter and by the hour.
 */
#include "play.h"

#include "grid/grid.h"

static const struct jb_provider *const self = &jb_provider_energycharts;

#define BASE "https://api.energy-charts.info/co2eq?country="

static void each_country_of_its_table_is_a_zone_of_ours(void **state)
{
    static const char *const zones = "AT BE BG CH CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL NO PL PT RO SE "
                                     "SI SK";
    char zone[3] = "";
    for (const char *at = zones;; at += 3) {
        memcpy(zone, at, 2);
        struct jb_ask ask = {.zone = zone};
        struct jb_intensity place;
        assert_true(self->serves(&ask));
        assert_int_equal(jb_grid_zone(zone, &place, NULL), 0);
        assert_string_equal(place.live_zone, zone);
        if (at[2] == '\0') {
            break;
        }
    }
    static const char *const others[] = {"GB", "US", "DK-DK1", "IT-NO", "SE-SE3", "de", ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct jb_exchange exchange = {.ask = {.zone = others[i], .access = {.url = self->url}}};
        assert_false(self->serves(&exchange.ask));
        expect_no_url(&exchange, NULL);
    }
}

static void it_is_asked_only_where_it_is_named(void **state)
{
    assert_true(self->opt_in);
    assert_true(self->lifecycle && !self->direct && self->needs == NULL);
}

static void questions_are_put_in_whole_hours_of_utc(void **state)
{
    struct jb_exchange exchange = question("DE", JB_ASK_LATEST, NULL, NULL);
    expect_url(&exchange, BASE "de&start=2026-10-05T04%3A00Z&end=2026-10-05T11%3A00Z");
    exchange = question("AT", JB_ASK_RANGE, "2026-10-04T22:15Z", "2026-10-05T10:00Z");
    expect_url(&exchange, BASE "at&start=2026-10-04T22%3A00Z&end=2026-10-05T10%3A00Z");
    exchange = question("NO", JB_ASK_FORECAST, NULL, "2026-10-06T10:40Z");
    expect_url(&exchange, BASE "no&start=2026-10-05T10%3A00Z&end=2026-10-06T11%3A00Z");
    exchange = question("NO", JB_ASK_RANGE, "2026-10-06T10:40Z", "2026-10-05T10:40Z");
    expect_no_url(&exchange, NULL);
}

static void what_was_is_measured_and_what_is_missing_estimated(void **state)
{
    struct jb_exchange exchange = question("DE", JB_ASK_LATEST, NULL, NULL);
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "de.json", &track), 0);
    assert_int_equal(track.count, 5); /* up to 10:30 */
    expect_point(&track, 0, "2026-10-05T09:30Z", 15, 301.5, 0);
    expect_point(&track, 2, "2026-10-05T10:00Z", 15, 310.4, 0);
    expect_point(&track, 3, "2026-10-05T10:15Z", 15, 318, JB_POINT_ESTIMATED | JB_POINT_FORECAST);
    expect_point(&track, 4, "2026-10-05T10:30Z", 15, 322.5, JB_POINT_ESTIMATED | JB_POINT_FORECAST);
    assert_true(track.points[2].rel_error < track.points[3].rel_error);
    jb_track_finish(&track);
}

static void what_is_to_come_is_a_forecast(void **state)
{
    struct jb_exchange exchange = question("DE", JB_ASK_FORECAST, NULL, "2026-10-05T12:00Z");
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "de.json", &track), 0);
    assert_int_equal(track.count, 3);
    expect_point(&track, 0, "2026-10-05T10:30Z", 15, 322.5, JB_POINT_ESTIMATED | JB_POINT_FORECAST);
    expect_point(&track, 1, "2026-10-05T10:45Z", 15, 330, JB_POINT_FORECAST);
    expect_point(&track, 2, "2026-10-05T11:00Z", 15, 341.2, JB_POINT_FORECAST);
    jb_track_finish(&track);
}

static void hours_are_as_good_as_quarters(void **state)
{
    struct jb_exchange exchange = question("NO", JB_ASK_RANGE, "2026-10-05T09:30Z", "2026-10-05T10:30Z");
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "hourly.json", &track), 0);
    assert_int_equal(track.count, 2);
    expect_point(&track, 0, "2026-10-05T09:00Z", 60, 28, 0);
    expect_point(&track, 1, "2026-10-05T10:00Z", 60, 27.5, 0);
    jb_track_finish(&track);
}

#define LISTS(times, past, ahead)                                                                                      \
    "{\"unix_seconds\":" times ",\"co2eq\":" past ",\"co2eq_forecast\":" ahead ",\"deprecated\":false}"

/* 1791192600 is 9:30. */
static void a_gap_stays_a_gap_and_a_time_said_twice_is_one(void **state)
{
    struct jb_exchange exchange = question("DE", JB_ASK_LATEST, NULL, NULL);
    struct jb_track track = {0};
    assert_int_equal(
        said(&exchange, LISTS("[1791192600,1791193500,1791193500,1791196200]", "[1,2,3,4]", "null"), &track), 0);
    assert_int_equal(track.count, 3);
    expect_point(&track, 0, "2026-10-05T09:30Z", 15, 1, 0);
    expect_point(&track, 1, "2026-10-05T09:45Z", 15, 3, 0);
    expect_point(&track, 2, "2026-10-05T10:30Z", 15, 4, 0);
    jb_track_finish(&track);
    assert_int_equal(said(&exchange, LISTS("[1791192600]", "[5]", "[6]"), &track), 0);
    expect_point(&track, 0, "2026-10-05T09:30Z", 15, 5, 0);
    jb_track_finish(&track);
}

static void a_guess_of_the_service_is_an_estimate(void **state)
{
    struct jb_exchange exchange = question("DE", JB_ASK_LATEST, NULL, NULL);
    struct jb_track track = {0};
    assert_int_equal(said(&exchange, "{\"unix_seconds\":[1791192600],\"co2eq\":[5],\"substitute\":true}", &track), 0);
    expect_point(&track, 0, "2026-10-05T09:30Z", 15, 5, JB_POINT_ESTIMATED);
    jb_track_finish(&track);
    exchange = question("DE", JB_ASK_FORECAST, NULL, "2026-10-05T12:00Z");
    assert_int_equal(said(&exchange, LISTS("[1791198000]", "[5]", "[6]"), &track), 0); /* 11:00, not yet */
    expect_point(&track, 0, "2026-10-05T11:00Z", 15, 5, JB_POINT_FORECAST);
    jb_track_finish(&track);
}

static void what_is_not_the_shape_is_no_answer(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"detail\":[{\"loc\":[\"query\",\"country\"],\"msg\":\"no\"}]}",
        "{\"unix_seconds\":[1791192600]}",
        "{\"co2eq\":[1]}",
        LISTS("null", "[1]", "null"),
        LISTS("[]", "null", "null"),
        LISTS("[1791192600]", "[]", "null"),
        LISTS("[1791192600]", "[1,2]", "null"),
        LISTS("[1791192600]", "[1]", "[]"),
        LISTS("[1791192600]", "[1]", "[1,2]"),
        LISTS("[1791192600]", "[1]", "{}"),
        LISTS("[1791192600]", "1", "null"),
        LISTS("1791192600", "[1]", "null"),
        LISTS("[\"1791192600\"]", "[1]", "null"),
        LISTS("[1791192600.5]", "[1]", "null"),
        LISTS("[null]", "[1]", "null"),
        LISTS("[0]", "[1]", "null"),
        LISTS("[-1791192600]", "[1]", "null"),
        LISTS("[9223372036854775807]", "[1]", "null"),
        LISTS("[1791192600,-9223372036854775808]", "[1,2]", "null"),
        LISTS("[99999999999999999999]", "[1]", "null"),
        LISTS("[1791192600000]", "[1]", "null"),
        LISTS("[1791193500,1791192600]", "[1,2]", "null"),
        LISTS("[1791192600,1791192601]", "[1,2]", "null"),
        LISTS("[1791192600,1791200000]", "[1,2]", "null"),
        LISTS("[1791192600]", "[\"1\"]", "null"),
        LISTS("[1791192600]", "[null]", "[\"1\"]"),
        LISTS("[1791192600]", "[NaN]", "null"),
        LISTS("[1791192600]", "[Infinity]", "null"),
    };
    struct jb_exchange exchange = question("DE", JB_ASK_LATEST, NULL, NULL);
    expect_errors(&exchange, -EBADMSG, bad, sizeof(bad) / sizeof(bad[0]));
    expect_no_harm_in_any_cut(&exchange, LISTS("[1791192600,1791193500]", "[1,null]", "[null,2]"));
}

static void no_value_is_no_point(void **state)
{
    static const char *const none[] = {
        LISTS("[]", "[]", "[]"),
        LISTS("null", "null", "null"),
        LISTS("[1791192600]", "[null]", "[null]"),
        LISTS("[1791192600]", "[-1]", "[2001]"),
        LISTS("[1791192600]", "[null]", "null"),
        "{\"unix_seconds\":null}",
    };
    struct jb_exchange exchange = question("DE", JB_ASK_LATEST, NULL, NULL);
    expect_errors(&exchange, -ENODATA, none, sizeof(none) / sizeof(none[0]));
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "nothing.json", &track), -ENODATA);
    assert_int_equal(said_in(&exchange, "bad_country.json", &track), -EBADMSG);
}

static void add_list(struct jb_buf *body, const char *name, size_t count, int64_t first, int64_t step)
{
    jb_buf_printf(body, "%s\"%s\":[", body->length > 1 ? "," : "", name);
    for (size_t i = 0; i < count; i++) {
        jb_buf_printf(body, "%s%lld", i > 0 ? "," : "", (long long)(first + (int64_t)i * step));
    }
    jb_buf_puts(body, "]");
}

static void a_megabyte_of_values_is_read(void **state)
{
    struct jb_exchange exchange = question("DE", JB_ASK_LATEST, NULL, NULL);
    struct jb_buf body = {0};
    jb_buf_puts(&body, "{");
    add_list(&body, "unix_seconds", 66000, 1791192600 - 66000 * INT64_C(900), 900);
    add_list(&body, "co2eq", 66000, 300, 0);
    jb_buf_puts(&body, "}");
    assert_in_range(body.length, 950000, 1048576);
    struct jb_track track = {0};
    assert_int_equal(said(&exchange, body.data, &track), 0);
    assert_int_equal(track.count, 66000);
    jb_track_finish(&track);
    jb_buf_finish(&body);
}

/* No answer that fetch.c lets through is so long, but a track has its end all the same. */
static void more_than_a_track_holds_is_refused(void **state)
{
    struct jb_exchange exchange = question("DE", JB_ASK_LATEST, NULL, NULL);
    struct jb_buf body = {0};
    jb_buf_puts(&body, "{");
    add_list(&body, "unix_seconds", 2 * JB_TRACK_MAX, 1791192600 - 2 * JB_TRACK_MAX * INT64_C(900), 900);
    add_list(&body, "co2eq", 2 * JB_TRACK_MAX, 300, 0);
    jb_buf_puts(&body, "}");
    struct jb_track track = {0};
    assert_int_equal(said(&exchange, body.data, &track), -EBADMSG);
    jb_track_finish(&track);
    jb_buf_finish(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_country_of_its_table_is_a_zone_of_ours),
        cmocka_unit_test(it_is_asked_only_where_it_is_named),
        cmocka_unit_test(questions_are_put_in_whole_hours_of_utc),
        cmocka_unit_test(what_was_is_measured_and_what_is_missing_estimated),
        cmocka_unit_test(what_is_to_come_is_a_forecast),
        cmocka_unit_test(hours_are_as_good_as_quarters),
        cmocka_unit_test(a_gap_stays_a_gap_and_a_time_said_twice_is_one),
        cmocka_unit_test(a_guess_of_the_service_is_an_estimate),
        cmocka_unit_test(what_is_not_the_shape_is_no_answer),
        cmocka_unit_test(no_value_is_no_point),
        cmocka_unit_test(a_megabyte_of_values_is_read),
        cmocka_unit_test(more_than_a_track_holds_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
