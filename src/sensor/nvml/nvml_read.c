/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_read.c - one pass over all GPUs.
 *
 * The energy counter and, beside it, power: the driver's buffered samples carry their own time and cost one call for
 * all of them; field 186 and nvmlDeviceGetPowerUsage are a value "now". Odd: a buffer that has nothing new is no
 * failure, the newest sample is then told again (a step of no length books nothing); one that has had nothing new for
 * a second has ended, and the live value takes its place for good. A lost GPU is never asked again.
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"

#include <stddef.h>

/* What one call said: the same for both ends of every reading of a live value. */
struct answer {
    int code;
    uint64_t before_ns, after_ns, raw;
};

static void emit(struct jb_sink *sink, struct jb_nvml_gpu *gpu, int channel, const struct answer *answer)
{
    if (answer->code == JB_NVML_SUCCESS) {
        jb_emit(sink, channel, answer->before_ns, answer->after_ns, answer->raw);
        return;
    }
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

static void read_live(const struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, struct jb_sink *sink)
{
    struct answer power = {.code = JB_NVML_NO_DATA, .after_ns = jb_mono_ns()};
    if (gpu->way == JB_NVML_WAY_INSTANT) {
        power = ask_fields(&nvml->api, gpu->device, NULL);
    } else if (gpu->way == JB_NVML_WAY_USAGE) {
        power = ask_usage(&nvml->api, gpu->device);
    }
    emit(sink, gpu, gpu->power, &power);
}

static void read_samples(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, struct jb_sink *sink)
{
    unsigned int type = 0, count = 0, taken = 0;
    int code = jb_nvml_fetch_samples(nvml, gpu, &type, &count);
    struct jb_nvml_now now;
    jb_nvml_now(&now);
    if (code != JB_NVML_SUCCESS && code != JB_NVML_NOT_FOUND && code != JB_NVML_NO_DATA) {
        emit(sink, gpu, gpu->power, &(struct answer){.code = code, .after_ns = now.mono_ns});
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
        return;
    }
    if (now.mono_ns - gpu->samples.last_ns <= JB_NVML_STALL_NS) {
        jb_emit(sink, gpu->power, gpu->samples.last_ns, gpu->samples.last_ns, gpu->sample_raw);
        return;
    }
    if (gpu->live != JB_NVML_WAY_NONE) {
        gpu->way = gpu->live;
    }
    read_live(nvml, gpu, sink);
}

static void read_model(const struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, struct jb_sink *sink)
{
    struct jb_nvml_utilisation use = {0};
    struct answer answer = {.before_ns = jb_mono_ns()};
    answer.code = nvml->api.utilisation(gpu->device, &use);
    answer.after_ns = jb_mono_ns();
    if (answer.code == JB_NVML_SUCCESS && use.gpu_percent > 100) {
        answer.code = JB_NVML_NO_DATA;
    }
    if (answer.code == JB_NVML_SUCCESS) {
        uint64_t idle_mw = gpu->idle_mw < gpu->limit_mw ? gpu->idle_mw : gpu->limit_mw;
        uint64_t power_mw = idle_mw + (gpu->limit_mw - idle_mw) * use.gpu_percent / 100;
        uint64_t passed_us = (answer.after_ns - gpu->model_t_ns) / JB_NS_PER_US;
        if (gpu->model_t_ns) {
            gpu->model_uj += power_mw * passed_us / 1000; /* mW x us = nJ */
            gpu->model_t_ns += passed_us * JB_NS_PER_US;
        } else {
            gpu->model_t_ns = answer.after_ns;
        }
        answer.before_ns = answer.after_ns;
        answer.raw = gpu->model_uj;
    }
    emit(sink, gpu, gpu->model, &answer);
}

static void read_gpu(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, struct jb_sink *sink)
{
    if (gpu->energy >= 0 && gpu->energy_in_batch && gpu->way == JB_NVML_WAY_INSTANT) {
        struct answer energy;
        struct answer power = ask_fields(&nvml->api, gpu->device, &energy);
        emit(sink, gpu, gpu->energy, &energy);
        emit(sink, gpu, gpu->power, &power);
        return;
    }
    if (gpu->energy >= 0) {
        struct answer energy = ask_energy(&nvml->api, gpu->device);
        emit(sink, gpu, gpu->energy, &energy);
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

static void tell_gone(const struct jb_nvml_gpu *gpu, struct jb_sink *sink)
{
    const int channels[] = {gpu->energy, gpu->power, gpu->model};
    uint64_t now_ns = jb_mono_ns();
    for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
        if (channels[i] >= 0) {
            jb_emit_failure(sink, channels[i], now_ns, JB_GONE);
        }
    }
}

void jb_nvml_read(struct jb_source *source, struct jb_sink *sink)
{
    struct jb_nvml *nvml = source->priv;
    for (unsigned int i = 0; i < nvml->gpu_count; i++) {
        struct jb_nvml_gpu *gpu = &nvml->gpus[i];
        if (gpu->lost) {
            tell_gone(gpu, sink);
        } else {
            read_gpu(nvml, gpu, sink);
        }
    }
}
