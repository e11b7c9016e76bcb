/* SPDX-License-Identifier: Apache-2.0 */
/* run_json.h - the parts of the record's JSON that lists show too. For export/ and server/. */
#ifndef JB_EXPORT_RUN_JSON_H
#define JB_EXPORT_RUN_JSON_H

#include "base/json_out.h"
#include "store/record.h"

void jb_export_run_json(struct jb_json *json, const char *key, const struct jb_record *record); /* the "run" object */
/* The same of a run that is not the reader's: name, project, tags and command are null. */
void jb_export_others_run_json(struct jb_json *json, const char *key, const struct jb_record *record);

void jb_export_carbon_json(struct jb_json *json, const char *key, const struct jb_record *record);
void jb_export_cost_json(struct jb_json *json, const char *key, const struct jb_record *record);

/* energy.wall */
void jb_export_wall_json(struct jb_json *json, const char *key, const struct jb_record *record);

/* The members work, regions, region_totals, phases, layers and operators of the record. */
void jb_export_work_json(struct jb_json *json, const struct jb_record *record);

/* Joules, or null when nothing was measured. */
void jb_export_energy_member(struct jb_json *json, const char *key, const struct jb_record *record, uint64_t energy_uj);

#endif
