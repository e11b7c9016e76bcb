/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage.h - who was busy when: a short memory of cumulative busy time, asked at any moment.
 *
 * Pure. The engine adds a point at each look at the clocks of the machine (/proc/stat) and of the run (its process
 * tree); attribution asks for the use in [t0, t1] of an energy entry. Between points use is linear; before the first
 * and after the last it is the nearest interval's rate. The ring keeps the newest JB_USAGE_POINTS points. Points that
 * are not later than the last are ignored; a clock that steps backwards has stood still.
 *
 * The uses of neighbouring intervals sum to the use of both. The machine's clocks tick in 10 ms and the run's in
 * nanoseconds: where the run has used more than the machine admits, the machine is wrong: there was nobody else, and
 * what the machine adds later is the run's first, up to JB_USAGE_SLACK_NS.
 */
#ifndef JB_ATTRIBUTION_USAGE_H
#define JB_ATTRIBUTION_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#define JB_USAGE_POINTS 128
#define JB_USAGE_SLACK_NS                                                                                              \
    200000000u /* a tick of each kind of time, and of a few dozen CPUs that do not tick as one                         \
                */

struct jb_usage_point {
    uint64_t t_ns;
    uint64_t busy_ns;   /* machine: user + nice + system time of all CPUs since boot (guest time is in user) */
    uint64_t system_ns; /* machine: irq + softirq: nobody's */
    uint64_t run_ns;    /* CPU time of the run's process tree since it began, the dead included */
    uint64_t others_ns; /* private: set by jb_usage_add() */
};

struct jb_usage {
    struct jb_usage_point points[JB_USAGE_POINTS];
    unsigned count, next;
    uint64_t debt_ns;   /* private: what the run used beyond what the machine has admitted so far */
    bool machine_known; /* false: /proc/stat could not be read; shares are unknown */
};

void jb_usage_init(struct jb_usage *usage, bool machine_known);
void jb_usage_add(struct jb_usage *usage, const struct jb_usage_point *point);

/* Weights of an interval; all 0 when nobody was seen. `known` is false when nothing can be said: no machine clock,
 * fewer than two points, an interval without length. */
struct jb_usage_weights {
    bool known;
    uint64_t run_ns, others_ns, system_ns;
};
void jb_usage_between(const struct jb_usage *usage, uint64_t t0_ns, uint64_t t1_ns, struct jb_usage_weights *ret);

#endif
