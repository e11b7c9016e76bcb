/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix.c - the factors of the fuels, and the sum over them.
 *
 * Factors: medians of IPCC AR5 WG3 annex III table A.III.2 (2014); oil and unknown are those that Electricity Maps uses
 * (UNECE 2014 and its own), solar is the mean of its roof and field values there.
 *
 * Errors, one sigma. Table A.III.2 gives lowest and highest of the literature, which are taken as two sigmas to either
 * side: (highest - lowest) / 4, and at most the factor itself, because the ranges of hydro (1 to 2200, for reservoirs
 * that rot) and of nuclear (3.7 to 110) have long tails upwards. Coal: the table's 740 to 910 is of hard coal only;
 * with lignite it is 700 to 1400 (OpenElectricity's guide to emissions). Oil: no range there; 25 %, an engineering
 * bound for plants of 30 to 45 % efficiency. Unknown: half the way from wind to coal, an engineering bound. The fuels
 * err independently, plants of one fuel together.
 *
 * Imports: national averages of what is used and of what is generated are 13 % apart in the median of 195 countries
 * (Electricity Maps 2025 beside Ember), which is 19 % for one sigma of a normal distribution.
 */
#include "grid/providers/mix.h"

#include <math.h>
#include <stddef.h>

struct factor {
    double lifecycle, lifecycle_error;
    double direct, direct_error;
};

static const struct factor factors[JB_FUEL_COUNT] = {
    [JB_FUEL_COAL] = {820, (1400 - 700) / 4.0, 760, (1400 - 700) / 4.0},
    [JB_FUEL_GAS] = {490, (650 - 410) / 4.0, 370, (490 - 350) / 4.0},
    [JB_FUEL_OIL] = {650, 0.25 * 650, 406, 0.25 * 406},
    [JB_FUEL_BIOMASS] = {230, (420 - 130) / 4.0, 0, 0},
    [JB_FUEL_SOLAR] = {45, (180 - 18) / 4.0, 0, 0},
    [JB_FUEL_HYDRO] = {24, 24, 0, 0},
    [JB_FUEL_WIND] = {11, 11, 0, 0},
    [JB_FUEL_NUCLEAR] = {12, 12, 0, 0},
    [JB_FUEL_GEOTHERMAL] = {38, (79 - 6) / 4.0, 38, (79 - 6) / 4.0},
    [JB_FUEL_UNKNOWN] = {700, (820 - 11) / 2.0, 575, 760 / 2.0},
};

double jb_fuel_factor(enum jb_fuel fuel, bool direct)
{
    return direct ? factors[fuel].direct : factors[fuel].lifecycle;
}

void jb_mix_add(struct jb_mix *mix, enum jb_fuel fuel, double amount)
{
    if (isfinite(amount) && amount > 0) {
        mix->amount[fuel] += amount;
    }
}

bool jb_mix_intensity(const struct jb_mix *mix, bool direct, double *ret_g_per_kwh, double *ret_rel_error)
{
    double total = 0;
    for (int fuel = 0; fuel < JB_FUEL_COUNT; fuel++) {
        total += mix->amount[fuel];
    }
    if (!(total > 0) || !isfinite(total)) {
        return false;
    }
    double g_per_kwh = 0, variance = 0;
    for (int fuel = 0; fuel < JB_FUEL_COUNT; fuel++) {
        double share = mix->amount[fuel] / total;
        double error = share * (direct ? factors[fuel].direct_error : factors[fuel].lifecycle_error);
        g_per_kwh += share * jb_fuel_factor((enum jb_fuel)fuel, direct);
        variance += error * error;
    }
    *ret_g_per_kwh = g_per_kwh;
    *ret_rel_error = g_per_kwh > 0 ? hypot(sqrt(variance) / g_per_kwh, JB_MIX_IMPORTS) : JB_MIX_IMPORTS;
    return true;
}
