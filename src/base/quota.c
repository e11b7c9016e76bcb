/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets of tokens. See quota.h. */
#include "base/quota.h"

#include "base/clock.h"

static double tokens_at(const struct jb_bucket *bucket, const struct jb_rhythm *rhythm, uint64_t t_ns)
{
    double since_s = t_ns > bucket->t_ns ? (double)(t_ns - bucket->t_ns) / (double)JB_NS_PER_S : 0;
    double tokens = bucket->tokens + since_s * rhythm->per_s;

    return tokens < rhythm->burst ? tokens : rhythm->burst;
}

void jb_bucket_fill(struct jb_bucket *bucket, const struct jb_rhythm *rhythm, uint64_t t_ns)
{
    *bucket = (struct jb_bucket){.tokens = rhythm->burst, .t_ns = t_ns};
}

bool jb_bucket_take(struct jb_bucket *bucket, const struct jb_rhythm *rhythm, uint64_t t_ns)
{
    bucket->tokens = tokens_at(bucket, rhythm, t_ns);
    bucket->t_ns = t_ns > bucket->t_ns ? t_ns : bucket->t_ns;
    if (bucket->tokens < 1) {
        return false;
    }
    bucket->tokens -= 1;
    return true;
}

void jb_quota_init(struct jb_quota *quota, double per_s, double burst)
{
    quota->rhythm = (struct jb_rhythm){per_s, burst};
    quota->used = 0;
}

static unsigned fullest(const struct jb_quota *quota, uint64_t t_ns)
{
    unsigned best = 0;
    double most = tokens_at(&quota->slots[0].bucket, &quota->rhythm, t_ns);

    for (unsigned i = 1; i < quota->used; i++) {
        double tokens = tokens_at(&quota->slots[i].bucket, &quota->rhythm, t_ns);
        if (tokens > most) {
            most = tokens;
            best = i;
        }
    }
    return best;
}

static struct jb_bucket *bucket_of(struct jb_quota *quota, uint64_t key, uint64_t t_ns)
{
    for (unsigned i = 0; i < quota->used; i++) {
        if (quota->slots[i].key == key) {
            return &quota->slots[i].bucket;
        }
    }
    unsigned slot = quota->used < JB_QUOTA_KEYS ? quota->used++ : fullest(quota, t_ns);
    quota->slots[slot].key = key;
    jb_bucket_fill(&quota->slots[slot].bucket, &quota->rhythm, t_ns);
    return &quota->slots[slot].bucket;
}

bool jb_quota_take(struct jb_quota *quota, uint64_t key, uint64_t t_ns)
{
    return jb_bucket_take(bucket_of(quota, key, t_ns), &quota->rhythm, t_ns);
}
