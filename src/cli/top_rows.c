/* SPDX-License-Identifier: Apache-2.0 */
/* top_rows.c - which runs and sensors are shown, in which order. Documented in top_state.h. */
#include "cli/top_state.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum top_standing top_channel_standing(const struct top_channel *channel)
{
    if (strcmp(channel->status, "ok") == 0) {
        return channel->modelled ? TOP_MODELLED : channel->in_total ? TOP_MEASURED : TOP_IDLE_SENSOR;
    }
    if (channel->fix[0] != '\0' || strcmp(channel->status, "denied") == 0) {
        return TOP_MENDABLE;
    }
    return strcmp(channel->status, "unsupported") == 0 ? TOP_ABSENT : TOP_FAILED;
}

enum top_standing top_source_standing(const struct top_source_state *source)
{
    if (strcmp(source->status, "ok") == 0) {
        return TOP_MEASURED;
    }
    if (strcmp(source->status, "absent") == 0) {
        return TOP_ABSENT;
    }
    return source->fix[0] != '\0' || strcmp(source->status, "denied") == 0 ? TOP_MENDABLE : TOP_FAILED;
}

/* The larger first, unknown last, equal ones as they came. */
static int by_number(double a, double b, int otherwise)
{
    if (isnan(a) || isnan(b)) {
        return isnan(a) && isnan(b) ? otherwise : isnan(a) ? 1 : -1;
    }
    return a > b ? -1 : a < b ? 1 : otherwise;
}

static int compare_runs(const struct top_run *a, const struct top_run *b, enum top_sort sort, int otherwise)
{
    int order = 0;

    switch (sort) {
    case TOP_BY_ENERGY:
        return by_number(top_run_energy(a), top_run_energy(b), otherwise);
    case TOP_BY_EMISSIONS:
        return by_number(a->emissions_g, b->emissions_g, otherwise);
    case TOP_BY_TIME:
        return by_number(a->elapsed_s, b->elapsed_s, otherwise);
    case TOP_BY_NAME:
        order = strcmp(a->name, b->name);
        break;
    case TOP_BY_USER:
        order = strcmp(a->user, b->user);
        break;
    case TOP_BY_POWER:
    case TOP_SORTS:
        return by_number(a->power_w, b->power_w, otherwise);
    }
    return order != 0 ? order : otherwise;
}

static bool is_source(unsigned short row)
{
    return row >= TOP_MAX_CHANNELS;
}

static int standing_of(const struct top_view *view, unsigned short row)
{
    return (int)(is_source(row) ? top_source_standing(&view->sources[row - TOP_MAX_CHANNELS])
                                : top_channel_standing(&view->channels[row]));
}

static int compare_sensors(const struct top_view *view, unsigned short a, unsigned short b, enum top_sensor_sort sort)
{
    int otherwise = (int)a - (int)b;

    if (sort == TOP_BY_STATUS && standing_of(view, a) != standing_of(view, b)) {
        return standing_of(view, a) - standing_of(view, b);
    }
    if (sort == TOP_BY_STATUS || is_source(a) || is_source(b)) {
        return otherwise;
    }
    const struct top_channel *x = &view->channels[a], *y = &view->channels[b];
    if (sort == TOP_BY_DEVICE) {
        return x->device != y->device ? (int)x->device - (int)y->device : otherwise;
    }
    return by_number(x->power_w, y->power_w, otherwise);
}

/* A few hundred at the most, once a second. */
static void sort_rows(const struct top_view *view, const struct top_state *state, struct top_rows *rows)
{
    for (size_t i = 1; i < rows->run_count; i++) {
        unsigned short row = rows->runs[i];
        size_t at = i;
        for (; at > 0 && compare_runs(&view->runs[rows->runs[at - 1]], &view->runs[row], state->sort, -1) > 0; at--) {
            rows->runs[at] = rows->runs[at - 1];
        }
        rows->runs[at] = row;
    }
    for (size_t i = 1; i < rows->sensor_count; i++) {
        unsigned short row = rows->sensors[i];
        size_t at = i;
        for (; at > 0 && compare_sensors(view, rows->sensors[at - 1], row, state->sensor_sort) > 0; at--) {
            rows->sensors[at] = rows->sensors[at - 1];
        }
        rows->sensors[at] = row;
    }
}

/* A source whose channels say why it cannot be used need not say it again. */
static bool is_told_by_channels(const struct top_view *view, const struct top_source_state *source)
{
    for (size_t i = 0; i < view->channel_count; i++) {
        if (strcmp(view->channels[i].source, source->source) == 0) {
            return true;
        }
    }
    return false;
}

void top_rows_make(const struct top_view *view, const struct top_state *state, struct top_rows *ret)
{
    ret->run_count = ret->sensor_count = 0;
    for (size_t i = 0; i < view->run_count; i++) {
        ret->runs[ret->run_count++] = (unsigned short)i;
    }
    for (size_t i = 0; i < view->channel_count; i++) {
        ret->sensors[ret->sensor_count++] = (unsigned short)i;
    }
    for (size_t i = 0; i < view->source_count; i++) {
        if (strcmp(view->sources[i].status, "ok") != 0 && !is_told_by_channels(view, &view->sources[i])) {
            ret->sensors[ret->sensor_count++] = (unsigned short)(TOP_MAX_CHANNELS + i);
        }
    }
    sort_rows(view, state, ret);
}

const char *top_row_name(const struct top_view *view, const struct top_rows *rows, enum top_pane pane, size_t index,
                         char *buffer, size_t size)
{
    const char *kind = "run", *name = "";

    if (pane == TOP_PANE_RUNS && index < rows->run_count) {
        name = view->runs[rows->runs[index]].id;
    } else if (pane == TOP_PANE_SENSORS && index < rows->sensor_count) {
        unsigned short row = rows->sensors[index];
        kind = is_source(row) ? "source" : view->channels[row].source;
        name = is_source(row) ? view->sources[row - TOP_MAX_CHANNELS].source : view->channels[row].id;
    }
    jb_snprintf(buffer, size, "%s %s", kind, name);
    return buffer;
}

size_t top_row_selected(const struct top_view *view, const struct top_rows *rows, enum top_pane pane,
                        const struct top_state *state)
{
    size_t count = pane == TOP_PANE_RUNS ? rows->run_count : rows->sensor_count;
    char name[sizeof(state->lists[0].selected)];

    for (size_t i = 0; i < count; i++) {
        if (strcmp(top_row_name(view, rows, pane, i, name, sizeof(name)), state->lists[pane].selected) == 0) {
            return i;
        }
    }
    return 0;
}
