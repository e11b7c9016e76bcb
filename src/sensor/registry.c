/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - the drivers that were compiled in, in order of preference.
 *
 * The list is the word list `drivers` of src/sensor/meson.build, which becomes sensor_list.h: adding a driver is one
 * file and one word there.
 */
#include "sensor/sensor.h"

#include "base/text.h"
#include "sensor/sensor_list.h"

#define DECLARE(name) extern const struct jb_sensor_driver jb_sensor_##name;
JB_SENSOR_LIST(DECLARE)

#define ADDRESS(name) &jb_sensor_##name,
const struct jb_sensor_driver *const jb_sensor_drivers[] = {JB_SENSOR_LIST(ADDRESS) NULL};

const struct jb_sensor_driver *jb_sensor_find(const char *name)
{
    for (size_t i = 0; jb_sensor_drivers[i]; i++) {
        if (jb_streq(jb_sensor_drivers[i]->name, name)) {
            return jb_sensor_drivers[i];
        }
    }
    return NULL;
}
