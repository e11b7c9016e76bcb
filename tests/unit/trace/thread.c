/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that come, go, and are more than there are slots (trace/writer.h, trace/ring.h). */
#include "support.h"

#include <limits.h>
#include <pthread.h>

#define CROWD 600

struct crowd {
    struct jb_wire *wire;
    unsigned spans;
    pthread_barrier_t *written, *gone; /* NULL: end at once */
};

static void *member(void *argument)
{
    const struct crowd *crowd = argument;
    uint32_t name = jb_wire_intern(crowd->wire, "member");
    for (unsigned i = 0; i < crowd->spans; i++) {
        if (jb_wire_begin(crowd->wire, JB_EVENT_OPERATOR, name, (uint16_t)i)) {
            jb_wire_end(crowd->wire, JB_EVENT_OPERATOR);
        }
    }
    if (crowd->written) {
        pthread_barrier_wait(crowd->written);
        pthread_barrier_wait(crowd->gone);
    }
    return NULL;
}

static void start(pthread_t *threads, unsigned count, struct crowd *crowd)
{
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 262144);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(pthread_create(&threads[i], &small, member, crowd), 0);
    }
    pthread_attr_destroy(&small);
}

static void join(pthread_t *threads, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void two_hundred_threads_at_once(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[200];
    pthread_barrier_t written, gone;
    struct crowd crowd = {f->wire, 50, &written, &gone};
    pthread_barrier_init(&written, NULL, 201);
    pthread_barrier_init(&gone, NULL, 201);
    start(threads, 200, &crowd);
    pthread_barrier_wait(&written);
    assert_int_equal(read_by(f, 777), 200 * 100);
    assert_int_equal(check_nested(f), 200 * 50);
    assert_int_equal(state_of(f).threads, 200);
    bool seen[200] = {false};
    for (size_t i = 0; i < f->count; i++) {
        assert_true(f->got[i].thread < 200 && f->got[i].generation == 0);
        seen[f->got[i].thread] = true;
        assert_int_equal(f->got[i].pid, getpid());
    }
    for (unsigned i = 0; i < 200; i++) {
        assert_true(seen[i]);
    }
    pthread_barrier_wait(&gone);
    join(threads, 200);
    assert_int_equal(read_all(f), 200);
    assert_int_equal(kind_count(f, JB_EVENT_NONE), 200);
    read_all(f);
    assert_int_equal(state_of(f).threads, 0);
    assert_int_equal(state_of(f).most_threads, 200);
    assert_int_equal(state_of(f).dropped, 0);
}

static void threads_beyond_the_slots_are_counted(void **state)
{
    struct fixture *f = *state;
    static pthread_t threads[CROWD];
    pthread_barrier_t written, gone;
    struct crowd crowd = {f->wire, 10, &written, &gone};
    pthread_barrier_init(&written, NULL, CROWD + 1);
    pthread_barrier_init(&gone, NULL, CROWD + 1);
    start(threads, CROWD, &crowd);
    pthread_barrier_wait(&written);
    assert_int_equal(read_all(f), JB_WIRE_SLOTS * 20);
    assert_int_equal(check_nested(f), JB_WIRE_SLOTS * 10);
    /* Their ends were not called for: begin() said so. */
    assert_int_equal(state_of(f).dropped, (CROWD - JB_WIRE_SLOTS) * 10);
    pthread_barrier_wait(&gone);
    join(threads, CROWD);
    read_all(f);
    span(f->wire, "there is room again");
    assert_int_equal(read_all(f), 2);
}

/* A thread that found no slot finds one when others have ended, after some events. */
static void *patient(void *argument)
{
    const struct crowd *crowd = argument;
    span(crowd->wire, "too early");
    pthread_barrier_wait(crowd->written);
    pthread_barrier_wait(crowd->gone);
    for (unsigned i = 0; i < 2048; i++) {
        span(crowd->wire, "later");
    }
    return NULL;
}

static void who_found_no_slot_looks_again(void **state)
{
    struct fixture *f = *state;
    pthread_barrier_t written, gone;
    pthread_t one;
    struct crowd crowd = {f->wire, 0, &written, &gone};
    struct jb_wire_device *all[JB_WIRE_SLOTS];
    pthread_barrier_init(&written, NULL, 2);
    pthread_barrier_init(&gone, NULL, 2);
    for (unsigned i = 0; i < JB_WIRE_SLOTS; i++) {
        all[i] = jb_wire_device_open(f->wire, 0, NULL);
        assert_non_null(all[i]);
    }
    assert_null(jb_wire_device_open(f->wire, 0, NULL));
    assert_int_equal(pthread_create(&one, NULL, patient, &crowd), 0);
    pthread_barrier_wait(&written);
    struct jb_traced_kernel kernels[4];
    for (unsigned i = 0; i < JB_WIRE_SLOTS; i++) {
        jb_wire_device_close(all[i]);
    }
    assert_int_equal(jb_ring_drain_kernels(f->ring, kernels, 4), 0);
    pthread_barrier_wait(&gone);
    pthread_join(one, NULL);
    read_all(f);
    assert_true(check_nested(f) >= 1024);
    assert_in_range(state_of(f).dropped, 1, 1024);
}

static void a_thread_that_ends_gives_its_slot_back(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = {f->wire, 3, NULL, NULL};
    pthread_t one;
    for (unsigned i = 0; i < 3 * JB_WIRE_SLOTS; i++) {
        start(&one, 1, &crowd);
        pthread_join(one, NULL);
        assert_int_equal(read_all(f), 7);
        assert_int_equal(check_nested(f), 3);
        assert_int_equal(f->got[6].event.kind, JB_EVENT_NONE);
        for (size_t k = 0; k < 7; k++) {
            assert_int_equal(f->got[k].thread, 0);
            assert_int_equal(f->got[k].generation, i);
        }
    }
    assert_int_equal(state_of(f).dropped, 0);
}

/* The slot is taken by another thread before the meter came by: it did not, so it is not. */
static void a_slot_is_not_used_again_before_it_was_read(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = {f->wire, 2, NULL, NULL};
    pthread_t one;
    for (unsigned i = 0; i < 5; i++) {
        start(&one, 1, &crowd);
        pthread_join(one, NULL);
    }
    assert_int_equal(read_all(f), 5 * 5);
    assert_int_equal(check_nested(f), 10);
    uint32_t threads = 0;
    for (size_t i = 0; i < f->count; i++) {
        threads |= 1U << f->got[i].thread;
    }
    /* Numbers are given when a thread is first told of, and are free when its end was told. */
    assert_true(threads != 0 && threads < 1U << 5);
    assert_int_equal(kind_count(f, JB_EVENT_NONE), 5);
}

/* Whoever's destructor runs after ours may still write; it gets a slot anew, and that is given back too. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LATEST 2 /* ThreadSanitizer is no longer there in the last round and ends the program */
#endif
#endif
#ifndef LATEST
#define LATEST PTHREAD_DESTRUCTOR_ITERATIONS
#endif

static pthread_key_t late_key;
static struct jb_wire *late_wire;

static void late(void *rounds)
{
    span(late_wire, "late");
    if ((uintptr_t)rounds > 1) {
        pthread_setspecific(late_key, (void *)((uintptr_t)rounds - 1));
    }
}

static void *with_a_destructor(void *rounds)
{
    span(late_wire, "thread");
    pthread_setspecific(late_key, rounds);
    return NULL;
}

static void events_after_the_destructor(void **state)
{
    struct fixture *f = *state;
    late_wire = f->wire;
    assert_int_equal(pthread_key_create(&late_key, late), 0);
    for (uintptr_t rounds = 1; rounds <= LATEST; rounds++) {
        pthread_t one;
        assert_int_equal(pthread_create(&one, NULL, with_a_destructor, (void *)rounds), 0);
        pthread_join(one, NULL);
        /* The last destructor of all has nobody to clean up behind it: that is what sweep() is for. */
        jb_ring_sweep(f->ring);
        read_all(f);
        assert_int_equal(check_nested(f), rounds + 1);
        read_all(f);
        assert_int_equal(state_of(f).threads, 0);
    }
    pthread_key_delete(late_key);
}

/* With spans open, and a name in the cache of a slot that another thread takes over. */
static void *leaves_open(void *argument)
{
    const struct crowd *crowd = argument;
    static const char text[] = "left open";
    jb_wire_begin(crowd->wire, JB_EVENT_PHASE, jb_wire_intern_at(crowd->wire, text), 0);
    jb_wire_begin(crowd->wire, JB_EVENT_PHASE, jb_wire_intern_at(crowd->wire, text), 0);
    return NULL;
}

static void the_end_of_a_thread_is_told_after_all_its_events(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = {f->wire, 2, NULL, NULL};
    pthread_t one;
    assert_int_equal(pthread_create(&one, NULL, leaves_open, &crowd), 0);
    pthread_join(one, NULL);
    assert_int_equal(jb_ring_drain(f->ring, jb_mono_ns(), f->got, 1), 1);
    assert_int_equal(f->got[0].event.kind, JB_EVENT_PHASE);
    assert_int_equal(read_by(f, 1), 2);
    assert_int_equal(f->got[1].event.kind, JB_EVENT_NONE);
    assert_true(f->got[1].event.t_ns >= f->got[0].event.t_ns);
    start(&one, 1, &crowd);
    pthread_join(one, NULL);
    assert_int_equal(read_all(f), 5);
    assert_int_equal(f->got[0].generation, 1);
    assert_int_equal(check_nested(f), 2);
}

/* Reader and writers at the same time: nothing is lost, torn or out of order. For ThreadSanitizer above all. */
static void all_at_once(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = {f->wire, 20000, NULL, NULL};
    pthread_t threads[4];
    start(threads, 4, &crowd);
    size_t events = 0, ended = 0;
    uint64_t last_ns = 0, end_ns = jb_mono_ns() + WAIT_NS;
    uint16_t next[JB_WIRE_SLOTS] = {0};
    while (ended < 4 && jb_mono_ns() < end_ns) {
        size_t count = jb_ring_drain(f->ring, jb_mono_ns(), f->got, 1000);
        for (size_t i = 0; i < count; i++) {
            const struct jb_traced *traced = &f->got[i];
            assert_true(traced->event.t_ns >= last_ns);
            last_ns = traced->event.t_ns;
            if (traced->event.kind == JB_EVENT_NONE) {
                ended++;
            } else if ((traced->event.flags & JB_EVENT_END) == 0) {
                events++;
                assert_true(traced->event.value >= next[traced->thread] || traced->event.value == 0);
                next[traced->thread] = traced->event.value;
                assert_string_equal(jb_ring_name(f->ring, traced->event.name), "member");
            } else {
                events++;
            }
        }
    }
    join(threads, 4);
    assert_int_equal(ended, 4);
    assert_int_equal(events + state_of(f).dropped, 4 * 20000 * 2);
    assert_int_equal(state_of(f).nonsense, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_hundred_threads_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_beyond_the_slots_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(who_found_no_slot_looks_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_thread_that_ends_gives_its_slot_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_slot_is_not_used_again_before_it_was_read, setup, teardown),
        cmocka_unit_test_setup_teardown(events_after_the_destructor, setup, teardown),
        cmocka_unit_test_setup_teardown(the_end_of_a_thread_is_told_after_all_its_events, setup, teardown),
        cmocka_unit_test_setup_teardown(all_at_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
