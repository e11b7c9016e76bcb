/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One stack of open spans for each thread; manual in native.h.
 *
 * An entry is the owner's number with three flags in its lowest bits. Thread-local memory of a library that is loaded
 * late is scarce (initial-exec, docs of src/probe/meson.build), hence 8 bytes an entry.
 */
#include "probe/native.h"

#include "probe/probe.h"

#include <stdatomic.h>
#include <stddef.h>

enum {
    SPAN_WRITTEN = 1,  /* has a begin on the wire */
    SPAN_OPERATOR = 2, /* else a range */
    SPAN_OVER = 4,     /* has ended, but what was begun inside has not */
    SPAN_FLAGS = 7,
};

struct stack {
    uint64_t spans[PROBE_NATIVE_DEPTH];
    uint32_t depth;
    uint32_t beyond; /* open spans for which there is no room */
    uint32_t pushed; /* bit i: cupti.c was told of span i */
};
_Static_assert(PROBE_NATIVE_DEPTH <= 32, "one bit of `pushed` each");

static _Thread_local struct stack stack;

/* The level that this process was last seen to catch, and the ring it was told to. */
static struct {
    _Atomic uint32_t level;
} native;

/* Without PyTorch nobody else notices what the meter wants. The first call after a change writes it down. */
static void follow_level(struct jb_wire *ring, uint32_t level)
{
    uint32_t before = atomic_load_explicit(&native.level, memory_order_relaxed);
    if (before == level || probe_pytorch_attached() || !atomic_compare_exchange_strong(&native.level, &before, level)) {
        return;
    }
    jb_wire_level_changed(ring, level);
    if (level >= JB_LEVEL_FULL) {
        probe_cupti_begin(ring);
    } else if (before >= JB_LEVEL_FULL) {
        probe_cupti_end(ring);
    }
}

struct jb_wire *probe_native_ring(unsigned path, unsigned kind)
{
    struct jb_wire *ring = probe_ring(path);
    if (!ring || !jb_wire_listening(ring)) {
        return NULL;
    }
    uint32_t level = jb_wire_level(ring);
    follow_level(ring, level);
    return level >= (kind == JB_EVENT_OPERATOR ? JB_LEVEL_FULL : JB_LEVEL_MARKS) ? ring : NULL;
}

uint32_t probe_native_epoch(const struct jb_wire *ring)
{
    return (uint32_t)((uintptr_t)ring >> 12) & 0xffffu;
}

void probe_native_begin(struct jb_wire *ring, uint64_t owner, unsigned kind, uint32_t name, unsigned origin)
{
    struct stack *s = &stack;
    if (s->depth == PROBE_NATIVE_DEPTH) {
        s->beyond++;
        return;
    }
    uint64_t span = owner & ~(uint64_t)SPAN_FLAGS;
    if (kind == JB_EVENT_OPERATOR) {
        span |= SPAN_OPERATOR;
    }
    if (ring && jb_wire_begin(ring, kind, name, 0)) {
        span |= SPAN_WRITTEN;
        if (kind == JB_EVENT_OPERATOR && !probe_pytorch_attached() && probe_cupti_push((uint64_t)origin << 32 | name)) {
            s->pushed |= UINT32_C(1) << s->depth;
        }
    }
    s->spans[s->depth++] = span;
}

static void pop(struct stack *s)
{
    uint64_t span = s->spans[--s->depth];
    uint32_t bit = UINT32_C(1) << s->depth;
    if (s->pushed & bit) {
        s->pushed &= ~bit;
        probe_cupti_pop();
    }
    if (span & SPAN_WRITTEN) {
        struct jb_wire *ring = jb_wire_attach();
        if (ring) {
            jb_wire_end(ring, span & SPAN_OPERATOR ? JB_EVENT_OPERATOR : JB_EVENT_RANGE);
        }
    }
}

bool probe_native_end(uint64_t owner)
{
    struct stack *s = &stack;
    if (s->beyond) {
        s->beyond--;
        return true;
    }
    owner &= ~(uint64_t)SPAN_FLAGS;
    uint32_t i = s->depth;
    while (i > 0 && (s->spans[i - 1] & ~(uint64_t)(SPAN_FLAGS & ~SPAN_OVER)) != owner) {
        i--;
    }
    if (i == 0) {
        return false;
    }
    s->spans[i - 1] |= SPAN_OVER;
    while (s->depth > 0 && (s->spans[s->depth - 1] & SPAN_OVER)) {
        pop(s);
    }
    return true;
}

unsigned probe_native_depth(uint64_t owner)
{
    unsigned count = 0;
    owner &= ~(uint64_t)SPAN_FLAGS;
    for (uint32_t i = 0; i < stack.depth; i++) {
        count += (stack.spans[i] & ~(uint64_t)(SPAN_FLAGS & ~SPAN_OVER)) == owner;
    }
    return count;
}
