/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the machine's meter emitted: each second at what holds then by the calendar, and never less than a moment ago.
 */
#include "daemon_world.h"

#include "engine/session_impl.h"
#include "test.h"

#define HOUR_NS  (3600 * (int64_t)JB_NS_PER_S)
#define YEARLY_G 400
#define PUE      1.5

static void begin(struct world *world, const char *sensors)
{
    world_make(world, sensors);
    world->intensity.given = false;
    jb_copy(world->intensity.source, sizeof(world->intensity.source), "a table");
    world->config.session.pue = PUE;
    world_begin(world);
}

/* The board as it is now. */
struct shown {
    double grams, ledgers_g, yearly_g, live_g, g_per_kwh;
    char kind[16];
};

static struct shown look(struct world *world)
{
    const struct jb_board_view *view = jb_board_look(jb_daemon_board(world->daemon));
    struct shown shown = {.grams = view->grams, .g_per_kwh = view->grid.g_per_kwh};

    for (size_t i = 0; i < view->emission_count; i++) {
        const struct jb_board_emission *ledger = &view->emissions[i];
        shown.ledgers_g += ledger->grams;
        *(jb_streq(ledger->source, "a table") ? &shown.yearly_g : &shown.live_g) += ledger->grams;
    }
    jb_copy(shown.kind, sizeof(shown.kind), view->grid.kind);
    jb_board_release(jb_daemon_board(world->daemon));
    return shown;
}

/* Let it go on until a second was priced. `steady`: with the total never less than the moment before, which it may be
 * for less than a second where cheaper hours begin. */
static struct shown await_second(struct world *world, bool steady)
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    struct shown now = look(world);
    double first_g = now.ledgers_g, before_g = now.grams;

    world_run(world);
    while (now.ledgers_g <= first_g) {
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 5);
        now = look(world);
        assert_true(!steady || now.grams >= before_g);
        before_g = now.grams;
    }
    world_halt(world);
    return look(world);
}

static double grams_of(uint64_t energy_uj, double g_per_kwh)
{
    return (double)energy_uj / 3.6e12 * g_per_kwh * PUE;
}

static void assert_grams(double grams, double expected)
{
    if (fabs(grams - expected) > 1e-9 * expected) {
        fail_msg("%.12g g, not %.12g", grams, expected);
    }
}

static void each_second_is_priced_at_what_the_calendar_says(void **state)
{
    struct world world;
    begin(&world, "fake:watts=200:unit=0");
    world_halt(&world);
    struct shown shown = await_second(&world, false);
    uint64_t first_uj = world.daemon->session->grid.live_uj;
    assert_string_equal(shown.kind, "yearly");
    assert_grams(shown.ledgers_g, grams_of(first_uj, YEARLY_G));

    int64_t now_ns = jb_wall_ns();
    struct jb_point point = {.start_ns = now_ns + 3 * HOUR_NS, .end_ns = now_ns + 4 * HOUR_NS, .g_per_kwh = 100};
    assert_int_equal(jb_track_put(&world.daemon->session->grid.track, &point), 0);
    world.daemon->session->config.walltime.ahead_ns = 3 * HOUR_NS + HOUR_NS / 2;
    shown = await_second(&world, false);
    uint64_t second_uj = world.daemon->session->grid.live_uj;
    assert_string_equal(shown.kind, "live");
    assert_true(shown.g_per_kwh == 100);
    assert_grams(shown.yearly_g, grams_of(first_uj, YEARLY_G));
    assert_grams(shown.live_g, grams_of(second_uj - first_uj, 100));

    world.daemon->session->config.walltime.ahead_ns = 0; /* set back: that hour is still to come */
    shown = await_second(&world, false);
    uint64_t third_uj = world.daemon->session->grid.live_uj;
    assert_string_equal(shown.kind, "yearly");
    assert_grams(shown.yearly_g, grams_of(first_uj + third_uj - second_uj, YEARLY_G));
    assert_grams(shown.live_g, grams_of(second_uj - first_uj, 100));
    uint64_t since_uj = world.daemon->session->channels[0].account.energy_uj - third_uj;
    assert_grams(shown.grams, shown.ledgers_g + grams_of(since_uj, YEARLY_G));
    world_end(&world);
}

/* A channel that was found false takes its joules out of the total. */
static void what_was_emitted_is_never_less_than_before(void **state)
{
    struct world world;
    begin(&world, "fake:watts=200:unit=0,fake:watts=100:device=ram:unit=0");
    world_halt(&world);
    struct shown before = await_second(&world, true);
    world.daemon->session->nodes[1].in_total = false;

    struct shown shown = await_second(&world, true);
    assert_true(shown.ledgers_g > before.ledgers_g);
    assert_grams(shown.ledgers_g, grams_of(world.daemon->session->channels[0].account.energy_uj, YEARLY_G));
    world_end(&world);
}

/* Most of it in the dirty hour: the mean over time would be 300. */
static void a_run_is_priced_by_what_held_while_it_used_its_energy(void **state)
{
    struct world world;
    begin(&world, "fake:watts=200:unit=0");
    world_halt(&world);
    struct peer *peer = &world.daemon->peers[0];
    *peer = (struct peer){.fd = world.daemon->listen_fd, .state = PEER_RUNNING};
    jb_copy(peer->hello.basis, sizeof(peer->hello.basis), "run");
    double *g_per_kwh = &world.daemon->session->intensity.g_per_kwh;

    *g_per_kwh = 500;
    peer->run_uj = 9000000;
    peer->footprint_uj = 90000000;
    daemon_grid_second(world.daemon);
    *g_per_kwh = 100;
    daemon_grid_second(world.daemon);
    peer->run_uj = 10000000;
    assert_grams(daemon_grid_peer_g(world.daemon, peer), (9 * 500 + 1 * 100) / 3.6e6);
    peer->run_uj = 8000000; /* a channel was taken out: what was emitted stays */
    daemon_grid_second(world.daemon);
    assert_grams(daemon_grid_peer_g(world.daemon, peer), 9 * 500 / 3.6e6);
    *peer = (struct peer){.fd = -1};
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_second_is_priced_at_what_the_calendar_says),
        cmocka_unit_test(a_run_is_priced_by_what_held_while_it_used_its_energy),
        cmocka_unit_test(what_was_emitted_is_never_less_than_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
