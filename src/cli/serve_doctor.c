/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor's findings, as `doctor --json` tells them, of a meter that runs already. */
#include "cli/doctor_json.h"
#include "cli/grid_place.h"
#include "cli/serve_docs.h"

#include <math.h>

static json_t *channel_json(const struct jb_board_view *view, const struct jb_board_channel *channel)
{
    json_t *object = json_object();

    json_object_set_new(object, "id", json_string(channel->id));
    json_object_set_new(object, "device", json_string(jb_device_name(channel->device)));
    json_object_set_new(object, "name", grid_text(channel->name));
    json_object_set_new(object, "source", json_string(channel->source));
    json_object_set_new(object, "method", json_string(jb_method_name(channel->method)));
    json_object_set_new(object, "update_period_s",
                        grid_number(channel->update_period_ns > 0 ? (double)channel->update_period_ns / 1e9 : NAN));
    json_object_set_new(object, "rel_error", grid_number(channel->rel_error));
    json_object_set_new(object, "in_total", json_boolean(channel->in_total));
    json_object_set_new(object, "parent", grid_text(channel->parent >= 0 ? view->channels[channel->parent].id : NULL));
    json_object_set_new(object, "twin_of",
                        grid_text(channel->twin_of >= 0 ? view->channels[channel->twin_of].id : NULL));
    json_object_set_new(object, "status", json_string(jb_status_name(channel->status)));
    json_object_set_new(object, "reason", grid_text(channel->reason));
    json_object_set_new(object, "fix", grid_text(channel->fix));
    json_object_set_new(object, "note", grid_text(channel->note));
    json_object_set_new(object, "power_w", grid_number(channel->power_w));
    return object;
}

/* A driver that found nothing stands as a channel without a device, as the command has it. */
static json_t *missing_json(const struct jb_board_source *source)
{
    json_t *object = json_object();

    json_object_set_new(object, "id", json_string(source->driver));
    json_object_set_new(object, "device", json_null());
    json_object_set_new(object, "name", grid_text(source->title));
    json_object_set_new(object, "source", json_string(source->driver));
    json_object_set_new(object, "in_total", json_false());
    json_object_set_new(object, "status", json_string(doctor_missing(source->result, source->hung)));
    json_object_set_new(object, "reason", grid_text(source->reason));
    json_object_set_new(object, "fix", grid_text(source->fix));
    return object;
}

char *serve_doctor(void *context)
{
    const struct serve_docs *docs = context;
    json_t *root = json_object(), *channels = json_array(), *self = json_object(), *warnings = json_array();
    json_t *machine = docs->hardware_json != NULL ? json_loads(docs->hardware_json, 0, NULL) : NULL;
    const struct jb_board_view *view = jb_board_look(docs->board);

    for (size_t i = 0; i < view->channel_count; i++) {
        json_array_append_new(channels, channel_json(view, &view->channels[i]));
    }
    for (size_t i = 0; i < view->source_count; i++) {
        if (view->sources[i].result != 0 || view->sources[i].hung) {
            json_array_append_new(channels, missing_json(&view->sources[i]));
        }
    }
    for (size_t i = 0; i < view->warning_count; i++) {
        json_array_append_new(warnings, json_string(view->warnings[i]));
    }
    json_object_set_new(self, "cpu_s", grid_number(view->self_cpu_s));
    json_object_set_new(self, "share", grid_number(view->self_share));
    json_object_set_new(self, "energy_j", grid_number(view->self_energy_j));
    bool ticked = view->t_ns >= view->began_ns;
    json_object_set_new(self, "duration_s", grid_number(ticked ? (double)(view->t_ns - view->began_ns) / 1e9 : NAN));
    json_object_set_new(self, "max_rss_bytes",
                        view->self_rss_bytes > 0 ? json_integer((json_int_t)view->self_rss_bytes) : json_null());
    jb_board_release(docs->board);
    json_object_set_new(root, "schema", json_integer(1));
    json_object_set_new(root, "machine", machine != NULL ? machine : json_null());
    json_object_set_new(root, "channels", channels);
    json_object_set_new(root, "self", self);
    json_object_set_new(root, "warnings", warnings);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}
