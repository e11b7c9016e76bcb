/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer_slot.h - what a thread, or a stream of an accelerator, keeps beside its slot; for the files of the writer
 * only.
 *
 * The writers of a process lie in one array right behind its mapping of the ring, one for each slot, in pages that the
 * kernel gives to a forked child empty (MADV_WIPEONFORK): the child finds nothing there and takes slots of its own.
 * A thread finds its writer by one thread-local pointer. It believes it only if the writer still belongs to this ring
 * and this thread, and the slot to the writer: after a fork, a thread's end, a slot that the meter freed by mistake or
 * a program that wrote over everything, a thread takes a new slot and never writes into that of another.
 */
#ifndef JB_TRACE_WRITER_SLOT_H
#define JB_TRACE_WRITER_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "trace/wire.h"

#define JB_WRITER_DEPTH 1024u /* spans open at one time; deeper ones are dropped */
#define JB_WRITER_CACHE 256u  /* names known by address */

struct jb_wire; /* the mapping itself: its first byte is the header's */

struct jb_writer_name {
    const char *at;
    uint32_t number;
};

struct jb_writer {
    const struct jb_wire *ring; /* NULL: nobody's */
    struct jb_writer **thread;  /* &jb_writer_self of the owner; NULL: a stream of an accelerator */
    struct jb_wire_slot *slot;  /* this and the next never change, or are NULL: nobody had the slot yet */
    _Atomic uint64_t *events;
    uint64_t owner; /* what slot->owner has to be */
    uint64_t head;
    uint64_t tail;         /* as last seen */
    uint64_t last_ns;      /* end of the last span of a stream */
    uint32_t depth;        /* spans begun and not ended, written or not */
    uint32_t open;         /* of these, those written: room for their ends is kept */
    _Atomic uint32_t busy; /* inside a write, or events refused since because of it: writer_span.c */
    uint64_t written[JB_WRITER_DEPTH / 64];
    struct jb_writer_name names[JB_WRITER_CACHE];
} __attribute__((aligned(64)));

#define JB_WRITER_BYTES ((sizeof(struct jb_writer) * JB_WIRE_SLOTS + 65535u) & ~(size_t)65535u)

/* The calling thread's writer, which may be stale: jb_writer_find(). In the static block of thread-local storage, where
 * glibc keeps room for libraries that are loaded late: the usual model may allocate when a thread comes by first. */
#ifdef __GLIBC__
#define JB_WRITER_TLS __attribute__((tls_model("initial-exec")))
#else
#define JB_WRITER_TLS
#endif
extern __thread struct jb_writer *jb_writer_self JB_WRITER_TLS;

/* True until the slot is somebody else's. */
static inline bool jb_writer_holds(const struct jb_writer *writer, const struct jb_wire *ring)
{
    return writer->ring == ring && atomic_load_explicit(&writer->slot->owner, memory_order_relaxed) == writer->owner;
}

/* The writer of this thread, NULL: it has none (yet). */
static inline struct jb_writer *jb_writer_find(const struct jb_wire *ring)
{
    struct jb_writer *writer = jb_writer_self;
    return writer && writer->thread == &jb_writer_self && jb_writer_holds(writer, ring) ? writer : NULL;
}

/* Take a slot. NULL: none is free, which is counted as an event lost; most later calls then do not search again. Not
 * for the fast path; keeps errno. Safe in a signal handler. */
struct jb_writer *jb_writer_take(struct jb_wire *ring);
struct jb_writer *jb_writer_take_device(struct jb_wire *ring, uint32_t device, const char *device_id);
/* Give the slot back; what was written is still read. */
void jb_writer_leave(struct jb_writer *writer);
/* Give back what all threads of this process have. */
void jb_writer_leave_all(struct jb_wire *ring);

/* Once for a process, before its first slot: the destructor of threads. */
void jb_writer_prepare(void);
/* The writers behind a new mapping; false: no memory. */
bool jb_writer_map(struct jb_wire *ring);

/* writer.c: the ring in use; NULL: none. */
struct jb_wire *jb_writer_ring(void);
/* Has the meter been killed, so that nobody will read or free a slot again? Then the ring is given up, in this process.
 * A few system calls; safe in a signal handler. */
bool jb_writer_orphaned(struct jb_wire *ring);

static inline bool jb_writer_heard(const struct jb_wire *ring)
{
    return ring && atomic_load_explicit(&jb_wire_header_read(ring)->listening, memory_order_relaxed) != 0;
}

static inline uint64_t jb_writer_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* Is there room for so many events? Looks at the reader's word only when its last look says no. */
static inline bool jb_writer_room(struct jb_writer *writer, const struct jb_wire_slot *slot, uint64_t count)
{
    if (__builtin_expect(writer->head - writer->tail + count <= JB_WIRE_EVENTS, 1)) {
        return true;
    }
    /* Acquire: the reader has taken what was there. */
    writer->tail = atomic_load_explicit(&slot->tail, memory_order_acquire);
    return writer->head - writer->tail + count <= JB_WIRE_EVENTS;
}

/* Where a writer writes: loaded once before a write, so that whatever happens to the writer in the middle of it (a
 * signal handler that forks leaves it empty in the child) it never writes anywhere else. */
struct jb_writer_at {
    struct jb_wire_slot *slot;
    _Atomic uint64_t *events;
};

static inline void jb_writer_put(struct jb_writer *writer, struct jb_writer_at to, const struct jb_event *event)
{
    uint64_t head = writer->head, words[2];
    _Atomic uint64_t *at = to.events + 2 * (head & (JB_WIRE_EVENTS - 1));
    __builtin_memcpy(words, event, sizeof(words));
    atomic_store_explicit(&at[0], words[0], memory_order_relaxed);
    atomic_store_explicit(&at[1], words[1], memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(writer->head == head, 1)) {
        writer->head = head + 1;
        atomic_store_explicit(&to.slot->head, head + 1, memory_order_release);
    }
}

static inline void jb_writer_dropped(struct jb_wire_slot *slot, uint64_t count)
{
    uint64_t dropped = atomic_load_explicit(&slot->dropped, memory_order_relaxed);
    atomic_store_explicit(&slot->dropped, dropped + count, memory_order_relaxed);
}

#endif
