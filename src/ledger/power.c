/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trapezoid for channels that tell power: account.h; sensors.md 4.2 for the windows.
 *
 * Odd: a power reading is the mean over the window that ends with it, yet it is put at its own time: moved back by half
 * a window, a run's last half window would be lost. The error of either is that of jb_account_sigma_uj()'s ends.
 */
#include "ledger/account_impl.h"

#define POWER_SCALE      2000000000u  /* (p0 + p1) * dt of a microjoule */
#define POWER_CEILING_UW (1ull << 53) /* keeps (p0 + p1) * dt within 128 bits; 9 GW */
#define MIN_GAP_NS       2000000000u

bool jb_account_power(const struct jb_account *account, uint64_t raw, uint64_t *ret_uw)
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

int jb_account_post_power(struct jb_account *account, const struct jb_point *point, uint64_t power_uw,
                          struct jb_entry *ret_entry)
{
    uint64_t dt_ns = point->t_ns - account->t_ns;
    uint64_t period_ns = account->window_ns > account->refresh_ns ? account->window_ns : account->refresh_ns;
    uint64_t patience = jb_times_saturated(period_ns, 10);
    uint64_t before_uw = 0;

    if (dt_ns > (patience > MIN_GAP_NS ? patience : MIN_GAP_NS)) {
        return jb_account_gap(account, point, 0);
    }
    (void)jb_account_power(account, account->raw, &before_uw); /* it passed when it was posted */

    unsigned __int128 exact = (unsigned __int128)(before_uw + power_uw) * dt_ns + account->remainder;
    unsigned __int128 energy_uj = exact / POWER_SCALE;

    if (energy_uj > UINT64_MAX - account->energy_uj) {
        return jb_account_drop(account, point);
    }
    account->remainder = (uint64_t)(exact % POWER_SCALE);
    if (point->raw != account->raw) {
        jb_account_learn(account, point->t_ns);
    }
    return jb_account_book(account, point, (uint64_t)energy_uj, 0, ret_entry);
}
