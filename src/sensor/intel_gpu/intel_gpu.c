/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intel_gpu.c - Intel's graphics cards through the kernel's hwmon of i915 and xe.
 *
 * See intel_gpu_card.c for what they count and what is odd about it. The counter must be read before it wraps, in a
 * minute at the worst: this driver's lane reads it each 100 ms, whatever the session's interval. Integrated graphics
 * have no counter here: their energy is in the CPU's package.
 */
#include "sensor/intel_gpu/intel_gpu.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <unistd.h>

#define PERIOD_NS UINT64_C(100000000)

#define INTEL 0x8086

static const char *const kernel_drivers[] = {"i915", "xe", NULL};

static const char *absence(bool integrated)
{
    return integrated ? "integrated graphics: its energy is in the CPU package (uncore)"
                      : "no Intel graphics card that the kernel's i915 or xe driver runs";
}

static int glance_intel(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    struct jb_drm_card found[JB_DRM_MAX_CARDS];
    size_t count = jb_drm_cards(env->root, kernel_drivers, found, JB_DRM_MAX_CARDS);
    bool integrated = false;
    for (size_t i = 0; i < count; i++) {
        bool inside = jb_intel_gpu_integrated(&found[i]);
        if (found[i].vendor == INTEL && !inside) {
            return 0;
        }
        integrated |= found[i].vendor == INTEL && inside;
    }
    return jb_fail(diag, -ENODEV, "%s", absence(integrated));
}

static int open_intel(struct jb_source *source, struct jb_diag *diag)
{
    struct jb_intel_gpus *gpus = source->priv;
    struct jb_drm_card found[JB_DRM_MAX_CARDS];
    size_t count = jb_drm_cards(source->env->root, kernel_drivers, found, JB_DRM_MAX_CARDS);
    bool integrated = false;
    for (size_t i = 0; i < count; i++) {
        if (found[i].vendor != INTEL) {
            continue;
        }
        if (jb_intel_gpu_integrated(&found[i])) {
            integrated = true;
            continue;
        }
        int index = gpus->count++;
        jb_copy(gpus->pci[index], sizeof(gpus->pci[index]), found[i].pci);
        if (!jb_intel_gpu_describe(source, &found[i], JB_INTEL_GPU_UNIT_BASE + index, &gpus->gpus[index])) {
            break;
        }
    }
    return jb_drm_verdict(source, absence(integrated), diag);
}

static void close_intel(struct jb_source *source)
{
    struct jb_intel_gpus *gpus = source->priv;
    for (int i = 0; i < gpus->count; i++) {
        struct jb_intel_gpu *gpu = &gpus->gpus[i];
        int *const open_fds[] = {&gpu->card.fd,    &gpu->package.fd, &gpu->status_fd, &gpu->idle_fd[0],
                                 &gpu->idle_fd[1], &gpu->idle_fd[2], &gpu->idle_fd[3]};
        for (size_t k = 0; k < JB_COUNT(open_fds); k++) {
            if (*open_fds[k] >= 0) {
                close(*open_fds[k]);
            }
            *open_fds[k] = -1;
        }
    }
    gpus->count = 0;
}

const struct jb_sensor_driver jb_sensor_intel_gpu = {
    .name = "intel-gpu",
    .title = "Intel graphics cards through the kernel",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct jb_intel_gpus),
    .blocking = true,
    .period_ns = PERIOD_NS,
    .glance = glance_intel,
    .open = open_intel,
    .read = jb_intel_gpu_read,
    .close = close_intel,
    .processes = jb_intel_gpu_processes,
};
