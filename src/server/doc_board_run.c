/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run that is attached and in no database of ours: the run record as far as the meter's own books tell it. What they
 * do not tell is null.
 */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/run_json.h"
#include "server/doc_run.h"

static void run_object(struct jb_json *json, const struct jb_found_run *found)
{
    struct jb_board_run *run = found->board;
    char *command[] = {run->command};
    struct jb_record record = {
        .name = run->name,
        .project = run->project,
        .command = command,
        .command_count = run->command[0] != '\0' ? 1 : 0,
        .started_ns = run->started_ns,
        .duration_s = run->elapsed_s,
        .status = JB_RUN_RUNNING,
    };

    memcpy(record.id, run->id, sizeof(record.id));
    memcpy(record.parent, run->parent, sizeof(record.parent));
    memcpy(record.host, found->host, sizeof(record.host));
    memcpy(record.machine_id, found->machine_id, sizeof(record.machine_id));
    jb_export_run_json(json, "run", &record);
}

static void nulls(struct jb_json *json, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        jb_json_null(json, *keys);
    }
}

static void empty_array(struct jb_json *json, const char *key)
{
    jb_json_open(json, key, '[');
    jb_json_close(json, ']');
}

static void energy(struct jb_json *json, const struct jb_board_run *run)
{
    static const char *const unknown[] = {
        "idle_j",     "others_j",   "unattributed_j", "uncertainty_j", "run_uncertainty_j",
        "measured_j", "modelled_j", "coverage",       "total",         "wall",
        NULL};

    jb_json_open(json, "energy", '{');
    jb_json_joules(json, "machine_j", run->machine_uj);
    jb_json_joules(json, "run_j", run->run_uj);
    jb_json_joules(json, "footprint_j", run->footprint_uj);
    jb_json_number(json, "footprint_uncertainty_j", run->sigma_uj / 1e6);
    nulls(json, unknown);
    empty_array(json, "channels");
    jb_json_close(json, '}');
}

static void carbon(struct jb_json *json, const struct jb_found_run *found)
{
    static const char *const unknown[] = {"embodied_g", "zone_note", "marginal", NULL};

    jb_json_open(json, "carbon", '{');
    jb_json_number(json, "emissions_g", found->board->grams);
    jb_json_number(json, "uncertainty_g", found->board->grams_sigma);
    jb_json_number(json, "intensity_g_per_kwh", found->grid.g_per_kwh);
    jb_json_string(json, "basis", found->board->basis);
    jb_json_string(json, "zone", found->grid.zone);
    jb_json_string(json, "zone_name", found->grid.zone_name);
    jb_json_number(json, "pue", found->pue);
    nulls(json, unknown);
    empty_array(json, "segments");
    empty_array(json, "steps");
    empty_array(json, "credits");
    empty_array(json, "former");
    jb_json_close(json, '}');
}

void jb_document_board_run(const struct jb_found_run *found, struct jb_reply *reply)
{
    static const char *const own[] = {"cpu_s", "energy_j", "max_rss_bytes", "events_dropped", NULL};
    static const struct jb_record no_work = {0};
    JB_CLEANUP(jb_buf_finish) struct jb_buf body = {0};
    struct jb_json json;

    jb_document_begin(&json, &body);
    run_object(&json, found);
    energy(&json, found->board);
    carbon(&json, found);
    jb_json_null(&json, "cost");
    jb_export_work_json(&json, &no_work);
    jb_json_open(&json, "self", '{');
    nulls(&json, own);
    jb_json_close(&json, '}');
    jb_json_null(&json, "hardware");
    empty_array(&json, "warnings");
    jb_document_end(&json, reply);
}
