/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phases of a process from its marks.
 *
 * Between two marks lies a gap. What it was is known when it ends:
 *
 *   follows            ends with a node       with a fetch                      with an optimiser's step
 *   fetch, zero_grad   forward                evaluate, if it has operators     forward, or body: nodes are not caught
 *   node               backward; forward, if  other; evaluate, if it has        other (clipping, logging)
 *                      it has operators       operators
 *   optimiser's step   forward                evaluate, if it has operators,    the same, or body
 *                                             else other
 *
 * "Operators" are those of a network (work_name.c). zero_grad cuts a gap in two, and both parts wait: programs call it
 * before the forward pass or between it and the backward pass, and which part has operators tells. Where operators were
 * not caught, a gap between two fetches was evaluation, any other was not.
 *
 * Odd: only sums wait, one for each cell, not the time line; so waiting costs the same however long it takes.
 */
#include "attribution/work_in.h"

#include <string.h>

enum jb_context work_context_of_phase(uint8_t phase)
{
    static const enum jb_context contexts[JB_PHASES] = {
        [JB_PHASE_CREATE] = JB_CONTEXT_CREATE,     [JB_PHASE_DATA] = JB_CONTEXT_DATA,
        [JB_PHASE_FORWARD] = JB_CONTEXT_BODY,      [JB_PHASE_BACKWARD] = JB_CONTEXT_BACKWARD,
        [JB_PHASE_OPTIMISE] = JB_CONTEXT_OPTIMISE, [JB_PHASE_EVALUATE] = JB_CONTEXT_REST,
        [JB_PHASE_OTHER] = JB_CONTEXT_REST,        [JB_PHASE_BODY] = JB_CONTEXT_BODY,
    };

    return phase < JB_PHASES ? contexts[phase] : JB_CONTEXT_REST;
}

/* ---- processes ---- */

static void forget(struct process *process)
{
    memset(process, 0, sizeof(*process));
    process->api = NO_PHASE;
    process->api_thread = process->lead = NONE;
}

/* One that no thread belongs to any more, or, as there are as many processes as threads at most, a free one. */
static struct process *make_room(struct jb_work *work)
{
    struct process *room = NULL;

    for (size_t i = 0; i < PROCESSES; i++) {
        struct process *process = &work->processes[i];

        if (!process->used) {
            return process;
        }
        if (process->threads == 0 && (room == NULL || process->event_ns < room->event_ns)) {
            room = process;
        }
    }
    work_process_gone(work, room);
    return room;
}

struct process *work_process(struct jb_work *work, int32_t pid)
{
    struct process *process = &work->processes[work->process_of_pid];

    if (process->used && process->pid == pid) {
        return process;
    }
    for (size_t i = 0; i < work->process_high; i++) {
        process = &work->processes[i];
        if (process->used && process->pid == pid) {
            work->process_of_pid = (uint16_t)i;
            return process;
        }
    }
    process = make_room(work);
    forget(process);
    process->used = true;
    process->pid = pid;
    process->event_ns = now(work);
    work->process_of_pid = (uint16_t)(process - work->processes);
    if (work->process_high <= work->process_of_pid) {
        work->process_high = (uint16_t)(work->process_of_pid + 1);
    }
    work_look(work);
    return process;
}

/* Until end_ns, from where the turn before ended, the host was in this phase. */
static void add_turn(struct jb_work *work, const struct process *process, uint64_t end_ns, uint8_t phase)
{
    bool told = process->api != NO_PHASE;

    if (work->turn_count > 0 && end_ns < work->turns[(work->turn_count - 1) % TURNS].end_ns) {
        end_ns = work->turns[(work->turn_count - 1) % TURNS].end_ns; /* of another process */
    }
    work->turns[work->turn_count++ % TURNS] =
        (struct turn){.end_ns = end_ns, .phase = told ? process->api : phase, .told = told};
}

static void be_seen(struct jb_work *work, struct process *process)
{
    if (!process->marked) {
        work_charge_all(work, NONE); /* threads of processes without marks worked for themselves until now */
        add_turn(work, process, now(work), JB_PHASE_CREATE);
        process->marked = true;
        work->marked_count++;
    }
}

/* ---- gaps ---- */

/* What waits goes to a phase; what is known of the gap stays. */
static void flush(struct jb_work *work, struct process *process, int which, uint8_t phase)
{
    struct pending *pending = &process->pending[which];

    for (size_t i = 0; i < pending->touched_count; i++) {
        uint16_t cell = pending->touched[i];

        host(work)->cell[cell].phase_s[phase] += pending->cell_s[cell];
        pending->cell_s[cell] = 0;
    }
    pending->touched_count = 0;
    for (size_t context = 0; context < JB_CONTEXTS; context++) {
        host(work)->unknown_phase_s[context][phase] += pending->unknown_s[context];
        pending->unknown_s[context] = 0;
    }
    work->phase_s[phase] += pending->program_s;
    pending->program_s = 0;
}

static void decide_as(struct jb_work *work, struct process *process, int which, uint8_t phase)
{
    struct pending *pending = &process->pending[which];

    flush(work, process, which, phase);
    pending->heavy = pending->unknown = false;
    add_turn(work, process, which == 0 && process->pend == 1 ? process->zero_ns : now(work), phase);
}

static uint8_t if_heavy(const struct pending *pending)
{
    return pending->heavy ? JB_PHASE_EVALUATE : JB_PHASE_OTHER;
}

/* The gap is over, a node begins: gradients follow, so this was, or had in it, a forward pass. */
static void before_backward(struct jb_work *work, struct process *process)
{
    struct pending *first = &process->pending[0], *second = &process->pending[1];
    uint8_t phase = JB_PHASE_FORWARD;

    if (process->pend == 0 && process->last == LAST_BACKWARD && !first->heavy) {
        phase = JB_PHASE_BACKWARD;
    } else if (process->pend == 1 && (process->last == LAST_BACKWARD || process->last == LAST_OPTIMISE)) {
        if (first->heavy || second->heavy) {
            process->zero_late = !second->heavy;
        }
        if (first->heavy) {
            phase = second->heavy ? JB_PHASE_EVALUATE : JB_PHASE_FORWARD;
        } else {
            phase = first->unknown && process->zero_late ? JB_PHASE_FORWARD : JB_PHASE_OTHER;
        }
    }
    decide_as(work, process, 0, phase);
    if (process->pend == 1) {
        decide_as(work, process, 1, JB_PHASE_FORWARD);
    }
    process->backward_seen = true;
}

static void before_optimise(struct jb_work *work, struct process *process)
{
    for (int which = 0; which <= process->pend; which++) {
        const struct pending *pending = &process->pending[which];
        bool blind = pending->unknown && process->level == JB_LEVEL_MARKS; /* a node would not have been told */
        bool body = process->last == LAST_DATA || process->last == LAST_ZERO ||
                    (process->last == LAST_OPTIMISE && blind && which == process->pend);
        uint8_t together = blind ? JB_PHASE_BODY : JB_PHASE_FORWARD;
        uint8_t phase = body ? together : JB_PHASE_OTHER;

        if (process->last == LAST_OPTIMISE && !blind) {
            phase = if_heavy(pending);
        }
        decide_as(work, process, which, phase);
    }
}

static void before_data(struct jb_work *work, struct process *process)
{
    for (int which = 0; which <= process->pend; which++) {
        const struct pending *pending = &process->pending[which];
        bool evaluated = pending->heavy || (pending->unknown && process->last == LAST_DATA);

        decide_as(work, process, which, evaluated ? JB_PHASE_EVALUATE : JB_PHASE_OTHER);
    }
}

static void decide(struct jb_work *work, struct process *process, enum jb_mark next)
{
    if (process->last == LAST_NONE || process->last == LAST_API) {
        return;
    }
    if (next == JB_MARK_BACKWARD) {
        before_backward(work, process);
    } else if (next == JB_MARK_OPTIMISE) {
        before_optimise(work, process);
    } else {
        before_data(work, process);
    }
}

/* No fetch follows: where operators were not caught this was no evaluation, but mostly the end of the program. */
uint8_t work_would_be(const struct process *process, int which)
{
    return if_heavy(&process->pending[which]);
}

void work_decide_old(struct jb_work *work)
{
    for (size_t i = 0; i < work->process_high; i++) {
        struct process *process = &work->processes[i];

        if (!process->used || now(work) - process->pend_ns <= JB_WORK_PENDING_NS) {
            continue;
        }
        for (int which = 0; which <= process->pend; which++) {
            bool body = process->last == LAST_DATA || process->last == LAST_ZERO || which == 1;

            flush(work, process, which,
                  body && process->backward_seen ? JB_PHASE_FORWARD : work_would_be(process, which));
        }
        process->pend_ns = now(work);
    }
}

/* ---- marks ---- */

static void count(struct process *process, enum jb_mark mark, int by)
{
    switch (mark) {
    case JB_MARK_DATA:
        process->data_count = (uint16_t)(process->data_count + by);
        break;
    case JB_MARK_BACKWARD:
        process->backward_count = (uint16_t)(process->backward_count + by);
        break;
    case JB_MARK_OPTIMISE:
    case JB_MARK_ZERO_GRAD:
        process->opt_count = (uint16_t)(process->opt_count + by);
        break;
    default:
        break;
    }
}

static void follow(struct jb_work *work, struct process *process, enum jb_mark mark)
{
    process->last = mark == JB_MARK_DATA ? LAST_DATA : mark == JB_MARK_BACKWARD ? LAST_BACKWARD : LAST_OPTIMISE;
    process->pend = 0;
    process->pend_ns = now(work);
}

static void zero_grad(struct jb_work *work, struct process *process)
{
    if (process->last == LAST_NONE || process->last == LAST_API) {
        process->last = LAST_ZERO;
    }
    if (process->pend == 0) {
        process->pend = 1;
        process->zero_ns = process->pend_ns = now(work);
    }
}

void work_mark_begin(struct jb_work *work, struct process *process, enum jb_mark from, enum jb_mark mark)
{
    be_seen(work, process);
    count(process, from, -1);
    count(process, mark, 1);
    if (mark == JB_MARK_ZERO_GRAD) {
        zero_grad(work, process);
    } else {
        decide(work, process, mark);
        follow(work, process, mark);
        if (mark == JB_MARK_DATA) {
            work_fetch(work, process, true);
        } else {
            work_trained(work, process);
        }
    }
    work_look(work);
}

void work_mark_end(struct jb_work *work, struct process *process, enum jb_mark mark, enum jb_mark back)
{
    count(process, mark, -1);
    count(process, back, 1);
    if (mark != JB_MARK_ZERO_GRAD) {
        if (process->pend == 1 || process->last == LAST_NONE) {
            decide(work, process, mark); /* another thread's zero_grad lay inside */
        }
        follow(work, process, mark);
    }
    if (mark == JB_MARK_DATA) {
        work_fetch(work, process, false);
    }
    if (mark == JB_MARK_OPTIMISE && back == JB_MARK_NONE) {
        work_step(work, process, 0, false);
    }
    work_look(work);
}

/* A thread's own phase has changed: the process is in that of the thread that spoke last, or of any other that has
 * one. */
void work_api_phase(struct jb_work *work, struct process *process, const struct thread *thread)
{
    uint16_t number = (uint16_t)(process - work->processes);

    be_seen(work, process);
    add_turn(work, process, now(work), JB_PHASE_OTHER);
    if (process->last == LAST_NONE) {
        process->last = LAST_API;
    }
    process->api = thread->api;
    process->api_thread = (uint16_t)(thread - work->threads);
    for (uint16_t i = 0; process->api == NO_PHASE && process->threads > 1 && i < JB_WORK_THREADS; i++) {
        if (work->threads[i].used && work->threads[i].process == number) {
            process->api = work->threads[i].api;
        }
    }
    work_look(work);
}

void work_process_gone(struct jb_work *work, struct process *process)
{
    uint16_t number = (uint16_t)(process - work->processes);

    for (size_t i = 0; i < JB_WORK_THREADS; i++) {
        if (work->threads[i].used && work->threads[i].process == number) {
            work_empty(work, &work->threads[i]);
            work->threads[i].used = false;
        }
    }
    for (int which = 0; which <= 1; which++) {
        flush(work, process, which, work_would_be(process, which));
    }
    work_epoch_gone(work, process);
    work_level_gone(work, process);
    work->marked_count -= process->marked;
    forget(process);
    work_look(work);
}

/* ---- what is it now? ---- */

static uint8_t gap(struct jb_work *work, const struct process *process, enum jb_context *ret)
{
    if (!process->marked) {
        bool worker = work->marked_count > 0; /* of a loader: it has operators and no mark of its own */

        *ret = worker ? JB_CONTEXT_DATA : JB_CONTEXT_CREATE;
        return worker ? JB_PHASE_DATA : JB_PHASE_CREATE;
    }
    if (process->last == LAST_API || process->last == LAST_NONE) {
        *ret = process->last == LAST_API ? JB_CONTEXT_REST : JB_CONTEXT_CREATE;
        return process->last == LAST_API ? JB_PHASE_OTHER : JB_PHASE_CREATE;
    }
    *ret = process->pend == 0 && process->last == LAST_OPTIMISE ? JB_CONTEXT_REST : JB_CONTEXT_BODY;
    return NO_PHASE;
}

uint8_t work_phase_of(struct jb_work *work, const struct thread *thread, enum jb_context *ret,
                      struct pending **ret_pending)
{
    static const uint8_t of_mark[] = {
        [JB_MARK_BACKWARD] = JB_PHASE_BACKWARD,
        [JB_MARK_OPTIMISE] = JB_PHASE_OPTIMISE,
        [JB_MARK_ZERO_GRAD] = JB_PHASE_OPTIMISE,
        [JB_MARK_DATA] = JB_PHASE_DATA,
    };
    struct process *process = &work->processes[thread->process];
    uint8_t phase = thread->api != NO_PHASE ? thread->api : process->api;

    if (phase == NO_PHASE && thread->mark != JB_MARK_NONE) {
        phase = of_mark[thread->mark];
    }
    if (phase != NO_PHASE) {
        *ret = work_context_of_phase(phase);
        *ret_pending = NULL;
        return phase;
    }
    phase = gap(work, process, ret);
    *ret_pending = phase == NO_PHASE ? &process->pending[process->pend] : NULL;
    return phase;
}

static uint8_t phase_of_process(struct jb_work *work, const struct process *process, enum jb_context *ret)
{
    uint8_t phase = process->api;

    if (phase == NO_PHASE && process->data_count > 0) {
        phase = JB_PHASE_DATA;
    } else if (phase == NO_PHASE && process->backward_count > 0) {
        phase = JB_PHASE_BACKWARD;
    } else if (phase == NO_PHASE && process->opt_count > 0) {
        phase = JB_PHASE_OPTIMISE;
    }
    if (phase != NO_PHASE) {
        *ret = work_context_of_phase(phase);
        return phase;
    }
    return gap(work, process, ret);
}

void work_look(struct jb_work *work)
{
    uint8_t best = NO_PHASE;
    enum jb_context context = JB_CONTEXTS;
    struct process *deciding = NULL;

    for (size_t i = 0; i < work->process_high; i++) {
        struct process *process = &work->processes[i];
        enum jb_context its = JB_CONTEXT_CREATE;
        uint8_t phase;

        if (!process->used || (!process->marked && work->marked_count > 0)) {
            continue;
        }
        phase = phase_of_process(work, process, &its);
        context = its < context ? its : context;
        if (phase != NO_PHASE) {
            best = phase < best ? phase : best;
        } else if (deciding == NULL || process->event_ns > deciding->event_ns) {
            deciding = process;
        }
    }
    work->context = context == JB_CONTEXTS ? JB_CONTEXT_CREATE : context;
    work->deciding = best < JB_PHASE_EVALUATE ? NULL : deciding;
    work->phase = work->deciding != NULL ? NO_PHASE : best == NO_PHASE ? JB_PHASE_CREATE : best;
}
