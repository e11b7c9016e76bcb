/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program tells, on its way from the ring to the timeline, and the session's chunks cut out of that timeline.
 *
 * Events are drained up to the end of a chunk before it is cut, so that time and energy of a piece are of the same
 * moments. Until a program tells something this costs a look at the ring with each tick, or ten a second where ticks
 * are rarer; then a timer of its own drains it, the faster the fuller it gets.
 */
#include "engine/session_impl.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <signal.h>
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
#define BATCH            512
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
    struct timespec each = {(time_t)(period_ns / JB_NS_PER_S), (long)(period_ns % JB_NS_PER_S)};
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

static void note_level(struct session_work *work, const struct jb_traced *traced)
{
    work->levels[work->level_count % WORK_LEVELS].t_ns = traced->event.t_ns;
    work->levels[work->level_count % WORK_LEVELS].level = traced->event.value;
    work->level_count++;
}

/* The host's timeline up to t_ns. */
static void drain(struct session_work *work, uint64_t t_ns)
{
    struct jb_traced traced[BATCH];
    size_t count;

    do {
        count = jb_ring_drain(work->ring, t_ns, traced, BATCH);
        for (size_t i = 0; i < count; i++) {
            const struct jb_event *event = &traced[i].event;
            if (event->kind == JB_EVENT_LEVEL) {
                note_level(work, &traced[i]);
            }
            jb_work_event(work->work, event, jb_ring_name(work->ring, event->name), traced[i].thread,
                          traced[i].generation, traced[i].pid);
            if (event->kind == JB_EVENT_NONE && kill(traced[i].pid, 0) < 0 && errno == ESRCH) {
                jb_work_gone(work->work, traced[i].pid);
            }
        }
        work->seen = work->seen || count > 0;
    } while (count == BATCH);
    jb_work_advance(work->work, t_ns);
    work->drained_ns = t_ns;
}

/* The first channel of the accelerator that a process calls `device`: by its PCI address or UUID; where neither is
 * told, a machine's only one. */
static int device_channel(const struct jb_session *session, int32_t pid, uint32_t device)
{
    const char *told = jb_ring_device_id(session->work->ring, pid, device);
    int only = -1;

    for (int i = 0; i < session->channel_count; i++) {
        const struct jb_channel *channel = session->channels[i].channel;
        if (channel->device != JB_DEVICE_GPU || !session->nodes[i].leaf) {
            continue;
        }
        bool listed = channel->unit >= 0 && (unsigned)channel->unit < session->machine.gpu_count;
        if (told != NULL &&
            (strstr(channel->id, told) != NULL || (listed && jb_ieq(session->machine.gpus[channel->unit].pci, told)))) {
            return i;
        }
        only = only == -1 ? i : -2;
    }
    return told == NULL && only >= 0 ? only : -1;
}

static unsigned device_domain(struct jb_session *session, int32_t pid, uint32_t device)
{
    struct session_work *work = session->work;
    int channel = device_channel(session, pid, device);

    for (unsigned domain = 1; channel >= 0 && domain < work->domain_count; domain++) {
        if (work->domain_channel[domain] == channel) {
            return domain;
        }
    }
    if (channel < 0 || work->domain_count == JB_WORK_DOMAINS || jb_pieces_init(&work->pieces[work->domain_count]) < 0) {
        return JB_WORK_HOST;
    }
    work->domain_channel[work->domain_count] = channel;
    work->chunk_next[work->domain_count] = work->chunk_count > WORK_CHUNKS ? work->chunk_count - WORK_CHUNKS : 0;
    return work->domain_count++;
}

static void drain_kernels(struct jb_session *session)
{
    struct session_work *work = session->work;
    struct jb_traced_kernel kernels[BATCH];
    size_t count;

    do {
        count = jb_ring_drain_kernels(work->ring, kernels, BATCH);
        for (size_t i = 0; i < count; i++) {
            const struct jb_traced_kernel *kernel = &kernels[i];
            unsigned domain = device_domain(session, kernel->pid, kernel->device);
            if (domain != JB_WORK_HOST) {
                jb_work_kernel(work->work, domain, kernel->t0_ns, kernel->t1_ns, jb_ring_name(work->ring, kernel->name),
                               kernel->name, kernel->origin, kernel->stream);
            }
        }
    } while (count == BATCH);
}

/* An accelerator's timeline up to t_ns: its kernels were caught where the program was at the full level. */
static void advance_device(struct session_work *work, unsigned domain, uint64_t t_ns)
{
    uint64_t oldest = work->level_count > WORK_LEVELS ? work->level_count - WORK_LEVELS : 0;
    unsigned level = JB_LEVEL_OFF;

    for (uint64_t i = oldest; i < work->level_count; i++) {
        uint64_t at_ns = work->levels[i % WORK_LEVELS].t_ns;
        if (at_ns > work->device_ns[domain] && at_ns < t_ns) {
            jb_work_advance_device(work->work, domain, at_ns, level == JB_LEVEL_FULL);
            work->device_ns[domain] = at_ns;
        }
        level = at_ns < t_ns ? work->levels[i % WORK_LEVELS].level : level;
    }
    jb_work_advance_device(work->work, domain, t_ns, level == JB_LEVEL_FULL);
    work->device_ns[domain] = t_ns;
}

bool session_work_counts(const struct jb_session *session, int number)
{
    bool like_sensors = session->wall.total && session_wall_fills(session, session->wall.channel);

    return like_sensors ? session_is_sensor(session, number) : session->nodes[number].in_total;
}

/* Of the run, of all channels that count. */
static double counted_uj(const struct jb_session *session, const struct work_chunk *chunk)
{
    double sum_uj = 0;

    for (int i = 0; i < session->channel_count && i < JB_PIECE_CHANNELS; i++) {
        double run_uj = chunk != NULL ? (double)chunk->run_uj[i] : session->work->cut_uj[i];
        sum_uj += session_work_counts(session, i) ? run_uj : 0;
    }
    return sum_uj;
}

double session_work_cut_uj(const struct jb_session *session)
{
    return counted_uj(session, NULL);
}

/* Of a chunk each domain gets the channels that it is the timeline of. */
static void keep_piece(struct jb_session *session, unsigned domain, const struct work_chunk *chunk)
{
    struct session_work *work = session->work;
    struct jb_work_piece piece;
    uint64_t run_uj[JB_PIECE_CHANNELS] = {0};
    size_t count =
        (size_t)session->channel_count < JB_PIECE_CHANNELS ? (size_t)session->channel_count : JB_PIECE_CHANNELS;

    for (size_t i = 0; i < count; i++) {
        run_uj[i] = session_work_domain(session, (int)i) == domain ? chunk->run_uj[i] : 0;
    }
    jb_work_cut(work->work, domain, &piece);
    jb_pieces_add(&work->pieces[domain], &piece, run_uj, count);
}

unsigned session_work_domain(const struct jb_session *session, int number)
{
    const struct session_work *work = session->work;
    const struct jb_channel *channel = session->channels[number].channel;

    for (unsigned domain = 1; channel->device == JB_DEVICE_GPU && domain < work->domain_count; domain++) {
        int first = work->domain_channel[domain];
        if (session->channels[first].channel->unit == channel->unit &&
            session->nodes[first].source == session->nodes[number].source) {
            return domain;
        }
    }
    return JB_WORK_HOST; /* an accelerator that tells nothing follows the host's phases */
}

/* Cut every chunk that the timelines have come to. `final`: nothing more will come. */
static void cut_chunks(struct jb_session *session, uint64_t until_ns, uint64_t device_until_ns)
{
    struct session_work *work = session->work;

    while (work->chunk_next[JB_WORK_HOST] < work->chunk_count) {
        const struct work_chunk *chunk = &work->chunks[work->chunk_next[JB_WORK_HOST] % WORK_CHUNKS];
        if (chunk->t1_ns > until_ns) {
            break;
        }
        drain(work, chunk->t1_ns);
        keep_piece(session, JB_WORK_HOST, chunk);
        session_regions_total(work, session_work_cut_uj(session));
        session_regions_chunk(work, chunk, counted_uj(session, chunk));
        for (size_t i = 0; i < JB_PIECE_CHANNELS; i++) {
            work->cut_uj[i] += (double)chunk->run_uj[i];
        }
        work->chunk_next[JB_WORK_HOST]++;
    }
    for (unsigned domain = 1; domain < work->domain_count; domain++) {
        while (work->chunk_next[domain] < work->chunk_next[JB_WORK_HOST]) {
            const struct work_chunk *chunk = &work->chunks[work->chunk_next[domain] % WORK_CHUNKS];
            if (chunk->t1_ns > device_until_ns) {
                break;
            }
            advance_device(work, domain, chunk->t1_ns);
            keep_piece(session, domain, chunk);
            work->chunk_next[domain]++;
        }
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

    drain_kernels(session);
    cut_chunks(session, until_ns, device_until_ns);
    if (until_ns > work->drained_ns) {
        drain(work, until_ns);
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

void session_work_chunk(struct jb_session *session, uint64_t now_ns)
{
    struct session_work *work = session->work;

    if (work == NULL) {
        return;
    }
    if (work->chunk_count - work->chunk_next[JB_WORK_HOST] == WORK_CHUNKS) {
        cut_chunks(session, now_ns, now_ns); /* nobody has looked for long: take it as it is */
    }
    struct work_chunk *chunk = &work->chunks[work->chunk_count % WORK_CHUNKS];
    uint64_t before_ns =
        work->chunk_count > 0 ? work->chunks[(work->chunk_count - 1) % WORK_CHUNKS].t1_ns : session->start_ns;
    *chunk = (struct work_chunk){.t0_ns = before_ns, .t1_ns = now_ns};
    for (int i = 0; i < session->channel_count && i < JB_PIECE_CHANNELS; i++) {
        uint64_t total_uj = session->channels[i].totals.run_uj;
        chunk->run_uj[i] = total_uj - work->attributed_uj[i];
        work->attributed_uj[i] = total_uj;
    }
    work->chunk_count++;
    for (unsigned domain = 1; domain < work->domain_count; domain++) {
        if (work->chunk_count - work->chunk_next[domain] > WORK_CHUNKS) {
            work->chunk_next[domain] = work->chunk_count - WORK_CHUNKS;
        }
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
