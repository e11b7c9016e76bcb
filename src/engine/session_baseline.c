/* SPDX-License-Identifier: Apache-2.0 */
/* Idle power, measured before a run while nothing else goes on, and kept for later ones. */
#include "engine/session_impl.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>

#define BASELINE_STEP_NS (200 * JB_NS_PER_MS)

int jb_session_baseline(struct jb_session *session, uint64_t duration_ns, int stop_fd)
{
    struct jb_machine_busy before = {0}, after = {0};
    uint64_t keep_ns = session_keepalive_ns(session),
             longest_ns = keep_ns < BASELINE_STEP_NS ? keep_ns : BASELINE_STEP_NS;
    uint64_t end_ns = jb_mono_ns() + duration_ns;
    struct jb_poll poll_result;

    if (session->clock_known) {
        jb_machine_clock_read(&session->clock, &before);
    }
    session_restart_books(session);
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
