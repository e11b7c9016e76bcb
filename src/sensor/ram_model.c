/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ram_model.c - the memory's power from its modules or its size, where no counter answers.
 *
 * Model and its error: hardware/hardware.h. Between rest and full power it follows the busy share of the CPUs: memory
 * works when they do, and nothing else that every machine shows tells better. One channel for the whole machine.
 */
#include "sensor/sensor.h"

#include "hardware/hardware.h"
#include "hardware/model_meter.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define MAX_OVER_MODEL 3 /* the model is rough; more than thrice its full power is not believed */

struct ram_model {
    struct jb_ram_power_model model;
    struct jb_busy busy;
    struct jb_joule_meter joules;
    double power_w;
    bool opened, known; /* known: power_w was read at least once */
    bool steady;        /* the busy share cannot be read, the middle stands for it */
};

static void describe(const struct ram_model *m, struct jb_channel *channel)
{
    jb_copy(channel->id, sizeof channel->id, "ram/model");
    jb_copy(channel->name, sizeof channel->name, "memory");
    jb_copy(channel->path, sizeof channel->path, m->steady ? "/proc/meminfo" : "/proc/stat");
    channel->method = JB_METHOD_MODELLED;
    channel->domain = JB_DOMAIN_DRAM;
    channel->device = JB_DEVICE_RAM;
    channel->zero_at_reset = true;
    channel->zero_at_open = true;
    channel->refresh_ns = 10 * JB_NS_PER_MS;
    channel->idle_uw = (uint64_t)(m->model.idle_w * 1e6);
    channel->max_power_uw = (uint64_t)(m->model.full_w * MAX_OVER_MODEL * 1e6);
    channel->rel_error = m->model.rel_error;
    jb_copy(channel->note, sizeof channel->note, m->model.note);
}

static int open_model(struct jb_source *source, struct jb_diag *diag)
{
    struct ram_model *m = source->priv;
    m->busy.fd = -1;
    m->opened = true;
    struct jb_channel *channel = jb_source_add_channel(source);
    if (source->env->machine == NULL || channel == NULL) {
        return jb_fail(diag, -ENODEV, "what machine this is is not known");
    }
    jb_ram_power_model(source->env->machine, &m->model);
    m->steady = jb_busy_open(&m->busy, source->env->root, NULL, false, 0) < 0;
    describe(m, channel);
    if (!(m->model.full_w > 0)) {
        channel->status = JB_UNSUPPORTED;
        jb_copy(channel->reason, sizeof channel->reason, m->model.note);
        return jb_fail(diag, -ENODEV, "%s", m->model.note);
    }
    return 0;
}

/* Between two ticks the power is taken to be what it was: every nanosecond is paid for once. */
static void read_model(struct jb_source *source, struct jb_sink *sink)
{
    struct ram_model *m = source->priv;
    bool first = !m->joules.started;
    double share = 0.5;
    int err = 0;
    uint64_t now_ns = jb_mono_ns();
    bool fresh = m->steady || jb_busy_read(&m->busy, now_ns, &share, &err);
    if (err < 0) {
        jb_emit_failure(sink, 0, now_ns, JB_FAILED);
        return;
    }
    if (fresh) {
        m->power_w = m->model.idle_w + (m->model.full_w - m->model.idle_w) * share;
        m->known = !first;
    }
    if (first || m->known) {
        jb_joule_meter_step(&m->joules, now_ns, m->power_w);
    }
    jb_emit(sink, 0, now_ns, now_ns, m->joules.energy_uj);
}

static void close_model(struct jb_source *source)
{
    struct ram_model *m = source->priv;
    if (m->opened) {
        jb_busy_close(&m->busy);
    }
}

const struct jb_sensor_driver jb_sensor_ram_model = {
    .name = "ram-model",
    .title = "memory power model (nothing measured)",
    .abi = JB_SENSOR_ABI,
    .stand_in = true,
    .stand_in_for = JB_DEVICE_RAM,
    .priv_size = sizeof(struct ram_model),
    .open = open_model,
    .read = read_model,
    .close = close_model,
};
