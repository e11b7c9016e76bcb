/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h - ask the chain about a place and a time, now, in this thread.
 *
 * What the cache knows is used first; a provider that answered for the time is not asked again. Of the providers in the
 * chain the first that has something wins; the next are asked only for time that is still not covered by anything but
 * forecasts, and not for the newest time that a provider before them will publish when its usual lag is over. A
 * provider that failed is told in the steps. Each request has 5 s, no retry; an answer over 1 MB, a
 * redirect to another server and a certificate that is not valid are refused by base/http.h, and so is, here, a key
 * that would go over plain http to anything but this machine.
 *
 * Belongs to one thread. The first request opens libcurl.
 */
#ifndef JB_GRID_FETCH_H
#define JB_GRID_FETCH_H

#include "grid/chain.h"

struct jb_fetch;

/* `settings` must outlive it; `place` is copied. */
int jb_fetch_create(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                    struct jb_fetch **ret, struct jb_diag *diag);
void jb_fetch_destroy(struct jb_fetch *fetch); /* NULL-safe */

bool jb_fetch_anybody(const struct jb_fetch *fetch); /* is there a provider to ask at all? */

enum jb_fetch_how {
    JB_FETCH_CACHED, /* only what the cache holds */
    JB_FETCH_ASK,    /* and the network, by the rules of cache.h */
};

/*
 * Put what is known of [from, to) into `track`. Past times only, `to` may be now: then the newest value counts as well
 * when it begins before `from`. Long ranges are asked piece by piece (max_span_ns). `steps` (may be NULL) gets what
 * went wrong. 0, also when not all of it could be had; -ENODATA: nothing; -ENOMEM.
 */
int jb_fetch_past(struct jb_fetch *fetch, enum jb_fetch_how how, int64_t from_ns, int64_t to_ns, struct jb_track *track,
                  struct jb_steps *steps, struct jb_diag *diag);

/* What is foretold from now to `to`, and what holds now. -ENODATA: nobody foretells this place. */
int jb_fetch_forecast(struct jb_fetch *fetch, enum jb_fetch_how how, int64_t to_ns, struct jb_track *track,
                      struct jb_steps *steps, struct jb_diag *diag);

/* When it is of use to ask again though the quarter is the same: a provider failed, or another process was asking it.
 * INT64_MAX: not. */
int64_t jb_fetch_again_ns(const struct jb_fetch *fetch);

/* The `credit` of each provider that is in the track; ends with NULL. At most `max` - 1. */
void jb_credits(const struct jb_track *track, const char **ret, size_t max);

#endif
