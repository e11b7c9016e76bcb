/* SPDX-License-Identifier: Apache-2.0 */
/* Begin and end of spans on one thread (trace/writer.h), read back. */
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>

static void what_is_written_is_read(void **state)
{
    struct fixture *f = *state;
    uint64_t before_ns = jb_mono_ns();
    assert_true(jb_wire_begin(f->wire, JB_EVENT_EPOCH, jb_wire_intern(f->wire, "epoch"), 7));
    assert_true(jb_wire_begin(f->wire, JB_EVENT_OPERATOR, jb_wire_intern(f->wire, "aten::mm"), 0));
    jb_wire_end(f->wire, JB_EVENT_OPERATOR);
    jb_wire_end(f->wire, JB_EVENT_EPOCH);
    jb_wire_level_changed(f->wire, JB_LEVEL_MARKS);
    assert_int_equal(read_all(f), 5);
    assert_int_equal(f->got[0].event.kind, JB_EVENT_EPOCH);
    assert_int_equal(f->got[0].event.value, 7);
    assert_string_equal(jb_ring_name(f->ring, f->got[0].event.name), "epoch");
    assert_string_equal(jb_ring_name(f->ring, f->got[1].event.name), "aten::mm");
    assert_int_equal(f->got[2].event.flags, JB_EVENT_END);
    assert_int_equal(f->got[2].event.kind, JB_EVENT_OPERATOR);
    assert_int_equal(f->got[3].event.kind, JB_EVENT_EPOCH);
    assert_int_equal(f->got[4].event.kind, JB_EVENT_LEVEL);
    assert_int_equal(f->got[4].event.value, JB_LEVEL_MARKS);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(f->got[i].pid, getpid());
        assert_int_equal(f->got[i].tid, gettid());
        assert_int_equal(f->got[i].thread, 0);
        assert_true(f->got[i].event.t_ns >= before_ns && f->got[i].event.t_ns <= jb_mono_ns());
    }
    assert_int_equal(check_nested(f), 2);
    struct jb_ring_state told = state_of(f);
    assert_int_equal(told.events, 5);
    assert_int_equal(told.dropped + told.nonsense, 0);
    assert_int_equal(told.threads, 1);
    assert_int_equal(read_all(f), 0);
}

static void nobody_listens(void **state)
{
    struct fixture *f = *state;
    assert_false(jb_wire_begin(NULL, JB_EVENT_OPERATOR, 1, 0));
    jb_wire_end(NULL, JB_EVENT_OPERATOR);
    assert_false(jb_wire_listening(NULL));
    assert_int_equal(jb_wire_level(NULL), 0);
    assert_int_equal(jb_wire_intern(NULL, "x"), 0);
    assert_true(jb_wire_begin(f->wire, JB_EVENT_PHASE, 0, 0));
    atomic_store(&jb_wire_header(f->wire)->listening, 0);
    assert_false(jb_wire_listening(f->wire));
    assert_false(jb_wire_begin(f->wire, JB_EVENT_OPERATOR, 1, 0));
    jb_wire_level_changed(f->wire, 1);
    jb_wire_end(f->wire, JB_EVENT_PHASE); /* what was begun is ended all the same */
    assert_int_equal(read_all(f), 2);
}

static void an_end_without_a_begin_does_nothing(void **state)
{
    struct fixture *f = *state;
    jb_wire_end(f->wire, JB_EVENT_OPERATOR);
    span(f->wire, "x");
    jb_wire_end(f->wire, JB_EVENT_OPERATOR);
    assert_int_equal(read_all(f), 2);
}

static void the_meter_says_what_it_wants(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(jb_wire_level(f->wire), JB_LEVEL_FULL);
    assert_int_equal(jb_wire_allowed(f->wire), JB_PATH_API);
    jb_ring_level(f->ring, JB_LEVEL_MARKS);
    assert_int_equal(jb_wire_level(f->wire), JB_LEVEL_MARKS);
    jb_wire_attached(f->wire, JB_PATH_ITT);
    jb_wire_attached(f->wire, JB_PATH_API);
    jb_wire_gpu_lost(f->wire, 3);
    assert_int_equal(state_of(f).attached, JB_PATH_ITT | JB_PATH_API);
    assert_int_equal(state_of(f).gpu_lost, 3);
}

static void a_full_ring_drops_and_counts_and_stays_nested(void **state)
{
    struct fixture *f = *state;
    uint32_t name = jb_wire_intern(f->wire, "deep");
    /* 100 open spans, then more pairs than there is room for, with spans inside of dropped ones. */
    for (unsigned i = 0; i < 100; i++) {
        assert_true(jb_wire_begin(f->wire, JB_EVENT_OPERATOR, name, 0));
    }
    size_t calls = 100;
    for (unsigned i = 0; i < JB_WIRE_EVENTS; i++) {
        assert_true(jb_wire_begin(f->wire, JB_EVENT_OPERATOR, name, 0));
        assert_true(jb_wire_begin(f->wire, JB_EVENT_OPERATOR, name, 0));
        jb_wire_end(f->wire, JB_EVENT_OPERATOR);
        jb_wire_end(f->wire, JB_EVENT_OPERATOR);
        calls += 4;
    }
    for (unsigned i = 0; i < 100; i++) {
        jb_wire_end(f->wire, JB_EVENT_OPERATOR);
        calls++;
    }
    size_t read = read_all(f);
    assert_true(read <= JB_WIRE_EVENTS && read >= JB_WIRE_EVENTS - 4);
    assert_int_equal(check_nested(f), read / 2);
    assert_int_equal(state_of(f).dropped, calls - read);
    assert_true(state_of(f).fill > 0.99);
    span(f->wire, "after");
    assert_int_equal(read_all(f), 2);
    assert_int_equal(state_of(f).dropped, calls - read);
}

static void room_that_comes_back_inside_a_dropped_span_is_used(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < JB_WIRE_EVENTS / 2; i++) {
        span(f->wire, "fill");
    }
    assert_true(jb_wire_begin(f->wire, JB_EVENT_EPOCH, 0, 1)); /* dropped */
    assert_int_equal(read_all(f), JB_WIRE_EVENTS);
    span(f->wire, "inside");
    jb_wire_end(f->wire, JB_EVENT_EPOCH); /* so is its end */
    assert_int_equal(read_all(f), 2);
    assert_int_equal(check_nested(f), 1);
    assert_int_equal(state_of(f).dropped, 2);
}

static void spans_too_deep_are_dropped(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 3000; i++) {
        assert_true(jb_wire_begin(f->wire, JB_EVENT_RANGE, 0, 0));
    }
    for (unsigned i = 0; i < 3000; i++) {
        jb_wire_end(f->wire, JB_EVENT_RANGE);
    }
    size_t read = read_all(f);
    assert_int_equal(read, 2048);
    assert_int_equal(check_nested(f), 1024);
    assert_int_equal(state_of(f).dropped, 6000 - read);
}

static void errno_is_left_alone(void **state)
{
    struct fixture *f = *state;
    errno = 4711;
    span(f->wire, "first event of the thread");
    jb_wire_intern_at(f->wire, "x");
    jb_wire_note(f->wire, "x");
    jb_wire_attach();
    jb_wire_attach_place("/proc/self/fd/9999");
    jb_wire_detach();
    assert_int_equal(errno, 4711);
}

static struct jb_wire *signalled;
static atomic_uint handled;

static void on_alarm(int number)
{
    (void)number;
    atomic_fetch_add(&handled, 1);
    if (jb_wire_begin(signalled, JB_EVENT_MARK, jb_wire_intern(signalled, "handler"), 0)) {
        if (jb_wire_begin(signalled, JB_EVENT_RANGE, 0, 0)) {
            jb_wire_end(signalled, JB_EVENT_RANGE);
        }
        jb_wire_end(signalled, JB_EVENT_MARK);
    }
}

/* A handler that writes, thousands of times at any point of writes of the thread. */
static void signal_handlers_may_write(void **state)
{
    struct fixture *f = *state;
    signalled = f->wire;
    atomic_store(&handled, 0);
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, before;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    struct itimerval timer = {{0, 50}, {0, 50}}, off = {{0, 0}, {0, 0}};
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
    size_t spans = 0, written = 0;
    while (atomic_load(&handled) < 3000) {
        for (unsigned i = 0; i < 1000; i++) {
            span(f->wire, "thread");
        }
        written += 1000;
        assert_true(read_all(f) > 0);
        spans += check_nested(f);
        for (size_t i = 0; i < f->count; i++) {
            if (strcmp(jb_ring_name(f->ring, f->got[i].event.name), "thread") == 0) {
                written--;
            }
        }
    }
    setitimer(ITIMER_REAL, &off, NULL);
    sigaction(SIGALRM, &before, NULL);
    read_all(f);
    check_nested(f);
    struct jb_ring_state told = state_of(f);
    assert_int_equal(told.nonsense, 0);
    assert_true(written <=
                4 * atomic_load(&handled)); /* nothing of the thread's was lost but what a handler got into */
    assert_true(spans > 0);
}

static sigjmp_buf back;
static atomic_bool jump;

static void leave_for_good(int number)
{
    (void)number;
    if (atomic_load(&jump)) {
        siglongjmp(back, 1);
    }
}

/* A program that jumps out of its handlers must not become mute. */
static void a_write_that_never_ends_mutes_nobody(void **state)
{
    struct fixture *f = *state;
    struct sigaction action = {.sa_handler = leave_for_good}, before;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    static volatile unsigned jumps;
    struct itimerval timer = {{0, 100}, {0, 100}}, off = {{0, 0}, {0, 0}};
    jumps = 0;
    if (sigsetjmp(back, 1) != 0) {
        jumps++;
    }
    atomic_store(&jump, true);
    setitimer(ITIMER_REAL, &timer, NULL);
    while (jumps < 1000) {
        span(f->wire, "thread");
    }
    atomic_store(&jump, false);
    setitimer(ITIMER_REAL, &off, NULL);
    sigaction(SIGALRM, &before, NULL);
    for (unsigned i = 0; i < 10000; i++) {
        span(f->wire, "muted");
    }
    read_all(f);
    span(f->wire, "afterwards");
    assert_int_equal(read_all(f), 2);
    assert_int_equal(state_of(f).nonsense, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_listens, setup, teardown),
        cmocka_unit_test_setup_teardown(an_end_without_a_begin_does_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(the_meter_says_what_it_wants, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_ring_drops_and_counts_and_stays_nested, setup, teardown),
        cmocka_unit_test_setup_teardown(room_that_comes_back_inside_a_dropped_span_is_used, setup, teardown),
        cmocka_unit_test_setup_teardown(spans_too_deep_are_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(errno_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(signal_handlers_may_write, setup, teardown),
        cmocka_unit_test_setup_teardown(a_write_that_never_ends_mutes_nobody, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
