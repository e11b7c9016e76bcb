/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of reprice.c: another price in the place of the old one, the old one kept, and nothing else changed.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "common.h"

#define ID "01KAAAAAAAAAAAAAAAAAAAAAAA"

static const struct jb_record_price old_price = {.until_ns = 77,
                                                 .emissions_g = 1.5,
                                                 .uncertainty_g = 0.25,
                                                 .intensity_g_per_kwh = 436,
                                                 .source = "electricitymaps-yearly-2025 (ODbL)",
                                                 .reason = "hourly values came in"};

/* What the engine makes of a loaded record. */
static void price_anew(struct jb_record *record, double g_per_kwh)
{
    uint64_t basis = jb_record_basis_uj(record);
    free(record->segments);
    record->segments = calloc(2, sizeof(*record->segments));
    record->segment_count = 2;
    record->segments[0] = (struct jb_record_segment){.start_ns = record->started_ns,
                                                     .end_ns = record->started_ns + 5,
                                                     .g_per_kwh = g_per_kwh - 10,
                                                     .rel_error = 0.05,
                                                     .live = true,
                                                     .energy_uj = basis / 3};
    record->segments[1] = (struct jb_record_segment){.start_ns = record->started_ns + 5,
                                                     .end_ns = record->ended_ns,
                                                     .g_per_kwh = g_per_kwh + 5,
                                                     .live = true,
                                                     .energy_uj = basis - basis / 3};
    record->emissions_g = 2.25;
    record->emissions_uncertainty_g = 0.5;
    record->intensity_g_per_kwh = g_per_kwh;
    record->intensity_rel_error = 0.04;
    jb_copy(record->zone, sizeof(record->zone), "DE");
    jb_copy(record->zone_name, sizeof(record->zone_name), "Germany");
    record->zone_note[0] = '\0';
    record->cost =
        (struct jb_record_cost){.known = true, .amount = 1, .per_kwh = 0.3, .coverage = 1, .currency = "EUR"};
    record->steps = calloc(1, sizeof(char *));
    record->steps[0] = strdup("energycharts: no data for 03:00");
    record->step_count = 1;
    /* None of this is a price. */
    record->machine_uj = 1;
    record->has_exit_code = true;
    record->exit_code = 99;
    record->duration_s = 1e9;
}

static int listed(void *context, const struct jb_record *record)
{
    *(double *)context = record->emissions_g;
    return 0;
}

static void the_new_price_is_everywhere_and_the_energy_as_it_was(void **state)
{
    struct jb_diag diag = {0};
    struct jb_record record, got;
    struct random random = {.state = 9};
    double emissions_g = 0;
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    write_run(store, ID, &random, 5, 2, false);
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    uint64_t machine_uj = record.machine_uj, footprint_uj = record.footprint_uj;
    double duration_s = record.duration_s;
    price_anew(&record, 100);
    assert_good(diag, jb_store_reprice(store, &record, &old_price, &diag));
    assert_good(diag, jb_store_load(store, ID, &got, &diag));
    assert_true(got.machine_uj == machine_uj && got.footprint_uj == footprint_uj && got.duration_s == duration_s);
    assert_true(got.status == JB_RUN_FINISHED && !got.has_exit_code && got.channel_count == 2);
    assert_true(got.emissions_g == 2.25 && got.emissions_uncertainty_g == 0.5 && got.intensity_g_per_kwh == 100 &&
                got.intensity_rel_error == 0.04);
    assert_string_equal(got.zone, "DE");
    assert_string_equal(got.zone_name, "Germany");
    assert_int_equal(got.segment_count, 2);
    assert_true(got.segments[0].energy_uj + got.segments[1].energy_uj == footprint_uj && got.segments[0].live);
    assert_true(got.cost.known && got.cost.amount == 1 && got.step_count == 1);
    assert_int_equal(got.price_count, 1);
    assert_true(got.prices[0].until_ns == 77 && got.prices[0].emissions_g == 1.5);
    assert_string_equal(got.prices[0].reason, "hourly values came in");
    assert_int_equal(got.command_count, 2); /* the other words stayed */
    assert_good(diag, jb_store_list(store, NULL, listed, &emissions_g, &diag));
    assert_true(emissions_g == 2.25);
    jb_record_finish(&got);
    jb_record_finish(&record);
    jb_store_close(store);
}

/* Prices of the record are not written: another program may have added one since it was loaded. */
static void former_prices_are_those_of_the_database(void **state)
{
    struct jb_diag diag = {0};
    struct jb_record record, got;
    struct random random = {.state = 9};
    struct jb_record_price second = old_price;
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    write_run(store, ID, &random, 5, 2, false);
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    price_anew(&record, 100);
    assert_good(diag, jb_store_reprice(store, &record, &old_price, &diag));
    second.emissions_g = NAN;
    second.reason[0] = '\0';
    assert_int_equal(record.price_count, 0);
    assert_good(diag, jb_store_reprice(store, &record, &second, &diag));
    assert_good(diag, jb_store_reprice(store, &record, NULL, &diag)); /* nothing to keep */
    assert_good(diag, jb_store_load(store, ID, &got, &diag));
    assert_int_equal(got.price_count, 2);
    assert_true(got.prices[0].emissions_g == 1.5 && isnan(got.prices[1].emissions_g));
    /* One with them writes them no second time; what is unknown now takes the place of what was known. */
    got.emissions_g = NAN;
    got.cost.known = false;
    got.segment_count = 0;
    assert_good(diag, jb_store_reprice(store, &got, NULL, &diag));
    jb_record_finish(&record);
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    assert_int_equal(record.price_count, 2);
    assert_true(isnan(record.emissions_g) && !record.cost.known && record.segment_count == 0);
    jb_record_finish(&got);
    jb_record_finish(&record);
    assert_good(diag, jb_store_delete(store, ID, &diag));
    jb_store_close(store);
    assert_int_equal(sql_number(in_folder(state, "a.db"), "SELECT count(*) FROM price"), 0);
}

static void begin_and_append(struct jb_store *store)
{
    struct jb_diag diag = {0};
    struct jb_record record;
    struct random random = {.state = 4};
    struct made_chunk *made = calloc(1, sizeof(*made));
    uint64_t t_ns = 0;
    make_record(&record, ID, 2);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    make_chunk(made, &random, &t_ns, 10, 100000000, 2, false, &record);
    jb_record_sum(&record);
    assert_good(diag, jb_store_append(store, &record, &made->chunk, &diag));
    jb_record_finish(&record);
    free(made);
}

static void a_running_run_is_left_alone(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_record record, got;
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE), *other = open_or_fail(path, JB_STORE_WRITE);
    begin_and_append(store);
    assert_good(diag, jb_store_load(other, ID, &record, &diag));
    price_anew(&record, 100);
    assert_int_equal(jb_store_reprice(other, &record, &old_price, &diag), -EBUSY);
    assert_non_null(strstr(diag.text, "still running"));
    assert_good(diag, jb_store_load(other, ID, &got, &diag));
    assert_true(got.price_count == 0 && isnan(got.emissions_g));
    const struct jb_store_mark mark = {.t_ns = 1};
    assert_good(diag, jb_store_mark(store, &mark, &diag)); /* no lock was left behind */
    jb_record_finish(&got);
    jb_record_finish(&record);
    jb_store_close(other);
    jb_store_close(store);
}

static void a_lost_run_stays_lost_and_is_priced(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_record record, got;
    pid_t child = fork();
    if (child == 0) {
        begin_and_append(open_or_fail(path, JB_STORE_WRITE));
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    assert_int_equal(record.status, JB_RUN_LOST);
    uint64_t footprint_uj = record.footprint_uj;
    price_anew(&record, 100);
    assert_good(diag, jb_store_reprice(store, &record, &old_price, &diag));
    assert_good(diag, jb_store_load(store, ID, &got, &diag));
    assert_int_equal(got.status, JB_RUN_LOST);
    assert_true(got.emissions_g == 2.25 && got.price_count == 1 && got.footprint_uj == footprint_uj);
    assert_true(got.segments[0].energy_uj + got.segments[1].energy_uj == footprint_uj);
    assert_true(got.segments[1].end_ns == got.ended_ns);
    jb_record_finish(&got);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void what_cannot_be_written_changes_nothing(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_record record, got;
    struct random random = {.state = 9};
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    write_run(store, ID, &random, 5, 2, false);
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    price_anew(&record, 100);
    struct jb_store *reader = open_or_fail(path, JB_STORE_READ);
    assert_int_equal(jb_store_reprice(reader, &record, &old_price, &diag), -EROFS);
    jb_store_close(reader);
    sql_run(path, "DELETE FROM run_text"); /* after the first of the rows has been written */
    assert_int_equal(jb_store_reprice(store, &record, &old_price, &diag), -EUCLEAN);
    assert_good(diag, jb_store_load(store, ID, &got, &diag));
    assert_true(isnan(got.emissions_g) && got.price_count == 0);
    jb_record_finish(&got);
    assert_good(diag, jb_store_delete(store, ID, &diag));
    assert_int_equal(jb_store_reprice(store, &record, &old_price, &diag), -ENOENT);
    jb_record_finish(&record);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(the_new_price_is_everywhere_and_the_energy_as_it_was),
        IN_FOLDER(former_prices_are_those_of_the_database),
        IN_FOLDER(a_running_run_is_left_alone),
        IN_FOLDER(a_lost_run_stays_lost_and_is_priced),
        IN_FOLDER(what_cannot_be_written_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
