/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The energy of single epochs and regions: what the run had been booked when each ended, less what it had when it
 * began.
 *
 * Between two readings energy lies evenly. The run's part of a chunk lies where the devices drew what they drew:
 * entries go into bins of 10 ms, and a chunk's joules follow the bins, or time where no bins are left of it. Nothing of
 * operators is needed for it, and an epoch of many readings is as exact as the sensor.
 *
 * Odd: a guessed epoch is heard of a step after it began, and its end may be taken back. So what the run had at the
 * last chunks is kept, and an end counts for as long as the timeline says the same.
 */
#include "engine/session_work.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int session_regions_init(struct session_work *work)
{
    work->bins_uj = calloc(WORK_BINS, sizeof(*work->bins_uj));
    work->region_begin_uj = malloc(JB_WORK_REGIONS * sizeof(*work->region_begin_uj));
    work->region_end_uj = malloc(JB_WORK_REGIONS * sizeof(*work->region_end_uj));
    work->region_end_ns = calloc(JB_WORK_REGIONS, sizeof(*work->region_end_ns));
    if (work->bins_uj == NULL || work->region_begin_uj == NULL || work->region_end_uj == NULL ||
        work->region_end_ns == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < JB_WORK_REGIONS; i++) {
        work->region_begin_uj[i] = work->region_end_uj[i] = NAN;
    }
    return 0;
}

void session_regions_finish(struct session_work *work)
{
    free(work->bins_uj);
    free(work->region_begin_uj);
    free(work->region_end_uj);
    free(work->region_end_ns);
}

/* Bins are used again in a ring: those that time has come to for the first time are emptied. */
static void reach(struct session_work *work, uint64_t bin)
{
    if (work->bin_first + WORK_BINS > bin) {
        return;
    }
    uint64_t first = bin - WORK_BINS + 1;
    uint64_t steps = first - work->bin_first < WORK_BINS ? first - work->bin_first : WORK_BINS;
    for (uint64_t i = 0; i < steps; i++) {
        work->bins_uj[(work->bin_first + i) % WORK_BINS] = 0;
    }
    work->bin_first = first;
}

void session_regions_entry(struct session_work *work, const struct jb_entry *entry)
{
    uint64_t first = entry->t0_ns / WORK_BIN_NS, last = (entry->t1_ns > 0 ? entry->t1_ns - 1 : 0) / WORK_BIN_NS;

    if (entry->t1_ns <= entry->t0_ns) {
        return;
    }
    double per_ns = (double)entry->energy_uj / (double)(entry->t1_ns - entry->t0_ns);
    reach(work, last);
    for (uint64_t bin = first > work->bin_first ? first : work->bin_first; bin <= last; bin++) {
        uint64_t from_ns = bin * WORK_BIN_NS, to_ns = from_ns + WORK_BIN_NS;
        from_ns = from_ns > entry->t0_ns ? from_ns : entry->t0_ns;
        to_ns = to_ns < entry->t1_ns ? to_ns : entry->t1_ns;
        work->bins_uj[bin % WORK_BINS] += per_ns * (double)(to_ns - from_ns);
    }
}

/* What the bins hold of [t0, t1). */
static double drawn_uj(const struct session_work *work, uint64_t t0_ns, uint64_t t1_ns)
{
    double sum_uj = 0;

    for (uint64_t bin = t0_ns / WORK_BIN_NS; bin * WORK_BIN_NS < t1_ns; bin++) {
        uint64_t from_ns = bin * WORK_BIN_NS, to_ns = from_ns + WORK_BIN_NS;
        if (bin < work->bin_first || bin >= work->bin_first + WORK_BINS) {
            continue;
        }
        from_ns = from_ns > t0_ns ? from_ns : t0_ns;
        to_ns = to_ns < t1_ns ? to_ns : t1_ns;
        sum_uj += work->bins_uj[bin % WORK_BINS] * (double)(to_ns - from_ns) / (double)WORK_BIN_NS;
    }
    return sum_uj;
}

/* The run's energy when it was t_ns, which lies in a chunk that began with begin_uj and got run_uj. */
static double run_within(const struct session_work *work, uint64_t t0_ns, uint64_t t1_ns, double begin_uj,
                         double run_uj, uint64_t t_ns)
{
    double whole_uj = t0_ns / WORK_BIN_NS >= work->bin_first ? drawn_uj(work, t0_ns, t1_ns) : 0;
    double share = whole_uj > 0    ? drawn_uj(work, t0_ns, t_ns) / whole_uj
                   : t1_ns > t0_ns ? (double)(t_ns - t0_ns) / (double)(t1_ns - t0_ns)
                                   : 1;

    return begin_uj + run_uj * (share < 1 ? share : 1);
}

/* ... which lies in the chunk or before it; beyond what is kept: at the first that is. */
static double run_at(const struct session_work *work, const struct work_chunk *chunk, double run_uj, uint64_t t_ns)
{
    uint64_t t1_ns = chunk->t0_ns;
    double end_uj = work->run_uj;

    if (t_ns >= chunk->t0_ns) {
        return run_within(work, chunk->t0_ns, chunk->t1_ns, work->run_uj, run_uj, t_ns);
    }
    for (uint64_t i = work->past_count; i > 0 && i + WORK_PAST > work->past_count; i--) {
        uint64_t t0_ns = work->past[(i - 1) % WORK_PAST].t_ns;
        double begin_uj = work->past[(i - 1) % WORK_PAST].run_uj;
        if (t_ns >= t0_ns) {
            return run_within(work, t0_ns, t1_ns, begin_uj, end_uj - begin_uj, t_ns);
        }
        t1_ns = t0_ns;
        end_uj = begin_uj;
    }
    return end_uj;
}

void session_regions_total(struct session_work *work, double run_uj)
{
    double factor = work->run_uj > 0 ? run_uj / work->run_uj : 1;

    for (size_t i = 0; factor != 1 && i < JB_WORK_REGIONS; i++) {
        work->region_begin_uj[i] *= factor;
        work->region_end_uj[i] *= factor;
    }
    for (size_t i = 0; factor != 1 && i < WORK_PAST; i++) {
        work->past[i].run_uj *= factor;
    }
    work->run_uj = run_uj;
}

static void see_region(struct session_work *work, const struct work_chunk *chunk, double run_uj, size_t i)
{
    const struct jb_work_region *region = jb_work_region(work->work, i);

    if (isnan(work->region_begin_uj[i]) && region->t0_ns < chunk->t1_ns) {
        work->region_begin_uj[i] = run_at(work, chunk, run_uj, region->t0_ns);
    }
    if (region->t1_ns != work->region_end_ns[i]) {
        work->region_end_uj[i] = NAN;
    }
    if (isnan(work->region_end_uj[i]) && region->t1_ns > 0 && region->t1_ns <= chunk->t1_ns) {
        work->region_end_uj[i] = run_at(work, chunk, run_uj, region->t1_ns);
        work->region_end_ns[i] = region->t1_ns;
    }
}

void session_regions_chunk(struct session_work *work, const struct work_chunk *chunk, double run_uj)
{
    size_t count = jb_work_region_count(work->work);

    for (size_t i = work->region_open; i < count && i < JB_WORK_REGIONS && chunk->t1_ns > chunk->t0_ns; i++) {
        see_region(work, chunk, run_uj, i);
    }
    while (work->region_open < count && work->region_open < JB_WORK_REGIONS &&
           !isnan(work->region_end_uj[work->region_open]) && jb_work_region(work->work, work->region_open)->ended) {
        work->region_open++;
    }
    work->past[work->past_count % WORK_PAST].t_ns = chunk->t0_ns;
    work->past[work->past_count % WORK_PAST].run_uj = work->run_uj;
    work->past_count++;
    work->run_uj += run_uj;
}

void session_regions_energy(const struct session_work *work, size_t i, double *ret_begin_uj, double *ret_end_uj)
{
    const struct jb_work_region *region = jb_work_region(work->work, i);
    double begin_uj = work->region_begin_uj[i], end_uj = work->region_end_uj[i];
    bool ended = !isnan(end_uj) && region->t1_ns == work->region_end_ns[i];

    *ret_begin_uj = isnan(begin_uj) ? work->run_uj : begin_uj;
    *ret_end_uj = ended ? end_uj : work->run_uj;
}
