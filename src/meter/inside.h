/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inside.h - the meter's own state, shared by meter.c (making and asking) and poll.c (reading). Nobody else's.
 */
#ifndef JB_METER_INSIDE_H
#define JB_METER_INSIDE_H

#include "meter/lane.h"
#include "meter/meter.h"
#include "meter/opened.h"

struct jb_slot {
    const struct jb_sensor_driver *driver;
    int preference;
    struct jb_opened opened; /* quick drivers */
    struct jb_lane *lane;    /* the others */
    int result;
    struct jb_diag diag;
    int first, count; /* its channels in the meter's numbering; first -1: none yet */
    bool adopted;     /* the channels are in the meter's list, as far as there was room */
    bool hung, uses_never;
    uint64_t uses_ns; /* quick drivers: last call of processes() */
    uint64_t reads, failures, cost_ns, looks;
    bool processes_known;
};

struct jb_meter {
    struct jb_sensor_env *env;
    char *list; /* the text of --sensors, cut up; specs point into it */
    uint64_t patience_ns;
    struct jb_slot slots[JB_METER_MAX_SOURCES];
    int slot_count;
    struct jb_channel channels[JB_METER_MAX_CHANNELS];
    int source_of[JB_METER_MAX_CHANNELS], mirror_of[JB_METER_MAX_CHANNELS];
    int channel_count;
    bool changed;
    struct jb_reading readings[JB_METER_MAX_READINGS];
    size_t reading_count;
    struct jb_gpu_use uses[JB_METER_MAX_USES];
    size_t use_count;
};

/* Take over what a lane's open() found; nothing when it has not returned or was taken over before. */
void jb_meter_adopt_lane(struct jb_meter *meter, struct jb_slot *slot, const struct jb_lane_report *report);
/* Number the `count` channels that stand at the end of the list, `described` being how many there should be. */
void jb_meter_adopted(struct jb_meter *meter, struct jb_slot *slot, int count, int described);

#endif
