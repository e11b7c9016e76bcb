/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers for names (wire.h has the table and why it needs no lock).
 *
 * Who adds a name copies its bytes first and then offers the entry; who loses that race looks at the winner's entry
 * like at any other on its way. Bytes of losers and of those killed in between are lost, nothing else. The text of a
 * name stays where it is, so an address that was seen is believed when the same bytes are still there: a program may
 * build names in a buffer that it uses again.
 */
#include "trace/writer.h"
#include "trace/writer_slot.h"

#include <string.h>

#define PROBES 256u /* a table so full that this is not enough has no room */

static uint32_t hash_of(const char *name, uint32_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (uint32_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
    }
    return (uint32_t)(hash ^ hash >> 32);
}

static const char *bytes_of(struct jb_wire *ring, uint64_t word, uint32_t *ret_length)
{
    uint32_t offset = jb_wire_name_offset(word), length = jb_wire_name_length(word);
    *ret_length = length;
    return offset + length <= JB_WIRE_NAME_BYTES ? jb_wire_name_bytes(ring) + offset : NULL;
}

static bool same(struct jb_wire *ring, uint64_t word, uint32_t hash, const char *name, uint32_t length)
{
    uint32_t other;
    const char *bytes = bytes_of(ring, word, &other);
    return jb_wire_name_hash(word) == hash && other == length && bytes && memcmp(bytes, name, length) == 0;
}

/* Bytes of our own in the table; false: there are no more. */
static bool reserve(struct jb_wire *ring, uint32_t length, uint32_t *ret_offset)
{
    _Atomic uint32_t *used = &jb_wire_header(ring)->name_used;
    /* Looked at first: it would wrap, if each failure added to it. */
    if (atomic_load_explicit(used, memory_order_relaxed) > JB_WIRE_NAME_BYTES - length) {
        return false;
    }
    *ret_offset = atomic_fetch_add_explicit(used, length, memory_order_relaxed);
    return *ret_offset <= JB_WIRE_NAME_BYTES - length;
}

uint32_t jb_wire_intern(struct jb_wire *ring, const char *name)
{
    if (!ring) {
        return 0;
    }
    name = name && *name ? name : "(unnamed)";
    uint32_t length = (uint32_t)strnlen(name, JB_WIRE_NAME_MAX), hash = hash_of(name, length);
    _Atomic uint64_t *table = jb_wire_names(ring);
    uint64_t mine = 0;
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t number = (hash + i) & (JB_WIRE_NAMES - 1);
        if (number == 0) {
            continue;
        }
        uint64_t word = atomic_load_explicit(&table[number], memory_order_acquire);
        if (word == 0) {
            uint32_t offset;
            if (mine == 0) {
                if (!reserve(ring, length, &offset)) {
                    return 0;
                }
                memcpy(jb_wire_name_bytes(ring) + offset, name, length);
                mine = jb_wire_name_word(hash, offset, length);
            }
            if (atomic_compare_exchange_strong_explicit(&table[number], &word, mine, memory_order_acq_rel,
                                                        memory_order_acquire)) {
                atomic_fetch_add_explicit(&jb_wire_header(ring)->name_count, 1, memory_order_relaxed);
                return number;
            }
        }
        if (same(ring, word, hash, name, length)) {
            return number;
        }
    }
    return 0;
}

/* Never reads past the end of `name`, which may be shorter now. */
static bool still(struct jb_wire *ring, uint32_t number, const char *name)
{
    uint32_t length;
    uint64_t word = atomic_load_explicit(&jb_wire_names(ring)[number], memory_order_acquire);
    const char *bytes = bytes_of(ring, word, &length);
    return word != 0 && bytes && length != 0 && strncmp(name, bytes, length) == 0 &&
           (length == JB_WIRE_NAME_MAX || name[length] == '\0');
}

uint32_t jb_wire_intern_at(struct jb_wire *ring, const char *name)
{
    struct jb_writer *writer = ring ? jb_writer_find(ring) : NULL;
    if (!writer || !name) {
        return jb_wire_intern(ring, name);
    }
    uintptr_t at = (uintptr_t)name;
    struct jb_writer_name *entry = &writer->names[(at ^ at >> 8 ^ at >> 16) % JB_WRITER_CACHE];
    uint32_t number = entry->number;
    if (entry->at == name && still(ring, number & (JB_WIRE_NAMES - 1), name)) {
        return number;
    }
    number = jb_wire_intern(ring, name);
    entry->at = name;
    entry->number = number;
    return number;
}
