/* SPDX-License-Identifier: Apache-2.0 */
/*
 * viewer_diag.c - the owner of a TCP socket by NETLINK_SOCK_DIAG, sock_diag(7).
 *
 * One request for one socket, by addresses and ports as that socket sees them: its own end comes first. No privilege is
 * needed. Odd: where the kernel finds no connection it looks for a listener at that port, and what it finds is an
 * answer all the same: both ends of it are compared with what was asked. A socket of IPv6 with mapped addresses is
 * found among those of IPv4, and answers with its mapped ones.
 */
#include "server/viewer.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "server/socket_pair.h"

#define WAIT_MS 200 /* engineering bound: the kernel answers within the call that asks */

struct question {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
};

static int ask(int fd, const struct jb_end *peer, const struct jb_end *local)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    struct question question = {
        .head = {.nlmsg_len = sizeof(question), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_protocol = IPPROTO_TCP, .idiag_states = UINT32_MAX},
    };
    struct inet_diag_sockid *id = &question.body.id;
    bool v4 = jb_end_is_v4(peer);
    size_t skip = v4 ? 12 : 0, length = v4 ? 4 : 16;

    question.body.sdiag_family = v4 ? AF_INET : AF_INET6;
    id->idiag_sport = peer->port;
    id->idiag_dport = local->port;
    memcpy(id->idiag_src, peer->address.s6_addr + skip, length);
    memcpy(id->idiag_dst, local->address.s6_addr + skip, length);
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    ssize_t sent = sendto(fd, &question, sizeof(question), 0, (struct sockaddr *)&kernel, sizeof(kernel));
    return sent == (ssize_t)sizeof(question) ? 0 : (sent < 0 ? -errno : -EIO);
}

static struct jb_end end_of(uint8_t family, const void *address, in_port_t port)
{
    struct jb_end end = {.port = port};

    if (family == AF_INET) {
        end.address.s6_addr[10] = end.address.s6_addr[11] = 0xff;
        memcpy(end.address.s6_addr + 12, address, 4);
    } else {
        memcpy(&end.address, address, 16);
    }
    return end;
}

static int judge(const struct inet_diag_msg *found, const struct jb_end *peer, const struct jb_end *local, uid_t *ret)
{
    struct jb_end source = end_of(found->idiag_family, found->id.idiag_src, found->id.idiag_sport);
    struct jb_end target = end_of(found->idiag_family, found->id.idiag_dst, found->id.idiag_dport);

    if (!jb_end_equal(&source, peer) || !jb_end_equal(&target, local) || found->idiag_inode == 0) {
        return -ENOENT;
    }
    *ret = found->idiag_uid;
    return 0;
}

static int hear(int fd, const struct jb_end *peer, const struct jb_end *local, uid_t *ret)
{
    union {
        struct nlmsghdr head;
        unsigned char bytes[4096];
    } answer;
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    if (poll(&ready, 1, WAIT_MS) != 1) {
        return -ETIMEDOUT;
    }
    ssize_t length = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
    if (length < 0) {
        return -errno;
    }
    if (!NLMSG_OK(&answer.head, (size_t)length)) {
        return -EBADMSG;
    }
    size_t room = answer.head.nlmsg_len - NLMSG_HDRLEN;
    if (answer.head.nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *error = NLMSG_DATA(&answer.head);
        return room >= sizeof(*error) && error->error < 0 ? error->error : -EBADMSG;
    }
    if (answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY || room < sizeof(struct inet_diag_msg)) {
        return -EBADMSG;
    }
    return judge(NLMSG_DATA(&answer.head), peer, local, ret);
}

int jb_viewer_uid_diag(const struct sockaddr *peer, const struct sockaddr *local, uid_t *ret)
{
    struct jb_end theirs, ours;

    if (!jb_end_of(peer, &theirs) || !jb_end_of(local, &ours) || jb_end_is_v4(&theirs) != jb_end_is_v4(&ours)) {
        return -EINVAL;
    }
    JB_CLEANUP(jb_closep) int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0) {
        return -errno;
    }
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0) { /* nobody else can answer */
        return -errno;
    }
    int r = ask(fd, &theirs, &ours);
    if (r < 0) {
        return r;
    }
    return hear(fd, &theirs, &ours, ret);
}
