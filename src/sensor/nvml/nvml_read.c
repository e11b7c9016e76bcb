/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_read.c - one pass over all GPUs.
 *
 * The energy counter and, beside it, power: the driver's buffered samples carry their own time and cost one call for
 * all of them; field 186 and nvmlDeviceGetPowerUsage are a value "now". Odd: a buffer that has nothing new is no
 * failure, the newest sample is then told again (a step of no length books nothing); one that has had nothing new for
 * a second has ended, and the live value takes its place for good. A lost GPU is asked again only after the library
 * was started anew (nvml_reopen.c).
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"

#include <stddef.h>

/* That nothing about a GPU is answered for so many passes (3 s), whatever is said for it, calls for a new start. */
#define SILENT_PASSES 30

/* What one call said: the same for both ends of every reading of a live value. */
struct answer {
    int code;
    uint64_t before_ns, after_ns, raw;
};

static void emit(struct jb_nvml *nvml, struct jb_sink *sink, struct jb_nvml_gpu *gpu, int channel,
                 const struct answer *answer)
{
    if (answer->code == JB_NVML_SUCCESS) {
        gpu->silent = 0;
        jb_emit(sink, channel, answer->before_ns, answer->after_ns, answer->raw);
        return;
    }
    nvml->stale = nvml->stale || jb_nvml_is_stale(answer->code);
    gpu->lost = gpu->lost || jb_nvml_is_gone(answer->code);
    jb_emit_failure(sink, channel, answer->after_ns, gpu->lost ? JB_GONE : JB_FAILED);
}

static struct answer ask_energy(const struct jb_nvml_api *api, struct jb_nvml_device *device)
{
    unsigned long long energy_mj = UINT64_MAX;
    struct answer answer = {.before_ns = jb_mono_ns()};
    answer.code = api->total_energy(device, &energy_mj);
    answer.after_ns = jb_mono_ns();
    answer.raw = energy_mj;
    if (answer.code == JB_NVML_SUCCESS && energy_mj == UINT64_MAX) {
        answer.code = JB_NVML_NO_DATA;
    }
    return answer;
}

static struct answer ask_usage(const struct jb_nvml_api *api, struct jb_nvml_device *device)
{
    unsigned int power_mw = UINT32_MAX;
    struct answer answer = {.before_ns = jb_mono_ns()};
    answer.code = api->power_usage(device, &power_mw);
    answer.after_ns = jb_mono_ns();
    answer.raw = power_mw;
    if (answer.code == JB_NVML_SUCCESS && power_mw == UINT32_MAX) {
        answer.code = JB_NVML_NO_DATA;
    }
    return answer;
}

/* energy may be NULL: power alone. */
static struct answer ask_fields(const struct jb_nvml_api *api, struct jb_nvml_device *device, struct answer *energy)
{
    struct answer power = {.before_ns = jb_mono_ns()};
    uint64_t energy_mj = 0;
    int energy_code = JB_NVML_NO_DATA;
    jb_nvml_read_fields(api, device, &power.code, &power.raw, &energy_code, energy ? &energy_mj : NULL);
    power.after_ns = jb_mono_ns();
    if (energy) {
        *energy = (struct answer){energy_code, power.before_ns, power.after_ns, energy_mj};
    }
    return power;
}

static void read_live(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, struct jb_sink *sink)
{
    struct answer power = {.code = JB_NVML_NO_DATA, .after_ns = jb_mono_ns()};
    if (gpu->way == JB_NVML_WAY_INSTANT) {
        power = ask_fields(&nvml->api, gpu->device, NULL);
    } else if (gpu->way == JB_NVML_WAY_USAGE) {
        power = ask_usage(&nvml->api, gpu->device);
    }
    emit(nvml, sink, gpu, gpu->power, &power);
}

static void read_samples(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, struct jb_sink *sink)
{
    unsigned int type = 0, count = 0, taken = 0;
    int code = jb_nvml_fetch_samples(nvml, gpu, &type, &count);
    struct jb_nvml_now now;
    jb_nvml_now(&now);
    if (code != JB_NVML_SUCCESS && code != JB_NVML_NOT_FOUND && code != JB_NVML_NO_DATA) {
        emit(nvml, sink, gpu, gpu->power, &(struct answer){.code = code, .after_ns = now.mono_ns});
        return;
    }
    if (jb_nvml_track_stepped(&gpu->samples, &now)) {
        count = 0;
    }
    for (unsigned int i = 0; i < count; i++) {
        uint64_t power_mw = 0, t_ns = 0;
        if (jb_nvml_value(type, &nvml->samples[i].value, &power_mw) &&
            jb_nvml_track_take(&gpu->samples, nvml->samples[i].timestamp_us, &now, &t_ns)) {
            jb_emit(sink, gpu->power, t_ns, t_ns, power_mw);
            gpu->sample_raw = power_mw;
            taken++;
        }
    }
    if (taken) {
        gpu->silent = 0;
        return;
    }
    if (now.mono_ns - gpu->samples.last_ns <= JB_NVML_STALL_NS) {
        gpu->silent = 0;
        jb_emit(sink, gpu->power, gpu->samples.last_ns, gpu->samples.last_ns, gpu->sample_raw);
        return;
    }
    if (gpu->live != JB_NVML_WAY_NONE) {
        gpu->way = gpu->live;
    }
    read_live(nvml, gpu, sink);
}

static void read_model(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, struct jb_sink *sink)
{
    struct answer answer = {0};
    answer.code = jb_nvml_model_read(nvml, gpu, &answer.after_ns);
    answer.before_ns = answer.after_ns;
    answer.raw = gpu->model_uj;
    emit(nvml, sink, gpu, gpu->model, &answer);
}

static void read_gpu(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, struct jb_sink *sink)
{
    gpu->silent++;
    if (gpu->module_power >= 0) {
        jb_nvml_module_read(nvml, gpu, sink);
    }
    if (gpu->energy >= 0 && gpu->energy_in_batch && gpu->way == JB_NVML_WAY_INSTANT) {
        struct answer energy;
        struct answer power = ask_fields(&nvml->api, gpu->device, &energy);
        emit(nvml, sink, gpu, gpu->energy, &energy);
        emit(nvml, sink, gpu, gpu->power, &power);
        return;
    }
    if (gpu->energy >= 0) {
        struct answer energy = ask_energy(&nvml->api, gpu->device);
        emit(nvml, sink, gpu, gpu->energy, &energy);
    }
    if (gpu->power >= 0 && gpu->lost) {
        jb_emit_failure(sink, gpu->power, jb_mono_ns(), JB_GONE);
    } else if (gpu->power >= 0 && gpu->way == JB_NVML_WAY_SAMPLES) {
        read_samples(nvml, gpu, sink);
    } else if (gpu->power >= 0) {
        read_live(nvml, gpu, sink);
    }
    if (gpu->model >= 0) {
        read_model(nvml, gpu, sink);
    }
}

static void tell_all(const struct jb_nvml_gpu *gpu, enum jb_status status, struct jb_sink *sink)
{
    const int channels[] = {gpu->energy, gpu->power, gpu->model, gpu->module_power, gpu->module_energy};
    uint64_t now_ns = jb_mono_ns();
    for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
        if (channels[i] >= 0) {
            jb_emit_failure(sink, channels[i], now_ns, status);
        }
    }
}

void jb_nvml_read(struct jb_source *source, struct jb_sink *sink)
{
    struct jb_nvml *nvml = source->priv;
    jb_nvml_reopen(nvml);
    for (unsigned int i = 0; i < nvml->gpu_count; i++) {
        struct jb_nvml_gpu *gpu = &nvml->gpus[i];
        if (gpu->lost) {
            tell_all(gpu, JB_GONE, sink);
        } else if (nvml->stale) {
            tell_all(gpu, JB_FAILED, sink);
        } else if (jb_nvml_is_read(gpu)) {
            read_gpu(nvml, gpu, sink);
        }
        if (nvml->stale || (gpu->lost && jb_nvml_is_read(gpu)) || gpu->silent > SILENT_PASSES) {
            jb_nvml_trouble(nvml);
        }
    }
}
