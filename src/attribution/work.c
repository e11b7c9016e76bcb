/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timeline as its users see it: made, fed, cut, asked. How it works is told in work_in.h.
 *
 * Odd: the structures that are handed out are filled when they are asked for (what waits for a decision is shown as
 * what it would be), so asking writes to memory of its own; one thread, as everything here.
 */
#include "attribution/work_in.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_domain(struct domain *domain, bool is_host)
{
    domain->cell = calloc(JB_WORK_CELLS, sizeof(*domain->cell));
    domain->piece_cell_s = calloc(JB_WORK_CELLS, sizeof(*domain->piece_cell_s));
    domain->log.capacity = is_host ? HOST_BLOCKS : DEVICE_BLOCKS;
    domain->log.blocks = calloc(domain->log.capacity, sizeof(*domain->log.blocks));
    domain->cells = 1; /* cell 0 has no name */
    if (domain->cell == NULL || domain->piece_cell_s == NULL || domain->log.blocks == NULL) {
        return -ENOMEM;
    }
    domain->cell[0].view.op_class = JB_OP_OTHER;
    if (is_host) {
        return 0;
    }
    domain->cell_of = calloc(NAMES, sizeof(*domain->cell_of));
    domain->waiting = calloc(KERNELS, sizeof(*domain->waiting));
    return domain->cell_of == NULL || domain->waiting == NULL ? -ENOMEM : 0;
}

static int make_tables(struct jb_work *work)
{
    work->names = calloc(NAMES, sizeof(*work->names));
    work->threads = calloc(JB_WORK_THREADS, sizeof(*work->threads));
    work->processes = calloc(PROCESSES, sizeof(*work->processes));
    work->groups = calloc(JB_WORK_GROUPS, sizeof(*work->groups));
    work->group_cell_s = calloc((size_t)JB_WORK_GROUPS * JB_WORK_CELLS, sizeof(*work->group_cell_s));
    work->group_view_s = calloc((size_t)JB_WORK_GROUPS * JB_WORK_CELLS, sizeof(*work->group_view_s));
    work->regions = calloc(JB_WORK_REGIONS, sizeof(*work->regions));
    work->turns = calloc(TURNS, sizeof(*work->turns));
    if (work->names == NULL || work->threads == NULL || work->processes == NULL || work->groups == NULL ||
        work->group_cell_s == NULL || work->group_view_s == NULL || work->regions == NULL || work->turns == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < JB_WORK_GROUPS; i++) {
        work->groups[i].cell_s = &work->group_cell_s[i * JB_WORK_CELLS];
        work->groups[i].view_cell_s = &work->group_view_s[i * JB_WORK_CELLS];
        work->groups[i].view.cell_s = work->groups[i].view_cell_s;
    }
    return 0;
}

int jb_work_create(uint64_t log_ns, struct jb_work **ret)
{
    struct jb_work *work = calloc(1, sizeof(*work));
    int r;

    if (work == NULL) {
        return -ENOMEM;
    }
    r = make_tables(work);
    for (unsigned i = 0; r == 0 && i < JB_WORK_DOMAINS; i++) {
        r = make_domain(&work->domain[i], i == JB_WORK_HOST);
    }
    if (r != 0) {
        jb_work_destroy(work);
        return r;
    }
    work->log_ns = log_ns;
    work->seed = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t n = 1; n <= JB_WORK_THREADS; n++) {
        work->per_thread[n] = 1e-9 / (double)n;
    }
    work_look(work);
    *ret = work;
    return 0;
}

void jb_work_destroy(struct jb_work *work)
{
    if (work == NULL) {
        return;
    }
    for (unsigned i = 0; i < JB_WORK_DOMAINS; i++) {
        free(work->domain[i].cell);
        free(work->domain[i].piece_cell_s);
        free(work->domain[i].log.blocks);
        free(work->domain[i].cell_of);
        free(work->domain[i].waiting);
    }
    free(work->names);
    free(work->threads);
    free(work->processes);
    free(work->groups);
    free(work->group_cell_s);
    free(work->group_view_s);
    free(work->regions);
    free(work->turns);
    free(work);
}

void jb_work_start(struct jb_work *work, uint64_t t_ns)
{
    if (work->started) {
        return;
    }
    work->started = true;
    for (unsigned i = 0; i < JB_WORK_DOMAINS; i++) {
        work->domain[i].now_ns = work->domain[i].cut_ns = t_ns;
    }
}

void jb_work_event(struct jb_work *work, const struct jb_event *event, const char *name, uint32_t thread,
                   uint32_t generation, int32_t pid)
{
    struct thread *its;

    jb_work_start(work, event->t_ns);
    work->health.events++;
    if (event->t_ns > now(work)) {
        work_pass(work, event->t_ns);
    } else if (event->t_ns < now(work)) {
        work->health.late++;
    }
    its = work_thread(work, thread, generation, pid);
    if (event->kind == JB_EVENT_NONE && event->flags == 0) {
        work_thread_gone(work, its);
        return;
    }
    if (event->kind == JB_EVENT_LEVEL) {
        work_level(work, &work->processes[its->process], event->value);
        return;
    }
    work_level_event(work, &work->processes[its->process], event->kind);
    if (event->flags & JB_EVENT_END) {
        work_end(work, its);
    } else {
        work_begin(work, its, event, name);
    }
}

void jb_work_gone(struct jb_work *work, int32_t pid)
{
    for (size_t i = 0; i < work->process_high; i++) {
        if (work->processes[i].used && work->processes[i].pid == pid) {
            work_process_gone(work, &work->processes[i]);
            return;
        }
    }
}

void jb_work_advance(struct jb_work *work, uint64_t t_ns)
{
    jb_work_start(work, t_ns);
    if (t_ns > now(work)) {
        work_pass(work, t_ns);
    }
    work_charge_all(work, NONE);
    work_decide_old(work);
}

void jb_work_cut(struct jb_work *work, unsigned domain, struct jb_work_piece *ret)
{
    struct domain *its = domain < JB_WORK_DOMAINS ? &work->domain[domain] : NULL;

    memset(ret, 0, sizeof(*ret));
    if (its == NULL) {
        return;
    }
    if (domain == JB_WORK_HOST) {
        work_charge_all(work, NONE);
        work->clock[FAINT] = work->clock[BUSY] = 0;
        for (size_t i = 0; i < JB_WORK_THREADS; i++) {
            work->threads[i].since = 0;
        }
    }
    ret->t0_ns = its->cut_ns;
    ret->t1_ns = its->now_ns;
    memcpy(ret->cell_s, its->piece_cell_s, sizeof(ret->cell_s));
    memcpy(ret->context_s, its->piece_context_s, sizeof(ret->context_s));
    memset(its->piece_cell_s, 0, sizeof(ret->cell_s));
    memset(its->piece_context_s, 0, sizeof(ret->context_s));
    its->cut_ns = its->now_ns;
}

/* ---- asked ---- */

size_t jb_work_cell_count(const struct jb_work *work, unsigned domain)
{
    return domain < JB_WORK_DOMAINS ? work->domain[domain].cells : 0;
}

const struct jb_work_cell *jb_work_cell(const struct jb_work *work, unsigned domain, size_t cell)
{
    struct jb_work_cell *view;
    struct cell *its;

    if (domain >= JB_WORK_DOMAINS || cell >= work->domain[domain].cells) {
        return NULL;
    }
    its = &work->domain[domain].cell[cell];
    view = &its->view;
    memcpy(view->phase_s, its->phase_s, sizeof(its->phase_s));
    memcpy(view->context_s, its->context_s, sizeof(its->context_s));
    view->calls = its->calls;
    for (size_t p = 0; domain == JB_WORK_HOST && p < work->process_high; p++) {
        for (int which = 0; which <= 1; which++) {
            const struct process *process = &work->processes[p];

            view->phase_s[work_would_be(process, which)] += process->pending[which].cell_s[cell];
        }
    }
    view->seconds = 0;
    for (size_t phase = 0; phase < JB_PHASES; phase++) {
        view->seconds += view->phase_s[phase];
    }
    return view;
}

void jb_work_context(const struct jb_work *work, unsigned domain, enum jb_context context, struct jb_work_context *ret)
{
    const struct domain *its = domain < JB_WORK_DOMAINS ? &work->domain[domain] : NULL;

    *ret = (struct jb_work_context){.caught_s = 0};
    if (its == NULL || (unsigned)context >= JB_CONTEXTS) {
        return;
    }
    for (size_t i = 0; i < its->cells; i++) {
        ret->caught_s += its->cell[i].context_s[context];
    }
    ret->unknown_s = its->unknown_s[context];
    memcpy(ret->unknown_phase_s, its->unknown_phase_s[context], sizeof(ret->unknown_phase_s));
    for (size_t p = 0; domain == JB_WORK_HOST && p < work->process_high; p++) {
        for (int which = 0; which <= 1; which++) {
            const struct process *process = &work->processes[p];

            ret->unknown_phase_s[work_would_be(process, which)] += process->pending[which].unknown_s[context];
        }
    }
}

double jb_work_phase_s(const struct jb_work *work, enum jb_phase phase)
{
    double seconds = (unsigned)phase < JB_PHASES ? work->phase_s[phase] : 0;

    for (size_t p = 0; p < work->process_high; p++) {
        for (int which = 0; which <= 1; which++) {
            if (work_would_be(&work->processes[p], which) == phase) {
                seconds += work->processes[p].pending[which].program_s;
            }
        }
    }
    return seconds;
}

void jb_work_health(const struct jb_work *work, struct jb_work_health *ret)
{
    *ret = work->health;
}
