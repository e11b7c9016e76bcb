/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The delta rule for cumulative counters, measured or modelled: account.h; sensors.md 1.2, 1.9, 4.1.
 *
 * Odd: products of two 64-bit numbers are everywhere (raw x unit, power x time), so the arithmetic is 128 bits wide and
 * every quotient is checked before it is narrowed. 1 uJ is 10^9 uW x ns.
 */
#include "ledger/account_impl.h"

#define NS_PER_S          1000000000u
#define BACKWARD_LIMIT_UW 10000000000u /* 10 kW: more than any one device draws */
#define UNKNOWN_PERIOD_NS 500000000u
#define UNSEEN_STEP_NS    1000000000u

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

    return jb_times_saturated(period != 0 ? period : UNKNOWN_PERIOD_NS, 2);
}

static int stand_still(struct jb_account *account, const struct jb_point *point, struct jb_entry *ret_entry)
{
    if (point->t_ns - account->change_ns <= patience_ns(account)) {
        account->t_ns = point->t_ns;
        account->edge_ns = point->edge_ns;
        return 0;
    }
    return jb_account_book(account, point, 0, JB_ENTRY_STALE, ret_entry);
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

static void see_mean_power(struct jb_account *account, unsigned __int128 energy_uj, uint64_t span_ns)
{
    unsigned __int128 power_uw = energy_uj * NS_PER_S / span_ns;

    jb_account_see_power(account, power_uw > UINT64_MAX ? UINT64_MAX : (uint64_t)power_uw);
}

int jb_account_post_counter(struct jb_account *account, const struct jb_point *point, struct jb_entry *ret_entry)
{
    uint64_t edges_ns = jb_add_saturated(point->edge_ns, account->edge_ns);
    uint64_t stood_ns = point->t_ns - account->change_ns;
    uint64_t span_ns = jb_add_saturated(jb_add_saturated(stood_ns, account->refresh_ns), edges_ns);
    uint64_t delta = 0;
    unsigned flags = 0;

    if (jb_add_saturated(point->t_ns - account->t_ns, edges_ns) > safe_distance_ns(account)) {
        return jb_account_gap(account, point, 0);
    }
    if (point->raw == account->raw) {
        return stand_still(account, point, ret_entry);
    }
    if (point->raw > account->raw) {
        /* How long it had stood when we came is not known: the first step may be worth more than we waited for it. */
        uint64_t unseen_ns = account->moved ? 0 : UNSEEN_STEP_NS;

        delta = point->raw - account->raw;
        if (!plausible(account, delta, jb_add_saturated(span_ns, unseen_ns), account->max_power_uw)) {
            return jb_account_drop(account, point);
        }
    } else {
        flags = step_back(account, point->raw, span_ns, &delta);
        if (flags & JB_ENTRY_GAP) {
            return jb_account_gap(account, point, flags);
        }
    }

    unsigned __int128 exact = (unsigned __int128)delta * account->unit_num + account->remainder;
    unsigned __int128 energy_uj = exact / account->unit_den;

    if (energy_uj > UINT64_MAX - account->energy_uj) {
        return jb_account_drop(account, point);
    }
    account->remainder = (uint64_t)(exact % account->unit_den);
    see_mean_power(account, energy_uj, stood_ns > account->refresh_ns ? stood_ns : account->refresh_ns);
    if (flags & JB_ENTRY_RESET) {
        account->moved = false;
    }
    jb_account_learn(account, point->t_ns);
    return jb_account_book(account, point, (uint64_t)energy_uj, flags, ret_entry);
}
