/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run did with its energy in JSON: work, regions, region_totals, phases, layers and operators of interface.md's
 * run record. Where nothing is known work is null and the arrays are empty.
 *
 * operators are single, also those of a group whose power cannot be told apart: each names the others in merged_with,
 * at most MAX_NAMES of them, and the uncertainty of their sum. Energies divide energy.run_j: those of the phases sum to
 * it, and those of the operators with work.outside_j and work.unattributed_j do.
 */
#include "export/run_json.h"

#include <math.h>
#include <string.h>

#define MAX_NAMES 64

static void joules_pm(struct jb_json *json, uint64_t energy_uj, double uncertainty_uj)
{
    jb_json_joules(json, "energy_j", energy_uj);
    jb_json_number(json, "uncertainty_j", uncertainty_uj / 1e6);
}

static void figures(struct jb_json *json, const struct jb_record_work *w)
{
    if (!w->known) {
        jb_json_null(json, "work");
        return;
    }
    jb_json_open(json, "work", '{');
    jb_json_string(json, "ops", w->ops);
    jb_json_string(json, "attribution", w->attribution);
    jb_json_words(json, "sources", w->sources, ", ");
    jb_json_integer_if(json, "epochs_planned", w->epochs_planned > 0, (int64_t)w->epochs_planned);
    jb_json_integer(json, "steps", (int64_t)w->steps);
    jb_json_integer(json, "steps_caught", (int64_t)w->steps_caught);
    jb_json_number(json, "caught_s", w->caught_s);
    jb_json_number(json, "slowdown", w->slowdown);
    jb_json_number(json, "slowdown_uncertainty", w->slowdown_sd);
    jb_json_joules(json, "outside_j", w->outside_uj);
    jb_json_number(json, "outside_uncertainty_j", w->outside_uncertainty_uj / 1e6);
    jb_json_number(json, "outside_s", w->outside_s);
    jb_json_joules(json, "unattributed_j", w->unattributed_uj);
    jb_json_number(json, "sensor_lag_s", w->lag_s);
    jb_json_number(json, "sensor_edge_s", w->edge_s);
    jb_json_close(json, '}');
}

static void regions(struct jb_json *json, const struct jb_record_work *w)
{
    jb_json_open(json, "regions", '[');
    for (size_t i = 0; i < w->region_count; i++) {
        const struct jb_record_region *r = &w->regions[i];
        jb_json_open(json, NULL, '{');
        jb_json_integer(json, "id", r->id);
        jb_json_integer(json, "parent", r->parent);
        jb_json_string(json, "kind", r->kind);
        jb_json_string(json, "name", r->name[0] != '\0' ? r->name : r->kind);
        jb_json_integer_if(json, "index", r->index >= 0, r->index);
        jb_json_number(json, "start_s", r->start_s);
        jb_json_number(json, "duration_s", r->duration_s);
        joules_pm(json, r->energy_uj, r->uncertainty_uj);
        jb_json_number(json, "emissions_g", r->emissions_g);
        jb_json_bool(json, "guessed", r->guessed);
        jb_json_close(json, '}');
    }
    jb_json_close(json, ']');
}

static void phases(struct jb_json *json, const struct jb_record_work *w)
{
    jb_json_open(json, "phases", '[');
    for (size_t i = 0; i < w->phase_count; i++) {
        const struct jb_record_phase *p = &w->phases[i];
        jb_json_open(json, NULL, '{');
        jb_json_string(json, "name", p->name);
        jb_json_number(json, "duration_s", p->duration_s);
        joules_pm(json, p->energy_uj, p->uncertainty_uj);
        jb_json_close(json, '}');
    }
    jb_json_close(json, ']');
}

/* Layers have an array of their own, without their kind. */
static void groups(struct jb_json *json, const char *key, bool layers, const struct jb_record_work *w)
{
    jb_json_open(json, key, '[');
    for (size_t i = 0; i < w->group_count; i++) {
        const struct jb_record_group *g = &w->groups[i];
        if ((strcmp(g->kind, "layer") == 0) != layers) {
            continue;
        }
        jb_json_open(json, NULL, '{');
        if (!layers) {
            jb_json_string(json, "kind", g->kind);
        }
        jb_json_string(json, "name", g->name);
        jb_json_integer(json, "calls", (int64_t)g->calls);
        jb_json_number(json, "time_s", g->time_s);
        joules_pm(json, g->energy_uj, g->uncertainty_uj);
        jb_json_close(json, '}');
    }
    jb_json_close(json, ']');
}

static void merged_with(struct jb_json *json, const struct jb_record_work *w, const struct jb_record_operator *self)
{
    size_t named = 0;
    jb_json_open(json, "merged_with", '[');
    for (size_t i = 0; self->merged >= 0 && i < w->operator_count && named < MAX_NAMES; i++) {
        const struct jb_record_operator *o = &w->operators[i];
        if (o != self && o->merged == self->merged && strcmp(o->device, self->device) == 0) {
            jb_json_text(json, NULL, o->name);
            named++;
        }
    }
    jb_json_close(json, ']');
}

static void operators(struct jb_json *json, const struct jb_record_work *w)
{
    jb_json_open(json, "operators", '[');
    for (size_t i = 0; i < w->operator_count; i++) {
        const struct jb_record_operator *o = &w->operators[i];
        jb_json_open(json, NULL, '{');
        jb_json_string(json, "name", o->name);
        jb_json_string(json, "class", o->class_name);
        jb_json_string(json, "device", o->device);
        jb_json_integer(json, "calls", (int64_t)o->calls);
        jb_json_number(json, "time_s", o->time_s);
        joules_pm(json, o->energy_uj, o->uncertainty_uj);
        jb_json_string(json, "confidence", o->confidence);
        merged_with(json, w, o);
        jb_json_number(json, "merged_uncertainty_j",
                       o->merged >= 0 && o->merged_uncertainty_uj > 0 ? o->merged_uncertainty_uj / 1e6 : NAN);
        jb_json_close(json, '}');
    }
    jb_json_close(json, ']');
}

void jb_export_work_json(struct jb_json *json, const struct jb_record *record)
{
    const struct jb_record_work *w = &record->work;
    figures(json, w);
    regions(json, w);
    groups(json, "region_totals", false, w);
    phases(json, w);
    groups(json, "layers", true, w);
    operators(json, w);
}
