/* SPDX-License-Identifier: Apache-2.0 */
/* made_session.h - a session on made-up sensors, without a child or a database, and a way to let time go by. */
#ifndef JB_TESTS_ENGINE_MADE_SESSION_H
#define JB_TESTS_ENGINE_MADE_SESSION_H

#include "test.h"

#include "base/clock.h"
#include "base/diag.h"
#include "engine/session.h"

#include <poll.h>

/* As it is without a child: nothing is the run's, so all that is the machine's is counted. */
static inline struct jb_session_config made_config(const char *sensors)
{
    static struct jb_intensity intensity = {.zone = "X", .g_per_kwh = 400, .rel_error = 0.1, .factor = "lifecycle"};

    return (struct jb_session_config){
        .sensors = sensors,
        .db_path = "none",
        .interval_ns = 10 * JB_NS_PER_MS,
        .basis = "machine",
        .pue = 1,
        .intensity = &intensity,
        .open_wait_ns = 2 * JB_NS_PER_S,
    };
}

static inline struct jb_session *made_session(const struct jb_session_config *config)
{
    struct jb_session *session = NULL;
    struct jb_diag diag = {0};

    if (jb_session_create(config, &session, &diag) < 0) {
        fail_msg("%s", diag.text);
    }
    return session;
}

static inline void tick_for(struct jb_session *session, uint64_t duration_ns)
{
    uint64_t end_ns = jb_mono_ns() + duration_ns;

    while (jb_mono_ns() < end_ns) {
        struct pollfd timer = {.fd = jb_session_timer_fd(session), .events = POLLIN};
        assert_true(poll(&timer, 1, 5000) > 0);
        jb_session_tick(session);
    }
}

static inline struct jb_record *run_for(struct jb_session *session, uint64_t duration_ns)
{
    struct jb_ending ending = {.status = JB_RUN_FINISHED, .has_exit_code = true};

    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    tick_for(session, duration_ns);
    jb_session_stop(session, &ending);
    return jb_session_record(session);
}

#endif
