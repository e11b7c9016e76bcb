/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events of all threads in order of time (ring.h).
 *
 * A heap holds the slots that have something to tell, by the time of their next event. The earliest slot is read for as
 * long as it stays the earliest, so that a thread that is alone costs no ordering at all. How far slots were written is
 * looked at once, at the beginning of a call.
 */
#include "trace/ring_view.h"

#include "base/clock.h"

#include <string.h>

#define NO_ROOM UINT16_MAX

static bool makes_sense(const struct jb_event *event)
{
    bool span = event->kind > JB_EVENT_NONE && event->kind < JB_EVENT_KERNEL;
    bool level = event->kind == JB_EVENT_LEVEL && event->value <= JB_LEVEL_FULL && event->flags == 0;
    return (span || level) && (event->flags & ~JB_EVENT_END) == 0 &&
           ((event->flags & JB_EVENT_END) != 0 || event->name < JB_WIRE_NAMES);
}

/* Find what the slot has to tell up to `until_ns`, into its view; false: nothing. */
static bool find_next(struct jb_ring *ring, uint32_t slot, uint64_t until_ns)
{
    struct jb_view *view = &ring->views[slot];
    struct jb_event event;
    if (!jb_view_may_take(view)) {
        return false;
    }
    while (jb_view_peek(ring, slot, view->tail, &event)) {
        if (!makes_sense(&event) || event.t_ns < ring->created_ns || event.t_ns > ring->limit_ns) {
            ring->state.nonsense++;
            view->tail++;
            if (++view->taken == JB_RING_TURN) {
                return false;
            }
            continue;
        }
        if (event.t_ns > until_ns) {
            return false;
        }
        uint64_t earliest_ns = view->last_ns > ring->floor_ns ? view->last_ns : ring->floor_ns;
        event.t_ns = event.t_ns > earliest_ns ? event.t_ns : earliest_ns;
        if ((event.flags & JB_EVENT_END) != 0 || event.kind == JB_EVENT_LEVEL) {
            event.name = 0;
        }
        view->next = event;
        return true;
    }
    if (view->tail != view->head) { /* overwritten under the eyes of a second reader: the rest of it is no better */
        ring->dropped += view->head - view->tail;
        view->tail = view->head;
    }
    if (view->leaving && view->numbered) {
        uint64_t t_ns = view->last_ns > ring->floor_ns ? view->last_ns : ring->floor_ns;
        view->next = (struct jb_event){.t_ns = t_ns, .kind = JB_EVENT_NONE};
        return true;
    }
    if (view->leaving) {
        jb_view_free(ring, slot); /* a thread that never told anything */
    }
    return false;
}

static uint64_t time_at(const struct jb_ring *ring, uint32_t place)
{
    return ring->views[ring->heap[place]].next.t_ns;
}

/* Is what stands at place a to be told before what stands at b? Of one time, the lower slot first. */
static bool before(const struct jb_ring *ring, uint32_t a, uint32_t b)
{
    uint64_t ta = time_at(ring, a), tb = time_at(ring, b);
    return ta < tb || (ta == tb && ring->heap[a] < ring->heap[b]);
}

static void swap(struct jb_ring *ring, uint32_t a, uint32_t b)
{
    uint16_t kept = ring->heap[a];
    ring->heap[a] = ring->heap[b];
    ring->heap[b] = kept;
}

static void sift_down(struct jb_ring *ring, uint32_t place)
{
    for (;;) {
        uint32_t least = place;
        for (uint32_t child = 2 * place + 1; child <= 2 * place + 2 && child < ring->heap_count; child++) {
            least = before(ring, child, least) ? child : least;
        }
        if (least == place) {
            return;
        }
        swap(ring, least, place);
        place = least;
    }
}

static void gather(struct jb_ring *ring, uint64_t until_ns)
{
    unsigned threads = 0;
    double fill = 0;
    ring->heap_count = 0;
    for (uint32_t i = 0; i < JB_WIRE_SLOTS; i++) {
        struct jb_view *view = &ring->views[i];
        view->taken = until_ns != ring->until_ns ? 0 : view->taken;
        jb_view_look(ring, i);
        if (!view->bound || view->device) {
            continue;
        }
        threads++;
        double full = (double)(view->head - view->tail) / JB_WIRE_EVENTS;
        fill = full > fill ? full : fill;
        if (find_next(ring, i, until_ns)) {
            ring->heap[ring->heap_count++] = (uint16_t)i;
        } else {
            jb_view_store(ring, i); /* nonsense may have been thrown away */
        }
    }
    for (uint32_t i = ring->heap_count / 2; i-- > 0;) {
        sift_down(ring, i);
    }
    ring->state.threads = threads;
    ring->state.most_threads = threads > ring->state.most_threads ? threads : ring->state.most_threads;
    ring->state.fill = fill > ring->state.fill || until_ns != ring->until_ns ? fill : ring->state.fill;
    ring->until_ns = until_ns;
}

/* The lowest number that is not in use; there are as many as slots. */
static uint16_t take_number(struct jb_ring *ring)
{
    for (uint32_t i = 0; i < JB_WIRE_SLOTS / 64; i++) {
        if (~ring->used[i] != 0) {
            uint32_t bit = (uint32_t)__builtin_ctzll(~ring->used[i]);
            ring->used[i] |= UINT64_C(1) << bit;
            return (uint16_t)(i * 64 + bit);
        }
    }
    return NO_ROOM;
}

static void give_number(struct jb_ring *ring, uint16_t number)
{
    ring->used[number / 64] &= ~(UINT64_C(1) << number % 64);
    ring->generations[number]++;
}

static void tell(struct jb_ring *ring, struct jb_view *view, struct jb_traced *ret)
{
    if (!view->numbered) {
        view->thread = take_number(ring);
        view->numbered = true;
    }
    ret->event = view->next;
    ret->thread = view->thread;
    ret->generation = ring->generations[view->thread];
    ret->pid = view->pid;
    ret->tid = view->tid;
    view->last_ns = view->next.t_ns;
}

size_t jb_ring_drain(struct jb_ring *ring, uint64_t until_ns, struct jb_traced *ret, size_t max)
{
    uint64_t now_ns = jb_mono_ns();
    size_t count = 0;
    ring->limit_ns = (now_ns > until_ns ? now_ns : until_ns) + JB_RING_AHEAD_NS;
    gather(ring, until_ns);
    while (ring->heap_count > 0 && count < max) {
        uint32_t slot = ring->heap[0];
        struct jb_view *view = &ring->views[slot];
        /* The earlier of the two below the top: until then this slot is the next. */
        uint64_t others_ns = UINT64_MAX;
        for (uint32_t i = 1; i <= 2 && i < ring->heap_count; i++) {
            others_ns = time_at(ring, i) < others_ns ? time_at(ring, i) : others_ns;
        }
        bool more = true;
        do {
            tell(ring, view, &ret[count++]);
            if (view->next.kind == JB_EVENT_NONE) {
                give_number(ring, view->thread);
                jb_view_free(ring, slot);
                more = false;
            } else {
                view->tail++;
                view->taken++;
                ring->state.events++;
                more = find_next(ring, slot, until_ns);
            }
        } while (more && count < max && view->next.t_ns < others_ns);
        if (!more) {
            ring->heap[0] = ring->heap[--ring->heap_count];
        }
        if (view->bound) {
            jb_view_store(ring, slot);
        }
        sift_down(ring, 0);
    }
    uint64_t done_ns = ring->heap_count > 0 ? (count > 0 ? ret[count - 1].event.t_ns : 0) : until_ns;
    ring->floor_ns = done_ns > ring->floor_ns ? done_ns : ring->floor_ns;
    return count;
}
