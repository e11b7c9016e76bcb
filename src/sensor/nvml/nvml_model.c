/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_model.c - a GPU that tells neither energy nor power, as in a vGPU guest.
 *
 * NVML still knows the limit that the board is held to, which is nearer the truth than a table's, and mostly how busy
 * the GPU is: the model goes from idle to the limit by utilisation. Whoever is busy draws something between the two;
 * that is the error, the width of a range over the square root of twelve, 0.29 of it. Without the utilisation nothing
 * is known but the range, and its middle is taken, as gpu_model.c does, which knows the table alone and steps back
 * behind this driver. Odd: Tegra answers nothing at all, not even a limit, and is left to the sensors of its board.
 * That the share of a vGPU of its board is not known is not in the error; the note says "limit".
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>

#define BUSY_ERROR 0.3

static uint64_t idle_mw(const struct jb_nvml_gpu *gpu)
{
    return gpu->idle_mw < gpu->cap_mw ? gpu->idle_mw : gpu->cap_mw;
}

static void describe(const struct jb_nvml_gpu *gpu, struct jb_channel *channel)
{
    double idle_w = (double)idle_mw(gpu) / 1000, limit_w = (double)gpu->cap_mw / 1000;
    const char *idle = gpu->idle_mw ? "an idle draw of" : "an unknown idle draw taken as";

    channel->method = JB_METHOD_MODELLED;
    channel->zero_at_open = true;
    channel->unit_num = 1;
    if (gpu->model_blind) {
        channel->rel_error = (limit_w - idle_w) / sqrt(12) / ((idle_w + limit_w) / 2);
        snprintf(channel->path, sizeof(channel->path), "NVML GPU %u: nvmlDeviceGetEnforcedPowerLimit", gpu->index);
        snprintf(channel->note, sizeof(channel->note),
                 "a model, nothing is measured, not even how busy it is: the middle between %s %.0f W and the limit "
                 "of %.0f W",
                 idle, idle_w, limit_w);
        return;
    }
    channel->rel_error = BUSY_ERROR;
    snprintf(channel->path, sizeof(channel->path), "NVML GPU %u: nvmlDeviceGetUtilizationRates", gpu->index);
    snprintf(channel->note, sizeof(channel->note),
             "a model, nothing is measured: from %s %.0f W to the limit of %.0f W by utilisation", idle, idle_w,
             limit_w);
}

bool jb_nvml_model_add(struct jb_source *source, struct jb_nvml_gpu *gpu)
{
    const struct jb_nvml *nvml = source->priv;
    struct jb_nvml_utilisation now = {0};

    gpu->model_blind = !nvml->api.utilisation || nvml->api.utilisation(gpu->device, &now) != JB_NVML_SUCCESS;
    if (!gpu->cap_mw || (gpu->model_blind && !gpu->cap_told)) {
        return true;
    }
    struct jb_channel *channel = jb_nvml_add_channel(source, gpu, "model");
    if (!channel) {
        return false;
    }
    describe(gpu, channel);
    gpu->model = source->channel_count - 1;
    return true;
}

/* An nvmlReturn_t; gpu->model_uj is the energy up to *ret_t_ns. */
int jb_nvml_model_read(const struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, uint64_t *ret_t_ns)
{
    struct jb_nvml_utilisation use = {.gpu_percent = 50};
    int code = gpu->model_blind ? JB_NVML_SUCCESS : nvml->api.utilisation(gpu->device, &use);
    uint64_t now_ns = jb_mono_ns();

    *ret_t_ns = now_ns;
    if (code == JB_NVML_SUCCESS && use.gpu_percent > 100) {
        return JB_NVML_NO_DATA;
    }
    if (code != JB_NVML_SUCCESS) {
        return code;
    }
    uint64_t power_mw = idle_mw(gpu) + (gpu->cap_mw - idle_mw(gpu)) * use.gpu_percent / 100;
    if (gpu->model_t_ns) {
        uint64_t passed_us = (now_ns - gpu->model_t_ns) / JB_NS_PER_US;
        gpu->model_uj += power_mw * passed_us / 1000; /* mW x us = nJ */
        gpu->model_t_ns += passed_us * JB_NS_PER_US;
    } else {
        gpu->model_t_ns = now_ns;
    }
    return JB_NVML_SUCCESS;
}
