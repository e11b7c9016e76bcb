/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a session. Order matters in start(): the first readings are taken before the child is let go and the last
 * ones right after it ended, so that a run of 50 ms has both its edges.
 */
#include "engine/session_impl.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FINAL_WAIT_NS    (300 * JB_NS_PER_MS) /* lanes get so long for their last reading: NVML updates every 100 ms */
#define STORE_WAIT_NS    (6 * JB_NS_PER_S)    /* another writer may hold the file for its 5 s */
#define BASELINE_STEP_NS (200 * JB_NS_PER_MS)
#define KEEPALIVE_NS     (10 * JB_NS_PER_S) /* sensors.md 7: at least so often, however long the interval */
#define KEEPALIVE_MIN_NS JB_NS_PER_MS

static void open_store(struct jb_session *session)
{
    struct jb_diag diag = {0};

    if (jb_streq(session->config.db_path, "none")) {
        return;
    }
    if (jb_store_open(session->config.db_path, JB_STORE_WRITE, &session->store, &diag) < 0) {
        session->store_failed = true;
        jb_record_warn(&session->record, "the run is not kept: %s%s%s", diag.text, diag.fix[0] != '\0' ? "; " : "",
                       diag.fix);
        return;
    }
    jb_store_open(session->config.db_path, JB_STORE_READ, &session->reader, NULL);
}

/* Whoever may open everything is never refused, so then it is not started. */
static void prepare_helper(struct jb_session *session)
{
    bool real = jb_root_is_real(session->config.root);

    if (real && access(jb_privileged_program(), X_OK) == 0) {
        session->privileged = session->perf.privileged = jb_privileged_create(jb_privileged_program());
    }
}

static int make_timer(struct jb_session *session)
{
    session->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return session->timer_fd < 0 ? -errno : 0;
}

/* How often the sensors must be read so that no counter wraps unseen. Those on lanes have a period of their own. */
static uint64_t keepalive_ns(const struct jb_session *session)
{
    uint64_t least_ns = KEEPALIVE_NS;

    for (int i = 0; i < session->channel_count; i++) {
        const struct jb_channel *channel = session->channels[i].channel;
        uint64_t quarter_ns = channel->horizon_ns / 4;
        if (channel->status == JB_OK && channel->horizon_ns > 0 && quarter_ns < least_ns) {
            least_ns = quarter_ns;
        }
    }
    return least_ns > KEEPALIVE_MIN_NS ? least_ns : KEEPALIVE_MIN_NS;
}

static int arm_timer(struct jb_session *session)
{
    uint64_t interval_ns = session->config.interval_ns, longest_ns = keepalive_ns(session);

    session->polls = 0;
    session->polls_per_tick = (interval_ns + longest_ns - 1) / longest_ns;
    uint64_t period = interval_ns / session->polls_per_tick;
    struct timespec each = {(time_t)(period / JB_NS_PER_S), (long)(period % JB_NS_PER_S)};
    struct itimerspec timer = {.it_interval = each, .it_value = each};

    return timerfd_settime(session->timer_fd, 0, &timer, NULL) < 0 ? -errno : 0;
}

int jb_session_pace(struct jb_session *session, uint64_t interval_ns)
{
    session->config.interval_ns = interval_ns;
    return arm_timer(session);
}

uint64_t jb_session_period_ns(const struct jb_session *session, int channel)
{
    bool known = channel >= 0 && channel < session->channel_count;

    return known ? jb_account_period_ns(&session->channels[channel].account) : 0;
}

static int allocate(struct jb_session *session)
{
    session->channels = calloc(JB_METER_MAX_CHANNELS, sizeof(*session->channels));
    session->nodes = calloc(JB_METER_MAX_CHANNELS, sizeof(*session->nodes));
    uint64_t ticks = CHUNK_NS / session->config.interval_ns + 16;
    session->max_ticks = ticks < JB_CHUNK_MAX_TICKS ? (size_t)ticks : JB_CHUNK_MAX_TICKS;
    return session->channels == NULL || session->nodes == NULL ? -ENOMEM : make_timer(session);
}

int jb_session_create(const struct jb_session_config *config, struct jb_session **ret, struct jb_diag *diag)
{
    struct jb_session *session = calloc(1, sizeof(*session));
    if (session == NULL) {
        return -ENOMEM;
    }
    session->config = *config;
    session->timer_fd = -1;
    session->wall.channel = -1;
    session->clock.fd = -1;
    session->self_cpu_start_ns = 0; /* everything this process has done so far is the run's cost */
    session->intensity = *config->intensity;
    int error = allocate(session);
    if (error < 0) {
        jb_session_destroy(session);
        return jb_fail(diag, error, "cannot set up the meter: %s", strerror(-error));
    }
    struct jb_diag table_diag = {0};
    if (jb_machine_probe(config->root, &config->hints, &session->machine, &table_diag) < 0) {
        jb_record_warn(&session->record, "%s", table_diag.text);
    }
    jb_perf_ops_init(&session->perf, config->root);
    prepare_helper(session);
    session->clock_known = jb_machine_clock_init(&session->clock, config->root) == 0;
    open_store(session);
    session_fit_load(session);
    session_work_create(session);
    session->sensor_env = (struct jb_sensor_env){.root = config->root,
                                                 .machine = &session->machine,
                                                 .perf = &session->perf,
                                                 .privileged = session->privileged,
                                                 .settings = &session->config.settings,
                                                 .ring = jb_session_ring_place(session)};
    error = session_begin_record(session);
    if (error < 0) {
        jb_fail(diag, error, "cannot begin a record: %s", strerror(-error));
    }
    if (error == 0 && config->endless) {
        error = session_runs_create(session);
    }
    if (error == 0 && config->attach) {
        session_remote_attach(session);
    }
    if (error == 0 && session->remote != NULL) {
        session_remote_channels(session);
    } else if (error == 0) {
        error = session_open_meter(session, config->open_wait_ns, diag);
    }
    if (error == 0 && session->meter != NULL) {
        session_refresh_channels(session);
    }
    if (error == 0) {
        session_describe(session);
    }
    if (error < 0) {
        jb_session_destroy(session);
        return error;
    }
    *ret = session;
    return 0;
}

int session_open_meter(struct jb_session *session, uint64_t open_wait_ns, struct jb_diag *diag)
{
    struct jb_meter_config meter = {
        .env = session->sensor_env,
        .sensors = session->config.sensors,
        .interval_ns = session->config.interval_ns,
        .open_wait_ns = open_wait_ns,
    };

    return jb_meter_create(&meter, &session->meter, diag);
}

/* Before the writer that it hands its looks to. */
static void stop_vitals(struct jb_session *session)
{
    jb_vitals_watch_stop(session->vitals);
    session->vitals = NULL;
}

bool jb_session_destroy(struct jb_session *session)
{
    if (session == NULL) {
        return false;
    }
    stop_vitals(session);
    if (session->writer != NULL && jb_writer_finish(session->writer, STORE_WAIT_NS, NULL) == -ETIMEDOUT) {
        session->store = NULL; /* the abandoned writer still holds it */
    }
    bool left_behind = session_grid_finish(session);
    session_work_destroy(session);
    session_runs_destroy(session);
    jb_remote_destroy(session->remote);
    jb_meter_destroy(session->meter);
    jb_privileged_unref(session->privileged);
    jb_proctree_destroy(session->tree);
    jb_store_close(session->reader); /* first: only a last connection that may write folds the log into the file */
    jb_store_close(session->store);
    jb_machine_clock_finish(&session->clock);
    jb_closep(&session->timer_fd);
    jb_record_finish(&session->record);
    jb_wall_fit_finish(&session->wall.fit);
    free(session->channels);
    free(session->nodes);
    free(session);
    return left_behind;
}

/* Forget all that was booked so far: the run begins with fresh books. */
static void restart_books(struct jb_session *session)
{
    for (int i = 0; i < session->channel_count; i++) {
        struct channel_state *state = &session->channels[i];
        jb_account_init(&state->account, state->channel);
        state->totals = state->chunk = state->marked = (struct jb_parts){0};
        state->pending = (struct jb_entry){0};
        state->tick_uj = 0;
        state->tick_has_value = state->tick_gap = false;
        state->check_twin = -1;
    }
}

int jb_session_baseline(struct jb_session *session, uint64_t duration_ns, int stop_fd)
{
    struct jb_machine_busy before = {0}, after = {0};
    uint64_t keep_ns = keepalive_ns(session), longest_ns = keep_ns < BASELINE_STEP_NS ? keep_ns : BASELINE_STEP_NS;
    uint64_t end_ns = jb_mono_ns() + duration_ns;
    struct jb_poll poll_result;

    if (session->clock_known) {
        jb_machine_clock_read(&session->clock, &before);
    }
    restart_books(session);
    for (uint64_t now_ns = jb_mono_ns();;) {
        jb_meter_poll(session->meter, &poll_result);
        session_book(session, &poll_result);
        for (int i = 0; i < session->channel_count; i++) {
            struct channel_state *state = &session->channels[i];
            if (state->pending.t1_ns > state->pending.t0_ns) {
                jb_quiet_add(&state->baseline, state->pending.energy_uj, state->pending.t1_ns - state->pending.t0_ns);
                state->pending = (struct jb_entry){0};
            }
        }
        if (now_ns >= end_ns) {
            break;
        }
        uint64_t step_ns = end_ns - now_ns < longest_ns ? end_ns - now_ns : longest_ns;
        struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
        if (poll(&stop, 1, (int)(step_ns / JB_NS_PER_MS) + 1) > 0) {
            return -EINTR;
        }
        now_ns = jb_mono_ns();
    }
    for (int i = 0; i < session->channel_count; i++) {
        struct channel_state *state = &session->channels[i];
        struct jb_idle idle = {.source = "measured before the run"};
        if (state->channel->method != JB_METHOD_MODELLED &&
            jb_quiet_idle(&state->baseline, 0.5 * (double)duration_ns / 1e9, &idle.idle_uw, &idle.sigma_uw)) {
            state->idle = idle;
        }
    }
    if (!session->clock_known || jb_machine_clock_read(&session->clock, &after) < 0 ||
        after.total_ns == before.total_ns) {
        return 1;
    }
    double busy = (double)(after.busy_ns - before.busy_ns) / (double)(after.total_ns - before.total_ns);
    if (busy > 0.1) {
        jb_record_warn(&session->record,
                       "the machine was %.0f %% busy while its idle power was measured: idle is overstated",
                       busy * 100);
        return 0;
    }
    return 1;
}

int jb_session_store_baseline(struct jb_session *session, struct jb_diag *diag)
{
    int stored = 0;

    if (session->store == NULL) {
        return jb_fail(diag, -ENOENT, "there is no database to keep the baseline in");
    }
    for (int i = 0; i < session->channel_count; i++) {
        const struct channel_state *state = &session->channels[i];
        if (!jb_streq(state->idle.source, "measured before the run")) {
            continue;
        }
        struct jb_baseline baseline = {
            .idle_uw = state->idle.idle_uw,
            .sigma_uw = state->idle.sigma_uw,
            .source = "calibrated",
            .measured_ns = jb_wall_ns(),
            .seconds = state->baseline.seconds,
        };
        int error = jb_store_baseline_put(session->store, session->machine.id, state->channel->id, &baseline, diag);
        if (error < 0) {
            return error;
        }
        stored++;
    }
    return stored;
}

bool jb_session_measured_idle(const struct jb_session *session, int channel, uint64_t *ret_idle_uw,
                              uint64_t *ret_sigma_uw)
{
    if (channel < 0 || channel >= session->channel_count ||
        !jb_streq(session->channels[channel].idle.source, "measured before the run")) {
        return false;
    }
    *ret_idle_uw = session->channels[channel].idle.idle_uw;
    *ret_sigma_uw = session->channels[channel].idle.sigma_uw;
    return true;
}

static void begin_store(struct jb_session *session)
{
    struct jb_diag diag = {0};

    if (session->store == NULL || session->config.endless) {
        return;
    }
    int error = jb_store_begin(session->store, &session->record, &diag);
    if (error == 0) {
        error = jb_writer_create(session->store, session->record.id, JB_METER_MAX_CHANNELS, session->max_ticks,
                                 &session->writer);
    }
    if (error < 0) {
        session->store_failed = true;
        jb_record_warn(&session->record, "the run is not kept: %s",
                       diag.text[0] != '\0' ? diag.text : strerror(-error));
        return;
    }
    session->stored = true;
}

int jb_session_start(struct jb_session *session, pid_t child, struct jb_diag *diag)
{
    struct jb_poll poll_result;
    int error = 0;

    if (child > 0) {
        error = jb_proctree_create(child, !session->config.no_perf, &session->tree);
    }
    if (error == 0) {
        error = arm_timer(session);
    }
    if (error < 0) {
        return jb_fail(diag, error, "cannot start the meter: %s", strerror(-error));
    }
    session->record.started_ns = jb_walltime_ns(&session->config.walltime);
    session->record.segments[0].start_ns = session->record.started_ns;
    begin_store(session);
    restart_books(session);
    jb_usage_init(&session->usage, session->clock_known);
    session->sleep_ns = session_sleep_ns();
    session_look(session, true);
    session->busy_at_start = session->busy_last;
    if (session->remote != NULL && session_remote_start(session) < 0) {
        session_remote_lost(session);
    }
    if (session->remote == NULL) {
        jb_meter_poll(session->meter, &poll_result);
        session_book_first(session, &poll_result);
    }
    session->start_ns = session->chunk_start_ns = session->attributed_ns = session->tick_ns = jb_mono_ns();
    session_wall_begin(session, session->start_ns);
    session_marks_begin(session);
    session_grid_begin(session);
    session_work_start(session);
    session->vitals = jb_vitals_watch_start(session->config.root, session->writer, session->start_ns);
    session->started = true;
    return 0;
}

int jb_session_timer_fd(const struct jb_session *session)
{
    return session->timer_fd;
}

const char *jb_session_ring_place(const struct jb_session *session)
{
    return session->work != NULL ? jb_ring_place(session->work->ring) : NULL;
}

int jb_session_events_fd(const struct jb_session *session)
{
    return session->work != NULL ? session->work->timer_fd : -1;
}

void jb_session_events(struct jb_session *session)
{
    session_work_look(session);
}

void jb_session_tick(struct jb_session *session)
{
    struct jb_poll poll_result;
    uint64_t expirations;

    if (read(session->timer_fd, &expirations, sizeof(expirations)) < 0 && errno == EAGAIN) {
        return;
    }
    session_check_sleep(session, session_sleep_ns());
    bool attached = session->remote != NULL;
    if (attached) {
        session_remote_tick(session);
    } else if (session->meter != NULL) {
        jb_meter_poll(session->meter, &poll_result);
        session_book(session, &poll_result);
    }
    session->polls += expirations;
    if (session->polls < session->polls_per_tick) {
        return;
    }
    session->polls = 0;
    uint64_t now_ns = jb_mono_ns();
    bool full = false;
    if (!attached) {
        session_wall_tick(session, now_ns);
        session_end_tick(session, now_ns);
        full = session->slot != NULL && session->slot->tick_count >= session->max_ticks;
    }
    bool due = now_ns - session->attributed_ns + session->config.interval_ns / 2 >= CHUNK_NS;
    /* The machine's meter says when a second is over. */
    if ((due || full) && !attached) {
        session_flush_chunk(session, now_ns);
    }
    if (session->work != NULL && !session->work->seen) {
        session_work_look(session); /* later on a timer of its own calls it */
    }
}

void jb_session_reaped(struct jb_session *session, pid_t pid, uint64_t cpu_ns)
{
    if (!jb_privileged_reaped(session->privileged, pid, cpu_ns) && session->tree != NULL) {
        jb_proctree_reaped(session->tree, pid, cpu_ns);
    }
}

static void learn(struct jb_session *session)
{
    for (int i = 0; session->store != NULL && i < session->channel_count; i++) {
        const struct channel_state *state = &session->channels[i];
        if (state->channel->method != JB_METHOD_MODELLED) {
            jb_idle_learn(session->store, session->machine.id, state->channel->id, &state->quiet, jb_wall_ns(), NULL);
        }
    }
}

static void end_store(struct jb_session *session)
{
    struct jb_diag diag = {0};
    stop_vitals(session);
    int error = jb_writer_finish(session->writer, STORE_WAIT_NS, &diag);

    session->writer = NULL;
    if (error == -ETIMEDOUT) {
        session->store = NULL;
    }
    if (error < 0) {
        session->store_failed = true;
        jb_record_warn(&session->record, "part of the time series is not kept: %s", diag.text);
    }
    if (!session->stored || session->store == NULL) {
        session->stored = false;
        return;
    }
    if (jb_store_end(session->store, &session->record, &diag) < 0) {
        session->store_failed = true;
        session->stored = false;
        jb_record_warn(&session->record, "the end of the run is not kept: %s", diag.text);
        return;
    }
    learn(session);
}

void jb_session_stop(struct jb_session *session, const struct jb_ending *ending)
{
    struct jb_poll poll_result;

    session->end_ns = jb_mono_ns();
    session->stopped = true;
    session_check_sleep(session, session_sleep_ns());
    if (session->remote != NULL) {
        session_remote_stop(session);
    } else if (session->meter != NULL) {
        jb_meter_poll_final(session->meter, FINAL_WAIT_NS, &poll_result);
        session_book(session, &poll_result);
    }
    if (session->slot == NULL) {
        jb_writer_wait(session->writer, STORE_WAIT_NS); /* the last chunk has no later one to come with */
    }
    uint64_t now_ns = jb_mono_ns();
    session_wall_tick(session, now_ns);
    session_wall_end(session);
    session_end_tick(session, now_ns);
    session_flush_chunk(session, now_ns);
    session_work_stop(session);
    session_finish_record(session, ending);
    end_store(session);
    session_remote_hand_over(session);
}

void jb_session_cancel(struct jb_session *session)
{
    stop_vitals(session);
    if (jb_writer_finish(session->writer, STORE_WAIT_NS, NULL) == -ETIMEDOUT) {
        session->store = NULL; /* the abandoned writer still holds it */
        session->stored = false;
    }
    session->writer = NULL;
    if (session->stored) {
        session->record.status = JB_RUN_FAILED;
        session->record.ended_ns = jb_walltime_ns(&session->config.walltime);
        jb_store_end(session->store, &session->record, NULL);
        jb_store_delete(session->store, session->record.id, NULL);
        session->stored = false;
    }
}

void jb_session_live(const struct jb_session *session, struct jb_live *ret)
{
    double energy_uj = 0, run_uj = 0;
    double elapsed_s = (double)(jb_mono_ns() - session->start_ns) / 1e9;

    for (int i = 0; i < session->channel_count; i++) {
        if (session->nodes[i].in_total) {
            energy_uj += (double)session->channels[i].account.energy_uj;
            run_uj += (double)session->channels[i].totals.run_uj;
        }
    }
    *ret = (struct jb_live){
        .elapsed_s = elapsed_s,
        .power_w = elapsed_s > 0 ? energy_uj / 1e6 / elapsed_s : NAN,
        .energy_j = energy_uj / 1e6,
        .run_j = run_uj / 1e6,
        .grams = session_grid_live_g(session, energy_uj),
    };
}

struct jb_record *jb_session_record(struct jb_session *session)
{
    return &session->record;
}

bool jb_session_stored(const struct jb_session *session)
{
    return session->stored;
}

bool jb_session_failed(const struct jb_session *session)
{
    return session->store_failed || session->sensor_lost || session->wall.missing || session->record.machine_uj == 0;
}

const struct jb_machine *jb_session_machine(const struct jb_session *session)
{
    return &session->machine;
}

const struct jb_meter *jb_session_meter(const struct jb_session *session)
{
    return session->meter;
}
