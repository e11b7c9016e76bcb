/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_url.c - URLs, read by the parser that will also connect: libcurl's.
 *
 * Documented at https://curl.se/libcurl/c/libcurl-url.html. A second parser would see another host than the one that
 * is talked to.
 */
#include "base/http_url.h"

#include "base/diag.h"
#include "base/http.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static bool take_part(const struct jb_curl *curl, const CURLU *url, CURLUPart part, char *to, size_t size)
{
    char *text = NULL;
    unsigned flags = part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0;
    bool fits = curl->url_get(url, part, &text, flags) == CURLUE_OK && jb_copy(to, size, text);
    curl->free(text);
    return fits;
}

void jb_http_show(const char *url, char *to)
{
    jb_copy(to, JB_HTTP_SHOWN, url);
    to[strcspn(to, "?#")] = '\0';
    jb_sanitise(to);
}

int jb_http_place(const struct jb_curl *curl, const char *text, struct jb_http_place *ret, struct jb_diag *diag)
{
    char shown[JB_HTTP_SHOWN];
    CURLU *url = curl->url();
    if (!url) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    CURLUcode code = curl->url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    bool good = code == CURLUE_OK && take_part(curl, url, CURLUPART_SCHEME, ret->scheme, sizeof(ret->scheme)) &&
                take_part(curl, url, CURLUPART_HOST, ret->host, sizeof(ret->host)) &&
                take_part(curl, url, CURLUPART_PORT, ret->port, sizeof(ret->port)) &&
                (jb_streq(ret->scheme, "http") || jb_streq(ret->scheme, "https"));
    curl->url_cleanup(url);
    if (good) {
        return 0;
    }
    if (code == CURLUE_USER_NOT_ALLOWED || strchr(text, '@')) {
        jb_fail(diag, -EINVAL, "a URL must not hold a user or a password");
        jb_fix(diag, "set user and password in the configuration instead");
        return -EINVAL;
    }
    if (code == CURLUE_BAD_PORT_NUMBER) { /* "http://user:password": not to be shown either */
        return jb_fail(diag, -EINVAL, "what stands behind the host of a URL is no port");
    }
    jb_http_show(text, shown);
    return jb_fail(diag, -EINVAL, "'%s' is not an http or https URL", shown);
}

bool jb_http_may_follow(const struct jb_http_place *from, const struct jb_http_place *to)
{
    if (!jb_ieq(from->host, to->host)) {
        return false;
    }
    if (jb_streq(from->scheme, to->scheme)) {
        return jb_streq(from->port, to->port);
    }
    return jb_streq(to->scheme, "https") && jb_streq(to->port, "443");
}

char *jb_http_resolve(const struct jb_curl *curl, const char *base, const char *location)
{
    char *target = NULL;
    CURLU *url = curl->url();
    if (url && curl->url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
        curl->url_set(url, CURLUPART_URL, location, CURLU_DISALLOW_USER) == CURLUE_OK) {
        (void)curl->url_get(url, CURLUPART_URL, &target, 0);
    }
    curl->url_cleanup(url);
    return target;
}

/* The end of "127.x.y.z" at the beginning of a text; NULL. Only decimal and whole: 127.1 and 0177.0.0.1 are read in
 * more than one way. */
static const char *skip_own_address(const char *text)
{
    if (strncmp(text, "127.", 4) != 0) {
        return NULL;
    }
    text += 4;
    for (int part = 0; part < 3; part++) {
        size_t digits = strspn(text, "0123456789");
        if (digits < 1 || digits > 3 || (digits > 1 && text[0] == '0') ||
            (digits == 3 && strncmp(text, "255", 3) > 0)) {
            return NULL;
        }
        text += digits;
        if (part < 2 && *text++ != '.') {
            return NULL;
        }
    }
    return text;
}

static bool is_scheme(const char *url, const char *scheme)
{
    return url && strncasecmp(url, scheme, strlen(scheme)) == 0;
}

bool jb_http_is_loopback(const char *url)
{
    if (!is_scheme(url, "http://")) {
        return false;
    }
    const char *host = url + strlen("http://"), *end = skip_own_address(host);
    if (!end && is_scheme(host, "localhost")) {
        end = host + strlen("localhost");
    } else if (!end && jb_starts(host, "[::1]")) {
        end = host + strlen("[::1]");
    }
    if (end && *end == ':') {
        end++;
        end += strspn(end, "0123456789");
    }
    return end && strchr("/?#", *end); /* or the end of the text */
}

bool jb_http_is_safe(const char *url)
{
    return jb_http_is_loopback(url) || (is_scheme(url, "https://") && strcspn(url + strlen("https://"), "/?#") > 0);
}
