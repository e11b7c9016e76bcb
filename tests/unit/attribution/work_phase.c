/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phases of training loops as people write them, at each level; of programs that tell their own; over threads and
 * processes. A loop is written as lines "begin-end what", each 10 us long unless it says so.
 */
#include "work_feed.h"

#define FETCH "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"
#define ZERO  "Optimizer.zero_grad#SGD.zero_grad"
#define STEP  "Optimizer.step#SGD.step"
#define NODE  "autograd::engine::evaluate_function: MmBackward0"

/*
 * One letter is 10 us: f fetch, z zero_grad, m matrix product, o another operator, b node, s optimiser's step,
 * . nothing. Operators are left out below JB_LEVEL_FULL, nodes below JB_LEVEL_PHASES. Returns the time at its end.
 */
static uint64_t play(struct feed *feed, uint64_t us, enum jb_level level, const char *letters)
{
    for (; *letters != '\0'; letters++, us += 10) {
        switch (*letters) {
        case 'f':
            feed_span(feed, us, us + 10, JB_EVENT_MARK, FETCH);
            break;
        case 'z':
            feed_span(feed, us, us + 10, JB_EVENT_MARK, ZERO);
            break;
        case 's':
            feed_span(feed, us, us + 10, JB_EVENT_MARK, STEP);
            break;
        case 'm':
        case 'o':
            if (level == JB_LEVEL_FULL) {
                feed_span(feed, us, us + 10, JB_EVENT_OPERATOR, *letters == 'm' ? "aten::mm" : "aten::item");
            }
            break;
        case 'b':
            if (level >= JB_LEVEL_PHASES) {
                feed_span(feed, us, us + 10, JB_EVENT_BACKWARD, NODE);
            }
            break;
        default:
            break;
        }
    }
    jb_work_advance(feed->work, us * US);
    return us;
}

/* What each letter is: c create, d data, f forward, b backward, o optimise, e evaluate, - other, y body. */
static void expect(enum jb_level level, const char *letters, const char *phases)
{
    static const char signs[JB_PHASES + 1] = "cdfboe-y";
    struct feed feed = feed_start(level);
    uint64_t us = play(&feed, 0, level, letters);
    bool same = true;

    assert_int_equal(strlen(letters), strlen(phases));
    for (unsigned phase = 0; phase < JB_PHASES; phase++) {
        double expected = 0;

        for (const char *at = phases; *at != '\0'; at++) {
            expected += *at == signs[phase] ? 10 : 0;
        }
        if (fabs(phase_us(&feed, phase) - expected) > 1e-6) {
            print_error("%s: %s is %g us, not %g\n", letters, jb_phase_name(phase), phase_us(&feed, phase), expected);
            same = false;
        }
    }
    assert_true(same);
    assert_sums(feed.work, (double)us * 1e-6);
    jb_work_destroy(feed.work);
}

static void test_loops(void **state)
{
    (void)state;
    /* A loader; then an evaluation with a loader of its own, whose last fetch is in vain as the first one's was. */
    expect(JB_LEVEL_FULL, "ooo.f.z.mmo.b.b.os.ofzmmbsf.ofm.mofmof..", "ccccdfofffffbbb--o--doffbod--deeeedeed--");
}

static void test_orders(void **state)
{
    (void)state;
    /* No loader, as examples/train_digits.py: evaluation after a step, other operators before zero_grad. */
    expect(JB_LEVEL_FULL, "..zmmbbs.ozmmbbsozmmbbso.mm.o.zmmbsmmo", "ccoffbbo--offbbo-offbboeeeeeeeoffboeee");
    /* The forward pass before zero_grad. */
    expect(JB_LEVEL_FULL, ".fmmozbbs.mm.ozbbsmm.zbs", "cdfffobbofffffobbofffobo");
    /* zero_grad at the end of a step; the loader comes after it. */
    expect(JB_LEVEL_FULL, ".fmmbbsz.fmmbbsz.fmmbsz.", "cdffbboo-dffbboo-dffboo-");
    /* Gradients gathered over several batches, with and without a loader. */
    expect(JB_LEVEL_FULL, ".fmmb.fmmb.s.fmmb", "cdffb-dffb-o-dffb");
    expect(JB_LEVEL_FULL, ".zmmbb.mm.bbs", "coffbbffffbbo");
    /* Two networks against each other; the second's gradients are cleared without a mark. */
    expect(JB_LEVEL_FULL, ".fzmmbmmmbs.mmbsf", "cdoffbfffbofffbod");
}

static void test_no_training(void **state)
{
    (void)state;
    expect(JB_LEVEL_FULL, "..fmmofmmofmmof.", "ccdeeedeeedeeed-");
    expect(JB_LEVEL_FULL, "..mmm..", "ccccccc"); /* no mark at all: nothing is known of it */
}

/* Without operators, a pause between two fetches was evaluation; no other was. */
static void test_phases_level(void **state)
{
    (void)state;
    expect(JB_LEVEL_PHASES, ".f.z.mm.bb.s.fzmmbsf.fmmfmmf", "cdfoffffbb-o-doffbodedeedeed");
    expect(JB_LEVEL_PHASES, ".zmmbbs.omm.zmmbbs", "coffbbo-----offbbo");
}

static void test_marks_level(void **state)
{
    (void)state;
    expect(JB_LEVEL_MARKS, ".fzmmbbs.fzmmbbs", "cdoyyyyo-doyyyyo");
    expect(JB_LEVEL_MARKS, ".mmbbs.mmbbs", "cccccoyyyyyo");
}

/* A level that changes in the middle: what was seen so far counts, and what was once learned. */
static void test_levels_change(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    uint64_t us = play(&feed, 0, JB_LEVEL_FULL, ".mmzbbsmmzbbs");

    (void)state;
    assert_near(phase_us(&feed, JB_PHASE_FORWARD), 20);
    feed_level(&feed, us, JB_LEVEL_PHASES);
    us = play(&feed, us, JB_LEVEL_PHASES, "mmzbbsmmzbbs");
    assert_near(phase_us(&feed, JB_PHASE_FORWARD), 60); /* this program clears late */
    us = play(&feed, us, JB_LEVEL_PHASES, "m");
    feed_level(&feed, us, JB_LEVEL_FULL);
    us = play(&feed, us, JB_LEVEL_FULL, "mzbbs");
    assert_near(phase_us(&feed, JB_PHASE_FORWARD), 80);
    assert_sums(feed.work, (double)us * 1e-6);
    jb_work_destroy(feed.work);
}

static void test_own_phases(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_OFF);
    struct jb_work_context context;

    (void)state;
    feed_span(&feed, 10, 30, JB_EVENT_PHASE, "data");
    feed_begin(&feed, 40, JB_EVENT_PHASE, "train");
    feed_span(&feed, 60, 70, JB_EVENT_PHASE, "optimize");
    feed_end(&feed, 90);
    feed_span(&feed, 90, 100, JB_EVENT_PHASE, "warm up");
    jb_work_advance(feed.work, 120 * US);
    assert_near(phase_us(&feed, JB_PHASE_CREATE), 10);
    assert_near(phase_us(&feed, JB_PHASE_DATA), 20);
    assert_near(phase_us(&feed, JB_PHASE_FORWARD), 40);
    assert_near(phase_us(&feed, JB_PHASE_OPTIMISE), 10);
    assert_near(phase_us(&feed, JB_PHASE_OTHER), 40);
    jb_work_context(feed.work, JB_WORK_HOST, JB_CONTEXT_BODY, &context);
    assert_near(context.unknown_s, 40e-6);
    assert_near(context.unknown_phase_s[JB_PHASE_FORWARD], 40e-6);
    assert_int_equal(jb_work_cell_count(feed.work, JB_WORK_HOST), 1);
    assert_int_equal(jb_work_group_count(feed.work), 1);
    assert_string_equal(jb_work_group(feed.work, 0)->name, "warm up");
    assert_sums(feed.work, 120e-6);
    jb_work_destroy(feed.work);
}

/* What the program says goes before its marks, also for threads that say nothing. */
static void test_own_phases_and_marks(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    uint64_t us;

    (void)state;
    feed_begin(&feed, 0, JB_EVENT_PHASE, "evaluate");
    us = play(&feed, 0, JB_LEVEL_FULL, "f.mmzb");
    feed.thread = 1;
    us = play(&feed, us, JB_LEVEL_FULL, "bb");
    feed.thread = 0;
    feed_end(&feed, us);
    us = play(&feed, us, JB_LEVEL_FULL, ".s");
    assert_near(phase_us(&feed, JB_PHASE_EVALUATE), 80);
    assert_near(phase_us(&feed, JB_PHASE_OTHER), 10);
    assert_near(phase_us(&feed, JB_PHASE_OPTIMISE), 10);
    assert_near(jb_work_cell(feed.work, JB_WORK_HOST, 2)->phase_s[JB_PHASE_EVALUATE], 20e-6);
    assert_sums(feed.work, (double)us * 1e-6);
    jb_work_destroy(feed.work);
}

/* The backward graph of a GPU runs on a thread of its own: the gap of the main thread is decided by its nodes. */
static void test_backward_elsewhere(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    uint64_t us = play(&feed, 0, JB_LEVEL_FULL, ".fmm");

    (void)state;
    feed.thread = 1;
    us = play(&feed, us, JB_LEVEL_FULL, "b.bb");
    feed.thread = 0;
    us = play(&feed, us, JB_LEVEL_FULL, ".s");
    assert_near(phase_us(&feed, JB_PHASE_FORWARD), 20);
    assert_near(phase_us(&feed, JB_PHASE_BACKWARD), 40);
    assert_near(phase_us(&feed, JB_PHASE_OTHER), 10);
    assert_near(phase_us(&feed, JB_PHASE_OPTIMISE), 10);
    assert_sums(feed.work, (double)us * 1e-6);
    jb_work_destroy(feed.work);
}

/* The program ends: what follows its last fetch was no evaluation, at any level. */
static void test_the_end(void **state)
{
    static const enum jb_level levels[] = {JB_LEVEL_MARKS, JB_LEVEL_PHASES, JB_LEVEL_FULL};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct feed feed = feed_start(levels[i]);

        feed_span(&feed, 0, 10, JB_EVENT_MARK, FETCH);
        feed_span(&feed, 20, 30, JB_EVENT_MARK, STEP);
        feed_span(&feed, 30, 40, JB_EVENT_MARK, FETCH);
        jb_work_advance(feed.work, 100 * US);
        assert_near(phase_us(&feed, JB_PHASE_EVALUATE), 0);
        jb_work_gone(feed.work, feed.pid);
        assert_near(phase_us(&feed, JB_PHASE_EVALUATE), 0);
        assert_near(phase_us(&feed, JB_PHASE_OTHER), 60);
        assert_sums(feed.work, 100e-6);
        jb_work_destroy(feed.work);
    }
}

/* An operator of another thread goes on while the main thread's marks change: each part has its own phase. */
static void test_across_marks(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    const struct jb_work_cell *cell;

    (void)state;
    feed_span(&feed, 0, 10, JB_EVENT_MARK, FETCH);
    feed.thread = 1;
    feed_begin(&feed, 10, JB_EVENT_OPERATOR, "aten::add");
    feed.thread = 0;
    feed_span(&feed, 30, 60, JB_EVENT_BACKWARD, NODE);
    feed_begin(&feed, 70, JB_EVENT_PHASE, "create");
    feed_end(&feed, 100);
    feed_span(&feed, 100, 110, JB_EVENT_MARK, STEP);
    jb_work_advance(feed.work, 110 * US);
    cell = jb_work_cell(feed.work, JB_WORK_HOST, 2);
    assert_string_equal(cell->name, "aten::add");
    assert_near(cell->phase_s[JB_PHASE_FORWARD], 20e-6);
    assert_near(cell->phase_s[JB_PHASE_CREATE], 30e-6);
    assert_near(cell->phase_s[JB_PHASE_OTHER], 25e-6 + 10e-6);
    assert_sums(feed.work, 110e-6);
    jb_work_destroy(feed.work);
}

static void test_nested(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    uint64_t us;

    (void)state;
    /* A step that computes its own gradients (LBFGS): they are backward, the rest of it is the step's. */
    feed_begin(&feed, 0, JB_EVENT_MARK, STEP);
    us = play(&feed, 0, JB_LEVEL_FULL, "zmmbbo");
    feed_end(&feed, us);
    assert_near(phase_us(&feed, JB_PHASE_BACKWARD), 20);
    assert_near(phase_us(&feed, JB_PHASE_OPTIMISE), 40);
    assert_int_equal(jb_work_step_count(feed.work), 1);
    /* A step inside a node. */
    feed_begin(&feed, us, JB_EVENT_BACKWARD, NODE);
    us = play(&feed, us, JB_LEVEL_FULL, "os");
    feed_end(&feed, us);
    us = play(&feed, us, JB_LEVEL_FULL, "b");
    assert_near(phase_us(&feed, JB_PHASE_BACKWARD), 40);
    assert_near(phase_us(&feed, JB_PHASE_OPTIMISE), 50);
    assert_sums(feed.work, (double)us * 1e-6);
    jb_work_destroy(feed.work);
}

/* Two ranks: each operator has the phase of its own rank, the program the first that one of them is in. */
static void test_ranks(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);

    (void)state;
    feed_span(&feed, 0, 10, JB_EVENT_MARK, FETCH);
    feed.thread = 1;
    feed.pid = 101;
    feed_level(&feed, 10, JB_LEVEL_FULL);
    feed_span(&feed, 10, 20, JB_EVENT_MARK, FETCH);
    feed_begin(&feed, 20, JB_EVENT_OPERATOR, "aten::mm");
    feed.thread = 0;
    feed.pid = 100;
    feed_begin(&feed, 20, JB_EVENT_BACKWARD, NODE);
    feed_begin(&feed, 20, JB_EVENT_OPERATOR, "aten::mul");
    feed_end(&feed, 40);
    feed_end(&feed, 40);
    feed.thread = 1;
    feed.pid = 101;
    feed_end(&feed, 40);
    feed_span(&feed, 40, 50, JB_EVENT_BACKWARD, NODE);
    jb_work_advance(feed.work, 50 * US);
    for (size_t i = 1; i < jb_work_cell_count(feed.work, JB_WORK_HOST); i++) {
        const struct jb_work_cell *cell = jb_work_cell(feed.work, JB_WORK_HOST, i);

        if (strcmp(cell->name, "aten::mm") == 0) {
            assert_near(cell->phase_s[JB_PHASE_FORWARD], 10e-6);
        } else if (strcmp(cell->name, "aten::mul") == 0) {
            assert_near(cell->phase_s[JB_PHASE_BACKWARD], 10e-6);
        }
    }
    assert_near(phase_us(&feed, JB_PHASE_DATA), 20);
    assert_near(phase_us(&feed, JB_PHASE_BACKWARD), 30);
    assert_sums(feed.work, 50e-6);
    jb_work_destroy(feed.work);
}

/* A rank that was killed inside a fetch would be there for ever. */
static void test_killed_in_a_fetch(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);

    (void)state;
    feed_begin(&feed, 0, JB_EVENT_MARK, FETCH);
    feed.thread = 1;
    feed.pid = 101;
    feed_level(&feed, 10, JB_LEVEL_FULL);
    feed_span(&feed, 10, 20, JB_EVENT_MARK, STEP);
    jb_work_advance(feed.work, 30 * US);
    assert_near(phase_us(&feed, JB_PHASE_DATA), 30);
    jb_work_gone(feed.work, 100);
    jb_work_gone(feed.work, 100);
    feed_span(&feed, 40, 50, JB_EVENT_MARK, STEP);
    jb_work_advance(feed.work, 60 * US);
    assert_near(phase_us(&feed, JB_PHASE_DATA), 30);
    assert_near(phase_us(&feed, JB_PHASE_OPTIMISE), 10);
    assert_near(phase_us(&feed, JB_PHASE_OTHER), 20);
    assert_sums(feed.work, 60e-6);
    jb_work_destroy(feed.work);
}

/* Nothing waits longer than it may; what is known of the gap is not forgotten meanwhile. */
static void test_waiting(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    uint64_t us = play(&feed, 0, JB_LEVEL_FULL, "fmmbsf");

    (void)state;
    us = play(&feed, us, JB_LEVEL_FULL, "mm");
    jb_work_advance(feed.work, us * US + JB_WORK_PENDING_NS);
    feed_span(&feed, us + 700000000, us + 700000010, JB_EVENT_MARK, FETCH);
    jb_work_advance(feed.work, (us + 700000010) * US);
    assert_near(phase_us(&feed, JB_PHASE_FORWARD), 40 + 600e6);
    assert_near(phase_us(&feed, JB_PHASE_EVALUATE), 100e6);
    assert_sums(feed.work, ((double)us + 700000010) * 1e-6);
    jb_work_destroy(feed.work);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_no_training),
        cmocka_unit_test(test_phases_level),
        cmocka_unit_test(test_marks_level),
        cmocka_unit_test(test_levels_change),
        cmocka_unit_test(test_own_phases),
        cmocka_unit_test(test_own_phases_and_marks),
        cmocka_unit_test(test_backward_elsewhere),
        cmocka_unit_test(test_across_marks),
        cmocka_unit_test(test_the_end),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_killed_in_a_fetch),
        cmocka_unit_test(test_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
