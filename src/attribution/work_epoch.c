/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epochs of a program that does not tell them, from the fetches of its loader.
 *
 * What PyTorch shows (traces of 1.13, three epochs with an evaluation each, 0 and 2 workers): a loader of n batches is
 * asked n + 1 times, the last time in vain; what is inside a fetch does not tell which it was, since a fetch from
 * workers may have a single operator too. So an epoch is a row of fetches each of which was trained on (a node or an
 * optimiser's step came before the next fetch); the first *stray* fetch after the row ends it.
 *
 * Odd: an evaluation in the middle of an epoch is n + 1 stray fetches, the first of which has operators of a network
 * after it; the vain one at the end of an epoch has none, or, where the evaluation has no loader, is the only one.
 * Where operators were not caught this cannot be told and the epoch ends. All are marked as guessed.
 */
#include "attribution/work_in.h"

static void close_epoch(struct jb_work *work, struct process *process, uint64_t t_ns)
{
    if (process->epoch != 0) {
        work->regions[process->epoch - 1].t1_ns = t_ns;
        work->guessed_open = 0;
    }
    process->epoch = 0;
    process->epoch_skipped = false;
}

static void open_epoch(struct jb_work *work, struct process *process)
{
    struct jb_work_region *region;
    uint32_t index = process->epochs++; /* another rank may tell of the next one */

    process->epoch_skipped = true;
    if (work->epoch_told || work->guessed_open != 0) {
        return; /* ranks have the same epochs */
    }
    region = work_region_add(work, JB_EVENT_EPOCH, "", process->fetch0_ns);
    if (region != NULL) {
        region->index = index;
        region->guessed = true;
        process->epoch = work->guessed_open = (uint32_t)work->region_count;
    }
}

static bool in_row(const struct process *process)
{
    return process->epoch != 0 || process->epoch_skipped;
}

/* The fetch before this one is over: was it trained on? */
static void settle(struct jb_work *work, struct process *process)
{
    if (!process->fetch_known || process->trained) {
        return;
    }
    if (process->stray_count++ == 0) {
        process->stray_ns = process->fetch1_ns;
        process->stray_heavy = process->fetch_heavy;
    }
    if (in_row(process) && !process->stray_heavy) {
        close_epoch(work, process, process->stray_ns);
    }
}

void work_fetch(struct jb_work *work, struct process *process, bool begins)
{
    if (begins) {
        settle(work, process);
        process->fetch_known = true;
        process->trained = process->fetch_heavy = false;
        process->fetch0_ns = now(work);
    }
    process->fetch1_ns = now(work);
}

void work_trained(struct jb_work *work, struct process *process)
{
    if (!process->fetch_known || process->trained) {
        return;
    }
    process->trained = true;
    if (in_row(process) && process->stray_count == 1) {
        close_epoch(work, process, process->stray_ns);
    }
    process->stray_count = 0;
    if (!in_row(process)) {
        open_epoch(work, process);
    }
}

void work_epoch_gone(struct jb_work *work, struct process *process)
{
    if (process->epoch != 0) {
        settle(work, process);
        close_epoch(work, process, process->stray_count > 0 ? process->stray_ns : now(work));
    }
}

size_t jb_work_region_count(const struct jb_work *work)
{
    return work->region_count;
}

const struct jb_work_region *jb_work_region(const struct jb_work *work, size_t i)
{
    struct jb_work_region *region = i < work->region_count ? &work->regions[i] : NULL;

    if (region != NULL) {
        region->ended = region->t1_ns > 0;
    }
    /* The last fetch of the last epoch has none after it that would tell. */
    for (size_t p = 0; region != NULL && region->guessed && p < work->process_high; p++) {
        const struct process *process = &work->processes[p];

        if (process->used && process->epoch == i + 1) {
            bool stray = process->stray_count > 0;

            region->ended = false;
            region->t1_ns = stray ? process->stray_ns : process->trained ? 0 : process->fetch1_ns;
        }
    }
    return region;
}
