/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bottom of the report: the hardware, a sentence for a paper's methods section, and what measuring itself cost.
 *
 * The sentence says only what the record knows; a figure that is not known leaves its clause out.
 */
#include "export/html.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/units.h"
#include "export/measured.h"

static void count_row(struct jb_buf *out, const char *term, int64_t value)
{
    if (value >= 0) {
        jb_buf_printf(out, "<dt>%s</dt><dd>%lld</dd>\n", term, (long long)value);
    }
}

static void hardware(struct jb_report *report)
{
    const struct jb_hardware_view *h = &report->hardware;
    struct jb_buf *out = report->out;
    JB_CLEANUP(jb_buf_finish) struct jb_buf gpus = {0};
    char text[JB_UNIT_TEXT];
    jb_buf_puts(out, "<section><h2>Hardware</h2>\n<dl class=\"facts\">\n");
    jb_html_row(out, "CPU", h->cpu ? h->cpu : "not known");
    count_row(out, "Sockets", h->sockets);
    count_row(out, "Cores", h->cores);
    count_row(out, "Threads", h->threads);
    if (h->ram_bytes > 0) {
        jb_html_row(out, "Memory", jb_format_bytes((double)h->ram_bytes, text, sizeof(text)));
    }
    jb_hardware_view_gpus(h, report->record, &gpus);
    out->failed |= gpus.failed;
    jb_html_row(out, "Accelerators", gpus.data ? gpus.data : "none found");
    jb_html_row(out, "Board", h->board);
    if (h->virtual_machine >= 0) {
        jb_html_row(out, "Virtual machine", h->virtual_machine ? "yes" : "no");
    }
    jb_html_row(out, "Machine id", report->record->machine_id);
    jb_buf_puts(out, "</dl></section>\n");
}

/* " (rapl-perf, nvml)": the sources of the channels in total with this method, each once. */
static size_t sources(struct jb_buf *out, const struct jb_record *record, bool modelled)
{
    size_t count = 0;
    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *c = &record->channels[i];
        bool again = false;
        for (size_t k = 0; k < i && !again; k++) {
            const struct jb_record_channel *before = &record->channels[k];
            again = before->in_total && strcmp(before->source, c->source) == 0;
        }
        if (c->in_total && !again && jb_streq(c->method, "modelled") == modelled) {
            jb_buf_puts(out, count++ == 0 ? " (" : ", ");
            jb_export_html_text(out, c->source);
        }
    }
    jb_buf_puts(out, count > 0 ? ")" : "");
    return count;
}

static void sentence(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    JB_CLEANUP(jb_buf_finish) struct jb_buf gpus = {0};
    jb_buf_puts(out, "<blockquote>Energy was recorded with joulebook " JB_VERSION);
    if (report->hardware.cpu) {
        jb_buf_puts(out, " on ");
        jb_export_html_text(out, report->hardware.cpu);
        if (jb_hardware_view_gpus(&report->hardware, r, &gpus) > 0) {
            jb_buf_puts(out, " with ");
            jb_export_html_text(out, gpus.data ? gpus.data : "");
        }
    }
    jb_buf_puts(out, ". Over ");
    jb_html_seconds(out, r->duration_s);
    jb_buf_puts(out, " the machine used ");
    jb_html_energy(out, (double)r->machine_uj);
    jb_buf_puts(out, " \xC2\xB1\xC2\xA0");
    jb_html_energy(out, r->uncertainty_uj);
    jb_buf_puts(out, " (one standard deviation), of which ");
    jb_html_percent(out, (double)r->measured_uj, (double)r->machine_uj);
    jb_buf_puts(out, " was measured");
    sources(out, r, false);
    jb_buf_puts(out, " and ");
    jb_html_percent(out, (double)r->modelled_uj, (double)r->machine_uj);
    jb_buf_puts(out, " modelled");
    sources(out, r, true);
    jb_buf_puts(out, ". The run itself caused ");
    jb_html_energy(out, (double)r->run_uj);
    jb_buf_puts(out, "; with its share of the machine\xE2\x80\x99s idle energy its footprint is ");
    jb_html_energy(out, (double)r->footprint_uj);
    jb_buf_puts(out, " \xC2\xB1\xC2\xA0");
    jb_html_energy(out, r->footprint_uncertainty_uj);
    jb_buf_puts(out, ".");
    if (isfinite(jb_html_known(r, r->emissions_g)) && isfinite(r->intensity_g_per_kwh)) {
        jb_buf_puts(out, " At a location-based grid intensity of ");
        jb_html_number(out, r->intensity_g_per_kwh, "");
        jb_buf_puts(out, "\xC2\xA0gCO<sub>2</sub>e/kWh (");
        jb_export_html_text(out, r->zone_name[0] ? r->zone_name : r->zone);
        if (r->segment_count > 0) {
            jb_buf_puts(out, "; ");
            jb_export_html_text(out, r->segments[0].source);
        }
        jb_buf_puts(out, ") and a PUE of ");
        jb_html_number(out, r->pue, "");
        jb_buf_puts(out, " this corresponds to ");
        jb_html_mass(out, jb_html_known(r, r->emissions_g));
        jb_buf_puts(out, " (basis: ");
        jb_export_html_text(out, r->basis[0] ? r->basis : "footprint");
        jb_buf_puts(out, ").");
    }
    jb_buf_puts(out, "</blockquote>\n");
}

static void method(struct jb_report *report)
{
    struct jb_buf *out = report->out;
    jb_buf_puts(out, "<section><h2>Method</h2>\n");
    if (jb_export_measured(report->record)) {
        jb_buf_puts(out, "<p>To paste into a paper:</p>\n");
        sentence(report);
    }
    jb_buf_puts(out,
                "<dl class=\"facts\"><dt>Machine</dt><dd>all channels that do not contain one another, added up</dd>\n"
                "<dt>This run</dt><dd>what would not have been used without it: its part of active CPU, memory and "
                "accelerator energy</dd>\n"
                "<dt>Footprint</dt><dd>this run and its share of idle energy, in proportion to active use</dd>\n"
                "<dt>Unattributed</dt><dd>metered, but not to be traced to a process or to idling</dd>\n"
                "<dt>\xC2\xB1</dt><dd>one standard deviation: the sensors\xE2\x80\x99 own error, the edges of the run, "
                "and gaps</dd></dl></section>\n");
}

static void self_cost(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    char text[JB_UNIT_TEXT];
    jb_buf_puts(out, "<section><h2>What measuring cost</h2>\n<dl class=\"facts\"><dt>CPU time</dt><dd>");
    jb_html_seconds(out, r->self_cpu_s);
    if (r->duration_s > 0 && isfinite(r->self_cpu_s)) {
        jb_buf_puts(out, ", ");
        jb_html_percent(out, r->self_cpu_s, r->duration_s);
        jb_buf_puts(out, " of one core");
    }
    jb_buf_puts(out, "</dd>\n<dt>Energy</dt><dd>");
    jb_html_energy(out, r->self_energy_j * 1e6);
    jb_buf_puts(out, "</dd>\n");
    if (r->self_max_rss_bytes > 0) {
        jb_html_row(out, "Memory", jb_format_bytes((double)r->self_max_rss_bytes, text, sizeof(text)));
    }
    jb_buf_printf(out, "<dt>Events dropped</dt><dd>%llu</dd></dl></section>\n", (unsigned long long)r->events_dropped);
}

void jb_html_method(struct jb_report *report)
{
    hardware(report);
    method(report);
    self_cost(report);
}
