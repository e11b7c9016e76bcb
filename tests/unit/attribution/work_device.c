/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels: streams at one time, phases, what is not caught, what comes late; looking back. */
#include "work_feed.h"

#include <errno.h>

static void kernel(struct feed *feed, uint64_t us, uint64_t end_us, const char *name, unsigned origin)
{
    jb_work_kernel(feed->work, 1, us * US, end_us * US, name, feed_name(feed, name), origin, 0);
}

static void test_streams_share(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_work_piece piece;
    struct jb_work_share shares[4];

    (void)state;
    jb_work_advance(feed.work, 1000 * US);
    kernel(&feed, 300, 400, "gemm", JB_KERNEL_BACKWARD);
    kernel(&feed, 100, 200, "gemm", JB_KERNEL_FORWARD);
    kernel(&feed, 150, 250, "Memcpy HtoD", JB_KERNEL_DATA); /* of another stream */
    jb_work_advance_device(feed.work, 1, 350 * US, true);
    jb_work_advance_device(feed.work, 1, 500 * US, true);
    assert_near(cell_us(&feed, 1, "gemm"), 50 + 25 + 100);
    assert_near(cell_us(&feed, 1, "Memcpy HtoD"), 25 + 50);
    assert_near(cell_us(&feed, 1, ""), 250);
    assert_near(jb_work_cell(feed.work, 1, 1)->calls, 2);
    assert_int_equal(jb_work_cell(feed.work, 1, 1)->op_class, JB_OP_MATMUL);
    assert_near(jb_work_cell(feed.work, 1, 1)->phase_s[JB_PHASE_BACKWARD], 100e-6);
    assert_near(jb_work_cell(feed.work, 1, 1)->context_s[JB_CONTEXT_BACKWARD], 100e-6);
    assert_near(jb_work_cell(feed.work, 1, 2)->phase_s[JB_PHASE_DATA], 75e-6);
    jb_work_cut(feed.work, 1, &piece);
    assert_int_equal(piece.t1_ns, 500 * US);
    assert_near(piece_sum(&piece), 500e-6);
    assert_int_equal(jb_work_features(feed.work, 1, 150 * US, 200 * US, shares, 4), 2);
    assert_near(shares[0].seconds, 25e-6);
    assert_int_equal(jb_work_features(feed.work, 1, 150 * US, 501 * US, shares, 4), -EAGAIN);
    assert_sums(feed.work, 1000e-6);
    jb_work_destroy(feed.work);
}

/* Training or evaluation is the host's of that time. */
static void test_phases(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);

    (void)state;
    kernel(&feed, 5, 10, "early", JB_KERNEL_UNKNOWN);
    jb_work_advance_device(feed.work, 1, 10 * US, true); /* before any mark */
    feed_span(&feed, 10, 20, JB_EVENT_MARK, "enumerate(DataLoader)#X.__next__");
    feed_span(&feed, 20, 40, JB_EVENT_OPERATOR, "aten::mm");
    feed_span(&feed, 40, 60, JB_EVENT_BACKWARD, "MmBackward0");
    feed_span(&feed, 60, 70, JB_EVENT_MARK, "Optimizer.step#SGD.step");
    feed_span(&feed, 70, 80, JB_EVENT_MARK, "enumerate(DataLoader)#X.__next__");
    feed_span(&feed, 80, 100, JB_EVENT_OPERATOR, "aten::mm");
    feed_span(&feed, 100, 110, JB_EVENT_MARK, "enumerate(DataLoader)#X.__next__");
    kernel(&feed, 30, 40, "gemm", JB_KERNEL_FORWARD);
    kernel(&feed, 90, 100, "gemm", JB_KERNEL_FORWARD);
    kernel(&feed, 62, 68, "adam", JB_KERNEL_OPTIMISE);
    kernel(&feed, 105, 110, "gemm", JB_KERNEL_FORWARD); /* not decided yet */
    kernel(&feed, 108, 109, "odd", 77);
    jb_work_advance(feed.work, 110 * US);
    jb_work_advance_device(feed.work, 1, 110 * US, true);
    assert_near(jb_work_cell(feed.work, 1, 1)->phase_s[JB_PHASE_CREATE], 5e-6);
    assert_near(jb_work_cell(feed.work, 1, 2)->phase_s[JB_PHASE_FORWARD], 10e-6 + 4.5e-6);
    assert_near(jb_work_cell(feed.work, 1, 2)->phase_s[JB_PHASE_EVALUATE], 10e-6);
    assert_near(jb_work_cell(feed.work, 1, 3)->phase_s[JB_PHASE_OPTIMISE], 6e-6);
    assert_near(jb_work_cell(feed.work, 1, 4)->phase_s[JB_PHASE_OTHER], 0.5e-6);
    assert_sums(feed.work, 110e-6);
    jb_work_destroy(feed.work);
}

/* A phase that the program itself says goes before what launched the kernel; before the first mark is create. */
static void test_told_phases(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);

    (void)state;
    feed_begin(&feed, 20, JB_EVENT_PHASE, "evaluate");
    feed_end(&feed, 40);
    feed_begin(&feed, 60, JB_EVENT_PHASE, "train");
    jb_work_advance(feed.work, 100 * US);
    kernel(&feed, 5, 10, "a", JB_KERNEL_FORWARD);
    kernel(&feed, 30, 35, "a", JB_KERNEL_BACKWARD);
    kernel(&feed, 50, 55, "a", JB_KERNEL_UNKNOWN);
    kernel(&feed, 70, 75, "a", JB_KERNEL_OPTIMISE); /* not over: what launched it */
    jb_work_advance_device(feed.work, 1, 100 * US, true);
    assert_near(jb_work_cell(feed.work, 1, 1)->phase_s[JB_PHASE_CREATE], 5e-6);
    assert_near(jb_work_cell(feed.work, 1, 1)->phase_s[JB_PHASE_EVALUATE], 5e-6);
    assert_near(jb_work_cell(feed.work, 1, 1)->phase_s[JB_PHASE_OTHER], 5e-6);
    assert_near(jb_work_cell(feed.work, 1, 1)->phase_s[JB_PHASE_OPTIMISE], 5e-6);
    jb_work_destroy(feed.work);
}

/* Not caught: as the host, in proportion; kernels of that time are not counted, one that goes on after it is. */
static void test_not_caught(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_work_context context;
    struct jb_work_piece piece;
    struct jb_work_share shares[4];

    (void)state;
    feed_span(&feed, 0, 25, JB_EVENT_MARK, "enumerate(DataLoader)#X.__next__");
    feed_span(&feed, 25, 100, JB_EVENT_BACKWARD, "MmBackward0");
    jb_work_advance(feed.work, 100 * US);
    kernel(&feed, 10, 20, "gemm", JB_KERNEL_FORWARD);
    kernel(&feed, 180, 260, "gemm", JB_KERNEL_FORWARD);
    jb_work_advance_device(feed.work, 1, 200 * US, false);
    jb_work_context(feed.work, 1, JB_CONTEXT_DATA, &context);
    assert_near(context.unknown_s, 50e-6);
    assert_near(context.unknown_phase_s[JB_PHASE_DATA], 50e-6);
    jb_work_context(feed.work, 1, JB_CONTEXT_BACKWARD, &context);
    assert_near(context.unknown_s, 150e-6);
    jb_work_advance_device(feed.work, 1, 300 * US, true);
    assert_near(cell_us(&feed, 1, "gemm"), 60);
    assert_near(cell_us(&feed, 1, ""), 40);
    jb_work_cut(feed.work, 1, &piece);
    assert_near(piece_sum(&piece), 300e-6);
    assert_near(piece.context_s[JB_CONTEXT_DATA], 50e-6);
    assert_int_equal(jb_work_features(feed.work, 1, 150 * US, 250 * US, shares, 4), -ENODATA);
    assert_int_equal(jb_work_features(feed.work, 1, 200 * US, 300 * US, shares, 4), 2);
    assert_sums(feed.work, 100e-6);
    jb_work_destroy(feed.work);
}

static void test_bad_kernels(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_work_health health;

    (void)state;
    jb_work_advance_device(feed.work, 1, 100 * US, true);
    kernel(&feed, 50, 60, "late", JB_KERNEL_FORWARD);
    kernel(&feed, 300, 200, "backwards", JB_KERNEL_FORWARD);
    kernel(&feed, 50, 150, "half", JB_KERNEL_FORWARD);
    jb_work_kernel(feed.work, 0, 1, 1000, "host", 1, 0, 0);
    jb_work_kernel(feed.work, JB_WORK_DOMAINS, 1, 1000, "none", 1, 0, 0);
    for (int i = 0; i < 200; i++) { /* more at one time than there is room for */
        kernel(&feed, 200, 300, "many", JB_KERNEL_BACKWARD);
    }
    jb_work_advance_device(feed.work, 1, 50 * US, true); /* time does not go back */
    jb_work_advance_device(feed.work, JB_WORK_DOMAINS, 50 * US, true);
    jb_work_advance_device(feed.work, 0, 50 * US, true);
    jb_work_advance_device(feed.work, 1, 400 * US, true);
    assert_near(cell_us(&feed, 1, "half"), 50);
    assert_near(cell_us(&feed, 1, "many"), 100);
    jb_work_health(feed.work, &health);
    assert_int_equal(health.late, 2 + 72);
    for (uint64_t i = 0; i < 70000; i++) { /* and more that wait */
        jb_work_kernel(feed.work, 2, i * 10, i * 10 + 5, "k", 9, JB_KERNEL_BACKWARD, 0);
    }
    jb_work_advance_device(feed.work, 2, 700000, true);
    jb_work_health(feed.work, &health);
    assert_int_equal(health.late, 2 + 72 + 70000 - 65536);
    assert_near(cell_us(&feed, 2, "k"), 65536 * 5e-3);
    assert_sums(feed.work, 0);
    jb_work_destroy(feed.work);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_share), cmocka_unit_test(test_phases),      cmocka_unit_test(test_told_phases),
        cmocka_unit_test(test_not_caught),    cmocka_unit_test(test_bad_kernels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
