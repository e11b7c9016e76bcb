/* SPDX-License-Identifier: Apache-2.0 */
/* Operators of PyTorch, with a libtorch of the test's own in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/canary.h"
#include "probe/probe.h"
#include "world.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FUNCTION = 0, BACKWARD = 1, SCRIPT = 2, USER = 7 };

static void once(const struct fake *fake, unsigned scope, const char *name)
{
    fake->end(fake->begin(scope, name, false));
}

/* As a training step looks. */
static void step(const struct fake *fake)
{
    once(fake, FUNCTION, "aten::mm");
    struct fake_record *node = fake->begin(BACKWARD, "MmBackward0", false);
    once(fake, FUNCTION, "aten::t");
    fake->end(node);
    struct fake_record *optimiser = fake->begin(USER, "Optimizer.step#SGD.step", false);
    once(fake, FUNCTION, "aten::add_");
    fake->end(optimiser);
}

static bool one_step(const struct fake *fake, struct world *world)
{
    step(fake);
    return probe_pytorch_attached() && fake->missed() == 0;
}

static void spans_nest_and_have_the_kind_of_their_scope(void **state)
{
    struct world *world = *state;
    char text[1024];
    world_run(world, "known", one_step);
    world_text(world, 0, text, sizeof(text));
    assert_string_equal(text, "aten::mm end MmBackward0 aten::t end end Optimizer.step#SGD.step aten::add_ end end");
    world_text(world, JB_EVENT_OPERATOR, text, sizeof(text));
    assert_string_equal(text, "aten::mm end aten::t end aten::add_ end");
    world_text(world, JB_EVENT_BACKWARD, text, sizeof(text));
    assert_string_equal(text, "MmBackward0 end");
    world_text(world, JB_EVENT_MARK, text, sizeof(text));
    assert_string_equal(text, "Optimizer.step#SGD.step end");
    world_text(world, JB_EVENT_LEVEL, text, sizeof(text));
    assert_string_equal(text, "level 3");
    struct jb_ring_state seen;
    jb_ring_state(world->ring, &seen);
    assert_true(seen.attached & JB_PATH_PYTORCH);
    assert_int_equal(seen.nonsense, 0);
}

static bool other_scopes(const struct fake *fake, struct world *world)
{
    once(fake, SCRIPT, "forward");
    once(fake, 8, "static runtime");
    return true;
}

static void scopes_that_were_not_asked_for_are_not_told(void **state)
{
    char text[64];
    world_run(*state, "known", other_scopes);
    world_text(*state, 0, text, sizeof(text));
    assert_string_equal(text, "");
}

static bool levels(const struct fake *fake, struct world *world)
{
    for (unsigned level = JB_LEVEL_OFF; level <= JB_LEVEL_FULL; level++) {
        jb_ring_level(world->ring, level);
        once(fake, USER, "mark"); /* notices */
        step(fake);
    }
    return fake->missed() == 0 && fake->count() == 3; /* steps this short are not looked at in between */
}

static bool long_and_short_steps(const struct fake *fake, struct world *world)
{
    const struct timespec pause = {.tv_nsec = 3000000};
    step(fake);
    nanosleep(&pause, NULL);
    step(fake);
    bool kept = fake->count() == 2; /* marks, and one operator in a thousand */
    while (fake->count() == 2) {
        step(fake); /* two of them within 2 ms, sooner or later */
    }
    return kept && fake->count() == 1;
}

static void short_steps_are_spared_the_look_in_between(void **state)
{
    struct world *world = *state;
    jb_ring_level(world->ring, JB_LEVEL_MARKS);
    world_run(world, "known", long_and_short_steps);
}

static void each_level_includes_those_before(void **state)
{
    struct world *world = *state;
    char text[1024];
    jb_ring_level(world->ring, JB_LEVEL_OFF);
    world_run(world, "known", levels);
    world_text(world, JB_EVENT_MARK, text, sizeof(text));
    /* Each wish came within a second of a step, and waited for the end of the next. */
    assert_string_equal(text, "mark end Optimizer.step#SGD.step end mark end Optimizer.step#SGD.step end");
    world_text(world, JB_EVENT_BACKWARD, text, sizeof(text));
    assert_string_equal(text, "MmBackward0 end");
    world_text(world, JB_EVENT_OPERATOR, text, sizeof(text));
    assert_string_equal(text, "");
    world_text(world, JB_EVENT_LEVEL, text, sizeof(text));
    assert_string_equal(text, "level 0 level 1 level 2 level 3");
}

static bool change_in_step(const struct fake *fake, struct world *world)
{
    step(fake);
    jb_ring_level(world->ring, JB_LEVEL_FULL);
    once(fake, USER, "mark");
    once(fake, FUNCTION, "aten::mm"); /* not yet: the step before is a moment ago */
    struct fake_record *optimiser = fake->begin(USER, "Optimizer.step#SGD.step", false);
    once(fake, FUNCTION, "aten::add_");
    fake->end(optimiser);
    once(fake, FUNCTION, "aten::relu");
    return true;
}

static void a_change_waits_for_the_end_of_a_step(void **state)
{
    struct world *world = *state;
    char text[1024];
    jb_ring_level(world->ring, JB_LEVEL_PHASES);
    world_run(world, "known", change_in_step);
    world_text(world, JB_EVENT_OPERATOR, text, sizeof(text));
    assert_string_equal(text, "aten::relu end");
}

static bool no_steps(const struct fake *fake, struct world *world)
{
    jb_ring_level(world->ring, JB_LEVEL_FULL);
    for (unsigned i = 0; i < 1002; i++) {
        once(fake, FUNCTION, "aten::mm");
    }
    return fake->count() == 4;
}

static void without_marks_one_operator_in_a_thousand_notices(void **state)
{
    struct world *world = *state;
    char text[1024];
    jb_ring_level(world->ring, JB_LEVEL_OFF);
    world_run(world, "known", no_steps);
    world_text(world, JB_EVENT_OPERATOR, text, sizeof(text));
    assert_string_equal(text, "aten::mm end aten::mm end");
}

static bool lowered_inside(const struct fake *fake, struct world *world)
{
    struct fake_record *outer = fake->begin(FUNCTION, "outer", false);
    jb_ring_level(world->ring, JB_LEVEL_OFF);
    once(fake, FUNCTION, "inner"); /* notices at its begin, and was chosen to be told before */
    once(fake, FUNCTION, "late");
    fake->end(outer);
    return fake->count() == 2;
}

static void what_was_begun_is_ended_after_the_level_is_lowered(void **state)
{
    char text[1024];
    world_run(*state, "known", lowered_inside);
    world_text(*state, 0, text, sizeof(text));
    assert_string_equal(text, "outer inner end end");
}

static bool out_of_order(const struct fake *fake, struct world *world)
{
    struct fake_record *a = fake->begin(USER, "a", false), *b = fake->begin(USER, "b", false);
    struct fake_record *c = fake->begin(FUNCTION, "c", false);
    fake->end(a); /* closes what was opened inside */
    fake->end(c);
    fake->end(b);
    once(fake, FUNCTION, "d");
    fake->end(fake->begin(USER, "collective", true)); /* asynchronous: ends elsewhere */
    return true;
}

static void an_end_closes_what_is_inside_and_a_strange_one_nothing(void **state)
{
    char text[1024];
    world_run(*state, "known", out_of_order);
    world_text(*state, 0, text, sizeof(text));
    assert_string_equal(text, "a b c end end end d end");
}

static bool deep(const struct fake *fake, struct world *world)
{
    struct fake_record *open[100];
    for (unsigned i = 0; i < 100; i++) {
        open[i] = fake->begin(FUNCTION, "deep", false);
    }
    for (unsigned i = 100; i > 0; i--) {
        fake->end(open[i - 1]);
    }
    once(fake, FUNCTION, "after");
    return probe_current_operator() == 0;
}

static void what_is_too_deep_is_left_out(void **state)
{
    struct world *world = *state;
    world_run(world, "known", deep);
    size_t begins = 0, ends = 0;
    for (size_t i = 0; i < world->count; i++) {
        if (world->event[i].event.kind == JB_EVENT_OPERATOR) {
            *(world->event[i].event.flags & JB_EVENT_END ? &ends : &begins) += 1;
        }
    }
    assert_int_equal(begins, ends);
    assert_in_range(begins, 17, 100);
}

static bool origins(const struct fake *fake, struct world *world)
{
    bool right = probe_current_origin() == JB_KERNEL_UNKNOWN && probe_current_operator() == 0;
    struct fake_record *a = fake->begin(FUNCTION, "aten::mm", false);
    right = right && probe_current_origin() == JB_KERNEL_FORWARD && probe_current_operator() != 0;
    fake->end(a);
    a = fake->begin(BACKWARD, "MmBackward0", false);
    struct fake_record *b = fake->begin(FUNCTION, "aten::mm", false);
    right = right && probe_current_origin() == JB_KERNEL_BACKWARD;
    fake->end(b);
    fake->end(a);
    for (unsigned i = 0; i < 2; i++) { /* the second from the cache */
        a = fake->begin(FUNCTION, "autograd::engine::evaluate_function: MmBackward0", false);
        right = right && probe_current_origin() == JB_KERNEL_BACKWARD;
        fake->end(a);
        a = fake->begin(USER, "Optimizer.zero_grad#SGD.zero_grad", false);
        b = fake->begin(FUNCTION, "aten::mm", false);
        right = right && probe_current_origin() == JB_KERNEL_OPTIMISE;
        fake->end(b);
        fake->end(a);
        a = fake->begin(USER, "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__", false);
        right = right && probe_current_origin() == JB_KERNEL_DATA;
        fake->end(a);
        a = fake->begin(USER, "mine", false);
        right = right && probe_current_origin() == JB_KERNEL_FORWARD;
        fake->end(a);
    }
    return right && probe_current_origin() == JB_KERNEL_UNKNOWN;
}

static void operators_know_where_they_are_from(void **state)
{
    struct world *world = *state;
    char text[1024];
    world_run(world, "known", origins);
    world_text(world, JB_EVENT_BACKWARD, text, sizeof(text));
    assert_string_equal(text, "MmBackward0 end autograd::engine::evaluate_function: MmBackward0 end "
                              "autograd::engine::evaluate_function: MmBackward0 end");
}

static bool cuda(const struct fake *fake, struct world *world)
{
    /* Not where the loader may be at work: only from a callback. */
    bool right = world_cuda.arrivals > 0 && world_cuda.begins == 0;
    step(fake);
    right = right && world_cuda.begins == 1 && world_cuda.ends == 0;
    right = right && world_cuda.pushes == 4 && world_cuda.pops == 4; /* three operators and a node, no mark */
    struct fake_record *node = fake->begin(BACKWARD, "MmBackward0", false);
    struct fake_record *a = fake->begin(FUNCTION, "aten::mm", false);
    right =
        right && (uint32_t)world_cuda.last == probe_current_operator() && world_cuda.last >> 32 == JB_KERNEL_BACKWARD;
    jb_ring_level(world->ring, JB_LEVEL_PHASES);
    struct fake_record *optimiser = fake->begin(USER, "Optimizer.step#SGD.step", false);
    fake->end(optimiser); /* the level falls inside an operator */
    right = right && world_cuda.ends == 1 && world_cuda.pushes == 6 && world_cuda.pops == 4;
    fake->end(a);
    fake->end(node);
    right = right && world_cuda.pops == 6;
    step(fake);
    return right && world_cuda.pushes == 6;
}

static void cupti_hears_of_bursts_and_of_operators_in_them(void **state)
{
    world_run(*state, "known", cuda);
}

static bool forks(const struct fake *fake, struct world *world)
{
    struct fake_record *around = fake->begin(USER, "around", false);
    pid_t pid = fork();
    if (pid == 0) {
        once(fake, FUNCTION, "child");
        fake->end(around); /* the parent's */
        _exit(probe_current_operator() == 0 ? 0 : 1);
    }
    int status = 1;
    waitpid(pid, &status, 0);
    fake->end(around);
    return status == 0;
}

static void a_child_says_its_level_and_ends_nothing_of_its_parent(void **state)
{
    struct world *world = *state;
    char text[1024] = "";
    world_run(world, "known", forks);
    int32_t parent = world->event[0].pid;
    for (size_t i = 0; i < world->count; i++) {
        const struct jb_traced *traced = &world->event[i];
        if (traced->pid != parent && traced->event.kind != JB_EVENT_NONE) {
            size_t at = strlen(text);
            snprintf(text + at, sizeof(text) - at, "%s ",
                     traced->event.kind == JB_EVENT_LEVEL ? "level"
                     : traced->event.flags                ? "end"
                                                          : jb_ring_name(world->ring, traced->event.name));
        }
    }
    assert_string_equal(text, "level child end ");
}

static bool cleared(const struct fake *fake, struct world *world)
{
    struct fake_record *a = fake->begin(USER, "mark", false);
    fake->clear();
    jb_ring_level(world->ring, JB_LEVEL_OFF);
    struct fake_record *step = fake->begin(USER, "unheard", false);
    fake->end(step);
    fake->end(a);
    return fake->missed() == 0;
}

static bool cleared_in_step(const struct fake *fake, struct world *world)
{
    struct fake_record *optimiser = fake->begin(USER, "Optimizer.step#SGD.step", false);
    fake->clear();
    jb_ring_level(world->ring, JB_LEVEL_OFF);
    fake->end(optimiser); /* wants to remove what is not there: PyTorch would print a warning */
    return fake->missed() == 0;
}

static pid_t forked_inside;

static void fork_here(int signal)
{
    forked_inside = fork();
    if (forked_inside == 0) {
        close(STDOUT_FILENO); /* what is buffered for it is the parent's to say */
        exit(0);              /* at_exit() too comes while the change is on */
    }
}

static bool fork_in_change(const struct fake *fake, struct world *world)
{
    struct sigaction action = {.sa_handler = fork_here};
    int status = -1;
    sigaction(SIGUSR1, &action, NULL);
    jb_ring_level(world->ring, JB_LEVEL_PHASES);
    once(fake, USER, "mark");
    fake->raise_at_next_add(SIGUSR1);
    jb_ring_level(world->ring, JB_LEVEL_FULL);
    alarm(20);
    once(fake, USER, "mark");
    bool ended = forked_inside > 0 && waitpid(forked_inside, &status, 0) == forked_inside;
    /* The lock is free again: another change goes through. */
    jb_ring_level(world->ring, JB_LEVEL_PHASES);
    once(fake, USER, "mark");
    alarm(0);
    return ended && status == 0 && fake->count() == 3;
}

static void a_signal_handler_may_fork_and_exit_while_a_level_changes(void **state)
{
    char text[256];
    world_run(*state, "known", fork_in_change);
    world_text(*state, JB_EVENT_LEVEL, text, sizeof(text));
    assert_string_equal(text, "level 2 level 3 level 2");
}

static void callbacks_that_the_program_cleared_are_not_removed(void **state)
{
    world_run(*state, "known", cleared);
    jb_ring_level(((struct world *)*state)->ring, JB_LEVEL_FULL);
    world_run(*state, "known", cleared_in_step);
}

static bool nobody_listens(const struct fake *fake, struct world *world)
{
    once(fake, FUNCTION, "heard");
    jb_ring_listen(world->ring, JB_LEVEL_FULL, 0);
    once(fake, USER, "mark");
    bool right = fake->count() == 2; /* forbidden, and may be allowed again */
    jb_ring_listen(world->ring, JB_LEVEL_FULL, ~0u);
    once(fake, USER, "mark");
    right = right && fake->count() == 4;
    jb_ring_destroy(world->ring);
    once(fake, USER, "mark");
    return right && fake->count() == 0;
}

static void nothing_is_attached_when_nobody_listens(void **state)
{
    world_run(*state, "known", nobody_listens);
}

static void *work(void *fake)
{
    for (unsigned i = 0; i < 200; i++) {
        step(fake);
    }
    return NULL;
}

static bool threads(const struct fake *fake, struct world *world)
{
    struct fake own = *fake;
    pthread_t thread[4];
    for (unsigned i = 0; i < 4; i++) {
        if (pthread_create(&thread[i], NULL, work, (void *)&own) != 0) {
            return false;
        }
    }
    for (unsigned i = 0; i < 100; i++) {
        jb_ring_level(world->ring, i % 4);
        once(fake, USER, "mark");
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
    }
    return fake->missed() == 0;
}

static void threads_and_changes_of_level_do_not_disturb_each_other(void **state)
{
    struct world *world = *state;
    world_run(world, "known", threads);
    int depth[JB_WIRE_SLOTS] = {0};
    for (size_t i = 0; i < world->count; i++) {
        const struct jb_event *event = &world->event[i].event;
        if (event->kind != JB_EVENT_LEVEL && event->kind != JB_EVENT_NONE) {
            depth[world->event[i].thread] += event->flags & JB_EVENT_END ? -1 : 1;
            assert_in_range(depth[world->event[i].thread], 0, 4);
        }
    }
}

static bool not_attached(const struct fake *fake, struct world *world)
{
    step(fake);
    return !probe_pytorch_attached() && fake->count() == 0;
}

static void unknown_versions_are_refused_and_that_is_said(void **state)
{
    struct world *world = *state;
    world_run(world, "old", not_attached);
    assert_true(world_noted(world, "PyTorch: its callbacks are of an older kind; operators are not caught"));
    assert_false(world_noted(world, "layout"));
    world_run(world, "moved", not_attached);
    assert_true(world_noted(world, "PyTorch: its layout is not one that is known here; operators are not caught"));
    world_run(world, "swapped", not_attached);
    assert_int_equal(world->count, 0);
}

static bool gone(const struct fake *fake, struct world *world)
{
    for (unsigned i = 0; i < 200; i++) {
        step(fake);
    }
    return fake->count() == 0 && fake->missed() == 0;
}

/* In the first page, which nobody has. */
static const void *wild(void)
{
    uintptr_t at = 16;
    return (const void *)at; // NOLINT(performance-no-int-to-ptr)
}

/* Where the kernel does not say (seccomp, qemu-user) all addresses are believed. */
static void skip_where_nothing_is_said(void)
{
    if (canary_readable(wild(), 1)) {
        skip();
    }
}

static void the_canary_dies_of_missing_ends(void **state)
{
    struct world *world = *state;
    world_run(world, "unpaired", gone);
    assert_true(world_noted(world, "PyTorch: its callbacks were not as expected; operators are not caught"));
}

static void the_canary_dies_of_wild_names(void **state)
{
    struct world *world = *state;
    skip_where_nothing_is_said();
    world_run(world, "wild", gone);
    assert_true(world_noted(world, "PyTorch: its callbacks were not as expected; operators are not caught"));
}

static void a_canary_reads_where_there_may_be_nothing(void **state)
{
    skip_where_nothing_is_said();
    long page = sysconf(_SC_PAGESIZE);
    char *two = mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(two != MAP_FAILED);
    memset(two, 'x', (size_t)page);
    assert_int_equal(munmap(two + page, (size_t)page), 0);
    assert_true(canary_readable(two + page - 8, 8));
    assert_false(canary_readable(two + page - 8, 9));
    assert_false(canary_readable(two + page, 1));
    assert_false(canary_readable(NULL, 1));
    assert_true(canary_string("aten::mm"));
    assert_true(canary_string(two));             /* longer than a name, and all of it there */
    assert_false(canary_string(two + page - 8)); /* runs into nothing */
    two[page - 1] = '\0';
    assert_true(canary_string(two + page - 8));
    assert_false(canary_string(NULL));
    assert_false(canary_string(wild()));
    munmap(two, (size_t)page);
}

int main(void)
{
#define IN_A_WORLD(name) cmocka_unit_test_setup_teardown(name, world_start, world_end)
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(spans_nest_and_have_the_kind_of_their_scope),
        IN_A_WORLD(scopes_that_were_not_asked_for_are_not_told),
        IN_A_WORLD(each_level_includes_those_before),
        IN_A_WORLD(short_steps_are_spared_the_look_in_between),
        IN_A_WORLD(a_change_waits_for_the_end_of_a_step),
        IN_A_WORLD(without_marks_one_operator_in_a_thousand_notices),
        IN_A_WORLD(what_was_begun_is_ended_after_the_level_is_lowered),
        IN_A_WORLD(an_end_closes_what_is_inside_and_a_strange_one_nothing),
        IN_A_WORLD(what_is_too_deep_is_left_out),
        IN_A_WORLD(operators_know_where_they_are_from),
        IN_A_WORLD(cupti_hears_of_bursts_and_of_operators_in_them),
        IN_A_WORLD(a_child_says_its_level_and_ends_nothing_of_its_parent),
        IN_A_WORLD(a_signal_handler_may_fork_and_exit_while_a_level_changes),
        IN_A_WORLD(callbacks_that_the_program_cleared_are_not_removed),
        IN_A_WORLD(nothing_is_attached_when_nobody_listens),
        IN_A_WORLD(threads_and_changes_of_level_do_not_disturb_each_other),
        IN_A_WORLD(unknown_versions_are_refused_and_that_is_said),
        IN_A_WORLD(the_canary_dies_of_missing_ends),
        IN_A_WORLD(the_canary_dies_of_wild_names),
        cmocka_unit_test(a_canary_reads_where_there_may_be_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
