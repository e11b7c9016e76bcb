/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.h - what the meters of a whole node share: acpi, ipmi, redfish, plug, battery.
 */
#ifndef JB_SENSOR_NODE_H
#define JB_SENSOR_NODE_H

#include "sensor/sensor.h"

#define JB_NODE_MAX_UW                                                                                                 \
    UINT64_C(20000000000) /* no single node takes 20 kW: two supplies of 10 kW are more than is made */

/* A new channel of the whole node, a power gauge in microwatts until changed; NULL when all are used. */
struct jb_channel *jb_node_add(struct jb_source *source, const char *id, const char *name, const char *path);

/* Mark a channel that cannot be used. `err` is a negative errno and decides the status. */
void jb_node_refuse(struct jb_channel *channel, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
