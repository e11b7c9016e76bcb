/* SPDX-License-Identifier: Apache-2.0 */
/* The price of a run. Static intensities give one segment; live ones (grid/) several, each with its own energy. */
#include "engine/price.h"

#include "base/text.h"
#include "grid/grid.h"

#include <math.h>

static double basis_sigma_uj(const struct jb_record *record)
{
    return jb_streq(record->basis, "machine") ? record->uncertainty_uj
           : jb_streq(record->basis, "run")   ? record->run_uncertainty_uj
                                              : record->footprint_uncertainty_uj;
}

void jb_price(struct jb_record *record)
{
    double energy_uj = (double)jb_record_basis_uj(record), pue = record->pue >= 1 ? record->pue : 1;

    if (isnan(record->intensity_g_per_kwh) || record->channel_count == 0) {
        record->emissions_g = record->emissions_uncertainty_g = NAN;
        return;
    }
    record->emissions_g = jb_grid_grams(energy_uj, record->intensity_g_per_kwh, pue);
    double energy_rel = energy_uj > 0 ? basis_sigma_uj(record) / energy_uj : 0;
    record->emissions_uncertainty_g = record->emissions_g * hypot(energy_rel, record->intensity_rel_error);
}
