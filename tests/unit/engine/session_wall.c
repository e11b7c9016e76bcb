/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node meter in a session: what the sensors saw while it was read, what is put in where it was not, whose it is.
 * Books and times are set by hand where the figure is exact, so that nothing depends on how long a poll takes.
 */
#include "made_session.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/burn.h"
#include "engine/session.h"
#include "engine/session_impl.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS JB_NS_PER_MS
#define S  JB_NS_PER_S

enum { CPU, GPU, NODE };

static struct jb_session *make_of(const char *total, const char *sensors)
{
    struct jb_session_config config = made_config(sensors);

    config.total = total;
    return made_session(&config);
}

static struct jb_session *make(const char *total)
{
    return make_of(total,
                   "fake:watts=100:device=cpu,fake:watts=50:device=gpu:unit=1,fake:domain=node:watts=300:kind=power");
}

/* A session that has begun at 100 s, without a clock of its own. */
static struct jb_session *make_still(const char *total)
{
    struct jb_session *session = make(total);

    assert_int_equal(session->wall.channel, NODE);
    session->started = true;
    session->start_ns = 100 * S;
    session_wall_begin(session, session->start_ns);
    return session;
}

static void tick_at(struct jb_session *session, uint64_t now_ns, uint64_t cpu_uj, uint64_t gpu_uj)
{
    session->channels[CPU].account.energy_uj = cpu_uj;
    session->channels[GPU].account.energy_uj = gpu_uj;
    session_wall_tick(session, now_ns);
}

static void read_wall(struct jb_session *session, uint64_t t0_ns, uint64_t t1_ns, uint64_t energy_uj)
{
    struct jb_entry entry = {.t0_ns = t0_ns, .t1_ns = t1_ns, .energy_uj = energy_uj};

    session_wall_clip(session, NODE, &entry);
    session_wall_entry(session, NODE, &entry);
}

/* The meter's seconds end between the ticks at which the sensors' books are known. */
static void the_sensors_are_held_against_the_very_time_that_the_meter_covers(void **state)
{
    struct jb_session *session = make_still("sensors");

    for (uint64_t i = 0; i <= 30; i++) { /* 2 W and 1 W, then three times that from 101 s on */
        uint64_t slow = i < 10 ? i : 10, fast = i < 10 ? 0 : i - 10;
        tick_at(session, 100 * S + i * 100 * MS, 200000 * slow + 600000 * fast, 100000 * slow + 300000 * fast);
    }
    read_wall(session, 100 * S + 450 * MS, 101 * S + 450 * MS, 7000000);
    read_wall(session, 101 * S + 450 * MS, 102 * S + 450 * MS, 11000000);
    tick_at(session, 103 * S + 50 * MS, 14000000, 7000000);
    assert_int_equal(session->wall.energy_uj, 18000000);
    assert_int_equal(session->wall.covered_ns, 2 * S);
    /* 0.55 s at 2 W and 1.45 s at 6 W */
    assert_int_equal(session->channels[CPU].beside_uj, 1100000 + 8700000);
    assert_int_equal(session->channels[GPU].beside_uj, 550000 + 4350000);
    assert_int_equal(session_wall_beside_uj(session), 14700000);
    assert_int_equal(session->wall.filled_uj, 0); /* it is not the total */
    assert_false(session->wall.total);
    jb_session_destroy(session);
}

static void what_was_not_read_is_put_in_by_the_ratio_and_doubted_by_the_time(void **state)
{
    struct jb_session *session = make_still("wall");

    for (uint64_t i = 0; i <= 20; i++) { /* 4 W, from 101 s on 1 W */
        tick_at(session, 100 * S + i * 100 * MS, i < 10 ? 400000 * i : 4000000 + 100000 * (i - 10), 0);
    }
    assert_false(session->wall.total); /* nothing was read yet: the sensors still are */
    assert_true(session->nodes[CPU].in_total);
    read_wall(session, 101 * S, 102 * S, 3000000); /* three times the sensors */
    tick_at(session, 102 * S + 100 * MS, 5000000, 0);
    assert_true(session->wall.total);
    assert_true(session->nodes[NODE].in_total && !session->nodes[CPU].in_total && session->nodes[CPU].leaf);
    assert_int_equal(session->wall.filled_uj, 12000000); /* 4 J three times, where time alone says 3 J */
    assert_float_equal(session->wall.fill_doubt_uj, 9000000 / sqrt(3), 1);
    assert_int_equal(session->channels[NODE].pending.energy_uj, 12000000);
    assert_int_equal(session->channels[NODE].tick_uj, 12000000);

    session->end_ns = 102 * S + 500 * MS;
    session->channels[CPU].account.energy_uj = 5500000;
    session_wall_end(session);
    assert_int_equal(session->wall.filled_uj, 12000000 + 1500000);
    session_wall_end(session); /* once */
    assert_int_equal(session->wall.filled_uj, 12000000 + 1500000);
    jb_session_destroy(session);
}

/* A card that is first read after 150 ms is missing from the first 100: that is no ratio to fill 2 s by. */
static void the_ratio_of_a_moment_puts_nothing_in(void **state)
{
    struct jb_session *session = make_still("wall");

    for (uint64_t i = 1; i <= 20; i++) {
        tick_at(session, 100 * S + i * 100 * MS, 100000 * i, 0);
    }
    read_wall(session, 102 * S, 102 * S + 100 * MS, 400000); /* four times the only sensor so far */
    tick_at(session, 102 * S + 100 * MS, 2100000, 0);
    assert_true(session->wall.total);
    assert_int_equal(session->wall.filled_uj, 0);
    assert_int_equal(session->wall.owed_ns, 2 * S);
    assert_int_equal(session->wall.owed_uj, 2000000);
    for (uint64_t i = 22; i <= 41; i++) { /* the card joins in: twice the sensors */
        tick_at(session, 100 * S + i * 100 * MS, 100000 * i, 100000 * (i - 21));
    }
    read_wall(session, 102 * S + 100 * MS, 104 * S + 100 * MS, 8000000);
    tick_at(session, 104 * S + 200 * MS, 4200000, 2100000);
    assert_int_equal(session->wall.owed_ns, 0);
    assert_float_equal((double)session->wall.filled_uj, 2000000 * 8.4 / 4.1, 2);
    jb_session_destroy(session);
}

/* The first reading comes milliseconds after the start: what lies before is not the whole first tick. */
static void the_trail_begins_with_the_run(void **state)
{
    struct jb_session *session = make_still("wall");

    read_wall(session, 100 * S + 10 * MS, 100 * S + 100 * MS, 900000);
    tick_at(session, 100 * S + 100 * MS, 500000, 0);
    assert_int_equal(session_wall_beside_uj(session), 450000);
    assert_int_equal(session->wall.owed_uj, 50000);
    session->end_ns = 100 * S + 100 * MS;
    session_wall_end(session);
    assert_int_equal(session->wall.filled_uj, 100000);
    jb_session_destroy(session);
}

static void an_entry_counts_only_within_the_run(void **state)
{
    struct jb_session *session = make_still("sensors");

    tick_at(session, 100 * S + 100 * MS, 200000, 0);
    tick_at(session, 101 * S, 2000000, 0);
    read_wall(session, 99 * S, 101 * S, 8000000); /* half of it before the run */
    session->stopped = true;
    session->end_ns = 102 * S;
    read_wall(session, 101 * S, 105 * S, 16000000); /* most of it after */
    read_wall(session, 105 * S, 106 * S, 4000000);
    tick_at(session, 106 * S, 4000000, 0);
    assert_int_equal(session->wall.energy_uj, 4000000 + 4000000);
    assert_int_equal(session->wall.covered_ns, 2 * S);
    struct jb_entry other = {.t0_ns = 1, .t1_ns = 200 * S, .energy_uj = 5};
    session_wall_clip(session, CPU, &other);
    assert_true(other.t0_ns == 1 && other.energy_uj == 5); /* the sensors' entries are their own affair */
    jb_session_destroy(session);
}

/* However long it was away: the oldest point of the trail, and no wild reading past its end. */
static void a_meter_that_comes_back_after_long_is_held_against_what_is_known(void **state)
{
    struct jb_session *session = make_still("wall");

    for (uint64_t i = 0; i <= 1000; i++) {
        tick_at(session, 100 * S + i * 100 * MS, 100000 * i, 0);
    }
    for (int i = 0; i < 3 * WALL_PIECES; i++) { /* more than there is room for, each after a hole */
        read_wall(session, 110 * S + (uint64_t)i * 2 * S, 111 * S + (uint64_t)i * 2 * S, 2000000);
    }
    tick_at(session, 200 * S + 100 * MS, 100100000, 0);
    assert_int_equal(session->wall.energy_uj, 3 * WALL_PIECES * 2000000);
    assert_true(session_wall_beside_uj(session) <= 100100000);
    assert_true(session->wall.until_ns <= 200 * S);
    jb_session_destroy(session);
}

static void a_better_meter_that_opens_late_begins_anew(void **state)
{
    struct jb_session *session = make_still("sensors");

    tick_at(session, 100 * S + 100 * MS, 100000, 0);
    read_wall(session, 100 * S, 101 * S, 300000000);
    tick_at(session, 101 * S, 1000000, 0);
    assert_int_equal(session->wall.covered_ns, S);
    session->nodes[NODE].rejected = true;
    session_resolve(session);
    assert_int_equal(session->wall.channel, -1);
    session->nodes[NODE].rejected = false;
    session_resolve(session);
    assert_int_equal(session->wall.channel, NODE);
    assert_int_equal(session->wall.covered_ns, 0);
    assert_int_equal(session_wall_beside_uj(session), 0);
    jb_session_destroy(session);
}

static void as_the_total_the_ledger_closes_with_the_sensors_proportions(void **state)
{
    struct jb_session *session = make("wall");
    const struct jb_record *record = run_for(session, 1300 * MS);
    const struct jb_record_channel *cpu = &record->channels[CPU], *gpu = &record->channels[GPU],
                                   *node = &record->channels[NODE];

    assert_string_equal(record->total, "wall");
    assert_true(node->in_total && !cpu->in_total && !gpu->in_total);
    assert_int_equal(cpu->parent, NODE);
    assert_int_equal(record->machine_uj, node->energy_uj);
    assert_int_equal(node->energy_uj, node->run_uj + node->idle_uj + node->others_uj + node->unattributed_uj);
    double sensors = (double)(cpu->energy_uj + gpu->energy_uj), wall = (double)node->energy_uj;
    assert_float_equal((double)node->idle_uj / wall, (double)(cpu->idle_uj + gpu->idle_uj) / sensors, 0.02);
    assert_float_equal((double)node->unattributed_uj / wall,
                       (double)(cpu->unattributed_uj + gpu->unattributed_uj) / sensors, 0.02);
    assert_true(record->footprint_uj <= record->run_uj + record->idle_uj);
    assert_float_equal(wall / 1e6, 300 * record->duration_s, 0.03 * 300 * record->duration_s);
    assert_true(record->wall.measured && record->wall.has_sensors);
    assert_float_equal((double)record->wall.sensors_uj / (double)record->wall.energy_uj, 0.5, 0.02);
    assert_string_equal(node->idle_source, "sensors");
    assert_false(jb_session_failed(session));
    jb_session_destroy(session);
}

static void without_a_meter_the_wall_as_total_is_a_failure_to_measure(void **state)
{
    struct jb_session *session = make_of("wall", "fake:watts=100:device=cpu");
    const struct jb_record *record = run_for(session, 100 * MS);

    assert_string_equal(record->total, "sensors");
    assert_true(record->machine_uj > 0 && record->channels[0].in_total);
    assert_int_equal(record->warning_count, 1);
    assert_true(jb_starts(record->warnings[0], "--total wall"));
    assert_true(jb_session_failed(session));
    jb_session_destroy(session);
}

/* Two meters of the node: one that opened and is never read yields; slow ones are compared by power. */
static void a_silent_meter_yields_to_one_that_answers(void **state)
{
    struct jb_session *session = make_of(
        "wall", "fake:watts=100:device=cpu,fake:domain=node:fault=late:at=1h,fake:domain=node:watts=300:kind=power");

    assert_int_equal(session->wall.channel, 1);
    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    tick_for(session, 100 * MS);
    session_check_twins(session, session->start_ns + 4 * S);
    assert_int_equal(session->wall.channel, 1); /* it may be slow */
    session_check_twins(session, session->start_ns + 6 * S);
    assert_int_equal(session->wall.channel, 2);
    assert_string_equal(session->record.warnings[0], "node/fake: does not answer; node/fake stands for it");
    tick_for(session, 100 * MS);
    assert_true(session->wall.total && session->nodes[2].in_total);
    jb_session_destroy(session);
}

static void slow_meters_are_compared_by_their_powers(void **state)
{
    struct jb_session *session =
        make_of("sensors", "fake:domain=node:watts=300:kind=power,fake:domain=node:watts=300:kind=power");
    struct jb_account *a = &session->channels[0].account, *b = &session->channels[1].account;

    session->started = true;
    session->start_ns = 100 * S;
    a->last_ns = b->last_ns = 100 * S;
    session_check_twins(session, 100 * S);
    b->covered_ns = 30 * S; /* the one is read each minute */
    b->energy_uj = 9000000000;
    session_check_twins(session, 130 * S);
    assert_int_equal(session->record.warning_count, 0);
    a->covered_ns = 20 * S;
    a->energy_uj = 6000000000;
    session_check_twins(session, 131 * S);
    assert_int_equal(session->record.warning_count, 0);
    assert_int_equal(session->wall.channel, 0);
    a->covered_ns = 60 * S;
    a->energy_uj = 30000000000;
    b->covered_ns = 60 * S;
    b->energy_uj = 18000000000;
    session_check_twins(session, 160 * S);
    assert_int_equal(session->record.warning_count, 1); /* 500 W and 300 W */
    assert_false(session->nodes[0].rejected);
    jb_session_destroy(session);
}

static void the_leaves_are_told_in_order_and_without_the_meter(void **state)
{
    struct jb_session *session = make("sensors");
    char *leaves = jb_session_leaves(session);

    assert_string_equal(leaves, "cpu/0/fake\ngpu/1/fake");
    free(leaves);
    jb_session_destroy(session);
    session = make_of("sensors", "fake:domain=node");
    leaves = jb_session_leaves(session);
    assert_string_equal(leaves, "");
    free(leaves);
    jb_session_destroy(session);
}

static uint64_t cpu_ns(void)
{
    struct timespec used;

    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
    return (uint64_t)used.tv_sec * S + (uint64_t)used.tv_nsec;
}

static void a_load_burns_until_it_is_stopped(void **state)
{
    const double loads[] = {0.3, 1, 7};
    struct jb_burn *burn;

    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
        uint64_t before_ns = cpu_ns();
        assert_int_equal(jb_burn_start(loads[i], &burn), 0);
        while (cpu_ns() - before_ns < 30 * MS) {
            poll(NULL, 0, 5);
        }
        jb_burn_stop(burn);
        uint64_t after_ns = cpu_ns();
        poll(NULL, 0, 50);
        assert_true(cpu_ns() - after_ns < 30 * MS);
    }
    assert_int_equal(jb_burn_start(0, &burn), 0);
    jb_burn_stop(burn);
    assert_int_equal(jb_burn_start(-1, &burn), 0);
    jb_burn_stop(burn);
    jb_burn_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sensors_are_held_against_the_very_time_that_the_meter_covers),
        cmocka_unit_test(what_was_not_read_is_put_in_by_the_ratio_and_doubted_by_the_time),
        cmocka_unit_test(the_ratio_of_a_moment_puts_nothing_in),
        cmocka_unit_test(the_trail_begins_with_the_run),
        cmocka_unit_test(an_entry_counts_only_within_the_run),
        cmocka_unit_test(a_meter_that_comes_back_after_long_is_held_against_what_is_known),
        cmocka_unit_test(a_better_meter_that_opens_late_begins_anew),
        cmocka_unit_test(as_the_total_the_ledger_closes_with_the_sensors_proportions),
        cmocka_unit_test(without_a_meter_the_wall_as_total_is_a_failure_to_measure),
        cmocka_unit_test(a_silent_meter_yields_to_one_that_answers),
        cmocka_unit_test(slow_meters_are_compared_by_their_powers),
        cmocka_unit_test(the_leaves_are_told_in_order_and_without_the_meter),
        cmocka_unit_test(a_load_burns_until_it_is_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
