/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps: those that the program tells, else from the end of one optimiser's step to the end of the next.
 *
 * Only those of one process are counted: ranks take the same steps. It is the first that takes one, and another when
 * that one has taken none for 10 s. Lengths are kept as a sample (reservoir, a fixed seed) for each level at which all
 * of the step was caught.
 */
#include "attribution/work_in.h"

#define SILENT_NS (UINT64_C(10) * 1000000000)
#define ENDS      (sizeof(((struct jb_work *)0)->step_end_ns) / sizeof(uint64_t))

static uint64_t draw(struct jb_work *work, uint64_t below)
{
    work->seed ^= work->seed << 13;
    work->seed ^= work->seed >> 7;
    work->seed ^= work->seed << 17;
    return work->seed % below;
}

static void add_length(struct jb_work *work, struct lengths *lengths, double seconds)
{
    uint64_t place = lengths->count < LENGTHS ? lengths->count : draw(work, lengths->count + 1);

    lengths->count++;
    lengths->total_s += seconds;
    if (place < LENGTHS) {
        lengths->sample[place] = seconds;
    }
}

static bool counts(struct jb_work *work, const struct process *process, bool told)
{
    if (told && !work->step_told) {
        work->step_told = true;
        work->step_pid_ns = 0; /* what was counted by marks is over */
    }
    if (told != work->step_told) {
        return false;
    }
    if (work->step_pid_ns != 0 && work->step_pid != process->pid && now(work) - work->step_pid_ns < SILENT_NS) {
        return false;
    }
    work->step_pid = process->pid;
    work->step_pid_ns = now(work);
    return true;
}

void work_step(struct jb_work *work, struct process *process, uint64_t t0_ns, bool told)
{
    uint64_t begin_ns = told ? t0_ns : process->step_ns;
    bool mixed = process->step_mixed;

    process->step_ns = now(work);
    process->step_mixed = false;
    if (!counts(work, process, told)) {
        return;
    }
    work->step_end_ns[work->step_count++ % ENDS] = now(work);
    if (begin_ns != 0 && !mixed && now(work) > begin_ns) {
        add_length(work, &work->lengths[process->level], (double)(now(work) - begin_ns) * 1e-9);
    }
}

uint64_t jb_work_step_count(const struct jb_work *work)
{
    return work->step_count;
}

double jb_work_steps_per_s(const struct jb_work *work)
{
    uint64_t count = work->step_count < ENDS ? work->step_count : ENDS;
    uint64_t first_ns, last_ns;

    if (count < 2) {
        return 0;
    }
    last_ns = work->step_end_ns[(work->step_count - 1) % ENDS];
    first_ns = work->step_end_ns[(work->step_count - count) % ENDS];
    if (last_ns <= first_ns || now(work) - last_ns > SILENT_NS + 2 * (last_ns - first_ns)) {
        return 0;
    }
    return (double)(count - 1) / ((double)(last_ns - first_ns) * 1e-9);
}

static void sort(double *values, size_t count)
{
    for (size_t gap = count / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < count; i++) {
            double value = values[i];
            size_t at = i;

            for (; at >= gap && values[at - gap] > value; at -= gap) {
                values[at] = values[at - gap];
            }
            values[at] = value;
        }
    }
}

void jb_work_steps(const struct jb_work *work, enum jb_level level, struct jb_work_steps *ret)
{
    const struct lengths *lengths = (unsigned)level <= JB_LEVEL_FULL ? &work->lengths[level] : NULL;
    double values[LENGTHS];
    size_t count, out;

    *ret = (struct jb_work_steps){.count = 0};
    if (lengths == NULL || lengths->count == 0) {
        return;
    }
    count = lengths->count < LENGTHS ? lengths->count : LENGTHS;
    for (size_t i = 0; i < count; i++) {
        values[i] = lengths->sample[i];
    }
    sort(values, count);
    out = count >= 40 ? count / 20 : 0;
    for (size_t i = out; i < count - out; i++) {
        ret->mean_s += values[i] / (double)(count - 2 * out);
    }
    for (size_t i = out; count - 2 * out > 1 && i < count - out; i++) {
        double off = values[i] - ret->mean_s;

        ret->var_s += off * off / (double)(count - 2 * out - 1);
    }
    ret->count = lengths->count;
    ret->total_s = lengths->total_s;
}
