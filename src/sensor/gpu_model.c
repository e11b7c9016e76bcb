/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gpu_model.c - accelerators that nobody measures, at the middle of what they can draw.
 *
 * The operating system shows the card (hardware.h) and the table knows its board power; without the vendor's library
 * neither its power nor its utilisation is known. All that can be said is "between idle and board power", and of a
 * quantity that is anywhere between two bounds the mean is the middle and one sigma is the width over the square root
 * of twelve. Where a driver does measure the card, its channel has the same domain and unit, and the overlap graph
 * prefers it to this one.
 */
#include "sensor/sensor.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "hardware/hardware.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

/* No board draws that much; a table row that says so is not used. */
#define ABSURD_W 10000.0

struct card {
    int channel;
    uint64_t power_uw;
};

struct gpu_model {
    struct card cards[JB_MAX_GPUS];
    unsigned int count;
    uint64_t start_ns;
};

static void describe(const struct jb_gpu_info *gpu, unsigned int index, struct jb_channel *channel)
{
    if (gpu->uuid[0] || gpu->pci[0]) {
        snprintf(channel->id, sizeof(channel->id), "gpu/%.50s/model", gpu->uuid[0] ? gpu->uuid : gpu->pci);
    } else {
        snprintf(channel->id, sizeof(channel->id), "gpu/%u/model", index);
    }
    jb_sanitise(channel->id);
    jb_copy(channel->name, sizeof(channel->name), gpu->name[0] ? gpu->name : "GPU");
    jb_sanitise(channel->name);
    jb_copy(channel->path, sizeof(channel->path), gpu->source[0] ? gpu->source : "the power table");
    channel->method = JB_METHOD_MODELLED;
    channel->zero_at_open = true;
    channel->domain = JB_DOMAIN_GPU;
    channel->device = JB_DEVICE_GPU;
    channel->unit = (int)index;
}

/* The middle between idle and board power. An idle draw that is not known can be anything down to nothing. */
static uint64_t model(const struct jb_gpu_info *gpu, struct jb_channel *channel)
{
    bool idle_known = gpu->idle_w > 0 && gpu->idle_w < gpu->tdp_w;
    double idle_w = idle_known ? gpu->idle_w : 0;
    double mean_w = (idle_w + gpu->tdp_w) / 2;
    channel->rel_error = (gpu->tdp_w - idle_w) / sqrt(12) / mean_w;
    channel->max_power_uw = (uint64_t)(2 * gpu->tdp_w * 1e6);
    channel->idle_uw = (uint64_t)(idle_w * 1e6);
    snprintf(channel->note, sizeof(channel->note),
             "not measured: anywhere between %s and %.0f W of board power, taken as %.0f W",
             idle_known ? "idle" : "nothing", gpu->tdp_w, mean_w);
    return (uint64_t)(mean_w * 1e6);
}

static int open_model(struct jb_source *source, struct jb_diag *diag)
{
    struct gpu_model *state = source->priv;
    const struct jb_machine *machine = source->env->machine;
    unsigned int count = machine ? machine->gpu_count : 0;
    if (!count) {
        return jb_fail(diag, -ENODEV, "the operating system shows no accelerator");
    }
    for (unsigned int i = 0; i < count && i < JB_MAX_GPUS; i++) {
        const struct jb_gpu_info *gpu = &machine->gpus[i];
        struct jb_channel *channel = jb_source_add_channel(source);
        if (!channel) {
            break;
        }
        describe(gpu, i, channel);
        if (gpu->tdp_w > 0 && gpu->tdp_w < ABSURD_W) {
            state->cards[state->count++] = (struct card){source->channel_count - 1, model(gpu, channel)};
            continue;
        }
        channel->status = JB_UNSUPPORTED;
        snprintf(channel->reason, sizeof(channel->reason), "the table has no board power for \"%.100s\"",
                 channel->name);
    }
    state->start_ns = jb_mono_ns();
    if (!state->count) {
        return jb_fail(diag, -ENODEV, "%s", source->channels[0].reason);
    }
    return 0;
}

/* power x time in microjoules, in two parts that do not overflow within the life of a machine. */
static uint64_t energy_uj(uint64_t power_uw, uint64_t passed_ns)
{
    uint64_t whole_s = passed_ns / JB_NS_PER_S, rest_us = passed_ns % JB_NS_PER_S / JB_NS_PER_US;
    return power_uw * whole_s + power_uw * rest_us / 1000000;
}

static void read_model(struct jb_source *source, struct jb_sink *sink)
{
    const struct gpu_model *state = source->priv;
    uint64_t now_ns = jb_mono_ns();
    for (unsigned int i = 0; i < state->count; i++) {
        const struct card *card = &state->cards[i];
        jb_emit(sink, card->channel, now_ns, now_ns, energy_uj(card->power_uw, now_ns - state->start_ns));
    }
}

const struct jb_sensor_driver jb_sensor_gpu_model = {
    .name = "gpu-model",
    .title = "GPU power model (nothing measured)",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .stand_in = true,
    .stand_in_for = JB_DEVICE_GPU,
    .priv_size = sizeof(struct gpu_model),
    .open = open_model,
    .read = read_model,
};
