/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run saw of the wall as the text that run_text keeps: {"total", "measured": {...}, "fit": {...}}.
 *
 * Reading is for hostile text: what is not there or of another kind is unknown, and only a text that is no object at
 * all is refused.
 */
#include "store/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *measured_json(const struct jb_record_wall *wall)
{
    json_t *object = json_object();

    json_object_set_new(object, "source", json_string(wall->source));
    json_object_set_new(object, "channel", json_string(wall->channel));
    json_object_set_new(object, "energy_uj", json_integer((json_int_t)wall->energy_uj));
    json_object_set_new(object, "uncertainty_uj", real_or_null(wall->uncertainty_uj));
    json_object_set_new(object, "covered_ns", json_integer((json_int_t)wall->covered_ns));
    json_object_set_new(object, "sensors_uj",
                        wall->has_sensors ? json_integer((json_int_t)wall->sensors_uj) : json_null());
    json_object_set_new(object, "filled_uj", json_integer((json_int_t)wall->filled_uj));
    return object;
}

static json_t *fit_json(const struct jb_record_wall *wall)
{
    const struct jb_record_fit *fit = &wall->fit;
    json_t *object = json_object();

    json_object_set_new(object, "a_w", real_or_null(fit->a_w));
    json_object_set_new(object, "b", real_or_null(fit->b));
    json_object_set_new(object, "residual_w", real_or_null(fit->residual_w));
    json_object_set_new(object, "min_w", real_or_null(fit->min_w));
    json_object_set_new(object, "max_w", real_or_null(fit->max_w));
    json_object_set_new(object, "readings", json_integer(fit->readings));
    json_object_set_new(object, "meter", json_string(fit->meter));
    json_object_set_new(object, "measured_ns", json_integer(fit->measured_ns));
    json_object_set_new(object, "fitted_uj", real_or_null(wall->fitted_uj));
    json_object_set_new(object, "fitted_uncertainty_uj", real_or_null(wall->fitted_uncertainty_uj));
    return object;
}

int jb_json_from_wall(const struct jb_record *record, char **ret)
{
    const struct jb_record_wall *wall = &record->wall;

    if (record->total[0] == '\0' && !wall->measured && !wall->has_fit) {
        *ret = NULL;
        return 0;
    }
    json_t *object = json_object();
    json_object_set_new(object, "total", json_string(record->total));
    if (wall->measured) {
        json_object_set_new(object, "measured", measured_json(wall));
    }
    if (wall->has_fit) {
        json_object_set_new(object, "fit", fit_json(wall));
    }
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(object);
    if (text == NULL) {
        return -ENOMEM;
    }
    *ret = text;
    return 0;
}

static uint64_t count(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));

    return value > 0 ? (uint64_t)value : 0;
}

static void to_measured(const json_t *object, struct jb_record_wall *ret)
{
    ret->measured = true;
    jb_json_read_text(object, "source", ret->source, sizeof(ret->source));
    jb_json_read_text(object, "channel", ret->channel, sizeof(ret->channel));
    ret->energy_uj = count(object, "energy_uj");
    ret->uncertainty_uj = jb_json_read_real(object, "uncertainty_uj");
    ret->covered_ns = count(object, "covered_ns");
    ret->has_sensors = json_is_integer(json_object_get(object, "sensors_uj"));
    ret->sensors_uj = count(object, "sensors_uj");
    ret->filled_uj = count(object, "filled_uj");
}

static void to_fit(const json_t *object, struct jb_record_wall *ret)
{
    json_int_t readings = json_integer_value(json_object_get(object, "readings"));

    ret->has_fit = true;
    ret->fit = (struct jb_record_fit){
        .a_w = jb_json_read_real(object, "a_w"),
        .b = jb_json_read_real(object, "b"),
        .residual_w = jb_json_read_real(object, "residual_w"),
        .min_w = jb_json_read_real(object, "min_w"),
        .max_w = jb_json_read_real(object, "max_w"),
        .readings = readings > 0 && readings < 1000000000 ? (int)readings : 0,
        .measured_ns = json_integer_value(json_object_get(object, "measured_ns")),
    };
    jb_json_read_text(object, "meter", ret->fit.meter, sizeof(ret->fit.meter));
    ret->fitted_uj = jb_json_read_real(object, "fitted_uj");
    ret->fitted_uncertainty_uj = jb_json_read_real(object, "fitted_uncertainty_uj");
}

int jb_json_to_wall(const char *text, struct jb_record *record)
{
    if (text == NULL) {
        return 0;
    }
    json_t *object = json_loads(text, 0, NULL);
    if (!json_is_object(object)) {
        json_decref(object);
        return -EBADMSG;
    }
    jb_json_read_text(object, "total", record->total, sizeof(record->total));
    if (json_is_object(json_object_get(object, "measured"))) {
        to_measured(json_object_get(object, "measured"), &record->wall);
    }
    if (json_is_object(json_object_get(object, "fit"))) {
        to_fit(json_object_get(object, "fit"), &record->wall);
    }
    json_decref(object);
    return 0;
}
