/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The top of the report: what ran, the numbers that matter, where the machine's joules went, and what went wrong.
 *
 * Colours of the bar are the style sheet's; each part is also named, with its figure, in the list below it.
 */
#include "export/html.h"

#include <math.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/units.h"
#include "export/measured.h"

#define PLUS_MINUS "\xC2\xB1\xC2\xA0"

static void time_pair(struct jb_buf *out, const char *term, int64_t wall_ns)
{
    char time[JB_HTML_TIME];
    jb_html_pair(out, term, wall_ns != 0 ? jb_html_time(wall_ns, time) : "not known");
}

static void number_pair(struct jb_buf *out, const char *term, bool known, int value)
{
    char text[16];
    if (known) {
        snprintf(text, sizeof(text), "%d", value);
        jb_html_pair(out, term, text);
    }
}

static void title(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    JB_CLEANUP(jb_buf_finish) struct jb_buf command = {0};
    struct jb_buf *out = report->out;
    const char *status = jb_run_status_name(r->status);
    jb_export_command(&command, r->command, r->command_count);
    jb_buf_puts(out, "<header><p class=\"brand\">joulebook <span>energy report</span></p>\n<h1>");
    bool named = r->name && *r->name;
    jb_export_html_text(out, named ? r->name : r->id);
    jb_buf_printf(out, "</h1> <span class=\"status %s\">%s</span>\n", status, status);
    if (command.data) {
        jb_buf_puts(out, "<pre class=\"command\">");
        jb_export_html_text(out, command.data);
        jb_buf_puts(out, "</pre>\n");
    }
    out->failed |= command.failed;
    jb_buf_puts(out, "<dl class=\"meta\">\n");
    time_pair(out, "Started", r->started_ns);
    time_pair(out, "Ended", r->ended_ns);
    jb_html_pair(out, "Host", r->host);
    jb_html_pair(out, "Project", r->project);
    number_pair(out, "Exit status", r->has_exit_code, r->exit_code);
    number_pair(out, "Ended by signal", r->has_signal, r->signal);
    for (size_t i = 0; i < r->tag_count; i++) {
        jb_html_pair(out, r->tags[i].key, r->tags[i].value);
    }
    jb_html_pair(out, "Run", named ? r->id : NULL);
    jb_buf_puts(out, "</dl></header>\n");
}

static void card_begin(struct jb_buf *out, const char *class, const char *label)
{
    jb_buf_printf(out, "<div class=\"card%s\"><h2>%s</h2><p class=\"big\">", class, label);
}

static void cards(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    char text[JB_UNIT_TEXT];
    double footprint_uj = jb_html_known(r, (double)r->footprint_uj);
    double machine_uj = jb_html_known(r, (double)r->machine_uj);
    double run_uj = jb_html_known(r, (double)r->run_uj);

    jb_buf_puts(out, "<section class=\"cards\" aria-label=\"Main figures\">\n");
    card_begin(out, " lead", "Energy footprint");
    jb_html_energy(out, footprint_uj);
    jb_buf_puts(out, "</p><p>");
    if (isfinite(footprint_uj)) {
        jb_buf_puts(out, PLUS_MINUS);
        jb_html_energy(out, r->footprint_uncertainty_uj);
        jb_buf_puts(out, "<br>");
        jb_export_html_unit(out, jb_format_energy_wh(footprint_uj / 1e6, text, sizeof(text)));
    }
    jb_buf_puts(out, "</p></div>\n");

    card_begin(out, " lead", "Emissions");
    jb_html_mass(out, jb_html_known(r, r->emissions_g));
    jb_buf_puts(out, "</p><p>");
    if (isfinite(jb_html_known(r, r->emissions_g))) {
        jb_buf_puts(out, PLUS_MINUS);
        jb_html_mass(out, r->emissions_uncertainty_g);
        jb_buf_puts(out, "<br>of the ");
        jb_export_html_text(out, r->basis[0] ? r->basis : "footprint");
    }
    jb_buf_puts(out, "</p></div>\n");

    card_begin(out, "", "Duration");
    jb_html_seconds(out, r->duration_s);
    jb_buf_puts(out, "</p><p>");
    if (isfinite(jb_html_known(r, r->coverage))) {
        jb_html_percent(out, r->coverage, 1);
        jb_buf_puts(out, " of it metered");
    }
    jb_buf_puts(out, "</p></div>\n");

    card_begin(out, "", "Mean power");
    jb_html_power_w(out, r->duration_s > 0 ? machine_uj / 1e6 / r->duration_s : NAN);
    jb_buf_puts(out, "</p><p>whole machine<br>this run ");
    jb_html_power_w(out, r->duration_s > 0 ? run_uj / 1e6 / r->duration_s : NAN);
    jb_buf_puts(out, "</p></div>\n<div class=\"card three\"><h2>Energy, three ways</h2><dl><dt>machine</dt><dd>");
    jb_html_energy(out, machine_uj);
    jb_buf_puts(out, "</dd><dt>footprint</dt><dd>");
    jb_html_energy(out, footprint_uj);
    jb_buf_puts(out, "</dd><dt>this run alone</dt><dd>");
    jb_html_energy(out, run_uj);
    jb_buf_puts(out, "</dd></dl></div>\n</section>\n");
}

struct part {
    const char *class, *name, *meaning;
    uint64_t energy_uj;
};

static void balance(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    uint64_t idle_share_uj = r->footprint_uj > r->run_uj ? r->footprint_uj - r->run_uj : 0;
    idle_share_uj = idle_share_uj < r->idle_uj ? idle_share_uj : r->idle_uj;
    const struct part parts[] = {
        {"run", "this run", "would not have been used without it", r->run_uj},
        {"idle-share", "idle, this run's share", "with the above: the footprint", idle_share_uj},
        {"idle", "idle, the rest", "would have been used anyway", r->idle_uj - idle_share_uj},
        {"others", "other processes", "caused by what else ran", r->others_uj},
        {"unattributed", "unattributed", "used, but to be traced to nobody", r->unattributed_uj},
    };
    if (r->machine_uj == 0) {
        return;
    }
    jb_buf_puts(out, "<section><h2>Where the machine's energy went</h2>\n<div class=\"bar\" aria-hidden=\"true\">");
    for (size_t i = 0; i < JB_COUNT(parts); i++) {
        if (parts[i].energy_uj > 0) {
            jb_buf_printf(out, "<span class=\"%s\" style=\"flex-grow:%.4f\"></span>", parts[i].class,
                          100 * (double)parts[i].energy_uj / (double)r->machine_uj);
        }
    }
    struct jb_html_unit unit = jb_html_unit((double)r->machine_uj);
    jb_buf_puts(out, "</div>\n<div class=\"scroll\"><table class=\"parts\"><tbody>\n");
    for (size_t i = 0; i < JB_COUNT(parts); i++) {
        jb_buf_printf(out, "<tr><th scope=\"row\"><i class=\"%s\"></i>%s</th><td class=\"num\">", parts[i].class,
                      parts[i].name);
        jb_html_energy_in(out, (double)parts[i].energy_uj, &unit, true);
        jb_buf_puts(out, "</td><td class=\"num\">");
        jb_html_percent(out, (double)parts[i].energy_uj, (double)r->machine_uj);
        jb_buf_printf(out, "</td><td class=\"muted wide\">%s</td></tr>\n", parts[i].meaning);
    }
    jb_buf_puts(out, "<tr class=\"sum\"><th scope=\"row\">machine</th><td class=\"num\">");
    jb_html_energy_in(out, (double)r->machine_uj, &unit, true);
    jb_buf_puts(out, "</td><td class=\"num\">100\xC2\xA0%</td><td class=\"muted wide\">" PLUS_MINUS);
    jb_html_energy_in(out, r->uncertainty_uj, &unit, true);
    jb_buf_puts(out, "</td></tr>\n</tbody></table></div></section>\n");
}

/* What the status itself means for the figures; NULL: nothing. */
static const char *status_warning(enum jb_run_status status)
{
    switch (status) {
    case JB_RUN_RUNNING:
        return "The run was still going on when this was written.";
    case JB_RUN_LOST:
        return "The meter died before the run ended: the figures are what was known a second or less before.";
    default:
        return NULL;
    }
}

static void warnings(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    const char *about_status = status_warning(r->status);
    if (r->warning_count == 0 && !about_status) {
        return;
    }
    jb_buf_puts(out, "<section class=\"warnings\"><h2>To know before using these numbers</h2><ul>\n");
    if (about_status) {
        jb_buf_printf(out, "<li>%s</li>\n", about_status);
    }
    for (size_t i = 0; i < r->warning_count; i++) {
        jb_buf_puts(out, "<li>");
        jb_export_html_text(out, r->warnings[i]);
        jb_buf_puts(out, "</li>\n");
    }
    jb_buf_puts(out, "</ul></section>\n");
}

void jb_html_overview(struct jb_report *report)
{
    title(report);
    cards(report);
    warnings(report);
    balance(report);
}
