/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl_cores.c - the perf unit `power_core` (arch/x86/events/rapl.c of Linux since 6.14): on AMD the unit `power` knows
 * only packages. The sum of cores lies inside its package and is never in a total.
 */
#include "sensor/rapl_cores.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HALF_RANGE_UJ (UINT64_C(32768) * 1000000) /* 2^31 counts of 2^-16 J, as in rapl_perf.c, of one core alone */

static int package_channel(const struct jb_source *source, int package)
{
    for (int i = 0; i < source->channel_count; i++) {
        const struct jb_channel *channel = &source->channels[i];
        if (channel->domain == JB_DOMAIN_PACKAGE && channel->unit == package && channel->status == JB_OK) {
            return i;
        }
    }
    return -1;
}

static bool has_channel(const struct jb_source *source, int package)
{
    for (int i = 0; i < source->channel_count; i++) {
        if (source->channels[i].domain == JB_DOMAIN_CORE && source->channels[i].unit == package) {
            return true;
        }
    }
    return false;
}

static int read_core(const struct jb_source *source, int fd, uint64_t *ret)
{
    const struct jb_perf_ops *perf = source->env->perf;
    int count = perf->read_group(perf, fd, ret, 1);
    return count == 1 ? 0 : count < 0 ? count : -EPROTO;
}

/* All cores of the socket, or none. */
static void open_socket(struct jb_source *source, const struct jb_rapl_core_pmu *pmu, int package,
                        struct jb_rapl_cores *cores)
{
    const struct jb_perf_ops *perf = source->env->perf;
    int parent = package_channel(source, package), first = cores->count;
    struct jb_channel *channel = parent < 0 ? NULL : jb_source_add_channel(source);
    if (!channel) {
        return; /* whoever may not read the package may not read these; the package says so */
    }
    jb_rapl_describe(channel, source->env->machine, JB_RAPL_CORES, package, -1);
    channel->parent = parent;
    channel->zero_at_open = true;
    channel->unit_num = pmu->event.unit_num;
    channel->unit_den = pmu->event.unit_den;
    jb_rapl_horizon(channel, HALF_RANGE_UJ);
    for (int i = 0; i < pmu->core_count; i++) {
        uint64_t value;
        if (pmu->cores[i].package != package) {
            continue;
        }
        int fd = perf->open_counter(perf, pmu->type, pmu->event.config, pmu->cores[i].cpu, -1);
        if (fd >= 0) {
            cores->fds[cores->count] = fd;
            cores->channels[cores->count++] = (int)(channel - source->channels);
        }
        int err = fd < 0 ? fd : read_core(source, fd, &value);
        if (err < 0) {
            jb_rapl_refuse(channel, err, "the counter of the core with CPU %d: %s", pmu->cores[i].cpu, strerror(-err));
            while (cores->count > first) {
                close(cores->fds[--cores->count]);
            }
            return;
        }
    }
    jb_snprintf(channel->path, sizeof(channel->path), "%s/events/%s on %d CPUs", pmu->folder, pmu->event.name,
                cores->count - first);
}

void jb_rapl_cores_open(struct jb_source *source, struct jb_rapl_cores *ret)
{
    struct jb_rapl_core_pmu pmu;
    ret->count = 0;
    if (jb_rapl_core_pmu_read(source->env->root, &pmu) < 0) {
        return;
    }
    for (int i = 0; i < pmu.core_count; i++) {
        if (!has_channel(source, pmu.cores[i].package)) {
            open_socket(source, &pmu, pmu.cores[i].package, ret);
        }
    }
}

/* Descriptors lie socket after socket, because open_socket() took each whole. */
void jb_rapl_cores_read(struct jb_source *source, const struct jb_rapl_cores *cores, struct jb_sink *sink)
{
    for (int i = 0; i < cores->count; i++) {
        int channel = cores->channels[i], err = 0;
        if (i > 0 && cores->channels[i - 1] == channel) {
            continue; /* done with the first of them */
        }
        uint64_t sum = 0, before_ns = jb_mono_ns();
        for (int k = i; k < cores->count && cores->channels[k] == channel && err == 0; k++) {
            uint64_t value = 0;
            err = read_core(source, cores->fds[k], &value);
            sum += value;
        }
        uint64_t after_ns = jb_mono_ns();
        if (err < 0) {
            jb_emit_failure(sink, channel, after_ns, JB_FAILED);
        } else {
            jb_emit(sink, channel, before_ns, after_ns, sum);
        }
    }
}

void jb_rapl_cores_close(struct jb_rapl_cores *cores)
{
    while (cores->count > 0) {
        close(cores->fds[--cores->count]);
    }
}
