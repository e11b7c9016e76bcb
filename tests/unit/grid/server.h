/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - an HTTP server of a test's own: each request is answered by a function of the test, on the server's
 * thread.
 *
 * One request a connection, so that clients need not wait for each other to hang up.
 */
#ifndef JB_TESTS_GRID_SERVER_H
#define JB_TESTS_GRID_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct server_reply {
    int status;
    char headers[512]; /* "Retry-After: 30\r\n" */
    char body[16384];
    bool hang; /* say nothing until the client has had enough */
};

struct server {
    int fd, port;
    pthread_t thread;
    pthread_mutex_t lock;
    void (*answer)(const char *path, struct server_reply *reply); /* with the lock held */
    unsigned requests;
    char log[8192];      /* the paths asked for, one a line */
    char request[16384]; /* the last one as it came */
};

static inline void server_say(int fd, const void *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        data = (const char *)data + sent;
        length -= (size_t)sent;
    }
}

static inline void server_talk(struct server *server, int fd)
{
    static char request[16384], text[32768];
    static struct server_reply reply;
    size_t length = 0;
    request[0] = '\0';
    while (strstr(request, "\r\n\r\n") == NULL) {
        ssize_t got = recv(fd, request + length, sizeof(request) - 1 - length, 0);
        if (got <= 0) {
            return;
        }
        length += (size_t)got;
        request[length] = '\0';
    }
    char path[2048] = "";
    const char *begin = strchr(request, ' ');
    snprintf(path, sizeof(path), "%.*s", begin != NULL ? (int)strcspn(begin + 1, " ") : 0,
             begin != NULL ? begin + 1 : "");
    memset(&reply, 0, sizeof(reply));
    reply.status = 200;
    pthread_mutex_lock(&server->lock);
    server->requests++;
    memcpy(server->request, request, sizeof(request));
    size_t used = strlen(server->log);
    snprintf(server->log + used, sizeof(server->log) - used, "%s\n", path);
    server->answer(path, &reply);
    pthread_mutex_unlock(&server->lock);
    while (reply.hang && recv(fd, text, sizeof(text), 0) > 0) {
    }
    snprintf(text, sizeof(text), "HTTP/1.1 %d x\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n%s", reply.status,
             strlen(reply.body), reply.headers, reply.body);
    server_say(fd, text, strlen(text));
}

static inline void *server_run(void *argument)
{
    struct server *server = argument;
    for (;;) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            return NULL;
        }
        server_talk(server, fd);
        close(fd);
    }
}

static inline void server_start(struct server *server, void (*answer)(const char *path, struct server_reply *reply))
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    memset(server, 0, sizeof(*server));
    server->answer = answer;
    pthread_mutex_init(&server->lock, NULL);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server->fd, 16), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, server_run, server), 0);
}

static inline void server_stop(struct server *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
    pthread_mutex_destroy(&server->lock);
}

static inline unsigned server_requests(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    unsigned requests = server->requests;
    pthread_mutex_unlock(&server->lock);
    return requests;
}

/* Did one of the requests' paths hold this text? How often? */
static inline unsigned server_heard(struct server *server, const char *text)
{
    unsigned count = 0;
    pthread_mutex_lock(&server->lock);
    for (const char *at = server->log; (at = strstr(at, text)) != NULL; at += strlen(text)) {
        count++;
    }
    pthread_mutex_unlock(&server->lock);
    return count;
}

#endif
