/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bursts against a libcupti without a GPU (tests/stub/cupti_stub.h). Compiled a second time against one of CUDA 11.8
 * (JB_STUB_OLD). The probe's state lives as long as the process, so each test leaves no burst behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "double.h"
#include "stub/cupti_stub.h"

#include "probe/probe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define S UINT64_C(1000000000)
enum { STREAM_SYNCHRONIZE = 131, LAUNCH_KERNEL = 211 };

static struct jb_wire *ring;

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * S + (uint64_t)t.tv_nsec;
}

/* Times of CUPTI's clock, us from now. */
static uint64_t gpu(int64_t us)
{
    return now() + (uint64_t)(us * 1000) + (uint64_t)stub_cupti()->ahead_ns;
}

static uint64_t identity(const char *name, unsigned origin)
{
    return (uint64_t)origin << 32 | jb_wire_intern(ring, name);
}

/* End the burst and let calls return until it is over. */
static void finish(void)
{
    probe_cupti_end(ring);
    unsigned before = stub_cupti()->flushes;
    for (int i = 0; i < 2000 && stub_cupti()->flushes == before && stub_cupti()->callback_ids > 0; i++) {
        stub_cupti_call(2, STREAM_SYNCHRONIZE, 0);
        stub_cupti_call(2, STREAM_SYNCHRONIZE, 1);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

static int setup(void **state)
{
    (void)state;
    double_reset();
    stub_cupti_reset();
    stub_cupti()->ahead_ns = INT64_C(1700000000) * 1000000000; /* as the time of day */
    stub_cuda_set(0, 2);
    ring = jb_wire_attach();
    return 0;
}

static void test_a_burst(void **state)
{
    (void)state;
    assert_false(probe_cupti_push(identity("early", JB_KERNEL_FORWARD)));
    probe_cupti_begin(ring);
    struct stub_cupti *stub = stub_cupti();
    assert_true(stub->subscribed);
    assert_int_equal(stub->without_subscription, 0);
    assert_true(stub->kinds[1] && stub->kinds[2] && stub->kinds[10] && stub->kinds[17] && stub->kinds[39] &&
                stub->kinds[51]);
#ifdef JB_STUB_OLD
    assert_true(stub->kinds[4] && stub->kinds[5]); /* no calls one by one */
#else
    assert_true(stub->api_ids > 100);
    assert_false(stub->kinds[4] || stub->kinds[5]);
#endif
    assert_int_equal(double_state.attached, JB_PATH_CUPTI);
    assert_int_equal(stub->callback_ids, 0); /* calls cost nothing more while it runs */
    assert_true(probe_cupti_push(identity("aten::addmm", JB_KERNEL_FORWARD)));
    uint64_t t0 = gpu(-500);
    stub_cupti_launch(1, 7, t0, t0 + 1000, "_Z4gemmv");
    assert_true(probe_cupti_push(identity("aten::mm", JB_KERNEL_BACKWARD)));
    stub_cupti_launch(2, 7, t0 + 2000, t0 + 3000, "_Z4gemmv");
    probe_cupti_pop();
    stub_cupti_launch(3, 7, t0 + 4000, t0 + 5000, "_Z4gemmv");
    probe_cupti_pop();
    stub_cupti_launch(4, 7, t0 + 6000, t0 + 7000, "_Z4gemmv");
    stub_cupti_copy(5, 1, t0 + 8000, t0 + 9000);
    probe_cupti_pop(); /* one too many */
    assert_int_equal(stub->underflows, 0);
    finish();
    assert_true(stub->finalized);
    assert_true(stub->flushed);
    assert_false(stub->subscribed);
    for (int i = 0; i < 64; i++) {
        assert_false(stub->kinds[i]);
    }
    assert_int_equal(double_state.span_count, 5);
    static const char *const names[] = {"aten::addmm", "aten::mm", "aten::addmm", "gemm", "memcpy HtoD"};
    static const unsigned origins[] = {JB_KERNEL_FORWARD, JB_KERNEL_BACKWARD, JB_KERNEL_FORWARD, JB_KERNEL_UNKNOWN,
                                       JB_KERNEL_UNKNOWN};
    for (unsigned i = 0; i < 5; i++) {
        const struct double_span *span = &double_state.spans[i];
        assert_string_equal(span->name, names[i]);
        assert_int_equal(span->origin, origins[i]);
        assert_string_equal(span->device_id, "0000:41:00.0");
        /* Both clocks are read through a call: the error is that of the reading. */
        uint64_t expected = t0 + 2000 * i - (uint64_t)stub->ahead_ns;
        assert_in_range(span->t0_ns, expected - 20000, expected + 20000);
        assert_in_range(span->t1_ns - span->t0_ns, 990, 1010);
    }
    assert_int_equal(double_state.gpu_lost, 0);
    assert_string_equal(double_state.notes, "");
    assert_false(probe_cupti_push(identity("late", JB_KERNEL_FORWARD)));
}

static void test_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        probe_cupti_begin(ring);
        probe_cupti_begin(ring); /* twice is once */
        assert_true(probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD)));
        uint64_t t0 = gpu(0);
        stub_cupti_launch((uint32_t)(10 + i), 7, t0, t0 + 1000, "k");
        probe_cupti_pop();
        finish();
    }
    assert_int_equal(stub_cupti()->subscriptions, 3);
    assert_int_equal(stub_cupti()->finalisations, 3);
    assert_int_equal(double_state.span_count, 3);
}

static void test_begin_before_the_end_is_over(void **state)
{
    (void)state;
    probe_cupti_begin(ring);
    probe_cupti_end(ring);
    assert_true(stub_cupti()->callback_ids > 0);
    assert_false(probe_cupti_push(identity("between", JB_KERNEL_FORWARD)));
    probe_cupti_begin(ring);
    assert_int_equal(stub_cupti()->callback_ids, 0);
    assert_true(probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD)));
    probe_cupti_pop();
    assert_int_equal(stub_cupti()->subscriptions, 1);
    finish();
    assert_true(stub_cupti()->finalized);
}

static void test_not_at_once(void **state)
{
    (void)state;
    probe_cupti_begin(ring);
    uint64_t before = now();
    probe_cupti_end(ring);
    assert_true(stub_cupti_call(2, LAUNCH_KERNEL, 1));
    assert_true(now() - before > S || !stub_cupti()->finalized); /* a launch: its kernels still run */
    while (now() - before < 30000000) {
    }
    stub_cupti_call(2, STREAM_SYNCHRONIZE, 0); /* entry: not yet */
    assert_false(stub_cupti()->finalized);
    stub_cupti_call(2, STREAM_SYNCHRONIZE, 1);
    assert_true(stub_cupti()->finalized);
}

static void test_out_of_order_buffers(void **state)
{
    (void)state;
    probe_cupti_begin(ring);
    uint64_t t0 = gpu(0);
    stub_cupti_kernel(21, 0, 7, t0 + 4000, t0 + 5000, "k"); /* completes first */
    stub_cupti_complete();
    stub_cupti_kernel(20, 0, 7, t0, t0 + 1000, "k");
    probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD));
    stub_cupti_tie(20);
    probe_cupti_pop();
    stub_cupti_complete();
    probe_cupti_push(identity("aten::relu", JB_KERNEL_FORWARD));
    stub_cupti_tie(21);
    probe_cupti_pop();
    finish();
    assert_int_equal(double_state.span_count, 2);
    assert_string_equal(double_state.spans[0].name, "aten::mm");
    assert_string_equal(double_state.spans[1].name, "aten::relu");
}

static void test_losses(void **state)
{
    (void)state;
    probe_cupti_begin(ring);
    stub_cupti_kernel(30, 0, 7, 0, 0, "k"); /* no times */
    uint64_t t0 = gpu(0);
    stub_cupti_kernel(31, 0, 7, t0, t0 - 5, "k");
    stub_cupti()->dropped = 40;
    uint32_t unknown_kind = 63;
    stub_cupti_raw(&unknown_kind, sizeof(unknown_kind)); /* ends the reading of its buffer */
    finish();
    assert_int_equal(double_state.span_count, 0);
    assert_int_equal(double_state.gpu_lost, 42);
}

static void test_buffers_run_out(void **state)
{
    (void)state;
    probe_cupti_begin(ring);
    /* One buffer is used again and again: nothing is lost. */
    for (uint32_t i = 0; i < 20000; i++) {
        uint64_t t0 = gpu(0) + i * 100;
        stub_cupti_launch(100 + i, 7, t0, t0 + 50, "k");
    }
    assert_true(stub_cupti()->completions > 3);
    assert_int_equal(stub_cupti()->refused_requests, 0);
    finish();
    assert_int_equal(double_state.gpu_lost, 0);
}

static void test_held_by_another(void **state)
{
    (void)state;
    stub_cupti()->subscribe_result = 39;
    stub_cupti()->holder = "CUPTI for Nsight";
    probe_cupti_begin(ring);
    assert_false(probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD)));
#ifdef JB_STUB_OLD
    assert_non_null(strstr(double_state.notes, "another profiler or debugger has it"));
#else
    assert_non_null(strstr(double_state.notes, "CUPTI: CUPTI for Nsight has it"));
#endif
    for (int i = 0; i < 64; i++) {
        assert_false(stub_cupti()->kinds[i]); /* nothing of the other's is touched */
    }
    assert_int_equal(stub_cupti()->finalisations, 0);
    stub_cupti()->subscribe_result = 0; /* it goes: a later operator finds that */
    unsigned tries = 0;
    while (!probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD))) {
        assert_true(++tries < 5000);
    }
    probe_cupti_pop();
    finish();
}

static void test_refused(void **state)
{
    (void)state;
    stub_cupti()->kernel_result = 43;
    probe_cupti_begin(ring);
    assert_false(stub_cupti()->subscribed);
    assert_non_null(strstr(double_state.notes, "MIG"));
    stub_cupti()->kernel_result = 777;
    probe_cupti_begin(ring);
    assert_non_null(strstr(double_state.notes, "(CUptiResult 777)"));
    stub_cupti()->kernel_result = 0;
    probe_cupti_begin(ring);
    assert_true(stub_cupti()->subscribed);
    finish();
}

static void test_clock_fails(void **state)
{
    (void)state;
    stub_cupti()->clock_fails = true;
    probe_cupti_begin(ring);
    uint64_t t0 = gpu(0);
    stub_cupti_launch(40, 7, t0, t0 + 100, "k");
    finish();
    assert_int_equal(double_state.span_count, 0);
    assert_int_equal(double_state.gpu_lost, 1);
}

static void test_forbidden(void **state)
{
    (void)state;
    double_state.forbidden = JB_PATH_CUPTI;
    probe_cupti_begin(ring);
    probe_cupti_begin(NULL);
    assert_int_equal(stub_cupti()->subscriptions, 0);
    double_state.forbidden = 0;
    probe_cupti_begin(ring);
    assert_int_equal(stub_cupti()->subscriptions, 1);
    double_state.forbidden = JB_PATH_CUPTI; /* in mid-burst */
    for (int i = 0; i < 200; i++) {
        if (probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD))) {
            probe_cupti_pop();
        }
    }
    assert_false(probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD)));
    finish();
    assert_true(stub_cupti()->finalized);
}

static void test_refused_pushes(void **state)
{
    (void)state;
    probe_cupti_begin(ring);
    stub_cupti()->refuse_pushes = true;
    assert_false(probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD)));
    probe_cupti_pop();
    assert_int_equal(stub_cupti()->pops + stub_cupti()->underflows, 0);
    finish();
}

/* Last: what saw a graph before CUDA 12.6 is not finalised any more. */
static void test_graphs(void **state)
{
    (void)state;
    probe_cupti_begin(ring);
    uint64_t t0 = gpu(0);
    stub_cupti_graph(50, 3, t0, t0 + 1000);
    probe_cupti_push(identity("GraphedForward", JB_KERNEL_FORWARD));
    stub_cupti_tie(51);
    probe_cupti_pop();
    stub_cupti_graph(51, 4, t0 + 2000, t0 + 3000);
    finish();
    assert_int_equal(double_state.span_count, 2);
    assert_string_equal(double_state.spans[0].name, "CUDA graph 3");
    assert_string_equal(double_state.spans[1].name, "GraphedForward");
#ifdef JB_STUB_OLD
    assert_false(stub_cupti()->finalized); /* would break the program */
    assert_non_null(strstr(double_state.notes, "before CUDA 12.6"));
    assert_false(stub_cupti()->kinds[10]);
    assert_int_equal(stub_cupti()->callback_ids, 0);
    probe_cupti_begin(ring); /* goes on with the subscription that it has */
    assert_int_equal(stub_cupti()->subscriptions, 1);
    assert_true(probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD)));
    probe_cupti_pop();
    finish();
#else
    assert_true(stub_cupti()->finalized);
#endif
}

static void test_own_time(void **state)
{
    (void)state;
    probe_cupti_begin(ring);
    uint64_t t0 = gpu(0);
    stub_cupti_overhead(t0, t0 + 5 * S);
    finish();
    /* Told with the first burst of a process only; whether this is the first depends on the tests before. */
    assert_true(double_state.notes[0] == '\0' || strstr(double_state.notes, "for itself") != NULL);
}

static _Atomic bool stop;

static void *operators(void *unused)
{
    (void)unused;
    uint64_t id = identity("aten::threaded", JB_KERNEL_FORWARD);
    while (!atomic_load(&stop)) {
        probe_cupti_push(id);
        probe_cupti_push(id);
        probe_cupti_pop();
        probe_cupti_pop();
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    atomic_store(&stop, false);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, operators, NULL), 0);
    }
    for (int i = 0; i < 5; i++) {
        probe_cupti_begin(ring);
        finish();
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    finish(); /* a thread that was in the middle of something may have had to put the last end off */
    assert_in_range(stub_cupti()->finalisations, 1, 5);
    assert_int_equal(stub_cupti()->without_subscription, 0);
}

static int result_pipe[2];

static void report(void)
{
    unsigned count = double_state.span_count;
    if (write(result_pipe[1], &count, sizeof(count)) != (ssize_t)sizeof(count)) {
        _exit(1);
    }
}

/* Before any burst of this process: a child that begins one, and ends without a call that returns. */
static void test_exit_in_a_burst(void **state)
{
    (void)state;
    assert_int_equal(pipe(result_pipe), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        atexit(report); /* runs after the probe's */
        probe_cupti_begin(ring);
        uint64_t t0 = gpu(0);
        stub_cupti_launch(60, 7, t0, t0 + 100, "k");
        exit(0);
    }
    unsigned count = 0;
    assert_int_equal(read(result_pipe[0], &count, sizeof(count)), sizeof(count));
    int status = 0;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(count, 1);
}

static void test_no_cuda_yet(void **state)
{
    (void)state;
    stub_cuda_set(3, 0); /* CUDA_ERROR_NOT_INITIALIZED */
    probe_cupti_begin(ring);
    assert_int_equal(stub_cupti()->subscriptions, 0);
    assert_string_equal(double_state.notes, "");
    stub_cuda_set(0, 1);
    assert_false(probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD)));
    probe_cupti_arrived(); /* a library more: look again */
    assert_true(probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD)));
    probe_cupti_pop();
    finish();
}

/* A child of a process in a burst must not call CUPTI. */
static void test_fork_in_a_burst(void **state)
{
    (void)state;
    probe_cupti_begin(ring);
    probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        unsigned before = stub_cupti()->pushes + stub_cupti()->pops + stub_cupti()->flushes;
        bool pushed = false;
        for (int i = 0; i < 3000; i++) {
            pushed |= probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD));
        }
        probe_cupti_pop();
        probe_cupti_end(ring);
        probe_cupti_begin(ring);
        pushed |= probe_cupti_push(identity("aten::mm", JB_KERNEL_FORWARD));
        unsigned after = stub_cupti()->pushes + stub_cupti()->pops + stub_cupti()->flushes;
        _exit(pushed || before != after || stub_cupti()->subscriptions != 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    probe_cupti_pop();
    finish();
    assert_true(stub_cupti()->finalized);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_exit_in_a_burst, setup),
        cmocka_unit_test_setup(test_no_cuda_yet, setup),
        cmocka_unit_test_setup(test_own_time, setup),
        cmocka_unit_test_setup(test_a_burst, setup),
        cmocka_unit_test_setup(test_again, setup),
        cmocka_unit_test_setup(test_begin_before_the_end_is_over, setup),
        cmocka_unit_test_setup(test_not_at_once, setup),
        cmocka_unit_test_setup(test_out_of_order_buffers, setup),
        cmocka_unit_test_setup(test_losses, setup),
        cmocka_unit_test_setup(test_buffers_run_out, setup),
        cmocka_unit_test_setup(test_held_by_another, setup),
        cmocka_unit_test_setup(test_refused, setup),
        cmocka_unit_test_setup(test_clock_fails, setup),
        cmocka_unit_test_setup(test_forbidden, setup),
        cmocka_unit_test_setup(test_refused_pushes, setup),
        cmocka_unit_test_setup(test_threads, setup),
        cmocka_unit_test_setup(test_fork_in_a_burst, setup),
        cmocka_unit_test_setup(test_graphs, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
