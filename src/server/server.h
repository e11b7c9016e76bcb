/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - the HTTP face of the machine's meter: dashboard, API, live events, metrics. docs/api.md is its manual for
 * users; this is the one for us.
 *
 * libmicrohttpd (opened at run time, as libcurl is: `joulebook run` shall not pay for it) runs one thread of its own
 * that does all of this. It reads the board, and the database through a connection of its own; it writes nothing.
 * A slow reader of events is dropped, not waited for.
 *
 * Who may see what (server/viewer.h): on loopback the kernel says which user holds the other end (sock_diag). One's own
 * runs are shown whole, those of others as joules without name, command or tags, unless share_runs. root, whoever runs
 * the server, and a token see all.
 *
 * Safe by default: loopback only; a foreign Host is refused (DNS rebinding); no CORS; GET and HEAD only but for the
 * login; Content-Security-Policy default-src 'self'; no secret in a URL or a log. Listening elsewhere without a token
 * and TLS (or `insecure`) is refused.
 */
#ifndef JB_SERVER_SERVER_H
#define JB_SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct jb_board;
struct jb_diag;
struct jb_server;

struct jb_server_config {
    const char *listen; /* "127.0.0.1:9836", "[::1]:9836", "0.0.0.0:9836"; port 0: any, see jb_server_port() */
    int listen_fd;      /* of socket activation; -1 */
    const char *token;  /* NULL: none. 16 characters at least */
    const char *tls_cert, *tls_key; /* PEM files; NULL: no TLS */
    bool insecure;                  /* listen elsewhere without TLS: somebody else encrypts */
    const char *hosts;              /* further names that a request may be for, separated by commas; NULL */
    bool share_runs;                /* all who may ask see all runs whole */
    unsigned max_connections;       /* 0: 128 */
    unsigned max_rate;              /* requests a second of one address, in bursts of twice that; 0: 400 */
    const char *db_path;            /* NULL: the default place; "none" */
    const char *ui_dir;             /* serve the dashboard from here in place of the embedded one (development); NULL */
    struct jb_board *board;
    /* What other rooms know: JSON texts, malloc'd, made on the server's thread; NULL: not to be had. */
    char *(*doctor)(void *context);
    char *(*grid)(void *context, const char *zone, struct jb_diag *diag); /* zone NULL: the machine's */
    void *context;
};

/* What `config` points at must outlive the server; `listen_fd` is the server's, also where this fails. -ENOENT:
 * libmicrohttpd is not installed; -EACCES: the terms above are not met; -EADDRINUSE, ... */
int jb_server_create(const struct jb_server_config *config, struct jb_server **ret, struct jb_diag *diag);
void jb_server_destroy(struct jb_server *server); /* NULL-safe; ends every stream */
uint16_t jb_server_port(const struct jb_server *server);
/* The text of GET /api/v1/live as this user may see it; malloc'd, NULL without memory. Any thread. */
char *jb_server_live(struct jb_board *board, uid_t viewer, uid_t owner, bool share_runs);

#endif
