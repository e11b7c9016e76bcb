/* SPDX-License-Identifier: Apache-2.0 */
/* Who is on the socket. What a program says of itself is believed only where the kernel bears it out. */
#include "engine/daemon_impl.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FASTEST_NS  (10 * JB_NS_PER_MS) /* nobody makes the whole machine be read more often */
#define RECEIVE_MAX 16                  /* messages of one peer at a time */

void daemon_accept(struct jb_daemon *daemon)
{
    struct jb_link_peer who;
    int fd, error;

    for (;;) {
        daemon->crowded = !daemon_may_accept(daemon);
        error = daemon->crowded ? -EAGAIN : jb_link_accept(daemon->listen_fd, &fd, &who);
        if (error < 0) {
            break;
        }
        struct peer *room = NULL;
        size_t of_user = 0;
        for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
            struct peer *peer = &daemon->peers[i];
            room = room == NULL && peer->fd < 0 ? peer : room;
            of_user += peer->fd >= 0 && peer->who.uid == who.uid;
        }
        bool welcome = daemon->config.shared || who.uid == 0 || who.uid == geteuid();
        if (room == NULL || !welcome || (of_user >= JB_DAEMON_PEERS_OF_USER && who.uid != 0) ||
            !daemon_may_connect(daemon, who.uid)) {
            close(fd);
            continue;
        }
        *room = (struct peer){.fd = fd, .who = who, .power_w = NAN, .news = {.epoch = -1, .step = -1}};
        for (int d = 0; d < 4; d++) {
            room->device_w[d] = NAN;
        }
        daemon_limit_words(room);
        jb_user_names_get(daemon->names, who.uid, room->user);
    }
    daemon->deaf = error != -EAGAIN; /* without a free descriptor whoever waits would wake us for ever */
}

static void refuse(struct jb_daemon *daemon, struct peer *peer, int error, const char *text, const char *fix)
{
    struct jb_link_refuse refusal = {.error = error};

    jb_copy(refusal.text, sizeof(refusal.text), text);
    jb_copy(refusal.fix, sizeof(refusal.fix), fix);
    ssize_t length = jb_link_pack_refuse(&refusal, daemon->packet);
    if (length > 0) {
        jb_link_send(peer->fd, daemon->packet, (size_t)length, -1);
    }
    daemon_drop(daemon, peer);
}

/* A process of the same user, or one's own: else a program could have another's joules laid on itself. One that we
 * cannot see, of a container beside ours or ended since, can be measured by nobody. */
static bool may_measure(const struct peer *peer, pid_t pid)
{
    char path[64];
    struct stat status;

    snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    bool there = pid > 0 && stat(path, &status) == 0;
    return there && (pid == peer->who.pid || peer->who.uid == 0 || status.st_uid == peer->who.uid);
}

void daemon_pace(struct jb_daemon *daemon)
{
    uint64_t pace_ns = daemon->config.session.interval_ns;

    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        const struct peer *peer = &daemon->peers[i];
        uint64_t wanted_ns = peer->hello.interval_ns > FASTEST_NS ? peer->hello.interval_ns : FASTEST_NS;
        if (peer->fd >= 0 && peer->state == PEER_RUNNING && wanted_ns < pace_ns) {
            pace_ns = wanted_ns;
        }
    }
    if (pace_ns != daemon->pace_ns && jb_session_pace(daemon->session, pace_ns) == 0) {
        daemon->pace_ns = pace_ns;
    }
}

static void hear_hello(struct jb_daemon *daemon, struct peer *peer, const struct jb_link_hello *hello)
{
    const char *root = daemon->config.session.root != NULL ? daemon->config.session.root : "";
    struct jb_link_welcome welcome = {.version = JB_LINK_VERSION, .interval_ns = daemon->config.session.interval_ns};
    struct jb_diag diag;

    if (hello->version != JB_LINK_VERSION) {
        refuse(daemon, peer, -EPROTONOSUPPORT, "it is of another version than this program",
               "install both from one release, or run with JOULEBOOK_SOCKET=none");
        return;
    }
    if (!jb_streq(hello->root, root)) {
        refuse(daemon, peer, -ENODEV, "it measures another machine (--root)", "give both the same --root");
        return;
    }
    if (!may_measure(peer, hello->pid > 0 ? hello->pid : peer->who.pid)) {
        refuse(daemon, peer, -EPERM, "the process to be measured is another user's, or not to be seen", "");
        return;
    }
    peer->hello = *hello;
    jb_sanitise(peer->hello.run);
    jb_sanitise(peer->hello.parent);
    jb_sanitise(peer->hello.basis);
    jb_sanitise(peer->hello.name);
    jb_sanitise(peer->hello.project);
    jb_sanitise(peer->hello.command);
    const struct jb_intensity *place = &daemon->session->intensity;
    if (jb_grid_named(place)) {
        jb_copy(welcome.zone, sizeof(welcome.zone), place->zone);
    }
    if (daemon->history != NULL) {
        jb_history_writer_state(daemon->history, &diag, &welcome.db_dev, &welcome.db_ino);
    }
    ssize_t length = jb_link_pack_welcome(&welcome, daemon->packet);
    if (length < 0 || jb_link_send(peer->fd, daemon->packet, (size_t)length, -1) < 0) {
        daemon_drop(daemon, peer);
        return;
    }
    peer->state = PEER_ATTACHED;
    daemon_tell_channels(daemon, peer);
}

static void hear_start(struct jb_daemon *daemon, struct peer *peer)
{
    pid_t top = peer->hello.pid > 0 ? peer->hello.pid : peer->who.pid;

    if (!may_measure(peer, top)) {
        refuse(daemon, peer, -ESRCH, "the process to be measured has ended", "");
        return;
    }
    if (!daemon_may_start(daemon, peer->who.uid)) {
        refuse(daemon, peer, -EBUSY, "too many runs of this user began just now",
               "measure what belongs together as one run, or begin fewer than 10 a second");
        return;
    }
    session_cut(daemon->session, false);
    daemon_second(daemon);
    int error = session_run_begin(daemon->session, top, &peer->run);
    if (error < 0) {
        refuse(daemon, peer, error, "it has no room for another run", "wait for one to end");
        return;
    }
    peer->state = PEER_RUNNING;
    peer->started_ns = jb_mono_ns();
    peer->started_wall_ns = jb_walltime_ns(&daemon->config.session.walltime);
    daemon_power_second(daemon, peer);
    daemon_tell_tick(daemon, peer);
    daemon_tell_cut(daemon, peer, JB_LINK_CUT_STARTED);
    daemon_pace(daemon);
    daemon_board_changed(daemon);
}

/* The last second of a run, told or not. */
static void end_run(struct jb_daemon *daemon, struct peer *peer, bool tell)
{
    session_cut(daemon->session, true);
    daemon_second(daemon);
    if (tell) {
        daemon_tell_cut(daemon, peer, JB_LINK_CUT_FINAL);
    }
    session_run_end(daemon->session, peer->run);
    peer->run = NULL;
    peer->state = PEER_ENDED;
    daemon_pace(daemon);
    daemon_board_changed(daemon);
}

void daemon_drop(struct jb_daemon *daemon, struct peer *peer)
{
    if (peer->run != NULL) {
        end_run(daemon, peer, false);
    }
    jb_closep(&peer->fd);
    peer->fd = -1;
}

static void hear_record(struct jb_daemon *daemon, struct peer *peer, int descriptor)
{
    int reply_fd = fcntl(peer->fd, F_DUPFD_CLOEXEC, 0);

    if (daemon->history == NULL || descriptor < 0 || reply_fd < 0 ||
        jb_history_writer_adopt(daemon->history, descriptor, peer->who.uid, reply_fd) < 0) {
        jb_closep(&reply_fd);
        jb_closep(&descriptor);
        struct jb_link_kept kept = {.error = -EAGAIN, .text = "the machine's meter cannot take it now"};
        ssize_t length = jb_link_pack_kept(&kept, daemon->packet);
        if (length > 0) {
            jb_link_send(peer->fd, daemon->packet, (size_t)length, -1);
        }
        return;
    }
    peer->recorded = true;
}

/* A descriptor that came along is ours to close unless the message is one that wants it. */
static void hear(struct jb_daemon *daemon, struct peer *peer, int descriptor)
{
    const struct jb_link_message *message = daemon->message;

    if (message->kind == JB_LINK_RECORD && peer->state == PEER_ENDED && !peer->recorded) {
        hear_record(daemon, peer, descriptor);
        return;
    }
    jb_closep(&descriptor);
    if (message->kind == JB_LINK_HELLO && peer->state == PEER_NEW) {
        struct jb_link_hello hello = message->hello; /* the message is used for answers too */
        hear_hello(daemon, peer, &hello);
    } else if (message->kind == JB_LINK_WATCH && peer->state == PEER_NEW) {
        peer->state = PEER_WATCHING;
        daemon_tell_watchers(daemon);
    } else if (message->kind == JB_LINK_START && peer->state == PEER_ATTACHED) {
        hear_start(daemon, peer);
    } else if (message->kind == JB_LINK_NEWS && peer->state == PEER_RUNNING) {
        peer->news = message->news;
        jb_sanitise(peer->news.phase);
    } else if (message->kind == JB_LINK_PLAN && peer->state == PEER_RUNNING) {
        peer->plan = message->plan;
    } else if (message->kind == JB_LINK_STOP && peer->state == PEER_RUNNING) {
        end_run(daemon, peer, true);
    } else {
        daemon_drop(daemon, peer); /* not what one says here */
    }
}

void daemon_hear(struct jb_daemon *daemon, struct peer *peer)
{
    for (int i = 0; i < RECEIVE_MAX && peer->fd >= 0; i++) {
        int descriptor;
        ssize_t length = jb_link_receive(peer->fd, daemon->packet, &descriptor);
        if (length == -EAGAIN) {
            return;
        }
        bool may = length > 0 && daemon_may_speak(peer);
        int r = may ? jb_link_unpack(daemon->packet, (size_t)length, daemon->message) : -EPIPE;
        if (r == 0) {
            hear(daemon, peer, descriptor);
            continue;
        }
        if (length > 0) {
            jb_closep(&descriptor);
        }
        if (r != -EPROTONOSUPPORT) {
            daemon_drop(daemon, peer);
        }
    }
}
