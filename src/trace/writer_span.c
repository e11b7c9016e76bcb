/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hot path: begin and end of spans (writer.h).
 *
 * For each span that is open a bit says whether its begin was written, so that its end is written just then; and for
 * each such end a place in the ring is kept free, so that an end is never dropped.
 *
 * A signal handler that comes in the middle of a write finds `busy` and is refused; it ends nothing either, as it was
 * told that it has begun nothing. A handler that comes at any other moment nests properly. One that leaves a write for
 * good by longjmp() would make the thread mute: after a while of nothing but refusals, `busy` is not believed.
 */
#include "trace/writer.h"
#include "trace/writer_slot.h"

#define LOOK_EVERY   1024u /* events dropped, from one look for the meter to the next */
#define REFUSED_LONG 4096u /* no handler writes so much between two stores of the thread that it interrupted */

/* May this write go on, and where to? What is between enter() and leave() is not moved out by the compiler. */
static inline bool enter(struct jb_writer *writer, struct jb_writer_at *ret_to)
{
    *ret_to = (struct jb_writer_at){writer->slot, writer->events};
    uint32_t busy = atomic_load_explicit(&writer->busy, memory_order_relaxed);
    if (__builtin_expect(busy != 0, 0) && busy < REFUSED_LONG) {
        atomic_store_explicit(&writer->busy, busy + 1, memory_order_relaxed);
        jb_writer_dropped(ret_to->slot, 1);
        return false;
    }
    atomic_store_explicit(&writer->busy, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    return true;
}

static inline void leave(struct jb_writer *writer)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&writer->busy, 0, memory_order_relaxed);
}

static inline struct jb_writer *find_or_take(struct jb_wire *ring)
{
    struct jb_writer *writer = jb_writer_find(ring);
    return __builtin_expect(writer != NULL, 1) ? writer : jb_writer_take(ring);
}

/* A ring that stays full may be one that nobody reads any more. Begins are every other event dropped, ends are not
 * looked at. */
static void __attribute__((noinline)) look_for_meter(struct jb_wire *ring, const struct jb_wire_slot *slot)
{
    if (atomic_load_explicit(&slot->dropped, memory_order_relaxed) % LOOK_EVERY < 2) {
        (void)jb_writer_orphaned(ring);
    }
}

bool jb_wire_begin(struct jb_wire *ring, unsigned kind, uint32_t name, uint16_t value)
{
    if (!jb_writer_heard(ring)) {
        return false;
    }
    struct jb_writer_at to;
    struct jb_writer *writer = find_or_take(ring);
    if (!writer || !enter(writer, &to)) {
        return false;
    }
    uint32_t depth = writer->depth++;
    /* Itself, its end, and the ends of all that are open. */
    bool room = depth < JB_WRITER_DEPTH && jb_writer_room(writer, to.slot, (uint64_t)writer->open + 2);
    if (depth < JB_WRITER_DEPTH) {
        uint64_t bit = UINT64_C(1) << depth % 64;
        uint64_t *word = &writer->written[depth / 64];
        *word = room ? *word | bit : *word & ~bit;
    }
    if (__builtin_expect(room, 1)) {
        struct jb_event event = {.t_ns = jb_writer_now(), .name = name, .kind = (uint8_t)kind, .value = value};
        writer->open++;
        jb_writer_put(writer, to, &event);
    } else {
        jb_writer_dropped(to.slot, 1);
    }
    leave(writer);
    if (__builtin_expect(!room, 0)) {
        look_for_meter(ring, to.slot);
    }
    return true;
}

void jb_wire_end(struct jb_wire *ring, unsigned kind)
{
    struct jb_writer_at to;
    struct jb_writer *writer = ring ? jb_writer_find(ring) : NULL;
    if (!writer || writer->depth == 0 || !enter(writer, &to)) {
        return;
    }
    uint32_t depth = --writer->depth;
    if (depth < JB_WRITER_DEPTH && (writer->written[depth / 64] >> depth % 64 & 1) != 0) {
        struct jb_event event = {.t_ns = jb_writer_now(), .kind = (uint8_t)kind, .flags = JB_EVENT_END};
        writer->open--;
        jb_writer_put(writer, to, &event);
    } else {
        jb_writer_dropped(to.slot, 1);
    }
    leave(writer);
}

void jb_wire_level_changed(struct jb_wire *ring, unsigned level)
{
    if (!jb_writer_heard(ring)) {
        return;
    }
    struct jb_writer_at to;
    struct jb_writer *writer = find_or_take(ring);
    if (!writer || !enter(writer, &to)) {
        return;
    }
    if (jb_writer_room(writer, to.slot, (uint64_t)writer->open + 1)) {
        struct jb_event event = {.t_ns = jb_writer_now(), .kind = JB_EVENT_LEVEL, .value = (uint16_t)level};
        jb_writer_put(writer, to, &event);
    } else {
        jb_writer_dropped(to.slot, 1);
    }
    leave(writer);
}
