/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_window.c - joulebook grid --forecast --length: the greenest window, what starting now would mean, and what a kWh
 * would cost by the user's tariff.
 */
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/grid_series.h"
#include "cli/grid_time.h"
#include "cli/when.h"
#include "grid/tariff.h"

#include <errno.h>
#include <math.h>

static int find_prices(struct grid_series *series, struct jb_diag *diag)
{
    struct jb_tariff tariff = {0};
    int error = jb_tariff_load(series->place->conf, &tariff, diag);

    if (error == 0) {
        error = jb_tariff_track(&tariff, series->from_ns, series->to_ns, &series->prices);
        jb_copy(series->currency, sizeof(series->currency), tariff.currency);
    }
    jb_tariff_finish(&tariff);
    return error == -ENOENT ? 0 : error;
}

int grid_window_find(struct grid_series *series)
{
    struct jb_diag diag = {0};
    char length[GRID_TIME_TEXT], within[GRID_TIME_TEXT];
    int64_t until_ns = series->from_ns + (int64_t)series->within_ns;
    int error = jb_greenest(&series->track, series->from_ns, until_ns, series->length_ns, &series->window);

    if (error < 0) {
        return cli_complain(&cmd_grid, 1, "no %s within %s are foretold without a hole for %s",
                            grid_length((double)series->length_ns / 1e9, length, sizeof(length)),
                            grid_length((double)series->within_ns / 1e9, within, sizeof(within)),
                            series->place->place.zone);
    }
    return find_prices(series, &diag) < 0 ? cli_error(&cmd_grid, EXIT_USAGE, &diag) : -1;
}

/* The mean price of a run that starts then; NAN: not known for all of it. */
static double price(const struct grid_series *series, int64_t start_ns)
{
    double mean, covered;
    int64_t end_ns = start_ns + (int64_t)series->length_ns;

    return jb_track_mean(&series->prices, start_ns, end_ns, &mean, &covered) && covered > 0.999 ? mean : NAN;
}

json_t *grid_window_json(const struct grid_series *series)
{
    const struct jb_window *window = &series->window;
    json_t *object = json_object();

    json_object_set_new(object, "start", grid_time(window->start_ns));
    json_object_set_new(object, "end", grid_time(window->end_ns));
    json_object_set_new(object, "g_per_kwh", grid_number(window->g_per_kwh));
    json_object_set_new(object, "uncertainty_g_per_kwh", grid_number(window->g_per_kwh * window->rel_error));
    json_object_set_new(object, "now_g_per_kwh", grid_number(window->now_g_per_kwh));
    json_object_set_new(object, "saving", grid_number(when_saving(window)));
    json_object_set_new(object, "known_until", grid_time(window->known_ns));
    json_object_set_new(object, "price_per_kwh", grid_number(price(series, window->start_ns)));
    json_object_set_new(object, "now_price_per_kwh", grid_number(price(series, series->from_ns)));
    json_object_set_new(object, "currency", grid_text(series->currency));
    return object;
}

static void print_price(const struct grid_series *series, const struct cli_style *style)
{
    char then[JB_UNIT_TEXT], now[JB_UNIT_TEXT], line[128];
    double at_start = price(series, series->window.start_ns), at_once = price(series, series->from_ns);

    if (isnan(at_start) || isnan(at_once)) {
        return;
    }
    jb_snprintf(line, sizeof(line), "%s %s/kWh then, %s when started now", jb_format_3(at_start, then, sizeof(then)),
                series->currency, jb_format_3(at_once, now, sizeof(now)));
    grid_line("price", line, style);
}

void grid_window_text(const struct grid_series *series, const struct cli_style *style)
{
    const struct jb_window *window = &series->window;
    int64_t now_ns = series->from_ns, until_ns = now_ns + (int64_t)series->within_ns;
    char length[GRID_TIME_TEXT], span[3 * GRID_TIME_TEXT], in[GRID_TIME_TEXT], then[JB_UNIT_TEXT], now[JB_UNIT_TEXT],
        clock[GRID_TIME_TEXT];
    double saving = when_saving(window);

    grid_length((double)series->length_ns / 1e9, length, sizeof(length));
    printf("\n  greenest %s: %s%s%s", length, style->green,
           grid_span(window->start_ns, window->end_ns, now_ns, span, sizeof(span)), style->off);
    if (window->start_ns > now_ns) {
        printf(", in %s", grid_length((double)(window->start_ns - now_ns) / 1e9, in, sizeof(in)));
    } else {
        printf(", that is now");
    }
    printf("\n  %s%s gCO2e/kWh%s then", style->bold, jb_format_3(window->g_per_kwh, then, sizeof(then)), style->off);
    if (window->start_ns > now_ns && !isnan(window->now_g_per_kwh)) {
        printf(", %s when started now", jb_format_3(window->now_g_per_kwh, now, sizeof(now)));
    }
    if (window->start_ns > now_ns && !isnan(saving)) {
        printf(": %s%.0f %% less%s", style->bold, saving * 100, style->off);
    }
    fputc('\n', stdout);
    if (window->known_ns < until_ns) {
        printf("  %sthe forecast reaches to %s only%s\n", style->dim,
               grid_clock(window->known_ns, now_ns, clock, sizeof(clock)), style->off);
    }
    print_price(series, style);
}
