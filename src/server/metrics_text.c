/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics as text. Documented in prometheus.io/docs/instrumenting/exposition_formats and in the OpenMetrics
 * specification 1.0.
 *
 * Odd: a counter is written in joules with all the microjoules it has, so that a difference of two scrapes is exact
 * after years too, as far as a scraper's double reaches.
 */
#include "server/metrics_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

static const char *type_name(const struct jb_metrics *metrics)
{
    switch (metrics->type) {
    case JB_METRICS_COUNTER:
        return "counter";
    case JB_METRICS_INFO:
        return metrics->openmetrics ? "info" : "gauge";
    default:
        return "gauge";
    }
}

/* Length of the name of the family, which in OpenMetrics has no suffix. */
static int family_length(const struct jb_metrics *metrics)
{
    size_t length = strlen(metrics->name);
    const char *suffix = metrics->type == JB_METRICS_COUNTER ? "_total"
                         : metrics->type == JB_METRICS_INFO  ? "_info"
                                                             : "";
    size_t cut = strlen(suffix);

    if (metrics->openmetrics && length > cut && strcmp(metrics->name + length - cut, suffix) == 0) {
        length -= cut;
    }
    return (int)length;
}

static void write_head(struct jb_metrics *metrics)
{
    int length = family_length(metrics);

    jb_buf_printf(metrics->out, "# HELP %.*s %s\n", length, metrics->name, metrics->help);
    jb_buf_printf(metrics->out, "# TYPE %.*s %s\n", length, metrics->name, type_name(metrics));
    if (metrics->openmetrics && metrics->unit != NULL) {
        jb_buf_printf(metrics->out, "# UNIT %.*s %s\n", length, metrics->name, metrics->unit);
    }
}

static void write_row(struct jb_metrics *metrics, const struct jb_metrics_row *row)
{
    jb_buf_puts(metrics->out, metrics->name);
    if (row->length > 0) {
        jb_buf_puts(metrics->out, "{");
        jb_buf_add(metrics->out, metrics->labels.data + row->label, row->length);
        jb_buf_puts(metrics->out, "}");
    }
    jb_buf_puts(metrics->out, " ");
    if (row->joules) {
        jb_export_joules(metrics->out, row->energy_uj);
    } else {
        jb_export_number(metrics->out, row->value);
    }
    jb_buf_puts(metrics->out, "\n");
}

static void write_family(struct jb_metrics *metrics)
{
    if (metrics->row_count > 0 && !metrics->labels.failed) {
        write_head(metrics);
        for (size_t i = 0; i < metrics->row_count; i++) {
            write_row(metrics, &metrics->rows[i]);
        }
    }
    jb_buf_clear(&metrics->labels);
    metrics->label = 0;
    metrics->row_count = 0;
}

void jb_metrics_begin(struct jb_metrics *metrics, struct jb_buf *out, bool openmetrics)
{
    *metrics = (struct jb_metrics){.out = out, .openmetrics = openmetrics};
}

void jb_metrics_family(struct jb_metrics *metrics, enum jb_metrics_type type, const char *name, const char *unit,
                       const char *help)
{
    write_family(metrics);
    metrics->type = type;
    metrics->name = name;
    metrics->unit = unit;
    metrics->help = help;
}

void jb_metrics_label(struct jb_metrics *metrics, const char *name, const char *value)
{
    struct jb_buf *labels = &metrics->labels;

    jb_buf_printf(labels, "%s%s=\"", labels->length > metrics->label ? "," : "", name);
    jb_export_label_text(labels, value);
    jb_buf_puts(labels, "\"");
}

static struct jb_metrics_row *same_row(struct jb_metrics *metrics, size_t length)
{
    for (size_t i = 0; i < metrics->row_count; i++) {
        struct jb_metrics_row *row = &metrics->rows[i];
        if (row->length == length && (length == 0 || memcmp(metrics->labels.data + row->label,
                                                            metrics->labels.data + metrics->label, length) == 0)) {
            return row;
        }
    }
    return NULL;
}

static void add_row(struct jb_metrics *metrics, struct jb_metrics_row row)
{
    row.label = metrics->label;
    row.length = metrics->labels.length - metrics->label;
    struct jb_metrics_row *same = metrics->labels.failed ? NULL : same_row(metrics, row.length);

    if (same != NULL) {
        same->energy_uj += row.energy_uj;
        same->value += row.value;
        metrics->labels.length = metrics->label;
        return;
    }
    metrics->label = metrics->labels.length;
    if (metrics->row_count == metrics->row_room) {
        size_t room = metrics->row_room == 0 ? 64 : metrics->row_room * 2;
        struct jb_metrics_row *rows = realloc(metrics->rows, room * sizeof(*rows));
        if (rows == NULL) {
            metrics->out->failed = true;
            return;
        }
        metrics->rows = rows;
        metrics->row_room = room;
    }
    metrics->rows[metrics->row_count++] = row;
}

void jb_metrics_joules(struct jb_metrics *metrics, uint64_t energy_uj)
{
    add_row(metrics, (struct jb_metrics_row){.energy_uj = energy_uj, .joules = true});
}

void jb_metrics_number(struct jb_metrics *metrics, double value)
{
    if (isfinite(value)) {
        add_row(metrics, (struct jb_metrics_row){.value = value});
    } else {
        metrics->labels.length = metrics->label; /* the labels that were given are of no row */
    }
}

void jb_metrics_end(struct jb_metrics *metrics)
{
    write_family(metrics);
    if (metrics->openmetrics) {
        jb_buf_puts(metrics->out, "# EOF\n");
    }
    metrics->out->failed = metrics->out->failed || metrics->labels.failed;
    jb_buf_finish(&metrics->labels);
    free(metrics->rows);
    metrics->rows = NULL;
}

const char *jb_metrics_content_type(bool openmetrics)
{
    return openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                       : "text/plain; version=0.0.4; charset=utf-8";
}
