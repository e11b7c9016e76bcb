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
    uint32_t slots_at, names_at, name_bytes_at, rings_at; /* offsets in the file, of a page each */
    uint64_t file_bytes;
    int32_t meter_pid;
    /* The meter's words to the probes. */
    _Atomic uint32_t listening; /* 0: nobody reads any more */
    _Atomic uint32_t level;     /* enum jb_level that is wanted now */
    _Atomic uint32_t allowed;   /* bits of enum jb_path */
    /* The probes' words to the meter. */
    _Atomic uint32_t attached;
    _Atomic uint32_t note_count;            /* taken; may be more than there is room for */
    _Atomic uint64_t lost;                  /* events without a slot */
    _Atomic uint64_t gpu_lost;              /* records of kernels that were dropped or made no sense */
    _Atomic uint32_t name_count, name_used; /* next free number and byte */
    struct jb_wire_note notes[JB_WIRE_NOTES];
};

enum jb_slot_state { JB_SLOT_FREE, JB_SLOT_TAKEN, JB_SLOT_LEFT };
enum jb_slot_kind { JB_SLOT_THREAD, JB_SLOT_DEVICE };

struct jb_wire_slot {
    _Atomic uint32_t state;
    uint32_t kind;
    int32_t pid, tid;
    uint32_t device;       /* of JB_SLOT_DEVICE: number of the accelerator as the process numbers it */
    char device_id[44];    /* its PCI address "0000:01:00.0", or its UUID; empty: not known */
    _Atomic uint64_t head; /* events written so far, by the owner alone */
    _Atomic uint64_t dropped;
    _Alignas(64) _Atomic uint64_t tail; /* events read so far, by the meter alone */
};

/* Entry of the table of names; an entry is valid from `ready` on. A name is found by its hash: open addressing over
 * `hash`, whose index is the number of the name. */
struct jb_wire_name {
    _Atomic uint32_t ready; /* 0: free; 1: being written; 2: valid */
    uint32_t hash, offset, length;
};

#endif
