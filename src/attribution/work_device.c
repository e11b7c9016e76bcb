/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels of accelerators. They are told late and out of order over streams, so they wait in a heap by begin until
 * advance_device() says that all have come up to a time; then begins and ends are walked through in order.
 *
 * The phase of a kernel is that of what launched it (`origin`); whether a forward pass was training or evaluation is
 * the host's of that time. An accelerator that is idle, or whose kernels are not caught, does in the phases and
 * contexts what the host did since the last call: the two clocks are not in step within a step anyhow.
 */
#include "attribution/work_in.h"

static void swap(struct kernel *a, struct kernel *b)
{
    struct kernel c = *a;

    *a = *b;
    *b = c;
}

static void push(struct domain *domain, struct kernel kernel)
{
    struct kernel *heap = domain->waiting;
    size_t at = domain->waiting_count++;

    heap[at] = kernel;
    while (at > 0 && heap[(at - 1) / 2].t0_ns > heap[at].t0_ns) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static struct kernel pop(struct domain *domain)
{
    struct kernel *heap = domain->waiting;
    struct kernel first = heap[0];
    size_t count = --domain->waiting_count;

    heap[0] = heap[count];
    for (size_t at = 0;;) {
        size_t least = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
            least = heap[child].t0_ns < heap[least].t0_ns ? child : least;
        }
        if (least == at) {
            return first;
        }
        swap(&heap[at], &heap[least]);
        at = least;
    }
}

void jb_work_kernel(struct jb_work *work, unsigned domain, uint64_t t0_ns, uint64_t t1_ns, const char *name,
                    uint32_t name_number, unsigned origin, unsigned stream)
{
    struct domain *its = domain > JB_WORK_HOST && domain < JB_WORK_DOMAINS ? &work->domain[domain] : NULL;
    uint16_t cell;

    (void)stream; /* kernels of one stream follow each other by themselves */
    if (its == NULL) {
        return;
    }
    if (t1_ns <= t0_ns || t1_ns <= its->now_ns || its->waiting_count == KERNELS) {
        work->health.late++;
        return;
    }
    work->health.events++;
    if (name_number < NAMES && its->cell_of[name_number] != 0) {
        cell = (uint16_t)(its->cell_of[name_number] - 1);
    } else {
        cell = work_cell_of(work, domain, name);
        if (name_number < NAMES) {
            its->cell_of[name_number] = (uint16_t)(cell + 1);
        }
    }
    push(its, (struct kernel){.t0_ns = t0_ns > its->now_ns ? t0_ns : its->now_ns,
                              .t1_ns = t1_ns,
                              .cell = cell,
                              .origin = origin < JB_KERNEL_UNKNOWN ? (uint8_t)origin : JB_KERNEL_UNKNOWN});
}

/* The turn of the host that was on at a time; NULL: it is not over, or not decided. */
const struct turn *work_turn(const struct jb_work *work, uint64_t t_ns)
{
    uint64_t low = work->turn_count > TURNS ? work->turn_count - TURNS : 0, high = work->turn_count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (work->turns[middle % TURNS].end_ns < t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < work->turn_count ? &work->turns[low % TURNS] : NULL;
}

static uint8_t phase_of(const struct jb_work *work, const struct kernel *kernel)
{
    static const uint8_t of_origin[] = {
        [JB_KERNEL_FORWARD] = JB_PHASE_FORWARD,   [JB_KERNEL_BACKWARD] = JB_PHASE_BACKWARD,
        [JB_KERNEL_OPTIMISE] = JB_PHASE_OPTIMISE, [JB_KERNEL_DATA] = JB_PHASE_DATA,
        [JB_KERNEL_UNKNOWN] = JB_PHASE_OTHER,
    };
    const struct turn *turn = work_turn(work, kernel->t0_ns);
    bool open = kernel->origin == JB_KERNEL_FORWARD || kernel->origin == JB_KERNEL_UNKNOWN;

    if (turn != NULL && turn->told) {
        return turn->phase;
    }
    if (open && turn == NULL && work->marked_count == 0) {
        return JB_PHASE_CREATE;
    }
    if (!open || turn == NULL) {
        return of_origin[kernel->origin];
    }
    if (kernel->origin == JB_KERNEL_FORWARD && turn->phase != JB_PHASE_EVALUATE && turn->phase != JB_PHASE_CREATE) {
        return JB_PHASE_FORWARD; /* it may come a little later than the host's gap */
    }
    return turn->phase;
}

static void book(struct domain *domain, uint16_t cell, uint8_t phase, enum jb_context context, double seconds)
{
    domain->cell[cell].phase_s[phase] += seconds;
    domain->cell[cell].context_s[context] += seconds;
}

/* Time without kernels, as the host's since the last call; unknown: they were not caught. */
static void book_as_host(struct jb_work *work, struct domain *domain, double seconds, bool unknown)
{
    double share[JB_CONTEXTS][JB_PHASES], sum = 0;

    for (size_t context = 0; context < JB_CONTEXTS; context++) {
        for (size_t phase = 0; phase < JB_PHASES; phase++) {
            share[context][phase] = work->host_s[context][phase] - domain->host_s[context][phase];
            share[context][phase] = share[context][phase] > 0 ? share[context][phase] : 0;
            sum += share[context][phase];
        }
    }
    if (sum <= 0) {
        share[work->context][work->phase == NO_PHASE ? JB_PHASE_OTHER : work->phase] = sum = 1;
    }
    for (size_t context = 0; context < JB_CONTEXTS; context++) {
        for (size_t phase = 0; phase < JB_PHASES; phase++) {
            double part = seconds * (share[context][phase] / sum);

            if (unknown) {
                domain->unknown_s[context] += part;
                domain->unknown_phase_s[context][phase] += part;
                domain->piece_context_s[context] += part;
            } else if (part > 0) {
                book(domain, 0, (uint8_t)phase, context, part);
            }
        }
    }
}

/* Not caught up to t: what is told of that time is part of the truth only. */
static void skip(struct jb_work *work, struct domain *domain, uint64_t t_ns)
{
    size_t kept = 0;

    for (size_t i = 0; i < domain->running_count; i++) {
        if (domain->running[i].t1_ns > t_ns) {
            domain->running[kept++] = domain->running[i];
        }
    }
    domain->running_count = kept;
    while (domain->waiting_count > 0 && domain->waiting[0].t0_ns < t_ns) {
        struct kernel kernel = pop(domain);

        if (kernel.t1_ns > t_ns) {
            kernel.t0_ns = t_ns;
            push(domain, kernel);
        }
    }
    work_log_add(work, domain, t_ns, NULL, 0);
}

static void start_running(struct jb_work *work, struct domain *domain)
{
    while (domain->waiting_count > 0 && domain->waiting[0].t0_ns <= domain->now_ns) {
        struct kernel kernel = pop(domain);

        if (domain->running_count == RUNNING) {
            work->health.late++;
            continue;
        }
        domain->cell[kernel.cell].calls++;
        domain->running[domain->running_count++] = kernel;
    }
}

/* From now to end_ns the same kernels run. */
static void run(struct jb_work *work, struct domain *domain, uint64_t end_ns)
{
    double seconds = (double)(end_ns - domain->now_ns) * 1e-9 / (double)domain->running_count;
    uint16_t cells[RUNNING];
    size_t kept = 0;

    for (size_t i = 0; i < domain->running_count; i++) {
        const struct kernel *kernel = &domain->running[i];
        uint8_t phase = phase_of(work, kernel);

        cells[i] = kernel->cell;
        domain->piece_cell_s[kernel->cell] += seconds;
        book(domain, kernel->cell, phase, work_context_of_phase(phase), seconds);
    }
    work_log_add(work, domain, end_ns, cells, domain->running_count);
    for (size_t i = 0; i < domain->running_count; i++) {
        if (domain->running[i].t1_ns > end_ns) {
            domain->running[kept++] = domain->running[i];
        }
    }
    domain->running_count = kept;
}

static void walk(struct jb_work *work, struct domain *domain, uint64_t t_ns)
{
    static const uint16_t nobody = 0;
    double idle_s = 0;

    while (domain->now_ns < t_ns) {
        uint64_t end_ns = t_ns;

        start_running(work, domain);
        if (domain->waiting_count > 0 && domain->waiting[0].t0_ns < end_ns) {
            end_ns = domain->waiting[0].t0_ns;
        }
        for (size_t i = 0; i < domain->running_count; i++) {
            end_ns = domain->running[i].t1_ns < end_ns ? domain->running[i].t1_ns : end_ns;
        }
        if (domain->running_count > 0) {
            run(work, domain, end_ns);
        } else {
            idle_s += (double)(end_ns - domain->now_ns) * 1e-9;
            work_log_add(work, domain, end_ns, &nobody, 1);
        }
        domain->now_ns = end_ns;
    }
    if (idle_s > 0) {
        domain->piece_cell_s[0] += idle_s;
        book_as_host(work, domain, idle_s, false);
    }
}

void jb_work_advance_device(struct jb_work *work, unsigned domain, uint64_t t_ns, bool caught)
{
    struct domain *its = domain > JB_WORK_HOST && domain < JB_WORK_DOMAINS ? &work->domain[domain] : NULL;

    if (its == NULL || t_ns <= its->now_ns) {
        return;
    }
    if (caught) {
        walk(work, its, t_ns);
    } else {
        skip(work, its, t_ns);
        book_as_host(work, its, (double)(t_ns - its->now_ns) * 1e-9, true);
        its->now_ns = t_ns;
    }
    for (size_t context = 0; context < JB_CONTEXTS; context++) {
        for (size_t phase = 0; phase < JB_PHASES; phase++) {
            its->host_s[context][phase] = work->host_s[context][phase];
        }
    }
}
