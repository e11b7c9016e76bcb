/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a session. Order matters in start(): the first readings are taken before the child is let go and the last
 * ones right after it ended, so that a run of 50 ms has both its edges.
 */
#include "engine/session_impl.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FINAL_WAIT_NS (300 * JB_NS_PER_MS) /* lanes get so long for their last reading: NVML updates every 100 ms */

/* Whoever may open everything is never refused, so then it is not started. */
static void prepare_helper(struct jb_session *session)
{
    bool real = jb_root_is_real(session->config.root);

    if (real && access(jb_privileged_program(), X_OK) == 0) {
        session->privileged = session->perf.privileged = jb_privileged_create(jb_privileged_program());
    }
}

static int allocate(struct jb_session *session)
{
    session->channels = calloc(JB_METER_MAX_CHANNELS, sizeof(*session->channels));
    session->nodes = calloc(JB_METER_MAX_CHANNELS, sizeof(*session->nodes));
    uint64_t ticks = CHUNK_NS / session->config.interval_ns + 16;
    session->max_ticks = ticks < JB_CHUNK_MAX_TICKS ? (size_t)ticks : JB_CHUNK_MAX_TICKS;
    return session->channels == NULL || session->nodes == NULL ? -ENOMEM : session_timer_make(session);
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
    session_store_open(session);
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

bool jb_session_destroy(struct jb_session *session)
{
    if (session == NULL) {
        return false;
    }
    session_vitals_stop(session);
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

int jb_session_start(struct jb_session *session, pid_t child, struct jb_diag *diag)
{
    struct jb_poll poll_result;
    int error = 0;

    if (child > 0) {
        error = jb_proctree_create(child, !session->config.no_perf, &session->tree);
    }
    if (error == 0) {
        error = session_timer_arm(session);
    }
    if (error < 0) {
        return jb_fail(diag, error, "cannot start the meter: %s", strerror(-error));
    }
    session->record.started_ns = jb_walltime_ns(&session->config.walltime);
    session->record.segments[0].start_ns = session->record.started_ns;
    session_store_begin(session);
    session_restart_books(session);
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
    session_store_end(session);
    session_remote_hand_over(session);
}
