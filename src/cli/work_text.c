/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run did with its energy: the phases, and the layers and regions by name; the epochs and the operators are in
 * files of their own. Shares are of what was divided, which in a run that is still going on is a little less than the
 * run's energy, and then this is said.
 */
#include "cli/work_text.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/table.h"

#define BAR        24
#define GROUP_ROWS 10    /* fewer than of operators, unless more are asked for */
#define LATE       0.005 /* of the run's energy: what is missing of it is told */

void cli_work_phases(FILE *out, const struct jb_record *record, const struct cli_work_look *look)
{
    const struct jb_record_work *work = &record->work;
    double whole_uj = (double)jb_record_phases_uj(work), most_uj = 0;
    struct cli_table table;
    char text[160] = "how the run's energy divides", one[JB_UNIT_TEXT], two[JB_UNIT_TEXT];
    const char *pm = look->utf8 ? "±" : "+-";

    if (work->phase_count < 2) {
        return; /* one divides nothing */
    }
    for (size_t i = 0; i < work->phase_count; i++) {
        most_uj = fmax(most_uj, (double)work->phases[i].energy_uj);
    }
    if ((double)record->run_uj - whole_uj > LATE * (double)record->run_uj) {
        snprintf(text, sizeof(text), "as of when they were kept last: %s of the run's %s",
                 jb_format_energy(whole_uj / 1e6, one, sizeof(one)),
                 jb_format_energy((double)record->run_uj / 1e6, two, sizeof(two)));
    } else if (record->run_uj > 0 && record->run_uncertainty_uj > 0) {
        snprintf(text, sizeof(text),
                 "how the run's energy divides; %s is of that, the run's own %s %s %% is common to all", pm, pm,
                 cli_work_percent(record->run_uncertainty_uj, (double)record->run_uj, one, sizeof(one)));
    }
    cli_work_title(out, "phases", text, look);
    cli_table_init(&table, (const char *const[]){"phase", ">time", ">energy", ">%", "", NULL});
    for (size_t i = 0; i < work->phase_count; i++) {
        const struct jb_record_phase *p = &work->phases[i];
        char time[JB_UNIT_TEXT], energy[2 * JB_UNIT_TEXT + 8], share[JB_UNIT_TEXT], bar[4 * BAR + 8];
        if (p->energy_uj == 0 && !(p->duration_s > 0)) {
            continue;
        }
        cli_table_row(&table,
                      (const char *const[]){
                          p->name, jb_format_duration(p->duration_s, time, sizeof(time)),
                          cli_work_energy_pm((double)p->energy_uj, p->uncertainty_uj, look, energy, sizeof(energy)),
                          cli_work_percent((double)p->energy_uj, whole_uj, share, sizeof(share)),
                          cli_work_bar((double)p->energy_uj, most_uj, BAR, look->utf8, bar, sizeof(bar))});
        cli_table_color(&table, look->style->cyan);
    }
    cli_table_print(&table, out, "  ", look->style->dim, look->style->off);
    cli_table_finish(&table);
}

static void group_row(struct cli_table *table, const struct jb_record *record, const struct jb_record_group *g,
                      int name_width, const struct cli_work_look *look)
{
    char name[CLI_SHORT_TEXT], calls[JB_UNIT_TEXT], time[JB_UNIT_TEXT], energy[2 * JB_UNIT_TEXT + 8],
        each[JB_UNIT_TEXT], share[JB_UNIT_TEXT];
    double joules = (double)g->energy_uj / 1e6;

    cli_table_row(table,
                  (const char *const[]){
                      cli_shorten(g->name, name_width, look->utf8 ? "…" : "..", name, sizeof(name)),
                      cli_work_count(g->calls, calls, sizeof(calls)), jb_format_duration(g->time_s, time, sizeof(time)),
                      cli_work_energy_pm((double)g->energy_uj, g->uncertainty_uj, look, energy, sizeof(energy)),
                      jb_format_energy(g->calls > 0 ? joules / (double)g->calls : NAN, each, sizeof(each)),
                      cli_work_percent((double)g->energy_uj, (double)record->run_uj, share, sizeof(share))});
}

/* Twice: the first time tells how much of the line is left to the names. */
static void group_rows(FILE *out, const struct jb_record *record, const struct jb_record_group *sorted, size_t count,
                       const struct cli_work_look *look)
{
    int name_width = 4;

    for (int round = 0; round < 2; round++) {
        struct cli_table table;
        cli_table_init(&table, (const char *const[]){"name", ">calls", ">time", ">energy", ">a call", ">%", NULL});
        for (size_t i = 0; i < count; i++) {
            group_row(&table, record, &sorted[i], name_width, look);
        }
        if (round == 0) {
            name_width += look->columns - 2 - (cli_table_width(&table, CLI_TABLE_COLUMNS) - 2);
        } else {
            cli_table_print(&table, out, "  ", look->style->dim, look->style->off);
        }
        cli_table_finish(&table);
    }
}

void cli_work_groups(FILE *out, const struct jb_record *record, bool layers, const struct cli_work_look *look)
{
    JB_CLEANUP(jb_freep) struct jb_record_group *sorted = NULL;
    size_t count = 0, most = look->rows < GROUP_ROWS || look->rows > CLI_WORK_ROWS ? look->rows : GROUP_ROWS;

    if (jb_work_groups(&record->work, layers, &sorted, &count) < 0 || count == 0) {
        return;
    }
    cli_work_title(out, layers ? "layers" : "regions",
                   layers ? "as modules nest: an outer one has what is in its inner ones"
                          : "all of one name; they may lie in each other",
                   look);
    group_rows(out, record, sorted, count < most ? count : most, look);
    if (count > most) {
        fprintf(out, "  %sand %zu more%s\n", look->style->dim, count - most, look->style->off);
    }
}

void cli_work_report(FILE *out, const struct jb_record *record, const struct cli_work_look *look)
{
    if (!record->work.known) {
        return;
    }
    cli_work_phases(out, record, look);
    cli_work_epochs(out, record, look);
    cli_work_operators(out, record, look);
    cli_work_groups(out, record, true, look);
    cli_work_groups(out, record, false, look);
}
