/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_stub.c - a libnvidia-ml.so.1 for machines without a GPU, driven by a script (stub_script.h).
 *
 * The energy counter is watts times CLOCK_MONOTONIC, so that a test can say what it must read. Compiled with
 * JB_STUB_OLD it is the library of an old driver: no suffixes, none of the younger functions. It keeps state of its
 * own (start time, frozen counters), which is fine for a stub. Layouts are those of nvml_api.h.
 */
#include "sensor/nvml/nvml_api.h"
#include "stub_script.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct jb_nvml_device {
    unsigned int index;
    unsigned int instance; /* of a MIG device: its number + 1 */
};

#ifdef JB_STUB_OLD
#define V2(name) name
#else
#define V2(name) name##_v2
#endif

#define SAMPLE_US   20000ULL /* the driver takes a power sample this often */
#define SAMPLE_KEEP 120ULL   /* and keeps so many */

static struct jb_nvml_device devices[STUB_MAX_GPUS];
static uint64_t start_ns, start_wall_us;
static unsigned int session; /* of the driver, when we were started */
static int started;

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void hang_for_ever(void)
{
    for (;;) {
        nanosleep(&(struct timespec){.tv_sec = 3600}, NULL);
    }
}

/* What every call about a GPU begins with: the script as it is now, and the troubles that hit all calls. */
static int begin(const struct jb_nvml_device *device, struct stub_script *script, const struct stub_gpu **ret_gpu)
{
    if (!started) {
        return JB_NVML_UNINITIALIZED;
    }
    if (!device) {
        return JB_NVML_INVALID_ARGUMENT;
    }
    stub_script_read(script);
    if (script->session != session) {
        return JB_NVML_UNINITIALIZED;
    }
    const struct stub_gpu *gpu = &script->gpus[device->index];
    uint64_t passed_ns = clock_ns(CLOCK_MONOTONIC) - start_ns;
    if (gpu->hang && passed_ns >= gpu->hang_after_ns) {
        hang_for_ever();
    }
    *ret_gpu = gpu;
    if (gpu->reset_required) {
        return JB_NVML_RESET_REQUIRED;
    }
    return gpu->lost && passed_ns >= gpu->lost_after_ns ? JB_NVML_GPU_IS_LOST : JB_NVML_SUCCESS;
}

#define BEGIN(device)                                                                                                  \
    struct stub_script script;                                                                                         \
    const struct stub_gpu *gpu = NULL;                                                                                 \
    int begun = begin(device, &script, &gpu);                                                                          \
    if (begun != JB_NVML_SUCCESS) {                                                                                    \
        return begun;                                                                                                  \
    }

static int is(const char *word, const char *text)
{
    return strcmp(word, text) == 0;
}

int V2(nvmlInit)(void);
int V2(nvmlInit)(void)
{
    static const struct {
        const char *word;
        int code;
    } codes[] = {
        {"ok", JB_NVML_SUCCESS},
        {"driver_not_loaded", JB_NVML_DRIVER_NOT_LOADED},
        {"library_not_found", JB_NVML_LIBRARY_NOT_FOUND},
        {"version_mismatch", JB_NVML_VERSION_MISMATCH},
        {"no_permission", JB_NVML_NO_PERMISSION},
        {"gpu_not_found", JB_NVML_GPU_NOT_FOUND},
    };
    struct stub_script script;
    stub_script_read(&script);
    if (is(script.init, "hang")) {
        hang_for_ever();
    }
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (is(script.init, codes[i].word)) {
            started += codes[i].code == JB_NVML_SUCCESS;
            session = script.session;
            if (!start_ns) {
                start_ns = clock_ns(CLOCK_MONOTONIC);
                start_wall_us = clock_ns(CLOCK_REALTIME) / 1000;
            }
            return codes[i].code;
        }
    }
    return JB_NVML_UNKNOWN;
}

int nvmlShutdown(void);
int nvmlShutdown(void)
{
    if (!started) {
        return JB_NVML_UNINITIALIZED;
    }
    started--;
    return JB_NVML_SUCCESS;
}

int nvmlSystemGetDriverVersion(char *text, unsigned int size);
int nvmlSystemGetDriverVersion(char *text, unsigned int size)
{
    struct stub_script script;
    stub_script_read(&script);
    snprintf(text, size, "%s", script.driver);
    return JB_NVML_SUCCESS;
}

int V2(nvmlDeviceGetCount)(unsigned int *count);
int V2(nvmlDeviceGetCount)(unsigned int *count)
{
    struct stub_script script;
    stub_script_read(&script);
    *count = script.gpu_count;
    return started ? JB_NVML_SUCCESS : JB_NVML_UNINITIALIZED;
}

int V2(nvmlDeviceGetHandleByIndex)(unsigned int index, struct jb_nvml_device **device);
int V2(nvmlDeviceGetHandleByIndex)(unsigned int index, struct jb_nvml_device **device)
{
    struct stub_script script;
    stub_script_read(&script);
    if (index >= script.gpu_count || index >= STUB_MAX_GPUS) {
        return JB_NVML_INVALID_ARGUMENT;
    }
    if (script.gpus[index].broken) {
        return (int)script.gpus[index].broken;
    }
    devices[index].index = index;
    *device = &devices[index];
    return JB_NVML_SUCCESS;
}

int nvmlDeviceGetName(struct jb_nvml_device *device, char *text, unsigned int size);
int nvmlDeviceGetName(struct jb_nvml_device *device, char *text, unsigned int size)
{
    BEGIN(device)
    snprintf(text, size, "%s", gpu->name);
    return JB_NVML_SUCCESS;
}

int nvmlDeviceGetUUID(struct jb_nvml_device *device, char *text, unsigned int size);
int nvmlDeviceGetUUID(struct jb_nvml_device *device, char *text, unsigned int size)
{
    BEGIN(device)
    snprintf(text, size, "%s", gpu->uuid);
    return JB_NVML_SUCCESS;
}

int nvmlDeviceGetPowerUsage(struct jb_nvml_device *device, unsigned int *power_mw);
int nvmlDeviceGetPowerUsage(struct jb_nvml_device *device, unsigned int *power_mw)
{
    BEGIN(device)
    if (gpu->tegra || is(gpu->power, "absent")) {
        return JB_NVML_NOT_SUPPORTED;
    }
    *power_mw = gpu->watts * 1000;
    return JB_NVML_SUCCESS;
}

#ifdef JB_STUB_OLD

int nvmlDeviceGetComputeRunningProcesses(struct jb_nvml_device *device, unsigned int *count,
                                         struct jb_nvml_process_v1 *processes);
int nvmlDeviceGetComputeRunningProcesses(struct jb_nvml_device *device, unsigned int *count,
                                         struct jb_nvml_process_v1 *processes)
{
    BEGIN(device)
    unsigned int used = 0;
    for (unsigned int i = 0; i < gpu->user_count && used < *count; i++) {
        if (gpu->users[i].context) {
            processes[used++] = (struct jb_nvml_process_v1){.pid = gpu->users[i].pid, .used_bytes = 1 << 20};
        }
    }
    *count = used;
    return JB_NVML_SUCCESS;
}

#else

static uint64_t counter_mj(const struct stub_gpu *gpu, unsigned int watts)
{
    uint64_t now_ns = is(gpu->energy, "frozen") ? start_ns : clock_ns(CLOCK_MONOTONIC);
    return watts * (now_ns / UINT64_C(1000000)) + gpu->energy_offset_mj;
}

/* What nvmlDeviceGetTotalEnergyConsumption counts. */
static uint64_t energy_mj(const struct stub_gpu *gpu)
{
    return counter_mj(gpu, is(gpu->owner, "module") ? gpu->module_w : gpu->watts);
}

static int energy_code(const struct stub_gpu *gpu)
{
    if (gpu->tegra || is(gpu->energy, "absent")) {
        return JB_NVML_NOT_SUPPORTED;
    }
    if (is(gpu->energy, "denied")) {
        return JB_NVML_NO_PERMISSION;
    }
    return is(gpu->energy, "failing") ? JB_NVML_UNKNOWN : JB_NVML_SUCCESS;
}

int nvmlDeviceGetPciInfo_v3(struct jb_nvml_device *device, struct jb_nvml_pci *pci);
int nvmlDeviceGetPciInfo_v3(struct jb_nvml_device *device, struct jb_nvml_pci *pci)
{
    BEGIN(device)
    snprintf(pci->bus_id, sizeof(pci->bus_id), "%s", gpu->pci);
    return JB_NVML_SUCCESS;
}

int nvmlDeviceGetArchitecture(struct jb_nvml_device *device, unsigned int *arch);
int nvmlDeviceGetArchitecture(struct jb_nvml_device *device, unsigned int *arch)
{
    BEGIN(device)
    *arch = gpu->arch;
    return JB_NVML_SUCCESS;
}

int nvmlDeviceGetMigMode(struct jb_nvml_device *device, unsigned int *current, unsigned int *pending);
int nvmlDeviceGetMigMode(struct jb_nvml_device *device, unsigned int *current, unsigned int *pending)
{
    BEGIN(device)
    *current = gpu->mig;
    *pending = gpu->mig;
    return gpu->arch >= JB_NVML_AMPERE ? JB_NVML_SUCCESS : JB_NVML_NOT_SUPPORTED;
}

int nvmlDeviceGetTotalEnergyConsumption(struct jb_nvml_device *device, unsigned long long *energy);
int nvmlDeviceGetTotalEnergyConsumption(struct jb_nvml_device *device, unsigned long long *energy)
{
    BEGIN(device)
    if (energy_code(gpu) == JB_NVML_SUCCESS) {
        *energy = energy_mj(gpu);
    }
    return energy_code(gpu);
}

static int limit(struct jb_nvml_device *device, bool enforced, unsigned int *limit_mw)
{
    BEGIN(device)
    unsigned int watts = enforced || !gpu->default_w ? gpu->limit_w : gpu->default_w;
    *limit_mw = watts * 1000;
    return watts ? JB_NVML_SUCCESS : JB_NVML_NOT_SUPPORTED;
}

int nvmlDeviceGetEnforcedPowerLimit(struct jb_nvml_device *device, unsigned int *limit_mw);
int nvmlDeviceGetEnforcedPowerLimit(struct jb_nvml_device *device, unsigned int *limit_mw)
{
    return limit(device, true, limit_mw);
}

int nvmlDeviceGetPowerManagementDefaultLimit(struct jb_nvml_device *device, unsigned int *limit_mw);
int nvmlDeviceGetPowerManagementDefaultLimit(struct jb_nvml_device *device, unsigned int *limit_mw)
{
    return limit(device, false, limit_mw);
}

/* One of the fields that know scopes. */
static void fill_scoped(const struct stub_gpu *gpu, struct jb_nvml_field *field)
{
    bool module = field->scope_id == JB_NVML_SCOPE_MODULE;
    bool there = !gpu->tegra && (module ? gpu->module_w > 0 : field->scope_id == JB_NVML_SCOPE_GPU);
    unsigned int watts = module ? gpu->module_w : gpu->watts;
    field->value_type = JB_NVML_UINT;
    if (field->field_id == JB_NVML_FIELD_ENERGY) {
        there = there && !is(gpu->energy, "absent") && gpu->module_w && is(gpu->module_energy, "ok");
        field->value_type = JB_NVML_ULLONG;
        field->value.ull = counter_mj(gpu, watts);
    } else if (field->field_id == JB_NVML_FIELD_POWER_LIMIT) {
        there = there && module;
        field->value.ui = 1000000;
    } else {
        there = there && (module || !is(gpu->field186, "absent"));
        field->value.ui = watts * 1000;
    }
    field->code = there ? JB_NVML_SUCCESS : JB_NVML_NOT_SUPPORTED;
}

int nvmlDeviceGetFieldValues(struct jb_nvml_device *device, int count, struct jb_nvml_field *fields);
int nvmlDeviceGetFieldValues(struct jb_nvml_device *device, int count, struct jb_nvml_field *fields)
{
    BEGIN(device)
    for (int i = 0; i < count; i++) {
        fields[i].timestamp_us = (long long)(clock_ns(CLOCK_REALTIME) / 1000);
        fields[i].code = JB_NVML_NOT_SUPPORTED;
        if (fields[i].field_id == JB_NVML_FIELD_TOTAL_ENERGY) {
            fields[i].code = energy_code(gpu);
            fields[i].value_type = JB_NVML_ULLONG;
            fields[i].value.ull = energy_mj(gpu);
        } else if (fields[i].field_id >= JB_NVML_FIELD_POWER_AVERAGE && fields[i].field_id <= JB_NVML_FIELD_ENERGY) {
            fill_scoped(gpu, &fields[i]);
        }
    }
    return JB_NVML_SUCCESS;
}

static uint64_t sample_stamp(const struct stub_gpu *gpu, uint64_t stamp_us)
{
    if (is(gpu->samples, "zero")) {
        return 0;
    }
    return is(gpu->samples, "future") ? stamp_us + 3600000000ULL
           : is(gpu->samples, "old")  ? stamp_us - 3600000000ULL
                                      : stamp_us;
}

/* A sample lies on every multiple of SAMPLE_US of the wall clock. */
int nvmlDeviceGetSamples(struct jb_nvml_device *device, int type, unsigned long long last_seen_us,
                         unsigned int *value_type, unsigned int *count, struct jb_nvml_sample *samples);
int nvmlDeviceGetSamples(struct jb_nvml_device *device, int type, unsigned long long last_seen_us,
                         unsigned int *value_type, unsigned int *count, struct jb_nvml_sample *samples)
{
    BEGIN(device)
    if (gpu->tegra || is(gpu->samples, "absent") || type != JB_NVML_TOTAL_POWER_SAMPLES) {
        return JB_NVML_NOT_SUPPORTED;
    }
    if (is(gpu->samples, "failing")) {
        return JB_NVML_UNKNOWN;
    }
    *value_type = JB_NVML_UINT;
    if (!samples) {
        *count = SAMPLE_KEEP;
        return JB_NVML_SUCCESS;
    }
    uint64_t now_us = is(gpu->samples, "stopped") ? start_wall_us : clock_ns(CLOCK_REALTIME) / 1000;
    uint64_t newest = now_us / SAMPLE_US * SAMPLE_US, used = 0;
    for (uint64_t i = SAMPLE_KEEP; i-- > 0 && used < *count;) {
        uint64_t stamp = sample_stamp(gpu, newest - i * SAMPLE_US);
        if (!is(gpu->samples, "empty") && (stamp > last_seen_us || stamp == 0)) {
            samples[used].timestamp_us = stamp;
            samples[used++].value.ui = gpu->watts * 1000;
        }
    }
    for (uint64_t i = 0; is(gpu->samples, "unordered") && i + 1 < used; i += 2) {
        struct jb_nvml_sample swap = samples[i];
        samples[i] = samples[i + 1];
        samples[i + 1] = swap;
    }
    *count = (unsigned int)used;
    return used ? JB_NVML_SUCCESS : JB_NVML_NOT_FOUND;
}

int nvmlDeviceGetUtilizationRates(struct jb_nvml_device *device, struct jb_nvml_utilisation *utilisation);
int nvmlDeviceGetUtilizationRates(struct jb_nvml_device *device, struct jb_nvml_utilisation *utilisation)
{
    BEGIN(device)
    if (!gpu->has_util) {
        return JB_NVML_NOT_SUPPORTED;
    }
    *utilisation = (struct jb_nvml_utilisation){gpu->util, gpu->util / 2};
    return JB_NVML_SUCCESS;
}

static unsigned int list_uses(const struct stub_gpu *gpu, struct jb_nvml_process_use *uses, unsigned int max)
{
    unsigned long long now_us = clock_ns(CLOCK_REALTIME) / 1000;
    const struct jb_nvml_process_use garbage[] = {
        {.pid = 4000001, .timestamp_us = now_us, .sm_percent = 3000},
        {.pid = 4000002, .timestamp_us = now_us, .sm_percent = UINT32_MAX},
        {.pid = 0},
        {.pid = 4000003, .timestamp_us = 1000000, .sm_percent = 40},
        {.pid = 4000000001U, .timestamp_us = now_us, .sm_percent = 40},
    };
    unsigned int used = 0;
    for (unsigned int i = 0; i < gpu->user_count; i++) {
        for (unsigned int k = 0; gpu->users[i].has_util && k < gpu->users[i].count && used < max; k++) {
            /* The samples of one process differ by two per cent each and have the scripted mean. */
            uses[used++] = (struct jb_nvml_process_use){
                .pid = gpu->users[i].pid,
                .timestamp_us = now_us - k,
                .sm_percent = gpu->users[i].util + 2 * k - (gpu->users[i].count - 1),
            };
        }
    }
    for (size_t i = 0; gpu->garbage && i < sizeof(garbage) / sizeof(garbage[0]) && used < max; i++) {
        uses[used++] = garbage[i];
    }
    return used;
}

int nvmlDeviceGetProcessUtilization(struct jb_nvml_device *device, struct jb_nvml_process_use *uses,
                                    unsigned int *count, unsigned long long last_seen_us);
int nvmlDeviceGetProcessUtilization(struct jb_nvml_device *device, struct jb_nvml_process_use *uses,
                                    unsigned int *count, unsigned long long last_seen_us)
{
    BEGIN(device)
    if (gpu->tegra || gpu->mig || is(gpu->procutil, "absent")) {
        return JB_NVML_NOT_SUPPORTED;
    }
    if (is(gpu->procutil, "failing")) {
        return JB_NVML_UNKNOWN;
    }
    struct jb_nvml_process_use all[1024];
    unsigned int used = list_uses(gpu, all, 1024);
    if (!used || last_seen_us > clock_ns(CLOCK_REALTIME) / 1000) {
        return JB_NVML_NOT_FOUND;
    }
    if (!uses || *count < used) {
        *count = used;
        return JB_NVML_INSUFFICIENT_SIZE;
    }
    memcpy(uses, all, used * sizeof(all[0]));
    *count = used;
    return JB_NVML_SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(struct jb_nvml_device *device, unsigned int *count,
                                            struct jb_nvml_process *processes);
int nvmlDeviceGetComputeRunningProcesses_v3(struct jb_nvml_device *device, unsigned int *count,
                                            struct jb_nvml_process *processes)
{
    BEGIN(device)
    if (gpu->tegra || is(gpu->processes, "absent")) {
        return JB_NVML_NOT_SUPPORTED;
    }
    if (is(gpu->processes, "denied") && !device->instance) {
        return JB_NVML_NO_PERMISSION;
    }
    if (device->instance > gpu->instance_count) {
        return JB_NVML_INVALID_ARGUMENT; /* it was destroyed */
    }
    const struct stub_instance *part = device->instance ? &gpu->instances[device->instance - 1] : NULL;
    unsigned int used = 0;
    for (unsigned int i = 0; i < gpu->user_count && used < *count; i++) {
        const struct stub_process *user = &gpu->users[i];
        if (user->context && (!part || (part->gi == user->gi && part->ci == user->ci))) {
            processes[used++] = (struct jb_nvml_process){
                .pid = user->pid, .used_bytes = 1 << 20, .gpu_instance = user->gi, .compute_instance = user->ci};
        }
    }
    *count = used;
    return JB_NVML_SUCCESS;
}

int nvmlDeviceGetMaxMigDeviceCount(struct jb_nvml_device *device, unsigned int *count);
int nvmlDeviceGetMaxMigDeviceCount(struct jb_nvml_device *device, unsigned int *count)
{
    BEGIN(device)
    *count = gpu->mig ? gpu->slices : 0;
    return JB_NVML_SUCCESS;
}

int nvmlDeviceGetMigDeviceHandleByIndex(struct jb_nvml_device *device, unsigned int index, struct jb_nvml_device **mig);
int nvmlDeviceGetMigDeviceHandleByIndex(struct jb_nvml_device *device, unsigned int index, struct jb_nvml_device **mig)
{
    static struct jb_nvml_device parts[STUB_MAX_GPUS][STUB_MAX_INSTANCES];
    BEGIN(device)
    if (!gpu->mig || index >= gpu->instance_count) {
        return JB_NVML_NOT_FOUND;
    }
    *mig = &parts[device->index][index];
    **mig = (struct jb_nvml_device){.index = device->index, .instance = index + 1};
    return JB_NVML_SUCCESS;
}

/* What the calls about one MIG device begin with. */
static int part_of(const struct jb_nvml_device *device, struct stub_instance *ret)
{
    BEGIN(device)
    if (!device->instance || device->instance > gpu->instance_count) {
        return JB_NVML_INVALID_ARGUMENT;
    }
    *ret = gpu->instances[device->instance - 1];
    return JB_NVML_SUCCESS;
}

int nvmlDeviceGetAttributes_v2(struct jb_nvml_device *device, struct jb_nvml_attributes *attributes);
int nvmlDeviceGetAttributes_v2(struct jb_nvml_device *device, struct jb_nvml_attributes *attributes)
{
    struct stub_instance part = {0};
    int code = part_of(device, &part);
    *attributes = (struct jb_nvml_attributes){.gpu_slices = part.slices, .compute_slices = part.slices};
    return code;
}

int nvmlDeviceGetGpuInstanceId(struct jb_nvml_device *device, unsigned int *id);
int nvmlDeviceGetGpuInstanceId(struct jb_nvml_device *device, unsigned int *id)
{
    struct stub_instance part = {0};
    int code = part_of(device, &part);
    *id = part.gi;
    return code;
}

int nvmlDeviceGetComputeInstanceId(struct jb_nvml_device *device, unsigned int *id);
int nvmlDeviceGetComputeInstanceId(struct jb_nvml_device *device, unsigned int *id)
{
    struct stub_instance part = {0};
    int code = part_of(device, &part);
    *id = part.ci;
    return code;
}

#endif
