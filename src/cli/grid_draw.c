/* SPDX-License-Identifier: Apache-2.0 */
/* grid_draw.c - print a chart: bars, scale, legend. Documented in grid_chart.h. */
#include "cli/grid_chart.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

#define EIGHTHS (CHART_ROWS * 8)

/* Eighths of a row; a value that is more than nothing is seen. */
static int height(const struct chart *chart, const struct chart_column *column)
{
    double part = column->g_per_kwh / chart->top;

    if (!(part > 0)) {
        return 0;
    }
    int eighths = (int)lround(part * EIGHTHS);
    return eighths < 1 ? 1 : eighths > EIGHTHS ? EIGHTHS : eighths;
}

/* What stands in a cell `above` eighths over the ground. */
static const char *cell(int height, int above, bool hatched, const struct chart_look *look)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    int part = height - above;

    if (!look->utf8) { /* a whole cell or none, but the lowest is always there */
        return part >= 4 || (part > 0 && above == 0) ? (hatched ? ":" : "#") : " ";
    }
    if (part >= 8 && hatched) {
        return "▒";
    }
    return blocks[part < 0 ? 0 : part > 8 ? 8 : part];
}

static const char *colour(const struct chart_column *column, const struct cli_style *style)
{
    if (column->window) {
        return style->green;
    }
    return column->flags != 0 ? style->dim : "";
}

static void print_row(const struct chart *chart, int above, const struct chart_look *look, FILE *out)
{
    const char *now = "";
    size_t blanks = 0; /* that are printed only if something follows */
    bool coloured = look->style->off[0] != '\0';

    for (size_t i = 0; i < chart->count; i++) {
        const struct chart_column *column = &chart->columns[i];
        bool hole = isnan(column->g_per_kwh);
        const char *text = hole ? above == 0 ? look->utf8 ? "·" : "." : " "
                                : cell(height(chart, column), above, column->flags != 0 && !coloured, look);
        if (text[0] == ' ') {
            blanks++;
            continue;
        }
        fprintf(out, "%*s", (int)blanks, "");
        blanks = 0;
        const char *wanted = hole ? look->style->dim : colour(column, look->style);
        if (strcmp(wanted, now) != 0) {
            fprintf(out, "%s%s", now[0] != '\0' ? look->style->off : "", wanted);
            now = wanted;
        }
        fputs(text, out);
    }
    fprintf(out, "%s\n", now[0] != '\0' ? look->style->off : "");
}

void chart_print(const struct chart *chart, const struct chart_look *look, FILE *out)
{
    char label[32];

    for (int row = CHART_ROWS - 1; row >= 0; row--) {
        bool labelled = row == CHART_ROWS - 1 || row == CHART_ROWS / 2 - 1;
        label[0] = '\0';
        if (labelled) {
            jb_snprintf(label, sizeof(label), "%.4g", chart->top * (row + 1) / CHART_ROWS);
        }
        fprintf(out, "%*s %s", CHART_LABEL - 1, label, look->utf8 ? (labelled ? "┤" : "│") : (labelled ? "+" : "|"));
        print_row(chart, row * 8, look, out);
    }
    chart_print_axis(chart, look, out);
}

void chart_legend(const struct chart *chart, const struct chart_look *look, FILE *out)
{
    bool coloured = look->style->off[0] != '\0', foretold = false, estimated = false;
    const char *mark = coloured ? "dimmed" : look->utf8 ? "▒" : ":", *gap = "";

    for (size_t i = 0; i < chart->count; i++) {
        foretold = foretold || (chart->columns[i].flags & JB_POINT_FORECAST) != 0;
        estimated = estimated || (chart->columns[i].flags & JB_POINT_ESTIMATED) != 0;
    }
    if (!foretold && !estimated && !chart->holes) {
        return;
    }
    fprintf(out, "%*s%s", CHART_LABEL + 1, "", look->style->dim);
    if (foretold || estimated) {
        fprintf(out, "%s: %s%s%s", mark, foretold ? "foretold" : "", foretold && estimated ? " or " : "",
                estimated ? "estimated" : "");
        gap = ", ";
    }
    if (chart->holes) {
        fprintf(out, "%s%s: not known", gap, look->utf8 ? "·" : ".");
    }
    fprintf(out, "%s\n", look->style->off);
}
