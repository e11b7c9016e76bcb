/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_ring.c - a measured program that writes anything anywhere into its ring, beside one that does as it should.
 *
 * The input is a list of acts of 4 bytes and what they need: poke bytes into the header, a slot, an event, the table of
 * names or its bytes; write as a program does; read as the meter does, and as the second reader. Whatever is read makes
 * sense, or was thrown away.
 */
#include "trace/ring.h"
#include "trace/writer.h"
#include "trace/writer_slot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX 512

struct input {
    const uint8_t *data;
    size_t size;
};

struct reader {
    struct jb_ring *ring;
    uint64_t last_ns;
};

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void take(struct input *input, void *to, size_t size)
{
    size_t have = size < input->size ? size : input->size;
    memset(to, 0, size);
    memcpy(to, input->data, have);
    input->data += have;
    input->size -= have;
}

static void poke(struct input *input, uint8_t *base, uint64_t at, uint64_t room, size_t size)
{
    uint8_t bytes[256];
    take(input, bytes, size);
    if (room < size) {
        return;
    }
    memcpy(base + at, bytes, size);
}

static void check_text(const char *text, size_t max)
{
    check(text && strlen(text) <= max && !strpbrk(text, "\033\n\r\b"));
}

static void drain(struct reader *reader, uint64_t until_ns, size_t max)
{
    static struct jb_traced got[MAX];
    /* What is there is finite: 512 rings, and the end of each thread. */
    for (unsigned calls = 0; calls < 64; calls++) {
        size_t count = jb_ring_drain(reader->ring, until_ns, got, max);
        check(count <= max);
        for (size_t i = 0; i < count; i++) {
            const struct jb_event *event = &got[i].event;
            check(event->t_ns >= reader->last_ns);
            check(got[i].thread < JB_WIRE_SLOTS && event->name < JB_WIRE_NAMES && event->kind < JB_EVENT_KINDS &&
                  event->kind != JB_EVENT_KERNEL && (event->flags & ~JB_EVENT_END) == 0);
            check(event->kind != JB_EVENT_LEVEL || event->value <= JB_LEVEL_FULL);
            reader->last_ns = event->t_ns;
        }
        if (count == 0) {
            break;
        }
    }
}

static void drain_kernels(struct jb_ring *ring, size_t max)
{
    static struct jb_traced_kernel got[MAX];
    size_t count = jb_ring_drain_kernels(ring, got, max);
    check(count <= max);
    for (size_t i = 0; i < count; i++) {
        check(got[i].t0_ns <= got[i].t1_ns && got[i].name < JB_WIRE_NAMES && got[i].origin <= JB_KERNEL_UNKNOWN &&
              got[i].stream < JB_WIRE_SLOTS);
        const char *id = jb_ring_device_id(ring, got[i].pid, got[i].device);
        if (id) {
            check_text(id, 43);
        }
    }
}

static void ask(struct jb_ring *ring, uint32_t number)
{
    struct jb_ring_state told;
    jb_ring_state(ring, &told);
    check(told.fill >= 0 && told.fill <= 1 && told.threads <= JB_WIRE_SLOTS && told.most_threads <= JB_WIRE_SLOTS);
    check(told.planned <= JB_WIRE_PLANNED);
    for (size_t i = 0; jb_ring_note(ring, i); i++) {
        check(i < JB_WIRE_NOTES);
        check_text(jb_ring_note(ring, i), JB_WIRE_NOTE_BYTES);
    }
    check_text(jb_ring_name(ring, number), JB_WIRE_NAME_MAX);
    check(strcmp(jb_ring_name(ring, number), jb_ring_name(ring, number)) == 0);
    for (uint32_t i = 0; i < JB_WIRE_NAMES; i += 61) {
        check_text(jb_ring_name(ring, i), JB_WIRE_NAME_MAX);
    }
}

static void write_as_told(struct input *input, struct jb_wire *wire, uint8_t what)
{
    char text[9];
    take(input, text, 8);
    text[8] = '\0';
    uint32_t name = what & 1 ? jb_wire_intern(wire, text) : jb_wire_intern_at(wire, text);
    check(name < JB_WIRE_NAMES);
    for (unsigned i = 0; i < (what & 14U); i++) {
        if (jb_wire_begin(wire, JB_EVENT_OPERATOR, name, what)) {
            jb_wire_end(wire, JB_EVENT_OPERATOR);
        }
    }
    jb_wire_note(wire, text);
    jb_wire_level_changed(wire, what & 3);
    jb_wire_planned(wire, what * 0x1234567U);
    struct jb_wire_device *device = jb_wire_device_open(wire, what, text);
    uint64_t now_ns = jb_writer_now();
    (void)jb_wire_device_span(device, now_ns, now_ns + 1, name, what % 6U);
    if (what & 128) {
        jb_wire_device_close(device);
    }
}

static void act(struct input *input, struct reader *meter, struct reader *second, struct jb_wire *wire, uint64_t t_ns)
{
    uint8_t order[4], *base = (uint8_t *)wire;
    take(input, order, sizeof(order));
    uint32_t where = order[1] | (uint32_t)order[2] << 8, slot = order[1] % 6U;
    uint64_t events_at = JB_WIRE_RINGS_AT + (uint64_t)slot * JB_WIRE_EVENTS * 16;
    switch (order[0] % 10) {
    case 0:
        poke(input, base, where % sizeof(struct jb_wire_header),
             sizeof(struct jb_wire_header) - where % sizeof(struct jb_wire_header), 8);
        break;
    case 1:
        poke(input, base, JB_WIRE_SLOTS_AT + slot * sizeof(struct jb_wire_slot) + order[2] % 128U, 64,
             1 + order[3] % 64U);
        break;
    case 2: { /* a believable slot */
        struct jb_wire_slot *at = &jb_wire_slots(base)[slot];
        atomic_store(&at->owner, (uint64_t)(order[2] + 1U) << 32 | 1);
        at->kind = order[2] & 1;
        atomic_store(&at->head, atomic_load(&at->head) + order[3]);
        atomic_store(&at->state, order[2] & 64 ? JB_SLOT_LEFT : JB_SLOT_TAKEN);
        break;
    }
    case 3: { /* a believable event, before or behind others */
        struct jb_event event = {.t_ns = t_ns + order[2], .kind = order[3] & 15, .flags = order[3] >> 4 & 3};
        struct jb_wire_slot *at = &jb_wire_slots(base)[slot];
        memcpy(base + events_at + 16 * (atomic_load(&at->head) % JB_WIRE_EVENTS), &event, sizeof(event));
        atomic_fetch_add(&at->head, 1);
        break;
    }
    case 4:
        poke(input, base, events_at + where % 4096U * 16, 256, 16 + order[3] % 240U);
        break;
    case 5:
        poke(input, base, JB_WIRE_NAMES_AT + where % JB_WIRE_NAMES * 8, 8, 8);
        break;
    case 6:
        poke(input, base, JB_WIRE_NAME_BYTES_AT + where, 256, 1 + order[3] % 255U);
        break;
    case 7:
        write_as_told(input, wire, order[3]);
        break;
    case 8:
        drain(order[1] & 1 ? second : meter, t_ns + where, 1 + order[3] * 2U);
        drain_kernels(order[1] & 2 ? second->ring : meter->ring, 1 + order[3] * 2U);
        break;
    default:
        jb_ring_sweep(meter->ring);
        ask(order[1] & 1 ? second->ring : meter->ring, where);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct reader meter = {NULL, 0}, second = {NULL, 0};
    void *base;
    check(jb_ring_create(&meter.ring, NULL) == 0);
    check(jb_ring_peek(jb_ring_place(meter.ring), &second.ring, NULL) == 0);
    check(jb_wire_map(jb_ring_place(meter.ring), 1, JB_WRITER_BYTES, &base) == 0 && jb_writer_map(base));
    jb_ring_listen(meter.ring, JB_LEVEL_FULL, 0);
    uint64_t t_ns = jb_writer_now();
    while (input.size > 0) {
        act(&input, &meter, &second, base, t_ns);
    }
    drain(&meter, UINT64_MAX - 1, MAX);
    drain(&second, UINT64_MAX - 1, MAX);
    jb_ring_sweep(meter.ring);
    drain(&meter, UINT64_MAX, 1);
    drain_kernels(meter.ring, MAX);
    ask(meter.ring, 1);
    ask(second.ring, 1);
    jb_writer_self = NULL; /* it lies in the mapping */
    munmap(base, JB_WIRE_FILE_BYTES + JB_WRITER_BYTES);
    jb_ring_destroy(second.ring);
    jb_ring_destroy(meter.ring);
    return 0;
}
