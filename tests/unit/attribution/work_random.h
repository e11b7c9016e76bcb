/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a program's events, and all that must hold of the timeline whatever they are: for the property test and
 * the fuzzer. Returns what did not hold; NULL: all did.
 */
#ifndef JB_TEST_WORK_RANDOM_H
#define JB_TEST_WORK_RANDOM_H

#include "attribution/work.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const char *const random_names[] = {
    "aten::mm",
    "aten::add",
    "aten::item",
    "aten::conv2d",
    "autograd::engine::evaluate_function: MmBackward0",
    "MmBackward0",
    "Optimizer.step#SGD.step",
    "Optimizer.zero_grad#SGD.zero_grad",
    "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__",
    "Torch-Compiled Region: 0/0",
    "forward",
    "evaluate",
    "data",
    "my words",
    "",
    "features.0",
};

struct random_bytes {
    const uint8_t *data;
    size_t size;
};

static inline uint64_t random_take(struct random_bytes *bytes, size_t count)
{
    uint64_t value = 0;

    for (; count > 0 && bytes->size > 0; count--, bytes->size--) {
        value = value << 8 | *bytes->data++;
    }
    return value;
}

static inline bool random_near(double a, double b)
{
    return isfinite(a) && isfinite(b) && fabs(a - b) <= 1e-9 * (1 + fabs(a) + fabs(b));
}

/* A piece, the features of it, and those of its halves. */
static inline const char *random_cut(struct jb_work *work, unsigned domain, struct random_bytes *bytes)
{
    struct jb_work_share shares[JB_WORK_CELLS];
    double cells[JB_WORK_CELLS] = {0}, halves[JB_WORK_CELLS] = {0}, sum = 0, unknown = 0;
    struct jb_work_piece piece;
    uint64_t middle_ns;
    int count, first, second;

    jb_work_cut(work, domain, &piece);
    for (size_t i = 0; i < JB_WORK_CELLS; i++) {
        sum += piece.cell_s[i];
    }
    for (size_t i = 0; i < JB_CONTEXTS; i++) {
        unknown += piece.context_s[i];
    }
    if (!random_near(sum + unknown, (double)(piece.t1_ns - piece.t0_ns) * 1e-9)) {
        return "a piece does not sum to its time";
    }
    count = jb_work_features(work, domain, piece.t0_ns, piece.t1_ns, shares, JB_WORK_CELLS);
    if (count < 0) {
        return count == -ENODATA ? NULL : "features say what they must not";
    }
    if (unknown > 1e-9) {
        return "features of a time that was not caught";
    }
    for (int i = 0; i < count; i++) {
        cells[shares[i].cell] += shares[i].seconds;
    }
    middle_ns = piece.t0_ns + random_take(bytes, 8) % (piece.t1_ns - piece.t0_ns + 1);
    first = jb_work_features(work, domain, piece.t0_ns, middle_ns, shares, JB_WORK_CELLS);
    for (int i = 0; i < first; i++) {
        halves[shares[i].cell] += shares[i].seconds;
    }
    second = jb_work_features(work, domain, middle_ns, piece.t1_ns, shares, JB_WORK_CELLS);
    for (int i = 0; i < second; i++) {
        halves[shares[i].cell] += shares[i].seconds;
    }
    if (first < 0 || second < 0) {
        return "a half has no features where the whole had";
    }
    for (size_t i = 0; i < JB_WORK_CELLS; i++) {
        if (!random_near(cells[i], piece.cell_s[i])) {
            return "features of a piece are not the piece";
        }
        if (!random_near(cells[i], halves[i])) {
            return "features do not add up";
        }
    }
    return NULL;
}

/* Sums of a domain: over phases and contexts, of cells and of what was not caught. */
static inline const char *random_domain(const struct jb_work *work, unsigned domain, double *ret_seconds)
{
    double context_s[JB_CONTEXTS] = {0};

    *ret_seconds = 0;
    for (size_t i = 0; i < jb_work_cell_count(work, domain); i++) {
        const struct jb_work_cell *cell = jb_work_cell(work, domain, i);
        double phases = 0, contexts = 0;

        for (unsigned phase = 0; phase < JB_PHASES; phase++) {
            phases += cell->phase_s[phase];
        }
        for (unsigned context = 0; context < JB_CONTEXTS; context++) {
            contexts += cell->context_s[context];
            context_s[context] += cell->context_s[context];
        }
        if (!random_near(phases, cell->seconds) || !random_near(contexts, cell->seconds) || cell->seconds < 0) {
            return "a cell does not sum to its time";
        }
        *ret_seconds += cell->seconds;
    }
    for (unsigned context = 0; context < JB_CONTEXTS; context++) {
        struct jb_work_context its;
        double phases = 0;

        jb_work_context(work, domain, context, &its);
        for (unsigned phase = 0; phase < JB_PHASES; phase++) {
            phases += its.unknown_phase_s[phase];
        }
        if (!random_near(its.caught_s, context_s[context]) || !random_near(phases, its.unknown_s)) {
            return "a context does not sum to its time";
        }
        *ret_seconds += its.unknown_s;
    }
    return NULL;
}

static inline const char *random_groups(const struct jb_work *work, double run_s)
{
    for (size_t i = 0; i < jb_work_group_count(work); i++) {
        const struct jb_work_group *group = jb_work_group(work, i);
        double sum = 0;

        for (size_t cell = 0; cell < JB_WORK_CELLS; cell++) {
            sum += (double)group->cell_s[cell];
            if ((double)group->cell_s[cell] >
                (cell < jb_work_cell_count(work, 0) ? jb_work_cell(work, 0, cell)->seconds : 0) * (1 + 1e-6) + 1e-9) {
                return "a group has more of a cell than there is";
            }
        }
        for (size_t context = 0; context < JB_CONTEXTS; context++) {
            sum += group->context_s[context];
        }
        if (!(group->seconds >= 0) || group->seconds > run_s * (1 + 1e-9) + 1e-9) {
            return "a group is longer than the run";
        }
        if (sum > group->seconds * (1 + 1e-5) + 1e-9) {
            return "a group has more in it than its time";
        }
    }
    for (size_t i = 0; i < jb_work_region_count(work); i++) {
        const struct jb_work_region *region = jb_work_region(work, i);

        if (region->parent > jb_work_region_count(work) || (region->t1_ns != 0 && region->t1_ns < region->t0_ns)) {
            return "a region makes no sense";
        }
    }
    return NULL;
}

static inline const char *random_all(const struct jb_work *work, double run_s, const double device_s[JB_WORK_DOMAINS])
{
    const char *wrong;
    double sum = 0;

    for (unsigned phase = 0; phase < JB_PHASES; phase++) {
        sum += jb_work_phase_s(work, phase);
    }
    if (!random_near(sum, run_s)) {
        return "phases do not sum to the run";
    }
    for (unsigned domain = 0; domain < JB_WORK_DOMAINS; domain++) {
        wrong = random_domain(work, domain, &sum);
        if (wrong != NULL) {
            return wrong;
        }
        if (!random_near(sum, domain == 0 ? run_s : device_s[domain])) {
            return "a domain does not sum to its time";
        }
    }
    for (unsigned level = 0; level <= JB_LEVEL_FULL; level++) {
        struct jb_work_steps steps;

        jb_work_steps(work, level, &steps);
        if (!isfinite(steps.mean_s) || !(steps.var_s >= 0) || !(steps.total_s >= 0)) {
            return "steps are no numbers";
        }
    }
    if (!isfinite(jb_work_steps_per_s(work))) {
        return "steps are no numbers";
    }
    return random_groups(work, run_s);
}

/* One step of whatever the bytes say. */
static inline const char *random_step(struct jb_work *work, struct random_bytes *bytes, uint64_t *t_ns,
                                      uint64_t device_ns[JB_WORK_DOMAINS])
{
    uint8_t what = (uint8_t)random_take(bytes, 1), who = (uint8_t)random_take(bytes, 1);
    uint64_t dt_ns = random_take(bytes, 1);
    unsigned name = (unsigned)random_take(bytes, 1) % 16, domain = 1 + who % 2;
    struct jb_event event = {.name = name};

    dt_ns = dt_ns < 250 ? dt_ns * 97 : random_take(bytes, dt_ns == 255 && what == 1 ? 6 : 3); /* 16 ms; 3 days */
    switch (what % 16) {
    case 0:
        *t_ns += dt_ns;
        jb_work_advance(work, *t_ns);
        return NULL;
    case 1:
        *t_ns += dt_ns;
        jb_work_advance(work, *t_ns);
        return random_cut(work, JB_WORK_HOST, bytes);
    case 2:
        jb_work_kernel(work, domain, device_ns[domain] + dt_ns, device_ns[domain] + dt_ns + (uint64_t)name * 1000,
                       random_names[name], name, who % 8, 0);
        return NULL;
    case 3:
        device_ns[domain] += dt_ns;
        jb_work_advance_device(work, domain, device_ns[domain], what >= 64);
        return random_cut(work, domain, bytes);
    case 4:
        if (who % 8 == 0) {
            jb_work_gone(work, 100 + who / 8 % 4);
        }
        return NULL;
    case 5:
        event.kind = JB_EVENT_LEVEL;
        event.value = who % 4 == 0 ? (uint16_t)(who / 4 % 5) : JB_LEVEL_FULL;
        break;
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
        event.flags = JB_EVENT_END;
        break;
    default:
        event.kind = what >= 240 ? who : what >= 64 ? JB_EVENT_OPERATOR + what / 16 % 3 : JB_EVENT_RANGE + what / 16;
        event.value = (uint16_t)(dt_ns * 7);
        break;
    }
    event.t_ns = *t_ns += dt_ns;
    jb_work_event(work, &event, random_names[name], who % 12, what == 21, 100 + who % 12 / 4);
    return NULL;
}

static inline const char *random_run(struct jb_work *work, const uint8_t *data, size_t size)
{
    struct random_bytes bytes = {.data = data, .size = size};
    uint64_t t0_ns = random_take(&bytes, 2), t_ns = t0_ns, device_ns[JB_WORK_DOMAINS];
    double device_s[JB_WORK_DOMAINS] = {0};
    const char *wrong = NULL;
    unsigned steps = 0;

    jb_work_start(work, t0_ns);
    for (size_t i = 0; i < JB_WORK_DOMAINS; i++) {
        device_ns[i] = t0_ns;
    }
    while (wrong == NULL && bytes.size > 0) {
        wrong = random_step(work, &bytes, &t_ns, device_ns);
        steps++;
    }
    jb_work_advance(work, t_ns);
    for (unsigned i = 0; i < JB_WORK_DOMAINS; i++) {
        device_s[i] = (double)(device_ns[i] - t0_ns) * 1e-9;
    }
    return wrong != NULL ? wrong : random_all(work, (double)(t_ns - t0_ns) * 1e-9, device_s);
}

#endif
