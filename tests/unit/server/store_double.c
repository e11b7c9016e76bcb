/* SPDX-License-Identifier: Apache-2.0 */
/* A database that is a list of runs in memory. See world.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/diag.h"
#include "base/text.h"
#include "world.h"

struct jb_store the_store;

int jb_store_default_path(char *buffer, size_t size)
{
    return -ENOENT;
}

int jb_store_open(const char *path, enum jb_store_mode mode, struct jb_store **ret_store, struct jb_diag *diag)
{
    the_store.opened++;
    assert_int_equal(mode, JB_STORE_READ);
    if (the_store.open_error < 0) {
        return jb_fail(diag, the_store.open_error, "the double cannot be opened");
    }
    *ret_store = &the_store;
    return 0;
}

void jb_store_close(struct jb_store *store)
{
    the_store.closed += store != NULL;
}

void jb_store_budget(struct jb_store *store, uint64_t budget_ns)
{
    store->budget_ns = budget_ns;
}

static int failed(struct jb_store *store, struct jb_diag *diag)
{
    assert_true(store->budget_ns > 0); /* no question without one */
    return store->error < 0 ? jb_fail(diag, store->error, "the double fails") : 0;
}

static void make_record(const struct world_run *run, struct jb_record *record)
{
    *record = (struct jb_record){
        .name = run->name != NULL ? strdup(run->name) : NULL,
        .project = run->project != NULL ? strdup(run->project) : NULL,
        .started_ns = run->started_ns,
        .ended_ns = run->started_ns + INT64_C(100000000000),
        .duration_s = 100,
        .status = run->status,
        .owner = run->owner,
        .machine_uj = 50000000000,
        .run_uj = 30000000000,
        .footprint_uj = 40000000000,
        .footprint_uncertainty_uj = 2e9,
        .coverage = 0.998,
        .emissions_g = 4.5,
        .emissions_uncertainty_g = 0.5,
        .embodied_g = NAN,
        .intensity_g_per_kwh = 415.5,
        .pue = 1,
    };
    record->command = calloc(2, sizeof(char *));
    record->command[0] = strdup("python3");
    record->command[1] = strdup("secret.py");
    record->command_count = 2;
    jb_copy(record->id, sizeof(record->id), run->id);
    jb_copy(record->host, sizeof(record->host), "gpu1");
    jb_copy(record->basis, sizeof(record->basis), "footprint");
    jb_copy(record->zone, sizeof(record->zone), "KR");
    if (run->tag_key != NULL) {
        jb_record_tag(record, run->tag_key, run->tag_value);
    }
}

static bool passes(const struct world_run *run, const struct jb_run_filter *filter)
{
    return (filter->project == NULL || jb_streq(run->project, filter->project)) &&
           (filter->text == NULL || (run->name != NULL && strstr(run->name, filter->text) != NULL)) &&
           (filter->tag_key == NULL ||
            (jb_streq(run->tag_key, filter->tag_key) && jb_streq(run->tag_value, filter->tag_value))) &&
           (!filter->has_owner || run->owner == (int64_t)filter->owner) &&
           (filter->before == NULL || strcmp(run->id, filter->before) < 0);
}

int jb_store_list(struct jb_store *store, const struct jb_run_filter *filter, jb_run_fn fn, void *context,
                  struct jb_diag *diag)
{
    int stop = failed(store, diag);
    size_t shown = 0;

    for (size_t i = 0; i < store->run_count && stop == 0 && (filter->limit == 0 || shown < filter->limit); i++) {
        struct jb_record record;
        if (passes(&store->runs[i], filter)) {
            make_record(&store->runs[i], &record);
            stop = fn(context, &record);
            jb_record_finish(&record);
            shown++;
        }
    }
    return stop;
}

int jb_store_find(struct jb_store *store, const char *run, char ret_id[JB_RUN_ID_TEXT], struct jb_diag *diag)
{
    if (failed(store, diag) < 0) {
        return store->error;
    }
    for (int how = 0; how < 3; how++) {
        for (size_t i = 0; i < store->run_count; i++) {
            const struct world_run *r = &store->runs[i];
            if (how == 0   ? strcasecmp(r->id, run) == 0 || strcmp(run, "last") == 0
                : how == 1 ? jb_streq(r->name, run)
                           : strlen(run) >= 4 && strncasecmp(r->id, run, strlen(run)) == 0) {
                jb_copy(ret_id, JB_RUN_ID_TEXT, r->id);
                return 0;
            }
        }
    }
    return jb_fail(diag, -ENOENT, "there is no run in /secret/path");
}

static void add_channel(struct jb_record *record, const char *id, int number, bool in_total)
{
    struct jb_record_channel *channel = &record->channels[record->channel_count++];

    *channel = (struct jb_record_channel){.number = number, .in_total = in_total, .parent = -1, .twin_of = -1};
    channel->context_w = channel->context_tax_j = NAN;
    channel->covered_ns = 1;
    jb_copy(channel->id, sizeof(channel->id), id);
    jb_copy(channel->device, sizeof(channel->device), "cpu");
}

int jb_store_load(struct jb_store *store, const char *id, struct jb_record *ret, struct jb_diag *diag)
{
    for (size_t i = 0; i < store->run_count && failed(store, diag) == 0; i++) {
        if (strcmp(store->runs[i].id, id) == 0) {
            make_record(&store->runs[i], ret);
            ret->channels = calloc(3, sizeof(*ret->channels));
            add_channel(ret, "cpu/0/package", 2, true);
            add_channel(ret, "cpu/0/core", 0, false);
            add_channel(ret, "ram/0/dram", 1, true);
            ret->segments = calloc(2, sizeof(*ret->segments));
            ret->segment_count = 2;
            for (int s = 0; s < 2; s++) {
                ret->segments[s].start_ns = ret->started_ns + s * INT64_C(50000000000);
                ret->segments[s].end_ns = ret->segments[s].start_ns + INT64_C(50000000000);
                ret->segments[s].g_per_kwh = s == 0 ? 400 : 200;
            }
            return 0;
        }
    }
    return store->error < 0 ? store->error : jb_fail(diag, -ENOENT, "there is no run");
}

/* 100 W of channel 0, 200 W of 1, ..., of which the run has half; nothing in the last quarter. */
static void fill(struct jb_slice *ret, size_t count, size_t channel_count, double step_ns)
{
    for (size_t c = 0; c < channel_count; c++) {
        for (size_t i = 0; i < count; i++) {
            double watts = 100 * (double)(c + 1);
            ret[c * count + i] = i >= count - count / 4 ? (struct jb_slice){0}
                                                        : (struct jb_slice){.energy_uj = watts * step_ns / 1e3,
                                                                            .run_uj = watts * step_ns / 2e3,
                                                                            .covered_ns = step_ns,
                                                                            .min_w = watts - 1,
                                                                            .max_w = watts + 1};
        }
    }
}

int jb_store_slices(struct jb_store *store, const char *id, uint64_t t0_ns, uint64_t t1_ns, size_t count,
                    size_t channel_count, struct jb_slice *ret, struct jb_diag *diag)
{
    store->asked_t0_ns = (int64_t)t0_ns;
    store->asked_t1_ns = (int64_t)t1_ns;
    store->asked_count = count;
    store->asked_channels = channel_count;
    fill(ret, count, channel_count, (double)(t1_ns - t0_ns) / (double)count);
    return failed(store, diag);
}

int jb_store_series(struct jb_store *store, const char *id, jb_sample_fn fn, void *context, struct jb_diag *diag)
{
    return store->series_error < 0 ? jb_fail(diag, store->series_error, "it takes too long") : failed(store, diag);
}

int jb_store_marks(struct jb_store *store, const char *id, struct jb_marks *ret, struct jb_diag *diag)
{
    *ret = (struct jb_marks){0};
    return failed(store, diag);
}

void jb_marks_finish(struct jb_marks *marks)
{
    *marks = (struct jb_marks){0};
}

int jb_store_machines(struct jb_store *store, bool has_owner, uint32_t owner, jb_store_machine_fn fn, void *context,
                      struct jb_diag *diag)
{
    struct jb_store_machine machine = {.machine_id = "fedcba9876543210",
                                       .host = "old-box",
                                       .runs = has_owner ? 1 : 12,
                                       .first_ns = 1795000000000000000,
                                       .last_ns = 1795100000000000000,
                                       .run_uj = 5000000,
                                       .footprint_uj = 6000000,
                                       .grams = NAN};
    char hardware[] = "{\"cpu\": \"Xeon\", \"gpus\": [{\"name\": \"H100\"}, {\"name\": 7}, 3, \"A40\"]}";

    machine.hardware_json = hardware;
    int r = failed(store, diag);
    return r < 0 ? r : fn(context, &machine);
}

int jb_history_channels(struct jb_store *store, const char *machine_id, jb_history_channel_fn fn, void *context,
                        struct jb_diag *diag)
{
    static const struct jb_history_channel channels[] = {
        {.id = "cpu/0/package", .device = "cpu", .source = "rapl-perf", .method = "counter", .in_total = true},
        {.id = "cpu/0/core", .device = "cpu", .source = "rapl-perf", .method = "counter"},
    };
    int r = failed(store, diag);

    assert_string_equal(machine_id, "0123456789abcdef");
    if (r < 0 || store->no_history) {
        return r;
    }
    r = fn(context, 3, &channels[0]);
    return r != 0 ? r : fn(context, 1, &channels[1]);
}

int jb_history_slices(struct jb_store *store, const char *machine_id, int64_t t0_ns, int64_t t1_ns, size_t count,
                      size_t channel_count, struct jb_slice *ret, double *ret_g_per_kwh,
                      enum jb_history_level *ret_level, struct jb_diag *diag)
{
    store->asked_t0_ns = t0_ns;
    store->asked_t1_ns = t1_ns;
    store->asked_count = count;
    store->asked_channels = channel_count;
    fill(ret, count, channel_count, (double)(t1_ns - t0_ns) / (double)count);
    for (size_t i = 0; i < count; i++) {
        ret_g_per_kwh[i] = i == 0 ? NAN : 415.5;
    }
    *ret_level = JB_HISTORY_MINUTES;
    return failed(store, diag);
}

int jb_history_sum(struct jb_store *store, const char *machine_id, struct jb_history_sum *ret, struct jb_diag *diag)
{
    *ret = (struct jb_history_sum){
        .first_ns = 1795000000000000000, .last_ns = 1795100000000000000, .energy_uj = 7000000, .grams = NAN};
    bool of_ours = strcmp(machine_id, "0123456789abcdef") == 0;
    return of_ours && store->history_error != 0 ? store->history_error : failed(store, diag);
}
