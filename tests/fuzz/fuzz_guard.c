/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_guard.c - any text as target, Host, Authorization, Cookie, If-None-Match, Accept-Encoding and listen address, a
 * line each. What is let through must be what a second look, written otherwise, finds harmless.
 */
#include <ctype.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "server/assets.h"
#include "server/guard.h"
#include "server/viewer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool so)
{
    if (!so) {
        abort();
    }
}

static void target(const char *text)
{
    char path[JB_URI_MAX + 1], copy[JB_URI_MAX + 3];
    const char *query = NULL;

    if (jb_guard_path(text, path, sizeof(path), &query) < 0) {
        return;
    }
    demand(text[0] == '/' && query >= text + 1 && query <= text + strlen(text));
    demand(strlen(path) < strlen(text) && path[0] != '/' && strchr(path, '\\') == NULL);
    jb_snprintf(copy, sizeof(copy), "/%s/", path);
    demand(strstr(copy, "/../") == NULL && strstr(copy, "/./") == NULL);
    demand(path[0] == '\0' || strstr(copy, "//") == NULL);
    for (const char *c = path; *c != '\0'; c++) {
        demand((unsigned char)*c >= ' ');
    }
}

/* Without names of its own: an address, or one that ends in localhost. */
static void host(const char *text)
{
    char name[512];

    if (!jb_guard_host(text, NULL)) {
        return;
    }
    jb_copy(name, sizeof(name), text);
    if (name[0] == '[') {
        demand(strspn(name + 1, "0123456789abcdefABCDEF:.") == strcspn(name + 1, "]"));
        return;
    }
    name[strcspn(name, ":")] = '\0';
    size_t length = strlen(name);
    if (length > 0 && name[length - 1] == '.') {
        name[--length] = '\0';
    }
    bool numeric = strspn(name, "0123456789.") == length;
    demand(numeric || (length >= 9 && strcasecmp(name + length - 9, "localhost") == 0));
    demand(numeric || length == 9 || name[length - 10] == '.');
}

static void tokens(const char *authorization, const char *cookie)
{
    const char *value = NULL;
    size_t length = 0;

    if (jb_guard_bearer(authorization, &value, &length)) {
        demand(length > 0 && value >= authorization + 7 && value + length <= authorization + strlen(authorization));
        demand(!jb_guard_token(value, length, "0123456789abcdef") || strncmp(value, "0123456789abcdef", length) == 0);
        char *same = strndup(value, length);
        demand(same != NULL && jb_guard_token(value, length, same));
        same[length / 2] ^= 1;
        demand(!jb_guard_token(value, length, same));
        free(same);
    }
    if (jb_guard_cookie(cookie, "joulebook_session", &value, &length)) {
        demand(value >= cookie + 18 && value + length <= cookie + strlen(cookie));
        demand(value[-1] == '=' && memchr(value, ';', length) == NULL);
    }
}

static void where(const char *text)
{
    struct jb_guard_listen listen;

    if (jb_guard_listen(text, &listen, NULL) < 0) {
        return;
    }
    demand(listen.length == sizeof(struct sockaddr_in) || listen.length == sizeof(struct sockaddr_in6));
    demand(listen.loopback == jb_address_is_loopback((struct sockaddr *)&listen.address));
    demand(listen.loopback || jb_guard_terms(false, NULL, true, true, NULL) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *lines[7];
    char *text = malloc(size + 1), *rest = text;

    if (text == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    for (size_t i = 0; i < 7; i++) {
        char *line = strsep(&rest, "\n");
        lines[i] = line != NULL ? line : "";
    }
    target(lines[0]);
    host(lines[1]);
    tokens(lines[2], lines[3]);
    if (jb_etag_matches(lines[4], "\"3f2a\"")) {
        demand(strchr(lines[4], '*') != NULL || strstr(lines[4], "\"3f2a\"") != NULL);
    }
    if (jb_accepts_gzip(lines[5])) {
        demand(strcasestr(lines[5], "gzip") != NULL || strchr(lines[5], '*') != NULL);
    }
    where(lines[6]);
    free(text);
    return 0;
}
