/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's meter: its life and its loop. See daemon.h. */
#include "engine/daemon_impl.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/os.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOWEST_NS   JB_NS_PER_S               /* what is promised every second cannot be done less often */
#define LESSON_NS    (600 * JB_NS_PER_S)       /* idle power that was learned is kept so often */
#define LAST_WAIT_NS (3 * JB_NS_PER_S)         /* for the history's disk, at the end */
#define FEED_LIFE_NS (7 * 86400 * JB_NS_PER_S) /* a feed keeps all since it began: so often it begins anew */

static int listen_for_runs(struct jb_daemon *daemon, struct jb_diag *diag)
{
    const struct jb_daemon_config *config = &daemon->config;

    daemon->listen_fd = config->socket_fd;
    if (config->socket_fd >= 0 || config->socket == NULL) {
        return 0;
    }
    int error = jb_link_listen(config->socket, config->shared, &daemon->listen_fd, diag);
    if (error == 0) {
        daemon->socket_path = strdup(config->socket);
    }
    return error;
}

const char *daemon_machine_id(const struct jb_daemon *daemon)
{
    const struct jb_machine *machine = &daemon->session->machine;

    return machine->id[0] != '\0' ? machine->id : machine->host;
}

static int keep_history(struct jb_daemon *daemon)
{
    const struct jb_daemon_config *config = &daemon->config;
    struct jb_history_limits limits = {{config->keep_seconds_s, config->keep_minutes_s, config->keep_hours_s}};

    if (jb_streq(config->session.db_path, "none")) {
        return 0;
    }
    return jb_history_writer_create(config->session.db_path, daemon_machine_id(daemon), &limits, &daemon->history);
}

static int begin(struct jb_daemon *daemon, struct jb_diag *diag)
{
    int error = jb_session_start(daemon->session, 0, diag);

    if (error == 0) {
        daemon->pace_ns = daemon->config.session.interval_ns;
        daemon->second_ns = daemon->session->attributed_ns;
        daemon->row_start_ns = daemon->lessons_ns = daemon->feed_ns = daemon->session->start_ns;
        daemon->self_ns = jb_self_cpu_ns(); /* starting costs once */
        daemon->self_t_ns = daemon->session->start_ns;
        daemon->self_share = NAN;
        daemon_grid_second(daemon);
        daemon_board_second(daemon);
        daemon_board_tick(daemon);
    }
    return error;
}

int jb_daemon_create(const struct jb_daemon_config *config, struct jb_daemon **ret, struct jb_diag *diag)
{
    struct jb_daemon *daemon = calloc(1, sizeof(*daemon));

    if (daemon == NULL) {
        return -ENOMEM;
    }
    daemon->config = *config;
    daemon->config.session.endless = true;
    daemon->config.session.attach = false;
    if (daemon->config.session.interval_ns > SLOWEST_NS) {
        daemon->config.session.interval_ns = SLOWEST_NS;
    }
    daemon->listen_fd = -1;
    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        daemon->peers[i].fd = -1;
    }
    daemon_limits_begin(daemon);
    daemon->packet = malloc(JB_LINK_MAX);
    daemon->message = malloc(sizeof(*daemon->message));
    int error = daemon->packet == NULL || daemon->message == NULL ? -ENOMEM : listen_for_runs(daemon, diag);
    if (error == 0) {
        error = jb_board_create(&daemon->board);
    }
    if (error == 0) {
        error = jb_user_names_create(NULL, NULL, &daemon->names);
    }
    if (error == 0) {
        error = jb_session_create(&daemon->config.session, &daemon->session, diag);
    }
    if (error == 0) {
        error = keep_history(daemon);
    }
    if (error == 0) {
        error = begin(daemon, diag);
    }
    if (error < 0) {
        jb_daemon_destroy(daemon);
        return diag->text[0] != '\0' ? error : jb_fail(diag, error, "cannot start the meter: %s", strerror(-error));
    }
    *ret = daemon;
    return 0;
}

bool jb_daemon_destroy(struct jb_daemon *daemon)
{
    if (daemon == NULL) {
        return false;
    }
    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        jb_closep(&daemon->peers[i].fd); /* runs go on by themselves */
    }
    if (daemon->socket_path != NULL) {
        unlink(daemon->socket_path);
        free(daemon->socket_path);
    }
    jb_closep(&daemon->listen_fd);
    bool left_behind = jb_history_writer_destroy(daemon->history, LAST_WAIT_NS) < 0 || daemon->left_behind;
    left_behind = jb_session_destroy(daemon->session) || left_behind;
    left_behind = jb_user_names_destroy(daemon->names) || left_behind;
    jb_board_destroy(daemon->board);
    free(daemon->packet);
    free(daemon->message);
    free(daemon);
    return left_behind;
}

struct jb_board *jb_daemon_board(struct jb_daemon *daemon)
{
    return daemon->board;
}

struct jb_session *jb_daemon_session(struct jb_daemon *daemon)
{
    return daemon->session;
}

bool jb_daemon_notice(struct jb_daemon *daemon, struct jb_diag *ret)
{
    bool some = daemon->notice.text[0] != '\0';

    if (some) {
        *ret = daemon->notice;
        daemon->notice = (struct jb_diag){0};
    }
    return some;
}

void jb_daemon_on_watch(struct jb_daemon *daemon, jb_daemon_live_fn live, void *context)
{
    daemon->live = live;
    daemon->live_context = context;
}

static void keep_lessons(struct jb_daemon *daemon)
{
    struct jb_session *session = daemon->session;
    uint64_t now_ns = jb_mono_ns();

    if (daemon->history == NULL || now_ns - daemon->lessons_ns < LESSON_NS) {
        return;
    }
    daemon->lessons_ns = now_ns;
    for (int i = 0; i < session->channel_count; i++) {
        struct channel_state *state = &session->channels[i];
        if (state->channel->method != JB_METHOD_MODELLED && state->quiet.count > 0) {
            jb_history_writer_learn(daemon->history, state->channel->id, &state->quiet);
            state->quiet = (struct jb_quiet){0};
        }
    }
}

void daemon_second(struct jb_daemon *daemon)
{
    uint64_t now_ns = daemon->session->attributed_ns;

    if (now_ns == daemon->second_ns) {
        return;
    }
    daemon->second_ns = now_ns;
    daemon->deaf = false;
    daemon_power_tick(daemon);
    daemon_tell_tick(daemon, NULL);
    daemon_tell_channels(daemon, NULL);
    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        struct peer *peer = &daemon->peers[i];
        if (peer->fd >= 0 && peer->run != NULL) {
            daemon_power_second(daemon, peer);
            daemon_tell_cut(daemon, peer, JB_LINK_CUT_SECOND);
        }
    }
    daemon_grid_second(daemon);
    daemon_past_second(daemon);
    daemon_board_second(daemon);
    keep_lessons(daemon);
    if (now_ns - daemon->feed_ns >= FEED_LIFE_NS) {
        daemon->feed_ns = now_ns;
        daemon->left_behind = session_grid_renew(daemon->session, jb_walltime_ns(&daemon->config.session.walltime)) ||
                              daemon->left_behind;
    }
}

static void tick(struct jb_daemon *daemon)
{
    jb_session_tick(daemon->session);
    daemon_power_tick(daemon);
    if (daemon->session->attributed_ns != daemon->second_ns) {
        daemon_second(daemon);
    } else {
        daemon_tell_tick(daemon, NULL);
    }
    daemon_board_tick(daemon);
    daemon_drop_silent(daemon);
    daemon->crowded = false;
}

/* The timer, the end, new peers, peers: which of them has what to say is in `of`. */
static nfds_t gather(const struct jb_daemon *daemon, int stop_fd, struct pollfd *fds, size_t *of)
{
    nfds_t count = 0;

    fds[count++] = (struct pollfd){.fd = jb_session_timer_fd(daemon->session), .events = POLLIN};
    fds[count++] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
    fds[count++] = (struct pollfd){.fd = daemon->deaf || daemon->crowded ? -1 : daemon->listen_fd, .events = POLLIN};
    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        if (daemon->peers[i].fd >= 0) {
            of[count] = i;
            fds[count++] = (struct pollfd){.fd = daemon->peers[i].fd, .events = POLLIN};
        }
    }
    return count;
}

int jb_daemon_run(struct jb_daemon *daemon, int stop_fd, void (*alive)(void *context), void *context)
{
    struct pollfd fds[3 + JB_DAEMON_PEERS];
    size_t of[3 + JB_DAEMON_PEERS];
    uint64_t second_ns = 0;

    for (;;) {
        nfds_t count = gather(daemon, stop_fd, fds, of);
        if (poll(fds, count, -1) < 0) {
            if (errno != EINTR) {
                return -errno;
            }
            continue;
        }
        if (fds[1].revents != 0) {
            return 0;
        }
        if (fds[0].revents != 0) {
            tick(daemon);
        }
        for (nfds_t i = 3; i < count; i++) {
            if (fds[i].revents != 0 && daemon->peers[of[i]].fd == fds[i].fd) {
                daemon_hear(daemon, &daemon->peers[of[i]]);
            }
        }
        if (fds[2].revents != 0) {
            daemon_accept(daemon);
        }
        if (daemon->second_ns - second_ns >= JB_NS_PER_S / 2) {
            second_ns = daemon->second_ns;
            daemon_tell_watchers(daemon);
            if (alive != NULL) {
                alive(context);
            }
        }
    }
}
