/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the record says of the node meter: beside the sensors, and where it is the total, which it then is with the
 * sensors' proportions: their idle is shared as theirs was, and their error of division is its own.
 */
#include "engine/session_impl.h"

#include "attribution/split.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of what was read: gaps are filled in, or told as not covered. */
static double read_sigma_uj(const struct jb_session *session)
{
    struct jb_account account = session->channels[session->wall.channel].account;

    account.gap_ns = 0;
    return jb_account_sigma_uj(&account);
}

/* The part of the run's error that comes from the division, in which channels err alike. */
static double split_sigma(const struct jb_record_channel *channel)
{
    double of_energy =
        channel->energy_uj > 0 ? channel->uncertainty_uj * (double)channel->run_uj / (double)channel->energy_uj : 0;
    double squared = channel->run_uncertainty_uj * channel->run_uncertainty_uj - of_energy * of_energy;

    return squared > 0 ? sqrt(squared) : 0;
}

void session_wall_channel(const struct jb_session *session, struct jb_record_channel *channels)
{
    const struct wall_state *wall = &session->wall;
    uint64_t energy_uj = 0, idle_uj = 0, shared_uj = 0, shared[2];
    double split = 0;

    for (int i = 0; wall->total && i < session->channel_count; i++) {
        if (session_is_sensor(session, i)) {
            energy_uj += channels[i].energy_uj;
            idle_uj += channels[i].idle_uj;
            shared_uj += channels[i].footprint_uj - channels[i].run_uj;
            split += split_sigma(&channels[i]);
        }
    }
    if (!wall->total || energy_uj == 0 || wall->energy_uj == 0) {
        return;
    }
    struct jb_record_channel *ret = &channels[wall->channel];
    const uint64_t weights[2] = {shared_uj, idle_uj > shared_uj ? idle_uj - shared_uj : 0};
    jb_split(ret->idle_uj, weights, 2, 0, shared);
    ret->footprint_uj = ret->run_uj + shared[0];
    double whole = (double)ret->energy_uj;
    ret->uncertainty_uj = hypot(read_sigma_uj(session) * whole / (double)wall->energy_uj, wall->fill_doubt_uj);
    ret->run_uncertainty_uj =
        hypot(whole > 0 ? ret->uncertainty_uj * (double)ret->run_uj / whole : 0, split * whole / (double)energy_uj);
    ret->idle_uw = 0;
    jb_copy(ret->idle_source, sizeof(ret->idle_source), "sensors");
    if (ret->gap_ns > 0 && wall->filled_uj > 0) {
        char text[JB_UNIT_TEXT];
        snprintf(ret->note, sizeof(ret->note), "%s of it put in from the sensors where it was not read",
                 jb_format_energy((double)wall->filled_uj / 1e6, text, sizeof(text)));
        if (!(ret->flags & JB_ENTRY_GAP)) {
            size_t used = strlen(ret->flag_text);
            ret->flags |= JB_ENTRY_GAP;
            snprintf(ret->flag_text + used, sizeof(ret->flag_text) - used, "%s%s", used > 0 ? "," : "",
                     jb_entry_flag_name(JB_ENTRY_GAP));
        }
    }
}

static void warn_missing(struct jb_session *session)
{
    const struct wall_state *wall = &session->wall;

    session->wall.missing = true;
    if (wall->channel >= 0) {
        jb_record_warn(&session->record,
                       "--total wall: %s was not read twice while the run lasted; the total is that of the sensors",
                       session->channels[wall->channel].channel->id);
    } else {
        jb_record_warn(&session->record, "--total wall: nothing measures what this machine takes in (joulebook doctor "
                                         "says what could); the total is that of the sensors");
    }
}

void session_wall_record(struct jb_session *session)
{
    struct jb_record *record = &session->record;
    const struct wall_state *wall = &session->wall;
    struct jb_source_info info;

    jb_copy(record->total, sizeof(record->total), wall->total ? "wall" : "sensors");
    record->wall = (struct jb_record_wall){0};
    if (session_wall_asked(session) && !wall->total) {
        warn_missing(session);
    }
    if (wall->channel >= 0 && wall->covered_ns > 0) {
        session_source_of(session, wall->channel, &info);
        record->wall.measured = true;
        jb_copy(record->wall.source, sizeof(record->wall.source), info.driver);
        jb_copy(record->wall.channel, sizeof(record->wall.channel), session->channels[wall->channel].channel->id);
        record->wall.energy_uj = wall->energy_uj;
        record->wall.uncertainty_uj = read_sigma_uj(session);
        record->wall.covered_ns = wall->covered_ns;
        record->wall.filled_uj = wall->filled_uj;
        record->wall.sensors_uj = session_wall_beside_uj(session);
        for (int i = 0; i < session->channel_count; i++) {
            record->wall.has_sensors = record->wall.has_sensors || session_is_sensor(session, i);
        }
    }
    session_fit_record(session);
}

void jb_session_wall_mark(const struct jb_session *session, struct jb_wall_mark *ret)
{
    const struct wall_state *wall = &session->wall;
    double sensors_uj = 0;

    for (int i = 0; i < session->channel_count; i++) {
        sensors_uj += session_is_sensor(session, i) ? (double)session->channels[i].account.energy_uj : 0;
    }
    *ret = (struct jb_wall_mark){
        .has_wall = wall->channel >= 0 && session->channels[wall->channel].account.started,
        .channel = wall->channel,
        .wall_j = (double)wall->energy_uj / 1e6,
        .wall_s = (double)wall->covered_ns / 1e9,
        .beside_j = (double)session_wall_beside_uj(session) / 1e6,
        .sensors_j = sensors_uj / 1e6,
        .t_s = (double)(jb_mono_ns() - session->start_ns) / 1e9,
    };
}
