/* SPDX-License-Identifier: Apache-2.0 */
/*
 * price.h - from joules to grams and money: the energy of each bucket times what holds in its own time.
 *
 * A bucket is the time between two marks (store.h), at most 5 minutes; buckets.h says what lies in it.
 *
 * A moment is priced by, in this order: the point of the track that holds then; a forecast for it; the last point
 * before it, if that ended at most 2 h ago (estimated, with its age, and less sure with every hour); the place's yearly
 * figure. Neighbouring stretches priced alike are one segment.
 *
 * emissions = sum of energy x intensity x PUE. Errors: those of the values of one source are taken as one and the same
 * (factors, method), so they add up; those of different sources are independent, and so is that of the energy.
 *
 * Pure but for memory.
 */
#ifndef JB_ENGINE_PRICE_H
#define JB_ENGINE_PRICE_H

#include "base/clock.h"
#include "grid/chain.h"
#include "grid/grid.h"
#include "grid/track.h"
#include "store/store.h"

#define JB_HOLD_NS (7200 * (int64_t)JB_NS_PER_S)

struct jb_pricing {
    const struct jb_marks *marks;     /* NULL: none; the run is one bucket */
    const struct jb_track *average;   /* NULL: nothing live */
    const struct jb_track *marginal;  /* NULL: the record's marginal stays as it is */
    const struct jb_track *tariff;    /* NULL: the record's cost stays as it is */
    const char *currency;             /* of the tariff; "" */
    const struct jb_intensity *table; /* the last resort */
};

/* Set emissions, intensity, segments, credits, marginal and cost of the record from its totals and channels. A record
 * in which nothing was booked is left unpriced (NAN). -ENOMEM: unpriced too. */
int jb_price(struct jb_record *record, const struct jb_pricing *pricing);

/* The place's yearly figure as the record knows it: what it was priced at where nothing better was known, else that of
 * its zone in the table, else the world's. */
void jb_price_table(const struct jb_record *record, struct jb_intensity *ret);

/* Is there a segment that the history of a provider could still make better? */
bool jb_price_provisional(const struct jb_record *record);

/* Where direct figures are wanted and a yearly one had to do: those are of the life cycle, and a step says so. */
void jb_price_say_factor(const struct jb_record *record, const struct jb_grid_settings *settings,
                         struct jb_steps *steps);

/* Put the steps in the place of the record's; without memory it has fewer. */
void jb_price_put_steps(struct jb_record *record, const struct jb_steps *steps);

/* The part of the basis energy that is priced at values of its very time, 0..1. */
double jb_price_live_share(const struct jb_record *record);

#endif
