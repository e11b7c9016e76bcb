/* SPDX-License-Identifier: Apache-2.0 */
/* Layers, regions and ranges by name; single epochs and regions; epochs guessed from a loader. */
#include "work_feed.h"

#include <stdio.h>

#define FETCH "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"

static void test_layers(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    const struct jb_work_group *group;

    (void)state;
    feed_begin(&feed, 0, JB_EVENT_LAYER, "features");
    feed_begin(&feed, 10, JB_EVENT_LAYER, "features.0");
    feed_span(&feed, 20, 50, JB_EVENT_OPERATOR, "a");
    feed_end(&feed, 60);
    feed_span(&feed, 60, 70, JB_EVENT_OPERATOR, "b");
    feed_end(&feed, 80);
    feed_span(&feed, 80, 90, JB_EVENT_OPERATOR, "a");
    feed_begin(&feed, 100, JB_EVENT_LAYER, "features.0");
    jb_work_advance(feed.work, 110 * US);
    group = group_of(&feed, "features");
    assert_int_equal(group->kind, JB_EVENT_LAYER);
    assert_near(group->calls, 1);
    assert_near(group->seconds, 80e-6);
    assert_near(group->cell_s[0], (float)40e-6);
    assert_near(group->cell_s[1], (float)30e-6);
    assert_near(group->cell_s[2], (float)10e-6);
    group = group_of(&feed, "features.0");
    assert_near(group->calls, 2);
    assert_near(group->seconds, 60e-6); /* one is still open */
    assert_near(group->cell_s[1], (float)30e-6);
    jb_work_destroy(feed.work);
}

/* One inside itself, and on two threads at once, counts once. */
static void test_nested_regions(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    const struct jb_work_group *group;

    (void)state;
    feed_begin(&feed, 0, JB_EVENT_REGION, "r");
    feed_begin(&feed, 10, JB_EVENT_REGION, "r");
    feed_span(&feed, 10, 20, JB_EVENT_OPERATOR, "a");
    feed_end(&feed, 30);
    feed.thread = 1;
    feed_begin(&feed, 30, JB_EVENT_REGION, "r");
    feed.thread = 0;
    feed_end(&feed, 40);
    feed.thread = 1;
    feed_span(&feed, 40, 50, JB_EVENT_OPERATOR, "a");
    feed_end(&feed, 60);
    jb_work_advance(feed.work, 70 * US);
    group = group_of(&feed, "r");
    assert_near(group->calls, 3);
    assert_near(group->seconds, 60e-6);
    assert_near(group->cell_s[0], (float)40e-6);
    assert_near(group->cell_s[1], (float)20e-6);
    assert_int_equal(jb_work_region_count(feed.work), 3);
    assert_int_equal(jb_work_region(feed.work, 1)->parent, 1);
    assert_int_equal(jb_work_region(feed.work, 2)->parent, 0);
    assert_int_equal(jb_work_region(feed.work, 0)->t1_ns, 40 * US);
    assert_null(jb_work_region(feed.work, 3));
    jb_work_destroy(feed.work);
}

/* A region is its process's: nodes on the thread of the backward graph lie inside it; a layer is its thread's. */
static void test_inherited(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);

    (void)state;
    feed_begin(&feed, 0, JB_EVENT_REGION, "r");
    feed_begin(&feed, 0, JB_EVENT_LAYER, "l");
    feed.thread = 1;
    feed_begin(&feed, 0, JB_EVENT_OPERATOR, "a");
    feed.thread = 0;
    feed_end(&feed, 10);
    feed_end(&feed, 20);
    jb_work_advance(feed.work, 30 * US);
    assert_near(group_of(&feed, "r")->cell_s[1], (float)20e-6);
    assert_near(group_of(&feed, "l")->cell_s[1], 0);
    jb_work_destroy(feed.work);
}

static void test_not_caught(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_PHASES);
    const struct jb_work_group *group;

    (void)state;
    feed_begin(&feed, 10, JB_EVENT_STEP, "");
    feed_span(&feed, 20, 30, JB_EVENT_MARK, "Optimizer.step#SGD.step");
    feed_begin(&feed, 30, JB_EVENT_MARK, "my own range");
    feed_end(&feed, 50);
    feed_end(&feed, 60);
    jb_work_advance(feed.work, 100 * US);
    group = group_of(&feed, "step");
    assert_int_equal(group->kind, JB_EVENT_STEP);
    assert_near(group->seconds, 50e-6);
    assert_near(group->context_s[JB_CONTEXT_CREATE], 10e-6);
    assert_near(group->context_s[JB_CONTEXT_OPTIMISE], 10e-6);
    assert_near(group->context_s[JB_CONTEXT_REST], 30e-6);
    assert_int_equal(group_of(&feed, "my own range")->kind, JB_EVENT_RANGE);
    assert_near(group_of(&feed, "my own range")->context_s[JB_CONTEXT_REST], 20e-6);
    assert_null(jb_work_group(feed.work, 2));
    jb_work_destroy(feed.work);
}

static void test_many(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_OFF);
    struct jb_work_health health;
    char name[32];
    uint64_t us = 0;

    (void)state;
    for (uint32_t i = 0; i < JB_WORK_REGIONS + 10; i++) {
        struct jb_event event = {.t_ns = ++us * US, .kind = JB_EVENT_REGION, .name = i + 1000};

        snprintf(name, sizeof(name), "r%u", i);
        jb_work_event(feed.work, &event, name, 0, 1, 100);
        feed_end(&feed, ++us);
    }
    for (unsigned i = 0; i < 5; i++) { /* there is still room for epochs */
        feed_event(&feed, ++us, JB_EVENT_EPOCH, 0, "", i);
        feed_end(&feed, ++us);
    }
    assert_int_equal(jb_work_group_count(feed.work), JB_WORK_GROUPS);
    assert_int_equal(jb_work_region_count(feed.work), JB_WORK_REGIONS * 3 / 4 + 5);
    assert_int_equal(jb_work_region(feed.work, JB_WORK_REGIONS * 3 / 4)->index, 0);
    jb_work_health(feed.work, &health);
    assert_int_equal(health.too_many_groups, JB_WORK_REGIONS + 10 - JB_WORK_GROUPS);
    assert_int_equal(health.too_many_regions, JB_WORK_REGIONS / 4 + 10);
    jb_work_destroy(feed.work);
}

static void test_epochs_told(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_OFF);
    static const unsigned values[] = {65534, 65535, 0, 1};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        feed_event(&feed, i * 100 + 10, JB_EVENT_EPOCH, 0, "", values[i]);
        feed.thread = 1;
        feed.pid = 101; /* the other rank is in the same epoch */
        feed_event(&feed, i * 100 + 20, JB_EVENT_EPOCH, 0, "", values[i]);
        feed_end(&feed, i * 100 + 80);
        feed.thread = 0;
        feed.pid = 100;
        feed_span(&feed, i * 100 + 80, i * 100 + 85, JB_EVENT_REGION, "validation");
        feed_end(&feed, i * 100 + 90);
    }
    assert_int_equal(jb_work_region_count(feed.work), 8);
    for (unsigned i = 0; i < 4; i++) {
        const struct jb_work_region *epoch = jb_work_region(feed.work, 2 * (size_t)i);

        assert_int_equal(epoch->kind, JB_EVENT_EPOCH);
        assert_int_equal(epoch->index, 65534 + i);
        assert_int_equal(epoch->t0_ns, (i * 100 + 10) * US);
        assert_int_equal(epoch->t1_ns, (i * 100 + 90) * US);
        assert_false(epoch->guessed);
        assert_int_equal(jb_work_region(feed.work, 2 * (size_t)i + 1)->parent, 2 * i + 1);
        assert_int_equal(jb_work_region(feed.work, 2 * (size_t)i + 1)->index, -1);
    }
    jb_work_destroy(feed.work);
}

/* t: a batch that is trained on, e: one that is evaluated, v: a fetch in vain, h: an evaluation without a loader. */
static uint64_t play(struct feed *feed, uint64_t us, bool full, const char *letters)
{
    for (; *letters != '\0'; letters++, us += 100) {
        if (*letters != 'h') {
            feed_span(feed, us, us + 10, JB_EVENT_MARK, FETCH);
        }
        if (full && *letters != 'v') {
            feed_span(feed, us + 20, us + 40, JB_EVENT_OPERATOR, "aten::mm");
        }
        if (*letters == 't') {
            feed_span(feed, us + 50, us + 60, JB_EVENT_BACKWARD, "MmBackward0");
            feed_span(feed, us + 70, us + 80, JB_EVENT_MARK, "Optimizer.step#SGD.step");
        }
    }
    jb_work_advance(feed->work, us * US);
    return us;
}

static void expect(bool full, const char *letters, const char *begins, const char *ends)
{
    struct feed feed = feed_start(full ? JB_LEVEL_FULL : JB_LEVEL_PHASES);
    size_t count = 0;

    play(&feed, 0, full, letters);
    for (size_t i = 0; letters[i] != '\0'; i++) {
        if (begins[i] != '(') {
            continue;
        }
        assert_true(count < jb_work_region_count(feed.work));
        assert_int_equal(jb_work_region(feed.work, count)->kind, JB_EVENT_EPOCH);
        assert_int_equal(jb_work_region(feed.work, count)->t0_ns, i * 100 * US);
        assert_int_equal(jb_work_region(feed.work, count)->index, count);
        assert_true(jb_work_region(feed.work, count)->guessed);
        count++;
    }
    assert_int_equal(jb_work_region_count(feed.work), count);
    count = 0;
    for (size_t i = 0; letters[i] != '\0'; i++) {
        if (ends[i] == ')') {
            assert_int_equal(jb_work_region(feed.work, count++)->t1_ns, (i * 100 + 10) * US);
        }
    }
    jb_work_destroy(feed.work);
}

static void test_epochs_guessed(void **state)
{
    (void)state;
    /* Three epochs, each with an evaluation, as in the trace of PyTorch 1.13. */
    expect(true, "ttttveevttttveevttttveev", "(       (       (       ", "    )       )       )   ");
    expect(false, "ttttveevttttveevttttveev", "(       (       (       ", "    )       )       )   ");
    /* No evaluation; one without a loader. */
    expect(true, "tttvtttvtttv", "(   (   (   ", "   )   )   )");
    expect(true, "tttvhtttvhtttvh", "(    (    (    ", "   )    )    ) ");
    expect(false, "tttvhtttvhtttvh", "(    (    (    ", "   )    )    ) ");
    /* An evaluation before, and in the middle, which only operators tell. */
    expect(true, "eevttteevttvttteevttv", "   (        (        ", "           )        )");
    expect(false, "eevttteevttv", "   (     (  ", "      )    )");
    /* Inference alone has none. */
    expect(true, "eeeev", "     ", "     ");
}

/* What a process tells itself is not guessed as well. */
static void test_told_goes_before_guessed(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_FULL);
    uint64_t us = 0;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        feed_event(&feed, us, JB_EVENT_EPOCH, 0, "", i);
        us = play(&feed, us, true, "tttv");
        feed_end(&feed, us);
    }
    assert_int_equal(jb_work_region_count(feed.work), 3);
    assert_false(jb_work_region(feed.work, 2)->guessed);
    jb_work_destroy(feed.work);
}

/* Two ranks have one row of epochs; one that dies ends its own. */
static void test_guessed_of_ranks(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_PHASES);

    (void)state;
    play(&feed, 0, false, "ttt");
    feed.thread = 1;
    feed.pid = 101;
    play(&feed, 300, false, "tttv");
    assert_int_equal(jb_work_region_count(feed.work), 1);
    assert_int_equal(jb_work_region(feed.work, 0)->t1_ns, 0);
    jb_work_gone(feed.work, 100);
    assert_int_equal(jb_work_region(feed.work, 0)->t1_ns, 700 * US);
    play(&feed, 700, false, "tv");
    assert_int_equal(jb_work_region_count(feed.work), 2);
    jb_work_destroy(feed.work);
}

/* Whichever rank tells of an epoch, it is the same epoch. */
static void test_ranks_count_alike(void **state)
{
    struct feed feed = feed_start(JB_LEVEL_PHASES);

    (void)state;
    play(&feed, 0, false, "tv");
    feed.thread = 1;
    feed.pid = 101;
    play(&feed, 200, false, "tv");
    feed.thread = 0;
    feed.pid = 100;
    feed_span(&feed, 400, 410, JB_EVENT_MARK, FETCH); /* the first one's epoch is over with it, ... */
    feed.thread = 1;
    feed.pid = 101;
    play(&feed, 500, false, "tt"); /* ... and the other one tells of the next */
    assert_int_equal(jb_work_region_count(feed.work), 2);
    assert_int_equal(jb_work_region(feed.work, 0)->index, 0);
    assert_int_equal(jb_work_region(feed.work, 1)->index, 1);
    jb_work_destroy(feed.work);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_nested_regions),
        cmocka_unit_test(test_inherited),
        cmocka_unit_test(test_not_caught),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_epochs_told),
        cmocka_unit_test(test_epochs_guessed),
        cmocka_unit_test(test_told_goes_before_guessed),
        cmocka_unit_test(test_guessed_of_ranks),
        cmocka_unit_test(test_ranks_count_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
