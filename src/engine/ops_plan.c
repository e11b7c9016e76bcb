/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of bursts. Pauses are drawn uniformly between half and one and a half of their mean: a step that keeps pace
 * with bursts of fixed distance would be seen at the same place each time.
 */
#include "engine/ops_plan.h"

#include "base/choice.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>

#define FIRST_PAUSE_NS   (150 * JB_NS_PER_MS)
#define LONGEST_FIRST_NS (2 * JB_NS_PER_S)
#define SHORT_BURST_NS   (150 * JB_NS_PER_MS)
#define DEAR_BURST_NS    (30 * JB_NS_PER_MS) /* where catching costs more than DEAR */
#define DEAR             0.1
#define LONG_BURST_NS    (1500 * JB_NS_PER_MS)
#define BURST_STEPS      8
#define MIN_PAUSE_NS     (50 * JB_NS_PER_MS)
#define MAX_PAUSE_NS     (60 * JB_NS_PER_S)
#define DENSE_BURST_NS   (250 * JB_NS_PER_MS)
#define DENSE_PAUSE_NS   (400 * JB_NS_PER_MS)
#define EARLY_DENSE_NS   (JB_OPS_DENSE_NS / 2)
#define TRIAL_EVERY      4
#define ENOUGH_STEPS     5
#define SURE_STEPS       20
#define LEAST_COST       0.002 /* nothing is believed to cost less before many steps have shown it */

static const char *const names[] = {
    [JB_OPS_OFF] = "off", [JB_OPS_PHASES] = "phases", [JB_OPS_FULL] = "full", [JB_OPS_AUTO] = "auto"};

const char *jb_ops_name(enum jb_ops ops)
{
    return (unsigned)ops < JB_COUNT(names) ? names[ops] : "off";
}

int jb_ops_parse(const char *text, enum jb_ops *ret_ops)
{
    for (size_t i = 0; i < JB_COUNT(names); i++) {
        if (jb_streq(text, names[i])) {
            *ret_ops = (enum jb_ops)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* xorshift64: as good as is needed to not keep pace with anything. */
static double draw(struct jb_ops_plan *plan)
{
    plan->random ^= plan->random << 13;
    plan->random ^= plan->random >> 7;
    plan->random ^= plan->random << 17;
    return (double)(plan->random >> 11) / (double)(UINT64_C(1) << 53);
}

void jb_ops_plan_init(struct jb_ops_plan *plan, enum jb_ops ops, uint64_t now_ns, uint64_t seed)
{
    *plan = (struct jb_ops_plan){
        .ops = ops,
        .base = ops == JB_OPS_FULL     ? JB_LEVEL_FULL
                : ops == JB_OPS_PHASES ? JB_LEVEL_PHASES
                : ops == JB_OPS_AUTO   ? JB_LEVEL_MARKS
                                       : JB_LEVEL_OFF,
        .start_ns = now_ns,
        .begun_ns = now_ns,
        .end_ns = now_ns + FIRST_PAUSE_NS,
        .random = seed | 1,
    };
}

/* The lowest level with enough steps. */
static int reference(const struct jb_ops_facts *facts)
{
    for (int level = JB_LEVEL_OFF; level < JB_LEVEL_FULL; level++) {
        if (facts->steps[level].count >= ENOUGH_STEPS && facts->steps[level].mean_s > 0) {
            return level;
        }
    }
    return -1;
}

bool jb_ops_cost(const struct jb_ops_facts *facts, enum jb_level level, double *ret_mean, double *ret_sd)
{
    int low = reference(facts);
    const struct jb_work_steps *at = &facts->steps[level];

    if (low < 0 || low >= (int)level || at->count < ENOUGH_STEPS) {
        return false;
    }
    const struct jb_work_steps *base = &facts->steps[low];
    double ratio = at->mean_s / base->mean_s;
    *ret_mean = ratio - 1;
    *ret_sd = ratio * sqrt(at->var_s / ((double)at->count * at->mean_s * at->mean_s) +
                           base->var_s / ((double)base->count * base->mean_s * base->mean_s));
    return true;
}

bool jb_ops_slowdown(const struct jb_ops_facts *facts, double *ret_mean, double *ret_sd)
{
    double total_s = 0, mean = 0, variance = 0;
    int low = reference(facts);

    for (int level = 0; level <= JB_LEVEL_FULL; level++) {
        total_s += facts->steps[level].total_s;
    }
    if (low < 0 || low > JB_LEVEL_MARKS || total_s <= 0) {
        return false; /* what the lowest level costs beside none at all was not seen; of marks alone it is nothing */
    }
    for (int level = low + 1; level <= JB_LEVEL_FULL; level++) {
        double cost, sd, share = facts->steps[level].total_s / total_s;
        if (share <= 0) {
            continue;
        }
        if (!jb_ops_cost(facts, (enum jb_level)level, &cost, &sd)) {
            if (share > 0.01) {
                return false; /* a good part of the run, and nobody knows what it cost */
            }
            continue;
        }
        /* Of time t at a cost of c, t * c / (1 + c) would not have been needed. */
        mean += share * cost / (1 + cost);
        variance += share * share * sd * sd;
    }
    *ret_mean = mean;
    *ret_sd = sqrt(variance);
    return true;
}

/* The most that catching at a level may be believed to cost. */
static double upper_cost(const struct jb_ops_facts *facts, enum jb_level level)
{
    double mean, sd, most = JB_OPS_UNKNOWN;

    if (facts->ops_per_s > 0) {
        most = facts->ops_per_s * JB_OPS_EACH_S;
    } else if (facts->step_s > 0) {
        most = JB_OPS_MANY * JB_OPS_EACH_S / facts->step_s;
    }
    most = most > JB_OPS_UNKNOWN ? JB_OPS_UNKNOWN : most;
    if (jb_ops_cost(facts, level, &mean, &sd) && mean + 2 * sd < most) {
        most = mean + 2 * sd;
    }
    return most < LEAST_COST ? LEAST_COST : most;
}

static uint64_t burst_length_ns(const struct jb_ops_facts *facts)
{
    double wanted_ns = facts->step_s * BURST_STEPS * 1e9;
    uint64_t least_ns = upper_cost(facts, JB_LEVEL_FULL) > DEAR ? DEAR_BURST_NS : SHORT_BURST_NS;

    return wanted_ns < (double)least_ns        ? least_ns
           : wanted_ns > (double)LONG_BURST_NS ? LONG_BURST_NS
                                               : (uint64_t)wanted_ns;
}

static uint64_t around(struct jb_ops_plan *plan, double mean_ns)
{
    double low = (double)MIN_PAUSE_NS, high = (double)MAX_PAUSE_NS;
    double mean = mean_ns < low ? low : mean_ns > high ? high : mean_ns;

    return (uint64_t)(mean * (0.5 + draw(plan)));
}

/* How long to pause after a burst of auto, so that bursts and base level together stay within the budget. */
static uint64_t pause_ns(struct jb_ops_plan *plan, uint64_t burst_ns, const struct jb_ops_facts *facts)
{
    double base = plan->base == JB_LEVEL_PHASES ? upper_cost(facts, JB_LEVEL_PHASES) : 0;
    double left = JB_OPS_BUDGET - base > 0.002 ? JB_OPS_BUDGET - base : 0.002;
    double share = left / upper_cost(facts, JB_LEVEL_FULL);

    if (share > 0.5) {
        share = 0.5;
    }
    return around(plan, (double)burst_ns * (1 - share) / share);
}

/* The first burst is paid for by the time that has gone by. */
static bool too_early(const struct jb_ops_plan *plan, uint64_t now_ns, const struct jb_ops_facts *facts)
{
    double cost_ns = (double)burst_length_ns(facts) * upper_cost(facts, JB_LEVEL_FULL);

    if (plan->ops != JB_OPS_AUTO || plan->bursts > 0) {
        return false;
    }
    /* A burst is as long as some steps, and perhaps nobody has seen one yet. */
    bool unseen = facts->step_s <= 0 && now_ns < plan->begun_ns + LONGEST_FIRST_NS;
    return unseen || (double)(now_ns - plan->start_ns) * JB_OPS_BUDGET < cost_ns;
}

static void settle_base(struct jb_ops_plan *plan, const struct jb_ops_facts *facts)
{
    double mean, sd;

    if (plan->ops != JB_OPS_AUTO || !jb_ops_cost(facts, JB_LEVEL_PHASES, &mean, &sd) ||
        (plan->base == JB_LEVEL_MARKS && facts->steps[JB_LEVEL_PHASES].count < SURE_STEPS)) {
        return;
    }
    if (plan->base == JB_LEVEL_MARKS && mean + sd < JB_OPS_BUDGET / 3) {
        plan->base = JB_LEVEL_PHASES;
    } else if (plan->base == JB_LEVEL_PHASES && mean - sd > JB_OPS_BUDGET / 2) {
        plan->base = JB_LEVEL_MARKS;
    }
}

static void begin_burst(struct jb_ops_plan *plan, uint64_t now_ns, const struct jb_ops_facts *facts)
{
    bool full = plan->ops == JB_OPS_FULL;

    plan->bursting = true;
    plan->trial = plan->ops == JB_OPS_AUTO && plan->base == JB_LEVEL_MARKS && plan->bursts % TRIAL_EVERY == 1;
    plan->bursts++;
    plan->begun_ns = now_ns;
    plan->end_ns = now_ns + (full ? DENSE_BURST_NS : burst_length_ns(facts));
    plan->dense = !plan->trial && plan->dense_ns < JB_OPS_DENSE_NS;
}

static void end_burst(struct jb_ops_plan *plan, uint64_t now_ns, const struct jb_ops_facts *facts)
{
    uint64_t length_ns = now_ns - plan->begun_ns;

    if (plan->dense) {
        plan->dense_ns += length_ns;
    }
    plan->bursting = plan->dense = plan->trial = false;
    settle_base(plan, facts);
    plan->begun_ns = now_ns;
    if (plan->ops == JB_OPS_FULL) {
        /* Nothing is slowed down by a pause: these are pauses of dense reading alone. */
        plan->end_ns = now_ns + around(plan, plan->dense_ns < EARLY_DENSE_NS ? (double)DENSE_PAUSE_NS
                                                                             : 20.0 * (double)DENSE_PAUSE_NS);
    } else {
        plan->end_ns = now_ns + pause_ns(plan, length_ns, facts);
    }
}

enum jb_level jb_ops_plan_look(struct jb_ops_plan *plan, uint64_t now_ns, const struct jb_ops_facts *facts)
{
    if (plan->ops == JB_OPS_OFF || plan->ops == JB_OPS_PHASES) {
        return plan->base;
    }
    if (!facts->telling) {
        /* A framework has yet to show up: the first burst is to see it at work. */
        plan->begun_ns = now_ns;
        plan->end_ns = now_ns + FIRST_PAUSE_NS;
        plan->bursting = plan->dense = false;
        return plan->base;
    }
    if (too_early(plan, now_ns, facts)) {
        return plan->base;
    }
    if (now_ns >= plan->end_ns) {
        if (plan->bursting) {
            end_burst(plan, now_ns, facts);
        } else {
            begin_burst(plan, now_ns, facts);
        }
    }
    return !plan->bursting ? plan->base : plan->trial ? JB_LEVEL_PHASES : JB_LEVEL_FULL;
}

bool jb_ops_plan_due(const struct jb_ops_plan *plan, uint64_t now_ns)
{
    return (plan->ops == JB_OPS_FULL || plan->ops == JB_OPS_AUTO) && now_ns >= plan->end_ns;
}

bool jb_ops_plan_dense(const struct jb_ops_plan *plan)
{
    return plan->bursting && plan->dense;
}
