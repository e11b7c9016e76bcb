/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bursts on this machine's own clock, with the made-up sensor. At 1000 W its counter shows, in microjoules, how old it
 * was at its latest update, in nanoseconds: so an edge's time less its value is the moment when it was opened, for
 * every edge within its doubt, or the edge is false. How many are found depends on how busy this machine is and is not
 * tested here (edges_track.c does, on a made-up one).
 */
#include "wait.h"

#include "meter/edges.h"

#include "base/text.h"
#include "trace/ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RATE "watts=1000"

static const struct jb_sensor_env env = {0};

static struct jb_edges *make(const char *spec, const char *const *ids, size_t count)
{
    struct jb_edges *edges = NULL;
    assert_int_equal(jb_edges_create(&env, "fake", spec, ids, count, &edges), 0);
    assert_non_null(edges);
    return edges;
}

/* What is known of a channel's birth from its edges. */
struct birth {
    uint64_t least_ns, most_ns, last_raw, last_ns;
    size_t edges, firsts;
};

static void add_edge(struct birth *birth, const struct jb_edge *edge)
{
    uint64_t least_ns = edge->t_ns - edge->doubt_ns - edge->raw, most_ns = edge->t_ns + edge->doubt_ns - edge->raw;
    if (birth->edges == 0) {
        birth->least_ns = least_ns;
        birth->most_ns = most_ns;
        assert_true(edge->first);
    } else {
        assert_true(edge->raw > birth->last_raw);
        assert_true(edge->t_ns > birth->last_ns);
    }
    birth->least_ns = least_ns > birth->least_ns ? least_ns : birth->least_ns;
    birth->most_ns = most_ns < birth->most_ns ? most_ns : birth->most_ns;
    assert_true(birth->least_ns <= birth->most_ns + 1);
    birth->last_raw = edge->raw;
    birth->last_ns = edge->t_ns;
    birth->edges++;
    birth->firsts += edge->first;
}

/* Take until the channel has so many edges. */
static void take_until(struct jb_edges *edges, struct birth *births, size_t channels, size_t enough)
{
    struct jb_edge seen[64];
    uint64_t end_ns = jb_mono_ns() + WAIT_NS;
    for (bool done = false; !done;) {
        assert_true(jb_mono_ns() < end_ns);
        size_t count = jb_edges_take(edges, seen, 64);
        for (size_t i = 0; i < count; i++) {
            assert_true(seen[i].channel >= 0 && (size_t)seen[i].channel < channels);
            add_edge(&births[seen[i].channel], &seen[i]);
        }
        done = count == 0;
        for (size_t i = 0; i < channels; i++) {
            done &= births[i].edges >= enough;
        }
        if (count == 0 && !done) {
            nap();
        }
    }
}

static void edges_lie_where_the_counter_moved(void **state)
{
    static const char *const ids[] = {"cpu/0/fake"};
    struct jb_edges *edges = make(RATE ":update=1ms:jitter=20us", ids, 1);
    struct birth birth = {0};
    jb_edges_begin(edges, jb_mono_ns() + WAIT_NS);
    take_until(edges, &birth, 1, 500);
    jb_edges_end(edges);
    struct jb_timing t;
    WAIT_FOR((jb_edges_timing(edges, 0, &t), t.edges >= birth.edges));
    assert_true(t.period_ns > 990000 && t.period_ns < 1010000);
    assert_true(t.edge_ns > 0 && t.edge_ns < 60000);
    assert_true(t.cpu_ns > 0);
    jb_edges_destroy(edges);
}

static void several_channels_are_followed_at_once(void **state)
{
    static const char *const ids[] = {"cpu/2/fake", "nobody", "cpu/0/fake"};
    struct jb_edges *edges = make(RATE ":update=1ms:channels=3", ids, 3);
    struct birth births[3] = {0};
    births[1].edges = SIZE_MAX / 2; /* is not there: is not waited for, and any edge of it fails */
    births[1].last_raw = UINT64_MAX;
    jb_edges_begin(edges, jb_mono_ns() + WAIT_NS);
    take_until(edges, births, 3, 100);
    struct jb_timing t;
    jb_edges_timing(edges, 1, &t);
    assert_int_equal(t.edges, 0);
    jb_edges_timing(edges, 3, &t);
    assert_int_equal(t.edges, 0);
    jb_edges_destroy(edges);
}

static void a_slow_counter_is_found_between_two_looks(void **state)
{
    static const char *const ids[] = {"gpu/1/fake"};
    struct jb_edges *edges = make(RATE ":update=20ms:device=gpu:unit=1", ids, 1);
    struct birth birth = {0};
    jb_edges_begin(edges, jb_mono_ns() + WAIT_NS);
    take_until(edges, &birth, 1, 20);
    jb_edges_destroy(edges);
}

static void each_burst_begins_with_a_first_edge_and_ends_when_told(void **state)
{
    static const char *const ids[] = {"cpu/0/fake"};
    struct jb_edges *edges = make(RATE ":update=1ms", ids, 1);
    struct jb_edge edge;
    for (int i = 0; i < 3; i++) {
        struct birth birth = {0}; /* whose first edge must be a first one */
        jb_edges_begin(edges, jb_mono_ns() + WAIT_NS);
        take_until(edges, &birth, 1, 20);
        jb_edges_end(edges);
        /* The thread may be inside a look now. What comes after the next burst has begun is the next burst's. */
        uint64_t quiet_ns = jb_mono_ns();
        while (jb_mono_ns() - quiet_ns < 100 * JB_NS_PER_MS) {
            quiet_ns = jb_edges_take(edges, &edge, 1) ? jb_mono_ns() : quiet_ns;
            nap();
        }
    }
    /* A burst whose end is over already shows nothing. */
    jb_edges_begin(edges, jb_mono_ns() - 1);
    for (int i = 0; i < 20; i++) {
        nap();
        assert_int_equal(jb_edges_take(edges, &edge, 1), 0);
    }
    jb_edges_destroy(edges);
}

static void what_nobody_takes_is_dropped_and_said(void **state)
{
    static const char *const ids[] = {"cpu/0/fake", "cpu/1/fake", "cpu/2/fake", "cpu/3/fake",
                                      "cpu/4/fake", "cpu/5/fake", "cpu/6/fake", "cpu/7/fake"};
    struct jb_edges *edges = make(RATE ":update=250us:channels=8", ids, 8);
    struct jb_timing t = {0};
    jb_edges_begin(edges, jb_mono_ns() + WAIT_NS);
    WAIT_FOR((jb_edges_timing(edges, 7, &t), t.edges > 1200)); /* of 8 x 1200, 8192 have room */
    struct jb_edge edge, last[8] = {0};
    size_t count = 0, firsts = 0;
    uint64_t gap_ns = 0, end_ns = jb_mono_ns() + WAIT_NS;
    while (count < 8192 + 800) {
        assert_true(jb_mono_ns() < end_ns);
        if (jb_edges_take(edges, &edge, 1) == 0) {
            nap();
            continue;
        }
        uint64_t since_ns = last[edge.channel].t_ns ? edge.t_ns - last[edge.channel].t_ns : 0;
        if (edge.channel == 7 && count >= 8000 && since_ns > gap_ns) { /* where the room had ended */
            gap_ns = since_ns;
            firsts = edge.first;
        }
        last[edge.channel] = edge;
        count++;
    }
    assert_true(gap_ns > 0);
    assert_int_equal(firsts, 1);
    jb_edges_destroy(edges);
}

static void who_cannot_be_followed_is_refused(void **state)
{
    static const char *const ids[] = {"cpu/0/fake"};
    static const char *const none[] = {"cpu/9/fake"};
    static char untouched;
    struct jb_edges *edges = (void *)&untouched;
    assert_int_equal(jb_edges_create(&env, "no-such", NULL, ids, 1, &edges), -ENODEV);
    assert_int_equal(jb_edges_create(&env, "fake-lane", NULL, ids, 1, &edges), -ENOTSUP);
    assert_int_equal(jb_edges_create(&env, "fake", "kind=power", ids, 1, &edges), -ENOTSUP);
    assert_int_equal(jb_edges_create(&env, "fake", "kind=model", ids, 1, &edges), -ENOTSUP);
    assert_int_equal(jb_edges_create(&env, "fake", NULL, none, 1, &edges), -ENODEV);
    assert_int_equal(jb_edges_create(&env, "fake", NULL, ids, 0, &edges), -ENODEV);
    assert_int_equal(jb_edges_create(&env, "fake", "fault=eacces", ids, 1, &edges), -EACCES);
    assert_ptr_equal(edges, &untouched);
    jb_edges_destroy(NULL);
}

static void a_counter_that_goes_away_ends_quietly(void **state)
{
    static const char *const ids[] = {"cpu/0/fake"};
    struct jb_edges *edges = make(RATE ":update=1ms:fault=gone:at=100ms", ids, 1);
    struct birth birth = {0};
    jb_edges_begin(edges, jb_mono_ns() + WAIT_NS);
    struct jb_timing before, after = {0};
    uint64_t still_ns = jb_mono_ns();
    do {
        before = after;
        nap();
        jb_edges_timing(edges, 0, &after);
        still_ns = before.edges == after.edges ? still_ns : jb_mono_ns();
    } while (jb_mono_ns() - still_ns < 200 * JB_NS_PER_MS);
    struct jb_edge edge;
    while (jb_edges_take(edges, &edge, 1)) {
        add_edge(&birth, &edge);
        assert_true(edge.raw < 100000000);
    }
    jb_edges_destroy(edges);
}

static void what_is_known_is_told_before_it_is_seen(void **state)
{
    static const char *const ids[] = {"cpu/0/fake"};
    struct jb_edges *edges = make("update=1ms", ids, 1);
    struct jb_timing t,
        known = {.period_ns = 976000, .jitter_ns = 7, .edge_ns = 5, .lag_ns = 3, .edges = 9, .missed = 9};
    jb_edges_expect(edges, 0, &known);
    jb_edges_expect(edges, 1, &known);
    jb_edges_expect(edges, -1, &known);
    jb_edges_timing(edges, 0, &t);
    assert_int_equal(t.period_ns, 976000);
    assert_int_equal(t.lag_ns, 3);
    assert_int_equal(t.edges, 0);
    jb_edges_begin(edges, jb_mono_ns() + 20 * JB_NS_PER_MS);
    WAIT_FOR((jb_edges_timing(edges, 0, &t), t.edges > 0));
    assert_int_equal(t.lag_ns, 3);
    jb_edges_destroy(edges);
}

/* The sensor that follows the program moves at whole milliseconds of the clock. */
static void the_sensor_that_follows_the_program_is_followed(void **state)
{
    static const char *const ids[] = {"cpu/0/sim"};
    char path[] = "/tmp/jb-edges-XXXXXX", spec[64];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "idle 20\n", 8), 8);
    close(fd);
    snprintf(spec, sizeof(spec), "powers=%s", path);
    struct jb_ring *ring = NULL;
    struct jb_edges *edges = NULL;
    assert_int_equal(jb_ring_create(&ring, NULL), 0);
    struct jb_sensor_env followed = {.ring = jb_ring_place(ring)};
    assert_int_equal(jb_edges_create(&followed, "sim", spec, ids, 1, &edges), 0);
    jb_edges_begin(edges, jb_mono_ns() + WAIT_NS);
    struct jb_edge edge;
    uint64_t end_ns = jb_mono_ns() + WAIT_NS;
    for (int i = 0; i < 200;) {
        assert_true(jb_mono_ns() < end_ns);
        if (jb_edges_take(edges, &edge, 1) == 0) {
            nap();
            continue;
        }
        uint64_t moment_ns = (edge.t_ns + JB_NS_PER_MS / 2) / JB_NS_PER_MS * JB_NS_PER_MS;
        assert_true(moment_ns + edge.doubt_ns + 1 >= edge.t_ns && moment_ns <= edge.t_ns + edge.doubt_ns + 1);
        assert_int_equal(edge.raw, moment_ns / JB_NS_PER_MS * 20000);
        i++;
    }
    jb_edges_destroy(edges);
    jb_ring_destroy(ring);
    unlink(path);
}

static void destroying_in_a_burst_leaves_no_thread(void **state)
{
    static const char *const ids[] = {"cpu/0/fake"};
    int before = thread_count();
    for (int i = 0; i < 5; i++) {
        struct jb_edges *edges = make("update=1ms", ids, 1);
        jb_edges_begin(edges, jb_mono_ns() + WAIT_NS);
        if (i & 1) {
            nap();
        }
        jb_edges_destroy(edges);
    }
    WAIT_FOR(thread_count() == before);
}

/* A read that takes a second is left behind; its thread cleans up when it comes back. */
static void a_hung_driver_is_left_behind(void **state)
{
    static const char *const ids[] = {"cpu/0/fake"};
    int before = thread_count();
    struct jb_edges *edges = make("update=1ms:fault=stall:at=5ms:for=1s", ids, 1);
    jb_edges_begin(edges, jb_mono_ns() + WAIT_NS);
    struct jb_timing t, last = {0};
    WAIT_FOR((jb_edges_timing(edges, 0, &t), t.edges > 0 || jb_edges_take(edges, &(struct jb_edge){0}, 1)));
    for (int same = 0; same < 30; last = t) { /* 30 ms without an edge: it is inside the read */
        nap();
        jb_edges_timing(edges, 0, &t);
        same = t.edges == last.edges && jb_edges_take(edges, &(struct jb_edge){0}, 1) == 0 ? same + 1 : 0;
    }
    uint64_t start_ns = jb_mono_ns();
    jb_edges_destroy(edges);
    assert_true(jb_mono_ns() - start_ns < WAIT_NS / 2);
    WAIT_FOR(thread_count() == before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_lie_where_the_counter_moved),
        cmocka_unit_test(several_channels_are_followed_at_once),
        cmocka_unit_test(a_slow_counter_is_found_between_two_looks),
        cmocka_unit_test(each_burst_begins_with_a_first_edge_and_ends_when_told),
        cmocka_unit_test(what_nobody_takes_is_dropped_and_said),
        cmocka_unit_test(who_cannot_be_followed_is_refused),
        cmocka_unit_test(a_counter_that_goes_away_ends_quietly),
        cmocka_unit_test(what_is_known_is_told_before_it_is_seen),
        cmocka_unit_test(the_sensor_that_follows_the_program_is_followed),
        cmocka_unit_test(destroying_in_a_burst_leaves_no_thread),
        cmocka_unit_test(a_hung_driver_is_left_behind),
    };
    return cmocka_run_group_tests_name("meter/edges", tests, NULL, NULL);
}
