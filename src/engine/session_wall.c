/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node meter: what the machine takes in, beside what the sensors see of it.
 *
 * It is slow (a BMC averages over a second, a plug answers when it likes), so its entries end long after the ticks they
 * began in. What the sensors saw in the very same time is read off a trail: their books at the last ticks, straight
 * between two of them.
 *
 * As the total it must cover the whole run, and its first reading comes late: what it did not see is put in from the
 * sensors by the ratio that it and they had so far. That takes all of the difference to be in proportion, where some of
 * it is constant: the doubt is how far apart the two are, as a uniform error of which one end is known (1 / sqrt 3).
 */
#include "engine/session_impl.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>

#define POINT_NS (50 * JB_NS_PER_MS) /* points of the trail are at least so far apart: together 3 s */
#define RATIO_NS JB_NS_PER_S         /* the ratio of wall and sensors rests on so much at least, but at the end */

bool session_wall_asked(const struct jb_session *session)
{
    return jb_streq(session->config.total, "wall");
}

bool session_is_sensor(const struct jb_session *session, int number)
{
    return session->nodes[number].leaf && number != session->wall.channel;
}

/* ---- which channel ---- */

void session_wall_begin(struct jb_session *session, uint64_t now_ns)
{
    struct wall_state *wall = &session->wall;

    wall->point_count = wall->next_point = wall->piece_count = 0;
    wall->energy_uj = wall->covered_ns = wall->filled_uj = wall->owed_ns = wall->owed_uj = 0;
    wall->fill_doubt_uj = 0;
    wall->like = wall->last_like = (struct jb_parts){0};
    wall->until_ns = now_ns;
    wall->total = false;
    wall->times[wall->next_point++] = now_ns; /* nothing was booked yet */
    wall->point_count = 1;
    for (int i = 0; i < session->channel_count; i++) {
        session->channels[i].until_uj = session->channels[i].beside_uj = session->channels[i].trail_uj[0] = 0;
    }
}

void session_wall_choose(struct jb_session *session)
{
    struct wall_state *wall = &session->wall;
    int channel = jb_overlap_wall(session->nodes, (size_t)session->channel_count);

    if (channel != wall->channel) {
        bool total = wall->total;
        session_wall_begin(session, session->start_ns);
        wall->total = total && channel >= 0;
        wall->channel = channel;
    }
    if (wall->total) {
        jb_overlap_total_wall(session->nodes, (size_t)session->channel_count);
    }
}

/* ---- the trail ---- */

static unsigned point_at(const struct wall_state *wall, unsigned age)
{
    return (wall->next_point + 2 * WALL_POINTS - 1 - age) % WALL_POINTS;
}

static void add_point(struct jb_session *session, uint64_t now_ns)
{
    struct wall_state *wall = &session->wall;
    unsigned newest = point_at(wall, 0), before = point_at(wall, 1);
    bool again = wall->point_count > 1 && wall->times[newest] - wall->times[before] < POINT_NS;
    unsigned at = again ? newest : wall->next_point;

    if (!again) {
        wall->next_point = (wall->next_point + 1) % WALL_POINTS;
        wall->point_count += wall->point_count < WALL_POINTS;
    }
    wall->times[at] = now_ns;
    for (int i = 0; i < session->channel_count; i++) {
        session->channels[i].trail_uj[at] = session->channels[i].account.energy_uj;
    }
}

/* What a channel had booked at t_ns. */
static uint64_t booked_at(const struct wall_state *wall, const struct channel_state *state, uint64_t t_ns)
{
    unsigned later = point_at(wall, 0);

    if (wall->point_count == 0 || t_ns >= wall->times[later]) {
        return state->account.energy_uj;
    }
    for (unsigned age = 1; age < wall->point_count; age++) {
        unsigned earlier = point_at(wall, age);
        uint64_t t0_ns = wall->times[earlier], t1_ns = wall->times[later];
        if (t_ns >= t0_ns) {
            uint64_t step_uj = state->trail_uj[later] - state->trail_uj[earlier];
            return state->trail_uj[earlier] +
                   (uint64_t)((unsigned __int128)step_uj * (t_ns - t0_ns) / (t1_ns > t0_ns ? t1_ns - t0_ns : 1));
        }
        later = earlier;
    }
    return state->trail_uj[later];
}

uint64_t session_wall_beside_uj(const struct jb_session *session)
{
    uint64_t sum_uj = 0;

    for (int i = 0; i < session->channel_count; i++) {
        sum_uj += session_is_sensor(session, i) ? session->channels[i].beside_uj : 0;
    }
    return sum_uj;
}

/* ---- entries ---- */

bool session_wall_fills(const struct jb_session *session, int number)
{
    bool sensors = false;

    for (int i = 0; i < session->channel_count && number == session->wall.channel && session_wall_asked(session); i++) {
        sensors = sensors || session_is_sensor(session, i);
    }
    return sensors;
}

void session_wall_clip(const struct jb_session *session, int number, struct jb_entry *entry)
{
    uint64_t t0_ns = entry->t0_ns, t1_ns = entry->t1_ns, length_ns = t1_ns - t0_ns;

    if (number != session->wall.channel || !session->started || length_ns == 0) {
        return;
    }
    t0_ns = t0_ns < session->start_ns ? session->start_ns : t0_ns;
    t1_ns = session->stopped && t1_ns > session->end_ns ? session->end_ns : t1_ns;
    if (t1_ns < t0_ns) {
        t0_ns = t1_ns;
    }
    entry->energy_uj = (uint64_t)((unsigned __int128)entry->energy_uj * (t1_ns - t0_ns) / length_ns);
    entry->t0_ns = t0_ns;
    entry->t1_ns = t1_ns;
}

void session_wall_entry(struct jb_session *session, int number, const struct jb_entry *entry)
{
    struct wall_state *wall = &session->wall;

    if (number != wall->channel) {
        return;
    }
    struct jb_entry *last = wall->piece_count > 0 ? &wall->pieces[wall->piece_count - 1] : NULL;
    if (last != NULL && (last->t1_ns == entry->t0_ns || wall->piece_count == WALL_PIECES)) {
        last->t1_ns = entry->t1_ns;
        last->energy_uj += entry->energy_uj;
    } else {
        wall->pieces[wall->piece_count++] = *entry;
    }
}

/* Book what was not read, now that as long was read, and long enough for the slower of the sensors to have been heard:
 * the ratio of a moment is none. */
static void fill(struct jb_session *session, uint64_t now_ns, bool last)
{
    struct wall_state *wall = &session->wall;
    struct channel_state *state = &session->channels[wall->channel];
    double beside = (double)session_wall_beside_uj(session), energy_uj = (double)wall->energy_uj;
    bool early = wall->covered_ns < RATIO_NS || wall->covered_ns < wall->owed_ns;

    if (wall->owed_ns == 0 || beside == 0 || energy_uj == 0 || wall->covered_ns == 0 || (early && !last)) {
        return;
    }
    double by_sensors = energy_uj / beside * (double)wall->owed_uj;
    double by_time = energy_uj / (double)wall->covered_ns * (double)wall->owed_ns;
    uint64_t filled_uj = (uint64_t)llround(by_sensors);
    wall->filled_uj += filled_uj;
    wall->fill_doubt_uj += fabs(by_sensors - by_time) / sqrt(3);
    if (state->pending.t1_ns == 0) {
        state->pending = (struct jb_entry){.t0_ns = now_ns - wall->owed_ns, .t1_ns = now_ns};
    }
    state->pending.energy_uj += filled_uj;
    state->tick_uj += filled_uj;
    state->tick_has_value = true;
    wall->owed_ns = wall->owed_uj = 0;
}

static void take_piece(struct jb_session *session, const struct jb_entry *piece)
{
    struct wall_state *wall = &session->wall;
    uint64_t gap_ns = piece->t0_ns > wall->until_ns ? piece->t0_ns - wall->until_ns : 0, gap_uj = 0;

    for (int i = 0; i < session->channel_count; i++) {
        struct channel_state *state = &session->channels[i];
        uint64_t from_uj = gap_ns > 0 ? booked_at(wall, state, piece->t0_ns) : state->until_uj;
        uint64_t to_uj = booked_at(wall, state, piece->t1_ns);
        gap_uj += session_is_sensor(session, i) && from_uj > state->until_uj ? from_uj - state->until_uj : 0;
        state->beside_uj += to_uj > from_uj ? to_uj - from_uj : 0;
        state->until_uj = to_uj;
    }
    wall->energy_uj += piece->energy_uj;
    wall->covered_ns += piece->t1_ns - piece->t0_ns;
    wall->until_ns = piece->t1_ns;
    if (session_wall_asked(session) && !wall->total) {
        wall->total = true;
        session_resolve(session);
    }
    wall->owed_ns += gap_ns;
    wall->owed_uj += gap_uj;
    if (wall->total) {
        fill(session, piece->t1_ns, false);
    }
}

void session_wall_tick(struct jb_session *session, uint64_t now_ns)
{
    struct wall_state *wall = &session->wall;

    if (wall->channel < 0) {
        return;
    }
    add_point(session, now_ns);
    unsigned count = wall->piece_count;
    wall->piece_count = 0;
    for (unsigned i = 0; i < count; i++) {
        take_piece(session, &wall->pieces[i]);
    }
}

void session_wall_end(struct jb_session *session)
{
    struct wall_state *wall = &session->wall;
    uint64_t gap_uj = 0;

    if (!wall->total) {
        return;
    }
    if (wall->until_ns >= session->end_ns) {
        fill(session, session->end_ns, true);
        return;
    }
    for (int i = 0; i < session->channel_count; i++) {
        const struct channel_state *state = &session->channels[i];
        uint64_t now_uj = state->account.energy_uj;
        gap_uj += session_is_sensor(session, i) && now_uj > state->until_uj ? now_uj - state->until_uj : 0;
    }
    wall->owed_ns += session->end_ns - wall->until_ns;
    wall->owed_uj += gap_uj;
    wall->until_ns = session->end_ns;
    fill(session, session->end_ns, true);
}

/* ---- whose ---- */

bool session_wall_attribute(struct jb_session *session, int number, struct jb_parts *ret)
{
    struct wall_state *wall = &session->wall;
    uint64_t energy_uj = session->channels[number].pending.energy_uj;

    return wall->total && number == wall->channel &&
           (jb_attribute_like(energy_uj, &wall->like, ret) || jb_attribute_like(energy_uj, &wall->last_like, ret));
}

void session_wall_attributed(struct jb_session *session)
{
    struct wall_state *wall = &session->wall;

    if (wall->total && jb_parts_total(&wall->like) > 0) {
        wall->last_like = wall->like;
        wall->like = (struct jb_parts){0};
    }
}
