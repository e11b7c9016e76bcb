/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.h - how many requests an address may make: a bucket of tokens each (base/quota.h). IPv6 counts by /64, which is
 * what one customer has. The server's thread alone.
 */
#ifndef JB_SERVER_RATE_H
#define JB_SERVER_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/quota.h"

#define JB_RATE_ADDRESSES JB_QUOTA_KEYS

struct jb_rate {
    struct jb_quota quota;
};

void jb_rate_init(struct jb_rate *rate, double per_s); /* a burst is of two seconds' worth, and of one at least */
/* True: go on. False: too many. `t_ns` never goes back. */
bool jb_rate_take(struct jb_rate *rate, const struct sockaddr *address, uint64_t t_ns);

#endif
