/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket.c - connecting to the meter, and being it.
 *
 * A socket's file outlives who bound it. That nobody answers there any more and that it may be replaced is settled
 * under a lock beside it, so that of two meters that begin at once one wins and the other is told.
 */
#include "link/link.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "link/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG     128
#define SEND_BUFFER (2 * (int)JB_LINK_MAX) /* the kernel counts more than the bytes of a packet */

static int address_of(const char *path, struct sockaddr_un *ret)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path[0] == '\0' || !jb_copy(address.sun_path, sizeof(address.sun_path), path)) {
        return path[0] == '\0' ? -EINVAL : -ENAMETOOLONG;
    }
    *ret = address;
    return 0;
}

static int new_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? -errno : fd;
}

/* Where the kernel allows less, one packet of JB_LINK_MAX still fits into what it gives by itself. */
static void make_room(int fd)
{
    const int size = SEND_BUFFER;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int peer_of(int fd, struct jb_link_peer *ret)
{
    struct ucred who;
    socklen_t size = sizeof(who);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) {
        return -errno;
    }
    *ret = (struct jb_link_peer){.pid = who.pid, .uid = who.uid, .gid = who.gid};
    return 0;
}

/* Connected, or a negative errno. */
static int connect_to(const struct sockaddr_un *address)
{
    JB_CLEANUP(jb_closep) int fd = new_socket();
    if (fd < 0) {
        return fd;
    }
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        return -errno;
    }
    return jb_take_fd(&fd);
}

/* Who listens has our programs' names and what they run told to it, and is believed what it tells of their energy. */
static bool is_trusted(uid_t uid)
{
    struct stat machines;
    return uid == geteuid() || uid == 0 ||
           (stat(JB_LINK_MACHINES_FOLDER, &machines) == 0 && S_ISDIR(machines.st_mode) && machines.st_uid == uid);
}

int jb_link_connect(const char *path, int *ret_fd, struct jb_diag *diag)
{
    struct sockaddr_un address;
    struct jb_link_peer peer = {.uid = (uid_t)-1};

    int error = address_of(path, &address);
    JB_CLEANUP(jb_closep) int fd = error < 0 ? error : connect_to(&address);
    if (fd < 0) {
        error = jb_fail(diag, fd, "cannot connect to %s: %s", path, strerror(-fd));
        if (error == -ENOENT || error == -ECONNREFUSED) {
            jb_fix(diag, "joulebook serve");
        }
        return error;
    }
    error = peer_of(fd, &peer);
    if (error < 0) {
        return jb_fail(diag, error, "who listens at %s cannot be told: %s", path, strerror(-error));
    }
    if (!is_trusted(peer.uid)) {
        return jb_fail(diag, -EPERM, "%s is of user %lu, who is neither you nor root", path, (unsigned long)peer.uid);
    }
    make_room(fd);
    *ret_fd = jb_take_fd(&fd);
    return 0;
}

/* The lock's descriptor, or a negative errno: -EWOULDBLOCK when somebody is settling the same just now. */
static int lock_beside(const char *path)
{
    char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
    jb_snprintf(name, sizeof(name), "%s.lock", path);
    JB_CLEANUP(jb_closep) int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
        return -errno;
    }
    return jb_take_fd(&fd);
}

static int in_use(const char *path, struct jb_diag *diag)
{
    jb_fail(diag, -EADDRINUSE, "a meter listens at %s already", path);
    jb_fix(diag, "joulebook top shows it; for another one: JOULEBOOK_SOCKET=PATH joulebook serve");
    return -EADDRINUSE;
}

/* Nothing is in the way of bind(2) afterwards. */
static int clear_away(const struct sockaddr_un *address, struct jb_diag *diag)
{
    const char *path = address->sun_path;
    struct stat st;

    if (lstat(path, &st) < 0) {
        return errno == ENOENT ? 0 : jb_fail(diag, -errno, "cannot look at %s: %s", path, strerror(errno));
    }
    if (!S_ISSOCK(st.st_mode)) {
        return jb_fail(diag, -EEXIST, "%s is in the way: it is no socket", path);
    }
    JB_CLEANUP(jb_closep) int fd = connect_to(address);
    if (fd != -ECONNREFUSED) {
        return in_use(path, diag);
    }
    if (unlink(path) < 0) {
        return jb_fail(diag, -errno, "cannot replace %s, on which nobody answers: %s", path, strerror(errno));
    }
    return 0;
}

static int bind_to(int fd, const struct sockaddr_un *address, bool shared, struct jb_diag *diag)
{
    const char *path = address->sun_path;
    const mode_t mode = shared ? 0666 : 0600;

    /* The file is made with the mode of the descriptor, so that it is never open to more than it shall be. */
    if (fchmod(fd, mode) < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        return jb_fail(diag, -errno, "cannot make the socket %s: %s", path, strerror(errno));
    }
    if ((shared && chmod(path, mode) < 0) || listen(fd, BACKLOG) < 0) {
        int error = jb_fail(diag, -errno, "cannot listen at %s: %s", path, strerror(errno));
        unlink(path);
        return error;
    }
    return 0;
}

int jb_link_listen(const char *path, bool shared, int *ret_fd, struct jb_diag *diag)
{
    struct sockaddr_un address;

    int error = address_of(path, &address);
    if (error < 0) {
        return jb_fail(diag, error, "cannot listen at '%s': %s", path, strerror(-error));
    }
    error = jb_mkdir_parents(path, shared ? 0755 : 0700);
    JB_CLEANUP(jb_closep) int lock = error < 0 ? error : lock_beside(path);
    if (lock == -EWOULDBLOCK) {
        return in_use(path, diag);
    }
    if (lock < 0) {
        error = jb_fail(diag, lock, "cannot listen at %s: %s", path, strerror(-lock));
        jb_fix(diag, "JOULEBOOK_SOCKET=PATH joulebook serve, with a PATH that you may write");
        return error;
    }
    error = clear_away(&address, diag);
    if (error < 0) {
        return error;
    }
    JB_CLEANUP(jb_closep) int fd = new_socket();
    if (fd < 0) {
        return jb_fail(diag, fd, "cannot make a socket: %s", strerror(-fd));
    }
    error = bind_to(fd, &address, shared, diag);
    if (error < 0) {
        return error;
    }
    *ret_fd = jb_take_fd(&fd);
    return 0;
}

int jb_link_accept(int listen_fd, int *ret_fd, struct jb_link_peer *ret_peer)
{
    struct jb_link_peer peer;

    JB_CLEANUP(jb_closep) int fd = -1;
    do {
        fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd < 0) {
        return -errno;
    }
    int error = peer_of(fd, &peer);
    if (error < 0) {
        return error;
    }
    make_room(fd);
    *ret_fd = jb_take_fd(&fd);
    *ret_peer = peer;
    return 0;
}
