/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bmc.h - a request to the machine's own BMC and its answer.
 *
 * On the real machine through /dev/ipmi0 (linux/ipmi.h; Documentation/driver-api/ipmi.rst, "User interface"). Below a
 * root the answers to DCMI's commands are files ROOT/ipmi/dcmi-<command in hexadecimal> ("ipmi/dcmi-02") that hold the
 * answer's bytes in hexadecimal, completion code first.
 *
 * Answers may come late, after we have given up on them, or be somebody's else: each carries the number of its request.
 */
#ifndef JB_SENSOR_BMC_H
#define JB_SENSOR_BMC_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/sensor.h"

/* The two system calls, for tests. */
struct jb_bmc_calls {
    int (*ioctl)(int fd, unsigned long request, void *arg);
    int (*poll)(struct pollfd *fds, nfds_t count, int timeout_ms);
};

struct jb_bmc {
    const struct jb_bmc_calls *calls;
    int fd;         /* of the device; -1: none, or below a root */
    int files[256]; /* of the answers below a root, by command, plus 1; 0: not opened yet */
    long sequence;  /* of the last request */
    char path[64];  /* what was opened, or was tried last */
};

/* Is there a device, or are there files for one? */
bool jb_bmc_exists(const struct jb_sensor_env *env);

/* 0, -ENOENT: no such device; or what open(2) says. bmc->path is set in any case. */
int jb_bmc_open(struct jb_bmc *bmc, const struct jb_sensor_env *env);
void jb_bmc_close(struct jb_bmc *bmc); /* a zeroed one too */

/* The answer's bytes, completion code first: their number; -ETIMEDOUT after `timeout_ms`, or what the kernel says.
 * netfn is the request's. */
int jb_bmc_ask(struct jb_bmc *bmc, const struct jb_sensor_env *env, uint8_t netfn, uint8_t command, const uint8_t *data,
               size_t length, uint8_t *ret, size_t size, int timeout_ms);

#endif
