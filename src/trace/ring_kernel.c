/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spans of accelerators (ring.h): pairs of begin and end in the slots of their streams, merged for one device of
 * one process at a time by the time of their end. There are few streams, so the earliest is searched.
 */
#include "trace/ring_view.h"

#include "base/clock.h"

static bool is_pair(const struct jb_ring *ring, const struct jb_event *begin, const struct jb_event *end)
{
    return begin->kind == JB_EVENT_KERNEL && begin->flags == 0 && begin->name < JB_WIRE_NAMES &&
           begin->value <= JB_KERNEL_UNKNOWN && end->kind == JB_EVENT_KERNEL && end->flags == JB_EVENT_END &&
           begin->t_ns <= end->t_ns && end->t_ns <= ring->limit_ns;
}

static bool find_next(struct jb_ring *ring, uint32_t slot, struct jb_event *ret_begin, struct jb_event *ret_end)
{
    struct jb_view *view = &ring->views[slot];
    while (jb_view_may_take(view) && view->head - view->tail >= 2 && jb_view_peek(ring, slot, view->tail, ret_begin) &&
           jb_view_peek(ring, slot, view->tail + 1, ret_end)) {
        if (is_pair(ring, ret_begin, ret_end)) {
            return true;
        }
        view->tail++;
        view->taken++;
        ring->state.nonsense++;
    }
    return false;
}

/* The next span of a stream; `known` is false when there is none. */
struct next {
    uint16_t slot;
    bool known;
    struct jb_event begin, end;
};

static void find(struct jb_ring *ring, struct next *next)
{
    next->known = find_next(ring, next->slot, &next->begin, &next->end);
}

/* All streams of the device of `first`, which lie at or behind it. */
static size_t drain_device(struct jb_ring *ring, uint32_t first, struct jb_traced_kernel *ret, size_t max)
{
    const struct jb_view *of = &ring->views[first];
    struct next streams[JB_WIRE_SLOTS];
    uint32_t stream_count = 0;
    for (uint32_t i = first; i < JB_WIRE_SLOTS; i++) {
        const struct jb_view *view = &ring->views[i];
        if (view->bound && view->device && view->pid == of->pid && view->accelerator == of->accelerator) {
            streams[stream_count].slot = (uint16_t)i;
            find(ring, &streams[stream_count++]);
        }
    }
    for (size_t count = 0; count < max; count++) {
        struct next *best = NULL;
        for (uint32_t i = 0; i < stream_count; i++) {
            if (streams[i].known && (!best || streams[i].end.t_ns < best->end.t_ns)) {
                best = &streams[i];
            }
        }
        if (!best) {
            return count;
        }
        ret[count] = (struct jb_traced_kernel){best->begin.t_ns, best->end.t_ns,  best->begin.name, best->begin.value,
                                               best->slot,       of->accelerator, of->pid};
        ring->views[best->slot].tail += 2;
        ring->views[best->slot].taken += 2;
        ring->state.events += 2;
        find(ring, best);
    }
    return max;
}

size_t jb_ring_drain_kernels(struct jb_ring *ring, struct jb_traced_kernel *ret, size_t max)
{
    size_t count = 0;
    ring->limit_ns = jb_mono_ns() + JB_RING_AHEAD_NS;
    for (uint32_t i = 0; i < JB_WIRE_SLOTS; i++) {
        jb_view_look(ring, i);
    }
    for (uint32_t i = 0; i < JB_WIRE_SLOTS && count < max; i++) {
        if (ring->views[i].bound && ring->views[i].device) {
            count += drain_device(ring, i, ret + count, max - count);
        }
    }
    for (uint32_t i = 0; i < JB_WIRE_SLOTS; i++) {
        struct jb_view *view = &ring->views[i];
        if (view->bound && view->device) {
            jb_view_store(ring, i);
            if (view->leaving && view->head - view->tail < 2) {
                view->tail = view->head;
                jb_view_free(ring, i);
            }
        }
    }
    return count;
}

const char *jb_ring_device_id(const struct jb_ring *ring, int32_t pid, uint32_t device)
{
    for (uint32_t i = 0; i < ring->device_count; i++) {
        if (ring->devices[i].pid == pid && ring->devices[i].device == device) {
            return ring->devices[i].id;
        }
    }
    return NULL;
}
