/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.h - the last ticks as they go over the wire, and which of them a stream is due.
 *
 * Bounded: JB_RING_TICKS of at most JB_RING_TEXT bytes each; the oldest is written over. Pure; whoever shares it locks.
 */
#ifndef JB_SERVER_RING_H
#define JB_SERVER_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JB_RING_TICKS 64
#define JB_RING_TEXT  16384 /* 256 channels and 64 runs: 256 * 9 + 64 * 160 bytes */

struct jb_tick {
    uint64_t seq, layout; /* of the board */
    uint64_t t_ns, interval_ns;
    size_t length; /* 0: it was too long, or there was no memory: skip it */
    char *text;
};
struct jb_ring {
    uint64_t count; /* ever pushed */
    char *memory;
    struct jb_tick ticks[JB_RING_TICKS];
};

int jb_ring_init(struct jb_ring *ring); /* -ENOMEM; memory that no tick has filled takes no room */
void jb_ring_finish(struct jb_ring *ring);
/* tick->text is copied. */
void jb_ring_push(struct jb_ring *ring, const struct jb_tick *tick);
/* The oldest tick that is newer than `seq`; NULL: none. */
const struct jb_tick *jb_ring_after(const struct jb_ring *ring, uint64_t seq);

/* How often a stream wants ticks. */
struct jb_pace {
    uint64_t period_ns;
    uint64_t due_ns; /* 0: at once */
};
/* Ticks come when they come: one is due when it is nearer to the time than the next one will be. */
bool jb_pace_is_due(const struct jb_pace *pace, const struct jb_tick *tick);
void jb_pace_sent(struct jb_pace *pace, const struct jb_tick *tick);

#endif
