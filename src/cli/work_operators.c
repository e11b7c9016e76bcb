/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of operators, what it rests on, and what to think of it.
 *
 * Where a run used accelerators each device has its own block of rows, under a row with its sum. Operators whose power
 * cannot be told apart are one row. Documented in work_text.h and, for users, in docs/operators.md.
 */
#include "cli/work_text.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/table.h"

#define LINE     512
#define INTERVAL 1.96 /* standard deviations of a 95 % interval */
#define MIN_NAME 12

static void add(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;

    va_start(args, format);
    jb_vsnprintf(text + used, LINE - used, format, args);
    va_end(args);
}

/* Words of interface.md as short as people of the field write them: the line has 80 columns. */
static const char *short_class(const char *name)
{
    static const struct {
        const char *name, *text;
    } words[] = {{"inverse", "inv"},        {"convolution", "conv"}, {"pooling", "pool"},    {"activation", "act"},
                 {"dropout", "drop"},       {"embedding", "embed"},  {"attention", "attn"},  {"reduction", "reduce"},
                 {"normalization", "norm"}, {"optimizer", "optim"},  {"elementwise", "elem"}};

    for (size_t i = 0; i < JB_COUNT(words); i++) {
        if (jb_streq(words[i].name, name)) {
            return words[i].text;
        }
    }
    return name;
}

/* "from 214 of 920 steps; catching slowed the run by 0.4 % ± 0.2 %" */
static void describe(const struct jb_record *record, const struct cli_work_look *look, char *text)
{
    const struct jb_record_work *work = &record->work;
    const char *pm = look->utf8 ? "±" : "+-";
    char one[JB_UNIT_TEXT], two[JB_UNIT_TEXT];

    text[0] = '\0';
    if (work->steps > 0 && work->steps_caught >= work->steps) {
        add(text, "from all of %llu steps", (unsigned long long)work->steps);
    } else if (work->steps > 0) {
        add(text, "from %llu of %llu steps", (unsigned long long)work->steps_caught, (unsigned long long)work->steps);
    } else {
        add(text, "from %s of %s", jb_format_duration(work->caught_s, one, sizeof(one)),
            jb_format_duration(record->duration_s, two, sizeof(two)));
    }
    if (work->sources[0] != '\0') {
        add(text, ", told by %s", work->sources);
    }
    if (jb_streq(work->attribution, "time")) {
        add(text, "; --attribution time: plain time share, as if all drew the same power");
    }
    if (isnan(work->slowdown)) {
        add(text, "; how much catching slowed the run is not known");
        return;
    }
    add(text, work->slowdown > 0 ? "; catching slowed the run by %s %%" : "; no slowdown by catching was seen (%s %%",
        cli_work_percent(work->slowdown, 1, one, sizeof(one)));
    if (!isnan(work->slowdown_sd)) {
        add(text, " %s %s %%", pm, cli_work_percent(work->slowdown_sd, 1, two, sizeof(two)));
    }
    add(text, "%s", work->slowdown > 0 ? "" : ")");
}

struct figures {
    uint64_t calls, energy_uj;
    double time_s, uncertainty_uj;
    const char *confidence; /* "": of no operator */
};

static void row(struct cli_table *table, const struct jb_record_work *work, const char *class_name, const char *name,
                const struct figures *f, const struct cli_work_look *look)
{
    char calls[JB_UNIT_TEXT], time[JB_UNIT_TEXT], energy[JB_UNIT_TEXT + 4], each[JB_UNIT_TEXT + 4], share[64],
        part[JB_UNIT_TEXT], half[JB_UNIT_TEXT];
    double whole_uj = (double)jb_record_operators_uj(work), joules = (double)f->energy_uj / 1e6;
    double one = f->calls > 0 ? joules / (double)f->calls : NAN;
    bool low = jb_streq(f->confidence, "low"), medium = jb_streq(f->confidence, "medium");
    bool told = f->uncertainty_uj > 0 || (f->uncertainty_uj == 0 && !low); /* what is hardly known is not exact */

    if (low) {
        jb_work_rough(joules, energy, sizeof(energy));
        jb_work_rough(one, each, sizeof(each));
    } else {
        jb_format_energy(joules, energy, sizeof(energy));
        jb_format_energy(one, each, sizeof(each));
    }
    cli_work_percent((double)f->energy_uj, whole_uj, part, sizeof(part));
    if (low && whole_uj > 0) {
        jb_work_rough_percent(100 * (double)f->energy_uj / whole_uj, part, sizeof(part));
    }
    cli_work_percent(INTERVAL * f->uncertainty_uj, whole_uj, half, sizeof(half));
    jb_snprintf(share, sizeof(share), told ? "%s %s%s" : "%s", part, look->utf8 ? "±" : "+-", half);
    cli_table_row(table, (const char *const[]){
                             class_name, name, f->calls > 0 ? cli_work_count(f->calls, calls, sizeof(calls)) : "",
                             isnan(f->time_s) ? "" : jb_format_duration(f->time_s, time, sizeof(time)), energy,
                             f->calls > 0 ? each : "", share,
                             low      ? "LOW"
                             : medium ? "med"
                                      : f->confidence});
    if (f->confidence[0] != '\0') {
        cli_table_color(table, low ? look->style->red : medium ? look->style->yellow : look->style->green);
    }
}

/* A line of the row with nothing but a further name. */
static void name_row(struct cli_table *table, const char *name, int name_width, const struct cli_work_look *look)
{
    char shown[CLI_SHORT_TEXT];

    cli_shorten(name, name_width, look->utf8 ? "…" : "..", shown, sizeof(shown));
    cli_table_row(table, (const char *const[]){"", shown, "", "", "", "", "", ""});
}

/* The others of a group have a line each below its first. */
static void operator_row(struct cli_table *table, const struct jb_record_work *work, const struct jb_work_row *r,
                         int name_width, const struct cli_work_look *look)
{
    char name[CLI_SHORT_TEXT], shown[CLI_SHORT_TEXT];
    const struct figures figures = {r->calls, r->energy_uj, r->time_s, r->uncertainty_uj, r->first->confidence};

    cli_shorten(jb_work_short_name(r->first->name), name_width, look->utf8 ? "…" : "..", shown, sizeof(shown));
    row(table, work, short_class(r->first->class_name), shown, &figures, look);
    for (size_t i = 1; i < r->members && i < JB_WORK_ROW_NAMED; i++) {
        const struct jb_record_operator *member = jb_work_row_member(work, r, i);
        snprintf(name, sizeof(name), "+ %s", member != NULL ? jb_work_short_name(member->name) : "");
        name_row(table, name, name_width, look);
    }
    if (r->members > JB_WORK_ROW_NAMED) {
        snprintf(name, sizeof(name), "+ %zu others", r->members - JB_WORK_ROW_NAMED);
        name_row(table, name, name_width, look);
    }
}

static bool all_low(const struct jb_work_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!jb_streq(rows[i].first->confidence, "low")) {
            return false;
        }
    }
    return true;
}

/* What is not shown singly, as one row: how its members hang together, and so its doubt, is not in the record. */
static void rest_row(struct cli_table *table, const struct jb_record_work *work, const struct jb_work_row *rows,
                     size_t count, const struct cli_work_look *look)
{
    struct figures sum = {.uncertainty_uj = NAN, .confidence = all_low(rows, count) ? "low" : ""};
    char name[48];

    for (size_t i = 0; i < count; i++) {
        sum.calls += rows[i].calls;
        sum.energy_uj += rows[i].energy_uj;
        sum.time_s += rows[i].time_s;
    }
    snprintf(name, sizeof(name), "%zu more", count);
    row(table, work, "", name, &sum, look);
}

/* The rows of one device; the number of them. */
static size_t device_rows(struct cli_table *table, const struct jb_record_work *work, const struct jb_work_row *rows,
                          size_t count, bool several, int name_width, const struct cli_work_look *look)
{
    size_t here = 0;

    while (here < count && jb_streq(rows[here].first->device, rows[0].first->device)) {
        here++;
    }
    if (several) {
        char energy[JB_UNIT_TEXT], share[JB_UNIT_TEXT], device[sizeof(rows->first->device) + 4];
        snprintf(device, sizeof(device), "on %s", rows[0].first->device);
        cli_table_row(
            table,
            (const char *const[]){
                "", device, "", "", jb_format_energy(rows[0].device_uj / 1e6, energy, sizeof(energy)), "",
                cli_work_percent(rows[0].device_uj, (double)jb_record_operators_uj(work), share, sizeof(share)), ""});
    }
    size_t shown = here > look->rows + 1 ? look->rows : here; /* one more takes no more room than saying so */
    for (size_t i = 0; i < shown; i++) {
        operator_row(table, work, &rows[i], name_width, look);
    }
    if (shown < here) {
        rest_row(table, work, rows + shown, here - shown, look);
    }
    return here;
}

static void fill(struct cli_table *table, const struct jb_record_work *work, const struct jb_work_row *rows,
                 size_t count, int name_width, const struct cli_work_look *look)
{
    bool several = count > 0 && !jb_streq(rows[0].first->device, rows[count - 1].first->device);

    for (size_t i = 0; i < count;) {
        i += device_rows(table, work, rows + i, count - i, several, name_width, look);
    }
    if (work->outside_uj > 0 || work->outside_s > 0) {
        const struct figures outside = {0, work->outside_uj, work->outside_s, work->outside_uncertainty_uj, ""};
        char name[CLI_SHORT_TEXT];
        cli_shorten("outside operators", name_width, look->utf8 ? "…" : "..", name, sizeof(name));
        row(table, work, "", name, &outside, look);
    }
    if (work->unattributed_uj > 0) {
        const struct figures unattributed = {0, work->unattributed_uj, NAN, NAN, ""};
        row(table, work, "", "unattributed", &unattributed, look);
    }
}

static void classes(FILE *out, const struct jb_record_work *work, const struct cli_work_look *look)
{
    struct jb_work_class all[JB_WORK_CLASSES];
    size_t count = jb_work_classes(work, all);
    char text[1024] = "by class:", share[JB_UNIT_TEXT];
    size_t used = strlen(text);

    for (size_t i = 0; i < count && used + 64 < sizeof(text); i++) {
        cli_work_class_percent(&all[i], (double)jb_record_operators_uj(work), share, sizeof(share));
        jb_snprintf(text + used, sizeof(text) - used, "%s %s %s %%", i > 0 ? "," : "", all[i].name, share);
        used += strlen(text + used);
    }
    fputs("  ", out);
    cli_wrap(out, text, 2, look->columns);
    fputc('\n', out);
}

static void legend(FILE *out, const struct jb_record_work *work, const struct jb_work_row *rows, size_t count,
                   const struct cli_work_look *look)
{
    char text[LINE] = "%: of the run's energy, with its 95 % interval. ";
    bool merged = false, low = false, cut = false;
    size_t here = 0;

    for (size_t i = 0; i < count; i++) {
        merged = merged || rows[i].members > 1;
        low = low || jb_streq(rows[i].first->confidence, "low");
        here = i > 0 && jb_streq(rows[i].first->device, rows[i - 1].first->device) ? here + 1 : 1;
        cut = cut || here > look->rows + 1;
    }
    if (low) {
        add(text, "LOW: the sensors could not tell %s; %s figures are little more than %s of the time. ",
            all_low(rows, count) ? "these operators apart" : "this operator from the rest",
            all_low(rows, count) ? "their" : "its", all_low(rows, count) ? "shares" : "its share");
    }
    if (merged) {
        add(text, "+: their power cannot be told apart; the row has their sum. ");
    }
    if (work->outside_uj > 0) {
        add(text, "outside: the program between operators. ");
    }
    if (work->unattributed_uj > 0) {
        add(text, "unattributed: not known which, as when the program starts, or none were caught. ");
    }
    if (cut) {
        add(text, "All rows: joulebook show --limit 0");
    }
    fprintf(out, "  %s", look->style->dim);
    cli_wrap(out, text, 2, look->columns);
    fprintf(out, "%s\n", look->style->off);
}

void cli_work_operators(FILE *out, const struct jb_record *record, const struct cli_work_look *look)
{
    const struct jb_record_work *work = &record->work;
    JB_CLEANUP(jb_freep) struct jb_work_row *rows = NULL;
    size_t count = 0;
    int name_width = 4;
    char text[LINE];

    if (work->operator_count == 0 || jb_work_rows(work, &rows, &count) < 0) {
        return;
    }
    describe(record, look, text);
    cli_work_title(out, "operators", text, look);
    for (int round = 0; round < 2; round++) { /* the first tells how much of the line is left to the names */
        struct cli_table table;
        cli_table_init(&table, (const char *const[]){"class", "name", ">calls", ">time", ">energy", ">a call",
                                                     look->utf8 ? ">% ±95 %" : ">% +-95 %", "conf", NULL});
        fill(&table, work, rows, count, name_width, look);
        if (round == 0) {
            int others = cli_table_width(&table, CLI_TABLE_COLUMNS) - 2 -
                         (cli_table_width(&table, 2) - cli_table_width(&table, 1) - 2);
            name_width = look->columns - 2 - others;
            name_width = name_width > MIN_NAME ? name_width : MIN_NAME;
        } else {
            cli_table_print(&table, out, "  ", look->style->dim, look->style->off);
        }
        cli_table_finish(&table);
    }
    classes(out, work, look);
    legend(out, work, rows, count, look);
}
