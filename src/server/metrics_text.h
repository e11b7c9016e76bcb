/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics_text.h - families of metrics as Prometheus' text format 0.0.4 or as OpenMetrics 1.0.
 *
 * What differs between the two: in OpenMetrics a family goes by its name without _total or _info, has a UNIT where its
 * name ends in one, and the text ends with "# EOF". Rows of a family whose labels are alike once written are added up:
 * one sample that stands there twice would make a scraper refuse all of them, and names may come from anybody.
 *
 *     jb_metrics_family(&m, JB_METRICS_COUNTER, "joulebook_energy_joules_total", "joules", "Energy ...");
 *     jb_metrics_label(&m, "device", "cpu");
 *     jb_metrics_joules(&m, energy_uj);
 *     ...
 *     jb_metrics_end(&m);
 *
 * A family without a row is not written. Out of memory shows in out->failed. Not pure in one thing: it allocates.
 */
#ifndef JB_SERVER_METRICS_TEXT_H
#define JB_SERVER_METRICS_TEXT_H

#include "base/text.h"

enum jb_metrics_type { JB_METRICS_COUNTER, JB_METRICS_GAUGE, JB_METRICS_INFO };

struct jb_metrics_row {
    size_t label, length; /* in `labels` */
    uint64_t energy_uj;   /* of rows of joules: exact, however long the meter runs */
    double value;
    bool joules;
};
struct jb_metrics {
    struct jb_buf *out;
    bool openmetrics;
    /* Of the family at hand. */
    enum jb_metrics_type type;
    const char *name, *unit, *help;
    struct jb_buf labels;
    size_t label; /* where those of the row at hand begin */
    struct jb_metrics_row *rows;
    size_t row_count, row_room;
};

void jb_metrics_begin(struct jb_metrics *metrics, struct jb_buf *out, bool openmetrics);
/* `name` as it is scraped, _total and _info included; `unit` NULL: none. Both outlive the family. */
void jb_metrics_family(struct jb_metrics *metrics, enum jb_metrics_type type, const char *name, const char *unit,
                       const char *help);
/* Labels of the next row. Any text: what is not UTF-8 becomes U+FFFD. */
void jb_metrics_label(struct jb_metrics *metrics, const char *name, const char *value);
void jb_metrics_joules(struct jb_metrics *metrics, uint64_t energy_uj);
/* NAN: nothing is known, and there is no row. */
void jb_metrics_number(struct jb_metrics *metrics, double value);
/* The end of the text; frees what it held, but not `out`. */
void jb_metrics_end(struct jb_metrics *metrics);

const char *jb_metrics_content_type(bool openmetrics);

#endif
