/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose energy it was: about once a second (and at the end) the clocks of the machine and of the run are looked at, and
 * what was booked since is attributed by who was busy in that very time. Per chunk and not per tick, because the
 * machine's clock counts in 10 ms: over 100 ms its rounding alone would charge others with energy of the run.
 */
#include "engine/session_impl.h"

#include "base/clock.h"

#define QUIET_SHARE 0.02 /* of all CPUs busy: below this a chunk says what idle draws */

void session_look(struct jb_session *session, bool final)
{
    struct jb_usage_point point = {.t_ns = jb_mono_ns()};

    if (session->clock_known && jb_machine_clock_read(&session->clock, &session->busy_last) == 0) {
        point.busy_ns = session->busy_last.busy_ns;
        point.system_ns = session->busy_last.system_ns;
    }
    if (session->tree != NULL) {
        jb_proctree_leave_out(session->tree, jb_privileged_pid(session->privileged));
    }
    session->run_cpu_ns = session->tree != NULL ? jb_proctree_cpu_ns(session->tree, final) : 0;
    point.run_ns = session->runs != NULL ? session_runs_look(session, &point) : session->run_cpu_ns;
    jb_usage_add(&session->usage, &point);
}

static void shares_of(const struct jb_session *session, int number, const struct jb_entry *entry, struct jb_shares *ret)
{
    const struct channel_state *state = &session->channels[number];

    if (state->channel->device == JB_DEVICE_GPU) {
        struct jb_gpu_share share;
        struct jb_source_info info;
        *ret = (struct jb_shares){.known = false};
        session_source_of(session, number, &info);
        if (!info.processes_known) {
            return;
        }
        jb_gpu_share(session->uses, session->use_count, session_device_channel(session, number), jb_mono_ns(),
                     session_is_ours, session, &share);
        *ret = share.shares;
        return;
    }
    struct jb_usage_weights weights;
    jb_usage_between(&session->usage, entry->t0_ns, entry->t1_ns, &weights);
    *ret = (struct jb_shares){
        .known = weights.known, .run = weights.run_ns, .others = weights.others_ns, .nobody = weights.system_ns};
}

void session_attribute_pending(struct jb_session *session, int number)
{
    struct channel_state *state = &session->channels[number];
    struct jb_shares shares;
    struct jb_parts parts;

    if (state->pending.t1_ns == 0) {
        return;
    }
    if (!session_remote_attribute(session, number, &parts) && !session_wall_attribute(session, number, &parts)) {
        shares_of(session, number, &state->pending, &shares);
        jb_attribute(&state->pending, state->idle.idle_uw, &shares, &parts);
    }
    session_runs_divide(session, number, &parts);
    if (session_is_sensor(session, number)) {
        jb_parts_add(&session->wall.like, &parts);
    }
    jb_parts_add(&state->totals, &parts);
    jb_parts_add(&state->chunk, &parts);
    state->pending = (struct jb_entry){0};
}

/* Was nobody busy since the last point? Then what was drawn is what idle draws. */
static bool machine_quiet(const struct jb_session *session, const struct jb_machine_busy *before)
{
    uint64_t total_ns = session->busy_last.total_ns - before->total_ns;
    uint64_t busy_ns = session->busy_last.busy_ns + session->busy_last.system_ns - before->busy_ns - before->system_ns;

    return session->clock_known && total_ns > 0 && (double)busy_ns < QUIET_SHARE * (double)total_ns;
}

static bool device_unused(const struct jb_session *session, int number)
{
    struct jb_shares shares;

    if (session->channels[number].channel->device != JB_DEVICE_GPU) {
        return true;
    }
    shares_of(session, number, &session->channels[number].pending, &shares);
    return shares.known && shares.run == 0 && shares.others == 0;
}

/* What it drew while the run held it and nobody used it (context.h). */
static void see_context(struct jb_session *session, int number)
{
    struct channel_state *state = &session->channels[number];
    uint64_t dt_ns = state->pending.t1_ns - state->pending.t0_ns;
    struct jb_source_info info;

    if (state->channel->device == JB_DEVICE_GPU && dt_ns > 0) {
        session_source_of(session, number, &info);
        jb_context_add(&state->context, info.processes_known, session->uses, session->use_count,
                       session_device_channel(session, number), session_is_ours, session, state->pending.energy_uj,
                       dt_ns);
    }
}

void session_attribute(struct jb_session *session)
{
    struct jb_machine_busy before = session->busy_last;

    session_look(session, session->stopped);
    bool quiet = machine_quiet(session, &before);
    int last = session->wall.channel; /* after what it contains */
    for (int k = 0; k < session->channel_count + (last >= 0); k++) {
        int i = k < session->channel_count ? k : last;
        struct channel_state *state = &session->channels[i];
        if (i == last && k < session->channel_count) {
            continue;
        }
        uint64_t dt_ns = state->pending.t1_ns - state->pending.t0_ns;
        if (quiet && dt_ns >= CHUNK_NS / 2 && state->pending.flags == 0 && device_unused(session, i)) {
            jb_quiet_add(&state->quiet, state->pending.energy_uj, dt_ns);
        }
        see_context(session, i);
        session_attribute_pending(session, i);
    }
    session_wall_attributed(session);
    session_runs_divided(session);
}
