/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon_impl.h - the inside of the machine's meter, for the daemon_*.c files only. They look into the session, whose
 * other half they are.
 *
 * daemon.c        life, the loop, what happens at each tick and second
 * daemon_peers.c  who is on the socket, and what they say
 * daemon_limits.c how often they may
 * daemon_tell.c   what they are told: channels, ticks, cuts
 * daemon_power.c  power over the last second, of channels and runs
 * daemon_grid.c   intensity now in words, and the grams by where it came from
 * daemon_board.c  the board
 * daemon_past.c   rows of the history
 */
#ifndef JB_ENGINE_DAEMON_IMPL_H
#define JB_ENGINE_DAEMON_IMPL_H

#include "base/quota.h"
#include "engine/daemon.h"
#include "engine/history_writer.h"
#include "engine/session_impl.h"
#include "engine/user_names.h"
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
    uint64_t since_ns;       /* when it came */
    struct jb_bucket words;  /* that it may say now */
    char user[JB_USER_NAME]; /* or the number */
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
    uint64_t priced_uj; /* of its basis, and the grams of that */
    double priced_g;
};

struct jb_daemon {
    struct jb_daemon_config config;
    struct jb_session *session;
    struct jb_board *board;
    struct jb_history_writer *history;
    struct jb_user_names *names;
    struct jb_diag notice; /* of the history's, for the log; empty: none */
    int listen_fd;
    bool deaf;                        /* nobody can be let in just now: not asked again before the next second */
    bool crowded;                     /* more came at once than are let in between two ticks */
    char *socket_path;                /* ours to remove; NULL */
    struct jb_quota starts, connects; /* by user */
    struct jb_bucket doors;           /* of all users together */
    struct peer peers[JB_DAEMON_PEERS];
    jb_daemon_live_fn live;
    void *live_context;
    uint64_t pace_ns;   /* at which the session reads now */
    uint64_t second_ns; /* attributed_ns of the session at the last second */
    uint64_t layout;
    uint32_t listed;       /* how channels were when the last list of them was sent */
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
    double ledgers_g;                       /* so much of what the session emitted is in the board's ledgers */
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

/* daemon_limits.c: true: go on. What nobody may do all the time is counted as it is asked for. */
void daemon_limits_begin(struct jb_daemon *daemon);
bool daemon_may_accept(struct jb_daemon *daemon); /* another one before the next tick */
bool daemon_may_connect(struct jb_daemon *daemon, uid_t uid);
bool daemon_may_start(struct jb_daemon *daemon, uid_t uid);
void daemon_limit_words(struct peer *peer); /* it has come */
bool daemon_may_speak(struct peer *peer);
void daemon_drop_silent(struct jb_daemon *daemon);

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
void daemon_grid_second(struct jb_daemon *daemon);
/* What emissions are of. */
uint64_t daemon_grid_basis_uj(const char *basis, uint64_t run_uj, uint64_t footprint_uj, uint64_t machine_uj);
double daemon_grid_peer_g(const struct jb_daemon *daemon, const struct peer *peer);

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
