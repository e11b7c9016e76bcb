/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet.c - one packet over the socket, with a descriptor or without. See unix(7) for SCM_RIGHTS.
 */
#include "link/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FEW_DESCRIPTORS 2 /* room for one more than is taken; the kernel drops what comes beyond */
#define RESETS          4

union control {
    struct cmsghdr header; /* for its alignment */
    char space[CMSG_SPACE(FEW_DESCRIPTORS * sizeof(int))];
};

int jb_link_send(int fd, const void *packet, size_t length, int descriptor)
{
    union {
        const void *in;
        void *out;
    } bytes = {packet}; /* iovec serves reading too and knows no const */
    struct iovec data = {.iov_base = bytes.out, .iov_len = length};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    union control control = {.space = {0}};
    ssize_t sent;

    if (length == 0 || length > JB_LINK_MAX) {
        return length == 0 ? -EINVAL : -EMSGSIZE; /* an empty one would be read as the end */
    }
    if (descriptor >= 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(descriptor));
        control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(descriptor)), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(descriptor));
    }
    do {
        sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        return errno == ECONNRESET || errno == ENOTCONN ? -EPIPE
               : errno == ENOBUFS || errno == ENOMEM    ? -EAGAIN
                                                        : -errno;
    }
    return 0;
}

/* The only one, or -1 and all are closed. */
static int only_descriptor(struct msghdr *message)
{
    int descriptors[FEW_DESCRIPTORS];
    size_t count = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        for (size_t at = 0; count < FEW_DESCRIPTORS && CMSG_LEN(at + sizeof(int)) <= header->cmsg_len;
             at += sizeof(int)) {
            memcpy(&descriptors[count++], CMSG_DATA(header) + at, sizeof(int));
        }
    }
    if (count == 1 && (message->msg_flags & MSG_CTRUNC) == 0) {
        return descriptors[0];
    }
    for (size_t i = 0; i < count; i++) {
        close(descriptors[i]);
    }
    return -1;
}

ssize_t jb_link_receive(int fd, void *buffer, int *ret_descriptor)
{
    struct iovec data = {.iov_base = buffer, .iov_len = JB_LINK_MAX};
    union control control;
    struct msghdr message;
    ssize_t length;

    /* A reset is told once, and before what was sent ahead of it: the reason, as it may be. */
    for (int resets = 0;; resets++) {
        message = (struct msghdr){.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control};
        message.msg_controllen = sizeof(control);
        do {
            length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        } while (length < 0 && errno == EINTR);
        if (length >= 0 || errno != ECONNRESET || resets == RESETS) {
            break;
        }
    }
    if (length < 0) {
        return errno == ECONNRESET ? 0 : -errno;
    }
    int descriptor = only_descriptor(&message);
    bool cut = (message.msg_flags & MSG_TRUNC) != 0;
    if ((cut || length == 0) && descriptor >= 0) {
        close(descriptor); /* an empty packet can bring one too, and is taken for the end */
        descriptor = -1;
    }
    if (cut) {
        return -EMSGSIZE;
    }
    *ret_descriptor = descriptor;
    return length;
}
