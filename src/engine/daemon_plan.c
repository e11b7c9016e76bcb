/* SPDX-License-Identifier: Apache-2.0 */
/* What a run will have used in all, as it projects that itself: its own word, and nothing that is booked. It tells of
 * its marginal energy; its footprint is taken to grow in the same proportion. What the whole machine uses, where its
 * emissions are of that, grows with time. */
#include "engine/daemon_impl.h"

#include "base/text.h"

#include <math.h>

static double known(double value)
{
    return value >= 0 ? value : (double)NAN;
}

static double at_least(double value, double least)
{
    return isnan(value) || value > least ? value : least; /* fmax() would take NAN for no word at all */
}

void daemon_plan_view(const struct jb_daemon *daemon, const struct peer *peer, struct jb_board_run *ret)
{
    const struct jb_link_plan *plan = &peer->plan;
    double pue = peer->hello.pue >= 1 ? peer->hello.pue : 1;
    bool machine = jb_streq(ret->basis, "machine");
    double whole = known(machine ? plan->duration_s : plan->run_uj);
    double whole_sd = known(machine ? plan->duration_sd_s : plan->run_sd_uj);
    double so_far = machine ? ret->elapsed_s : (double)ret->run_uj;

    ret->epochs_planned = ret->epoch_nth = -1;
    ret->projected_uj = ret->projected_sigma_uj = ret->projected_s = ret->projected_sigma_s = NAN;
    ret->projected_grams = ret->projected_grams_sigma = NAN;
    if (plan->planned == 0) {
        return;
    }
    ret->epochs_planned = plan->planned;
    ret->epoch_nth = plan->begun > 0 ? (int64_t)plan->begun : -1;
    double factor = so_far > 0 ? whole / so_far : (double)NAN;
    double sigma = whole > 0 ? whole_sd / whole : (double)NAN;
    double now_uj = (double)daemon_grid_basis_uj(ret->basis, ret->run_uj, ret->footprint_uj, ret->machine_uj);
    ret->projected_uj = at_least(factor * now_uj, now_uj);
    double of_sensors = now_uj > 0 ? ret->sigma_uj / now_uj : 0;
    ret->projected_sigma_uj = ret->projected_uj * hypot(sigma, of_sensors); /* what errs so far will err on */
    ret->projected_s = at_least(known(plan->duration_s), ret->elapsed_s);
    ret->projected_sigma_s = known(plan->duration_sd_s);
    ret->projected_grams =
        ret->grams + jb_grid_grams(ret->projected_uj - now_uj, session_grid_g_per_kwh(daemon->session), pue);
    ret->projected_grams_sigma =
        hypot(jb_grid_grams(ret->projected_sigma_uj, session_grid_g_per_kwh(daemon->session), pue),
              ret->projected_grams * session_grid_rel_error(daemon->session));
}
