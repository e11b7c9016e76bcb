/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.h - who is asked for a place, in which order, and what was said on the way down.
 *
 * [grid] intensity ends it all: the user's own figure. Else: the user's own file; then [grid] providers in its order;
 * or, where that is not set, those with a key, then those that need none. The word "static" in the list ends it. After
 * them come the tables: the zone's year, the country's, the world's (grid.h). Each step down is kept as one line for
 * the record.
 *
 * Pure.
 */
#ifndef JB_GRID_CHAIN_H
#define JB_GRID_CHAIN_H

#include "grid/grid.h"
#include "grid/settings.h"

#define JB_MAX_STEPS 12
#define JB_STEP_TEXT 224

/* "electricitymaps: the key is not valid for IT (HTTP 403)". A text that is there already is not added again. */
struct jb_steps {
    char text[JB_MAX_STEPS][JB_STEP_TEXT];
    size_t count;
};
void jb_steps_add(struct jb_steps *steps, const char *format, ...) __attribute__((format(printf, 2, 3)));
void jb_steps_merge(struct jb_steps *steps, const struct jb_steps *from); /* add each; `steps` may be NULL as above */

struct jb_chain {
    const struct jb_provider *providers[JB_MAX_PROVIDERS];
    size_t count;
};

/* The providers of a signal that serve the place and may be asked. `ret_steps` (may be NULL) gets why there is none, or
 * why one that was named is left out ("eia: no key: set [grid] eia_token"); that nobody was named for the marginal
 * signal is not worth a step. With the world's average as place there is nobody to ask, but the user's own file is the
 * user's wherever that is. */
void jb_chain_make(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                   struct jb_chain *ret, struct jb_steps *ret_steps);

/* The question to a provider about a place, without kind and times. */
void jb_chain_ask(const struct jb_grid_settings *settings, const struct jb_intensity *place,
                  const struct jb_provider *provider, struct jb_ask *ret);

#endif
