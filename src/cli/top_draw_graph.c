/* SPDX-License-Identifier: Apache-2.0 */
/* top_draw_graph.c - the power of the last minutes as columns; what is not known is a gap. */
#include "cli/top_draw.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "base/units.h"

#include <math.h>
#include <string.h>

#define LABEL    8 /* columns of the scale */
#define MAX_COLS 1024

/* The least 1, 2, 2.5 or 5 times a power of ten that is not below. */
static double round_up(double value)
{
    double power = pow(10, floor(log10(value)));
    double steps[] = {1, 2, 2.5, 5, 10};
    for (size_t i = 0; i < JB_COUNT(steps); i++) {
        if (value <= steps[i] * power * (1 + 1e-9)) {
            return steps[i] * power;
        }
    }
    return 10 * power;
}

static void column(struct top_canvas *canvas, struct top_area area, int col, double part)
{
    int rows = area.rows;

    if (isnan(part)) {
        top_rune(canvas, area.row + rows - 1, col, TOP_DIM, false, canvas->utf8 ? 0xb7 : '.'); /* · */
        return;
    }
    int eighths = (int)lround(part * rows * 8);
    eighths = part > 0 && eighths < 1 ? 1 : eighths > rows * 8 ? rows * 8 : eighths;
    for (int i = 0; i < rows && eighths > i * 8; i++) {
        int in_cell = eighths - i * 8 < 8 ? eighths - i * 8 : 8;
        if (canvas->utf8) {
            top_rune(canvas, area.row + rows - 1 - i, col, TOP_RUNS, false, 0x2580u + (uint32_t)in_cell); /* ▁ to █ */
        } else if (in_cell >= 4 || i == 0) {
            top_rune(canvas, area.row + rows - 1 - i, col, TOP_RUNS, false, '#');
        }
    }
}

/* "5 kW": round numbers need no digits behind the point. */
static const char *round_power(double watts, char buffer[TOP_NUMBER])
{
    char number[TOP_NUMBER];
    const char *unit = strchr(jb_format_power(watts, number, sizeof(number)), ' ');
    size_t digits = unit != NULL ? (size_t)(unit - number) : strlen(number);

    if (memchr(number, '.', digits) != NULL) {
        while (number[digits - 1] == '0') {
            digits--;
        }
        digits -= number[digits - 1] == '.';
    }
    jb_snprintf(buffer, TOP_NUMBER, "%.*s%s", (int)digits, number, unit != NULL ? unit : "");
    return buffer;
}

static void scale(struct top_canvas *canvas, struct top_area area, double top)
{
    char number[TOP_NUMBER];

    for (int i = 0; i < area.rows; i++) {
        bool labelled = i == 0 || i == area.rows - 1;
        if (labelled) {
            top_put_right(canvas, area.row + i, area.col, LABEL - 2, TOP_DIM, i == 0 ? round_power(top, number) : "0");
        }
        top_rune(canvas, area.row + i, area.col + LABEL - 1, TOP_DIM, false,
                 canvas->utf8 ? labelled ? 0x2524 : 0x2502
                 : labelled   ? '+'
                              : '|'); /* ┤ │ */
    }
}

void top_draw_graph(struct top_canvas *canvas, struct top_area area, const struct top_scene *scene)
{
    double watts[MAX_COLS], most = 0, sum = 0;
    char window[TOP_NUMBER], mean[TOP_NUMBER], highest[TOP_NUMBER], title[200];
    int cols = area.cols - LABEL < MAX_COLS ? area.cols - LABEL : MAX_COLS, known = 0;
    int64_t to_ms = scene->view->t_ms, span_ms = (int64_t)top_windows_s[scene->state->window] * 1000;

    if (area.rows < 2 || cols < 1) {
        return;
    }
    if (scene->link != TOP_LIVE && !scene->state->paused && scene->link_age_s >= 0 && scene->link_age_s < 86400) {
        to_ms += (int64_t)(scene->link_age_s * 1000); /* time goes on, and the gap is seen to grow */
    }
    top_history_slices(scene->history, to_ms - span_ms, to_ms, watts, (size_t)cols);
    for (int i = 0; i < cols; i++) {
        if (!isnan(watts[i])) {
            sum += watts[i];
            most = watts[i] > most ? watts[i] : most;
            known++;
        }
    }
    int minutes = top_windows_s[scene->state->window] / 60;
    jb_snprintf(window, sizeof(window), minutes < 60 ? "%d min" : "%d h", minutes < 60 ? minutes : minutes / 60);
    const char *mark = top_modelled_share(scene->view) > 0.005 ? "~" : "";
    double peak = top_history_highest(scene->history, to_ms - span_ms, to_ms);
    jb_snprintf(title, sizeof(title), "Power, last %s: mean %s%s, highest %s%s", window, known > 0 ? mark : "",
                top_power(known > 0 ? sum / known : (double)NAN, mean), peak >= 0 ? mark : "",
                top_power(peak, highest));
    top_put(canvas, area.row, area.col, area.cols, TOP_BOLD, title);
    struct top_area plot = {area.row + 1, area.col, area.rows - 1, area.cols};
    double top = most > 0 ? round_up(most) : 1;
    scale(canvas, plot, top);
    for (int i = 0; i < cols; i++) {
        column(canvas, plot, area.col + LABEL + i, isnan(watts[i]) ? (double)NAN : watts[i] / top);
    }
}
