/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_mig.c - who used the instances of a partitioned GPU, and for how much of it they can stand.
 *
 * Under MIG the power is the whole board's and NVML tells nobody's utilisation; it does tell which process is in which
 * instance and how many compute slices that has (NVML API Reference Guide, "Multi Instance GPU Management"). A process
 * is therefore listed as if it kept its slices busy, divided among the processes of one instance: an upper bound of its
 * use, and no more than an estimate when others use the board too. "No simple ratio is accurate" (arXiv 2501.17752);
 * the channel's note says what was done. Slices without a process count for nothing.
 *
 * Odd: a container mostly sees its own instance alone, and the board's processes only when privileged. The slices that
 * it cannot see are others', so that somebody unseen (pid 0) is listed with them: the board is never silently the
 * run's. Calls about instances were seen to take 50 to 100 ms (Kepler), so that the instances are listed seldom.
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"
#include "hardware/hardware.h"

#include <errno.h>

#define LIST_AGAIN_NS (30 * JB_NS_PER_S)
#define ALL_PPM       1000000U

/* nvmlDeviceGetMaxMigDeviceCount is the number of the board's compute slices: an instance has one at least. */
static bool list_instances(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu)
{
    const struct jb_nvml_api *api = &nvml->api;
    unsigned int slices = 0;

    gpu->instance_count = 0;
    gpu->instances_ppm = 0;
    gpu->instances_t_ns = 0;
    if (!api->mig_count || !api->mig_by_index || !api->mig_attributes || !api->mig_gpu_instance ||
        !api->mig_compute_instance || api->mig_count(gpu->device, &slices) != JB_NVML_SUCCESS || slices == 0) {
        return false;
    }
    for (unsigned int i = 0; i < slices && gpu->instance_count < JB_NVML_MAX_INSTANCES; i++) {
        struct jb_nvml_instance *instance = &gpu->instances[gpu->instance_count];
        struct jb_nvml_attributes attributes = {0};
        *instance = (struct jb_nvml_instance){0};
        if (api->mig_by_index(gpu->device, i, &instance->device) != JB_NVML_SUCCESS || !instance->device ||
            api->mig_gpu_instance(instance->device, &instance->gpu_instance) != JB_NVML_SUCCESS ||
            api->mig_compute_instance(instance->device, &instance->compute_instance) != JB_NVML_SUCCESS) {
            continue;
        }
        if (api->mig_attributes(instance->device, &attributes) == JB_NVML_SUCCESS) {
            unsigned int own = attributes.compute_slices ? attributes.compute_slices : attributes.gpu_slices;
            instance->share_ppm = own < slices ? ALL_PPM / slices * own : own == slices ? ALL_PPM : 0;
        }
        gpu->instances_ppm += instance->share_ppm;
        gpu->instance_count++;
    }
    gpu->instances_t_ns = jb_mono_ns();
    return true;
}

static bool sees_all(const struct jb_nvml_gpu *gpu)
{
    return gpu->instances_ppm > ALL_PPM - JB_NVML_MAX_INSTANCES; /* but for what was rounded off */
}

bool jb_nvml_mig_known(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu)
{
    bool known = list_instances(nvml, gpu) && gpu->instance_count > 0;

    gpu->instances_part = known && !sees_all(gpu) && jb_nvml_ask_contexts(nvml, gpu->device) < 0;
    return known;
}

static const struct jb_nvml_instance *instance_of(const struct jb_nvml_gpu *gpu, const struct jb_nvml_process *process)
{
    for (unsigned int i = 0; i < gpu->instance_count; i++) {
        if (gpu->instances[i].gpu_instance == process->gpu_instance &&
            gpu->instances[i].compute_instance == process->compute_instance) {
            return &gpu->instances[i];
        }
    }
    return NULL;
}

/* The first `count` of nvml->processes, who are all that use the instances named with them. */
static void list_processes(struct jb_nvml *nvml, const struct jb_nvml_gpu *gpu, int count, uint64_t now_ns,
                           struct jb_nvml_list *list)
{
    for (int i = 0; i < count; i++) {
        const struct jb_nvml_process *process = &nvml->processes[i];
        const struct jb_nvml_instance *instance = instance_of(gpu, process);
        uint32_t together = 1;
        for (int j = 0; j < count; j++) {
            together += j != i && instance && instance_of(gpu, &nvml->processes[j]) == instance;
        }
        if (process->pid == 0 || process->pid > INT32_MAX) {
            continue;
        }
        struct jb_gpu_use *use = jb_nvml_list_add(list, gpu, process->pid, now_ns);
        if (use && instance && instance->share_ppm) {
            use->utilisation_known = true;
            use->busy_ppm = instance->share_ppm / together;
        }
    }
}

/* Instance by instance, for who may not ask for all. A negative errno when not even that is answered. */
static int list_by_instance(struct jb_source *source, struct jb_nvml_gpu *gpu, uint64_t now_ns,
                            struct jb_nvml_list *list)
{
    struct jb_nvml *nvml = source->priv;

    for (unsigned int i = 0; i < gpu->instance_count; i++) {
        int count = jb_nvml_ask_contexts(nvml, gpu->instances[i].device);
        if (count < 0) {
            gpu->instances_t_ns = 0; /* it may be another's by now */
            return jb_nvml_errno(count);
        }
        for (int j = 0; j < count; j++) {
            nvml->processes[j].gpu_instance = gpu->instances[i].gpu_instance;
            nvml->processes[j].compute_instance = gpu->instances[i].compute_instance;
        }
        if (count > 0 && jb_nvml_hidden(source, gpu, count)) {
            return -EAGAIN;
        }
        list_processes(nvml, gpu, count, now_ns, list);
    }
    return 0;
}

int jb_nvml_mig_list(struct jb_source *source, struct jb_nvml_gpu *gpu, struct jb_nvml_list *list)
{
    struct jb_nvml *nvml = source->priv;
    uint64_t now_ns = jb_mono_ns();
    size_t from = list->count;

    if ((!gpu->instances_t_ns || now_ns - gpu->instances_t_ns > LIST_AGAIN_NS) && !list_instances(nvml, gpu)) {
        return -ENOTSUP;
    }
    int count = jb_nvml_ask_contexts(nvml, gpu->device);
    int result = 0;
    if (count > 0) {
        if (jb_nvml_hidden(source, gpu, count)) {
            return -EAGAIN;
        }
        list_processes(nvml, gpu, count, now_ns, list);
    } else {
        result = list_by_instance(source, gpu, now_ns, list);
    }
    if (result < 0) {
        return result;
    }
    if (list->count == from && source->env->machine && source->env->machine->container) {
        return -EAGAIN; /* nobody, or nobody that we are told of */
    }
    /* "Aggregate information, only if the caller has appropriate privileges": an error means that we have not. */
    bool all = count > 0 || sees_all(gpu) || (count == 0 && list->count == from);
    struct jb_gpu_use *unseen = all ? NULL : jb_nvml_list_add(list, gpu, 0, now_ns);
    if (unseen) {
        unseen->utilisation_known = true;
        unseen->busy_ppm = ALL_PPM - gpu->instances_ppm;
    }
    gpu->uses_t_ns = now_ns;
    return 0;
}
