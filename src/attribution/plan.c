/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The projection of plan.h. Sums are kept by Welford's method (Technometrics 4, 1962, 419), so that a long run of equal
 * turns has no spread from rounding.
 */
#include "attribution/plan.h"

#include <math.h>

#include "base/cleanup.h"

#define WITHOUT_FIRST 3 /* turns, from which on the first is left out */

static void add(struct jb_plan_sums *sums, uint64_t count, double value)
{
    double off = value - sums->mean;

    sums->mean += off / (double)count;
    sums->squares += off * (value - sums->mean);
}

static struct jb_plan_point since(struct jb_plan_point from, struct jb_plan_point to)
{
    return (struct jb_plan_point){fmax(to.t_s - from.t_s, 0), fmax(to.energy_uj - from.energy_uj, 0)};
}

static void end_turn(struct jb_plan *plan, struct jb_plan_point begin)
{
    struct jb_plan_point turn = since(plan->at, begin);

    if (plan->turns++ == 0) {
        plan->first = turn;
        return;
    }
    add(&plan->time, plan->turns - 1, turn.t_s);
    add(&plan->energy, plan->turns - 1, turn.energy_uj);
}

void jb_plan_epoch(struct jb_plan *plan, int64_t index, struct jb_plan_point begin, const struct jb_plan_point *end)
{
    if (plan->seen && index > plan->last) {
        end_turn(plan, begin);
    } else {
        *plan = (struct jb_plan){.seen = true, .base = index == 1};
    }
    plan->last = index;
    plan->at = begin;
    if (end != NULL) {
        plan->ended = true;
        plan->done = *end;
    }
}

uint64_t jb_plan_begun(const struct jb_plan *plan)
{
    return plan->seen && plan->last >= plan->base ? (uint64_t)(plan->last - plan->base) + 1 : 0;
}

static double students_t(uint64_t degrees)
{
    static const double table[] = {1.84, 1.32, 1.20, 1.14, 1.11, 1.09, 1.08, 1.07, 1.06, 1.05};

    return degrees <= JB_COUNT(table) ? table[degrees - 1] : 1 + 0.5 / (double)degrees;
}

/* Of `turns` turns, of which `sums` has all but the first: how many are looked at, their mean and deviation. */
static uint64_t look(const struct jb_plan_sums *sums, uint64_t turns, double first, double *ret_mean, double *ret_sd)
{
    if (turns == 1) {
        *ret_mean = first;
        *ret_sd = NAN;
        return 1;
    }
    if (turns < WITHOUT_FIRST) {
        *ret_mean = (first + sums->mean) / 2;
        *ret_sd = fabs(first - sums->mean) / sqrt(2);
        return turns;
    }
    *ret_mean = sums->mean;
    *ret_sd = sqrt(sums->squares / (double)(turns - 2));
    return turns - 1;
}

static double project(const struct jb_plan_sums *sums, uint64_t turns, double first, double spent, double left,
                      double *ret_sd)
{
    double mean, sd;
    uint64_t n = look(sums, turns, first, &mean, &sd);
    double rest = left + (mean > 0 ? fmax(1 - spent / mean, 0) : 0);

    *ret_sd = n > 1 ? students_t(n - 1) * sd * sqrt(rest + rest * rest / (double)n) : (double)NAN;
    return rest * mean;
}

bool jb_plan_project(const struct jb_plan *plan, uint64_t planned, struct jb_plan_point now, struct jb_projection *ret)
{
    uint64_t begun = jb_plan_begun(plan), turns = plan->turns;
    struct jb_plan_point first = plan->first, spent = since(plan->at, now);

    if (begun == 0 || begun > planned || (turns == 0 && !plan->ended)) {
        return false;
    }
    if (turns == 0) { /* one epoch and no second yet: what comes between them is not known */
        turns = 1;
        first = since(plan->at, plan->done);
    }
    double left = (double)(planned - begun);
    ret->energy_uj =
        now.energy_uj + project(&plan->energy, turns, first.energy_uj, spent.energy_uj, left, &ret->energy_sd_uj);
    ret->duration_s = now.t_s + project(&plan->time, turns, first.t_s, spent.t_s, left, &ret->duration_sd_s);
    return true;
}
