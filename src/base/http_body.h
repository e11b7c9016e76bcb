/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_body.h - the body of an answer as it comes in, up to a limit. For http.c alone.
 */
#ifndef JB_BASE_HTTP_BODY_H
#define JB_BASE_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct jb_http_body {
    char *data; /* NUL-terminated; NULL: nothing has come */
    size_t length, capacity, limit;
    bool over; /* there was more than the limit */
};

/* For CURLOPT_WRITEFUNCTION; `arg` is the body. 0 ends the transfer. */
size_t jb_http_body_take(char *data, size_t size, size_t count, void *arg);

#endif
