/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_impl.h - the inside of a session, for the session_*.c files only.
 *
 * session.c            life cycle
 * session_timer.c      when the sensors are read
 * session_baseline.c   idle power, measured before the run
 * session_store.c      the run in the database
 * session_show.c       what others see of it
 * session_channels.c   channels that appear, the overlap graph, idle power, twins that contradict each other
 * session_remote.c     attached to the machine's one meter, and on without it
 * session_news.c       what the program is at, for those who watch
 * session_plan.c       how many epochs it means to make, and what that will have used
 * session_runs.h       runs that share an endless session
 * session_book.c       readings -> entries
 * session_uses.c       who uses the accelerators
 * session_attribute.c  entries -> parts
 * session_chunk.c      ticks and chunks -> store
 * session_wall.c       the node meter: what the sensors saw meanwhile, and its being the total
 * session_wall_record.c  what the record says of it
 * session_fit.c        the wall as fitted from the sensors
 * session_marks.c      what was booked up to round times of the clock
 * session_grid.c       intensities while it runs, and the price at the end
 * session_work.h       what the program tells that it does, and its energy (session_work.c, session_rows.c, ...)
 * session_record.c     the record: channels, totals, carbon, hardware, words
 */
#ifndef JB_ENGINE_SESSION_IMPL_H
#define JB_ENGINE_SESSION_IMPL_H

#include "attribution/attribution.h"
#include "attribution/gpu_share.h"
#include "attribution/usage.h"
#include "engine/context.h"
#include "engine/idle.h"
#include "engine/machine_clock.h"
#include "engine/price_segments.h"
#include "engine/proctree.h"
#include "engine/remote.h"
#include "engine/session.h"
#include "engine/session_runs.h"
#include "engine/session_work.h"
#include "engine/vitals.h"
#include "engine/writer.h"
#include "grid/feed.h"
#include "ledger/account.h"
#include "ledger/overlap.h"
#include "sensor/privileged.h"

/* A chunk goes to the store this often: with the write itself a killed meter loses less than a second. */
#define CHUNK_NS      (800 * JB_NS_PER_MS)
#define MAX_USES      256
#define REMOTE_SOURCE 1000 /* from here on nodes[].source is a source of the machine's meter */
#define WALL_POINTS   64
#define WALL_PIECES   8

struct channel_state {
    /* As it was when it appeared: the meter's own follows what is read ("gone"), but what was booked stays booked. */
    struct jb_channel own;
    const struct jb_channel *channel; /* &own */
    struct jb_account account;
    struct jb_parts totals;
    struct jb_idle idle;
    struct jb_quiet quiet;    /* quiet seconds of this run */
    struct jb_quiet baseline; /* what baseline() saw */
    struct jb_gpu_context context;
    struct jb_entry pending; /* booked, not yet attributed; t1_ns 0: nothing */
    struct jb_parts chunk;   /* parts of the chunk being filled */
    struct jb_parts marked;  /* totals when the marks were last looked at */
    uint64_t tick_uj;        /* booked since the last stored tick */
    bool tick_has_value, tick_gap;
    enum jb_status status; /* of the latest reading */
    /* Cross-check against the twin: both books when the pair was first seen together. */
    int check_twin;
    uint64_t check_leaf_uj, check_twin_uj, check_leaf_ns, check_twin_ns, check_ns;
    bool contradicted;
    char remote_source[32];      /* its driver in the machine's meter; empty: our own meter's */
    struct jb_parts told, taken; /* since the start, by the machine's meter; and what of it is attributed */
    bool parted;                 /* was taken for a mirror of another die and is none */
    /* Beside the node meter: what was booked at the times of session->wall, ... */
    uint64_t trail_uj[WALL_POINTS];
    uint64_t until_uj;  /* ... up to wall.until_ns, ... */
    uint64_t beside_uj; /* ... and while the node meter was read. */
};

/* The node meter beside the sensors. It is slower than they are, so that what they saw in a time that it covers is read
 * off a trail of their books. */
struct wall_state {
    int channel; /* -1: none */
    bool total;  /* it alone is the total: from its first entry on, if asked for */
    uint64_t times[WALL_POINTS];
    unsigned point_count, next_point;
    struct jb_entry pieces[WALL_PIECES]; /* booked and not yet held against the trail */
    unsigned piece_count;
    uint64_t until_ns; /* up to here it was read, or filled in */
    uint64_t energy_uj, covered_ns;
    uint64_t owed_ns, owed_uj; /* not read, and what the sensors saw in it: not yet put in */
    uint64_t filled_uj;
    double fill_doubt_uj;
    struct jb_parts like;      /* how the sensors were divided since it last was */
    struct jb_parts last_like; /* the time before */
    bool missing;              /* it was to be the total and nobody measured it */
    bool has_fit;
    struct jb_wall_fit fit;
};

/* What prices the run. */
struct grid_state {
    struct jb_feed *average, *marginal; /* NULL: nobody to ask */
    struct jb_track track;              /* of the average feed, as far as it was looked at */
    struct jb_steps steps;              /* why there is nobody to ask */
    struct jb_price_choice choice;      /* what held at the last look; points into track */
    double live_g;                      /* of the machine's energy, for those who look on while it runs */
    uint64_t live_uj;                   /* up to here */
};

struct jb_session {
    struct jb_session_config config;
    struct jb_intensity intensity;
    struct jb_machine machine;
    struct jb_perf_ops perf;
    struct jb_privileged *privileged; /* NULL: below a root, or the helper is not there */
    struct jb_sensor_env sensor_env;
    struct jb_meter *meter;   /* NULL while `remote` is there */
    struct jb_remote *remote; /* attached to the machine's meter */
    bool alone;               /* it went away, and the session goes on without it */
    int meter_count;          /* channels of `meter`, and their numbers here */
    int16_t number_of[JB_METER_MAX_CHANNELS];
    struct session_runs *runs; /* of an endless session; NULL */
    struct session_work *work; /* NULL: --ops off */
    struct jb_store *store;    /* the writer's between start and stop */
    struct jb_store *reader;   /* baselines for channels that appear late */
    struct jb_writer *writer;
    struct jb_vitals_watch *vitals; /* of a Jetson; NULL */
    struct jb_writer_slot *slot;
    struct jb_proctree *tree;
    struct jb_machine_clock clock;
    bool clock_known;
    struct jb_machine_busy busy_at_start, busy_last;
    uint64_t run_cpu_ns; /* of the run, at the last look */
    struct jb_usage usage;
    struct jb_gpu_use uses[MAX_USES];
    size_t use_count;
    int32_t
        our_pids[MAX_USES]; /* users of accelerators that were seen to be the run's: also when they have ended since */
    size_t our_pid_count;
    uint64_t looks[JB_METER_MAX_SOURCES]; /* of each source, at the last poll */
    struct channel_state *channels;       /* JB_METER_MAX_CHANNELS */
    struct jb_overlap_node *nodes;
    int channel_count;
    struct wall_state wall;
    struct grid_state grid;
    struct jb_marks marks;
    size_t mark_capacity;
    int64_t marks_ns;    /* wall clock of the last look at the marks */
    uint64_t marks_t_ns; /* and when that was */
    int timer_fd;
    uint64_t polls_per_tick, polls; /* sensors may have to be read more often than ticks are stored */
    size_t max_ticks;
    uint64_t start_ns, end_ns, chunk_start_ns;
    uint64_t tick_ns;       /* where the last tick of the machine's meter ended */
    uint64_t attributed_ns; /* the last look at the clocks; a chunk that found no slot begins earlier */
    int64_t sleep_ns;       /* session_sleep_ns() at the last look */
    uint64_t suspends, suspended_ns;
    uint64_t self_cpu_start_ns;
    bool started, stopped, stored, store_failed, sensor_lost;
    struct jb_record record;
};

/* session.c. Our own meter; what it has is not yet ours. */
int session_open_meter(struct jb_session *session, uint64_t open_wait_ns, struct jb_diag *diag);

/* session_timer.c */
int session_timer_make(struct jb_session *session);
int session_timer_arm(struct jb_session *session);
/* How often the sensors must be read so that no counter wraps unseen. Those on lanes have a period of their own. */
uint64_t session_keepalive_ns(const struct jb_session *session);

/* session_store.c */
#define STORE_WAIT_NS (6 * JB_NS_PER_S) /* another writer may hold the file for its 5 s */
void session_store_open(struct jb_session *session);
void session_store_begin(struct jb_session *session);
void session_store_end(struct jb_session *session);
void session_vitals_stop(struct jb_session *session); /* before the writer that it hands its looks to */

/* session_remote.c */
void session_remote_attach(struct jb_session *session); /* leaves `remote` NULL where there is none */
void session_remote_channels(struct jb_session *session);
int session_remote_start(struct jb_session *session); /* 0 also where it was refused: then `remote` is NULL */
void session_remote_tick(struct jb_session *session); /* ends ticks and seconds as the meter does */
void session_remote_stop(struct jb_session *session);
void session_remote_lost(struct jb_session *session);
void session_remote_hand_over(struct jb_session *session);
/* Whose joules pending is, by the machine's meter's word; false: it said nothing of this channel. */
bool session_remote_attribute(struct jb_session *session, int number, struct jb_parts *ret);

/* session_news.c */
void session_news_tell(struct jb_session *session);

/* session_plan.c */
unsigned session_plan_epochs(const struct jb_session *session); /* 0: not known */
void session_plan_tell(struct jb_session *session);

/* session_channels.c */
/* Of the source that a channel is of, also of one in the machine's meter: driver, and the rest as far as known. */
void session_source_of(const struct jb_session *session, int number, struct jb_source_info *ret);
void session_refresh_channels(struct jb_session *session);
void session_resolve(struct jb_session *session);
void session_check_twins(struct jb_session *session, uint64_t now_ns);

/* session_uses.c */
/* Until the same source looks again: a look that finds nobody brings no use at all. */
void session_keep_uses(struct jb_session *session, const struct jb_poll *poll);
bool session_names(const struct jb_session *session, int32_t pid); /* is it on an accelerator, as far as is known? */
bool session_is_ours(const void *session, int32_t pid);            /* for jb_gpu_share() */
/* The number of the first channel of the device that `number` belongs to: processes are listed under it. */
int session_device_channel(const struct jb_session *session, int number);

/* session_attribute.c */
void session_look(struct jb_session *session, bool final); /* one point of usage */
void session_attribute(struct jb_session *session);        /* all that is pending */
void session_attribute_pending(struct jb_session *session, int number);

/* session_chunk.c */
void session_end_tick(struct jb_session *session, uint64_t now_ns);
void session_flush_chunk(struct jb_session *session, uint64_t now_ns);

/* session_book.c */
void session_restart_books(struct jb_session *session); /* forget all so far: the run begins with fresh books */
int session_number_of(const struct jb_session *session, int meter_number); /* -1 */
void session_book(struct jb_session *session, const struct jb_poll *poll);
void session_book_reading(struct jb_session *session, const struct jb_reading *reading); /* by our number */
/* The poll that a run begins with: of what lanes have left, the last reading of each channel is where it begins. */
void session_book_first(struct jb_session *session, const struct jb_poll *poll);
int64_t session_sleep_ns(void); /* how long this machine has slept since it booted */
void session_check_sleep(struct jb_session *session, int64_t sleep_ns);

/* session_wall.c */
bool session_wall_asked(const struct jb_session *session);            /* to be the total */
bool session_is_sensor(const struct jb_session *session, int number); /* one of the disjoint channels beside it */
uint64_t session_wall_beside_uj(const struct jb_session *session);    /* what these saw while it was read */
void session_wall_begin(struct jb_session *session, uint64_t now_ns);
void session_wall_choose(struct jb_session *session); /* after the graph was settled */
/* Does the trail of the sensors say what this channel would have shown where it is not read? Then it has no gaps. */
bool session_wall_fills(const struct jb_session *session, int number);
/* What lies within the run of an entry of the node meter, which may be a second long; others are left as they are. */
void session_wall_clip(const struct jb_session *session, int number, struct jb_entry *entry);
void session_wall_entry(struct jb_session *session, int number, const struct jb_entry *entry);
void session_wall_tick(struct jb_session *session, uint64_t now_ns); /* before the tick is ended */
void session_wall_end(struct jb_session *session);                   /* likewise, the last one */
/* Divide what is pending like the sensors; false: as any other channel. */
bool session_wall_attribute(struct jb_session *session, int number, struct jb_parts *ret);
void session_wall_attributed(struct jb_session *session); /* the chunk is divided */

/* session_wall_record.c. All channels have been filled in: complete the one that is the total from what it contains. */
void session_wall_channel(const struct jb_session *session, struct jb_record_channel *channels);
void session_wall_record(struct jb_session *session); /* record.total and record.wall */

/* session_fit.c */
void session_fit_load(struct jb_session *session);
void session_fit_record(struct jb_session *session);

/* session_marks.c */
int64_t session_wall_clock_ns(const struct jb_session *session,
                              uint64_t now_ns); /* the calendar, at now_ns of the run */
void session_marks_begin(struct jb_session *session);
/* After all has been attributed up to now: if a round time of the clock has gone by, note what was booked up to it. The
 * one place that allocates while a run goes on: some hundred bytes every 5 minutes. */
void session_marks_look(struct jb_session *session, uint64_t now_ns);

/* session_grid.c */
void session_grid_begin(struct jb_session *session); /* the child exists */
void session_grid_look(struct jb_session *session);  /* once a chunk */
/* Of an endless session: forget what is more than a day old. True: a thread was left behind. */
bool session_grid_renew(struct jb_session *session, int64_t now_ns);
void session_grid_record(struct jb_session *session);            /* wait a little for what is under way, and price */
bool session_grid_finish(struct jb_session *session);            /* true: a thread was left behind */
double session_grid_g_per_kwh(const struct jb_session *session); /* at the last look, as the next two */
double session_grid_rel_error(const struct jb_session *session);
bool session_grid_estimated(const struct jb_session *session);
double session_grid_live_g(const struct jb_session *session, double energy_uj); /* of so much, with what came since */

/* session_work.c; all accept a session that hears nothing. */
/* Before the sensors are opened. A ring that cannot be made is a warning in the record. */
void session_work_create(struct jb_session *session);
void session_work_destroy(struct jb_session *session);
void session_work_start(struct jb_session *session);
void session_work_look(struct jb_session *session); /* events, plan, what the estimator learns */
void session_work_stop(struct jb_session *session); /* after the last chunk */
void session_work_facts(const struct session_work *work, struct jb_ops_facts *ret);
/* session_work_events.c */
unsigned session_work_domain(const struct jb_session *session, int number); /* whose timeline divides a channel */
/* session_work_chunks.c */
/* Is the run divided by what this channel was booked? Those in the total; where that is the node meter, the sensors,
 * which are quicker and know of whom: what they make is then brought to the run's energy. */
bool session_work_counts(const struct jb_session *session, int number);
double session_work_cut_uj(const struct jb_session *session); /* of the run, by these, up to the last chunk cut */
void session_work_chunk(struct jb_session *session, uint64_t now_ns); /* a chunk has been attributed up to now */
/* session_work_record.c */
uint64_t session_work_run_uj(const struct jb_session *session); /* what is divided */
int session_work_describe(struct jb_session *session, struct jb_record_work *ret);
void session_work_record(struct jb_session *session); /* totals and price are known */

/* session_record.c */
int session_begin_record(struct jb_session *session);
void session_record_place(struct jb_session *session); /* before anything is booked */
void session_describe(struct jb_session *session);     /* the machine, with the accelerators that its channels show */
void session_fill_channel(const struct jb_session *session, int number, struct jb_record_channel *ret);
void session_finish_record(struct jb_session *session, const struct jb_ending *ending);

#endif
