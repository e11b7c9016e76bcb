/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon_impl.h - the inside of the machine's meter, for the daemon_*.c files only. They look into the session, whose
 * other half they are.
 *
 * daemon.c        life, the loop, what happens at each tick and second
 * daemon_peers.c  who is on the socket, and what they say
 * daemon_tell.c   what they are told: channels, ticks, cuts
 * daemon_power.c  power over the last second, of channels and runs
 * daemon_grid.c   intensity now, and what was emitted by whom
 * daemon_board.c  the board
 * daemon_past.c   rows of the history
 */
#ifndef JB_ENGINE_DAEMON_IMPL_H
#define JB_ENGINE_DAEMON_IMPL_H

#include "engine/daemon.h"
#include "engine/history_writer.h"
#include "engine/price_segments.h"
#include "engine/session_impl.h"
#include "link/link.h"

#define POWER_POINTS 16 /* of a channel: entries of the last second and a bit */

/* What a channel had used at the ends of its latest entries. */
struct power_trail {
    uint64_t t_ns[POWER_POINTS], energy_uj[POWER_POINTS];
    unsigned count, next;
    uint32_t min_mw, max_mw; /* of entries of the second being filled */
    bool seen;
};

enum peer_state { PEER_NEW, PEER_ATTACHED, PEER_RUNNING, PEER_ENDED, PEER_WATCHING };

struct peer {
    int fd; /* -1: free */
    enum peer_state state;
    struct jb_link_peer who;
    char user[33];
    struct jb_link_hello hello;
    struct jb_link_news news;
    struct jb_link_plan plan;
    struct session_run *run;
    int64_t started_wall_ns;
    uint64_t started_ns;
    /* Of the last second. */
    uint64_t last_ns, last_run_uj;
    double power_w, device_w[4];
    uint64_t device_uj[4];
    /* Since it began. */
    uint64_t run_uj, footprint_uj, machine_uj;
    uint64_t counted_uj; /* of run_uj, by its project or by the run around it */
    bool recorded;       /* it has handed its run in */
    double sigma_uj;
    double intensity_s, time_s; /* integral of g/kWh over time */
};

struct jb_daemon {
    struct jb_daemon_config config;
    struct jb_session *session;
    struct jb_board *board;
    struct jb_history_writer *history;
    int listen_fd;
    bool deaf;         /* nobody can be let in just now: not asked again before the next second */
    char *socket_path; /* ours to remove; NULL */
    struct peer peers[JB_DAEMON_PEERS];
    jb_daemon_live_fn live;
    void *live_context;
    uint64_t pace_ns;   /* at which the session reads now */
    uint64_t second_ns; /* attributed_ns of the session at the last second */
    uint64_t layout;
    uint32_t listed;       /* what the last list of channels said of them */
    unsigned char *packet; /* JB_LINK_MAX */
    struct jb_link_message *message;
    struct power_trail trails[JB_METER_MAX_CHANNELS];
    uint64_t gaps[JB_METER_MAX_CHANNELS]; /* of the account, when it was told last */
    /* The history's row being filled. */
    struct jb_parts row_from[JB_METER_MAX_CHANNELS];
    uint64_t row_covered_ns[JB_METER_MAX_CHANNELS];
    struct jb_history_value owed[JB_METER_MAX_CHANNELS]; /* booked, and in no row yet */
    uint64_t row_start_ns;
    struct jb_history_value values[JB_HISTORY_CHANNELS];
    int described;                          /* so many channels were described to it, ... */
    bool told_total[JB_METER_MAX_CHANNELS]; /* ... in the total or not */
    /* Carbon. */
    double g_per_kwh;
    uint64_t priced_uj;
    double grams;
    /* Ourselves. */
    uint64_t self_ns, self_t_ns, lessons_ns, feed_ns;
    bool left_behind; /* a thread that hangs */
    double self_share;
};

/* daemon_peers.c */
void daemon_accept(struct jb_daemon *daemon);
void daemon_hear(struct jb_daemon *daemon, struct peer *peer);
void daemon_drop(struct jb_daemon *daemon, struct peer *peer);
void daemon_pace(struct jb_daemon *daemon);

/* daemon_tell.c */
void daemon_tell_channels(struct jb_daemon *daemon, struct peer *peer); /* NULL: all, where something has changed */
void daemon_tell_tick(struct jb_daemon *daemon, struct peer *peer);     /* NULL: all that run */
void daemon_tell_cut(struct jb_daemon *daemon, struct peer *peer, enum jb_link_cut_kind kind);
void daemon_tell_watchers(struct jb_daemon *daemon);

/* daemon_power.c */
void daemon_power_tick(struct jb_daemon *daemon);
double daemon_power_w(const struct jb_daemon *daemon, int number); /* NAN */
void daemon_power_second(struct jb_daemon *daemon, struct peer *peer);

/* daemon_grid.c */
void daemon_grid_second(struct jb_daemon *daemon, double elapsed_s);
void daemon_grid_view(const struct jb_daemon *daemon, struct jb_board_grid *ret);

/* daemon_board.c */
void daemon_board_tick(struct jb_daemon *daemon);
void daemon_board_second(struct jb_daemon *daemon);
void daemon_board_changed(struct jb_daemon *daemon); /* a run has begun or ended: seen at once */

/* daemon_plan.c: what is projected of a run, from what else is in *ret already. */
void daemon_plan_view(const struct jb_daemon *daemon, const struct peer *peer, struct jb_board_run *ret);

/* daemon_past.c */
void daemon_past_second(struct jb_daemon *daemon);

/* Of a machine without an id (a container may have none) its name stands for it. */
const char *daemon_machine_id(const struct jb_daemon *daemon);

/* daemon.c: a second is over: everybody is told. */
void daemon_second(struct jb_daemon *daemon);

#endif
