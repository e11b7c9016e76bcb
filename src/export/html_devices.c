/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Energy by device: a row a channel, those of the total first, then what was metered too but must not be added.
 *
 * Odd: the method has a badge of its own (dashed when nothing was measured), because a modelled joule must not look
 * like a counted one.
 */
#include "export/html.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"

static void badge(struct jb_buf *out, const char *method)
{
    if (jb_streq(method, "modelled")) {
        jb_buf_puts(
            out, "<span class=\"badge modelled\" title=\"a model of what such hardware draws; nothing was measured\">"
                 "modelled</span>");
    } else if (jb_streq(method, "integrated")) {
        jb_buf_puts(out,
                    "<span class=\"badge integrated\" title=\"measured power, added up over time\">integrated</span>");
    } else if (jb_streq(method, "counter")) {
        jb_buf_puts(out, "<span class=\"badge counter\" title=\"an energy counter of the hardware\">counter</span>");
    } else {
        jb_buf_puts(out, "<span class=\"badge modelled\">");
        jb_export_html_text(out, method[0] ? method : "unknown");
        jb_buf_puts(out, "</span>");
    }
}

static void detail(struct jb_buf *out, const char *before, const char *text)
{
    if (*text) {
        jb_buf_puts(out, " \xC2\xB7 ");
        jb_buf_puts(out, before);
        jb_export_html_text(out, text);
    }
}

/* "wrapped,gap", each on its own. */
static void flags(struct jb_buf *out, const char *text)
{
    while (*text) {
        char word[sizeof(((struct jb_record_channel *)0)->flag_text)];
        size_t length = strcspn(text, ",");
        jb_copy(word, length < sizeof(word) ? length + 1 : sizeof(word), text);
        detail(out, "", word);
        text += length + (text[length] == ',');
    }
}

/* The name, and in small what there is to know of how this channel was read. */
static void name_cell(struct jb_report *report, const struct jb_record_channel *c)
{
    struct jb_buf *out = report->out;
    const struct jb_record *r = report->record;
    jb_buf_printf(out, "<th scope=\"row\"><i class=\"%s\"></i>", jb_html_device_class(c->device));
    jb_export_html_text(out, jb_html_device_title(c->device));
    jb_buf_puts(out, " <span class=\"name\">");
    jb_export_html_text(out, c->name);
    jb_buf_puts(out, "</span><small>");
    jb_export_html_text(out, c->id);
    if (c->twin_of >= 0 && (size_t)c->twin_of < r->channel_count) {
        detail(out, "the same counter as ", r->channels[c->twin_of].id);
    } else if (c->parent >= 0 && (size_t)c->parent < r->channel_count) {
        detail(out, "part of ", r->channels[c->parent].id);
    }
    detail(out, "idle: ", c->idle_source);
    if (c->update_period_ns > 0) {
        jb_buf_puts(out, " \xC2\xB7 updates every ");
        jb_html_seconds(out, (double)c->update_period_ns / 1e9);
    }
    if (c->gap_ns > 0) {
        jb_buf_puts(out, " \xC2\xB7 no data for ");
        jb_html_seconds(out, (double)c->gap_ns / 1e9);
    }
    flags(out, c->flag_text);
    detail(out, "", c->note);
    jb_buf_puts(out, "</small></th>");
}

static void energy_cell(struct jb_report *report, double energy_uj)
{
    struct jb_html_unit unit = jb_html_unit((double)report->record->machine_uj);
    jb_buf_puts(report->out, "<td class=\"num\">");
    jb_html_energy_in(report->out, energy_uj, &unit, false);
    jb_buf_puts(report->out, "</td>");
}

static void row(struct jb_report *report, const struct jb_record_channel *c)
{
    struct jb_buf *out = report->out;
    jb_buf_puts(out, c->in_total ? "<tr>" : "<tr class=\"extra\">");
    name_cell(report, c);
    energy_cell(report, (double)c->energy_uj);
    energy_cell(report, c->uncertainty_uj);
    jb_buf_puts(out, "<td class=\"num\">");
    if (c->in_total) {
        jb_html_number(out, 100 * (double)c->energy_uj / (double)report->record->machine_uj, "");
    }
    jb_buf_puts(out, "</td>");
    energy_cell(report, (double)c->run_uj);
    energy_cell(report, (double)c->footprint_uj);
    jb_buf_puts(out, "<td>");
    badge(out, c->method);
    jb_buf_puts(out, "</td><td>");
    jb_export_html_text(out, c->source);
    jb_buf_puts(out, "</td></tr>\n");
}

static size_t rows(struct jb_report *report, bool in_total)
{
    size_t count = 0;
    for (size_t i = 0; i < report->record->channel_count; i++) {
        if (report->record->channels[i].in_total == in_total) {
            if (count++ == 0 && !in_total) {
                jb_buf_puts(report->out,
                            "<tr class=\"divider\"><th colspan=\"8\" scope=\"rowgroup\">Also metered, and already "
                            "contained in the above: not added</th></tr>\n");
            }
            row(report, &report->record->channels[i]);
        }
    }
    return count;
}

static void sum(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    jb_buf_puts(out, "<tr class=\"sum\"><th scope=\"row\">machine</th>");
    energy_cell(report, (double)r->machine_uj);
    energy_cell(report, r->uncertainty_uj);
    jb_buf_puts(out, "<td class=\"num\">100</td>");
    energy_cell(report, (double)r->run_uj);
    energy_cell(report, (double)r->footprint_uj);
    jb_buf_puts(out, "<td colspan=\"2\">");
    jb_html_percent(out, (double)r->measured_uj, (double)r->machine_uj);
    jb_buf_puts(out, " measured</td></tr>\n");
}

void jb_html_devices(struct jb_report *report)
{
    struct jb_buf *out = report->out;
    jb_buf_puts(out, "<section><h2>By device</h2>\n");
    if (report->record->channel_count == 0) {
        jb_buf_puts(
            out, "<p class=\"muted\">No sensor answered and no model applied. <code>joulebook doctor</code> says why."
                 "</p></section>\n");
        return;
    }
    static const char *const energies[] = {"Energy", "\xC2\xB1", NULL, "This run", "Footprint"};
    struct jb_html_unit unit = jb_html_unit((double)report->record->machine_uj);
    jb_buf_puts(out, "<div class=\"scroll\"><table class=\"devices\"><thead><tr><th scope=\"col\">Channel</th>");
    for (size_t i = 0; i < JB_COUNT(energies); i++) {
        jb_buf_puts(out, "<th scope=\"col\" class=\"num\">");
        if (energies[i]) {
            jb_buf_printf(out, "%s<br>%s</th>", energies[i], unit.name);
        } else {
            jb_buf_puts(out, "Share<br>%</th>");
        }
    }
    jb_buf_puts(out, "<th scope=\"col\">Method</th><th scope=\"col\">Source</th></tr></thead><tbody>\n");
    if (rows(report, true) > 0) {
        sum(report);
    }
    rows(report, false);
    jb_buf_puts(out, "</tbody></table></div>\n<p class=\"muted\">\xC2\xB1 is one standard deviation.</p></section>\n");
}
