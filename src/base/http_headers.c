/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_headers.c - the headers of a request. Documented at https://curl.se/libcurl/c/CURLOPT_HTTPHEADER.html.
 *
 * Odd: libcurl sends what it is given, so that a line break in a value would begin a second header, or a second
 * request. Names are the same whatever their case.
 */
#include "base/http_headers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool jb_http_headers_copy(const char *const *from, char ***ret)
{
    size_t count = 0;
    while (from && from[count]) {
        count++;
    }
    *ret = calloc(count + 1, sizeof(**ret));
    for (size_t i = 0; *ret && i < count; i++) {
        (*ret)[i] = strdup(from[i]);
        if (!(*ret)[i]) {
            return false;
        }
    }
    return *ret;
}

void jb_http_headers_finish(char **headers)
{
    for (char **header = headers; header && *header; header++) {
        explicit_bzero(*header, strlen(*header));
        free(*header);
    }
    free(headers);
}

/* Does one of `headers` have the name of `header`? libcurl takes "Name;" for a header without a value. */
static bool named_in(const char *const *headers, const char *header)
{
    size_t length = strcspn(header, ":;");
    for (; headers && *headers; headers++) {
        if (strcspn(*headers, ":;") == length && strncasecmp(*headers, header, length) == 0) {
            return true;
        }
    }
    return false;
}

static int add(const struct jb_curl *curl, const char *header, struct curl_slist **list)
{
    if (strpbrk(header, "\r\n")) {
        return -EINVAL;
    }
    struct curl_slist *longer = curl->slist_append(*list, header);
    if (!longer) {
        return -ENOMEM;
    }
    *list = longer;
    return 0;
}

int jb_http_headers_join(const struct jb_curl *curl, char *const *client, const char *const *own,
                         struct curl_slist **list)
{
    int err = 0;
    for (; err == 0 && client && *client; client++) {
        err = named_in(own, *client) ? 0 : add(curl, *client, list);
    }
    for (; err == 0 && own && *own; own++) {
        err = add(curl, *own, list);
    }
    return err;
}

void jb_http_headers_free(const struct jb_curl *curl, struct curl_slist *list)
{
    for (struct curl_slist *item = list; item; item = item->next) {
        explicit_bzero(item->data, strlen(item->data));
    }
    curl->slist_free_all(list);
}
