/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups: layers, regions and ranges by name, and what was busy inside them; and single epochs and regions.
 *
 * A layer or a range is its thread's. A region, a phase of the program's own words and a step are the process's:
 * threads that have none of their own (those of the backward graph) work inside those of the thread that opened one
 * last.
 */
#include "attribution/work_in.h"

#include <string.h>

#include "base/text.h"

#define SPARE_REGIONS (JB_WORK_REGIONS / 4) /* kept for epochs */

static bool is_wide(const struct group *group)
{
    return group->view.kind == JB_EVENT_REGION || group->view.kind == JB_EVENT_PHASE ||
           group->view.kind == JB_EVENT_STEP;
}

void work_group_open(struct jb_work *work, struct thread *thread, uint16_t number)
{
    struct process *process = &work->processes[thread->process];
    struct group *group = &work->groups[number];

    group->calls++;
    for (size_t i = 0; i < thread->groups; i++) {
        if (thread->group[i] == number) {
            thread->stack[thread->depth - 1].group = NONE; /* inside itself */
            return;
        }
    }
    if (is_wide(group)) {
        work_charge_all(work, thread->process);
        process->lead = (uint16_t)(thread - work->threads);
    } else {
        work_charge(work, thread);
    }
    thread->group[thread->groups++] = number;
    if (group->open++ == 0) {
        group->since_ns = now(work);
        group->at = (uint16_t)work->open_groups;
        work->open_group[work->open_groups++] = number;
    }
}

void work_group_close(struct jb_work *work, struct thread *thread, uint16_t number)
{
    struct process *process = &work->processes[thread->process];
    struct group *group = &work->groups[number];

    if (is_wide(group)) {
        work_charge_all(work, thread->process);
    } else {
        work_charge(work, thread);
    }
    thread->groups--; /* spans nest: it is the last */
    if (thread->groups == 0 && process->lead == (uint16_t)(thread - work->threads)) {
        process->lead = NONE;
    }
    if (--group->open == 0) {
        uint16_t last = work->open_group[--work->open_groups];

        group->seconds += (double)(now(work) - group->since_ns) * 1e-9;
        work->open_group[group->at] = last;
        work->groups[last].at = group->at;
    }
}

void work_group_charge(struct jb_work *work, const struct thread *thread, double seconds)
{
    const struct process *process = &work->processes[thread->process];

    for (size_t i = 0; i < thread->groups; i++) {
        work->groups[thread->group[i]].cell_s[thread->cell] += seconds;
    }
    if (thread->groups == 0 && process->lead != NONE) {
        const struct thread *lead = &work->threads[process->lead];

        for (size_t i = 0; i < lead->groups; i++) {
            struct group *group = &work->groups[lead->group[i]];

            if (is_wide(group)) {
                group->cell_s[thread->cell] += seconds;
            }
        }
    }
}

size_t jb_work_group_count(const struct jb_work *work)
{
    return work->group_count;
}

const struct jb_work_group *jb_work_group(const struct jb_work *work, size_t i)
{
    struct group *group = i < work->group_count ? &work->groups[i] : NULL;

    if (group == NULL) {
        return NULL;
    }
    group->view.calls = group->calls;
    group->view.seconds = group->seconds + (group->open > 0 ? (double)(now(work) - group->since_ns) * 1e-9 : 0);
    memcpy(group->view.context_s, group->context_s, sizeof(group->view.context_s));
    for (size_t cell = 0; cell < JB_WORK_CELLS; cell++) {
        group->view_cell_s[cell] = (float)group->cell_s[cell];
    }
    return &group->view;
}

/* ---- single ones ---- */

static int64_t unwrap(int64_t last, bool seen, uint16_t value)
{
    return seen ? last + (int16_t)(uint16_t)(value - (uint16_t)last) : value;
}

struct jb_work_region *work_region_add(struct jb_work *work, enum jb_event_kind kind, const char *text, uint64_t t0_ns)
{
    struct jb_work_region *region;

    if (work->region_count == JB_WORK_REGIONS ||
        (kind != JB_EVENT_EPOCH && work->other_regions == JB_WORK_REGIONS - SPARE_REGIONS)) {
        work->health.too_many_regions++;
        return NULL;
    }
    work->other_regions += kind != JB_EVENT_EPOCH;
    region = &work->regions[work->region_count++];
    *region = (struct jb_work_region){.kind = kind, .index = -1, .t0_ns = t0_ns};
    jb_copy(region->name, sizeof(region->name), text);
    jb_sanitise(region->name);
    return region;
}

uint16_t work_region_open(struct jb_work *work, const struct thread *thread, const struct jb_event *event,
                          const char *text)
{
    struct process *process = &work->processes[thread->process];
    struct jb_work_region *region;
    int64_t index = -1;

    if (event->kind == JB_EVENT_EPOCH) {
        work->epoch_told = true;
        if (work->open_epochs > 0 && work->epoch_pid != process->pid) {
            return NONE; /* the same epoch of another rank */
        }
        index = unwrap(work->last_epoch, work->epoch_seen, event->value);
        work->last_epoch = index;
        work->epoch_seen = true;
    }
    region = work_region_add(work, event->kind, text, now(work));
    if (region == NULL) {
        return NONE;
    }
    region->index = index;
    for (uint16_t i = thread->depth; region->parent == 0 && i > 0; i--) {
        if (thread->stack[i - 1].region != NONE) {
            region->parent = thread->stack[i - 1].region + 1U;
        }
    }
    if (event->kind == JB_EVENT_EPOCH) {
        work->open_epochs++;
        work->epoch_pid = process->pid;
    }
    return (uint16_t)(work->region_count - 1);
}

void work_region_close(struct jb_work *work, uint16_t number)
{
    work->regions[number].t1_ns = now(work);
    if (work->regions[number].kind == JB_EVENT_EPOCH) {
        work->open_epochs--;
    }
}
