/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote.h - the machine's one meter, as a session sees it that is attached to it (link/link.h).
 *
 * What comes from the socket is taken one message at a time; waiting is only done for the answers to HELLO, START, STOP
 * and RECORD, each with a limit, and a tenth of a second for room to say them. One thread.
 */
#ifndef JB_ENGINE_REMOTE_H
#define JB_ENGINE_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "link/link.h"

struct jb_diag;
struct jb_remote;

/* Say who we are and wait for the list of channels, half a second at most. -ENOENT: no meter serves here; else what it
 * or the system said, with a message. */
int jb_remote_attach(const struct jb_link_hello *hello, struct jb_remote **ret, struct jb_diag *diag);
void jb_remote_destroy(struct jb_remote *remote); /* NULL-safe; the meter sees that we went */

const struct jb_link_welcome *jb_remote_welcome(const struct jb_remote *remote);
/* The latest list. */
const struct jb_link_channel_list *jb_remote_channels(const struct jb_remote *remote);

/* The next message: 1 with *ret, which is valid until the next call; 0: nothing is there yet; -EPIPE: the meter is
 * gone. A CHANNEL_LIST is in jb_remote_channels() by then; one that has lost channels is swallowed, as are messages of
 * other kinds than CHANNEL_LIST, TICK, CUT and REFUSE (after which it hangs up). `wait_ns`: how long to wait for one.
 */
int jb_remote_next(struct jb_remote *remote, uint64_t wait_ns, const struct jb_link_message **ret);

int jb_remote_start(struct jb_remote *remote);
int jb_remote_stop(struct jb_remote *remote);
void jb_remote_news(struct jb_remote *remote, const struct jb_link_news *news);
void jb_remote_plan(struct jb_remote *remote, const struct jb_link_plan *plan);
/* Give the meter the finished run, and wait for its word, two seconds at most. 0, -ETIMEDOUT, -EPIPE, or what the meter
 * said. */
int jb_remote_hand_over(struct jb_remote *remote, int descriptor, struct jb_diag *diag);

#endif
