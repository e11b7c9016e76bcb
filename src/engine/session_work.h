/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_work.h - the part of a session that hears what the program does, for the session_work*.c files only.
 *
 * session_work.c         life, how often it is looked, the plan of bursts, saving
 * session_work_events.c  from the ring to the timelines
 * session_work_chunks.c  chunks cut out of them
 * session_rows.c         energy increments beside operator time: what the estimator learns from
 * session_regions.c      the energy of single epochs and regions, between their two edges
 * session_work_record.c  estimate, division, and the record of it
 *
 * Times of events lie a few milliseconds behind the clock (a writer may be interrupted between its clock and its
 * write), those of accelerators seconds behind. Therefore what was measured waits in queues until the timeline has come
 * so far.
 */
#ifndef JB_ENGINE_SESSION_WORK_H
#define JB_ENGINE_SESSION_WORK_H

#include "attribution/estimate.h"
#include "attribution/work.h"
#include "base/clock.h"
#include "engine/ops_plan.h"
#include "engine/pieces.h"
#include "ledger/account.h"
#include "meter/edges.h"
#include "trace/ring.h"

#define WORK_CHUNKS  32  /* that wait for their events */
#define WORK_ENTRIES 512 /* of a channel, likewise */
#define WORK_LEARNED 16  /* channels whose operators' power is estimated */
#define WORK_LEVELS  64
#define WORK_PAST    256 /* chunks whose energy is kept for regions that are heard of late: some 3 minutes */
#define WORK_BINS    2048
#define WORK_BIN_NS  (10 * JB_NS_PER_MS)

/* A chunk of the session (about 0.8 s): what was booked for the run while it lasted. */
struct work_chunk {
    uint64_t t0_ns, t1_ns;
    uint64_t run_uj[JB_PIECE_CHANNELS];
};

struct work_entry {
    uint64_t t0_ns, t1_ns;
    double energy_j, edge_s;
    double watts; /* of a window: then energy_j is not looked at */
    bool window, joins;
};

/* A channel whose increments the estimator gets. */
struct work_channel {
    int number;
    unsigned domain;
    bool dense; /* its increments come from bursts, not from the session's readings */
    struct jb_rows *rows;
    uint64_t lags_ns[JB_LAGS];
    size_t lag_count;
    struct work_entry queue[WORK_ENTRIES];
    unsigned first, count;
    bool broken; /* the queue lost one: the next does not join */
    /* of bursts */
    struct jb_edges *edges; /* NULL; several channels of one source share it */
    int edge_channel;
    bool owns_edges, edge_known;
    uint64_t edge_raw, edge_t_ns;
};

struct session_work {
    enum jb_ops ops;
    bool time_share;
    struct jb_ring *ring;
    struct jb_work *work;
    struct jb_ops_plan plan;
    int timer_fd;
    uint64_t timer_ns; /* its period */
    uint64_t drained_ns, swept_ns, saved_ns;
    uint64_t save_cost_ns; /* how long saving took the last time */
    enum jb_level level;
    bool dense;
    bool seen;                             /* the program told something */
    double news_phase_s[JB_PHASES];        /* of each phase, when those who watch were last told */
    bool plan_told;                        /* those who watch know of a plan */
    struct work_chunk chunks[WORK_CHUNKS]; /* a ring; next[] of each domain */
    uint64_t chunk_count, chunk_next[JB_WORK_DOMAINS];
    uint64_t attributed_uj[JB_PIECE_CHANNELS]; /* totals.run_uj of each channel when the last chunk ended */
    struct jb_pieces pieces[JB_WORK_DOMAINS];
    int domain_channel[JB_WORK_DOMAINS]; /* first channel of an accelerator; -1 */
    unsigned domain_count;
    struct work_channel *learned;
    size_t learned_count;
    unsigned learned_domains; /* when they were chosen there were so many */
    int learned_channels;
    /* The levels that the program was seen at, for what lies on accelerators. */
    struct {
        uint64_t t_ns;
        unsigned level;
    } levels[WORK_LEVELS];
    uint64_t level_count;
    uint64_t device_ns[JB_WORK_DOMAINS]; /* the timeline of each accelerator is known up to here */
    /* What the channels in the total drew, in bins of time, for the edges of regions. */
    double *bins_uj; /* WORK_BINS, by time / WORK_BIN_NS */
    uint64_t bin_first;
    double run_uj;                           /* of the run, up to the last chunk that was cut */
    double cut_uj[JB_PIECE_CHANNELS];        /* the same of each channel */
    double *region_begin_uj, *region_end_uj; /* JB_WORK_REGIONS of each; NAN: not yet */
    uint64_t *region_end_ns;                 /* the end that region_end_uj is of */
    size_t region_open;                      /* all before have both for good */
    struct {
        uint64_t t_ns;
        double run_uj;
    } past[WORK_PAST]; /* where a chunk began; a ring */
    uint64_t past_count;
};

struct jb_session;

/* session_work_events.c */
void session_work_drain(struct session_work *work, uint64_t t_ns); /* the host's timeline up to t_ns */
void session_work_kernels(struct jb_session *session);
/* An accelerator's timeline up to t_ns: its kernels were caught where the program was at the full level. */
void session_work_advance(struct session_work *work, unsigned domain, uint64_t t_ns);

/* session_work_chunks.c */
/* Cut every chunk that the timelines have come to, the host's and those of accelerators. */
void session_work_cut(struct jb_session *session, uint64_t until_ns, uint64_t device_until_ns);

/* session_rows.c */
struct work_channel *session_rows_learned(const struct session_work *work, int number); /* NULL: not learned from */
bool session_rows_chosen(const struct jb_session *session);
void session_rows_choose(struct jb_session *session); /* those that are not yet among them */
void session_rows_entry(struct jb_session *session, int number, const struct jb_entry *entry);
void session_rows_reading(struct jb_session *session, int number, uint64_t t_ns, uint64_t power_uw);
void session_rows_edges(struct jb_session *session);
void session_rows_feed(struct jb_session *session); /* as far as the timeline has come */
void session_rows_finish(struct session_work *work);

/* session_regions.c */
int session_regions_init(struct session_work *work);
void session_regions_finish(struct session_work *work);
void session_regions_entry(struct session_work *work, const struct jb_entry *entry); /* of a channel in the total */
/* All events up to the end of this chunk are known. run_uj: of the channels in the total. */
void session_regions_chunk(struct session_work *work, const struct work_chunk *chunk, double run_uj);
/* The channels in the total have changed, as when a twin takes over: of those that are in it now the run had run_uj so
 * far. What was kept is brought into proportion, so that regions sum to the run again. */
void session_regions_total(struct session_work *work, double run_uj);
/* What the run had at both edges of a region; what has not ended yet ends with the last chunk. */
void session_regions_energy(const struct session_work *work, size_t i, double *ret_begin_uj, double *ret_end_uj);

#endif
