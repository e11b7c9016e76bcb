/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "attribution/attribution.h"

#define S 1000000000ull
#define W 1000000ull

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ull;
}

static struct jb_parts attribute(uint64_t energy_uj, uint64_t dt_ns, uint64_t idle_uw, struct jb_shares shares)
{
    struct jb_entry entry = {.t0_ns = 5 * S, .t1_ns = 5 * S + dt_ns, .energy_uj = energy_uj};
    struct jb_parts parts;

    jb_attribute(&entry, idle_uw, &shares, &parts);
    return parts;
}

static void assert_parts(struct jb_parts parts, uint64_t run, uint64_t idle, uint64_t others, uint64_t unattributed)
{
    assert_int_equal(parts.run_uj, run);
    assert_int_equal(parts.idle_uj, idle);
    assert_int_equal(parts.others_uj, others);
    assert_int_equal(parts.unattributed_uj, unattributed);
}

static void idle_comes_first_and_the_rest_by_share(void **state)
{
    struct jb_shares shares = {.known = true, .run = 6, .others = 3, .nobody = 1};

    assert_parts(attribute(100 * W, S, 20 * W, shares), 48 * W, 20 * W, 24 * W, 8 * W);
    assert_parts(attribute(100 * W, S / 2, 20 * W, shares), 54 * W, 10 * W, 27 * W, 9 * W);
}

static void idle_is_never_more_than_the_entry(void **state)
{
    struct jb_shares shares = {.known = true, .run = 1};

    assert_parts(attribute(15 * W, S, 20 * W, shares), 0, 15 * W, 0, 0);
    assert_parts(attribute(15 * W, UINT64_MAX - 5 * S, UINT64_MAX, shares), 0, 15 * W, 0, 0);
    assert_parts(attribute(0, S, 20 * W, shares), 0, 0, 0, 0);
}

static void without_idle_power_nothing_is_idle(void **state)
{
    struct jb_shares shares = {.known = true, .run = 1, .others = 1};

    assert_parts(attribute(10, S, 0, shares), 5, 0, 5, 0);
}

static void unknown_shares_leave_active_energy_unattributed(void **state)
{
    struct jb_shares shares = {.known = false, .run = 5, .others = 5};

    assert_parts(attribute(100 * W, S, 20 * W, shares), 0, 20 * W, 0, 80 * W);
}

static void nobody_seen_leaves_active_energy_unattributed(void **state)
{
    struct jb_shares shares = {.known = true};

    assert_parts(attribute(100 * W, S, 20 * W, shares), 0, 20 * W, 0, 80 * W);
}

static void an_entry_without_length_has_no_idle(void **state)
{
    struct jb_shares shares = {.known = true, .run = 1};
    struct jb_entry entry = {.t0_ns = 9, .t1_ns = 5, .energy_uj = 7};
    struct jb_parts parts;

    jb_attribute(&entry, 1000 * W, &shares, &parts);
    assert_parts(parts, 7, 0, 0, 0);
}

static void parts_always_sum_to_the_entry(void **state)
{
    for (uint64_t seed = 1; seed <= 50000; seed++) {
        uint64_t random = seed * 0x9e3779b97f4a7c15ull;
        uint64_t energy = next_random(&random) >> (next_random(&random) % 64);
        struct jb_shares shares = {
            .known = next_random(&random) % 8 != 0,
            .run = next_random(&random) >> (next_random(&random) % 64),
            .others = next_random(&random) >> (next_random(&random) % 64),
            .nobody = next_random(&random) >> (next_random(&random) % 64),
        };
        struct jb_parts parts = attribute(energy, next_random(&random) >> (8 + next_random(&random) % 50),
                                          next_random(&random) >> (next_random(&random) % 64), shares);
        if (jb_parts_total(&parts) != energy) {
            fail_msg("parts do not sum (seed %llu)", (unsigned long long)seed);
        }
    }
}

static void footprint_adds_idle_by_use(void **state)
{
    struct jb_parts half = {.run_uj = 30, .idle_uj = 100, .others_uj = 30, .unattributed_uj = 999};
    struct jb_parts alone = {.run_uj = 30, .idle_uj = 100, .unattributed_uj = 5};
    struct jb_parts nothing = {.idle_uj = 100};
    struct jb_parts foreign = {.idle_uj = 100, .others_uj = 1};

    assert_int_equal(jb_footprint_uj(&half), 80);
    assert_int_equal(jb_footprint_uj(&alone), 130);
    assert_int_equal(jb_footprint_uj(&nothing), 100); /* nothing else was active */
    assert_int_equal(jb_footprint_uj(&foreign), 0);
}

static void footprint_lies_between_run_and_run_plus_idle(void **state)
{
    for (uint64_t seed = 1; seed <= 5000; seed++) {
        uint64_t random = seed * 0x9e3779b97f4a7c15ull;
        struct jb_parts totals = {
            .run_uj = next_random(&random) >> (8 + next_random(&random) % 56),
            .idle_uj = next_random(&random) >> (8 + next_random(&random) % 56),
            .others_uj = next_random(&random) >> (8 + next_random(&random) % 56),
        };
        uint64_t whole = jb_footprint_uj(&totals);
        if (whole < totals.run_uj || whole > totals.run_uj + totals.idle_uj) {
            fail_msg("a footprint of %llu (seed %llu)", (unsigned long long)whole, (unsigned long long)seed);
        }
    }
}

static void parts_add_up_member_by_member(void **state)
{
    struct jb_parts sum = {1, 2, 3, 4}, more = {10, 20, 30, 40};

    jb_parts_add(&sum, &more);
    assert_parts(sum, 11, 22, 33, 44);
    assert_int_equal(jb_parts_total(&sum), 110);
}

static void assert_near(double value, double wanted)
{
    if (fabs(value - wanted) > 1e-9 * fabs(wanted)) {
        fail_msg("%.12g is not %.12g", value, wanted);
    }
}

static void sigma_of_the_run_is_its_part_of_the_channels_error(void **state)
{
    struct jb_parts parts = {.run_uj = 30 * W, .idle_uj = 40 * W, .others_uj = 20 * W, .unattributed_uj = 10 * W};

    assert_near(jb_run_sigma_uj(&parts, 10e6, 0, 10 * S), 3e6);
}

static void sigma_of_idle_moves_to_the_run_in_its_proportion(void **state)
{
    struct jb_parts parts = {.run_uj = 30 * W, .idle_uj = 40 * W, .others_uj = 20 * W, .unattributed_uj = 10 * W};

    /* 0.8 W for 10 s are 8 J more or less active; half of what is active is the run's */
    assert_near(jb_run_sigma_uj(&parts, 0, 0.8e6, 10 * S), 4e6);
    assert_near(jb_run_sigma_uj(&parts, 10e6, 0.8e6, 10 * S), 5e6);
}

static void a_run_without_energy_has_no_error_and_an_unknown_one_stays_unknown(void **state)
{
    struct jb_parts nothing = {.others_uj = 5}, some = {.run_uj = 5};

    assert_true(jb_run_sigma_uj(&nothing, 10, 10, S) == 0);
    assert_true(isnan(jb_run_sigma_uj(&some, NAN, 10, S)));
}

/* 0 +- 0 would say that it is known. */
static void a_run_of_nothing_is_not_known_to_be_nothing(void **state)
{
    struct jb_parts unknown = {.unattributed_uj = 3000000}, all_idle = {.idle_uj = 5000000};
    struct jb_parts of_others = {.idle_uj = 5000000, .others_uj = 1000000, .unattributed_uj = 10};

    assert_true(jb_run_sigma_uj(&unknown, 0, 0, 1000000000) > 1.5e6);
    assert_true(jb_run_sigma_uj(&unknown, 0, 0, 1000000000) < 3e6);
    assert_true(fabs(jb_run_sigma_uj(&all_idle, 0, 2e6, 1000000000) - 2e6) < 1);
    assert_true(fabs(jb_run_sigma_uj(&all_idle, 0, 9e6, 1000000000) - 5e6) < 1);
    assert_true(jb_run_sigma_uj(&of_others, 1e5, 2e6, 1000000000) == 0);
}

static void a_silent_channel_is_shared_by_the_use_of_the_machine(void **state)
{
    struct jb_parts silent = {.idle_uj = 100, .unattributed_uj = 7}, active = {.others_uj = 1, .idle_uj = 100};

    assert_true(jb_parts_silent(&silent));
    assert_false(jb_parts_silent(&active));
    assert_int_equal(jb_footprint_silent_uj(&silent, 1, 3), 25);
    assert_int_equal(jb_footprint_silent_uj(&silent, 0, 5), 0);
    assert_int_equal(jb_footprint_silent_uj(&silent, 0, 0), 100); /* nothing else ran */
}

static void what_cannot_tell_is_divided_like_what_it_contains_to_the_microjoule(void **state)
{
    struct jb_parts like = {.run_uj = 3 * W, .idle_uj = 5 * W, .others_uj = 2 * W}, parts;
    uint64_t random = 11;

    assert_true(jb_attribute_like(200 * W, &like, &parts));
    assert_parts(parts, 60 * W, 100 * W, 40 * W, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t energy_uj = next_random(&random) >> (i % 64);
        struct jb_parts any = {next_random(&random) >> (i % 61), next_random(&random) >> (i % 59),
                               next_random(&random) >> (i % 63), next_random(&random) >> (i % 53)};
        if (jb_attribute_like(energy_uj, &any, &parts)) {
            assert_int_equal(parts.run_uj + parts.idle_uj + parts.others_uj + parts.unattributed_uj, energy_uj);
        }
    }
}

static void like_nothing_is_no_answer(void **state)
{
    struct jb_parts nothing = {0}, parts = {.run_uj = 7};

    assert_false(jb_attribute_like(200 * W, &nothing, &parts));
    assert_parts(parts, 7, 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_tell_is_divided_like_what_it_contains_to_the_microjoule),
        cmocka_unit_test(like_nothing_is_no_answer),
        cmocka_unit_test(a_silent_channel_is_shared_by_the_use_of_the_machine),
        cmocka_unit_test(a_run_of_nothing_is_not_known_to_be_nothing),
        cmocka_unit_test(idle_comes_first_and_the_rest_by_share),
        cmocka_unit_test(idle_is_never_more_than_the_entry),
        cmocka_unit_test(without_idle_power_nothing_is_idle),
        cmocka_unit_test(unknown_shares_leave_active_energy_unattributed),
        cmocka_unit_test(nobody_seen_leaves_active_energy_unattributed),
        cmocka_unit_test(an_entry_without_length_has_no_idle),
        cmocka_unit_test(parts_always_sum_to_the_entry),
        cmocka_unit_test(footprint_adds_idle_by_use),
        cmocka_unit_test(footprint_lies_between_run_and_run_plus_idle),
        cmocka_unit_test(parts_add_up_member_by_member),
        cmocka_unit_test(sigma_of_the_run_is_its_part_of_the_channels_error),
        cmocka_unit_test(sigma_of_idle_moves_to_the_run_in_its_proportion),
        cmocka_unit_test(a_run_without_energy_has_no_error_and_an_unknown_one_stays_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
