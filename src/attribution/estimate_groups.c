/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that the data cannot tell apart, put together (operators.md 3.2.7).
 *
 * Odd: the widest group goes first, and joins only what it is confused with (correlation below MIXED: one's gain is the
 * other's loss); what is wide for mere lack of time stays alone, since company would only hide it.
 */
#include "estimate_impl.h"

#include <math.h>

#define TOO_WIDE   0.25
#define HALF_WIDTH 1.96
#define MIXED      (-0.3)

/* Energies of groups, at the number of their first column; `mixed`: their covariance, count x count. */
struct energies {
    size_t count;
    double energy_j[JB_COLUMNS];
    double *mixed;
    bool gone[JB_COLUMNS], alone[JB_COLUMNS]; /* part of another; without a partner */
};

static double half_width(double energy_j, double variance)
{
    return energy_j > 0 ? HALF_WIDTH * sqrt(fmax(variance, 0)) / energy_j : INFINITY;
}

static double own(const struct energies *energies, size_t group)
{
    return energies->mixed[group * energies->count + group];
}

/* The group most confused with `group`; count: none is, or together they would be no better known. */
static size_t partner_of(const struct energies *energies, size_t group)
{
    double strongest = MIXED, width = half_width(energies->energy_j[group], own(energies, group));
    size_t partner = energies->count;

    for (size_t k = 0; k < energies->count; k++) {
        double common = energies->mixed[group * energies->count + k];
        double scale = sqrt(fmax(own(energies, group), 0) * fmax(own(energies, k), 0));

        if (k == group || energies->gone[k] || scale <= 0 || common / scale >= strongest) {
            continue;
        }
        if (half_width(energies->energy_j[group] + energies->energy_j[k],
                       own(energies, group) + own(energies, k) + 2 * common) < width) {
            strongest = common / scale;
            partner = k;
        }
    }
    return partner;
}

static size_t widest(const struct energies *energies)
{
    double most = TOO_WIDE;
    size_t group = energies->count;

    for (size_t k = 0; k < energies->count; k++) {
        double width = half_width(energies->energy_j[k], own(energies, k));

        if (!energies->gone[k] && !energies->alone[k] && width > most) {
            most = width;
            group = k;
        }
    }
    return group;
}

static void join(struct energies *energies, size_t into, size_t from)
{
    size_t count = energies->count;

    energies->energy_j[into] += energies->energy_j[from];
    for (size_t k = 0; k < count; k++) {
        energies->mixed[into * count + k] += energies->mixed[from * count + k];
    }
    for (size_t k = 0; k < count; k++) {
        energies->mixed[k * count + into] += energies->mixed[k * count + from];
    }
    energies->gone[from] = true;
}

void jb_groups_merge(struct jb_solution *solution)
{
    const struct jb_columns *columns = solution->columns;
    struct energies energies = {.count = columns->count, .mixed = solution->work};

    for (size_t k = 0; k < columns->count; k++) {
        solution->group[k] = (int)k;
        energies.energy_j[k] = solution->power[k] * columns->seconds[k];
        for (size_t l = 0; l < columns->count; l++) {
            size_t at = k * columns->count + l;

            energies.mixed[at] = solution->cov[at] * columns->seconds[k] * columns->seconds[l];
        }
    }
    for (size_t group = widest(&energies); group < energies.count; group = widest(&energies)) {
        size_t partner = partner_of(&energies, group);

        if (partner == energies.count) {
            energies.alone[group] = true;
            continue;
        }
        size_t into = group < partner ? group : partner, from = group < partner ? partner : group;

        join(&energies, into, from);
        for (size_t k = 0; k < columns->count; k++) {
            solution->group[k] = solution->group[k] == (int)from ? (int)into : solution->group[k];
        }
    }
}

void jb_groups_mean(const struct jb_solution *solution, int group, double *ret_w, double *ret_sd_w)
{
    const struct jb_columns *columns = solution->columns;
    double energy_j = 0, seconds = 0, variance = 0;

    for (size_t k = 0; k < columns->count; k++) {
        if (solution->group[k] != group) {
            continue;
        }
        energy_j += solution->power[k] * columns->seconds[k];
        seconds += columns->seconds[k];
        for (size_t l = 0; l < columns->count; l++) {
            if (solution->group[l] == group) {
                variance += solution->cov[k * columns->count + l] * columns->seconds[k] * columns->seconds[l];
            }
        }
    }
    *ret_w = energy_j / seconds;
    *ret_sd_w = sqrt(fmax(variance, 0)) / seconds;
}
