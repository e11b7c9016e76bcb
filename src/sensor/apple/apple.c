/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apple.c - Apple silicon through IOReport: CPU, GPU, neural engine and memory, for any user.
 *
 * Odd: the units differ by channel (CPU in mJ, GPU in nJ); Apple calls the values estimates ("Energy Model"), and says
 * nothing of their error. zeus-apple-silicon and macmon take them as they are; nobody has published a comparison with a
 * meter that covers more than one chip, so 10 % is our own caution. Whether "GPU Energy" contains "GPU SRAM" is not
 * known: it is shown and not counted.
 */
#include "sensor/apple/apple.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REL_ERROR    0.10
#define MAX_POWER_UW UINT64_C(500000000) /* an M2 Ultra's power supply gives 370 W in all */

struct state {
    const struct jb_apple_place *place;
    int indexes[JB_APPLE_MAX], channels[JB_APPLE_MAX];
    int count;
    _Alignas(max_align_t) unsigned char place_state[JB_APPLE_STATE];
};

static void describe(struct jb_channel *channel, enum jb_apple_part part, int number)
{
    static const struct {
        const char *id, *name;
        enum jb_domain domain;
        enum jb_device device;
    } kinds[] = {
        [JB_APPLE_CPU] = {"cpu/%d/package", "Apple CPU", JB_DOMAIN_PACKAGE, JB_DEVICE_CPU},
        [JB_APPLE_GPU] = {"gpu/%d/board", "Apple GPU", JB_DOMAIN_GPU, JB_DEVICE_GPU},
        [JB_APPLE_ANE] = {"board/ane%d", "Apple Neural Engine", JB_DOMAIN_RAIL, JB_DEVICE_BOARD},
        [JB_APPLE_DRAM] = {"ram/%d/dram", "unified memory", JB_DOMAIN_DRAM, JB_DEVICE_RAM},
        [JB_APPLE_GPU_SRAM] = {"gpu/%d/sram", "Apple GPU SRAM", JB_DOMAIN_RAIL, JB_DEVICE_GPU},
    };

    const char *mark = strchr(kinds[part].id, '%');
    snprintf(channel->id, sizeof(channel->id), "%.*s%d%s", (int)(mark - kinds[part].id), kinds[part].id, number,
             mark + 2);
    jb_copy(channel->name, sizeof(channel->name), kinds[part].name);
    channel->domain = kinds[part].domain;
    channel->device = kinds[part].device;
    channel->unit = number;
    channel->method = JB_METHOD_COUNTER;
    channel->zero_at_reset = true;
    channel->max_power_uw = MAX_POWER_UW;
    channel->rel_error = REL_ERROR;
}

static bool taken(const struct jb_source *source, const struct jb_channel *channel)
{
    for (const struct jb_channel *other = source->channels; other < channel; other++) {
        if (jb_streq(other->id, channel->id)) {
            return true;
        }
    }
    return false;
}

static void found(void *context, int index, const char *name, const char *unit)
{
    struct jb_source *source = context;
    struct state *state = source->priv;
    enum jb_apple_part part;
    int number;

    if (state->count == JB_APPLE_MAX || !jb_apple_name(name, &part, &number)) {
        return;
    }
    struct jb_channel *channel = jb_source_add_channel(source);
    if (channel == NULL) {
        return;
    }
    describe(channel, part, number);
    if (taken(source, channel)) { /* "ANE" beside "ANE Energy": the first stands for both */
        source->channel_count--;
        *channel = (struct jb_channel){0};
        return;
    }
    snprintf(channel->path, sizeof(channel->path), "%s, \"%.64s\" in %.8s", state->place->path, name, unit);
    jb_sanitise(channel->path);
    if (part == JB_APPLE_GPU_SRAM) {
        channel->status = JB_UNSUPPORTED;
        jb_copy(channel->reason, sizeof(channel->reason), "it is not known whether GPU Energy contains it");
    } else if (jb_apple_unit(unit, &channel->unit_num, &channel->unit_den) < 0) {
        channel->status = JB_UNSUPPORTED;
        snprintf(channel->reason, sizeof(channel->reason), "its unit is \"%.8s\": not understood", unit);
        jb_sanitise(channel->reason);
    } else {
        state->indexes[state->count] = index;
        state->channels[state->count++] = (int)(channel - source->channels);
    }
}

static int open_place(const struct jb_sensor_env *env, struct state *state, struct jb_diag *diag)
{
    if (!jb_root_is_real(env->root)) {
        return jb_apple_files_open(env, state->place_state, &state->place, diag);
    }
#ifdef __APPLE__
    return jb_apple_ioreport_open(state->place_state, &state->place, diag);
#else
    return jb_fail(diag, -ENODEV, "this is not a Mac");
#endif
}

static int apple_glance(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    bool recorded = !jb_root_is_real(env->root);

    if (recorded && !jb_root_exists(env->root, "/apple/channels")) {
        return jb_fail(diag, -ENODEV, "the machine at %s is no Mac (no /apple/channels)", env->root);
    }
#ifndef __APPLE__
    if (!recorded) {
        return jb_fail(diag, -ENODEV, "this is not a Mac");
    }
#endif
    return 0;
}

static int apple_open(struct jb_source *source, struct jb_diag *diag)
{
    struct state *state = source->priv;
    int error = open_place(source->env, state, diag);

    if (error < 0) {
        return error;
    }
    error = state->place->list(state->place_state, found, source);
    if (error < 0) {
        return jb_fail(diag, error, "cannot list the channels of %s: %s", state->place->path, strerror(-error));
    }
    if (state->count == 0) {
        return jb_fail(diag, -ENODEV, "%s has no channel of energy that is understood", state->place->path);
    }
    return 0;
}

static void apple_read(struct jb_source *source, struct jb_sink *sink)
{
    struct state *state = source->priv;
    uint64_t values[JB_APPLE_MAX];
    uint64_t before_ns = jb_mono_ns();
    int error = state->place->read(state->place_state, state->indexes, state->count, values);
    uint64_t after_ns = jb_mono_ns();

    for (int i = 0; i < state->count; i++) {
        if (error < 0) {
            jb_emit_failure(sink, state->channels[i], after_ns, JB_FAILED);
        } else {
            jb_emit(sink, state->channels[i], before_ns, after_ns, values[i]);
        }
    }
}

static void apple_close(struct jb_source *source)
{
    struct state *state = source->priv;

    if (state->place != NULL) {
        state->place->close(state->place_state);
        state->place = NULL;
    }
}

const struct jb_sensor_driver jb_sensor_apple = {
    .name = "apple",
    .title = "Apple silicon through IOReport",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .blocking = true,
    .glance = apple_glance,
    .open = apple_open,
    .read = apple_read,
    .close = apple_close,
};
