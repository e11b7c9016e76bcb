/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths, tokens and cookies. See guard.h; hosts and addresses are in guard_host.c.
 *
 * Odd: jb_sanitise() knows what text may not hold; what it would change is refused here instead.
 */
#include "server/guard.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/diag.h"
#include "base/text.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_clean(const char *text, size_t length)
{
    char copy[JB_URI_MAX + 1];

    if (length >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, length + 1);
    jb_sanitise(copy);
    return strcmp(copy, text) == 0;
}

int jb_guard_decode(const char *text, size_t length, bool plus, char *to, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            if (length - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) {
                return -EINVAL;
            }
            c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == '\0') {
            return -EINVAL;
        }
        if (n + 1 >= size) {
            return -ENAMETOOLONG;
        }
        to[n++] = c;
    }
    if (n >= size) {
        return -ENAMETOOLONG;
    }
    to[n] = '\0';
    return is_clean(to, n) ? (int)n : -EINVAL;
}

/* Of one between slashes, decoded. */
static bool is_segment(const char *text, size_t length)
{
    return length > 0 && !(length == 1 && text[0] == '.') && !(length == 2 && text[0] == '.' && text[1] == '.') &&
           memchr(text, '\\', length) == NULL;
}

static bool are_segments(const char *path)
{
    if (*path == '\0') { /* the root */
        return true;
    }
    for (;;) {
        size_t length = strcspn(path, "/");
        if (!is_segment(path, length)) {
            return false;
        }
        if (path[length] == '\0') {
            return true;
        }
        path += length + 1;
    }
}

int jb_guard_path(const char *target, char *path, size_t size, const char **ret_query)
{
    if (target[0] != '/') {
        return -EINVAL;
    }
    target++;
    size_t length = strcspn(target, "?");
    for (size_t i = 0; i + 2 < length; i++) {
        if (target[i] == '%' && target[i + 1] == '2' && hex(target[i + 2]) == 0xf) {
            return -EINVAL;
        }
    }
    int r = jb_guard_decode(target, length, false, path, size);
    if (r < 0) {
        return r;
    }
    if (!are_segments(path)) {
        return -EINVAL;
    }
    *ret_query = target + length + (target[length] == '?' ? 1 : 0);
    return 0;
}

bool jb_guard_token(const char *given, size_t length, const char *token)
{
    size_t wanted = strlen(token);
    volatile size_t difference = length ^ wanted;

    if (wanted == 0) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        difference |= (size_t)((unsigned char)given[i] ^ (unsigned char)token[i % wanted]);
    }
    return difference == 0;
}

bool jb_guard_bearer(const char *authorization, const char **ret, size_t *ret_length)
{
    static const char scheme[] = "Bearer ";

    if (authorization == NULL || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0) {
        return false;
    }
    const char *token = authorization + sizeof(scheme) - 1;
    token += strspn(token, " ");
    size_t length = strlen(token);
    while (length > 0 && (token[length - 1] == ' ' || token[length - 1] == '\t')) {
        length--;
    }
    if (length == 0) {
        return false;
    }
    *ret = token;
    *ret_length = length;
    return true;
}

bool jb_guard_cookie(const char *header, const char *name, const char **ret, size_t *ret_length)
{
    size_t name_length = strlen(name);

    while (header != NULL && *header != '\0') {
        header += strspn(header, " \t;");
        size_t length = strcspn(header, ";");
        if (length > name_length && header[name_length] == '=' && strncmp(header, name, name_length) == 0) {
            const char *value = header + name_length + 1;
            length -= name_length + 1;
            while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t')) {
                length--;
            }
            *ret = value;
            *ret_length = length;
            return true;
        }
        header += length;
    }
    return false;
}

int jb_guard_terms(bool loopback, const char *token, bool tls, bool insecure, struct jb_diag *diag)
{
    if (token != NULL && strlen(token) < JB_TOKEN_MIN) {
        jb_fail(diag, -EINVAL, "the token is shorter than %d characters and can be guessed", JB_TOKEN_MIN);
        jb_fix(diag, "openssl rand -hex 32 > FILE; chmod 600 FILE");
        return -EINVAL;
    }
    if (loopback) {
        return 0;
    }
    if (token == NULL) {
        jb_fail(diag, -EACCES, "listening where other machines can ask needs a token");
        jb_fix(diag, "openssl rand -hex 32 > FILE; chmod 600 FILE; then --token-file FILE");
        return -EACCES;
    }
    if (!tls && !insecure) {
        jb_fail(diag, -EACCES,
                "listening where other machines can ask needs TLS: anybody between could read the token");
        jb_fix(diag, "--tls-cert FILE --tls-key FILE, or --insecure behind a proxy that encrypts");
        return -EACCES;
    }
    return 0;
}
