/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - the layout of the one shared-memory file of a run, for both of its sides.
 *
 *     header | slots | names (table, then bytes) | one ring of events for each slot
 *
 * Who writes what: `header.listening`, `level`, `allowed` and every `tail` are the meter's; a slot between its claim
 * and its release, and its ring, are those of one thread of one measured process; names are added by all processes
 * without a lock and never change or go. All sizes are in the header, so that a probe of another version can refuse.
 * The file is sparse: what nobody writes costs nothing.
 *
 * Atomics are lock-free on every machine we build for (asserted in wire.c), so they work between processes.
 */
#ifndef JB_TRACE_WIRE_H
#define JB_TRACE_WIRE_H

#include <stdint.h>

#include "trace/event.h"

#define JB_WIRE_MAGIC      UINT64_C(0x6a6272696e673031) /* "jbring01" */
#define JB_WIRE_VERSION    1u
#define JB_WIRE_SLOTS      512u   /* threads and device streams at one time */
#define JB_WIRE_EVENTS     65536u /* of one slot: 30 ms of the fastest trainings that we know */
#define JB_WIRE_NAMES      16384u
#define JB_WIRE_NAME_BYTES (1u << 20)
#define JB_WIRE_NAME_MAX   255u /* longer ones are cut */
#define JB_WIRE_NOTES      32u
#define JB_WIRE_NOTE_BYTES 224u
#define JB_WIRE_PLANNED    0x7fffffffu /* epochs; more are no plan */

/* Where the parts begin: at multiples of the largest page that a kernel has. */
#define JB_WIRE_SLOTS_AT      65536u
#define JB_WIRE_NAMES_AT      (JB_WIRE_SLOTS_AT + 131072u)
#define JB_WIRE_NAME_BYTES_AT (JB_WIRE_NAMES_AT + JB_WIRE_NAMES * 8u)
#define JB_WIRE_RINGS_AT      (JB_WIRE_NAME_BYTES_AT + JB_WIRE_NAME_BYTES)
#define JB_WIRE_FILE_BYTES    (JB_WIRE_RINGS_AT + (uint64_t)JB_WIRE_SLOTS * JB_WIRE_EVENTS * 16u)

/* Ways of catching events, as bits of `allowed` (switches of the user) and `attached` (what did attach, anywhere). */
enum jb_path {
    JB_PATH_API = 1u << 0,     /* joulebook.h and the Python package */
    JB_PATH_PYTORCH = 1u << 1, /* RecordFunction */
    JB_PATH_ITT = 1u << 2,
    JB_PATH_NVTX = 1u << 3,
    JB_PATH_CUPTI = 1u << 4,
    JB_PATH_LAYERS = 1u << 5, /* hooks of the Python package on modules; only on request */
};

/* What the probe has to tell the user: "CUPTI: another profiler holds it". Written once, then `ready`. */
struct jb_wire_note {
    _Atomic uint32_t ready;
    char text[JB_WIRE_NOTE_BYTES - 4];
};

struct jb_wire_header {
    uint64_t magic;
    uint32_t version, slots, events, names, name_bytes;
    uint32_t slots_at, names_at, name_bytes_at, rings_at; /* offsets in the file */
    int32_t meter_pid;
    uint64_t file_bytes;
    uint64_t created_ns; /* CLOCK_MONOTONIC: with meter_pid, what tells one file from another */
    /* The meter's words to the probes: read with every event, so nothing that changes often shares their cache line. */
    _Alignas(64) _Atomic uint32_t listening; /* 0: nobody reads any more */
    _Atomic uint32_t level;                  /* enum jb_level that is wanted now */
    _Atomic uint32_t allowed;                /* bits of enum jb_path */
    /* The probes' words to the meter. */
    _Alignas(64) _Atomic uint32_t attached;
    _Atomic uint32_t note_count; /* taken; may be more than there is room for */
    _Atomic uint64_t lost;       /* events without a slot */
    _Atomic uint64_t gpu_lost;   /* records of kernels that were dropped or made no sense */
    _Atomic uint32_t name_count; /* names in the table */
    _Atomic uint32_t name_used;  /* next free byte; may be more than there are */
    struct jb_wire_note notes[JB_WIRE_NOTES];
    /* Added at the end, where older meters and probes have zeroes that they never look at. */
    _Atomic uint32_t planned; /* epochs that the program means to make; 0: not told. The last word of all counts */
};

enum jb_slot_state { JB_SLOT_FREE, JB_SLOT_TAKEN, JB_SLOT_LEFT };
enum jb_slot_kind { JB_SLOT_THREAD, JB_SLOT_DEVICE };

/*
 * A slot is taken by whoever turns `owner` from 0 into itself; then everything else is filled in, `state` last. Who is
 * killed before that has an owner that is dead and a state that is FREE. It is left by `state` alone; the meter, having
 * read all, makes `state` FREE and then `owner` 0. `head` and `tail` go on from owner to owner.
 */
struct jb_wire_slot {
    _Atomic uint64_t owner;  /* pid << 32 | tid, as the meter's /proc numbers them; 0: free */
    _Atomic uint32_t state;  /* enum jb_slot_state */
    _Atomic uint32_t claims; /* how often it was taken: tells an owner from the one before */
    _Atomic uint64_t head;   /* events written so far, by the owner alone */
    _Atomic uint64_t dropped;
    _Atomic uint64_t first;             /* `head` when it was taken */
    uint32_t kind;                      /* enum jb_slot_kind */
    uint32_t device;                    /* of JB_SLOT_DEVICE: number of the accelerator as the process numbers it */
    char device_id[44];                 /* its PCI address "0000:01:00.0", or its UUID; empty: not known */
    _Alignas(64) _Atomic uint64_t tail; /* events read so far, by the meter alone */
};

/*
 * The table of names: open addressing over a hash; the index of an entry is the number of the name. An entry is one
 * word, put there in one step after the bytes it speaks of: nobody ever waits for who is just adding a name, and a
 * name that two add at once gets one number. Entry 0 is the meter's: the name of all that found no room.
 */
static inline uint64_t jb_wire_name_word(uint32_t hash, uint32_t offset, uint32_t length)
{
    return UINT64_C(1) | (uint64_t)length << 1 | (uint64_t)offset << 9 | (uint64_t)hash << 32;
}
static inline uint32_t jb_wire_name_hash(uint64_t word)
{
    return (uint32_t)(word >> 32);
}
static inline uint32_t jb_wire_name_offset(uint64_t word)
{
    return (uint32_t)(word >> 9) & (JB_WIRE_NAME_BYTES - 1);
}
static inline uint32_t jb_wire_name_length(uint64_t word)
{
    return (uint32_t)(word >> 1) & JB_WIRE_NAME_MAX;
}

/* The parts of a file that is mapped whole at `base`. */
static inline struct jb_wire_header *jb_wire_header(void *base)
{
    return (struct jb_wire_header *)base;
}
static inline const struct jb_wire_header *jb_wire_header_read(const void *base)
{
    return (const struct jb_wire_header *)base;
}
static inline struct jb_wire_slot *jb_wire_slots(void *base)
{
    return (struct jb_wire_slot *)(void *)((char *)base + JB_WIRE_SLOTS_AT);
}
static inline _Atomic uint64_t *jb_wire_names(void *base)
{
    return (_Atomic uint64_t *)(void *)((char *)base + JB_WIRE_NAMES_AT);
}
static inline char *jb_wire_name_bytes(void *base)
{
    return (char *)base + JB_WIRE_NAME_BYTES_AT;
}
/* Events are written and read as two words each, so that even a torn one is torn at a word and nothing is a race. */
static inline _Atomic uint64_t *jb_wire_events(void *base, uint32_t slot)
{
    return (_Atomic uint64_t *)(void *)((char *)base + JB_WIRE_RINGS_AT + (uint64_t)slot * JB_WIRE_EVENTS * 16u);
}

/*
 * Map the file at `place` ("/proc/PID/fd/N") whole, with `extra` bytes of nothing (PROT_NONE) behind it. Refuses, with
 * a negative errno, what is not a memfd sealed against shrinking (a file that shrinks under a mapping kills the
 * program: SIGBUS), too short, or of another layout: -ENOENT, -EACCES (the meter is gone, or of another user),
 * -EBADMSG, -EPROTO (another version), -ENOMEM. Uses libc alone; errno is left changed.
 */
int jb_wire_map(const char *place, int writable, uint64_t extra, void **ret_base);

#endif
