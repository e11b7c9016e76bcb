/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The epochs of a run: what one is on average, whether they change, and where there are few, each of them. A change
 * that is smaller than its doubt is not told as one.
 */
#include "cli/work_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "cli/table.h"

#define SINGLE 12 /* of more only what they have in common is told */
#define BAR    24

static void add(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void add(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;

    va_start(args, format);
    jb_vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

static void describe(const struct jb_work_epochs *epochs, uint64_t planned, const struct cli_work_look *look,
                     char *text, size_t size)
{
    const char *pm = look->utf8 ? "±" : "+-";
    char one[JB_UNIT_TEXT], two[JB_UNIT_TEXT];

    text[0] = '\0';
    add(text, size, "%zu", epochs->count);
    if (planned > 0 && planned != epochs->count) {
        add(text, size, " (%llu were planned)", (unsigned long long)planned);
    }
    add(text, size, ", of %s", jb_format_duration(epochs->mean_s, one, sizeof(one)));
    if (epochs->count > 1) {
        add(text, size, " %s %s", pm, jb_format_duration(epochs->sd_s, two, sizeof(two)));
    }
    add(text, size, " and %s", jb_format_energy(epochs->mean_uj / 1e6, one, sizeof(one)));
    if (epochs->count > 1) {
        add(text, size, " %s %s each (%s: how they differ)", pm,
            jb_format_energy(epochs->sd_uj / 1e6, two, sizeof(two)), pm);
        add(text, size, "; the first %s, the last %s",
            jb_format_energy((double)epochs->first->energy_uj / 1e6, one, sizeof(one)),
            jb_format_energy((double)epochs->last->energy_uj / 1e6, two, sizeof(two)));
    }
    if (fabs(epochs->trend) > epochs->trend_95) {
        add(text, size, "; over the run their energy %s by %s %% %s %s %%", epochs->trend > 0 ? "rises" : "falls",
            cli_work_percent(fabs(epochs->trend), 1, one, sizeof(one)), pm,
            cli_work_percent(epochs->trend_95, 1, two, sizeof(two)));
    } else if (isfinite(epochs->trend)) {
        add(text, size, "; no change that could be told from chance");
    }
    if (epochs->guessed) {
        add(text, size, "; where they begin and end was inferred from the data loader");
    }
}

static void rows(FILE *out, const struct jb_record_work *work, const struct cli_work_look *look)
{
    struct cli_table table;
    double most_uj = 0;
    int64_t number = 0;

    for (int64_t i = jb_work_next_epoch(work, 0); i >= 0; i = jb_work_next_epoch(work, (size_t)i + 1)) {
        most_uj = fmax(most_uj, (double)work->regions[i].energy_uj);
    }
    cli_table_init(&table, (const char *const[]){">epoch", ">time", ">energy", ">CO2e", "", NULL});
    for (int64_t i = jb_work_next_epoch(work, 0); i >= 0; i = jb_work_next_epoch(work, (size_t)i + 1), number++) {
        const struct jb_record_region *r = &work->regions[i];
        char index[JB_UNIT_TEXT], time[JB_UNIT_TEXT], energy[2 * JB_UNIT_TEXT + 8], mass[JB_UNIT_TEXT],
            bar[4 * BAR + 8];
        snprintf(index, sizeof(index), "%lld", (long long)(r->index >= 0 ? r->index : number));
        cli_table_row(&table,
                      (const char *const[]){
                          index, jb_format_duration(r->duration_s, time, sizeof(time)),
                          cli_work_energy_pm((double)r->energy_uj, r->uncertainty_uj, look, energy, sizeof(energy)),
                          jb_format_mass(r->emissions_g, mass, sizeof(mass)),
                          cli_work_bar((double)r->energy_uj, most_uj, BAR, look->utf8, bar, sizeof(bar))});
        cli_table_color(&table, look->style->cyan);
    }
    cli_table_print(&table, out, "  ", look->style->dim, look->style->off);
    cli_table_finish(&table);
}

void cli_work_epochs(FILE *out, const struct jb_record *record, const struct cli_work_look *look)
{
    struct jb_work_epochs epochs;
    char text[512];

    jb_work_epochs(&record->work, &epochs);
    if (epochs.count == 0) {
        return;
    }
    describe(&epochs, record->work.epochs_planned, look, text, sizeof(text));
    cli_work_title(out, "epochs", text, look);
    if (epochs.count > 1 && epochs.count <= SINGLE) {
        rows(out, &record->work, look);
    }
}
