/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c - what is asked for, whether it may be, and who answers.
 *
 * In this order: how often (429), how long (414), which path (400), which method (405), which Host (403), a body (413);
 * for data from where (403) and by whom (401); then the document. What libmicrohttpd refuses by itself (broken HTTP,
 * headers beyond the connection's memory) does not come here.
 *
 * Odd: the first call for a request comes before its body, the last one after it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "server/documents_impl.h"
#include "server/guard.h"
#include "server/server_impl.h"

#define BODY_MAX 4096 /* of a login; it is not looked at */

static const struct {
    const char *path;
    jb_document_fn document;
} documents[] = {
    {"api/v1/doctor", jb_document_doctor}, {"api/v1/grid", jb_document_grid}, {"api/v1/history", jb_document_history},
    {"api/v1/hosts", jb_document_hosts},   {"api/v1/live", jb_document_live}, {"api/v1/runs", jb_document_runs},
    {"metrics", jb_document_metrics},      {"healthz", jb_document_health},
};
static const char events_path[] = "api/v1/events", session_path[] = "api/v1/session", run_path[] = "api/v1/runs/";

struct asked {
    struct jb_server *server;
    struct MHD_Connection *connection;
    const char *method;
    char path[JB_URI_MAX + 1];
    struct jb_query query;
};

static const char *header(const struct asked *asked, const char *name)
{
    return asked->server->mhd.lookup(asked->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result refuse(struct jb_server *server, struct MHD_Connection *connection, unsigned status,
                              const char *text, const char *fix)
{
    struct jb_reply reply;

    jb_reply_init(&reply);
    jb_reply_error(&reply, status, text, fix);
    reply.retry_s = status == 429 || status == 503 ? 1 : 0;
    return jb_respond(server, connection, &reply, NULL, NULL);
}

/* An answer that the token is missing or wrong. */
static enum MHD_Result refuse_stranger(const struct asked *asked, struct jb_reply *reply)
{
    return jb_respond(asked->server, asked->connection, reply, "WWW-Authenticate", "Bearer realm=\"joulebook\"");
}

static bool is_data(const char *path)
{
    return strncmp(path, "api/", 4) == 0 || strcmp(path, "api") == 0 || strcmp(path, "metrics") == 0;
}

/* "ID", "ID/series" or "ID/export". */
static bool is_run(const char *rest)
{
    const char *slash = strchr(rest, '/');
    return slash == NULL || strcmp(slash, "/series") == 0 || strcmp(slash, "/export") == 0;
}

static jb_document_fn find(const char *path, const char **ret_rest)
{
    *ret_rest = "";
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        if (strcmp(documents[i].path, path) == 0) {
            return documents[i].document;
        }
    }
    if (jb_starts(path, run_path) && is_run(path + sizeof(run_path) - 1)) {
        *ret_rest = path + sizeof(run_path) - 1;
        return jb_document_run;
    }
    return NULL;
}

static enum MHD_Result answer_events(struct asked *asked, const struct jb_viewer *viewer)
{
    static const char *const names[] = {"hz", NULL};
    struct jb_reply reply;
    int64_t hz = 2;

    jb_reply_init(&reply);
    if (!jb_param_names(&asked->query, names, &reply) || !jb_param_integer(&asked->query, "hz", 1, 10, &hz, &reply)) {
        return jb_respond(asked->server, asked->connection, &reply, NULL, NULL);
    }
    struct MHD_Response *response = strcmp(asked->method, "HEAD") == 0
                                        ? asked->server->mhd.response_from_buffer(0, asked->path, MHD_RESPMEM_MUST_COPY)
                                        : jb_events_open(asked->server->events, asked->connection, viewer, (unsigned)hz,
                                                         header(asked, "Last-Event-ID"));
    if (response == NULL) {
        return refuse(asked->server, asked->connection, 503, "there are as many streams of events as may be",
                      "close a dashboard, or ask api/v1/live now and then");
    }
    return jb_respond_events(asked->server, asked->connection, response);
}

static enum MHD_Result answer_login(struct asked *asked)
{
    struct jb_reply reply;
    char cookie[192];

    jb_reply_init(&reply);
    jb_auth_login(asked->server, asked->connection, &reply, cookie, sizeof(cookie));
    if (reply.status == 401) {
        return refuse_stranger(asked, &reply);
    }
    return jb_respond(asked->server, asked->connection, &reply, cookie[0] != '\0' ? "Set-Cookie" : NULL, cookie);
}

static enum MHD_Result answer_data(struct asked *asked)
{
    struct jb_server *server = asked->server;
    struct jb_viewer viewer = {0};
    struct jb_reply reply;
    const char *site = header(asked, "Sec-Fetch-Site"), *rest;
    bool guarded = is_data(asked->path);

    if (guarded && site != NULL && strcasecmp(site, "cross-site") == 0) {
        return refuse(server, asked->connection, 403, "another site's page may not ask this", NULL);
    }
    if (strcmp(asked->method, "POST") == 0) {
        return answer_login(asked);
    }
    jb_reply_init(&reply);
    if (guarded && !jb_auth(server, asked->connection, &viewer)) {
        jb_reply_error(&reply, 401, "a token is needed", "send the header Authorization: Bearer TOKEN");
        return refuse_stranger(asked, &reply);
    }
    if (strcmp(asked->path, events_path) == 0) {
        return answer_events(asked, &viewer);
    }
    jb_document_fn document = find(asked->path, &rest);
    if (document == NULL) {
        return refuse(server, asked->connection, 404, "there is nothing of this name", "docs/api.md has all names");
    }
    document(server->documents, &viewer, rest, &asked->query, header(asked, "Accept"), &reply);
    return jb_respond(server, asked->connection, &reply, NULL, NULL);
}

static bool is_allowed(const struct asked *asked, bool login)
{
    if (login) {
        return strcmp(asked->method, "POST") == 0;
    }
    return strcmp(asked->method, "GET") == 0 || strcmp(asked->method, "HEAD") == 0;
}

static enum MHD_Result refuse_method(const struct asked *asked, bool login)
{
    struct jb_reply reply;

    jb_reply_init(&reply);
    jb_reply_error(&reply, 405, login ? "log in by POST" : "only GET and HEAD", NULL);
    return jb_respond(asked->server, asked->connection, &reply, "Allow", login ? "POST" : "GET, HEAD");
}

static int read_target(struct asked *asked, const char *target)
{
    const char *query = "";

    int r = jb_guard_path(target, asked->path, sizeof(asked->path), &query);
    return r < 0 ? r : jb_query_parse(query, strlen(query), &asked->query);
}

static enum MHD_Result answer(struct jb_server *server, struct MHD_Connection *connection,
                              const struct jb_request *request, const char *method)
{
    struct asked asked;
    const union MHD_ConnectionInfo *from =
        server->mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    asked.server = server;
    asked.connection = connection;
    asked.method = method;
    if (from != NULL && from->client_addr != NULL && !jb_rate_take(&server->rate, from->client_addr, jb_mono_ns())) {
        return refuse(server, connection, 429, "too many requests of one address", "[serve] max_rate");
    }
    if (request->too_long) {
        return refuse(server, connection, 414, "the address is longer than 4096 bytes", NULL);
    }
    if (read_target(&asked, request->target) < 0) {
        return refuse(server, connection, 400, "the address is broken", NULL);
    }
    bool login = strcmp(asked.path, session_path) == 0;
    if (!is_allowed(&asked, login)) {
        return refuse_method(&asked, login);
    }
    if (!jb_guard_host(header(&asked, "Host"), server->config.hosts)) {
        return refuse(server, connection, 403, "this server is not known by that Host",
                      "use its address or localhost, or add the name to hosts in [serve] of joulebook.conf");
    }
    if (request->too_large) {
        return refuse(server, connection, 413, "no body is taken", NULL);
    }
    if (is_data(asked.path) || strcmp(asked.path, "healthz") == 0) {
        return answer_data(&asked);
    }
    return jb_respond_asset(server, connection, asked.path);
}

void *jb_request_begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    size_t length = strlen(uri);
    bool too_long = length > JB_URI_MAX;

    (void)context;
    (void)connection;
    struct jb_request *request = calloc(1, sizeof(*request) + (too_long ? 0 : length) + 1);
    if (request != NULL) {
        request->too_long = too_long;
        if (!too_long) {
            memcpy(request->target, uri, length + 1);
        }
    }
    return request;
}

/* The body's length as it is announced; one of unknown length (chunks) is too much. */
static bool is_too_large(const struct jb_server *server, struct MHD_Connection *connection, const char *method)
{
    const char *length = server->mhd.lookup(connection, MHD_HEADER_KIND, "Content-Length");
    const char *encoding = server->mhd.lookup(connection, MHD_HEADER_KIND, "Transfer-Encoding");
    uint64_t bytes = 0;

    if (encoding != NULL || (length != NULL && jb_parse_u64(length, &bytes) < 0)) {
        return true;
    }
    return bytes > (strcmp(method, "POST") == 0 ? BODY_MAX : 0);
}

enum MHD_Result jb_request_handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request)
{
    struct jb_server *server = context;
    struct jb_request *ours = *request;

    (void)url;
    (void)version;
    (void)upload;
    if (ours == NULL) {
        return MHD_NO;
    }
    if (!ours->begun) {
        ours->begun = true;
        ours->too_large = is_too_large(server, connection, method);
        return ours->too_large ? answer(server, connection, ours, method) : MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    return answer(server, connection, ours, method);
}

void jb_request_end(void *context, struct MHD_Connection *connection, void **request,
                    enum MHD_RequestTerminationCode why)
{
    (void)context;
    (void)connection;
    (void)why;
    free(*request);
    *request = NULL;
}
