/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plug_json.h - what smart plugs answer. Pure.
 */
#ifndef JB_SENSOR_PLUG_JSON_H
#define JB_SENSOR_PLUG_JSON_H

#include <stddef.h>
#include <stdint.h>

enum jb_plug_answer {
    JB_PLUG_SHELLY_RPC,    /* Gen2 and later: Switch.GetStatus, PM1.GetStatus */
    JB_PLUG_SHELLY_STATUS, /* Gen1: /status */
    JB_PLUG_TASMOTA,       /* Status 8 (10 says the same) */
    JB_PLUG_GUDE,          /* status.json with descriptions and values of sensors */
};

/* The active power in microwatts. -EBADMSG: no JSON; -ENODATA: it tells no power; -ENOTSUP: it has several outlets, and
 * it is not known which is ours; -ERANGE: not above 0, or beyond what an outlet gives. */
int jb_plug_parse(enum jb_plug_answer kind, const char *body, size_t length, uint64_t *ret_uw);

#endif
