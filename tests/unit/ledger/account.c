/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of ledger/account.h for counters and for all channels, one test a rule. Power is in power.c. */
#include "account_help.h"

#include <string.h>

static void the_first_reading_books_nothing(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry = {.energy_uj = 77};

    jb_account_init(&account, &channel);
    assert_int_equal(post(&account, 5 * S, 1000, &entry), 0);
    assert_int_equal(entry.energy_uj, 77);
    assert_int_equal(account.first_ns, 5 * S);
    assert_int_equal(account.readings, 1);
    assert_int_equal(account.covered_ns, 0);
}

static void a_step_forward_is_booked_between_the_mid_points(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    assert_int_equal(post_wide(&account, 1000, 1100, 50, &entry), 0);
    assert_int_equal(post_wide(&account, 2000, 2031, 80, &entry), 1);
    assert_entry(&entry, 1050, 2015, 30, 0);
    assert_int_equal(account.max_edge_ns, 50);
    assert_int_equal(account.energy_uj, 30);
    assert_int_equal(account.covered_ns, 965);
    assert_int_equal(account.last_ns, 2015);
}

static void time_zero_is_a_time_like_any(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    assert_int_equal(post(&account, 0, 10, &entry), 0);
    assert_int_equal(post(&account, 1, 11, &entry), 1);
    assert_entry(&entry, 0, 1, 1, 0);
}

static void remainders_are_carried_so_that_the_sum_is_exact(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;
    uint64_t sum = 0;

    channel.unit_num = 1;
    channel.unit_den = 3;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    for (uint64_t i = 1; i <= 300; i++) {
        assert_int_equal(post(&account, i * MS, i, &entry), 1);
        sum += entry.energy_uj;
        assert_int_equal(sum, i / 3);
    }
}

static void the_perf_unit_is_reduced_and_exact_up_to_the_top_of_64_bits(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.unit_num = 1000000;
    channel.unit_den = 1ull << 32;
    jb_account_init(&account, &channel);
    assert_int_equal(account.unit_num, 15625);
    assert_int_equal(account.unit_den, 1 << 26);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post(&account, S, 1ull << 32, &entry), 1);
    assert_int_equal(entry.energy_uj, 1000000);
    assert_int_equal(post(&account, 2 * S, UINT64_MAX, &entry), 1);
    /* (2^64 - 1) * 15625 / 2^26 = 2^38 * 15625 - 15625 / 2^26 */
    assert_int_equal(account.energy_uj, (1ull << 38) * 15625 - 1);
}

static void huge_units_do_not_overflow(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.unit_num = UINT64_MAX - 1;
    channel.unit_den = UINT64_MAX;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post(&account, S, UINT64_MAX, &entry), 1);
    assert_int_equal(entry.energy_uj, UINT64_MAX - 1);

    channel.unit_den = 1;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post(&account, S, 3, &entry), 0); /* more microjoules than can be written down */
    assert_int_equal(account.implausible, 1);
    assert_int_equal(account.energy_uj, 0);
}

static void a_total_that_would_overflow_is_not_booked(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post(&account, S, UINT64_MAX - 5, &entry), 1);
    account.raw = 0; /* as if a driver had gone back without a trace */
    assert_int_equal(post(&account, 2 * S, 6, &entry), 0);
    assert_int_equal(account.energy_uj, UINT64_MAX - 5);
    assert_int_equal(account.implausible, 1);
}

static void a_channel_without_a_unit_only_fails(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    for (int i = 0; i < 2; i++) {
        channel.unit_num = i ? 0 : 1;
        channel.unit_den = i ? 1 : 0;
        jb_account_init(&account, &channel);
        assert_int_equal(post(&account, 0, 0, &entry), 0);
        assert_int_equal(post(&account, S, 5, &entry), 0);
        assert_int_equal(account.failures, 2);
        assert_int_equal(account.readings, 0);
    }
}

/* A counter that moves once a second gives a second's worth, however shortly before that we came. */
static void the_first_step_may_have_begun_before_we_came(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.max_power_uw = 100 * W;
    jb_account_init(&account, &channel);
    (void)post(&account, 1 * S, 0, &entry);
    assert_int_equal(post(&account, 1 * S + S / 10, 90 * W, &entry), 1); /* 90 J after 0.1 s */
    assert_int_equal(entry.energy_uj, 90 * W);
    assert_int_equal(post(&account, 1 * S + S / 5, 180 * W, &entry), 0); /* now it was seen to move */
    assert_int_equal(account.implausible, 1);

    jb_account_init(&account, &channel);
    (void)post(&account, 1 * S, 0, &entry);
    assert_int_equal(post(&account, 1 * S + S / 10, 120 * W, &entry), 0); /* more than 1.1 s can give */
    assert_int_equal(account.implausible, 1);
}

static void a_delta_beyond_max_power_is_dropped_and_the_account_goes_on(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.max_power_uw = 100 * W;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post(&account, S, 100 * W, &entry), 1); /* the limit itself is believed */
    assert_int_equal(post(&account, 2 * S, 200 * W + 1, &entry), 0);
    assert_int_equal(post(&account, 3 * S, 230 * W, &entry), 1);
    assert_entry(&entry, 2 * S, 3 * S, 30 * W - 1, JB_ENTRY_GAP | JB_ENTRY_IMPLAUSIBLE);
    assert_int_equal(account.implausible, 1);
    assert_int_equal(account.gaps, 1);
    assert_int_equal(account.gap_ns, S);
    assert_time_closes(&account);
}

static void a_whole_update_step_is_plausible_however_short_the_time(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.max_power_uw = 300 * W;
    channel.refresh_ns = 100 * MS;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post(&account, 1 * MS, 30 * W, &entry), 1);            /* 30 J: 300 W x 100 ms, seen within 1 ms */
    assert_int_equal(post(&account, 2 * MS, 30 * W + 30300001, &entry), 0); /* 300 W x 101 ms and 1 uJ */
    assert_int_equal(account.implausible, 1);
}

static void the_time_a_counter_stood_still_counts_for_its_step(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.max_power_uw = 100 * W;
    channel.refresh_ns = 10 * MS;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    for (uint64_t t = 100; t < 1000; t += 100) {
        (void)post(&account, t * MS, 0, &entry);
    }
    assert_int_equal(post(&account, S, 90 * W, &entry), 1); /* a driver that was stuck for a second */
    assert_int_equal(entry.energy_uj, 90 * W);
    assert_int_equal(account.implausible, 0);
}

static void the_width_of_a_reading_counts_for_plausibility(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.max_power_uw = 100 * W;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    /* A call that hung for 2 s may have looked at its very end: mid-point 1 s, 2 s of energy. */
    assert_int_equal(post_wide(&account, 0, 2 * S, 200 * W, &entry), 1);
    assert_entry(&entry, 0, S, 200 * W, 0);
}

static void a_wrap_is_booked_at_every_width(void **state)
{
    for (unsigned bits = 8; bits < 64; bits++) {
        struct jb_channel channel = plain_counter();
        struct jb_account account;
        struct jb_entry entry;

        channel.wrap = 1ull << bits;
        channel.max_power_uw = 200; /* uW: small enough for 8 bits of microjoules */
        jb_account_init(&account, &channel);
        (void)post(&account, 0, channel.wrap - 7, &entry);
        assert_int_equal(post(&account, S, 5, &entry), 1);
        assert_entry(&entry, 0, S, 12, JB_ENTRY_WRAPPED);
        assert_int_equal(account.wraps, 1);
        assert_int_equal(account.resets, 0);
    }
}

static void ranges_that_are_no_power_of_two_wrap_too(void **state)
{
    static const uint64_t wraps[] = {262143328851ull, 3, UINT64_MAX};

    for (size_t i = 0; i < sizeof(wraps) / sizeof(wraps[0]); i++) {
        struct jb_channel channel = plain_counter();
        struct jb_account account;
        struct jb_entry entry;

        channel.wrap = wraps[i];
        jb_account_init(&account, &channel);
        (void)post(&account, 0, wraps[i] - 1, &entry);
        assert_int_equal(post(&account, S, 0, &entry), 1);
        assert_entry(&entry, 0, S, 1, JB_ENTRY_WRAPPED);
    }
}

static void a_range_of_64_bits_is_exact_to_its_end_and_resets_there(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post(&account, 0, UINT64_MAX - 9, &entry);
    assert_int_equal(post(&account, S, UINT64_MAX, &entry), 1);
    assert_int_equal(entry.energy_uj, 9);
    assert_int_equal(post(&account, 2 * S, 4, &entry), 0);
    assert_int_equal(account.wraps, 0);
    assert_int_equal(account.resets, 1);
    assert_int_equal(post(&account, 3 * S, 10, &entry), 1);
    assert_entry(&entry, 2 * S, 3 * S, 6, JB_ENTRY_GAP | JB_ENTRY_RESET);
}

static void a_step_back_that_cannot_be_a_wrap_is_a_reset(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.wrap = 1ull << 32;
    channel.max_power_uw = 500 * W;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 2000 * W, &entry);
    assert_int_equal(post(&account, S, 3 * W, &entry), 0); /* as a wrap: 2298 W */
    assert_int_equal(account.resets, 1);
    assert_int_equal(account.wraps, 0);
    assert_int_equal(account.energy_uj, 0);
    assert_int_equal(post(&account, 2 * S, 23 * W, &entry), 1);
    assert_entry(&entry, S, 2 * S, 20 * W, JB_ENTRY_GAP | JB_ENTRY_RESET);
    assert_time_closes(&account);
}

static void a_reset_to_zero_books_what_was_counted_since(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.max_power_uw = 500 * W;
    channel.zero_at_reset = true;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 2000 * W, &entry);
    assert_int_equal(post(&account, S, 30 * W, &entry), 1);
    assert_entry(&entry, 0, S, 30 * W, JB_ENTRY_RESET);
    assert_int_equal(post(&account, 2 * S, 29 * W, &entry), 1); /* again, and again plausible */
    assert_int_equal(account.resets, 2);
    (void)post(&account, 3 * S, 500 * W, &entry);
    assert_int_equal(post(&account, 3 * S + MS, 400 * W, &entry), 0); /* 400 J within a millisecond: no */
    assert_int_equal(account.resets, 3);
    assert_int_equal(account.energy_uj, (30 + 29 + 471) * W);
}

static void without_a_known_limit_a_step_back_is_judged_against_10_kw(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.wrap = 1ull << 40;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, channel.wrap - 1, &entry);
    assert_int_equal(post(&account, S, 10000 * W - 1, &entry), 1);
    assert_int_equal(entry.flags, JB_ENTRY_WRAPPED);
    jb_account_init(&account, &channel);
    (void)post(&account, 0, channel.wrap - 1, &entry);
    assert_int_equal(post(&account, S, 10000 * W, &entry), 0);
    assert_int_equal(account.resets, 1);
}

/* Kernel, arch/x86/events/rapl.c: an increment of 2^31 hardware counts or more is taken as negative. */
static void what_the_kernel_subtracts_from_a_perf_counter_is_never_a_wrap(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;
    uint64_t raw = 1ull << 49;

    channel.unit_num = 1000000;
    channel.unit_den = 1ull << 32;
    channel.max_power_uw = 1000 * W;
    channel.horizon_ns = 60 * S;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, raw, &entry);
    assert_int_equal(post(&account, 50 * S, raw - (1ull << 47), &entry), 0); /* 2^31 counts of 2^-16 J */
    assert_int_equal(account.wraps, 0);
    assert_int_equal(account.resets, 1);
    assert_int_equal(account.energy_uj, 0);
    /* and when it was young the subtraction shows as a leap to the top of the range */
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 1000, &entry);
    assert_int_equal(post(&account, 50 * S, 1000 - (1ull << 47), &entry), 0);
    assert_int_equal(account.implausible, 1);
    assert_int_equal(account.energy_uj, 0);
}

static void a_value_outside_the_range_does_not_wrap(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.wrap = 1000;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 1000, &entry);
    assert_int_equal(post(&account, S, 2, &entry), 0);
    assert_int_equal(account.wraps, 0);
    assert_int_equal(account.resets, 1);
}

static void beyond_the_horizon_nothing_is_booked(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.horizon_ns = 10 * S;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post(&account, 10 * S, 10, &entry), 1);
    assert_int_equal(post(&account, 20 * S + 1, 20, &entry), 0);
    assert_int_equal(post(&account, 21 * S, 25, &entry), 1);
    assert_entry(&entry, 20 * S + 1, 21 * S, 5, JB_ENTRY_GAP);
    assert_int_equal(account.gaps, 1);
    assert_int_equal(account.gap_ns, 10 * S + 1);
    assert_time_closes(&account);
}

static void a_range_that_max_power_fills_sooner_is_the_horizon(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.wrap = 1000 * W;
    channel.max_power_uw = 100 * W;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post(&account, 10 * S, 100 * W, &entry), 1);
    assert_int_equal(post(&account, 20 * S + 1, 200 * W, &entry), 0); /* 1100 J would look the same */
    assert_int_equal(account.gaps, 1);
}

static void neighbouring_gaps_are_one(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.horizon_ns = S;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    (void)post(&account, 5 * S, 1, &entry);
    (void)post(&account, 9 * S, 2, &entry);
    assert_int_equal(account.gaps, 1);
    assert_int_equal(account.gap_ns, 9 * S);
    (void)post(&account, 10 * S, 3, &entry);
    (void)post(&account, 15 * S, 4, &entry);
    assert_int_equal(account.gaps, 2);
}

static void a_suspend_is_a_gap_whatever_the_counter_says(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    jb_account_suspend(&account); /* before anything was read: nothing to lose */
    assert_int_equal(account.flags, 0);
    (void)post(&account, 0, 0, &entry);
    (void)post(&account, S, 10, &entry);
    jb_account_suspend(&account);
    jb_account_suspend(&account);
    assert_int_equal(post(&account, 2 * S, 20, &entry), 0);
    assert_int_equal(post(&account, 3 * S, 30, &entry), 1);
    assert_entry(&entry, 2 * S, 3 * S, 10, JB_ENTRY_GAP | JB_ENTRY_SUSPEND);
    assert_int_equal(post(&account, 4 * S, 40, &entry), 1);
    assert_int_equal(entry.flags, 0);
    assert_int_equal(account.gaps, 1);
    assert_int_equal(account.gap_ns, S);
    assert_int_equal(account.energy_uj, 30);
}

static void the_reading_after_failures_covers_the_time_since_the_last_good_one(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post_failed(&account, 0, JB_FAILED, &entry); /* before the first good one: within no entry */
    (void)post(&account, S, 100, &entry);
    assert_int_equal(post_failed(&account, 2 * S, JB_FAILED, &entry), 0);
    assert_int_equal(post_failed(&account, 3 * S, JB_TIMEOUT, &entry), 0);
    assert_int_equal(post(&account, 4 * S, 160, &entry), 1);
    assert_entry(&entry, S, 4 * S, 60, JB_ENTRY_FAILED);
    assert_int_equal(account.failures, 3);
    assert_int_equal(post(&account, 5 * S, 170, &entry), 1);
    assert_int_equal(entry.flags, 0);
}

static void a_device_that_was_gone_comes_back_after_a_gap(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post(&account, 0, 100, &entry);
    (void)post_failed(&account, S, JB_GONE, &entry);
    assert_int_equal(post(&account, 2 * S, 160, &entry), 0);
    assert_int_equal(post(&account, 3 * S, 170, &entry), 1);
    assert_entry(&entry, 2 * S, 3 * S, 10, JB_ENTRY_GAP | JB_ENTRY_FAILED);
}

static void readings_that_are_not_later_are_ignored(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account, before;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post(&account, 5 * S, 100, &entry);
    (void)post(&account, 6 * S, 110, &entry);
    memcpy(&before, &account, sizeof(before)); /* padding included */
    assert_int_equal(post(&account, 6 * S, 110, &entry), 0);
    assert_int_equal(post(&account, 6 * S, 115, &entry), 0); /* a delta in no time */
    assert_int_equal(post(&account, 3 * S, 500, &entry), 0);
    assert_int_equal(post_failed(&account, 6 * S, JB_FAILED, &entry), 0);
    assert_memory_equal(&account, &before, sizeof(account));
    assert_int_equal(post(&account, 7 * S, 120, &entry), 1); /* nothing was lost by it */
    assert_entry(&entry, 6 * S, 7 * S, 10, 0);
}

static void a_reading_that_ends_before_it_began_is_a_failure(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post_wide(&account, 2 * S, S, 5, &entry), 0);
    assert_int_equal(account.failures, 1);
    assert_int_equal(account.readings, 1);
}

static void a_counter_that_moves_in_steps_is_booked_from_step_to_step(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.refresh_ns = 100 * MS;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    for (uint64_t t = 10; t < 100; t += 10) {
        assert_int_equal(post(&account, t * MS, 0, &entry), 0);
    }
    assert_int_equal(post(&account, 100 * MS, 30 * W, &entry), 1);
    assert_entry(&entry, 0, 100 * MS, 30 * W, 0); /* 300 W for 100 ms, not 3 kW for 10 ms */
    assert_int_equal(account.max_power_seen_uw, 300 * W);
}

static void a_counter_that_stands_too_long_is_booked_as_stale(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.refresh_ns = 100 * MS;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post(&account, 100 * MS, 0, &entry), 0);
    assert_int_equal(post(&account, 200 * MS, 0, &entry), 0);
    assert_int_equal(post(&account, 300 * MS, 0, &entry), 1);
    assert_entry(&entry, 0, 300 * MS, 0, JB_ENTRY_STALE);
    assert_int_equal(post(&account, 400 * MS, 0, &entry), 1);
    assert_entry(&entry, 300 * MS, 400 * MS, 0, JB_ENTRY_STALE);
    assert_int_equal(post(&account, 500 * MS, 5, &entry), 1);
    assert_entry(&entry, 400 * MS, 500 * MS, 5, 0);
    assert_time_closes(&account);
}

static void a_gap_swallows_the_time_that_was_not_decided_yet(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.refresh_ns = S;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 0, &entry);
    assert_int_equal(post(&account, S, 0, &entry), 0);
    jb_account_suspend(&account);
    assert_int_equal(post(&account, 3 * S, 9, &entry), 0);
    assert_int_equal(account.gap_ns, 3 * S);
    assert_time_closes(&account);
}

static void the_update_period_is_learned_from_changes(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    for (uint64_t t = 0; t <= 1000; t += 5) { /* looked at every 5 ms, moves every 20 ms */
        (void)post(&account, t * MS, t / 20, &entry);
        if (t == 60) {
            assert_int_equal(jb_account_period_ns(&account), 0); /* 3 changes make 2 periods */
        }
    }
    assert_int_equal(jb_account_period_ns(&account), 20 * MS);
    assert_int_equal(account.period_min_ns, 20 * MS);
}

static void a_period_longer_than_documented_is_learned(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.refresh_ns = 20 * MS;
    jb_account_init(&account, &channel);
    for (uint64_t t = 0; t <= 1000; t += 10) {
        (void)post(&account, t * MS, t / 100, &entry);
    }
    assert_int_equal(jb_account_period_ns(&account), 100 * MS);
    assert_int_equal(post(&account, 1100 * MS, 10, &entry), 0); /* by now this is not stale */
}

static void being_stuck_is_not_a_period(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    for (uint64_t i = 0; i <= 10; i++) {
        (void)post(&account, i * 100 * MS, i, &entry);
    }
    (void)post(&account, 3 * S + 1, 11, &entry);
    assert_int_equal(account.changes, 9);
    assert_int_equal(jb_account_period_ns(&account), 100 * MS);
}

static void a_reset_is_not_the_end_of_a_period(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.zero_at_reset = true;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 1000, &entry);
    (void)post(&account, 100 * MS, 1010, &entry);
    (void)post(&account, 200 * MS, 1020, &entry);
    assert_int_equal(account.changes, 1);
    assert_int_equal(post(&account, 230 * MS, 3, &entry), 1); /* the driver was loaded anew in between */
    assert_int_equal(account.changes, 1);
    (void)post(&account, 330 * MS, 13, &entry);
    assert_int_equal(account.changes, 2);
    assert_int_equal(account.period_sum_ns, 200 * MS);
}

static void a_modelled_channel_is_a_counter(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    channel.method = JB_METHOD_MODELLED;
    jb_account_init(&account, &channel);
    (void)post(&account, 0, 7, &entry);
    assert_int_equal(post(&account, S, 10, &entry), 1);
    assert_entry(&entry, 0, S, 3, 0);
}

static void flags_of_what_no_entry_followed_are_in_the_account(void **state)
{
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    (void)post(&account, 0, 7, &entry);
    (void)post(&account, S, 3, &entry);
    (void)post_failed(&account, 2 * S, JB_GONE, &entry);
    assert_int_equal(account.flags, JB_ENTRY_RESET | JB_ENTRY_GAP | JB_ENTRY_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_reading_books_nothing),
        cmocka_unit_test(a_step_forward_is_booked_between_the_mid_points),
        cmocka_unit_test(time_zero_is_a_time_like_any),
        cmocka_unit_test(remainders_are_carried_so_that_the_sum_is_exact),
        cmocka_unit_test(the_perf_unit_is_reduced_and_exact_up_to_the_top_of_64_bits),
        cmocka_unit_test(huge_units_do_not_overflow),
        cmocka_unit_test(a_total_that_would_overflow_is_not_booked),
        cmocka_unit_test(a_channel_without_a_unit_only_fails),
        cmocka_unit_test(the_first_step_may_have_begun_before_we_came),
        cmocka_unit_test(a_delta_beyond_max_power_is_dropped_and_the_account_goes_on),
        cmocka_unit_test(a_whole_update_step_is_plausible_however_short_the_time),
        cmocka_unit_test(the_time_a_counter_stood_still_counts_for_its_step),
        cmocka_unit_test(the_width_of_a_reading_counts_for_plausibility),
        cmocka_unit_test(a_wrap_is_booked_at_every_width),
        cmocka_unit_test(ranges_that_are_no_power_of_two_wrap_too),
        cmocka_unit_test(a_range_of_64_bits_is_exact_to_its_end_and_resets_there),
        cmocka_unit_test(a_step_back_that_cannot_be_a_wrap_is_a_reset),
        cmocka_unit_test(a_reset_to_zero_books_what_was_counted_since),
        cmocka_unit_test(without_a_known_limit_a_step_back_is_judged_against_10_kw),
        cmocka_unit_test(what_the_kernel_subtracts_from_a_perf_counter_is_never_a_wrap),
        cmocka_unit_test(a_value_outside_the_range_does_not_wrap),
        cmocka_unit_test(beyond_the_horizon_nothing_is_booked),
        cmocka_unit_test(a_range_that_max_power_fills_sooner_is_the_horizon),
        cmocka_unit_test(neighbouring_gaps_are_one),
        cmocka_unit_test(a_suspend_is_a_gap_whatever_the_counter_says),
        cmocka_unit_test(the_reading_after_failures_covers_the_time_since_the_last_good_one),
        cmocka_unit_test(a_device_that_was_gone_comes_back_after_a_gap),
        cmocka_unit_test(readings_that_are_not_later_are_ignored),
        cmocka_unit_test(a_reading_that_ends_before_it_began_is_a_failure),
        cmocka_unit_test(a_counter_that_moves_in_steps_is_booked_from_step_to_step),
        cmocka_unit_test(a_counter_that_stands_too_long_is_booked_as_stale),
        cmocka_unit_test(a_gap_swallows_the_time_that_was_not_decided_yet),
        cmocka_unit_test(the_update_period_is_learned_from_changes),
        cmocka_unit_test(a_period_longer_than_documented_is_learned),
        cmocka_unit_test(being_stuck_is_not_a_period),
        cmocka_unit_test(a_reset_is_not_the_end_of_a_period),
        cmocka_unit_test(a_modelled_channel_is_a_counter),
        cmocka_unit_test(flags_of_what_no_entry_followed_are_in_the_account),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
