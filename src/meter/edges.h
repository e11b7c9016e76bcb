/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges.h - bursts: read a counter so densely that the very moment of each of its updates is known.
 *
 * RAPL counts move about every millisecond; only increments between updates whose times are known to some 10 us tell
 * one operator from another (operators.md 3.2, 3.4: 1 s of it gives 1.2 %, 6 s 0.7 %; polled blindly every 1-100 ms:
 * 10-19 %). A burst is read on a thread of its own, which has opened the driver anew for itself, so that the session's
 * readings are not disturbed: it sleeps until shortly before the predicted update, then reads every 10 us until the
 * counter moves. Update period, jitter and the delay of detection are learned on line and told, so that they can be
 * kept for the machine.
 *
 * Slow counters (period above 5 ms: NVML, hwmon) are polled at a tenth of their period instead, at least every 2 ms,
 * and only where the driver is not blocking.
 *
 * Where it may (root, CAP_SYS_NICE, a limit of real-time priority) the thread goes before ordinary ones while it
 * follows predicted updates: where all processors are busy it would miss half of them otherwise.
 *
 * One thread calls all functions of one jb_edges. Between begin() and end() the reader uses at most the share of one
 * processor that it reports; outside of bursts it sleeps. Nothing here allocates after create().
 */
#ifndef JB_METER_EDGES_H
#define JB_METER_EDGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/sensor.h"

struct jb_edges;

/* Open `driver_name` a second time for its channels of these ids (of the first source's; those beyond 8 are ignored).
 * Opens on its own thread and waits for that, 2 s at most (-ETIMEDOUT). Ids of which the driver has no usable counter
 * get no edges; when that is all of them: -ENOTSUP where one is there but is no counter of hardware, else -ENODEV.
 * Also -ENOTSUP for a driver that may block, -ENODEV for none, what its open() says, -ENOMEM, -EAGAIN. */
int jb_edges_create(const struct jb_sensor_env *env, const char *driver_name, const char *spec,
                    const char *const *channel_ids, size_t count, struct jb_edges **ret);
void jb_edges_destroy(struct jb_edges *edges); /* NULL-safe; a thread inside a call is left behind, as lanes are */

/* Read densely from now until `until_ns`, or end(), which does not wait. What is known of a counter from former runs
 * spares learning it. begin() during a burst ends that one and begins the next. */
void jb_edges_begin(struct jb_edges *edges, uint64_t until_ns);
void jb_edges_end(struct jb_edges *edges);

/* An update that was seen: between the reading before and this one the counter moved. */
struct jb_edge {
    int channel;       /* index in the ids given to create() */
    uint64_t t_ns;     /* middle of the two readings */
    uint64_t doubt_ns; /* half of their distance */
    uint64_t raw;      /* the new value */
    bool first;        /* of a burst, or after one that was missed: no increment ends here */
};
/* Take what has been seen since, oldest first; what nobody took for long is dropped and the next edge is a first one.
 */
size_t jb_edges_take(struct jb_edges *edges, struct jb_edge *ret, size_t max);

struct jb_timing {
    uint64_t period_ns, jitter_ns; /* mean and standard deviation of the update period; 0: not known */
    uint64_t edge_ns;              /* standard error of an edge's time: doubt / sqrt(3), mean */
    uint64_t lag_ns;        /* how much older what it shows is than the moment it shows it; learned by attribution */
    uint64_t edges, missed; /* seen; updates that fell between two looks */
    uint64_t cpu_ns;        /* that the thread has used */
};
void jb_edges_timing(struct jb_edges *edges, int channel, struct jb_timing *ret);
void jb_edges_expect(struct jb_edges *edges, int channel, const struct jb_timing *known);

#endif
