/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl_perf.c - RAPL through perf_event: the preferred way on x86. All domains of a socket are one group: one system
 * call.
 *
 * Documented in arch/x86/events/rapl.c of Linux and sensors.md 1, 4.1. Odd: the 64-bit count extends a 32-bit hardware
 * counter, and the kernel takes any step of 2^31 hardware counts or more for a negative one. The horizon is set by
 * that, with the finest hardware unit there is (2^-16 J), because perf does not show the unit.
 */
#include "sensor/rapl.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "sensor/rapl_cores.h"
#include "sensor/rapl_pmu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HALF_RANGE_UJ (UINT64_C(32768) * 1000000) /* 2^31 counts of 2^-16 J */

struct group {
    int leader_fd;
    int count;
    int channels[JB_RAPL_EVENTS]; /* in the order in which the kernel answers */
};

struct state {
    struct group groups[JB_MAX_CHANNELS];
    int group_count;
    int fds[JB_MAX_CHANNELS];
    int fd_count;
    bool psys_open;
    struct jb_rapl_cores cores;
};

static void write_fix(const char *root, struct jb_channel *channel)
{
    char text[16] = "unknown";
    (void)jb_root_read(root, "/proc/sys/kernel/perf_event_paranoid", text, sizeof(text));
    jb_sanitise(text);
    snprintf(channel->reason, sizeof(channel->reason),
             "perf does not let us read energy counters (kernel.perf_event_paranoid is %s)", text);
    snprintf(channel->fix, sizeof(channel->fix),
             "joulebook doctor --fix   or   sudo setcap cap_perfmon+ep \"$(command -v joulebook)\"   or   "
             "sudo sysctl kernel.perf_event_paranoid=0");
}

static void refuse(struct jb_source *source, struct jb_channel *channel, int err, const struct jb_rapl_socket *socket)
{
    jb_rapl_refuse(channel, err, "perf_event_open on CPU %d: %s", socket->cpu, strerror(-err));
    if (channel->status == JB_DENIED) {
        write_fix(source->env->root, channel);
    }
}

/* In the group of the socket when the kernel allows, else as a group of its own, which later events then join. */
static int open_event(struct jb_source *source, const struct jb_rapl_pmu *pmu, const struct jb_rapl_event *event,
                      int cpu, struct group **group)
{
    struct state *state = source->priv;
    const struct jb_perf_ops *perf = source->env->perf;
    bool joins = *group != NULL;
    int fd = perf->open_counter(perf, pmu->type, event->config, cpu, joins ? (*group)->leader_fd : -1);
    if (fd == -EINVAL && joins) {
        joins = false;
        fd = perf->open_counter(perf, pmu->type, event->config, cpu, -1);
    }
    if (fd < 0) {
        return fd;
    }
    state->fds[state->fd_count++] = fd;
    if (!joins) {
        *group = &state->groups[state->group_count++];
        (*group)->leader_fd = fd;
    }
    return 0;
}

static struct jb_channel *describe(struct jb_source *source, const struct jb_rapl_pmu *pmu,
                                   const struct jb_rapl_event *event, const struct jb_rapl_socket *socket)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return NULL;
    }
    jb_rapl_describe(channel, source->env->machine, event->domain, socket->package, socket->die);
    snprintf(channel->path, sizeof(channel->path), "%s/events/%s on CPU %d", pmu->folder, event->name, socket->cpu);
    channel->zero_at_open = true;
    jb_rapl_horizon(channel, HALF_RANGE_UJ);
    if (socket->guessed) {
        snprintf(channel->note, sizeof(channel->note), "socket number guessed: CPU %d has no topology", socket->cpu);
    } else if (pmu->repeats) {
        snprintf(channel->note, sizeof(channel->note), "%d more CPUs in cpumask count the same sockets: left out",
                 pmu->repeats);
    }
    return channel;
}

static void open_channel(struct jb_source *source, const struct jb_rapl_pmu *pmu, const struct jb_rapl_event *event,
                         const struct jb_rapl_socket *socket, struct jb_channel *channel, struct group **group)
{
    if (event->err < 0) {
        jb_rapl_refuse(channel, event->err, "%s", event->problem);
        channel->status = JB_UNSUPPORTED;
        return;
    }
    if (!socket->online) {
        jb_rapl_refuse(channel, -ENODEV, "CPU %d, which counts socket %d, is offline", socket->cpu, socket->package);
        snprintf(channel->fix, sizeof(channel->fix), "echo 1 | sudo tee /sys/devices/system/cpu/cpu%d/online",
                 socket->cpu);
        return;
    }
    channel->unit_num = event->unit_num;
    channel->unit_den = event->unit_den;
    int err = open_event(source, pmu, event, socket->cpu, group);
    if (err < 0) {
        refuse(source, channel, err, socket);
        return;
    }
    (*group)->channels[(*group)->count++] = (int)(channel - source->channels);
}

static void open_socket(struct jb_source *source, const struct jb_rapl_pmu *pmu, const struct jb_rapl_socket *socket)
{
    struct state *state = source->priv;
    struct group *group = NULL;
    int package = -1;
    for (size_t i = 0; i < JB_RAPL_EVENTS; i++) {
        const struct jb_rapl_event *event = &pmu->events[i];
        /* Every socket offers psys, and each shows the same platform. */
        if (!event->present || (event->domain == JB_RAPL_PSYS && (state->psys_open || !socket->online))) {
            continue;
        }
        struct jb_channel *channel = describe(source, pmu, event, socket);
        if (!channel) {
            return;
        }
        if (event->domain == JB_RAPL_PACKAGE) {
            package = (int)(channel - source->channels);
        } else if (event->domain == JB_RAPL_CORES || event->domain == JB_RAPL_UNCORE) {
            channel->parent = package;
        } else if (event->domain == JB_RAPL_PSYS) {
            state->psys_open = true;
        }
        open_channel(source, pmu, event, socket, channel, &group);
    }
}

/* A socket that nobody counts is missing from the total: say so. */
static void tell_missing_sockets(struct jb_source *source, const struct jb_rapl_pmu *pmu)
{
    const struct jb_machine *machine = source->env->machine;
    for (unsigned i = 0; machine && i < machine->cpu.sockets && i < JB_MAX_SOCKETS; i++) {
        bool counted = false;
        for (int k = 0; k < pmu->socket_count; k++) {
            counted |= pmu->sockets[k].guessed || pmu->sockets[k].package == machine->cpu.package_of[i];
        }
        struct jb_channel *channel = counted ? NULL : jb_source_add_channel(source);
        if (channel) {
            jb_rapl_describe(channel, machine, JB_RAPL_PACKAGE, machine->cpu.package_of[i], -1);
            jb_rapl_refuse(channel, -ENODEV, "%s/cpumask names no CPU of socket %d", pmu->folder,
                           machine->cpu.package_of[i]);
        }
    }
}

/* Files can hold anything: a group that does not answer as it was opened is not used. */
static void drop_silent_groups(struct jb_source *source)
{
    struct state *state = source->priv;
    const struct jb_perf_ops *perf = source->env->perf;
    int kept = 0;
    for (int i = 0; i < state->group_count; i++) {
        struct group group = state->groups[i];
        uint64_t values[JB_RAPL_EVENTS];
        int count = perf->read_group(perf, group.leader_fd, values, JB_RAPL_EVENTS);
        if (count == group.count) {
            state->groups[kept++] = group;
            continue;
        }
        for (int k = 0; k < group.count; k++) {
            struct jb_channel *channel = &source->channels[group.channels[k]];
            jb_rapl_refuse(channel, count < 0 ? count : -EPROTO, "the counter cannot be read: %s",
                           strerror(count < 0 ? -count : EPROTO));
        }
    }
    state->group_count = kept;
}

static int rapl_perf_open(struct jb_source *source, struct jb_diag *diag)
{
    const struct jb_machine *machine = source->env->machine;
    struct state *state = source->priv;
    if (!source->env->perf) {
        return jb_fail(diag, -ENODEV, "no access to perf");
    }
    /* AMD counts the socket as one, but Linux 6.9 to 6.12 puts a CPU of each core complex in cpumask: the same
     * joules once per complex. */
    bool by_package = machine && (jb_streq(machine->cpu.vendor, "AMD") || jb_streq(machine->cpu.vendor, "Hygon"));
    struct jb_rapl_pmu pmu;
    int err = jb_rapl_pmu_read(source->env->root, by_package, &pmu, diag);
    if (err < 0) {
        return err;
    }
    for (int i = 0; i < pmu.socket_count; i++) {
        open_socket(source, &pmu, &pmu.sockets[i]);
    }
    tell_missing_sockets(source, &pmu);
    drop_silent_groups(source);
    jb_rapl_cores_open(source, &state->cores);
    return jb_rapl_result(source, diag);
}

static void rapl_perf_read(struct jb_source *source, struct jb_sink *sink)
{
    struct state *state = source->priv;
    const struct jb_perf_ops *perf = source->env->perf;
    for (int i = 0; i < state->group_count; i++) {
        const struct group *group = &state->groups[i];
        uint64_t values[JB_RAPL_EVENTS];
        uint64_t before_ns = jb_mono_ns();
        int count = perf->read_group(perf, group->leader_fd, values, JB_RAPL_EVENTS);
        uint64_t after_ns = jb_mono_ns();
        for (int k = 0; k < group->count; k++) {
            if (count == group->count) {
                jb_emit(sink, group->channels[k], before_ns, after_ns, values[k]);
            } else {
                jb_emit_failure(sink, group->channels[k], after_ns, JB_FAILED);
            }
        }
    }
    jb_rapl_cores_read(source, &state->cores, sink);
}

static void rapl_perf_close(struct jb_source *source)
{
    struct state *state = source->priv;
    while (state->fd_count > 0) {
        close(state->fds[--state->fd_count]);
    }
    state->group_count = 0;
    jb_rapl_cores_close(&state->cores);
}

const struct jb_sensor_driver jb_sensor_rapl_perf = {
    .name = "rapl-perf",
    .title = "RAPL through perf_event",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .open = rapl_perf_open,
    .read = rapl_perf_read,
    .close = rapl_perf_close,
};
