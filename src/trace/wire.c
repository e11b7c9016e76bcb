/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both sides of the wire rely on, checked when it is compiled.
 *
 * Two processes share the atomics: a lock inside of one would be a lock in one process only.
 */
#include "trace/wire.h"

#include <stdatomic.h>
#include <stddef.h>

_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2, "atomics must work between processes");
_Static_assert(sizeof(_Atomic uint32_t) == 4 && sizeof(_Atomic uint64_t) == 8, "atomics must be plain words");
_Static_assert((JB_WIRE_EVENTS & (JB_WIRE_EVENTS - 1)) == 0, "rings are indexed by a mask");
_Static_assert((JB_WIRE_NAMES & (JB_WIRE_NAMES - 1)) == 0, "names are found by a mask");
_Static_assert(sizeof(struct jb_wire_slot) % 64 == 0 && offsetof(struct jb_wire_slot, tail) % 64 == 0,
               "the reader's word has a cache line of its own");
_Static_assert(offsetof(struct jb_wire_slot, device_id) < 64, "what the writer touches with each event is one line");
_Static_assert(sizeof(struct jb_wire_note) == JB_WIRE_NOTE_BYTES, "notes lie side by side");
_Static_assert(sizeof(struct jb_wire_header) <= JB_WIRE_SLOTS_AT, "the header has room");
_Static_assert(JB_WIRE_SLOTS_AT + JB_WIRE_SLOTS * sizeof(struct jb_wire_slot) <= JB_WIRE_NAMES_AT, "slots have room");
_Static_assert(JB_WIRE_NAME_BYTES - 1 <= 0xfffffu, "where a name is fits the word of its entry");
_Static_assert(JB_WIRE_NAME_MAX < 1u << 8, "its length too");
_Static_assert(JB_WIRE_NAME_BYTES_AT % 65536 == 0 && JB_WIRE_RINGS_AT % 65536 == 0, "parts begin at pages");
