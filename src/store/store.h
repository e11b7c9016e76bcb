/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - the database: runs, their time series, and what is known of machines. The only user of SQLite.
 *
 * One file, mode 0600, WAL, application_id "JBok" (0x4a426f6b), schema version in user_version, migrated forward by
 * numbered steps inside one transaction each. A database that is not ours (-EPROTO), or from a newer joulebook
 * (-EPROTONOSUPPORT), or damaged (-EUCLEAN) is refused with a message and never touched. Contents are hostile input:
 * blobs are decoded with bounds, text is sanitised before it is shown (by the faces).
 *
 * Durability: each jb_store_append() is one transaction. synchronous=NORMAL: a killed process loses nothing that was
 * appended, a power cut may lose the last appends, neither corrupts. Writers wait up to 5 s for each other (-EBUSY).
 *
 * A `struct jb_store` belongs to one thread at a time.
 */
#ifndef JB_STORE_STORE_H
#define JB_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/record.h"

struct jb_diag;
struct jb_store;

enum jb_store_mode {
    JB_STORE_READ,  /* no file, or an empty one: -ENOENT; changes nothing (but the schema of an older file), works on a
                       read-only folder */
    JB_STORE_WRITE, /* creates folders and file */
};
/* path NULL: the default place. */
int jb_store_open(const char *path, enum jb_store_mode mode, struct jb_store **ret_store, struct jb_diag *diag);
void jb_store_close(struct jb_store *store);          /* NULL-safe */
int jb_store_default_path(char *buffer, size_t size); /* $JOULEBOOK_DB or $XDG_DATA_HOME/joulebook/joulebook.db */
/* From now on questions to a store that was opened for reading have so long in all, until this is said again: what is
 * not done by then, or waits for somebody else, gives -ETIMEDOUT or -EBUSY. 0: as long as they take. */
void jb_store_budget(struct jb_store *store, uint64_t budget_ns);

/* ---- writing one run ---- */

/* Insert the run as running and as this user's, with everything but its channels. The record must have id, started_ns,
 * host, machine_id and command; the caller's pid, its start time and the boot id are noted so that a dead meter is
 * recognised. A store writes one run at a time: -EBUSY until the one before has ended; -EEXIST for an id that is there
 * already. */
int jb_store_begin(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag);

/*
 * A chunk: about one second of all channels. Energies are per tick and channel; a tick without a value for a channel
 * (failed, slower sensor) has JB_NO_VALUE and the next value covers the time since; JB_GAP says that the time up to
 * this tick is not covered at all, and the next value covers the time from this tick on. What a channel's first value
 * covers begins with the run, or for a channel that joins later with the chunk that it joins in. Energies are kept
 * exactly, times to the microsecond.
 */
#define JB_NO_VALUE        UINT64_MAX
#define JB_GAP             (UINT64_MAX - 1)
#define JB_CHUNK_MAX_TICKS 1024
struct jb_chunk_channel {
    const uint64_t *energy_uj;                            /* tick_count values */
    uint64_t run_uj, idle_uj, others_uj, unattributed_uj; /* of the chunk; sum = sum of the values */
};
struct jb_chunk {
    uint64_t t0_ns;          /* since the start of the run: end of the chunk before, 0 at first */
    const uint64_t *tick_ns; /* since the start of the run, ascending: the end of each tick */
    size_t tick_count;
    const struct jb_chunk_channel *channels;
    size_t channel_count; /* may grow over a run, never shrinks */
};
/* Append a chunk and update the run's channel rows and totals from `record` (its id, channels and totals; their numbers
 * ascend), in one transaction. -ENOSPC when the disk is full, -EIO, -EBUSY: the caller may go on appending later
 * chunks, the store catches up when it can (the channel rows are totals; the series has a gap). -ENOENT when the run
 * was deleted; -EINVAL for a chunk that cannot be. A chunk without ticks only updates the rows. */
int jb_store_append(struct jb_store *store, const struct jb_record *record, const struct jb_chunk *chunk,
                    struct jb_diag *diag);

/* The final record: status, times, carbon, self, words. On failure the run is still being written: try again. */
int jb_store_end(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag);

/*
 * A mark: what each channel has booked up to a moment, for pricing it by the hour later on. Marks lie at most 5 minutes
 * apart, at round times of the clock; what was booked between two is their difference, so that one which could not be
 * written costs resolution and no energy. The time before the first begins with the run; the rest of the run after the
 * last is the totals less the last mark.
 */
struct jb_mark_channel {
    uint64_t run_uj, idle_uj, others_uj, unattributed_uj; /* since the start of the run */
};
struct jb_store_mark {
    uint64_t t_ns;                    /* since the start of the run; a run has one mark at a time */
    int64_t wall_ns;                  /* by the clock: a machine may have slept in between */
    struct jb_mark_channel *channels; /* by number in the series; those that appear later are 0 before; parts never
                                         fall */
    size_t channel_count;
};
/* Of the run that the store is writing. A transaction of its own; -EINVAL for one that cannot come after the one
 * before; -ENOENT when the run was deleted. */
int jb_store_mark(struct jb_store *store, const struct jb_store_mark *mark, struct jb_diag *diag);

/* What a running program has done so far (record->work, of which nothing else is looked at but the id), so that a
 * killed meter loses little of it; every 10 s or so. jb_store_end() writes it too. A transaction of its own; nothing at
 * all where nothing is known. -ENOENT when the run was deleted. */
int jb_store_work(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag);

/* ---- reading ---- */

/* An id, a unique prefix of one (4 or more characters, any case), a name (the newest run of that name; before
 * prefixes), or "last". -ENOENT, -ENOTUNIQ with the candidates in diag. */
int jb_store_find(struct jb_store *store, const char *run, char ret_id[JB_RUN_ID_TEXT], struct jb_diag *diag);

/* Load one run. A run that says it is running but whose meter is dead comes back as JB_RUN_LOST, with ended_ns and
 * duration from its last chunk; the totals of a run that is running or lost are summed anew from its channels. */
int jb_store_load(struct jb_store *store, const char *id, struct jb_record *ret, struct jb_diag *diag);

struct jb_run_filter {
    const char *project;             /* NULL: any */
    const char *text;                /* in name or command, case ignored; NULL */
    const char *tag_key, *tag_value; /* NULL: any */
    size_t limit;                    /* 0: all */
    const char *before;              /* an id: only runs older than that one (-ENOENT: it is gone); NULL */
    bool has_owner;                  /* only runs of this user */
    uint32_t owner;
};
/* Newest first, without channels, segments and hardware. The callback stops with a non-zero value, which is returned.
 */
typedef int (*jb_run_fn)(void *context, const struct jb_record *record);
int jb_store_list(struct jb_store *store, const struct jb_run_filter *filter, jb_run_fn fn, void *context,
                  struct jb_diag *diag);

int jb_store_delete(struct jb_store *store, const char *id, struct jb_diag *diag); /* -EBUSY while it is running */

/* The marks of a run, in order; -EUCLEAN when they cannot be read. */
struct jb_marks {
    struct jb_store_mark *marks;
    size_t count;
};
void jb_marks_finish(struct jb_marks *marks); /* frees and zeroes */
int jb_store_marks(struct jb_store *store, const char *id, struct jb_marks *ret, struct jb_diag *diag);

/* Put the record's carbon, cost, segments, steps and credits in the place of what is kept of the run, which has ended
 * or is lost (-EBUSY: it is running), and add `old` (NULL: nothing) to its former prices, which are kept in the
 * database and not taken from the record. A lost run stays lost. One transaction. -ENOENT. */
int jb_store_reprice(struct jb_store *store, const struct jb_record *record, const struct jb_record_price *old,
                     struct jb_diag *diag);

/* The series of one run at full resolution, in order of time, then channel: one call per value. A non-zero value of the
 * callback stops it and is returned. */
struct jb_sample {
    int channel;           /* number in the series */
    uint64_t t0_ns, t1_ns; /* since the start of the run */
    uint64_t energy_uj;
    uint64_t run_uj; /* the chunk's share, split over its ticks in proportion, summing to it exactly */
    bool gap_before; /* the time between the value before and t0 is not covered */
};
typedef int (*jb_sample_fn)(void *context, const struct jb_sample *sample);
int jb_store_series(struct jb_store *store, const char *id, jb_sample_fn fn, void *context, struct jb_diag *diag);

/* The same reduced to `count` equal slices of [t0, t1) for drawing: mean, lowest and highest power per slice and
 * channel. Uses sums of 10 s and of 10 min where the slices are as long, so that 24 h cost milliseconds; slices add up
 * to the energy of the window all the same. */
struct jb_slice {
    double energy_uj, run_uj; /* energy falling in the slice (linear within an interval) */
    double covered_ns;        /* 0: no data: draw a gap */
    double min_w, max_w;      /* of the intervals or sums touching the slice */
};
/* ret: channel_count * count slices, channel-major. t1 0: the end of the last chunk. -EINVAL for an empty window. */
int jb_store_slices(struct jb_store *store, const char *id, uint64_t t0_ns, uint64_t t1_ns, size_t count,
                    size_t channel_count, struct jb_slice *ret, struct jb_diag *diag);

/* ---- between databases ---- */

/* Which file this is, to know whether two paths lead to one database. */
int jb_store_identity(struct jb_store *store, uint64_t *ret_dev, uint64_t *ret_ino);

/* Its file was deleted, moved or replaced since it was opened: what is written goes to where nobody looks. Cheap. To go
 * on, close it and open it anew; closing folds what was written into the old file, and does nothing to the new one. */
bool jb_store_displaced(struct jb_store *store);

/* A run that has ended, with all that belongs to it, as a database of its own in memory: an unnamed file for
 * jb_store_adopt() on the other side of a socket. The caller closes it. -ENOENT, -EBUSY: it is running. */
int jb_store_hand_over(struct jb_store *store, const char *id, int *ret_fd, struct jb_diag *diag);

/* Take over the one run in the database that `fd` is (hostile: -EUCLEAN, -EPROTO, -EFBIG beyond JB_STORE_ADOPT_MAX).
 * `owner` is whose it is from now on, whatever the file says. A run of that id which is there already is replaced when
 * it is of the same owner (-EBUSY: its meter is alive), else -EEXIST. One transaction. `fd` must be a file in memory
 * (-EPROTO): one that a file system of its owner serves could keep us waiting. It stays open. A run that says that it
 * is running comes in as lost. */
#define JB_STORE_ADOPT_MAX ((uint64_t)256 << 20)
int jb_store_adopt(struct jb_store *store, int fd, uint32_t owner, char ret_id[JB_RUN_ID_TEXT], struct jb_diag *diag);

/* ---- machines ---- */

/* Every machine that runs or history are kept of, the one seen last first. */
struct jb_store_machine {
    char machine_id[65], host[65];
    char *hardware_json;           /* of its last run; NULL */
    uint64_t runs;                 /* of `owner` alone where one is asked for */
    int64_t first_ns, last_ns;     /* wall: of its first run and its last */
    uint64_t run_uj, footprint_uj; /* sums over runs */
    double grams;                  /* likewise; NAN: none was priced */
};
typedef int (*jb_store_machine_fn)(void *context, const struct jb_store_machine *machine);
int jb_store_machines(struct jb_store *store, bool has_owner, uint32_t owner, jb_store_machine_fn fn, void *context,
                      struct jb_diag *diag);

/* Idle power of one channel of one machine. */
struct jb_baseline {
    uint64_t idle_uw, sigma_uw;
    char source[32];     /* "calibrated", "learned" */
    int64_t measured_ns; /* wall */
    double seconds;      /* of quiet it rests on */
};
int jb_store_baseline_get(struct jb_store *store, const char *machine_id, const char *channel_id,
                          struct jb_baseline *ret);
int jb_store_baseline_put(struct jb_store *store, const char *machine_id, const char *channel_id,
                          const struct jb_baseline *baseline, struct jb_diag *diag);

/* What `calibrate wall` found for a machine (attribution/wall_fit.h), one for each. */
struct jb_wall_fit {
    double a_w, b, var_a, var_b, cov_ab, residual_w, min_w, max_w;
    int readings;
    char meter[64];
    double meter_error;  /* of the meter itself, relative, one sigma; NAN: not known */
    int64_t measured_ns; /* wall clock */
    char *leaves;        /* ids of the disjoint channels it was made with, sorted, one a line */
};
void jb_wall_fit_finish(struct jb_wall_fit *fit); /* frees and zeroes */
/* -ENOENT: none. -EUCLEAN: what is kept makes no sense. */
int jb_store_wall_fit_get(struct jb_store *store, const char *machine_id, struct jb_wall_fit *ret);
int jb_store_wall_fit_put(struct jb_store *store, const char *machine_id, const struct jb_wall_fit *fit,
                          struct jb_diag *diag);
int jb_store_wall_fit_forget(struct jb_store *store, const char *machine_id, struct jb_diag *diag); /* -ENOENT */

/* How a counter of a machine updates, learned by bursts (meter/edges.h). */
struct jb_sensor_timing {
    uint64_t period_ns, jitter_ns, edge_ns, lag_ns; /* 0: not known */
    int64_t measured_ns;                            /* wall clock */
};
int jb_store_timing_get(struct jb_store *store, const char *machine_id, const char *channel_id,
                        struct jb_sensor_timing *ret); /* -ENOENT; -EUCLEAN: what is kept makes no sense */
int jb_store_timing_put(struct jb_store *store, const char *machine_id, const char *channel_id,
                        const struct jb_sensor_timing *timing, struct jb_diag *diag);

/* The power of operators on a machine, learned from runs that told them well: the prior of later runs. */
struct jb_op_power {
    char name[160]; /* of the operator */
    double mean_w, sd_w;
    double seconds;      /* it rests on */
    int64_t measured_ns; /* wall clock */
};
typedef int (*jb_op_power_fn)(void *context, const struct jb_op_power *power);
/* All of one channel, those that rest on most seconds first; rows that make no sense are left out. A non-zero value of
 * the callback stops and is returned. */
int jb_store_op_power_each(struct jb_store *store, const char *machine_id, const char *channel_id, jb_op_power_fn fn,
                           void *context);
/* Replaces those of the same names, in one transaction; of more than JB_OP_POWERS names of a channel the oldest are
 * forgotten. -EINVAL for one that makes no sense: none is kept then. */
#define JB_OP_POWERS 4096
int jb_store_op_power_put(struct jb_store *store, const char *machine_id, const char *channel_id,
                          const struct jb_op_power *powers, size_t count, struct jb_diag *diag);

#endif
