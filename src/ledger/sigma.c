/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far an account's total may be off: account.h, jb_account_sigma_uj().
 *
 * Odd: the update period that counts is the hardware's. What was learned is only an upper bound of it when every look
 * found a new value (we look less often than it moves); then the documented period is the better one.
 */
#include "ledger/account.h"

#include <math.h>

static double update_period_ns(const struct jb_account *account)
{
    uint64_t learned = jb_account_period_ns(account);
    bool always_moved = account->readings - account->changes <= 2 + account->readings / 8;

    if (learned == 0) {
        return (double)account->refresh_ns;
    }
    if (account->refresh_ns != 0 && account->refresh_ns < learned && always_moved) {
        return (double)account->refresh_ns;
    }
    return (double)learned;
}

double jb_account_sigma_uj(const struct jb_account *account)
{
    if (account->covered_ns == 0) {
        return 0;
    }

    double energy_uj = (double)account->energy_uj;
    double power = energy_uj / (double)account->covered_ns; /* uJ per ns */
    double half_ns = fmax(update_period_ns(account), (double)account->window_ns) / 2;
    double sensor = account->rel_error * energy_uj;
    double ends = M_SQRT2 * power * half_ns;
    double gaps = power * (double)account->gap_ns;
    double edges = power * hypot((double)account->first_edge_ns, (double)account->edge_ns);

    return sqrt(sensor * sensor + ends * ends + gaps * gaps + edges * edges);
}
