/* SPDX-License-Identifier: Apache-2.0 */
/* Short ways to make channels and readings, for the tests of the ledger. */
#ifndef JB_TEST_ACCOUNT_HELP_H
#define JB_TEST_ACCOUNT_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/account.h"

#define MS 1000000ull
#define S  (1000 * MS)
#define W  1000000ull /* microwatts, and microjoules in a joule */

/* A counter in microjoules that nothing limits. */
static inline struct jb_channel plain_counter(void)
{
    return (struct jb_channel){
        .method = JB_METHOD_COUNTER, .unit = -1, .die = -1, .parent = -1, .unit_num = 1, .unit_den = 1};
}

static inline struct jb_channel plain_power(void)
{
    struct jb_channel channel = plain_counter();

    channel.method = JB_METHOD_INTEGRATED;
    return channel;
}

static inline int post(struct jb_account *account, uint64_t t_ns, uint64_t raw, struct jb_entry *entry)
{
    struct jb_reading reading = {.status = JB_OK, .t_before_ns = t_ns, .t_after_ns = t_ns, .raw = raw};

    return jb_account_post(account, &reading, entry);
}

static inline int post_wide(struct jb_account *account, uint64_t t0_ns, uint64_t t1_ns, uint64_t raw,
                            struct jb_entry *entry)
{
    struct jb_reading reading = {.status = JB_OK, .t_before_ns = t0_ns, .t_after_ns = t1_ns, .raw = raw};

    return jb_account_post(account, &reading, entry);
}

static inline int post_failed(struct jb_account *account, uint64_t t_ns, enum jb_status status, struct jb_entry *entry)
{
    struct jb_reading reading = {.status = status, .t_before_ns = t_ns, .t_after_ns = t_ns, .raw = 12345};

    return jb_account_post(account, &reading, entry);
}

static inline void assert_entry(const struct jb_entry *entry, uint64_t t0_ns, uint64_t t1_ns, uint64_t energy_uj,
                                unsigned flags)
{
    assert_int_equal(entry->t0_ns, t0_ns);
    assert_int_equal(entry->t1_ns, t1_ns);
    assert_int_equal(entry->energy_uj, energy_uj);
    assert_int_equal(entry->flags, flags);
}

/* Time is either covered, lost, or not yet decided. */
static inline void assert_time_closes(const struct jb_account *account)
{
    assert_int_equal(account->covered_ns + account->gap_ns + (account->t_ns - account->entry_ns),
                     account->last_ns - account->first_ns);
}

static inline uint64_t next_random(uint64_t *state) /* xorshift64* */
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ull;
}

#endif
