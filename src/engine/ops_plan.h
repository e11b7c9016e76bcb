/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_plan.h - when to catch operators: `--ops off|phases|full|auto`.
 *
 * Pure: told the time and what steps cost, it says what level is wanted now and whether counters are to be read
 * densely.
 *
 * phases: JB_LEVEL_PHASES throughout.
 *
 * full: JB_LEVEL_FULL throughout; dense readings in bursts.
 *
 * auto: a base level throughout, and JB_LEVEL_FULL in bursts that begin at random, so that what is caught is typical
 * (operators.md 2.3). The base is JB_LEVEL_MARKS until steps have shown that JB_LEVEL_PHASES costs less than a third of
 * the budget. Bursts take that part of the time which keeps the slowdown below JB_OPS_BUDGET, by the upper end of what
 * it was measured to be, and by no more than JB_OPS_EACH_S for each operator. Before the first burst JB_OPS_UNKNOWN is
 * believed of it, or JB_OPS_MANY operators in a step where that is less; it waits until the run is so long that this is
 * within the budget.
 *
 * Dense readings: bursts of counters while operators are caught, JB_OPS_DENSE_NS in all (operators.md 3.4: 1 s gives
 * 1.2 %, 6 s 0.7 %), the first half of them early, so that short runs have some, the rest spread over the run.
 */
#ifndef JB_ENGINE_OPS_PLAN_H
#define JB_ENGINE_OPS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "attribution/work.h"

#define JB_OPS_BUDGET   0.008 /* of the run's time: the promise is 1 % */
#define JB_OPS_UNKNOWN  0.36  /* the worst that was seen: a step of 0.35 ms (operators.md 2.3) */
#define JB_OPS_EACH_S   1e-6  /* the most that catching one was seen to cost, with cold caches (operators.md 2.3) */
#define JB_OPS_MANY     4000
#define JB_OPS_DENSE_NS (UINT64_C(8) * 1000000000)

enum jb_ops { JB_OPS_OFF, JB_OPS_PHASES, JB_OPS_FULL, JB_OPS_AUTO };
const char *jb_ops_name(enum jb_ops ops);                 /* "off", ... */
int jb_ops_parse(const char *text, enum jb_ops *ret_ops); /* -EINVAL */

struct jb_ops_plan {
    enum jb_ops ops;
    enum jb_level base;
    bool bursting, dense, trial; /* trial: a burst that tries JB_LEVEL_PHASES out */
    uint64_t start_ns;           /* of the run */
    uint64_t begun_ns, end_ns;   /* of the burst, or of the pause before the next */
    uint64_t dense_ns;           /* so far */
    uint64_t bursts;
    uint64_t random;
};
void jb_ops_plan_init(struct jb_ops_plan *plan, enum jb_ops ops, uint64_t now_ns, uint64_t seed);

struct jb_ops_facts {
    bool telling;     /* the program writes events at all */
    double step_s;    /* usual length of a step; 0: not known */
    double ops_per_s; /* operators in a second in which they were caught; 0: not known */
    struct jb_work_steps steps[JB_LEVEL_FULL + 1];
};
/* Can anything have changed since the last look? If not, facts need not be gathered: that sorts the steps' lengths. */
bool jb_ops_plan_due(const struct jb_ops_plan *plan, uint64_t now_ns);
/* What is wanted from now on; changes at most every few milliseconds. */
enum jb_level jb_ops_plan_look(struct jb_ops_plan *plan, uint64_t now_ns, const struct jb_ops_facts *facts);
bool jb_ops_plan_dense(const struct jb_ops_plan *plan); /* read counters densely now? Until plan->end_ns */

/* How much longer steps at `level` are than those at the level below that was measured, relative, with its standard
 * deviation; false: not known (fewer than 5 steps of either). */
bool jb_ops_cost(const struct jb_ops_facts *facts, enum jb_level level, double *ret_mean, double *ret_sd);
/* The slowdown of the whole run by catching, from the time spent at each level; false: not known, as for a run that was
 * at no level below JB_LEVEL_PHASES. */
bool jb_ops_slowdown(const struct jb_ops_facts *facts, double *ret_mean, double *ret_sd);

#endif
