/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp_line.c - the serial line to an MCP39F511N: 115200 baud, 8 bits, no parity, raw.
 *
 * Odd: what an earlier request left on the line would be taken for the next answer; it is thrown away first.
 */
#include "sensor/plug/mcp.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

int jb_mcp_open(const char *root, const char *path)
{
    struct termios line;
    int fd = jb_root_open(root, path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return fd;
    }
    int err = tcgetattr(fd, &line) < 0 ? -errno : 0;
    if (err == 0) {
        cfmakeraw(&line);
        line.c_cflag |= CLOCAL | CREAD;
        cfsetispeed(&line, B115200);
        cfsetospeed(&line, B115200);
        err = tcsetattr(fd, TCSANOW, &line) < 0 ? -errno : 0;
    }
    if (err < 0) {
        close(fd);
        return err;
    }
    return fd;
}

/* Wait for `events`; 0, or a negative errno. */
static int wait_for(int fd, short events, uint64_t end_ns)
{
    struct pollfd wait = {.fd = fd, .events = events};
    int ready;
    do {
        uint64_t now_ns = jb_mono_ns();
        if (now_ns >= end_ns) {
            return -ETIMEDOUT;
        }
        ready = poll(&wait, 1, (int)((end_ns - now_ns) / JB_NS_PER_MS) + 1);
    } while (ready == 0 || (ready < 0 && errno == EINTR));
    return ready < 0 ? -errno : wait.revents & (POLLERR | POLLHUP | POLLNVAL) ? -EIO : 0;
}

static int send_all(int fd, const uint8_t *bytes, size_t length, uint64_t end_ns)
{
    for (size_t sent = 0; sent < length;) {
        int err = wait_for(fd, POLLOUT, end_ns);
        if (err < 0) {
            return err;
        }
        ssize_t put = write(fd, bytes + sent, length - sent);
        if (put < 0 && errno != EAGAIN && errno != EINTR) {
            return -errno;
        }
        sent += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

int jb_mcp_ask(int fd, int timeout_ms, uint64_t *ret)
{
    uint8_t request[JB_MCP_REQUEST], answer[JB_MCP_ANSWER];
    size_t length = 0;
    uint64_t end_ns = jb_mono_ns() + (uint64_t)timeout_ms * JB_NS_PER_MS;
    jb_mcp_request(request);
    if (tcflush(fd, TCIFLUSH) < 0) {
        return -errno;
    }
    int err = send_all(fd, request, sizeof(request), end_ns);
    if (err < 0) {
        return err;
    }
    while ((err = jb_mcp_parse(answer, length, ret)) == -EAGAIN) {
        err = wait_for(fd, POLLIN, end_ns);
        if (err < 0) {
            return err;
        }
        ssize_t got = read(fd, answer + length, sizeof(answer) - length);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            return got == 0 ? -EIO : -errno;
        }
        length += got > 0 ? (size_t)got : 0;
    }
    return err;
}
