/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of grid/providers/openelectricity.c. */
#include "grid/providers/providers.h"

#include "mix_support.h"

static const struct jb_provider *const oe = &jb_provider_openelectricity;

static struct jb_exchange sydney(void)
{
    return range(oe, "AU-NSW", "2026-11-20T00:00Z", "2026-11-20T00:15Z");
}

static void the_question_is_in_the_networks_time_and_the_key_in_a_header(void **state)
{
    struct jb_exchange exchange = sydney();
    check_url(oe, &exchange,
              "https://api.openelectricity.org.au/v4/data/network/NEM?metrics=energy&metrics=emissions&interval=5m"
              "&network_region=NSW1&primary_grouping=network_region&secondary_grouping=fueltech"
              "&date_start=2026-11-20T10:00:00&date_end=2026-11-20T10:15:00");
    exchange = range(oe, "AU-WA", "2026-11-20T00:01Z", "2026-11-20T00:02Z");
    check_url(oe, &exchange,
              "https://api.openelectricity.org.au/v4/data/network/WEM?metrics=energy&metrics=emissions&interval=5m"
              "&network_region=WEM&primary_grouping=network_region&secondary_grouping=fueltech"
              "&date_start=2026-11-20T08:00:00&date_end=2026-11-20T08:05:00");
    static struct jb_request request;
    assert_int_equal(oe->request(&exchange, &request, NULL), 0);
    assert_string_equal(request.headers[0], "Authorization: Bearer k&y");
    assert_int_equal(request.headers[1][0], '\0');
    check_refused_questions(oe, "AU-NSW");
    struct jb_ask north = {.zone = "AU-NT"}, island = {.zone = "AU-TAS-KI"}, tasmania = {.zone = "AU-TAS"};
    assert_false(oe->serves(&north));
    assert_false(oe->serves(&island));
    assert_true(oe->serves(&tasmania));
}

static void emissions_over_energy_without_loads_storage_and_flows(const char *name)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = sydney();
    assert_int_equal(answer_file(oe, &exchange, name, &track, NULL), 0);
    assert_int_equal(track.count, 2); /* of the third rooftop solar is not there yet */
    check_point(&track, 0, "2026-11-20T00:00Z", "2026-11-20T00:05Z", 1000 * 380 / 720.5);
    check_point(&track, 1, "2026-11-20T00:05Z", "2026-11-20T00:10Z", 1000 * 400 / 770.0);
    assert_int_equal(track.points[0].flags, JB_POINT_ESTIMATED | JB_POINT_DIRECT);
    assert_float_equal(track.points[0].rel_error, hypot(0.05, 0.19), 1e-9);
}

static void both_shapes_are_read(void **state)
{
    emissions_over_energy_without_loads_storage_and_flows("openelectricity/nsw.json");
    emissions_over_energy_without_loads_storage_and_flows("openelectricity/nsw_legacy.json");
}

static void the_west_has_no_imports_and_times_without_an_offset_are_its_own(void **state)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_exchange exchange = range(oe, "AU-WA", "2026-11-20T00:00Z", "2026-11-20T00:15Z");
    assert_int_equal(answer_file(oe, &exchange, "openelectricity/wem.json", &track, NULL), 0);
    assert_int_equal(track.count, 1);
    check_point(&track, 0, "2026-11-20T00:00Z", "2026-11-20T00:15Z", 450);
    assert_float_equal(track.points[0].rel_error, 0.05, 1e-9);
}

static void another_region_or_network_is_refused(void **state)
{
    static const char *const zones[] = {"AU-VIC", "AU-WA"};
    for (size_t i = 0; i < JB_COUNT(zones); i++) {
        JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
        struct jb_diag diag = {{0}, {0}};
        struct jb_exchange exchange = range(oe, zones[i], "2026-11-20T00:00Z", "2026-11-20T00:15Z");
        assert_int_equal(answer_file(oe, &exchange, "openelectricity/nsw.json", &track, &diag), -EBADMSG);
        assert_non_null(strstr(diag.text, "another"));
    }
}

#define BLOCK(metric, unit, series)                                                                                    \
    "{\"network_code\":\"NEM\",\"metric\":\"" metric "\",\"unit\":\"" unit                                             \
    "\",\"interval\":\"5m\",\"results\":[" series "]}"
#define SERIES(fuel, data) "{\"columns\":{\"region\":\"NSW1\",\"fueltech\":\"" fuel "\"},\"data\":" data "}"
#define AT(value)          "[[\"2026-11-20T10:05:00+10:00\"," value "]]"
#define BODY(blocks)       "{\"data\":[" blocks "]}"

static void gives(const char *body, int err, double g_per_kwh)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_diag diag = {{0}, {0}};
    struct jb_exchange exchange = sydney();
    int got = answer_text(oe, &exchange, body, &track, &diag);
    if (got != err || (err < 0 && diag.text[0] == '\0')) {
        fail_msg("%s: %d \"%s\"", body, got, diag.text);
    }
    assert_int_equal(track.count, err == 0 ? 1 : 0);
    if (err == 0) {
        check_point(&track, 0, "2026-11-20T00:00Z", "2026-11-20T00:05Z", g_per_kwh);
    }
}

static void what_burns_needs_its_emissions(void **state)
{
    gives(BODY(BLOCK("energy", "MWh", SERIES("wind", AT("5"))) "," BLOCK("emissions", "t", "")), 0, 0);
    gives(BODY(BLOCK("energy", "MWh", SERIES("gas_ccgt", AT("5"))) "," BLOCK("emissions", "t", "")), -ENODATA, 0);
    gives(BODY(BLOCK("energy", "MWh", SERIES("gas_ccgt", AT("5"))) "," BLOCK("emissions", "t",
                                                                             SERIES("gas_ccgt", AT("2")))),
          0, 400);
    /* A technology that nobody knows may burn. */
    gives(BODY(BLOCK("energy", "MWh", SERIES("fusion", AT("5")))), -ENODATA, 0);
    gives(
        BODY(BLOCK("energy", "MWh", SERIES("fusion", AT("5"))) "," BLOCK("emissions", "t", SERIES("fusion", AT("1")))),
        0, 200);
    gives(BODY(BLOCK("energy", "MWh", SERIES("battery_discharging", AT("5")))), -ENODATA, 0);
    gives(BODY(BLOCK("energy", "MWh", SERIES("wind", AT("1.7e308")) "," SERIES("hydro", AT("1.7e308")))), -ENODATA, 0);
    gives(BODY(BLOCK("price", "$/MWh", "7") "," BLOCK("energy", "MWh", SERIES("wind", AT("5")))), 0, 0);
}

static void what_is_no_such_answer_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"success\":false,\"error\":\"x\"}",
        BODY(BLOCK("energy", "GWh", "")),
        BODY(BLOCK("emissions", "kg", "")),
        BODY("{\"network_code\":\"NEM\",\"metric\":\"energy\",\"unit\":\"MWh\",\"interval\":\"1h\",\"results\":[]}"),
        BODY("{\"network_code\":\"NEM\",\"metric\":\"energy\",\"unit\":\"MWh\",\"interval\":\"5m\"}"),
        BODY(BLOCK("energy", "MWh", "7")),
        BODY(BLOCK("energy", "MWh", SERIES("wind", "7"))),
        BODY(BLOCK("energy", "MWh", SERIES("wind", "[7]"))),
        BODY(BLOCK("energy", "MWh", SERIES("wind", "[[\"2026-11-20T10:05:00\"]]"))),
        BODY(BLOCK("energy", "MWh", SERIES("wind", "[[\"2026-11-20\",1]]"))),
        BODY(BLOCK("energy", "MWh", SERIES("wind", "[[\"now\",1]]"))),
        BODY(BLOCK("energy", "MWh", SERIES("wind", AT("\"1\"")))),
        BODY(BLOCK("energy", "MWh", "{\"columns\":{\"fueltech\":\"wind\"},\"data\":[]}")),
        BODY(BLOCK("energy", "MWh", "{\"columns\":{\"region\":\"NSW1\"},\"data\":[]}")),
    };
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        gives(bad[i], -EBADMSG, 0);
    }
    struct jb_exchange exchange = sydney();
    check_cuts(oe, &exchange, "openelectricity/nsw.json");
}

static void no_data_is_416_and_what_a_plan_does_not_reach_400(void **state)
{
    struct jb_diag diag = {{0}, {0}};
    assert_int_equal(refuse_file(oe, 416, "openelectricity/no_data.json", &diag), -ENODATA);
    assert_int_equal(refuse_file(oe, 400, "openelectricity/too_old.json", &diag), -ENODATA);
    assert_int_equal(refuse_file(oe, 400, "openelectricity/no_data.json", &diag), 0);
    assert_int_equal(refuse_file(oe, 401, "openelectricity/unauthorized.json", &diag), 0);
    struct jb_exchange exchange = sydney();
    assert_int_equal(oe->refused(&exchange, 400, "", 0, &diag), 0);
    assert_int_equal(oe->refused(&exchange, 400, "[]", 2, &diag), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_question_is_in_the_networks_time_and_the_key_in_a_header),
        cmocka_unit_test(both_shapes_are_read),
        cmocka_unit_test(the_west_has_no_imports_and_times_without_an_offset_are_its_own),
        cmocka_unit_test(another_region_or_network_is_refused),
        cmocka_unit_test(what_burns_needs_its_emissions),
        cmocka_unit_test(what_is_no_such_answer_is_refused),
        cmocka_unit_test(no_data_is_416_and_what_a_plan_does_not_reach_400),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
