/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of grid/providers/entsoe*.c: the question, generation in every shape, and refusals. */
#include "grid/providers/entsoe.h"
#include "grid/exchange.h"

#include "grid/providers/providers.h"

#include "mix_support.h"

static const struct jb_provider *const entsoe = &jb_provider_entsoe;

static struct jb_exchange france(void)
{
    return range(entsoe, "FR", "2026-11-20T00", "2026-11-20T04");
}

static void the_question_has_whole_hours_and_the_key(void **state)
{
    struct jb_exchange exchange = range(entsoe, "DK-DK1", "2026-11-20T00:10", "2026-11-20T03:01");
    check_url(entsoe, &exchange,
              "https://web-api.tp.entsoe.eu/api?documentType=A75&processType=A16&in_Domain=10YDK-1--------W"
              "&periodStart=202611200000&periodEnd=202611200400&securityToken=k%26y");
    exchange.ask.kind = JB_ASK_LATEST;
    exchange.ask.now_ns = at("2026-11-21T12:30Z");
    check_url(entsoe, &exchange,
              "https://web-api.tp.entsoe.eu/api?documentType=A75&processType=A16&in_Domain=10YDK-1--------W"
              "&periodStart=202611200000&periodEnd=202611211300&securityToken=k%26y");
    check_refused_questions(entsoe, "FR");
}

/* ENTSO-E EIC manual, "check character": the characters as 0-36, weighed 16 to 2. */
static bool is_eic(const char *area)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    int sum = 0;
    for (int i = 0; i < 15; i++) {
        const char *at_it = area[i] != '\0' ? strchr(alphabet, area[i]) : NULL;
        if (at_it == NULL) {
            return false;
        }
        sum += (16 - i) * (int)(at_it - alphabet);
    }
    return strlen(area) == 16 && area[15] == alphabet[36 - (sum - 1) % 37];
}

static void every_area_of_the_table_has_its_check_digit_and_its_zone(void **state)
{
    size_t count = 0;
    assert_false(is_eic("10YFR-RTE------D"));
    for (const char *zone; (zone = jb_entsoe_zone_name(count)) != NULL; count++) {
        struct jb_intensity intensity;
        if (!is_eic(jb_entsoe_area(zone))) {
            fail_msg("%s: %s has a wrong check digit", zone, jb_entsoe_area(zone));
        }
        if (jb_grid_zone(zone, &intensity, NULL) != 0) {
            fail_msg("%s is not in data/carbon_intensity.csv", zone);
        }
        for (size_t i = 0; i < count; i++) {
            assert_string_not_equal(jb_entsoe_area(jb_entsoe_zone_name(i)), jb_entsoe_area(zone));
        }
        struct jb_ask ask = {.zone = zone};
        assert_true(entsoe->serves(&ask));
    }
    assert_true(count > 50);
}

static void hours_are_filled_forward_and_the_half_published_left_out(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = france();
    assert_int_equal(answer_file(entsoe, &exchange, "entsoe/fr_hours.xml", &track, NULL), 0);
    assert_int_equal(track.count, 3);
    check_point(&track, 0, "2026-11-20T00", "2026-11-20T01", 1762000 / 60000.0);
    check_point(&track, 1, "2026-11-20T01", "2026-11-20T02", 1761000 / 60000.0);
    check_point(&track, 2, "2026-11-20T02", "2026-11-20T03", 2729000 / 61000.0);
    assert_true(track.points[0].fetched_ns == exchange.ask.now_ns && track.points[0].provider == entsoe);
    assert_int_equal(track.points[0].flags, JB_POINT_ESTIMATED);
}

static void direct_factors_are_marked(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = france();
    exchange.ask.direct = true;
    assert_int_equal(answer_file(entsoe, &exchange, "entsoe/fr_hours.xml", &track, NULL), 0);
    check_point(&track, 0, "2026-11-20T00", "2026-11-20T02", 2000 * 370 / 60000.0); /* the second is the same */
    assert_int_equal(track.points[0].flags, JB_POINT_ESTIMATED | JB_POINT_DIRECT);
}

static void quarters_stand_beside_hours_and_gaps_of_A01_stay_gaps(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = range(entsoe, "DE", "2026-11-20T00", "2026-11-20T02");
    assert_int_equal(answer_file(entsoe, &exchange, "entsoe/de_quarters.xml", &track, NULL), 0);
    assert_int_equal(track.count, 4);
    check_point(&track, 0, "2026-11-20T00", "2026-11-20T00:30", 9560000 / 33000.0);
    check_point(&track, 1, "2026-11-20T00:45", "2026-11-20T01", 9582000 / 35000.0);
    check_point(&track, 2, "2026-11-20T01", "2026-11-20T01:15", 9742000 / 36000.0);
    check_point(&track, 3, "2026-11-20T01:15", "2026-11-20T02", 9764000 / 38000.0);
}

static void only_the_window_is_taken(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = range(entsoe, "FR", "2026-11-20T01", "2026-11-20T02");
    assert_int_equal(answer_file(entsoe, &exchange, "entsoe/fr_hours.xml", &track, NULL), 0);
    assert_int_equal(track.count, 1);
    check_point(&track, 0, "2026-11-20T01", "2026-11-20T02", 1761000 / 60000.0);
    exchange = range(entsoe, "FR", "2026-11-21T01", "2026-11-21T02");
    assert_int_equal(answer_file(entsoe, &exchange, "entsoe/fr_hours.xml", &track, NULL), -ENODATA);
}

static void another_area_is_refused(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_diag diag = {{0}, {0}};
    struct jb_exchange exchange = range(entsoe, "BE", "2026-11-20T00", "2026-11-20T04");
    assert_int_equal(answer_file(entsoe, &exchange, "entsoe/fr_hours.xml", &track, &diag), -EBADMSG);
    assert_non_null(strstr(diag.text, "another area"));
    assert_int_equal(track.count, 0);
}

static void refusals_are_told_by_their_words(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_diag diag = {{0}, {0}};
    struct jb_exchange exchange = france();
    assert_int_equal(answer_file(entsoe, &exchange, "entsoe/no_data.xml", &track, &diag), -ENODATA);
    assert_non_null(strstr(diag.text, "No matching data found"));
    assert_int_equal(answer_file(entsoe, &exchange, "entsoe/unauthorized.xml", &track, &diag), -EACCES);
    assert_int_equal(answer_file(entsoe, &exchange, "entsoe/invalid.xml", &track, &diag), -EBADMSG);
    assert_non_null(strstr(diag.text, "Invalid query attributes"));
}

static void a_key_in_a_long_refusal_is_not_cut_in_two(void **state)
{
    static const char key[] = "geheim-0123456789-geheim";
    for (int before = 150; before < 320; before++) {
        char xml[1024];
        JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
        struct jb_diag diag = {{0}, {0}};
        struct jb_exchange exchange = france();
        snprintf(xml, sizeof(xml),
                 "<Acknowledgement_MarketDocument><Reason><code>999</code><text>%0*d%s is not valid</text></Reason>"
                 "</Acknowledgement_MarketDocument>",
                 before, 0, key);
        assert_int_equal(answer_text(entsoe, &exchange, xml, &track, &diag), -EBADMSG);
        jb_secret_hide(diag.text, key);
        assert_null(strstr(diag.text, "geheim-"));
    }
}

static void a_refusal_for_no_data_may_come_with_400(void **state)
{
    struct jb_diag diag = {{0}, {0}};
    assert_int_equal(refuse_file(entsoe, 400, "entsoe/no_data.xml", &diag), -ENODATA);
    assert_non_null(strstr(diag.text, "No matching data found"));
    assert_int_equal(refuse_file(entsoe, 400, "entsoe/invalid.xml", &diag), 0);
    assert_int_equal(refuse_file(entsoe, 401, "entsoe/unauthorized.xml", &diag), 0);
    assert_int_equal(refuse_file(entsoe, 503, "entsoe/no_data.xml", &diag), 0);
}

/* One series about France, with what it holds after its area. */
static void says(const char *series, int err, const char *what)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf xml = {0};
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_diag diag = {{0}, {0}};
    struct jb_exchange exchange = france();
    jb_buf_printf(&xml,
                  "<GL_MarketDocument><TimeSeries><inBiddingZone_Domain.mRID>10YFR-RTE------C"
                  "</inBiddingZone_Domain.mRID>%s</TimeSeries></GL_MarketDocument>",
                  series);
    int got = answer_text(entsoe, &exchange, xml.data, &track, &diag);
    if (got != err || (err < 0 && strstr(diag.text, what) == NULL)) {
        fail_msg("%s: %d \"%s\", not %d \"%s\"", series, got, diag.text, err, what);
    }
}

#define PSR         "<MktPSRType><psrType>B14</psrType></MktPSRType>"
#define TIMES(a, b) "<timeInterval><start>" a "</start><end>" b "</end></timeInterval>"
#define DAY         TIMES("2026-11-20T00:00Z", "2026-11-20T04:00Z")
#define HOURS       "<resolution>PT60M</resolution>"
#define POINT(p, q) "<Point><position>" p "</position><quantity>" q "</quantity></Point>"

static void a_series_that_is_not_whole_is_refused(void **state)
{
    says(PSR "<Period>" DAY HOURS POINT("1", "5") "</Period>", 0, "");
    says(PSR "<Period>" DAY "<resolution>PT1H</resolution>" POINT("1", "5") "</Period>", 0, "");
    says("<Period>" DAY HOURS POINT("1", "5") "</Period>" PSR, -EBADMSG, "a point before");
    says(PSR "<Period>" HOURS POINT("1", "5") "</Period>", -EBADMSG, "a point before");
    says(PSR "<Period>" DAY POINT("1", "5") "</Period>", -EBADMSG, "a point before");
    says(PSR "<Period>" DAY "<resolution>P1D</resolution>" POINT("1", "5") "</Period>", -EBADMSG, "resolution");
    says(PSR "<Period>" TIMES("2026-11-20T04:00Z", "2026-11-20T00:00Z") HOURS POINT("1", "5") "</Period>", -EBADMSG,
         "a point before");
    says(PSR "<Period>" TIMES("2026-11-20T00:00Z", "2026-11-20T00:30Z") HOURS POINT("1", "5") "</Period>", -EBADMSG,
         "a point before");
    says(PSR "<Period>" TIMES("1970-01-01T00:00Z", "2199-01-01T00:00Z") HOURS POINT("1", "5") "</Period>", -EBADMSG,
         "a point before");
    says(PSR "<Period>" TIMES("yesterday", "2026-11-20T04:00Z") HOURS "</Period>", -EBADMSG, "is no time");
    says(PSR "<Period>" TIMES("2026-11-20T00:00Z", "") HOURS "</Period>", -EBADMSG, "is no time");
    says("<quantity_Measure_Unit.name>MWH</quantity_Measure_Unit.name>", -EBADMSG, "MW");
    says("", -ENODATA, "no complete mix");
}

static void points_that_cannot_be_are_refused(void **state)
{
    static const char *const bad[] = {POINT("0", "5"),  POINT("5", "5"),   POINT("2", "5") POINT("2", "5"),
                                      POINT("-1", "5"), POINT("1x", "5"),  "<Point><quantity>5</quantity></Point>",
                                      POINT("1", "x"),  POINT("1", "inf"), POINT("18446744073709551616", "5")};
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        JB_CLEANUP(jb_buf_finish) struct jb_buf series = {0};
        jb_buf_printf(&series, "%s<Period>%s%s%s</Period>", PSR, DAY, HOURS, bad[i]);
        says(series.data, -EBADMSG, "entsoe: ");
    }
    /* A point without a quantity is one that is not known. */
    says(PSR "<Period>" DAY HOURS "<Point><position>1</position></Point></Period>", -ENODATA, "");
}

static void types_that_nobody_knows_are_unknown(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = france();
#define SERIES(psr)                                                                                                    \
    "<TimeSeries><inBiddingZone_Domain.mRID>10YFR-RTE------C</inBiddingZone_Domain.mRID><curveType>A03</curveType>"    \
    "<MktPSRType><psrType>" psr "</psrType></MktPSRType><Period>" DAY HOURS POINT("1", "5") "</Period></TimeSeries>"
    assert_int_equal(answer_text(entsoe, &exchange,
                                 "<GL_MarketDocument>" SERIES("B97") SERIES("B98") SERIES("B14") "</GL_MarketDocument>",
                                 &track, NULL),
                     0);
    assert_int_equal(track.count, 1);
    check_point(&track, 0, "2026-11-20T00", "2026-11-20T04", (10 * 700 + 5 * 12) / 15.0);
}

static void what_is_no_such_document_is_refused(void **state)
{
    static const char *const bad[] = {"", "{}", "<html><body>503</body></html>", "<Publication_MarketDocument/>",
                                      "<!DOCTYPE GL_MarketDocument><GL_MarketDocument/>"};
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
        struct jb_diag diag = {{0}, {0}};
        struct jb_exchange exchange = france();
        assert_int_equal(answer_text(entsoe, &exchange, bad[i], &track, &diag), -EBADMSG);
        assert_true(diag.text[0] != '\0');
    }
    struct jb_exchange exchange = france();
    check_cuts(entsoe, &exchange, "entsoe/fr_hours.xml");
    check_cuts(entsoe, &exchange, "entsoe/no_data.xml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_question_has_whole_hours_and_the_key),
        cmocka_unit_test(every_area_of_the_table_has_its_check_digit_and_its_zone),
        cmocka_unit_test(hours_are_filled_forward_and_the_half_published_left_out),
        cmocka_unit_test(direct_factors_are_marked),
        cmocka_unit_test(quarters_stand_beside_hours_and_gaps_of_A01_stay_gaps),
        cmocka_unit_test(only_the_window_is_taken),
        cmocka_unit_test(another_area_is_refused),
        cmocka_unit_test(refusals_are_told_by_their_words),
        cmocka_unit_test(a_key_in_a_long_refusal_is_not_cut_in_two),
        cmocka_unit_test(a_refusal_for_no_data_may_come_with_400),
        cmocka_unit_test(a_series_that_is_not_whole_is_refused),
        cmocka_unit_test(points_that_cannot_be_are_refused),
        cmocka_unit_test(types_that_nobody_knows_are_unknown),
        cmocka_unit_test(what_is_no_such_document_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
