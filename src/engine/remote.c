/* SPDX-License-Identifier: Apache-2.0 */
/* The client's end of the socket. See remote.h. */
#include "engine/remote.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ATTACH_WAIT_NS (500 * JB_NS_PER_MS)
#define KEPT_WAIT_NS   (2 * JB_NS_PER_S)
#define SEND_WAIT_MS   100

struct jb_remote {
    int fd;
    struct jb_link_welcome welcome;
    struct jb_link_channel_list channels;
    struct jb_link_message message;
    unsigned char buffer[JB_LINK_MAX];
};

void jb_remote_destroy(struct jb_remote *remote)
{
    if (remote != NULL) {
        jb_closep(&remote->fd);
        free(remote);
    }
}

const struct jb_link_welcome *jb_remote_welcome(const struct jb_remote *remote)
{
    return &remote->welcome;
}

const struct jb_link_channel_list *jb_remote_channels(const struct jb_remote *remote)
{
    return &remote->channels;
}

static bool readable(int fd, uint64_t deadline_ns)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    uint64_t now_ns = jb_mono_ns();
    uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;

    return poll(&wait, 1, (int)((left_ns + JB_NS_PER_MS - 1) / JB_NS_PER_MS)) > 0;
}

/* 1: a message that this version knows is in remote->message; 0: none is there. */
static int take(struct jb_remote *remote)
{
    for (;;) {
        int descriptor;
        ssize_t length = jb_link_receive(remote->fd, remote->buffer, &descriptor);
        if (length == -EAGAIN) {
            return 0;
        }
        if (length == -EMSGSIZE) {
            continue; /* of a newer version */
        }
        if (length <= 0) {
            return -EPIPE;
        }
        jb_closep(&descriptor);
        int r = jb_link_unpack(remote->buffer, (size_t)length, &remote->message);
        if (r == 0) {
            return 1;
        }
        if (r != -EPROTONOSUPPORT) {
            return -EPIPE; /* whoever that is, it is no meter */
        }
    }
}

static int take_before(struct jb_remote *remote, uint64_t deadline_ns)
{
    for (;;) {
        int r = take(remote);
        if (r != 0) {
            return r;
        }
        if (!readable(remote->fd, deadline_ns)) {
            return 0;
        }
    }
}

int jb_remote_next(struct jb_remote *remote, uint64_t wait_ns, const struct jb_link_message **ret)
{
    uint64_t deadline_ns = jb_mono_ns() + wait_ns;

    for (;;) {
        int r = wait_ns == 0 ? take(remote) : take_before(remote, deadline_ns);
        if (r <= 0) {
            return r;
        }
        enum jb_link_kind kind = remote->message.kind;
        if (kind == JB_LINK_CHANNEL_LIST && remote->message.list.count >= remote->channels.count) {
            remote->channels = remote->message.list;
        } else if (kind != JB_LINK_TICK && kind != JB_LINK_CUT && kind != JB_LINK_REFUSE) {
            continue;
        }
        *ret = &remote->message;
        return 1;
    }
}

static int send_now(struct jb_remote *remote, ssize_t length, int descriptor)
{
    struct pollfd wait = {.fd = remote->fd, .events = POLLOUT};

    if (length < 0) {
        return (int)length;
    }
    int r = jb_link_send(remote->fd, remote->buffer, (size_t)length, descriptor);
    if (r == -EAGAIN && poll(&wait, 1, SEND_WAIT_MS) > 0) {
        r = jb_link_send(remote->fd, remote->buffer, (size_t)length, descriptor);
    }
    return r;
}

/* The answer to HELLO: WELCOME and the channels, or a refusal. */
static int hear_welcome(struct jb_remote *remote, struct jb_diag *diag)
{
    uint64_t deadline_ns = jb_mono_ns() + ATTACH_WAIT_NS;
    bool welcome = false;

    for (;;) {
        int r = take_before(remote, deadline_ns);
        if (r == 0) {
            return jb_fail(diag, -ETIMEDOUT, "the machine's meter does not answer");
        }
        if (r < 0) {
            return jb_fail(diag, r, "the machine's meter hung up");
        }
        if (remote->message.kind == JB_LINK_REFUSE) {
            const struct jb_link_refuse *refuse = &remote->message.refuse;
            r = jb_fail(diag, refuse->error < 0 ? refuse->error : -EPERM, "the machine's meter refuses: %s",
                        refuse->text);
            jb_fix(diag, "%s", refuse->fix);
            return r;
        }
        if (remote->message.kind == JB_LINK_WELCOME) {
            remote->welcome = remote->message.welcome;
            welcome = true;
        } else if (remote->message.kind == JB_LINK_CHANNEL_LIST && welcome) {
            remote->channels = remote->message.list;
            return 0;
        }
    }
}

static int connect_any(int *ret_fd, struct jb_diag *diag)
{
    char path[256];
    int error = -ENOENT;

    for (size_t i = 0; jb_link_place(i, path, sizeof(path)) == 0; i++) {
        int r = jb_link_connect(path, ret_fd, diag);
        if (r == 0) {
            return 0;
        }
        if (r != -ENOENT && r != -ECONNREFUSED) {
            error = r;
        }
    }
    return error;
}

int jb_remote_attach(const struct jb_link_hello *hello, struct jb_remote **ret, struct jb_diag *diag)
{
    int fd;
    int error = connect_any(&fd, diag);
    if (error < 0) {
        return error;
    }
    struct jb_remote *remote = calloc(1, sizeof(*remote));
    if (remote == NULL) {
        close(fd);
        return -ENOMEM;
    }
    remote->fd = fd;
    error = send_now(remote, jb_link_pack_hello(hello, remote->buffer), -1);
    if (error < 0) {
        jb_fail(diag, error, "the machine's meter cannot be told of the run: %s", strerror(-error));
    } else {
        error = hear_welcome(remote, diag);
    }
    if (error < 0) {
        jb_remote_destroy(remote);
        return error;
    }
    *ret = remote;
    return 0;
}

int jb_remote_start(struct jb_remote *remote)
{
    return send_now(remote, jb_link_pack_empty(JB_LINK_START, remote->buffer), -1);
}

int jb_remote_stop(struct jb_remote *remote)
{
    return send_now(remote, jb_link_pack_empty(JB_LINK_STOP, remote->buffer), -1);
}

void jb_remote_news(struct jb_remote *remote, const struct jb_link_news *news)
{
    ssize_t length = jb_link_pack_news(news, remote->buffer);

    if (length > 0) {
        jb_link_send(remote->fd, remote->buffer, (size_t)length, -1);
    }
}

void jb_remote_plan(struct jb_remote *remote, const struct jb_link_plan *plan)
{
    ssize_t length = jb_link_pack_plan(plan, remote->buffer);

    if (length > 0) {
        jb_link_send(remote->fd, remote->buffer, (size_t)length, -1);
    }
}

int jb_remote_hand_over(struct jb_remote *remote, int descriptor, struct jb_diag *diag)
{
    uint64_t deadline_ns = jb_mono_ns() + KEPT_WAIT_NS;
    int r = send_now(remote, jb_link_pack_empty(JB_LINK_RECORD, remote->buffer), descriptor);

    while (r >= 0) {
        r = take_before(remote, deadline_ns);
        if (r == 0) {
            return jb_fail(diag, -ETIMEDOUT, "the machine's meter does not say that it kept the run");
        }
        if (r > 0 && remote->message.kind == JB_LINK_KEPT) {
            const struct jb_link_kept *kept = &remote->message.kept;
            return kept->error == 0 ? 0 : jb_fail(diag, kept->error, "the machine's meter: %s", kept->text);
        }
    }
    return jb_fail(diag, r, "the machine's meter hung up before it had kept the run");
}
