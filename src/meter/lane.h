/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - a thread for one driver that may block: opens it, reads it at its period, keeps the readings in a mailbox.
 *
 * Nothing here waits for the driver except where a deadline (CLOCK_MONOTONIC) is given. The lane's memory belongs to
 * the meter and to the thread; whoever is last frees it.
 */
#ifndef JB_METER_LANE_H
#define JB_METER_LANE_H

#include "base/diag.h"
#include "sensor/sensor.h"

#define JB_LANE_MAX_READINGS 2048 /* of one read, and of the mailbox */
#define JB_LANE_MAX_USES     256

struct jb_lane;

/* Start the thread. Copies env and spec. -ENOMEM, -EAGAIN. */
int jb_lane_create(const struct jb_sensor_driver *driver, const struct jb_sensor_env *env, const char *spec,
                   uint64_t interval_ns, struct jb_lane **ret_lane);

void jb_lane_stop(struct jb_lane *lane); /* asks the thread to end */
/* Stop, wait until the thread has ended or the deadline is over, and let go. NULL-safe. */
void jb_lane_destroy(struct jb_lane *lane, uint64_t deadline_ns);

struct jb_lane_report {
    bool opened; /* open() has returned: `result` and the channels are final */
    int result;
    uint64_t call_since_ns; /* when the call that it is inside began; 0: in none */
    uint64_t reads, failures, cost_ns;
    uint64_t looks;       /* calls of processes() that could tell who uses the devices */
    bool processes_known; /* the latest could */
};
void jb_lane_report(struct jb_lane *lane, struct jb_lane_report *ret);

/* After `opened`: copies at most `max` channels and mirror indexes; the number that the driver described. */
int jb_lane_channels(struct jb_lane *lane, struct jb_channel *channels, int *mirror_of, int max, struct jb_diag *ret);

/* Move readings and uses out of the mailbox, oldest first; what does not fit stays. The counts. */
size_t jb_lane_take(struct jb_lane *lane, struct jb_reading *readings, size_t max);
size_t jb_lane_take_uses(struct jb_lane *lane, struct jb_gpu_use *uses, size_t max);

uint64_t jb_lane_ask(struct jb_lane *lane); /* read once more, now; a ticket for waiting */
/* Until a read that began after the ticket was given is in the mailbox, or there will be none, or the deadline. */
void jb_lane_wait_read(struct jb_lane *lane, uint64_t ticket, uint64_t deadline_ns);
void jb_lane_wait_open(struct jb_lane *lane, uint64_t deadline_ns);

#endif
