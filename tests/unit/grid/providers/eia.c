/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of grid/providers/eia.c. */
#include "grid/providers/providers.h"

#include "mix_support.h"

static const struct jb_provider *const eia = &jb_provider_eia;

static struct jb_exchange california(void)
{
    return range(eia, "US-CAL-CISO", "2026-11-20T04", "2026-11-20T08");
}

#define QUESTION                                                                                                       \
    "https://api.eia.gov/v2/electricity/rto/fuel-type-data/data/?frequency=hourly&data%5B0%5D=value"                   \
    "&facets%5Brespondent%5D%5B%5D="
#define SORTED "&sort%5B0%5D%5Bcolumn%5D=period&sort%5B0%5D%5Bdirection%5D=asc&offset=0&length=5000&api_key=k%26y"

static void the_question_counts_hours_by_their_end(void **state)
{
    struct jb_exchange exchange = california();
    check_url(eia, &exchange, QUESTION "CISO&start=2026-11-20T05&end=2026-11-20T08" SORTED);
    exchange = range(eia, "US", "2026-11-20T04:59", "2026-11-20T05:01");
    check_url(eia, &exchange, QUESTION "US48&start=2026-11-20T05&end=2026-11-20T06" SORTED);
    exchange.ask.kind = JB_ASK_LATEST;
    exchange.ask.now_ns = at("2026-11-20T05:30");
    check_url(eia, &exchange, QUESTION "US48&start=2026-11-18T06&end=2026-11-20T06" SORTED);
    check_refused_questions(eia, "US-CAL-CISO");
}

/* "US-CAL-CISO" has two dashes; "US-CA" is a state, which has a main zone. Alaska and Hawaii are in no grid monitor. */
static void every_zone_of_the_united_states_is_served(void **state)
{
    size_t served = 0;
    const char *zone;
    for (size_t i = 0; (zone = jb_grid_zone_name(i)) != NULL; i++) {
        struct jb_ask ask = {.zone = zone};
        const char *dash = jb_starts(zone, "US-") ? strchr(zone + 3, '-') : NULL;
        bool want = jb_streq(zone, "US") || (dash != NULL && !jb_starts(zone, "US-AK"));
        if (eia->serves(&ask) != want) {
            fail_msg("%s is %s", zone, want ? "not served" : "served");
        }
        served += want;
    }
    assert_int_equal(served, 57);
}

static void a_period_is_the_hour_that_ends_then(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = california();
    assert_int_equal(answer_file(eia, &exchange, "eia/ciso.json", &track, NULL), 0);
    assert_int_equal(track.count, 2); /* of the third gas is null and most else not there */
    check_point(&track, 0, "2026-11-20T04", "2026-11-20T05", 246.2);
    check_point(&track, 1, "2026-11-20T05", "2026-11-20T06", 222.25);
}

static void values_may_be_numbers(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = california();
    exchange.ask.direct = true;
    assert_int_equal(answer_file(eia, &exchange, "eia/ciso_numbers.json", &track, NULL), 0);
    assert_int_equal(track.count, 1);
    check_point(&track, 0, "2026-11-20T04", "2026-11-20T05", (1000 * 38 + 9000 * 370 + 500 * 575) / 20000.0);
    assert_true((track.points[0].flags & JB_POINT_DIRECT) != 0);
}

static void another_authority_and_a_torn_page_are_refused(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_diag diag = {{0}, {0}};
    struct jb_exchange exchange = california();
    assert_int_equal(answer_file(eia, &exchange, "eia/other_authority.json", &track, &diag), -EBADMSG);
    assert_non_null(strstr(diag.text, "CISO"));
    assert_int_equal(answer_file(eia, &exchange, "eia/more_rows.json", &track, &diag), -EBADMSG);
    assert_non_null(strstr(diag.text, "11 of 7000 rows"));
    assert_int_equal(answer_file(eia, &exchange, "eia/empty.json", &track, &diag), -ENODATA);
    assert_int_equal(track.count, 0);
}

static void keys_are_refused_with_403(void **state)
{
    struct jb_diag diag = {{0}, {0}};
    assert_int_equal(refuse_file(eia, 403, "eia/key_invalid.json", &diag), -EACCES);
    assert_non_null(strstr(diag.fix, "eia_token"));
    assert_int_equal(refuse_file(eia, 403, "eia/key_missing.json", &diag), -EACCES);
    assert_int_equal(refuse_file(eia, 403, "eia/over_limit.json", &diag), 0);
    assert_int_equal(refuse_file(eia, 429, "eia/over_limit.json", &diag), 0);
    struct jb_exchange exchange = california();
    assert_int_equal(eia->refused(&exchange, 403, "<html>", 6, &diag), 0);
    assert_int_equal(eia->refused(&exchange, 403, "", 0, &diag), 0);
    assert_int_equal(eia->refused(&exchange, 403, "{\"error\":7}", 11, &diag), 0);
}

#define ROW(more)         "{\"period\":\"2026-11-20T05\",\"respondent\":\"CISO\",\"fueltype\":" more "}"
#define ROWS(total, rows) "{\"response\":{\"total\":" total ",\"data\":[" rows "]}}"

static void sources_that_nobody_knows_are_unknown(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = california();
    static const char body[] =
        ROWS("3", ROW("\"H2\",\"value\":5") "," ROW("\"XX\",\"value\":\"5\"") "," ROW("\"SNB\",\"value\":10"));
    assert_int_equal(answer_text(eia, &exchange, body, &track, NULL), 0);
    check_point(&track, 0, "2026-11-20T04", "2026-11-20T05", (10 * 700 + 10 * 45) / 20.0);
}

static void what_is_no_response_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"response\":[]}",
        "{\"response\":{\"data\":{}}}",
        "{\"error\":\"Invalid frequency\",\"code\":400}",
        ROWS("{}", ""),
        ROWS("\"many\"", ""),
        ROWS("1", "7"),
        ROWS("1", "{}"),
        ROWS("1", ROW("\"NG\",\"value\":{}")),
        ROWS("1", ROW("\"NG\",\"value\":true")),
        ROWS("1", ROW("\"NG\",\"value\":\"much\"")),
        ROWS("1", ROW("7,\"value\":1")),
        ROWS("1", ROW("\"NG\",\"value\":1,\"value-units\":\"gigawatthours\"")),
        ROWS("1", "{\"period\":\"2026-13\",\"respondent\":\"CISO\",\"fueltype\":\"NG\",\"value\":1}"),
    };
    struct jb_exchange exchange = california();
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
        struct jb_diag diag = {{0}, {0}};
        if (answer_text(eia, &exchange, bad[i], &track, &diag) != -EBADMSG || diag.text[0] == '\0') {
            fail_msg("%s is taken", bad[i]);
        }
    }
    check_cuts(eia, &exchange, "eia/ciso.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_question_counts_hours_by_their_end),
        cmocka_unit_test(every_zone_of_the_united_states_is_served),
        cmocka_unit_test(a_period_is_the_hour_that_ends_then),
        cmocka_unit_test(values_may_be_numbers),
        cmocka_unit_test(another_authority_and_a_torn_page_are_refused),
        cmocka_unit_test(keys_are_refused_with_403),
        cmocka_unit_test(sources_that_nobody_knows_are_unknown),
        cmocka_unit_test(what_is_no_response_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
