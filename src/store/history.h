/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.h - what the machine used, second by second, for as long as it is kept.
 *
 * Three levels: rows of a second, of a minute, of an hour. Each level is written as time goes by and forgotten by how
 * much time it holds, not by the calendar: a clock that jumps ten years ahead and back forgets nothing. Rows are told
 * by the calendar's microsecond at their end; where the clock was set back there are two of one moment: energy is never
 * lost or counted twice, and a window of time finds what was written in it. What has the lowest times is forgotten
 * first, a block of up to 60 rows at a time, so that a level holds its limit and up to a block more.
 *
 * One transaction a second: a killed process loses at most the second that was being filled. Minutes and hours that
 * were begun are kept with it, and gone on with when the history is opened again.
 *
 * A year of 12 channels at the default retention (7 days, 1 year, for ever) takes at most 300 MB (tests/unit/store/
 * history_keep.c counts the bytes of a row: 184 MB with ten years of hours and all channels busy).
 *
 * A history belongs to one thread at a time; readers open their own (JB_STORE_READ).
 */
#ifndef JB_STORE_HISTORY_H
#define JB_STORE_HISTORY_H

#include "store/store.h"

#define JB_HISTORY_CHANNELS 256

/* A channel as it is remembered; told again when anything but the number changes. */
struct jb_history_channel {
    char id[64], device[16], name[96], source[32], method[16];
    bool in_total;
};

enum jb_history_level { JB_HISTORY_SECONDS, JB_HISTORY_MINUTES, JB_HISTORY_HOURS, JB_HISTORY_LEVELS };

/* What one channel used in the time of a row. */
struct jb_history_value {
    uint64_t energy_uj;        /* JB_NO_VALUE: nothing is known (not read, not there) */
    uint64_t runs_uj, idle_uj; /* of it: all runs together, idle; the rest is others' and nobody's */
    uint64_t covered_ns;       /* of the row's time */
    uint32_t min_mw, max_mw;   /* of the finest means within the row, in mW; kept to 1/256 of the mean, outward */
};
struct jb_history_row {
    int64_t end_ns;     /* wall clock at its end */
    uint64_t length_ns; /* by the monotonic clock */
    double g_per_kwh;   /* at which it is priced; NAN */
    bool estimated;
    size_t channel_count; /* by number as jb_history_channel() gave it; may grow */
    const struct jb_history_value *values;
};

struct jb_history;
struct jb_history_limits {
    uint64_t keep_s[JB_HISTORY_LEVELS]; /* 0: for ever */
};

/* On an open store, which must outlive it; of a machine in one process at a time. `machine_id` tells machines apart
 * where a database is shared. Completes what was begun. */
int jb_history_open(struct jb_store *store, const char *machine_id, const struct jb_history_limits *limits,
                    struct jb_history **ret, struct jb_diag *diag);
void jb_history_close(struct jb_history *history); /* NULL-safe */

/* The number of a channel in rows; a new one where none of its id is known. Negative errno. */
int jb_history_channel(struct jb_history *history, const struct jb_history_channel *channel, struct jb_diag *diag);

/* One row of a second (or longer, where the disk was not to be had): length_ns 1000 or more, covered_ns no more than
 * that, runs and idle no more than the energy; else -EINVAL, and the row will never do. Minutes and hours follow by
 * themselves, and what is over the limits is forgotten, a little at a time. One transaction. -ENOSPC, -EIO, -EBUSY:
 * nothing was written, the caller adds the row to its next one and tries again. */
int jb_history_append(struct jb_history *history, const struct jb_history_row *row, struct jb_diag *diag);

/* ---- reading; on a store opened for reading, while another process writes ---- */

/* The channels of a machine (NULL: any one machine there is), by number. */
typedef int (*jb_history_channel_fn)(void *context, int number, const struct jb_history_channel *channel);
int jb_history_channels(struct jb_store *store, const char *machine_id, jb_history_channel_fn fn, void *context,
                        struct jb_diag *diag);

/* [t0, t1) of wall time in `count` equal slices, from the coarsest level whose rows are no longer than a slice; where
 * that does not reach back far enough, from the next coarser one. -EINVAL for a window that is empty or before 1970.
 * ret: channel_count * count, channel-major, by number; grid: count (NULL: not wanted). Slices that nothing covers have
 * covered_ns 0 and g_per_kwh NAN: draw a gap. ret_level: what they were made from. */
int jb_history_slices(struct jb_store *store, const char *machine_id, int64_t t0_ns, int64_t t1_ns, size_t count,
                      size_t channel_count, struct jb_slice *ret, double *ret_g_per_kwh,
                      enum jb_history_level *ret_level, struct jb_diag *diag);

/* Energy and emissions of a machine's channels in_total over all that is kept, without counting any time twice. */
struct jb_history_sum {
    int64_t first_ns, last_ns; /* wall; 0: nothing */
    uint64_t energy_uj, covered_ns;
    double grams; /* of what was priced; NAN: nothing was */
};
int jb_history_sum(struct jb_store *store, const char *machine_id, struct jb_history_sum *ret, struct jb_diag *diag);

#endif
