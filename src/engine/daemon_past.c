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

static uint64_t part(uint64_t value, uint64_t length_ns, uint64_t covered_ns)
{
    return (uint64_t)((unsigned __int128)value * length_ns / covered_ns);
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What fits into a row of what is owed. A sensor that tells of five seconds at once has them in five rows, a little
 * late, so that neither its power nor the rows are out of proportion; no joule is lost or made. */
static void take(struct jb_history_value *owed, uint64_t length_ns, struct jb_history_value *ret)
{
    *ret = (struct jb_history_value){.energy_uj = JB_NO_VALUE};
    if (owed->covered_ns == 0) {
        return;
    }
    if (owed->covered_ns <= length_ns) {
        *ret = *owed;
    } else {
        ret->energy_uj = part(owed->energy_uj, length_ns, owed->covered_ns);
        ret->runs_uj = part(owed->runs_uj, length_ns, owed->covered_ns);
        ret->idle_uj = part(owed->idle_uj, length_ns, owed->covered_ns);
        ret->covered_ns = length_ns;
    }
    /* Rounding may have left a microjoule more to the parts than to the whole. */
    ret->runs_uj = less(ret->runs_uj, ret->energy_uj);
    ret->idle_uj = less(ret->idle_uj, ret->energy_uj - ret->runs_uj);
    owed->energy_uj -= ret->energy_uj;
    owed->runs_uj -= less(ret->runs_uj, owed->runs_uj);
    owed->idle_uj -= less(ret->idle_uj, owed->idle_uj);
    owed->covered_ns -= ret->covered_ns;
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
        struct jb_history_value *owed = &daemon->owed[i];
        owed->energy_uj += jb_parts_total(&state->totals) - jb_parts_total(from);
        owed->runs_uj += state->totals.run_uj - from->run_uj;
        owed->idle_uj += state->totals.idle_uj - from->idle_uj;
        owed->covered_ns += state->account.covered_ns - daemon->row_covered_ns[i];
        *from = state->totals;
        daemon->row_covered_ns[i] = state->account.covered_ns;
        take(owed, length_ns, &daemon->values[i]);
        daemon->values[i].min_mw = trail->min_mw;
        daemon->values[i].max_mw = trail->max_mw;
        trail->seen = trail->seen && daemon->values[i].energy_uj == JB_NO_VALUE;
    }
    struct jb_history_row row = {
        .end_ns = jb_walltime_ns(&daemon->config.session.walltime),
        .length_ns = length_ns,
        .g_per_kwh = session_grid_g_per_kwh(session),
        .estimated = session_grid_estimated(session),
        .channel_count = (size_t)session->channel_count,
        .values = daemon->values,
    };
    jb_history_writer_add(daemon->history, &row);
    daemon->row_start_ns = session->attributed_ns;
}
