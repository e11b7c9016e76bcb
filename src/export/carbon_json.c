/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members carbon and cost of a record's JSON.
 *
 * The energies of the segments sum to that of the basis, in microjoules, and their emissions to emissions_g but for
 * rounding. marginal answers another question than the rest and is part of nothing.
 */
#include <math.h>

#include "export/measured.h"
#include "export/price.h"
#include "export/run_json.h"

static void segment(struct jb_json *json, const struct jb_record *record, const struct jb_record_segment *s)
{
    jb_json_open(json, NULL, '{');
    jb_json_time(json, "start", s->start_ns);
    jb_json_time(json, "end", s->end_ns);
    jb_json_number(json, "g_per_kwh", s->g_per_kwh);
    jb_json_number(json, "uncertainty_g_per_kwh", fabs(s->g_per_kwh) * s->rel_error);
    jb_json_string(json, "source", s->source);
    jb_json_string(json, "factor", s->factor);
    jb_json_bool(json, "estimated", s->estimated);
    jb_json_bool(json, "live", s->live);
    jb_json_number(json, "age_s", s->age_s);
    jb_export_energy_member(json, "energy_j", record, s->energy_uj);
    jb_json_number(json, "emissions_g", jb_export_segment_g(record, s));
    jb_json_close(json, '}');
}

static void former(struct jb_json *json, const struct jb_record *record)
{
    jb_json_open(json, "former", '[');
    for (size_t i = 0; i < record->price_count; i++) {
        const struct jb_record_price *price = &record->prices[i];
        jb_json_open(json, NULL, '{');
        jb_json_time(json, "until", price->until_ns);
        jb_json_number(json, "emissions_g", price->emissions_g);
        jb_json_number(json, "uncertainty_g", price->uncertainty_g);
        jb_json_number(json, "intensity_g_per_kwh", price->intensity_g_per_kwh);
        jb_json_string(json, "source", price->source);
        jb_json_string(json, "reason", price->reason);
        jb_json_close(json, '}');
    }
    jb_json_close(json, ']');
}

static void marginal(struct jb_json *json, const struct jb_record *record)
{
    const struct jb_record_marginal *m = &record->marginal;
    if (!m->known) {
        jb_json_null(json, "marginal");
        return;
    }
    jb_json_open(json, "marginal", '{');
    jb_json_number(json, "emissions_g", jb_export_known(record, m->emissions_g));
    jb_json_number(json, "uncertainty_g", jb_export_known(record, m->uncertainty_g));
    jb_json_number(json, "intensity_g_per_kwh", m->intensity_g_per_kwh);
    jb_json_number(json, "coverage", m->coverage);
    jb_json_string(json, "source", m->source);
    jb_json_close(json, '}');
}

void jb_export_carbon_json(struct jb_json *json, const char *key, const struct jb_record *record)
{
    jb_json_open(json, key, '{');
    jb_json_number(json, "emissions_g", jb_export_known(record, record->emissions_g));
    jb_json_number(json, "uncertainty_g", jb_export_known(record, record->emissions_uncertainty_g));
    jb_json_number(json, "embodied_g", record->embodied_g);
    jb_json_number(json, "intensity_g_per_kwh", record->intensity_g_per_kwh);
    jb_json_string(json, "basis", record->basis);
    jb_json_string(json, "zone", record->zone);
    jb_json_string(json, "zone_name", record->zone_name);
    jb_json_string(json, "zone_note", record->zone_note);
    jb_json_number(json, "pue", record->pue);
    jb_json_open(json, "segments", '[');
    for (size_t i = 0; i < record->segment_count; i++) {
        segment(json, record, &record->segments[i]);
    }
    jb_json_close(json, ']');
    jb_json_texts(json, "steps", record->steps, record->step_count);
    jb_json_texts(json, "credits", record->credits, record->credit_count);
    former(json, record);
    marginal(json, record);
    jb_json_close(json, '}');
}

void jb_export_cost_json(struct jb_json *json, const char *key, const struct jb_record *record)
{
    const struct jb_record_cost *cost = &record->cost;
    if (!cost->known) {
        jb_json_null(json, key);
        return;
    }
    jb_json_open(json, key, '{');
    jb_json_number(json, "amount", jb_export_known(record, cost->amount));
    jb_json_string(json, "currency", cost->currency);
    jb_json_number(json, "per_kwh", cost->per_kwh);
    jb_json_number(json, "coverage", cost->coverage);
    jb_json_close(json, '}');
}
