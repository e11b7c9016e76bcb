/* SPDX-License-Identifier: Apache-2.0 */
/* jb_account_rebase(): another way to the same device. What was booked stays, nothing of the change itself is booked.
 */
#include "account_help.h"

#include <stdbool.h>

static void the_books_stay_and_the_change_is_a_gap(void **state)
{
    struct jb_channel before = plain_counter(), after = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    after.unit_num = 1;
    after.unit_den = 4;
    after.wrap = 10000;
    after.max_power_uw = 1000; /* the range lasts for 2.5 s of it */
    after.rel_error = 0.05;
    jb_account_init(&account, &before);
    (void)post(&account, 0, 1000000, &entry);
    assert_int_equal(post(&account, 1 * S, 1000500, &entry), 1);
    jb_account_rebase(&account, &after);
    assert_int_equal(account.energy_uj, 500);
    assert_int_equal(post(&account, 3 * S, 9800, &entry),
                     0); /* a counter of its own, lower by far: no reset, no wrap */
    assert_int_equal(account.energy_uj, 500);
    assert_int_equal(account.resets + account.wraps + account.implausible, 0);
    assert_int_equal(post(&account, 4 * S, 9900, &entry), 1);
    assert_entry(&entry, 3 * S, 4 * S, 25, JB_ENTRY_GAP);
    assert_int_equal(account.gap_ns, 2 * S);
    assert_int_equal(account.gaps, 1);
    assert_int_equal(account.first_ns, 0);
    assert_time_closes(&account);
    assert_true(jb_account_sigma_uj(&account) >= 0.05 * 525);
    assert_int_equal(post(&account, 5 * S, 100, &entry), 1); /* it wraps as it says */
    assert_entry(&entry, 4 * S, 5 * S, 50, JB_ENTRY_WRAPPED);
}

static void a_counter_becomes_power_and_back(void **state)
{
    struct jb_channel counter = plain_counter(), power = plain_power();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &counter);
    (void)post(&account, 0, 0, &entry);
    (void)post(&account, 1 * S, 10, &entry);
    jb_account_rebase(&account, &power);
    assert_int_equal(post(&account, 2 * S, 5 * W, &entry), 0);
    assert_int_equal(post(&account, 2 * S + 500 * MS, 5 * W, &entry), 1);
    assert_entry(&entry, 2 * S, 2 * S + 500 * MS, 2500000, JB_ENTRY_GAP);
    jb_account_rebase(&account, &counter);
    assert_int_equal(post(&account, 3 * S, 3, &entry), 0);
    assert_int_equal(post(&account, 4 * S, 4, &entry), 1);
    assert_entry(&entry, 3 * S, 4 * S, 1, JB_ENTRY_GAP);
    assert_int_equal(account.energy_uj, 10 + 2500000 + 1);
    assert_time_closes(&account);
}

/* Nothing was read yet: then nothing is lost. */
static void before_the_first_reading_it_is_a_beginning(void **state)
{
    struct jb_channel before = plain_power(), after = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &before);
    jb_account_rebase(&account, &after);
    assert_int_equal(post(&account, 1 * S, 5, &entry), 0);
    assert_int_equal(post(&account, 2 * S, 9, &entry), 1);
    assert_entry(&entry, 1 * S, 2 * S, 4, 0);
    assert_int_equal(account.gaps, 0);
}

/* The new one's periods are its own. */
static void what_was_learned_of_updates_is_forgotten(void **state)
{
    struct jb_channel before = plain_counter(), after = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &before);
    for (uint64_t i = 0; i < 10; i++) {
        (void)post(&account, i * 100 * MS, i, &entry);
    }
    assert_int_equal(jb_account_period_ns(&account), 100 * MS);
    jb_account_rebase(&account, &after);
    assert_int_equal(jb_account_period_ns(&account), 0);
    for (uint64_t i = 0; i < 10; i++) {
        (void)post(&account, 2 * S + i * 20 * MS, i, &entry);
    }
    assert_int_equal(jb_account_period_ns(&account), 20 * MS);
}

/* Whatever is read before and after, of whatever kind: time closes, and the sum is that of the entries. */
static void any_number_of_changes_closes(void **state)
{
    uint64_t seed = 88172645463325252ull, t_ns = 0, sum_uj = 0;
    struct jb_channel channel = plain_counter();
    struct jb_account account;
    struct jb_entry entry;

    jb_account_init(&account, &channel);
    for (int i = 0; i < 20000; i++) {
        uint64_t dice = next_random(&seed) % 40;
        if (dice == 0) {
            channel = next_random(&seed) % 2 ? plain_power() : plain_counter();
            channel.unit_den = 1 + next_random(&seed) % 7;
            channel.wrap = next_random(&seed) % 2 ? 1 << 20 : 0;
            channel.max_power_uw = next_random(&seed) % 2 ? 500 * W : 0;
            jb_account_rebase(&account, &channel);
        } else if (dice == 1) {
            jb_account_suspend(&account);
        }
        t_ns += next_random(&seed) % (300 * MS);
        uint64_t raw = next_random(&seed) % (1 << 20);
        int booked = dice == 2 ? post_failed(&account, t_ns, JB_GONE, &entry) : post(&account, t_ns, raw, &entry);
        sum_uj += booked > 0 ? entry.energy_uj : 0;
        assert_int_equal(account.energy_uj, sum_uj);
        assert_time_closes(&account);
    }
    assert_true(account.gaps > 0 && sum_uj > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_books_stay_and_the_change_is_a_gap),
        cmocka_unit_test(a_counter_becomes_power_and_back),
        cmocka_unit_test(before_the_first_reading_it_is_a_beginning),
        cmocka_unit_test(what_was_learned_of_updates_is_forgotten),
        cmocka_unit_test(any_number_of_changes_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
