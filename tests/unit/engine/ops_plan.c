/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of bursts: the budget is kept by what steps were seen to cost, whatever that is. */
#include "engine/ops_plan.h"

#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TICK_NS (10 * JB_NS_PER_MS)

/* A program whose steps take step_s and cost so much more at each level, under a plan for so long. */
struct world {
    double step_s, cost[JB_LEVEL_FULL + 1], noise;
    struct jb_ops_facts facts;
    double at_level_s[JB_LEVEL_FULL + 1], dense_s, first_dense_s;
};

static void spend(struct world *world, enum jb_level level, double seconds)
{
    struct jb_work_steps *steps = &world->facts.steps[level];
    double mean_s = world->step_s * (1 + world->cost[level]);

    world->at_level_s[level] += seconds;
    steps->total_s += seconds;
    steps->count = (uint64_t)(steps->total_s / mean_s);
    steps->mean_s = mean_s;
    steps->var_s = world->noise * world->noise * mean_s * mean_s;
}

static void live(struct world *world, enum jb_ops ops, double seconds)
{
    struct jb_ops_plan plan;
    uint64_t now_ns = 1000 * JB_NS_PER_S;

    jb_ops_plan_init(&plan, ops, now_ns, 12345);
    world->facts.telling = true;
    world->facts.step_s = world->step_s;
    world->first_dense_s = -1;
    for (uint64_t t_ns = 0; t_ns < (uint64_t)(seconds * 1e9); t_ns += TICK_NS) {
        struct jb_ops_plan before = plan;
        bool due = jb_ops_plan_due(&plan, now_ns + t_ns);
        enum jb_level level = jb_ops_plan_look(&plan, now_ns + t_ns, &world->facts);
        assert_true(due || (plan.bursting == before.bursting && plan.dense == before.dense &&
                            plan.base == before.base && plan.end_ns == before.end_ns));
        spend(world, level, (double)TICK_NS / 1e9);
        if (jb_ops_plan_dense(&plan)) {
            world->dense_s += (double)TICK_NS / 1e9;
            world->first_dense_s = world->first_dense_s < 0 ? (double)t_ns / 1e9 : world->first_dense_s;
        }
    }
}

static double slowdown(const struct world *world)
{
    double total = 0, lost = 0;

    for (int i = 0; i <= JB_LEVEL_FULL; i++) {
        total += world->at_level_s[i];
        lost += world->at_level_s[i] * world->cost[i] / (1 + world->cost[i]);
    }
    return lost / total;
}

static void auto_stays_below_one_percent_whatever_catching_costs(void **state)
{
    static const double full[] = {0.001, 0.025, 0.2, 0.36}, phases[] = {0.0005, 0.007, 0.024, 0.04};

    for (size_t i = 0; i < 4; i++) {
        struct world world = {
            .step_s = 0.01, .noise = 0.05, .cost = {[JB_LEVEL_PHASES] = phases[i], [JB_LEVEL_FULL] = full[i]}};
        live(&world, JB_OPS_AUTO, 300);
        assert_true(slowdown(&world) < 0.01);
        assert_true(world.at_level_s[JB_LEVEL_FULL] > 2);
    }
}

static void a_short_run_is_not_slowed_down_either(void **state)
{
    for (double seconds = 1; seconds < 20; seconds += 0.7) {
        struct world world = {
            .step_s = 0.0003, .noise = 0.05, .cost = {[JB_LEVEL_PHASES] = 0.04, [JB_LEVEL_FULL] = 0.36}};
        live(&world, JB_OPS_AUTO, seconds);
        assert_true(slowdown(&world) < 0.011);
    }
}

static void cheap_catching_is_used_more(void **state)
{
    struct world cheap = {.step_s = 0.01, .noise = 0.05, .cost = {[JB_LEVEL_PHASES] = 0.001, [JB_LEVEL_FULL] = 0.02}};
    struct world dear = {.step_s = 0.01, .noise = 0.05, .cost = {[JB_LEVEL_PHASES] = 0.04, [JB_LEVEL_FULL] = 0.36}};

    live(&cheap, JB_OPS_AUTO, 120);
    live(&dear, JB_OPS_AUTO, 120);
    assert_true(cheap.at_level_s[JB_LEVEL_FULL] > 4 * dear.at_level_s[JB_LEVEL_FULL]);
}

static void phases_are_heard_throughout_once_they_are_seen_to_be_cheap(void **state)
{
    struct world cheap = {.step_s = 0.01, .noise = 0.01, .cost = {[JB_LEVEL_PHASES] = 0.0005, [JB_LEVEL_FULL] = 0.02}};
    struct world dear = {.step_s = 0.01, .noise = 0.01, .cost = {[JB_LEVEL_PHASES] = 0.04, [JB_LEVEL_FULL] = 0.36}};

    live(&cheap, JB_OPS_AUTO, 120);
    live(&dear, JB_OPS_AUTO, 120);
    assert_true(cheap.at_level_s[JB_LEVEL_PHASES] > 60);
    assert_true(dear.at_level_s[JB_LEVEL_PHASES] < 5);
}

static void a_short_run_has_its_first_burst_early(void **state)
{
    struct world world = {.step_s = 0.01, .cost = {[JB_LEVEL_FULL] = 0.02}};

    live(&world, JB_OPS_AUTO, 6);
    assert_true(world.at_level_s[JB_LEVEL_FULL] >= 0.05);
    assert_true(world.first_dense_s >= 0 && world.first_dense_s < 5);
}

static void full_catches_all_and_reads_densely_for_the_promised_time(void **state)
{
    struct world world = {.step_s = 0.01, .cost = {[JB_LEVEL_FULL] = 0.02}};

    live(&world, JB_OPS_FULL, 600);
    assert_true(world.at_level_s[JB_LEVEL_FULL] > 599.9);
    assert_true(world.dense_s > 6 && world.dense_s < 1.1 * (double)JB_OPS_DENSE_NS / 1e9);
}

static void half_of_the_dense_reading_comes_early(void **state)
{
    struct world world = {.step_s = 0.01};

    live(&world, JB_OPS_FULL, 20);
    assert_true(world.dense_s > 0.4 * (double)JB_OPS_DENSE_NS / 1e9);
}

static void phases_and_off_never_read_densely(void **state)
{
    struct world phases = {.step_s = 0.01}, off = {.step_s = 0.01};

    live(&phases, JB_OPS_PHASES, 30);
    live(&off, JB_OPS_OFF, 30);
    assert_true(phases.dense_s == 0 && off.dense_s == 0);
    assert_true(phases.at_level_s[JB_LEVEL_PHASES] > 29.9);
    assert_true(off.at_level_s[JB_LEVEL_OFF] > 29.9);
}

static void nothing_is_planned_before_the_program_tells(void **state)
{
    struct jb_ops_plan plan;
    struct jb_ops_facts facts = {0};

    jb_ops_plan_init(&plan, JB_OPS_AUTO, 0, 1);
    for (uint64_t t_ns = 0; t_ns < 60 * JB_NS_PER_S; t_ns += TICK_NS) {
        assert_int_equal(jb_ops_plan_look(&plan, t_ns, &facts), JB_LEVEL_MARKS);
        assert_false(jb_ops_plan_dense(&plan));
    }
}

static void what_operators_can_cost_at_most_bounds_what_is_believed(void **state)
{
    struct jb_ops_plan plan;
    struct jb_ops_facts facts = {.telling = true, .step_s = 0.1, .ops_per_s = 4000}; /* 0.4 % */
    double full_s = 0;

    jb_ops_plan_init(&plan, JB_OPS_AUTO, 0, 7);
    for (uint64_t t_ns = 0; t_ns < 20 * JB_NS_PER_S; t_ns += TICK_NS) {
        full_s += jb_ops_plan_look(&plan, t_ns, &facts) == JB_LEVEL_FULL ? (double)TICK_NS / 1e9 : 0;
    }
    assert_true(full_s > 5);
}

static void bursts_do_not_keep_pace_with_anything(void **state)
{
    struct jb_ops_plan plan;
    struct jb_ops_facts facts = {.telling = true, .step_s = 0.01};
    double begins[64], sum = 0, squares = 0;
    int count = 0;
    bool was = false;

    jb_ops_plan_init(&plan, JB_OPS_AUTO, 0, 99);
    for (uint64_t t_ns = 0; count < 64; t_ns += TICK_NS) {
        bool now = jb_ops_plan_look(&plan, t_ns, &facts) == JB_LEVEL_FULL;
        if (now && !was) {
            begins[count++] = (double)t_ns / 1e9;
        }
        was = now;
    }
    for (int i = 1; i < 64; i++) {
        double gap = begins[i] - begins[i - 1];
        sum += gap;
        squares += gap * gap;
    }
    double mean = sum / 63, sd = sqrt(squares / 63 - mean * mean);
    assert_true(sd > 0.15 * mean);
}

static void the_slowdown_is_the_shares_times_the_costs(void **state)
{
    struct world world = {.step_s = 0.01, .noise = 0.1, .cost = {[JB_LEVEL_FULL] = 0.25}};
    double mean, sd;

    spend(&world, JB_LEVEL_MARKS, 90);
    assert_true(jb_ops_slowdown(&world.facts, &mean, &sd) && fabs(mean) < 1e-12);
    spend(&world, JB_LEVEL_FULL, 10);
    assert_true(jb_ops_slowdown(&world.facts, &mean, &sd));
    assert_true(fabs(mean - 0.1 * 0.25 / 1.25) < 1e-9);
    assert_true(sd > 0 && sd < 0.001);
}

static void a_run_caught_throughout_does_not_know_its_slowdown(void **state)
{
    struct world world = {.step_s = 0.01, .cost = {[JB_LEVEL_FULL] = 0.25}};
    double mean, sd;

    spend(&world, JB_LEVEL_FULL, 10);
    assert_false(jb_ops_slowdown(&world.facts, &mean, &sd));
    struct world phases = {.step_s = 0.01, .cost = {[JB_LEVEL_PHASES] = 0.02}};
    spend(&phases, JB_LEVEL_PHASES, 10);
    assert_false(jb_ops_slowdown(&phases.facts, &mean, &sd));
    assert_false(jb_ops_cost(&world.facts, JB_LEVEL_FULL, &mean, &sd));
}

static void words(void **state)
{
    enum jb_ops ops = JB_OPS_OFF;

    assert_int_equal(jb_ops_parse("full", &ops), 0);
    assert_int_equal(ops, JB_OPS_FULL);
    assert_int_equal(jb_ops_parse("fully", &ops), -EINVAL);
    assert_int_equal(ops, JB_OPS_FULL);
    assert_string_equal(jb_ops_name(JB_OPS_AUTO), "auto");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_stays_below_one_percent_whatever_catching_costs),
        cmocka_unit_test(a_short_run_is_not_slowed_down_either),
        cmocka_unit_test(cheap_catching_is_used_more),
        cmocka_unit_test(phases_are_heard_throughout_once_they_are_seen_to_be_cheap),
        cmocka_unit_test(a_short_run_has_its_first_burst_early),
        cmocka_unit_test(full_catches_all_and_reads_densely_for_the_promised_time),
        cmocka_unit_test(half_of_the_dense_reading_comes_early),
        cmocka_unit_test(phases_and_off_never_read_densely),
        cmocka_unit_test(nothing_is_planned_before_the_program_tells),
        cmocka_unit_test(what_operators_can_cost_at_most_bounds_what_is_believed),
        cmocka_unit_test(bursts_do_not_keep_pace_with_anything),
        cmocka_unit_test(the_slowdown_is_the_shares_times_the_costs),
        cmocka_unit_test(a_run_caught_throughout_does_not_know_its_slowdown),
        cmocka_unit_test(words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
