/* SPDX-License-Identifier: Apache-2.0 */
/*
 * providers.c - the table of providers, in the order in which they are asked.
 *
 * The user's own file, then those that measure with imports traced, then those of one country, then what is computed
 * from the mix of fuels; marginal ones are a chain of their own.
 */
#include "grid/providers/providers.h"

#include "base/text.h"

const struct jb_provider *const jb_providers[] = {
    &jb_provider_file,
    &jb_provider_electricitymaps,
    &jb_provider_co2signal,
    &jb_provider_ukgrid,
    &jb_provider_energinet,
    &jb_provider_rte,
    &jb_provider_energycharts,
    &jb_provider_entsoe,
    &jb_provider_openelectricity,
    &jb_provider_eia,
    &jb_provider_elexon,
    &jb_provider_watttime,
    NULL,
};

const struct jb_provider *jb_provider_find(const char *name)
{
    for (size_t i = 0; jb_providers[i] != NULL; i++) {
        if (jb_streq(jb_providers[i]->name, name)) {
            return jb_providers[i];
        }
    }
    return NULL;
}
