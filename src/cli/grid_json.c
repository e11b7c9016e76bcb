/* SPDX-License-Identifier: Apache-2.0 */
/* grid_json.c - what the JSON of all parts of `joulebook grid` is made of. Documented in grid_place.h. */
#include "base/clock.h"
#include "cli/grid_place.h"
#include "grid/provider.h"

#include <math.h>

json_t *grid_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *grid_time(int64_t wall_ns)
{
    char text[32];

    return json_string(jb_iso_time(wall_ns, text, sizeof(text)));
}

json_t *grid_text(const char *text)
{
    return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

json_t *grid_point(const struct jb_point *point)
{
    json_t *object = json_object();

    json_object_set_new(object, "start", grid_time(point->start_ns));
    json_object_set_new(object, "end", grid_time(point->end_ns));
    json_object_set_new(object, "g_per_kwh", grid_number(point->g_per_kwh));
    json_object_set_new(object, "uncertainty_g_per_kwh", grid_number(fabs(point->g_per_kwh) * point->rel_error));
    json_object_set_new(object, "source", grid_text(point->provider != NULL ? point->provider->name : NULL));
    json_object_set_new(object, "factor", json_string(point->flags & JB_POINT_DIRECT ? "direct" : "lifecycle"));
    json_object_set_new(object, "estimated", json_boolean((point->flags & JB_POINT_ESTIMATED) != 0));
    json_object_set_new(object, "forecast", json_boolean((point->flags & JB_POINT_FORECAST) != 0));
    return object;
}

json_t *grid_steps_json(const struct jb_steps *steps)
{
    json_t *array = json_array();

    for (size_t i = 0; i < steps->count; i++) {
        json_array_append_new(array, json_string(steps->text[i]));
    }
    return array;
}

json_t *grid_credits_json(const struct jb_track *track)
{
    const char *credits[JB_MAX_PROVIDERS + 1];
    json_t *array = json_array();

    jb_credits(track, credits, JB_MAX_PROVIDERS + 1);
    for (size_t i = 0; credits[i] != NULL; i++) {
        json_array_append_new(array, json_string(credits[i]));
    }
    return array;
}

json_t *grid_object(const struct jb_intensity *place)
{
    json_t *object = json_object();

    json_object_set_new(object, "schema", json_integer(1));
    json_object_set_new(object, "zone", json_string(place->zone));
    json_object_set_new(object, "name", json_string(place->name));
    json_object_set_new(object, "country", grid_text(place->country));
    return object;
}

int grid_print(json_t *object)
{
    int error = json_dumpf(object, stdout, JSON_INDENT(2));

    fputc('\n', stdout);
    json_decref(object);
    return error == 0 ? 0 : cli_complain(&cmd_grid, 1, "cannot write the JSON");
}
