/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line chart over time without a script: SVG stretched to the page, words in HTML around it.
 *
 * The SVG has a box of 1000 x 240 and no aspect ratio, strokes do not scale with it and all text is outside, so that
 * the same chart is legible on a phone, on a wide screen and on paper. Hovering works by the <title> of invisible
 * columns.
 *
 * Odd: points on a straight horizontal are left out, which is most of a modelled channel.
 */
#include "export/html_chart.h"

#include <math.h>

#include "base/escape.h"
#include "base/units.h"
#include "export/html_scale.h"

#define WIDTH      1000.0
#define HEIGHT     240.0
#define MAX_GROUPS 100 /* columns for hovering, rows of the table */
#define MAX_LABELS 8   /* at the ends of lines; more do not fit */
#define LABEL_STEP 8.5 /* percent of the height that a label takes */

struct frame {
    const struct jb_chart *chart;
    struct jb_scale y;
    struct jb_buf *out;
};

static double x_of(const struct frame *f, double slice)
{
    return slice * WIDTH / (double)f->chart->count;
}

static double y_of(const struct frame *f, double value)
{
    double part = value / f->y.top;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    return HEIGHT * (1 - part);
}

static double top_of(const struct jb_chart *chart)
{
    double top = 0;
    for (size_t l = 0; l < chart->line_count; l++) {
        const struct jb_chart_line *line = &chart->lines[l];
        for (size_t i = 0; i < chart->count; i++) {
            double value = line->high && isfinite(line->high[i]) ? fmax(line->high[i], line->value[i]) : line->value[i];
            top = isfinite(value) && value > top ? value : top;
        }
    }
    return top;
}

/* First slice at or after `from` with (or without) a value; count when there is none. */
static size_t next(const struct jb_chart *chart, const double *value, size_t from, bool known)
{
    while (from < chart->count && isfinite(value[from]) != known) {
        from++;
    }
    return from;
}

/* "x,y " at each end of every stretch of one value. */
static void corners(struct frame *f, const double *value, size_t start, size_t end)
{
    for (size_t i = start; i < end;) {
        size_t to = i + 1;
        while (to < end && value[to] == value[i]) {
            to++;
        }
        double y = y_of(f, value[i]);
        jb_buf_printf(f->out, "%.1f,%.1f %.1f,%.1f ", x_of(f, (double)i), y, x_of(f, (double)to), y);
        i = to;
    }
}

/* "x,y " for the slices [start, end), from edge to edge of them. */
static void points(struct frame *f, const double *value, size_t start, size_t end)
{
    bool cumulative = f->chart->cumulative;
    if (f->chart->steps) {
        corners(f, value, start, end);
        return;
    }
    double first = cumulative && start == 0 ? 0 : value[start];
    jb_buf_printf(f->out, "%.1f,%.1f ", x_of(f, (double)start), y_of(f, first));
    for (size_t i = start; i < end; i++) {
        bool level = i > start && i + 1 < end && value[i] == value[i - 1] && value[i] == value[i + 1];
        if (!level) {
            jb_buf_printf(f->out, "%.1f,%.1f ", x_of(f, (double)i + (cumulative ? 1 : 0.5)), y_of(f, value[i]));
        }
    }
    if (!cumulative) {
        jb_buf_printf(f->out, "%.1f,%.1f", x_of(f, (double)end), y_of(f, value[end - 1]));
    }
}

static void draw_area(struct frame *f, const struct jb_chart_line *line)
{
    for (size_t i = next(f->chart, line->value, 0, true); i < f->chart->count;) {
        size_t end = next(f->chart, line->value, i, false);
        jb_buf_printf(f->out, "<polygon class=\"area %s\" points=\"%.1f,%.1f ", line->colour, x_of(f, (double)i),
                      HEIGHT);
        points(f, line->value, i, end);
        jb_buf_printf(f->out, " %.1f,%.1f\"/>\n", x_of(f, (double)end), HEIGHT);
        i = next(f->chart, line->value, end, true);
    }
}

/* From the highest values forth and along the lowest back. */
static void draw_band(struct frame *f, const struct jb_chart_line *line)
{
    for (size_t i = next(f->chart, line->value, 0, true); i < f->chart->count;) {
        size_t end = next(f->chart, line->value, i, false);
        jb_buf_printf(f->out, "<polygon class=\"band %s\" points=\"", line->colour);
        for (size_t k = i; k < end; k++) {
            double high = isfinite(line->high[k]) ? line->high[k] : line->value[k];
            jb_buf_printf(f->out, "%.1f,%.1f ", x_of(f, (double)k + 0.5), y_of(f, high));
        }
        for (size_t k = end; k-- > i;) {
            double low = isfinite(line->low[k]) ? line->low[k] : line->value[k];
            jb_buf_printf(f->out, "%.1f,%.1f ", x_of(f, (double)k + 0.5), y_of(f, low));
        }
        jb_buf_puts(f->out, "\"/>\n");
        i = next(f->chart, line->value, end, true);
    }
}

static void draw_line(struct frame *f, const struct jb_chart_line *line)
{
    for (size_t i = next(f->chart, line->value, 0, true); i < f->chart->count;) {
        size_t end = next(f->chart, line->value, i, false);
        jb_buf_printf(f->out, "<polyline class=\"line %s d%u\" points=\"", line->colour, line->dash % 6);
        points(f, line->value, i, end);
        jb_buf_puts(f->out, "\"/>\n");
        i = next(f->chart, line->value, end, true);
    }
}

static size_t group_count(const struct jb_chart *chart)
{
    return chart->count < MAX_GROUPS ? chart->count : MAX_GROUPS;
}

/* The value of a group of slices: their mean, or for a cumulative chart where it ends. */
static double group_value(const struct jb_chart *chart, const double *value, size_t group)
{
    size_t groups = group_count(chart), known = 0;
    double sum = 0, last = NAN;
    for (size_t i = group * chart->count / groups; i < (group + 1) * chart->count / groups; i++) {
        if (isfinite(value[i])) {
            last = value[i];
            sum += last;
            known++;
        }
    }
    return chart->cumulative || known == 0 ? last : sum / (double)known;
}

static void hover(struct frame *f)
{
    const struct jb_chart *chart = f->chart;
    size_t groups = group_count(chart);
    char text[JB_UNIT_TEXT];
    for (size_t g = 0; g < groups; g++) {
        double from = (double)g / (double)groups, to = (double)(g + 1) / (double)groups;
        jb_buf_printf(f->out, "<rect class=\"hover\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%.0f\"><title>",
                      from * WIDTH, WIDTH / (double)groups, HEIGHT);
        jb_export_html_text(f->out, jb_format_duration(from * chart->seconds, text, sizeof(text)));
        jb_buf_puts(f->out, " \xE2\x80\x93 ");
        jb_export_html_text(f->out, jb_format_duration(to * chart->seconds, text, sizeof(text)));
        for (size_t l = 0; l < chart->line_count; l++) {
            double value = group_value(chart, chart->lines[l].value, g);
            jb_buf_puts(f->out, "\n");
            jb_export_html_text(f->out, chart->lines[l].label);
            jb_buf_puts(f->out, ": ");
            jb_export_html_text(f->out, isfinite(value) ? chart->format(value, text, sizeof(text)) : "no data");
        }
        jb_buf_puts(f->out, "</title></rect>\n");
    }
}

static void y_labels(struct frame *f)
{
    char text[JB_UNIT_TEXT];
    jb_buf_puts(f->out, "<div class=\"y\">");
    for (unsigned i = 0; i <= f->y.steps; i++) {
        jb_buf_printf(f->out, "<span style=\"bottom:%.2f%%\">", 100.0 * i / f->y.steps);
        jb_export_html_unit(f->out, f->chart->format(i * f->y.step, text, sizeof(text)));
        jb_buf_puts(f->out, "</span>");
    }
    jb_buf_puts(f->out, "</div>\n");
}

static void x_labels(struct frame *f)
{
    char text[JB_UNIT_TEXT];
    double step = jb_scale_time_step(f->chart->seconds);
    jb_buf_puts(f->out, "<div class=\"x\">");
    for (unsigned i = 0; i * step <= f->chart->seconds * 1.0001; i++) {
        jb_buf_printf(f->out, "<span style=\"left:%.2f%%\">", 100 * i * step / f->chart->seconds);
        jb_export_html_unit(f->out, i == 0 ? "0" : jb_format_duration(i * step, text, sizeof(text)));
        jb_buf_puts(f->out, "</span>");
    }
    jb_buf_puts(f->out, "</div>\n");
}

/* The name of each line where it ends, moved up where two would lie on each other. */
static void end_labels(struct frame *f)
{
    const struct jb_chart *chart = f->chart;
    size_t order[MAX_LABELS], count = 0;
    double at[MAX_LABELS];
    for (size_t l = 0; l < chart->line_count && l < MAX_LABELS; l++) {
        double last = NAN;
        for (size_t i = chart->count; i-- > 0 && isnan(last);) {
            last = chart->lines[l].value[i];
        }
        if (chart->steps && isnan(chart->lines[l].value[chart->count - 1])) {
            continue; /* another line goes on in its place */
        }
        double y = isnan(last) ? 0 : 100 * (1 - y_of(f, last) / HEIGHT);
        size_t k = count++;
        for (; k > 0 && at[k - 1] > y; k--) {
            at[k] = at[k - 1];
            order[k] = order[k - 1];
        }
        at[k] = y;
        order[k] = l;
    }
    jb_scale_spread(at, count, LABEL_STEP, 100);
    jb_buf_puts(f->out, "<div class=\"ends\" aria-hidden=\"true\">");
    for (size_t k = 0; k < count; k++) {
        const struct jb_chart_line *line = &chart->lines[order[k]];
        jb_buf_printf(f->out, "<span class=\"%s\" style=\"bottom:%.2f%%\">", line->colour, at[k]);
        jb_export_html_text(f->out, line->label);
        jb_buf_puts(f->out, "</span>");
    }
    jb_buf_puts(f->out, "</div>\n");
}

static void legend(struct frame *f)
{
    jb_buf_puts(f->out, "<ul class=\"legend\">");
    for (size_t l = 0; l < f->chart->line_count; l++) {
        const struct jb_chart_line *line = &f->chart->lines[l];
        jb_buf_printf(f->out,
                      "<li><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\">%s%s%s<polyline class=\"line %s d%u\" "
                      "points=\"0,5 28,5\"/></svg>",
                      line->area ? "<rect class=\"area " : "", line->area ? line->colour : "",
                      line->area ? "\" y=\"5\" width=\"28\" height=\"5\"/>" : "", line->colour, line->dash % 6);
        jb_export_html_text(f->out, line->title);
        jb_buf_puts(f->out, "</li>");
    }
    jb_buf_puts(f->out, "</ul>\n");
}

static void table(struct frame *f)
{
    const struct jb_chart *chart = f->chart;
    size_t groups = group_count(chart);
    char text[JB_UNIT_TEXT];
    jb_buf_puts(f->out, "<details><summary>The same as a table</summary><div class=\"scroll tall\"><table><thead><tr>"
                        "<th scope=\"col\">Until</th>");
    for (size_t l = 0; l < chart->line_count; l++) {
        jb_buf_puts(f->out, "<th scope=\"col\" class=\"num\">");
        jb_export_html_text(f->out, chart->lines[l].title);
        jb_buf_printf(f->out, " (%s)</th>", chart->unit);
    }
    jb_buf_puts(f->out, "</tr></thead><tbody>\n");
    for (size_t g = 0; g < groups; g++) {
        double until_s = chart->seconds * (double)(g + 1) / (double)groups;
        jb_buf_puts(f->out, "<tr><td>");
        jb_export_html_unit(f->out, jb_format_duration(until_s, text, sizeof(text)));
        for (size_t l = 0; l < chart->line_count; l++) {
            double value = group_value(chart, chart->lines[l].value, g);
            jb_buf_puts(f->out, "</td><td class=\"num\">");
            jb_export_html_text(f->out, isfinite(value) ? jb_format_3(value, text, sizeof(text)) : "no data");
        }
        jb_buf_puts(f->out, "</td></tr>\n");
    }
    jb_buf_puts(f->out, "</tbody></table></div></details>\n");
}

void jb_html_chart(struct jb_buf *out, const struct jb_chart *chart)
{
    struct frame f = {.chart = chart, .y = jb_scale(top_of(chart)), .out = out};
    jb_buf_puts(out, "<figure><figcaption><strong>");
    jb_export_html_text(out, chart->title);
    jb_buf_puts(out, "</strong> <span>");
    jb_export_html_text(out, chart->note);
    jb_buf_puts(out, "</span></figcaption>\n");
    legend(&f);
    jb_buf_puts(out, "<div class=\"chart\"><div class=\"plot\"><svg viewBox=\"0 0 1000 240\" "
                     "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"");
    jb_export_html_text(out, chart->title);
    jb_buf_puts(out, "; the table below has its values\">\n");
    for (unsigned i = 0; i <= f.y.steps; i++) {
        double y = HEIGHT * (1 - (double)i / f.y.steps);
        jb_buf_printf(out, "<polyline class=\"grid\" points=\"0,%.1f 1000,%.1f\"/>\n", y, y);
    }
    for (size_t l = 0; l < chart->line_count; l++) {
        if (chart->lines[l].low && chart->lines[l].high) {
            draw_band(&f, &chart->lines[l]);
        }
        if (chart->lines[l].area) {
            draw_area(&f, &chart->lines[l]);
        }
    }
    for (size_t l = 0; l < chart->line_count; l++) {
        draw_line(&f, &chart->lines[l]);
    }
    hover(&f);
    jb_buf_puts(out, "</svg>\n");
    y_labels(&f);
    end_labels(&f);
    x_labels(&f);
    jb_buf_puts(out, "</div></div>\n");
    table(&f);
    jb_buf_puts(out, "</figure>\n");
}
