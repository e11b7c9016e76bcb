/* SPDX-License-Identifier: Apache-2.0 */
/* The spans of accelerators, told late and in pairs (trace/writer.h, trace/ring.h). */
#include "support.h"

#include <errno.h>
#include <pthread.h>

#define MAX 64

static void spans_come_by_device_and_end(void **state)
{
    struct fixture *f = *state;
    struct jb_traced_kernel got[MAX];
    uint64_t t = jb_mono_ns() - 1000;
    uint32_t name = jb_wire_intern(f->wire, "aten::mm");
    struct jb_wire_device *a = jb_wire_device_open(f->wire, 1, "0000:01:00.0");
    struct jb_wire_device *b = jb_wire_device_open(f->wire, 0, "GPU-0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0");
    struct jb_wire_device *c = jb_wire_device_open(f->wire, 1, "0000:01:00.0");
    span(f->wire, "of the host: of no concern here");
    assert_int_equal(jb_wire_device_span(a, t + 10, t + 20, name, JB_KERNEL_FORWARD), 0);
    assert_int_equal(jb_wire_device_span(a, t + 30, t + 60, name, JB_KERNEL_BACKWARD), 0);
    assert_int_equal(jb_wire_device_span(b, t + 1, t + 2, 0, JB_KERNEL_UNKNOWN), 0);
    assert_int_equal(jb_wire_device_span(c, t + 15, t + 50, name, JB_KERNEL_OPTIMISE), 0);
    assert_int_equal(jb_ring_drain_kernels(f->ring, got, MAX), 4);
    const uint64_t ends[] = {20, 50, 60, 2};
    const uint32_t devices[] = {1, 1, 1, 0};
    const unsigned origins[] = {JB_KERNEL_FORWARD, JB_KERNEL_OPTIMISE, JB_KERNEL_BACKWARD, JB_KERNEL_UNKNOWN};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(got[i].t1_ns, t + ends[i]);
        assert_int_equal(got[i].device, devices[i]);
        assert_int_equal(got[i].origin, origins[i]);
        assert_int_equal(got[i].pid, getpid());
    }
    assert_int_equal(got[0].t0_ns, t + 10);
    assert_int_equal(got[0].name, name);
    assert_int_equal(got[0].stream, got[2].stream);
    assert_int_not_equal(got[0].stream, got[1].stream);
    assert_string_equal(jb_ring_device_id(f->ring, getpid(), 1), "0000:01:00.0");
    assert_string_equal(jb_ring_device_id(f->ring, getpid(), 0), "GPU-0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0");
    assert_null(jb_ring_device_id(f->ring, getpid(), 2));
    assert_null(jb_ring_device_id(f->ring, getpid() + 1, 1));
    jb_wire_device_close(a);
    jb_wire_device_close(b);
    jb_wire_device_close(c);
    assert_int_equal(jb_wire_device_span(a, t + 70, t + 80, name, 0), -ENOTCONN);
    assert_int_equal(jb_ring_drain_kernels(f->ring, got, MAX), 0);
    assert_non_null(jb_ring_device_id(f->ring, getpid(), 1)); /* remembered when the slots are free */
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(atomic_load(&jb_wire_slots(f->wire)[i].owner) != 0, i == 3);
    }
    assert_int_equal(read_all(f), 2);
    assert_int_equal(state_of(f).nonsense, 0);
}

static void times_ascend(void **state)
{
    struct fixture *f = *state;
    struct jb_traced_kernel got[MAX];
    struct jb_wire_device *device = jb_wire_device_open(f->wire, 0, NULL);
    assert_int_equal(jb_wire_device_span(device, 20, 10, 0, 0), -EINVAL);
    assert_int_equal(jb_wire_device_span(device, 10, 20, 0, 0), 0);
    assert_int_equal(jb_wire_device_span(device, 5, 19, 0, 0), -EINVAL);
    assert_int_equal(jb_wire_device_span(device, 12, 20, 0, 0), 0); /* kernels of a graph may overlap */
    assert_int_equal(jb_wire_device_span(NULL, 12, 20, 0, 0), -ENOTCONN);
    assert_int_equal(jb_ring_drain_kernels(f->ring, got, MAX), 2);
    assert_null(jb_ring_device_id(f->ring, getpid(), 0));
    jb_wire_device_close(device);
    jb_wire_device_close(NULL);
    assert_null(jb_wire_device_open(NULL, 0, NULL));
}

static void a_full_stream_drops_pairs(void **state)
{
    struct fixture *f = *state;
    static struct jb_traced_kernel got[JB_WIRE_EVENTS];
    struct jb_wire_device *device = jb_wire_device_open(f->wire, 0, NULL);
    for (uint64_t i = 1; i <= JB_WIRE_EVENTS / 2; i++) {
        assert_int_equal(jb_wire_device_span(device, i, i, 0, 0), 0);
    }
    assert_int_equal(jb_wire_device_span(device, JB_WIRE_EVENTS, JB_WIRE_EVENTS, 0, 0), -ENOBUFS);
    assert_int_equal(jb_ring_drain_kernels(f->ring, got, 10), 10);
    assert_int_equal(jb_wire_device_span(device, JB_WIRE_EVENTS, JB_WIRE_EVENTS, 0, 0), 0);
    assert_int_equal(jb_ring_drain_kernels(f->ring, got, JB_WIRE_EVENTS), JB_WIRE_EVENTS / 2 - 10 + 1);
    assert_int_equal(state_of(f).dropped, 2);
    jb_wire_device_close(device);
}

/* Anything in the ring of a stream: pairs that make sense are found again behind what does not. */
static void nonsense_among_pairs(void **state)
{
    struct fixture *f = *state;
    struct jb_traced_kernel got[MAX];
    struct jb_wire_device *device = jb_wire_device_open(f->wire, 0, "\033[31m");
    for (uint64_t i = 1; i <= 8; i++) {
        assert_int_equal(jb_wire_device_span(device, i * 10, i * 10 + 5, (uint32_t)i, 0), 0);
    }
    struct jb_wire_slot *slots = jb_wire_slots(f->wire);
    uint32_t number = 0;
    while (slots[number].kind != JB_SLOT_DEVICE) {
        number++;
    }
    _Atomic uint64_t *events = jb_wire_events(f->wire, number);
    atomic_store(&events[2 * 2], UINT64_MAX);     /* begins after its end */
    atomic_store(&events[2 * 5 + 1], 0);          /* an end that is none */
    atomic_store(&events[2 * 7], UINT64_MAX);     /* ends in a far future */
    atomic_store(&events[2 * 8 + 1], UINT32_MAX); /* a name that is none */
    assert_int_equal(jb_ring_drain_kernels(f->ring, got, MAX), 4);
    assert_int_equal(got[0].name, 1);
    assert_int_equal(got[1].name, 6);
    assert_int_equal(got[3].name, 8);
    assert_int_equal(state_of(f).nonsense, 8);
    assert_string_equal(jb_ring_device_id(f->ring, getpid(), 0), "?[31m");
    jb_wire_device_close(device);
}

static void *closes_late(void *argument)
{
    struct fixture *f = argument;
    struct jb_wire_device *device = jb_wire_device_open(f->wire, 0, NULL);
    for (uint64_t i = 1; i <= 5000; i++) {
        if (jb_wire_device_span(device, i, i, (uint32_t)i, 0) != 0) {
            return argument;
        }
    }
    jb_wire_device_close(device);
    return NULL;
}

static void streams_are_read_while_they_are_written(void **state)
{
    struct fixture *f = *state;
    struct jb_traced_kernel got[MAX];
    pthread_t one;
    void *failed;
    assert_int_equal(pthread_create(&one, NULL, closes_late, f), 0);
    uint32_t last = 0;
    uint64_t end_ns = jb_mono_ns() + WAIT_NS;
    while (last < 5000 && jb_mono_ns() < end_ns) {
        size_t count = jb_ring_drain_kernels(f->ring, got, MAX);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(got[i].name, ++last);
        }
    }
    pthread_join(one, &failed);
    assert_null(failed);
    assert_int_equal(last, 5000);
    assert_int_equal(jb_ring_drain_kernels(f->ring, got, MAX), 0);
    assert_int_equal(atomic_load(&jb_wire_slots(f->wire)[0].owner), 0);
}

/* A device whose ring is full again whenever it is looked at. */
static void the_reader_comes_to_an_end_with_a_device_that_does_not(void **state)
{
    struct fixture *f = *state;
    struct jb_traced_kernel got[MAX];
    const size_t whole = JB_WIRE_EVENTS / MAX;
    uint64_t t_ns = jb_mono_ns();
    struct jb_wire_device *device = jb_wire_device_open(f->wire, 0, NULL);
    for (uint32_t i = 0; i < JB_WIRE_EVENTS / 2; i++) {
        assert_int_equal(jb_wire_device_span(device, t_ns, t_ns, 0, JB_KERNEL_FORWARD), 0);
    }
    struct jb_wire_slot *slot = &jb_wire_slots(f->wire)[0];
    for (uint64_t round = 0; round < 3; round++) {
        size_t calls = 0;
        jb_ring_drain(f->ring, t_ns + round, f->got, 1);
        while (jb_ring_drain_kernels(f->ring, got, MAX) > 0 && calls < 2 * whole) {
            calls++;
            atomic_store(&slot->head, atomic_load(&slot->tail) + JB_WIRE_EVENTS);
        }
        assert_int_equal(calls, whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spans_come_by_device_and_end, setup, teardown),
        cmocka_unit_test_setup_teardown(times_ascend, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_stream_drops_pairs, setup, teardown),
        cmocka_unit_test_setup_teardown(nonsense_among_pairs, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_are_read_while_they_are_written, setup, teardown),
        cmocka_unit_test_setup_teardown(the_reader_comes_to_an_end_with_a_device_that_does_not, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
