/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of wall_fit.c and wall_json.c.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"
#include "store/json.h"

static char two_leaves[] = "cpu/0/package\nram/0";

static struct jb_wall_fit some_fit(void)
{
    return (struct jb_wall_fit){
        .a_w = 56.8,
        .b = 1.117,
        .var_a = 2.5,
        .var_b = 0.001,
        .cov_ab = -0.04,
        .residual_w = 3.25,
        .min_w = 40,
        .max_w = 310,
        .readings = 5,
        .meter = "ipmi",
        .meter_error = NAN,
        .measured_ns = INT64_C(1795316400123456789),
        .leaves = two_leaves,
    };
}

static void a_fit_comes_back_is_replaced_and_forgotten(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_wall_fit fit = some_fit(), got = {.a_w = 9};
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);

    assert_int_equal(jb_store_wall_fit_get(store, "m1", &got), -ENOENT);
    assert_true(got.a_w == 9);
    assert_good(diag, jb_store_wall_fit_put(store, "m1", &fit, &diag));
    assert_int_equal(jb_store_wall_fit_get(store, "m2", &got), -ENOENT);
    jb_store_close(store);
    store = open_or_fail(path, JB_STORE_READ);
    assert_int_equal(jb_store_wall_fit_get(store, "m1", &got), 0);
    assert_true(got.a_w == fit.a_w && got.b == fit.b && got.var_a == fit.var_a && got.var_b == fit.var_b &&
                got.cov_ab == fit.cov_ab && got.residual_w == fit.residual_w && got.min_w == fit.min_w &&
                got.max_w == fit.max_w && got.readings == 5 && got.measured_ns == fit.measured_ns);
    assert_true(isnan(got.meter_error));
    assert_string_equal(got.meter, "ipmi");
    assert_string_equal(got.leaves, two_leaves);
    jb_wall_fit_finish(&got);
    assert_null(got.leaves);
    assert_int_equal(jb_store_wall_fit_put(store, "m1", &fit, &diag), -EROFS);
    assert_int_equal(jb_store_wall_fit_forget(store, "m1", &diag), -EROFS);
    jb_store_close(store);

    store = open_or_fail(path, JB_STORE_WRITE);
    fit.meter_error = 0.02;
    assert_good(diag, jb_store_wall_fit_put(store, "m1", &fit, &diag));
    assert_int_equal(jb_store_wall_fit_get(store, "m1", &got), 0);
    assert_true(got.meter_error == 0.02);
    jb_wall_fit_finish(&got);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM wall_fit"), 1);
    assert_good(diag, jb_store_wall_fit_forget(store, "m1", &diag));
    assert_int_equal(jb_store_wall_fit_forget(store, "m1", &diag), -ENOENT);
    assert_int_equal(jb_store_wall_fit_get(store, "m1", &got), -ENOENT);
    jb_store_close(store);
}

static void a_fit_that_makes_no_sense_is_neither_kept_nor_used(void **state)
{
    static const char *const damage[] = {
        "a_w = NULL", "b = NULL",     "var_a = -1",    "var_b = 9e999",   "residual_w = -0.1", "min_w = -1",
        "max_w = 0",  "readings = 2", "leaves = NULL", "cov_ab = -9e999", "b = 9e999",         "meter_error = 7",
    };
    const char *path = in_folder(state, "a.db");
    struct jb_diag diag = {0};
    struct jb_wall_fit fit = some_fit(), got = {0};
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);

    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        char sql[96];
        assert_good(diag, jb_store_wall_fit_put(store, "m1", &fit, &diag));
        jb_snprintf(sql, sizeof(sql), "UPDATE wall_fit SET %s", damage[i]);
        sql_run(path, sql);
        assert_int_equal(jb_store_wall_fit_get(store, "m1", &got), -EUCLEAN);
        assert_null(got.leaves);
    }
    fit.b = NAN;
    assert_int_equal(jb_store_wall_fit_put(store, "m1", &fit, &diag), -EINVAL);
    jb_store_close(store);
}

static void what_a_run_saw_of_the_wall_comes_back(void **state)
{
    struct jb_record record = {
        .total = "wall",
        .wall = {.measured = true,
                 .source = "ipmi",
                 .channel = "node/power",
                 .energy_uj = UINT64_C(123456789012345),
                 .uncertainty_uj = 1234.5,
                 .covered_ns = 987654321,
                 .has_sensors = true,
                 .sensors_uj = 77,
                 .filled_uj = 5,
                 .has_fit = true,
                 .fit = {.a_w = 1,
                         .b = 2,
                         .residual_w = NAN,
                         .min_w = 3,
                         .max_w = 4,
                         .readings = 5,
                         .meter = "typed",
                         .measured_ns = 6},
                 .fitted_uj = 8.5,
                 .fitted_uncertainty_uj = NAN},
    };
    struct jb_record got = {0};
    char *text = NULL;

    assert_int_equal(jb_json_from_wall(&record, &text), 0);
    assert_int_equal(jb_json_to_wall(text, &got), 0);
    free(text);
    const struct jb_record_wall *a = &record.wall, *b = &got.wall;
    assert_string_equal(got.total, "wall");
    assert_string_equal(b->source, "ipmi");
    assert_string_equal(b->channel, "node/power");
    assert_string_equal(b->fit.meter, "typed");
    assert_true(b->measured && b->has_sensors && b->has_fit);
    assert_true(a->energy_uj == b->energy_uj && a->uncertainty_uj == b->uncertainty_uj &&
                a->covered_ns == b->covered_ns && a->sensors_uj == b->sensors_uj && a->filled_uj == b->filled_uj);
    assert_true(b->fit.a_w == 1 && b->fit.b == 2 && isnan(b->fit.residual_w) && b->fit.min_w == 3 && b->fit.max_w == 4);
    assert_true(b->fit.readings == 5 && b->fit.measured_ns == 6 && b->fitted_uj == 8.5);
    assert_true(isnan(b->fitted_uncertainty_uj));

    struct jb_record nothing = {0};
    text = two_leaves;
    assert_int_equal(jb_json_from_wall(&nothing, &text), 0);
    assert_null(text);
    assert_int_equal(jb_json_to_wall(NULL, &nothing), 0);
}

static void hostile_texts_of_the_wall_leave_what_is_not_known(void **state)
{
    struct jb_record got = {0};

    assert_int_equal(jb_json_to_wall("", &got), -EBADMSG);
    assert_int_equal(jb_json_to_wall("[1]", &got), -EBADMSG);
    assert_int_equal(jb_json_to_wall("{\"measured\": 7, \"fit\": []}", &got), 0);
    assert_false(got.wall.measured || got.wall.has_fit);
    assert_int_equal(
        jb_json_to_wall("{\"total\": 5, \"measured\": {\"energy_uj\": -1, \"source\": {}, \"sensors_uj\": \"x\"},"
                        " \"fit\": {\"b\": \"1\", \"readings\": -4}}",
                        &got),
        0);
    assert_true(got.wall.measured && got.wall.energy_uj == 0 && got.wall.source[0] == '\0' && !got.wall.has_sensors);
    assert_true(isnan(got.wall.uncertainty_uj));
    assert_true(got.wall.has_fit && isnan(got.wall.fit.b) && got.wall.fit.readings == 0 && isnan(got.wall.fitted_uj));
    assert_string_equal(got.total, "");
}

static int one_listed(void *context, const struct jb_record *record)
{
    *(struct jb_record_wall *)context = record->wall;
    return 0;
}

static void a_stored_run_and_the_list_know_the_wall(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_record record = {0}, got = {0};
    struct jb_record_wall listed = {0};
    struct jb_diag diag = {0};

    make_record(&record, "01KAJQPC3B9T2Z0000000000A1", 1);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    jb_copy(record.total, sizeof(record.total), "sensors");
    record.wall = (struct jb_record_wall){.measured = true, .source = "acpi", .energy_uj = 42, .uncertainty_uj = 1};
    record.status = JB_RUN_FINISHED;
    record.ended_ns = record.started_ns + 1000000000;
    assert_good(diag, jb_store_end(store, &record, &diag));
    assert_good(diag, jb_store_load(store, record.id, &got, &diag));
    assert_true(got.wall.measured && got.wall.energy_uj == 42 && !got.wall.has_fit);
    assert_string_equal(got.total, "sensors");
    assert_int_equal(jb_store_list(store, NULL, one_listed, &listed, &diag), 0);
    assert_true(listed.measured && listed.energy_uj == 42);
    jb_record_finish(&got);

    sql_run(path, "UPDATE run_text SET wall = 'x'");
    assert_good(diag, jb_store_load(store, record.id, &got, &diag));
    assert_false(got.wall.measured);
    assert_string_equal(got.warnings[got.warning_count - 1], "the stored wall cannot be read");
    jb_record_finish(&got);
    jb_record_finish(&record);
    jb_store_close(store);
}

/* What a run without an end is the sum of, its channels tell: only the wall is divided as the sensors are. */
static void a_run_without_an_end_tells_its_total_by_its_channels(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_record record = {0}, got = {0};
    struct random random = {7};
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_diag diag = {0};
    uint64_t t_ns = 0;

    make_record(&record, "01KAJQPC3B9T2Z0000000000A1", 2);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    for (int round = 0; round < 2; round++) {
        if (round == 1) {
            record.channels[0].in_total = false;
            record.channels[1].in_total = true;
            jb_copy(record.channels[1].idle_source, sizeof(record.channels[1].idle_source), "sensors");
        }
        make_chunk(made, &random, &t_ns, 5, 100000000, 2, false, &record);
        assert_good(diag, jb_store_append(store, &record, &made->chunk, &diag));
        assert_good(diag, jb_store_load(store, record.id, &got, &diag));
        assert_int_equal(got.status, JB_RUN_RUNNING);
        assert_string_equal(got.total, round == 0 ? "sensors" : "wall");
        jb_record_finish(&got);
    }
    free(made);
    jb_record_finish(&record);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_fit_comes_back_is_replaced_and_forgotten),
        IN_FOLDER(a_fit_that_makes_no_sense_is_neither_kept_nor_used),
        cmocka_unit_test(what_a_run_saw_of_the_wall_comes_back),
        cmocka_unit_test(hostile_texts_of_the_wall_leave_what_is_not_known),
        IN_FOLDER(a_stored_run_and_the_list_know_the_wall),
        IN_FOLDER(a_run_without_an_end_tells_its_total_by_its_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
