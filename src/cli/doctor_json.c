/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor's findings for machines: channels that answer or not, then drivers that found nothing, as channels without
 * an id. */
#include "cli/doctor_json.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/doctor_checks.h"
#include "engine/describe.h"
#include "export/export.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static json_t *text_or_null(const char *text)
{
    char copy[320];

    jb_copy(copy, sizeof(copy), text != NULL ? text : "");
    jb_sanitise(copy);
    return copy[0] != '\0' ? json_string(copy) : json_null();
}

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *channel_json(const struct jb_record *record, size_t index, const struct jb_channel *origin, bool tested)
{
    const struct jb_record_channel *channel = &record->channels[index];
    json_t *object = json_object();
    bool has_parent = channel->parent >= 0 && (size_t)channel->parent < record->channel_count;
    bool has_twin = channel->twin_of >= 0 && (size_t)channel->twin_of < record->channel_count;
    double covered_s = (double)channel->covered_ns / 1e9;

    json_object_set_new(object, "id", text_or_null(channel->id));
    json_object_set_new(object, "source", text_or_null(channel->source));
    json_object_set_new(object, "device", text_or_null(channel->device));
    json_object_set_new(object, "path", text_or_null(origin->path));
    json_object_set_new(object, "method", text_or_null(channel->method));
    json_object_set_new(object, "update_period_s",
                        channel->update_period_ns > 0 ? json_real((double)channel->update_period_ns / 1e9)
                                                      : json_null());
    json_object_set_new(object, "rel_error", json_real(origin->rel_error));
    /* The smallest difference that the raw value can show: joules of a counter, watts of a gauge. */
    double resolution = (double)origin->unit_num / (double)origin->unit_den / 1e6;
    bool gauge = origin->method == JB_METHOD_INTEGRATED;
    json_object_set_new(object, "resolution_j", number_or_null(gauge ? NAN : resolution));
    json_object_set_new(object, "resolution_w", number_or_null(gauge ? resolution : NAN));
    json_object_set_new(object, "tested", json_boolean(tested));
    json_object_set_new(object, "power_w",
                        covered_s > 0 ? json_real((double)channel->energy_uj / 1e6 / covered_s) : json_null());
    json_object_set_new(object, "in_total", json_boolean(channel->in_total));
    json_object_set_new(object, "parent", text_or_null(has_parent ? record->channels[channel->parent].id : NULL));
    json_object_set_new(object, "twin_of", text_or_null(has_twin ? record->channels[channel->twin_of].id : NULL));
    json_object_set_new(object, "status", json_string(jb_status_name(origin->status)));
    json_object_set_new(object, "reason", text_or_null(origin->reason));
    json_object_set_new(object, "fix", text_or_null(origin->fix));
    json_object_set_new(object, "note", text_or_null(origin->note));
    return object;
}

static json_t *check_json(const struct jb_record *record, const struct doctor_check *check)
{
    json_t *object = json_object();
    const struct jb_record_channel *channel = &record->channels[check->channel];
    const struct jb_record_channel *against = check->against >= 0 ? &record->channels[check->against] : NULL;

    json_object_set_new(object, "kind", json_string(doctor_check_kind_name(check->kind)));
    json_object_set_new(object, "channel", text_or_null(channel->id));
    json_object_set_new(object, "source", text_or_null(channel->source));
    json_object_set_new(object, "against", text_or_null(against != NULL ? against->id : NULL));
    json_object_set_new(object, "against_source", text_or_null(against != NULL ? against->source : NULL));
    json_object_set_new(object, "parts", check->kind == DOCTOR_TWIN ? json_null() : json_integer(check->parts));
    json_object_set_new(object, "power_w", number_or_null(check->power_w));
    json_object_set_new(object, "against_w", number_or_null(check->against_w));
    json_object_set_new(object, "ratio", number_or_null(check->ratio));
    json_object_set_new(object, "verdict", json_string(doctor_check_verdict_name(check)));
    return object;
}

/* As in the run record. */
static json_t *wall_json(const struct jb_record *record)
{
    JB_CLEANUP(jb_freep) char *text = NULL;

    return jb_wall_json(record, &text) == 0 ? json_loads(text, JSON_DECODE_ANY, NULL) : json_null();
}

const char *doctor_missing(int result, bool hung)
{
    bool denied = result == -EACCES || result == -EPERM;

    return denied ? "denied" : hung ? "timeout" : "absent";
}

static json_t *missing_json(const struct jb_source_info *info)
{
    json_t *object = json_object();

    json_object_set_new(object, "id", json_null());
    json_object_set_new(object, "source", json_string(info->driver));
    json_object_set_new(object, "in_total", json_false());
    json_object_set_new(object, "status", json_string(doctor_missing(info->result, info->hung)));
    json_object_set_new(object, "reason", text_or_null(info->reason));
    json_object_set_new(object, "fix", text_or_null(info->fix));
    return object;
}

void cli_doctor_json(const struct jb_session *session, const struct jb_record *record, FILE *out)
{
    const struct jb_meter *meter = jb_session_meter(session);
    json_t *root = json_object(), *channels = json_array(), *self = json_object(), *warnings = json_array(),
           *checks = json_array();
    const char *machine = record->hardware_json;

    for (size_t i = 0; i < record->channel_count; i++) {
        struct jb_source_info info;
        jb_meter_source_info(meter, jb_meter_channel_source(meter, (int)i), &info);
        json_array_append_new(channels, channel_json(record, i, jb_meter_channel(meter, (int)i), !info.unseen));
    }
    for (int i = 0; i < jb_meter_source_count(meter); i++) {
        struct jb_source_info info;
        jb_meter_source_info(meter, i, &info);
        if (info.result != 0) {
            json_array_append_new(channels, missing_json(&info));
        }
    }
    for (size_t i = 0; i < record->warning_count; i++) {
        json_array_append_new(warnings, text_or_null(record->warnings[i]));
    }
    struct doctor_check found[JB_METER_MAX_CHANNELS];
    size_t check_count = doctor_checks(session, record, found, JB_METER_MAX_CHANNELS);
    for (size_t i = 0; i < check_count; i++) {
        json_array_append_new(checks, check_json(record, &found[i]));
    }
    json_object_set_new(self, "cpu_s", json_real(record->self_cpu_s));
    json_object_set_new(self, "duration_s", json_real(record->duration_s));
    json_object_set_new(self, "max_rss_bytes", json_integer((json_int_t)record->self_max_rss_bytes));
    json_object_set_new(root, "schema", json_integer(1));
    json_object_set_new(root, "machine", machine != NULL ? json_loads(machine, 0, NULL) : json_null());
    json_object_set_new(root, "channels", channels);
    json_object_set_new(root, "checks", checks);
    json_object_set_new(root, "wall", wall_json(record));
    json_object_set_new(root, "self", self);
    json_object_set_new(root, "warnings", warnings);
    json_dumpf(root, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(root);
}
