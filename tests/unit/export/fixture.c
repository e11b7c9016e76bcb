/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A made-up run, and the store double.
 *
 * Odd: the series is smooth by a formula, not by chance: reports made from it can be compared by eye.
 */
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/diag.h"

#define SECONDS    600.0
#define STARTED_NS INT64_C(1763780400123000000)

static void channel(struct fixture *f, int index, const char *id, const char *device, const char *name,
                    const char *method, const char *source, bool in_total, uint64_t energy_uj, uint64_t run_uj,
                    uint64_t idle_uj)
{
    struct jb_record_channel *c = &f->channels[index];
    snprintf(c->id, sizeof(c->id), "%s", id);
    snprintf(c->device, sizeof(c->device), "%s", device);
    snprintf(c->name, sizeof(c->name), "%s", name);
    snprintf(c->method, sizeof(c->method), "%s", method);
    snprintf(c->source, sizeof(c->source), "%s", source);
    c->number = index;
    c->in_total = in_total;
    c->parent = c->twin_of = -1;
    c->energy_uj = energy_uj;
    c->run_uj = run_uj;
    c->idle_uj = idle_uj;
    c->others_uj = (energy_uj - run_uj - idle_uj) / 2;
    c->unattributed_uj = energy_uj - run_uj - idle_uj - c->others_uj;
    c->footprint_uj = run_uj + idle_uj * 3 / 4;
    c->uncertainty_uj = (double)energy_uj * 0.02;
    c->run_uncertainty_uj = (double)run_uj * 0.04;
    c->idle_uw = idle_uj / 600;
    snprintf(c->idle_source, sizeof(c->idle_source), "measured before the run");
    c->covered_ns = UINT64_C(600000000000);
    c->update_period_ns = 1000000;
    c->context_w = c->context_tax_j = NAN;
}

static void totals(struct fixture *f)
{
    struct jb_record *r = &f->record;
    for (size_t i = 0; i < FIXTURE_CHANNELS; i++) {
        const struct jb_record_channel *c = &f->channels[i];
        if (c->in_total) {
            r->machine_uj += c->energy_uj;
            r->run_uj += c->run_uj;
            r->idle_uj += c->idle_uj;
            r->others_uj += c->others_uj;
            r->unattributed_uj += c->unattributed_uj;
            r->footprint_uj += c->footprint_uj;
            *(strcmp(c->method, "modelled") == 0 ? &r->modelled_uj : &r->measured_uj) += c->energy_uj;
        }
    }
    r->uncertainty_uj = 0.02 * (double)r->machine_uj;
    r->run_uncertainty_uj = 0.04 * (double)r->run_uj;
    r->footprint_uncertainty_uj = 0.03 * (double)r->footprint_uj;
}

void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    channel(f, 0, "cpu/0/package", "cpu", "Intel Xeon Gold 6248", "counter", "rapl-perf", true, 45012345678,
            21000000001, 18000000000);
    channel(f, 1, "cpu/0/core", "cpu", "Intel Xeon Gold 6248 cores", "counter", "rapl-perf", false, 30000000000,
            15000000000, 9000000000);
    channel(f, 2, "cpu/1/package", "cpu", "Intel Xeon Gold 6248", "counter", "rapl-perf", true, 39000000000,
            14000000000, 18000000000);
    channel(f, 3, "ram/model", "ram", "192 GiB DDR4", "modelled", "ram-model", true, 18000000000, 6000000000,
            9000000000);
    channel(f, 4, "gpu/GPU-1a2b/board", "gpu", "NVIDIA H100 80GB HBM3", "counter", "nvml", true, 180500000007,
            141000000000, 36000000000);
    channel(f, 5, "cpu/0/package-mmio", "cpu", "Intel Xeon Gold 6248", "counter", "rapl-powercap", false, 45012000000,
            21000000000, 18000000000);
    f->channels[1].parent = 0;
    f->channels[5].twin_of = 0;
    f->channels[3].uncertainty_uj = 0.3 * 18e9;
    f->channels[3].update_period_ns = 0;
    snprintf(f->channels[3].note, sizeof(f->channels[3].note), "12 modules, 3 W each at full load");
    f->channels[4].gap_ns = UINT64_C(30000000000);
    f->channels[4].covered_ns -= f->channels[4].gap_ns;
    snprintf(f->channels[4].flag_text, sizeof(f->channels[4].flag_text), "wrapped,gap");

    static char name[] = "resnet-50", project[] = "digits", python[] = "python3", script[] = "train.py",
                flag[] = "--epochs", value[] = "10", tag_key[] = "lr", tag_value[] = "0.01", tag_key2[] = "seed",
                tag_value2[] = "7",
                hardware[] =
                    "{\"cpu\":\"Intel Xeon Gold 6248\",\"sockets\":2,\"cores\":40,\"threads\":80,\"virtual\":false,"
                    "\"ram_bytes\":206158430208,\"gpus\":[\"NVIDIA H100 80GB HBM3\"],\"board\":\"PowerEdge R740\"}",
                warning[] = "gpu/GPU-1a2b/board: no reading for 30 s; that time is a gap";
    f->tags[0] = (struct jb_tag){tag_key, tag_value};
    f->tags[1] = (struct jb_tag){tag_key2, tag_value2};
    memcpy(f->command, (char *[]){python, script, flag, value}, sizeof(f->command));
    f->warnings[0] = warning;
    f->record = (struct jb_record){
        .id = "01JDA5Z3K8Q4R7T2V9W6X0Y1ZA",
        .name = name,
        .project = project,
        .host = "node17",
        .machine_id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        .tags = f->tags,
        .tag_count = 2,
        .command = f->command,
        .command_count = 4,
        .started_ns = STARTED_NS,
        .ended_ns = STARTED_NS + (int64_t)(SECONDS * 1e9),
        .duration_s = SECONDS,
        .status = JB_RUN_FINISHED,
        .has_exit_code = true,
        .channels = f->channels,
        .channel_count = FIXTURE_CHANNELS,
        .coverage = 0.968,
        .basis = "footprint",
        .emissions_g = 26.25,
        .emissions_uncertainty_g = 3.5,
        .embodied_g = 4.75,
        .intensity_g_per_kwh = 390,
        .intensity_rel_error = 0.1,
        .pue = 1.1,
        .zone = "KR",
        .zone_name = "South Korea",
        .zone_note = "guessed from the time zone Asia/Seoul",
        .segments = f->segments,
        .segment_count = 2,
        .self_cpu_s = 0.31,
        .self_energy_j = 4.2,
        .self_max_rss_bytes = 8u << 20,
        .hardware_json = hardware,
        .warnings = f->warnings,
        .warning_count = 1,
    };
    for (int i = 0; i < 2; i++) {
        f->segments[i] = (struct jb_record_segment){
            .start_ns = STARTED_NS + i * INT64_C(300000000000),
            .end_ns = STARTED_NS + (i + 1) * INT64_C(300000000000),
            .g_per_kwh = i == 0 ? 380 : 400,
            .rel_error = NAN,
            .source = "electricitymaps-yearly-2025 (ODbL)",
            .factor = "lifecycle",
            .estimated = i == 1,
            .age_s = i == 0 ? 120 : NAN,
        };
    }
    totals(f);
    f->segments[0].energy_uj = f->record.footprint_uj / 2;
    f->segments[1].energy_uj = f->record.footprint_uj - f->segments[0].energy_uj;
}

void fixture_live(struct fixture *f)
{
    static char step[] = "electricitymaps: the key is not valid for KR (HTTP 403)",
                step2[] = "kpx: no data from 03:02 to 03:05", credit[] = "Source: ElectricityMaps.com";
    struct jb_record *r = &f->record;
    f->steps[0] = step;
    f->steps[1] = step2;
    r->steps = f->steps;
    r->step_count = 2;
    f->credits[0] = credit;
    r->credits = f->credits;
    r->credit_count = 1;
    f->prices[0] = (struct jb_record_price){.until_ns = STARTED_NS + INT64_C(86400000000000),
                                            .emissions_g = 29.5,
                                            .uncertainty_g = 4.25,
                                            .intensity_g_per_kwh = 436,
                                            .source = "electricitymaps-yearly-2025 (ODbL)",
                                            .reason = "hourly values came in for 10 min"};
    r->prices = f->prices;
    r->price_count = 1;
    r->marginal = (struct jb_record_marginal){.known = true,
                                              .emissions_g = 41.5,
                                              .uncertainty_g = 6.125,
                                              .intensity_g_per_kwh = 612.5,
                                              .coverage = 0.75,
                                              .source = "watttime"};
    r->cost =
        (struct jb_record_cost){.known = true, .amount = 0.0215, .per_kwh = 0.29, .coverage = 1, .currency = "EUR"};
    f->segments[0].live = true;
    f->segments[0].rel_error = 0.05;
    f->segments[0].age_s = 0;
}

/* Watts of a channel at a moment, before scaling to the channel's total: a training loop with evaluation in between. */
static double shape(int number, double t)
{
    double epoch = fmod(t, 60);
    double busy = t < 20 ? 0.25 : epoch > 52 ? 0.45 : 1 + 0.04 * sin(t * 1.7) + 0.02 * sin(t * 13);
    static const double weight[FIXTURE_CHANNELS] = {0.5, 0.5, 0.3, 0.2, 1, 0.5};
    return 1 - weight[number] + weight[number] * busy;
}

void fixture_series(struct fixture *f, double interval_s)
{
    size_t ticks = (size_t)(SECONDS / interval_s), count = 0;
    double scale[FIXTURE_CHANNELS] = {0};
    f->samples = calloc(ticks * FIXTURE_CHANNELS, sizeof(*f->samples));
    assert_non_null(f->samples);
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t tick = 0; tick < ticks; tick++) {
            double t = (double)(tick + 1) * interval_s;
            for (int c = 0; c < FIXTURE_CHANNELS; c++) {
                bool gap = c == 4 && t > 330 && t <= 360;
                if (gap) {
                    continue;
                }
                if (pass == 0) {
                    scale[c] += shape(c, t);
                    continue;
                }
                double part = shape(c, t) / scale[c];
                f->samples[count++] = (struct jb_sample){
                    .channel = c,
                    .t0_ns = (uint64_t)llround((t - interval_s) * 1e9),
                    .t1_ns = (uint64_t)llround(t * 1e9),
                    .energy_uj = (uint64_t)((double)f->channels[c].energy_uj * part),
                    .run_uj = (uint64_t)((double)f->channels[c].run_uj * part),
                    .gap_before = c == 4 && t - interval_s >= 360 && t - 2 * interval_s < 360,
                };
            }
        }
    }
    f->store = (struct jb_store){.samples = f->samples, .count = count};
}

static void fixture_operators(struct fixture *f)
{
    struct jb_record_work *work = &f->record.work;
    const struct jb_record_operator operators[6] = {
        {"aten::addmm", "matmul", "cuda:0", 1840, 90, 0, 0, "high", -1, NAN},
        {"ampere_sgemm_128x64_nn", "matmul", "cpu", 1234567, 120, 0, 0, "high", -1, NAN},
        {"aten::native_batch_norm", "normalization", "cpu", 920, 30, 0, 0, "medium", 2, NAN},
        {"aten::threshold_backward", "activation", "cpu", 920, 20, 0, 0, "medium", 2, NAN},
        {"aten::bernoulli_", "dropout", "cpu", 300, 4, 0, 0, "low", -1, NAN},
        {"aten::copy_", "copy", "cuda:0", 0, NAN, 0, NAN, "low", 2, NAN},
    };
    const double parts[6] = {0.4, 0.25, 0.1, 0.06, 0.02, 0.01};
    uint64_t sum = 0;
    for (size_t i = 0; i < 6; i++) {
        f->operators[i] = operators[i];
        f->operators[i].energy_uj = (uint64_t)(parts[i] * (double)f->record.run_uj);
        f->operators[i].uncertainty_uj = i == 5 ? NAN : 0.005 * (double)f->record.run_uj;
        sum += f->operators[i].energy_uj;
    }
    work->operators = f->operators;
    work->operator_count = 6;
    work->unattributed_uj = 1000000;
    work->outside_uj = f->record.run_uj - sum - work->unattributed_uj;
    work->outside_uncertainty_uj = 0.01 * (double)f->record.run_uj;
    work->outside_s = 33.5;
}

void fixture_work(struct fixture *f)
{
    static const char *const names[4] = {"data", "forward", "backward", "other"};
    const double parts[4] = {0.05, 0.3, 0.6, 0};
    struct jb_record_work *work = &f->record.work;
    uint64_t sum = 0, run_uj = f->record.run_uj;
    *work = (struct jb_record_work){.known = true,
                                    .ops = "auto",
                                    .attribution = "estimated",
                                    .sources = "pytorch, itt",
                                    .epochs_planned = 50,
                                    .steps = 920,
                                    .steps_caught = 214,
                                    .caught_s = 140,
                                    .slowdown = 0.004,
                                    .slowdown_sd = 0.002,
                                    .lag_s = 0.0125,
                                    .edge_s = NAN,
                                    .phases = f->phases,
                                    .phase_count = 4,
                                    .regions = f->regions,
                                    .region_count = 7,
                                    .groups = f->groups,
                                    .group_count = 3};
    for (size_t i = 0; i < 4; i++) {
        f->phases[i].energy_uj = i < 3 ? (uint64_t)(parts[i] * (double)run_uj) : run_uj - sum;
        f->phases[i].duration_s = i < 3 ? 600 * parts[i] : NAN;
        f->phases[i].uncertainty_uj = i < 3 ? 0.01 * (double)run_uj : NAN;
        snprintf(f->phases[i].name, sizeof(f->phases[i].name), "%s", names[i]);
        sum += f->phases[i].energy_uj;
    }
    for (int64_t i = 0, epoch = 0; i < 7; i++) {
        bool inner = i == 1;
        f->regions[i] = (struct jb_record_region){.id = i + 1,
                                                  .parent = inner,
                                                  .kind = "epoch",
                                                  .name = "epoch",
                                                  .index = inner ? -1 : epoch,
                                                  .start_s = inner ? 20 : 10 + 90 * (double)epoch,
                                                  .duration_s = inner ? 5 : 90,
                                                  .energy_uj = inner ? 1000 : run_uj / 8 - (uint64_t)epoch * 1000000,
                                                  .uncertainty_uj = inner ? NAN : 100000,
                                                  .emissions_g = NAN};
        if (inner) {
            snprintf(f->regions[i].kind, sizeof(f->regions[i].kind), "region");
            snprintf(f->regions[i].name, sizeof(f->regions[i].name), "augment");
        } else {
            epoch++;
        }
    }
    f->groups[0] = (struct jb_record_group){"layer", "features.0", 1840, 60, run_uj / 4, 1000000};
    f->groups[1] = (struct jb_record_group){"layer", "features", 1840, 80, run_uj / 3, 1000000};
    f->groups[2] = (struct jb_record_group){"region", "augment", 1, 5, 1000, NAN};
    fixture_operators(f);
    jb_record_work_price(&f->record);
}

void fixture_finish(struct fixture *f)
{
    free(f->samples);
    f->samples = NULL;
}

int jb_store_series(struct jb_store *store, const char *id, jb_sample_fn fn, void *context, struct jb_diag *diag)
{
    if (store->error < 0) {
        return jb_fail(diag, store->error, "the double was told to fail");
    }
    for (size_t i = 0; i < store->count; i++) {
        int r = fn(context, &store->samples[i]);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

int jb_store_marks(struct jb_store *store, const char *id, struct jb_marks *ret, struct jb_diag *diag)
{
    if (store->error < 0) {
        return jb_fail(diag, store->error, "the double was told to fail");
    }
    ret->marks = store->mark_count == 0 ? NULL : calloc(store->mark_count, sizeof(*ret->marks));
    ret->count = store->mark_count;
    if (store->mark_count > 0) {
        assert_non_null(ret->marks);
        memcpy(ret->marks, store->marks, store->mark_count * sizeof(*ret->marks));
    }
    return 0;
}

void jb_marks_finish(struct jb_marks *marks)
{
    free(marks->marks);
    *marks = (struct jb_marks){0};
}

int jb_store_slices(struct jb_store *store, const char *id, uint64_t t0_ns, uint64_t t1_ns, size_t count,
                    size_t channel_count, struct jb_slice *ret, struct jb_diag *diag)
{
    if (store->error < 0) {
        return jb_fail(diag, store->error, "the double was told to fail");
    }
    memset(ret, 0, sizeof(*ret) * count * channel_count);
    double width = (double)(t1_ns - t0_ns) / (double)count;
    for (size_t s = 0; s < store->count; s++) {
        const struct jb_sample *sample = &store->samples[s];
        double start = (double)sample->t0_ns, end = (double)sample->t1_ns;
        if (sample->channel < 0 || (size_t)sample->channel >= channel_count || !(end > start)) {
            continue;
        }
        double watts = (double)sample->energy_uj * 1e3 / (end - start);
        for (size_t i = start < 0 ? 0 : (size_t)(start / width); i < count && (double)i * width < end; i++) {
            struct jb_slice *slice = &ret[(size_t)sample->channel * count + i];
            double overlap = fmin(end, (double)(i + 1) * width) - fmax(start, (double)i * width);
            if (overlap <= 0) {
                continue;
            }
            slice->min_w = slice->covered_ns > 0 ? fmin(slice->min_w, watts) : watts;
            slice->max_w = slice->covered_ns > 0 ? fmax(slice->max_w, watts) : watts;
            slice->energy_uj += (double)sample->energy_uj * overlap / (end - start);
            slice->run_uj += (double)sample->run_uj * overlap / (end - start);
            slice->covered_ns += overlap;
        }
    }
    return 0;
}

char *fixture_write(const struct jb_export_format *format, const struct jb_record *record, struct jb_store *store)
{
    struct jb_export_input input = {.record = record, .store = store};
    struct jb_diag diag = {0};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    int r = format->write(&input, out, &diag);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(diag.text, "");
    assert_int_equal(r, 0);
    return text;
}

char *fixture_csv(const char *csv, const char *name, unsigned row)
{
    char *copy = strdup(csv), *found = NULL;
    char *fields[64];
    struct jb_csv reader;
    assert_non_null(copy);
    jb_csv_init(&reader, copy);
    int count = jb_csv_row(&reader, fields, 64), column = 0;
    while (column < count && strcmp(fields[column], name) != 0) {
        column++;
    }
    for (unsigned i = 0; i < row && column < count; i++) {
        int got = jb_csv_row(&reader, fields, 64);
        assert_true(got == 0 || got == count);
        if (got > 0 && i + 1 == row) {
            found = strdup(fields[column]);
        }
    }
    free(copy);
    return found;
}
