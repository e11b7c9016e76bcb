/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans of a thread begin and end.
 *
 * A span on the stack holds what its thread is while it is the innermost one: cell and strength, mark, phase of the
 * program's own. So an end only has to look at what lies below. Marks change a process, which is work_phase.c's; here
 * it is only seen to that a mark inside the same mark (a node inside evaluate_function of that node) says nothing new.
 */
#include "attribution/work_in.h"

static const struct span outside = {
    .cell = 0, .group = NONE, .region = NONE, .strength = IDLE, .mark = JB_MARK_NONE, .api = NO_PHASE};

static const struct span *top(const struct thread *thread)
{
    return thread->depth > 0 ? &thread->stack[thread->depth - 1] : &outside;
}

void work_empty(struct jb_work *work, struct thread *thread)
{
    thread->over = 0;
    while (thread->depth > 0) {
        work_end(work, thread);
    }
}

void work_thread_gone(struct jb_work *work, struct thread *thread)
{
    work_empty(work, thread);
    work->processes[thread->process].threads--;
    thread->used = false;
}

struct thread *work_thread(struct jb_work *work, uint32_t number, uint32_t generation, int32_t pid)
{
    struct thread *thread = &work->threads[number % JB_WORK_THREADS];
    struct process *process;

    if (thread->used && thread->generation == generation && work->processes[thread->process].pid == pid) {
        return thread;
    }
    if (thread->used) {
        work_thread_gone(work, thread); /* its old process can go, too, to make room for the new one */
    }
    process = work_process(work, pid);
    process->threads++;
    thread->used = true;
    thread->generation = generation;
    thread->process = (uint16_t)(process - work->processes);
    thread->mark = JB_MARK_NONE;
    thread->api = NO_PHASE;
    return thread;
}

static uint16_t cell_of(struct jb_work *work, struct name *name, const char *text)
{
    if (name->cell == 0) {
        name->cell = (uint16_t)(work_cell_of(work, JB_WORK_HOST, text) + 1);
    }
    return (uint16_t)(name->cell - 1);
}

static void be_operator(struct jb_work *work, const struct thread *thread, struct span *span, struct name *name,
                        const char *text, enum strength strength)
{
    const struct span *around = top(thread);
    struct process *process = &work->processes[thread->process];

    span->cell = cell_of(work, name, text);
    span->strength = strength;
    if (work->caught && !(around->strength != IDLE && around->cell == span->cell)) {
        host(work)->cell[span->cell].calls++; /* one that only wraps itself is one */
    }
    if (name->heavy && span->mark == JB_MARK_NONE) {
        process->pending[process->pend].heavy = true;
        process->fetch_heavy = true;
    }
}

static void be_marked(struct span *span, enum jb_mark mark)
{
    if (mark == JB_MARK_NONE || mark == JB_MARK_COMPILED ||
        (mark == JB_MARK_ZERO_GRAD && span->mark == JB_MARK_OPTIMISE)) {
        return;
    }
    span->mark = mark;
}

static void be(struct jb_work *work, struct thread *thread, const struct jb_event *event, const char *text,
               struct span *span)
{
    struct name spare = {0};
    struct name *name = work_name(work, text, event->name, &spare);

    switch (event->kind) {
    case JB_EVENT_OPERATOR:
        be_marked(span, name->mark == JB_MARK_BACKWARD ? JB_MARK_BACKWARD : JB_MARK_NONE);
        be_operator(work, thread, span, name, text, BUSY);
        break;
    case JB_EVENT_BACKWARD:
        be_marked(span, JB_MARK_BACKWARD);
        be_operator(work, thread, span, name, text, BUSY);
        break;
    case JB_EVENT_MARK:
        be_marked(span, name->mark);
        if (name->mark == JB_MARK_NONE) {
            span->group = work_group_of(work, JB_EVENT_RANGE, text, name);
        } else {
            bool alone = name->mark != JB_MARK_BACKWARD && name->mark != JB_MARK_COMPILED;

            be_operator(work, thread, span, name, text, alone ? FAINT : BUSY);
        }
        break;
    case JB_EVENT_PHASE:
        span->api = jb_phase_of_word(text);
        if (span->api == NO_PHASE) {
            span->api = thread->api;
            span->group = work_group_of(work, JB_EVENT_PHASE, text, name);
        }
        break;
    case JB_EVENT_RANGE:
    case JB_EVENT_LAYER:
    case JB_EVENT_REGION:
        span->group = work_group_of(work, event->kind, text, name);
        break;
    case JB_EVENT_STEP:
        span->group = work_group_of(work, JB_EVENT_STEP, text[0] != '\0' ? text : "step", name);
        break;
    default:
        break; /* it still has an end */
    }
}

/* The thread is now what `span` says. */
static void become(struct jb_work *work, struct thread *thread, const struct span *span, bool begins)
{
    struct process *process = &work->processes[thread->process];
    enum jb_mark mark = thread->mark;

    if (thread->strength != span->strength || thread->cell != span->cell) {
        work_charge(work, thread);
        work_busy(work, thread, span->strength, span->cell);
    }
    if (mark != span->mark) {
        work_charge_all(work, thread->process);
        thread->mark = span->mark;
        if (begins) {
            work_mark_begin(work, process, mark, span->mark);
        } else {
            work_mark_end(work, process, mark, span->mark);
        }
    }
    if (thread->api != span->api) {
        work_charge_all(work, thread->process);
        thread->api = span->api;
        work_api_phase(work, process, thread);
    }
}

void work_begin(struct jb_work *work, struct thread *thread, const struct jb_event *event, const char *text)
{
    struct span span = *top(thread);
    struct span *place;

    if (thread->depth == JB_WORK_DEPTH) {
        thread->over++;
        work->health.too_deep++;
        return;
    }
    span.group = NONE;
    span.region = NONE;
    span.kind = event->kind;
    be(work, thread, event, text, &span);
    become(work, thread, &span, true);
    if (event->kind == JB_EVENT_EPOCH || event->kind == JB_EVENT_REGION) {
        span.region = work_region_open(work, thread, event, text);
    }
    if (event->kind == JB_EVENT_STEP) {
        thread->step_ns = now(work);
        work->processes[thread->process].step_mixed = false;
    }
    place = &thread->stack[thread->depth++];
    *place = span;
    if (span.group != NONE) {
        work_group_open(work, thread, span.group);
    }
}

void work_end(struct jb_work *work, struct thread *thread)
{
    struct span span;

    if (thread->over > 0) {
        thread->over--;
        return;
    }
    if (thread->depth == 0) {
        work->health.unmatched_ends++;
        return;
    }
    span = thread->stack[--thread->depth];
    if (span.group != NONE) {
        work_group_close(work, thread, span.group);
    }
    if (span.region != NONE) {
        work_region_close(work, span.region);
    }
    become(work, thread, top(thread), false);
    if (span.kind == JB_EVENT_STEP) {
        work_step(work, &work->processes[thread->process], thread->step_ns, true);
    }
}
