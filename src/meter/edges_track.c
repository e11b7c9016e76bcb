/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges_track.c - predicting a counter's updates and learning how it keeps time. The method is in edges_track.h.
 *
 * An update lies between the moment before the look before and the moment after the look that shows it, whatever the
 * driver does in between: the middle of these two has no systematic delay, and their distance bounds the error.
 */
#include "meter/edges_track.h"

#include <math.h>
#include <string.h>

#define FIRST_LEAD_NS   50000.0
#define LEAST_LEAD_NS   20000.0
#define LEAD_STEP       (1 / 25.0) /* of a period */
#define LEAD_SHRINK     (1 / 200.0)
#define PHASE_GAIN      0.3
#define PERIOD_GAIN     0.02
#define EARLY_GAIN      0.1 /* the same for the first EARLY edges, when the period is that of a few intervals */
#define EARLY           16
#define WORST_DOUBT     (1 / 10.0) /* of a period: what is less certain than that is no edge (operators.md 3.3) */
#define STRANGE         (1 / 4.0)  /* of a period */
#define MOST_STRANGE    4
#define MOST_STOOD      4
#define MOST_LOST       3
#define MOST_RELOCKS    4
#define STALE           64 /* periods without an edge, after which the phase is not believed */
#define MOST_LEAPS      16
#define MOST_RESTLESS   4
#define PATIENCE        3                   /* periods after the predicted time */
#define SEARCH_PAUSE_NS UINT64_C(250000000) /* from one search to the next, doubled MOST_SEARCHES times */
#define MOST_SEARCHES   4
#define RETRY_NS        UINT64_C(1000000)   /* after a reading that failed */
#define LONGEST_NS      UINT64_C(100000000) /* between two looks at a slow counter */

void jb_track_init(struct jb_track *track, uint64_t documented_ns)
{
    memset(track, 0, sizeof(*track));
    track->lead_ns = FIRST_LEAD_NS;
    if (documented_ns > JB_TRACK_FAST_NS) {
        track->period_ns = (double)documented_ns;
    }
    jb_track_bound(track, 1);
}

void jb_track_expect(struct jb_track *track, const struct jb_timing *known)
{
    track->learned.known = *known;
    if (known->period_ns && !jb_learned_period(&track->learned)) {
        track->period_ns = (double)known->period_ns;
    }
}

void jb_track_bound(struct jb_track *track, unsigned neighbours)
{
    track->share = JB_TRACK_SHARE / (neighbours > 1 ? neighbours : 1);
}

uint64_t jb_track_due(const struct jb_track *track)
{
    return track->gone ? UINT64_MAX : track->due_ns;
}

/* ---- the three states ---- */

static void search(struct jb_track *track, uint64_t now_ns)
{
    track->state = JB_TRACK_SEARCH;
    track->search_end_ns = now_ns + JB_TRACK_SEARCH_NS;
    track->quiet_end_ns = now_ns + JB_TRACK_QUIET_NS;
    jb_learn_afresh(&track->learned);
    track->has_edge = false;
    track->due_ns = now_ns;
}

static void go_slow(struct jb_track *track, uint64_t now_ns)
{
    uint64_t tenth_ns = (uint64_t)(track->period_ns / 10);
    tenth_ns = tenth_ns > LONGEST_NS ? LONGEST_NS : tenth_ns;
    track->state = JB_TRACK_SLOW;
    track->poll_ns = tenth_ns > JB_TRACK_SLOW_POLL_NS ? tenth_ns : JB_TRACK_SLOW_POLL_NS;
    jb_learn_afresh(&track->learned);
    track->still = false;
    track->restless = 0;
    track->due_ns = now_ns + track->poll_ns;
}

/* FOLLOW, and look for the first update that is expected half a period or more after `t_ns`. */
static void predict(struct jb_track *track, uint64_t t_ns)
{
    double ahead = ((double)(int64_t)(t_ns - track->phase_ns) + track->period_ns / 2) / track->period_ns;
    double n = ahead > 1 ? ceil(ahead) : 1;
    double most_ns = track->late_ns + track->share * track->period_ns;
    most_ns = most_ns > LEAST_LEAD_NS ? most_ns : LEAST_LEAD_NS;
    track->lead_ns = track->lead_ns > most_ns ? most_ns : track->lead_ns;
    track->state = JB_TRACK_FOLLOW;
    track->looking = false;
    track->next_ns = track->phase_ns + (uint64_t)(n * track->period_ns);
    track->due_ns = track->next_ns - (uint64_t)track->lead_ns;
}

static void follow(struct jb_track *track, uint64_t t_ns)
{
    track->phase_ns = t_ns;
    track->strange = track->stood = track->lost = track->leaps = track->locked = 0;
    predict(track, t_ns);
}

/* The prediction is of another clock than the counter's. */
static void search_anew(struct jb_track *track, uint64_t now_ns)
{
    track->period_ns = 0;
    if (now_ns < track->search_again_ns) {
        go_slow(track, now_ns);
        return;
    }
    track->relocks = 0;
    track->search_again_ns = now_ns + (SEARCH_PAUSE_NS << track->searches);
    track->searches += track->searches < MOST_SEARCHES;
    search(track, now_ns);
}

void jb_track_begin(struct jb_track *track, uint64_t now_ns)
{
    track->has_last = track->has_edge = false;
    track->first = true;
    track->searches = 0;
    track->search_again_ns = now_ns;
    if (track->period_ns > (double)JB_TRACK_FAST_NS) {
        go_slow(track, now_ns);
        track->due_ns = now_ns;
    } else {
        search(track, now_ns);
    }
}

void jb_track_woke(struct jb_track *track, uint64_t until_ns, uint64_t now_ns)
{
    if (track->state != JB_TRACK_FOLLOW || track->due_ns > now_ns) {
        return;
    }
    double late_ns = now_ns > until_ns ? (double)(now_ns - until_ns) : 0;
    double most_ns = track->period_ns / 2; /* beyond that it was not the timer, but another thread in our place */
    late_ns = late_ns > most_ns ? most_ns : late_ns;
    track->late_ns += (late_ns - track->late_ns) / 32;
}

/* A pass of the driver takes its time, too: JB_TRACK_POLL_NS from the beginning of one to that of the next, but never
 * one after the other without a pause. */
static uint64_t next_look(const struct jb_track *track, uint64_t now_ns)
{
    uint64_t due_ns = track->last_ns + JB_TRACK_POLL_NS, soon_ns = now_ns + JB_TRACK_POLL_NS / 4;
    return due_ns > soon_ns ? due_ns : soon_ns;
}

/* How many updates lie in so much time, as far as is known. */
static double updates_in(const struct jb_track *track, double ns)
{
    double n = track->period_ns > 0 ? round(ns / track->period_ns) : 1;
    return n > 1 ? n : 1;
}

/* ---- a look ---- */

/* How many of them there were, as predicted; at least the one that was seen. */
static double updates_between(const struct jb_track *track, uint64_t from_ns, uint64_t to_ns)
{
    if (track->state != JB_TRACK_FOLLOW) {
        return updates_in(track, (double)(to_ns - from_ns));
    }
    double from = (double)(int64_t)(from_ns - track->phase_ns), to = (double)(int64_t)(to_ns - track->phase_ns);
    double n = floor(to / track->period_ns) - floor(from / track->period_ns);
    return n > 1 ? n : 1;
}

static void edge_searched(struct jb_track *track, uint64_t t_ns, uint64_t interval_ns)
{
    if (track->period_ns > 0 || (interval_ns && jb_learn_period(&track->learned, interval_ns, &track->period_ns))) {
        if (track->period_ns > (double)JB_TRACK_FAST_NS) {
            go_slow(track, t_ns);
        } else {
            follow(track, t_ns);
        }
    }
}

static void edge_followed(struct jb_track *track, uint64_t t_ns, uint64_t interval_ns, uint64_t now_ns)
{
    double since_ns = (double)(int64_t)(t_ns - track->phase_ns);
    double n = updates_in(track, since_ns);
    double off_ns = since_ns - n * track->period_ns;

    track->stood = track->lost = 0;
    track->lead_ns -= LEAD_STEP * LEAD_SHRINK * track->period_ns;
    track->lead_ns = track->lead_ns > LEAST_LEAD_NS ? track->lead_ns : LEAST_LEAD_NS;
    if (fabs(off_ns) > STRANGE * track->period_ns) {
        track->phase_ns = t_ns;
        if (++track->strange >= MOST_STRANGE) {
            search_anew(track, now_ns);
            return;
        }
    } else {
        track->strange = 0;
        track->phase_ns += (uint64_t)llround(n * track->period_ns + PHASE_GAIN * off_ns);
        track->period_ns += (track->locked < EARLY ? EARLY_GAIN : PERIOD_GAIN) * off_ns / n;
        track->locked++;
        track->relocks = track->locked > STALE ? 0 : track->relocks;
        if (interval_ns) {
            double between = updates_in(track, (double)interval_ns);
            jb_learn_span(&track->learned, interval_ns, between);
            track->leaps = between > 1 ? track->leaps + 1 : 0;
        }
    }
    if (track->leaps >= MOST_LEAPS) {
        search_anew(track, now_ns);
        return;
    }
    predict(track, t_ns);
}

static void edge_slow(struct jb_track *track, uint64_t interval_ns, uint64_t now_ns)
{
    track->still = false;
    track->restless = 0;
    track->due_ns = now_ns + track->poll_ns;
    if (!interval_ns) {
        return;
    }
    if (track->period_ns > 0) {
        jb_learn_span(&track->learned, interval_ns, updates_in(track, (double)interval_ns));
    }
    if (jb_learn_period(&track->learned, interval_ns, &track->period_ns)) {
        if (track->period_ns > (double)JB_TRACK_FAST_NS) {
            go_slow(track, now_ns);
        } else {
            search_anew(track, now_ns);
        }
    }
}

/* Found too late although not looked for too late: the phase is wrong, or else the period is. */
static void relock(struct jb_track *track, uint64_t now_ns)
{
    if (++track->relocks > MOST_RELOCKS) {
        search_anew(track, now_ns);
    } else {
        search(track, now_ns);
    }
}

static enum jb_track_seen missed(struct jb_track *track, double updates, uint64_t now_ns)
{
    bool early;

    track->learned.missed += (uint64_t)updates;
    track->has_edge = false;
    track->first = true;
    switch (track->state) {
    case JB_TRACK_SEARCH:
        track->due_ns = now_ns;
        track->quiet_end_ns = now_ns + JB_TRACK_QUIET_NS;
        break;
    case JB_TRACK_FOLLOW:
        if (!track->looking) { /* it was there before we were */
            track->lead_ns += LEAD_STEP * track->period_ns;
        }
        /* What came too early has passed; who came too late has missed one of the right clock, and the one after that
         * is still to come, however soon. */
        early = now_ns < track->next_ns;
        track->lost = early ? track->lost + 1 : 0;
        if (track->lost >= MOST_LOST || now_ns > track->phase_ns + (uint64_t)(STALE * track->period_ns)) {
            relock(track, now_ns);
        } else {
            predict(track, early ? now_ns : now_ns - (uint64_t)(track->period_ns / 2));
        }
        break;
    case JB_TRACK_SLOW:
        track->due_ns = now_ns + track->poll_ns;
        if (!track->still && ++track->restless >= MOST_RESTLESS) {
            search_anew(track, now_ns);
        }
        track->still = false;
        break;
    }
    return JB_TRACK_MISSED;
}

static void stood(struct jb_track *track, uint64_t now_ns)
{
    if (track->due_ns > now_ns) { /* the look was another counter's */
        return;
    }
    switch (track->state) {
    case JB_TRACK_SEARCH:
        track->due_ns = next_look(track, now_ns);
        if (now_ns > track->search_end_ns || now_ns > track->quiet_end_ns) {
            go_slow(track, now_ns);
        }
        break;
    case JB_TRACK_FOLLOW:
        track->looking = true;
        track->due_ns = next_look(track, now_ns);
        if (now_ns > track->next_ns + (uint64_t)(PATIENCE * track->period_ns)) {
            if (++track->stood >= MOST_STOOD) {
                search_anew(track, now_ns);
            } else {
                predict(track, now_ns);
            }
        }
        break;
    case JB_TRACK_SLOW:
        track->due_ns = now_ns + track->poll_ns;
        break;
    }
}

static void failed(struct jb_track *track, enum jb_status status, uint64_t now_ns)
{
    track->gone = status == JB_GONE || status == JB_DENIED || status == JB_UNSUPPORTED;
    track->has_last = track->has_edge = false;
    track->first = true;
    track->due_ns = now_ns + RETRY_NS;
}

static uint64_t worst_doubt_ns(const struct jb_track *track)
{
    if (track->state == JB_TRACK_SLOW) { /* twice what it is when the thread is on time */
        return track->poll_ns;
    }
    double worst_ns = track->period_ns * WORST_DOUBT;
    return worst_ns > 2.0 * JB_TRACK_POLL_NS ? (uint64_t)worst_ns : 10 * JB_TRACK_POLL_NS;
}

enum jb_track_seen jb_track_reading(struct jb_track *track, const struct jb_reading *reading, uint64_t now_ns,
                                    struct jb_edge *ret)
{
    bool had_last = track->has_last, moved = had_last && reading->raw != track->last_raw;
    uint64_t from_ns = track->last_ns, to_ns = reading->t_after_ns;

    if (reading->status != JB_OK || reading->t_before_ns > to_ns || (had_last && to_ns < from_ns)) {
        failed(track, reading->status, now_ns);
        return JB_TRACK_NOTHING;
    }
    track->has_last = true;
    track->last_raw = reading->raw;
    track->last_ns = reading->t_before_ns;
    if (!moved) {
        track->still |= had_last;
        stood(track, now_ns);
        return JB_TRACK_NOTHING;
    }
    uint64_t doubt_ns = (to_ns - from_ns + 1) / 2, t_ns = from_ns + (to_ns - from_ns) / 2;
    if (doubt_ns > worst_doubt_ns(track) || (track->state == JB_TRACK_SLOW && !track->still)) {
        return missed(track, updates_between(track, from_ns, to_ns), now_ns);
    }
    uint64_t interval_ns = track->has_edge && t_ns > track->edge_ns ? t_ns - track->edge_ns : 0;
    *ret = (struct jb_edge){.t_ns = t_ns, .doubt_ns = doubt_ns, .raw = reading->raw, .first = track->first};
    track->first = false;
    track->has_edge = true;
    track->edge_ns = t_ns;
    jb_learn_doubt(&track->learned, doubt_ns);
    switch (track->state) {
    case JB_TRACK_SEARCH:
        track->due_ns = next_look(track, now_ns);
        track->quiet_end_ns = now_ns + JB_TRACK_QUIET_NS;
        edge_searched(track, t_ns, interval_ns);
        break;
    case JB_TRACK_FOLLOW:
        edge_followed(track, t_ns, interval_ns, now_ns);
        break;
    case JB_TRACK_SLOW:
        edge_slow(track, interval_ns, now_ns);
        break;
    }
    return JB_TRACK_EDGE;
}

void jb_track_break(struct jb_track *track)
{
    track->first = true;
}
