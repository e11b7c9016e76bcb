/* SPDX-License-Identifier: Apache-2.0 */
/* Power now: over the last second, from the ends of entries, so that a sensor which moves in steps of a second does not
 * flicker. */
#include "engine/daemon_impl.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>

#define WINDOW_NS   (900 * JB_NS_PER_MS) /* a second, less what ticks are late */
#define APART_NS    (1000 * JB_NS_PER_MS / (POWER_POINTS - 3))
#define SHORTEST_NS (5 * JB_NS_PER_MS)   /* less is a tick that was late: its power says nothing */
#define PATIENCE_NS (3 * JB_NS_PER_S)    /* without a reading for so long nothing is known; slower sensors: 3 periods */

static void note(struct power_trail *trail, uint64_t t_ns, uint64_t energy_uj)
{
    unsigned last = (trail->next + POWER_POINTS - 1) % POWER_POINTS;

    if (trail->count > 0 && trail->t_ns[last] == t_ns) {
        return;
    }
    if (trail->count > 0 && t_ns > trail->t_ns[last] + SHORTEST_NS && energy_uj >= trail->energy_uj[last]) {
        double w = (double)(energy_uj - trail->energy_uj[last]) * 1e3 / (double)(t_ns - trail->t_ns[last]);
        double mw = fmin(w * 1e3, (double)UINT32_MAX);
        uint32_t power_mw = (uint32_t)mw;
        trail->min_mw = !trail->seen || power_mw < trail->min_mw ? power_mw : trail->min_mw;
        trail->max_mw = !trail->seen || power_mw > trail->max_mw ? power_mw : trail->max_mw;
        trail->seen = true;
    }
    unsigned before = (trail->next + POWER_POINTS - 2) % POWER_POINTS;
    if (trail->count >= 2 && t_ns - trail->t_ns[before] < APART_NS) {
        trail->next = last; /* read so often the trail would not reach back a second */
    } else {
        trail->count += trail->count < POWER_POINTS;
    }
    trail->t_ns[trail->next] = t_ns;
    trail->energy_uj[trail->next] = energy_uj;
    trail->next = (trail->next + 1) % POWER_POINTS;
}

void daemon_power_tick(struct jb_daemon *daemon)
{
    const struct jb_session *session = daemon->session;

    for (int i = 0; i < session->channel_count; i++) {
        const struct jb_account *account = &session->channels[i].account;
        if (account->started) {
            note(&daemon->trails[i], account->entry_ns, account->energy_uj);
        }
    }
}

double daemon_power_w(const struct jb_daemon *daemon, int number)
{
    const struct power_trail *trail = &daemon->trails[number];
    uint64_t period_ns = jb_account_period_ns(&daemon->session->channels[number].account);
    uint64_t patience_ns = 3 * period_ns > PATIENCE_NS ? 3 * period_ns : PATIENCE_NS;

    if (trail->count < 2) {
        return NAN;
    }
    unsigned last = (trail->next + POWER_POINTS - 1) % POWER_POINTS;
    if (jb_mono_ns() - trail->t_ns[last] > patience_ns) {
        return NAN;
    }
    for (unsigned age = 1; age < trail->count; age++) {
        unsigned at = (trail->next + 2 * POWER_POINTS - 1 - age) % POWER_POINTS;
        uint64_t dt_ns = trail->t_ns[last] - trail->t_ns[at];
        if (dt_ns >= WINDOW_NS || age + 1 == trail->count) {
            return dt_ns > 0 ? (double)(trail->energy_uj[last] - trail->energy_uj[at]) * 1e3 / (double)dt_ns : NAN;
        }
    }
    return NAN;
}

/* Of the errors of channels those of one source are of one kind: they add up; sources in quadrature. */
static double sigma_of(const struct jb_daemon *daemon, const struct peer *peer)
{
    const struct jb_session *session = daemon->session;
    double sum2 = 0;

    for (int i = 0; i < session->channel_count; i++) {
        double sum = 0;
        if (!session->nodes[i].in_total || (i > 0 && session->nodes[i - 1].source == session->nodes[i].source)) {
            continue;
        }
        for (int j = i; j < session->channel_count && session->nodes[j].source == session->nodes[i].source; j++) {
            struct jb_parts parts;
            if (session->nodes[j].in_total) {
                session_run_parts(session, peer->run, j, &parts);
                double covered_ns = (double)(jb_mono_ns() - peer->started_ns);
                sum +=
                    hypot(session->channels[j].channel->rel_error * (double)jb_footprint_uj(&parts),
                          jb_run_sigma_uj(&parts, 0, (double)session->channels[j].idle.sigma_uw, (uint64_t)covered_ns));
            }
        }
        sum2 += sum * sum;
    }
    return sqrt(sum2);
}

void daemon_power_second(struct jb_daemon *daemon, struct peer *peer)
{
    const struct jb_session *session = daemon->session;
    uint64_t now_ns = session->attributed_ns, device_uj[4] = {0};
    bool has_device[4] = {false};

    peer->run_uj = peer->footprint_uj = peer->machine_uj = 0;
    for (int i = 0; i < session->channel_count; i++) {
        struct jb_parts parts;
        if (session->nodes[i].in_total) {
            session_run_parts(session, peer->run, i, &parts);
            peer->run_uj += parts.run_uj;
            peer->footprint_uj += jb_footprint_uj(&parts);
            peer->machine_uj += jb_parts_total(&parts);
            device_uj[session->channels[i].channel->device] += parts.run_uj;
            has_device[session->channels[i].channel->device] = true;
        }
    }
    peer->sigma_uj = sigma_of(daemon, peer);
    if (now_ns > peer->last_ns + JB_NS_PER_S / 4) {
        double dt_ns = (double)(now_ns - peer->last_ns);
        bool first = peer->last_ns == 0;
        peer->power_w = first ? NAN : (double)(peer->run_uj - peer->last_run_uj) * 1e3 / dt_ns;
        for (int d = 0; d < 4; d++) {
            peer->device_w[d] =
                first || !has_device[d] ? NAN : (double)(device_uj[d] - peer->device_uj[d]) * 1e3 / dt_ns;
            peer->device_uj[d] = device_uj[d];
        }
        peer->last_run_uj = peer->run_uj;
        peer->last_ns = now_ns;
    }
}
