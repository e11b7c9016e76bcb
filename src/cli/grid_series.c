/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_series.c - joulebook grid ZONE --history DUR, --forecast [DUR]: intensity over time, drawn or as JSON, and the
 * greenest window of what is foretold.
 */
#include "cli/grid_series.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/grid_chart.h"
#include "cli/grid_place.h"
#include "cli/grid_time.h"
#include "grid/provider.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define DAY_NS (24 * 3600 * JB_NS_PER_S)

/* "min 52.0 at 13:00, mean 288, max 501 at 21:00; times are KST" */
static void print_range(const struct grid_series *series, const struct cli_style *style)
{
    char min[JB_UNIT_TEXT], mean[JB_UNIT_TEXT], max[JB_UNIT_TEXT], low[GRID_TIME_TEXT], high[GRID_TIME_TEXT],
        zone[GRID_TIME_TEXT], last[GRID_TIME_TEXT];
    struct chart_range range;
    int64_t now_ns = series->place->now_ns;

    if (!chart_range(&series->track, series->from_ns, series->to_ns, &range)) {
        return;
    }
    grid_zone_name(series->from_ns, zone, sizeof(zone));
    grid_zone_name(series->to_ns, last, sizeof(last));
    bool changes = !jb_streq(zone, last);
    printf("  min %s%s%s at %s, mean %s%s%s, max %s%s%s at %s gCO2e/kWh", style->bold,
           jb_format_3(range.min, min, sizeof(min)), style->off, grid_clock(range.min_ns, now_ns, low, sizeof(low)),
           style->bold, jb_format_3(range.mean, mean, sizeof(mean)), style->off, style->bold,
           jb_format_3(range.max, max, sizeof(max)), style->off, grid_clock(range.max_ns, now_ns, high, sizeof(high)));
    printf("\n  %stimes are %s%s%s", style->dim, zone, changes ? ", then " : "", changes ? last : "");
    if (range.covered < 0.9995) {
        printf("; %.3g %% of the time is known", range.covered * 100);
    }
    printf("%s\n", style->off);
}

/* How much of the time in view a provider told, and by which factors. */
static int64_t share(const struct grid_series *series, const struct jb_provider *provider, bool *ret_lifecycle,
                     bool *ret_direct)
{
    int64_t sum_ns = 0;

    for (size_t i = jb_track_from(&series->track, series->from_ns); i < series->track.count; i++) {
        const struct jb_point *point = &series->track.points[i];
        int64_t from_ns = point->start_ns > series->from_ns ? point->start_ns : series->from_ns;
        int64_t to_ns = point->end_ns < series->to_ns ? point->end_ns : series->to_ns;
        if (point->provider == provider && from_ns < to_ns) {
            sum_ns += to_ns - from_ns;
            *ret_direct = *ret_direct || (point->flags & JB_POINT_DIRECT) != 0;
            *ret_lifecycle = *ret_lifecycle || (point->flags & JB_POINT_DIRECT) == 0;
        }
    }
    return sum_ns;
}

/* "ukgrid (direct) for 22 h, energycharts (lifecycle) for 2 h" */
static void sources_text(const struct grid_series *series, char *buffer, size_t size)
{
    char length[GRID_TIME_TEXT];

    buffer[0] = '\0';
    for (size_t i = 0; jb_providers[i] != NULL; i++) {
        bool direct = false, lifecycle = false;
        int64_t sum_ns = share(series, jb_providers[i], &lifecycle, &direct);
        size_t used = strlen(buffer);
        if (sum_ns > 0) {
            jb_snprintf(buffer + used, size - used, "%s%s (%s%s%s) for %s", used > 0 ? ", " : "", jb_providers[i]->name,
                        lifecycle ? "lifecycle" : "", lifecycle && direct ? " and " : "", direct ? "direct" : "",
                        grid_length((double)sum_ns / 1e9, length, sizeof(length)));
        }
    }
}

static void print_text(const struct grid_series *series)
{
    struct cli_style style = cli_style(&series->place->options->common, stdout);
    struct chart_look look = chart_look(&style, stdout);
    char length[GRID_TIME_TEXT], sources[320];
    struct chart chart;

    grid_length((double)(series->to_ns - series->from_ns) / 1e9, length, sizeof(length));
    grid_title(&series->place->place, &style);
    printf("  %s%s %s, average gCO2e/kWh", style.dim, series->forecast ? "foretold for" : "the last", length);
    chart_make(&series->track, series->from_ns, series->to_ns, series->window.start_ns, series->window.end_ns,
               chart_width(&look), &chart);
    printf(", a column is %s%s\n", grid_length((double)chart.step_ns / 1e9, length, sizeof(length)), style.off);
    chart_print(&chart, &look, stdout);
    chart_legend(&chart, &look, stdout);
    print_range(series, &style);
    if (series->wants_window) {
        grid_window_text(series, &style);
    }
    sources_text(series, sources, sizeof(sources));
    grid_line("source", sources, &style);
    grid_credits(&series->track, &style);
    grid_steps(&series->steps, &style);
}

static json_t *to_json(const struct grid_series *series)
{
    json_t *object = grid_object(&series->place->place), *points = json_array();
    struct chart_range range = {.min = NAN, .max = NAN, .mean = NAN};

    chart_range(&series->track, series->from_ns, series->to_ns, &range);
    json_object_set_new(object, "signal", json_string("average"));
    json_object_set_new(object, "time", grid_time(series->place->now_ns));
    json_object_set_new(object, "start", grid_time(series->from_ns));
    json_object_set_new(object, "end", grid_time(series->to_ns));
    json_object_set_new(object, "min_g_per_kwh", grid_number(range.min));
    json_object_set_new(object, "mean_g_per_kwh", grid_number(range.mean));
    json_object_set_new(object, "max_g_per_kwh", grid_number(range.max));
    json_object_set_new(object, "coverage", grid_number(range.covered));
    for (size_t i = jb_track_from(&series->track, series->from_ns);
         i < series->track.count && series->track.points[i].start_ns < series->to_ns; i++) {
        json_array_append_new(points, grid_point(&series->track.points[i]));
    }
    json_object_set_new(object, "points", points);
    if (series->forecast) {
        json_object_set_new(object, "window", series->wants_window ? grid_window_json(series) : json_null());
    }
    json_object_set_new(object, "steps", grid_steps_json(&series->steps));
    json_object_set_new(object, "credits", grid_credits_json(&series->track));
    return object;
}

/* Nothing is known: why, and what to do. */
static int nothing(const struct grid_series *series)
{
    const struct jb_steps *steps = &series->steps;
    const struct jb_intensity *place = &series->place->place;

    if (place->live_zone[0] == '\0') {
        return cli_complain(&cmd_grid, 1,
                            "%s is no zone that anybody could be asked about; name one: joulebook grid ZONE %s",
                            place->zone, series->forecast ? "--forecast" : "--history 24h");
    }
    return cli_complain(&cmd_grid, 1,
                        "there is no %s for %s%s%.220s; see who could be asked: joulebook grid %s --providers",
                        series->forecast ? "forecast" : "history", place->zone, steps->count > 0 ? ": " : "",
                        steps->count > 0 ? steps->text[steps->count - 1] : "", place->zone);
}

static int fetch(struct grid_series *series)
{
    const struct grid_place *place = series->place;
    struct jb_fetch *fetch = NULL;
    struct jb_chain chain;
    struct jb_diag diag = {0};
    struct chart_range range;

    jb_chain_make(&place->settings, &place->place, JB_AVERAGE, &chain, &series->steps);
    int error = jb_fetch_create(&place->settings, &place->place, JB_AVERAGE, &fetch, &diag);
    if (error == 0) {
        error = series->forecast
                    ? jb_fetch_forecast(fetch, JB_FETCH_ASK, series->to_ns, &series->track, &series->steps, &diag)
                    : jb_fetch_past(fetch, JB_FETCH_ASK, series->from_ns, series->to_ns, &series->track, &series->steps,
                                    &diag);
    }
    jb_fetch_destroy(fetch);
    if (error == -ENODATA || (error == 0 && !chart_range(&series->track, series->from_ns, series->to_ns, &range))) {
        return nothing(series);
    }
    if (error < 0 && diag.text[0] == '\0') {
        jb_fail(&diag, error, "%s", strerror(-error));
    }
    return error < 0 ? cli_error(&cmd_grid, 1, &diag) : -1;
}

/* Fetch, find the window, print. */
static int show(struct grid_series *series)
{
    int status = fetch(series);

    if (status < 0 && series->wants_window) {
        status = grid_window_find(series);
    }
    if (status < 0 && series->place->options->common.json) {
        status = grid_print(to_json(series));
    } else if (status < 0) {
        print_text(series);
        status = 0;
    }
    jb_track_finish(&series->track);
    jb_track_finish(&series->prices);
    return status;
}

int grid_history(const struct grid_place *place)
{
    struct grid_series series = {.place = place, .to_ns = place->now_ns};
    struct jb_diag diag = {0};
    uint64_t length_ns;

    if (grid_duration("--history", place->options->history, 300 * JB_NS_PER_S, 30 * DAY_NS, &length_ns, &diag) < 0) {
        return cli_error(&cmd_grid, EXIT_USAGE, &diag);
    }
    series.from_ns = place->now_ns - (int64_t)length_ns;
    return show(&series);
}

int grid_forecast(const struct grid_place *place, const char *horizon)
{
    const struct grid_options *options = place->options;
    struct grid_series series = {.place = place, .from_ns = place->now_ns, .forecast = true};
    struct jb_diag diag = {0};
    uint64_t horizon_ns = DAY_NS;

    series.within_ns = DAY_NS;
    series.wants_window = options->length != NULL;
    if ((horizon != NULL &&
         grid_duration("--forecast", horizon, 300 * JB_NS_PER_S, 3 * DAY_NS, &horizon_ns, &diag) < 0) ||
        (options->length != NULL &&
         grid_duration("--length", options->length, JB_NS_PER_S, 3 * DAY_NS, &series.length_ns, &diag) < 0)) {
        return cli_error(&cmd_grid, EXIT_USAGE, &diag);
    }
    series.within_ns = horizon != NULL ? horizon_ns : series.within_ns;
    series.within_ns = series.length_ns > series.within_ns ? series.length_ns : series.within_ns;
    if (options->within != NULL &&
        grid_duration("--within", options->within, series.length_ns, 3 * DAY_NS, &series.within_ns, &diag) < 0) {
        return cli_error(&cmd_grid, EXIT_USAGE, &diag);
    }
    if (series.wants_window && series.within_ns > horizon_ns) {
        horizon_ns = series.within_ns;
    }
    series.to_ns = place->now_ns + (int64_t)horizon_ns;
    return show(&series);
}
