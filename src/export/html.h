/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html.h - the parts of the HTML report, one file each. Private to export/.
 *
 * Every part appends to `out`. Text of the record goes through jb_export_html_text() or one of the helpers below,
 * always: a report is opened in a browser, and names come from anywhere.
 */
#ifndef JB_EXPORT_HTML_H
#define JB_EXPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "export/hardware_view.h"
#include "export/html_series.h"
#include "store/record.h"

struct jb_report {
    struct jb_buf *out;
    const struct jb_record *record;
    struct jb_hardware_view hardware;
    struct jb_html_series series;
};

extern const char *const jb_html_style; /* the style sheet */

void jb_html_overview(struct jb_report *report);       /* header, the numbers, where the joules went, warnings */
void jb_html_devices(struct jb_report *report);        /* table by device */
void jb_html_wall(struct jb_report *report);           /* what the machine took in, beside the sensors */
void jb_html_power(struct jb_report *report);          /* charts over time */
void jb_html_work(struct jb_report *report);           /* what the program did with its energy */
void jb_html_work_epochs(struct jb_report *report);    /* of it */
void jb_html_work_operators(struct jb_report *report); /* of it */
void jb_html_work_groups(struct jb_report *report);    /* of it: layers and regions by name */
void jb_html_work_found(struct jb_buf *out, const struct jb_record *record); /* how operators were caught */
void jb_html_work_percent(struct jb_buf *out, double part, double whole);    /* with one place: "<0.1 %" */
void jb_html_carbon(struct jb_report *report);
void jb_html_segments(struct jb_report *report); /* of it: the intensity over time, and its table */
void jb_html_prices(struct jb_report *report);   /* of it: the former ones */
void jb_html_method(struct jb_report *report);   /* hardware, method sentence, our own cost */

void jb_html_intensity(struct jb_buf *out, double g_per_kwh, double uncertainty); /* NAN: not said */
void jb_html_source(struct jb_buf *out, const struct jb_record_segment *segment);

/* Helpers (html_text.c). Values that are not known print as "unknown". */
void jb_html_energy(struct jb_buf *out, double energy_uj);
void jb_html_power_w(struct jb_buf *out, double watts);
void jb_html_mass(struct jb_buf *out, double grams); /* with "CO2e" */
void jb_html_seconds(struct jb_buf *out, double seconds);
void jb_html_percent(struct jb_buf *out, double part, double whole);
void jb_html_number(struct jb_buf *out, double value, const char *unit);
void jb_html_row(struct jb_buf *out, const char *term, const char *text); /* of a <dl>; NULL or "": nothing */
void jb_html_pair(struct jb_buf *out, const char *term,
                  const char *text); /* the same in a <div> of its own; escapes both */

#define JB_HTML_TIME 32
char *jb_html_time(int64_t wall_ns, char ret[JB_HTML_TIME]); /* "2026-11-22 03:00:00 UTC" */

/* The unit that suits a total, so that all figures of a table can be in it. */
struct jb_html_unit {
    double joules;
    const char *name; /* "kJ" */
};
struct jb_html_unit jb_html_unit(double energy_uj);
void jb_html_energy_in(struct jb_buf *out, double energy_uj, const struct jb_html_unit *unit, bool named);

const char *jb_html_device_class(const char *device); /* "cpu", "gpu", "ram", "board": the class that colours it */
const char *jb_html_device_title(const char *device); /* "CPU"; the word itself when it is not one of ours, unescaped */
double jb_html_known(const struct jb_record *record, double value); /* NAN when nothing was measured */

#endif
