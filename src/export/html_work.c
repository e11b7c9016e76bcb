/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program did with its energy: the phases as a bar and a table, and how it is known. Epochs, operators and
 * layers have files of their own.
 *
 * Odd: shares are of what was divided. In a run that was lost that is what was kept last, a little less than its
 * energy, and then it is said.
 */
#include "export/html.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/escape.h"

#define NBSP       "\xC2\xA0"
#define PLUS_MINUS " \xC2\xB1" NBSP
#define LATE       0.005 /* of the run's energy: what is missing of it is told */
#define MOST       32    /* phases; there are 7 */

static const struct {
    const char *name, *class, *meaning;
} phases[] = {
    {"create", "p-create", "before the first batch: imports, model, data set"},
    {"data", "p-data", "waiting for and making batches"},
    {"forward", "p-forward", "computing outputs and loss in training"},
    {"backward", "p-backward", "computing gradients"},
    {"optimise", "p-optimise", "changing the weights"},
    {"evaluate", "p-evaluate", "computing outputs without gradients; the last one with the end of the program"},
    {"other", "p-other", "everything else"},
};

static size_t kind_of(const struct jb_record_phase *phase)
{
    size_t kind = 0;
    while (kind + 1 < JB_COUNT(phases) && !jb_streq(phases[kind].name, phase->name)) {
        kind++;
    }
    return kind;
}

static size_t phase_count(const struct jb_record_work *work)
{
    return work->phase_count < MOST ? work->phase_count : MOST;
}

static void phase_bar(struct jb_buf *out, const struct jb_record_work *work, double whole_uj)
{
    jb_buf_puts(out, "<div class=\"bar\" aria-hidden=\"true\">");
    for (size_t i = 0; i < phase_count(work); i++) {
        const struct jb_record_phase *p = &work->phases[i];
        if (p->energy_uj > 0) {
            jb_buf_printf(out, "<span class=\"%s\" style=\"flex-grow:%.4f\"></span>", phases[kind_of(p)].class,
                          100 * (double)p->energy_uj / whole_uj);
        }
    }
    jb_buf_puts(out, "</div>\n");
}

static void phase_row(struct jb_buf *out, const struct jb_record_phase *p, double whole_uj)
{
    size_t kind = kind_of(p);
    jb_buf_printf(out, "<tr><th scope=\"row\"><i class=\"%s\"></i>", phases[kind].class);
    jb_export_html_text(out, p->name);
    jb_buf_puts(out, "</th><td class=\"num\">");
    jb_html_seconds(out, p->duration_s);
    jb_buf_puts(out, "</td><td class=\"num\">");
    jb_html_energy(out, (double)p->energy_uj);
    if (isfinite(p->uncertainty_uj)) {
        jb_buf_puts(out, PLUS_MINUS);
        jb_html_energy(out, p->uncertainty_uj);
    }
    jb_buf_puts(out, "</td><td class=\"num\">");
    jb_html_work_percent(out, (double)p->energy_uj, whole_uj);
    jb_buf_printf(out, "</td><td class=\"muted wide\">%s</td></tr>\n",
                  jb_streq(phases[kind].name, p->name) ? phases[kind].meaning : "");
}

static void phase_section(struct jb_report *report)
{
    const struct jb_record_work *work = &report->record->work;
    double whole_uj = (double)jb_record_phases_uj(work), run_uj = (double)report->record->run_uj;
    struct jb_buf *out = report->out;
    if (work->phase_count < 2 || !(whole_uj > 0)) { /* one divides nothing */
        return;
    }
    jb_buf_puts(out, "<section><h2>What the program did with its energy</h2>\n");
    phase_bar(out, work, whole_uj);
    jb_buf_puts(out, "<div class=\"scroll\"><table class=\"phases\"><tbody>\n");
    for (size_t i = 0; i < phase_count(work); i++) {
        if (work->phases[i].energy_uj > 0 || work->phases[i].duration_s > 0) {
            phase_row(out, &work->phases[i], whole_uj);
        }
    }
    jb_buf_puts(out,
                "</tbody></table></div>\n<p class=\"muted\">Shares of this run\xE2\x80\x99s own energy; " PLUS_MINUS
                "is one standard deviation of how it divides");
    if (report->record->run_uncertainty_uj > 0) {
        jb_buf_puts(out, "; what is not known of the run\xE2\x80\x99s energy itself," PLUS_MINUS);
        jb_html_work_percent(out, report->record->run_uncertainty_uj, run_uj);
        jb_buf_puts(out, ", is common to all parts");
    }
    jb_buf_puts(out, ".");
    if (run_uj - whole_uj > LATE * run_uj) {
        jb_buf_puts(out, " As of when they were kept last: ");
        jb_html_energy(out, whole_uj);
        jb_buf_puts(out, " of the run\xE2\x80\x99s ");
        jb_html_energy(out, run_uj);
        jb_buf_puts(out, ".");
    }
    jb_buf_puts(out, "</p></section>\n");
}

void jb_html_work_percent(struct jb_buf *out, double part, double whole)
{
    double percent = 100 * part / whole;
    if (!isfinite(percent) || !(whole > 0)) {
        jb_buf_puts(out, "unknown");
    } else {
        jb_buf_printf(out, percent > 0 && percent < 0.05 ? "&lt;0.1" NBSP "%%" : "%.1f" NBSP "%%",
                      fabs(percent) < 0.05 ? 0 : percent);
    }
}

/* What one sentence of the method says of it. */
void jb_html_work_found(struct jb_buf *out, const struct jb_record *record)
{
    const struct jb_record_work *work = &record->work;
    jb_buf_puts(out, "<p class=\"muted\">Operators were caught ");
    if (work->steps > 0 && work->steps_caught >= work->steps) {
        jb_buf_printf(out, "in all of %llu steps", (unsigned long long)work->steps);
    } else if (work->steps > 0) {
        jb_buf_printf(out, "in %llu of %llu steps", (unsigned long long)work->steps_caught,
                      (unsigned long long)work->steps);
    } else {
        jb_buf_puts(out, "for ");
        jb_html_seconds(out, work->caught_s);
        jb_buf_puts(out, " of ");
        jb_html_seconds(out, record->duration_s);
    }
    if (work->sources[0] != '\0') {
        jb_buf_puts(out, ", told by ");
        jb_export_html_text(out, work->sources);
    }
    if (jb_streq(work->attribution, "time")) {
        jb_buf_puts(out, ". <strong>Plain time share</strong>: energy is divided by time, as if all of them drew the "
                         "same power");
    }
    if (isnan(work->slowdown)) {
        jb_buf_puts(out, ". How much catching slowed the run is not known.");
    } else {
        jb_buf_puts(out, work->slowdown > 0 ? ". Catching slowed the run by " : ". No slowdown by catching was seen: ");
        jb_html_work_percent(out, work->slowdown, 1);
        if (isfinite(work->slowdown_sd)) {
            jb_buf_puts(out, PLUS_MINUS);
            jb_html_work_percent(out, work->slowdown_sd, 1);
        }
        jb_buf_puts(out, ".");
    }
    jb_buf_puts(out, "</p>\n");
}

void jb_html_work(struct jb_report *report)
{
    if (report->record->work.known) {
        phase_section(report);
        jb_html_work_epochs(report);
        jb_html_work_operators(report);
        jb_html_work_groups(report);
    }
}
