/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket of tokens for each address. See rate.h. */
#include "server/rate.h"

#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"

void jb_rate_init(struct jb_rate *rate, double per_s)
{
    rate->per_s = per_s;
    rate->burst = per_s * 2 > 1 ? per_s * 2 : 1;
    rate->used = 0;
}

/* IPv4 as its four bytes behind a mark that no global IPv6 prefix has (RFC 4291: ff.. is multicast). */
static void key_of(const struct sockaddr *address, uint8_t key[8])
{
    static const uint8_t v4[4] = {0xff, 0xff, 0xff, 0xff};

    memset(key, 0, 8);
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        memcpy(key, v4, sizeof(v4));
        memcpy(key + 4, &in->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(in6)) {
            memcpy(key, v4, sizeof(v4));
            memcpy(key + 4, in6->s6_addr + 12, 4);
        } else {
            memcpy(key, in6->s6_addr, 8);
        }
    }
}

static double tokens_at(const struct jb_rate *rate, const struct jb_rate_bucket *bucket, uint64_t t_ns)
{
    double since_s = t_ns > bucket->t_ns ? (double)(t_ns - bucket->t_ns) / (double)JB_NS_PER_S : 0;
    double tokens = bucket->tokens + since_s * rate->per_s;

    return tokens < rate->burst ? tokens : rate->burst;
}

static struct jb_rate_bucket *fullest(struct jb_rate *rate, uint64_t t_ns)
{
    struct jb_rate_bucket *best = &rate->buckets[0];
    double most = tokens_at(rate, best, t_ns);

    for (unsigned i = 1; i < rate->used; i++) {
        double tokens = tokens_at(rate, &rate->buckets[i], t_ns);
        if (tokens > most) {
            most = tokens;
            best = &rate->buckets[i];
        }
    }
    return best;
}

static struct jb_rate_bucket *bucket_of(struct jb_rate *rate, const uint8_t key[8], uint64_t t_ns)
{
    for (unsigned i = 0; i < rate->used; i++) {
        if (memcmp(rate->buckets[i].key, key, 8) == 0) {
            return &rate->buckets[i];
        }
    }
    struct jb_rate_bucket *bucket = rate->used < JB_RATE_ADDRESSES ? &rate->buckets[rate->used++] : fullest(rate, t_ns);
    memcpy(bucket->key, key, 8);
    bucket->tokens = rate->burst;
    bucket->t_ns = t_ns;
    return bucket;
}

bool jb_rate_take(struct jb_rate *rate, const struct sockaddr *address, uint64_t t_ns)
{
    uint8_t key[8];

    key_of(address, key);
    struct jb_rate_bucket *bucket = bucket_of(rate, key, t_ns);
    bucket->tokens = tokens_at(rate, bucket, t_ns);
    bucket->t_ns = t_ns;
    if (bucket->tokens < 1) {
        return false;
    }
    bucket->tokens -= 1;
    return true;
}
