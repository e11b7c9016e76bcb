/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holding a context costs: told from seconds at rest, part of the run's joules, and unknown when it is.
 */
#include "test.h"

#include "engine/context.h"

#include <math.h>

#define S    1000000000u
#define OURS 11

static bool is_ours(const void *of, int32_t pid)
{
    (void)of;
    return pid == OURS;
}

static const struct jb_idle idle = {.idle_uw = 20000000, .sigma_uw = 1000000, .source = "calibrated"};

/* A second in which the device drew so many watts, with at most two users. */
static void second(struct jb_gpu_context *context, unsigned watts, int32_t pid, int busy, int32_t other, int other_busy)
{
    const struct jb_gpu_use uses[3] = {
        {.channel = 0, .pid = pid, .utilisation_known = busy >= 0, .busy_ppm = busy > 0 ? (uint32_t)busy : 0},
        {.channel = 7, .pid = OURS, .utilisation_known = true, .busy_ppm = 900000}, /* another device */
        {.channel = 0,
         .pid = other,
         .utilisation_known = other_busy >= 0,
         .busy_ppm = other_busy > 0 ? (uint32_t)other_busy : 0},
    };
    jb_context_add(context, true, uses, other ? 3 : 2, 0, is_ours, NULL, (uint64_t)watts * 1000000, S);
}

static double tax_j(const struct jb_gpu_context *context, const struct jb_idle *of, uint64_t run_uj, double *ret_w)
{
    double joules = 0;
    jb_context_tax(context, of, run_uj, ret_w, &joules);
    return joules;
}

static void the_lowest_second_at_rest_less_idle_is_the_tax(void **state)
{
    (void)state;
    struct jb_gpu_context context = {0};
    double watts = 0;
    second(&context, 300, OURS, 900000, 0, 0);
    second(&context, 120, OURS, 0, 0, 0); /* still falling */
    second(&context, 55, OURS, 0, 0, 0);
    second(&context, 52, OURS, 0, 0, 0);
    second(&context, 54, OURS, 0, 0, 0);
    second(&context, 300, OURS, 900000, 0, 0);
    assert_true(tax_j(&context, &idle, 1000000000, &watts) == 32.0 * 6); /* of all the time that it was held */
    assert_true(watts == 32.0);
}

static void it_is_never_more_than_what_is_the_runs(void **state)
{
    (void)state;
    struct jb_gpu_context context = {0};
    double watts = 0;
    for (int i = 0; i < 10; i++) {
        second(&context, 52, OURS, 0, 0, 0);
    }
    assert_true(tax_j(&context, &idle, 5000000, &watts) == 5.0);
    assert_true(watts == 32.0);
}

static void without_a_second_at_rest_it_is_not_known(void **state)
{
    (void)state;
    double watts = 0;
    struct jb_gpu_context busy = {0}, untold = {0}, unseen = {0}, neighbour = {0}, late = {0};
    for (int i = 0; i < 5; i++) {
        second(&busy, 52, OURS, 10000, 0, 0);
        second(&untold, 52, OURS, -1, 0, 0);
        second(&unseen, 52, OURS, 0, 0, -1); /* other 0: not listed */
        second(&neighbour, 52, OURS, 0, 12, 500000);
        second(&late, 52, OURS, i % 2 ? 0 : 10000, 0, 0); /* never twice at rest */
    }
    assert_true(isnan(tax_j(&busy, &idle, 1000000000, &watts)) && isnan(watts));
    assert_true(isnan(tax_j(&untold, &idle, 1000000000, &watts)));
    assert_false(isnan(tax_j(&unseen, &idle, 1000000000, &watts)));
    assert_true(isnan(tax_j(&neighbour, &idle, 1000000000, &watts)));
    assert_true(isnan(tax_j(&late, &idle, 1000000000, &watts)));
}

static void what_others_hold_is_not_the_runs(void **state)
{
    (void)state;
    struct jb_gpu_context context = {0};
    double watts = 0;
    for (int i = 0; i < 5; i++) {
        second(&context, 52, 12, 0, 0, 0);
    }
    assert_int_equal(context.held_ns, 0);
    assert_true(isnan(tax_j(&context, &idle, 1000000000, &watts)));
    jb_context_add(&context, false, NULL, 0, 0, is_ours, NULL, 52000000, S); /* nobody can tell */
    assert_int_equal(context.held_ns, 0);
}

static void a_difference_within_the_doubt_about_idle_is_not_known(void **state)
{
    (void)state;
    struct jb_gpu_context context = {0};
    double watts = 0;
    const struct jb_idle table = {.idle_uw = 45000000, .sigma_uw = 13500000, .source = "model"},
                         none = {.source = "none"};
    for (int i = 0; i < 3; i++) {
        second(&context, 52, OURS, 0, 0, 0);
    }
    assert_true(isnan(tax_j(&context, &table, 1000000000, &watts)));
    assert_true(isnan(tax_j(&context, &none, 1000000000, &watts)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lowest_second_at_rest_less_idle_is_the_tax),
        cmocka_unit_test(it_is_never_more_than_what_is_the_runs),
        cmocka_unit_test(without_a_second_at_rest_it_is_not_known),
        cmocka_unit_test(what_others_hold_is_not_the_runs),
        cmocka_unit_test(a_difference_within_the_doubt_about_idle_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
