/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_use.c - who used the GPUs since the last call.
 *
 * Two questions to NVML: which processes hold a compute context, and how busy each kept the GPU. What it answers is
 * known to hold dead processes and more than 100 % (sensors.md 4.2); that is passed on as it is, attribution has the
 * filter. Dropped here is only what was never an answer: unwritten entries, and entries from before the window.
 * Odd: "not found" means that nobody was busy. Under MIG another way must be gone (nvml_mig.c). In a container
 * with a process namespace of its own, NVML may hide everybody or tell numbers that mean nothing here.
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"
#include "base/file.h"
#include "hardware/hardware.h"

#include <errno.h>
#include <stdio.h>

static int bounded(unsigned int count)
{
    return (int)(count < JB_NVML_MAX_PROCESSES ? count : JB_NVML_MAX_PROCESSES);
}

/* Libraries from before the first suffix fill a shorter structure. */
static int ask_contexts_v1(struct jb_nvml *nvml, struct jb_nvml_device *device)
{
    unsigned int room = JB_NVML_MAX_PROCESSES;
    int code = nvml->api.processes_v1(device, &room, nvml->processes_v1);
    if (code != JB_NVML_SUCCESS) {
        return -code;
    }
    int count = bounded(room);
    for (int i = 0; i < count; i++) {
        nvml->processes[i] = (struct jb_nvml_process){.pid = nvml->processes_v1[i].pid};
    }
    return count;
}

int jb_nvml_ask_contexts(struct jb_nvml *nvml, struct jb_nvml_device *device)
{
    if (!nvml->api.processes) {
        return nvml->api.processes_v1 ? ask_contexts_v1(nvml, device) : -JB_NVML_FUNCTION_NOT_FOUND;
    }
    unsigned int count = JB_NVML_MAX_PROCESSES;
    int code = nvml->api.processes(device, &count, nvml->processes);
    return code == JB_NVML_SUCCESS ? bounded(count) : -code;
}

/* The samples of how busy processes were into nvml->uses: their number, or a negative nvmlReturn_t. Asked twice, as
 * documented: for the number, and for the samples. */
static int ask_uses(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu)
{
    unsigned int needed = 0;
    if (!nvml->api.process_use) {
        return -JB_NVML_FUNCTION_NOT_FOUND;
    }
    int code = nvml->api.process_use(gpu->device, NULL, &needed, gpu->uses.seen_us);
    int room = bounded(needed);
    if (room > 0 && (code == JB_NVML_SUCCESS || code == JB_NVML_INSUFFICIENT_SIZE)) {
        unsigned int count = (unsigned int)room;
        code = nvml->api.process_use(gpu->device, nvml->uses, &count, gpu->uses.seen_us);
        room = bounded(count) < room ? bounded(count) : room;
    }
    if (code == JB_NVML_NOT_FOUND) {
        return 0; /* nobody was busy */
    }
    return code == JB_NVML_SUCCESS ? room : -code;
}

static bool is_pid(unsigned int pid)
{
    return pid > 0 && pid <= INT32_MAX;
}

static struct jb_gpu_use *find(const struct jb_nvml_list *list, size_t from, unsigned int pid)
{
    for (size_t i = from; i < list->count; i++) {
        if (list->uses[i].pid == (int32_t)pid) {
            return &list->uses[i];
        }
    }
    return NULL;
}

struct jb_gpu_use *jb_nvml_list_add(struct jb_nvml_list *list, const struct jb_nvml_gpu *gpu, unsigned int pid,
                                    uint64_t now_ns)
{
    if (list->count >= list->max) {
        return NULL;
    }
    struct jb_gpu_use *use = &list->uses[list->count++];
    *use = (struct jb_gpu_use){.channel = gpu->first, .pid = (int32_t)pid, .t0_ns = gpu->uses_t_ns, .t1_ns = now_ns};
    return use;
}

/* The mean of one process's samples in the window, in ppm. Its samples are marked as read by pid 0. */
static uint32_t take_mean(struct jb_nvml *nvml, int count, unsigned int pid)
{
    uint64_t sum = 0, samples = 0;
    for (int i = 0; i < count; i++) {
        if (nvml->uses[i].pid == pid) {
            sum += nvml->uses[i].sm_percent;
            samples++;
            nvml->uses[i].pid = 0;
        }
    }
    uint64_t ppm = sum * 10000 / samples;
    return ppm < UINT32_MAX ? (uint32_t)ppm : UINT32_MAX;
}

/* Entries that the driver never wrote, or wrote in an earlier window, become pid 0; the newest stamp is remembered. */
static void sift(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, int count, const struct jb_nvml_now *now)
{
    unsigned long long newest = gpu->uses.seen_us;
    for (int i = 0; i < count; i++) {
        struct jb_nvml_process_use *use = &nvml->uses[i];
        if (!is_pid(use->pid) || use->timestamp_us <= gpu->uses.seen_us) {
            use->pid = 0;
        } else if ((int64_t)(use->timestamp_us / 1000) <= now->wall_ns / (int64_t)JB_NS_PER_MS &&
                   use->timestamp_us > newest) {
            newest = use->timestamp_us;
        }
    }
    gpu->uses.seen_us = newest;
}

/* Does NVML speak of processes that we cannot see, or hide those that keep the GPU busy? */
bool jb_nvml_hidden(const struct jb_source *source, const struct jb_nvml_gpu *gpu, int contexts)
{
    const struct jb_nvml *nvml = source->priv;
    if (!source->env->machine || !source->env->machine->container) {
        return false;
    }
    for (int i = 0; i < contexts; i++) {
        char path[32];
        snprintf(path, sizeof(path), "/proc/%u", nvml->processes[i].pid);
        if (jb_root_exists(source->env->root, path)) {
            return false;
        }
    }
    struct jb_nvml_utilisation use = {0};
    return contexts > 0 || !nvml->api.utilisation || nvml->api.utilisation(gpu->device, &use) != JB_NVML_SUCCESS ||
           use.gpu_percent > 0;
}

int jb_nvml_errno(int negative_code)
{
    enum jb_status status = jb_nvml_status(-negative_code);
    return status == JB_UNSUPPORTED ? -ENOTSUP : status == JB_DENIED ? -EACCES : -EIO;
}

static bool at_rest(const struct jb_nvml *nvml, const struct jb_nvml_gpu *gpu)
{
    struct jb_nvml_utilisation use = {0};
    return nvml->api.utilisation && nvml->api.utilisation(gpu->device, &use) == JB_NVML_SUCCESS && use.gpu_percent == 0;
}

/* The users of one GPU are added to the list. */
static int list_gpu(struct jb_source *source, struct jb_nvml_gpu *gpu, struct jb_nvml_list *list)
{
    struct jb_nvml *nvml = source->priv;
    int contexts = jb_nvml_ask_contexts(nvml, gpu->device);
    int samples = contexts == 0 ? 0 : ask_uses(nvml, gpu);
    bool resting = contexts > 0 && samples == 0 && at_rest(nvml, gpu);
    struct jb_nvml_now now;
    jb_nvml_now(&now);
    if (contexts < 0 && samples < 0) {
        gpu->lost = gpu->lost || jb_nvml_is_gone(-contexts) || jb_nvml_is_gone(-samples);
        return gpu->lost ? 0 : jb_nvml_errno(samples);
    }
    if (contexts >= 0 && jb_nvml_hidden(source, gpu, contexts)) {
        return -EAGAIN;
    }
    if (contexts == 0) {
        gpu->uses.seen_us = now.wall_ns > 0 ? (unsigned long long)now.wall_ns / JB_NS_PER_US : 0;
    } else if (jb_nvml_track_stepped(&gpu->uses, &now)) {
        samples = samples > 0 ? 0 : samples; /* their window is not known; who holds a context is */
    }
    sift(nvml, gpu, samples, &now);
    size_t from = list->count;
    for (int i = 0; i < samples; i++) {
        unsigned int pid = nvml->uses[i].pid;
        struct jb_gpu_use *use = pid ? jb_nvml_list_add(list, gpu, pid, now.mono_ns) : NULL;
        if (use) {
            use->utilisation_known = true;
            use->busy_ppm = take_mean(nvml, samples, pid);
        }
    }
    /* The driver lists those that were busy. Where it lists anybody, a holder that it leaves out was not; where it
     * lists nobody, none was if the device was not. */
    bool told = list->count > from || resting;
    for (int i = 0; i < contexts; i++) {
        if (is_pid(nvml->processes[i].pid) && !find(list, from, nvml->processes[i].pid)) {
            struct jb_gpu_use *use = jb_nvml_list_add(list, gpu, nvml->processes[i].pid, now.mono_ns);
            if (use) {
                use->utilisation_known = told;
            }
        }
    }
    gpu->uses_t_ns = now.mono_ns;
    return 0;
}

/* "Nobody is listed" means "nobody used it" (sensor.h), so that one GPU of which it is not known makes the answer of
 * the whole source unknown. */
int jb_nvml_processes(struct jb_source *source, struct jb_gpu_use *ret, size_t max)
{
    struct jb_nvml *nvml = source->priv;
    struct jb_nvml_list list = {.uses = ret, .max = max};
    if (nvml->stale) {
        return -EAGAIN;
    }
    for (unsigned int i = 0; i < nvml->gpu_count; i++) {
        struct jb_nvml_gpu *gpu = &nvml->gpus[i];
        if (gpu->lost || !jb_nvml_is_read(gpu)) {
            continue;
        }
        int result = gpu->mig ? jb_nvml_mig_list(source, gpu, &list) : list_gpu(source, gpu, &list);
        if (result < 0) {
            return result;
        }
    }
    return (int)list.count;
}
