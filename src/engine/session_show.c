/* SPDX-License-Identifier: Apache-2.0 */
/* What others see of a session: figures while it runs, and what it is made of. */
#include "engine/session_impl.h"

#include "base/clock.h"

#include <math.h>

uint64_t jb_session_period_ns(const struct jb_session *session, int channel)
{
    bool known = channel >= 0 && channel < session->channel_count;

    return known ? jb_account_period_ns(&session->channels[channel].account) : 0;
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
