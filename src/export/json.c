/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run record as the JSON object of interface.md.
 *
 * Beyond the contract: in a channel idle_j, others_j, unattributed_j, footprint_j, run_uncertainty_j, idle_source,
 * twin_of (id of the channel that shows the same counter), coverage, note, context_w and context_tax_j (of run_j, what
 * the run's context on a GPU cost); in energy run_uncertainty_j, footprint_uncertainty_j; in carbon basis, zone_name,
 * zone_note (how the zone was found), steps (on the way down the chain of sources), credits (what the terms of the
 * providers want to be shown), former (what the run was priced at before, oldest first) and marginal (never part of the
 * rest); in a segment uncertainty_g_per_kwh, live (of its very time), energy_j and emissions_g; and cost. What the run
 * did with its energy is in work_json.c.
 *
 * Odd: joules are written from integer microjoules as exact decimals. A run in which nothing answered has null for its
 * energies: a sum over no channels is not 0 J.
 */
#include "export/formats.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/json_out.h"
#include "export/hardware_view.h"
#include "export/measured.h"
#include "export/run_json.h"

/* A key given twice is written once, with its last value: a JSON object has no two members of a name. */
static void tags(struct jb_json *json, const struct jb_record *record)
{
    jb_json_open(json, "tags", '{');
    for (size_t i = 0; i < record->tag_count; i++) {
        bool again = false;
        for (size_t k = i + 1; k < record->tag_count && !again; k++) {
            again = strcmp(record->tags[i].key, record->tags[k].key) == 0;
        }
        if (!again) {
            jb_json_text(json, record->tags[i].key, record->tags[i].value ? record->tags[i].value : "");
        }
    }
    jb_json_close(json, '}');
}

/* `whole`: else what tells what somebody does is null. */
static void run_json(struct jb_json *json, const char *key, const struct jb_record *record, bool whole)
{
    jb_json_open(json, key, '{');
    jb_json_string(json, "id", record->id);
    jb_json_string(json, "name", whole ? record->name : NULL);
    jb_json_string(json, "project", whole ? record->project : NULL);
    if (whole) {
        tags(json, record);
    } else {
        jb_json_null(json, "tags");
    }
    jb_json_string(json, "host", record->host);
    jb_json_string(json, "machine_id", record->machine_id);
    if (whole) {
        jb_json_texts(json, "command", record->command, record->command_count);
    } else {
        jb_json_null(json, "command");
    }
    jb_json_time(json, "started", record->started_ns);
    jb_json_time(json, "ended", record->ended_ns);
    jb_json_number(json, "duration_s", record->duration_s);
    jb_json_string(json, "status", jb_run_status_name(record->status));
    jb_json_integer_if(json, "exit_code", record->has_exit_code, record->exit_code);
    jb_json_integer_if(json, "signal", record->has_signal, record->signal);
    jb_json_string(json, "parent", record->parent);
    jb_json_close(json, '}');
}

void jb_export_run_json(struct jb_json *json, const char *key, const struct jb_record *record)
{
    run_json(json, key, record, true);
}

void jb_export_others_run_json(struct jb_json *json, const char *key, const struct jb_record *record)
{
    run_json(json, key, record, false);
}

void jb_export_energy_member(struct jb_json *json, const char *key, const struct jb_record *record, uint64_t energy_uj)
{
    jb_json_joules_if(json, key, jb_export_measured(record), energy_uj);
}

static const char *channel_id(const struct jb_record *record, int index)
{
    return index >= 0 && (size_t)index < record->channel_count ? record->channels[index].id : NULL;
}

static void channel(struct jb_json *json, const struct jb_record *record, const struct jb_record_channel *c)
{
    uint64_t elapsed_ns = c->covered_ns + c->gap_ns;
    bool known = jb_export_channel_known(c);
    jb_json_open(json, NULL, '{');
    jb_json_string(json, "id", c->id);
    jb_json_string(json, "device", c->device);
    jb_json_string(json, "name", c->name);
    jb_json_joules_if(json, "energy_j", known, c->energy_uj);
    jb_json_joules_if(json, "run_j", known, c->run_uj);
    jb_json_joules_if(json, "idle_j", known, c->idle_uj);
    jb_json_joules_if(json, "others_j", known, c->others_uj);
    jb_json_joules_if(json, "unattributed_j", known, c->unattributed_uj);
    jb_json_joules_if(json, "footprint_j", known, c->footprint_uj);
    jb_json_number(json, "uncertainty_j", known ? c->uncertainty_uj / 1e6 : NAN);
    jb_json_number(json, "run_uncertainty_j", known ? c->run_uncertainty_uj / 1e6 : NAN);
    jb_json_string(json, "method", c->method);
    jb_json_string(json, "source", c->source);
    jb_json_bool(json, "in_total", c->in_total);
    jb_json_string(json, "parent", channel_id(record, c->parent));
    jb_json_string(json, "twin_of", channel_id(record, c->twin_of));
    jb_json_number(json, "update_period_s", c->update_period_ns > 0 ? (double)c->update_period_ns / 1e9 : NAN);
    jb_json_number(json, "coverage", elapsed_ns > 0 ? (double)c->covered_ns / (double)elapsed_ns : NAN);
    jb_json_string(json, "idle_source", c->idle_source);
    jb_json_words(json, "flags", c->flag_text, ",");
    jb_json_string(json, "note", c->note);
    jb_json_number(json, "context_w", c->context_w);
    jb_json_number(json, "context_tax_j", c->context_tax_j);
    jb_json_close(json, '}');
}

static void energy(struct jb_json *json, const struct jb_record *record)
{
    bool known = jb_export_measured(record);
    jb_json_open(json, "energy", '{');
    jb_export_energy_member(json, "machine_j", record, record->machine_uj);
    jb_export_energy_member(json, "run_j", record, record->run_uj);
    jb_export_energy_member(json, "footprint_j", record, record->footprint_uj);
    jb_export_energy_member(json, "idle_j", record, record->idle_uj);
    jb_export_energy_member(json, "others_j", record, record->others_uj);
    jb_export_energy_member(json, "unattributed_j", record, record->unattributed_uj);
    jb_json_number(json, "uncertainty_j", known ? record->uncertainty_uj / 1e6 : NAN);
    jb_json_number(json, "run_uncertainty_j", known ? record->run_uncertainty_uj / 1e6 : NAN);
    jb_json_number(json, "footprint_uncertainty_j", known ? record->footprint_uncertainty_uj / 1e6 : NAN);
    jb_export_energy_member(json, "measured_j", record, record->measured_uj);
    jb_export_energy_member(json, "modelled_j", record, record->modelled_uj);
    jb_json_number(json, "coverage", known ? record->coverage : NAN);
    jb_json_string(json, "total", record->total[0] != '\0' ? record->total : "sensors");
    jb_export_wall_json(json, "wall", record);
    jb_json_open(json, "channels", '[');
    for (size_t i = 0; i < record->channel_count; i++) {
        channel(json, record, &record->channels[i]);
    }
    jb_json_close(json, ']');
    jb_json_close(json, '}');
}

static void self_cost(struct jb_json *json, const struct jb_record *record)
{
    jb_json_open(json, "self", '{');
    jb_json_number(json, "cpu_s", record->self_cpu_s);
    jb_json_number(json, "energy_j", record->self_energy_j);
    jb_json_integer_if(json, "max_rss_bytes", record->self_max_rss_bytes > 0, (int64_t)record->self_max_rss_bytes);
    jb_json_integer(json, "events_dropped", (int64_t)record->events_dropped);
    jb_json_close(json, '}');
}

int jb_record_json(const struct jb_record *record, bool pretty, char **ret_text)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_json json = {.out = &out, .pretty = pretty};
    struct jb_hardware_view hardware;
    jb_json_open(&json, NULL, '{');
    jb_json_integer(&json, "schema", 1);
    jb_export_run_json(&json, "run", record);
    energy(&json, record);
    jb_export_carbon_json(&json, "carbon", record);
    jb_export_cost_json(&json, "cost", record);
    jb_export_work_json(&json, record);
    self_cost(&json, record);
    jb_hardware_view_init(&hardware, record);
    jb_json_value(&json, "hardware", hardware.root);
    jb_hardware_view_finish(&hardware);
    jb_json_texts(&json, "warnings", record->warnings, record->warning_count);
    jb_json_close(&json, '}');
    if (pretty) {
        jb_buf_puts(&out, "\n");
    }
    if (out.failed) {
        return -ENOMEM;
    }
    *ret_text = out.data;
    out = (struct jb_buf){0};
    return 0;
}

static int write_json(const struct jb_export_input *input, FILE *out, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *text = NULL;
    int r = jb_record_json(input->record, true, &text);
    if (r < 0) {
        return jb_fail(diag, r, "cannot write the record as JSON: %s", strerror(-r));
    }
    return fputs(text, out) < 0 ? jb_fail(diag, -EIO, "cannot write the JSON") : 0;
}

const struct jb_export_format jb_export_json = {
    .name = "json",
    .suffix = "json",
    .help = "the whole run record",
    .write = write_json,
};
