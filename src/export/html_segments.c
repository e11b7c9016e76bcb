/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The intensity over the run as a step chart, and its segments as a table.
 *
 * Estimates and means of a year are lines of their own, dashed or dotted and without an area, so that they are told
 * apart without colour and on paper. The chart goes by the clock on the wall, as segments do: a machine that slept used
 * nothing, but the grid went on. It has all segments, the table the first ones.
 */
#include "export/html.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/units.h"
#include "export/html_chart.h"
#include "export/price.h"

#define SLICES   720 /* two minutes of a day; finer than a screen shows */
#define MAX_ROWS 48  /* a day by the half hour */
#define MAX_S    1e9 /* what is longer is not a run but a damaged record */

static char *format_intensity(double value, char *buffer, size_t size)
{
    char number[JB_UNIT_TEXT];
    jb_snprintf(buffer, size, "%s g", jb_format_3(value, number, sizeof(number)));
    return buffer;
}

static const struct jb_chart_line kinds[JB_EXPORT_KINDS] = {
    [JB_EXPORT_REPORTED] = {.label = "reported", .title = "as reported for its time", .area = true},
    [JB_EXPORT_ESTIMATED] = {.label = "estimated", .title = "estimated, foretold or held from before", .dash = 1},
    [JB_EXPORT_YEARLY] = {.label = "yearly", .title = "mean of a year: nothing of the time is known", .dash = 2},
};

/* Each segment into the slices whose middle it holds; those of another kind stay NAN. 0: there is none of this kind. */
static size_t fill(const struct jb_record *r, double seconds, enum jb_export_kind kind, double *value, double *low,
                   double *high)
{
    size_t filled = 0, i = 0;
    for (size_t slice = 0; slice < SLICES; slice++) {
        double at_ns = (double)r->segments[0].start_ns + ((double)slice + 0.5) * seconds * 1e9 / SLICES;
        while (i + 1 < r->segment_count && (double)r->segments[i + 1].start_ns <= at_ns) {
            i++;
        }
        const struct jb_record_segment *s = &r->segments[i];
        bool shown = jb_export_kind(s) == kind && isfinite(s->g_per_kwh);
        double error = isfinite(s->rel_error) ? fabs(s->g_per_kwh) * fabs(s->rel_error) : 0;
        value[slice] = shown ? s->g_per_kwh : NAN;
        low[slice] = shown ? fmax(s->g_per_kwh - error, 0) : NAN;
        high[slice] = shown ? s->g_per_kwh + error : NAN;
        filled += shown;
    }
    return filled;
}

static void draw(struct jb_report *report, double seconds, double *values)
{
    struct jb_chart_line lines[JB_EXPORT_KINDS];
    size_t count = 0;
    for (enum jb_export_kind kind = JB_EXPORT_REPORTED; kind < JB_EXPORT_KINDS; kind++) {
        double *value = values + (size_t)kind * 3 * SLICES;
        if (fill(report->record, seconds, kind, value, value + SLICES, value + 2 * SLICES) > 0) {
            lines[count] = kinds[kind];
            lines[count].colour = "total";
            lines[count].value = value;
            lines[count].low = value + SLICES;
            lines[count++].high = value + 2 * SLICES;
        }
    }
    const struct jb_chart chart = {
        .title = "Carbon intensity of the grid",
        .note = "grams of CO2e per kWh over the time of the run; band: one sigma",
        .unit = "g/kWh",
        .format = format_intensity,
        .seconds = seconds,
        .steps = true,
        .count = SLICES,
        .lines = lines,
        .line_count = count,
    };
    if (count > 0) {
        jb_html_chart(report->out, &chart);
    }
}

static void chart(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    double first_ns = (double)r->segments[0].start_ns;
    double seconds = ((double)r->segments[r->segment_count - 1].end_ns - first_ns) / 1e9;
    if (!(seconds >= 1e-6 && seconds <= MAX_S)) {
        return;
    }
    JB_CLEANUP(jb_freep) double *values = calloc((size_t)JB_EXPORT_KINDS * 3 * SLICES, sizeof(*values));
    if (values == NULL) {
        report->out->failed = true;
        return;
    }
    draw(report, seconds, values);
}

static void row(struct jb_report *report, const struct jb_record_segment *s)
{
    struct jb_buf *out = report->out;
    char time[JB_HTML_TIME];
    jb_buf_printf(out, "<tr%s><td class=\"when\">",
                  jb_export_kind(s) != JB_EXPORT_REPORTED ? " class=\"estimated\"" : "");
    jb_export_html_text(out, jb_html_time(s->start_ns, time));
    jb_buf_puts(out, "</td><td class=\"num\">");
    jb_html_number(out, s->g_per_kwh, "");
    if (isfinite(s->g_per_kwh) && isfinite(s->rel_error)) {
        jb_buf_puts(out, " \xC2\xB1\xC2\xA0");
        jb_html_number(out, fabs(s->g_per_kwh) * s->rel_error, "");
    }
    jb_buf_puts(out, "</td><td class=\"num\">");
    jb_html_energy(out, jb_html_known(report->record, (double)s->energy_uj));
    jb_buf_puts(out, "</td><td class=\"num\">");
    jb_html_mass(out, jb_export_segment_g(report->record, s));
    jb_buf_puts(out, "</td><td>");
    jb_html_source(out, s);
    jb_buf_puts(out, "</td></tr>\n");
}

void jb_html_segments(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    chart(report);
    jb_buf_puts(out, "<div class=\"scroll tall\"><table><thead><tr><th scope=\"col\">From</th>"
                     "<th scope=\"col\" class=\"num\">g/kWh</th><th scope=\"col\" class=\"num\">Energy</th>"
                     "<th scope=\"col\" class=\"num\">Emissions</th>"
                     "<th scope=\"col\">Source</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->segment_count && i < MAX_ROWS; i++) {
        row(report, &r->segments[i]);
    }
    jb_buf_puts(out, "</tbody></table></div>\n");
    if (r->segment_count > MAX_ROWS) {
        jb_buf_printf(out, "<p class=\"muted\">and %zu more; <code>joulebook export --format csv ",
                      r->segment_count - MAX_ROWS);
        jb_export_html_text(out, r->id);
        jb_buf_puts(out, "</code> has the intensity of every moment.</p>\n");
    }
}
