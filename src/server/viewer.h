/* SPDX-License-Identifier: Apache-2.0 */
/*
 * viewer.h - who asks.
 *
 * On loopback both ends are on this machine, and the kernel knows which user made the other one: NETLINK_SOCK_DIAG is
 * asked for exactly that pair of addresses and ports, /proc/net/tcp{,6} where it is not to be had.
 *
 * Odd: a socket that nobody holds any more (closed, TIME_WAIT) is shown as root's. Only one that has an inode counts.
 * An id that has no meaning in our user namespace (65534) is nobody's.
 */
#ifndef JB_SERVER_VIEWER_H
#define JB_SERVER_VIEWER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

struct jb_viewer {
    bool known; /* whose connection it is is known; else uid means nothing */
    uid_t uid;
    bool all; /* sees every run whole */
};

/* The user at the other end of the connection between `peer` (theirs) and `local` (ours), IPv4, IPv6 or mapped.
 * -ENOENT: there is no such connection any more, or nobody's; -EINVAL: not TCP over loopback; another errno: it cannot
 * be known here. */
int jb_viewer_uid(const struct sockaddr *peer, const struct sockaddr *local, uid_t *ret);

/* One of the two ways each. For jb_viewer_uid() and its test. */
int jb_viewer_uid_diag(const struct sockaddr *peer, const struct sockaddr *local, uid_t *ret);
int jb_viewer_uid_proc(const char *proc_net, const struct sockaddr *peer, const struct sockaddr *local, uid_t *ret);

/* IPv4 127/8, ::1, and the former mapped. */
bool jb_address_is_loopback(const struct sockaddr *address);

#endif
