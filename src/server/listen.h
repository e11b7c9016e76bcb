/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.h - the socket that we serve on.
 */
#ifndef JB_SERVER_LISTEN_H
#define JB_SERVER_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

struct jb_diag;

struct jb_listener {
    int fd;
    uint16_t port;
    bool loopback; /* only this machine can ask */
};

/* Bind `listen`, or take over `listen_fd` (-1: none), which must be a listening TCP socket; it is ours even where this
 * fails. */
int jb_listener_open(const char *listen, int listen_fd, struct jb_listener *ret, struct jb_diag *diag);

#endif
