/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunk.h - the blob that holds about one second of all channels.
 *
 * Pure: no file, no clock. Times are microseconds since the start of the run. A chunk stands alone: for each channel it
 * says when the time that its first value covers began (the anchor), so that reading may begin at any chunk.
 *
 *     byte 1         format, 1
 *     number         t0
 *     number         t1 - t0; t1 is the end of the last tick
 *     number         ticks, 1..JB_CHUNK_MAX_TICKS
 *     number         channels
 *     6 bits, Rice   how far each tick but the last ends from where equal ticks would end (zigzag)
 *     each channel:
 *       1 bit        the anchor is not t0: 1 bit "a gap lies before it", number t0 - anchor follow
 *       1 bit        every tick has a value; if not, 1 bit a tick, and for a tick without one 1 bit "gap"
 *       number       the first value, if there is one
 *       6 bits, Rice the differences to the value before (zigzag)
 *       2 bits, 3 parts   which of run, idle, others, unattributed is the rest of the sum, and the three that are not,
 * each as a part of what the ones before it left zeros          to the end of the byte
 *
 * Energies are exact microjoules. Whatever the bytes, reading ends with 0 or -EBADMSG and touches nothing outside them.
 */
#ifndef JB_STORE_CHUNK_H
#define JB_STORE_CHUNK_H

#include "store/bits.h"
#include "store/store.h"

#define JB_CHUNK_MAX_CHANNELS 1024
/* Chunks are kept under the millisecond they end in, in 38 bits: 8.7 years. */
#define JB_TIME_BITS   38
#define JB_TIME_MAX_US ((UINT64_C(1) << JB_TIME_BITS) * 1000 - 1)

struct jb_anchor {
    uint64_t t_us; /* where the time that the next value covers begins */
    bool gap;      /* the time before it is not covered */
};

/* Append the blob to `out`. tick_us: the chunk's tick times, strictly ascending from t0_us on; anchors: one a channel,
 * not after t0_us. -EINVAL when the four parts of a channel are not the sum of its values, or a count or a time is out
 * of range. */
int jb_chunk_encode(const struct jb_chunk *chunk, uint64_t t0_us, const uint64_t *tick_us,
                    const struct jb_anchor *anchors, struct jb_buf *out);

struct jb_interval {
    uint64_t t0_us, t1_us; /* t0 < t1 */
    uint64_t energy_uj, run_uj;
    size_t tick; /* the one it ends with */
    bool gap_before;
};

/* Decodes one channel after the other into itself; about 16 KiB. */
struct jb_chunk_reader {
    struct jb_bit_reader bits;
    uint64_t t0_us, t1_us;
    size_t tick_count, channel_count;
    size_t channel; /* the number of the current channel + 1; 0 before the first */
    uint64_t tick_us[JB_CHUNK_MAX_TICKS];
    /* of the current channel */
    struct jb_anchor anchor;
    uint64_t value_uj[JB_CHUNK_MAX_TICKS]; /* or JB_NO_VALUE, JB_GAP */
    uint64_t energy_uj, run_uj, idle_uj, others_uj, unattributed_uj;
    /* of the walk over its intervals */
    size_t next_tick;
    uint64_t energy_so_far_uj, run_so_far_uj;
};
int jb_chunk_read(struct jb_chunk_reader *reader, const void *data,
                  size_t size);                            /* header and times; `data` stays the caller's */
int jb_chunk_next_channel(struct jb_chunk_reader *reader); /* 1, 0 after the last, -EBADMSG */
/* The current channel's next interval; false after the last, when `anchor` is where the next chunk's begins. */
bool jb_chunk_next_interval(struct jb_chunk_reader *reader, struct jb_interval *ret);

/* value * part / whole, rounded down, exact for all 64-bit values with part <= whole, whole > 0. */
uint64_t jb_share(uint64_t value, uint64_t part, uint64_t whole);

#endif
