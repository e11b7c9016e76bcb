/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which channels there are and which of them count. Everything is booked from its first reading on; whether a channel
 * is in the total is a verdict over the books, and may change while the run goes on: a vendor's energy counter that
 * stands still while its power sensor does not is passed over in favour of the power, for the whole run, because that
 * was booked too.
 */
#include "engine/session_impl.h"

#include "base/clock.h"
#include "base/text.h"

#define CHECK_AFTER_NS   (2 * JB_NS_PER_S) /* sensors.md 7: cross-check a counter over 2 s */
#define CHECK_TOLERANCE  0.25
#define SILENT_NS        (5 * JB_NS_PER_S)
#define NODE_PATIENCE_NS (60 * JB_NS_PER_S) /* a BMC may update every few seconds */
#define MIRROR_TOLERANCE 0.02
#define MIRROR_SKEW_NS   (10 * JB_NS_PER_MS)

/* Among the channels that were left behind when the machine's meter went away, or among all others: the two were read
 * one after the other, so that neither stands for the other. */
static void resolve_some(struct jb_session *session, bool left_behind)
{
    struct jb_overlap_node some[JB_METER_MAX_CHANNELS];
    int number_of[JB_METER_MAX_CHANNELS], index_of[JB_METER_MAX_CHANNELS];
    size_t count = 0;

    for (int i = 0; i < session->channel_count; i++) {
        index_of[i] = -1;
        if ((session->channels[i].remote_source[0] != '\0') == left_behind) {
            index_of[i] = (int)count;
            number_of[count] = i;
            some[count++] = session->nodes[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        some[i].mirror_of = some[i].mirror_of >= 0 ? index_of[some[i].mirror_of] : -1;
    }
    jb_overlap_resolve(some, count);
    for (size_t i = 0; i < count; i++) {
        struct jb_overlap_node *node = &session->nodes[number_of[i]];
        node->in_total = some[i].in_total;
        node->leaf = some[i].leaf;
        node->whole = some[i].whole;
        node->parent = some[i].parent >= 0 ? number_of[some[i].parent] : -1;
        node->twin_of = some[i].twin_of >= 0 ? number_of[some[i].twin_of] : -1;
    }
}

void session_resolve(struct jb_session *session)
{
    if (session->alone) {
        resolve_some(session, true);
        resolve_some(session, false);
    } else {
        jb_overlap_resolve(session->nodes, (size_t)session->channel_count);
    }
    session_wall_choose(session);
}

void session_source_of(const struct jb_session *session, int number, struct jb_source_info *ret)
{
    const char *remote = session->channels[number].remote_source;

    if (remote[0] != '\0' || session->meter == NULL) {
        *ret = (struct jb_source_info){.driver = remote, .title = remote};
    } else {
        jb_meter_source_info(session->meter, session->nodes[number].source, ret);
    }
}

/* The channel of the machine's meter that our own meter goes on with; -1: none. */
static int left_behind(const struct jb_session *session, const struct jb_channel *channel)
{
    for (int i = 0; i < session->channel_count; i++) {
        const struct channel_state *state = &session->channels[i];
        if (state->remote_source[0] != '\0' && jb_streq(state->channel->id, channel->id)) {
            return i;
        }
    }
    return -1;
}

/* The number that a channel of our meter has here from now on; -1: there is no room. */
static int admit(struct jb_session *session, const struct jb_channel *channel)
{
    int number = left_behind(session, channel);

    if (number >= 0) {
        struct channel_state *state = &session->channels[number];
        state->own = *channel;
        state->remote_source[0] = '\0';
        jb_account_rebase(&state->account, channel);
        return number;
    }
    if (session->channel_count >= JB_METER_MAX_CHANNELS) {
        return -1;
    }
    struct channel_state *state = &session->channels[session->channel_count];
    *state =
        (struct channel_state){.own = *channel, .channel = &state->own, .check_twin = -1, .status = channel->status};
    jb_account_init(&state->account, channel);
    jb_idle_choose(session->reader, &session->machine, channel, &state->idle);
    return session->channel_count++;
}

void session_refresh_channels(struct jb_session *session)
{
    int count = jb_meter_channel_count(session->meter);

    for (int i = 0; i < count; i++) {
        bool fresh = i >= session->meter_count;
        int source = jb_meter_channel_source(session->meter, i);
        struct jb_source_info info;

        if (fresh) {
            session->number_of[i] = (int16_t)admit(session, jb_meter_channel(session->meter, i));
        }
        if (session->number_of[i] < 0) {
            continue;
        }
        struct jb_overlap_node *node = &session->nodes[session->number_of[i]];
        jb_meter_source_info(session->meter, source, &info);
        node->channel = session->channels[session->number_of[i]].channel;
        node->source = source;
        node->preference = info.preference;
        if (fresh) {
            int mirror = jb_meter_mirror_of(session->meter, i);
            node->mirror_of = mirror >= 0 ? session->number_of[mirror] : -1;
            node->rejected = false;
        }
    }
    session->meter_count = count;
    session_resolve(session);
}

/* The leaf's twin whose book can be held against it: measured, and read since the leaf was. */
static int twin_of(const struct jb_session *session, int leaf)
{
    for (int i = 0; i < session->channel_count; i++) {
        const struct channel_state *state = &session->channels[i];
        if (i != leaf && session->nodes[i].twin_of == leaf && state->channel->method != JB_METHOD_MODELLED &&
            state->account.last_ns > 0 && !session->nodes[i].rejected) {
            return i;
        }
    }
    return -1;
}

/* By how much two looks at one counter may differ: one of them may have seen it move a step earlier. */
static double step_uj(const struct channel_state *state)
{
    uint64_t period_ns = jb_account_period_ns(&state->account);
    double step_ns = (double)(period_ns > MIRROR_SKEW_NS ? period_ns : MIRROR_SKEW_NS);

    return 1.1 * (double)state->account.max_power_seen_uw * step_ns / 1e9;
}

/* Mirrored dies are one counter: books that part by more than an update step were two counters after all. */
static bool mirror_parted(const struct channel_state *leaf, const struct channel_state *mirror)
{
    uint64_t a = leaf->account.energy_uj, b = mirror->account.energy_uj;
    uint64_t larger = a > b ? a : b, difference = a > b ? a - b : b - a;
    return leaf->account.changes >= 3 && (double)difference > step_uj(leaf) &&
           (double)difference > MIRROR_TOLERANCE * (double)larger;
}

/* A pair that was caught between its two updates when it was opened did not look like one counter then (sensor.h,
 * jb_mirror_detect()): dies whose counters show the same value after they moved do. */
static bool mirrors_after_all(const struct jb_session *session, int a, int b)
{
    const struct channel_state *x = &session->channels[a], *y = &session->channels[b];
    const struct jb_channel *p = x->channel, *q = y->channel;
    uint64_t apart =
        x->account.raw > y->account.raw ? x->account.raw - y->account.raw : y->account.raw - x->account.raw;

    return session->nodes[a].source == session->nodes[b].source && p->domain == JB_DOMAIN_PACKAGE &&
           q->domain == JB_DOMAIN_PACKAGE && p->method == JB_METHOD_COUNTER && q->method == JB_METHOD_COUNTER &&
           p->unit == q->unit && p->unit >= 0 && p->die >= 0 && q->die >= 0 && p->die != q->die && !p->zero_at_open &&
           !q->zero_at_open && p->unit_num == q->unit_num && p->unit_den == q->unit_den && p->wrap == q->wrap &&
           x->account.changes >= 3 && y->account.changes >= 3 && !y->parted && session->nodes[a].mirror_of < 0 &&
           session->nodes[b].mirror_of < 0 && (double)apart * (double)p->unit_num / (double)p->unit_den <= step_uj(x);
}

/* What was used in dt_ns, at that power over another time. */
static uint64_t over(uint64_t energy_uj, uint64_t dt_ns, uint64_t other_ns)
{
    return dt_ns == 0 ? 0 : (uint64_t)((unsigned __int128)energy_uj * other_ns / dt_ns);
}

/* The model that yields to the leaf; -1. */
static int model_of(const struct jb_session *session, int leaf)
{
    for (int i = 0; i < session->channel_count; i++) {
        const struct jb_overlap_node *node = &session->nodes[i];
        if (session->channels[i].channel->method == JB_METHOD_MODELLED &&
            (node->twin_of == leaf || node->parent == leaf) && session->channels[i].account.last_ns > 0) {
            return i;
        }
    }
    return -1;
}

/* What opened and is never read, while there is another to tell: a meter of the node, or a model, which beats nothing
 * at all. */
static void pass_over_silent(struct jb_session *session, int leaf, uint64_t now_ns)
{
    const struct jb_channel *channel = session->channels[leaf].channel;
    int twin = twin_of(session, leaf);
    bool modelled = channel->method == JB_METHOD_MODELLED;
    int instead = twin < 0 && !modelled && session->nodes[leaf].in_total ? model_of(session, leaf) : -1;

    if (twin >= 0 && channel->domain == JB_DOMAIN_NODE) {
        instead = twin;
    }
    if (instead >= 0 && session->started && (session->stopped || now_ns - session->start_ns > SILENT_NS)) {
        jb_record_warn(&session->record, "%s: does not answer; %s stands for it", channel->id,
                       session->channels[instead].channel->id);
        session->nodes[leaf].rejected = true;
        session_resolve(session);
    }
}

static void check_pair(struct jb_session *session, int leaf, int twin, uint64_t now_ns)
{
    struct channel_state *a = &session->channels[leaf];
    const struct channel_state *b = &session->channels[twin];

    if (a->check_twin != twin) {
        a->check_twin = twin;
        a->check_leaf_uj = a->account.energy_uj;
        a->check_twin_uj = b->account.energy_uj;
        a->check_leaf_ns = a->account.covered_ns;
        a->check_twin_ns = b->account.covered_ns;
        a->check_ns = now_ns;
        return;
    }
    uint64_t covered_ns = now_ns - a->check_ns;
    bool node = a->channel->domain == JB_DOMAIN_NODE;
    if (node && a->account.covered_ns - a->check_leaf_ns < CHECK_AFTER_NS && covered_ns < NODE_PATIENCE_NS) {
        return; /* not silent, but slow */
    }
    if (covered_ns < CHECK_AFTER_NS || a->contradicted) {
        return;
    }
    uint64_t leaf_uj = a->account.energy_uj - a->check_leaf_uj;
    uint64_t twin_uj = b->account.energy_uj - a->check_twin_uj;
    if (node) { /* of two slow meters one may have read a second more: their powers are compared */
        leaf_uj = over(leaf_uj, a->account.covered_ns - a->check_leaf_ns, covered_ns);
        twin_uj = over(twin_uj, b->account.covered_ns - a->check_twin_ns, covered_ns);
    }
    enum jb_verdict verdict = jb_crosscheck(leaf_uj, jb_account_sigma_uj(&a->account), twin_uj,
                                            jb_account_sigma_uj(&b->account), covered_ns, CHECK_TOLERANCE);
    if (verdict != JB_VERDICT_FROZEN && verdict != JB_VERDICT_DISAGREE) {
        return;
    }
    a->contradicted = true;
    bool reject = verdict == JB_VERDICT_FROZEN || a->channel->device == JB_DEVICE_GPU;
    jb_record_warn(&session->record, "%s: its counter %s while %s says %.3g W%s", a->channel->id,
                   verdict == JB_VERDICT_FROZEN ? "stands still" : "disagrees", b->channel->id,
                   (double)twin_uj / 1e-3 / (double)covered_ns,
                   reject ? "; the latter is used for the whole run" : "; the counter is used");
    if (reject) {
        session->nodes[leaf].rejected = true;
        session_resolve(session);
    }
}

void session_check_twins(struct jb_session *session, uint64_t now_ns)
{
    bool changed = false;

    for (int i = 0; i < session->channel_count; i++) {
        int original = session->nodes[i].mirror_of;
        if (original >= 0 && mirror_parted(&session->channels[original], &session->channels[i])) {
            session->nodes[i].mirror_of = -1;
            session->channels[i].parted = true;
            changed = true;
        }
        for (int j = 0; j < i; j++) {
            if (mirrors_after_all(session, j, i)) {
                session->nodes[i].mirror_of = j;
                changed = true;
            }
        }
    }
    if (changed) {
        session_resolve(session);
    }
    for (int i = 0; i < session->channel_count; i++) {
        if (session->nodes[i].twin_of >= 0 || session->nodes[i].rejected) {
            continue;
        }
        if (session->channels[i].account.last_ns == 0) {
            pass_over_silent(session, i, now_ns);
            continue;
        }
        int twin = twin_of(session, i);
        if (twin >= 0 && session->nodes[twin].mirror_of != i) {
            check_pair(session, i, twin, now_ns);
        }
    }
}
