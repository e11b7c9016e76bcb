/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intel_gpu.h - private to this folder: the state of the driver for Intel's graphics cards.
 *
 * intel_gpu.c       the driver: find the cards, open, close
 * intel_gpu_card.c  who a card is, which counters it has; describe the channels
 * intel_gpu_read.c  one pass over all cards; who used them
 */
#ifndef JB_SENSOR_INTEL_GPU_H
#define JB_SENSOR_INTEL_GPU_H

#include "sensor/drm_cards.h"
#include "sensor/drm_fdinfo.h"
#include "sensor/sensor.h"

#define JB_INTEL_GPU_UNIT_BASE (JB_UNIT_UNLISTED + 100) /* see JB_AMDGPU_UNIT_BASE */
#define JB_INTEL_GPU_MAX_GTS   4                        /* of one card: rendering and media, of two tiles */

struct jb_intel_counter {
    int fd;       /* or a negative errno */
    int channel;  /* -1: not to be read */
    uint64_t raw; /* last */
};

struct jb_intel_gpu {
    struct jb_drm_card drm;
    char name[96];
    int unit;
    struct jb_intel_counter card, package;
    int status_fd;
    int first; /* channel under which users are told; -1 */

    int idle_fd[JB_INTEL_GPU_MAX_GTS]; /* how long each part slept, ms */
    uint64_t idle_ms[JB_INTEL_GPU_MAX_GTS], idle_ns[JB_INTEL_GPU_MAX_GTS];
};

struct jb_intel_gpus {
    struct jb_intel_gpu gpus[JB_DRM_MAX_CARDS];
    char pci[JB_DRM_MAX_CARDS][16];
    int count;
    struct jb_drm_look look;
};

/* --- intel_gpu_card.c -------------------------------------------------------------------------------------------- */

/* Part of a CPU? Then its energy is counted there. */
bool jb_intel_gpu_integrated(const struct jb_drm_card *drm);

/* Open the card's files and describe what it counts; false: there is no room for more channels. */
bool jb_intel_gpu_describe(struct jb_source *source, const struct jb_drm_card *drm, int unit, struct jb_intel_gpu *ret);

/* --- intel_gpu_read.c -------------------------------------------------------------------------------------------- */

void jb_intel_gpu_read(struct jb_source *source, struct jb_sink *sink);
int jb_intel_gpu_processes(struct jb_source *source, struct jb_gpu_use *ret, size_t max);

#endif
