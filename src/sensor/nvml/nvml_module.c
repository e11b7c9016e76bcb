/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_module.c - superchips: what a module draws, its Grace CPU and all its GPUs included.
 *
 * Fields 185, 186, 190 and 191 take a scope, of which 1 is the module (NVML API Reference Guide, "Field Value Enums";
 * elsewhere it is not supported). Every GPU of a module tells the same value, so it is described once, under the number
 * of the Grace socket, which is the NUMA node that the kernel gives for the GPU's PCI device; NVIDIA's own exporters go
 * by it, and the kernel's ACPI power meter of the same module bears that number. The mean of a second (185) is taken
 * before the instant value, which on Hopper looks a quarter of the time.
 *
 * Odd: on GH200 the energy counter that NVML documents as the GPU's has been found to count the module
 * (ml-energy/zeus, pull request 172). Field 191 may tell the two apart; where it does not, a Hopper's counter on a
 * module is taken for the module's, so that the CPU's joules never count as the GPU's.
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Nobody has published how far the module's sensor is off: as for a GPU of an unknown sensor (nvml_window.c). */
#define MODULE_ERROR 0.11

/* Two looks at one counter, one after the other: less than this lies between them. 10 kJ. */
#define SAME_COUNTER_MJ 10000000U

#define NOT_TOLD "where this module is in the machine is not told; "

enum { AVERAGE, INSTANT, LIMIT, MODULE_ENERGY, GPU_ENERGY, GPU_INSTANT, FIELDS };

static bool ask(const struct jb_nvml_api *api, struct jb_nvml_device *device, struct jb_nvml_field *fields, int count)
{
    for (int i = 0; i < count; i++) {
        fields[i].code = JB_NVML_NO_DATA;
    }
    return api->field_values && api->field_values(device, count, fields) == JB_NVML_SUCCESS;
}

static bool value_of(const struct jb_nvml_field *field, uint64_t *ret)
{
    return field->code == JB_NVML_SUCCESS && jb_nvml_value(field->value_type, &field->value, ret);
}

static bool same_counter(const struct jb_nvml_field *field, uint64_t energy_mj)
{
    uint64_t field_mj = 0;

    return value_of(field, &field_mj) && field_mj >= energy_mj && field_mj - energy_mj < SAME_COUNTER_MJ;
}

static enum jb_nvml_owner owner_of(const struct jb_nvml_gpu *gpu, const struct jb_nvml_field *fields,
                                   uint64_t energy_mj)
{
    uint64_t unused;
    bool both = value_of(&fields[MODULE_ENERGY], &unused) && value_of(&fields[GPU_ENERGY], &unused);
    bool modules = same_counter(&fields[MODULE_ENERGY], energy_mj), gpus = same_counter(&fields[GPU_ENERGY], energy_mj);

    if (both && modules != gpus) {
        return modules ? JB_NVML_OWNER_MODULE : JB_NVML_OWNER_GPU;
    }
    return gpu->arch == JB_NVML_HOPPER ? JB_NVML_OWNER_UNTOLD : JB_NVML_OWNER_GPU;
}

bool jb_nvml_module_find(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, int energy_code, uint64_t energy_mj)
{
    struct jb_nvml_field fields[FIELDS] = {
        [AVERAGE] = {.field_id = JB_NVML_FIELD_POWER_AVERAGE, .scope_id = JB_NVML_SCOPE_MODULE},
        [INSTANT] = {.field_id = JB_NVML_FIELD_POWER_INSTANT, .scope_id = JB_NVML_SCOPE_MODULE},
        [LIMIT] = {.field_id = JB_NVML_FIELD_POWER_LIMIT, .scope_id = JB_NVML_SCOPE_MODULE},
        [MODULE_ENERGY] = {.field_id = JB_NVML_FIELD_ENERGY, .scope_id = JB_NVML_SCOPE_MODULE},
        [GPU_ENERGY] = {.field_id = JB_NVML_FIELD_ENERGY, .scope_id = JB_NVML_SCOPE_GPU},
        [GPU_INSTANT] = {.field_id = JB_NVML_FIELD_POWER_INSTANT, .scope_id = JB_NVML_SCOPE_GPU},
    };
    uint64_t average_mw = 0, instant_mw = 0, gpu_mw = 0;

    /* A driver that ignores the scope tells the GPU's power twice; a module always draws more than its GPU. */
    if (!ask(&nvml->api, gpu->device, fields, FIELDS) ||
        (value_of(&fields[INSTANT], &instant_mw) && value_of(&fields[GPU_INSTANT], &gpu_mw) && instant_mw == gpu_mw)) {
        return false;
    }
    bool average = value_of(&fields[AVERAGE], &average_mw) && average_mw > 0;
    if (!average && instant_mw == 0) {
        return false;
    }
    uint64_t limit_mw = 0;
    gpu->module_field = average ? JB_NVML_FIELD_POWER_AVERAGE : JB_NVML_FIELD_POWER_INSTANT;
    gpu->module_limit_mw = value_of(&fields[LIMIT], &limit_mw) ? limit_mw : 0;
    gpu->module_counts = value_of(&fields[MODULE_ENERGY], &limit_mw);
    gpu->owner = energy_code == JB_NVML_SUCCESS ? owner_of(gpu, fields, energy_mj) : JB_NVML_OWNER_GPU;
    return true;
}

/* The Grace socket; -1: not told. */
static int socket_of(const struct jb_sensor_env *env, const struct jb_nvml_gpu *gpu)
{
    char path[96], text[32];
    uint64_t address = 0, node = 0;

    if (!jb_nvml_parse_pci(gpu->pci, &address)) {
        return -1;
    }
    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%04x:%02x:%02x.%x/numa_node", (unsigned int)(address >> 24),
             (unsigned int)(address >> 16 & 0xff), (unsigned int)(address >> 8 & 0xff), (unsigned int)(address & 0xff));
    if (jb_root_read(env->root, path, text, sizeof(text)) <= 0) {
        return -1;
    }
    return jb_parse_u64(jb_trim(text), &node) == 0 && node < JB_NVML_UNIT_BASE ? (int)node : -1;
}

/* Does a GPU before this one show the module already? */
static const struct jb_nvml_gpu *sibling(const struct jb_source *source, const struct jb_nvml_gpu *gpu, int unit)
{
    const struct jb_nvml *nvml = source->priv;

    for (const struct jb_nvml_gpu *other = nvml->gpus; other < gpu; other++) {
        if (other->module >= 0 && source->channels[other->module].unit == unit) {
            return other;
        }
    }
    return NULL;
}

static uint64_t most_uw(const struct jb_nvml_gpu *gpu)
{
    return gpu->module_limit_mw ? gpu->module_limit_mw * 1500 : JB_NVML_MOST_MODULE_UW;
}

static struct jb_channel *add(struct jb_source *source, const struct jb_nvml_gpu *gpu, int unit, const char *kind)
{
    struct jb_channel *channel = jb_source_add_channel(source);

    if (!channel) {
        return NULL;
    }
    snprintf(channel->id, sizeof(channel->id), "module/%d/%s", unit, kind);
    snprintf(channel->name, sizeof(channel->name), "%.80s module", gpu->name);
    channel->domain = JB_DOMAIN_MODULE;
    channel->with_memory = true;
    channel->device = JB_DEVICE_BOARD;
    channel->unit = unit;
    channel->unit_num = 1000; /* mJ, mW */
    channel->max_power_uw = most_uw(gpu);
    channel->refresh_ns = 100 * JB_NS_PER_MS;
    channel->rel_error = MODULE_ERROR;
    snprintf(channel->note, sizeof(channel->note), "%sCPU, GPUs and their memory",
             unit >= JB_NVML_UNIT_BASE ? NOT_TOLD : "");
    return channel;
}

static bool add_power(struct jb_source *source, struct jb_nvml_gpu *gpu, int unit)
{
    struct jb_channel *channel = add(source, gpu, unit, "power");

    if (!channel) {
        return false;
    }
    bool average = gpu->module_field == JB_NVML_FIELD_POWER_AVERAGE;
    channel->method = JB_METHOD_INTEGRATED;
    channel->window_ns = average ? JB_NS_PER_S : 100 * JB_NS_PER_MS;
    snprintf(channel->path, sizeof(channel->path), "NVML GPU %u: nvmlDeviceGetFieldValues(%u, module)", gpu->index,
             gpu->module_field);
    gpu->module = gpu->module_power = source->channel_count - 1;
    return true;
}

static bool add_energy(struct jb_source *source, struct jb_nvml_gpu *gpu, int unit)
{
    struct jb_channel *channel = add(source, gpu, unit, "energy");

    if (!channel) {
        return false;
    }
    channel->method = JB_METHOD_COUNTER;
    channel->zero_at_reset = true;
    snprintf(channel->path, sizeof(channel->path), "NVML GPU %u: nvmlDeviceGetFieldValues(191, module)", gpu->index);
    gpu->module_energy = source->channel_count - 1;
    return true;
}

/* The GPU's own counter turns out to be this. */
static void give_counter(struct jb_source *source, struct jb_nvml_gpu *gpu, int unit)
{
    struct jb_channel *channel = &source->channels[gpu->energy];

    snprintf(channel->id, sizeof(channel->id), "module/%d/gpu%u-energy", unit, gpu->index);
    channel->domain = JB_DOMAIN_MODULE;
    channel->with_memory = true;
    channel->device = JB_DEVICE_BOARD;
    channel->unit = unit;
    channel->idle_uw = 0; /* the table's is the GPU's */
    channel->rel_error = MODULE_ERROR;
    channel->max_power_uw = most_uw(gpu);
    snprintf(channel->note, sizeof(channel->note), "%s",
             gpu->owner == JB_NVML_OWNER_MODULE
                 ? "this counter is the module's, CPU included (field 191 says the same)"
                 : "taken for the module's, CPU included, as GH200's was found to be; NVML does not tell");
}

bool jb_nvml_module_add(struct jb_source *source, struct jb_nvml_gpu *gpu)
{
    int socket = socket_of(source->env, gpu);
    int unit = socket >= 0 ? socket : JB_NVML_UNIT_BASE + (int)gpu->index;
    const struct jb_nvml_gpu *other = sibling(source, gpu, unit);

    if (other) {
        gpu->module = other->module;
    } else if (!add_power(source, gpu, unit) || (gpu->module_counts && !add_energy(source, gpu, unit))) {
        return false;
    }
    if (gpu->energy >= 0 && gpu->owner != JB_NVML_OWNER_GPU) {
        give_counter(source, gpu, unit);
        gpu->first = gpu->power >= 0 ? gpu->power : gpu->first;
    }
    for (int i = 0; i < source->channel_count; i++) {
        if (source->channels[i].domain == JB_DOMAIN_GPU && source->channels[i].unit == gpu->unit) {
            source->channels[i].parent = gpu->module;
        }
    }
    return true;
}

static void emit(struct jb_sink *sink, int channel, const struct jb_nvml_field *field, uint64_t before_ns,
                 uint64_t after_ns)
{
    uint64_t raw = 0;

    if (channel >= 0 && value_of(field, &raw)) {
        jb_emit(sink, channel, before_ns, after_ns, raw);
    } else if (channel >= 0) {
        jb_emit_failure(sink, channel, after_ns, JB_FAILED);
    }
}

void jb_nvml_module_read(const struct jb_nvml *nvml, const struct jb_nvml_gpu *gpu, struct jb_sink *sink)
{
    struct jb_nvml_field fields[2] = {
        {.field_id = gpu->module_field, .scope_id = JB_NVML_SCOPE_MODULE},
        {.field_id = JB_NVML_FIELD_ENERGY, .scope_id = JB_NVML_SCOPE_MODULE},
    };
    uint64_t before_ns = jb_mono_ns();

    if (!ask(&nvml->api, gpu->device, fields, gpu->module_energy >= 0 ? 2 : 1)) {
        fields[0].code = fields[1].code = JB_NVML_NO_DATA;
    }
    uint64_t after_ns = jb_mono_ns();
    emit(sink, gpu->module_power, &fields[0], before_ns, after_ns);
    emit(sink, gpu->module_energy, &fields[1], before_ns, after_ns);
}
