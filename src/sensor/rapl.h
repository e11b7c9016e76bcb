/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl.h - what the RAPL drivers share: the five domains and what is known of them, whatever the interface.
 *
 * Ids are equal over interfaces ("cpu/0/package" by perf and by powercap), because they name the same joules.
 */
#ifndef JB_SENSOR_RAPL_H
#define JB_SENSOR_RAPL_H

#include <stdint.h>

#include "sensor/sensor.h"

enum jb_rapl_domain { JB_RAPL_PACKAGE, JB_RAPL_CORES, JB_RAPL_UNCORE, JB_RAPL_DRAM, JB_RAPL_PSYS };

/* Fill id, name, method, domain, device, place, max_power_uw, refresh_ns, rel_error. die -1: the socket as one.
 * `machine` may be NULL. For psys package and die do not count. */
void jb_rapl_describe(struct jb_channel *channel, const struct jb_machine *machine, enum jb_rapl_domain domain,
                      int package, int die);

/* Set horizon_ns: the time in which range_uj passes at max_power_uw. */
void jb_rapl_horizon(struct jb_channel *channel, uint64_t range_uj);

/* Mark a channel that cannot be used. `err` is a negative errno and decides the status. */
void jb_rapl_refuse(struct jb_channel *channel, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What open() returns for these channels, with diag taken from the first that explains it. */
int jb_rapl_result(const struct jb_source *source, struct jb_diag *diag);

#endif
