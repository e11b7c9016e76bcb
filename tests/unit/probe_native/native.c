/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of open spans: domains that do not nest, levels, depth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "double.h"

#include "probe/native.h"
#include "probe/probe.h"

#include <pthread.h>
#include <string.h>

enum { A = 0x1000, B = 0x2000, C = 0x3000 };

static void begin(uint64_t owner, unsigned kind, const char *name)
{
    struct jb_wire *ring = probe_native_ring(JB_PATH_NVTX, kind);
    probe_native_begin(ring, owner, kind, ring ? jb_wire_intern(ring, name) : 0, JB_KERNEL_UNKNOWN);
}

static int setup(void **state)
{
    (void)state;
    for (uint64_t owner = A; owner <= C; owner += A) {
        while (probe_native_end(owner)) {
        }
    }
    double_reset();
    /* The level of the process is remembered; settle it where the tests begin. */
    probe_native_ring(JB_PATH_NVTX, JB_EVENT_RANGE);
    double_reset();
    return 0;
}

static void test_nested(void **state)
{
    (void)state;
    begin(A, JB_EVENT_RANGE, "step");
    begin(A, JB_EVENT_OPERATOR, "mm");
    assert_int_equal(probe_native_depth(A), 2);
    assert_true(probe_native_end(A));
    assert_true(probe_native_end(A));
    assert_string_equal(double_state.log, "[step <mm > ]");
    assert_int_equal(probe_native_depth(A), 0);
}

static void test_domains_overlap(void **state)
{
    (void)state;
    begin(A, JB_EVENT_RANGE, "a");
    begin(B, JB_EVENT_RANGE, "b");
    begin(C, JB_EVENT_OPERATOR, "c");
    assert_true(probe_native_end(A)); /* waits for b and c */
    assert_string_equal(double_state.log, "[a [b <c");
    assert_int_equal(probe_native_depth(A), 0);
    assert_true(probe_native_end(C));
    assert_string_equal(double_state.log, "[a [b <c >");
    assert_true(probe_native_end(B));
    assert_string_equal(double_state.log, "[a [b <c > ] ]");
}

static void test_over_is_not_found_again(void **state)
{
    (void)state;
    begin(A, JB_EVENT_RANGE, "a1");
    begin(B, JB_EVENT_RANGE, "b");
    assert_true(probe_native_end(A));
    assert_false(probe_native_end(A)); /* a1 has ended */
    begin(A, JB_EVENT_RANGE, "a2");
    assert_true(probe_native_end(A));
    assert_true(probe_native_end(B));
    assert_string_equal(double_state.log, "[a1 [b [a2 ] ] ]");
}

static void test_end_without_begin(void **state)
{
    (void)state;
    assert_false(probe_native_end(A));
    begin(B, JB_EVENT_RANGE, "b");
    assert_false(probe_native_end(A));
    assert_true(probe_native_end(B));
    assert_string_equal(double_state.log, "[b ]");
}

static void test_levels(void **state)
{
    (void)state;
    double_state.level = JB_LEVEL_PHASES;
    begin(A, JB_EVENT_RANGE, "step");
    begin(A, JB_EVENT_OPERATOR, "mm");
    assert_string_equal(double_state.log, "(2) [step");
    double_state.level = JB_LEVEL_FULL; /* mm was begun before: it is not ended on the wire either */
    begin(A, JB_EVENT_OPERATOR, "relu");
    probe_native_end(A);
    probe_native_end(A);
    probe_native_end(A);
    assert_string_equal(double_state.log, "(2) [step (3) <relu > ]");
    assert_int_equal(double_state.ended, 1);
    assert_int_equal(double_state.begun, 1);
    double_state.level = JB_LEVEL_OFF;
    begin(A, JB_EVENT_RANGE, "silent");
    probe_native_end(A);
    assert_string_equal(double_state.log, "(2) [step (3) <relu > ] (0)");
    assert_int_equal(double_state.ended, 2);
}

static void test_pytorch_tells_levels(void **state)
{
    (void)state;
    double_state.pytorch = true;
    double_state.level = JB_LEVEL_MARKS;
    begin(A, JB_EVENT_RANGE, "a");
    probe_native_end(A);
    assert_string_equal(double_state.log, "[a ]");
    assert_int_equal(double_state.ended, 0);
}

static void test_not_listening(void **state)
{
    (void)state;
    double_state.listening = false;
    begin(A, JB_EVENT_RANGE, "a");
    double_state.listening = true;
    double_state.forbidden = JB_PATH_NVTX;
    begin(A, JB_EVENT_OPERATOR, "b");
    double_state.forbidden = 0;
    probe_native_end(A);
    probe_native_end(A);
    assert_string_equal(double_state.log, "");
}

static void test_no_room_on_the_wire(void **state)
{
    (void)state;
    double_state.full = true;
    begin(A, JB_EVENT_OPERATOR, "a");
    double_state.full = false;
    begin(A, JB_EVENT_OPERATOR, "b");
    probe_native_end(A);
    probe_native_end(A);
    assert_string_equal(double_state.log, "<b >");
    assert_int_equal(double_state.pushed, 1);
    assert_int_equal(double_state.popped, 1);
}

static void test_too_deep(void **state)
{
    (void)state;
    for (int i = 0; i < PROBE_NATIVE_DEPTH + 10; i++) {
        begin(i % 2 ? B : A, JB_EVENT_RANGE, "r");
    }
    for (int i = PROBE_NATIVE_DEPTH + 10; i-- > 0;) {
        assert_true(probe_native_end(i % 2 ? B : A));
    }
    size_t begins = 0;
    size_t ends = 0;
    for (const char *c = double_state.log; *c; c++) {
        begins += *c == '[';
        ends += *c == ']';
    }
    assert_int_equal(begins, PROBE_NATIVE_DEPTH);
    assert_int_equal(ends, PROBE_NATIVE_DEPTH);
    assert_false(probe_native_end(A));
}

static void test_kernels_follow_operators(void **state)
{
    (void)state;
    begin(A, JB_EVENT_OPERATOR, "a");
    begin(A, JB_EVENT_RANGE, "r");
    assert_int_equal(double_state.pushed, 1);
    probe_native_end(A);
    assert_int_equal(double_state.popped, 0);
    probe_native_end(A);
    assert_int_equal(double_state.popped, 1);
}

static void *other_thread(void *unused)
{
    (void)unused;
    return probe_native_end(A) ? (void *)1 : NULL;
}

static void test_threads_have_their_own(void **state)
{
    (void)state;
    begin(A, JB_EVENT_RANGE, "a");
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
    pthread_join(thread, &result);
    assert_null(result);
    assert_true(probe_native_end(A));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nested, setup),
        cmocka_unit_test_setup(test_domains_overlap, setup),
        cmocka_unit_test_setup(test_over_is_not_found_again, setup),
        cmocka_unit_test_setup(test_end_without_begin, setup),
        cmocka_unit_test_setup(test_levels, setup),
        cmocka_unit_test_setup(test_pytorch_tells_levels, setup),
        cmocka_unit_test_setup(test_not_listening, setup),
        cmocka_unit_test_setup(test_no_room_on_the_wire, setup),
        cmocka_unit_test_setup(test_too_deep, setup),
        cmocka_unit_test_setup(test_kernels_follow_operators, setup),
        cmocka_unit_test_setup(test_threads_have_their_own, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
