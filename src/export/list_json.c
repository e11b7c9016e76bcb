/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object of `list --json`, run by run (interface.md, "list --json").
 *
 * An element is {"run": {...}, "machine_j", "footprint_j", "emissions_g", "wall"}: what reads `run.id` of a record
 * reads it here too.
 */
#include "export/export.h"

#include <errno.h>
#include <stdlib.h>

#include "export/measured.h"
#include "export/run_json.h"

struct jb_list_json {
    struct jb_buf out;
    struct jb_json json;
};

int jb_list_json_begin(struct jb_list_json **ret)
{
    struct jb_list_json *list = calloc(1, sizeof(*list));
    if (!list) {
        return -ENOMEM;
    }
    list->json = (struct jb_json){.out = &list->out, .pretty = true};
    jb_json_open(&list->json, NULL, '{');
    jb_json_integer(&list->json, "schema", 1);
    jb_json_open(&list->json, "runs", '[');
    *ret = list;
    return 0;
}

int jb_list_json_add(struct jb_list_json *list, const struct jb_record *record)
{
    jb_json_open(&list->json, NULL, '{');
    jb_export_run_json(&list->json, "run", record);
    jb_export_energy_member(&list->json, "machine_j", record, record->machine_uj);
    jb_export_energy_member(&list->json, "footprint_j", record, record->footprint_uj);
    jb_json_number(&list->json, "emissions_g", jb_export_known(record, record->emissions_g));
    jb_export_wall_json(&list->json, "wall", record);
    jb_json_close(&list->json, '}');
    return list->out.failed ? -ENOMEM : 0;
}

int jb_list_json_end(struct jb_list_json *list, char **ret_text)
{
    if (!list) {
        return -EINVAL;
    }
    jb_json_close(&list->json, ']');
    jb_json_close(&list->json, '}');
    jb_buf_puts(&list->out, "\n");
    int r = list->out.failed ? -ENOMEM : 0;
    if (r == 0) {
        *ret_text = list->out.data;
        list->out = (struct jb_buf){0};
    }
    jb_buf_finish(&list->out);
    free(list);
    return r;
}
