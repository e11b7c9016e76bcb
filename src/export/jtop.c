/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run as a log of jtop: the wide CSV of jetson_stats' jtop_logger.py, a row for each second, for what reads such
 * logs.
 *
 * Loads, temperatures and clocks are what the board said in that second; they are there for runs on a Jetson. Powers
 * are means over the second in whole milliwatts, from our series. Power TOT is the sum of the channels that count, so
 * on an AGX Orin it is without VDDQ, which lies in VIN_SYS_5V0 and which jtop adds to it; empty when one of them is
 * missing. On any other machine there are the columns of time and power.
 *
 * Odd: `time` is UTC in Python's form, the end of the second; jtop's is local. `jetson_clocks` is left out: what sets
 * it is known only to a program of root's. The last second may be shorter.
 */
#include "export/formats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "export/jtop_columns.h"
#include "store/vitals.h"

#define WINDOW      512 /* seconds of power that are fetched at once */
#define MAX_SECONDS (UINT64_C(10) * 366 * 86400)

struct log {
    const struct jb_export_input *input;
    FILE *out;
    struct jb_diag *diag;
    struct jb_jtop_columns columns;
    size_t channel_count; /* of the series */
    uint64_t end_ns, seconds;
    struct jb_slice *slices; /* of seconds first..first + filled, channel-major */
    uint64_t first, filled;
    uint64_t next;          /* second to be written */
    uint64_t looked_second; /* of `look` */
    json_t *look;
    struct jb_buf row;
    int error;
};

static json_t *parse(const char *json)
{
    json_t *look = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    if (look != NULL && !json_is_object(look)) {
        json_decref(look);
        return NULL;
    }
    return look;
}

static int collect(void *context, uint64_t t_ns, const char *json)
{
    struct log *log = context;
    json_t *look = parse(json);
    (void)t_ns;
    jb_jtop_collect(&log->columns, look);
    json_decref(look);
    return 0;
}

static int fetch(struct log *log, uint64_t second)
{
    uint64_t whole = log->end_ns / JB_NS_PER_S;
    uint64_t count = second < whole ? (whole - second < WINDOW ? whole - second : WINDOW) : 1;
    uint64_t t1_ns = second < whole ? (second + count) * JB_NS_PER_S : log->end_ns;
    log->first = second;
    log->filled = count;
    if (log->channel_count == 0) {
        return 0;
    }
    return jb_store_slices(log->input->store, log->input->record->id, second * JB_NS_PER_S, t1_ns, (size_t)count,
                           log->channel_count, log->slices, log->diag);
}

/* Mean power of a channel in the second, mW; NAN: nothing is known. */
static double power_mw(const struct log *log, const struct jb_record_channel *channel, uint64_t second)
{
    if (channel->number < 0 || (size_t)channel->number >= log->channel_count) {
        return NAN;
    }
    const struct jb_slice *slice = &log->slices[(size_t)channel->number * log->filled + (second - log->first)];
    return slice->covered_ns > 0 ? slice->energy_uj * 1e6 / slice->covered_ns : NAN;
}

static void put_mw(struct jb_buf *row, double mw)
{
    jb_buf_puts(row, ",");
    if (isfinite(mw) && fabs(mw) < 1e15) {
        jb_buf_printf(row, "%.0f", mw);
    }
}

static void put_power(struct log *log, uint64_t second)
{
    const struct jb_record *record = log->input->record;
    double total = 0;
    bool any = false;
    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *channel = &record->channels[i];
        double mw = power_mw(log, channel, second);
        if (jb_jtop_has_power(channel)) {
            put_mw(&log->row, mw);
        }
        if (channel->in_total) {
            any = true;
            total += mw;
        }
    }
    put_mw(&log->row, any ? total : NAN);
}

/* "2026-11-22 07:20:03.120000" */
static void put_time(struct log *log, uint64_t t_ns)
{
    int64_t wall_ns;
    struct tm parts;
    char text[32];
    if (__builtin_add_overflow(log->input->record->started_ns, (int64_t)t_ns, &wall_ns) || wall_ns < 0) {
        return;
    }
    time_t seconds = (time_t)(wall_ns / (int64_t)JB_NS_PER_S);
    if (gmtime_r(&seconds, &parts) != NULL && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts) > 0) {
        jb_buf_printf(&log->row, "%s.%06d", text, (int)(wall_ns % (int64_t)JB_NS_PER_S / 1000));
    }
}

static int write_second(struct log *log, uint64_t second)
{
    uint64_t t_ns = (second + 1) * JB_NS_PER_S;
    const json_t *look = log->look != NULL && log->looked_second == second ? log->look : NULL;
    if (second < log->first || second >= log->first + log->filled) {
        int r = fetch(log, second);
        if (r < 0) {
            return r;
        }
    }
    jb_buf_clear(&log->row);
    put_time(log, t_ns < log->end_ns ? t_ns : log->end_ns);
    jb_jtop_before_power(&log->columns, look, &log->row);
    put_power(log, second);
    jb_jtop_behind_power(&log->columns, look, &log->row);
    jb_buf_puts(&log->row, "\n");
    if (log->row.failed) {
        return log->error = -ENOMEM;
    }
    return fwrite(log->row.data, 1, log->row.length, log->out) == log->row.length ? 0 : (log->error = -EIO);
}

static int write_until(struct log *log, uint64_t second)
{
    int r = 0;
    for (; r == 0 && log->next < second; log->next++) {
        r = write_second(log, log->next);
    }
    return r;
}

/*
 * A look tells of the second that ended about when it was made; on a busy machine it comes late. One that ends no
 * second of its own, the very last, tells of the piece that it lies in. It may come a moment after the run.
 */
static uint64_t second_of(const struct log *log, uint64_t t_ns)
{
    uint64_t inside = t_ns > 0 ? (t_ns - 1) / JB_NS_PER_S : 0;
    uint64_t ended = inside > 0 && t_ns - inside * JB_NS_PER_S < JB_NS_PER_S / 2 ? inside - 1 : inside;
    bool taken = log->look != NULL && log->looked_second == ended;
    return taken || ended < log->next ? inside : ended;
}

static int merge(void *context, uint64_t t_ns, const char *json)
{
    struct log *log = context;
    uint64_t second = second_of(log, t_ns);
    if (second >= log->seconds) {
        if (t_ns > log->end_ns + JB_NS_PER_S || log->seconds == 0) {
            return 0;
        }
        second = log->seconds - 1;
    }
    int r = write_until(log, second);
    if (r == 0) {
        json_decref(log->look);
        log->look = parse(json);
        log->looked_second = second;
    }
    return r;
}

static int find_end(void *context, const struct jb_sample *sample)
{
    uint64_t *end_ns = context;
    *end_ns = sample->t1_ns > *end_ns ? sample->t1_ns : *end_ns;
    return 0;
}

static int measure(struct log *log)
{
    const struct jb_record *record = log->input->record;
    if (isfinite(record->duration_s) && record->duration_s > 0 && record->duration_s < (double)MAX_SECONDS) {
        log->end_ns = (uint64_t)llround(record->duration_s * 1e9);
    } else { /* it is running */
        int r = jb_store_series(log->input->store, record->id, find_end, &log->end_ns, log->diag);
        if (r < 0) {
            return r;
        }
        log->end_ns = log->end_ns < MAX_SECONDS * JB_NS_PER_S ? log->end_ns : MAX_SECONDS * JB_NS_PER_S;
    }
    log->seconds = (log->end_ns + JB_NS_PER_S - 1) / JB_NS_PER_S;
    for (size_t i = 0; i < record->channel_count; i++) {
        int number = record->channels[i].number;
        if (number >= 0 && (size_t)number >= log->channel_count && number < 4096) {
            log->channel_count = (size_t)number + 1;
        }
    }
    log->slices = calloc(WINDOW * (log->channel_count + 1), sizeof(*log->slices));
    return log->slices != NULL ? 0 : jb_fail(log->diag, -ENOMEM, "out of memory");
}

static int write_log(struct log *log)
{
    const struct jb_export_input *input = log->input;
    int r = measure(log);
    if (r == 0) {
        r = jb_store_vitals(input->store, input->record->id, collect, log, log->diag);
    }
    if (r < 0) {
        return r;
    }
    jb_jtop_header(&log->columns, input->record, &log->row);
    if (log->row.failed || fwrite(log->row.data, 1, log->row.length, log->out) != log->row.length) {
        return log->error = log->row.failed ? -ENOMEM : -EIO;
    }
    r = jb_store_vitals(input->store, input->record->id, merge, log, log->diag);
    return r == 0 ? write_until(log, log->seconds) : r;
}

static int write_jtop(const struct jb_export_input *input, FILE *out, struct jb_diag *diag)
{
    if (!input->store) {
        return jb_fail(diag, -ENODATA, "the run was not stored, so it has no time series");
    }
    JB_CLEANUP(jb_freep) struct log *log = calloc(1, sizeof(*log));
    if (!log) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    log->input = input;
    log->out = out;
    log->diag = diag;
    int r = write_log(log);
    if (log->error < 0) {
        r = jb_fail(diag, log->error, "cannot write the log: %s", strerror(-log->error));
    }
    json_decref(log->look);
    free(log->slices);
    jb_buf_finish(&log->row);
    return r < 0 ? r : 0;
}

const struct jb_export_format jb_export_jtop = {
    .name = "jtop",
    .suffix = "csv",
    .help = "a row a second with the columns of a Jetson's jtop",
    .write = write_jtop,
};
