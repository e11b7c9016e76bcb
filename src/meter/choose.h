/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choose.h - the text of --sensors as a list of drivers to open.
 */
#ifndef JB_METER_CHOOSE_H
#define JB_METER_CHOOSE_H

#include "sensor/sensor.h"

struct jb_choice {
    const struct jb_sensor_driver *driver;
    int preference;   /* place in jb_sensor_drivers */
    const char *spec; /* in the text given; NULL */
    bool unasked;     /* of the default list: nobody named it */
};

/* `text` is split in place and must live as long as the choices; NULL: the default list. Grammar in meter.h. The
 * number of choices, in order of preference; -EINVAL with a message and a hint. */
int jb_choose(char *text, struct jb_choice *ret, size_t max, struct jb_diag *diag);

#endif
