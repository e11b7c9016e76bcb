/* SPDX-License-Identifier: Apache-2.0 */
/* A second of the history: what was booked and divided since the last row. */
#include "engine/daemon_impl.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>

#define ROW_NS (800 * JB_NS_PER_MS) /* a second that a run has cut in two is one row */

static void describe(struct jb_daemon *daemon, int number)
{
    const struct jb_session *session = daemon->session;
    const struct jb_channel *channel = session->channels[number].channel;
    struct jb_history_channel description = {.in_total = session->nodes[number].in_total};
    struct jb_source_info info;

    session_source_of(session, number, &info);
    jb_copy(description.id, sizeof(description.id), channel->id);
    jb_copy(description.device, sizeof(description.device), jb_device_name(channel->device));
    jb_copy(description.name, sizeof(description.name), channel->name);
    jb_copy(description.source, sizeof(description.source), info.driver);
    jb_copy(description.method, sizeof(description.method), jb_method_name(channel->method));
    jb_sanitise(description.name);
    jb_history_writer_describe(daemon->history, (size_t)number, &description);
    daemon->told_total[number] = description.in_total;
}

static void describe_changes(struct jb_daemon *daemon)
{
    const struct jb_session *session = daemon->session;

    for (int i = 0; i < session->channel_count; i++) {
        if (i >= daemon->described || daemon->told_total[i] != session->nodes[i].in_total) {
            describe(daemon, i);
        }
    }
    daemon->described = session->channel_count;
}

void daemon_past_second(struct jb_daemon *daemon)
{
    const struct jb_session *session = daemon->session;
    uint64_t length_ns = session->attributed_ns - daemon->row_start_ns;

    if (daemon->history == NULL || length_ns < ROW_NS) {
        return;
    }
    describe_changes(daemon);
    for (int i = 0; i < session->channel_count; i++) {
        const struct channel_state *state = &session->channels[i];
        struct power_trail *trail = &daemon->trails[i];
        struct jb_parts *from = &daemon->row_from[i];
        uint64_t covered_ns = state->account.covered_ns - daemon->row_covered_ns[i];
        daemon->values[i] = (struct jb_history_value){
            .energy_uj = covered_ns > 0 ? jb_parts_total(&state->totals) - jb_parts_total(from) : JB_NO_VALUE,
            .runs_uj = state->totals.run_uj - from->run_uj,
            .idle_uj = state->totals.idle_uj - from->idle_uj,
            .covered_ns = covered_ns,
            .min_mw = trail->min_mw,
            .max_mw = trail->max_mw,
        };
        if (covered_ns > 0) {
            *from = state->totals;
            daemon->row_covered_ns[i] = state->account.covered_ns;
            trail->seen = false;
        }
    }
    struct jb_history_row row = {
        .end_ns = jb_walltime_ns(&daemon->config.session.walltime),
        .length_ns = length_ns,
        .g_per_kwh = daemon->g_per_kwh,
        .estimated = session->intensity.estimated,
        .channel_count = (size_t)session->channel_count,
        .values = daemon->values,
    };
    jb_history_writer_add(daemon->history, &row);
    daemon->row_start_ns = session->attributed_ns;
}
