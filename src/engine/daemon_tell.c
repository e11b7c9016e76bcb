/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out on the socket. Nobody is waited for: energies are cumulative, so that what does not fit into a reader's
 * buffer comes with the next message. */
#include "engine/daemon_impl.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void send_to(struct jb_daemon *daemon, struct peer *peer, ssize_t length)
{
    if (length > 0) {
        jb_link_send(peer->fd, daemon->packet, (size_t)length, -1); /* one that is gone is heard of by its end */
    }
}

/* A driver's own number of what contains a channel, as a number of the list. */
static int parent_of(const struct jb_session *session, int number)
{
    int parent = session->channels[number].channel->parent, first = number;

    while (first > 0 && session->nodes[first - 1].source == session->nodes[number].source) {
        first--;
    }
    return parent >= 0 && first + parent < session->channel_count ? first + parent : -1;
}

static void describe(const struct jb_session *session, int number, struct jb_link_channel *ret)
{
    const struct channel_state *state = &session->channels[number];
    const struct jb_channel *channel = state->channel;
    const struct jb_overlap_node *node = &session->nodes[number];
    struct jb_source_info info;

    session_source_of(session, number, &info);
    *ret = (struct jb_link_channel){
        .method = (uint8_t)channel->method,
        .domain = (uint8_t)channel->domain,
        .device = (uint8_t)channel->device,
        .status = (uint8_t)channel->status,
        .with_memory = channel->with_memory,
        .rejected = node->rejected,
        .unit = channel->unit,
        .die = channel->die,
        .parent = parent_of(session, number),
        .mirror_of = node->mirror_of,
        .group = node->source,
        .preference = node->preference,
        .unit_num = channel->unit_num,
        .unit_den = channel->unit_den,
        .wrap = channel->wrap,
        .horizon_ns = channel->horizon_ns,
        .refresh_ns = channel->refresh_ns,
        .window_ns = channel->window_ns,
        .max_power_uw = channel->max_power_uw,
        .idle_uw = state->idle.idle_uw,
        .idle_sigma_uw = state->idle.sigma_uw,
        .rel_error = channel->rel_error,
    };
    jb_copy(ret->id, sizeof(ret->id), channel->id);
    jb_copy(ret->name, sizeof(ret->name), channel->name);
    jb_copy(ret->path, sizeof(ret->path), channel->path);
    jb_copy(ret->source, sizeof(ret->source), info.driver);
    jb_copy(ret->note, sizeof(ret->note), channel->note);
    jb_copy(ret->reason, sizeof(ret->reason), channel->reason);
    jb_copy(ret->fix, sizeof(ret->fix), channel->fix);
    jb_copy(ret->idle_source, sizeof(ret->idle_source), state->idle.source != NULL ? state->idle.source : "none");
}

/* What may change of channels, in the list or on the board, as one number. */
static uint32_t fingerprint(const struct jb_session *session)
{
    uint32_t sum = (uint32_t)session->channel_count;

    for (int i = 0; i < session->channel_count; i++) {
        const struct jb_overlap_node *node = &session->nodes[i];
        sum = sum * 31 + (uint32_t)(node->rejected + 2 * node->in_total + 4 * (node->mirror_of + 1));
    }
    return sum;
}

void daemon_tell_channels(struct jb_daemon *daemon, struct peer *peer)
{
    const struct jb_session *session = daemon->session;
    struct jb_link_channel_list *list = &daemon->message->list;
    uint32_t now = fingerprint(session);

    if (peer == NULL && now == daemon->listed) {
        return;
    }
    bool all = now != daemon->listed; /* whoever asked, the others have to hear of it too */
    if (all) {
        daemon->listed = now;
        daemon->layout++;
    }
    list->count = 0;
    for (int i = 0; i < session->channel_count; i++) {
        describe(session, i, &list->channels[list->count++]);
    }
    ssize_t length = jb_link_pack_channel_list(list, daemon->packet);
    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        struct peer *to = &daemon->peers[i];
        bool attached = to->fd >= 0 && (to->state == PEER_ATTACHED || to->state == PEER_RUNNING);
        if (all ? attached : to == peer) {
            send_to(daemon, to, length);
        }
    }
}

void daemon_tell_tick(struct jb_daemon *daemon, struct peer *peer)
{
    const struct jb_session *session = daemon->session;
    struct jb_link_tick *tick = &daemon->message->tick;
    ssize_t length = 0;

    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        struct peer *to = &daemon->peers[i];
        if (to->fd < 0 || (peer == NULL ? to->state != PEER_RUNNING : to != peer)) {
            continue;
        }
        if (length == 0) {
            tick->t_ns = jb_mono_ns();
            tick->count = (uint32_t)session->channel_count;
            for (int k = 0; k < session->channel_count; k++) {
                const struct channel_state *state = &session->channels[k];
                bool started = state->account.started;
                tick->channels[k].t_ns = started ? state->account.entry_ns : JB_LINK_NEVER;
                tick->channels[k].energy_uj = state->account.energy_uj;
                tick->channels[k].status = (uint8_t)state->status;
                tick->channels[k].gap = state->account.gaps != daemon->gaps[k];
            }
            length = jb_link_pack_tick(tick, daemon->packet);
        }
        send_to(daemon, to, length);
    }
    for (int k = 0; peer == NULL && k < session->channel_count; k++) {
        daemon->gaps[k] =
            session->channels[k].account.gaps; /* also where nobody listens: a later run had no part in it */
    }
}

void daemon_tell_cut(struct jb_daemon *daemon, struct peer *peer, enum jb_link_cut_kind kind)
{
    const struct jb_session *session = daemon->session;
    struct jb_link_cut *cut = &daemon->message->cut;

    cut->kind = (uint8_t)kind;
    cut->count = (uint32_t)session->channel_count;
    for (int i = 0; i < session->channel_count; i++) {
        struct jb_parts parts;
        session_run_parts(session, peer->run, i, &parts);
        cut->channels[i].run_uj = parts.run_uj;
        cut->channels[i].idle_uj = parts.idle_uj;
        cut->channels[i].others_uj = parts.others_uj;
        cut->channels[i].unattributed_uj = parts.unattributed_uj;
    }
    send_to(daemon, peer, jb_link_pack_cut(cut, daemon->packet));
}

void daemon_tell_watchers(struct jb_daemon *daemon)
{
    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        struct peer *peer = &daemon->peers[i];
        if (peer->fd < 0 || peer->state != PEER_WATCHING || daemon->live == NULL) {
            continue;
        }
        char *text = daemon->live(daemon->live_context, peer->who.uid);
        if (text != NULL) {
            send_to(daemon, peer, jb_link_pack_live(text, strlen(text), daemon->packet));
        }
        free(text);
    }
}
