/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One channel's book: what is common to counters (counter.c) and power (power.c): the order of time, failures, gaps,
 * and how an entry is written, as account.h states it (sensors.md 1, 4.1 and 7 say which machines made each rule
 * necessary).
 */
#include "ledger/account_impl.h"

#define MIN_STUCK_NS 2000000000u

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

void jb_account_init(struct jb_account *account, const struct jb_channel *channel)
{
    *account = (struct jb_account){
        .method = channel->method,
        .wrap = channel->wrap,
        .max_power_uw = channel->max_power_uw,
        .horizon_ns = channel->horizon_ns,
        .refresh_ns = channel->refresh_ns,
        .window_ns = channel->window_ns,
        .zero_at_reset = channel->zero_at_reset,
        .rel_error = channel->rel_error,
    };
    if (channel->unit_num != 0 && channel->unit_den != 0) { /* else it has no unit and only fails */
        uint64_t divisor = gcd(channel->unit_num, channel->unit_den);

        account->unit_num = channel->unit_num / divisor;
        account->unit_den = channel->unit_den / divisor;
    }
}

void jb_account_rebase(struct jb_account *account, const struct jb_channel *channel)
{
    struct jb_account fresh;

    jb_account_init(&fresh, channel);
    account->method = fresh.method;
    account->unit_num = fresh.unit_num;
    account->unit_den = fresh.unit_den;
    account->wrap = fresh.wrap;
    account->max_power_uw = fresh.max_power_uw;
    account->horizon_ns = fresh.horizon_ns;
    account->refresh_ns = fresh.refresh_ns;
    account->window_ns = fresh.window_ns;
    account->zero_at_reset = fresh.zero_at_reset;
    account->rel_error = fresh.rel_error;
    account->remainder = 0;
    account->changes = account->period_sum_ns = account->period_min_ns = 0;
    account->cut = account->started;
}

static void start_at(struct jb_account *account, const struct jb_point *point)
{
    account->raw = point->raw;
    account->t_ns = point->t_ns;
    account->edge_ns = point->edge_ns;
    account->entry_ns = point->t_ns;
    account->change_ns = point->t_ns;
    account->moved = false;
    account->cut = false;
}

static void remember(struct jb_account *account, unsigned flags)
{
    account->pending_flags |= flags;
    account->flags |= flags;
}

/* The time up to `point` is lost; the account goes on from there. */
int jb_account_gap(struct jb_account *account, const struct jb_point *point, unsigned flags)
{
    if (!account->pending_gap) {
        account->gaps++;
        account->pending_gap = true;
    }
    account->gap_ns += point->t_ns - account->entry_ns;
    remember(account, JB_ENTRY_GAP | flags);
    start_at(account, point);
    return 0;
}

int jb_account_drop(struct jb_account *account, const struct jb_point *point)
{
    account->implausible++;
    return jb_account_gap(account, point, JB_ENTRY_IMPLAUSIBLE);
}

int jb_account_book(struct jb_account *account, const struct jb_point *point, uint64_t energy_uj, unsigned flags,
                    struct jb_entry *ret_entry)
{
    struct jb_entry entry = {
        .t0_ns = account->entry_ns,
        .t1_ns = point->t_ns,
        .energy_uj = energy_uj,
        .flags = flags | account->pending_flags,
    };

    account->energy_uj += energy_uj;
    account->covered_ns += entry.t1_ns - entry.t0_ns;
    account->flags |= entry.flags;
    account->pending_flags = 0;
    account->pending_gap = false;
    account->entry_ns = point->t_ns;
    account->raw = point->raw;
    account->t_ns = point->t_ns;
    account->edge_ns = point->edge_ns;
    *ret_entry = entry;
    return 1;
}

/* Only from one change to the next: the time from a start to the first change is part of a period, and one that was
 * stuck does not tell how often it moves. */
void jb_account_learn(struct jb_account *account, uint64_t t_ns)
{
    uint64_t period = t_ns - account->change_ns;
    uint64_t stuck_ns = jb_times_saturated(account->refresh_ns, 10);

    if (account->moved && (period <= stuck_ns || period <= MIN_STUCK_NS)) {
        account->changes++;
        account->period_sum_ns += period;
        if (account->period_min_ns == 0 || period < account->period_min_ns) {
            account->period_min_ns = period;
        }
    }
    account->moved = true;
    account->change_ns = t_ns;
}

void jb_account_see_power(struct jb_account *account, uint64_t power_uw)
{
    if (power_uw > account->max_power_seen_uw) {
        account->max_power_seen_uw = power_uw;
    }
}

static int post_failure(struct jb_account *account, enum jb_status status)
{
    account->failures++;
    if (account->started) {
        remember(account, JB_ENTRY_FAILED);
        account->cut = account->cut || status == JB_GONE;
    }
    return 0;
}

int jb_account_post(struct jb_account *account, const struct jb_reading *reading, struct jb_entry *ret_entry)
{
    uint64_t width_ns = reading->t_after_ns - reading->t_before_ns;
    struct jb_point point = {
        .raw = reading->raw,
        .t_ns = reading->t_before_ns + width_ns / 2,
        .edge_ns = width_ns - width_ns / 2,
    };
    uint64_t power_uw = 0;

    if (reading->t_after_ns < reading->t_before_ns) {
        return post_failure(account, JB_FAILED);
    }
    if (account->started && point.t_ns <= account->t_ns) {
        return 0;
    }
    if (reading->status != JB_OK || account->unit_den == 0) {
        return post_failure(account, reading->status);
    }
    if (account->method == JB_METHOD_INTEGRATED) {
        if (!jb_account_power(account, point.raw, &power_uw)) {
            account->implausible++;
            if (account->started) {
                remember(account, JB_ENTRY_IMPLAUSIBLE);
            }
            return 0;
        }
        jb_account_see_power(account, power_uw);
    }

    account->readings++;
    account->last_ns = point.t_ns;
    if (point.edge_ns > account->max_edge_ns) {
        account->max_edge_ns = point.edge_ns;
    }
    if (!account->started) {
        account->started = true;
        account->first_ns = point.t_ns;
        account->first_edge_ns = point.edge_ns;
        start_at(account, &point);
        return 0;
    }
    if (account->cut) {
        return jb_account_gap(account, &point, 0);
    }
    if (account->method == JB_METHOD_INTEGRATED) {
        return jb_account_post_power(account, &point, power_uw, ret_entry);
    }
    return jb_account_post_counter(account, &point, ret_entry);
}

void jb_account_suspend(struct jb_account *account)
{
    if (account->started) {
        account->cut = true;
        remember(account, JB_ENTRY_SUSPEND);
    }
}

uint64_t jb_account_period_ns(const struct jb_account *account)
{
    return account->changes < 3 ? 0 : account->period_sum_ns / account->changes;
}
