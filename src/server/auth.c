/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.c - who asks, and whether that is enough.
 *
 * A proxy on this machine makes strangers look like one of its users: a request over loopback with a header that
 * proxies add counts as from elsewhere. A proxy that adds none is taken for its user; docs/security.md says so.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/text.h"
#include "server/guard.h"
#include "server/server_impl.h"

static const char *header(const struct jb_server *server, struct MHD_Connection *connection, const char *name)
{
    return server->mhd.lookup(connection, MHD_HEADER_KIND, name);
}

static bool ends_of(const struct jb_mhd *mhd, struct MHD_Connection *connection, const struct sockaddr **ret_peer,
                    struct sockaddr_storage *ret_local)
{
    const union MHD_ConnectionInfo *address = mhd->get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (address == NULL || address->client_addr == NULL) {
        return false;
    }
    *ret_peer = address->client_addr;
    const union MHD_ConnectionInfo *fd = mhd->get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    socklen_t length = sizeof(*ret_local);
    return fd != NULL && getsockname(fd->connect_fd, (struct sockaddr *)ret_local, &length) == 0;
}

struct jb_peer *jb_peer_create(const struct jb_mhd *mhd, struct MHD_Connection *connection)
{
    struct jb_peer *peer = calloc(1, sizeof(*peer));
    const struct sockaddr *theirs = NULL;
    struct sockaddr_storage ours = {0};

    if (peer != NULL && ends_of(mhd, connection, &theirs, &ours)) {
        peer->loopback = jb_address_is_loopback(theirs) && jb_address_is_loopback((const struct sockaddr *)&ours);
    }
    return peer;
}

/* Asked once a connection: a socket keeps its owner. */
static void ask(const struct jb_server *server, struct MHD_Connection *connection, struct jb_peer *peer)
{
    const struct sockaddr *theirs = NULL;
    struct sockaddr_storage ours = {0};

    if (peer->asked) {
        return;
    }
    peer->asked = true;
    peer->known = ends_of(&server->mhd, connection, &theirs, &ours) &&
                  jb_viewer_uid(theirs, (const struct sockaddr *)&ours, &peer->uid) == 0;
}

static bool is_passed_on(const struct jb_server *server, struct MHD_Connection *connection)
{
    static const char *const names[] = {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via", NULL};

    for (const char *const *name = names; *name != NULL; name++) {
        if (header(server, connection, *name) != NULL) {
            return true;
        }
    }
    return false;
}

static bool has_token(const struct jb_server *server, struct MHD_Connection *connection)
{
    const char *given = NULL;
    size_t length = 0;

    return server->config.token != NULL &&
           jb_guard_bearer(header(server, connection, "Authorization"), &given, &length) &&
           jb_guard_token(given, length, server->config.token);
}

static bool has_cookie(const struct jb_server *server, struct MHD_Connection *connection)
{
    const char *given = NULL;
    size_t length = 0;

    return server->config.token != NULL &&
           jb_guard_cookie(header(server, connection, "Cookie"), JB_COOKIE_NAME, &given, &length) &&
           jb_cookies_know(&server->cookies, jb_mono_ns(), given, length);
}

bool jb_auth(struct jb_server *server, struct MHD_Connection *connection, struct jb_viewer *ret)
{
    const union MHD_ConnectionInfo *info =
        server->mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct jb_peer *peer = info != NULL ? info->socket_context : NULL;
    bool here = peer != NULL && peer->loopback && !is_passed_on(server, connection);
    bool told = has_token(server, connection) || has_cookie(server, connection);
    struct jb_viewer viewer = {.all = told || server->config.share_runs};

    if (here) {
        ask(server, connection, peer);
        viewer.known = peer->known;
        viewer.uid = peer->uid;
        viewer.all = viewer.all || (peer->known && (peer->uid == 0 || peer->uid == server->owner));
    }
    /* Without a token only this machine can ask (jb_guard_terms()): what is passed on is public then. */
    if (!here && !told && server->config.token != NULL) {
        return false;
    }
    *ret = viewer;
    return true;
}

void jb_auth_login(struct jb_server *server, struct MHD_Connection *connection, struct jb_reply *reply,
                   char *ret_cookie, size_t size)
{
    char text[JB_COOKIE_TEXT];
    const char *proto = header(server, connection, "X-Forwarded-Proto");
    bool encrypted = server->config.tls_cert != NULL || (proto != NULL && strcasecmp(proto, "https") == 0);

    ret_cookie[0] = '\0';
    if (server->config.token == NULL) {
        jb_reply_error(reply, 404, "this server has no token to log in with", NULL);
    } else if (!has_token(server, connection)) {
        jb_reply_error(reply, 401, "this is not the token", "send the header Authorization: Bearer TOKEN");
    } else if (jb_cookies_add(&server->cookies, jb_mono_ns(), text) < 0) {
        jb_reply_error(reply, 503, "there is no randomness for a session", NULL);
    } else {
        /* No Path: the browser's default is the folder of this request, "api/v1/", behind whatever prefix. */
        jb_snprintf(ret_cookie, size, "%s=%s; HttpOnly; SameSite=Strict; Max-Age=%d%s", JB_COOKIE_NAME, text,
                    JB_COOKIE_SECONDS, encrypted ? "; Secure" : "");
        reply->status = 204;
    }
}
