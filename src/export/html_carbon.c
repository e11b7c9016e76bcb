/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carbon: what the energy was priced at, for which place, by whom, how that place was found, and what it was priced at
 * before.
 *
 * Embodied carbon and what plants on the margin emit stand on lines of their own and are never added to the emissions
 * of the energy. The credits are not ours to leave out: the terms of the providers want them shown with their values.
 */
#include "export/html.h"

#include <math.h>

#include "base/escape.h"
#include "base/units.h"
#include "export/price.h"

#define UNIT       "gCO<sub>2</sub>e/kWh"
#define NBSP       "\xC2\xA0"
#define PLUS_MINUS " \xC2\xB1" NBSP
#define MAX_WORDS  16 /* steps and credits; more than any chain has */

void jb_html_intensity(struct jb_buf *out, double g_per_kwh, double uncertainty)
{
    jb_html_number(out, g_per_kwh, "");
    if (isfinite(g_per_kwh)) {
        if (isfinite(uncertainty)) {
            jb_buf_puts(out, PLUS_MINUS);
            jb_html_number(out, uncertainty, "");
        }
        jb_buf_puts(out, NBSP UNIT);
    }
}

void jb_html_source(struct jb_buf *out, const struct jb_record_segment *s)
{
    jb_export_html_text(out, s->source[0] ? s->source : "not known");
    if (s->factor[0]) {
        jb_buf_puts(out, ", ");
        jb_export_html_text(out, s->factor);
    }
    if (s->age_s > 0) {
        jb_buf_puts(out, ", held for ");
        jb_html_seconds(out, s->age_s);
    }
    if (s->live && isfinite(s->age_s)) {
        jb_buf_puts(out, " <span class=\"badge counter\">live</span>");
    } else if (isnan(s->age_s) && !s->live) {
        jb_buf_puts(out, " <span class=\"badge modelled\">yearly</span>");
    }
    if (s->estimated) {
        jb_buf_puts(out, " <span class=\"badge modelled\">estimated</span>");
    }
}

static void mass(struct jb_buf *out, double grams, double uncertainty_g)
{
    jb_html_mass(out, grams);
    if (isfinite(grams)) {
        jb_buf_puts(out, PLUS_MINUS);
        jb_html_mass(out, uncertainty_g);
    }
}

/* "the mean by energy of 5 segments from 60 to 480; by energy 75 % reported for its time, 25 % from means of a year" */
static void mean_of(struct jb_buf *out, const struct jb_record *r)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < r->segment_count; i++) {
        if (isfinite(r->segments[i].g_per_kwh)) {
            low = fmin(low, r->segments[i].g_per_kwh);
            high = fmax(high, r->segments[i].g_per_kwh);
        }
    }
    jb_buf_printf(out, ", the mean by energy of %zu segments", r->segment_count);
    if (low <= high) {
        jb_buf_puts(out, " from ");
        jb_html_number(out, low, "");
        jb_buf_puts(out, " to ");
        jb_html_number(out, high, "");
    }
    static const char *const words[] = {"reported for its time", "estimated, foretold or held", "from means of a year"};
    const char *before = ";";
    for (enum jb_export_kind kind = 0; kind < JB_EXPORT_KINDS; kind++) {
        double share = jb_export_kind_share(r, kind);
        if (share > 0) {
            jb_buf_printf(out, "%s ", before);
            jb_html_percent(out, share, 1);
            jb_buf_printf(out, " %s", words[kind]);
            before = ",";
        }
    }
}

static void covered(struct jb_buf *out, double coverage)
{
    if (isfinite(coverage) && coverage < 1) {
        jb_buf_puts(out, ", for the ");
        jb_html_percent(out, coverage, 1);
        jb_buf_puts(out, " of the energy that it is known for");
    }
}

static void marginal(struct jb_buf *out, const struct jb_record *r)
{
    if (!r->marginal.known) {
        return;
    }
    jb_buf_puts(out, "<dt>Marginal</dt><dd>");
    mass(out, jb_html_known(r, r->marginal.emissions_g), r->marginal.uncertainty_g);
    jb_buf_puts(out, " at ");
    jb_html_intensity(out, r->marginal.intensity_g_per_kwh, NAN);
    covered(out, r->marginal.coverage);
    jb_buf_puts(out, ", by ");
    jb_export_html_text(out, r->marginal.source[0] ? r->marginal.source : "an unknown source");
    jb_buf_puts(out, ": what the plants that follow the load emit; another measure, not part of the above</dd>\n");
}

static void money(struct jb_buf *out, double amount, const char *currency)
{
    jb_html_number(out, amount, "");
    if (isfinite(amount) && *currency) {
        jb_buf_puts(out, NBSP);
        jb_export_html_text(out, currency);
    }
}

static void cost(struct jb_buf *out, const struct jb_record *r)
{
    if (!r->cost.known) {
        return;
    }
    jb_buf_puts(out, "<dt>Cost</dt><dd>");
    money(out, jb_html_known(r, r->cost.amount), r->cost.currency);
    jb_buf_puts(out, " at ");
    money(out, r->cost.per_kwh, r->cost.currency);
    jb_buf_puts(out, "/kWh");
    covered(out, r->cost.coverage);
    jb_buf_puts(out, "</dd>\n");
}

static void words(struct jb_buf *out, const char *term, char *const *strings, size_t count)
{
    if (count == 0) {
        return;
    }
    jb_buf_printf(out, "<dt>%s</dt><dd>", term);
    for (size_t i = 0; i < count && i < MAX_WORDS; i++) {
        jb_buf_puts(out, i > 0 ? "<br>" : "");
        jb_export_html_text(out, strings[i]);
    }
    if (count > MAX_WORDS) {
        jb_buf_printf(out, "<br>and %zu more", count - MAX_WORDS);
    }
    jb_buf_puts(out, "</dd>\n");
}

static void place(struct jb_buf *out, const struct jb_record *r)
{
    jb_buf_puts(out, "<dt>Zone</dt><dd>");
    jb_export_html_text(out, r->zone[0] ? r->zone : "not known");
    if (r->zone_name[0]) {
        jb_buf_puts(out, ", ");
        jb_export_html_text(out, r->zone_name);
    }
    jb_buf_puts(out, "</dd>\n");
    jb_html_row(out, "How it was found", r->zone_note);
    if (r->segment_count == 1) {
        jb_buf_puts(out, "<dt>Source</dt><dd>");
        jb_html_source(out, &r->segments[0]);
        jb_buf_puts(out, "</dd>\n");
    }
    words(out, "About the sources", r->steps, r->step_count);
    words(out, "Credits", r->credits, r->credit_count);
}

void jb_html_carbon(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    jb_buf_puts(out, "<section><h2>Carbon</h2>\n<dl class=\"facts\"><dt>Emissions</dt><dd>");
    mass(out, jb_html_known(r, r->emissions_g), r->emissions_uncertainty_g);
    jb_buf_puts(out, ", of the ");
    jb_export_html_text(out, r->basis[0] ? r->basis : "footprint");
    jb_buf_puts(out, " energy</dd>\n<dt>Grid intensity</dt><dd>");
    jb_html_intensity(out, r->intensity_g_per_kwh, fabs(r->intensity_g_per_kwh) * r->intensity_rel_error);
    if (r->segment_count > 1) {
        mean_of(out, r);
    }
    jb_buf_puts(out, "</dd>\n");
    place(out, r);
    jb_buf_puts(out, "<dt>PUE</dt><dd>");
    jb_html_number(out, r->pue, "");
    jb_buf_puts(out, "</dd>\n<dt>Embodied</dt><dd>");
    jb_html_mass(out, r->embodied_g);
    jb_buf_puts(out, " for making the hardware, by time used; not part of the above</dd>\n");
    marginal(out, r);
    cost(out, r);
    jb_buf_puts(out, "</dl>\n");
    if (r->segment_count > 1) {
        jb_html_segments(report);
    }
    jb_html_prices(report);
    jb_buf_puts(out, "</section>\n");
}
