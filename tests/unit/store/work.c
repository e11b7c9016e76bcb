/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of work.c, work_json.c and work_write.c: what a run did with its energy comes back from text and database.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"
#include "store/json.h"

static struct jb_record_work some_work(void)
{
    struct jb_record_work work = {
        .known = true,
        .ops = "auto",
        .attribution = "estimated",
        .sources = "pytorch, itt",
        .epochs_planned = 50,
        .steps = 920,
        .steps_caught = 214,
        .caught_s = 3.25,
        .slowdown = 0.004,
        .slowdown_sd = 0.001,
        .lag_s = 0.0013,
        .edge_s = NAN,
        .outside_uj = 1000,
        .outside_uncertainty_uj = 50,
        .outside_s = 1.5,
        .unattributed_uj = 7,
        .phase_count = 2,
        .region_count = 3,
        .group_count = 1,
        .operator_count = 2,
    };
    work.phases = calloc(2, sizeof(*work.phases));
    work.regions = calloc(3, sizeof(*work.regions));
    work.groups = calloc(1, sizeof(*work.groups));
    work.operators = calloc(2, sizeof(*work.operators));
    work.phases[0] = (struct jb_record_phase){"forward", 8.000001, UINT64_C(9007199254740993), 2e6 / 3};
    work.phases[1] = (struct jb_record_phase){"backward", NAN, 0, NAN};
    work.regions[0] = (struct jb_record_region){1, 0, "epoch", "epoch", 0, 0.5, 10.25, 5000, 12, NAN, true};
    work.regions[1] = (struct jb_record_region){2, 1, "region", "load\"ing", -1, 1, 0.25, 40, NAN, NAN, false};
    work.regions[2] = (struct jb_record_region){9, 2, "step", "\xff\x1b[2J", 3, 86400.123456, 1e-6, 1, 0, NAN, false};
    work.groups[0] = (struct jb_record_group){"layer", "layers.0.conv", 12, 1.5, 77, 0.5};
    work.operators[0] = (struct jb_record_operator){
        "aten::mm", "matmul", "cpu", 1234567890123, 4.5, 123456789, 1234.5678, "high", -1, NAN};
    work.operators[1] = (struct jb_record_operator){"x", "other", "cuda:0", 0, NAN, 0, NAN, "low", 3, 1234567};
    return work;
}

static void assert_same(double a, double b)
{
    assert_true((isnan(a) && isnan(b)) || fabs(a - b) <= 1e-6 * fabs(b));
}

static void assert_some_work(const struct jb_record_work *got)
{
    struct jb_record_work sent = some_work();
    assert_true(got->known);
    assert_string_equal(got->ops, "auto");
    assert_string_equal(got->attribution, "estimated");
    assert_string_equal(got->sources, "pytorch, itt");
    assert_int_equal(got->steps, 920);
    assert_int_equal(got->steps_caught, 214);
    assert_int_equal(got->epochs_planned, 50);
    assert_same(got->caught_s, 3.25);
    assert_same(got->slowdown, 0.004);
    assert_same(got->slowdown_sd, 0.001);
    assert_same(got->lag_s, 0.0013);
    assert_same(got->edge_s, NAN);
    assert_int_equal(got->outside_uj, 1000);
    assert_same(got->outside_uncertainty_uj, 50);
    assert_same(got->outside_s, 1.5);
    assert_int_equal(got->unattributed_uj, 7);
    assert_int_equal(got->phase_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(got->phases[i].name, sent.phases[i].name);
        assert_same(got->phases[i].duration_s, sent.phases[i].duration_s);
        assert_int_equal(got->phases[i].energy_uj, sent.phases[i].energy_uj);
        assert_same(got->phases[i].uncertainty_uj, sent.phases[i].uncertainty_uj);
    }
    assert_int_equal(got->region_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct jb_record_region *a = &got->regions[i], *b = &sent.regions[i];
        assert_true(a->id == b->id && a->parent == b->parent && a->index == b->index && a->guessed == b->guessed);
        assert_string_equal(a->kind, b->kind);
        assert_string_equal(a->name, i == 2 ? "??[2J" : b->name);
        assert_true(fabs(a->start_s - b->start_s) < 1e-7);
        assert_same(a->duration_s, b->duration_s);
        assert_int_equal(a->energy_uj, b->energy_uj);
        assert_same(a->uncertainty_uj, b->uncertainty_uj);
    }
    assert_int_equal(got->group_count, 1);
    assert_string_equal(got->groups[0].kind, "layer");
    assert_string_equal(got->groups[0].name, "layers.0.conv");
    assert_int_equal(got->groups[0].calls, 12);
    assert_same(got->groups[0].time_s, 1.5);
    assert_int_equal(got->groups[0].energy_uj, 77);
    assert_same(got->groups[0].uncertainty_uj, 0.5);
    assert_int_equal(got->operator_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct jb_record_operator *a = &got->operators[i], *b = &sent.operators[i];
        assert_string_equal(a->name, b->name);
        assert_string_equal(a->class_name, b->class_name);
        assert_string_equal(a->device, b->device);
        assert_string_equal(a->confidence, b->confidence);
        assert_true(a->calls == b->calls && a->energy_uj == b->energy_uj && a->merged == b->merged);
        assert_same(a->time_s, b->time_s);
        assert_same(a->uncertainty_uj, b->uncertainty_uj);
        assert_same(a->merged_uncertainty_uj, b->merged_uncertainty_uj);
    }
    jb_record_work_finish(&sent);
    assert_null(sent.operators);
}

static void work_comes_back_from_its_text(void **state)
{
    struct jb_record_work work = some_work(), got = {0};
    char *text = NULL;
    assert_int_equal(jb_json_from_work(&work, &text), 0);
    assert_int_equal(jb_json_to_work(text, &got), 0);
    assert_some_work(&got);
    free(text);
    jb_record_work_finish(&work);
    jb_record_work_finish(&got);
    jb_record_work_finish(NULL);
}

static void work_that_is_not_known_is_no_text(void **state)
{
    struct jb_record_work work = {.steps = 4}, got = {.steps = 9};
    char *text = work.ops;
    assert_int_equal(jb_json_from_work(&work, &text), 0);
    assert_null(text);
    assert_int_equal(jb_json_to_work(NULL, &got), 0);
    assert_true(!got.known && got.steps == 9);
}

static void a_text_that_is_no_object_is_refused(void **state)
{
    static const char *const texts[] = {"", "[]", "7", "{", "nonsense", "{\"phases\":"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct jb_record_work got = {.steps = 9};
        assert_int_equal(jb_json_to_work(texts[i], &got), -EBADMSG);
        assert_true(!got.known && got.steps == 9);
    }
}

static void hostile_rows_leave_what_is_not_known(void **state)
{
    static const char text[] =
        "{\"ops\":7,\"steps\":-5,\"caught_s\":-1,\"slowdown\":\"x\",\"slowdown_sd\":-1,\"outside_uj\":-7,"
        "\"phases\":[1,[],[\"a phase with a name that is long\",1e300,-5,-1],null],"
        "\"regions\":{\"a\":1},"
        "\"groups\":[[[],{},\"many\",-1,1.5,false]],"
        "\"operators\":[[\"n\",\"c\",\"d\",-1,-1,-1,-1,\"certainly high\",-7],[\"n\",0,0,0,0,0,0,0,99999999]]}";
    struct jb_record_work got = {0};
    assert_int_equal(jb_json_to_work(text, &got), 0);
    assert_true(got.known);
    assert_string_equal(got.ops, "");
    assert_true(got.steps == 0 && got.outside_uj == 0);
    assert_true(isnan(got.caught_s) && isnan(got.slowdown) && isnan(got.slowdown_sd) && isnan(got.lag_s));
    assert_int_equal(got.phase_count, 2);
    assert_string_equal(got.phases[0].name, "");
    assert_string_equal(got.phases[1].name, "a phase with a ");
    assert_true(isnan(got.phases[1].duration_s) && isnan(got.phases[1].uncertainty_uj));
    assert_int_equal(got.phases[1].energy_uj, 0);
    assert_int_equal(got.region_count, 0);
    assert_int_equal(got.group_count, 1);
    assert_true(got.groups[0].calls == 0 && isnan(got.groups[0].time_s) && got.groups[0].energy_uj == 0);
    assert_int_equal(got.operator_count, 2);
    assert_string_equal(got.operators[0].confidence, "certain");
    assert_int_equal(got.operators[0].merged, -1);
    assert_int_equal(got.operators[1].merged, -1);
    jb_record_work_finish(&got);
}

/* Whoever walks from a region to what it lies in comes to an end. */
static void a_region_lies_in_an_earlier_one(void **state)
{
    struct jb_record_work got = {0};
    assert_int_equal(jb_json_to_work("{\"regions\":[[1,1],[2,3],[3,2],[4,-1],[5,4]]}", &got), 0);
    assert_int_equal(got.region_count, 5);
    const int64_t parents[] = {0, 0, 2, 0, 4};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(got.regions[i].parent, parents[i]);
    }
    jb_record_work_finish(&got);
}

static void more_rows_than_a_record_has_are_left_out(void **state)
{
    struct jb_record_work got = {0};
    struct jb_buf text = {0};
    jb_buf_puts(&text, "{\"groups\":[[]");
    for (int i = 0; i < JB_RECORD_WORK_ROWS + 5; i++) {
        jb_buf_puts(&text, ",[]");
    }
    jb_buf_puts(&text, "]}");
    assert_int_equal(jb_json_to_work(text.data, &got), 0);
    assert_int_equal(got.group_count, JB_RECORD_WORK_ROWS);
    jb_record_work_finish(&got);
    jb_buf_finish(&text);
}

/* The largest record that the meter makes, with names as long as real ones are. */
static void a_full_record_stays_small(void **state)
{
    struct random random = {11};
    struct jb_record_work work = {.known = true, .region_count = 4096, .group_count = 1000, .operator_count = 500};
    char *text = NULL;
    work.regions = calloc(work.region_count, sizeof(*work.regions));
    work.groups = calloc(work.group_count, sizeof(*work.groups));
    work.operators = calloc(work.operator_count, sizeof(*work.operators));
    for (size_t i = 0; i < work.region_count; i++) {
        struct jb_record_region *r = &work.regions[i];
        *r = (struct jb_record_region){.id = (int64_t)i + 1, .parent = (int64_t)i / 100, .kind = "region"};
        jb_snprintf(r->name, sizeof(r->name), "augment and load %zu", i);
        r->index = (int64_t)i;
        r->start_s = (double)random_below(&random, 86400000000000) / 1e9;
        r->duration_s = (double)random_below(&random, 100000000000) / 1e9;
        r->energy_uj = random_below(&random, 20000000000);
        r->uncertainty_uj = (double)random_below(&random, 20000000000) / 7e3;
    }
    for (size_t i = 0; i < work.group_count; i++) {
        struct jb_record_group *g = &work.groups[i];
        *g = (struct jb_record_group){.kind = "layer", .calls = random_below(&random, 1000000)};
        jb_snprintf(g->name, sizeof(g->name), "model.encoder.layers.%zu.self_attn.q_proj", i);
        g->time_s = (double)random_below(&random, 100000000000) / 1e9;
        g->energy_uj = random_below(&random, 20000000000);
        g->uncertainty_uj = (double)random_below(&random, 20000000000) / 7e3;
    }
    for (size_t i = 0; i < work.operator_count; i++) {
        struct jb_record_operator *o = &work.operators[i];
        *o = (struct jb_record_operator){.class_name = "normalization", .device = "cuda:0", .confidence = "medium"};
        jb_snprintf(o->name, sizeof(o->name), "aten::native_batch_norm_backward_%zu", i);
        o->calls = random_below(&random, 1000000);
        o->time_s = (double)random_below(&random, 100000000000) / 1e9;
        o->energy_uj = random_below(&random, 20000000000);
        o->uncertainty_uj = (double)random_below(&random, 20000000000) / 7e3;
    }
    assert_int_equal(jb_json_from_work(&work, &text), 0);
    print_message("# %zu bytes\n", strlen(text));
    assert_true(strlen(text) < 600000);
    free(text);
    jb_record_work_finish(&work);
}

static void sums_are_exact_and_regions_have_the_price_of_the_run(void **state)
{
    struct jb_record record = {.run_uj = 10000, .emissions_g = 4, .work = some_work()};
    assert_int_equal(jb_record_phases_uj(&record.work), UINT64_C(9007199254740993));
    assert_int_equal(jb_record_operators_uj(&record.work), 123456789 + 1007);
    jb_record_work_price(&record);
    assert_same(record.work.regions[0].emissions_g, 2);
    assert_same(record.work.regions[1].emissions_g, 0.016);
    record.emissions_g = NAN;
    jb_record_work_price(&record);
    assert_true(isnan(record.work.regions[0].emissions_g));
    record.run_uj = 0;
    record.emissions_g = 4;
    jb_record_work_price(&record);
    assert_true(isnan(record.work.regions[0].emissions_g));
    jb_record_finish(&record);
    assert_null(record.work.regions);
}

static void begin_with_energy(struct jb_store *store, struct jb_record *record, const char *id)
{
    struct random random = {3};
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_diag diag = {0};
    uint64_t t_ns = 0;
    make_record(record, id, 2);
    assert_good(diag, jb_store_begin(store, record, &diag));
    make_chunk(made, &random, &t_ns, 10, 100000000, 2, false, record);
    assert_good(diag, jb_store_append(store, record, &made->chunk, &diag));
    free(made);
}

static void a_running_and_a_lost_run_show_what_was_kept_last(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_record record, got;
    struct jb_diag diag = {0};
    begin_with_energy(store, &record, "01KAJQPC3B9T2Z0000000000A1");

    assert_good(diag, jb_store_work(store, &record, &diag)); /* nothing is known yet */
    assert_int_equal(sql_number(path, "SELECT work IS NULL FROM run_text"), 1);
    record.work = some_work();
    record.work.steps = 1;
    assert_good(diag, jb_store_work(store, &record, &diag));
    record.work.steps = 920;
    assert_good(diag, jb_store_work(store, &record, &diag));
    assert_good(diag, jb_store_load(store, record.id, &got, &diag));
    assert_int_equal(got.status, JB_RUN_RUNNING);
    assert_some_work(&got.work);
    jb_record_finish(&got);

    sql_run(path, "UPDATE run SET meter_start = meter_start + 1");
    assert_good(diag, jb_store_load(store, record.id, &got, &diag));
    assert_int_equal(got.status, JB_RUN_LOST);
    assert_some_work(&got.work);
    assert_int_equal(got.warning_count, 0);
    jb_record_finish(&got);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void a_finished_run_has_its_last_work_and_its_price(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_record record, got;
    struct jb_diag diag = {0};
    begin_with_energy(store, &record, "01KAJQPC3B9T2Z0000000000A1");
    record.work = some_work();
    record.work.steps = 1;
    assert_good(diag, jb_store_work(store, &record, &diag));
    record.work.steps = 920;
    record.status = JB_RUN_FINISHED;
    record.ended_ns = record.started_ns + 1000000000;
    record.emissions_g = 2;
    jb_record_sum(&record);
    assert_good(diag, jb_store_end(store, &record, &diag));
    assert_int_equal(jb_store_work(store, &record, &diag), -EINVAL);
    assert_good(diag, jb_store_load(store, record.id, &got, &diag));
    assert_some_work(&got.work);
    assert_same(got.work.regions[0].emissions_g, 2.0 * 5000 / (double)record.run_uj);
    jb_record_finish(&got);

    sql_run(path, "UPDATE run_text SET work = '[]'");
    assert_good(diag, jb_store_load(store, record.id, &got, &diag));
    assert_false(got.work.known);
    assert_string_equal(got.warnings[got.warning_count - 1], "the stored work cannot be read");
    jb_record_finish(&got);

    assert_good(diag, jb_store_delete(store, record.id, &diag));
    assert_int_equal(sql_number(path, "SELECT count(*) FROM run_text"), 0);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void work_of_a_run_that_is_not_there_is_refused(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_record record, other;
    struct jb_diag diag = {0};
    make_record(&other, "01KAJQPC3B9T2Z0000000000A2", 1);
    other.work = some_work();
    assert_int_equal(jb_store_work(store, &other, &diag), -EINVAL);
    begin_with_energy(store, &record, "01KAJQPC3B9T2Z0000000000A1");
    assert_int_equal(jb_store_work(store, &other, &diag), -EINVAL);
    record.work = some_work();
    sql_run(path, "PRAGMA foreign_keys = ON; DELETE FROM run");
    assert_int_equal(jb_store_work(store, &record, &diag), -ENOENT);
    assert_non_null(strstr(diag.text, "deleted"));
    jb_record_finish(&record);
    jb_record_finish(&other);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_comes_back_from_its_text),
        cmocka_unit_test(work_that_is_not_known_is_no_text),
        cmocka_unit_test(a_text_that_is_no_object_is_refused),
        cmocka_unit_test(hostile_rows_leave_what_is_not_known),
        cmocka_unit_test(a_region_lies_in_an_earlier_one),
        cmocka_unit_test(more_rows_than_a_record_has_are_left_out),
        cmocka_unit_test(a_full_record_stays_small),
        cmocka_unit_test(sums_are_exact_and_regions_have_the_price_of_the_run),
        IN_FOLDER(a_running_and_a_lost_run_show_what_was_kept_last),
        IN_FOLDER(a_finished_run_has_its_last_work_and_its_price),
        IN_FOLDER(work_of_a_run_that_is_not_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
