/* SPDX-License-Identifier: Apache-2.0 */
/*
 * providers.h - every provider there is. For providers.c and tests.
 */
#ifndef JB_GRID_PROVIDERS_PROVIDERS_H
#define JB_GRID_PROVIDERS_PROVIDERS_H

#include "grid/provider.h"

extern const struct jb_provider jb_provider_file, jb_provider_electricitymaps, jb_provider_co2signal,
    jb_provider_ukgrid, jb_provider_energinet, jb_provider_rte, jb_provider_energycharts, jb_provider_watttime,
    jb_provider_entsoe, jb_provider_elexon, jb_provider_eia, jb_provider_openelectricity;

#endif
