/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.h - how many requests an address may make: a bucket of tokens each, refilled by the clock.
 *
 * Bounded: JB_RATE_ADDRESSES buckets. A new address takes the place of the one whose bucket is fullest, which has the
 * least to lose: an address that is being held back keeps its bucket as long as any other is idle. IPv6 counts by /64,
 * which is what one customer has. The server's thread alone.
 */
#ifndef JB_SERVER_RATE_H
#define JB_SERVER_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define JB_RATE_ADDRESSES 256

struct jb_rate {
    double per_s, burst;
    unsigned used;
    struct jb_rate_bucket {
        uint8_t key[8];
        double tokens;
        uint64_t t_ns;
    } buckets[JB_RATE_ADDRESSES];
};

void jb_rate_init(struct jb_rate *rate, double per_s); /* a burst is of two seconds' worth, and of one at least */
/* True: go on. False: too many. `t_ns` never goes back. */
bool jb_rate_take(struct jb_rate *rate, const struct sockaddr *address, uint64_t t_ns);

#endif
