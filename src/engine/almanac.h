/* SPDX-License-Identifier: Apache-2.0 */
/*
 * almanac.h - the past week and the next two days of a place's carbon intensity, and better prices for stored runs.
 *
 * A thread of its own: nobody who shows it waits for a network. Looks a few seconds after it began, then four times an
 * hour; once an hour those of the 64 newest runs of the last week that were priced while a provider was away, or by a
 * yearly figure, are priced anew (engine/reprice.h).
 */
#ifndef JB_ENGINE_ALMANAC_H
#define JB_ENGINE_ALMANAC_H

#include "grid/fetch.h"
#include "grid/tariff.h"

struct jb_almanac;

#define JB_ALMANAC_PAST_NS   ((int64_t)7 * 86400 * 1000000000)
#define JB_ALMANAC_FUTURE_NS ((int64_t)2 * 86400 * 1000000000)

/* `settings` and `tariff` (NULL: none) must outlive the process; the rest is copied. db_path: NULL the default place,
 * "none": no run is priced. */
int jb_almanac_start(const struct jb_grid_settings *settings, const struct jb_intensity *place,
                     const struct jb_tariff *tariff, const char *db_path, struct jb_almanac **ret);
/* What is known so far: replaces both tracks and the steps. -ENOMEM. */
int jb_almanac_take(struct jb_almanac *almanac, struct jb_track *ret_past, struct jb_track *ret_future,
                    struct jb_steps *ret_steps);
/* NULL-safe. True: a thread that hangs was left behind: leave the program by _exit() (feed.h). */
bool jb_almanac_destroy(struct jb_almanac *almanac);

#endif
