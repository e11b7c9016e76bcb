/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.c - starts and stops what serves. See server.h; request.c has what happens to a request.
 *
 * libmicrohttpd runs one thread: epoll over all connections. A stream that has nothing to say is suspended, so that it
 * costs nothing until there is a tick.
 */
#include "server/server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "server/assets.h"
#include "server/guard.h"
#include "server/server_impl.h"
#include "server/tls.h"

#define MEMORY_OF_CONNECTION 16384
#define TIMEOUT_S            30
#define STALL_S              10
#define QUIET_NS             (15 * JB_NS_PER_S)
#define CONNECTIONS          128
#define RATE_PER_S           400
#define THREAD_STACK         (1024 * 1024)
#define PRIORITIES           "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static void complaint(void *context, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void complaint(void *context, const char *format, va_list args)
{
    struct jb_server *server = context;

    if (!atomic_load(&server->started)) { /* later it is of clients, and told to nobody */
        jb_vsnprintf(server->starting, sizeof(server->starting), format, args);
    }
}

/* A path is taken apart by guard.h, not here: leave it as it came. */
static size_t leave(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void connected(void *context, struct MHD_Connection *connection, void **peer,
                      enum MHD_ConnectionNotificationCode what)
{
    struct jb_server *server = context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *peer = jb_peer_create(&server->mhd, connection);
    } else {
        free(*peer);
        *peer = NULL;
    }
}

static unsigned at_most(const struct jb_server *server)
{
    return server->config.max_connections != 0 ? server->config.max_connections : CONNECTIONS;
}

/* With all signals blocked: the thread inherits that, and none of ours may end there. */
static struct MHD_Daemon *start_quietly(struct jb_server *server, unsigned flags, struct MHD_OptionItem *options)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *daemon = server->mhd.start_daemon(flags, server->listener.port, NULL, NULL, jb_request_handle,
                                                         server, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

static int start(struct jb_server *server, const struct jb_tls *tls, struct jb_diag *diag)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    unsigned connections = at_most(server);
    static char priorities[] = PRIORITIES;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)complaint, server},
        {MHD_OPTION_LISTEN_SOCKET, server->listener.fd, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_OF_CONNECTION, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, connections, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, connections - connections / 4, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, NULL},
        {MHD_OPTION_THREAD_STACK_SIZE, THREAD_STACK, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)jb_request_begin, server},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)jb_request_end, server},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connected, server},
        {tls->key != NULL ? MHD_OPTION_HTTPS_MEM_KEY : MHD_OPTION_END, 0, tls->key}, /* the three of TLS */
        {MHD_OPTION_HTTPS_MEM_CERT, 0, tls->cert},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
        {MHD_OPTION_END, 0, NULL},
    };

    if (tls->key != NULL) {
        flags |= MHD_USE_TLS;
    }
    server->daemon = start_quietly(server, flags, options);
    atomic_store(&server->started, true);
    server->listener.fd = -1; /* the library's, also where it did not start */
    if (server->daemon == NULL) {
        jb_sanitise(server->starting);
        return jb_fail(diag, -EIO, "the server does not start: %s",
                       server->starting[0] != '\0' ? server->starting : "no reason was given");
    }
    return 0;
}

static int open_listener(struct jb_server *server, struct jb_diag *diag)
{
    const struct jb_server_config *config = &server->config;
    bool tls = config->tls_cert != NULL && config->tls_key != NULL;

    if (config->listen_fd < 0) { /* before anybody can connect */
        struct jb_guard_listen where;
        int r = jb_guard_listen(config->listen, &where, diag);
        r = r < 0 ? r : jb_guard_terms(where.loopback, config->token, tls, config->insecure, diag);
        if (r < 0) {
            return r;
        }
    }
    int r = jb_listener_open(config->listen, config->listen_fd, &server->listener, diag);
    return r < 0 ? r : jb_guard_terms(server->listener.loopback, config->token, tls, config->insecure, diag);
}

static int open_events(struct jb_server *server, struct jb_diag *diag)
{
    struct jb_events_config config = {
        .mhd = &server->mhd,
        .board = server->config.board,
        .max_streams = at_most(server) / 2, /* others want to ask too */
        .stall_s = STALL_S,
        .quiet_ns = QUIET_NS,
    };
    return jb_events_create(&config, &server->events, diag);
}

static int open_all(struct jb_server *server, struct jb_diag *diag)
{
    struct jb_tls tls = {0};

    int r = open_listener(server, diag);
    if (r < 0) {
        return r;
    }
    r = jb_tls_load(server->config.tls_cert, server->config.tls_key, &tls, diag);
    if (r < 0) {
        return r;
    }
    r = jb_mhd_load(NULL, &server->mhd, diag);
    if (r == 0 && tls.key != NULL && server->mhd.is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
        r = jb_fail(diag, -ENOTSUP, "this libmicrohttpd was built without TLS");
    }
    r = r < 0 ? r : jb_documents_create(&server->config, &server->documents, diag);
    r = r < 0 ? r : open_events(server, diag);
    r = r < 0 ? r : start(server, &tls, diag);
    jb_tls_finish(&tls);
    return r;
}

int jb_server_create(const struct jb_server_config *config, struct jb_server **ret, struct jb_diag *diag)
{
    struct jb_server *server = calloc(1, sizeof(*server));

    if (server == NULL) {
        int fd = config->listen_fd;
        jb_closep(&fd);
        return jb_fail(diag, -ENOMEM, "no memory for the server");
    }
    server->config = *config;
    server->listener.fd = -1;
    server->owner = geteuid();
    server->assets = jb_assets;
    jb_rate_init(&server->rate, config->max_rate != 0 ? config->max_rate : RATE_PER_S);
    int r = open_all(server, diag);
    if (r < 0) {
        jb_server_destroy(server);
        return r;
    }
    *ret = server;
    return 0;
}

void jb_server_destroy(struct jb_server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->events != NULL) {
        jb_events_end(server->events);
    }
    if (server->daemon != NULL) {
        server->mhd.stop_daemon(server->daemon);
    }
    jb_closep(&server->listener.fd);
    jb_events_destroy(server->events);
    jb_documents_destroy(server->documents);
    explicit_bzero(&server->cookies, sizeof(server->cookies));
    free(server);
}

uint16_t jb_server_port(const struct jb_server *server)
{
    return server->listener.port;
}
