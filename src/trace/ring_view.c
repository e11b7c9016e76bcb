/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at one slot (ring_view.h, wire.h).
 *
 * Every word is loaded once and then judged: it may be another a moment later. Counters that make no sense cost the
 * slot its events, never more: a `head` behind the tail is waited out (the next owner puts it right), one too far ahead
 * means that what is there is unknown, and reading goes on from it.
 */
#include "trace/ring_view.h"

#include "base/text.h"

#include <string.h>

#define PEEK_MARGIN 64u /* events that may be under way, seen out of order, beyond `head` */

static struct jb_wire_slot *slot_of(const struct jb_ring *ring, uint32_t slot)
{
    return &jb_wire_slots(ring->base)[slot];
}

static void remember_device(struct jb_ring *ring, const struct jb_view *view, const char *raw)
{
    for (uint32_t i = 0; i < ring->device_count; i++) {
        if (ring->devices[i].pid == view->pid && ring->devices[i].device == view->accelerator) {
            return;
        }
    }
    if (ring->device_count < JB_RING_DEVICES && raw[0] != '\0') {
        size_t at = ring->device_count++;
        ring->devices[at].pid = view->pid;
        ring->devices[at].device = view->accelerator;
        memcpy(ring->devices[at].id, raw, sizeof(ring->devices[at].id));
        ring->devices[at].id[sizeof(ring->devices[at].id) - 1] = '\0';
        jb_sanitise(ring->devices[at].id);
    }
}

static void bind(struct jb_ring *ring, uint32_t number, uint64_t owner, uint32_t claims)
{
    struct jb_wire_slot *slot = slot_of(ring, number);
    struct jb_view *view = &ring->views[number];
    uint64_t first = atomic_load_explicit(&slot->first, memory_order_relaxed);
    view->bound = true;
    view->leaving = false;
    view->numbered = false;
    view->claims = claims;
    view->pid = (int32_t)(owner >> 32);
    view->tid = (int32_t)(uint32_t)owner;
    view->last_ns = 0;
    view->start = 0;
    view->device = slot->kind == JB_SLOT_DEVICE;
    if (view->device) {
        char id[sizeof(slot->device_id)];
        memcpy(id, slot->device_id, sizeof(id));
        id[sizeof(id) - 1] = '\0';
        view->accelerator = slot->device;
        remember_device(ring, view, id);
    }
    if (ring->fd < 0 && (int64_t)(first - view->tail) > 0) {
        view->tail = first; /* what is before was another's */
    }
}

/* Dropped by its owners so far; a counter that goes back is taken up from where it is. */
static void count_dropped(struct jb_ring *ring, uint32_t number)
{
    struct jb_view *view = &ring->views[number];
    uint64_t dropped = atomic_load_explicit(&slot_of(ring, number)->dropped, memory_order_relaxed);
    if (dropped > view->dropped) {
        ring->dropped += dropped - view->dropped;
    }
    view->dropped = dropped;
}

void jb_view_look(struct jb_ring *ring, uint32_t number)
{
    struct jb_wire_slot *slot = slot_of(ring, number);
    struct jb_view *view = &ring->views[number];
    /* Acquire, and before `head`: a slot that was left has all its events. */
    uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
    uint64_t owner = atomic_load_explicit(&slot->owner, memory_order_relaxed);
    uint32_t claims = atomic_load_explicit(&slot->claims, memory_order_relaxed);
    if (view->bound && claims != view->claims) {
        /* Another has it by now; what was the owner's ends where the other began. */
        uint64_t first = atomic_load_explicit(&slot->first, memory_order_relaxed);
        view->leaving = true;
        view->head = first - view->tail <= JB_WIRE_EVENTS ? first : view->tail;
        return;
    }
    if (!view->bound) {
        if (owner == 0 || (state != JB_SLOT_TAKEN && state != JB_SLOT_LEFT)) {
            return;
        }
        bind(ring, number, owner, claims);
    }
    uint64_t head = atomic_load_explicit(&slot->head, memory_order_acquire);
    view->leaving = state == JB_SLOT_LEFT || state == JB_SLOT_FREE;
    count_dropped(ring, number);
    if ((int64_t)(head - view->tail) < 0) {
        view->head = view->tail;
    } else if (head - view->tail > JB_WIRE_EVENTS) {
        uint64_t from = ring->fd < 0 ? head - JB_WIRE_EVENTS / 2 : head;
        *(ring->fd < 0 ? &ring->dropped : &ring->state.nonsense) += from - view->tail;
        view->tail = from;
        view->head = head;
    } else {
        view->head = head;
    }
}

bool jb_view_peek(struct jb_ring *ring, uint32_t number, uint64_t at, struct jb_event *ret)
{
    if (at == ring->views[number].head) {
        return false;
    }
    const _Atomic uint64_t *event = jb_wire_events(ring->base, number) + 2 * (at & (JB_WIRE_EVENTS - 1));
    uint64_t words[2];
    words[0] = atomic_load_explicit(&event[0], memory_order_relaxed);
    words[1] = atomic_load_explicit(&event[1], memory_order_relaxed);
    memcpy(ret, words, sizeof(*ret));
    if (ring->fd < 0) {
        /* The room of this event was the writer's to use again if the first reader has been here: has it? */
        atomic_thread_fence(memory_order_acquire);
        uint64_t head = atomic_load_explicit(&slot_of(ring, number)->head, memory_order_relaxed);
        return head - at < JB_WIRE_EVENTS - PEEK_MARGIN;
    }
    return true;
}

void jb_view_store(struct jb_ring *ring, uint32_t number)
{
    if (ring->fd >= 0) {
        /* Release: what was there has been copied. */
        atomic_store_explicit(&slot_of(ring, number)->tail, ring->views[number].tail, memory_order_release);
    }
}

void jb_view_free(struct jb_ring *ring, uint32_t number)
{
    struct jb_wire_slot *slot = slot_of(ring, number);
    struct jb_view *view = &ring->views[number];
    view->bound = false;
    view->leaving = false;
    view->numbered = false;
    if (ring->fd >= 0) {
        jb_view_store(ring, number);
        atomic_store_explicit(&slot->state, JB_SLOT_FREE, memory_order_relaxed);
        atomic_store_explicit(&slot->owner, 0, memory_order_release);
    }
}
