/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_headers.h - the headers of a request: those of the client and its own. For http.c alone.
 *
 * They hold keys, so that all memory they were in is wiped.
 */
#ifndef JB_BASE_HTTP_HEADERS_H
#define JB_BASE_HTTP_HEADERS_H

#include <stdbool.h>

#include "base/http_library.h"

/* The client's own copy of a list that ends with NULL, or of none. False: out of memory, *ret may be half made. */
bool jb_http_headers_copy(const char *const *from, char ***ret);
void jb_http_headers_finish(char **headers); /* NULL-safe */

/* All of `own`, and of the client's those whose names are not in `own`. -EINVAL: one holds a line break; -ENOMEM; both
 * leave in *list what was made so far. */
int jb_http_headers_join(const struct jb_curl *curl, char *const *client, const char *const *own,
                         struct curl_slist **list);
void jb_http_headers_free(const struct jb_curl *curl, struct curl_slist *list); /* NULL-safe */

#endif
