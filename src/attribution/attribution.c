/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose joules: the four parts of an entry, and what totals of them say about footprint and error.
 *
 * Why idle comes first and is capped: other tools charge idle by share of use, which makes a half-busy machine half
 * idle (sensors.md 1.5). The rounding of each part is settled by jb_split(), so that the parts sum to the entry.
 */
#include "attribution/attribution.h"

#include "attribution/split.h"

#include <math.h>

#define NS_PER_S 1000000000u

static uint64_t idle_energy(const struct jb_entry *entry, uint64_t idle_uw)
{
    uint64_t dt_ns = entry->t1_ns > entry->t0_ns ? entry->t1_ns - entry->t0_ns : 0;
    unsigned __int128 idle_uj = (unsigned __int128)idle_uw * dt_ns / NS_PER_S;

    return idle_uj < entry->energy_uj ? (uint64_t)idle_uj : entry->energy_uj;
}

void jb_attribute(const struct jb_entry *entry, uint64_t idle_uw, const struct jb_shares *shares, struct jb_parts *ret)
{
    enum { RUN, OTHERS, NOBODY, PARTS };
    uint64_t weights[PARTS] = {0}, active[PARTS];
    uint64_t idle_uj = idle_energy(entry, idle_uw);

    if (shares->known) {
        weights[RUN] = shares->run;
        weights[OTHERS] = shares->others;
        weights[NOBODY] = shares->nobody;
    }
    jb_split(entry->energy_uj - idle_uj, weights, PARTS, NOBODY, active);
    *ret = (struct jb_parts){
        .run_uj = active[RUN],
        .idle_uj = idle_uj,
        .others_uj = active[OTHERS],
        .unattributed_uj = active[NOBODY],
    };
}

bool jb_attribute_like(uint64_t energy_uj, const struct jb_parts *like, struct jb_parts *ret)
{
    enum { RUN, IDLE, OTHERS, NOBODY, PARTS };
    const uint64_t weights[PARTS] = {like->run_uj, like->idle_uj, like->others_uj, like->unattributed_uj};
    uint64_t parts[PARTS];

    if ((weights[RUN] | weights[IDLE] | weights[OTHERS] | weights[NOBODY]) == 0) {
        return false;
    }
    jb_split(energy_uj, weights, PARTS, NOBODY, parts);
    *ret = (struct jb_parts){
        .run_uj = parts[RUN],
        .idle_uj = parts[IDLE],
        .others_uj = parts[OTHERS],
        .unattributed_uj = parts[NOBODY],
    };
    return true;
}

void jb_parts_add(struct jb_parts *sum, const struct jb_parts *parts)
{
    sum->run_uj += parts->run_uj;
    sum->idle_uj += parts->idle_uj;
    sum->others_uj += parts->others_uj;
    sum->unattributed_uj += parts->unattributed_uj;
}

uint64_t jb_parts_total(const struct jb_parts *parts)
{
    return parts->run_uj + parts->idle_uj + parts->others_uj + parts->unattributed_uj;
}

/* The part of `idle_uj` that the run's share of use answers for. */
static uint64_t idle_of_run(const struct jb_parts *totals, uint64_t idle_uj)
{
    uint64_t weights[2] = {totals->run_uj, totals->others_uj}, parts[2];

    jb_split(idle_uj, weights, 2, 0, parts);
    return parts[0];
}

uint64_t jb_footprint_uj(const struct jb_parts *totals)
{
    return totals->run_uj + idle_of_run(totals, totals->idle_uj);
}

bool jb_parts_silent(const struct jb_parts *totals)
{
    return totals->run_uj == 0 && totals->others_uj == 0;
}

uint64_t jb_footprint_silent_uj(const struct jb_parts *totals, uint64_t run, uint64_t others)
{
    struct jb_parts use = {.run_uj = run, .others_uj = others};

    return totals->run_uj + idle_of_run(&use, totals->idle_uj);
}

double jb_run_sigma_uj(const struct jb_parts *totals, double channel_sigma_uj, double idle_sigma_uw,
                       uint64_t covered_ns)
{
    double run = (double)totals->run_uj;
    double active = run + (double)totals->others_uj + (double)totals->unattributed_uj;

    double of_unknown_idle = idle_sigma_uw * (double)covered_ns / NS_PER_S;

    if (totals->run_uj == 0) {
        /* Nothing was laid on the run, which does not say that it used nothing: what nobody could be charged with may
         * all be its own (uniform: the root mean square is 1 / sqrt 3), and what passed for idle some of it. */
        double hidden = totals->others_uj == 0 ? fmin(of_unknown_idle, (double)totals->idle_uj) : 0;

        return hypot(hidden, totals->others_uj == 0 ? (double)totals->unattributed_uj / sqrt(3) : 0);
    }
    double of_channel = channel_sigma_uj * run / (active + (double)totals->idle_uj);
    double of_idle = of_unknown_idle * run / active;

    return hypot(of_channel, of_idle);
}
