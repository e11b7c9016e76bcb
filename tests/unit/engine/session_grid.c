/* SPDX-License-Identifier: Apache-2.0 */
/* Grams while a session goes on. Books and the track are set by hand: nothing is asked and nothing waited for. */
#include "test.h"

#include "base/clock.h"
#include "engine/session.h"
#include "engine/session_impl.h"

#include <math.h>

#define HOUR_NS  (3600 * (int64_t)JB_NS_PER_S)
#define WH_UJ    UINT64_C(3600000000)
#define YEARLY_G 400

static struct jb_intensity intensity = {.zone = "X", .g_per_kwh = YEARLY_G, .rel_error = 0.1, .factor = "lifecycle"};

/* A session that has just begun; 100 g/kWh hold in this hour, 50 in the next one. */
static struct jb_session *make(bool endless)
{
    struct jb_session_config config = {
        .sensors = "fake:watts=100",
        .db_path = "none",
        .interval_ns = 10 * JB_NS_PER_MS,
        .basis = "machine",
        .pue = 1.5,
        .intensity = &intensity,
        .open_wait_ns = 2 * JB_NS_PER_S,
        .endless = endless,
    };
    struct jb_session *session;
    struct jb_diag diag = {0};
    int64_t now_ns = jb_wall_ns();
    const struct jb_point hours[] = {
        {.start_ns = now_ns - HOUR_NS / 2, .end_ns = now_ns + HOUR_NS / 2, .g_per_kwh = 100},
        {.start_ns = now_ns + HOUR_NS / 2, .end_ns = now_ns + 3 * HOUR_NS / 2, .g_per_kwh = 50}};

    if (jb_session_create(&config, &session, &diag) < 0) {
        fail_msg("%s", diag.text);
    }
    session->record.started_ns = now_ns;
    session->start_ns = jb_mono_ns();
    assert_int_equal(jb_track_put(&session->grid.track, &hours[0]), 0);
    assert_int_equal(jb_track_put(&session->grid.track, &hours[1]), 0);
    return session;
}

static double live_g(struct jb_session *session)
{
    struct jb_live live;

    jb_session_live(session, &live);
    return live.grams;
}

static void use(struct jb_session *session, uint64_t energy_uj)
{
    session->channels[0].account.energy_uj += energy_uj;
}

static void assert_grams(double grams, double expected)
{
    if (fabs(grams - expected) > 1e-9) {
        fail_msg("%.12g g, not %.12g", grams, expected);
    }
}

static void joules_are_priced_at_what_held_while_they_were_used(void **state)
{
    struct jb_session *session = make(false);

    session_grid_look(session);
    use(session, WH_UJ);
    assert_grams(live_g(session), 0.15);
    session_grid_look(session);
    assert_grams(live_g(session), 0.15);
    session->suspended_ns = (uint64_t)HOUR_NS; /* it slept into the next hour */
    use(session, WH_UJ);
    session_grid_look(session);
    assert_grams(live_g(session), 0.15 + 0.075);
    jb_session_destroy(session);
}

static void what_is_said_of_the_intensity_is_of_the_one_that_holds(void **state)
{
    struct jb_session *session = make(false);

    session->intensity.estimated = true;
    session->intensity.rel_error = 0.5;
    assert_true(session_grid_estimated(session) && session_grid_rel_error(session) == 0.5);
    session_grid_look(session);
    assert_true(session_grid_g_per_kwh(session) == 100);
    assert_true(!session_grid_estimated(session) && session_grid_rel_error(session) == 0);
    jb_session_destroy(session);
}

/* A clock that is set does not move a run to another hour: it would be priced at what held in none of its own. */
static void a_run_goes_by_its_own_time(void **state)
{
    struct jb_session *session = make(false);

    session->config.walltime.ahead_ns = HOUR_NS;
    use(session, WH_UJ);
    session_grid_look(session);
    assert_grams(live_g(session), 0.15);
    jb_session_destroy(session);
}

/* In a year without an end the two part, and a clock is set for a reason. */
static void the_machines_meter_goes_by_the_calendar(void **state)
{
    struct jb_session *session = make(true);

    session->config.walltime.ahead_ns = HOUR_NS;
    use(session, WH_UJ);
    session_grid_look(session);
    assert_grams(live_g(session), 0.075);
    session->config.walltime.ahead_ns = 0;
    use(session, WH_UJ);
    session_grid_look(session);
    assert_grams(live_g(session), 0.075 + 0.15);
    jb_session_destroy(session);
}

/* As when a channel was found false. Of the machine's meter others keep the sum, which must not fall. */
static void a_total_that_goes_back_takes_grams_from_a_run_only(void **state)
{
    for (int endless = 0; endless < 2; endless++) {
        struct jb_session *session = make(endless);
        use(session, 2 * WH_UJ);
        session_grid_look(session);
        session->channels[0].account.energy_uj = WH_UJ;
        assert_grams(live_g(session), endless ? 0.3 : 0.15);
        session_grid_look(session);
        assert_grams(live_g(session), endless ? 0.3 : 0.15);
        session->channels[0].account.energy_uj = 3 * WH_UJ;
        session_grid_look(session);
        assert_grams(live_g(session), 0.45);
        jb_session_destroy(session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joules_are_priced_at_what_held_while_they_were_used),
        cmocka_unit_test(what_is_said_of_the_intensity_is_of_the_one_that_holds),
        cmocka_unit_test(a_run_goes_by_its_own_time),
        cmocka_unit_test(the_machines_meter_goes_by_the_calendar),
        cmocka_unit_test(a_total_that_goes_back_takes_grams_from_a_run_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
