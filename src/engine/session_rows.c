/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Energy increments beside operator time: the rows that the estimator learns from.
 *
 * A quick counter that moves every few milliseconds gives its increments in bursts of dense reading (meter/edges.h);
 * any other sensor those that the ledger books anyway. Increments wait until the timeline knows who was busy in them,
 * at the largest lag too; what fell into a time in which operators were not caught is no row.
 */
#include "engine/session_impl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define DENSE_PERIOD_NS (5 * JB_NS_PER_MS) /* counters that move faster are worth a burst */
#define DENSE_LAGS      22
#define SLOW_LAG_NS     (5 * JB_NS_PER_MS)
#define SLOW_LAGS       21
#define DENSE_DOUBT     20 /* an update placed worse than to this part of its period ends and begins no increment */
#define DENSE_MISSED    5  /* an increment may be so many updates long; longer ones tell little */
#define MAX_ROWS        24576
#define SETTLE_EVERY    256

static unsigned domain_of(const struct session_work *work, const struct jb_session *session, int number)
{
    if (session->channels[number].channel->device != JB_DEVICE_GPU) {
        return JB_WORK_HOST;
    }
    for (unsigned domain = 1; domain < work->domain_count; domain++) {
        int first = work->domain_channel[domain];
        if (first >= 0 && session->channels[first].channel->unit == session->channels[number].channel->unit) {
            return domain;
        }
    }
    return JB_WORK_DOMAINS; /* no kernel of it was ever told */
}

/* Lags that are looked among: of a quick counter 0 to 2 ms, finely near 0, where the time between an update and its
 * being seen lies; of others 0 to 100 ms (operators.md 3.2.2). */
static uint64_t lag_of(bool dense, size_t i)
{
    static const uint64_t near_us[] = {0, 5, 10, 20, 40, 80};

    if (!dense) {
        return i * SLOW_LAG_NS;
    }
    return JB_NS_PER_US * (i < JB_COUNT(near_us) ? near_us[i] : 125 * (i - JB_COUNT(near_us) + 1));
}

/* What former runs found spares the search: the lag itself and its neighbours, in case the machine has changed. */
static void choose_lags(struct jb_session *session, struct work_channel *channel)
{
    size_t all = channel->dense ? DENSE_LAGS : SLOW_LAGS, first = 0, last = all - 1;
    const char *id = session->channels[channel->number].channel->id;
    struct jb_sensor_timing timing;

    if (session->reader != NULL && jb_store_timing_get(session->reader, session->machine.id, id, &timing) == 0 &&
        timing.lag_ns <= lag_of(channel->dense, last)) {
        while (lag_of(channel->dense, first + 1) < timing.lag_ns) {
            first++;
        }
        last = first + 3 < last ? first + 3 : last;
    }
    channel->lag_count = last - first + 1;
    for (size_t i = 0; i < channel->lag_count; i++) {
        channel->lags_ns[i] = lag_of(channel->dense, first + i);
    }
}

/* The reader of bursts for a source, or the one that another channel of the same source has. */
static void open_edges(struct jb_session *session, struct work_channel *channel)
{
    struct session_work *work = session->work;
    int source = session->nodes[channel->number].source;
    const char *ids[8];
    size_t count = 0;
    struct jb_source_info info;

    for (size_t i = 0; i < work->learned_count; i++) {
        struct work_channel *other = &work->learned[i];
        if (other->edges != NULL && other != channel && session->nodes[other->number].source == source) {
            channel->edges = other->edges;
            channel->edge_channel = other->edge_channel + 1;
        }
    }
    if (channel->edges != NULL) {
        return;
    }
    /* In the order of the channels learned, which is that of the numbers. */
    for (size_t i = 0; i < work->learned_count && count < JB_COUNT(ids); i++) {
        struct work_channel *other = &work->learned[i];
        if (other->dense && session->nodes[other->number].source == source) {
            ids[count++] = session->channels[other->number].channel->id;
        }
    }
    session_source_of(session, channel->number, &info);
    channel->owns_edges =
        jb_edges_create(&session->sensor_env, info.driver, info.spec, ids, count, &channel->edges) == 0;
}

static bool worth_a_burst(const struct jb_session *session, int number)
{
    const struct jb_channel *channel = session->channels[number].channel;
    uint64_t period_ns = channel->refresh_ns;
    struct jb_source_info info;

    session_source_of(session, number, &info);
    return channel->method == JB_METHOD_COUNTER && !info.lane && period_ns > 0 && period_ns <= DENSE_PERIOD_NS;
}

/* What former runs have learned of the counter's updates spares learning it anew. */
static void expect(struct jb_session *session, const struct work_channel *channel)
{
    const char *id = session->channels[channel->number].channel->id;
    struct jb_sensor_timing kept;

    if (channel->edges != NULL && session->reader != NULL &&
        jb_store_timing_get(session->reader, session->machine.id, id, &kept) == 0 && kept.period_ns > 0) {
        struct jb_timing known = {
            .period_ns = kept.period_ns, .jitter_ns = kept.jitter_ns, .edge_ns = kept.edge_ns, .lag_ns = kept.lag_ns};
        jb_edges_expect(channel->edges, channel->edge_channel, &known);
    }
}

struct work_channel *session_rows_learned(const struct session_work *work, int number)
{
    for (size_t i = 0; i < work->learned_count; i++) {
        if (work->learned[i].number == number) {
            return &work->learned[i];
        }
    }
    return NULL;
}

static bool worth_learning(const struct jb_session *session, int number)
{
    return session->nodes[number].leaf && session->channels[number].channel->method != JB_METHOD_MODELLED &&
           domain_of(session->work, session, number) != JB_WORK_DOMAINS && !session->work->time_share &&
           session_rows_learned(session->work, number) == NULL;
}

/* An accelerator's first kernels are told seconds after the host's first events, and some sensors are found late. */
bool session_rows_chosen(const struct jb_session *session)
{
    const struct session_work *work = session->work;

    return work->learned_domains == work->domain_count && work->learned_channels == session->channel_count;
}

void session_rows_choose(struct jb_session *session)
{
    struct session_work *work = session->work;
    bool late = work->learned_domains > 0; /* bursts are of the channels that were there at first */
    size_t first = work->learned_count;

    work->learned_domains = work->domain_count;
    work->learned_channels = session->channel_count;
    if (work->learned == NULL) {
        work->learned = calloc(WORK_LEARNED, sizeof(*work->learned));
    }
    for (int i = 0; work->learned != NULL && i < session->channel_count && work->learned_count < WORK_LEARNED; i++) {
        struct work_channel *channel = &work->learned[work->learned_count];
        if (!worth_learning(session, i)) {
            continue;
        }
        *channel = (struct work_channel){
            .number = i, .domain = domain_of(work, session, i), .dense = !late && worth_a_burst(session, i)};
        choose_lags(session, channel);
        if (jb_rows_create(channel->lags_ns, channel->lag_count, MAX_ROWS, &channel->rows) < 0) {
            continue;
        }
        work->learned_count++;
    }
    for (size_t i = first; work->learned != NULL && i < work->learned_count; i++) {
        struct work_channel *channel = &work->learned[i];
        if (channel->dense) {
            open_edges(session, channel);
            channel->dense = channel->edges != NULL; /* else what the session reads has to do */
            expect(session, channel);
        }
    }
}

static void push(struct work_channel *channel, const struct work_entry *entry)
{
    if (channel->count == WORK_ENTRIES) {
        channel->first = (channel->first + 1) % WORK_ENTRIES;
        channel->count--;
        channel->broken = true;
    }
    channel->queue[(channel->first + channel->count++) % WORK_ENTRIES] = *entry;
}

void session_rows_entry(struct jb_session *session, int number, const struct jb_entry *entry)
{
    struct session_work *work = session->work;
    struct work_channel *channel = work != NULL ? session_rows_learned(work, number) : NULL;

    if (channel == NULL || channel->dense || session->channels[number].channel->window_ns > 0) {
        return;
    }
    /* The edge lies anywhere between two looks. */
    double edge_s = (double)session->config.interval_ns / (double)session->polls_per_tick / 1e9 / sqrt(12);
    push(channel, &(struct work_entry){
                      .t0_ns = entry->t0_ns,
                      .t1_ns = entry->t1_ns,
                      .energy_j = (double)entry->energy_uj / 1e6,
                      .edge_s = session->channels[number].channel->method == JB_METHOD_COUNTER ? edge_s : 0,
                      .joins = (entry->flags & JB_ENTRY_GAP) == 0,
                  });
}

void session_rows_reading(struct jb_session *session, int number, uint64_t t_ns, uint64_t power_uw)
{
    struct session_work *work = session->work;
    struct work_channel *channel = work != NULL ? session_rows_learned(work, number) : NULL;
    uint64_t window_ns = session->channels[number].channel->window_ns;

    if (channel != NULL && window_ns > 0 && window_ns < t_ns) {
        push(channel, &(struct work_entry){
                          .t0_ns = t_ns - window_ns, .t1_ns = t_ns, .watts = (double)power_uw / 1e6, .window = true});
    }
}

/* An update of a counter ends an increment, unless the update before it was missed. */
static void take_edge(struct jb_session *session, struct work_channel *channel, const struct jb_edge *edge,
                      const struct jb_timing *timing)
{
    double edge_s = (double)timing->edge_ns / 1e9;
    const struct jb_channel *about = session->channels[channel->number].channel;
    uint64_t moved = edge->raw - channel->edge_raw;

    if (edge->raw < channel->edge_raw && about->wrap > 0) {
        moved += about->wrap;
    }
    /* The reader was off the processor just then, which operators that keep all of them busy bring about: their energy
     * would be laid upon the next. */
    bool placed = timing->period_ns == 0 || edge->doubt_ns <= timing->period_ns / DENSE_DOUBT;
    double energy_j = (double)moved * (double)about->unit_num / (double)about->unit_den / 1e6;
    double seconds = (double)(edge->t_ns - channel->edge_t_ns) / 1e9;
    /* What was missed in between does not matter: the counter kept it, and both ends are known. */
    bool near = edge->t_ns - channel->edge_t_ns <= DENSE_MISSED * timing->period_ns;
    bool good = channel->edge_known && placed && (near || !edge->first) && edge->t_ns > channel->edge_t_ns &&
                (about->max_power_uw == 0 || energy_j <= (double)about->max_power_uw / 1e6 * (seconds + 0.01));
    if (good) {
        push(channel, &(struct work_entry){.t0_ns = channel->edge_t_ns,
                                           .t1_ns = edge->t_ns,
                                           .energy_j = energy_j,
                                           .edge_s = edge_s,
                                           .joins = true});
    } else {
        channel->broken = true;
    }
    channel->edge_known = placed;
    channel->edge_raw = edge->raw;
    channel->edge_t_ns = edge->t_ns;
}

void session_rows_edges(struct jb_session *session)
{
    struct session_work *work = session->work;
    struct jb_edge edges[128];

    for (size_t i = 0; i < work->learned_count; i++) {
        struct work_channel *owner = &work->learned[i];
        if (!owner->owns_edges) {
            continue;
        }
        for (size_t got = sizeof(edges); got > 0;) {
            got = jb_edges_take(owner->edges, edges, JB_COUNT(edges));
            for (size_t k = 0; k < got; k++) {
                for (size_t j = i; j < work->learned_count; j++) {
                    struct work_channel *channel = &work->learned[j];
                    struct jb_timing timing;
                    if (channel->edges == owner->edges && channel->edge_channel == edges[k].channel) {
                        jb_edges_timing(owner->edges, edges[k].channel, &timing);
                        take_edge(session, channel, &edges[k], &timing);
                    }
                }
            }
        }
    }
}

/* Who was busy in an entry, the mean over where its doubtful edges may have been; the number of cells or as
 * jb_work_features() says. */
static int features(const struct session_work *work, const struct work_channel *channel, const struct work_entry *entry,
                    uint64_t lag_ns, struct jb_work_share *ret)
{
    struct jb_work_share shares[JB_WORK_CELLS];
    int64_t offsets_ns[JB_BLUR] = {0};
    size_t offsets = jb_rows_blur(entry->edge_s, offsets_ns), count = 0;

    for (size_t i = 0; i < offsets; i++) {
        int64_t shift_ns = offsets_ns[i] - (int64_t)lag_ns;
        if (shift_ns < 0 && (uint64_t)-shift_ns >= entry->t0_ns) {
            return -ENODATA;
        }
        int got = jb_work_features(work->work, channel->domain, entry->t0_ns + (uint64_t)shift_ns,
                                   entry->t1_ns + (uint64_t)shift_ns, shares, JB_COUNT(shares));
        if (got < 0) {
            return got;
        }
        count = jb_rows_mix(ret, count, shares, (size_t)got, 1.0 / (double)offsets);
    }
    return (int)count;
}

/* True: the entry is dealt with; false: its time has not come. */
static bool feed(struct session_work *work, struct work_channel *channel, const struct work_entry *entry)
{
    struct jb_work_share shares[JB_LAGS][JB_WORK_CELLS];
    int counts[JB_LAGS];
    bool any = false;

    for (size_t lag = 0; lag < channel->lag_count; lag++) {
        uint64_t lag_ns = channel->lags_ns[lag];
        bool wanted = jb_rows_lag(channel->rows) < 0 || jb_rows_lag(channel->rows) == (int)lag;
        counts[lag] = wanted ? features(work, channel, entry, lag_ns, shares[lag]) : -ENODATA;
        if (counts[lag] == -EAGAIN) {
            return false;
        }
        any = any || counts[lag] > 0;
    }
    if (!any) {
        channel->broken = true;
        return true;
    }
    double seconds = (double)(entry->t1_ns - entry->t0_ns) / 1e9;
    for (size_t lag = 0; lag < channel->lag_count; lag++) {
        size_t count = counts[lag] > 0 ? (size_t)counts[lag] : 0;
        if (entry->window) {
            jb_rows_add_window(channel->rows, lag, entry->watts, seconds, shares[lag], count);
        } else {
            jb_rows_add(channel->rows, lag, entry->energy_j, seconds, entry->edge_s, entry->joins && !channel->broken,
                        shares[lag], count);
        }
    }
    channel->broken = false;
    if (jb_rows_lag(channel->rows) < 0 && jb_rows_count(channel->rows) % SETTLE_EVERY == 0) {
        jb_rows_settle(channel->rows);
    }
    return true;
}

void session_rows_feed(struct jb_session *session)
{
    struct session_work *work = session->work;

    for (size_t i = 0; i < work->learned_count; i++) {
        struct work_channel *channel = &work->learned[i];
        while (channel->count > 0 && feed(work, channel, &channel->queue[channel->first])) {
            channel->first = (channel->first + 1) % WORK_ENTRIES;
            channel->count--;
        }
    }
}

void session_rows_finish(struct session_work *work)
{
    for (size_t i = 0; i < work->learned_count; i++) {
        jb_rows_destroy(work->learned[i].rows);
        if (work->learned[i].owns_edges) {
            jb_edges_destroy(work->learned[i].edges);
        }
    }
    free(work->learned);
    work->learned = NULL;
    work->learned_count = 0;
}
