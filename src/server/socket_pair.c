/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of connections. See socket_pair.h. */
#include "server/socket_pair.h"

#include <string.h>

bool jb_end_of(const struct sockaddr *address, struct jb_end *ret)
{
    *ret = (struct jb_end){0};
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        ret->address.s6_addr[10] = ret->address.s6_addr[11] = 0xff;
        memcpy(ret->address.s6_addr + 12, &in->sin_addr, 4);
        ret->port = in->sin_port;
        return true;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
        ret->address = in6->sin6_addr;
        ret->port = in6->sin6_port;
        return true;
    }
    return false;
}

bool jb_end_equal(const struct jb_end *a, const struct jb_end *b)
{
    return a->port == b->port && memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

bool jb_end_is_v4(const struct jb_end *end)
{
    return IN6_IS_ADDR_V4MAPPED(&end->address);
}

bool jb_end_is_loopback(const struct jb_end *end)
{
    return jb_end_is_v4(end) ? end->address.s6_addr[12] == 127 : IN6_IS_ADDR_LOOPBACK(&end->address);
}
