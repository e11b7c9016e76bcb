/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeding a timeline from a test: times in microseconds, names by text, ends where the test says.
 */
#ifndef JB_TEST_WORK_FEED_H
#define JB_TEST_WORK_FEED_H

#include "attribution/work.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define US UINT64_C(1000)

struct feed {
    struct jb_work *work;
    const char *names[512];
    uint32_t count;
    uint32_t thread;
    int32_t pid;
};

static inline uint32_t feed_name(struct feed *feed, const char *name)
{
    uint32_t i = 0;

    while (i < feed->count && strcmp(feed->names[i], name) != 0) {
        i++;
    }
    assert_true(i < 512);
    if (i == feed->count) {
        feed->names[feed->count++] = name;
    }
    return i;
}

static inline void feed_event(struct feed *feed, uint64_t us, unsigned kind, unsigned flags, const char *name,
                              unsigned value)
{
    struct jb_event event = {.t_ns = us * US,
                             .name = feed_name(feed, name),
                             .kind = (uint8_t)kind,
                             .flags = (uint8_t)flags,
                             .value = (uint16_t)value};

    jb_work_event(feed->work, &event, name, feed->thread, 1, feed->pid);
}

static inline void feed_begin(struct feed *feed, uint64_t us, unsigned kind, const char *name)
{
    feed_event(feed, us, kind, 0, name, 0);
}

static inline void feed_end(struct feed *feed, uint64_t us)
{
    feed_event(feed, us, JB_EVENT_NONE, JB_EVENT_END, "", 0);
}

static inline void feed_span(struct feed *feed, uint64_t us, uint64_t end_us, unsigned kind, const char *name)
{
    feed_begin(feed, us, kind, name);
    feed_end(feed, end_us);
}

static inline void feed_level(struct feed *feed, uint64_t us, enum jb_level level)
{
    feed_event(feed, us, JB_EVENT_LEVEL, 0, "", level);
}

static inline struct feed feed_start(enum jb_level level)
{
    struct feed feed = {.pid = 100};

    assert_int_equal(jb_work_create(UINT64_C(10000000000), &feed.work), 0);
    jb_work_start(feed.work, 0);
    if (level != JB_LEVEL_OFF) {
        feed_level(&feed, 0, level);
    }
    return feed;
}

static inline void assert_near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * (1 + fabs(b)))) {
        print_error("%.12g is not %.12g\n", a, b);
    }
    assert_true(fabs(a - b) <= 1e-9 * (1 + fabs(b)));
}

/* Microseconds of a cell by name; 0 where there is none. */
static inline double cell_us(const struct feed *feed, unsigned domain, const char *name)
{
    for (size_t i = 0; i < jb_work_cell_count(feed->work, domain); i++) {
        if (strcmp(jb_work_cell(feed->work, domain, i)->name, name) == 0) {
            return jb_work_cell(feed->work, domain, i)->seconds * 1e6;
        }
    }
    return 0;
}

static inline double phase_us(const struct feed *feed, enum jb_phase phase)
{
    return jb_work_phase_s(feed->work, phase) * 1e6;
}

static inline const struct jb_work_group *group_of(const struct feed *feed, const char *name)
{
    for (size_t i = 0; i < jb_work_group_count(feed->work); i++) {
        if (strcmp(jb_work_group(feed->work, i)->name, name) == 0) {
            return jb_work_group(feed->work, i);
        }
    }
    fail_msg("no group %s", name);
    return NULL;
}

/* All that must add up, does. */
static inline void assert_sums(const struct jb_work *work, double run_s)
{
    double phases = 0, cells = 0;

    for (unsigned phase = 0; phase < JB_PHASES; phase++) {
        assert_true(jb_work_phase_s(work, phase) >= 0);
        phases += jb_work_phase_s(work, phase);
    }
    assert_near(phases, run_s);
    for (unsigned domain = 0; domain < JB_WORK_DOMAINS; domain++) {
        double context_s[JB_CONTEXTS] = {0};

        for (size_t i = 0; i < jb_work_cell_count(work, domain); i++) {
            const struct jb_work_cell *cell = jb_work_cell(work, domain, i);
            double by_phase = 0, by_context = 0;

            for (unsigned phase = 0; phase < JB_PHASES; phase++) {
                assert_true(cell->phase_s[phase] >= 0);
                by_phase += cell->phase_s[phase];
            }
            for (unsigned context = 0; context < JB_CONTEXTS; context++) {
                assert_true(cell->context_s[context] >= 0);
                by_context += cell->context_s[context];
                context_s[context] += cell->context_s[context];
            }
            assert_near(by_phase, cell->seconds);
            assert_near(by_context, cell->seconds);
            cells += domain == JB_WORK_HOST ? cell->seconds : 0;
        }
        for (unsigned context = 0; context < JB_CONTEXTS; context++) {
            struct jb_work_context its;
            double by_phase = 0;

            jb_work_context(work, domain, context, &its);
            assert_near(its.caught_s, context_s[context]);
            for (unsigned phase = 0; phase < JB_PHASES; phase++) {
                by_phase += its.unknown_phase_s[phase];
            }
            assert_near(by_phase, its.unknown_s);
            cells += domain == JB_WORK_HOST ? its.unknown_s : 0;
        }
    }
    assert_near(cells, run_s);
}

static inline double piece_sum(const struct jb_work_piece *piece)
{
    double sum = 0;

    for (size_t i = 0; i < JB_WORK_CELLS; i++) {
        sum += piece->cell_s[i];
    }
    for (size_t i = 0; i < JB_CONTEXTS; i++) {
        sum += piece->context_s[i];
    }
    return sum;
}

#endif
