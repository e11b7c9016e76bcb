/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The joules of each epoch as bars from zero, with the standard deviation of each.
 *
 * Drawn as the line charts are (html_chart.c): SVG stretched to the page, words in HTML around it. Of more epochs than
 * fit, neighbours share a bar with their mean.
 */
#include "export/html.h"

#include <math.h>

#include "base/escape.h"
#include "base/units.h"
#include "export/html_scale.h"
#include "export/work_rows.h"

#define NBSP       "\xC2\xA0"
#define PLUS_MINUS " \xC2\xB1" NBSP
#define WIDTH      1000.0
#define HEIGHT     240.0
#define BARS       200
#define WIDEST     90.0 /* of a bar, where there are few */
#define LABELS     12

/* One bar: an epoch, or neighbours. */
struct bar {
    int64_t first, last; /* their numbers */
    size_t count;
    double seconds, energy_uj, sigma_uj, emissions_g; /* means */
};

struct bars {
    struct bar bar[BARS];
    size_t count, each; /* epochs of a bar */
    double top_uj;
};

static void collect(const struct jb_record_work *work, size_t epochs, struct bars *ret)
{
    size_t number = 0;
    *ret = (struct bars){.each = (epochs + BARS - 1) / BARS};
    for (int64_t i = jb_work_next_epoch(work, 0); i >= 0; i = jb_work_next_epoch(work, (size_t)i + 1), number++) {
        const struct jb_record_region *r = &work->regions[i];
        struct bar *bar = &ret->bar[number / ret->each];
        bar->last = r->index >= 0 ? r->index : (int64_t)number;
        bar->first = bar->count == 0 ? bar->last : bar->first;
        bar->count++;
        bar->seconds += r->duration_s;
        bar->energy_uj += (double)r->energy_uj;
        bar->sigma_uj += r->uncertainty_uj;
        bar->emissions_g += r->emissions_g;
        ret->count = number / ret->each + 1;
    }
    for (size_t i = 0; i < ret->count; i++) {
        struct bar *bar = &ret->bar[i];
        double count = (double)bar->count;
        bar->seconds /= count;
        bar->energy_uj /= count;
        bar->sigma_uj /= count; /* of neighbours errors are of one kind: they do not average out */
        bar->emissions_g /= count;
        ret->top_uj = fmax(ret->top_uj, bar->energy_uj + (bar->sigma_uj > 0 ? bar->sigma_uj : 0));
    }
}

static void name(struct jb_buf *out, const struct bar *bar)
{
    jb_buf_printf(out, bar->first == bar->last ? "%lld" : "%lld\xE2\x80\x93%lld", (long long)bar->first,
                  (long long)bar->last);
}

static void energy(struct jb_buf *out, const struct bar *bar)
{
    jb_html_energy(out, bar->energy_uj);
    if (isfinite(bar->sigma_uj)) {
        jb_buf_puts(out, PLUS_MINUS);
        jb_html_energy(out, bar->sigma_uj);
    }
}

static void draw(struct jb_buf *out, const struct bars *bars, double top_uj)
{
    double slot = WIDTH / (double)bars->count, width = bars->count > 60 ? slot : fmin(0.8 * slot, WIDEST);
    for (size_t i = 0; i < bars->count; i++) {
        const struct bar *bar = &bars->bar[i];
        double x = slot * ((double)i + 0.5), y = HEIGHT * (1 - bar->energy_uj / top_uj);
        double doubt = bar->sigma_uj > 0 ? HEIGHT * bar->sigma_uj / top_uj : 0;
        jb_buf_printf(out, "<rect class=\"column\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
                      x - width / 2, y, width, HEIGHT - y);
        if (doubt > 0) {
            jb_buf_printf(out, "<polyline class=\"doubt\" points=\"%.2f,%.2f %.2f,%.2f\"/>", x, fmax(y - doubt, 0), x,
                          fmin(y + doubt, HEIGHT));
        }
        jb_buf_printf(out, "<rect class=\"hover\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"240\"><title>epoch ",
                      slot * (double)i, slot);
        name(out, bar);
        jb_buf_puts(out, "\n");
        energy(out, bar);
        jb_buf_puts(out, "\n");
        jb_html_seconds(out, bar->seconds);
        jb_buf_puts(out, "</title></rect>\n");
    }
}

static void labels(struct jb_buf *out, const struct bars *bars, const struct jb_scale *scale,
                   const struct jb_html_unit *unit)
{
    size_t step = (bars->count + LABELS - 1) / LABELS;
    jb_buf_puts(out, "<div class=\"y\">");
    for (unsigned i = 0; i <= scale->steps; i++) {
        jb_buf_printf(out, "<span style=\"bottom:%.2f%%\">", 100.0 * i / scale->steps);
        jb_html_number(out, i * scale->step, unit->name);
        jb_buf_puts(out, "</span>");
    }
    jb_buf_puts(out, "</div>\n<div class=\"x middle\">");
    for (size_t i = 0; i < bars->count; i += step) {
        jb_buf_printf(out, "<span style=\"left:%.2f%%\">%lld</span>", 100 * ((double)i + 0.5) / (double)bars->count,
                      (long long)bars->bar[i].first);
    }
    jb_buf_puts(out, "</div>\n");
}

static void table(struct jb_buf *out, const struct bars *bars)
{
    jb_buf_puts(out, "<details><summary>The same as a table</summary><div class=\"scroll tall\"><table><thead><tr>"
                     "<th scope=\"col\">Epoch</th><th scope=\"col\" class=\"num\">Time</th>"
                     "<th scope=\"col\" class=\"num\">Energy</th><th scope=\"col\" class=\"num\">Emissions</th></tr>"
                     "</thead><tbody>\n");
    for (size_t i = 0; i < bars->count; i++) {
        jb_buf_puts(out, "<tr><td>");
        name(out, &bars->bar[i]);
        jb_buf_puts(out, "</td><td class=\"num\">");
        jb_html_seconds(out, bars->bar[i].seconds);
        jb_buf_puts(out, "</td><td class=\"num\">");
        energy(out, &bars->bar[i]);
        jb_buf_puts(out, "</td><td class=\"num\">");
        jb_html_mass(out, bars->bar[i].emissions_g);
        jb_buf_puts(out, "</td></tr>\n");
    }
    jb_buf_puts(out, "</tbody></table></div></details>\n");
}

static void figure(struct jb_buf *out, const struct bars *bars)
{
    struct jb_html_unit unit = jb_html_unit(bars->top_uj);
    struct jb_scale scale = jb_scale(bars->top_uj / 1e6 / unit.joules);
    jb_buf_puts(out, "<figure><figcaption><strong>Energy of each epoch</strong> <span>this run\xE2\x80\x99s own; line: "
                     "one standard deviation");
    if (bars->each > 1) {
        jb_buf_printf(out, "; a bar is the mean of %zu epochs", bars->each);
    }
    jb_buf_puts(out,
                "</span></figcaption>\n<div class=\"chart bars\"><div class=\"plot\"><svg viewBox=\"0 0 1000 240\" "
                "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Energy of each epoch; the table below has "
                "its values\">\n");
    for (unsigned i = 0; i <= scale.steps; i++) {
        double y = HEIGHT * (1 - (double)i / scale.steps);
        jb_buf_printf(out, "<polyline class=\"grid\" points=\"0,%.1f 1000,%.1f\"/>\n", y, y);
    }
    draw(out, bars, scale.top * unit.joules * 1e6);
    jb_buf_puts(out, "</svg>\n");
    labels(out, bars, &scale, &unit);
    jb_buf_puts(out, "</div></div>\n");
    table(out, bars);
    jb_buf_puts(out, "</figure>\n");
}

static void summary(struct jb_buf *out, const struct jb_work_epochs *epochs)
{
    jb_buf_printf(out, "<p>%zu epoch%s of ", epochs->count, epochs->count > 1 ? "s" : "");
    jb_html_seconds(out, epochs->mean_s);
    jb_buf_puts(out, " and ");
    jb_html_energy(out, epochs->mean_uj);
    if (epochs->count > 1) {
        jb_buf_puts(out, " on average; they differ by ");
        jb_html_seconds(out, epochs->sd_s);
        jb_buf_puts(out, " and ");
        jb_html_energy(out, epochs->sd_uj);
        jb_buf_puts(out, " (one standard deviation)");
    }
    if (fabs(epochs->trend) > epochs->trend_95) {
        jb_buf_printf(out, ". Over the run their energy %s by ", epochs->trend > 0 ? "rises" : "falls");
        jb_html_work_percent(out, fabs(epochs->trend), 1);
        jb_buf_puts(out, PLUS_MINUS);
        jb_html_work_percent(out, epochs->trend_95, 1);
        jb_buf_puts(out, " (95" NBSP "%)");
    } else if (isfinite(epochs->trend)) {
        jb_buf_puts(out, ". Over the run they do not change that it could be told from chance");
    }
    jb_buf_puts(out,
                epochs->guessed ? ". Where they begin and end was inferred from the data loader.</p>\n" : ".</p>\n");
}

void jb_html_work_epochs(struct jb_report *report)
{
    struct jb_work_epochs epochs;
    struct bars bars;
    jb_work_epochs(&report->record->work, &epochs);
    if (epochs.count == 0) {
        return;
    }
    jb_buf_puts(report->out, "<section><h2>Epochs</h2>\n");
    summary(report->out, &epochs);
    collect(&report->record->work, epochs.count, &bars);
    if (epochs.count > 1 && bars.top_uj > 0) {
        figure(report->out, &bars);
    }
    jb_buf_puts(report->out, "</section>\n");
}
