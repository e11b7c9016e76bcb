/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of grid/providers/elexon.c. */
#include "grid/providers/providers.h"

#include "mix_support.h"

static const struct jb_provider *const elexon = &jb_provider_elexon;

static struct jb_exchange noon(void)
{
    return range(elexon, "GB", "2026-11-20T12", "2026-11-20T14");
}

static void the_question_is_by_settlement_date(void **state)
{
    struct jb_exchange exchange = noon();
    check_url(elexon, &exchange,
              "https://data.elexon.co.uk/bmrs/api/v1/datasets/FUELHH/stream?settlementDateFrom=2026-11-20"
              "&settlementDateTo=2026-11-20");
    /* In summer the local day begins at 23:00 UTC. */
    exchange = range(elexon, "GB", "2026-06-20T12", "2026-06-20T23:30");
    check_url(elexon, &exchange,
              "https://data.elexon.co.uk/bmrs/api/v1/datasets/FUELHH/stream?settlementDateFrom=2026-06-20"
              "&settlementDateTo=2026-06-21");
    exchange.ask.kind = JB_ASK_LATEST;
    exchange.ask.now_ns = at("2026-06-21T03:10");
    check_url(elexon, &exchange,
              "https://data.elexon.co.uk/bmrs/api/v1/datasets/FUELHH/stream?settlementDateFrom=2026-06-20"
              "&settlementDateTo=2026-06-21");
    check_refused_questions(elexon, "GB");
    struct jb_ask ask = {.zone = "GB"}, island = {.zone = "GB-NIR"};
    assert_true(elexon->serves(&ask));
    assert_false(elexon->serves(&island));
}

static void half_hours_without_flows_and_storage(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = noon();
    assert_int_equal(answer_file(elexon, &exchange, "elexon/fuelhh_stream.json", &track, NULL), 0);
    assert_int_equal(track.count, 2); /* of the third there is only wind and nuclear yet */
    check_point(&track, 0, "2026-11-20T12", "2026-11-20T12:30", 5913000 / 30000.0);
    check_point(&track, 1, "2026-11-20T12:30", "2026-11-20T13", 6920000 / 30100.0);
    assert_true(track.points[0].rel_error > 0.15); /* for the solar that nobody meters */
}

static void an_envelope_around_the_rows_is_taken(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = noon();
    assert_int_equal(answer_file(elexon, &exchange, "elexon/fuelhh.json", &track, NULL), 0);
    assert_int_equal(track.count, 1);
    check_point(&track, 0, "2026-11-20T12", "2026-11-20T12:30", 5913000 / 30000.0);
}

#define ROW(fuel, generation)                                                                                          \
    "{\"startTime\":\"2026-11-20T12:00:00Z\",\"fuelType\":\"" fuel "\",\"generation\":" generation "}"

static void fuels_that_nobody_knows_are_unknown_but_for_flows(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = noon();
    assert_int_equal(answer_text(elexon, &exchange,
                                 "[" ROW("HYDROGEN", "10") "," ROW("FUSION", "10") "," ROW("INTNEW", "500") "," ROW(
                                     "WIND", "20.0") "," ROW("COAL", "null") "]",
                                 &track, NULL),
                     0);
    check_point(&track, 0, "2026-11-20T12", "2026-11-20T12:30", (20 * 700 + 20 * 11) / 40.0);
}

static void what_is_no_list_of_rows_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "{}",
                                      "null",
                                      "7",
                                      "{\"data\":{}}",
                                      "[1]",
                                      "[[]]",
                                      "[{}]",
                                      "[{\"startTime\":\"noon\",\"fuelType\":\"WIND\",\"generation\":1}]",
                                      "[{\"startTime\":1,\"fuelType\":\"WIND\",\"generation\":1}]",
                                      "[{\"startTime\":\"2026-11-20T12:00:00Z\",\"fuelType\":\"WIND\"}]",
                                      "[" ROW("WIND", "\"1\"") "]"};
    struct jb_exchange exchange = noon();
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
        struct jb_diag diag = {{0}, {0}};
        if (answer_text(elexon, &exchange, bad[i], &track, &diag) != -EBADMSG || diag.text[0] == '\0') {
            fail_msg("%s is taken", bad[i]);
        }
        assert_int_equal(track.count, 0);
    }
    check_cuts(elexon, &exchange, "elexon/fuelhh_stream.json");
}

static void no_rows_are_no_data(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = noon();
    assert_int_equal(answer_text(elexon, &exchange, "[]", &track, NULL), -ENODATA);
    exchange = range(elexon, "GB", "2026-11-21T12", "2026-11-21T14");
    assert_int_equal(answer_file(elexon, &exchange, "elexon/fuelhh_stream.json", &track, NULL), -ENODATA);
    assert_null(elexon->refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_question_is_by_settlement_date),
        cmocka_unit_test(half_hours_without_flows_and_storage),
        cmocka_unit_test(an_envelope_around_the_rows_is_taken),
        cmocka_unit_test(fuels_that_nobody_knows_are_unknown_but_for_flows),
        cmocka_unit_test(what_is_no_list_of_rows_is_refused),
        cmocka_unit_test(no_rows_are_no_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
