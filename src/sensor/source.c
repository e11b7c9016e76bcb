/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.c - what every driver uses to describe channels and hand over readings.
 *
 * The contract is in sensor.h. Nothing here allocates: emitting is on the hot path.
 */
#include "sensor/sensor.h"

#include "base/cleanup.h"
#include "base/diag.h"

#include <errno.h>
#include <string.h>

const char *jb_status_name(enum jb_status status)
{
    static const char *const names[] = {
        [JB_OK] = "ok",     [JB_UNSUPPORTED] = "unsupported", [JB_DENIED] = "denied", [JB_FAILED] = "failed",
        [JB_GONE] = "gone", [JB_TIMEOUT] = "timeout",
    };
    return (size_t)status < JB_COUNT(names) ? names[status] : "unknown";
}

const char *jb_method_name(enum jb_method method)
{
    static const char *const names[] = {
        [JB_METHOD_COUNTER] = "counter",
        [JB_METHOD_INTEGRATED] = "integrated",
        [JB_METHOD_MODELLED] = "modelled",
    };
    return (size_t)method < JB_COUNT(names) ? names[method] : "unknown";
}

const char *jb_device_name(enum jb_device device)
{
    static const char *const names[] = {
        [JB_DEVICE_CPU] = "cpu",
        [JB_DEVICE_RAM] = "ram",
        [JB_DEVICE_GPU] = "gpu",
        [JB_DEVICE_BOARD] = "board",
    };
    return (size_t)device < JB_COUNT(names) ? names[device] : "unknown";
}

struct jb_channel *jb_source_add_channel(struct jb_source *source)
{
    if (source->channel_count >= JB_MAX_CHANNELS) {
        return NULL;
    }
    struct jb_channel *channel = &source->channels[source->channel_count++];
    memset(channel, 0, sizeof(*channel));
    channel->unit = -1;
    channel->die = -1;
    channel->parent = -1;
    channel->unit_num = 1;
    channel->unit_den = 1;
    return channel;
}

const struct jb_channel *jb_source_blame(const struct jb_source *source)
{
    const struct jb_channel *why = source->channel_count > 0 ? &source->channels[0] : NULL;

    for (int i = 0; i < source->channel_count; i++) {
        const struct jb_channel *channel = &source->channels[i];
        if (channel->status == JB_OK) {
            return NULL;
        }
        if (channel->status == JB_DENIED && why->status != JB_DENIED) {
            why = channel;
        }
    }
    return why;
}

int jb_channel_fail(const struct jb_channel *why, const char *whose, struct jb_diag *diag)
{
    int err = why->status == JB_DENIED ? -EACCES : -ENODEV;

    jb_fail(diag, err, "%s%s%s", whose != NULL ? whose : "", whose != NULL ? ": " : "", why->reason);
    if (why->fix[0] != '\0') {
        jb_fix(diag, "%s", why->fix);
    }
    return err;
}

int jb_source_result(const struct jb_source *source, const char *nothing, struct jb_diag *diag)
{
    const struct jb_channel *why = jb_source_blame(source);

    if (source->channel_count == 0) {
        return jb_fail(diag, -ENODEV, "%s", nothing);
    }
    return why != NULL ? jb_channel_fail(why, NULL, diag) : 0;
}

static void put(struct jb_sink *sink, const struct jb_reading *reading)
{
    if (sink->count >= sink->capacity) {
        sink->dropped++;
        return;
    }
    sink->readings[sink->count++] = *reading;
}

void jb_emit(struct jb_sink *sink, int channel, uint64_t t_before_ns, uint64_t t_after_ns, uint64_t raw)
{
    put(sink,
        &(struct jb_reading){
            .channel = channel, .status = JB_OK, .t_before_ns = t_before_ns, .t_after_ns = t_after_ns, .raw = raw});
}

void jb_emit_failure(struct jb_sink *sink, int channel, uint64_t t_ns, enum jb_status status)
{
    put(sink, &(struct jb_reading){.channel = channel, .status = status, .t_before_ns = t_ns, .t_after_ns = t_ns});
}
