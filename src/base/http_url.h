/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_url.h - which server a URL leads to. For http.c alone.
 */
#ifndef JB_BASE_HTTP_URL_H
#define JB_BASE_HTTP_URL_H

#include <stdbool.h>

#include "base/http_library.h"

struct jb_diag;

#define JB_HTTP_SHOWN 120 /* bytes of a URL in a message */

/* What of a URL decides whom we talk to. */
struct jb_http_place {
    char scheme[8], host[256], port[8];
};

/* -EINVAL: not http or https, or with a user in it, which no message repeats. */
int jb_http_place(const struct jb_curl *curl, const char *text, struct jb_http_place *ret, struct jb_diag *diag);

/* May a request to `from` go on to `to` with all its credentials? Only to the same server, or from its http to its
 * https where https always is: any other port of a machine may be somebody else's. */
bool jb_http_may_follow(const struct jb_http_place *from, const struct jb_http_place *to);

/* `location` as seen from `base`: a whole URL, for curl_free(); NULL: it is none. */
char *jb_http_resolve(const struct jb_curl *curl, const char *base, const char *location);

/* Plain http to this very machine, spelt so that no parser could see another host. */
bool jb_http_is_loopback(const char *url);

/* The URL for a message, in JB_HTTP_SHOWN bytes: without its query, which may hold a secret. */
void jb_http_show(const char *url, char *to);

#endif
