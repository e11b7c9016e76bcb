/* SPDX-License-Identifier: Apache-2.0 */
/* What a run did with its energy: rows and epochs, JSON, CSV and the HTML report. */
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/text.h"
#include "export/work_rows.h"
#include "html_check.h"

static json_t *load(const struct jb_record *record)
{
    char *text = NULL;
    assert_int_equal(jb_record_json(record, false, &text), 0);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    free(text);
    return root;
}

static uint64_t uj(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return (uint64_t)llround(json_number_value(value) * 1e6);
}

static void rows_are_by_device_and_energy_and_groups_are_one(void **state)
{
    struct fixture f;
    struct jb_work_row *rows = NULL;
    size_t count = 0;
    fixture_init(&f);
    fixture_work(&f);
    assert_int_equal(jb_work_rows(&f.record.work, &rows, &count), 0);
    assert_int_equal(count, 5);
    assert_string_equal(rows[0].first->device, "cpu"); /* 0.43 of the energy, cuda:0 0.41 */
    assert_string_equal(rows[0].first->name, "ampere_sgemm_128x64_nn");
    assert_ptr_equal(jb_work_row_member(&f.record.work, &rows[1], 0), &f.operators[2]);
    assert_ptr_equal(jb_work_row_member(&f.record.work, &rows[1], 1), &f.operators[3]);
    assert_int_equal(rows[1].members, 2);
    assert_int_equal(rows[1].calls, 1840);
    assert_int_equal(rows[1].energy_uj, f.operators[2].energy_uj + f.operators[3].energy_uj);
    assert_true(rows[1].uncertainty_uj == f.operators[2].uncertainty_uj + f.operators[3].uncertainty_uj);
    assert_true(rows[1].time_s == 50);
    assert_string_equal(rows[2].first->name, "aten::bernoulli_");
    assert_string_equal(rows[3].first->name, "aten::addmm");
    assert_string_equal(jb_work_short_name(rows[4].first->name), "copy_"); /* group 2 of another device */
    assert_int_equal(rows[4].members, 1);
    free(rows);
    f.operators[2].merged_uncertainty_uj = f.operators[3].merged_uncertainty_uj = 4321;
    assert_int_equal(jb_work_rows(&f.record.work, &rows, &count), 0);
    assert_true(rows[1].uncertainty_uj == 4321);
    assert_true(rows[0].uncertainty_uj == f.operators[1].uncertainty_uj);
    free(rows);
    f.record.work.operator_count = 0;
    assert_int_equal(jb_work_rows(&f.record.work, &rows, &count), 0);
    assert_true(rows == NULL && count == 0);
}

static void members_of_a_group_come_by_energy(void **state)
{
    struct jb_record_operator operators[5];
    struct jb_record_work work = {.operators = operators, .operator_count = 5};
    struct jb_work_row *rows = NULL;
    size_t count = 0;
    for (int i = 0; i < 5; i++) { /* "b" and "c" have as much: they are in the record's order */
        operators[i] = (struct jb_record_operator){.device = "cpu", .merged = 0, .energy_uj = i == 2 ? 51 : 50 + i};
        operators[i].name[0] = (char)('a' + i);
        operators[i].name[1] = '\0';
    }
    assert_int_equal(jb_work_rows(&work, &rows, &count), 0);
    assert_int_equal(count, 1);
    const char order[] = "edbca";
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(jb_work_row_member(&work, rows, i)->name[0], order[i]);
    }
    assert_null(jb_work_row_member(&work, rows, 5));
    free(rows);
    assert_string_equal(jb_work_short_name("aten::"), "aten::");
    assert_string_equal(jb_work_short_name("aten::mm"), "mm");
}

static void classes_are_sums_most_first(void **state)
{
    struct fixture f;
    struct jb_work_class classes[JB_WORK_CLASSES];
    uint64_t sum = 0;
    fixture_init(&f);
    fixture_work(&f);
    size_t count = jb_work_classes(&f.record.work, classes);
    assert_int_equal(count, 5);
    assert_string_equal(classes[0].name, "matmul");
    assert_int_equal(classes[0].energy_uj, f.operators[0].energy_uj + f.operators[1].energy_uj);
    assert_int_equal(classes[0].calls, 1840 + 1234567);
    for (size_t i = 0; i < count; i++) {
        sum += classes[i].energy_uj;
        assert_true(i == 0 || classes[i].energy_uj <= classes[i - 1].energy_uj);
    }
    assert_int_equal(sum + f.record.work.outside_uj + f.record.work.unattributed_uj, f.record.run_uj);
}

static void more_classes_than_there_are_lose_no_joule(void **state)
{
    struct jb_record_operator *operators = calloc(100, sizeof(*operators));
    struct jb_record_work work = {.operators = operators, .operator_count = 100};
    struct jb_work_class classes[JB_WORK_CLASSES];
    uint64_t sum = 0;
    for (int i = 0; i < 100; i++) {
        jb_snprintf(operators[i].class_name, sizeof(operators[i].class_name), "class %d", i);
        operators[i].energy_uj = 10;
    }
    assert_int_equal(jb_work_classes(&work, classes), JB_WORK_CLASSES);
    for (size_t i = 0; i < JB_WORK_CLASSES; i++) {
        sum += classes[i].energy_uj;
    }
    assert_int_equal(sum, 1000);
    free(operators);
}

/* Energies of epochs in joules; each measured to `sigma`. */
static void epochs_of(struct jb_record_region *regions, const double *joules, size_t count, double sigma,
                      struct jb_work_epochs *ret)
{
    struct jb_record_work work = {.regions = regions, .region_count = count};
    for (size_t i = 0; i < count; i++) {
        regions[i] = (struct jb_record_region){.kind = "epoch",
                                               .index = (int64_t)i,
                                               .duration_s = 2,
                                               .energy_uj = (uint64_t)(joules[i] * 1e6),
                                               .uncertainty_uj = sigma * 1e6};
    }
    jb_work_epochs(&work, ret);
}

static void epochs_have_a_mean_and_tell_a_trend_only_beyond_doubt(void **state)
{
    struct jb_record_region regions[8];
    struct jb_work_epochs e;
    /* A straight fall from 10 J to 9 J: no scatter, so the doubt is that of the figures. */
    epochs_of(regions, (const double[]){10, 9.8, 9.6, 9.4, 9.2, 9}, 6, 0.01, &e);
    assert_int_equal(e.count, 6);
    assert_true(fabs(e.mean_uj - 9.5e6) < 1 && e.mean_s == 2 && e.sd_s == 0);
    assert_true(fabs(e.sd_uj - 0.374166e6) < 10);
    assert_true(e.first == &regions[0] && e.last == &regions[5]);
    assert_true(fabs(e.trend - -1.0 / 9.5) < 1e-6);
    assert_true(fabs(e.trend_95 - 1.96 * 0.01 / sqrt(17.5) * 5 / 9.5) < 1e-6);
    /* The same with figures that are worth little. */
    epochs_of(regions, (const double[]){10, 9.8, 9.6, 9.4, 9.2, 9}, 6, 1, &e);
    assert_true(fabs(e.trend) < e.trend_95);
    /* Scatter: y = 10, 12, 9, 13 about its line; slope 0.6, residual variance 8.2/2, t(2) = 4.303. */
    epochs_of(regions, (const double[]){10, 12, 9, 13}, 4, 0, &e);
    assert_true(fabs(e.trend - 0.6 * 3 / 11) < 1e-6);
    assert_true(fabs(e.trend_95 - 4.303 * sqrt(8.2 / 2 / 5) * 3 / 11) < 1e-6);
    /* Too few to tell. */
    epochs_of(regions, (const double[]){10, 9, 8}, 3, 0, &e);
    assert_true(isnan(e.trend) && isnan(e.trend_95) && e.sd_uj > 0);
    epochs_of(regions, (const double[]){10}, 1, 0, &e);
    assert_true(e.mean_uj == 1e7 && isnan(e.sd_uj) && isnan(e.sd_s));
    epochs_of(regions, NULL, 0, 0, &e);
    assert_true(e.count == 0 && e.first == NULL && isnan(e.mean_s));
}

static void figures_that_are_hardly_known_have_one_digit(void **state)
{
    static const struct {
        double joules;
        const char *text;
    } energies[] = {{0.0412, "~40 mJ"}, {0.368, "~400 mJ"},   {4.51, "~5 J"},      {9.6, "~10 J"},
                    {1234, "~1 kJ"},    {3.76e-7, "~0.4 uJ"}, {2e-9, "~0.002 uJ"}, {0.1, "~100 mJ"},
                    {10, "~10 J"},      {0, "~0 J"},          {NAN, "unknown"}};
    static const struct {
        double percent;
        const char *text;
    } percents[] = {{18.4, "~20"},  {99, "~100"}, {0.68, "~0.7"}, {0.06, "~0.06"},
                    {0.01, "<0.1"}, {0, "~0"},    {NAN, "?"}};
    char text[32];
    for (size_t i = 0; i < sizeof(energies) / sizeof(energies[0]); i++) {
        assert_string_equal(jb_work_rough(energies[i].joules, text, sizeof(text)), energies[i].text);
    }
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        assert_string_equal(jb_work_rough_percent(percents[i].percent, text, sizeof(text)), percents[i].text);
    }
}

static void the_innermost_open_region_is_found(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_work(&f);
    struct jb_work_at at = {.work = &f.record.work};
    assert_null(jb_work_at(&at, 5));
    assert_null(jb_work_at(&at, 10)); /* it begins here: the interval before is not its */
    assert_ptr_equal(jb_work_at(&at, 15), &f.regions[0]);
    assert_ptr_equal(jb_work_at(&at, 22), &f.regions[1]);
    assert_ptr_equal(jb_work_at(&at, 25), &f.regions[1]); /* it ends here */
    assert_ptr_equal(jb_work_at(&at, 25.1), &f.regions[0]);
    assert_ptr_equal(jb_work_at(&at, 100), &f.regions[0]);
    assert_ptr_equal(jb_work_at(&at, 100.1), &f.regions[2]);
    assert_ptr_equal(jb_work_at(&at, 500), &f.regions[6]);
    assert_null(jb_work_at(&at, 551));
    assert_ptr_equal(jb_work_at(&at, 22), &f.regions[1]);

    struct jb_record_region many[40];
    struct jb_record_work deep = {.regions = many, .region_count = 40};
    for (int i = 0; i < 40; i++) {
        many[i] = (struct jb_record_region){.start_s = i, .duration_s = i == 7 ? NAN : 1000 - 2 * i};
    }
    at = (struct jb_work_at){.work = &deep};
    assert_ptr_equal(jb_work_at(&at, 100), &many[39]);
    assert_ptr_equal(jb_work_at(&at, 980), &many[20]);
    assert_null(jb_work_at(&at, 2000));
}

static void the_csv_names_the_region(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_work(&f);
    f.regions[2].name[0] = '\0';
    const struct jb_sample samples[] = {
        {.channel = 0, .t0_ns = 0, .t1_ns = 5000000000, .energy_uj = 3, .run_uj = 1},
        {.channel = 0, .t0_ns = 5000000000, .t1_ns = 22000000000, .energy_uj = 3, .run_uj = 1},
        {.channel = 0, .t0_ns = 22000000000, .t1_ns = 190000000000, .energy_uj = 3, .run_uj = 1},
    };
    struct jb_store store = {.samples = samples, .count = 3};
    char *csv = fixture_write(&jb_export_csv, &f.record, &store);
    const char *const expected[] = {"", "augment", "epoch 1"};
    for (unsigned i = 0; i < 3; i++) {
        char *text = fixture_csv(csv, "region", i + 1);
        assert_string_equal(text, expected[i]);
        free(text);
    }
    free(csv);
}

static void json_has_all_of_it_and_sums_are_exact(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_work(&f);
    json_t *root = load(&f.record);
    const json_t *work = json_object_get(root, "work"), *value = NULL;
    const char *ops, *attribution;
    int steps, caught;
    double slowdown, slowdown_sd, lag;
    assert_int_equal(json_unpack((json_t *)json_object_get(root, "work"),
                                 "{s:s, s:s, s:i, s:i, s:f, s:f, s:f, s:n, s:[s,s]}", "ops", &ops, "attribution",
                                 &attribution, "steps", &steps, "steps_caught", &caught, "slowdown", &slowdown,
                                 "slowdown_uncertainty", &slowdown_sd, "sensor_lag_s", &lag, "sensor_edge_s", "sources",
                                 &(const char *){0}, &(const char *){0}),
                     0);
    assert_int_equal(json_integer_value(json_object_get(work, "epochs_planned")), 50);
    assert_string_equal(ops, "auto");
    assert_string_equal(attribution, "estimated");
    assert_true(steps == 920 && caught == 214 && slowdown == 0.004 && slowdown_sd == 0.002 && lag == 0.0125);

    uint64_t run_uj = uj(json_object_get(root, "energy"), "run_j"), sum = 0;
    size_t i;
    json_array_foreach(json_object_get(root, "phases"), i, value)
    {
        sum += uj(value, "energy_j");
    }
    assert_int_equal(sum, run_uj);
    sum = uj(work, "outside_j") + uj(work, "unattributed_j");
    json_array_foreach(json_object_get(root, "operators"), i, value)
    {
        sum += uj(value, "energy_j");
    }
    assert_int_equal(sum, run_uj);
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(root, "phases"), 3), "duration_s")));
    json_decref(root);
}

static void json_names_who_is_merged_with_whom(void **state)
{
    static const char *const with[6] = {NULL, NULL, "aten::threshold_backward", "aten::native_batch_norm", NULL, NULL};
    struct fixture f;
    fixture_init(&f);
    fixture_work(&f);
    f.operators[2].merged_uncertainty_uj = f.operators[3].merged_uncertainty_uj = 2500000;
    json_t *root = load(&f.record), *operators = json_object_get(root, "operators");
    assert_int_equal(json_array_size(operators), 6);
    for (size_t i = 0; i < 6; i++) {
        const json_t *o = json_array_get(operators, i), *names = json_object_get(o, "merged_with");
        assert_string_equal(json_string_value(json_object_get(o, "name")), f.operators[i].name);
        assert_string_equal(json_string_value(json_object_get(o, "class")), f.operators[i].class_name);
        assert_string_equal(json_string_value(json_object_get(o, "confidence")), f.operators[i].confidence);
        assert_int_equal(json_integer_value(json_object_get(o, "calls")), f.operators[i].calls);
        assert_int_equal(json_array_size(names), with[i] != NULL);
        assert_int_equal(json_is_null(json_object_get(o, "merged_uncertainty_j")), with[i] == NULL);
        if (with[i] != NULL) {
            assert_string_equal(json_string_value(json_array_get(names, 0)), with[i]);
            assert_true(json_number_value(json_object_get(o, "merged_uncertainty_j")) == 2.5);
        }
    }
    assert_true(json_is_null(json_object_get(json_array_get(operators, 5), "uncertainty_j")));
    assert_true(json_is_null(json_object_get(json_array_get(operators, 5), "time_s")));
    json_decref(root);
}

static void json_has_regions_layers_and_totals(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_work(&f);
    f.regions[2].name[0] = '\0'; /* as the data loader tells an epoch */
    json_t *root = load(&f.record), *regions = json_object_get(root, "regions");
    assert_string_equal(json_string_value(json_object_get(json_array_get(regions, 2), "name")), "epoch");
    assert_int_equal(json_array_size(regions), 7);
    const json_t *epoch = json_array_get(regions, 0), *inner = json_array_get(regions, 1);
    assert_string_equal(json_string_value(json_object_get(epoch, "kind")), "epoch");
    assert_int_equal(json_integer_value(json_object_get(epoch, "index")), 0);
    assert_true(json_is_integer(json_object_get(epoch, "index")));
    assert_true(fabs(json_number_value(json_object_get(epoch, "emissions_g")) -
                     f.record.emissions_g * (double)f.regions[0].energy_uj / (double)f.record.run_uj) < 1e-9);
    assert_int_equal(json_integer_value(json_object_get(inner, "parent")), 1);
    assert_true(json_is_null(json_object_get(inner, "index")));
    assert_true(json_is_null(json_object_get(inner, "uncertainty_j")));
    assert_int_equal(json_array_size(json_object_get(root, "layers")), 2);
    const json_t *totals = json_object_get(root, "region_totals");
    assert_int_equal(json_array_size(totals), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(totals, 0), "kind")), "region");
    json_decref(root);
}

static void a_run_that_nothing_is_known_of_has_null_and_empty_lists(void **state)
{
    static const char *const lists[] = {"regions", "region_totals", "phases", "layers", "operators"};
    struct fixture f;
    fixture_init(&f);
    json_t *root = load(&f.record);
    assert_true(json_is_null(json_object_get(root, "work")));
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        assert_true(json_is_array(json_object_get(root, lists[i])));
        assert_int_equal(json_array_size(json_object_get(root, lists[i])), 0);
    }
    json_decref(root);
    char *page = fixture_write(&jb_export_html, &f.record, &f.store);
    assert_null(strstr(page, "Operators"));
    assert_null(strstr(page, "What the program did"));
    free(page);
}

static void has(const char *page, const char *part)
{
    if (strstr(page, part) == NULL) {
        fail_msg("the page has no %s", part);
    }
}

static void check_page(const char *page)
{
    const char *at = NULL, *fault = html_fault(page, &at);
    if (fault != NULL) {
        fail_msg("%s: %.60s", fault, at);
    }
}

static void the_page_shows_phases_epochs_and_operators(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_work(&f);
    char *page = fixture_write(&jb_export_html, &f.record, &f.store);
    check_page(page);
    has(page, "What the program did with its energy");
    has(page, "<i class=\"p-backward\"></i>backward");
    has(page, "6 epochs of ");
    has(page, "energy falls by ");
    has(page, "Energy of each epoch; the table below has its values");
    has(page, "in 214 of 920 steps, told by pytorch, itt. Catching slowed the run by 0.4\xC2\xA0% \xC2\xB1\xC2\xA0"
              "0.2\xC2\xA0%.");
    has(page, "native_batch_norm<br>+ threshold_backward");
    has(page, "<tr class=\"estimated\"><th scope=\"row\">bernoulli_");
    has(page, "<span class=\"badge modelled\">low</span>");
    has(page, "outside operators");
    has(page, "unattributed");
    has(page, "<h2>Layers</h2>");
    has(page, "<h2>Regions</h2>");
    assert_true(strstr(page, "features</th>") < strstr(page, "features.0</th>"));
    free(page);
}

static void time_share_and_an_unknown_slowdown_are_said(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_work(&f);
    snprintf(f.record.work.attribution, sizeof(f.record.work.attribution), "time");
    f.record.work.slowdown = NAN;
    f.record.work.steps = 0;
    char *page = fixture_write(&jb_export_html, &f.record, &f.store);
    check_page(page);
    has(page, "<strong>Plain time share</strong>");
    has(page, "How much catching slowed the run is not known");
    free(page);
    f.record.work.slowdown = -0.001;
    page = fixture_write(&jb_export_html, &f.record, &f.store);
    has(page, "No slowdown by catching was seen: -0.1\xC2\xA0%");
    free(page);
}

static void hostile_names_and_numbers_do_not_break_the_page(void **state)
{
    static const char attack[] = "\"><script>alert(1)</script>'&\x1b[2J\xff";
    static const double numbers[] = {NAN, INFINITY, -1, 0, 1e300};
    struct fixture f;
    for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
        fixture_init(&f);
        fixture_work(&f);
        struct jb_record_work *w = &f.record.work;
        w->slowdown = w->slowdown_sd = w->caught_s = w->outside_s = w->outside_uncertainty_uj = numbers[n];
        jb_copy(w->sources, sizeof(w->sources), attack);
        for (size_t i = 0; i < 6; i++) {
            jb_copy(f.operators[i].name, sizeof(f.operators[i].name), attack);
            jb_copy(f.operators[i].class_name, sizeof(f.operators[i].class_name), attack);
            jb_copy(f.operators[i].device, sizeof(f.operators[i].device), attack);
            jb_copy(f.operators[i].confidence, sizeof(f.operators[i].confidence), i % 2 ? attack : "low");
            f.operators[i].time_s = f.operators[i].uncertainty_uj = numbers[n];
            f.operators[i].energy_uj = i == 0 ? UINT64_MAX : f.operators[i].energy_uj;
            f.operators[i].calls = i == 1 ? UINT64_MAX : 1;
        }
        for (size_t i = 0; i < 7; i++) {
            jb_copy(f.regions[i].name, sizeof(f.regions[i].name), attack);
            f.regions[i].start_s = f.regions[i].duration_s = f.regions[i].uncertainty_uj = numbers[n];
            f.regions[i].emissions_g = numbers[n];
            f.regions[i].index = i == 3 ? INT64_MAX : i == 4 ? INT64_MIN : 7;
            f.regions[i].energy_uj = i == 2 ? INT64_MAX : 0;
        }
        for (size_t i = 0; i < 4; i++) {
            jb_copy(f.phases[i].name, sizeof(f.phases[i].name), attack);
            f.phases[i].duration_s = f.phases[i].uncertainty_uj = numbers[n];
        }
        for (size_t i = 0; i < 3; i++) {
            jb_copy(f.groups[i].name, sizeof(f.groups[i].name), attack);
            f.groups[i].time_s = f.groups[i].uncertainty_uj = numbers[n];
        }
        char *page = fixture_write(&jb_export_html, &f.record, &f.store);
        check_page(page);
        assert_null(strstr(page, "<script"));
        assert_null(strstr(page, "\x1b"));
        assert_null(strstr(page, "nan"));
        assert_null(strstr(page, "inf;"));
        free(page);
        json_decref(load(&f.record));
    }
}

static void many_epochs_and_operators_keep_the_page_small(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_work(&f);
    struct jb_record_work *w = &f.record.work;
    w->region_count = w->operator_count = w->group_count = 4096;
    w->regions = calloc(4096, sizeof(*w->regions));
    w->operators = calloc(4096, sizeof(*w->operators));
    w->groups = calloc(4096, sizeof(*w->groups));
    for (int i = 0; i < 4096; i++) {
        w->regions[i] = (struct jb_record_region){.kind = "epoch", .index = i, .energy_uj = 1000, .duration_s = 1};
        w->operators[i] = (struct jb_record_operator){.name = "op", .confidence = "low", .merged = i < 2000 ? 5 : -1};
        w->groups[i] = (struct jb_record_group){.kind = "layer", .name = "layer"};
    }
    char *page = fixture_write(&jb_export_html, &f.record, &f.store);
    check_page(page);
    has(page, "a bar is the mean of 21 epochs");
    has(page, "+ 1992 others");
    has(page, "1997 more");
    has(page, "and 4066 more; the JSON has them");
    assert_true(strlen(page) < 400000);
    free(page);
    free(w->regions);
    free(w->operators);
    free(w->groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_by_device_and_energy_and_groups_are_one),
        cmocka_unit_test(members_of_a_group_come_by_energy),
        cmocka_unit_test(classes_are_sums_most_first),
        cmocka_unit_test(more_classes_than_there_are_lose_no_joule),
        cmocka_unit_test(epochs_have_a_mean_and_tell_a_trend_only_beyond_doubt),
        cmocka_unit_test(figures_that_are_hardly_known_have_one_digit),
        cmocka_unit_test(the_innermost_open_region_is_found),
        cmocka_unit_test(the_csv_names_the_region),
        cmocka_unit_test(json_has_all_of_it_and_sums_are_exact),
        cmocka_unit_test(json_names_who_is_merged_with_whom),
        cmocka_unit_test(json_has_regions_layers_and_totals),
        cmocka_unit_test(a_run_that_nothing_is_known_of_has_null_and_empty_lists),
        cmocka_unit_test(the_page_shows_phases_epochs_and_operators),
        cmocka_unit_test(time_share_and_an_unknown_slowdown_are_said),
        cmocka_unit_test(hostile_names_and_numbers_do_not_break_the_page),
        cmocka_unit_test(many_epochs_and_operators_keep_the_page_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
