/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll.c - one look at all sources: quick ones are read here, lanes are emptied and watched.
 *
 * Nothing here allocates or waits for a driver on a lane. What it costs is measured with two looks at the thread's CPU
 * clock, a system call, and split over the quick sources by the wall clock, which is not one.
 */
#include "meter/inside.h"

#include "base/clock.h"

#include <errno.h>

#define USES_PERIOD_NS JB_NS_PER_S

static void set_status(struct jb_meter *meter, int number, enum jb_status status)
{
    if (meter->channels[number].status != status) {
        meter->channels[number].status = status;
        meter->changed = true;
    }
}

static bool is_final(enum jb_status status)
{
    return status == JB_GONE || status == JB_DENIED || status == JB_UNSUPPORTED;
}

/* Readings from `from` on carry the source's channel indexes: number them, drop what names no channel. */
static void number_readings(struct jb_meter *meter, struct jb_slot *slot, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < meter->reading_count; i++) {
        struct jb_reading reading = meter->readings[i];
        if (reading.channel < 0 || reading.channel >= slot->count) {
            continue;
        }
        reading.channel += slot->first;
        enum jb_status before = meter->channels[reading.channel].status;
        if (is_final(reading.status) && (before == JB_OK || before == JB_TIMEOUT)) {
            set_status(meter, reading.channel, reading.status);
        }
        meter->readings[kept++] = reading;
    }
    meter->reading_count = kept;
}

static void number_uses(struct jb_meter *meter, const struct jb_slot *slot, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < meter->use_count; i++) {
        struct jb_gpu_use use = meter->uses[i];
        if (use.channel >= 0 && use.channel < slot->count) {
            use.channel += slot->first;
            meter->uses[kept++] = use;
        }
    }
    meter->use_count = kept;
}

static void read_uses(struct jb_meter *meter, struct jb_slot *slot, uint64_t now_ns, bool now)
{
    if (slot->uses_never || !slot->driver->processes ||
        (!now && slot->uses_ns && now_ns - slot->uses_ns < USES_PERIOD_NS)) {
        return;
    }
    slot->uses_ns = now_ns;
    size_t from = meter->use_count, room = JB_METER_MAX_USES - from;
    int count = slot->driver->processes(&slot->opened.source, meter->uses + from, room);
    slot->uses_never = count == -ENOTSUP;
    slot->processes_known = count >= 0;
    slot->looks += count >= 0;
    if (count > 0) {
        meter->use_count += (size_t)count < room ? (size_t)count : room;
        number_uses(meter, slot, from);
    }
}

static void read_one(struct jb_meter *meter, struct jb_slot *slot)
{
    size_t from = meter->reading_count;
    struct jb_sink sink = {.readings = meter->readings + from, .capacity = JB_METER_MAX_READINGS - from};
    slot->driver->read(&slot->opened.source, &sink);
    slot->reads++;
    slot->failures += sink.dropped;
    for (size_t i = 0; i < sink.count; i++) {
        slot->failures += sink.readings[i].status != JB_OK;
    }
    meter->reading_count += sink.count;
    number_readings(meter, slot, from);
}

static void read_quick(struct jb_meter *meter, bool uses_now)
{
    uint64_t then_ns = jb_mono_ns();
    for (int i = 0; i < meter->slot_count; i++) {
        struct jb_slot *slot = &meter->slots[i];
        if (!slot->driver->blocking && slot->result == 0) {
            read_one(meter, slot);
            read_uses(meter, slot, then_ns, uses_now);
            uint64_t now_ns = jb_mono_ns();
            slot->cost_ns += now_ns - then_ns;
            then_ns = now_ns;
        }
    }
}

static void take(struct jb_meter *meter, struct jb_slot *slot)
{
    size_t from = meter->reading_count;
    meter->reading_count += jb_lane_take(slot->lane, meter->readings + from, JB_METER_MAX_READINGS - from);
    number_readings(meter, slot, from);
    from = meter->use_count;
    meter->use_count += jb_lane_take_uses(slot->lane, meter->uses + from, JB_METER_MAX_USES - from);
    number_uses(meter, slot, from);
}

/* One failure for each channel when a lane begins to be late; their status comes back with the lane. */
static void watch(struct jb_meter *meter, struct jb_slot *slot, uint64_t call_since_ns, uint64_t now_ns)
{
    bool hung = call_since_ns && now_ns > call_since_ns && now_ns - call_since_ns > meter->patience_ns;
    if (hung == slot->hung) {
        return;
    }
    slot->hung = hung;
    meter->changed = true;
    for (int i = slot->first; i >= 0 && i < slot->first + slot->count; i++) {
        enum jb_status status = meter->channels[i].status;
        if (hung && status == JB_OK) {
            set_status(meter, i, JB_TIMEOUT);
            if (meter->reading_count < JB_METER_MAX_READINGS) {
                meter->readings[meter->reading_count++] = (struct jb_reading){
                    .channel = i, .status = JB_TIMEOUT, .t_before_ns = now_ns, .t_after_ns = now_ns};
            }
        } else if (!hung && status == JB_TIMEOUT) {
            set_status(meter, i, JB_OK);
        }
    }
}

static void collect(struct jb_meter *meter)
{
    for (int i = 0; i < meter->slot_count; i++) {
        struct jb_slot *slot = &meter->slots[i];
        if (!slot->lane) {
            continue;
        }
        struct jb_lane_report report;
        jb_lane_report(slot->lane, &report);
        slot->reads = report.reads;
        slot->failures = report.failures;
        slot->cost_ns = report.cost_ns;
        slot->looks = report.looks;
        slot->processes_known = report.processes_known;
        jb_meter_adopt_lane(meter, slot, &report);
        if (slot->adopted) {
            take(meter, slot);
        }
        watch(meter, slot, report.call_since_ns, jb_mono_ns());
    }
}

static void begin(struct jb_meter *meter)
{
    meter->reading_count = 0;
    meter->use_count = 0;
}

static void finish(struct jb_meter *meter, struct jb_poll *ret)
{
    *ret = (struct jb_poll){
        .readings = meter->readings,
        .count = meter->reading_count,
        .uses = meter->uses,
        .use_count = meter->use_count,
        .channels_changed = meter->changed,
    };
    meter->changed = false;
}

void jb_meter_poll(struct jb_meter *meter, struct jb_poll *ret)
{
    begin(meter);
    read_quick(meter, false);
    collect(meter);
    finish(meter, ret);
}

void jb_meter_poll_final(struct jb_meter *meter, uint64_t wait_ns, struct jb_poll *ret)
{
    uint64_t tickets[JB_METER_MAX_SOURCES] = {0};
    uint64_t deadline_ns = jb_mono_ns() + wait_ns;
    for (int i = 0; i < meter->slot_count; i++) {
        if (meter->slots[i].lane) {
            tickets[i] = jb_lane_ask(meter->slots[i].lane);
        }
    }
    begin(meter);
    read_quick(meter, true);
    for (int i = 0; i < meter->slot_count; i++) {
        if (meter->slots[i].lane && !meter->slots[i].hung) {
            jb_lane_wait_read(meter->slots[i].lane, tickets[i], deadline_ns);
        }
    }
    collect(meter);
    finish(meter, ret);
}
