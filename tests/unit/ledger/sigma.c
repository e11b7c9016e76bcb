/* SPDX-License-Identifier: Apache-2.0 */
/* How far a total may be off: each term of jb_account_sigma_uj() alone, then together. */
#include "account_help.h"

#include <math.h>

/* 10 s at 10 W, looked at and moving every 100 ms. */
static void run_ten_seconds(struct jb_account *account, const struct jb_channel *channel)
{
    struct jb_entry entry;

    jb_account_init(account, channel);
    for (uint64_t i = 0; i <= 100; i++) {
        (void)post(account, S + i * 100 * MS, i * W, &entry);
    }
}

static void assert_near(double value, double wanted)
{
    if (fabs(value - wanted) > 1e-9 * fabs(wanted)) {
        fail_msg("%.12g is not %.12g", value, wanted);
    }
}

static void nothing_booked_has_no_error(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.rel_error = 0.1;
    jb_account_init(&account, &channel);
    (void)post(&account, S, 5, &entry);
    assert_true(jb_account_sigma_uj(&account) == 0);
}

static void the_relative_error_is_on_the_whole(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;

    channel.rel_error = 0.05;
    channel.refresh_ns = 1; /* ends that do not count */
    run_ten_seconds(&account, &channel);
    assert_near(jb_account_sigma_uj(&account), 0.05 * 100e6);
}

static void both_ends_count_half_an_update_period(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;

    channel.refresh_ns = 20 * MS; /* finer than we looked: believed, because it had moved at every look */
    run_ten_seconds(&account, &channel);
    assert_near(jb_account_sigma_uj(&account), sqrt(2) * 10e6 * 0.010);
    channel.refresh_ns = 0; /* nothing documented: what was learned */
    run_ten_seconds(&account, &channel);
    assert_near(jb_account_sigma_uj(&account), sqrt(2) * 10e6 * 0.050);
}

static void a_period_that_was_seen_beats_the_documented_one(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.refresh_ns = 20 * MS;
    jb_account_init(&account, &channel);
    for (uint64_t i = 0; i <= 1000; i++) { /* looked at every 10 ms, moves every 100 ms */
        (void)post(&account, i * 10 * MS, i / 10 * W, &entry);
    }
    assert_near(jb_account_sigma_uj(&account), sqrt(2) * 10e6 * 0.050);
}

static void a_window_longer_than_the_period_counts_instead(void **state)
{
    struct jb_channel channel = plain_power();
    struct jb_account account;
    struct jb_entry entry;

    channel.window_ns = S;
    channel.refresh_ns = 100 * MS;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 10 * W, &entry);
    (void)post(&account, 10 * S, 10 * W, &entry);
    assert_near(jb_account_sigma_uj(&account), sqrt(2) * 10e6 * 0.5);
}

static void gaps_count_at_mean_power(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.refresh_ns = 1;
    run_ten_seconds(&account, &channel);
    jb_account_suspend(&account);
    (void)post(&account, 14 * S, 300 * W, &entry); /* 3 s after the last */
    assert_int_equal(account.gap_ns, 3 * S);
    assert_near(jb_account_sigma_uj(&account), 30e6);
}

static void only_the_outer_edges_count(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post_wide(&account, 0, 60 * MS, 0, &entry);
    (void)post_wide(&account, 2 * S, 8 * S, 50 * W, &entry); /* a call that hung in mid-run */
    (void)post_wide(&account, 10 * S - 10 * MS, 10 * S + 70 * MS, 100 * W, &entry);
    assert_int_equal(account.max_edge_ns, 3 * S);
    assert_near(jb_account_sigma_uj(&account), 10e6 * hypot(0.030, 0.040));
}

static void terms_add_in_quadrature(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.rel_error = 0.3;
    channel.refresh_ns = 1;
    run_ten_seconds(&account, &channel);
    jb_account_suspend(&account);
    (void)post(&account, 15 * S, 300 * W, &entry);
    assert_near(jb_account_sigma_uj(&account), hypot(30e6, 40e6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_booked_has_no_error),
        cmocka_unit_test(the_relative_error_is_on_the_whole),
        cmocka_unit_test(both_ends_count_half_an_update_period),
        cmocka_unit_test(a_period_that_was_seen_beats_the_documented_one),
        cmocka_unit_test(a_window_longer_than_the_period_counts_instead),
        cmocka_unit_test(gaps_count_at_mean_power),
        cmocka_unit_test(only_the_outer_edges_count),
        cmocka_unit_test(terms_add_in_quadrature),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
