/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redfish_find.h - which of a BMC's chassis are the machine, and where their power is told.
 */
#ifndef JB_SENSOR_REDFISH_FIND_H
#define JB_SENSOR_REDFISH_FIND_H

#include "sensor/redfish/redfish_json.h"

struct jb_diag;
struct jb_http;

#define JB_REDFISH_METERS 8

struct jb_redfish {
    struct jb_http *http;
    char base[128]; /* "https://10.0.0.5" */
    struct jb_redfish_meter {
        char path[JB_REDFISH_PATH];
        bool metrics; /* EnvironmentMetrics, else Power */
    } meters[JB_REDFISH_METERS];
    int count;
};

/* Scheme and host of the URL, without path. -EINVAL: neither http nor https; -EPERM: a password would go over the
 * network as plain text. */
int jb_redfish_base(const char *url, bool password, bool insecure, char *ret, size_t size, struct jb_diag *diag);

/* Look once through all chassis. -EACCES: it wants a password, or another; -ENODATA: none of them tells its power. */
int jb_redfish_find(struct jb_redfish *redfish, struct jb_diag *diag);

/* All of the machine's power now. */
int jb_redfish_ask(struct jb_redfish *redfish, uint64_t *ret_uw, struct jb_diag *diag);

/* Which of these have to be added up: keep[i] says so. Pure. */
void jb_redfish_choose(const struct jb_redfish_chassis *chassis, size_t count, bool *keep);

#endif
