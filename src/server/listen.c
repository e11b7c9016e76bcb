/* SPDX-License-Identifier: Apache-2.0 */
/* The socket that we serve on. See listen.h. */
#include "server/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "server/guard.h"
#include "server/viewer.h"

#define BACKLOG 128

static int bound(const char *text, const struct jb_guard_listen *where, struct jb_diag *diag)
{
    int on = 1, off = 0;
    JB_CLEANUP(jb_closep) int fd = socket(where->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        int error = -errno;
        return jb_fail(diag, error, "cannot serve at %s: %s", text, strerror(-error));
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)); /* else a restart waits for TIME_WAIT */
    if (where->address.ss_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    if (bind(fd, (const struct sockaddr *)&where->address, where->length) < 0 || listen(fd, BACKLOG) < 0) {
        int error = -errno;
        jb_fail(diag, error, "cannot serve at %s: %s", text, strerror(-error));
        if (error == -EADDRINUSE) {
            jb_fix(diag, "ss -ltnp shows who does; --listen 127.0.0.1:0 takes any free port");
        } else if (error == -EACCES) {
            jb_fix(diag, "ports below 1024 are for root: take another");
        } else if (error == -EADDRNOTAVAIL) {
            jb_fix(diag, "ip address shows which addresses this machine has");
        }
        return error;
    }
    return jb_take_fd(&fd);
}

static int given(int fd, struct jb_diag *diag)
{
    int listening = 0, type = 0;
    socklen_t length = sizeof(listening), type_length = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0 || !listening ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length) < 0 || type != SOCK_STREAM) {
        jb_fail(diag, -EINVAL, "the socket that was passed on is not a listening TCP socket");
        jb_fix(diag, "ListenStream=127.0.0.1:9836 in the socket unit");
        return -EINVAL;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

int jb_listener_open(const char *listen, int listen_fd, struct jb_listener *ret, struct jb_diag *diag)
{
    struct jb_guard_listen where = {0};
    JB_CLEANUP(jb_closep) int fd = listen_fd;
    int r;

    if (listen_fd >= 0) {
        r = given(listen_fd, diag);
    } else {
        r = jb_guard_listen(listen, &where, diag);
        r = r < 0 ? r : bound(listen, &where, diag);
    }
    if (r < 0) {
        return r;
    }
    fd = r;
    where.length = sizeof(where.address);
    if (getsockname(fd, (struct sockaddr *)&where.address, &where.length) < 0) {
        int error = -errno;
        return jb_fail(diag, error, "cannot tell where we serve: %s", strerror(-error));
    }
    if (where.address.ss_family != AF_INET && where.address.ss_family != AF_INET6) {
        return jb_fail(diag, -EINVAL, "the socket that was passed on is not one of TCP");
    }
    ret->loopback = jb_address_is_loopback((const struct sockaddr *)&where.address);
    ret->port = ntohs(where.address.ss_family == AF_INET ? ((const struct sockaddr_in *)&where.address)->sin_port
                                                         : ((const struct sockaddr_in6 *)&where.address)->sin6_port);
    ret->fd = jb_take_fd(&fd);
    return 0;
}
