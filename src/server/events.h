/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.h - GET api/v1/events: the board as server-sent events (HTML Living Standard, 9.2).
 *
 * The meter's thread formats a tick once for everybody into a ring (ring.h) and wakes the streams that are due; the
 * server's thread sends. A stream begins with a "hello", which differs by viewer, and gets another whenever the board's
 * layout has changed, before the first tick of the new one; ticks of another layout than the last hello's are left out.
 *
 * Nobody is waited for: the ring writes over what a slow reader has not taken, and a stream whose reader took nothing
 * for `stall_s` is closed. Where nothing has been said for `quiet_ns` (the meter stands still) a comment goes out.
 *
 * Threads: open() and the streams on the server's; create and destroy on the owner's. The lock is held for the copy of
 * a tick, and never together with the board's.
 */
#ifndef JB_SERVER_EVENTS_H
#define JB_SERVER_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/documents.h"
#include "server/library.h"

struct jb_events;

struct jb_events_config {
    const struct jb_mhd *mhd;
    struct jb_board *board;
    unsigned max_streams;
    unsigned stall_s;  /* 10 */
    uint64_t quiet_ns; /* 15 s */
};

int jb_events_create(const struct jb_events_config *config, struct jb_events **ret, struct jb_diag *diag);
/* End every stream: nobody is suspended any more, so that the library can be stopped. Before destroy. */
void jb_events_end(struct jb_events *events);
void jb_events_destroy(struct jb_events *events); /* NULL-safe; every stream has been released */

/* A response that streams, to be queued on this connection, at once; NULL: there are too many, or no memory. `last_id`:
 * the header Last-Event-ID; NULL: none. */
struct MHD_Response *jb_events_open(struct jb_events *events, struct MHD_Connection *connection,
                                    const struct jb_viewer *viewer, unsigned hz, const char *last_id);

#endif
