/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the meter says: a line when it is ready, the run record when it has ended (src/cli/meter.c). Whoever is at the
 * other end of the socket may be any program, so everything is bounded: by time, by length, and the place of the ring
 * by its form.
 */
#include "api/api.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RECORD_MAX ((size_t)64 << 20)
#define FIRST_SIZE ((size_t)64 << 10)
#define NS_PER_MS  UINT64_C(1000000)

uint64_t api_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* 0: there is something to read, or the end. */
static int wait_for(int fd, uint64_t deadline_ns)
{
    for (;;) {
        uint64_t now_ns = api_now_ns();
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        if (now_ns >= deadline_ns) {
            return -ETIMEDOUT;
        }
        int ready = poll(&wanted, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
        if (ready > 0) {
            return 0;
        }
        if (ready < 0 && errno != EINTR) {
            return -errno;
        }
    }
}

static ssize_t read_some(int fd, uint64_t deadline_ns, char *ret, size_t size)
{
    for (;;) {
        int error = wait_for(fd, deadline_ns);
        if (error < 0) {
            return error;
        }
        ssize_t got = read(fd, ret, size);
        if (got < 0 && errno == ECONNRESET) {
            return 0; /* it ended without reading all that we said: after what it said itself, that is an end too */
        }
        if (got >= 0 || (errno != EINTR && errno != EAGAIN)) {
            return got < 0 ? -errno : got;
        }
    }
}

ssize_t api_read_line(int fd, uint64_t deadline_ns, char *ret, size_t size)
{
    size_t length = 0;

    /* A byte at a time: what follows the line is somebody else's to read. */
    while (length < size) {
        ssize_t got = read_some(fd, deadline_ns, ret + length, 1);
        if (got < 0) {
            return got;
        }
        if (got == 0) {
            return -EIO;
        }
        if (ret[length] == '\n') {
            ret[length] = '\0';
            return (ssize_t)length;
        }
        length++;
    }
    return -EMSGSIZE;
}

ssize_t api_read_all(int fd, uint64_t deadline_ns, char **ret)
{
    size_t length = 0, size = FIRST_SIZE;
    char *text = malloc(size);
    ssize_t got = text == NULL ? -ENOMEM : 1;

    while (got > 0) {
        if (size - length < 2) {
            char *larger = size < RECORD_MAX ? realloc(text, size * 2) : NULL;
            if (larger == NULL) {
                got = size < RECORD_MAX ? -ENOMEM : -EMSGSIZE;
                break;
            }
            text = larger;
            size *= 2;
        }
        got = read_some(fd, deadline_ns, text + length, size - length - 1);
        length += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        free(text);
        return got;
    }
    text[length] = '\0';
    *ret = text;
    return (ssize_t)length;
}

static const char *after(const char *text, const char *key)
{
    const char *found = strstr(text, key);

    return found != NULL ? found + strlen(key) : NULL;
}

int api_ready_parse(const char *line, char *ret_ring, size_t size, pid_t *ret_pid)
{
    const char *ring = after(line, "{\"ring\": ");
    const char *number = after(line, "\"pid\": ");
    long pid = 0;
    size_t length = 0;

    if (ring != line + strlen("{\"ring\": ") || number == NULL) {
        return -EBADMSG;
    }
    for (int digits = 0; *number >= '0' && *number <= '9' && digits < 9; number++, digits++) {
        pid = pid * 10 + (*number - '0');
    }
    if (pid <= 0 || *number != '}') {
        return -EBADMSG;
    }
    if (*ring == '"') {
        ring++;
        length = strspn(ring, "/abcdefghijklmnopqrstuvwxyz0123456789");
        if (length >= size || ring[length] != '"' || strncmp(ring, "/proc/", strlen("/proc/")) != 0) {
            return -EBADMSG;
        }
    } else if (strncmp(ring, "null,", strlen("null,")) != 0) {
        return -EBADMSG;
    }
    memcpy(ret_ring, ring, length);
    ret_ring[length] = '\0';
    *ret_pid = (pid_t)pid;
    return 0;
}
