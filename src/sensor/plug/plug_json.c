/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plug_json.c - finds the watts in what smart plugs answer.
 *
 * Documented at shelly-api-docs.shelly.cloud (gen2, Switch: `apower` in W; gen1, /status: `meters[].power` in W and
 * `is_valid`), tasmota.github.io/docs/JSON-Status-Responses (StatusSNS.ENERGY.Power in W) and GUDE's EPC HTTP interface
 * (`sensor_descr` names the fields of `sensor_values`, both by sensor type).
 *
 * Their energy totals are left alone: in steps of 60 J (Shelly Gen1, a watt-minute), 3600 J (Tasmota, GUDE) or
 * by the minute, which is too coarse for a run, and as a twin a counter would win over power.
 */
#include "sensor/plug/plug_json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#define MOST_W      20000.0
#define ENERGY_TYPE 8 /* of GUDE: "Energy (Line-In, Port)" */

static int take_watts(const json_t *value, double *ret_w)
{
    if (json_is_array(value)) { /* one for each outlet */
        if (json_array_size(value) != 1) {
            return json_array_size(value) ? -ENOTSUP : -ENODATA;
        }
        value = json_array_get(value, 0);
    }
    if (!json_is_number(value)) {
        return -ENODATA;
    }
    *ret_w = json_number_value(value);
    return 0;
}

static int find_shelly_status(const json_t *root, double *ret_w)
{
    const json_t *meters = json_object_get(root, "meters");
    if (json_array_size(meters) > 1) {
        return -ENOTSUP;
    }
    const json_t *meter = json_array_get(meters, 0);
    if (json_is_false(json_object_get(meter, "is_valid"))) {
        return -ENODATA;
    }
    return take_watts(json_object_get(meter, "power"), ret_w);
}

/* The entry of that type; NULL. */
static const json_t *of_type(const json_t *list, int type)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const json_t *number = json_object_get(entry, "type");
        if (json_is_integer(number) && json_integer_value(number) == type) {
            return entry;
        }
    }
    return NULL;
}

static int find_gude(const json_t *root, double *ret_w)
{
    const json_t *fields = json_object_get(of_type(json_object_get(root, "sensor_descr"), ENERGY_TYPE), "fields");
    const json_t *values = json_object_get(of_type(json_object_get(root, "sensor_values"), ENERGY_TYPE), "values");
    if (json_array_size(values) > 1) {
        return -ENOTSUP;
    }
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(fields, i), "name"));
        if (name && strcmp(name, "ActivePower") == 0) {
            return take_watts(json_object_get(json_array_get(json_array_get(values, 0), i), "v"), ret_w);
        }
    }
    return -ENODATA;
}

static int find(enum jb_plug_answer kind, const json_t *root, double *ret_w)
{
    switch (kind) {
    case JB_PLUG_SHELLY_RPC:
        return take_watts(json_object_get(root, "apower"), ret_w);
    case JB_PLUG_SHELLY_STATUS:
        return find_shelly_status(root, ret_w);
    case JB_PLUG_TASMOTA:
        return take_watts(json_object_get(json_object_get(json_object_get(root, "StatusSNS"), "ENERGY"), "Power"),
                          ret_w);
    case JB_PLUG_GUDE:
        return find_gude(root, ret_w);
    }
    return -ENODATA;
}

int jb_plug_parse(enum jb_plug_answer kind, const char *body, size_t length, uint64_t *ret_uw)
{
    double watts = 0;
    json_t *root = json_loadb(body, length, 0, NULL);
    if (!root) {
        return -EBADMSG;
    }
    int err = find(kind, root, &watts);
    json_decref(root);
    if (err < 0) {
        return err;
    }
    if (!(watts > 0 && watts <= MOST_W)) { /* who asks takes more than nothing */
        return -ERANGE;
    }
    *ret_uw = (uint64_t)llround(watts * 1e6);
    return 0;
}
