/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carbon_text.c - documented in carbon_text.h. What a record holds may be anybody's text: it is cleaned before it is
 * shown.
 */
#include "cli/carbon_text.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/table.h"
#include "engine/price.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define SHOWN_SEGMENTS 6
#define COLUMNS        80

static const char *mass_pm(double grams, double sigma, char *buffer, size_t size)
{
    char mass[JB_UNIT_TEXT], error[JB_UNIT_TEXT];

    snprintf(buffer, size, "%s ± %s CO2e", jb_format_mass(grams, mass, sizeof(mass)),
             jb_format_mass(sigma, error, sizeof(error)));
    return buffer;
}

/* One source by name; of several the number of segments is told, and they follow in lines of their own. */
static void describe_sources(const struct jb_record *record, struct jb_buf *text)
{
    const struct jb_record_segment *segment = record->segment_count > 0 ? &record->segments[0] : NULL;
    char share[JB_UNIT_TEXT];

    if (segment == NULL) {
        return;
    }
    if (record->segment_count == 1) {
        jb_buf_printf(text, "%s%s%s; %s", segment->factor[0] != '\0' ? ", " : "", segment->factor,
                      segment->estimated ? ", estimated" : "", segment->source);
        return;
    }
    jb_buf_printf(text, "; mean of %zu segments by energy", record->segment_count);
    double live = jb_price_live_share(record);
    if (live < 1) {
        jb_buf_printf(text, ", %s %% at values of their own time", jb_format_3(100 * live, share, sizeof(share)));
    }
}

void cli_carbon_total(const struct jb_record *record, struct cli_carbon_text *ret)
{
    char number[JB_UNIT_TEXT];
    struct jb_buf text = {0};

    mass_pm(record->emissions_g, record->emissions_uncertainty_g, ret->value, sizeof(ret->value));
    jb_buf_printf(&text, "%s x %s g/kWh", record->basis,
                  jb_format_3(record->intensity_g_per_kwh, number, sizeof(number)));
    if (record->pue > 1) {
        jb_buf_printf(&text, " x PUE %s", jb_format_3(record->pue, number, sizeof(number)));
    }
    jb_buf_printf(&text, ", %s", record->zone_name[0] != '\0' ? record->zone_name : record->zone);
    describe_sources(record, &text);
    if (record->zone_note[0] != '\0') {
        jb_buf_printf(&text, "; %s", record->zone_note);
    }
    jb_copy(ret->meaning, sizeof(ret->meaning), text.data != NULL ? text.data : "");
    jb_sanitise(ret->meaning);
    jb_buf_finish(&text);
}

bool cli_carbon_marginal(const struct jb_record *record, struct cli_carbon_text *ret)
{
    const struct jb_record_marginal *marginal = &record->marginal;
    char number[JB_UNIT_TEXT], part[JB_UNIT_TEXT] = "";

    if (!marginal->known) {
        return false;
    }
    mass_pm(marginal->emissions_g, marginal->uncertainty_g, ret->value, sizeof(ret->value));
    if (marginal->coverage < 0.9995) {
        snprintf(part, sizeof(part), ", of %.0f %% of the energy", 100 * marginal->coverage);
    }
    snprintf(ret->meaning, sizeof(ret->meaning),
             "at %s g/kWh of the plants that follow the load (%s)%s; another question, not in the line above",
             jb_format_3(marginal->intensity_g_per_kwh, number, sizeof(number)), marginal->source, part);
    jb_sanitise(ret->meaning);
    return true;
}

bool cli_carbon_former(const struct jb_record *record, struct cli_carbon_text *ret)
{
    if (record->price_count == 0) {
        return false;
    }
    const struct jb_record_price *price = &record->prices[record->price_count - 1];
    char until[32];
    mass_pm(price->emissions_g, price->uncertainty_g, ret->value, sizeof(ret->value));
    jb_iso_time(price->until_ns, until, sizeof(until));
    snprintf(ret->meaning, sizeof(ret->meaning), "until %.16sZ, by %s; %s", until, price->source, price->reason);
    jb_sanitise(ret->meaning);
    return true;
}

bool cli_carbon_cost(const struct jb_record *record, struct cli_carbon_text *ret)
{
    const struct jb_record_cost *cost = &record->cost;
    char amount[JB_UNIT_TEXT], price[JB_UNIT_TEXT], part[JB_UNIT_TEXT] = "";

    if (!cost->known) {
        return false;
    }
    if (cost->coverage < 0.9995) {
        snprintf(part, sizeof(part), ", of %.0f %% of the energy", 100 * cost->coverage);
    }
    snprintf(ret->value, sizeof(ret->value), "%s %s", jb_format_3(cost->amount, amount, sizeof(amount)),
             cost->currency);
    snprintf(ret->meaning, sizeof(ret->meaning), "%s x %s %s/kWh, by [tariff]%s", record->basis,
             jb_format_3(cost->per_kwh, price, sizeof(price)), cost->currency, part);
    jb_sanitise(ret->value);
    jb_sanitise(ret->meaning);
    return true;
}

static void when(int64_t wall_ns, bool days, char *buffer, size_t size)
{
    time_t seconds = (time_t)(wall_ns / (int64_t)JB_NS_PER_S);
    struct tm tm = {0};

    localtime_r(&seconds, &tm);
    strftime(buffer, size, days ? "%m-%d %H:%M" : "%H:%M:%S", &tm);
}

static void describe_segment(const struct jb_record_segment *segment, char *buffer, size_t size)
{
    char age[JB_UNIT_TEXT];

    if (segment->age_s > 0) {
        snprintf(buffer, size, "%.40s, held for %s", segment->source,
                 jb_format_duration(segment->age_s, age, sizeof(age)));
    } else {
        snprintf(buffer, size, "%.40s%s", segment->source, segment->estimated ? ", estimated" : "");
    }
    jb_sanitise(buffer);
}

static void show_range(FILE *out, const struct jb_record *record, const struct cli_style *style)
{
    double low = INFINITY, high = -INFINITY;
    char lowest[JB_UNIT_TEXT], highest[JB_UNIT_TEXT];

    for (size_t i = 0; i < record->segment_count; i++) {
        low = fmin(low, record->segments[i].g_per_kwh);
        high = fmax(high, record->segments[i].g_per_kwh);
    }
    fprintf(out, "  %sfrom %s to %s g/kWh; joulebook show %.10s --json lists them%s\n", style->dim,
            jb_format_3(low, lowest, sizeof(lowest)), jb_format_3(high, highest, sizeof(highest)), record->id,
            style->off);
}

void cli_carbon_segments(FILE *out, const struct jb_record *record, const struct cli_style *style)
{
    struct cli_table table;

    if (record->segment_count < 2) {
        return;
    }
    if (record->segment_count > SHOWN_SEGMENTS) {
        show_range(out, record, style);
        return;
    }
    bool days = record->duration_s > 86400;
    cli_table_init(&table, (const char *const[]){"from", ">intensity", ">energy", ">emissions", "by", NULL});
    for (size_t i = 0; i < record->segment_count; i++) {
        const struct jb_record_segment *segment = &record->segments[i];
        char from[32], intensity[48], number[JB_UNIT_TEXT], energy[JB_UNIT_TEXT], mass[JB_UNIT_TEXT], by[128];
        double grams = (double)segment->energy_uj / 3.6e12 * segment->g_per_kwh * (record->pue >= 1 ? record->pue : 1);
        when(segment->start_ns, days, from, sizeof(from));
        snprintf(intensity, sizeof(intensity), "%s g/kWh", jb_format_3(segment->g_per_kwh, number, sizeof(number)));
        describe_segment(segment, by, sizeof(by));
        cli_table_row(&table, (const char *const[]){
                                  from,
                                  intensity,
                                  jb_format_energy((double)segment->energy_uj / 1e6, energy, sizeof(energy)),
                                  jb_format_mass(grams, mass, sizeof(mass)),
                                  by,
                              });
    }
    cli_table_print(&table, out, "    ", style->dim, style->off);
    cli_table_finish(&table);
}

static void note(FILE *out, const char *label, const char *text, const struct cli_style *style, bool *begun)
{
    char line[512];

    if (!*begun) {
        fputc('\n', out);
    }
    *begun = true;
    snprintf(line, sizeof(line), "%s: %s", label, text);
    jb_sanitise(line);
    fprintf(out, "  %s", style->dim);
    cli_wrap(out, line, 2, COLUMNS);
    fprintf(out, "%s\n", style->off);
}

void cli_carbon_notes(FILE *out, const struct jb_record *record, const struct cli_style *style, bool *begun)
{
    for (size_t i = 0; i < record->step_count; i++) {
        note(out, "intensity", record->steps[i], style, begun);
    }
    for (size_t i = 0; i < record->credit_count; i++) {
        note(out, "credit", record->credits[i], style, begun);
    }
}

bool cli_carbon_can_improve(const struct jb_record *record)
{
    bool any_live = false;

    for (size_t i = 0; i < record->segment_count; i++) {
        any_live = any_live || !isnan(record->segments[i].age_s);
    }
    /* Where nobody was found to ask, nobody will be: then the steps say what would help. */
    return jb_price_provisional(record) && (any_live || record->step_count > 0);
}
