/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.c - a sensor whose truth is known, and which fails as asked. Options and faults: fake.h.
 *
 * It reads no hardware and ignores the root. Readings carry one time, the one their value was computed for.
 */
#include "sensor/fake.h"

#include "base/clock.h"
#include "base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static void sleep_ns(uint64_t ns)
{
    struct timespec left = jb_timespec(ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
}

static void sleep_for_ever(void)
{
    for (;;) {
        sleep_ns(3600 * JB_NS_PER_S);
    }
}

static void describe(struct jb_source *source, const struct jb_fake_spec *spec, int index)
{
    static const enum jb_domain domains[] = {[JB_DEVICE_CPU] = JB_DOMAIN_PACKAGE,
                                             [JB_DEVICE_RAM] = JB_DOMAIN_DRAM,
                                             [JB_DEVICE_GPU] = JB_DOMAIN_GPU,
                                             [JB_DEVICE_BOARD] = JB_DOMAIN_BOARD};
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return;
    }
    const char *device = jb_device_name(spec->device);
    int unit = spec->unit < 0 ? -1 : spec->unit + index;
    if (unit < 0 && index == 0) {
        snprintf(channel->id, sizeof(channel->id), "%s/fake", device);
    } else {
        snprintf(channel->id, sizeof(channel->id), "%s/%d/fake", device, unit < 0 ? index : unit);
    }
    if (spec->node) {
        device = "node";
        snprintf(channel->id, sizeof(channel->id), index == 0 ? "node/fake" : "node/fake%d", index);
    }
    snprintf(channel->name, sizeof(channel->name), "made-up %s", device);
    snprintf(channel->path, sizeof(channel->path), "%s:%.150s", source->driver->name, source->spec ? source->spec : "");
    channel->method = spec->method;
    channel->domain = spec->node ? JB_DOMAIN_NODE : domains[spec->device];
    channel->device = spec->device;
    channel->unit = unit;
    channel->die = spec->die;
    channel->unit_num = spec->scale_num;
    channel->unit_den = spec->scale_den;
    channel->wrap = spec->method == JB_METHOD_INTEGRATED ? 0 : spec->wrap;
    channel->zero_at_reset = spec->fault == JB_FAKE_RESET;
    channel->max_power_uw = spec->max_power_uw;
    channel->idle_uw = spec->idle_uw;
    channel->rel_error = spec->rel_error;
    channel->refresh_ns = spec->update_ns;
    if (channel->wrap && spec->max_power_uw) {
        double range_uj = (double)channel->wrap * (double)spec->scale_num / (double)spec->scale_den;
        double ns = range_uj * 1e9 / (double)spec->max_power_uw;
        channel->horizon_ns = ns < 9e18 ? (uint64_t)ns : 0;
    }
}

int jb_fake_open(struct jb_source *source, struct jb_diag *diag)
{
    struct jb_fake *fake = source->priv;
    int err = jb_fake_spec_parse(source->spec, &fake->spec, diag);
    if (err < 0) {
        return err;
    }
    const struct jb_fake_spec *spec = &fake->spec;
    if ((spec->fault == JB_FAKE_HANG || spec->fault == JB_FAKE_HANG_OPEN) && !source->driver->blocking) {
        return jb_fail(diag, -EINVAL, "fake sensor: only fake-lane may hang");
    }
    if (spec->fault == JB_FAKE_HANG_OPEN) {
        if (spec->for_ns) {
            sleep_ns(spec->for_ns);
        } else {
            sleep_for_ever();
        }
    }
    if (spec->fault == JB_FAKE_EACCES && spec->at_ns == 0) {
        jb_fail(diag, -EACCES, "fake sensor: permission denied, as asked");
        jb_fix(diag, "take fault=eacces away");
        return -EACCES;
    }
    for (int i = 0; i < spec->channels; i++) {
        describe(source, spec, i);
        fake->last_raw[i] = spec->start_raw;
    }
    fake->start_ns = fake->asked_ns = jb_mono_ns();
    return 0;
}

/* Microjoules that this process's own CPU time costs beyond the rest: a machine that answers to load. */
static uint64_t own_uj(const struct jb_fake_spec *spec)
{
    return spec->own_uw > 0 ? (uint64_t)((unsigned __int128)spec->own_uw * jb_self_cpu_ns() / JB_NS_PER_S) : 0;
}

/* What it shows when nothing is wrong, `elapsed_ns` after the counter stood at `start_raw`. */
static uint64_t raw_after(const struct jb_fake_spec *spec, uint64_t start_raw, uint64_t elapsed_ns)
{
    unsigned __int128 micro = spec->power_uw;
    if (spec->method != JB_METHOD_INTEGRATED) {
        micro = micro * elapsed_ns / JB_NS_PER_S + own_uj(spec);
    }
    unsigned __int128 raw = micro * spec->scale_den / spec->scale_num;
    if (spec->method == JB_METHOD_INTEGRATED) {
        return (uint64_t)raw;
    }
    raw += start_raw;
    return (uint64_t)(spec->wrap ? raw % spec->wrap : raw);
}

/* Update number `i` of a counter that moves now and then, after it was opened: off its grid by a hash of the number, so
 * that every look, and every source of this spec, finds it at the same place. */
static uint64_t update_ns(const struct jb_fake_spec *spec, uint64_t i)
{
    uint64_t hash = i * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    hash ^= hash >> 31;
    uint64_t half = (uint64_t)(1.7320508 * (double)spec->jitter_ns); /* a uniform one's standard deviation is jitter */
    return i == 0 ? 0 : i * spec->update_ns - half + hash % (2 * half + 1);
}

/* How old the sensor was at its latest update. */
static uint64_t updated_ns(const struct jb_fake_spec *spec, uint64_t elapsed_ns)
{
    if (spec->update_ns == 0) {
        return elapsed_ns;
    }
    uint64_t i = elapsed_ns / spec->update_ns + 1;
    while (update_ns(spec, i) > elapsed_ns) {
        i--;
    }
    return update_ns(spec, i);
}

static void emit(struct jb_fake *fake, struct jb_sink *sink, int channel, uint64_t now_ns)
{
    const struct jb_fake_spec *spec = &fake->spec;
    uint64_t elapsed_ns = now_ns - fake->start_ns;
    uint64_t raw = raw_after(spec, spec->start_raw, updated_ns(spec, elapsed_ns));
    if (spec->fault == JB_FAKE_LATE && elapsed_ns < spec->at_ns) {
        jb_emit_failure(sink, channel, now_ns, JB_FAILED);
        return;
    }
    if (spec->fault != JB_FAKE_FINE && elapsed_ns >= spec->at_ns) {
        switch (spec->fault) {
        case JB_FAKE_GONE:
            jb_emit_failure(sink, channel, now_ns, JB_GONE);
            return;
        case JB_FAKE_EACCES:
            jb_emit_failure(sink, channel, now_ns, JB_DENIED);
            return;
        case JB_FAKE_NAN:
            if (spec->for_ns == 0 || elapsed_ns < spec->at_ns + spec->for_ns) {
                jb_emit_failure(sink, channel, now_ns, JB_FAILED);
                return;
            }
            break;
        case JB_FAKE_FROZEN:
            raw = raw_after(spec, spec->start_raw, spec->at_ns);
            break;
        case JB_FAKE_RESET:
            raw = raw_after(spec, 0, elapsed_ns - spec->at_ns);
            break;
        case JB_FAKE_BACKWARDS:
            raw = fake->spent ? raw : fake->last_raw[channel] / 2;
            break;
        case JB_FAKE_WILD:
            raw = fake->spent ? raw : raw + (UINT64_C(1) << 60);
            break;
        default:
            break;
        }
    }
    fake->last_raw[channel] = raw;
    jb_emit(sink, channel, now_ns, now_ns, raw);
}

void jb_fake_read(struct jb_source *source, struct jb_sink *sink)
{
    struct jb_fake *fake = source->priv;
    const struct jb_fake_spec *spec = &fake->spec;
    uint64_t now_ns = jb_mono_ns();
    bool due = now_ns - fake->start_ns >= spec->at_ns;
    if (due && spec->fault == JB_FAKE_HANG) {
        sleep_for_ever();
    }
    if (due && spec->fault == JB_FAKE_STALL && !fake->spent) {
        sleep_ns(spec->for_ns ? spec->for_ns : JB_NS_PER_S);
        now_ns = jb_mono_ns();
    }
    for (int i = 0; i < source->channel_count; i++) {
        emit(fake, sink, i, now_ns);
    }
    fake->spent |= due;
}

int jb_fake_processes(struct jb_source *source, struct jb_gpu_use *ret, size_t max)
{
    struct jb_fake *fake = source->priv;
    if (fake->spec.pid == 0) {
        return -ENOTSUP;
    }
    uint64_t now_ns = jb_mono_ns();
    if (max < 1) {
        return 0;
    }
    ret[0] = (struct jb_gpu_use){
        .channel = 0,
        .pid = fake->spec.pid,
        .utilisation_known = fake->spec.busy_known,
        .busy_ppm = fake->spec.busy_ppm,
        .t0_ns = fake->asked_ns,
        .t1_ns = now_ns,
    };
    fake->asked_ns = now_ns;
    return 1;
}

const struct jb_sensor_driver jb_sensor_fake = {
    .name = "fake",
    .title = "made-up sensor",
    .abi = JB_SENSOR_ABI,
    .test = true,
    .priv_size = sizeof(struct jb_fake),
    .open = jb_fake_open,
    .read = jb_fake_read,
    .processes = jb_fake_processes,
};
