/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_draw.h - the page of top on a canvas of any size.
 *
 * From 40x10 up all that is shown is whole; below it says that it is too small. The first lines answer what the machine
 * uses now, how much so far in joules and grams, how sure that is and which sensor said so. What was modelled is marked
 * by "~" and "est.". Drawing changes of the state only where lists begin.
 */
#ifndef JB_CLI_TOP_DRAW_H
#define JB_CLI_TOP_DRAW_H

#include "cli/top_canvas.h"
#include "cli/top_history.h"
#include "cli/top_state.h"
#include "cli/top_view.h"

#define TOP_MIN_COLS 40
#define TOP_MIN_ROWS 10

enum top_link { TOP_CONNECTING, TOP_LIVE, TOP_SILENT, TOP_LOST };

struct top_scene {
    const struct top_view *view; /* NULL: nothing has come yet */
    const struct top_history *history;
    struct top_state *state;
    enum top_link link;
    double link_age_s;         /* since it is so */
    const struct jb_diag *why; /* of TOP_LOST, TOP_CONNECTING */
    bool once;                 /* a page of text: no keys, no graph, no selection */
};

void top_draw(struct top_canvas *canvas, const struct top_scene *scene);
int top_once_rows(const struct top_scene *scene); /* that a page of text with all of it needs */

/* ---- its parts; each draws below `row`, in `rows` lines ---- */

struct top_area {
    int row, col, rows, cols;
};

#define TOP_STRIP_ROWS 3
void top_draw_strip(struct top_canvas *canvas, struct top_area area, const struct top_scene *scene);
void top_draw_parts(struct top_canvas *canvas, struct top_area area, const struct top_view *view); /* two lines */
void top_draw_users(struct top_canvas *canvas, struct top_area area, const struct top_view *view); /* two lines */
void top_draw_graph(struct top_canvas *canvas, struct top_area area, const struct top_scene *scene);
void top_draw_runs(struct top_canvas *canvas, struct top_area area, const struct top_scene *scene,
                   const struct top_rows *rows);
void top_draw_sensors(struct top_canvas *canvas, struct top_area area, const struct top_scene *scene,
                      const struct top_rows *rows);
int top_sensor_lines(const struct top_view *view, const struct top_rows *rows);
void top_draw_overlay(struct top_canvas *canvas, const struct top_scene *scene, const struct top_rows *rows);

/* ---- what the parts share ---- */

/* Divide `whole` cells (or percents) over parts by their size, so that they sum to it exactly; a part that is more than
 * nothing gets one as long as there are enough. False: there is nothing to divide. */
bool top_apportion(const double *sizes, size_t count, int whole, int *ret);
/* Keep the lines [from, to) in sight of a list that shows `rows` of `count`. */
void top_list_settle(struct top_list *list, int from, int to, int count, int rows);
enum top_style top_device_style(enum top_device device);
const char *top_sign(const struct top_canvas *canvas, const char *utf8, const char *ascii);

/* "2.97 MJ", "unknown" as "-" */
#define TOP_NUMBER 40
const char *top_energy(double joules, char buffer[TOP_NUMBER]);
const char *top_power(double watts, char buffer[TOP_NUMBER]);
const char *top_mass(double grams, char buffer[TOP_NUMBER]);
const char *top_duration(double seconds, char buffer[TOP_NUMBER]);
/* "±2.0 %" of sigma relative to value; empty where it is not known. */
const char *top_percent_sigma(const struct top_canvas *canvas, double sigma, double value, char buffer[TOP_NUMBER]);

#endif
