/* SPDX-License-Identifier: Apache-2.0 */
/* How often those on the socket may do what costs everybody. The numbers are in daemon.h. */
#include "engine/daemon_impl.h"

#include "base/clock.h"

static const struct jb_rhythm words = {JB_DAEMON_WORDS_PER_S, 2 * JB_DAEMON_WORDS_PER_S};
static const struct jb_rhythm doors = {10 * JB_DAEMON_CONNECTS_PER_S, JB_DAEMON_PEERS};

void daemon_limits_begin(struct jb_daemon *daemon)
{
    jb_quota_init(&daemon->starts, JB_DAEMON_STARTS_PER_S, JB_DAEMON_PEERS_OF_USER);
    jb_quota_init(&daemon->connects, JB_DAEMON_CONNECTS_PER_S, 2 * JB_DAEMON_CONNECTS_PER_S);
    jb_bucket_fill(&daemon->doors, &doors, jb_mono_ns());
}

bool daemon_may_accept(struct jb_daemon *daemon)
{
    return jb_bucket_take(&daemon->doors, &doors, jb_mono_ns());
}

bool daemon_may_connect(struct jb_daemon *daemon, uid_t uid)
{
    return uid == 0 || jb_quota_take(&daemon->connects, uid, jb_mono_ns());
}

bool daemon_may_start(struct jb_daemon *daemon, uid_t uid)
{
    return uid == 0 || jb_quota_take(&daemon->starts, uid, jb_mono_ns());
}

void daemon_limit_words(struct peer *peer)
{
    peer->since_ns = jb_mono_ns();
    jb_bucket_fill(&peer->words, &words, peer->since_ns);
}

bool daemon_may_speak(struct peer *peer)
{
    return peer->who.uid == 0 || jb_bucket_take(&peer->words, &words, jb_mono_ns());
}

void daemon_drop_silent(struct jb_daemon *daemon)
{
    uint64_t now_ns = jb_mono_ns();

    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        struct peer *peer = &daemon->peers[i];
        if (peer->fd >= 0 && peer->state == PEER_NEW && now_ns - peer->since_ns >= JB_DAEMON_SILENT_S * JB_NS_PER_S) {
            daemon_drop(daemon, peer);
        }
    }
}
