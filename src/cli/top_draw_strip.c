/* SPDX-License-Identifier: Apache-2.0 */
/* top_draw_strip.c - the five numbers: now, so far, emissions, grid, time. */
#include "cli/top_draw.h"

#include "base/text.h"
#include "base/units.h"

#include <math.h>
#include <string.h>

#define FIELDS     5
#define FULL_WIDTH 74

struct field {
    const char *title;
    char value[96], more[96];
    int weight;
};

static void fill_power(const struct top_scene *scene, struct field *field)
{
    char number[TOP_NUMBER];
    double share = top_modelled_share(scene->view);
    bool now = scene->link == TOP_LIVE;

    jb_snprintf(field->value, sizeof(field->value), "%s%s", now && share > 0.005 ? "~" : "",
                top_power(now ? scene->view->power_w : (double)NAN, number));
    if (share > 0.005) {
        jb_snprintf(field->more, sizeof(field->more), "~%.0f %% est.", fmax(share * 100, 1));
    } else {
        jb_copy(field->more, sizeof(field->more), "mean of 1 s");
    }
}

static void fill_energy(const struct top_canvas *canvas, const struct top_view *view, struct field *field)
{
    char number[TOP_NUMBER], sigma[TOP_NUMBER];

    jb_snprintf(field->value, sizeof(field->value), "%s %s", top_energy(view->energy_j, number),
                top_percent_sigma(canvas, view->uncertainty_j, view->energy_j, sigma));
    if (isfinite(view->energy_j)) {
        jb_format_energy_wh(view->energy_j, field->more, sizeof(field->more));
    }
}

static void fill_emissions(const struct top_canvas *canvas, const struct top_view *view, struct field *field)
{
    char number[TOP_NUMBER], sigma[TOP_NUMBER];
    double energy_error = view->energy_j > 0 ? view->uncertainty_j / view->energy_j : (double)NAN;

    jb_snprintf(field->value, sizeof(field->value), "%s CO2e", top_mass(view->emissions_g, number));
    top_percent_sigma(canvas, hypot(energy_error, view->grid.rel_error), 1, sigma);
    if (view->pue > 1) {
        jb_snprintf(field->more, sizeof(field->more), "%s PUE %.3g", sigma, view->pue);
    } else {
        jb_copy(field->more, sizeof(field->more), sigma);
    }
}

/* " 5m": how old a figure is, where that is known. */
static const char *short_age(double age_s, char buffer[TOP_NUMBER])
{
    buffer[0] = '\0';
    if (age_s >= 0 && age_s < 1e9) {
        double minutes = floor(age_s / 60);
        jb_snprintf(buffer, TOP_NUMBER, " %.0f%c",
                    minutes < 60     ? minutes
                    : minutes < 2880 ? floor(minutes / 60)
                                     : floor(minutes / 1440),
                    minutes < 60     ? 'm'
                    : minutes < 2880 ? 'h'
                                     : 'd');
    }
    return buffer;
}

static void fill_grid(const struct top_view *view, struct field *field)
{
    const struct top_grid *grid = &view->grid;
    char number[TOP_NUMBER], age[TOP_NUMBER];

    if (isnan(grid->g_per_kwh)) {
        jb_copy(field->value, sizeof(field->value), "unknown");
        jb_copy(field->more, sizeof(field->more), "joulebook grid");
        return;
    }
    jb_format_3(grid->g_per_kwh, number, sizeof(number));
    jb_snprintf(field->value, sizeof(field->value), "%s%s g/kWh %s", grid->estimated ? "~" : "", number, grid->zone);
    jb_snprintf(field->more, sizeof(field->more), "%s%s%s %s", grid->kind, short_age(grid->age_s, age),
                grid->estimated ? " est." : "", grid->source);
}

static void fill_time(const struct top_view *view, struct field *field)
{
    char number[TOP_NUMBER];

    jb_copy(field->value, sizeof(field->value), top_duration(view->elapsed_s, number));
    jb_snprintf(field->more, sizeof(field->more), "%zu run%s", view->run_count, view->run_count == 1 ? "" : "s");
}

void top_draw_strip(struct top_canvas *canvas, struct top_area area, const struct top_scene *scene)
{
    struct field fields[FIELDS] = {
        {.title = "Power now", .weight = 14},   {.title = "Energy so far", .weight = 16},
        {.title = "Emissions", .weight = 14},   {.title = "Carbon intensity", .weight = 24},
        {.title = "Metered for", .weight = 11},
    };
    enum top_style style = scene->link == TOP_LIVE ? TOP_BOLD : TOP_DIM;

    fill_power(scene, &fields[0]);
    fill_energy(canvas, scene->view, &fields[1]);
    fill_emissions(canvas, scene->view, &fields[2]);
    fill_grid(scene->view, &fields[3]);
    fill_time(scene->view, &fields[4]);
    if (area.cols < FULL_WIDTH) { /* two in a line, without titles; the grid alone in the last */
        int half = area.cols / 2;
        top_printf(canvas, area.row, area.col, half - 1, style, "%s now", fields[0].value);
        top_put(canvas, area.row, area.col + half, area.cols - half, style, fields[1].value);
        top_put(canvas, area.row + 1, area.col, half - 1, style, fields[2].value);
        top_printf(canvas, area.row + 1, area.col + half, area.cols - half, TOP_PLAIN, "%s %s", fields[2].more,
                   fields[4].value);
        top_printf(canvas, area.row + 2, area.col, area.cols, TOP_PLAIN, "%s %s", fields[3].value, fields[3].more);
        return;
    }
    int weights = 0, before = 0;
    for (int i = 0; i < FIELDS; i++) {
        weights += fields[i].weight;
    }
    for (int i = 0; i < FIELDS; i++) {
        int col = area.cols * before / weights, end = area.cols * (before + fields[i].weight) / weights;
        int width = end - col - (i < FIELDS - 1);
        top_put(canvas, area.row, area.col + col, width, TOP_DIM, fields[i].title);
        top_put(canvas, area.row + 1, area.col + col, width, style, fields[i].value);
        top_put(canvas, area.row + 2, area.col + col, width, TOP_DIM, fields[i].more);
        before += fields[i].weight;
    }
}
