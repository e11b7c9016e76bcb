/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wall in JSON: what a node meter measured and what the fit tells; null when there is neither.
 *
 * coverage is what the sensors saw of it, over the time that the meter was read; energy.coverage, beside it, is of
 * time.
 */
#include "export/export.h"

#include <errno.h>
#include <math.h>

#include "base/cleanup.h"
#include "export/run_json.h"

static void fit(struct jb_json *json, const struct jb_record_fit *fit)
{
    jb_json_open(json, "fit", '{');
    jb_json_number(json, "a_w", fit->a_w);
    jb_json_number(json, "b", fit->b);
    jb_json_number(json, "residual_w", fit->residual_w);
    jb_json_number(json, "min_w", fit->min_w);
    jb_json_number(json, "max_w", fit->max_w);
    jb_json_integer(json, "readings", fit->readings);
    jb_json_string(json, "meter", fit->meter);
    jb_json_time(json, "measured", fit->measured_ns);
    jb_json_close(json, '}');
}

void jb_export_wall_json(struct jb_json *json, const char *key, const struct jb_record *record)
{
    const struct jb_record_wall *wall = &record->wall;
    bool both = wall->measured && wall->has_sensors && wall->energy_uj > 0;

    if (!wall->measured && !wall->has_fit) {
        jb_json_null(json, key);
        return;
    }
    jb_json_open(json, key, '{');
    jb_json_string(json, "source", wall->measured ? wall->source : NULL);
    jb_json_string(json, "channel", wall->measured ? wall->channel : NULL);
    jb_json_joules_if(json, "energy_j", wall->measured, wall->energy_uj);
    jb_json_number(json, "uncertainty_j", wall->measured ? wall->uncertainty_uj / 1e6 : NAN);
    jb_json_number(json, "covered_s", wall->measured ? (double)wall->covered_ns / 1e9 : NAN);
    jb_json_joules_if(json, "sensors_j", wall->measured && wall->has_sensors, wall->sensors_uj);
    jb_json_number(json, "coverage", both ? (double)wall->sensors_uj / (double)wall->energy_uj : NAN);
    jb_json_joules_if(json, "filled_j", wall->measured, wall->filled_uj);
    if (wall->has_fit) {
        fit(json, &wall->fit);
    } else {
        jb_json_null(json, "fit");
    }
    jb_json_number(json, "fitted_j", wall->has_fit ? wall->fitted_uj / 1e6 : NAN);
    jb_json_number(json, "fitted_uncertainty_j", wall->has_fit ? wall->fitted_uncertainty_uj / 1e6 : NAN);
    jb_json_close(json, '}');
}

int jb_wall_json(const struct jb_record *record, char **ret_text)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_json json = {.out = &out};

    jb_export_wall_json(&json, NULL, record);
    if (out.failed) {
        return -ENOMEM;
    }
    *ret_text = out.data;
    out = (struct jb_buf){0};
    return 0;
}
