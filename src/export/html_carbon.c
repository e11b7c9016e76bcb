/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carbon: what the energy was priced at, for which place, by whom, and how that place was found.
 *
 * Embodied carbon stands on its own line and is never added to the emissions of the energy.
 */
#include "export/html.h"

#include <math.h>

#include "export/escape.h"

#define UNIT "gCO<sub>2</sub>e/kWh"

static void intensity(struct jb_buf *out, double g_per_kwh)
{
    jb_html_number(out, g_per_kwh, "");
    if (isfinite(g_per_kwh)) {
        jb_buf_puts(out, "\xC2\xA0" UNIT);
    }
}

static void source(struct jb_buf *out, const struct jb_record_segment *s)
{
    jb_export_html_text(out, s->source[0] ? s->source : "not known");
    if (s->factor[0]) {
        jb_buf_puts(out, ", ");
        jb_export_html_text(out, s->factor);
    }
    if (s->estimated) {
        jb_buf_puts(out, " <span class=\"badge modelled\">estimated</span>");
    }
}

static void segments(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    char time[JB_HTML_TIME];
    jb_buf_puts(out,
                "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">From</th><th scope=\"col\" class=\"num\">"
                "Intensity</th><th scope=\"col\" class=\"num\">Energy</th><th scope=\"col\" class=\"num\">Age</th>"
                "<th scope=\"col\">Source</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->segment_count; i++) {
        const struct jb_record_segment *s = &r->segments[i];
        jb_buf_puts(out, "<tr><td>");
        jb_export_html_text(out, jb_html_time(s->start_ns, time));
        jb_buf_puts(out, "</td><td class=\"num\">");
        intensity(out, s->g_per_kwh);
        jb_buf_puts(out, "</td><td class=\"num\">");
        jb_html_energy(out, (double)s->energy_uj);
        jb_buf_puts(out, "</td><td class=\"num\">");
        jb_html_seconds(out, s->age_s);
        jb_buf_puts(out, "</td><td>");
        source(out, s);
        jb_buf_puts(out, "</td></tr>\n");
    }
    jb_buf_puts(out, "</tbody></table></div>\n");
}

void jb_html_carbon(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    jb_buf_puts(out, "<section><h2>Carbon</h2>\n<dl class=\"facts\"><dt>Emissions</dt><dd>");
    jb_html_mass(out, jb_html_known(r, r->emissions_g));
    if (isfinite(jb_html_known(r, r->emissions_g))) {
        jb_buf_puts(out, " \xC2\xB1\xC2\xA0");
        jb_html_mass(out, r->emissions_uncertainty_g);
    }
    jb_buf_puts(out, ", of the ");
    jb_export_html_text(out, r->basis[0] ? r->basis : "footprint");
    jb_buf_puts(out, " energy</dd>\n<dt>Grid intensity</dt><dd>");
    intensity(out, r->intensity_g_per_kwh);
    jb_buf_puts(out, "</dd>\n<dt>Zone</dt><dd>");
    jb_export_html_text(out, r->zone[0] ? r->zone : "not known");
    if (r->zone_name[0]) {
        jb_buf_puts(out, ", ");
        jb_export_html_text(out, r->zone_name);
    }
    jb_buf_puts(out, "</dd>\n");
    jb_html_row(out, "How it was found", r->zone_note);
    if (r->segment_count == 1) {
        jb_buf_puts(out, "<dt>Source</dt><dd>");
        source(out, &r->segments[0]);
        jb_buf_puts(out, "</dd>\n");
    }
    jb_buf_puts(out, "<dt>PUE</dt><dd>");
    jb_html_number(out, r->pue, "");
    jb_buf_puts(out, "</dd>\n<dt>Embodied</dt><dd>");
    jb_html_mass(out, r->embodied_g);
    jb_buf_puts(out, " for making the hardware, by time used; not part of the above</dd></dl>\n");
    if (r->segment_count > 1) {
        segments(report);
    }
    jb_buf_puts(out, "</section>\n");
}
