/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.c - one poll over the socket and a timer that is set at the first copy.
 *
 * A closed socket is how the helper learns that whoever asked is gone, however it ended. Whoever does not take its
 * answers is gone too.
 */
#include "helper/serve.h"

#include "helper/confine.h"
#include "helper/copy.h"
#include "helper/raw_group.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct server {
    const struct jb_helper_place *place;
    bool raw;
    int timer_fd;
    int opened, copy_count;
    struct jb_helper_copy copies[JB_HELPER_MAX_OPEN];
};

static bool is_our_socket(void)
{
    int type = 0, domain = 0;
    socklen_t size = sizeof(int);
    return getsockopt(JB_HELPER_SOCKET, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET &&
           getsockopt(JB_HELPER_SOCKET, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

static int start_timer(struct server *server)
{
    struct timespec now;
    const uint64_t second = 1000000000;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t next_ns = (uint64_t)now.tv_sec * second + (uint64_t)now.tv_nsec;
    next_ns += JB_HELPER_PERIOD_NS - next_ns % JB_HELPER_PERIOD_NS;
    const struct itimerspec timer = {
        .it_value = {(time_t)(next_ns / second), (long)(next_ns % second)},
        .it_interval = {.tv_nsec = (long)JB_HELPER_PERIOD_NS},
    };
    return timerfd_settime(server->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL) < 0 ? -errno : 0;
}

/* A descriptor to give away, or a negative errno. */
static int open_request(struct server *server, const char *text, size_t length)
{
    struct jb_helper_request request;
    int error = jb_helper_parse(text, length, &request);
    if (error < 0 || server->opened >= JB_HELPER_MAX_OPEN) {
        return error < 0 ? error : -EMFILE;
    }
    int fd = jb_helper_open(server->place, &request);
    server->opened += fd >= 0;
    if (fd < 0 || server->raw) {
        return fd;
    }
    int given = jb_helper_copy_create(&server->copies[server->copy_count], fd);
    if (given < 0) {
        close(fd);
        return given;
    }
    error = server->copy_count++ == 0 ? start_timer(server) : 0;
    if (error < 0) {
        close(given);
        return error;
    }
    return given;
}

static bool answer(int fd)
{
    int32_t error = fd < 0 ? -fd : 0;
    struct iovec data = {&error, sizeof(error)};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(fd))];
    } control = {{0}};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        control.header = (struct cmsghdr){CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    }
    bool sent = sendmsg(JB_HELPER_SOCKET, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(error);
    if (fd >= 0) {
        close(fd);
    }
    return sent;
}

/* False: that was all. Descriptors that come with a request are dropped by recv(2). */
static bool hear(struct server *server, bool *ret_good)
{
    char text[JB_HELPER_MAX_REQUEST + 1]; /* one more, so that too long is seen */
    ssize_t length = recv(JB_HELPER_SOCKET, text, sizeof(text), MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
        return true;
    }
    *ret_good = length == 0;
    if (length <= 0) {
        return false;
    }
    *ret_good = answer(open_request(server, text, (size_t)length));
    return *ret_good;
}

static void renew_copies(struct server *server)
{
    uint64_t expirations;
    if (read(server->timer_fd, &expirations, sizeof(expirations)) < 0) {
        return;
    }
    for (int i = 0; i < server->copy_count; i++) {
        jb_helper_copy_renew(&server->copies[i]);
    }
}

int jb_helper_serve(const struct jb_helper_place *place)
{
    static struct server server;
    bool good = true;

    if (getuid() != geteuid() || getgid() != getegid() || !is_our_socket()) {
        return 2; /* set-uid is not how it gets its privileges, and who it answers must be known */
    }
    if (jb_helper_confine() < 0) {
        return 1;
    }
    server = (struct server){.place = place, .raw = jb_helper_may_read_raw(place)};
    server.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (server.timer_fd < 0) {
        return 1;
    }
    struct pollfd fds[] = {{.fd = JB_HELPER_SOCKET, .events = POLLIN}, {.fd = server.timer_fd, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return 1;
        }
        if (fds[1].revents != 0) {
            renew_copies(&server);
        }
        if (fds[0].revents != 0 && !hear(&server, &good)) {
            return good ? 0 : 1;
        }
    }
}
