/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - one GET of a small answer, for meters on the network and for the grid.
 *
 * libcurl is opened at the first request (dlopen), so that a run that asks nothing of the network pays nothing for it.
 * Certificates are checked unless `insecure` says otherwise; a redirect to another host is refused; an answer over
 * `limit` bytes is refused; proxy settings of the environment are honoured, but for plain http to this very machine.
 * Credentials go to the host of the URL alone and appear in no message.
 *
 * A client belongs to one thread. It keeps its connection for the next request.
 */
#ifndef JB_BASE_HTTP_H
#define JB_BASE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_diag;
struct jb_http;

struct jb_http_config {
    const char *user, *password; /* NULL: none; basic or digest, as the server asks */
    const char *ca_file;         /* NULL: the system's */
    bool insecure;
    uint64_t timeout_ns;        /* of one request as a whole; 0: 5 s */
    size_t limit;               /* 0: 1 MiB */
    const char *const *headers; /* "auth-token: ..."; NULL, or ends with NULL */
};

/* Copies what config points to. -ENOENT: there is no libcurl, with the command that installs it; -ENOMEM. */
int jb_http_create(const struct jb_http_config *config, struct jb_http **ret, struct jb_diag *diag);
void jb_http_destroy(struct jb_http *http); /* NULL-safe; wipes the password */

/* The body, malloc'd and NUL-terminated, whatever the status; *ret_status is the HTTP status.
 * -EINVAL: not an http or https URL; -ETIMEDOUT; -ECONNREFUSED; -EHOSTUNREACH (no such name, or no way there);
 * -EKEYREJECTED: the certificate; -EMSGSIZE: over the limit; -EIO: anything else. */
int jb_http_get(struct jb_http *http, const char *url, int *ret_status, char **ret_body, size_t *ret_length,
                struct jb_diag *diag);

/* The same with what only this request has. */
struct jb_http_request {
    const char *url;
    /* Beside those of the client, and of the same name in their place; NULL, or ends with NULL. One with a line break
     * is -EINVAL. */
    const char *const *headers;
    const char *user, *password; /* basic, sent at once; NULL: those of the client */
};
struct jb_http_answer {
    int status;
    char *body; /* malloc'd, NUL-terminated */
    size_t length;
    uint64_t retry_after_s; /* what Retry-After said in seconds, at most a day; 0: nothing */
};
int jb_http_ask(struct jb_http *http, const struct jb_http_request *request, struct jb_http_answer *ret,
                struct jb_diag *diag);

/* Is the URL https, or http to this very machine (localhost, 127.0.0.0/8, ::1)? Only there may a key go. Pure enough to
 * need no libcurl. */
bool jb_http_is_safe(const char *url);

#endif
