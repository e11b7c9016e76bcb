/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of operators, and those of layers and regions.
 *
 * A figure of low confidence is grey, slanted, with a "~" and one digit, and its badge is dashed: it must not look like
 * a measured one, on paper and without colour neither. Operators whose power cannot be told apart are one row.
 */
#include "export/html.h"

#include <math.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/units.h"
#include "export/work_rows.h"

#define NBSP     "\xC2\xA0"
#define INTERVAL 1.96 /* standard deviations of a 95 % interval */
#define MAX_ROWS 100
#define LAYERS   30
#define MEMBERS  8 /* named in a row */

static void count_cell(struct jb_buf *out, uint64_t count)
{
    jb_buf_puts(out, "<td class=\"num\">");
    if (count > 0) {
        char digits[32];
        int length = jb_snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
        for (int i = 0; i < length; i++) { /* thin spaces between thousands */
            jb_buf_puts(out, i > 0 && (length - i) % 3 == 0 ? "\xE2\x80\xAF" : "");
            jb_buf_add(out, digits + i, 1);
        }
    }
    jb_buf_puts(out, "</td>");
}

static void seconds_cell(struct jb_buf *out, double seconds)
{
    jb_buf_puts(out, "<td class=\"num\">");
    if (isfinite(seconds)) {
        jb_html_seconds(out, seconds);
    }
    jb_buf_puts(out, "</td>");
}

/* Energy as it is, or about it. */
static void energy_cell(struct jb_buf *out, double energy_uj, bool low)
{
    char text[JB_UNIT_TEXT];
    jb_buf_puts(out, "<td class=\"num\">");
    if (low && isfinite(energy_uj)) {
        jb_export_html_unit(out, jb_work_rough(energy_uj / 1e6, text, sizeof(text)));
    } else if (isfinite(energy_uj)) {
        jb_html_energy(out, energy_uj);
    }
    jb_buf_puts(out, "</td>");
}

struct scale {
    double whole_uj; /* 100 % */
    double most_uj;  /* of one row: the longest bar */
};

/* A number of percent with one place, and a bar below it. */
static void share_cell(struct jb_buf *out, double energy_uj, double sigma_uj, const struct scale *scale, bool low)
{
    double whole_uj = scale->whole_uj;
    double percent = 100 * energy_uj / whole_uj, half = 100 * INTERVAL * sigma_uj / whole_uj;
    double length = scale->most_uj > 0 ? fmin(energy_uj / scale->most_uj, 1) : 0;
    jb_buf_puts(out, "<td class=\"num\">");
    if (isfinite(percent) && whole_uj > 0) {
        char text[JB_UNIT_TEXT];
        if (low) {
            jb_export_html_text(out, jb_work_rough_percent(percent, text, sizeof(text)));
        } else {
            jb_buf_printf(out, percent > 0 && percent < 0.05 ? "&lt;0.1" : "%.1f", percent);
        }
        if (isfinite(half) && (half > 0 || !low)) { /* what is hardly known is not exact */
            jb_buf_printf(out, " \xC2\xB1" NBSP "%.1f", half);
        }
        jb_buf_printf(out, "<b class=\"meter\" style=\"width:%.2f%%\"></b>", 100 * length);
    }
    jb_buf_puts(out, "</td>");
}

static void badge(struct jb_buf *out, const char *confidence)
{
    if (*confidence == '\0') {
        return;
    }
    jb_buf_printf(out, "<span class=\"badge%s\">",
                  jb_streq(confidence, "high")  ? " counter"
                  : jb_streq(confidence, "low") ? " modelled"
                                                : "");
    jb_export_html_text(out, confidence);
    jb_buf_puts(out, "</span>");
}

struct figures {
    uint64_t calls;
    double time_s, energy_uj, sigma_uj;
    const char *confidence; /* "": of no operator */
};

static void cells(struct jb_buf *out, const struct figures *f, const struct scale *scale)
{
    bool low = jb_streq(f->confidence, "low");
    count_cell(out, f->calls);
    seconds_cell(out, f->time_s);
    energy_cell(out, f->energy_uj, low);
    energy_cell(out, f->calls > 0 ? f->energy_uj / (double)f->calls : NAN, low);
    share_cell(out, f->energy_uj, f->sigma_uj, scale, low);
}

static void operator_row(struct jb_buf *out, const struct jb_record_work *work, const struct jb_work_row *r,
                         const struct scale *scale)
{
    const struct jb_record_operator *o = r->first;
    const struct figures figures = {r->calls, r->time_s, (double)r->energy_uj, r->uncertainty_uj, o->confidence};
    jb_buf_puts(out, jb_streq(o->confidence, "low") ? "<tr class=\"estimated\"><th scope=\"row\">"
                                                    : "<tr><th scope=\"row\">");
    jb_export_html_text(out, jb_work_short_name(o->name));
    for (size_t i = 1; i < r->members && i < MEMBERS; i++) {
        const struct jb_record_operator *member = jb_work_row_member(work, r, i);
        jb_buf_puts(out, "<br>+ ");
        jb_export_html_text(out, member != NULL ? jb_work_short_name(member->name) : "");
    }
    if (r->members > MEMBERS) {
        jb_buf_printf(out, "<br>+ %zu others", r->members - MEMBERS);
    }
    jb_buf_puts(out, "<small>");
    jb_export_html_text(out, o->class_name);
    if (*o->device != '\0') {
        jb_buf_puts(out, " \xC2\xB7 ");
        jb_export_html_text(out, o->device);
    }
    jb_buf_puts(out, "</small></th>");
    cells(out, &figures, scale);
    jb_buf_puts(out, "<td>");
    badge(out, o->confidence);
    jb_buf_puts(out, "</td></tr>\n");
}

static void other_row(struct jb_buf *out, const char *name, const struct figures *figures, const struct scale *scale)
{
    jb_buf_printf(out, "<tr class=\"extra\"><th scope=\"row\">%s</th>", name);
    cells(out, figures, scale);
    jb_buf_puts(out, "<td></td></tr>\n");
}

static void classes(struct jb_buf *out, const struct jb_record_work *work, double whole_uj)
{
    struct jb_work_class all[JB_WORK_CLASSES];
    size_t count = jb_work_classes(work, all);
    jb_buf_puts(out, "<ul class=\"classes\">");
    for (size_t i = 0; i < count; i++) {
        jb_buf_puts(out, "<li>");
        jb_export_html_text(out, all[i].name);
        jb_buf_puts(out, " <strong>");
        if (all[i].low && whole_uj > 0) {
            char text[JB_UNIT_TEXT];
            double percent = 100 * (double)all[i].energy_uj / whole_uj;
            jb_export_html_text(out, jb_work_rough_percent(percent, text, sizeof(text)));
            jb_buf_puts(out, NBSP "%");
        } else {
            jb_html_work_percent(out, (double)all[i].energy_uj, whole_uj);
        }
        jb_buf_puts(out, "</strong></li>\n");
    }
    jb_buf_puts(out, "</ul>\n");
}

static void head(struct jb_buf *out, const char *first, const char *last)
{
    jb_buf_printf(out,
                  "<div class=\"scroll\"><table class=\"operators\"><thead><tr><th scope=\"col\">%s</th>"
                  "<th scope=\"col\" class=\"num\">Calls</th><th scope=\"col\" class=\"num\">Time</th>"
                  "<th scope=\"col\" class=\"num\">Energy</th><th scope=\"col\" class=\"num\">A call</th>"
                  "<th scope=\"col\" class=\"num\">%% of the run \xC2\xB1 95" NBSP "%%</th>%s</tr></thead><tbody>\n",
                  first, last);
}

static void rest(struct jb_buf *out, const struct jb_work_row *rows, size_t count, const struct scale *scale)
{
    struct figures sum = {.sigma_uj = NAN, .confidence = "low"};
    char name[48];
    for (size_t i = 0; i < count; i++) {
        sum.confidence = jb_streq(rows[i].first->confidence, "low") ? sum.confidence : "";
        sum.calls += rows[i].calls;
        sum.time_s += rows[i].time_s;
        sum.energy_uj += (double)rows[i].energy_uj;
    }
    jb_snprintf(name, sizeof(name), "%zu more", count);
    other_row(out, name, &sum, scale);
}

void jb_html_work_operators(struct jb_report *report)
{
    const struct jb_record_work *work = &report->record->work;
    JB_CLEANUP(jb_freep) struct jb_work_row *rows = NULL;
    struct jb_buf *out = report->out;
    struct scale scale = {.whole_uj = (double)jb_record_operators_uj(work), .most_uj = (double)work->outside_uj};
    size_t count = 0;
    if (work->operator_count == 0) {
        return;
    }
    if (jb_work_rows(work, &rows, &count) < 0) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        scale.most_uj = fmax(scale.most_uj, (double)rows[i].energy_uj);
    }
    jb_buf_puts(out, "<section><h2>Operators</h2>\n");
    jb_html_work_found(out, report->record);
    classes(out, work, scale.whole_uj);
    head(out, "Operator", "<th scope=\"col\">Confidence</th>");
    size_t shown = count > MAX_ROWS ? MAX_ROWS : count;
    for (size_t i = 0; i < shown; i++) {
        operator_row(out, work, &rows[i], &scale);
    }
    if (shown < count) {
        rest(out, rows + shown, count - shown, &scale);
    }
    const struct figures outside = {0, work->outside_s, (double)work->outside_uj, work->outside_uncertainty_uj, ""};
    other_row(out, "outside operators", &outside, &scale);
    if (work->unattributed_uj > 0) {
        const struct figures unattributed = {0, NAN, (double)work->unattributed_uj, NAN, ""};
        other_row(out, "unattributed", &unattributed, &scale);
    }
    jb_buf_puts(
        out, "</tbody></table></div>\n<p class=\"muted\">\xC2\xB1 is the 95" NBSP "% interval. Figures with ~ are of "
             "operators that the sensor could not tell from the rest: little more than their share of the "
             "time. Of names joined by + only the sum was measured. Outside operators: the program between "
             "them. Unattributed: not known which, as when the program starts, or none were caught.</p></section>\n");
}

static void groups(struct jb_report *report, const struct jb_record_group *sorted, size_t count, const char *title,
                   const char *first, const char *note)
{
    struct jb_buf *out = report->out;
    if (count == 0) {
        return;
    }
    const struct scale scale = {.whole_uj = (double)report->record->run_uj, .most_uj = (double)sorted[0].energy_uj};
    jb_buf_printf(out, "<section><h2>%s</h2>\n<p class=\"muted\">%s</p>\n", title, note);
    head(out, first, "");
    for (size_t i = 0; i < count && i < LAYERS; i++) {
        const struct jb_record_group *g = &sorted[i];
        const struct figures figures = {g->calls, g->time_s, (double)g->energy_uj, g->uncertainty_uj, ""};
        jb_buf_puts(out, "<tr><th scope=\"row\">");
        jb_export_html_text(out, g->name);
        jb_buf_puts(out, "</th>");
        cells(out, &figures, &scale);
        jb_buf_puts(out, "</tr>\n");
    }
    jb_buf_puts(out, "</tbody></table></div>\n");
    if (count > LAYERS) {
        jb_buf_printf(out, "<p class=\"muted\">and %zu more; the JSON has them.</p>\n", count - LAYERS);
    }
    jb_buf_puts(out, "</section>\n");
}

static void groups_of(struct jb_report *report, bool layers)
{
    JB_CLEANUP(jb_freep) struct jb_record_group *sorted = NULL;
    size_t count = 0;
    if (jb_work_groups(&report->record->work, layers, &sorted, &count) < 0) {
        report->out->failed = true;
        return;
    }
    groups(report, sorted, count, layers ? "Layers" : "Regions", layers ? "Layer" : "Region",
           layers ? "Layers nest as modules do: an outer one has what is in its inner ones."
                  : "Parts that the program named, all of one name together; they may lie in each other.");
}

void jb_html_work_groups(struct jb_report *report)
{
    groups_of(report, true);
    groups_of(report, false);
}
