/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opened.h - one driver at work: its memory, how opening it went. Used by the caller's thread for quick drivers, by a
 * lane's for the others.
 */
#ifndef JB_METER_OPENED_H
#define JB_METER_OPENED_H

#include "base/diag.h"
#include "sensor/sensor.h"

struct jb_opened {
    struct jb_source source;
    int mirror_of[JB_MAX_CHANNELS]; /* index in the source */
    int result;                     /* of open() */
    struct jb_diag diag;
};

/* Memory only; env and spec must outlive it. -ENOMEM. */
int jb_opened_init(struct jb_opened *opened, const struct jb_sensor_driver *driver, const struct jb_sensor_env *env,
                   const char *spec);
void jb_opened_open(struct jb_opened *opened);   /* sets result, diag and mirror_of; closes what failed to open */
void jb_opened_finish(struct jb_opened *opened); /* closes what is open; accepts a zeroed one */

#endif
