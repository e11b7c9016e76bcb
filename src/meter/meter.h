/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meter.h - call the drivers on time, and never let one stall another.
 *
 * Quick drivers are read one after the other on the caller's thread by jb_meter_poll(). A driver that may
 * block gets a lane: a thread of its own that opens it, reads it at its period, and leaves its readings in a
 * bounded mailbox (full: the oldest are dropped; counters lose nothing by that). A lane that does not come back
 * within its patience is reported JB_TIMEOUT for all its channels, once, and costs the others nothing; when it does
 * come back it goes on. Destroying the meter abandons a lane that is inside a call: the thread keeps its own memory
 * (a copy of the environment too) and frees it if it ever returns.
 *
 * Channels are numbered over all sources in the order they appear; a number never changes and is never used
 * again. Lanes open in the background, so channels can appear later: `jb_poll.channels_changed`.
 *
 * One thread calls all functions of one meter. jb_meter_poll() allocates nothing.
 */
#ifndef JB_METER_METER_H
#define JB_METER_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/sensor.h"

#define JB_METER_MAX_CHANNELS 256
#define JB_METER_MAX_SOURCES  32
#define JB_METER_MAX_READINGS 4096 /* of one poll; what lanes have beyond that comes with the next */
#define JB_METER_MAX_USES     512  /* likewise */

struct jb_meter;

struct jb_meter_config {
    struct jb_sensor_env env;  /* copied, with all it points to */
    const char *sensors;       /* "rapl-perf,nvml,fake:watts=10"; NULL: all but test drivers, and models only of
                                  what is not measured. A leading '-' on a
                                  name takes it away from the default list, to which names without '-' are then
                                  added. Only test drivers take a spec and may be named more than once */
    uint64_t interval_ns;      /* the session's interval, for lanes without a period of their own */
    uint64_t lane_patience_ns; /* 0: 5 s */
    uint64_t open_wait_ns;     /* how long create() waits for lanes to open; 0: not at all */
};

/* Open every driver asked for. A driver that is not here or not allowed is remembered with its reason, not an
 * error; -EINVAL: a name in `sensors` that does not exist, with the nearest one as a hint. Lanes start with all
 * signals blocked, so that signals remain the caller's. */
int jb_meter_create(const struct jb_meter_config *config, struct jb_meter **ret_meter, struct jb_diag *diag);

/* Is `sensors` (NULL: the default) a list that create() would take? 0, or -EINVAL with the same message and hint.
 * Opens nothing: what a test driver makes of its spec shows when it is opened. */
int jb_meter_check_sensors(const char *sensors, struct jb_diag *diag);

/* NULL-safe. Waits at most 100 ms in all for lanes that are inside a call. */
void jb_meter_destroy(struct jb_meter *meter);

struct jb_poll {
    const struct jb_reading *readings; /* `channel` is the number over all sources; valid until the next poll */
    size_t count;
    const struct jb_gpu_use *uses; /* likewise */
    size_t use_count;
    bool channels_changed; /* new channels, or another status of one, since the last poll */
};
/* Read all quick sources and collect what the lanes have left. */
void jb_meter_poll(struct jb_meter *meter, struct jb_poll *ret);

/* The last poll of a session: read the quick sources at once, ask every lane for one more reading, wait until each
 * has delivered or `wait_ns` is over, and collect. Lanes still opening are waited for too, hung ones are not. */
void jb_meter_poll_final(struct jb_meter *meter, uint64_t wait_ns, struct jb_poll *ret);

/* Channels of a source have consecutive numbers in the source's own order, so `parent`, which stays an index within
 * the source, is the channel numbered jb_meter_source_first() + parent. `status` follows what was read: JB_TIMEOUT
 * while a lane is hung, and the final ones (JB_GONE, JB_DENIED, JB_UNSUPPORTED) for good. */
int jb_meter_channel_count(const struct jb_meter *meter);
const struct jb_channel *jb_meter_channel(const struct jb_meter *meter, int number); /* NULL: no such number */
int jb_meter_channel_source(const struct jb_meter *meter, int number);               /* index of its source; -1 */
int jb_meter_source_first(const struct jb_meter *meter, int source); /* number of its first channel; -1: has none */

/* The number of the channel whose counter this channel merely repeats (dies of one socket that mirror it), found
 * once at open; -1: none. For jb_overlap_node.mirror_of. */
int jb_meter_mirror_of(const struct jb_meter *meter, int number);

struct jb_source_info {
    const char *driver, *title;
    const char *spec;           /* of a test driver; NULL */
    int result;                 /* of open(): 0, -ENODEV, -EACCES...; -EINPROGRESS: a lane still opening */
    char reason[320], fix[320]; /* of a failure */
    bool lane, hung;
    bool unseen;    /* the driver has not been seen to work on real hardware */
    int preference; /* place in the list of drivers: lower is better */
    uint64_t reads, failures;
    uint64_t looks;       /* times that the users of its devices could be told; each replaces the one before */
    bool processes_known; /* the latest time; false: who uses the devices is not known */
    uint64_t cost_ns;     /* of all reads so far: CPU time of a lane's thread; of a quick source the time that passed,
                             which is the same unless it was pre-empted, and costs no system call */
};
int jb_meter_source_count(const struct jb_meter *meter);
uint64_t jb_meter_source_looks(const struct jb_meter *meter, int source); /* info.looks alone, for every tick */
void jb_meter_source_info(const struct jb_meter *meter, int source, struct jb_source_info *ret);

#endif
