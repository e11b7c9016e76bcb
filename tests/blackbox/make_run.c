/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a run into a database that nobody had to wait for: a machine that used so many joules in each step of the clock,
 * priced at one figure as a run without a network is.
 *
 *     make_run DB START ZONE STEP_S G_PER_KWH SOURCE [WORK] < joules     one number a line; prints the run's id
 *
 * For tests of what is priced by the hour (test_grid_backfill.py) and of what a run did with its energy (test_work.py):
 * WORK is a file with the text that the store keeps of that. Each step is a chunk with one tick and a mark at its end.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/ident.h"
#include "base/text.h"
#include "store/json.h"
#include "store/store.h"

static void die(const char *what, const struct jb_diag *diag)
{
    fprintf(stderr, "make_run: %s: %s\n", what, diag->text);
    exit(1);
}

static void begin(struct jb_record *record, int64_t started_ns, const char *zone)
{
    record->command = calloc(1, sizeof(char *));
    record->channels = calloc(1, sizeof(*record->channels));
    if (record->command == NULL || record->channels == NULL || (record->command[0] = strdup("train")) == NULL) {
        exit(1);
    }
    record->command_count = record->channel_count = 1;
    record->started_ns = started_ns;
    record->pue = 1;
    record->embodied_g = record->emissions_g = record->emissions_uncertainty_g = NAN;
    if (jb_ulid(started_ns, record->id) < 0) {
        exit(1);
    }
    jb_copy(record->host, sizeof(record->host), "made-up");
    jb_copy(record->machine_id, sizeof(record->machine_id), "0123456789abcdef");
    jb_copy(record->basis, sizeof(record->basis), "machine");
    jb_copy(record->total, sizeof(record->total), "sensors");
    jb_copy(record->zone, sizeof(record->zone), zone);
    struct jb_record_channel *channel = record->channels;
    channel->parent = channel->twin_of = -1;
    channel->in_total = true;
    channel->context_w = channel->context_tax_j = NAN;
    jb_copy(channel->id, sizeof(channel->id), "cpu/0/package");
    jb_copy(channel->device, sizeof(channel->device), "cpu");
    jb_copy(channel->source, sizeof(channel->source), "rapl-perf");
    jb_copy(channel->method, sizeof(channel->method), "counter");
}

static void append(struct jb_store *store, struct jb_record *record, uint64_t t0_ns, uint64_t t_ns, uint64_t energy_uj)
{
    struct jb_diag diag = {0};
    struct jb_record_channel *total = record->channels;
    struct jb_chunk_channel part = {.energy_uj = &energy_uj, .run_uj = energy_uj};
    struct jb_chunk chunk = {.t0_ns = t0_ns, .tick_ns = &t_ns, .tick_count = 1, .channels = &part, .channel_count = 1};

    total->energy_uj += energy_uj;
    total->run_uj += energy_uj;
    total->footprint_uj += energy_uj;
    total->covered_ns = t_ns;
    total->uncertainty_uj = total->run_uncertainty_uj = 0.01 * (double)total->energy_uj;
    jb_record_sum(record);
    if (jb_store_append(store, record, &chunk, &diag) < 0) {
        die("append", &diag);
    }
    struct jb_mark_channel sums = {.run_uj = total->run_uj};
    struct jb_store_mark mark = {
        .t_ns = t_ns, .wall_ns = record->started_ns + (int64_t)t_ns, .channels = &sums, .channel_count = 1};
    if (jb_store_mark(store, &mark, &diag) < 0) {
        die("mark", &diag);
    }
}

static void end(struct jb_store *store, struct jb_record *record, uint64_t t_ns, double g_per_kwh, const char *source)
{
    struct jb_diag diag = {0};
    double energy_uj = (double)jb_record_basis_uj(record);

    record->ended_ns = record->started_ns + (int64_t)t_ns;
    record->duration_s = (double)t_ns / 1e9;
    record->status = JB_RUN_FINISHED;
    record->has_exit_code = true;
    record->intensity_g_per_kwh = g_per_kwh;
    record->intensity_rel_error = 0.2;
    record->emissions_g = energy_uj * g_per_kwh / 3.6e12;
    record->emissions_uncertainty_g = 0.2 * record->emissions_g;
    record->segments = calloc(1, sizeof(*record->segments));
    if (record->segments == NULL) {
        exit(1);
    }
    record->segment_count = 1;
    *record->segments = (struct jb_record_segment){.start_ns = record->started_ns,
                                                   .end_ns = record->ended_ns,
                                                   .g_per_kwh = g_per_kwh,
                                                   .rel_error = 0.2,
                                                   .estimated = true,
                                                   .age_s = NAN,
                                                   .energy_uj = jb_record_basis_uj(record)};
    jb_copy(record->segments->source, sizeof(record->segments->source), source);
    jb_copy(record->segments->factor, sizeof(record->segments->factor), "lifecycle");
    if (jb_store_end(store, record, &diag) < 0) {
        die("end", &diag);
    }
}

static void read_work(const char *path, struct jb_record_work *ret)
{
    struct jb_diag diag = {0};
    char *text = NULL;
    size_t length = 0;

    if (jb_read_all(path, 16 << 20, &text, &length, &diag) < 0 || jb_json_to_work(text, ret) < 0) {
        die("work", &diag);
    }
    free(text);
}

int main(int argc, char **argv)
{
    struct jb_record record = {0};
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    int64_t started_ns = 0;
    double step_s = 0, g_per_kwh = 0, joules = 0;
    uint64_t t_ns = 0;
    char line[64];

    if (argc < 7 || argc > 8 || jb_iso_parse(argv[2], &started_ns) < 0 || jb_parse_double(argv[4], &step_s) < 0 ||
        jb_parse_double(argv[5], &g_per_kwh) < 0) {
        fprintf(stderr, "usage: make_run DB START ZONE STEP_S G_PER_KWH SOURCE [WORK] < joules\n");
        return 2;
    }
    begin(&record, started_ns, argv[3]);
    if (jb_store_open(argv[1], JB_STORE_WRITE, &store, &diag) < 0 || jb_store_begin(store, &record, &diag) < 0) {
        die("open", &diag);
    }
    while (fgets(line, sizeof(line), stdin) != NULL && jb_parse_double(jb_trim(line), &joules) == 0) {
        uint64_t next_ns = t_ns + (uint64_t)(step_s * 1e9);
        append(store, &record, t_ns, next_ns, (uint64_t)(joules * 1e6));
        t_ns = next_ns;
    }
    if (argc == 8) {
        read_work(argv[7], &record.work);
    }
    end(store, &record, t_ns, g_per_kwh, argv[6]);
    puts(record.id);
    jb_store_close(store);
    jb_record_finish(&record);
    return 0;
}
