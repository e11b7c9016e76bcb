/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces of real PyTorch programs (tests/golden/work/README.md), at the full level and with all operators left out:
 * phases, epochs and steps as their marks have them.
 */
#include "work_feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct trace {
    double phase_s[JB_PHASES];
    uint64_t epoch[8][2], steps, end_ns;
    size_t epochs;
    char name[256][96];
    int32_t pid[32];
};

static void learn(struct trace *trace, const char *line)
{
    char text[96];
    uint64_t a, b;

    if (sscanf(line, "phase %15s %" SCNu64, text, &a) == 2) {
        assert_true(jb_phase_of_word(text) < JB_PHASES);
        trace->phase_s[jb_phase_of_word(text)] = (double)a * 1e-9;
    } else if (sscanf(line, "epoch %" SCNu64 " %" SCNu64, &a, &b) == 2) {
        assert_true(trace->epochs < 8);
        trace->epoch[trace->epochs][0] = a;
        trace->epoch[trace->epochs++][1] = b;
    } else if (sscanf(line, "steps %" SCNu64, &a) == 1) {
        trace->steps = a;
    } else if (sscanf(line, "thread %" SCNu64 " %" SCNu64, &a, &b) == 2) {
        assert_true(a < 32);
        trace->pid[a] = (int32_t)b;
    } else if (sscanf(line, "name %" SCNu64 " %95[^\n]", &a, text) == 2) {
        assert_true(a < 256);
        memcpy(trace->name[a], text, sizeof(text));
    }
}

/* What a probe at `level` would have told of a line. */
static void tell(struct feed *feed, struct trace *trace, const char *line, enum jb_level level)
{
    static bool told[32][JB_WORK_DEPTH];
    static unsigned depth[32];
    struct jb_event event = {.kind = JB_EVENT_NONE};
    uint64_t dt_ns, number = 0;
    unsigned thread;
    char sign;

    if (sscanf(line, "%" SCNu64 " %u %c %" SCNu64, &dt_ns, &thread, &sign, &number) < 3) {
        return;
    }
    trace->end_ns += dt_ns;
    event.t_ns = trace->end_ns;
    event.name = (uint32_t)number;
    assert_true(thread < 32);
    if (sign == 'E') {
        event.flags = JB_EVENT_END;
        if (told[thread][--depth[thread]]) {
            jb_work_event(feed->work, &event, "", thread, 1, trace->pid[thread]);
        }
        return;
    }
    event.kind = sign == 'O' ? JB_EVENT_OPERATOR : sign == 'B' ? JB_EVENT_BACKWARD : JB_EVENT_MARK;
    told[thread][depth[thread]] = sign != 'O' || level == JB_LEVEL_FULL;
    if (told[thread][depth[thread]++]) {
        jb_work_event(feed->work, &event, trace->name[number], thread, 1, trace->pid[thread]);
    }
}

static struct feed play(const char *name, enum jb_level level, struct trace *trace)
{
    struct feed feed = {.pid = 1};
    char path[4096], line[256];
    FILE *file;

    memset(trace, 0, sizeof(*trace));
    snprintf(path, sizeof(path), "%s/tests/golden/work/%s", getenv("JB_SOURCE_ROOT"), name);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(jb_work_create(UINT64_C(10000000000), &feed.work), 0);
    jb_work_start(feed.work, 0);
    feed_level(&feed, 0, level);
    while (fgets(line, sizeof(line), file) != NULL) {
        learn(trace, line);
        tell(&feed, trace, line, level);
    }
    fclose(file);
    jb_work_advance(feed.work, trace->end_ns);
    assert_sums(feed.work, (double)trace->end_ns * 1e-9);
    return feed;
}

static void assert_epochs(const struct feed *feed, const struct trace *trace)
{
    assert_int_equal(trace->epochs, 3);
    assert_int_equal(jb_work_region_count(feed->work), trace->epochs);
    for (size_t i = 0; i < trace->epochs; i++) {
        assert_int_equal(jb_work_region(feed->work, i)->t0_ns, trace->epoch[i][0]);
        assert_int_equal(jb_work_region(feed->work, i)->t1_ns, trace->epoch[i][1]);
        assert_true(jb_work_region(feed->work, i)->guessed);
    }
    assert_int_equal(jb_work_step_count(feed->work), trace->steps);
}

static void check(const char *name)
{
    struct jb_work_health health;
    struct trace trace;
    struct feed feed = play(name, JB_LEVEL_FULL, &trace);

    for (unsigned phase = 0; phase < JB_PHASES; phase++) {
        assert_near(jb_work_phase_s(feed.work, phase), trace.phase_s[phase]);
    }
    assert_epochs(&feed, &trace);
    assert_true(cell_us(&feed, JB_WORK_HOST, "aten::mkldnn_convolution") > 0);
    assert_true(cell_us(&feed, JB_WORK_HOST, "ConvolutionBackward0") > 0);
    assert_true(cell_us(&feed, JB_WORK_HOST, "enumerate(DataLoader)") > 0);
    jb_work_health(feed.work, &health);
    assert_int_equal(health.unmatched_ends + health.too_deep + health.too_many_cells + health.late, 0);
    jb_work_destroy(feed.work);

    /* Marks and nodes alone: what is evaluation and what a pause cannot be told apart, all else can. The pause that
     * the engine makes before its first node and after its last is not the nodes' then. */
    feed = play(name, JB_LEVEL_PHASES, &trace);
    assert_near(jb_work_phase_s(feed.work, JB_PHASE_CREATE), trace.phase_s[JB_PHASE_CREATE]);
    assert_near(jb_work_phase_s(feed.work, JB_PHASE_DATA), trace.phase_s[JB_PHASE_DATA]);
    assert_near(jb_work_phase_s(feed.work, JB_PHASE_OPTIMISE), trace.phase_s[JB_PHASE_OPTIMISE]);
    assert_true(fabs(jb_work_phase_s(feed.work, JB_PHASE_BACKWARD) - trace.phase_s[JB_PHASE_BACKWARD]) <
                0.05 * trace.phase_s[JB_PHASE_BACKWARD]);
    assert_true(fabs(jb_work_phase_s(feed.work, JB_PHASE_FORWARD) - trace.phase_s[JB_PHASE_FORWARD]) <
                0.05 * trace.phase_s[JB_PHASE_FORWARD]);
    assert_true(jb_work_phase_s(feed.work, JB_PHASE_EVALUATE) >= trace.phase_s[JB_PHASE_EVALUATE]);
    assert_epochs(&feed, &trace);
    assert_int_equal(jb_work_cell(feed.work, JB_WORK_HOST, 0)->seconds * 1e9, 0);
    jb_work_destroy(feed.work);
}

static void test_loader(void **state)
{
    (void)state;
    check("torch_0.events");
}

static void test_loader_with_workers(void **state)
{
    struct trace trace;
    struct feed feed = play("torch_2.events", JB_LEVEL_FULL, &trace);
    double data_s = 0;

    (void)state;
    for (size_t i = 1; i < jb_work_cell_count(feed.work, JB_WORK_HOST); i++) {
        const struct jb_work_cell *cell = jb_work_cell(feed.work, JB_WORK_HOST, i);

        if (strcmp(cell->name, "aten::as_strided") == 0) {
            data_s = cell->phase_s[JB_PHASE_DATA];
            assert_true(data_s > 0.5 * cell->seconds); /* what the workers do is data */
        }
    }
    assert_true(data_s > 0);
    jb_work_destroy(feed.work);
    check("torch_2.events");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loader),
        cmocka_unit_test(test_loader_with_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
