/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of one run. Every figure has its uncertainty (one standard deviation) and its method beside it; what is
 * not known says "unknown". Sections: head, devices, where the joules went, carbon, our own cost, what the program did
 * with its energy, doubts, what next.
 */
#include "cli/report.h"

#include "base/text.h"
#include "base/units.h"
#include "cli/carbon_text.h"
#include "cli/grid_chart.h"
#include "cli/table.h"
#include "cli/wall_text.h"
#include "cli/work_text.h"

#include <math.h>
#include <string.h>

#define COLUMNS     80
#define LABEL_WIDTH 11
#define VALUE_WIDTH 25 /* "9.99 mg ± 99.9 mg CO2e" and spaces */
#define MEANING     (2 + LABEL_WIDTH + VALUE_WIDTH)
#define MIN_NAME    16
#define WIDE        120 /* what a terminal has beyond that does not make a table easier to read */

char *cli_energy_pm(double energy_uj, double sigma_uj, char *buffer, size_t size)
{
    char energy[JB_UNIT_TEXT], sigma[JB_UNIT_TEXT];

    snprintf(buffer, size, "%s ± %s", jb_format_energy(energy_uj / 1e6, energy, sizeof(energy)),
             jb_format_energy(sigma_uj / 1e6, sigma, sizeof(sigma)));
    return buffer;
}

/* printf counts bytes; "±" is two of them. */
static void cell(FILE *out, const char *text, int width)
{
    int columns = 0;

    for (const char *at = text; *at != '\0'; at++) {
        columns += ((unsigned char)*at & 0xc0) != 0x80;
    }
    fprintf(out, "%s%*s", text, columns < width ? width - columns : 0, "");
}

/* Names and notes may come from anybody's argv, files or hardware: nothing that moves the terminal is printed. */
static void put(FILE *out, const char *text)
{
    char copy[640];

    jb_copy(copy, sizeof(copy), text);
    jb_sanitise(copy);
    fputs(copy, out);
}

static void head(FILE *out, const struct jb_record *record, const struct cli_style *style)
{
    char text[JB_UNIT_TEXT];

    fprintf(out, "%sjoulebook%s  %s", style->bold, style->off, record->id);
    if (record->name != NULL) {
        fputs("  ", out);
        put(out, record->name);
    }
    const char *color = record->status == JB_RUN_FINISHED ? style->green : style->yellow;
    fprintf(out, "  %s%s%s", color, jb_run_status_name(record->status), style->off);
    if (record->has_exit_code && record->exit_code != 0) {
        fprintf(out, " (exit status %d)", record->exit_code);
    }
    if (record->has_signal) {
        fprintf(out, " (signal %d, %s)", record->signal, sigabbrev_np(record->signal));
    }
    fprintf(out, " after %s\n", jb_format_duration(record->duration_s, text, sizeof(text)));
}

/* What was booked nothing for is not known: a run may be over before its first reading. */
static bool booked(const struct jb_record_channel *channel)
{
    return channel->covered_ns > 0;
}

static bool any_booked(const struct jb_record *record)
{
    bool any = false;

    for (size_t i = 0; i < record->channel_count; i++) {
        any = any || (record->channels[i].in_total && booked(&record->channels[i]));
    }
    return any;
}

static void device_row(struct cli_table *table, const struct jb_record *record, const struct jb_record_channel *channel,
                       int name_width)
{
    char energy[2 * JB_UNIT_TEXT + 8], power[JB_UNIT_TEXT], method[64], name[320];
    double covered_s = booked(channel) ? (double)channel->covered_ns / 1e9 : NAN;
    bool filled = jb_streq(record->total, "wall") && channel->in_total;
    double read_uj = (double)(channel->energy_uj - (filled ? record->wall.filled_uj : 0));

    snprintf(method, sizeof(method), "%s (%s)", channel->method, channel->source);
    snprintf(name, sizeof(name), "%.*s%s%s%s", name_width, channel->name, channel->flag_text[0] != '\0' ? "  [" : "",
             channel->flag_text, channel->flag_text[0] != '\0' ? "]" : "");
    cli_energy_pm((double)channel->energy_uj, channel->uncertainty_uj, energy, sizeof(energy));
    cli_table_row(table, (const char *const[]){
                             channel->device,
                             booked(channel) ? energy : "unknown",
                             jb_format_power(read_uj / 1e6 / covered_s, power, sizeof(power)),
                             method,
                             name,
                         });
}

/* Twice: the first time tells how much of the line is left to the names. */
static void devices(FILE *out, const struct jb_record *record, const struct cli_style *style)
{
    int name_width = 0;

    for (int round = 0; round < 2; round++) {
        struct cli_table table;
        cli_table_init(&table, (const char *const[]){"device", ">energy", ">power", "method", "what", NULL});
        for (size_t i = 0; i < record->channel_count; i++) {
            if (record->channels[i].in_total) {
                device_row(&table, record, &record->channels[i], name_width);
            }
        }
        if (round == 0) {
            int left = COLUMNS - 2 - cli_table_width(&table, 4);
            name_width = left > MIN_NAME ? left : MIN_NAME;
        } else {
            fputc('\n', out);
            cli_table_print(&table, out, "  ", style->dim, style->off);
        }
        cli_table_finish(&table);
    }
}

/* A label, a value, and what it means in as many lines as that takes. */
static void line(FILE *out, const struct cli_style *style, const char *label, const char *value, const char *meaning)
{
    fprintf(out, "  %s%-*s%s", style->bold, LABEL_WIDTH, label, style->off);
    cell(out, value, meaning[0] != '\0' ? VALUE_WIDTH : 0);
    fputs(style->dim, out);
    cli_wrap(out, meaning, MEANING, COLUMNS);
    fprintf(out, "%s\n", style->off);
}

static void totals(FILE *out, const struct jb_record *record, const struct cli_style *style)
{
    char value[2 * JB_UNIT_TEXT + 8], meaning[160], other[JB_UNIT_TEXT], idle[JB_UNIT_TEXT], rest[JB_UNIT_TEXT];

    fputc('\n', out);
    if (!any_booked(record)) {
        line(out, style, "machine", "unknown", "nothing was read while it ran");
        line(out, style, "run", "unknown", "");
        line(out, style, "footprint", "unknown", "");
        return;
    }
    snprintf(meaning, sizeof(meaning), "the whole machine: run + idle %s + others %s + unattributed %s",
             jb_format_energy((double)record->idle_uj / 1e6, idle, sizeof(idle)),
             jb_format_energy((double)record->others_uj / 1e6, other, sizeof(other)),
             jb_format_energy((double)record->unattributed_uj / 1e6, rest, sizeof(rest)));
    line(out, style, "machine", cli_energy_pm((double)record->machine_uj, record->uncertainty_uj, value, sizeof(value)),
         meaning);
    line(out, style, "run", cli_energy_pm((double)record->run_uj, record->run_uncertainty_uj, value, sizeof(value)),
         "what would not have been used without this run");
    double idle_part =
        record->idle_uj > 0 ? 100.0 * (double)(record->footprint_uj - record->run_uj) / (double)record->idle_uj : 0;
    snprintf(meaning, sizeof(meaning), "run + its share of idle (%.0f %%); %s", idle_part,
             jb_format_energy_wh((double)record->footprint_uj / 1e6, other, sizeof(other)));
    line(out, style, "footprint",
         cli_energy_pm((double)record->footprint_uj, record->footprint_uncertainty_uj, value, sizeof(value)), meaning);
}

/* Of the run's joules, those of GPUs that were kept awake by nothing but being held open. */
static void contexts(FILE *out, const struct jb_record *record, const struct cli_style *style)
{
    double joules = 0, watts = 0;
    char value[JB_UNIT_TEXT], power[JB_UNIT_TEXT], meaning[160];

    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *channel = &record->channels[i];
        if (channel->in_total && channel->context_tax_j > 0) {
            joules += channel->context_tax_j;
            watts += channel->context_w;
        }
    }
    if (joules > 0) {
        snprintf(meaning, sizeof(meaning), "of the run: its GPUs drew %s above idle while it held them and used none",
                 jb_format_power(watts, power, sizeof(power)));
        line(out, style, "contexts", jb_format_energy(joules, value, sizeof(value)), meaning);
    }
}

static void wall(FILE *out, const struct jb_record *record, const struct cli_style *style)
{
    struct cli_wall_text text;

    if (cli_wall_measured(record, &text)) {
        line(out, style, "wall", text.value, text.meaning);
    }
    if (cli_wall_fitted(record, &text)) {
        line(out, style, "wall fit", text.value, text.meaning);
    }
}

static void carbon(FILE *out, const struct jb_record *record, const struct cli_style *style)
{
    struct cli_carbon_text text;
    char value[2 * JB_UNIT_TEXT + 16], mass[JB_UNIT_TEXT];

    if (isnan(record->emissions_g) || !any_booked(record)) {
        line(out, style, "carbon", "unknown", "");
        return;
    }
    cli_carbon_total(record, &text);
    line(out, style, "carbon", text.value, text.meaning);
    cli_carbon_segments(out, record, style);
    if (cli_carbon_marginal(record, &text)) {
        line(out, style, "marginal", text.value, text.meaning);
    }
    if (cli_carbon_former(record, &text)) {
        line(out, style, "before", text.value, text.meaning);
    }
    if (cli_carbon_cost(record, &text)) {
        line(out, style, "cost", text.value, text.meaning);
    }
    if (!isnan(record->embodied_g)) {
        snprintf(value, sizeof(value), "%s CO2e", jb_format_mass(record->embodied_g, mass, sizeof(mass)));
        line(out, style, "embodied", value, "making this hardware, for the time of the run; not in the line above");
    }
}

static void self(FILE *out, const struct jb_record *record, const struct cli_style *style)
{
    char cpu[JB_UNIT_TEXT], energy[JB_UNIT_TEXT], memory[JB_UNIT_TEXT], share[JB_UNIT_TEXT], value[96], meaning[96];

    if (isnan(record->self_cpu_s)) {
        return;
    }
    snprintf(value, sizeof(value), "%s CPU, %s", jb_format_duration(record->self_cpu_s, cpu, sizeof(cpu)),
             jb_format_bytes((double)record->self_max_rss_bytes, memory, sizeof(memory)));
    double percent = record->duration_s > 0 ? 100 * record->self_cpu_s / record->duration_s : NAN;
    snprintf(meaning, sizeof(meaning), "%s %% of a core, %s", jb_format_3(percent, share, sizeof(share)),
             jb_format_energy(record->self_energy_j, energy, sizeof(energy)));
    line(out, style, "our cost", value, meaning);
}

/* A blank line before the first of them. */
static void begin_doubt(FILE *out, bool *begun)
{
    if (!*begun) {
        fputc('\n', out);
    }
    *begun = true;
}

/* The doubts: how idle was known, notes of the channels in the total, and the warnings. */
static void doubts(FILE *out, const struct jb_record *record, const struct cli_style *style)
{
    bool model_idle = false, begun = false;

    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *channel = &record->channels[i];
        bool seen = false;
        for (size_t j = 0; j < i; j++) {
            seen = seen || (record->channels[j].in_total && jb_streq(record->channels[j].note, channel->note));
        }
        if (channel->in_total && channel->note[0] != '\0' && !seen) {
            char text[sizeof(channel->note) + sizeof(channel->source) + 16];
            snprintf(text, sizeof(text), "note: %s: %s", channel->source, channel->note);
            begin_doubt(out, &begun);
            fprintf(out, "  %s", style->dim);
            cli_wrap(out, text, 2, COLUMNS);
            fprintf(out, "%s\n", style->off);
        }
        model_idle =
            model_idle || (channel->in_total && !jb_streq(channel->method, "modelled") &&
                           (jb_streq(channel->idle_source, "model") || jb_streq(channel->idle_source, "none")));
    }
    if (model_idle) {
        begin_doubt(out, &begun);
        fprintf(out,
                "  %snote: idle power is the model's; when the machine is quiet, measure it:\n"
                "        joulebook calibrate idle%s\n",
                style->dim, style->off);
    }
    cli_carbon_notes(out, record, style, &begun);
    for (size_t i = 0; i < record->warning_count; i++) {
        begin_doubt(out, &begun);
        fprintf(out, "  %swarning:%s ", style->yellow, style->off);
        put(out, record->warnings[i]);
        fputc('\n', out);
    }
}

static void next_steps(FILE *out, const struct jb_record *record, const struct cli_style *style, bool stored)
{
    if (!stored) {
        return;
    }
    bool zone_given = record->zone_note[0] == '\0';
    fprintf(out, "\n  %snext:%s joulebook export %.10s -f html -o run.html   a page with charts\n", style->bold,
            style->off, record->id);
    fputs("        joulebook list | show last | compare RUN RUN   the runs so far\n", out);
    if (!zone_given) {
        fputs("        joulebook run --zone KR ...   your grid; joulebook grid --list-zones\n", out);
    } else if (cli_carbon_can_improve(record)) {
        fprintf(out, "        joulebook grid backfill %.10s   price it when more is known\n", record->id);
    }
    if (record->modelled_uj > 0) {
        fputs("        joulebook doctor   why some of this is modelled, what would measure it\n", out);
    }
}

static void work(FILE *out, const struct jb_record *record, const struct cli_style *style, size_t rows)
{
    struct chart_look terminal = chart_look(style, out);
    int columns = terminal.columns < COLUMNS ? COLUMNS : terminal.columns > WIDE ? WIDE : terminal.columns;
    const struct cli_work_look look = {.style = style, .utf8 = terminal.utf8, .columns = columns, .rows = rows};

    cli_work_report(out, record, &look);
}

void cli_report_rows(FILE *out, const struct jb_record *record, const struct cli_style *style, bool stored, size_t rows)
{
    head(out, record, style);
    if (record->channel_count == 0) {
        fputs("\n  no energy was recorded\n", out);
    } else {
        devices(out, record, style);
        totals(out, record, style);
        wall(out, record, style);
        contexts(out, record, style);
        carbon(out, record, style);
        self(out, record, style);
        work(out, record, style, rows);
    }
    doubts(out, record, style);
    next_steps(out, record, style, stored);
}

void cli_report(FILE *out, const struct jb_record *record, const struct cli_style *style, bool stored)
{
    cli_report_rows(out, record, style, stored, CLI_WORK_ROWS);
}
