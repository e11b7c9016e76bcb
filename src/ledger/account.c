/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One channel's book: the delta rule for counters and the trapezoid for power, as account.h states them (sensors.md 1,
 * 4.1 and 7 say which machines made each rule necessary).
 *
 * Odd: products of two 64-bit numbers are everywhere (raw x unit, power x time), so the arithmetic is 128 bits wide and
 * every quotient is checked before it is narrowed. 1 uJ is 10^9 uW x ns.
 */
#include "ledger/account.h"

#include <string.h>

#define NS_PER_S          1000000000u
#define POWER_SCALE       2000000000u  /* the trapezoid's (p0 + p1) * dt in microjoules */
#define BACKWARD_LIMIT_UW 10000000000u /* 10 kW: more than any one device draws */
#define POWER_CEILING_UW  (1ull << 53) /* keeps (p0 + p1) * dt within 128 bits; 9 GW */
#define MIN_POWER_GAP_NS  2000000000u
#define UNKNOWN_PERIOD_NS 500000000u

/* A good reading, its time reduced to a mid-point and half a width. */
struct point {
    uint64_t raw, t_ns, edge_ns;
};

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
    return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

static uint64_t times_saturated(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return product > UINT64_MAX ? UINT64_MAX : (uint64_t)product;
}

void jb_account_init(struct jb_account *account, const struct jb_channel *channel)
{
    uint64_t divisor = gcd(channel->unit_num, channel->unit_den);

    memset(account, 0, sizeof(*account));
    account->method = channel->method;
    if (channel->unit_num != 0 && channel->unit_den != 0) {
        account->unit_num = channel->unit_num / divisor;
        account->unit_den = channel->unit_den / divisor;
    }
    account->wrap = channel->wrap;
    account->max_power_uw = channel->max_power_uw;
    account->horizon_ns = channel->horizon_ns;
    account->refresh_ns = channel->refresh_ns;
    account->window_ns = channel->window_ns;
    account->zero_at_reset = channel->zero_at_reset;
    account->rel_error = channel->rel_error;
}

static void start_at(struct jb_account *account, const struct point *point)
{
    account->raw = point->raw;
    account->t_ns = point->t_ns;
    account->edge_ns = point->edge_ns;
    account->entry_ns = point->t_ns;
    account->change_ns = point->t_ns;
    account->moved = false;
    account->stale = false;
    account->cut = false;
}

static void remember(struct jb_account *account, unsigned flags)
{
    account->pending_flags |= flags;
    account->flags |= flags;
}

/* The time up to `point` is lost; the account goes on from there. */
static int leave_gap(struct jb_account *account, const struct point *point, unsigned flags)
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

static int leave_implausible(struct jb_account *account, const struct point *point)
{
    account->implausible++;
    return leave_gap(account, point, JB_ENTRY_IMPLAUSIBLE);
}

static int book(struct jb_account *account, const struct point *point, uint64_t energy_uj, unsigned flags,
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

/* Only from one change to the next: the time from a start to the first change is part of a period, and a counter that
 * was stuck does not tell how often it moves. */
static void learn_period(struct jb_account *account, uint64_t t_ns)
{
    uint64_t period = t_ns - account->change_ns;

    if (account->moved && !account->stale) {
        account->changes++;
        account->period_sum_ns += period;
        if (account->period_min_ns == 0 || period < account->period_min_ns) {
            account->period_min_ns = period;
        }
    }
    account->moved = true;
    account->stale = false;
    account->change_ns = t_ns;
}

static void see_power(struct jb_account *account, uint64_t power_uw)
{
    if (power_uw > account->max_power_seen_uw) {
        account->max_power_seen_uw = power_uw;
    }
}

/* ---- counters ---- */

static bool plausible(const struct jb_account *account, uint64_t delta, uint64_t span_ns, uint64_t limit_uw)
{
    unsigned __int128 energy_uj = (unsigned __int128)delta * account->unit_num / account->unit_den;

    if (energy_uj > UINT64_MAX) {
        return false;
    }
    return limit_uw == 0 || energy_uj * NS_PER_S <= (unsigned __int128)limit_uw * span_ns;
}

/* A second wrap would go unseen beyond this distance. */
static uint64_t safe_distance_ns(const struct jb_account *account)
{
    uint64_t safe = account->horizon_ns != 0 ? account->horizon_ns : UINT64_MAX;

    if (account->wrap != 0 && account->max_power_uw != 0) {
        unsigned __int128 range_uj = (unsigned __int128)account->wrap * account->unit_num / account->unit_den;

        if (range_uj <= UINT64_MAX) {
            unsigned __int128 lasts_ns = range_uj * NS_PER_S / account->max_power_uw;

            safe = lasts_ns < safe ? (uint64_t)lasts_ns : safe;
        }
    }
    return safe;
}

static uint64_t patience_ns(const struct jb_account *account)
{
    uint64_t learned = jb_account_period_ns(account);
    uint64_t period = learned > account->refresh_ns ? learned : account->refresh_ns;

    return times_saturated(period != 0 ? period : UNKNOWN_PERIOD_NS, 2);
}

static int stand_still(struct jb_account *account, const struct point *point, struct jb_entry *ret_entry)
{
    if (point->t_ns - account->change_ns <= patience_ns(account)) {
        account->t_ns = point->t_ns;
        account->edge_ns = point->edge_ns;
        return 0;
    }
    account->stale = true;
    return book(account, point, 0, JB_ENTRY_STALE, ret_entry);
}

/* Stores what a step backwards is worth and returns its flag; JB_ENTRY_GAP is added when it is worth nothing. */
static unsigned step_back(struct jb_account *account, uint64_t raw, uint64_t span_ns, uint64_t *ret_delta)
{
    uint64_t limit_uw = account->max_power_uw != 0 ? account->max_power_uw : BACKWARD_LIMIT_UW;

    if (account->wrap > account->raw) {
        uint64_t delta = account->wrap - (account->raw - raw);

        if (plausible(account, delta, span_ns, limit_uw)) {
            account->wraps++;
            *ret_delta = delta;
            return JB_ENTRY_WRAPPED;
        }
    }
    account->resets++;
    if (account->zero_at_reset && plausible(account, raw, span_ns, limit_uw)) {
        *ret_delta = raw;
        return JB_ENTRY_RESET;
    }
    return JB_ENTRY_RESET | JB_ENTRY_GAP;
}

static int post_counter(struct jb_account *account, const struct point *point, struct jb_entry *ret_entry)
{
    uint64_t edges_ns = add_saturated(point->edge_ns, account->edge_ns);
    uint64_t stood_ns = point->t_ns - account->change_ns;
    uint64_t span_ns = add_saturated(add_saturated(stood_ns, account->refresh_ns), edges_ns);
    uint64_t delta = 0;
    unsigned flags = 0;

    if (add_saturated(point->t_ns - account->t_ns, edges_ns) > safe_distance_ns(account)) {
        return leave_gap(account, point, 0);
    }
    if (point->raw == account->raw) {
        return stand_still(account, point, ret_entry);
    }
    if (point->raw > account->raw) {
        delta = point->raw - account->raw;
        if (!plausible(account, delta, span_ns, account->max_power_uw)) {
            return leave_implausible(account, point);
        }
    } else {
        flags = step_back(account, point->raw, span_ns, &delta);
        if (flags & JB_ENTRY_GAP) {
            return leave_gap(account, point, flags);
        }
    }

    unsigned __int128 exact = (unsigned __int128)delta * account->unit_num + account->remainder;
    unsigned __int128 energy_uj = exact / account->unit_den;

    if (energy_uj > UINT64_MAX - account->energy_uj) {
        return leave_implausible(account, point);
    }
    account->remainder = (uint64_t)(exact % account->unit_den);
    stood_ns = stood_ns > account->refresh_ns ? stood_ns : account->refresh_ns;
    see_power(account,
              (uint64_t)(energy_uj * NS_PER_S / stood_ns > UINT64_MAX ? UINT64_MAX : energy_uj * NS_PER_S / stood_ns));
    if (flags & JB_ENTRY_RESET) {
        account->moved = false;
    }
    learn_period(account, point->t_ns);
    return book(account, point, (uint64_t)energy_uj, flags, ret_entry);
}

/* ---- power ---- */

static bool power_of(const struct jb_account *account, uint64_t raw, uint64_t *ret_uw)
{
    unsigned __int128 exact = (unsigned __int128)raw * account->unit_num + account->unit_den / 2;
    unsigned __int128 power_uw = exact / account->unit_den;
    uint64_t limit_uw = POWER_CEILING_UW;

    if (account->max_power_uw != 0 && account->max_power_uw < limit_uw) {
        limit_uw = account->max_power_uw;
    }
    if (power_uw > limit_uw) {
        return false;
    }
    *ret_uw = (uint64_t)power_uw;
    return true;
}

static int post_power(struct jb_account *account, const struct point *point, uint64_t power_uw,
                      struct jb_entry *ret_entry)
{
    uint64_t dt_ns = point->t_ns - account->t_ns;
    uint64_t period_ns = account->window_ns > account->refresh_ns ? account->window_ns : account->refresh_ns;
    uint64_t patience = times_saturated(period_ns, 10);
    uint64_t before_uw = 0;

    if (dt_ns > (patience > MIN_POWER_GAP_NS ? patience : MIN_POWER_GAP_NS)) {
        return leave_gap(account, point, 0);
    }
    (void)power_of(account, account->raw, &before_uw); /* it passed when it was posted */

    unsigned __int128 exact = (unsigned __int128)(before_uw + power_uw) * dt_ns + account->remainder;
    unsigned __int128 energy_uj = exact / POWER_SCALE;

    if (energy_uj > UINT64_MAX - account->energy_uj) {
        return leave_implausible(account, point);
    }
    account->remainder = (uint64_t)(exact % POWER_SCALE);
    if (point->raw != account->raw) {
        learn_period(account, point->t_ns);
    }
    return book(account, point, (uint64_t)energy_uj, 0, ret_entry);
}

/* ---- all ---- */

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
    struct point point = {
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
        if (!power_of(account, point.raw, &power_uw)) {
            account->implausible++;
            if (account->started) {
                remember(account, JB_ENTRY_IMPLAUSIBLE);
            }
            return 0;
        }
        see_power(account, power_uw);
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
        return leave_gap(account, &point, 0);
    }
    if (account->method == JB_METHOD_INTEGRATED) {
        return post_power(account, &point, power_uw, ret_entry);
    }
    return post_counter(account, &point, ret_entry);
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
