/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timeline: who is busy, how an instant is divided, looking back, pieces, steps, levels; and what is wrong with
 * the events, which never makes it wrong by more than that.
 */
#include "work_feed.h"

#include <errno.h>

static void test_innermost(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);

    (void)state;
    feed_begin(&feed, 100, JB_EVENT_OPERATOR, "aten::conv2d");
    feed_begin(&feed, 110, JB_EVENT_OPERATOR, "aten::convolution");
    feed_begin(&feed, 130, JB_EVENT_OPERATOR, "aten::mkldnn_convolution");
    feed_end(&feed, 200);
    feed_end(&feed, 205);
    feed_end(&feed, 206);
    jb_work_advance(feed.work, 300 * US);
    assert_near(cell_us(&feed, JB_WORK_HOST, ""), 194);
    assert_near(cell_us(&feed, JB_WORK_HOST, "aten::conv2d"), 11);
    assert_near(cell_us(&feed, JB_WORK_HOST, "aten::convolution"), 25);
    assert_near(cell_us(&feed, JB_WORK_HOST, "aten::mkldnn_convolution"), 70);
    assert_int_equal(jb_work_cell_count(feed.work, JB_WORK_HOST), 4);
    assert_int_equal(jb_work_cell(feed.work, JB_WORK_HOST, 1)->op_class, JB_OP_CONVOLUTION);
    assert_near(jb_work_cell(feed.work, JB_WORK_HOST, 3)->calls, 1);
    assert_null(jb_work_cell(feed.work, JB_WORK_HOST, 4));
    assert_null(jb_work_cell(feed.work, JB_WORK_DOMAINS, 0));
    assert_sums(feed.work, 300e-6);
    jb_work_destroy(feed.work);
}

static void test_threads_share(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);

    (void)state;
    feed_begin(&feed, 0, JB_EVENT_OPERATOR, "a");
    feed.thread = 1;
    feed_begin(&feed, 60, JB_EVENT_OPERATOR, "b");
    feed.thread = 2;
    feed.pid = 200; /* another rank: the instant is divided over all */
    feed_level(&feed, 90, JB_LEVEL_FULL);
    feed_begin(&feed, 90, JB_EVENT_OPERATOR, "a");
    feed_end(&feed, 120);
    feed.thread = 0;
    feed.pid = 100;
    feed_end(&feed, 120);
    jb_work_advance(feed.work, 150 * US);
    /* a: 60 alone, 30 / 2, 30 / 3 twice; b: 30 / 2 + 30 / 3 + 30 */
    assert_near(cell_us(&feed, JB_WORK_HOST, "a"), 60 + 15 + 20);
    assert_near(cell_us(&feed, JB_WORK_HOST, "b"), 15 + 10 + 30);
    assert_near(cell_us(&feed, JB_WORK_HOST, ""), 0);
    assert_sums(feed.work, 150e-6);
    jb_work_destroy(feed.work);
}

/* A loader that waits has its own name, and shares with nobody who works. */
static void test_marks_are_faint(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);

    (void)state;
    feed_begin(&feed, 10, JB_EVENT_MARK, "enumerate(DataLoader)#_MultiProcessingDataLoaderIter.__next__");
    feed.thread = 1;
    feed.pid = 200;
    feed_level(&feed, 20, JB_LEVEL_FULL);
    feed_span(&feed, 20, 50, JB_EVENT_OPERATOR, "aten::stack");
    feed.thread = 0;
    feed.pid = 100;
    feed_end(&feed, 60);
    jb_work_advance(feed.work, 60 * US);
    assert_near(cell_us(&feed, JB_WORK_HOST, "enumerate(DataLoader)"), 20);
    assert_near(cell_us(&feed, JB_WORK_HOST, "aten::stack"), 30);
    assert_near(jb_work_cell(feed.work, JB_WORK_HOST, 2)->phase_s[JB_PHASE_DATA], 30e-6);
    assert_near(phase_us(&feed, JB_PHASE_CREATE), 10);
    assert_near(phase_us(&feed, JB_PHASE_DATA), 50);
    assert_sums(feed.work, 60e-6);
    jb_work_destroy(feed.work);
}

static double share_of(const struct jb_work_share *shares, int count, unsigned cell)
{
    double sum = 0;

    for (int i = 0; i < count; i++) {
        sum += shares[i].cell == cell ? shares[i].seconds * 1e6 : 0;
    }
    return sum;
}

static void test_features(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_work_share shares[8];
    int count;

    (void)state;
    feed_span(&feed, 100, 200, JB_EVENT_OPERATOR, "a");
    feed_begin(&feed, 200, JB_EVENT_OPERATOR, "b");
    feed.thread = 1;
    feed_begin(&feed, 220, JB_EVENT_OPERATOR, "a");
    jb_work_advance(feed.work, 300 * US);
    count = jb_work_features(feed.work, JB_WORK_HOST, 50 * US, 250 * US, shares, 8);
    assert_int_equal(count, 3);
    assert_near(share_of(shares, count, 0), 50);
    assert_near(share_of(shares, count, 1), 100 + 15);
    assert_near(share_of(shares, count, 2), 20 + 15);
    assert_int_equal(jb_work_features(feed.work, JB_WORK_HOST, 110 * US, 110 * US, shares, 8), 0);
    assert_int_equal(jb_work_features(feed.work, JB_WORK_HOST, 110 * US, 120 * US, shares, 8), 1);
    assert_int_equal(jb_work_features(feed.work, JB_WORK_HOST, 0, 301 * US, shares, 8), -EAGAIN);
    assert_int_equal(jb_work_features(feed.work, JB_WORK_HOST, 0, 300 * US, shares, 2), -E2BIG);
    assert_int_equal(jb_work_features(feed.work, 1, 0, 300 * US, shares, 8), -ENODATA);
    assert_int_equal(jb_work_features(feed.work, JB_WORK_DOMAINS, 0, 1, shares, 8), -ENODATA);
    jb_work_destroy(feed.work);
}

static void test_features_go(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_work_health health;
    struct jb_work_share shares[8];

    (void)state;
    for (uint64_t us = 0; us < 2000000; us += 2) {
        feed_span(&feed, us, us + 1, JB_EVENT_OPERATOR, "a");
    }
    assert_int_equal(jb_work_features(feed.work, JB_WORK_HOST, 0, 1000, shares, 8), -ENODATA);
    assert_int_equal(jb_work_features(feed.work, JB_WORK_HOST, 1999000 * US, 1999999 * US, shares, 8), 2);
    assert_near(share_of(shares, 2, 1), 500);
    jb_work_health(feed.work, &health);
    assert_true(health.log_lost > 0);
    assert_int_equal(health.events, 2000001);
    jb_work_destroy(feed.work);
}

static void test_pieces(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_work_piece piece;

    (void)state;
    feed_begin(&feed, 100, JB_EVENT_OPERATOR, "a");
    jb_work_advance(feed.work, 400 * US);
    jb_work_cut(feed.work, JB_WORK_HOST, &piece);
    assert_int_equal(piece.t0_ns, 0);
    assert_int_equal(piece.t1_ns, 400 * US);
    assert_near(piece.cell_s[0], 100e-6);
    assert_near(piece.cell_s[1], 300e-6);
    feed_end(&feed, 500);
    feed_level(&feed, 600, JB_LEVEL_PHASES);
    jb_work_advance(feed.work, 1000 * US);
    jb_work_cut(feed.work, JB_WORK_HOST, &piece);
    assert_int_equal(piece.t0_ns, 400 * US);
    assert_near(piece.cell_s[0], 100e-6);
    assert_near(piece.cell_s[1], 100e-6);
    assert_near(piece.context_s[JB_CONTEXT_CREATE], 400e-6);
    jb_work_cut(feed.work, JB_WORK_HOST, &piece);
    assert_int_equal(piece.t0_ns, piece.t1_ns);
    assert_near(piece_sum(&piece), 0);
    jb_work_cut(feed.work, JB_WORK_DOMAINS, &piece);
    assert_int_equal(piece.t1_ns, 0);
    assert_sums(feed.work, 1000e-6);
    jb_work_destroy(feed.work);
}

/* A program that tells nothing: no cells, everything unknown. */
static void test_silence(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_OFF);
    struct jb_work_share shares[8];
    struct jb_work_context context;

    (void)state;
    jb_work_advance(feed.work, 1000 * US);
    assert_int_equal(jb_work_cell_count(feed.work, JB_WORK_HOST), 1);
    assert_near(cell_us(&feed, JB_WORK_HOST, ""), 0);
    jb_work_context(feed.work, JB_WORK_HOST, JB_CONTEXT_CREATE, &context);
    assert_near(context.unknown_s, 1000e-6);
    assert_near(context.caught_s, 0);
    assert_int_equal(jb_work_features(feed.work, JB_WORK_HOST, 0, 500, shares, 8), -ENODATA);
    assert_near(phase_us(&feed, JB_PHASE_CREATE), 1000);
    assert_sums(feed.work, 1000e-6);
    jb_work_destroy(feed.work);
}

/* An operator that was begun before its level fell counts up to there. */
static void test_level_falls_inside(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_work_share shares[8];

    (void)state;
    feed_begin(&feed, 100, JB_EVENT_OPERATOR, "a");
    feed_level(&feed, 150, JB_LEVEL_PHASES);
    feed_end(&feed, 180);
    feed_level(&feed, 300, JB_LEVEL_FULL);
    feed_span(&feed, 320, 330, JB_EVENT_OPERATOR, "a");
    jb_work_advance(feed.work, 400 * US);
    assert_near(cell_us(&feed, JB_WORK_HOST, "a"), 60);
    assert_near(cell_us(&feed, JB_WORK_HOST, ""), 190);
    assert_int_equal(jb_work_features(feed.work, JB_WORK_HOST, 100 * US, 160 * US, shares, 8), -ENODATA);
    assert_int_equal(jb_work_features(feed.work, JB_WORK_HOST, 100 * US, 150 * US, shares, 8), 1);
    assert_int_equal(jb_work_features(feed.work, JB_WORK_HOST, 300 * US, 400 * US, shares, 8), 2);
    assert_sums(feed.work, 400e-6);
    jb_work_destroy(feed.work);
}

/* Two processes: caught while both catch. One that died at a lower level does not matter for ever. */
static void test_levels_of_processes(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_PHASES);
    struct jb_work_context context;

    (void)state;
    feed.thread = 1;
    feed.pid = 200;
    feed_level(&feed, 100, JB_LEVEL_FULL);
    feed_span(&feed, 110, 120, JB_EVENT_OPERATOR, "a"); /* the first one may still be alive: not caught */
    jb_work_advance(feed.work, 200 * US);
    assert_near(cell_us(&feed, JB_WORK_HOST, "a"), 0);
    feed_span(&feed, 200000, 200010, JB_EVENT_OPERATOR, "a"); /* it should have followed by now */
    jb_work_advance(feed.work, 200100 * US);
    assert_near(cell_us(&feed, JB_WORK_HOST, "a"), 10);
    feed.thread = 0;
    feed.pid = 100;
    feed_span(&feed, 200100, 200110, JB_EVENT_MARK, "Optimizer.step#SGD.step"); /* it is alive after all */
    jb_work_advance(feed.work, 200200 * US);
    jb_work_context(feed.work, JB_WORK_HOST, JB_CONTEXT_REST, &context);
    assert_near(context.unknown_s, 90e-6);
    jb_work_gone(feed.work, 100);
    feed.thread = 1;
    feed.pid = 200;
    feed_span(&feed, 200210, 200220, JB_EVENT_OPERATOR, "a");
    jb_work_advance(feed.work, 200300 * US);
    assert_near(cell_us(&feed, JB_WORK_HOST, "a"), 20);
    assert_sums(feed.work, 200300e-6);
    jb_work_destroy(feed.work);
}

/* Whoever tells an operator catches them, said or not; a mark alone says nothing. */
static void test_level_not_told(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_OFF);

    (void)state;
    feed_span(&feed, 10, 20, JB_EVENT_MARK, "Optimizer.step#SGD.step");
    assert_near(cell_us(&feed, JB_WORK_HOST, "Optimizer.step#SGD.step"), 0);
    feed_span(&feed, 30, 50, JB_EVENT_OPERATOR, "a");
    jb_work_advance(feed.work, 60 * US);
    assert_near(cell_us(&feed, JB_WORK_HOST, "a"), 20);
    assert_near(cell_us(&feed, JB_WORK_HOST, ""), 10);
    assert_sums(feed.work, 60e-6);
    jb_work_destroy(feed.work);
}

static void test_wrapped_name_is_one_call(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);

    (void)state;
    feed_begin(&feed, 0, JB_EVENT_BACKWARD, "autograd::engine::evaluate_function: MmBackward0");
    feed_begin(&feed, 10, JB_EVENT_OPERATOR, "MmBackward0");
    feed_span(&feed, 20, 50, JB_EVENT_OPERATOR, "aten::mm");
    feed_end(&feed, 60);
    feed_end(&feed, 70);
    jb_work_advance(feed.work, 70 * US);
    assert_int_equal(jb_work_cell_count(feed.work, JB_WORK_HOST), 3);
    assert_string_equal(jb_work_cell(feed.work, JB_WORK_HOST, 1)->name, "MmBackward0");
    assert_near(jb_work_cell(feed.work, JB_WORK_HOST, 1)->calls, 1);
    assert_near(cell_us(&feed, JB_WORK_HOST, "MmBackward0"), 40);
    assert_near(phase_us(&feed, JB_PHASE_BACKWARD), 70);
    jb_work_destroy(feed.work);
}

static void test_steps(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_PHASES);
    struct jb_work_steps steps;
    uint64_t us = 0;

    (void)state;
    assert_near(jb_work_steps_per_s(feed.work), 0);
    for (int i = 0; i < 101; i++) {
        us += i == 50 ? 500000 : 1000; /* one with an evaluation in it */
        feed_span(&feed, us - 100, us, JB_EVENT_MARK, "Optimizer.step#SGD.step");
    }
    assert_int_equal(jb_work_step_count(feed.work), 101);
    jb_work_steps(feed.work, JB_LEVEL_PHASES, &steps);
    assert_int_equal(steps.count, 100); /* the first has no beginning */
    assert_near(steps.mean_s, 1e-3);
    assert_near(steps.var_s, 0);
    assert_near(steps.total_s, 99e-3 + 0.5);
    assert_near(jb_work_steps_per_s(feed.work), 1000);
    feed_level(&feed, us + 500, JB_LEVEL_FULL);
    feed_span(&feed, us + 900, us + 1000, JB_EVENT_MARK, "Optimizer.step#SGD.step");
    jb_work_steps(feed.work, JB_LEVEL_FULL, &steps);
    assert_int_equal(steps.count, 0); /* caught at two levels */
    feed_span(&feed, us + 2900, us + 3000, JB_EVENT_MARK, "Optimizer.step#SGD.step");
    jb_work_steps(feed.work, JB_LEVEL_FULL, &steps);
    assert_int_equal(steps.count, 1);
    assert_near(steps.mean_s, 2e-3);
    jb_work_steps(feed.work, JB_LEVEL_FULL + 1, &steps);
    assert_int_equal(steps.count, 0);
    jb_work_advance(feed.work, us * US + UINT64_C(60000000000));
    assert_near(jb_work_steps_per_s(feed.work), 0);
    jb_work_destroy(feed.work);
}

/* Steps that the program tells take the place of those by marks; other ranks' are not counted. */
static void test_steps_told(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_PHASES);
    struct jb_work_steps steps;

    (void)state;
    for (uint64_t us = 0; us < 10000; us += 1000) {
        feed_begin(&feed, us + 100, JB_EVENT_STEP, "");
        feed_span(&feed, us + 200, us + 300, JB_EVENT_MARK, "Optimizer.step#SGD.step");
        feed.thread = 1;
        feed.pid = 101;
        feed_span(&feed, us + 300, us + 310, JB_EVENT_STEP, "");
        feed.thread = 0;
        feed.pid = 100;
        feed_end(&feed, us + 400);
    }
    assert_int_equal(jb_work_step_count(feed.work), 1 + 10);
    jb_work_steps(feed.work, JB_LEVEL_OFF, &steps);
    assert_int_equal(steps.count, 10); /* of rank 101, which was the first to end one, and never told its level */
    assert_near(steps.mean_s, 10e-6);
    jb_work_destroy(feed.work);
}

static void test_bad_events(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_work_health health;

    (void)state;
    feed_end(&feed, 10);
    feed_begin(&feed, 20, JB_EVENT_OPERATOR, "a");
    feed_begin(&feed, 15, JB_EVENT_OPERATOR, "b"); /* back in time: as if now */
    for (int i = 0; i < 300; i++) {
        feed_begin(&feed, 30, JB_EVENT_OPERATOR, "c");
    }
    for (int i = 0; i < 300; i++) {
        feed_end(&feed, 40);
    }
    feed_end(&feed, 50);
    feed_end(&feed, 60);
    feed_end(&feed, 70);
    feed_begin(&feed, 80, 200, "of no kind");
    feed_begin(&feed, 90, JB_EVENT_OPERATOR, "a");
    feed_end(&feed, 100);
    feed_end(&feed, 110);
    feed_event(&feed, UINT64_MAX / US, JB_EVENT_OPERATOR, 0, "a", 0);
    jb_work_advance(feed.work, UINT64_MAX);
    jb_work_health(feed.work, &health);
    assert_int_equal(health.unmatched_ends, 2);
    assert_int_equal(health.too_deep, 300 + 2 - JB_WORK_DEPTH);
    assert_int_equal(health.late, 1);
    assert_near(cell_us(&feed, JB_WORK_HOST, "b"), 10 + 10);
    assert_sums(feed.work, (double)UINT64_MAX * 1e-9);
    jb_work_destroy(feed.work);
}

/* A thread's number is used again: what its owner before had open is over. */
static void test_generations(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_event event = {.t_ns = 100 * US, .kind = JB_EVENT_OPERATOR, .name = 7};

    (void)state;
    feed_begin(&feed, 50, JB_EVENT_OPERATOR, "a");
    jb_work_event(feed.work, &event, "b", 0, 2, 100);
    event.flags = JB_EVENT_END;
    event.t_ns = 150 * US;
    jb_work_event(feed.work, &event, "b", 0, 2, 100);
    jb_work_advance(feed.work, 200 * US);
    assert_near(cell_us(&feed, JB_WORK_HOST, "b"), 50);
    assert_near(cell_us(&feed, JB_WORK_HOST, ""), 100);
    assert_sums(feed.work, 200e-6);
    jb_work_destroy(feed.work);
}

/* A thread that ends leaves nothing open, also when nobody takes its number. */
static void test_ended(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_event event = {.t_ns = 100 * US};

    (void)state;
    feed_begin(&feed, 50, JB_EVENT_OPERATOR, "a");
    jb_work_event(feed.work, &event, "", 0, 1, 100);
    jb_work_advance(feed.work, 200 * US);
    assert_near(cell_us(&feed, JB_WORK_HOST, "a"), 50);
    assert_near(cell_us(&feed, JB_WORK_HOST, ""), 150);
    assert_sums(feed.work, 200e-6);
    jb_work_destroy(feed.work);
}

static void test_many_names(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    struct jb_work_health health;
    uint64_t us = 0;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        char name[JB_WORK_NAME + 40];
        struct jb_event event = {.t_ns = us * US, .kind = JB_EVENT_OPERATOR, .name = i};

        memset(name, 'x', sizeof(name)); /* long ones differ at the front only */
        name[0] = (char)('a' + i % 26);
        name[1] = (char)('a' + i / 26 % 26);
        name[2] = (char)('a' + i / 676);
        name[sizeof(name) - 1] = '\0';
        jb_work_event(feed.work, &event, name, 0, 1, 100);
        feed_end(&feed, ++us);
    }
    jb_work_advance(feed.work, 1000 * US);
    assert_int_equal(jb_work_cell_count(feed.work, JB_WORK_HOST), JB_WORK_CELLS);
    assert_string_equal(jb_work_cell(feed.work, JB_WORK_HOST, JB_WORK_CELLS - 1)->name, "(others)");
    assert_near(cell_us(&feed, JB_WORK_HOST, "(others)"), 1000 - (JB_WORK_CELLS - 2));
    assert_int_equal(strlen(jb_work_cell(feed.work, JB_WORK_HOST, 1)->name), JB_WORK_NAME - 1);
    jb_work_health(feed.work, &health);
    assert_int_equal(health.too_many_cells, 1000 - (JB_WORK_CELLS - 2));
    assert_sums(feed.work, 1000e-6);
    jb_work_destroy(feed.work);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_innermost),
        cmocka_unit_test(test_threads_share),
        cmocka_unit_test(test_marks_are_faint),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_features_go),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_level_falls_inside),
        cmocka_unit_test(test_levels_of_processes),
        cmocka_unit_test(test_level_not_told),
        cmocka_unit_test(test_wrapped_name_is_one_call),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_steps_told),
        cmocka_unit_test(test_bad_events),
        cmocka_unit_test(test_generations),
        cmocka_unit_test(test_ended),
        cmocka_unit_test(test_many_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
