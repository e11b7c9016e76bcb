/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dcmi.h - what a BMC answers to the two DCMI commands that we send. Pure.
 *
 * Documented in "Data Center Manageability Interface Specification v1.5", 6.1.1 and 6.6.1. An answer begins with the
 * completion code of IPMI, then 0xDC; numbers are little-endian.
 */
#ifndef JB_SENSOR_DCMI_H
#define JB_SENSOR_DCMI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JB_DCMI_NETFN        0x2C /* the group extension, of which DCMI is 0xDC */
#define JB_DCMI_GROUP        0xDC
#define JB_DCMI_CAPABILITIES 0x01
#define JB_DCMI_POWER        0x02
#define JB_DCMI_ANSWER       64 /* room for any answer to these */

struct jb_dcmi_power {
    unsigned now_w, least_w, most_w, mean_w;
    uint64_t period_ms; /* over which the last three are taken: often since the BMC was started */
    bool active;        /* the BMC measures power now */
};

/* "node busy", "invalid command", ... */
const char *jb_dcmi_code(uint8_t completion);

/* 0; -ENOTSUP: the BMC does not know the command; -EAGAIN: it could not answer now; -EBADMSG: that is no such answer.
 * The code is stored for 0, -ENOTSUP and -EAGAIN. */
int jb_dcmi_check(const uint8_t *answer, size_t length, uint8_t *ret_code);

/* As above, and the version of DCMI ("1.5" is 0x0105). */
int jb_dcmi_parse_version(const uint8_t *answer, size_t length, unsigned *ret);
int jb_dcmi_parse_power(const uint8_t *answer, size_t length, struct jb_dcmi_power *ret);

/* "00 dc 7b 01": bytes in hexadecimal, two digits each, separated by blanks; their number, -EINVAL. */
int jb_dcmi_parse_hex(const char *text, uint8_t *ret, size_t size);

#endif
