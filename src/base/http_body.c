/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_body.c - the body of an answer. Documented at https://curl.se/libcurl/c/CURLOPT_WRITEFUNCTION.html.
 *
 * A length that the server announces is checked by libcurl; one that it does not, here, while it comes.
 */
#include "base/http_body.h"

#include <stdlib.h>
#include <string.h>

size_t jb_http_body_take(char *data, size_t size, size_t count, void *arg)
{
    struct jb_http_body *body = arg;
    size_t length = size * count;
    if (length > body->limit - body->length) {
        body->over = true;
        return 0;
    }
    if (body->length + length + 1 > body->capacity) {
        size_t capacity = 2 * (body->length + length) + 4096;
        char *grown = realloc(body->data, capacity);
        if (!grown) {
            return 0;
        }
        body->data = grown;
        body->capacity = capacity;
    }
    memcpy(body->data + body->length, data, length);
    body->length += length;
    body->data[body->length] = '\0';
    return length;
}
