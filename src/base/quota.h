/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quota.h - how often somebody may do something: a bucket of tokens, refilled by the clock the caller gives.
 *
 * `per_s` tokens come back a second, up to `burst`; a bucket begins full. A clock that goes back gives nothing. Pure,
 * nothing allocated; one thread at a time.
 *
 * struct jb_quota has a bucket for each of JB_QUOTA_KEYS keys (a user, an address). A new key takes the place of the
 * one whose bucket is fullest, which has the least to lose: who is being held back keeps its bucket as long as any
 * other is idle.
 */
#ifndef JB_BASE_QUOTA_H
#define JB_BASE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#define JB_QUOTA_KEYS 256

struct jb_rhythm {
    double per_s, burst;
};

struct jb_bucket {
    double tokens;
    uint64_t t_ns;
};

struct jb_quota {
    struct jb_rhythm rhythm;
    unsigned used;
    struct {
        uint64_t key;
        struct jb_bucket bucket;
    } slots[JB_QUOTA_KEYS];
};

void jb_bucket_fill(struct jb_bucket *bucket, const struct jb_rhythm *rhythm, uint64_t t_ns);
/* True: go on. False: too often; nothing was taken. */
bool jb_bucket_take(struct jb_bucket *bucket, const struct jb_rhythm *rhythm, uint64_t t_ns);

void jb_quota_init(struct jb_quota *quota, double per_s, double burst);
bool jb_quota_take(struct jb_quota *quota, uint64_t key, uint64_t t_ns);

#endif
