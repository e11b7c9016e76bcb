/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redfish_json.h - what a BMC's Redfish service answers. Pure.
 *
 * Documented in DMTF's DSP0266 (protocol) and DSP2046 (schemas): Chassis, EnvironmentMetrics, Power.
 */
#ifndef JB_SENSOR_REDFISH_JSON_H
#define JB_SENSOR_REDFISH_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JB_REDFISH_PATH    160
#define JB_REDFISH_CHASSIS 32 /* that are looked at */

struct jb_redfish_chassis {
    char path[JB_REDFISH_PATH];         /* its own */
    char metrics[JB_REDFISH_PATH];      /* EnvironmentMetrics; empty */
    char power[JB_REDFISH_PATH];        /* the older Power; empty */
    char contained_by[JB_REDFISH_PATH]; /* the chassis around it; empty */
    bool part;                          /* a card, a module: of something that is measured as a whole */
    bool has_system;                    /* a computer runs in it */
};

/* All return 0, -EBADMSG (no JSON, or none of this kind), or -ENODATA (it does not tell). Paths begin with one '/' and
 * hold nothing that could lead to another host; others are left out. */

/* The members of a collection, at most `max`; the count is stored. */
int jb_redfish_parse_members(const char *body, size_t length, char (*ret)[JB_REDFISH_PATH], size_t max,
                             size_t *ret_count);
/* `path` is not in the answer: it is what was asked. */
int jb_redfish_parse_chassis(const char *body, size_t length, const char *path, struct jb_redfish_chassis *ret);
/* Microwatts; -ERANGE: not above 0 or absurd. */
int jb_redfish_parse_metrics(const char *body, size_t length, uint64_t *ret_uw);
int jb_redfish_parse_power(const char *body, size_t length, uint64_t *ret_uw);

#endif
