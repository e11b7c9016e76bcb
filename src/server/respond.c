/* SPDX-License-Identifier: Apache-2.0 */
/* respond.c - replies, files and streams as responses of HTTP, with the headers that all of them have. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "server/assets.h"
#include "server/server_impl.h"

/* Everything comes from here; nothing may be framed, embedded or guessed at elsewhere. */
static const struct {
    const char *name, *value;
} always[] = {
    {"Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static enum MHD_Result queue(struct jb_server *server, struct MHD_Connection *connection, unsigned status,
                             struct MHD_Response *response, const char *type, const char *cache)
{
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        server->mhd.add_header(response, always[i].name, always[i].value);
    }
    if (type != NULL) {
        server->mhd.add_header(response, "Content-Type", type);
    }
    server->mhd.add_header(response, "Cache-Control", cache);
    enum MHD_Result result = server->mhd.queue_response(connection, status, response);
    server->mhd.destroy_response(response);
    return result;
}

static struct MHD_Response *make(struct jb_server *server, struct jb_reply *reply)
{
    static char nothing[1];
    struct MHD_Response *response;

    if (reply->fd >= 0) {
        response = server->mhd.response_from_fd(reply->length, reply->fd);
        reply->fd = response != NULL ? -1 : reply->fd;
    } else if (reply->body != NULL) {
        response = server->mhd.response_from_buffer(reply->length, reply->body, MHD_RESPMEM_MUST_FREE);
        reply->body = response != NULL ? NULL : reply->body;
    } else {
        response = server->mhd.response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    }
    jb_reply_finish(reply);
    return response;
}

/* Names of runs come in here: what a quoted string may not hold, and what a file may not be named, is replaced. */
static void name_download(struct jb_server *server, struct MHD_Response *response, const char *filename)
{
    char text[192] = "attachment; filename=\"";
    size_t n = strlen(text);

    for (const char *c = filename; *c != '\0' && n + 2 < sizeof(text); c++) {
        bool plain = *c > ' ' && *c < 0x7f && strchr("\"\\/:*?<>|;%", *c) == NULL;
        text[n++] = (char)(plain ? *c : '_');
    }
    text[n++] = '"';
    text[n] = '\0';
    server->mhd.add_header(response, "Content-Disposition", text);
}

enum MHD_Result jb_respond(struct jb_server *server, struct MHD_Connection *connection, struct jb_reply *reply,
                           const char *extra_name, const char *extra_value)
{
    struct MHD_Response *response = make(server, reply);
    char seconds[16];

    if (response == NULL) {
        return MHD_NO;
    }
    if (extra_name != NULL) {
        server->mhd.add_header(response, extra_name, extra_value);
    }
    if (reply->filename[0] != '\0') {
        name_download(server, response, reply->filename);
    }
    if (reply->retry_s > 0) {
        jb_snprintf(seconds, sizeof(seconds), "%u", reply->retry_s);
        server->mhd.add_header(response, "Retry-After", seconds);
    }
    if (reply->vary_accept) {
        server->mhd.add_header(response, "Vary", "Accept");
    }
    return queue(server, connection, reply->status, response, reply->status == 204 ? NULL : reply->type, "no-store");
}

static enum MHD_Result not_found(struct jb_server *server, struct MHD_Connection *connection)
{
    struct jb_reply reply;

    jb_reply_init(&reply);
    jb_reply_error(&reply, 404, "there is nothing of this name", NULL);
    return jb_respond(server, connection, &reply, NULL, NULL);
}

static enum MHD_Result from_folder(struct jb_server *server, struct MHD_Connection *connection, const char *path)
{
    struct jb_reply reply;
    off_t size = 0;

    path = *path != '\0' ? path : "index.html";
    int fd = jb_asset_open(server->config.ui_dir, path, &size);
    if (fd < 0) {
        return not_found(server, connection);
    }
    jb_reply_init(&reply);
    reply.fd = fd;
    reply.length = (size_t)size;
    reply.type = jb_asset_type(path);
    return jb_respond(server, connection, &reply, NULL, NULL);
}

static enum MHD_Result compressed(struct jb_server *server, struct MHD_Connection *connection,
                                  const struct jb_asset *asset)
{
    const char *known = server->mhd.lookup(connection, MHD_HEADER_KIND, "If-None-Match");
    bool same = jb_etag_matches(known, asset->etag);
    union {
        const unsigned char *in;
        void *out;
    } gz = {.in = asset->gz}; /* the library takes what is persistent as it is, and does not write to it */

    struct MHD_Response *response =
        server->mhd.response_from_buffer(same ? 0 : asset->gz_size, gz.out, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) {
        return MHD_NO;
    }
    server->mhd.add_header(response, "ETag", asset->etag);
    server->mhd.add_header(response, "Vary", "Accept-Encoding");
    if (!same) {
        server->mhd.add_header(response, "Content-Encoding", "gzip");
    }
    return queue(server, connection, same ? 304 : 200, response, asset->type,
                 asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
}

enum MHD_Result jb_respond_asset(struct jb_server *server, struct MHD_Connection *connection, const char *path)
{
    if (server->config.ui_dir != NULL) {
        return from_folder(server, connection, path);
    }
    const struct jb_asset *asset = jb_asset_find(server->assets, path);
    if (asset == NULL) {
        return not_found(server, connection);
    }
    if (!jb_accepts_gzip(server->mhd.lookup(connection, MHD_HEADER_KIND, "Accept-Encoding"))) {
        struct jb_reply reply;
        jb_reply_init(&reply);
        jb_reply_error(&reply, 406, "this file is sent compressed by gzip alone", "curl --compressed");
        return jb_respond(server, connection, &reply, NULL, NULL);
    }
    return compressed(server, connection, asset);
}

enum MHD_Result jb_respond_events(struct jb_server *server, struct MHD_Connection *connection,
                                  struct MHD_Response *response)
{
    server->mhd.add_header(response, "X-Accel-Buffering", "no"); /* nginx would hold ticks back */
    return queue(server, connection, 200, response, "text/event-stream", "no-store");
}
