/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_view.h - what the meter keeps of a ring in memory of its own; for the files of the reader only.
 *
 * Of each slot there is a view: whom it belongs to, as it was when this owner was first seen, how far it was read, and
 * the next event, copied and checked. A view is bound to one owner, told apart by `claims`; before it is bound to the
 * next, the thread it stood for has been told to have ended.
 */
#ifndef JB_TRACE_RING_VIEW_H
#define JB_TRACE_RING_VIEW_H

#include <stdatomic.h>

#include "trace/ring.h"

#define JB_RING_AHEAD_NS UINT64_C(1000000000) /* beyond the clock: nonsense */
#define JB_RING_TURN     (2 * JB_WIRE_EVENTS) /* events taken from a slot between two times to drain up to */
#define JB_RING_DEVICES  64                   /* whose identity is remembered */

struct jb_view {
    bool bound;    /* to the owner below */
    bool leaving;  /* nothing will be added any more: once all is read, the thread has ended */
    bool numbered; /* `thread` is its number */
    bool device;
    uint32_t claims;
    int32_t pid, tid;
    uint32_t accelerator; /* of a device slot: its number in the process */
    uint16_t thread;
    uint64_t tail, head; /* read up to here; written up to there when it was looked at last */
    uint64_t last_ns;    /* of its last event */
    uint64_t dropped;    /* of its counter, taken into account */
    uint32_t taken;      /* events since the time up to which is drained has changed: ring_drain.c */
    struct jb_event next;
    uint64_t start; /* of the process or thread, in ticks since boot: ring_sweep.c; 0: not looked up yet */
};

struct jb_ring {
    void *base;
    int fd; /* -1: of a second reader */
    char place[48];
    uint64_t created_ns;
    uint64_t floor_ns; /* drained up to here */
    uint64_t limit_ns; /* of this drain: later is nonsense */
    uint64_t until_ns; /* of the last drain */
    struct jb_ring_state state;
    uint64_t dropped;                  /* of all slots, their owners of before included */
    uint64_t used[JB_WIRE_SLOTS / 64]; /* numbers of threads */
    uint32_t generations[JB_WIRE_SLOTS];
    struct jb_view views[JB_WIRE_SLOTS];
    uint16_t heap[JB_WIRE_SLOTS]; /* slots with an event to tell, the earliest first */
    uint32_t heap_count;
    struct {
        int32_t pid;
        uint32_t device;
        char id[44];
    } devices[JB_RING_DEVICES];
    uint32_t device_count;
    char notes[JB_WIRE_NOTES][JB_WIRE_NOTE_BYTES];
    bool note_taken[JB_WIRE_NOTES];
    uint32_t note_count;
    char *names[JB_WIRE_NAMES];
};

/* ring_view.c: bind views to new owners, learn how far each was written; what was overwritten is skipped. */
void jb_view_look(struct jb_ring *ring, uint32_t number);
/* The event at the view's tail, as it is; false: there is none, or (a second reader) it was overwritten meanwhile. */
bool jb_view_peek(struct jb_ring *ring, uint32_t number, uint64_t at, struct jb_event *ret);
/* May more be taken from this slot now? No honest one has much more than a ring of events of before a given time, and
 * the reader must come to an end with one that writes faster than it is read. */
static inline bool jb_view_may_take(const struct jb_view *view)
{
    return view->taken < JB_RING_TURN;
}
/* Let the writers have the room of what was read. */
void jb_view_store(struct jb_ring *ring, uint32_t number);
/* All is read and the owner gone: make the slot free. */
void jb_view_free(struct jb_ring *ring, uint32_t number);

#endif
