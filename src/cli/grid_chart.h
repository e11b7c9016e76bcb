/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_chart.h - a track drawn in the terminal: bars from zero, one column a step.
 *
 * Pure but for local time (TZ). A column is the mean of its step; one that is known for less than half of its step is a
 * hole. The steps are of a round length, no shorter than the values, and so long that all fit; they begin at multiples
 * of it by local time. What is foretold or estimated is dimmed, or hatched where there is no colour.
 */
#ifndef JB_CLI_GRID_CHART_H
#define JB_CLI_GRID_CHART_H

#include <stdio.h>

#include "cli/cli.h"
#include "grid/track.h"

#define CHART_COLUMNS 512
#define CHART_ROWS    8

struct chart_column {
    double g_per_kwh; /* NAN: a hole */
    unsigned flags;   /* JB_POINT_ESTIMATED, _FORECAST of any point in it */
    bool window;      /* lies in the marked window */
};

struct chart {
    int64_t first_ns, step_ns; /* the first column begins there, at or before from_ns */
    struct chart_column columns[CHART_COLUMNS];
    size_t count;
    double top;  /* of the scale: round, above all columns, more than 0 */
    bool dashed; /* some column is foretold or estimated */
    bool holes;
};

/* At most `width` columns for [from, to). The window may be empty. */
void chart_make(const struct jb_track *track, int64_t from_ns, int64_t to_ns, int64_t window_from_ns,
                int64_t window_to_ns, size_t width, struct chart *ret);

struct chart_look {
    const struct cli_style *style;
    bool utf8;
    int columns; /* of the terminal */
};
size_t chart_width(const struct chart_look *look); /* columns for values beside the scale; at least 12 */
void chart_print(const struct chart *chart, const struct chart_look *look, FILE *out);
void chart_legend(const struct chart *chart, const struct chart_look *look, FILE *out); /* what the marks mean */

/* The look that fits `out`: width of the terminal, 80 when it is none; UTF-8 by LC_ALL, LC_CTYPE, LANG. */
struct chart_look chart_look(const struct cli_style *style, FILE *out);

/* The lowest and highest value in [from, to), and when; false: there is none. */
struct chart_range {
    double min, max, mean, covered;
    int64_t min_ns, max_ns;
};
bool chart_range(const struct jb_track *track, int64_t from_ns, int64_t to_ns, struct chart_range *ret);

/* ---- for grid_axis.c and tests ---- */
double chart_round_up(double value); /* 1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8 times a power of ten: halves are short */
void chart_print_axis(const struct chart *chart, const struct chart_look *look, FILE *out);

#define CHART_LABEL 6 /* of the scale, the line behind it included */

#endif
