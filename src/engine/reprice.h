/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reprice.h - price a run that is in the store with what is known now: history fetched after an outage, better values,
 * or another zone.
 *
 * The old price and the reason are kept in the record. Nothing of the energy changes.
 */
#ifndef JB_ENGINE_REPRICE_H
#define JB_ENGINE_REPRICE_H

#include "grid/fetch.h"
#include "grid/tariff.h"
#include "store/store.h"

struct jb_reprice_config {
    const struct jb_grid_settings *settings;
    const struct jb_tariff *tariff; /* NULL: costs stay as they are */
    const char *zone;               /* NULL: that of the run */
    enum jb_fetch_how how;
};

struct jb_reprice_result {
    bool changed;                   /* there is another price, and it was stored */
    double old_g, new_g;            /* NAN: not priced */
    double live_before, live_after; /* the part of the energy priced at values of its very hour, 0..1 */
    struct jb_steps steps;
};

/* Load, price anew and store. 0, also when nothing changed; -ENODATA: nobody can be asked about the place (the steps
 * say why); -ENOENT, -EBUSY (it is running) and other errors of the store. */
int jb_reprice(struct jb_store *store, const char *id, const struct jb_reprice_config *config,
               struct jb_reprice_result *ret, struct jb_diag *diag);

#endif
