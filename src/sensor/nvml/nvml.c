/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml.c - NVIDIA GPUs through the driver's management library.
 *
 * Documented in the NVML API Reference Guide. Per GPU an energy counter (Volta and later) and a power gauge, which
 * the ledger takes for twins and checks against each other: counters that stand still and gauges that see a quarter
 * of the time both exist. Odd: any call may hang while a driver resets a GPU, so this driver has a lane; and on Tegra
 * the library starts and then supports nothing.
 */
#include "sensor/nvml/nvml.h"

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>

/* No board later than Volta has new values more often; the driver's sample buffer keeps what lies between. */
#define PERIOD_NS UINT64_C(100000000)

/* "535.104.05" -> 535. */
static unsigned int driver_version(const struct jb_nvml_api *api)
{
    char text[80] = "";
    unsigned int version = 0;
    if (!api->driver_version || api->driver_version(text, sizeof(text)) != JB_NVML_SUCCESS) {
        return 0;
    }
    for (size_t i = 0; i < 5 && text[i] >= '0' && text[i] <= '9'; i++) {
        version = version * 10 + (unsigned int)(text[i] - '0');
    }
    return version;
}

/* A made-up machine has NVIDIA's driver when its tree says so, or when the library is named outright. Of the real one
 * only the library can tell: WSL has it without that file. */
static int glance_nvml(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    if (env->nvml_path || jb_root_is_real(env->root) || jb_root_exists(env->root, "/proc/driver/nvidia/version")) {
        return 0;
    }
    return jb_fail(diag, -ENODEV, "the machine at %s has no NVIDIA driver (no /proc/driver/nvidia/version)",
                   jb_root_name(env->root));
}

static void find_gpus(struct jb_source *source, unsigned int count)
{
    struct jb_nvml *nvml = source->priv;
    for (unsigned int i = 0; i < count && i < JB_NVML_MAX_GPUS; i++) {
        struct jb_nvml_gpu *gpu = &nvml->gpus[i];
        int code = jb_nvml_gpu_identify(nvml, source->env, i, gpu);
        nvml->gpu_count = i + 1;
        if (!jb_nvml_probe(source, gpu, code)) {
            return;
        }
        struct jb_nvml_now now;
        jb_nvml_now(&now);
        jb_nvml_track_stepped(&gpu->uses, &now);
        gpu->uses.seen_us = now.wall_ns > 0 ? (unsigned long long)now.wall_ns / 1000 : 0;
        gpu->uses_t_ns = now.mono_ns;
    }
}

/* 0 when a channel can be used, else the first channel's reason as the source's. */
static int verdict(const struct jb_source *source, struct jb_diag *diag)
{
    int err = -ENODEV;
    for (int i = 0; i < source->channel_count; i++) {
        if (source->channels[i].status == JB_OK) {
            return 0;
        }
        err = source->channels[i].status == JB_DENIED ? -EACCES : err;
    }
    if (!source->channel_count) {
        return jb_fail(diag, -ENODEV, "NVML: no NVIDIA GPU");
    }
    const struct jb_channel *first = &source->channels[0];
    jb_fail(diag, err, "%s: %s", first->name, first->reason);
    if (first->fix[0]) {
        jb_fix(diag, "%s", first->fix);
    }
    return err;
}

static int open_nvml(struct jb_source *source, struct jb_diag *diag)
{
    struct jb_nvml *nvml = source->priv;
    int err = glance_nvml(source->env, diag);
    if (err == 0) {
        err = jb_nvml_load(source->env->nvml_path, &nvml->api, diag);
    }
    if (err < 0) {
        return err;
    }
    int code = nvml->api.init();
    if (code != JB_NVML_SUCCESS) {
        return jb_nvml_init_failure(code, diag);
    }
    nvml->started = true;
    nvml->driver = driver_version(&nvml->api);
    unsigned int count = 0;
    code = nvml->api.device_count(&count);
    if (code != JB_NVML_SUCCESS) {
        return jb_nvml_init_failure(code, diag);
    }
    find_gpus(source, count);
    return verdict(source, diag);
}

static void close_nvml(struct jb_source *source)
{
    struct jb_nvml *nvml = source->priv;
    if (nvml->started) {
        nvml->api.shutdown();
        nvml->started = false;
    }
    jb_nvml_unload(&nvml->api);
}

const struct jb_sensor_driver jb_sensor_nvml = {
    .name = "nvml",
    .title = "NVIDIA GPUs through NVML",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct jb_nvml),
    .blocking = true,
    .period_ns = PERIOD_NS,
    .glance = glance_nvml,
    .open = open_nvml,
    .read = jb_nvml_read,
    .close = close_nvml,
    .processes = jb_nvml_processes,
};
