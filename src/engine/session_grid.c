/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What prices the run: feeds of intensities on lanes of their own, looked at once a chunk, and the price at its end.
 *
 * A run ends when its command does. What a provider is just saying is waited for at most a tenth of the time that the
 * command took, and never more than a second; what comes later, `joulebook grid backfill` brings.
 */
#include "engine/session_impl.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/price.h"

#include <errno.h>

#define LAST_WAIT_NS JB_NS_PER_S
#define LAST_WAIT_OF 10
#define PAST_NS      (86400 * (int64_t)JB_NS_PER_S) /* an endless session shows the day before it began */

static void start(struct jb_session *session, enum jb_signal signal, int64_t from_ns, struct jb_feed **ret,
                  struct jb_steps *steps)
{
    struct jb_diag diag = {0};
    int err = jb_feed_start(session->config.grid, &session->intensity, signal, from_ns, ret, steps, &diag);

    if (err < 0 && err != -ENODATA && diag.text[0] != '\0') {
        jb_record_warn(&session->record, "no live carbon intensity: %s", diag.text);
    }
}

void session_grid_begin(struct jb_session *session)
{
    if (session->config.grid == NULL || session->intensity.given) {
        return;
    }
    struct jb_steps none = {0};
    int64_t from_ns = session->record.started_ns;
    if (session->config.endless) {
        start(session, JB_AVERAGE, from_ns - PAST_NS, &session->grid.average, &session->grid.steps);
        return;
    }
    start(session, JB_AVERAGE, from_ns, &session->grid.average, &session->grid.steps);
    start(session, JB_MARGINAL, from_ns, &session->grid.marginal, &none);
}

bool session_grid_renew(struct jb_session *session, int64_t now_ns)
{
    if (session->grid.average == NULL) {
        return false;
    }
    bool left_behind = jb_feed_destroy(session->grid.average);

    session->grid.average = NULL;
    start(session, JB_AVERAGE, now_ns - PAST_NS, &session->grid.average, &session->grid.steps);
    return left_behind;
}

/* A run goes by its own time, in which every moment comes once; what has no end by the calendar, as that is set. */
static int64_t clock_ns(const struct jb_session *session)
{
    return session->config.endless ? jb_walltime_ns(&session->config.walltime)
                                   : session_wall_clock_ns(session, jb_mono_ns());
}

/* The choice points into the track: the one never changes without the other. */
static void take(struct jb_session *session)
{
    struct grid_state *grid = &session->grid;
    int64_t now_ns = clock_ns(session);

    if (grid->average != NULL) {
        jb_feed_take(grid->average, &grid->track);
    }
    jb_price_choose(&grid->track, now_ns, now_ns + 1, &grid->choice);
}

double session_grid_g_per_kwh(const struct jb_session *session)
{
    const struct jb_point *point = session->grid.choice.point;

    return point != NULL ? point->g_per_kwh : session->intensity.g_per_kwh;
}

double session_grid_rel_error(const struct jb_session *session)
{
    const struct jb_point *point = session->grid.choice.point;

    return point != NULL ? point->rel_error : session->intensity.rel_error;
}

bool session_grid_estimated(const struct jb_session *session)
{
    const struct jb_price_choice *choice = &session->grid.choice;

    return choice->point != NULL ? (choice->point->flags & JB_POINT_ESTIMATED) || choice->held
                                 : session->intensity.estimated;
}

static uint64_t total_uj(const struct jb_session *session)
{
    uint64_t sum_uj = 0;

    for (int i = 0; i < session->channel_count; i++) {
        sum_uj += session->nodes[i].in_total ? session->channels[i].account.energy_uj : 0;
    }
    return sum_uj;
}

/* Grams are of the machine's energy at what held while it was used. A total that went back, when a channel was found
 * false, is settled at the end, and in an endless session made up for by what comes. */
void session_grid_look(struct jb_session *session)
{
    struct grid_state *grid = &session->grid;
    uint64_t now_uj = total_uj(session);

    take(session);
    if (now_uj > grid->live_uj) {
        grid->live_g +=
            jb_grid_grams((double)(now_uj - grid->live_uj), session_grid_g_per_kwh(session), session->config.pue);
        grid->live_uj = now_uj;
    }
}

double session_grid_live_g(const struct jb_session *session, double energy_uj)
{
    double since_uj = energy_uj - (double)session->grid.live_uj;

    if (session->config.endless && since_uj < 0) {
        since_uj = 0; /* whoever keeps the sum takes a fall for a new beginning */
    }
    return session->grid.live_g + jb_grid_grams(since_uj, session_grid_g_per_kwh(session), session->config.pue);
}

static uint64_t last_deadline_ns(const struct jb_session *session)
{
    uint64_t part_ns = (session->end_ns - session->start_ns) / LAST_WAIT_OF;

    return jb_mono_ns() + (part_ns < LAST_WAIT_NS ? part_ns : LAST_WAIT_NS);
}

static void add_steps(struct jb_feed *feed, struct jb_steps *steps)
{
    struct jb_steps own = {0};

    jb_feed_steps(feed, &own);
    jb_steps_merge(steps, &own);
}

void session_grid_record(struct jb_session *session)
{
    struct grid_state *grid = &session->grid;
    uint64_t deadline_ns = last_deadline_ns(session);
    struct jb_track marginal = {0}, tariff = {0};
    struct jb_steps steps = grid->steps;
    struct jb_pricing pricing = {.marks = &session->marks, .average = &grid->track, .table = &session->intensity};

    if (grid->average != NULL) {
        jb_feed_finish(grid->average, deadline_ns);
        take(session);
        add_steps(grid->average, &steps);
    }
    if (grid->marginal != NULL) {
        jb_feed_finish(grid->marginal, deadline_ns);
        jb_feed_take(grid->marginal, &marginal);
        add_steps(grid->marginal, &steps);
        pricing.marginal = &marginal;
    }
    if (session->config.tariff != NULL && jb_tariff_track(session->config.tariff, session->record.started_ns,
                                                          session->record.ended_ns + 1, &tariff) == 0) {
        pricing.tariff = &tariff;
        pricing.currency = session->config.tariff->currency;
    }
    if (jb_price(&session->record, &pricing) < 0) {
        jb_record_warn(&session->record, "the run is not priced: out of memory");
    }
    if (session->config.grid != NULL) {
        jb_price_say_factor(&session->record, session->config.grid, &steps);
    }
    jb_price_put_steps(&session->record, &steps);
    jb_track_finish(&marginal);
    jb_track_finish(&tariff);
}

bool session_grid_finish(struct jb_session *session)
{
    bool left_behind = jb_feed_destroy(session->grid.average);

    left_behind = jb_feed_destroy(session->grid.marginal) || left_behind;
    jb_track_finish(&session->grid.track);
    jb_marks_finish(&session->marks);
    return left_behind;
}
