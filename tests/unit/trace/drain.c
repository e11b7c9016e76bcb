/* SPDX-License-Identifier: Apache-2.0 */
/* What the meter makes of slots whose writers may be anybody (trace/ring.h): order, times, nonsense, a second reader.
 */
#include "support.h"

#define MS JB_NS_PER_MS

static struct jb_wire_slot *slot_of(const struct fixture *f, uint32_t slot)
{
    return &jb_wire_slots(f->wire)[slot];
}

/* A slot of a process that says it is `pid`. */
static void take(const struct fixture *f, uint32_t number, int32_t pid)
{
    struct jb_wire_slot *slot = slot_of(f, number);
    atomic_store(&slot->owner, (uint64_t)(uint32_t)pid << 32 | (uint32_t)pid);
    slot->kind = JB_SLOT_THREAD;
    atomic_store(&slot->first, atomic_load(&slot->head));
    atomic_fetch_add(&slot->claims, 1);
    atomic_store(&slot->state, JB_SLOT_TAKEN);
}

static void put_event(const struct fixture *f, uint32_t number, struct jb_event event)
{
    uint64_t words[2], head = atomic_load(&slot_of(f, number)->head);
    _Atomic uint64_t *at = jb_wire_events(f->wire, number) + 2 * (head % JB_WIRE_EVENTS);
    memcpy(words, &event, sizeof(words));
    atomic_store(&at[0], words[0]);
    atomic_store(&at[1], words[1]);
    atomic_store(&slot_of(f, number)->head, head + 1);
}

static void put(const struct fixture *f, uint32_t number, uint64_t t_ns, uint16_t value)
{
    put_event(f, number, (struct jb_event){.t_ns = t_ns, .kind = JB_EVENT_STEP, .value = value});
}

static size_t drain(struct fixture *f, uint64_t until_ns)
{
    f->count = jb_ring_drain(f->ring, until_ns, f->got, 4096);
    return f->count;
}

static void events_of_all_slots_come_by_time(void **state)
{
    struct fixture *f = *state;
    uint64_t t0 = jb_mono_ns();
    const unsigned each = 50, slots = 37;
    /* Slot s tells at times s, s + 37, ...: every next event is of another slot. */
    for (unsigned s = 0; s < slots; s++) {
        take(f, s * 13, 1000 + (int32_t)s);
        for (unsigned i = 0; i < each; i++) {
            put(f, s * 13, t0 + i * slots + s, (uint16_t)(i * slots + s));
        }
    }
    assert_int_equal(read_by(f, 33), (size_t)each * slots);
    for (size_t i = 0; i < f->count; i++) {
        assert_int_equal(f->got[i].event.value, i);
        assert_int_equal(f->got[i].event.t_ns, t0 + i);
        assert_int_equal(f->got[i].pid, 1000 + (int32_t)(i % slots));
        assert_int_equal(f->got[i].thread, i % slots); /* in the order they were first seen */
    }
    assert_int_equal(state_of(f).events, (size_t)each * slots);
}

/* Nobody is kept waiting by one who has much to tell of one moment. */
static void times_of_one_moment_are_all_told(void **state)
{
    struct fixture *f = *state;
    uint64_t t0 = jb_mono_ns();
    for (uint32_t s = 0; s < 5; s++) {
        take(f, s, 7);
        put(f, s, t0, (uint16_t)s);
        put(f, s, t0, (uint16_t)(10 + s));
    }
    assert_int_equal(read_all(f), 10);
    unsigned seen = 0;
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(f->got[i].event.t_ns, t0);
        seen |= 1U << f->got[i].event.value;
    }
    assert_int_equal(seen, 0x7c1f);
}

static void what_is_not_due_waits(void **state)
{
    struct fixture *f = *state;
    uint64_t t0 = jb_mono_ns();
    take(f, 0, 7);
    take(f, 1, 7);
    put(f, 0, t0, 1);
    put(f, 0, t0 + 3 * MS, 3);
    put(f, 1, t0 + 2 * MS, 2);
    assert_int_equal(drain(f, t0), 1);
    assert_int_equal(drain(f, t0 + 2 * MS - 1), 0);
    assert_int_equal(drain(f, t0 + 2 * MS), 1);
    assert_int_equal(f->got[0].event.value, 2);
    assert_int_equal(drain(f, t0 + 4 * MS), 1);
    assert_int_equal(f->got[0].event.t_ns, t0 + 3 * MS);
    assert_int_equal(state_of(f).nonsense, 0);
}

static void what_is_late_is_told_at_the_time_of_the_last_drain(void **state)
{
    struct fixture *f = *state;
    uint64_t t0 = jb_mono_ns();
    take(f, 0, 7);
    take(f, 1, 7);
    assert_int_equal(drain(f, t0 + 10 * MS), 0);
    put(f, 0, t0 + 5 * MS, 1);
    put(f, 0, t0 + 6 * MS, 2);
    put(f, 1, t0 + 12 * MS, 3);
    put(f, 0, t0 + 11 * MS, 4);
    assert_int_equal(drain(f, t0 + 20 * MS), 4);
    const uint64_t times[] = {10, 10, 11, 12};
    const uint16_t values[] = {1, 2, 4, 3};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(f->got[i].event.t_ns, t0 + times[i] * MS);
        assert_int_equal(f->got[i].event.value, values[i]);
    }
    /* In the middle of a drain of several calls: not before what was told. */
    put(f, 0, t0 + 30 * MS, 5);
    put(f, 0, t0 + 31 * MS, 6);
    assert_int_equal(jb_ring_drain(f->ring, t0 + 40 * MS, f->got, 1), 1);
    put(f, 1, t0 + 25 * MS, 7);
    assert_int_equal(drain(f, t0 + 40 * MS), 2);
    assert_int_equal(f->got[0].event.value, 7);
    assert_int_equal(f->got[0].event.t_ns, t0 + 30 * MS);
}

static void time_that_goes_back_stands_still(void **state)
{
    struct fixture *f = *state;
    uint64_t t0 = jb_mono_ns();
    take(f, 0, 7);
    put(f, 0, t0 + 5, 1);
    put(f, 0, t0 + 2, 2);
    put(f, 0, t0 + 9, 3);
    assert_int_equal(drain(f, t0 + 100), 3);
    assert_int_equal(f->got[1].event.t_ns, t0 + 5);
    assert_int_equal(f->got[2].event.t_ns, t0 + 9);
}

static void nonsense_is_thrown_away_and_counted(void **state)
{
    struct fixture *f = *state;
    uint64_t t = jb_mono_ns();
    take(f, 0, 7);
    const struct jb_event bad[] = {
        {.t_ns = t, .kind = JB_EVENT_NONE},
        {.t_ns = t, .kind = JB_EVENT_KERNEL},
        {.t_ns = t, .kind = JB_EVENT_KINDS},
        {.t_ns = t, .kind = 255},
        {.t_ns = t, .kind = JB_EVENT_STEP, .flags = 2},
        {.t_ns = t, .kind = JB_EVENT_STEP, .flags = JB_EVENT_END | 0x80},
        {.t_ns = t, .kind = JB_EVENT_STEP, .name = JB_WIRE_NAMES},
        {.t_ns = t, .kind = JB_EVENT_STEP, .name = UINT32_MAX},
        {.t_ns = t, .kind = JB_EVENT_LEVEL, .value = JB_LEVEL_FULL + 1},
        {.t_ns = t, .kind = JB_EVENT_LEVEL, .flags = JB_EVENT_END},
        {.t_ns = 0, .kind = JB_EVENT_STEP},
        {.t_ns = t - JB_NS_PER_S * 60, .kind = JB_EVENT_STEP}, /* there was no ring then */
        {.t_ns = t + JB_NS_PER_S * 60, .kind = JB_EVENT_STEP},
        {.t_ns = UINT64_MAX, .kind = JB_EVENT_STEP},
    };
    const size_t count = sizeof(bad) / sizeof(bad[0]);
    for (size_t i = 0; i < count; i++) {
        put_event(f, 0, bad[i]);
    }
    put_event(f, 0, (struct jb_event){.t_ns = t, .kind = JB_EVENT_STEP, .flags = JB_EVENT_END, .name = UINT32_MAX});
    assert_int_equal(read_all(f), 1); /* the name of an end is not looked at */
    assert_int_equal(f->got[0].event.name, 0);
    assert_int_equal(state_of(f).nonsense, count);
    assert_int_equal(state_of(f).events, 1);
    assert_int_equal(atomic_load(&slot_of(f, 0)->tail), count + 1);
}

static void counters_of_nonsense(void **state)
{
    struct fixture *f = *state;
    uint64_t t = jb_mono_ns();
    take(f, 0, 7);
    put(f, 0, t, 1);
    assert_int_equal(read_all(f), 1);
    atomic_store(&slot_of(f, 0)->head, 0); /* behind what was read */
    assert_int_equal(read_all(f), 0);
    atomic_store(&slot_of(f, 0)->head, UINT64_MAX);
    assert_int_equal(read_all(f), 0);
    atomic_store(&slot_of(f, 0)->head, 1 + 3 * (uint64_t)JB_WIRE_EVENTS); /* more than there can be: unknown what */
    assert_int_equal(read_all(f), 0);
    assert_int_equal(state_of(f).nonsense, 3 * (uint64_t)JB_WIRE_EVENTS);
    put(f, 0, jb_mono_ns(), 2);
    assert_int_equal(read_all(f), 1);
    assert_int_equal(f->got[0].event.value, 2);
    atomic_store(&slot_of(f, 0)->state, 77);
    atomic_store(&slot_of(f, 0)->tail, 0); /* ours: what others write there is not looked at */
    put(f, 0, jb_mono_ns(), 3);
    assert_int_equal(read_all(f), 1);
    atomic_store(&slot_of(f, 0)->dropped, 5);
    read_all(f);
    atomic_store(&slot_of(f, 0)->dropped, 2);
    read_all(f);
    atomic_store(&slot_of(f, 0)->dropped, 4);
    read_all(f);
    assert_int_equal(state_of(f).dropped, 7);
}

/* A head that was put behind the tail: the next owner goes on where the meter is. */
static void the_next_owner_mends_the_counters(void **state)
{
    struct fixture *f = *state;
    atomic_store(&slot_of(f, 0)->tail, 100);
    span(f->wire, "x");
    assert_int_equal(atomic_load(&slot_of(f, 0)->first), 100);
    assert_int_equal(atomic_load(&slot_of(f, 0)->head), 102);
}

static void a_slot_of_another_owner_is_another_thread(void **state)
{
    struct fixture *f = *state;
    take(f, 0, 7);
    put(f, 0, jb_mono_ns(), 1);
    assert_int_equal(read_all(f), 1);
    take(f, 0, 8); /* nobody has freed it: somebody wrote there */
    put(f, 0, jb_mono_ns(), 2);
    assert_int_equal(read_all(f), 1);
    assert_int_equal(f->got[0].event.kind, JB_EVENT_NONE);
    assert_int_equal(f->got[0].pid, 7);
}

static void names_are_what_they_were_first(void **state)
{
    struct fixture *f = *state;
    uint32_t number = jb_wire_intern(f->wire, "aten::mm");
    assert_string_equal(jb_ring_name(f->ring, number), "aten::mm");
    memset(jb_wire_name_bytes(f->wire), 'x', JB_WIRE_NAME_BYTES);
    atomic_store(&jb_wire_names(f->wire)[number], UINT64_MAX);
    assert_string_equal(jb_ring_name(f->ring, number), "aten::mm");
    uint32_t other = number % (JB_WIRE_NAMES - 1) + 1;
    atomic_store(&jb_wire_names(f->wire)[other], UINT64_MAX); /* bytes beyond the end */
    assert_string_equal(jb_ring_name(f->ring, other), "?");
    atomic_store(&jb_wire_names(f->wire)[other], jb_wire_name_word(0, JB_WIRE_NAME_BYTES - 4, 4));
    assert_string_equal(jb_ring_name(f->ring, other), "xxxx");
    /* A writer reads of such a table no further either. */
    memset((void *)(uintptr_t)jb_wire_names(f->wire), 0xff, JB_WIRE_NAMES * sizeof(uint64_t));
    assert_int_equal(jb_wire_intern(f->wire, "aten::add"), 0);
    assert_int_equal(jb_wire_intern_at(f->wire, "aten::add"), 0);
}

static void a_second_reader_takes_nothing_away(void **state)
{
    struct fixture *f = *state;
    struct jb_ring *second;
    struct jb_traced got[64];
    assert_int_equal(jb_ring_peek(jb_ring_place(f->ring), &second, NULL), 0);
    assert_string_equal(jb_ring_place(second), jb_ring_place(f->ring));
    span(f->wire, "a");
    span(f->wire, "b");
    assert_int_equal(jb_ring_drain(second, jb_mono_ns(), got, 64), 4);
    assert_string_equal(jb_ring_name(second, got[2].event.name), "b");
    assert_int_equal(jb_ring_drain(second, jb_mono_ns(), got, 64), 0);
    assert_int_equal(read_all(f), 4);
    span(f->wire, "c");
    assert_int_equal(read_all(f), 2);
    assert_int_equal(jb_ring_drain(second, jb_mono_ns(), got, 64), 2);
    jb_ring_listen(second, JB_LEVEL_OFF, 0);
    jb_ring_level(second, JB_LEVEL_OFF);
    assert_int_equal(jb_wire_level(f->wire), JB_LEVEL_FULL);
    jb_ring_sweep(second);
    jb_ring_destroy(second);
    assert_true(jb_wire_listening(f->wire));
    struct jb_diag diag = {{0}, {0}};
    assert_int_equal(jb_ring_peek("/proc/self/fd/9999", &second, &diag), -2);
    assert_true(diag.text[0] != '\0');
}

static void a_second_reader_that_was_lapped_skips(void **state)
{
    struct fixture *f = *state;
    struct jb_ring *second;
    assert_int_equal(jb_ring_peek(jb_ring_place(f->ring), &second, NULL), 0);
    for (unsigned lap = 0; lap < 3; lap++) {
        for (unsigned i = 0; i < JB_WIRE_EVENTS / 2; i++) {
            span(f->wire, "x");
        }
        assert_int_equal(read_all(f), JB_WIRE_EVENTS);
    }
    size_t count, all = 0;
    while ((count = jb_ring_drain(second, jb_mono_ns(), f->got, 4096)) > 0) {
        all += count;
    }
    assert_true(all >= JB_WIRE_EVENTS / 4 && all < JB_WIRE_EVENTS);
    struct jb_ring_state told;
    jb_ring_state(second, &told);
    assert_int_equal(told.dropped + all, 3 * (uint64_t)JB_WIRE_EVENTS);
    assert_int_equal(told.nonsense, 0);
    span(f->wire, "y");
    assert_int_equal(jb_ring_drain(second, jb_mono_ns(), f->got, 4096), 2);
    jb_ring_destroy(second);
}

/* It writes faster than anybody reads: its ring is full again whenever it is looked at. */
static void the_reader_comes_to_an_end_with_one_that_does_not(void **state)
{
    struct fixture *f = *state;
    const size_t enough = 2 * 2 * JB_WIRE_EVENTS / 4096;
    uint64_t until_ns = jb_mono_ns();
    take(f, 3, 1234);
    take(f, 4, 1235);
    for (uint32_t i = 0; i < JB_WIRE_EVENTS; i++) {
        put(f, 3, until_ns - 10, 1);
        put_event(f, 4, (struct jb_event){.t_ns = until_ns - 10, .kind = i % 100 == 0 ? JB_EVENT_STEP : 99});
    }
    for (int round = 0; round < 3; round++) {
        size_t calls = 0;
        while (drain(f, until_ns + (uint64_t)round) > 0 && calls < 2 * enough) {
            calls++;
            assert_int_equal(f->got[0].event.kind, JB_EVENT_STEP);
            for (uint32_t slot = 3; slot < 5; slot++) {
                atomic_store(&slot_of(f, slot)->head, atomic_load(&slot_of(f, slot)->tail) + JB_WIRE_EVENTS);
            }
        }
        assert_in_range(calls, JB_WIRE_EVENTS / 4096, enough);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_of_all_slots_come_by_time, setup, teardown),
        cmocka_unit_test_setup_teardown(times_of_one_moment_are_all_told, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_due_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_late_is_told_at_the_time_of_the_last_drain, setup, teardown),
        cmocka_unit_test_setup_teardown(time_that_goes_back_stands_still, setup, teardown),
        cmocka_unit_test_setup_teardown(nonsense_is_thrown_away_and_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(counters_of_nonsense, setup, teardown),
        cmocka_unit_test_setup_teardown(the_next_owner_mends_the_counters, setup, teardown),
        cmocka_unit_test_setup_teardown(a_slot_of_another_owner_is_another_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_what_they_were_first, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_reader_takes_nothing_away, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_reader_that_was_lapped_skips, setup, teardown),
        cmocka_unit_test_setup_teardown(the_reader_comes_to_an_end_with_one_that_does_not, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
