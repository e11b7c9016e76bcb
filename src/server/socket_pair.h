/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket_pair.h - the two ends of a TCP connection in one form, whichever family they came in. For viewer*.c.
 */
#ifndef JB_SERVER_SOCKET_PAIR_H
#define JB_SERVER_SOCKET_PAIR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

struct jb_end {
    struct in6_addr address; /* IPv4 mapped */
    in_port_t port;          /* of the network's byte order */
};

bool jb_end_of(const struct sockaddr *address, struct jb_end *ret); /* false: neither IPv4 nor IPv6 */
bool jb_end_equal(const struct jb_end *a, const struct jb_end *b);
bool jb_end_is_v4(const struct jb_end *end);
bool jb_end_is_loopback(const struct jb_end *end);

#endif
