/* SPDX-License-Identifier: Apache-2.0 */
/* A session and the database: the run is there from its beginning, its chunks come by the writer, its end makes it
 * whole. A database that cannot be used is a warning: what was measured is shown all the same. */
#include "engine/session_impl.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

void session_store_open(struct jb_session *session)
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

void session_store_begin(struct jb_session *session)
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

void session_vitals_stop(struct jb_session *session)
{
    jb_vitals_watch_stop(session->vitals);
    session->vitals = NULL;
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

void session_store_end(struct jb_session *session)
{
    struct jb_diag diag = {0};
    session_vitals_stop(session);
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

void jb_session_cancel(struct jb_session *session)
{
    session_vitals_stop(session);
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
