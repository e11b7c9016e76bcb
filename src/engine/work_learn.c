/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run leaves behind for later ones on the same machine: how its counters update, and the power of operators that
 * were told well.
 *
 * A later run has other sizes of the same operators: what is kept of their power is believed to LEAST_SD at best.
 */
#include "engine/work_parts.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/session_impl.h"

#include <stdlib.h>

#define LEAST_SD  0.10 /* relative: operators.md 3.2.8 gives 5-10 % for a replay of the very same operator */
#define LEAST_S   1.0
#define MOST_KEPT 64

static void keep_timing(struct jb_session *session, const struct work_channel *channel)
{
    struct jb_timing timing = {0};
    int lag = jb_rows_lag(channel->rows);

    if (channel->edges != NULL) {
        jb_edges_timing(channel->edges, channel->edge_channel, &timing);
    }
    if (lag < 0) {
        return;
    }
    struct jb_sensor_timing keep = {
        .period_ns =
            timing.period_ns > 0 ? timing.period_ns : jb_account_period_ns(&session->channels[channel->number].account),
        .jitter_ns = timing.jitter_ns,
        .edge_ns = timing.edge_ns,
        .lag_ns = channel->lags_ns[lag],
        .measured_ns = jb_wall_ns(),
    };
    jb_store_timing_put(session->store, session->machine.id, session->channels[channel->number].channel->id, &keep,
                        NULL);
}

static void keep_powers(struct jb_session *session, const struct work_channel *channel)
{
    const struct jb_work *work = session->work->work;
    struct jb_estimate_setup setup = work_parts_setup(session, channel); /* as far to be believed as in the record */
    struct jb_op_power powers[MOST_KEPT];
    struct jb_estimate estimate = {0};
    size_t count = 0;

    if (jb_estimate(channel->rows, &setup, &estimate) < 0) {
        return;
    }
    for (size_t i = 1; estimate.informed && i < estimate.cells && count < MOST_KEPT; i++) {
        if (estimate.confidence[i] != JB_CONFIDENCE_HIGH || estimate.seconds[i] < LEAST_S || estimate.power_w[i] <= 0) {
            continue;
        }
        struct jb_op_power *power = &powers[count++];
        double least_w = LEAST_SD * estimate.power_w[i];
        *power = (struct jb_op_power){
            .mean_w = estimate.power_w[i],
            .sd_w = estimate.sd_w[i] > least_w ? estimate.sd_w[i] : least_w,
            .seconds = estimate.seconds[i],
            .measured_ns = jb_wall_ns(),
        };
        jb_copy(power->name, sizeof(power->name), jb_work_cell(work, channel->domain, i)->name);
    }
    if (count > 0) {
        jb_store_op_power_put(session->store, session->machine.id, session->channels[channel->number].channel->id,
                              powers, count, NULL);
    }
    jb_estimate_finish(&estimate);
}

void work_parts_learn(struct jb_session *session)
{
    struct session_work *work = session->work;

    for (size_t i = 0; session->store != NULL && !work->time_share && i < work->learned_count; i++) {
        keep_timing(session, &work->learned[i]);
        keep_powers(session, &work->learned[i]);
    }
}
