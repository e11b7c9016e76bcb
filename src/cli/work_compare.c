/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phases and classes side by side; documented in work_compare.h. A phase has its uncertainty, a class its share of what
 * was divided over the operators: sums over operators that are not independent have none in the record.
 */
#include "cli/work_compare.h"

#include <math.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/report.h"
#include "cli/work_text.h"

#define CELL     80
#define MOST     64 /* rows of a kind: a damaged record may name as many phases as it likes */
#define INDENTED 24

struct names {
    char name[MOST][16];
    size_t count;
};

static void add_name(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (jb_streq(names->name[i], name)) {
            return;
        }
    }
    if (names->count < MOST) {
        jb_copy(names->name[names->count++], sizeof(names->name[0]), name);
    }
}

static void phase_cell(const struct jb_record *record, const char *name, char *cell)
{
    cell[0] = '\0';
    for (size_t i = 0; i < record->work.phase_count; i++) {
        const struct jb_record_phase *p = &record->work.phases[i];
        if (jb_streq(p->name, name)) {
            cli_energy_pm((double)p->energy_uj, p->uncertainty_uj, cell, CELL);
        }
    }
}

static void class_cell(const struct jb_record *record, const char *name, char *cell)
{
    struct jb_work_class all[JB_WORK_CLASSES];
    char energy[JB_UNIT_TEXT], share[JB_UNIT_TEXT];
    size_t count = jb_work_classes(&record->work, all);

    cell[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (jb_streq(all[i].name, name)) {
            double whole_uj = (double)jb_record_operators_uj(&record->work);
            double joules = (double)all[i].energy_uj / 1e6;
            snprintf(cell, CELL, "%s, %s %%",
                     all[i].low ? jb_work_rough(joules, energy, sizeof(energy))
                                : jb_format_energy(joules, energy, sizeof(energy)),
                     cli_work_class_percent(&all[i], whole_uj, share, sizeof(share)));
        }
    }
}

static void rows(struct cli_table *table, const char *title, const struct names *names,
                 const struct jb_record *const *records, size_t count,
                 void (*fill)(const struct jb_record *record, const char *name, char *cell))
{
    if (names->count == 0) {
        return;
    }
    cli_table_row(table, (const char *const[CLI_COMPARE_RUNS + 1]){title});
    for (size_t i = 0; i < names->count; i++) {
        char label[INDENTED], text[CLI_COMPARE_RUNS][CELL];
        const char *cells[CLI_COMPARE_RUNS + 1] = {label};
        snprintf(label, sizeof(label), "  %s", names->name[i]);
        for (size_t run = 0; run < count && run < CLI_COMPARE_RUNS; run++) {
            fill(records[run], names->name[i], text[run]);
            cells[run + 1] = text[run];
        }
        cli_table_row(table, cells);
    }
}

void cli_work_compare(struct cli_table *table, const struct jb_record *const *records, size_t count)
{
    struct names phases = {0}, classes = {0};

    for (size_t run = 0; run < count; run++) {
        const struct jb_record_work *work = &records[run]->work;
        struct jb_work_class all[JB_WORK_CLASSES];
        size_t class_count = jb_work_classes(work, all);
        for (size_t i = 0; i < work->phase_count; i++) {
            if (work->phases[i].energy_uj > 0) {
                add_name(&phases, work->phases[i].name);
            }
        }
        for (size_t i = 0; i < class_count; i++) {
            add_name(&classes, all[i].name);
        }
    }
    rows(table, "phases", &phases, records, count, phase_cell);
    rows(table, "operators", &classes, records, count, class_cell);
}
