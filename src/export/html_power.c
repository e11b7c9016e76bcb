/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charts of the report: the machine's power with this run's share, power by device, and energy as it adds up.
 *
 * Only channels in the total are drawn: parents and twins would show the same joules again (they are in the table).
 * Where a channel has no data the sum over channels is not known either, so that is a gap too, never a dip.
 */
#include "export/html.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/units.h"
#include "export/html_chart.h"

static const char *const device_order[] = {"gpu", "cpu", "ram", "board"};

struct names {
    char label[32], title[224];
};

/* What a chart is made of: lines and the room for their values, used again for each chart. */
struct lines {
    struct jb_chart_line *line;
    struct names *names; /* for those that are made up here */
    double *values;      /* 3 * slices a line: mean, low, high */
    size_t count, slices;
};

static void lines_finish(struct lines *lines)
{
    free(lines->line);
    free(lines->names);
    free(lines->values);
}

static bool lines_init(struct lines *lines, size_t capacity, size_t slices)
{
    *lines = (struct lines){.slices = slices};
    lines->line = calloc(capacity, sizeof(*lines->line));
    lines->names = calloc(capacity, sizeof(*lines->names));
    lines->values = calloc(capacity * 3 * slices, sizeof(*lines->values));
    return lines->line && lines->names && lines->values;
}

/* The next line's values: mean, and behind it room for low and high. */
static double *lines_add(struct lines *lines, const struct jb_chart_line *line)
{
    double *values = lines->values + lines->count * 3 * lines->slices;
    struct jb_chart_line *to = &lines->line[lines->count++];
    *to = *line;
    to->value = values;
    return values;
}

static double power_w(const struct jb_slice *slice, double energy_uj)
{
    return slice->covered_ns > 0 ? energy_uj * 1e3 / slice->covered_ns : NAN;
}

/* The slices of the channel when it belongs to `device` (NULL: any) and counts in the total. */
static const struct jb_slice *member(const struct jb_report *report, size_t index, const char *device)
{
    const struct jb_record_channel *channel = &report->record->channels[index];
    bool belongs = channel->in_total && (!device || jb_streq(jb_html_device_class(channel->device), device));
    return belongs ? jb_html_series_of(&report->series, channel) : NULL;
}

/* Add up what `device` (NULL: the machine) used in each slice: power, or energy since the start. */
static size_t sum(const struct jb_report *report, const char *device, bool run_only, bool cumulative, double *ret)
{
    size_t members = 0, count = report->series.count;
    for (size_t c = 0; c < report->record->channel_count; c++) {
        const struct jb_slice *slices = member(report, c, device);
        double total = 0;
        for (size_t i = 0; slices && i < count; i++) {
            double energy_uj = run_only ? slices[i].run_uj : slices[i].energy_uj;
            total += energy_uj;
            double value = cumulative && slices[i].covered_ns > 0 ? total / 1e6 : power_w(&slices[i], energy_uj);
            ret[i] = members > 0 ? ret[i] + value : value; /* NAN stays NAN */
        }
        members += slices != NULL;
    }
    return members;
}

static void draw(struct jb_report *report, const struct lines *lines, const char *title, const char *note, bool energy)
{
    struct jb_chart chart = {
        .title = title,
        .note = note,
        .unit = energy ? "J" : "W",
        .format = energy ? jb_format_energy : jb_format_power,
        .seconds = report->series.seconds,
        .cumulative = energy,
        .count = report->series.count,
        .lines = lines->line,
        .line_count = lines->count,
    };
    jb_html_chart(report->out, &chart);
}

static void machine_chart(struct jb_report *report, struct lines *lines)
{
    double *values =
        lines_add(lines, &(struct jb_chart_line){.label = "machine", .title = "whole machine", .colour = "total"});
    if (sum(report, NULL, false, false, values) == 0) {
        return;
    }
    values = lines_add(lines,
                       &(struct jb_chart_line){
                           .label = "this run", .title = "this run's share", .colour = "run", .dash = 1, .area = true});
    sum(report, NULL, true, false, values);
    draw(report, lines, "Power of the machine", "mean of each slice of time; the area is what this run caused", false);
}

static void add_channel(struct lines *lines, const struct jb_record_channel *channel, const struct jb_slice *slices,
                        const char *device, bool numbered)
{
    struct names *names = &lines->names[lines->count];
    size_t count = lines->slices;
    snprintf(names->label, sizeof(names->label), numbered ? "%s %zu" : "%s", jb_html_device_title(device),
             lines->count);
    snprintf(names->title, sizeof(names->title), "%s: %s (%s)", names->label, channel->name, channel->id);
    double *values = lines_add(
        lines, &(struct jb_chart_line){
                   .label = names->label, .title = names->title, .colour = device, .dash = (unsigned)lines->count});
    lines->line[lines->count - 1].low = values + count;
    lines->line[lines->count - 1].high = values + 2 * count;
    for (size_t i = 0; i < count; i++) {
        values[i] = power_w(&slices[i], slices[i].energy_uj);
        values[count + i] = slices[i].min_w;
        values[2 * count + i] = slices[i].max_w;
    }
}

static void device_chart(struct jb_report *report, struct lines *lines, const char *device)
{
    const struct jb_record *record = report->record;
    char title[32];
    size_t members = 0;
    for (size_t c = 0; c < record->channel_count; c++) {
        members += member(report, c, device) != NULL;
    }
    if (members == 0) {
        return;
    }
    for (size_t c = 0; c < record->channel_count; c++) {
        const struct jb_slice *slices = member(report, c, device);
        if (slices) {
            add_channel(lines, &record->channels[c], slices, device, members > 1);
        }
    }
    snprintf(title, sizeof(title), "Power: %s", jb_html_device_title(device));
    draw(report, lines, title, "line: mean of each slice of time; band: lowest and highest reading in it", false);
}

static void energy_chart(struct jb_report *report, struct lines *lines)
{
    for (size_t d = 0; d < JB_COUNT(device_order); d++) {
        const char *title = jb_html_device_title(device_order[d]);
        double *values =
            lines_add(lines, &(struct jb_chart_line){
                                 .label = title, .title = title, .colour = device_order[d], .dash = (unsigned)d + 1});
        if (sum(report, device_order[d], false, true, values) == 0) {
            lines->count--;
        }
    }
    if (lines->count > 1) {
        double *values =
            lines_add(lines, &(struct jb_chart_line){.label = "machine", .title = "whole machine", .colour = "total"});
        sum(report, NULL, false, true, values);
    }
    if (lines->count > 0) {
        draw(report, lines, "Energy as it adds up", "since the start of the run", true);
    }
}

static void charts(struct jb_report *report)
{
    struct lines lines;
    size_t most = report->record->channel_count;
    most = most > JB_COUNT(device_order) + 1 ? most : JB_COUNT(device_order) + 1;
    if (lines_init(&lines, most, report->series.count)) {
        machine_chart(report, &lines);
        for (size_t d = 0; d < JB_COUNT(device_order); d++) {
            lines.count = 0;
            device_chart(report, &lines, device_order[d]);
        }
        lines.count = 0;
        energy_chart(report, &lines);
    } else {
        report->out->failed = true;
    }
    lines_finish(&lines);
}

void jb_html_power(struct jb_report *report)
{
    jb_buf_puts(report->out, "<section><h2>Over time</h2>\n");
    if (report->series.count == 0) {
        jb_buf_puts(report->out, "<p class=\"muted\">");
        jb_export_html_text(report->out, report->series.why);
        jb_buf_puts(report->out, "</p>\n");
    } else {
        charts(report);
    }
    jb_buf_puts(report->out, "</section>\n");
}
