/* SPDX-License-Identifier: Apache-2.0 */
/* The energy of epochs and regions, whenever it is heard of them: what the run had at both edges. */
#include "../attribution/work_feed.h"

#include "engine/session_work.h"

#include <stdlib.h>

#define S         UINT64_C(1000000) /* in microseconds, as the feed has them */
#define SECOND_NS (S * US)
#define UJ_PER_S  10e6

struct run {
    struct feed feed;
    struct session_work *work;
    uint64_t t_s;
    double total_uj;
};

static struct run start(enum jb_level level)
{
    struct run run = {.feed = feed_start(level), .work = calloc(1, sizeof(*run.work))};

    assert_non_null(run.work);
    run.work->work = run.feed.work;
    assert_int_equal(session_regions_init(run.work), 0);
    return run;
}

static void finish(struct run *run)
{
    session_regions_finish(run->work);
    jb_work_destroy(run->work->work);
    free(run->work);
}

/* A second of 10 W has passed and all of its events were told. */
static void chunk(struct run *run)
{
    struct work_chunk chunk = {.t0_ns = run->t_s * SECOND_NS, .t1_ns = (run->t_s + 1) * SECOND_NS};
    struct jb_entry entry = {.t0_ns = chunk.t0_ns, .t1_ns = chunk.t1_ns, .energy_uj = (uint64_t)UJ_PER_S};

    session_regions_entry(run->work, &entry);
    jb_work_advance(run->feed.work, chunk.t1_ns);
    session_regions_total(run->work, run->total_uj);
    session_regions_chunk(run->work, &chunk, UJ_PER_S);
    run->total_uj += UJ_PER_S;
    run->t_s++;
}

static void assert_uj(const struct run *run, size_t i, double begin_uj, double end_uj)
{
    double begin, end;

    session_regions_energy(run->work, i, &begin, &end);
    assert_near(begin, begin_uj);
    assert_near(end, end_uj);
}

static void fetch(struct run *run, uint64_t us)
{
    feed_span(&run->feed, us, us + 1000, JB_EVENT_MARK, "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__");
}

static void step(struct run *run, uint64_t us)
{
    feed_span(&run->feed, us, us + 1000, JB_EVENT_MARK, "Optimizer.step#SGD.step");
}

/* A chunk that ends between a fetch and the step that it is for does not end the epoch. */
static void chunks_end_within_steps(void **state)
{
    struct run run = start(JB_LEVEL_MARKS);

    for (uint64_t s = 0; s < 5; s++) {
        fetch(&run, s * S + S / 4);
        step(&run, s * S + S / 2);
        fetch(&run, s * S + 3 * S / 4);
        chunk(&run);
        step(&run, (s + 1) * S + S / 8);
    }
    assert_int_equal(jb_work_region_count(run.feed.work), 1);
    assert_uj(&run, 0, 0.25 * UJ_PER_S, 5 * UJ_PER_S);
    fetch(&run, 5 * S + S / 4 - 1000);
    chunk(&run);
    chunk(&run);
    fetch(&run, 7 * S + S / 4); /* nobody trained on the one before: the epoch was over with it */
    chunk(&run);
    assert_uj(&run, 0, 0.25 * UJ_PER_S, 5.25 * UJ_PER_S);
    finish(&run);
}

/* A step may take many chunks, the first one above all. */
static void an_epoch_begins_before_it_is_heard_of(void **state)
{
    struct run run = start(JB_LEVEL_MARKS);

    chunk(&run);
    fetch(&run, S + S / 2);
    for (int i = 0; i < 6; i++) {
        chunk(&run);
    }
    step(&run, 7 * S + S / 2);
    chunk(&run);
    assert_uj(&run, 0, 1.5 * UJ_PER_S, 8 * UJ_PER_S);
    finish(&run);
}

/* One entry and one chunk a minute: no bins reach so far. */
static void long_chunks_are_divided_by_time(void **state)
{
    struct run run = start(JB_LEVEL_MARKS);
    struct work_chunk chunk = {.t0_ns = 0, .t1_ns = 60 * SECOND_NS};
    struct jb_entry entry = {.t0_ns = 0, .t1_ns = 60 * SECOND_NS, .energy_uj = 600000000};

    feed_span(&run.feed, 15 * S, 30 * S, JB_EVENT_REGION, "quarter");
    session_regions_entry(run.work, &entry);
    jb_work_advance(run.feed.work, chunk.t1_ns);
    session_regions_chunk(run.work, &chunk, 600e6);
    assert_uj(&run, 0, 150e6, 300e6);
    finish(&run);
}

/* A twin that has seen twice as much takes over: regions are of the total that it makes. */
static void the_total_may_change(void **state)
{
    struct run run = start(JB_LEVEL_MARKS);

    feed_span(&run.feed, S / 2, S, JB_EVENT_REGION, "before");
    chunk(&run);
    feed_begin(&run.feed, S + S / 2, JB_EVENT_REGION, "around");
    chunk(&run);
    run.total_uj *= 2;
    chunk(&run);
    feed_end(&run.feed, 3 * S + S / 2);
    chunk(&run);
    assert_uj(&run, 0, UJ_PER_S, 2 * UJ_PER_S);
    assert_uj(&run, 1, 3 * UJ_PER_S, 5.5 * UJ_PER_S);
    finish(&run);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_end_within_steps),
        cmocka_unit_test(an_epoch_begins_before_it_is_heard_of),
        cmocka_unit_test(long_chunks_are_divided_by_time),
        cmocka_unit_test(the_total_may_change),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
