/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon.h - the machine's one meter: a session without a child and without an end, the runs attached to it, the
 * history, and the board that shows it.
 *
 * One thread owns it (jb_daemon_run()); the history's disk and the board's readers are on others. Every second the
 * energy of each channel is divided over idle, each attached run, other processes and nobody, exactly; a run that
 * begins or ends cuts the second for everybody, so that runs sum to the machine however they overlap.
 *
 * Who may attach: root and the user of this process; where it is `shared`, anybody who can open the socket. A run
 * measures its own processes: the sender's tree, or a process of the same user; root's those of anybody. At most
 * JB_DAEMON_PEERS at a time, JB_DAEMON_PEERS_OF_USER of them of one user that is not root, JB_SESSION_RUNS of them
 * measuring.
 *
 * A run that begins or ends has everybody's second cut, so that nobody may do it as often as he likes. A user begins
 * JB_DAEMON_STARTS_PER_S runs a second, after a burst of as many as he may have at a time (the ranks of a job begin
 * together); what is beyond is refused with -EBUSY, and `joulebook run` goes on by itself. For sensors that are slow to
 * answer an end waits (session_runs.h), all ends together a tenth of the time. A user may connect
 * JB_DAEMON_CONNECTS_PER_S times a second and say JB_DAEMON_WORDS_PER_S messages a second on each connection, both
 * after a burst of twice that; beyond, and at the first message that is none, he is hung up on. Who has said nothing
 * JB_DAEMON_SILENT_S after he came is hung up on too. Root is not counted: he could stop the meter.
 */
#ifndef JB_ENGINE_DAEMON_H
#define JB_ENGINE_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/board.h"
#include "engine/session.h"

#define JB_DAEMON_PEERS         128
#define JB_DAEMON_PEERS_OF_USER 48

#define JB_DAEMON_STARTS_PER_S   10
#define JB_DAEMON_CONNECTS_PER_S 50
#define JB_DAEMON_WORDS_PER_S    100
#define JB_DAEMON_SILENT_S       5

struct jb_daemon;

struct jb_daemon_config {
    /* Without command, name, tags, ops; db_path: where history and runs are kept; interval_ns: a second at most. */
    struct jb_session_config session;
    const char *socket;                                    /* where to listen; NULL: nobody can attach */
    int socket_fd;                                         /* of socket activation, listening already; -1 */
    bool shared;                                           /* all users may attach */
    uint64_t keep_seconds_s, keep_minutes_s, keep_hours_s; /* of history; 0: for ever */
};

int jb_daemon_create(const struct jb_daemon_config *config, struct jb_daemon **ret, struct jb_diag *diag);
/* NULL-safe. True: a thread was left behind, see jb_session_destroy(). */
bool jb_daemon_destroy(struct jb_daemon *daemon);

struct jb_board *jb_daemon_board(struct jb_daemon *daemon);
struct jb_session *jb_daemon_session(struct jb_daemon *daemon); /* for looking at, on the thread that made it */

/* What is to be said once in a log, with what mends it; for `alive`. False: nothing. */
bool jb_daemon_notice(struct jb_daemon *daemon, struct jb_diag *ret);

/* Meter until stop_fd becomes readable. `alive` (NULL: nobody) is called about once a second, after what it vouches for
 * was done. 0 or -errno. */
int jb_daemon_run(struct jb_daemon *daemon, int stop_fd, void (*alive)(void *context), void *context);

/* The text of GET /api/v1/live for those who WATCH on the socket; set before run(). The text is malloc'd. */
typedef char *(*jb_daemon_live_fn)(void *context, uid_t viewer);
void jb_daemon_on_watch(struct jb_daemon *daemon, jb_daemon_live_fn live, void *context);

#endif
