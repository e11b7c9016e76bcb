/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed.h - a lane of its own that keeps a run's intensities fresh: nothing of the network is ever in the way of
 * sampling or of the measured program.
 *
 * Looks into the cache when it starts. Asks a fifth of a second later, so that a command of a moment, whose end would
 * cut the answer off, asks nobody; then once in each quarter of an hour, a little after its beginning (spread over half
 * a minute, so that not all machines of the world ask at once). Gaps that an outage left are asked for again with the
 * next answer. Sleeps in between; costs nothing then.
 *
 * Start it when the measured program exists already: sockets of ours then cannot be inherited.
 */
#ifndef JB_GRID_FEED_H
#define JB_GRID_FEED_H

#include "grid/fetch.h"

struct jb_feed;

/* Signals are blocked in its thread. Everything is copied. -ENODATA: there is nobody to ask for this place; `steps`
 * says why. */
int jb_feed_start(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                  int64_t from_ns, struct jb_feed **ret, struct jb_steps *steps, struct jb_diag *diag);

/* What is known so far: replaces *ret. True when it has changed since the last call. -errno is not worth a word here:
 * without memory nothing has changed. */
bool jb_feed_take(struct jb_feed *feed, struct jb_track *ret);

/* The run is over: if a quarter of an hour has begun that was not asked about, ask now; wait for that or for a request
 * that is under way until the deadline (jb_mono_ns()). */
void jb_feed_finish(struct jb_feed *feed, uint64_t deadline_ns);

void jb_feed_steps(struct jb_feed *feed, struct jb_steps *ret); /* what went wrong so far */

/* Pure: when to ask after it was asked at `now`: in the next quarter of an hour plus the spread, or sooner where that
 * is of use (jb_fetch_again_ns()). */
int64_t jb_feed_due(int64_t now_ns, int64_t again_ns, int64_t spread_ns);

/* NULL-safe. Waits for the thread at most 100 ms: one that hangs is left behind and frees what is its own. True: it
 * was; then it may be inside of libcurl, whose exit handlers must not run beside it: leave the program by _exit(). */
bool jb_feed_destroy(struct jb_feed *feed);

#endif
