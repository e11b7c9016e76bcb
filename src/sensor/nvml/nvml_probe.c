/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_probe.c - which of a GPU's ways of telling energy and power work, and the channels that come of it.
 *
 * Every way is tried once, at open: NVML's documentation says for which boards a call is, not which board of which
 * vendor, in which virtual machine, with which driver answers it. What does not work is described too, with NVML's
 * answer, so that the doctor can tell. Odd: field values are right when nvmlDeviceGetSamples says "not found" for good
 * (recent drivers keep no power samples for some boards), so an empty buffer at open counts as absent.
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

bool jb_nvml_value(unsigned int type, const union jb_nvml_value *value, uint64_t *ret)
{
    uint64_t number = 0;
    switch (type) {
    case JB_NVML_DOUBLE:
        if (!(value->d >= 0 && value->d < 1e18)) {
            return false;
        }
        number = (uint64_t)value->d;
        break;
    case JB_NVML_UINT:
        number = value->ui == UINT32_MAX ? UINT64_MAX : value->ui; /* NVML_VALUE_NOT_AVAILABLE */
        break;
    case JB_NVML_ULONG:
        number = value->ul;
        break;
    case JB_NVML_ULLONG:
        number = value->ull;
        break;
    case JB_NVML_SLLONG:
        number = value->sll < 0 ? UINT64_MAX : (uint64_t)value->sll;
        break;
    case JB_NVML_SINT:
        number = value->si < 0 ? UINT64_MAX : (uint64_t)value->si;
        break;
    case JB_NVML_USHORT:
        number = value->us;
        break;
    default:
        return false;
    }
    if (number == UINT64_MAX) {
        return false;
    }
    *ret = number;
    return true;
}

static int field_result(const struct jb_nvml_field *field, uint64_t *ret)
{
    if (field->code != JB_NVML_SUCCESS) {
        return field->code;
    }
    return jb_nvml_value(field->value_type, &field->value, ret) ? JB_NVML_SUCCESS : JB_NVML_NO_DATA;
}

void jb_nvml_read_fields(const struct jb_nvml_api *api, struct jb_nvml_device *device, int *ret_power_code,
                         uint64_t *ret_power_mw, int *ret_energy_code, uint64_t *ret_energy_mj)
{
    struct jb_nvml_field fields[2] = {
        {.field_id = JB_NVML_FIELD_POWER_INSTANT, .code = JB_NVML_NO_DATA},
        {.field_id = JB_NVML_FIELD_TOTAL_ENERGY, .code = JB_NVML_NO_DATA},
    };
    int code =
        api->field_values ? api->field_values(device, ret_energy_mj ? 2 : 1, fields) : JB_NVML_FUNCTION_NOT_FOUND;
    *ret_power_code = code == JB_NVML_SUCCESS ? field_result(&fields[0], ret_power_mw) : code;
    if (ret_energy_mj) {
        *ret_energy_code = code == JB_NVML_SUCCESS ? field_result(&fields[1], ret_energy_mj) : code;
    }
}

int jb_nvml_fetch_samples(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, unsigned int *ret_type,
                          unsigned int *ret_count)
{
    unsigned int type = JB_NVML_UINT, count = gpu->sample_room;
    int code =
        nvml->api.samples(gpu->device, JB_NVML_TOTAL_POWER_SAMPLES, gpu->samples.seen_us, &type, &count, nvml->samples);
    if (code == JB_NVML_SUCCESS) {
        *ret_type = type;
        *ret_count = count < gpu->sample_room ? count : gpu->sample_room;
    }
    return code;
}

/* A stream of samples is of use when its newest is recent: that also shows that its stamps are wall time. */
static int try_samples(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu)
{
    if (!nvml->api.samples) {
        return JB_NVML_FUNCTION_NOT_FOUND;
    }
    unsigned int type = 0, count = 0;
    int code = nvml->api.samples(gpu->device, JB_NVML_TOTAL_POWER_SAMPLES, 0, &type, &count, NULL);
    if (code != JB_NVML_SUCCESS && code != JB_NVML_INSUFFICIENT_SIZE) {
        return code;
    }
    if (count == 0) {
        return JB_NVML_NO_DATA;
    }
    gpu->sample_room = count < JB_NVML_MAX_SAMPLES ? count : JB_NVML_MAX_SAMPLES;
    code = jb_nvml_fetch_samples(nvml, gpu, &type, &count);
    if (code != JB_NVML_SUCCESS) {
        return code;
    }
    struct jb_nvml_now now;
    jb_nvml_now(&now);
    jb_nvml_track_stepped(&gpu->samples, &now);
    uint64_t t_ns = 0;
    for (unsigned int i = 0; i < count; i++) {
        uint64_t power_mw = 0;
        if (jb_nvml_value(type, &nvml->samples[i].value, &power_mw) &&
            jb_nvml_track_take(&gpu->samples, nvml->samples[i].timestamp_us, &now, &t_ns)) {
            gpu->sample_raw = power_mw;
        }
    }
    return t_ns && now.mono_ns - t_ns <= JB_NVML_STALL_NS ? JB_NVML_SUCCESS : JB_NVML_NO_DATA;
}

static int try_usage(const struct jb_nvml_api *api, struct jb_nvml_device *device)
{
    unsigned int power_mw = 0;
    if (!api->power_usage) {
        return JB_NVML_FUNCTION_NOT_FOUND;
    }
    int code = api->power_usage(device, &power_mw);
    return code == JB_NVML_SUCCESS && power_mw == UINT32_MAX ? JB_NVML_NO_DATA : code;
}

static int try_energy(const struct jb_nvml_api *api, struct jb_nvml_device *device, uint64_t *ret_mj)
{
    unsigned long long energy_mj = 0;
    if (!api->total_energy) {
        return JB_NVML_FUNCTION_NOT_FOUND;
    }
    int code = api->total_energy(device, &energy_mj);
    if (code == JB_NVML_SUCCESS) {
        *ret_mj = energy_mj;
    }
    return code == JB_NVML_SUCCESS && energy_mj == UINT64_MAX ? JB_NVML_NO_DATA : code;
}

struct jb_channel *jb_nvml_add_channel(struct jb_source *source, const struct jb_nvml_gpu *gpu, const char *kind)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return NULL;
    }
    snprintf(channel->id, sizeof(channel->id), "gpu/%s/%s", gpu->key, kind);
    jb_copy(channel->name, sizeof(channel->name), gpu->name);
    channel->domain = JB_DOMAIN_GPU;
    channel->device = JB_DEVICE_GPU;
    channel->unit = gpu->unit;
    channel->unit_num = 1000; /* mJ, mW */
    channel->max_power_uw = gpu->limit_mw ? gpu->limit_mw * 1500 : JB_NVML_MOST_UW;
    channel->idle_uw = gpu->idle_mw * 1000;
    return channel;
}

static void refuse(struct jb_channel *channel, int code)
{
    channel->status = jb_nvml_status(code);
    if (channel->status == JB_DENIED) {
        jb_copy(channel->fix, sizeof(channel->fix),
                "let this user or container open /dev/nvidia* (ls -l /dev/nvidia*)");
    } else if (channel->status == JB_GONE) {
        jb_copy(channel->fix, sizeof(channel->fix), "see dmesg for \"NVRM: Xid\"; reboot brings a lost GPU back");
    }
}

static void set_note(struct jb_channel *channel, const struct jb_nvml_gpu *gpu, const struct jb_nvml_window *window)
{
    const char *mig = "";
    if (gpu->mig && gpu->instances_part) {
        mig = "MIG is on: the whole board's power; shares are estimated by slices, and those not seen here are others'";
    } else if (gpu->mig && gpu->instance_count) {
        mig = "MIG is on: the whole board's power; the run's part is estimated by the slices of its instance";
    } else if (gpu->mig) {
        mig = "MIG is on: the whole board's power, its instances cannot be told apart";
    }
    snprintf(channel->note, sizeof(channel->note), "%s%s%s", mig, mig[0] && window->note[0] ? "; " : "", window->note);
}

static bool add_energy(struct jb_source *source, struct jb_nvml_gpu *gpu, int code)
{
    const struct jb_nvml *nvml = source->priv;
    struct jb_channel *channel = jb_nvml_add_channel(source, gpu, "energy");
    if (!channel) {
        return false;
    }
    struct jb_nvml_window window;
    jb_nvml_window(gpu->arch, gpu->name, nvml->driver, gpu->way, &window);
    gpu->first = source->channel_count - 1;
    channel->method = JB_METHOD_COUNTER;
    channel->zero_at_reset = true;
    channel->refresh_ns = window.refresh_ns;
    channel->rel_error = window.energy_error;
    snprintf(channel->path, sizeof(channel->path), "NVML GPU %u: nvmlDeviceGetTotalEnergyConsumption%s", gpu->index,
             gpu->energy_in_batch ? " (as field 83)" : "");
    set_note(channel, gpu, &window);
    if (code == JB_NVML_SUCCESS) {
        gpu->energy = gpu->first;
    } else {
        refuse(channel, code);
        snprintf(channel->reason, sizeof(channel->reason), "NVML has no energy counter for this GPU: %s",
                 jb_nvml_error(code));
    }
    return true;
}

static const char *way_path(enum jb_nvml_way way)
{
    switch (way) {
    case JB_NVML_WAY_SAMPLES:
        return "nvmlDeviceGetSamples(power)";
    case JB_NVML_WAY_INSTANT:
        return "nvmlDeviceGetFieldValues(186, instant power)";
    default:
        return "nvmlDeviceGetPowerUsage";
    }
}

static bool add_power(struct jb_source *source, struct jb_nvml_gpu *gpu, const int codes[3])
{
    const struct jb_nvml *nvml = source->priv;
    struct jb_channel *channel = jb_nvml_add_channel(source, gpu, "power");
    if (!channel) {
        return false;
    }
    struct jb_nvml_window window;
    jb_nvml_window(gpu->arch, gpu->name, nvml->driver, gpu->way, &window);
    channel->method = JB_METHOD_INTEGRATED;
    channel->refresh_ns = window.refresh_ns;
    channel->window_ns = window.window_ns;
    channel->rel_error = window.power_error;
    snprintf(channel->path, sizeof(channel->path), "NVML GPU %u: %s", gpu->index, way_path(gpu->way));
    set_note(channel, gpu, &window);
    if (gpu->way != JB_NVML_WAY_NONE) {
        gpu->power = source->channel_count - 1;
    } else {
        refuse(channel, codes[2]);
        snprintf(channel->reason, sizeof(channel->reason), "NVML tells no power: samples: %s; field 186: %s; usage: %s",
                 jb_nvml_error(codes[0]), jb_nvml_error(codes[1]), jb_nvml_error(codes[2]));
    }
    return true;
}

/* Is field 83 the same counter as the call? Then one request brings energy and power. */
static bool same_counter(uint64_t call_mj, int code, uint64_t field_mj)
{
    uint64_t ahead = field_mj - call_mj;
    return code == JB_NVML_SUCCESS && field_mj >= call_mj && ahead < 10000000;
}

/* Try the ways of telling power; codes[]: what samples, field 186 and usage said. The mean of a second comes last, also
 * where it may look at more of the time: it lags, and smears what a run draws over what was before and comes after. */
static void probe_power(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, int energy_code, uint64_t energy_mj,
                        int codes[3])
{
    uint64_t field_mj = 0, power_mw = 0;
    int field_energy_code = JB_NVML_NOT_SUPPORTED;
    codes[0] = try_samples(nvml, gpu);
    jb_nvml_read_fields(&nvml->api, gpu->device, &codes[1], &power_mw, &field_energy_code, &field_mj);
    codes[2] = try_usage(&nvml->api, gpu->device);
    gpu->live = codes[1] == JB_NVML_SUCCESS   ? JB_NVML_WAY_INSTANT
                : codes[2] == JB_NVML_SUCCESS ? JB_NVML_WAY_USAGE
                                              : JB_NVML_WAY_NONE;
    gpu->way = codes[0] == JB_NVML_SUCCESS ? JB_NVML_WAY_SAMPLES : gpu->live;
    gpu->energy_in_batch = gpu->way == JB_NVML_WAY_INSTANT && energy_code == JB_NVML_SUCCESS &&
                           same_counter(energy_mj, field_energy_code, field_mj);
}

bool jb_nvml_probe(struct jb_source *source, struct jb_nvml_gpu *gpu, int handle_code)
{
    struct jb_nvml *nvml = source->priv;
    int codes[3] = {handle_code, handle_code, handle_code};
    int energy_code = handle_code;
    bool module = false;
    if (gpu->device) {
        uint64_t energy_mj = 0;
        energy_code = try_energy(&nvml->api, gpu->device, &energy_mj);
        probe_power(nvml, gpu, energy_code, energy_mj, codes);
        module = jb_nvml_module_find(nvml, gpu, energy_code, energy_mj);
        if (gpu->mig) {
            jb_nvml_mig_known(nvml, gpu);
        }
    }
    if (!add_energy(source, gpu, energy_code) || !add_power(source, gpu, codes)) {
        return false;
    }
    bool denied = jb_nvml_status(energy_code) == JB_DENIED || jb_nvml_status(codes[2]) == JB_DENIED;
    if (gpu->device && gpu->energy < 0 && gpu->power < 0 && !denied && !jb_nvml_model_add(source, gpu)) {
        return false;
    }
    return !module || jb_nvml_module_add(source, gpu);
}
