/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meter.c - makes a meter: chooses drivers, opens quick ones here and the others on lanes, numbers their channels.
 *
 * Reading is poll.c. All memory is taken here, once, because jb_meter_poll() may take none; most of it is never touched
 * and so costs nothing.
 */
#include "meter/inside.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "meter/choose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PATIENCE_NS (5 * JB_NS_PER_S)
#define DESTROY_WAIT_NS     (100 * JB_NS_PER_MS)

void jb_meter_adopted(struct jb_meter *meter, struct jb_slot *slot, int count, int described)
{
    int source = (int)(slot - meter->slots);
    int first = meter->channel_count;
    for (int i = first; i < first + count; i++) {
        meter->source_of[i] = source;
        /* From the source's numbering to ours. */
        int mirror = meter->mirror_of[i];
        meter->mirror_of[i] = mirror >= 0 && mirror < count ? first + mirror : -1;
    }
    slot->first = count > 0 ? first : -1;
    slot->count = count;
    slot->adopted = true;
    meter->channel_count += count;
    meter->changed = true;
    if (count < described && slot->result == 0) {
        jb_fail(&slot->diag, -E2BIG, "%d of %d channels left out: a meter has at most %d", described - count, described,
                JB_METER_MAX_CHANNELS);
    }
}

void jb_meter_adopt_lane(struct jb_meter *meter, struct jb_slot *slot, const struct jb_lane_report *report)
{
    if (slot->adopted || !report->opened) {
        return;
    }
    slot->result = report->result;
    int room = JB_METER_MAX_CHANNELS - meter->channel_count;
    int described = jb_lane_channels(slot->lane, meter->channels + meter->channel_count,
                                     meter->mirror_of + meter->channel_count, room, &slot->diag);
    jb_meter_adopted(meter, slot, described < room ? described : room, described);
}

static void open_quick(struct jb_meter *meter, struct jb_slot *slot, const char *spec)
{
    int err = jb_opened_init(&slot->opened, slot->driver, meter->env, spec);
    if (err < 0) {
        slot->result = jb_fail(&slot->diag, err, "no memory for %s", slot->driver->name);
        return;
    }
    jb_opened_open(&slot->opened);
    slot->result = slot->opened.result;
    slot->diag = slot->opened.diag;
    int described = slot->opened.source.channel_count;
    int room = JB_METER_MAX_CHANNELS - meter->channel_count;
    int count = described < room ? described : room;
    memcpy(meter->channels + meter->channel_count, slot->opened.source.channels,
           (size_t)count * sizeof(struct jb_channel));
    memcpy(meter->mirror_of + meter->channel_count, slot->opened.mirror_of, (size_t)count * sizeof(int));
    jb_meter_adopted(meter, slot, count, described);
}

static void start_lane(struct jb_meter *meter, struct jb_slot *slot, const char *spec, uint64_t interval_ns)
{
    slot->result = -EINPROGRESS;
    int err = jb_lane_create(slot->driver, meter->env, spec, interval_ns, &slot->lane);
    if (err < 0) {
        slot->result =
            jb_fail(&slot->diag, err, "cannot start a thread for %s: %s", slot->driver->name, strerror(-err));
    }
}

/* Is a device measured by what is open so far? Cores alone are not their CPU. */
static const struct jb_channel *measured(const struct jb_meter *meter, enum jb_device device)
{
    for (int i = 0; i < meter->channel_count; i++) {
        const struct jb_channel *channel = &meter->channels[i];
        bool whole = channel->domain == JB_DOMAIN_PACKAGE || channel->domain == JB_DOMAIN_DRAM ||
                     channel->domain == JB_DOMAIN_GPU;
        if (channel->status == JB_OK && channel->method != JB_METHOD_MODELLED && channel->device == device && whole &&
            (device != JB_DEVICE_GPU || channel->unit < JB_UNIT_UNLISTED)) {
            return channel;
        }
    }
    return NULL;
}

/* A stand-in that nobody asked for stays away where the device itself is measured: it would cost and tell nothing. */
static bool not_needed(const struct jb_meter *meter, struct jb_slot *slot, const struct jb_choice *choice)
{
    const struct jb_channel *channel =
        choice->unasked && slot->driver->stand_in ? measured(meter, slot->driver->stand_in_for) : NULL;
    if (channel) {
        slot->result = jb_fail(&slot->diag, -ENODEV, "not needed: %s measures it", channel->id);
    }
    return channel != NULL;
}

/* Where the driver sees at a glance that there is nothing to open, a thread would be started for nothing. */
static bool absent(const struct jb_meter *meter, struct jb_slot *slot)
{
    int err = slot->driver->glance ? slot->driver->glance(meter->env, &slot->diag) : 0;
    if (err < 0) {
        slot->result = err;
    }
    return err < 0;
}

static void open_quick_ones(struct jb_meter *meter, const struct jb_choice *choices, bool stand_ins)
{
    for (int i = 0; i < meter->slot_count; i++) {
        struct jb_slot *slot = &meter->slots[i];
        if (!slot->driver->blocking && slot->driver->stand_in == stand_ins && !not_needed(meter, slot, &choices[i]) &&
            !absent(meter, slot)) {
            open_quick(meter, slot, choices[i].spec);
        }
    }
}

static void await_lanes(struct jb_meter *meter, uint64_t wait_ns)
{
    uint64_t deadline_ns = jb_mono_ns() + wait_ns;
    for (int i = 0; i < meter->slot_count; i++) {
        struct jb_slot *slot = &meter->slots[i];
        if (slot->lane) {
            struct jb_lane_report report;
            jb_lane_wait_open(slot->lane, wait_ns ? deadline_ns : 0);
            jb_lane_report(slot->lane, &report);
            jb_meter_adopt_lane(meter, slot, &report);
        }
    }
}

static void open_all(struct jb_meter *meter, const struct jb_choice *choices, const struct jb_meter_config *config)
{
    /* Lanes first: they open while we do. Stand-ins last, when it is known what they would stand in for. */
    for (int i = 0; i < meter->slot_count; i++) {
        struct jb_slot *slot = &meter->slots[i];
        slot->driver = choices[i].driver;
        slot->preference = choices[i].preference;
        slot->first = -1;
        if (slot->driver->blocking && !absent(meter, slot)) {
            start_lane(meter, slot, choices[i].spec, config->interval_ns);
        }
    }
    open_quick_ones(meter, choices, false);
    await_lanes(meter, config->open_wait_ns);
    open_quick_ones(meter, choices, true);
}

int jb_meter_create(const struct jb_meter_config *config, struct jb_meter **ret_meter, struct jb_diag *diag)
{
    struct jb_meter *meter = calloc(1, sizeof(*meter));
    if (!meter) {
        return jb_fail(diag, -ENOMEM, "no memory for the meter");
    }
    meter->env = jb_sensor_env_copy(&config->env);
    meter->list = config->sensors ? strdup(config->sensors) : NULL;
    meter->patience_ns = config->lane_patience_ns ? config->lane_patience_ns : DEFAULT_PATIENCE_NS;
    if (!meter->env || (config->sensors && !meter->list)) {
        jb_meter_destroy(meter);
        return jb_fail(diag, -ENOMEM, "no memory for the meter");
    }
    struct jb_choice choices[JB_METER_MAX_SOURCES];
    int count = jb_choose(meter->list, choices, JB_METER_MAX_SOURCES, diag);
    if (count < 0) {
        jb_meter_destroy(meter);
        return count;
    }
    meter->slot_count = count;
    open_all(meter, choices, config);
    *ret_meter = meter;
    return 0;
}

int jb_meter_check_sensors(const char *sensors, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *list = sensors ? strdup(sensors) : NULL;
    struct jb_choice choices[JB_METER_MAX_SOURCES];
    if (sensors && !list) {
        return jb_fail(diag, -ENOMEM, "no memory for the list of sensors");
    }
    int count = jb_choose(list, choices, JB_METER_MAX_SOURCES, diag);
    return count < 0 ? count : 0;
}

void jb_meter_destroy(struct jb_meter *meter)
{
    if (!meter) {
        return;
    }
    for (int i = 0; i < meter->slot_count; i++) {
        if (meter->slots[i].lane) {
            jb_lane_stop(meter->slots[i].lane);
        }
    }
    uint64_t deadline_ns = jb_mono_ns() + DESTROY_WAIT_NS;
    for (int i = 0; i < meter->slot_count; i++) {
        jb_lane_destroy(meter->slots[i].lane, deadline_ns);
        jb_opened_finish(&meter->slots[i].opened);
    }
    jb_sensor_env_free(meter->env);
    free(meter->list);
    free(meter);
}

int jb_meter_channel_count(const struct jb_meter *meter)
{
    return meter->channel_count;
}

static bool is_number(const struct jb_meter *meter, int number)
{
    return number >= 0 && number < meter->channel_count;
}

const struct jb_channel *jb_meter_channel(const struct jb_meter *meter, int number)
{
    return is_number(meter, number) ? &meter->channels[number] : NULL;
}

int jb_meter_channel_source(const struct jb_meter *meter, int number)
{
    return is_number(meter, number) ? meter->source_of[number] : -1;
}

int jb_meter_mirror_of(const struct jb_meter *meter, int number)
{
    return is_number(meter, number) ? meter->mirror_of[number] : -1;
}

int jb_meter_source_first(const struct jb_meter *meter, int source)
{
    return source >= 0 && source < meter->slot_count ? meter->slots[source].first : -1;
}

int jb_meter_source_count(const struct jb_meter *meter)
{
    return meter->slot_count;
}

uint64_t jb_meter_source_looks(const struct jb_meter *meter, int source)
{
    return source >= 0 && source < meter->slot_count ? meter->slots[source].looks : 0;
}

void jb_meter_source_info(const struct jb_meter *meter, int source, struct jb_source_info *ret)
{
    const struct jb_slot *slot = &meter->slots[source];
    *ret = (struct jb_source_info){
        .driver = slot->driver->name,
        .title = slot->driver->title,
        .spec = slot->opened.source.spec,
        .result = slot->result,
        .lane = slot->driver->blocking,
        .hung = slot->hung,
        .unseen = slot->driver->unseen,
        .preference = slot->preference,
        .reads = slot->reads,
        .failures = slot->failures,
        .cost_ns = slot->cost_ns,
        .looks = slot->looks,
        .processes_known = slot->processes_known,
    };
    jb_copy(ret->reason, sizeof(ret->reason), slot->diag.text);
    jb_copy(ret->fix, sizeof(ret->fix), slot->diag.fix);
    if (slot->hung) {
        struct jb_diag hung = {0};
        jb_fail(&hung, -ETIMEDOUT, "%s does not come back from a call (%s)", slot->driver->name,
                slot->result == -EINPROGRESS ? "opening" : "reading");
        jb_copy(ret->reason, sizeof(ret->reason), hung.text);
    }
}
