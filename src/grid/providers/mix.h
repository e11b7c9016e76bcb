/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix.h - from what was generated to grams per kWh: the sum of energy times factor over the sum of energy.
 *
 * Pure. Factors are those of IPCC AR5 WG3 annex III (medians) and UNECE, as Electricity Maps uses them by default;
 * "direct" ones are at the stack. A mix is what was generated in the place: imports are not in it, and it is marked as
 * estimated for that reason. Storage is left out both ways: what a battery or a pumped store gives back was counted
 * when it was generated, and counted again as hydro it would make every evening peak look clean.
 */
#ifndef JB_GRID_PROVIDERS_MIX_H
#define JB_GRID_PROVIDERS_MIX_H

#include <stdbool.h>

/* One sigma, relative, of what is used in a place beside what is generated there; its source is in mix.c. */
#define JB_MIX_IMPORTS 0.19

enum jb_fuel {
    JB_FUEL_COAL,
    JB_FUEL_GAS,
    JB_FUEL_OIL,
    JB_FUEL_BIOMASS,
    JB_FUEL_SOLAR,
    JB_FUEL_HYDRO,
    JB_FUEL_WIND,
    JB_FUEL_NUCLEAR,
    JB_FUEL_GEOTHERMAL,
    JB_FUEL_UNKNOWN,
    JB_FUEL_COUNT,
};
double jb_fuel_factor(enum jb_fuel fuel, bool direct); /* gCO2e per kWh */

struct jb_mix {
    double amount[JB_FUEL_COUNT]; /* MW or MWh, all alike */
};
void jb_mix_add(struct jb_mix *mix, enum jb_fuel fuel, double amount); /* negative and not finite ones: nothing */
/* False: nothing was generated. The error holds what is not known of the factors, the share of `unknown`, and the
 * imports. */
bool jb_mix_intensity(const struct jb_mix *mix, bool direct, double *ret_g_per_kwh, double *ret_rel_error);

#endif
