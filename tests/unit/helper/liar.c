/* SPDX-License-Identifier: Apache-2.0 */
/* What a client must expect of a program that is not the helper: liar HOW answers each packet wrongly. */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void answer(const void *data, size_t length, int descriptors)
{
    struct iovec iov = {(void *)(uintptr_t)data, length};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(4 * sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    if (descriptors > 0) {
        int fds[4];
        for (int i = 0; i < descriptors; i++) {
            fds[i] = open("/dev/null", O_RDONLY);
        }
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE((size_t)descriptors * sizeof(int));
        control.header = (struct cmsghdr){CMSG_LEN((size_t)descriptors * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, (size_t)descriptors * sizeof(int));
    }
    (void)sendmsg(3, &message, 0);
}

/* A descriptor to read from which would wait for ever. */
static void answer_pipe(void)
{
    static int ends[2];
    const int32_t good = 0;
    struct iovec iov = {(void *)(uintptr_t)&good, sizeof(good)};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    if (pipe(ends) < 0) {
        return;
    }
    control.header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &ends[0], sizeof(int));
    (void)sendmsg(3, &message, 0);
}

int main(int argc, char **argv)
{
    const int32_t good = 0, denied = 13, negative = -5, long_one[4] = {0};
    const char *how = argc > 1 ? argv[1] : "";
    char packet[256];

    while (recv(3, packet, sizeof(packet), 0) > 0) {
        if (strcmp(how, "no-descriptor") == 0) {
            answer(&good, sizeof(good), 0);
        } else if (strcmp(how, "two-descriptors") == 0) {
            answer(&good, sizeof(good), 2);
        } else if (strcmp(how, "four-descriptors") == 0) {
            answer(&good, sizeof(good), 4);
        } else if (strcmp(how, "error-with-descriptor") == 0) {
            answer(&denied, sizeof(denied), 1);
        } else if (strcmp(how, "negative") == 0) {
            answer(&negative, sizeof(negative), 0);
        } else if (strcmp(how, "short") == 0) {
            answer(&good, 2, 1);
        } else if (strcmp(how, "long") == 0) {
            answer(long_one, sizeof(long_one), 1);
        } else if (strcmp(how, "pipe") == 0) {
            answer_pipe();
        } else if (strcmp(how, "quit") == 0) {
            return 0;
        } else if (strcmp(how, "silent") == 0) {
            continue;
        } else {
            answer(&good, sizeof(good), 1);
        }
    }
    return 0;
}
