/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET api/v1/runs/ID/series: the power of a run's channels over its time.
 *
 * Odd: a run that is on the board alone has no series here yet; its answer is that of a run without channels.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "server/doc_run.h"
#include "server/slices_json.h"

#define LONGEST_S 1e9

struct window {
    double t0_s, t1_s;
    int64_t px;
    size_t count;
};

/* Up to now of one that runs, or whose end nobody knows. */
static double length_s(const struct jb_found_run *found)
{
    if (!found->stored) {
        return found->board->elapsed_s;
    }
    const struct jb_record *record = &found->record;
    if (isfinite(record->duration_s) && record->status != JB_RUN_RUNNING) {
        return record->duration_s;
    }
    double since_s = (double)(jb_wall_ns() - record->started_ns) / 1e9;
    return since_s > 0 && since_s < LONGEST_S ? since_s : 0;
}

static bool read_window(const struct jb_query *query, const struct jb_found_run *found, struct window *ret,
                        struct jb_reply *reply)
{
    static const char *const names[] = {"channel", "t0", "t1", "px", NULL};
    struct window window = {.t1_s = length_s(found), .px = JB_PX_DEFAULT};
    bool bounded = jb_query_get(query, "t0") != NULL || jb_query_get(query, "t1") != NULL;

    if (!jb_param_names(query, names, reply) || !jb_param_number(query, "t0", 0, LONGEST_S, &window.t0_s, reply) ||
        !jb_param_number(query, "t1", 0, LONGEST_S, &window.t1_s, reply) ||
        !jb_param_integer(query, "px", JB_PX_MIN, JB_PX_MAX, &window.px, reply)) {
        return false;
    }
    if (bounded && !(window.t1_s > window.t0_s)) {
        jb_reply_error(reply, 400, "t1 must be later than t0", NULL);
        return false;
    }
    *ret = window;
    return true;
}

static bool wanted(const struct jb_query *query, const struct jb_record_channel *channel)
{
    return jb_query_get(query, "channel") == NULL ? channel->in_total : jb_param_has(query, "channel", channel->id);
}

static size_t numbers(const struct jb_record *record)
{
    int highest = -1;

    for (size_t i = 0; i < record->channel_count; i++) {
        highest = record->channels[i].number > highest ? record->channels[i].number : highest;
    }
    return (size_t)(highest + 1);
}

static const char *parent_id(const struct jb_record *record, int index)
{
    return index >= 0 && (size_t)index < record->channel_count ? record->channels[index].id : NULL;
}

static void channels_json(struct jb_json *json, const struct jb_record *record, const struct jb_query *query,
                          const struct jb_slice *slices, size_t count)
{
    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *channel = &record->channels[i];
        if (!wanted(query, channel) || channel->number < 0) {
            continue;
        }
        jb_json_open(json, NULL, '{');
        jb_json_string(json, "id", channel->id);
        jb_json_string(json, "device", channel->device);
        jb_json_string(json, "name", channel->name);
        jb_json_string(json, "source", channel->source);
        jb_json_string(json, "method", channel->method);
        jb_json_bool(json, "in_total", channel->in_total);
        jb_json_string(json, "parent", parent_id(record, channel->parent));
        jb_slices_json(json, slices + (size_t)channel->number * count, count, true);
        jb_json_close(json, '}');
    }
}

/* What a slice was priced at: the mean of the segments in it by time; NAN where there is none. */
static double price(const struct jb_record *record, double from_s, double to_s)
{
    double sum = 0, length = 0;

    for (size_t i = 0; i < record->segment_count; i++) {
        const struct jb_record_segment *segment = &record->segments[i];
        double start = fmax(from_s, (double)(segment->start_ns - record->started_ns) / 1e9);
        double end = fmin(to_s, (double)(segment->end_ns - record->started_ns) / 1e9);
        if (end > start && isfinite(segment->g_per_kwh)) {
            sum += segment->g_per_kwh * (end - start);
            length += end - start;
        }
    }
    return length > 0 ? sum / length : NAN;
}

static void prices_json(struct jb_json *json, const struct jb_record *record, const struct window *window, double step)
{
    jb_json_open(json, "g_per_kwh", '[');
    for (size_t i = 0; i < window->count; i++) {
        double from_s = window->t0_s + (double)i * step;
        jb_buf_puts(json->out, i > 0 ? "," : "");
        jb_brief(json->out, price(record, from_s, from_s + step));
    }
    jb_json_close(json, ']');
}

static void answer(const struct jb_found_run *found, const struct jb_query *query, const struct window *window,
                   const struct jb_slice *slices, struct jb_reply *reply)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf body = {0};
    struct jb_json json;
    double step = window->count > 0 ? (window->t1_s - window->t0_s) / (double)window->count : NAN;

    jb_document_begin(&json, &body);
    jb_json_number(&json, "t0_s", window->t0_s);
    jb_json_number(&json, "t1_s", window->t1_s);
    jb_json_number(&json, "step_s", step);
    jb_slice_middles(&json, "t_s", window->t0_s, step, window->count);
    jb_json_open(&json, "channels", '[');
    if (slices != NULL) {
        channels_json(&json, &found->record, query, slices, window->count);
    }
    jb_json_close(&json, ']');
    prices_json(&json, &found->record, window, step);
    jb_document_end(&json, reply);
}

void jb_document_run_series(struct jb_documents *documents, const struct jb_found_run *found,
                            const struct jb_query *query, struct jb_reply *reply)
{
    JB_CLEANUP(jb_freep) struct jb_slice *slices = NULL;
    struct jb_diag diag = {0};
    struct window window;

    if (!read_window(query, found, &window, reply)) {
        return;
    }
    size_t channel_count = found->stored ? numbers(&found->record) : 0;
    if (channel_count > 0 && window.t1_s > window.t0_s) {
        window.count = jb_slice_count(window.px, channel_count);
        slices = calloc(channel_count * window.count, sizeof(*slices));
        if (slices == NULL) {
            jb_reply_error(reply, 500, "out of memory", NULL);
            return;
        }
        int error = jb_store_slices(found->store, found->record.id, (uint64_t)(window.t0_s * 1e9),
                                    (uint64_t)(window.t1_s * 1e9), window.count, channel_count, slices, &diag);
        if (error < 0) {
            jb_document_fail(reply, error, &diag);
            return;
        }
    }
    answer(found, query, &window, slices, reply);
}
