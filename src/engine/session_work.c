/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When what the program tells is looked at, how much it shall tell, and when that is saved.
 *
 * Until a program tells something this costs a look at the ring with each tick, or ten a second where ticks are rarer;
 * then a timer of its own drains it, the faster the fuller it gets.
 */
#include "engine/session_impl.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define BEHIND_NS        (3 * JB_NS_PER_MS) /* writers are given so long between their clock and their write */
#define DEVICE_BEHIND_NS (3 * JB_NS_PER_S)  /* and buffers of kernels so long */
#define LOG_NS           (20 * JB_NS_PER_S)
#define SLOWEST_NS       (50 * JB_NS_PER_MS)
#define QUICKEST_NS      (5 * JB_NS_PER_MS)
#define BURST_NS         (10 * JB_NS_PER_MS)
#define FIRST_NS         (20 * JB_NS_PER_MS)
#define UNHEARD_NS       (100 * JB_NS_PER_MS)
#define FULL_ENOUGH      0.25
#define EMPTY_ENOUGH     0.05
#define SWEEP_NS         JB_NS_PER_S
#define SAVE_FIRST_NS    (10 * JB_NS_PER_S)
#define SAVE_SLOWEST_NS  (60 * JB_NS_PER_S)
#define SAVE_PART        200 /* of the time, that saving may take at most */

void session_work_create(struct jb_session *session)
{
    struct jb_diag diag = {0};

    if (session->config.ops == JB_OPS_OFF) {
        return;
    }
    struct session_work *work = calloc(1, sizeof(*work));
    if (work == NULL) {
        return;
    }
    session->work = work;
    work->ops = session->config.ops;
    work->time_share = session->config.time_share;
    work->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    work->domain_count = 1;
    for (size_t i = 0; i < JB_WORK_DOMAINS; i++) {
        work->domain_channel[i] = -1;
    }
    int error = work->timer_fd < 0 ? -errno : jb_ring_create(&work->ring, &diag);
    if (error == 0) {
        error = jb_work_create(LOG_NS, &work->work);
    }
    if (error == 0) {
        error = jb_pieces_init(&work->pieces[JB_WORK_HOST]);
    }
    error = error < 0 ? error : session_regions_init(work);
    if (error < 0) { /* what it costs in joules is measured all the same */
        jb_record_warn(&session->record, "what the program does cannot be heard: %s",
                       diag.text[0] != '\0' ? diag.text : strerror(-error));
        session_work_destroy(session);
    }
}

void session_work_destroy(struct jb_session *session)
{
    struct session_work *work = session->work;

    if (work == NULL) {
        return;
    }
    session_rows_finish(work);
    session_regions_finish(work);
    for (size_t i = 0; i < JB_WORK_DOMAINS; i++) {
        jb_pieces_finish(&work->pieces[i]);
    }
    jb_work_destroy(work->work);
    jb_ring_destroy(work->ring);
    jb_closep(&work->timer_fd);
    free(work);
    session->work = NULL;
}

static void set_timer(struct session_work *work, uint64_t period_ns)
{
    struct timespec each = jb_timespec(period_ns);
    struct itimerspec timer = {.it_interval = each, .it_value = each};

    if (period_ns != work->timer_ns && timerfd_settime(work->timer_fd, 0, &timer, NULL) == 0) {
        work->timer_ns = period_ns;
    }
}

void session_work_start(struct jb_session *session)
{
    struct session_work *work = session->work;
    unsigned allowed = JB_PATH_API | JB_PATH_PYTORCH | JB_PATH_ITT | JB_PATH_NVTX | JB_PATH_CUPTI | JB_PATH_LAYERS;

    if (work == NULL) {
        return;
    }
    jb_work_start(work->work, session->start_ns);
    jb_ops_plan_init(&work->plan, work->ops, session->start_ns, session->start_ns ^ (uint64_t)getpid() << 32);
    work->level = work->plan.base;
    work->drained_ns = session->start_ns;
    for (size_t i = 0; i < JB_WORK_DOMAINS; i++) {
        work->device_ns[i] = session->start_ns;
    }
    jb_ring_listen(work->ring, work->level, allowed);
    if (session->config.interval_ns > UNHEARD_NS) {
        set_timer(work, UNHEARD_NS);
    }
}

static double operators_per_s(const struct jb_work *work)
{
    size_t count = jb_work_cell_count(work, JB_WORK_HOST);
    double calls = 0, seconds = 0;

    for (size_t i = 0; i < count; i++) {
        const struct jb_work_cell *cell = jb_work_cell(work, JB_WORK_HOST, i);
        calls += cell->calls;
        seconds += cell->seconds;
    }
    return seconds > 0 ? calls / seconds : 0;
}

void session_work_facts(const struct session_work *work, struct jb_ops_facts *ret)
{
    double per_s = jb_work_steps_per_s(work->work);

    *ret = (struct jb_ops_facts){.telling = work->seen, .step_s = per_s > 0 ? 1 / per_s : 0};
    ret->ops_per_s = operators_per_s(work->work);
    for (int level = 0; level <= JB_LEVEL_FULL; level++) {
        jb_work_steps(work->work, (enum jb_level)level, &ret->steps[level]);
    }
}

static void follow_plan(struct jb_session *session, uint64_t now_ns)
{
    struct session_work *work = session->work;
    struct jb_ops_facts facts;

    if (!jb_ops_plan_due(&work->plan, now_ns)) {
        return;
    }
    session_work_facts(work, &facts);
    enum jb_level level = jb_ops_plan_look(&work->plan, now_ns, &facts);
    if (level != work->level) {
        work->level = level;
        jb_ring_level(work->ring, level);
    }
    bool dense = jb_ops_plan_dense(&work->plan);
    if (dense != work->dense) {
        work->dense = dense;
        for (size_t i = 0; i < work->learned_count; i++) {
            struct work_channel *channel = &work->learned[i];
            if (channel->owns_edges && dense) {
                jb_edges_begin(channel->edges, work->plan.end_ns);
            } else if (channel->owns_edges) {
                jb_edges_end(channel->edges);
            }
        }
    }
}

static void pace(struct session_work *work)
{
    struct jb_ring_state state;
    uint64_t period_ns = work->timer_ns;

    jb_ring_state(work->ring, &state);
    if (work->plan.bursting && work->ops == JB_OPS_AUTO) {
        period_ns = BURST_NS; /* so that it does not last longer than it was meant to */
    } else if (period_ns == 0) {
        period_ns = FIRST_NS;
    } else if (state.fill > FULL_ENOUGH && period_ns > QUICKEST_NS) {
        period_ns /= 2;
    } else if (state.fill < EMPTY_ENOUGH && period_ns < SLOWEST_NS) {
        period_ns += period_ns / 4;
    }
    set_timer(work, period_ns < QUICKEST_NS ? QUICKEST_NS : period_ns > SLOWEST_NS ? SLOWEST_NS : period_ns);
}

static void look(struct jb_session *session, uint64_t now_ns, uint64_t until_ns, uint64_t device_until_ns)
{
    struct session_work *work = session->work;

    session_work_kernels(session);
    session_work_cut(session, until_ns, device_until_ns);
    if (until_ns > work->drained_ns) {
        session_work_drain(work, until_ns);
    }
    if (!work->seen) {
        return;
    }
    if (!session_rows_chosen(session)) {
        session_rows_choose(session);
    }
    session_rows_edges(session);
    session_rows_feed(session);
    if (now_ns - work->swept_ns > SWEEP_NS) {
        jb_ring_sweep(work->ring);
        work->swept_ns = now_ns;
    }
}

/* A program that tells is saved now and then, so that a meter that is killed leaves more than joules. */
static void save(struct jb_session *session, uint64_t now_ns)
{
    struct session_work *work = session->work;
    uint64_t since_ns = now_ns - (work->saved_ns > 0 ? work->saved_ns : session->start_ns);
    uint64_t every_ns = (now_ns - session->start_ns) / 2;

    every_ns = every_ns < SAVE_FIRST_NS ? SAVE_FIRST_NS : every_ns > SAVE_SLOWEST_NS ? SAVE_SLOWEST_NS : every_ns;
    every_ns = every_ns < SAVE_PART * work->save_cost_ns ? SAVE_PART * work->save_cost_ns : every_ns;
    if (work->seen && session->writer != NULL && since_ns >= every_ns) {
        struct jb_record_work record = {0};
        work->saved_ns = now_ns;
        session_work_describe(session, &record);
        jb_writer_work(session->writer, &record);
        work->save_cost_ns = jb_mono_ns() - now_ns;
    }
}

void session_work_look(struct jb_session *session)
{
    struct session_work *work = session->work;
    uint64_t expirations, now_ns = jb_mono_ns();

    if (work == NULL || !session->started || session->stopped) {
        return;
    }
    if (read(work->timer_fd, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN) {
        return;
    }
    look(session, now_ns, now_ns - BEHIND_NS, now_ns - DEVICE_BEHIND_NS);
    if (work->seen) {
        follow_plan(session, now_ns);
        pace(work);
        save(session, now_ns);
    }
}

void session_work_stop(struct jb_session *session)
{
    struct session_work *work = session->work;

    if (work == NULL) {
        return;
    }
    for (size_t i = 0; i < work->learned_count; i++) {
        if (work->learned[i].owns_edges) {
            jb_edges_end(work->learned[i].edges);
        }
    }
    look(session, jb_mono_ns(), jb_mono_ns(), jb_mono_ns());
    jb_ring_listen(work->ring, JB_LEVEL_OFF, 0);
}
