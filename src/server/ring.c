/* SPDX-License-Identifier: Apache-2.0 */
/* The last ticks. See ring.h. */
#include "server/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int jb_ring_init(struct jb_ring *ring)
{
    *ring = (struct jb_ring){0};
    ring->memory = calloc(JB_RING_TICKS, JB_RING_TEXT);
    if (ring->memory == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < JB_RING_TICKS; i++) {
        ring->ticks[i].text = ring->memory + i * JB_RING_TEXT;
    }
    return 0;
}

void jb_ring_finish(struct jb_ring *ring)
{
    free(ring->memory);
    *ring = (struct jb_ring){0};
}

void jb_ring_push(struct jb_ring *ring, const struct jb_tick *tick)
{
    struct jb_tick *slot = &ring->ticks[ring->count % JB_RING_TICKS];
    char *text = slot->text;

    *slot = *tick;
    slot->text = text;
    if (slot->length > JB_RING_TEXT) {
        slot->length = 0;
    }
    if (slot->length > 0) {
        memcpy(text, tick->text, slot->length);
    }
    ring->count++;
}

const struct jb_tick *jb_ring_after(const struct jb_ring *ring, uint64_t seq)
{
    const struct jb_tick *found = NULL;

    for (uint64_t back = 1; back <= JB_RING_TICKS && back <= ring->count; back++) { /* newest first */
        const struct jb_tick *tick = &ring->ticks[(ring->count - back) % JB_RING_TICKS];
        if (tick->seq <= seq) {
            break;
        }
        found = tick;
    }
    return found;
}

bool jb_pace_is_due(const struct jb_pace *pace, const struct jb_tick *tick)
{
    return pace->due_ns == 0 || tick->t_ns + tick->interval_ns / 2 >= pace->due_ns;
}

void jb_pace_sent(struct jb_pace *pace, const struct jb_tick *tick)
{
    uint64_t next_ns = pace->due_ns + pace->period_ns;
    bool on_time = pace->due_ns != 0 && next_ns > tick->t_ns;

    pace->due_ns = on_time ? next_ns : tick->t_ns + pace->period_ns;
}
