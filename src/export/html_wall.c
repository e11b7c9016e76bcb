/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the whole machine took in, beside what the sensors saw: the losses of its supplies, fans and disks are in the
 * one and not in the other. Nothing is shown when nobody measured it and no fit is known.
 */
#include "export/html.h"

#include <math.h>

#include "base/escape.h"

#define PLUS_MINUS "\xC2\xA0\xC2\xB1\xC2\xA0"

static void energy(struct jb_buf *out, double energy_uj, double sigma_uj)
{
    jb_html_energy(out, energy_uj);
    jb_buf_puts(out, PLUS_MINUS);
    jb_html_energy(out, sigma_uj);
}

static void measured(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    const struct jb_record_wall *wall = &r->wall;
    struct jb_buf *out = report->out;

    jb_buf_puts(out, "<dt>Measured</dt><dd>");
    energy(out, (double)wall->energy_uj, wall->uncertainty_uj);
    jb_buf_puts(out, " by ");
    jb_export_html_text(out, wall->source);
    if (r->duration_s > 0) {
        jb_buf_puts(out, ", read for ");
        jb_html_percent(out, fmin((double)wall->covered_ns / 1e9, r->duration_s), r->duration_s);
        jb_buf_puts(out, " of the time");
    }
    jb_buf_puts(out, "</dd>\n");
    if (wall->has_sensors) {
        jb_buf_puts(out, "<dt>Seen by the sensors</dt><dd>");
        jb_html_energy(out, (double)wall->sensors_uj);
        jb_buf_puts(out, ", ");
        jb_html_percent(out, (double)wall->sensors_uj, (double)wall->energy_uj);
        jb_buf_puts(out, " of it over the same time</dd>\n");
    }
    if (wall->filled_uj > 0) {
        jb_buf_puts(out, "<dt>Put in</dt><dd>");
        jb_html_energy(out, (double)wall->filled_uj);
        jb_buf_puts(out, ", from the sensors, for the time that it was not read</dd>\n");
    }
}

static void fitted(struct jb_report *report)
{
    const struct jb_record_wall *wall = &report->record->wall;
    const struct jb_record_fit *fit = &wall->fit;
    struct jb_buf *out = report->out;
    char time[JB_HTML_TIME];

    jb_buf_puts(out, "<dt>Fitted</dt><dd>");
    energy(out, wall->fitted_uj, wall->fitted_uncertainty_uj);
    jb_buf_puts(out, ": ");
    jb_html_power_w(out, fit->a_w);
    jb_buf_puts(out, " and ");
    jb_html_number(out, fit->b, "");
    jb_buf_puts(out, " times what the sensors saw; fitted on ");
    jb_buf_printf(out, "%d readings of ", fit->readings);
    jb_export_html_text(out, fit->meter[0] ? fit->meter : "a meter");
    jb_buf_puts(out, " from ");
    jb_html_power_w(out, fit->min_w);
    jb_buf_puts(out, " to ");
    jb_html_power_w(out, fit->max_w);
    jb_buf_puts(out, ", ");
    jb_export_html_text(out, jb_html_time(fit->measured_ns, time));
    jb_buf_puts(out, "</dd>\n");
}

void jb_html_wall(struct jb_report *report)
{
    const struct jb_record *r = report->record;

    if (!r->wall.measured && !r->wall.has_fit) {
        return;
    }
    jb_buf_puts(report->out,
                "<section><h2>At the wall</h2>\n<p class=\"muted\">What the whole machine took in: with the "
                "losses of its supplies, fans and disks");
    jb_buf_puts(report->out, jb_streq(r->total, "wall")
                                 ? ". It is the machine\xE2\x80\x99s energy in this report.</p>\n"
                                 : ". The figures of this report are those of the sensors.</p>\n");
    jb_buf_puts(report->out, "<dl class=\"facts\">\n");
    if (r->wall.measured) {
        measured(report);
    }
    if (r->wall.has_fit) {
        fitted(report);
    }
    jb_buf_puts(report->out, "</dl></section>\n");
}
