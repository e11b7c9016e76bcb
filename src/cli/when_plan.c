/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when_plan.c - what to do at a time, given a forecast. Pure; documented in when.h.
 *
 * A forecast that is made anew differs in its last digits, and the start must not be put off for them for ever: only
 * a window that is better by more than WORTH_MOVING is moved to (engineering bound), and none ends after `until`.
 */
#include "cli/when.h"

#include <errno.h>
#include <math.h>

#define WORTH_MOVING 0.01

static const struct jb_provider *provider_at(const struct jb_track *track, int64_t t_ns)
{
    const struct jb_point *point = jb_track_at(track, t_ns);

    return point != NULL ? point->provider : NULL;
}

static int64_t until(const struct cli_when *when, int64_t now_ns)
{
    return now_ns + (int64_t)when->within_ns;
}

int when_plan_make(const struct cli_when *when, const struct jb_track *track, int64_t now_ns, struct when_plan *ret)
{
    struct when_plan plan = {.until_ns = until(when, now_ns), .length_ns = when->length_ns};
    int error = jb_greenest(track, now_ns, plan.until_ns, plan.length_ns, &plan.window);

    if (error < 0) {
        return error;
    }
    plan.provider = provider_at(track, plan.window.start_ns);
    *ret = plan;
    return 0;
}

bool when_plan_look(struct when_plan *plan, const struct jb_track *track, int64_t now_ns)
{
    struct jb_window best;
    double mean = NAN, covered = 0;

    if (jb_greenest(track, now_ns, plan->until_ns, plan->length_ns, &best) < 0) {
        return false;
    }
    bool foretold =
        jb_track_mean(track, plan->window.start_ns, plan->window.end_ns, &mean, &covered) && covered > 0.999;
    bool moved = best.start_ns != plan->window.start_ns && (!foretold || best.g_per_kwh < mean * (1 - WORTH_MOVING));
    if (moved) {
        plan->window = best;
    } else if (foretold) {
        plan->window.g_per_kwh = mean;
        plan->window.now_g_per_kwh = best.now_g_per_kwh;
        plan->window.known_ns = best.known_ns;
    }
    plan->provider = provider_at(track, plan->window.start_ns);
    return moved;
}

bool when_plan_due(const struct when_plan *plan, int64_t now_ns)
{
    return now_ns >= plan->window.start_ns;
}

double when_saving(const struct jb_window *window)
{
    return window->now_g_per_kwh > 0 ? (window->now_g_per_kwh - window->g_per_kwh) / window->now_g_per_kwh : NAN;
}
