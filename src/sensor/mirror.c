/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirror.c - the A, B, A bracket over whole passes: the first pass gives A1 and B, the second A2. See sensor.h.
 *
 * A wrap of A between the passes makes the bracket fail, which errs to the side of two counters for one session in
 * millions; the ledger's cross-checks would show it.
 */
#include "sensor/sensor.h"

#include <string.h>

#define MAX_READINGS (4 * JB_MAX_CHANNELS)

static bool can_be_compared(const struct jb_channel *channel)
{
    return channel->status == JB_OK && channel->domain == JB_DOMAIN_PACKAGE && channel->method == JB_METHOD_COUNTER &&
           channel->unit >= 0 && channel->die >= 0 && !channel->zero_at_open;
}

static bool are_candidates(const struct jb_channel *a, const struct jb_channel *b)
{
    return can_be_compared(a) && can_be_compared(b) && a->unit == b->unit && a->die != b->die &&
           a->unit_num == b->unit_num && a->unit_den == b->unit_den && a->wrap == b->wrap;
}

static bool any_candidates(const struct jb_source *source)
{
    for (int b = 1; b < source->channel_count; b++) {
        for (int a = 0; a < b; a++) {
            if (are_candidates(&source->channels[a], &source->channels[b])) {
                return true;
            }
        }
    }
    return false;
}

/* The last good value of each channel; `good` stays false where there was none. */
struct pass {
    bool good[JB_MAX_CHANNELS];
    uint64_t raw[JB_MAX_CHANNELS];
};

static void read_pass(struct jb_source *source, struct pass *ret)
{
    struct jb_reading readings[MAX_READINGS] = {0};
    struct jb_sink sink = {.readings = readings, .capacity = MAX_READINGS};
    memset(ret, 0, sizeof(*ret));
    source->driver->read(source, &sink);
    for (size_t i = 0; i < sink.count; i++) {
        int channel = readings[i].channel;
        if (channel >= 0 && channel < source->channel_count && readings[i].status == JB_OK) {
            ret->good[channel] = true;
            ret->raw[channel] = readings[i].raw;
        }
    }
}

int jb_mirror_detect(struct jb_source *source, int *mirror_of)
{
    for (int i = 0; i < JB_MAX_CHANNELS; i++) {
        mirror_of[i] = -1;
    }
    if (!any_candidates(source)) {
        return 0;
    }
    struct pass first, second;
    read_pass(source, &first);
    read_pass(source, &second);
    int found = 0;
    for (int b = 1; b < source->channel_count; b++) {
        for (int a = 0; a < b && mirror_of[b] < 0; a++) {
            /* What is itself a mirror is no original: all point to the first. */
            if (mirror_of[a] < 0 && are_candidates(&source->channels[a], &source->channels[b]) && first.good[a] &&
                first.good[b] && second.good[a] && first.raw[b] != 0 && first.raw[a] <= first.raw[b] &&
                first.raw[b] <= second.raw[a]) {
                mirror_of[b] = a;
                found++;
            }
        }
    }
    return found;
}
