/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intel_gpu_read.c - one pass over all cards, and who used them.
 *
 * Odd: xe says 0 when it could not read the counter of a Battlemage (xe_hwmon.c, "energy read from pmt failed"), which
 * is a failure and not a counter that began anew: 0 after anything else is not believed. Neither kernel driver tells
 * how busy a card is; both tell how long its parts slept (gtidle, rc6), and one that was not asleep was busy at most.
 */
#include "sensor/intel_gpu/intel_gpu.h"

#include "base/clock.h"
#include "sensor/counter_file.h"

#include <errno.h>

static void read_counter(struct jb_intel_counter *counter, bool asleep, struct jb_sink *sink)
{
    if (counter->channel < 0) {
        return;
    }
    uint64_t raw = 0;
    uint64_t before_ns = jb_mono_ns();
    int err = asleep ? -EAGAIN : jb_counter_read(counter->fd, &raw);
    uint64_t after_ns = jb_mono_ns();
    if (err == 0 && raw == 0 && counter->raw != 0) {
        err = -EIO;
    }
    if (err == 0) {
        counter->raw = raw;
        jb_emit(sink, counter->channel, before_ns, after_ns, raw);
    } else {
        jb_emit_failure(sink, counter->channel, after_ns, err == -ENODEV || err == -ENXIO ? JB_GONE : JB_FAILED);
    }
}

void jb_intel_gpu_read(struct jb_source *source, struct jb_sink *sink)
{
    struct jb_intel_gpus *gpus = source->priv;
    for (int i = 0; i < gpus->count; i++) {
        struct jb_intel_gpu *gpu = &gpus->gpus[i];
        bool asleep = jb_drm_asleep(gpu->status_fd);
        read_counter(&gpu->card, asleep, sink);
        read_counter(&gpu->package, asleep, sink);
    }
}

/* The largest share of the time since the last call that any part of the card was awake, in ppm; -1: not known. */
static int64_t awake_ppm(struct jb_intel_gpu *gpu)
{
    if (jb_drm_asleep(gpu->status_fd)) {
        return 0;
    }
    int64_t largest = -1;
    for (int i = 0; i < JB_INTEL_GPU_MAX_GTS; i++) {
        uint64_t idle_ms;
        uint64_t now_ns = jb_mono_ns();
        if (gpu->idle_fd[i] < 0 || jb_counter_read(gpu->idle_fd[i], &idle_ms) < 0) {
            continue;
        }
        uint64_t passed_ns = now_ns - gpu->idle_ns[i], was_ms = gpu->idle_ms[i];
        bool first = gpu->idle_ns[i] == 0;
        gpu->idle_ms[i] = idle_ms;
        gpu->idle_ns[i] = now_ns;
        if (first || passed_ns < JB_NS_PER_MS || idle_ms < was_ms) {
            continue;
        }
        uint64_t idle_ppm = (idle_ms - was_ms) < passed_ns / JB_NS_PER_MS
                                ? (idle_ms - was_ms) * 1000000 / (passed_ns / JB_NS_PER_MS)
                                : 1000000;
        int64_t awake = 1000000 - (int64_t)idle_ppm;
        largest = awake > largest ? awake : largest;
    }
    return largest;
}

/* "Nobody is listed" means "nobody used it" (sensor.h): where not everybody fits, nothing is said. */
int jb_intel_gpu_processes(struct jb_source *source, struct jb_gpu_use *ret, size_t max)
{
    struct jb_intel_gpus *gpus = source->priv;
    size_t count = 0;
    jb_drm_look(&gpus->look, source->env, (const char(*)[16])gpus->pci, (size_t)gpus->count);
    for (int i = 0; i < gpus->count; i++) {
        struct jb_intel_gpu *gpu = &gpus->gpus[i];
        int64_t total_ppm = awake_ppm(gpu);
        const int channels[] = {gpu->first, gpu->card.channel >= 0 ? gpu->package.channel : -1};
        for (int k = 0; k < 2; k++) {
            if (channels[k] >= 0 && (gpu->card.channel >= 0 || gpu->package.channel >= 0)) {
                count += jb_drm_look_uses(&gpus->look, i, channels[k], total_ppm, ret + count, max - count);
            }
        }
        if (count == max) {
            return -EAGAIN;
        }
    }
    return (int)count;
}
