/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sum.h - the series at two coarser levels, so that drawing a day or a year costs milliseconds.
 *
 * A bin is a fixed stretch of the run (10 seconds, 10 minutes) with one sum a channel. It holds what the intervals of
 * the chunks put into that stretch, linear within an interval, so that the bins of a level add up to the chunks
 * exactly.
 *
 * The writer keeps the bin that the run's last moment lies in in memory and writes it when the run has moved on, so the
 * newest stretch of a run has no bin: readers take it from the chunks. What reaches further back (a slow sensor's value
 * covers time before) is added to the bins already written.
 *
 * The blob of a bin, as bits (bits.h): 8 bits format 1, number of channels, and for each channel the time that is not
 * covered as a part of the width; if that is not all of it, number energy, number run, number highest power in
 * microwatts, and the lowest as a part of the highest.
 */
#ifndef JB_STORE_SUM_H
#define JB_STORE_SUM_H

#include <stddef.h>
#include <stdint.h>

#include "store/chunk.h"

#define JB_SUM_LEVELS 2
extern const uint64_t jb_sum_width_us[JB_SUM_LEVELS]; /* ascending */

struct jb_sum {
    uint64_t energy_uj, run_uj, covered_us;
    uint64_t min_uw, max_uw; /* of the intervals that touch the bin; nothing when covered_us is 0 */
};

struct jb_bin {
    uint64_t index; /* which one of the run: covers [index, index + 1) * width */
    struct jb_sum *channels;
    size_t channel_count; /* JB_CHUNK_MAX_CHANNELS at most */
};
int jb_bin_reserve(struct jb_bin *bin, size_t channel_count); /* new channels are zero; -ENOMEM */
int jb_bin_copy(struct jb_bin *to, const struct jb_bin *from);
void jb_bin_reset(struct jb_bin *bin, uint64_t index); /* zero, keeps its channels */
void jb_bin_finish(struct jb_bin *bin);

/* The part of `interval` that lies in bin `index`, as a sum; the parts of all bins add up to the interval. */
struct jb_sum jb_sum_part(const struct jb_interval *interval, uint64_t index, uint64_t width_us);
void jb_sum_add(struct jb_sum *to, const struct jb_sum *part);

int jb_bin_encode(const struct jb_bin *bin, uint64_t width_us, struct jb_buf *out);
/* Replaces the channels of `bin`, keeps its index. -EBADMSG, -ENOMEM (then the bin is empty or what it was). */
int jb_bin_decode(struct jb_bin *bin, const void *data, size_t size, uint64_t width_us);

#endif
