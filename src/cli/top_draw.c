/* SPDX-License-Identifier: Apache-2.0 */
/* top_draw.c - what of the page goes where. Documented in top_draw.h. */
#include "cli/top_draw.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

#define WIDE       120 /* from here on the tables stand beside each other */
#define BARS_ROWS  13  /* from here on there is room for the first bar, */
#define USER_ROWS  20  /* and for the second */
#define MOST_GRAPH 12

static size_t warnings_of(const struct top_view *view)
{
    return view->warning_count + (view->history_error[0] != '\0') + (view->left_out > 0);
}

static void title(struct top_canvas *canvas, const struct top_scene *scene)
{
    char left[160], right[96] = "", age[TOP_NUMBER];
    const struct top_view *view = scene->view;

    top_fill(canvas, 0, 0, canvas->cols, TOP_BAR, false, ' ');
    jb_snprintf(left, sizeof(left), " joulebook top  %s", view != NULL ? view->host : "");
    top_duration(scene->link_age_s, age);
    if (scene->link == TOP_LOST) {
        jb_snprintf(right, sizeof(right), "METER LOST %s ago ", age);
    } else if (scene->link == TOP_SILENT) {
        jb_snprintf(right, sizeof(right), "no news for %s ", age);
    } else if (scene->link == TOP_CONNECTING && view == NULL) {
        jb_copy(right, sizeof(right), "looking for the meter ");
    }
    if (scene->state->paused) {
        jb_copy(right, sizeof(right), "PAUSED (space goes on) ");
    }
    if (right[0] == '\0' && view != NULL) {
        jb_snprintf(right, sizeof(right), "joulebook %s ", view->version);
    }
    int width = top_width(canvas, right);
    top_put(canvas, 0, 0, canvas->cols - width - 1, TOP_BAR, left);
    top_put_right(canvas, 0, canvas->cols - width, width, TOP_BAR, right);
}

static const char longest[] = " q quit  h keys  Tab table  Enter details  s sort  space pause  +- graph";
static const char *const shorter[] = {" q quit  h keys  Tab table  Enter details  s sort  space pause",
                                      " q quit  h keys  Tab table  Enter details", " q quit  h keys  Tab table"};

static void foot(struct top_canvas *canvas, const struct top_scene *scene)
{
    int row = canvas->rows - 1;
    size_t warnings = scene->view != NULL ? warnings_of(scene->view) : 0;
    char count[48] = "";

    if (warnings > 0) {
        jb_snprintf(count, sizeof(count), "! %zu (l) ", warnings);
    }
    int width = top_width(canvas, count), room = canvas->cols - width - (width > 0);
    top_fill(canvas, row, 0, canvas->cols, TOP_BAR, false, ' ');
    if (scene->link == TOP_LOST && scene->why != NULL && scene->why->text[0] != '\0') {
        const char *fix = scene->why->fix; /* first, so that it is not what is cut */
        top_printf(canvas, row, 0, canvas->cols, TOP_BAR, " ! %s%s%s", fix, fix[0] != '\0' ? ": " : "",
                   scene->why->text);
        return;
    }
    const char *keys = longest;
    for (size_t i = 0; i < JB_COUNT(shorter) && top_width(canvas, keys) > room; i++) {
        keys = shorter[i];
    }
    top_put(canvas, row, 0, room, TOP_BAR, keys);
    top_put_right(canvas, row, canvas->cols - width, width, TOP_BAR, count);
}

/* Text broken into lines; the row behind it. */
static int paragraph(struct top_canvas *canvas, int row, enum top_style style, const char *text)
{
    for (const char *next = text; next != NULL && *next != '\0' && row < canvas->rows - 1; row++) {
        char one[512];
        const char *from = next;
        int length = top_break(canvas, from, canvas->cols - 4, &next);
        jb_snprintf(one, sizeof(one), "%.*s", length, from);
        top_put(canvas, row, 2, canvas->cols - 4, style, one);
    }
    return row;
}

/* Why there is nothing, and the one command that brings it. */
static void nothing_yet(struct top_canvas *canvas, const struct top_scene *scene)
{
    int row = canvas->rows > 14 ? 4 : 2;

    if (scene->why == NULL || scene->why->text[0] == '\0') {
        paragraph(canvas, row, TOP_PLAIN, "Waiting for the meter's first figures.");
        return;
    }
    row = paragraph(canvas, row, TOP_BOLD, scene->why->text);
    if (scene->why->fix[0] != '\0') {
        row = paragraph(canvas, row + 1, TOP_PLAIN, "Start it, here or in another terminal:");
        row = paragraph(canvas, row, TOP_GOOD, scene->why->fix);
    }
    paragraph(canvas, row + 1, TOP_DIM, "Trying again every 2 s.");
}

struct layout {
    bool parts, users, beside;
    int graph, runs, sensors; /* lines; 0: not shown */
};

/* Lines that are neither the title's, the foot's nor of what stands above the tables. */
static int left_below(const struct top_canvas *canvas, const struct layout *l)
{
    return canvas->rows - 2 - TOP_STRIP_ROWS - 2 * l->parts - 2 * l->users - l->graph;
}

/* What the tables do not need, up to half of the page. */
static void give_graph(const struct top_canvas *canvas, int lines, struct layout *l)
{
    int room = canvas->rows / 2 - l->graph;
    lines = lines < room ? lines : room;
    l->graph += lines > 0 ? lines : 0;
}

/* What the tables need to be whole, with their titles. */
static void needed_lines(const struct top_scene *scene, const struct top_rows *rows, int *ret_runs, int *ret_sensors)
{
    int sensors = top_sensor_lines(scene->view, rows);

    *ret_runs = 2 + (rows->run_count > 0 ? (int)rows->run_count : 1);
    *ret_sensors = 1 + (sensors > 0 ? sensors : 1);
}

/* Lines are given first to what is always shown, then to the table in use, and what is left to the graph. */
static struct layout lay_out(const struct top_canvas *canvas, const struct top_scene *scene,
                             const struct top_rows *rows)
{
    struct layout l = {
        .parts = canvas->rows >= BARS_ROWS, .users = canvas->rows >= USER_ROWS, .beside = canvas->cols >= WIDE};
    int left = left_below(canvas, &l);
    bool in_runs = scene->state->pane == TOP_PANE_RUNS;
    int runs, sensors;

    needed_lines(scene, rows, &runs, &sensors);
    if (scene->once) {
        l.runs = runs;
        l.sensors = sensors;
        l.beside = false;
        return l;
    }
    if (left < 9) { /* one table, the one in use */
        l.runs = in_runs ? left : 0;
        l.sensors = in_runs ? 0 : left;
        l.beside = false;
        return l;
    }
    l.graph = left / 3 < MOST_GRAPH ? left / 3 : MOST_GRAPH;
    l.graph = l.graph < 4 ? 4 : l.graph;
    left -= l.graph;
    if (l.beside) {
        int needed = runs > sensors ? runs : sensors;
        give_graph(canvas, left - needed, &l);
        l.runs = l.sensors = left_below(canvas, &l);
        return l;
    }
    /* Both have what they need, or the one that needs less gives to the other. */
    int half = left / 2;
    l.runs = runs < half ? runs : sensors < left - half ? left - sensors : half;
    l.sensors = left - l.runs;
    if (runs + sensors < left) {
        l.runs = runs;
        give_graph(canvas, left - runs - sensors, &l);
        l.sensors = left_below(canvas, &l) - l.runs;
    }
    return l;
}

static void body(struct top_canvas *canvas, const struct top_scene *scene, const struct top_rows *rows)
{
    struct layout l = lay_out(canvas, scene, rows);
    struct top_area area = {1, 1, TOP_STRIP_ROWS, canvas->cols - 2};

    top_draw_strip(canvas, area, scene);
    area.row += area.rows;
    area.rows = 2;
    if (l.parts) {
        top_draw_parts(canvas, area, scene->view);
        area.row += 2;
    }
    if (l.users) {
        top_draw_users(canvas, area, scene->view);
        area.row += 2;
    }
    if (l.graph > 0) {
        area.rows = l.graph;
        top_draw_graph(canvas, area, scene);
        area.row += l.graph;
    }
    area.col = 0;
    area.cols = canvas->cols;
    if (l.runs > 0) {
        area.rows = l.runs;
        area.cols = l.beside ? canvas->cols / 2 : canvas->cols;
        top_draw_runs(canvas, area, scene, rows);
        area.row += l.beside ? 0 : l.runs;
    }
    if (l.sensors > 0) {
        area.rows = l.sensors;
        area.col = l.beside ? canvas->cols / 2 + 1 : 0;
        area.cols = canvas->cols - area.col;
        top_draw_sensors(canvas, area, scene, rows);
    }
}

int top_once_rows(const struct top_scene *scene)
{
    struct top_rows rows;
    int runs, sensors;

    top_rows_make(scene->view, scene->state, &rows);
    needed_lines(scene, &rows, &runs, &sensors);
    int needed = 1 + TOP_STRIP_ROWS + 4 + runs + sensors;
    return needed < USER_ROWS ? USER_ROWS : needed;
}

void top_draw(struct top_canvas *canvas, const struct top_scene *scene)
{
    struct top_rows rows = {0};

    top_canvas_clear(canvas);
    if (canvas->rows < TOP_MIN_ROWS || canvas->cols < TOP_MIN_COLS) {
        top_printf(canvas, canvas->rows / 2, 0, canvas->cols, TOP_BOLD, "too small: %dx%d", canvas->cols, canvas->rows);
        top_printf(canvas, canvas->rows / 2 + 1, 0, canvas->cols, TOP_PLAIN, "%dx%d is needed", TOP_MIN_COLS,
                   TOP_MIN_ROWS);
        return;
    }
    title(canvas, scene);
    if (scene->view != NULL) {
        top_rows_make(scene->view, scene->state, &rows);
        body(canvas, scene, &rows);
    } else {
        nothing_yet(canvas, scene);
    }
    if (!scene->once) {
        foot(canvas, scene);
        if (scene->state->overlay != TOP_NOTHING) {
            top_draw_overlay(canvas, scene, &rows);
        }
    }
}
