/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu_model.c - the CPUs' power from how busy they are, where no counter answers.
 *
 * Model and its error: hardware/hardware.h. Busy share from /proc/stat (10 ms ticks), or, in a container with a quota,
 * from its group's CPU time against that quota; the clock from cpufreq where the kernel tells. One channel stands for
 * all sockets: /proc/stat does not tell them apart by power. The counter starts at 0 at the first read.
 */
#include "sensor/sensor.h"

#include "hardware/cgroup.h"
#include "hardware/frequency.h"
#include "hardware/hardware.h"
#include "hardware/model_meter.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_OVER_MODEL 2 /* more than twice the model's full power is not believed */

struct cpu_model {
    struct jb_cpu_power_model model;
    struct jb_busy busy;
    struct jb_frequency frequency;
    struct jb_joule_meter joules;
    double power_w;
    bool opened, known; /* known: power_w was read at least once */
};

/* The container's own CPU time, when there is a quota to hold it against; else the whole machine's. */
static int open_busy(struct cpu_model *m, const struct jb_sensor_env *env, struct jb_channel *channel)
{
    const struct jb_machine *machine = env->machine;
    if (machine->container && machine->cpu_limit > 0) {
        struct jb_cgroup group;
        jb_cgroup_read(env->root, &group);
        if (group.usage_path[0] != '\0' &&
            jb_busy_open(&m->busy, env->root, group.usage_path, group.usage_is_v1, machine->cpu_limit) == 0) {
            jb_copy(channel->path, sizeof channel->path, group.usage_path);
            return 0;
        }
    }
    jb_copy(channel->path, sizeof channel->path, "/proc/stat");
    return jb_busy_open(&m->busy, env->root, NULL, false, 0);
}

static void describe(const struct cpu_model *m, const struct jb_machine *machine, struct jb_channel *channel)
{
    jb_copy(channel->id, sizeof channel->id, "cpu/model");
    jb_copy(channel->name, sizeof channel->name, machine->cpu.name[0] != '\0' ? machine->cpu.name : "CPU");
    channel->method = JB_METHOD_MODELLED;
    channel->domain = JB_DOMAIN_PACKAGE;
    channel->device = JB_DEVICE_CPU;
    channel->zero_at_reset = true;
    channel->zero_at_open = true;
    channel->refresh_ns = 10 * JB_NS_PER_MS;
    channel->idle_uw = (uint64_t)(jb_cpu_power_w(&m->model, 0) * 1e6);
    channel->max_power_uw = (uint64_t)(jb_cpu_power_w(&m->model, 1) * MAX_OVER_MODEL * 1e6);
    channel->rel_error = m->model.rel_error;
    jb_copy(channel->note, sizeof channel->note, m->model.note);
}

static int unusable(struct jb_channel *channel, struct jb_diag *diag, const char *reason)
{
    channel->status = JB_UNSUPPORTED;
    jb_copy(channel->reason, sizeof channel->reason, reason);
    return jb_fail(diag, -ENODEV, "%s", reason);
}

static int open_model(struct jb_source *source, struct jb_diag *diag)
{
    struct cpu_model *m = source->priv;
    const struct jb_machine *machine = source->env->machine;
    m->busy.fd = -1;
    m->opened = true;
    struct jb_channel *channel = jb_source_add_channel(source);
    if (machine == NULL || channel == NULL) {
        return jb_fail(diag, -ENODEV, "what machine this is is not known");
    }
    jb_cpu_power_model(machine, &m->model);
    describe(m, machine, channel);
    if (!(m->model.tdp_w > 0) || !(m->model.charged > 0)) {
        int err = unusable(channel, diag, "neither the CPU's model nor the number of CPUs is known");
        jb_copy(channel->fix, sizeof channel->fix,
                "say what one socket may draw: cpu_tdp = WATTS in section [hardware]");
        jb_fix(diag, "%s", channel->fix);
        return err;
    }
    int err = open_busy(m, source->env, channel);
    if (err < 0) {
        char reason[sizeof channel->reason];
        snprintf(reason, sizeof reason, "cannot read how busy the CPUs are: /proc/stat: %s", strerror(-err));
        return unusable(channel, diag, reason);
    }
    jb_frequency_open(&m->frequency, source->env->root, machine->cpu.threads);
    return 0;
}

/* Between two ticks the power is taken to be what it was: every nanosecond is paid for once. */
static void read_model(struct jb_source *source, struct jb_sink *sink)
{
    struct cpu_model *m = source->priv;
    bool first = !m->joules.started;
    double share;
    int err;
    uint64_t now_ns = jb_mono_ns();
    bool fresh = jb_busy_read(&m->busy, now_ns, &share, &err);
    if (err < 0) {
        jb_emit_failure(sink, 0, now_ns, JB_FAILED);
        return;
    }
    if (fresh) {
        m->power_w = jb_cpu_power_w(&m->model, share * jb_frequency_share(&m->frequency, now_ns));
        m->known = !first;
    }
    if (first || m->known) {
        jb_joule_meter_step(&m->joules, now_ns, m->power_w);
    }
    jb_emit(sink, 0, now_ns, now_ns, m->joules.energy_uj);
}

static void close_model(struct jb_source *source)
{
    struct cpu_model *m = source->priv;
    if (m->opened) {
        jb_busy_close(&m->busy);
        jb_frequency_close(&m->frequency);
    }
}

const struct jb_sensor_driver jb_sensor_cpu_model = {
    .name = "cpu-model",
    .title = "CPU power model (nothing measured)",
    .abi = JB_SENSOR_ABI,
    .stand_in = true,
    .stand_in_for = JB_DEVICE_CPU,
    .priv_size = sizeof(struct cpu_model),
    .open = open_model,
    .read = read_model,
    .close = close_model,
};
