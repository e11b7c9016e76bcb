/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time that passes, and who is charged for it (work_in.h, "Charging").
 *
 * Odd: what no thread is charged for (cell 0, and all of it while operators are not caught) is booked as it passes;
 * what a thread is charged for, when its state changes. Both use the phase that was valid until then, so whoever is
 * about to change a phase charges first.
 */
#include "attribution/work_in.h"

static void add_pending(struct pending *pending, uint16_t cell, double seconds)
{
    if (pending->cell_s[cell] == 0) {
        pending->touched[pending->touched_count++] = cell;
    }
    pending->cell_s[cell] += seconds;
}

/* `seconds` of a cell, above 0; pending: where its phase is not decided, else NULL. */
static void book(struct jb_work *work, uint16_t number, uint8_t phase, enum jb_context context, struct pending *pending,
                 double seconds)
{
    struct cell *cell = &host(work)->cell[number];

    host(work)->piece_cell_s[number] += seconds;
    cell->context_s[context] += seconds;
    if (pending == NULL) {
        cell->phase_s[phase] += seconds;
    } else {
        add_pending(pending, number, seconds);
    }
}

static void book_unknown(struct jb_work *work, struct pending *pending, double seconds)
{
    struct domain *domain = host(work);

    domain->piece_context_s[work->context] += seconds;
    domain->unknown_s[work->context] += seconds;
    if (pending == NULL) {
        domain->unknown_phase_s[work->context][work->phase] += seconds;
    } else {
        pending->unknown_s[work->context] += seconds;
        pending->unknown = true;
    }
    for (size_t i = 0; i < work->open_groups; i++) {
        work->groups[work->open_group[i]].context_s[work->context] += seconds;
    }
}

void work_pass(struct jb_work *work, uint64_t t_ns)
{
    uint64_t past_ns = t_ns - now(work);
    double seconds = (double)past_ns * 1e-9;
    struct pending *pending = work->deciding == NULL ? NULL : &work->deciding->pending[work->deciding->pend];
    enum strength strength = work->list_count[BUSY] > 0 ? BUSY : work->list_count[FAINT] > 0 ? FAINT : IDLE;
    static const uint16_t nobody = 0;

    if (t_ns <= now(work)) {
        return;
    }
    if (pending == NULL) {
        work->phase_s[work->phase] += seconds;
        work->host_s[work->context][work->phase] += seconds;
    } else {
        pending->program_s += seconds;
        work->host_s[work->context][work->context == JB_CONTEXT_BODY ? JB_PHASE_FORWARD : JB_PHASE_OTHER] += seconds;
    }
    if (!work->caught) {
        book_unknown(work, pending, seconds);
        work_log_add(work, host(work), t_ns, NULL, 0);
    } else if (strength == IDLE) {
        book(work, 0, work->phase, work->context, pending, seconds);
        for (size_t i = 0; i < work->open_groups; i++) {
            work->groups[work->open_group[i]].cell_s[0] += seconds;
        }
        work_log_add(work, host(work), t_ns, &nobody, 1);
    } else {
        work->clock[strength] += (double)past_ns * work->per_thread[work->list_count[strength]];
        work_log_add(work, host(work), t_ns, work->list_cell[strength], work->list_count[strength]);
    }
    host(work)->now_ns = t_ns;
}

void work_charge(struct jb_work *work, struct thread *thread)
{
    double seconds = work->clock[thread->strength] - thread->since;
    struct pending *pending = NULL;
    enum jb_context context;
    uint8_t phase;

    if (thread->strength == IDLE) {
        return;
    }
    thread->since = work->clock[thread->strength];
    if (!(seconds > 0)) {
        return;
    }
    phase = work_phase_of(work, thread, &context, &pending);
    book(work, thread->cell, phase, context, pending, seconds);
    work_group_charge(work, thread, seconds);
}

void work_charge_all(struct jb_work *work, uint16_t process)
{
    for (int strength = FAINT; strength <= BUSY; strength++) {
        for (size_t i = 0; i < work->list_count[strength]; i++) {
            struct thread *thread = &work->threads[work->list[strength][i]];

            if (process == NONE || thread->process == process) {
                work_charge(work, thread);
            }
        }
    }
}

void work_busy(struct jb_work *work, struct thread *thread, enum strength strength, uint16_t cell)
{
    if (thread->strength == strength) {
        work->list_cell[strength][thread->at] = cell;
    } else {
        if (thread->strength != IDLE) {
            uint16_t *list = work->list[thread->strength], *cells = work->list_cell[thread->strength];
            uint16_t last = --work->list_count[thread->strength];

            list[thread->at] = list[last];
            cells[thread->at] = cells[last];
            work->threads[list[thread->at]].at = thread->at;
        }
        if (strength != IDLE) {
            thread->at = work->list_count[strength]++;
            work->list[strength][thread->at] = (uint16_t)(thread - work->threads);
            work->list_cell[strength][thread->at] = cell;
        }
    }
    thread->strength = strength;
    thread->cell = cell;
    thread->since = work->clock[strength];
}
