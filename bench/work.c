/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the timeline costs: ns an event at depth 6 for 1, 8 and 64 busy threads, and for looking back.
 *
 *     ninja -C build bench/work && build/bench/work
 *
 * The meter's reader has 200 ns an event for everything (2 % of a core at 100,000 events a second); of these the
 * timeline may take 120 with one busy thread, 300 with eight. Best of five rounds: this measures code, not the machine.
 */
#include "attribution/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EVENTS 2000000

static const char *const names[] = {
    "aten::conv2d",
    "aten::convolution",
    "aten::_convolution",
    "aten::mkldnn_convolution",
    "aten::empty",
    "aten::relu",
    "aten::clamp_min",
    "aten::batch_norm",
    "aten::addmm",
    "aten::add_",
    "aten::native_batch_norm",
    "aten::max_pool2d_with_indices",
    "aten::dropout",
    "aten::mul_",
    "aten::copy_",
    "aten::log_softmax",
};
static const char optimise[] = "Optimizer.step#SGD.step";
static const char node[] = "autograd::engine::evaluate_function: MmBackward0";
enum { OPTIMISE = 16, NODE };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Each thread goes up to depth 6 and down again, in turn; each 64th span is a mark, as in real traces. */
static double feed(struct jb_work *work, unsigned threads, uint64_t *t_ns)
{
    unsigned depth[64] = {0}, way[64] = {0}, begun = 0;
    double start = seconds();

    for (unsigned i = 0; i < EVENTS; i++) {
        unsigned thread = i % threads;
        struct jb_event event = {.t_ns = *t_ns += 1000 / threads, .kind = JB_EVENT_OPERATOR};

        if (depth[thread] == 6 || depth[thread] == 0) {
            way[thread] = depth[thread] == 0;
        }
        if (way[thread]) {
            const char *name = names[(begun * 7 + depth[thread]) % 16];

            event.name = (begun * 7 + depth[thread]) % 16;
            if (depth[thread] == 0 && begun % 64 == 0) {
                event.kind = begun % 128 == 0 ? JB_EVENT_MARK : JB_EVENT_BACKWARD;
                event.name = begun % 128 == 0 ? OPTIMISE : NODE;
                name = begun % 128 == 0 ? optimise : node;
            }
            begun++;
            depth[thread]++;
            jb_work_event(work, &event, name, thread, 1, 1);
        } else {
            event.flags = JB_EVENT_END;
            depth[thread]--;
            jb_work_event(work, &event, "", thread, 1, 1);
        }
    }
    return (seconds() - start) * 1e9 / EVENTS;
}

/* Over the last 1000 events and as many before them, again and again a little earlier. */
static double look(struct jb_work *work, uint64_t end_ns, uint64_t event_ns)
{
    struct jb_work_share shares[JB_WORK_CELLS];
    double start = seconds();
    int found = 0;

    for (unsigned i = 0; i < 20000; i++) {
        uint64_t t_ns = end_ns - event_ns * i;

        found += jb_work_features(work, JB_WORK_HOST, t_ns - 1000 * event_ns, t_ns, shares, JB_WORK_CELLS) > 0;
    }
    return found == 20000 ? (seconds() - start) * 1e9 / 20000 : -1;
}

int main(void)
{
    static const unsigned threads[] = {1, 8, 64};

    for (size_t i = 0; i < 3; i++) {
        double best = 1e9, best_look = 1e9;

        for (int round = 0; round < 5; round++) {
            struct jb_event level = {.kind = JB_EVENT_LEVEL, .value = JB_LEVEL_FULL, .t_ns = 1000};
            struct jb_work *work;
            uint64_t t_ns = 1000;
            double took;

            if (jb_work_create(UINT64_C(2000000000), &work) != 0) {
                return 1;
            }
            jb_work_event(work, &level, "", 0, 1, 1);
            took = feed(work, threads[i], &t_ns);
            best = took < best ? took : best;
            took = look(work, t_ns, 1000 / threads[i]);
            best_look = took < best_look ? took : best_look;
            jb_work_destroy(work);
        }
        printf("%2u threads: %.1f ns an event; looking back over 1000 events: %.0f ns\n", threads[i], best, best_look);
    }
    return 0;
}
