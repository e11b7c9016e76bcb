/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and notes of the measured program, copied and cleaned once (ring.h): later changes in the file are not seen.
 */
#include "trace/ring_view.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

const char *jb_ring_name(struct jb_ring *ring, uint32_t number)
{
    if (number == 0) {
        return "(other names)";
    }
    if (number >= JB_WIRE_NAMES) {
        return "?";
    }
    if (ring->names[number]) {
        return ring->names[number];
    }
    uint64_t word = atomic_load_explicit(&jb_wire_names(ring->base)[number], memory_order_acquire);
    uint32_t offset = jb_wire_name_offset(word), length = jb_wire_name_length(word);
    char *name = word != 0 && offset + length <= JB_WIRE_NAME_BYTES ? malloc(length + 1) : NULL;
    if (!name) {
        return "?";
    }
    memcpy(name, jb_wire_name_bytes(ring->base) + offset, length);
    name[length] = '\0';
    jb_sanitise(name);
    ring->names[number] = name;
    return name;
}

static void take_notes(struct jb_ring *ring)
{
    const struct jb_wire_header *header = jb_wire_header(ring->base);
    for (uint32_t i = 0; i < JB_WIRE_NOTES; i++) {
        if (ring->note_taken[i] || atomic_load_explicit(&header->notes[i].ready, memory_order_acquire) == 0) {
            continue;
        }
        ring->note_taken[i] = true;
        char *text = ring->notes[ring->note_count];
        memcpy(text, header->notes[i].text, sizeof(header->notes[i].text));
        text[sizeof(header->notes[i].text) - 1] = '\0';
        jb_sanitise(text);
        bool known = text[0] == '\0';
        for (uint32_t k = 0; k < ring->note_count; k++) {
            known = known || strcmp(ring->notes[k], text) == 0; /* two told it at the same time */
        }
        ring->note_count += known ? 0 : 1;
    }
}

const char *jb_ring_note(struct jb_ring *ring, size_t i)
{
    take_notes(ring);
    return i < ring->note_count ? ring->notes[i] : NULL;
}
