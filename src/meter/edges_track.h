/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges_track.h - one counter of a burst: when to look at it next, and what a look has shown. Pure: no clock, no
 * thread, no allocation; the tests play the machine. Used by edges_thread.c only.
 *
 * A counter is in one of three states.
 *
 * SEARCH: its period or its phase is not known, and it is looked at every JB_TRACK_POLL_NS. Five intervals tell the
 * period (their mean in units of their median, so that an update which was not visible, because no energy was used,
 * does no harm); where it is known from before, one update is enough. Given up when nothing has moved for
 * JB_TRACK_QUIET_NS, or after JB_TRACK_SEARCH_NS: then SLOW.
 *
 * FOLLOW: updates are predicted, and it is looked at from `lead` before the next until that is seen, or for three
 * periods.
 *
 * SLOW: the period is above JB_TRACK_FAST_NS, or cannot be found; it is looked at every max(2 ms, period / 10).
 *
 * Prediction. An edge at t, n updates after the one before: r = t - (phase + n period); phase += n period + 0.3 r,
 * period += 0.02 r / n. That follows both a clock whose updates jitter about a grid (the phase's own error is then
 * 0.42 of the jitter) and one whose every update sets off the next (where the error is 1.4 of it). n is the nearest
 * whole number, so that updates which were missed or did not show are no error. When updates have come three times in a
 * row before they were looked for, the phase is searched anew; when that helps four times in a row only for a moment,
 * when edges lie a quarter of a period off, when nothing is seen, or never two updates in a row, the period is, or SLOW
 * follows where the last search was a moment ago.
 *
 * Lead. It grows by a step at each update that was missed after a sleep and shrinks by 1/200 of that at each that was
 * seen: it settles where 1 of 200 is missed, whatever the jitter is made of and however late this machine wakes
 * threads. It is bounded so that what is spent on looking stays within JB_TRACK_SHARE of a processor.
 */
#ifndef JB_METER_EDGES_TRACK_H
#define JB_METER_EDGES_TRACK_H

#include "meter/edges.h"
#include "meter/edges_learn.h"

#define JB_TRACK_POLL_NS      UINT64_C(10000) /* from the beginning of one look to that of the next */
#define JB_TRACK_FAST_NS      UINT64_C(5000000)
#define JB_TRACK_SLOW_POLL_NS UINT64_C(2000000)
#define JB_TRACK_QUIET_NS     (3 * JB_TRACK_FAST_NS)
#define JB_TRACK_SEARCH_NS    UINT64_C(100000000)
#define JB_TRACK_SHARE        0.10 /* of a processor, for looking before the predicted time */

enum jb_track_state { JB_TRACK_SEARCH, JB_TRACK_FOLLOW, JB_TRACK_SLOW };

struct jb_track {
    enum jb_track_state state;
    bool gone;                  /* nothing will come any more */
    bool has_last;              /* `last_*` are of the reading before */
    uint64_t last_raw, last_ns; /* last_ns: before it was asked for */
    bool has_edge;              /* `edge_ns` is of an edge with nothing missed since */
    bool first;                 /* the next edge is one */
    uint64_t edge_ns;           /* its time */
    uint64_t due_ns;

    double period_ns;         /* the filter's; 0: not known */
    uint64_t phase_ns;        /* the filter's time of the latest update */
    uint64_t next_ns;         /* FOLLOW: the predicted time of the one looked for */
    bool looking;             /* FOLLOW: a look at its time has shown that it is still to come */
    unsigned locked, relocks; /* edges since the phase was found; times that it was lost without many between */
    double lead_ns, late_ns, share;
    unsigned strange, stood, lost, leaps; /* in a row: edges far from the prediction, looks that saw nothing, updates
                                             missed, edges more than one update apart */

    uint64_t search_end_ns, quiet_end_ns;
    unsigned searches;        /* of this burst, beyond its first */
    uint64_t search_again_ns; /* not before */
    uint64_t poll_ns;         /* SLOW */
    bool still;               /* SLOW: a look since the last edge showed no movement */
    unsigned restless;        /* SLOW: updates in a row without such a look */

    struct jb_learned learned; /* over all bursts */
};

/* documented_ns: what the driver says of the update period; 0: nothing. */
void jb_track_init(struct jb_track *track, uint64_t documented_ns);
void jb_track_expect(struct jb_track *track, const struct jb_timing *known);
void jb_track_begin(struct jb_track *track, uint64_t now_ns); /* of a burst */

/* When the next look is wanted; UINT64_MAX: never again. */
uint64_t jb_track_due(const struct jb_track *track);
/* A sleep that was to end at `until_ns` has ended. */
void jb_track_woke(struct jb_track *track, uint64_t until_ns, uint64_t now_ns);
/* How far before the next update a look begins may cost 1/neighbours of what it may cost one counter alone. */
void jb_track_bound(struct jb_track *track, unsigned neighbours);

enum jb_track_seen { JB_TRACK_NOTHING, JB_TRACK_EDGE, JB_TRACK_MISSED };
/* A look, done at now_ns; `ret` is set with JB_TRACK_EDGE; its channel is the caller's to fill in. */
enum jb_track_seen jb_track_reading(struct jb_track *track, const struct jb_reading *reading, uint64_t now_ns,
                                    struct jb_edge *ret);
/* The edge just returned could not be kept: the next is a first one. */
void jb_track_break(struct jb_track *track);

#endif
