/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rte.c - eCO2mix of France: what is asked, page by page, and what comes back.
 */
#include "play.h"

static const struct jb_provider *const self = &jb_provider_rte;

#define BASE                                                                                                           \
    "https://odre.opendatasoft.com/api/explore/v2.1/catalog/datasets/eco2mix-national-tr/records"                      \
    "?select=taux_co2%2Cdate_heure&where="
#define ESTIMATE (JB_POINT_DIRECT | JB_POINT_ESTIMATED)

static void only_france_is_served(void **state)
{
    static const char *const others[] = {"FR-COR", "GP", "RE", "fr", ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct jb_ask ask = {.zone = others[i]};
        assert_false(self->serves(&ask));
    }
    assert_true(self->direct && !self->lifecycle && !self->opt_in && self->needs == NULL);
}

static void questions_are_asked_in_the_language_of_the_portal(void **state)
{
    struct jb_exchange exchange = question("FR", JB_ASK_LATEST, NULL, NULL);
    expect_url(&exchange, BASE "taux_co2%20is%20not%20null&order_by=date_heure%20desc&limit=8");
    exchange = question("FR", JB_ASK_RANGE, "2026-10-05T09:59Z", "2026-10-05T10:16Z");
    expect_url(&exchange, BASE "date_heure%20%3E%3D%20date%272026-10-05T09%3A45Z%27%20and%20"
                               "date_heure%20%3C%20date%272026-10-05T10%3A30Z%27%20and%20"
                               "taux_co2%20is%20not%20null&order_by=date_heure%20asc&limit=100");
    exchange = question("FR", JB_ASK_FORECAST, NULL, "2026-10-06T10:16Z");
    expect_no_url(&exchange, NULL);
    assert_int_equal(self->forecast_ns, 0);
}

static void the_newest_values_are_read(void **state)
{
    struct jb_exchange exchange = question("FR", JB_ASK_LATEST, NULL, NULL);
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "latest.json", &track), 0);
    assert_int_equal(track.count, 2); /* 0 is none */
    expect_point(&track, 0, "2026-10-05T10:00Z", 15, 38, ESTIMATE);
    expect_point(&track, 1, "2026-10-05T10:30Z", 15, 39, ESTIMATE);
    jb_track_finish(&track);
}

/* A gram is the last digit: at 1 g that is most of the error, at 100 g nothing of it. */
static void the_whole_grams_are_part_of_the_error(void **state)
{
    struct jb_exchange exchange = question("FR", JB_ASK_LATEST, NULL, NULL);
    struct jb_track track = {0};
    assert_int_equal(said(&exchange,
                          "{\"results\":[{\"taux_co2\":1,\"date_heure\":\"2026-10-05T10:00:00Z\"},"
                          "{\"taux_co2\":100,\"date_heure\":\"2026-10-05T10:15:00Z\"}]}",
                          &track),
                     0);
    assert_true(fabs(track.points[0].rel_error - 0.3256) < 1e-3);
    assert_true(fabs(track.points[1].rel_error - 0.15) < 1e-3);
    jb_track_finish(&track);
}

static void the_doubled_hour_of_autumn_is_two_hours(void **state)
{
    struct jb_exchange exchange = question("FR", JB_ASK_RANGE, "2026-10-25T00:30Z", "2026-10-25T02:00Z");
    struct jb_track track = {0};
    assert_int_equal(said_in(&exchange, "autumn.json", &track), 0);
    assert_int_equal(track.count, 5);
    expect_point(&track, 0, "2026-10-25T00:30Z", 15, 20, ESTIMATE);
    expect_point(&track, 1, "2026-10-25T00:45Z", 15, 21, ESTIMATE);
    expect_point(&track, 2, "2026-10-25T01:00Z", 15, 22, ESTIMATE);
    expect_point(&track, 4, "2026-10-25T01:30Z", 15, 24, ESTIMATE);
    jb_track_finish(&track);
}

/* Rows first..first+count-1 of a range that begins on 1 October; `total` is what the answer says there are. */
static int page(struct jb_exchange *exchange, size_t first, size_t count, long long total, struct jb_track *track)
{
    struct jb_buf body = {0};
    jb_buf_printf(&body, "{\"total_count\":%lld,\"results\":[", total);
    for (size_t i = first; i < first + count; i++) {
        char time[32];
        jb_iso_time(at("2026-10-01T00:00Z") + (int64_t)i * 15 * MINUTE_NS, time, sizeof(time));
        jb_buf_printf(&body, "%s{\"taux_co2\":%zu,\"date_heure\":\"%.19s+00:00\"}", i > first ? "," : "", 10 + i, time);
    }
    jb_buf_puts(&body, "]}");
    int result = said(exchange, body.data, track);
    jb_buf_finish(&body);
    return result;
}

static void a_long_range_comes_in_pages(void **state)
{
    struct jb_exchange exchange = question("FR", JB_ASK_RANGE, "2026-10-01T00:00Z", "2026-10-03T05:00Z");
    struct jb_track track = {0};
    static struct jb_request request;
    assert_int_equal(page(&exchange, 0, 100, 212, &track), 1);
    assert_int_equal(self->request(&exchange, &request, NULL), 0);
    assert_non_null(strstr(request.url, "&limit=100&offset=100"));
    assert_int_equal(page(&exchange, 100, 100, 212, &track), 1);
    memset(&request, 0, sizeof(request));
    assert_int_equal(self->request(&exchange, &request, NULL), 0);
    assert_non_null(strstr(request.url, "&limit=100&offset=200"));
    assert_int_equal(page(&exchange, 200, 12, 212, &track), 0);
    assert_int_equal(track.count, 212);
    expect_point(&track, 211, "2026-10-03T04:45Z", 15, 221, ESTIMATE);
    jb_track_finish(&track);
}

static void paging_ends_with_the_rows_or_the_time(void **state)
{
    struct jb_exchange exchange = question("FR", JB_ASK_RANGE, "2026-10-01T00:00Z", "2026-10-02T01:00Z");
    struct jb_track track = {0};
    assert_int_equal(page(&exchange, 0, 100, 1000000000000LL, &track), 0); /* 25 hours have no more */
    exchange = question("FR", JB_ASK_RANGE, "2026-10-01T00:00Z", "2026-10-03T05:00Z");
    assert_int_equal(page(&exchange, 0, 100, 100, &track), 0);
    exchange = question("FR", JB_ASK_RANGE, "2026-10-01T00:00Z", "2026-10-03T05:00Z");
    assert_int_equal(page(&exchange, 0, 99, 212, &track), 0);
    exchange = question("FR", JB_ASK_LATEST, NULL, NULL);
    assert_int_equal(page(&exchange, 0, 100, 212, &track), 0);
    jb_track_finish(&track);
    exchange = question("FR", JB_ASK_RANGE, "2026-10-01T00:00Z", "2026-10-03T05:00Z");
    assert_int_equal(page(&exchange, 0, 100, 101, &track), 1);
    assert_int_equal(page(&exchange, 0, 0, 101, &track), 0); /* the first page had some */
    jb_track_finish(&track);
}

#define NOW(value) "{\"results\":[{\"taux_co2\":" value ",\"date_heure\":\"2026-10-05T10:30:00+00:00\"}]}"

static void what_is_not_the_shape_is_no_answer(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"total_count\":1}",
        "{\"results\":null}",
        "{\"results\":[\"\"]}",
        "{\"error_code\":\"ODSQLError\",\"message\":\"ODSQL query is malformed\"}",
        "{\"results\":[{\"taux_co2\":7}]}",
        "{\"results\":[{\"taux_co2\":7,\"date_heure\":null}]}",
        "{\"results\":[{\"taux_co2\":7,\"date_heure\":\"yesterday\"}]}",
        "{\"results\":[{\"taux_co2\":7,\"date_heure\":\"2026-10-05T10:30:00+99:00\"}]}",
        NOW("\"39\""),
        NOW("{}"),
        NOW("-1e999"),
    };
    struct jb_exchange exchange = question("FR", JB_ASK_LATEST, NULL, NULL);
    expect_errors(&exchange, -EBADMSG, bad, sizeof(bad) / sizeof(bad[0]));
    static const char *const none[] = {
        "{\"total_count\":0,\"results\":[]}", NOW("null"), NOW("0"), NOW("0.0"), NOW("-3"), NOW("9999")};
    expect_errors(&exchange, -ENODATA, none, sizeof(none) / sizeof(none[0]));
    expect_no_harm_in_any_cut(&exchange, NOW("39"));
}

static void a_megabyte_of_rows_is_read(void **state)
{
    struct jb_exchange exchange = question("FR", JB_ASK_LATEST, NULL, NULL);
    struct jb_buf body = {0};
    jb_buf_puts(&body, "{\"results\":[");
    size_t rows = 0;
    for (; body.length < 1000000; rows++) {
        char time[32];
        jb_iso_time(at("2026-10-05T10:00Z") - (int64_t)rows * 15 * MINUTE_NS, time, sizeof(time));
        jb_buf_printf(&body, "%s{\"taux_co2\":%zu,\"date_heure\":\"%s\"}", rows > 0 ? "," : "", 1 + rows % 90, time);
    }
    jb_buf_puts(&body, "]}");
    struct jb_track track = {0};
    assert_int_equal(said(&exchange, body.data, &track), 0);
    assert_int_equal(track.count, rows);
    jb_track_finish(&track);
    jb_buf_finish(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_france_is_served),
        cmocka_unit_test(questions_are_asked_in_the_language_of_the_portal),
        cmocka_unit_test(the_newest_values_are_read),
        cmocka_unit_test(the_whole_grams_are_part_of_the_error),
        cmocka_unit_test(the_doubled_hour_of_autumn_is_two_hours),
        cmocka_unit_test(a_long_range_comes_in_pages),
        cmocka_unit_test(paging_ends_with_the_rows_or_the_time),
        cmocka_unit_test(what_is_not_the_shape_is_no_answer),
        cmocka_unit_test(a_megabyte_of_rows_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
