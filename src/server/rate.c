/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket of tokens for each address. See rate.h. */
#include "server/rate.h"

#include <netinet/in.h>
#include <string.h>

void jb_rate_init(struct jb_rate *rate, double per_s)
{
    jb_quota_init(&rate->quota, per_s, per_s * 2 > 1 ? per_s * 2 : 1);
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

bool jb_rate_take(struct jb_rate *rate, const struct sockaddr *address, uint64_t t_ns)
{
    uint8_t bytes[8];
    uint64_t key;

    key_of(address, bytes);
    memcpy(&key, bytes, sizeof(key));
    return jb_quota_take(&rate->quota, key, t_ns);
}
