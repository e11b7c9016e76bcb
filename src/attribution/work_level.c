/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are operators being caught? Each process says at which level it catches; an instant is caught when at least one
 * process catches operators and none that is alive and of interest does not.
 *
 * Odd: nobody tells that a process has died, and those that died had a level. So a process counts as *low* only from
 * when it tells something below JB_LEVEL_FULL, and no longer when another one, 100 ms later, tells something at
 * JB_LEVEL_FULL: levels are wanted of all at one time, so that the low one would have followed with its next event.
 * A process at JB_LEVEL_OFF has nothing that could be caught.
 */
#include "attribution/work_in.h"

#define FOLLOW_NS (UINT64_C(100) * 1000000)

static bool is_full(const struct process *process)
{
    return process->told && process->level == JB_LEVEL_FULL;
}

static bool below(const struct process *process)
{
    return process->told && (process->level == JB_LEVEL_MARKS || process->level == JB_LEVEL_PHASES);
}

static void set_low(struct jb_work *work, struct process *process, bool low)
{
    if (process->low != low) {
        process->low = low;
        if (low) {
            work->low_count++;
        } else {
            work->low_count--;
        }
    }
}

static void settle(struct jb_work *work)
{
    bool caught = work->full_count > 0 && work->low_count == 0;

    if (caught != work->caught) {
        work_charge_all(work, NONE);
        work->caught = caught;
    }
}

void work_level(struct jb_work *work, struct process *process, unsigned level)
{
    if (level > JB_LEVEL_FULL) {
        level = JB_LEVEL_FULL;
    }
    if (process->told && process->level == level) {
        return;
    }
    process->step_mixed = true;
    work->full_count -= is_full(process);
    process->told = true;
    process->level = (uint8_t)level;
    process->event_ns = now(work);
    work->full_count += is_full(process);
    set_low(work, process, below(process));
    settle(work);
}

static void others_followed(struct jb_work *work)
{
    work->low_check_ns = now(work);
    for (size_t i = 0; i < work->process_high; i++) {
        struct process *process = &work->processes[i];

        if (process->low && now(work) - process->event_ns > FOLLOW_NS) {
            set_low(work, process, false);
        }
    }
    settle(work);
}

void work_level_event(struct jb_work *work, struct process *process, enum jb_event_kind kind)
{
    process->event_ns = now(work);
    if (!process->told && kind == JB_EVENT_OPERATOR) {
        work_level(work, process, JB_LEVEL_FULL);
    } else if (below(process) && !process->low) {
        set_low(work, process, true);
        settle(work);
    } else if (work->low_count > 0 && is_full(process) && now(work) - work->low_check_ns > FOLLOW_NS) {
        others_followed(work);
    }
}

void work_level_gone(struct jb_work *work, struct process *process)
{
    work->full_count -= is_full(process);
    process->told = false;
    set_low(work, process, false);
    settle(work);
}
