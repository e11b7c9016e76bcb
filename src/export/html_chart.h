/* SPDX-License-Identifier: Apache-2.0 */
/* html_chart.h - one line chart over time as a figure: SVG, labels, legend, table. Private to export/. */
#ifndef JB_EXPORT_HTML_CHART_H
#define JB_EXPORT_HTML_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct jb_chart_line {
    const char *label;        /* short, at the end of the line; escaped here */
    const char *title;        /* for the legend and the table; escaped here */
    const char *colour;       /* a class of the style sheet */
    unsigned dash;            /* 0 solid; the second code besides colour */
    bool area;                /* filled down to the axis */
    const double *value;      /* one a slice; NAN: a gap, drawn as one */
    const double *low, *high; /* the band around it; NULL: none */
};

struct jb_chart {
    const char *title;
    const char *note;                                         /* under the title; "" */
    const char *unit;                                         /* of the table, "W" */
    char *(*format)(double value, char *buffer, size_t size); /* of axis and hover, with its unit */
    double seconds;                                           /* of the time axis */
    bool cumulative; /* values hold at the end of their slice, and begin at 0 */
    bool steps;      /* values hold for the whole of their slice: no slope from one to the next */
    size_t count;    /* slices */
    const struct jb_chart_line *lines;
    size_t line_count;
};

void jb_html_chart(struct jb_buf *out, const struct jb_chart *chart);

#endif
