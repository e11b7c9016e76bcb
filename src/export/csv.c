/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time series of a run: a row for each channel and interval (interface.md, "CSV").
 *
 * `time` and `elapsed_s` are the end of the interval, power_w is its mean. emissions_g prices the record's basis, so
 * that the column sums to the record's emissions: run_j for basis "run", energy_j for "machine"; for "footprint" run_j
 * and, of the rest of the interval, the part that is the run's footprint over the whole run in this channel. Channels
 * that are not in the total (parents, twins) have no emissions: their joules are already in another row. A row that
 * lies in several segments has their mean by time. `region` is the innermost that was open at the end of the interval,
 * with its number where it has one ("epoch 3"); empty where none was, or none is known.
 *
 * Odd: rows are written as they are read, so memory does not grow with the run.
 */
#include "export/formats.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/escape.h"
#include "export/measured.h"
#include "export/price.h"
#include "export/work_rows.h"

#define JOULES_PER_KWH 3.6e6

struct series {
    const struct jb_record *record;
    struct jb_export_prices prices;
    enum jb_share basis;
    struct jb_work_at at;
    FILE *out;
    struct jb_buf row;
    int error;
};

static const struct jb_record_channel *find(const struct jb_record *record, int number)
{
    for (size_t i = 0; i < record->channel_count; i++) {
        if (record->channels[i].number == number) {
            return &record->channels[i];
        }
    }
    return NULL;
}

/* Joules of the interval that the record's basis prices. */
static double priced_j(const struct series *series, const struct jb_record_channel *channel, const struct jb_sample *s)
{
    double run = (double)s->run_uj / 1e6;
    double rest = s->energy_uj > s->run_uj ? (double)(s->energy_uj - s->run_uj) / 1e6 : 0;
    if (series->basis == JB_SHARE_RUN) {
        return run;
    }
    if (series->basis == JB_SHARE_MACHINE) {
        return run + rest;
    }
    double channel_rest = (double)channel->energy_uj - (double)channel->run_uj;
    double channel_idle = (double)channel->footprint_uj - (double)channel->run_uj;
    double part = channel_rest > 0 && channel_idle > 0 ? fmin(channel_idle / channel_rest, 1) : 0;
    return run + rest * part;
}

static void emissions(struct series *series, const struct jb_record_channel *channel, const struct jb_sample *s)
{
    struct jb_buf *row = &series->row;
    double intensity = jb_export_intensity(&series->prices, s->t0_ns, s->t1_ns);
    jb_export_number(row, intensity);
    jb_buf_puts(row, ",");
    if (channel && channel->in_total) {
        double kwh = priced_j(series, channel, s) / JOULES_PER_KWH;
        jb_export_number(row, kwh * intensity * jb_export_pue(series->record));
    }
}

static void region(struct series *series, const struct jb_sample *s)
{
    const struct jb_record_region *open = jb_work_at(&series->at, (double)s->t1_ns / 1e9);
    if (open == NULL) {
        return;
    }
    const char *name = open->name[0] != '\0' ? open->name : open->kind;
    char text[sizeof(open->name) + 24];
    if (open->index >= 0) {
        jb_snprintf(text, sizeof(text), "%s %lld", name, (long long)open->index);
        jb_export_csv_text(&series->row, text);
    } else {
        jb_export_csv_text(&series->row, name);
    }
}

static int write_sample(void *context, const struct jb_sample *s)
{
    struct series *series = context;
    struct jb_buf *row = &series->row;
    const struct jb_record_channel *channel = find(series->record, s->channel);
    char time[32], unnamed[32];
    snprintf(unnamed, sizeof(unnamed), "channel %d", s->channel);

    jb_buf_clear(row);
    jb_buf_puts(row, jb_iso_time(jb_export_wall(&series->prices, s->t1_ns), time, sizeof(time)));
    jb_buf_puts(row, ",");
    jb_export_fixed(row, s->t1_ns, 9);
    jb_buf_puts(row, ",");
    jb_export_csv_text(row, channel ? channel->id : unnamed);
    jb_buf_puts(row, ",");
    jb_export_csv_text(row, channel ? channel->device : "");
    jb_buf_puts(row, ",");
    if (s->t1_ns > s->t0_ns) {
        jb_export_number(row, (double)s->energy_uj * 1e3 / (double)(s->t1_ns - s->t0_ns));
    }
    jb_buf_puts(row, ",");
    jb_export_joules(row, s->energy_uj);
    jb_buf_puts(row, ",");
    jb_export_joules(row, s->run_uj);
    jb_buf_puts(row, ",");
    jb_export_csv_text(row, channel ? channel->method : "");
    jb_buf_puts(row, ",");
    emissions(series, channel, s);
    jb_buf_puts(row, ",");
    region(series, s);
    jb_buf_puts(row, "\n");
    if (row->failed) {
        series->error = -ENOMEM;
    } else if (fwrite(row->data, 1, row->length, series->out) != row->length) {
        series->error = -EIO;
    }
    return series->error;
}

static int write_csv(const struct jb_export_input *input, FILE *out, struct jb_diag *diag)
{
    if (!input->store) {
        return jb_fail(diag, -ENODATA, "the run was not stored, so it has no time series");
    }
    struct series series = {.record = input->record, .basis = jb_export_basis(input->record), .out = out};
    series.at.work = &input->record->work;
    if (fputs("time,elapsed_s,channel,device,power_w,energy_j,run_j,method,intensity_g_per_kwh,emissions_g,region\n",
              out) < 0) {
        return jb_fail(diag, -EIO, "cannot write the CSV");
    }
    jb_export_prices_init(&series.prices, input->record, input->store);
    int r = jb_store_series(input->store, input->record->id, write_sample, &series, diag);
    if (series.error < 0) {
        r = jb_fail(diag, series.error, "cannot write the CSV: %s", strerror(-series.error));
    }
    jb_export_prices_finish(&series.prices);
    jb_buf_finish(&series.row);
    return r < 0 ? r : 0;
}

const struct jb_export_format jb_export_csv = {
    .name = "csv",
    .suffix = "csv",
    .help = "time series: a row for each channel and interval",
    .write = write_csv,
};
