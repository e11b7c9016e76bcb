/* SPDX-License-Identifier: Apache-2.0 */
/* top_source.c - documents by the meter's socket: WATCH, then LIVE once a second. See link/link.h. */
#include "cli/top_source.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "link/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE 64 /* packets that are looked at in one call */

struct by_socket {
    struct top_source source; /* first */
    int fd;                   /* -1: not open */
    struct jb_link_message message;
    char packet[JB_LINK_MAX];
};

static struct by_socket *own(struct top_source *source)
{
    return (struct by_socket *)source;
}

static int nobody(const char *places, struct jb_diag *diag)
{
    if (places[0] == '\0') {
        jb_fail(diag, -ENOENT, "JOULEBOOK_SOCKET says that there is no meter");
        jb_fix(diag, "unset JOULEBOOK_SOCKET");
        return -ENOENT;
    }
    jb_fail(diag, -ENOENT, "no meter listens at %s", places);
    jb_fix(diag, "joulebook serve");
    return -ENOENT;
}

/* The first place where somebody answers. One that refuses us tells more than one where nobody is. */
static int connect_somewhere(int *ret_fd, struct jb_diag *diag)
{
    char path[108], places[256] = "";
    struct jb_diag why = {0};
    int refused = 0, error = 0;

    for (size_t i = 0; (error = jb_link_place(i, path, sizeof(path))) == 0; i++) {
        struct jb_diag now = {0};
        error = jb_link_connect(path, ret_fd, &now);
        if (error == 0) {
            return 0;
        }
        if (error != -ENOENT && error != -ECONNREFUSED && refused == 0) {
            refused = error;
            why = now;
        }
        size_t length = strlen(places);
        jb_snprintf(places + length, sizeof(places) - length, "%s%s", length > 0 ? " or " : "", path);
    }
    if (error != -ENOENT) {
        return jb_fail(diag, error, "JOULEBOOK_SOCKET cannot be a socket: %s", strerror(-error));
    }
    if (refused != 0 && diag != NULL) {
        *diag = why;
    }
    return refused != 0 ? refused : nobody(places, diag);
}

static int open_socket(struct top_source *source, struct jb_diag *diag)
{
    struct by_socket *self = own(source);
    JB_CLEANUP(jb_closep) int fd = -1;

    int error = connect_somewhere(&fd, diag);
    if (error < 0) {
        return error;
    }
    ssize_t length = jb_link_pack_empty(JB_LINK_WATCH, self->packet);
    error = length < 0 ? (int)length : jb_link_send(fd, self->packet, (size_t)length, -1);
    if (error < 0) {
        return jb_fail(diag, error, "cannot ask the meter: %s", strerror(-error));
    }
    jb_closep(&self->fd);
    self->fd = jb_take_fd(&fd);
    return 0;
}

static int socket_fd(const struct top_source *source)
{
    return ((const struct by_socket *)source)->fd;
}

static void close_socket(struct top_source *source)
{
    jb_closep(&own(source)->fd);
    own(source)->fd = -1;
}

/* 1: it is a text; 0: it is nothing for us; a negative errno. */
static int hear(struct by_socket *self, size_t length, struct jb_diag *diag)
{
    if (jb_link_unpack(self->packet, length, &self->message) < 0) {
        return 0;
    }
    if (self->message.kind == JB_LINK_REFUSE) {
        const struct jb_link_refuse *refuse = &self->message.refuse;
        jb_fail(diag, refuse->error, "the meter refuses: %s", refuse->text);
        jb_fix(diag, "%s", refuse->fix);
        return refuse->error;
    }
    return self->message.kind == JB_LINK_LIVE;
}

static int next_text(struct top_source *source, const char **ret_text, size_t *ret_length, struct jb_diag *diag)
{
    struct by_socket *self = own(source);

    for (int i = 0; i < AT_ONCE; i++) {
        int descriptor = -1;
        ssize_t length = self->fd < 0 ? 0 : jb_link_receive(self->fd, self->packet, &descriptor);
        jb_closep(&descriptor);
        if (length == -EAGAIN) {
            return 0;
        }
        int heard = length > 0 ? hear(self, (size_t)length, diag) : 0;
        if (heard > 0) {
            *ret_text = self->message.live.text;
            *ret_length = self->message.live.length;
            return 1;
        }
        if (length == 0 || (length < 0 && length != -EMSGSIZE) || heard < 0) {
            close_socket(source);
            if (heard < 0) {
                return heard;
            }
            jb_fail(diag, -EPIPE, "the meter has gone");
            jb_fix(diag, "joulebook serve");
            return -EPIPE;
        }
    }
    return 0;
}

static void destroy_socket(struct top_source *source)
{
    if (source != NULL) {
        close_socket(source);
        free(source);
    }
}

struct top_source *top_source_socket(void)
{
    struct by_socket *self = calloc(1, sizeof(*self));

    if (self == NULL) {
        return NULL;
    }
    self->fd = -1;
    self->source = (struct top_source){
        .open = open_socket, .fd = socket_fd, .next = next_text, .close = close_socket, .destroy = destroy_socket};
    return &self->source;
}
