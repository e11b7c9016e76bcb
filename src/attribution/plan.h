/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - what a training will have used when it has made the epochs that it means to make.
 *
 * Pure. Told the epochs so far it keeps the length and the energy of each *turn*: from the beginning of one epoch to
 * that of the next, so that what is done between epochs (evaluation, checkpoints) is expected to be done again, and
 * what came before the first is not. Assumed is that the turns to come are like those that were, independent of each
 * other; no trend is looked for. Then
 *
 *     total = used + R m        R = turns left = (planned - begun) + max(1 - s / m, 0)
 *     var   = t^2 sd^2 (R + R^2 / n)
 *
 * m, sd: mean and standard deviation of n turns; s: what the present turn has used. The first turn often differs (files
 * are read for the first time, kernels are chosen, memory is taken): with three or more it is left out. A mean and no
 * median, as a checkpoint in every fifth turn is part of the sum. R sd^2: turns differ; R^2 sd^2 / n: their mean is
 * known from n of them. t makes up for a standard deviation that is known from few: Student's for 68.27 % and n - 1
 * degrees of freedom (JCGM 100:2008, table G.2). With one turn its spread is not known: NAN.
 *
 * What is used already is the lower bound. Before one whole epoch nothing is projected, nor when more have begun than
 * were planned. Errors of the sensors are common to all of it and not in the deviation.
 *
 * Which epoch of the plan one is: its index tells, so that a training which is resumed is right, too. Indexes count
 * from 0, or from 1 where the first is 1. One that does not grow begins another training: epochs of before are not
 * looked at any more.
 */
#ifndef JB_ATTRIBUTION_PLAN_H
#define JB_ATTRIBUTION_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A point of the run: seconds since it began, and what it had used by then. */
struct jb_plan_point {
    double t_s, energy_uj;
};

struct jb_plan_sums {
    double mean, squares; /* of differences from the mean */
};

/* All zero to begin with; its contents are plan.c's. */
struct jb_plan {
    bool seen, ended;
    int64_t base, last;        /* indexes: of epoch number 1, of the last epoch */
    struct jb_plan_point at;   /* where the last epoch began */
    struct jb_plan_point done; /* ... and ended; of the last one that did */
    uint64_t turns;            /* whole ones */
    struct jb_plan_point first;
    struct jb_plan_sums time, energy; /* of those but the first */
};

/* The next epoch in order of time; end NULL: it goes on. Points that go back are taken for the point before. */
void jb_plan_epoch(struct jb_plan *plan, int64_t index, struct jb_plan_point begin, const struct jb_plan_point *end);
/* How many epochs of the plan have begun, those before a training was resumed included; 0: none. */
uint64_t jb_plan_begun(const struct jb_plan *plan);

struct jb_projection {
    double energy_uj, energy_sd_uj; /* of the whole run; sd NAN: not known */
    double duration_s, duration_sd_s;
};
/* `now`: as far as the epochs were told. False: nothing can be said, *ret is untouched. */
bool jb_plan_project(const struct jb_plan *plan, uint64_t planned, struct jb_plan_point now, struct jb_projection *ret);

#endif
