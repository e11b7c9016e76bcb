/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following a counter's updates, on a machine whose time is made up: how late it wakes, how long a read takes, when its
 * thread is taken off the processor. Whatever happens, an edge must lie where an update truly was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "meter/edges_track.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS   UINT64_C(1000000)
#define US   UINT64_C(1000)
#define MOST 200000 /* updates */

struct machine {
    struct jb_track track;
    uint64_t now_ns, random;
    uint64_t update_ns[MOST]; /* when the counter moves, ascending */
    uint64_t raw[MOST];       /* what it shows from then on */
    size_t updates, next;     /* next: the first after now */
    uint64_t read_ns;         /* how long a read takes */
    double late_ns;           /* mean lateness of a sleep, exponential; on top of 10 us */
    double stolen_share;      /* of reads before which the thread is off the processor for stolen_ns */
    uint64_t stolen_ns;

    size_t edges, firsts, missed, reads;
    uint64_t busy_ns, last_edge_update;
    bool has_edge;
};

static double uniform(struct machine *m)
{
    m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)((m->random >> 11) + 1) / 9007199254740993.0;
}

static double normal(struct machine *m)
{
    return sqrt(-2 * log(uniform(m))) * cos(6.283185307179586 * uniform(m));
}

static struct machine *machine_make(uint64_t documented_ns)
{
    struct machine *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    m->random = 42;
    m->now_ns = 1000000 * MS;
    m->read_ns = 1500;
    m->late_ns = 20e3;
    jb_track_init(&m->track, documented_ns);
    return m;
}

/* Updates on a grid from now on, each off it by a normal jitter; `skip`: every so many do not show (0: all do). */
static void add_grid(struct machine *m, size_t count, double period_ns, double jitter_ns, size_t skip)
{
    uint64_t from_ns = m->updates ? m->update_ns[m->updates - 1] : m->now_ns + 300 * US;
    uint64_t raw = m->updates ? m->raw[m->updates - 1] : 7;
    for (size_t i = 1; i <= count; i++) {
        double off = jitter_ns * normal(m);
        off = fabs(off) > period_ns / 3 ? 0 : off;
        if (skip && i % skip == 0) {
            continue;
        }
        assert_true(m->updates < MOST);
        m->update_ns[m->updates] = from_ns + (uint64_t)((double)i * period_ns + off);
        m->raw[m->updates++] = raw += 1 + i % 3;
    }
}

/* The same, but each update sets off the next. */
static void add_chain(struct machine *m, size_t count, double period_ns, double jitter_ns)
{
    uint64_t t_ns = m->updates ? m->update_ns[m->updates - 1] : m->now_ns + 300 * US;
    uint64_t raw = m->updates ? m->raw[m->updates - 1] : 7;
    for (size_t i = 0; i < count; i++) {
        t_ns += (uint64_t)(period_ns + jitter_ns * normal(m));
        m->update_ns[m->updates] = t_ns;
        m->raw[m->updates++] = raw += 3;
    }
}

static uint64_t shown(struct machine *m, uint64_t t_ns)
{
    while (m->next < m->updates && m->update_ns[m->next] <= t_ns) {
        m->next++;
    }
    return m->next == 0 ? 3 : m->raw[m->next - 1];
}

/* The edge's value is that of an update which truly was within its doubt, and no first one follows one that was lost.
 */
static void check_edge(struct machine *m, const struct jb_edge *edge)
{
    assert_true(m->next > 0);
    size_t update = m->next - 1;
    assert_int_equal(edge->raw, m->raw[update]);
    assert_true(m->update_ns[update] >= edge->t_ns - edge->doubt_ns - 1);
    assert_true(m->update_ns[update] <= edge->t_ns + edge->doubt_ns + 1);
    assert_true(edge->first || m->has_edge);
    m->has_edge = true;
    m->firsts += edge->first;
    m->edges++;
}

static void look(struct machine *m)
{
    struct jb_edge edge;
    if (m->stolen_share > 0 && uniform(m) < m->stolen_share) {
        m->now_ns += m->stolen_ns;
    }
    struct jb_reading reading = {.status = JB_OK, .t_before_ns = m->now_ns, .t_after_ns = m->now_ns + m->read_ns};
    reading.raw = shown(m, m->now_ns + m->read_ns / 2);
    m->now_ns += m->read_ns;
    m->reads++;
    switch (jb_track_reading(&m->track, &reading, m->now_ns, &edge)) {
    case JB_TRACK_EDGE:
        check_edge(m, &edge);
        break;
    case JB_TRACK_MISSED:
        m->missed++;
        m->has_edge = false;
        break;
    case JB_TRACK_NOTHING:
        break;
    }
}

/* The loop of edges_thread.c. */
static void run_for(struct machine *m, uint64_t ns)
{
    uint64_t end_ns = m->now_ns + ns;
    while (m->now_ns < end_ns) {
        uint64_t from_ns = m->now_ns, due_ns = jb_track_due(&m->track);
        if (due_ns == UINT64_MAX) {
            return;
        }
        if (due_ns > m->now_ns + 30 * US) {
            uint64_t late_ns = 10 * US + (uint64_t)(-m->late_ns * log(uniform(m)));
            m->now_ns = from_ns = due_ns + late_ns;
            jb_track_woke(&m->track, due_ns, m->now_ns);
            m->busy_ns += 4 * US; /* falling asleep and waking up */
        } else if (due_ns > m->now_ns) {
            m->now_ns = due_ns;
        }
        look(m);
        m->busy_ns += m->now_ns - from_ns;
    }
}

static void begin(struct machine *m)
{
    jb_track_begin(&m->track, m->now_ns);
    m->has_edge = false;
}

static double share(const struct machine *m, uint64_t ns)
{
    return (double)m->busy_ns / (double)ns;
}

#define assert_near(value, expected, relative)                                                                         \
    do {                                                                                                               \
        double near_value = (double)(value), near_expected = (double)(expected);                                       \
        if (!(fabs(near_value - near_expected) <= (relative)*near_expected)) {                                         \
            fail_msg("%s is %g, not %g", #value, near_value, near_expected);                                           \
        }                                                                                                              \
    } while (0)

/* ---- */

static void updates_of_a_millisecond_are_found(void **state)
{
    struct machine *m = machine_make(MS);
    struct jb_timing t;
    add_grid(m, 4000, 976e3, 20e3, 0);
    begin(m);
    run_for(m, 3000 * MS);
    jb_learned_timing(&m->track.learned, &t);
    assert_int_equal(t.edges, m->edges);
    assert_true(m->edges >= 3000 && m->missed <= 45); /* of 3073 */
    assert_near(t.period_ns, 976e3, 0.0005);
    assert_near(t.jitter_ns, 20e3 * sqrt(2), 0.1); /* of the distance of two */
    assert_true(t.edge_ns > 2 * US && t.edge_ns < 5 * US);
    assert_true(share(m, 3000 * MS) < 0.15);
    free(m);
}

static void a_clock_without_a_grid_is_followed_too(void **state)
{
    struct machine *m = machine_make(0);
    struct jb_timing t;
    add_chain(m, 4000, 1e6, 20e3);
    begin(m);
    run_for(m, 3000 * MS);
    jb_learned_timing(&m->track.learned, &t);
    assert_true(m->edges >= 2900 && m->missed <= 60);
    assert_near(t.period_ns, 1e6, 0.002);
    assert_near(t.jitter_ns, 20e3, 0.1);
    assert_true(share(m, 3000 * MS) < 0.15);
    free(m);
}

static void a_machine_that_wakes_late_is_woken_earlier(void **state)
{
    struct machine *m = machine_make(MS);
    add_grid(m, 5000, 1e6, 10e3, 0);
    m->late_ns = 100e3;
    begin(m);
    run_for(m, 1000 * MS);
    size_t missed = m->missed;
    uint64_t busy_ns = m->busy_ns;
    run_for(m, 3000 * MS);
    assert_true(m->track.lead_ns > 150e3);
    assert_true(m->missed - missed < 600); /* of 3000: what may be spent on looking bounds it */
    assert_true((double)(m->busy_ns - busy_ns) / (3000.0 * MS) < 0.17);
    free(m);
}

static void a_machine_that_cannot_sleep_misses_and_invents_nothing(void **state)
{
    struct machine *m = machine_make(MS);
    add_grid(m, 5000, 1e6, 10e3, 0);
    m->late_ns = 3e6;
    begin(m);
    run_for(m, 4000 * MS);
    assert_true(m->missed > 500);
    assert_true(m->firsts > 0 && m->firsts <= m->missed + 1);
    assert_true(share(m, 4000 * MS) < 0.3);
    free(m);
}

static void time_off_the_processor_is_a_missed_update_and_a_new_first(void **state)
{
    struct machine *m = machine_make(MS);
    add_grid(m, 5000, 1e6, 10e3, 0);
    m->stolen_share = 0.002;
    m->stolen_ns = 3500 * US;
    begin(m);
    run_for(m, 4000 * MS);
    struct jb_timing t;
    jb_learned_timing(&m->track.learned, &t);
    assert_true(m->missed > 20 && m->edges > 3500);
    assert_true(m->firsts >= 20 && m->firsts <= m->missed + 1);
    assert_true(t.missed > m->missed); /* several fell into one gap */
    assert_true(t.missed + t.edges >= 3980 && t.missed + t.edges <= 4020);
    assert_near(t.period_ns, 1e6, 0.001);
    free(m);
}

/* It finds the update before, and the next is due at once: who skipped that would be one behind for ever. */
static void a_sleep_nearly_a_period_too_long_costs_one_update(void **state)
{
    struct machine *m = machine_make(MS);
    add_grid(m, 5000, 1e6, 5e3, 0);
    m->late_ns = 5e3;
    begin(m);
    run_for(m, 100 * MS);
    for (int i = 0; i < 100; i++) {
        while (m->now_ns < jb_track_due(&m->track) + 30 * US && m->track.looking) {
            look(m);
        }
        size_t missed = m->missed;
        m->now_ns = jb_track_due(&m->track) + 900 * US;
        jb_track_woke(&m->track, jb_track_due(&m->track), m->now_ns);
        run_for(m, 30 * MS);
        assert_true(m->missed - missed <= 2);
    }
    assert_true(m->edges > 2900);
    free(m);
}

static void updates_that_do_not_show_are_no_error(void **state)
{
    struct machine *m = machine_make(MS);
    struct jb_timing t;
    add_grid(m, 5000, 1e6, 10e3, 3);
    begin(m);
    run_for(m, 4000 * MS);
    jb_learned_timing(&m->track.learned, &t);
    assert_true(m->edges > 2550 && m->missed < 40);
    assert_near(t.period_ns, 1e6, 0.001);
    free(m);
}

static void what_is_known_spares_the_learning(void **state)
{
    struct machine *m = machine_make(0);
    struct jb_timing t;
    jb_track_expect(&m->track,
                    &(struct jb_timing){.period_ns = 976000, .jitter_ns = 5000, .edge_ns = 4000, .lag_ns = 9});
    jb_learned_timing(&m->track.learned, &t);
    assert_int_equal(t.period_ns, 976000);
    assert_int_equal(t.jitter_ns, 5000);
    assert_int_equal(t.edge_ns, 4000);
    assert_int_equal(t.lag_ns, 9);
    add_grid(m, 100, 976e3, 5e3, 0);
    begin(m);
    while (m->edges == 0) {
        run_for(m, 1);
    }
    assert_int_equal(m->track.state, JB_TRACK_FOLLOW);
    run_for(m, 50 * MS);
    assert_true(m->edges > 45);
    assert_true(share(m, 50 * MS) < 0.16);
    free(m);
}

static void a_period_known_wrongly_is_learned_anew(void **state)
{
    static const uint64_t wrong_ns[] = {2000 * US, 500 * US, 700 * US, 1300 * US, 3 * MS, 30 * MS, 333 * MS};
    for (size_t i = 0; i < sizeof(wrong_ns) / sizeof(wrong_ns[0]); i++) {
        struct machine *m = machine_make(0);
        struct jb_timing t;
        jb_track_expect(&m->track, &(struct jb_timing){.period_ns = wrong_ns[i]});
        add_grid(m, 3000, 1e6, 10e3, 0);
        begin(m);
        run_for(m, 2000 * MS);
        size_t edges = m->edges;
        run_for(m, 500 * MS);
        jb_learned_timing(&m->track.learned, &t);
        assert_near(t.period_ns, 1e6, 0.01);
        assert_true(m->edges - edges > 480);
        free(m);
    }
}

static void a_clock_that_changes_is_learned_anew(void **state)
{
    struct machine *m = machine_make(0);
    struct jb_timing t;
    add_grid(m, 1000, 1e6, 10e3, 0);
    add_grid(m, 3000, 1.4e6, 10e3, 0);
    begin(m);
    run_for(m, 3000 * MS);
    jb_learned_timing(&m->track.learned, &t);
    assert_near(t.period_ns, 1.4e6, 0.01);
    free(m);
}

static void slow_counters_are_polled_at_a_tenth_whatever_was_documented(void **state)
{
    static const struct {
        uint64_t documented_ns;
        double period_ns;
    } cases[] = {{20 * MS, 20e6}, {0, 20e6}, {MS, 50e6}, {100 * MS, 20e6}, {20 * MS, 100e6}, {20 * MS, 9e6}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct machine *m = machine_make(cases[i].documented_ns);
        struct jb_timing t;
        add_grid(m, 1000, cases[i].period_ns, 100e3, 0);
        begin(m);
        run_for(m, 3000 * MS);
        size_t edges = m->edges, reads = m->reads, missed = m->missed;
        run_for(m, (uint64_t)(100 * cases[i].period_ns));
        jb_learned_timing(&m->track.learned, &t);
        assert_int_equal(m->track.state, JB_TRACK_SLOW);
        assert_near(t.period_ns, cases[i].period_ns, 0.01);
        assert_true(m->edges - edges >= 98 && m->missed == missed);
        assert_true(m->reads - reads <= 1000 * 1.1);
        free(m);
    }
}

static void a_fast_counter_called_slow_is_found_out(void **state)
{
    struct machine *m = machine_make(100 * MS);
    struct jb_timing t;
    add_grid(m, 3000, 1e6, 10e3, 0);
    begin(m);
    run_for(m, 2000 * MS);
    jb_learned_timing(&m->track.learned, &t);
    assert_int_equal(m->track.state, JB_TRACK_FOLLOW);
    assert_near(t.period_ns, 1e6, 0.01);
    free(m);
}

static void a_counter_that_stands_costs_little(void **state)
{
    struct machine *m = machine_make(MS);
    add_grid(m, 500, 1e6, 10e3, 0);
    begin(m);
    run_for(m, 6500 * MS);
    assert_true(m->edges > 450 && m->edges <= 500);
    assert_true(share(m, 6500 * MS) < 0.05);
    struct jb_timing t;
    jb_learned_timing(&m->track.learned, &t);
    assert_near(t.period_ns, 1e6, 0.01);
    free(m);
}

static void a_burst_begins_with_a_first_one(void **state)
{
    struct machine *m = machine_make(MS);
    add_grid(m, 3000, 1e6, 1e3, 0);
    m->late_ns = 0;
    for (size_t i = 1; i <= 5; i++) {
        begin(m);
        run_for(m, 100 * MS);
        assert_int_equal(m->firsts, i);
        m->now_ns += 400 * MS;
    }
    assert_true(m->missed == 0);
    free(m);
}

static void what_could_not_be_kept_makes_the_next_a_first_one(void **state)
{
    struct machine *m = machine_make(MS);
    add_grid(m, 300, 1e6, 1e3, 0);
    m->late_ns = 0;
    begin(m);
    run_for(m, 50 * MS);
    size_t firsts = m->firsts;
    jb_track_break(&m->track);
    run_for(m, 3 * MS);
    assert_int_equal(m->firsts, firsts + 1);
    free(m);
}

static void a_failed_reading_breaks_the_chain_and_a_final_one_ends_it(void **state)
{
    struct machine *m = machine_make(MS);
    struct jb_edge edge;
    add_grid(m, 300, 1e6, 1e3, 0);
    m->late_ns = 0;
    begin(m);
    run_for(m, 50 * MS);
    size_t firsts = m->firsts;
    struct jb_reading reading = {.status = JB_FAILED, .t_before_ns = m->now_ns, .t_after_ns = m->now_ns};
    assert_int_equal(jb_track_reading(&m->track, &reading, m->now_ns, &edge), JB_TRACK_NOTHING);
    assert_true(jb_track_due(&m->track) > m->now_ns);
    run_for(m, 20 * MS);
    assert_int_equal(m->firsts, firsts + 1);
    /* Time that goes backwards is a failure, too. */
    reading = (struct jb_reading){.status = JB_OK, .t_before_ns = 5, .t_after_ns = 6, .raw = 1};
    assert_int_equal(jb_track_reading(&m->track, &reading, m->now_ns, &edge), JB_TRACK_NOTHING);
    run_for(m, 20 * MS);
    assert_int_equal(m->firsts, firsts + 2);
    reading.status = JB_GONE;
    assert_int_equal(jb_track_reading(&m->track, &reading, m->now_ns, &edge), JB_TRACK_NOTHING);
    assert_true(jb_track_due(&m->track) == UINT64_MAX);
    free(m);
}

/* Two counters of one driver: each pass reads both, whoever it was made for. */
static void counters_out_of_step_are_each_followed(void **state)
{
    struct machine *a = machine_make(MS), *b = machine_make(MS);
    add_grid(a, 4000, 1e6, 10e3, 0);
    b->now_ns += 400 * US;
    add_grid(b, 4000, 1.0003e6, 10e3, 0); /* drifts through the other */
    b->now_ns = a->now_ns;
    begin(a);
    begin(b);
    jb_track_bound(&a->track, 2);
    jb_track_bound(&b->track, 2);
    uint64_t start_ns = a->now_ns;
    while (a->now_ns < start_ns + 3000 * MS) {
        uint64_t due_a_ns = jb_track_due(&a->track), due_b_ns = jb_track_due(&b->track), from_ns = a->now_ns;
        uint64_t due_ns = due_a_ns < due_b_ns ? due_a_ns : due_b_ns;
        if (due_ns > a->now_ns + 30 * US) {
            a->now_ns = from_ns = due_ns + 10 * US + (uint64_t)(-a->late_ns * log(uniform(a)));
            jb_track_woke(&a->track, due_ns, a->now_ns);
            jb_track_woke(&b->track, due_ns, a->now_ns);
            a->busy_ns += 4 * US;
        } else if (due_ns > a->now_ns) {
            a->now_ns = due_ns;
        }
        look(a);
        b->now_ns = a->now_ns;
        look(b);
        a->busy_ns += b->now_ns - from_ns;
        a->now_ns = b->now_ns;
    }
    assert_true(a->edges > 2850 && b->edges > 2850);
    assert_true(share(a, 3000 * MS) < 0.2);
    free(a);
    free(b);
}

static void nothing_is_told_before_it_is_known(void **state)
{
    struct machine *m = machine_make(MS);
    struct jb_timing t;
    jb_learned_timing(&m->track.learned, &t);
    assert_int_equal(t.period_ns, 0); /* what is documented was not seen */
    assert_int_equal(t.edge_ns, 0);
    add_grid(m, 10, 1e6, 0, 0);
    begin(m);
    run_for(m, 8 * MS);
    jb_learned_timing(&m->track.learned, &t);
    assert_true(t.edges > 0);
    assert_int_equal(t.period_ns, 0);
    assert_int_equal(t.jitter_ns, 0);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_of_a_millisecond_are_found),
        cmocka_unit_test(a_clock_without_a_grid_is_followed_too),
        cmocka_unit_test(a_machine_that_wakes_late_is_woken_earlier),
        cmocka_unit_test(a_machine_that_cannot_sleep_misses_and_invents_nothing),
        cmocka_unit_test(time_off_the_processor_is_a_missed_update_and_a_new_first),
        cmocka_unit_test(a_sleep_nearly_a_period_too_long_costs_one_update),
        cmocka_unit_test(updates_that_do_not_show_are_no_error),
        cmocka_unit_test(what_is_known_spares_the_learning),
        cmocka_unit_test(a_period_known_wrongly_is_learned_anew),
        cmocka_unit_test(a_clock_that_changes_is_learned_anew),
        cmocka_unit_test(slow_counters_are_polled_at_a_tenth_whatever_was_documented),
        cmocka_unit_test(a_fast_counter_called_slow_is_found_out),
        cmocka_unit_test(a_counter_that_stands_costs_little),
        cmocka_unit_test(a_burst_begins_with_a_first_one),
        cmocka_unit_test(what_could_not_be_kept_makes_the_next_a_first_one),
        cmocka_unit_test(a_failed_reading_breaks_the_chain_and_a_final_one_ends_it),
        cmocka_unit_test(counters_out_of_step_are_each_followed),
        cmocka_unit_test(nothing_is_told_before_it_is_known),
    };
    return cmocka_run_group_tests_name("meter/edges_track", tests, NULL, NULL);
}
