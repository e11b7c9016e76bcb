/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of ledger/account.h for channels that tell power. */
#include "account_help.h"

static void power_is_integrated_as_a_trapezoid(void **state)
{
    struct jb_channel channel = plain_power();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    assert_int_equal(post(&account, 0, 100 * W, &entry), 0);
    assert_int_equal(post(&account, S, 200 * W, &entry), 1);
    assert_entry(&entry, 0, S, 150 * W, 0);
    assert_int_equal(post(&account, S + 500 * MS, 0, &entry), 1);
    assert_entry(&entry, S, S + 500 * MS, 50 * W, 0);
    assert_int_equal(account.max_power_seen_uw, 200 * W);
}

static void remainders_of_microwatts_times_nanoseconds_are_carried(void **state)
{
    struct jb_channel channel = plain_power();
    struct jb_account account;
    struct jb_entry entry;
    uint64_t sum = 0;

    jb_account_init(&account, &channel);
    (void)post(&account, 0, 7, &entry); /* 7 uW */
    for (uint64_t i = 1; i <= 100000; i++) {
        assert_int_equal(post(&account, i * 999983, 7, &entry), 1);
        sum += entry.energy_uj;
    }
    assert_int_equal(sum, 7ull * 100000 * 999983 / S);
}

static void fractional_units_are_rounded_to_a_microwatt(void **state)
{
    struct jb_channel channel = plain_power();
    struct jb_account account;
    struct jb_entry entry;

    channel.unit_num = 2;
    channel.unit_den = 3;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 1, &entry); /* 0.67 uW */
    (void)post(&account, S, 1, &entry);
    assert_int_equal(entry.energy_uj, 1);
    (void)post(&account, 2 * S, 2, &entry); /* 1.33 uW */
    (void)post(&account, 3 * S, 2, &entry);
    assert_int_equal(entry.energy_uj, 1);
}

static void two_readings_too_far_apart_are_a_gap(void **state)
{
    static const struct {
        uint64_t window_ns, refresh_ns, limit_ns;
    } cases[] = {
        {0, 0, 2 * S},        {25 * MS, 100 * MS, 2 * S},      {S, 100 * MS, 10 * S},
        {0, 30 * S, 300 * S}, {UINT64_MAX, 0, UINT64_MAX / 2},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct jb_channel channel = plain_power();
        struct jb_account account;
        struct jb_entry entry;

        channel.window_ns = cases[i].window_ns;
        channel.refresh_ns = cases[i].refresh_ns;
        jb_account_init(&account, &channel);
        (void)post(&account, 0, 1, &entry);
        assert_int_equal(post(&account, cases[i].limit_ns, 1, &entry), 1);
        if (cases[i].window_ns == UINT64_MAX) {
            continue; /* no distance is too far */
        }
        assert_int_equal(post(&account, 2 * cases[i].limit_ns + 1, 1, &entry), 0);
        assert_int_equal(account.gaps, 1);
        assert_int_equal(account.gap_ns, cases[i].limit_ns + 1);
        assert_int_equal(post(&account, 3 * cases[i].limit_ns, 1, &entry), 1);
        assert_int_equal(entry.flags, JB_ENTRY_GAP);
        assert_time_closes(&account);
    }
}

static void power_beyond_belief_is_thrown_away_like_a_failed_reading(void **state)
{
    struct jb_channel channel = plain_power();
    struct jb_account account;
    struct jb_entry entry;

    channel.max_power_uw = 300 * W;
    jb_account_init(&account, &channel);
    assert_int_equal(post(&account, 0, 301 * W, &entry), 0);
    assert_false(account.started);
    (void)post(&account, S, 100 * W, &entry);
    assert_int_equal(post(&account, S + 500 * MS, 65535 * W, &entry), 0);
    assert_int_equal(post(&account, 2 * S, 300 * W, &entry), 1);
    assert_entry(&entry, S, 2 * S, 200 * W, JB_ENTRY_IMPLAUSIBLE);
    assert_int_equal(account.implausible, 2);
    assert_int_equal(account.max_power_seen_uw, 300 * W);
}

static void without_a_limit_nothing_overflows(void **state)
{
    struct jb_channel channel = plain_power();
    struct jb_account account;
    struct jb_entry entry;

    channel.unit_num = UINT64_MAX;
    channel.refresh_ns = UINT64_MAX;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, UINT64_MAX, &entry);
    assert_false(account.started);
    channel.unit_num = 1;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 1ull << 53, &entry);
    assert_int_equal(post(&account, UINT64_MAX, 1ull << 53, &entry), 0); /* 5 x 10^24 uJ cannot be written down */
    assert_int_equal(account.implausible, 1);
    assert_int_equal(account.energy_uj, 0);
}

static void failures_are_bridged_when_the_good_readings_are_near(void **state)
{
    struct jb_channel channel = plain_power();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post(&account, 0, 10 * W, &entry);
    (void)post_failed(&account, S / 2, JB_FAILED, &entry);
    assert_int_equal(post(&account, S, 10 * W, &entry), 1);
    assert_entry(&entry, 0, S, 10 * W, JB_ENTRY_FAILED);
    (void)post_failed(&account, 2 * S, JB_FAILED, &entry);
    assert_int_equal(post(&account, 4 * S, 10 * W, &entry), 0);
    assert_int_equal(account.gaps, 1);
}

static void a_suspend_or_a_lost_device_is_not_bridged(void **state)
{
    struct jb_channel channel = plain_power();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post(&account, 0, 10 * W, &entry);
    jb_account_suspend(&account);
    assert_int_equal(post(&account, S, 10 * W, &entry), 0);
    (void)post_failed(&account, S + 1, JB_GONE, &entry);
    assert_int_equal(post(&account, 2 * S, 10 * W, &entry), 0);
    assert_int_equal(account.energy_uj, 0);
    assert_int_equal(account.gap_ns, 2 * S);
}

static void no_time_books_nothing(void **state)
{
    struct jb_channel channel = plain_power();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post(&account, S, 10 * W, &entry);
    assert_int_equal(post(&account, S, 20 * W, &entry), 0);
    assert_int_equal(post(&account, 2 * S, 10 * W, &entry), 1);
    assert_int_equal(entry.energy_uj, 10 * W);
}

static void equal_power_is_not_stale(void **state)
{
    struct jb_channel channel = plain_power();
    struct jb_account account;
    struct jb_entry entry;

    channel.refresh_ns = 20 * MS;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    for (uint64_t i = 1; i < 20; i++) {
        assert_int_equal(post(&account, i * 100 * MS, 0, &entry), 1);
        assert_entry(&entry, (i - 1) * 100 * MS, i * 100 * MS, 0, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_is_integrated_as_a_trapezoid),
        cmocka_unit_test(remainders_of_microwatts_times_nanoseconds_are_carried),
        cmocka_unit_test(fractional_units_are_rounded_to_a_microwatt),
        cmocka_unit_test(two_readings_too_far_apart_are_a_gap),
        cmocka_unit_test(power_beyond_belief_is_thrown_away_like_a_failed_reading),
        cmocka_unit_test(without_a_limit_nothing_overflows),
        cmocka_unit_test(failures_are_bridged_when_the_good_readings_are_near),
        cmocka_unit_test(a_suspend_or_a_lost_device_is_not_bridged),
        cmocka_unit_test(no_time_books_nothing),
        cmocka_unit_test(equal_power_is_not_stale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
