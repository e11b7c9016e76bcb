/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_impl.h - the server, its connections and its requests. For server.c, request.c, auth.c and respond.c.
 */
#ifndef JB_SERVER_SERVER_IMPL_H
#define JB_SERVER_SERVER_IMPL_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/diag.h"
#include "server/documents.h"
#include "server/events.h"
#include "server/library.h"
#include "server/listen.h"
#include "server/rate.h"
#include "server/session_cookie.h"

struct jb_asset;

struct jb_server {
    struct jb_server_config config;
    struct jb_mhd mhd;
    struct jb_listener listener;
    uid_t owner; /* who runs us */
    struct MHD_Daemon *daemon;
    struct jb_documents *documents;
    struct jb_events *events;
    const struct jb_asset *assets;
    atomic_bool started;
    char starting[256]; /* what the library complained of before that */

    /* The server's thread alone. */
    struct jb_rate rate;
    struct jb_cookies cookies;
};

/* A connection. */
struct jb_peer {
    bool loopback; /* both ends are on this machine */
    bool asked;    /* the kernel has been asked who it is */
    bool known;
    uid_t uid;
};

/* A request, from its first line to its answer. */
struct jb_request {
    bool begun;
    bool too_long; /* target is empty */
    bool too_large;
    char target[]; /* as it came */
};

/* ---- auth.c ---- */

struct jb_peer *jb_peer_create(const struct jb_mhd *mhd, struct MHD_Connection *connection); /* NULL: no memory */

/* Who asks; false: a token is needed, and there is none or a wrong one. */
bool jb_auth(struct jb_server *server, struct MHD_Connection *connection, struct jb_viewer *ret);
/* POST api/v1/session. ret_cookie: the header to set, empty where reply is an error. */
void jb_auth_login(struct jb_server *server, struct MHD_Connection *connection, struct jb_reply *reply,
                   char *ret_cookie, size_t size);

/* ---- respond.c ---- */

enum MHD_Result jb_respond(struct jb_server *server, struct MHD_Connection *connection, struct jb_reply *reply,
                           const char *extra_name, const char *extra_value);
enum MHD_Result jb_respond_asset(struct jb_server *server, struct MHD_Connection *connection, const char *path);
enum MHD_Result jb_respond_events(struct jb_server *server, struct MHD_Connection *connection,
                                  struct MHD_Response *response);

/* ---- request.c: the callbacks; context is the server ---- */

void *jb_request_begin(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result jb_request_handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request);
void jb_request_end(void *context, struct MHD_Connection *connection, void **request,
                    enum MHD_RequestTerminationCode why);

#endif
