/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account_impl.h - between account.c, counter.c and power.c only.
 *
 * What posts a point returns what jb_account_post() does: 1 with an entry, 0 without.
 */
#ifndef JB_LEDGER_ACCOUNT_IMPL_H
#define JB_LEDGER_ACCOUNT_IMPL_H

#include "ledger/account.h"

/* A good reading, its time reduced to a mid-point and half a width. */
struct jb_point {
    uint64_t raw, t_ns, edge_ns;
};

static inline uint64_t jb_add_saturated(uint64_t a, uint64_t b)
{
    return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

static inline uint64_t jb_times_saturated(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return product > UINT64_MAX ? UINT64_MAX : (uint64_t)product;
}

/* account.c. The time up to `point` is lost and the account goes on from there; with _drop() for being implausible. */
int jb_account_gap(struct jb_account *account, const struct jb_point *point, unsigned flags);
int jb_account_drop(struct jb_account *account, const struct jb_point *point);
int jb_account_book(struct jb_account *account, const struct jb_point *point, uint64_t energy_uj, unsigned flags,
                    struct jb_entry *ret_entry);
void jb_account_learn(struct jb_account *account, uint64_t t_ns); /* raw was seen to change */
void jb_account_see_power(struct jb_account *account, uint64_t power_uw);

/* counter.c */
int jb_account_post_counter(struct jb_account *account, const struct jb_point *point, struct jb_entry *ret_entry);

/* power.c. Raw as microwatts; false when it is more than can be believed. */
bool jb_account_power(const struct jb_account *account, uint64_t raw, uint64_t *ret_uw);
int jb_account_post_power(struct jb_account *account, const struct jb_point *point, uint64_t power_uw,
                          struct jb_entry *ret_entry);

#endif
