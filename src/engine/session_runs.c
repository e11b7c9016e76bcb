/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of an endless session. CPU time is counted exclusively: what a run inside of another used is taken off the outer
 * one's, so that the division is over disjoint processes; what is told of the outer one has it again.
 */
#include "engine/session_impl.h"

#include "attribution/split.h"
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUN_PIDS    64
#define CUT_WAIT_NS (100 * JB_NS_PER_MS) /* for lanes, when a run ends: everybody waits */
#define WAIT_SHARE  10                   /* one part in so many of the time is waited at most */

struct session_run {
    struct jb_proctree *tree;
    pid_t top;
    struct session_run *parent;
    struct jb_usage usage;  /* of the processes that are its alone */
    uint64_t cpu_ns;        /* of its whole tree, at the last look */
    uint64_t own_ns;        /* of the processes that are its alone, since it began */
    uint64_t wall_like_uj;  /* its part of the sensors, of the second being divided */
    int32_t pids[RUN_PIDS]; /* on accelerators */
    size_t pid_count;
    uint64_t run_uj[JB_METER_MAX_CHANNELS];        /* with those of the runs inside */
    struct jb_parts before[JB_METER_MAX_CHANNELS]; /* of the session, when it began */
};

struct session_runs {
    struct session_run *runs[JB_SESSION_RUNS];
    size_t count;
    uint64_t cpu_ns;     /* of all that there are and were, exclusive */
    bool force;          /* look at every process now */
    uint64_t patient_ns; /* lanes are waited for again from then on */
};

int session_runs_create(struct jb_session *session)
{
    session->runs = calloc(1, sizeof(*session->runs));
    return session->runs == NULL ? -ENOMEM : 0;
}

static void run_free(struct session_run *run)
{
    jb_proctree_destroy(run->tree);
    free(run);
}

void session_runs_destroy(struct jb_session *session)
{
    for (size_t i = 0; session->runs != NULL && i < session->runs->count; i++) {
        run_free(session->runs->runs[i]);
    }
    free(session->runs);
    session->runs = NULL;
}

/* The innermost run that a process is part of. */
static struct session_run *owner_of(const struct session_runs *runs, pid_t pid)
{
    struct session_run *owner = NULL;

    for (size_t i = 0; i < runs->count; i++) {
        struct session_run *run = runs->runs[i];
        bool deeper = owner == NULL;
        for (const struct session_run *up = run->parent; up != NULL && !deeper; up = up->parent) {
            deeper = up == owner;
        }
        if (deeper && jb_proctree_contains(run->tree, pid)) {
            owner = run;
        }
    }
    return owner;
}

/* Its processes were the outer runs' until now. */
static void take_pids(struct session_run *run)
{
    for (struct session_run *outer = run->parent; outer != NULL; outer = outer->parent) {
        size_t kept = 0;
        for (size_t i = 0; i < outer->pid_count; i++) {
            bool inner = run->pid_count < RUN_PIDS && jb_proctree_contains(run->tree, outer->pids[i]);
            int32_t *place = inner ? &run->pids[run->pid_count++] : &outer->pids[kept++];
            *place = outer->pids[i];
        }
        outer->pid_count = kept;
    }
}

/* Those beside it that are among its processes. */
static void take_runs(struct session_runs *runs, struct session_run *run)
{
    for (size_t i = 0; i < runs->count; i++) {
        struct session_run *other = runs->runs[i];
        if (other->parent == run->parent && jb_proctree_contains(run->tree, other->top)) {
            other->parent = run;
        }
    }
}

int session_run_begin(struct jb_session *session, pid_t top, struct session_run **ret)
{
    struct session_runs *runs = session->runs;

    if (runs->count >= JB_SESSION_RUNS) {
        return -ENOSPC;
    }
    struct session_run *run = calloc(1, sizeof(*run));
    if (run == NULL) {
        return -ENOMEM;
    }
    int error = jb_proctree_create(top, false, &run->tree);
    if (error < 0) {
        free(run);
        return error;
    }
    run->top = top;
    run->parent = owner_of(runs, top);
    take_pids(run);
    take_runs(runs, run);
    jb_usage_init(&run->usage, true);
    for (int i = 0; i < session->channel_count; i++) {
        run->before[i] = session->channels[i].totals;
    }
    runs->runs[runs->count++] = run;
    struct jb_usage_point never = {.t_ns = 0}, now = {.t_ns = jb_mono_ns()};
    jb_usage_add(&run->usage, &never); /* an entry may begin before the run did */
    jb_usage_add(&run->usage, &now);
    *ret = run;
    return 0;
}

void session_run_end(struct jb_session *session, struct session_run *run)
{
    struct session_runs *runs = session->runs;
    size_t kept = 0;

    if (run == NULL) {
        return;
    }
    for (size_t i = 0; run->parent != NULL && i < run->pid_count && run->parent->pid_count < RUN_PIDS; i++) {
        run->parent->pids[run->parent->pid_count++] = run->pids[i];
    }
    for (size_t i = 0; i < runs->count; i++) {
        if (runs->runs[i]->parent == run) {
            runs->runs[i]->parent = run->parent;
        }
        if (runs->runs[i] != run) {
            runs->runs[kept++] = runs->runs[i];
        }
    }
    runs->count = kept;
    run_free(run);
}

void session_run_parts(const struct jb_session *session, const struct session_run *run, int number,
                       struct jb_parts *ret)
{
    const struct jb_parts *now = &session->channels[number].totals, *before = &run->before[number];
    uint64_t run_uj = run->run_uj[number];

    *ret = (struct jb_parts){
        .run_uj = run_uj,
        .idle_uj = now->idle_uj - before->idle_uj,
        .others_uj = now->run_uj + now->others_uj - before->run_uj - before->others_uj - run_uj,
        .unattributed_uj = now->unattributed_uj - before->unattributed_uj,
    };
}

uint64_t session_run_cpu_ns(const struct session_run *run)
{
    return run->cpu_ns;
}

const struct session_run *session_run_parent(const struct session_run *run)
{
    return run->parent;
}

uint64_t session_runs_look(struct jb_session *session, const struct jb_usage_point *point)
{
    struct session_runs *runs = session->runs;
    uint64_t step_ns[JB_SESSION_RUNS];

    for (size_t i = 0; i < runs->count; i++) {
        struct session_run *run = runs->runs[i];
        uint64_t now_ns = jb_proctree_cpu_ns(run->tree, runs->force);
        step_ns[i] = now_ns - run->cpu_ns;
        run->cpu_ns = now_ns;
    }
    for (size_t i = 0; i < runs->count; i++) {
        struct session_run *run = runs->runs[i];
        uint64_t own_ns = step_ns[i];
        for (size_t j = 0; j < runs->count; j++) {
            if (runs->runs[j]->parent == run) {
                own_ns -= step_ns[j] < own_ns ? step_ns[j] : own_ns;
            }
        }
        run->own_ns += own_ns;
        runs->cpu_ns += own_ns;
        struct jb_usage_point own = *point;
        own.run_ns = run->own_ns;
        jb_usage_add(&run->usage, &own);
    }
    return runs->cpu_ns;
}

static bool run_has(const struct session_run *run, int32_t pid)
{
    for (size_t i = 0; i < run->pid_count; i++) {
        if (run->pids[i] == pid) {
            return true;
        }
    }
    return false;
}

static bool is_of_run(const void *context, int32_t pid)
{
    return run_has(context, pid);
}

bool session_runs_own(const struct jb_session *session, int32_t pid)
{
    for (size_t i = 0; session->runs != NULL && i < session->runs->count; i++) {
        if (run_has(session->runs->runs[i], pid)) {
            return true;
        }
    }
    return false;
}

void session_runs_know(struct jb_session *session, int32_t pid)
{
    if (session->runs == NULL || session_runs_own(session, pid)) {
        return;
    }
    struct session_run *run = owner_of(session->runs, pid);
    if (run != NULL && run->pid_count < RUN_PIDS) {
        run->pids[run->pid_count++] = pid;
    }
}

void session_runs_forget(struct jb_session *session)
{
    for (size_t i = 0; session->runs != NULL && i < session->runs->count; i++) {
        struct session_run *run = session->runs->runs[i];
        size_t kept = 0;
        for (size_t k = 0; k < run->pid_count; k++) {
            if (session_names(session, run->pids[k])) {
                run->pids[kept++] = run->pids[k];
            }
        }
        run->pid_count = kept;
    }
}

/* What runs used that have ended since. The curves are rounded one by one. */
static uint64_t ended_weight(const struct jb_session *session, const struct jb_entry *entry, uint64_t sum)
{
    struct jb_usage_weights all;

    jb_usage_between(&session->usage, entry->t0_ns, entry->t1_ns, &all);
    return all.known && all.run_ns > sum + 2 * JB_SESSION_RUNS ? all.run_ns - sum : 0;
}

static uint64_t cpu_weight(const struct session_run *run, const struct jb_entry *entry)
{
    struct jb_usage_weights weights;

    jb_usage_between(&run->usage, entry->t0_ns, entry->t1_ns, &weights);
    return weights.known ? weights.run_ns : 0;
}

static uint64_t gpu_weight(const struct jb_session *session, const struct session_run *run, int device)
{
    struct jb_gpu_share share;

    jb_gpu_share(session->uses, session->use_count, device, jb_mono_ns(), is_of_run, run, &share);
    return share.shares.known ? share.shares.run : 0;
}

static void charge(struct session_run *run, int number, uint64_t energy_uj)
{
    for (; run != NULL; run = run->parent) {
        run->run_uj[number] += energy_uj;
    }
}

void session_runs_divide(struct jb_session *session, int number, struct jb_parts *parts)
{
    struct session_runs *runs = session->runs;
    uint64_t weights[JB_SESSION_RUNS + 1], shares[JB_SESSION_RUNS + 1], sum = 0;

    if (runs == NULL || parts->run_uj == 0) {
        return;
    }
    bool gpu = session->channels[number].channel->device == JB_DEVICE_GPU;
    bool wall = number == session->wall.channel;
    int device = gpu ? session_device_channel(session, number) : -1;
    for (size_t i = 0; i < runs->count; i++) {
        const struct session_run *run = runs->runs[i];
        weights[i] = wall  ? run->wall_like_uj
                     : gpu ? gpu_weight(session, run, device)
                           : cpu_weight(run, &session->channels[number].pending);
        sum += weights[i];
    }
    if (sum == 0) {
        parts->unattributed_uj += parts->run_uj;
        parts->run_uj = 0;
        return;
    }
    size_t ended = runs->count;
    weights[ended] = wall || gpu ? 0 : ended_weight(session, &session->channels[number].pending, sum);
    jb_split(parts->run_uj, weights, ended + 1, 0, shares);
    parts->run_uj -= shares[ended];
    parts->unattributed_uj += shares[ended];
    for (size_t i = 0; i < runs->count; i++) {
        charge(runs->runs[i], number, shares[i]);
        if (!wall && session_is_sensor(session, number)) {
            runs->runs[i]->wall_like_uj += shares[i];
        }
    }
}

void session_runs_divided(struct jb_session *session)
{
    for (size_t i = 0; session->runs != NULL && i < session->runs->count; i++) {
        session->runs->runs[i]->wall_like_uj = 0;
    }
}

/* However many runs end and however slow a lane is, the time in which everybody waits has a bound. */
static void read_all(struct jb_session *session, bool last, struct jb_poll *ret)
{
    uint64_t from_ns = jb_mono_ns();

    if (!last || from_ns < session->runs->patient_ns) {
        jb_meter_poll(session->meter, ret);
        return;
    }
    jb_meter_poll_final(session->meter, CUT_WAIT_NS, ret);
    uint64_t end_ns = jb_mono_ns();
    session->runs->patient_ns = end_ns + (WAIT_SHARE - 1) * (end_ns - from_ns);
}

void session_cut(struct jb_session *session, bool last)
{
    struct jb_poll poll_result;

    read_all(session, last, &poll_result);
    session_book(session, &poll_result);
    uint64_t now_ns = jb_mono_ns();
    session_wall_tick(session, now_ns);
    session_end_tick(session, now_ns);
    session->runs->force = true;
    session_flush_chunk(session, now_ns);
    session->runs->force = false;
}
