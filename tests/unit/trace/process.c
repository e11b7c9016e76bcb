/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that fork, exec, and are killed, on either side (trace/writer.h, trace/ring.h). */
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

/* A kernel that cannot wipe pages on fork. */
static bool refuse;
int __wrap_madvise(void *at, size_t length, int advice);
int __real_madvise(void *at, size_t length, int advice);
int __wrap_madvise(void *at, size_t length, int advice)
{
    return refuse && advice == MADV_WIPEONFORK ? -1 : __real_madvise(at, length, advice);
}

static int setup_without_wiping(void **state)
{
    refuse = true;
    return setup(state);
}

static int teardown_without_wiping(void **state)
{
    refuse = false;
    return teardown(state);
}

static const char *app(void)
{
    static char path[512];
    const char *root = getenv("JB_BUILD_ROOT");
    snprintf(path, sizeof(path), "%s/tests/stub/wire_app", root ? root : ".");
    return path;
}

/* Processes told of, and how many spans each wrote; returns how many processes there were. */
static size_t per_process(const struct fixture *f, int32_t *pids, size_t *spans, size_t max)
{
    size_t processes = 0;
    for (size_t i = 0; i < f->count; i++) {
        size_t at = 0;
        while (at < processes && pids[at] != f->got[i].pid) {
            at++;
        }
        if (at == processes) {
            assert_true(processes < max);
            pids[processes] = f->got[i].pid;
            spans[processes++] = 0;
        }
        spans[at] += f->got[i].event.kind != JB_EVENT_NONE && (f->got[i].event.flags & JB_EVENT_END) == 0;
    }
    return processes;
}

/* Its exit status. No assertion in a child: it would go on with the tests. */
static int grandchild(struct fixture *f)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 7; i++) {
            span(f->wire, "grandchild");
        }
        _exit(0);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid ? status : 1;
}

static void a_forked_child_has_slots_of_its_own(void **state)
{
    struct fixture *f = *state;
    span(f->wire, "before");
    assert_true(jb_wire_begin(f->wire, JB_EVENT_PHASE, 0, 0)); /* open across the fork: the parent's alone */
    struct jb_wire_device *device = jb_wire_device_open(f->wire, 0, NULL);
    IN_CHILD({
        if (jb_wire_attach() != f->wire || jb_wire_device_span(device, 1, 2, 0, 0) != -ENOTCONN) {
            _exit(1);
        }
        jb_wire_end(f->wire, JB_EVENT_PHASE); /* not begun here */
        for (int i = 0; i < 5; i++) {
            span(f->wire, "child");
        }
        _exit(grandchild(f));
    });
    span(f->wire, "after");
    jb_wire_end(f->wire, JB_EVENT_PHASE);
    assert_int_equal(jb_wire_device_span(device, 1, jb_mono_ns(), 0, 0), 0);
    jb_wire_device_close(device);
    jb_ring_sweep(f->ring);
    read_all(f);
    assert_int_equal(check_nested(f), 15);
    int32_t pids[4];
    size_t spans[4];
    assert_int_equal(per_process(f, pids, spans, 4), 3);
    assert_int_equal(pids[0], getpid());
    assert_int_equal(spans[0], 3);
    assert_int_equal(spans[1], 5);
    assert_int_equal(spans[2], 7);
    assert_int_equal(kind_count(f, JB_EVENT_NONE), 2);
    assert_int_equal(state_of(f).nonsense, 0);
}

struct busy {
    struct jb_wire *wire;
    atomic_bool stop;
    atomic_uint written;
};

static void *writes_on(void *argument)
{
    struct busy *busy = argument;
    while (!atomic_load(&busy->stop)) {
        span(busy->wire, "other thread");
        atomic_fetch_add(&busy->written, 1);
    }
    return NULL;
}

static void fork_while_others_write(void **state)
{
    struct fixture *f = *state;
    static struct busy busy;
    pthread_t threads[3];
    busy.wire = f->wire;
    atomic_store(&busy.stop, false);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, writes_on, &busy), 0);
    }
    WAIT_FOR(atomic_load(&busy.written) > 100);
    size_t children = 0;
    for (unsigned round = 0; round < 30; round++) {
        span(f->wire, "forker");
        IN_CHILD({
            for (int i = 0; i < 100; i++) {
                span(f->wire, "child");
            }
        });
        jb_ring_sweep(f->ring);
        read_all(f);
        for (size_t i = 0; i < f->count; i++) {
            const struct jb_event *event = &f->got[i].event;
            if (event->kind == JB_EVENT_OPERATOR && (event->flags & JB_EVENT_END) == 0) {
                bool child = strcmp(jb_ring_name(f->ring, event->name), "child") == 0;
                assert_true(child == (f->got[i].pid != getpid()));
                children += child;
            }
        }
    }
    atomic_store(&busy.stop, true);
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(children, 30 * 100);
    assert_int_equal(state_of(f).nonsense, 0);
}

/* The slot of the forking thread is free again, and taken by a thread of the child, while the child's first thread
 * still remembers it. */
struct heir {
    struct fixture *f;
    atomic_bool written, done;
};

static void *inherits(void *argument)
{
    struct heir *heir = argument;
    span(heir->f->wire, "heir");
    atomic_store(&heir->written, true);
    while (!atomic_load(&heir->done)) {
        nap();
    }
    return NULL;
}

static int child_with_an_heir(struct fixture *f, int go)
{
    static struct heir heir;
    char byte;
    pthread_t one;
    heir.f = f;
    if (read(go, &byte, 1) != 1 || pthread_create(&one, NULL, inherits, &heir) != 0) {
        return 1;
    }
    while (!atomic_load(&heir.written)) {
        nap();
    }
    span(f->wire, "child");
    atomic_store(&heir.done, true);
    pthread_join(one, NULL);
    return 0;
}

static void a_child_does_not_fall_back_to_the_slot_of_before(void **state)
{
    struct fixture *f = *state;
    int go[2];
    assert_int_equal(pipe(go), 0);
    span(f->wire, "parent");
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(child_with_an_heir(f, go[0]));
    }
    struct jb_wire_slot *slot = &jb_wire_slots(f->wire)[0];
    atomic_store(&slot->state, JB_SLOT_LEFT); /* as if our thread had ended */
    read_all(f);
    read_all(f);
    assert_int_equal(atomic_load(&slot->owner), 0);
    assert_int_equal(write(go[1], "x", 1), 1);
    assert_int_equal(exit_of(pid), 0);
    close(go[0]);
    close(go[1]);
    read_all(f);
    assert_int_equal(check_nested(f), 2);
    for (size_t i = 0; i < f->count; i++) {
        if (f->got[i].event.name != 0) {
            bool first = strcmp(jb_ring_name(f->ring, f->got[i].event.name), "child") == 0;
            assert_true(first == (f->got[i].tid == pid)); /* each under its own name */
        }
    }
    span(f->wire, "parent"); /* whose slot was taken away */
    read_all(f);
    assert_int_equal(check_nested(f), 1);
    assert_int_equal(state_of(f).nonsense, 0);
}

static void exec_attaches_anew(void **state)
{
    struct fixture *f = *state;
    setenv("JOULEBOOK_RING", jb_ring_place(f->ring), 1);
    for (int way = 0; way < 2; way++) {
        pid_t pid = way == 0 ? vfork() : fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            execl(app(), "wire_app", "child", "11", (char *)NULL);
            _exit(127);
        }
        assert_int_equal(exit_of(pid), 0);
        read_all(f);
        int32_t pids[4];
        size_t spans[4];
        assert_int_equal(per_process(f, pids, spans, 4), 2);
        assert_int_equal(spans[0], 11);
        assert_int_equal(spans[1], 11);
        assert_int_equal(check_nested(f), 22);
        jb_ring_sweep(f->ring);
        read_all(f);
        assert_int_equal(kind_count(f, JB_EVENT_NONE), 2);
    }
    unsetenv("JOULEBOOK_RING");
}

static void a_killed_process_leaves_slots_that_are_swept(void **state)
{
    struct fixture *f = *state;
    setenv("JOULEBOOK_RING", jb_ring_place(f->ring), 1);
    for (unsigned round = 0; round < 3; round++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            execl(app(), "wire_app", "forever", (char *)NULL);
            _exit(127);
        }
        WAIT_FOR(read_all(f) > 100);
        jb_ring_sweep(f->ring); /* alive: nothing happens */
        read_all(f);
        assert_int_equal(kind_count(f, JB_EVENT_NONE), 0);
        assert_int_equal(state_of(f).threads, 1);
        kill(pid, SIGKILL);
        siginfo_t info;
        assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
        jb_ring_sweep(f->ring); /* dead, and not yet waited for */
        read_all(f);
        assert_int_equal(kind_count(f, JB_EVENT_NONE), 1);
        assert_int_equal(f->got[f->count - 1].event.kind, JB_EVENT_NONE);
        assert_int_equal(exit_of(pid), 1000 + SIGKILL);
        read_all(f);
        assert_int_equal(state_of(f).threads, 0);
        assert_int_equal(atomic_load(&jb_wire_slots(f->wire)[0].owner), 0);
    }
    unsetenv("JOULEBOOK_RING");
    assert_int_equal(state_of(f).nonsense, 0);
}

/* Killed between taking a slot and filling it in. */
static void a_slot_half_taken_is_swept(void **state)
{
    struct fixture *f = *state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        pause();
    }
    struct jb_wire_slot *slot = &jb_wire_slots(f->wire)[5];
    atomic_store(&slot->owner, (uint64_t)(uint32_t)pid << 32 | (uint32_t)pid);
    jb_ring_sweep(f->ring);
    assert_int_not_equal(atomic_load(&slot->owner), 0);
    kill(pid, SIGKILL);
    exit_of(pid);
    jb_ring_sweep(f->ring);
    assert_int_equal(atomic_load(&slot->owner), 0);
}

/* The meter is killed: its writers go on at the cost of a full ring, and end as they would have. */
static void *one_span(void *wire)
{
    span(wire, "of a thread");
    return NULL;
}

static void new_thread(struct jb_wire *wire)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, one_span, wire), 0);
    pthread_join(thread, NULL);
}

/* By the next thread, or by one whose ring is full. */
static void the_meter_is_killed(struct fixture *f, bool full)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t meter = fork();
    assert_true(meter >= 0);
    if (meter == 0) {
        struct jb_ring *ring;
        if (jb_ring_create(&ring, NULL) < 0) {
            _exit(1);
        }
        jb_ring_listen(ring, JB_LEVEL_FULL, 0);
        char place[64] = {0};
        snprintf(place, sizeof(place), "%s", jb_ring_place(ring));
        (void)!write(ready[1], place, sizeof(place));
        pause();
    }
    char place[64];
    assert_int_equal(read(ready[0], place, sizeof(place)), sizeof(place));
    struct jb_wire *wire = jb_wire_attach_place(place);
    assert_non_null(wire);
    assert_ptr_not_equal(wire, f->wire);
    assert_false(jb_wire_listening(f->wire)); /* the ring of before was given up */
    span(f->wire, "to the ring of before");
    span(wire, "x");
    new_thread(wire);
    for (unsigned i = 0; i < JB_WIRE_EVENTS / 2 + 2048; i++) {
        span(wire, "full, and alive"); /* a meter that is late, or stopped, is waited for */
    }
    assert_true(jb_wire_listening(wire));
    assert_int_equal(atomic_load(&jb_wire_slots(wire)[0].head), JB_WIRE_EVENTS);
    kill(meter, SIGKILL);
    assert_int_equal(exit_of(meter), 1000 + SIGKILL);
    assert_true(jb_wire_listening(wire));
    if (full) {
        for (unsigned i = 0; i < 2048; i++) {
            span(wire, "full");
        }
    } else {
        new_thread(wire);
    }
    assert_false(jb_wire_listening(wire));
    span(wire, "to nobody");
    new_thread(wire);
    assert_int_equal(atomic_load(&jb_wire_slots(wire)[0].owner), 0); /* what is there now is nobody's */
    assert_null(jb_wire_attach());
    assert_null(jb_wire_attach_place(place)); /* it is not there any more */
    span(wire, "to nobody");
    assert_false(jb_wire_listening(wire));
    close(ready[0]);
    close(ready[1]);
}

static void a_meter_that_was_killed_is_noticed_by_a_new_thread(void **state)
{
    the_meter_is_killed(*state, false);
}

static void a_meter_that_was_killed_is_noticed_by_a_full_ring(void **state)
{
    the_meter_is_killed(*state, true);
}

/* What a wrong sweep, or one who wrote over the slot, does to its owner: it takes another. */
static void a_slot_that_was_taken_away_is_not_written(void **state)
{
    struct fixture *f = *state;
    span(f->wire, "mine");
    struct jb_wire_slot *slot = &jb_wire_slots(f->wire)[0];
    read_all(f);
    atomic_store(&slot->owner, (uint64_t)1 << 32 | 1);
    uint64_t head = atomic_load(&slot->head);
    span(f->wire, "mine, elsewhere");
    assert_int_equal(atomic_load(&slot->head), head);
    assert_int_equal(read_all(f), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_forked_child_has_slots_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(fork_while_others_write, setup, teardown),
        cmocka_unit_test_setup_teardown(a_child_does_not_fall_back_to_the_slot_of_before, setup, teardown),
        cmocka_unit_test_setup_teardown(a_forked_child_has_slots_of_its_own, setup_without_wiping,
                                        teardown_without_wiping),
        cmocka_unit_test_setup_teardown(fork_while_others_write, setup_without_wiping, teardown_without_wiping),
        cmocka_unit_test_setup_teardown(exec_attaches_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(a_killed_process_leaves_slots_that_are_swept, setup, teardown),
        cmocka_unit_test_setup_teardown(a_slot_half_taken_is_swept, setup, teardown),
        cmocka_unit_test_setup_teardown(a_meter_that_was_killed_is_noticed_by_a_new_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(a_meter_that_was_killed_is_noticed_by_a_full_ring, setup, teardown),
        cmocka_unit_test_setup_teardown(a_slot_that_was_taken_away_is_not_written, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
