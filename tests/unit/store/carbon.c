/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of carbon_json.c and prices.c: what a record says of its carbon beside the segments comes back.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"
#include "store/json.h"
#include "store/prices.h"

#define ID "01KAAAAAAAAAAAAAAAAAAAAAAA"

static void fill(struct jb_record *record)
{
    make_record(record, ID, 1);
    record->steps = calloc(2, sizeof(char *));
    record->steps[0] = strdup("electricitymaps: the key is not valid for IT (HTTP 403)");
    record->steps[1] = strdup("energycharts: \xff\x1b[31m");
    record->step_count = 2;
    record->credits = calloc(1, sizeof(char *));
    record->credits[0] = strdup("Source: ElectricityMaps.com");
    record->credit_count = 1;
    record->marginal = (struct jb_record_marginal){.known = true,
                                                   .emissions_g = 0.1 + 0.2,
                                                   .uncertainty_g = NAN,
                                                   .intensity_g_per_kwh = 512.25,
                                                   .coverage = 0.75,
                                                   .source = "watttime"};
    record->cost =
        (struct jb_record_cost){.known = true, .amount = -0.000123, .per_kwh = -0.02, .coverage = 1, .currency = "EUR"};
    record->prices = calloc(2, sizeof(*record->prices));
    record->prices[0] = (struct jb_record_price){.until_ns = 7,
                                                 .emissions_g = 10,
                                                 .uncertainty_g = NAN,
                                                 .intensity_g_per_kwh = 436,
                                                 .source = "electricitymaps-yearly-2025 (ODbL)",
                                                 .reason = "hourly values came in for 3 h 20 min"};
    record->prices[1] = (struct jb_record_price){.until_ns = 6, .emissions_g = 11, .source = "b"};
    record->price_count = 2;
    record->segments = calloc(2, sizeof(*record->segments));
    record->segments[0] = (struct jb_record_segment){.rel_error = 0.07, .live = true, .g_per_kwh = 50};
    record->segments[1] = (struct jb_record_segment){.rel_error = NAN, .g_per_kwh = 500, .estimated = true};
    record->segment_count = 2;
    record->status = JB_RUN_FINISHED;
    record->ended_ns = record->started_ns + 1;
}

static void all_of_it_comes_back_as_it_was(void **state)
{
    struct jb_diag diag = {0};
    struct jb_record record, got;
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    fill(&record);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    assert_good(diag, jb_store_end(store, &record, &diag));
    assert_good(diag, jb_store_load(store, ID, &got, &diag));
    assert_int_equal(got.step_count, 2);
    assert_string_equal(got.steps[0], record.steps[0]);
    assert_string_equal(got.steps[1], "energycharts: ??[31m"); /* what JSON cannot hold is made printable */
    assert_int_equal(got.credit_count, 1);
    assert_string_equal(got.credits[0], record.credits[0]);
    assert_true(got.marginal.known && got.marginal.emissions_g == 0.1 + 0.2 && isnan(got.marginal.uncertainty_g));
    assert_true(got.marginal.intensity_g_per_kwh == 512.25 && got.marginal.coverage == 0.75);
    assert_string_equal(got.marginal.source, "watttime");
    assert_true(got.cost.known && got.cost.amount == -0.000123 && got.cost.per_kwh == -0.02 && got.cost.coverage == 1);
    assert_string_equal(got.cost.currency, "EUR");
    assert_int_equal(got.price_count, 2);
    assert_true(got.prices[0].until_ns == 7 && got.prices[0].emissions_g == 10 && isnan(got.prices[0].uncertainty_g) &&
                got.prices[0].intensity_g_per_kwh == 436);
    assert_string_equal(got.prices[0].source, record.prices[0].source);
    assert_string_equal(got.prices[0].reason, record.prices[0].reason);
    assert_true(got.prices[1].until_ns == 6); /* in the order they came, whatever the clock said */
    assert_string_equal(got.prices[1].reason, "");
    assert_true(got.segments[0].live && got.segments[0].rel_error == 0.07 && !got.segments[0].estimated);
    assert_true(!got.segments[1].live && isnan(got.segments[1].rel_error) && got.segments[1].estimated);
    jb_record_finish(&got);
    jb_record_finish(&record);
    assert_true(record.steps == NULL && record.credits == NULL && record.prices == NULL && !record.cost.known);
    jb_store_close(store);
}

static void a_record_without_has_no_text(void **state)
{
    struct jb_record record = {0};
    char *text = (char *)1;
    assert_int_equal(jb_json_from_carbon(&record, &text), 0);
    assert_null(text);
    assert_int_equal(jb_json_to_carbon(NULL, &record), 0);
    assert_true(record.step_count == 0 && !record.marginal.known && !record.cost.known);
}

/* As joulebook wrote them before there were live intensities. */
static void segments_of_older_records_are_not_live(void **state)
{
    struct jb_record_segment *got = NULL;
    size_t count = 0;
    assert_int_equal(jb_json_to_segments("[{\"start_ns\":5,\"end_ns\":6,\"g_per_kwh\":436,\"source\":\"s\",\"factor\":"
                                         "\"lifecycle\",\"estimated\":false,\"age_s\":null,\"energy_uj\":77}]",
                                         &got, &count),
                     0);
    assert_int_equal(count, 1);
    assert_true(!got[0].live && isnan(got[0].rel_error) && got[0].energy_uj == 77 && got[0].g_per_kwh == 436);
    free(got);
}

static void a_figure_that_is_none_is_unknown(void **state)
{
    struct jb_record record = {0};
    assert_int_equal(jb_json_to_carbon("{\"marginal\":{\"emissions_g\":\"1\",\"coverage\":2,\"source\":7},"
                                       "\"cost\":{\"amount\":[],\"per_kwh\":1e999,\"currency\":\"LONGER THAN IT IS\"}}",
                                       &record),
                     -EBADMSG); /* 1e999 is no number to jansson */
    assert_false(record.marginal.known);
    assert_int_equal(jb_json_to_carbon("{\"marginal\":{\"emissions_g\":\"1\",\"coverage\":2,\"source\":7},"
                                       "\"cost\":{\"amount\":[],\"coverage\":-1,\"currency\":\"LONGER THAN IT IS\"}}",
                                       &record),
                     0);
    assert_true(record.marginal.known && isnan(record.marginal.emissions_g) && isnan(record.marginal.uncertainty_g) &&
                isnan(record.marginal.coverage));
    assert_string_equal(record.marginal.source, "");
    assert_true(record.cost.known && isnan(record.cost.amount) && isnan(record.cost.per_kwh) &&
                isnan(record.cost.coverage));
    assert_string_equal(record.cost.currency, "LONGER ");
    jb_record_finish(&record);
}

static void what_is_no_such_object_is_refused_whole(void **state)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "7",
                                      "{\"steps\":7}",
                                      "{\"steps\":[7]}",
                                      "{\"steps\":[\"a\"],\"credits\":{}}",
                                      "{\"steps\":[\"a\"],\"credits\":[\"b\",null],\"cost\":{}}",
                                      "{\"steps\":[\"\xff\"]}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct jb_record record = {0};
        assert_int_equal(jb_json_to_carbon(bad[i], &record), -EBADMSG);
        assert_true(record.steps == NULL && record.step_count == 0 && record.credits == NULL && !record.cost.known);
    }
}

static void what_cannot_be_read_is_said_and_the_run_is_there(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_record record;
    struct random random = {.state = 1};
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    write_run(store, ID, &random, 3, 1, false);
    jb_store_close(store);
    sql_run(path, "UPDATE run_text SET carbon = '{\"steps\":[1]}'");
    store = open_or_fail(path, JB_STORE_READ);
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    assert_int_equal(record.warning_count, 1);
    assert_string_equal(record.warnings[0], "the stored carbon cannot be read");
    assert_true(record.machine_uj > 0);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void of_too_many_prices_the_last_are_read(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_record record;
    struct random random = {.state = 1};
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    write_run(store, ID, &random, 3, 1, false);
    jb_store_close(store);
    sql_run(path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
                  " INSERT INTO price(run, until_ns, emissions_g) SELECT run.id, i, 1e400 FROM n, run");
    store = open_or_fail(path, JB_STORE_READ);
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    assert_int_equal(record.price_count, JB_PRICES_MAX);
    assert_true(record.prices[0].until_ns == 1000 - JB_PRICES_MAX + 1);
    assert_true(record.prices[JB_PRICES_MAX - 1].until_ns == 1000);
    assert_true(isnan(record.prices[0].emissions_g)); /* infinite is not known */
    jb_record_finish(&record);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(all_of_it_comes_back_as_it_was),
        cmocka_unit_test(a_record_without_has_no_text),
        cmocka_unit_test(segments_of_older_records_are_not_live),
        cmocka_unit_test(a_figure_that_is_none_is_unknown),
        cmocka_unit_test(what_is_no_such_object_is_refused_whole),
        IN_FOLDER(what_cannot_be_read_is_said_and_the_run_is_there),
        IN_FOLDER(of_too_many_prices_the_last_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
