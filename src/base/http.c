/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.c - one GET of a small answer, through libcurl.
 *
 * Documented at https://curl.se/libcurl/c/. Odd: libcurl would follow redirects by itself, and since some version keeps
 * credentials from other hosts, but it cannot be told to refuse such a redirect, nor a step down from https to http; so
 * each hop is looked at here. Its sockets would be inherited by the measured program: we open them ourselves.
 */
#include "base/http.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/http_body.h"
#include "base/http_headers.h"
#include "base/http_library.h"
#include "base/http_roots.h"
#include "base/http_url.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define DEFAULT_TIMEOUT_NS (5 * JB_NS_PER_S)
#define DEFAULT_LIMIT      (1024 * 1024)
#define MOST_HOPS          3
#define LONGEST_WAIT_S     (24 * 3600)

struct jb_http {
    struct jb_curl curl;
    CURL *easy;
    char **headers; /* of the client; ends with NULL */
    char *user, *password;
    bool asked;              /* at least once */
    bool basic_unasked;      /* this server refuses without saying how to authenticate */
    bool basic_now;          /* this request has credentials of its own */
    const char *spare_roots; /* not read so far: http_roots.h; NULL */
    uint64_t timeout_ns;
    size_t limit;
    char error[CURL_ERROR_SIZE];
    char location[2048]; /* of the latest answer; empty */
};

/* What CURLINFO_REDIRECT_URL tells has our own credentials in it. */
static size_t take_header(char *data, size_t size, size_t count, void *arg)
{
    static const char name[] = "location:";
    struct jb_http *http = arg;
    size_t length = size * count, skip = sizeof(name) - 1;
    if (length > skip && length - skip < sizeof(http->location) && strncasecmp(data, name, skip) == 0) {
        char text[sizeof(http->location)];
        memcpy(text, data + skip, length - skip);
        text[length - skip] = '\0';
        jb_copy(http->location, sizeof(http->location), jb_trim(text));
    }
    return length;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)arg, (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* What went wrong in libcurl's words; in fewer where they would repeat an address with its password, as they do of a
 * proxy that it cannot use. */
static const char *words_of(const struct jb_http *http, CURLcode code)
{
    bool sayable = http->error[0] && !strchr(http->error, '@') && !strstr(http->error, "Unsupported proxy");
    return sayable ? http->error : http->curl.easy_strerror(code);
}

static int fail_curl(struct jb_http *http, CURLcode code, const struct jb_http_body *body, const char *url,
                     struct jb_diag *diag)
{
    char shown[JB_HTTP_SHOWN];
    long os_error = 0;
    jb_sanitise(http->error);
    const char *why = words_of(http, code);

    jb_http_show(url, shown);
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return jb_fail(diag, -ETIMEDOUT, "%s does not answer in time", shown);
    case CURLE_COULDNT_CONNECT:
        http->curl.easy_getinfo(http->easy, CURLINFO_OS_ERRNO, &os_error);
        return jb_fail(diag, os_error == EHOSTUNREACH || os_error == ENETUNREACH ? -EHOSTUNREACH : -ECONNREFUSED,
                       "cannot connect to %s: %.100s", shown, why);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return jb_fail(diag, -EHOSTUNREACH, "%s: %.100s", shown, why);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return jb_fail(diag, -EKEYREJECTED, "%s: %.150s", shown, why);
    case CURLE_OUT_OF_MEMORY:
        return jb_fail(diag, -ENOMEM, "out of memory");
    case CURLE_WRITE_ERROR:
    case CURLE_FILESIZE_EXCEEDED:
        if (body->over || code == CURLE_FILESIZE_EXCEEDED) {
            return jb_fail(diag, -EMSGSIZE, "%s answers with more than %zu bytes", shown, body->limit);
        }
        return jb_fail(diag, -ENOMEM, "out of memory");
    default:
        return jb_fail(diag, -EIO, "%s: %.150s", shown, why);
    }
}

#define DESCRIPTORS 1024

static bool inheritable(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

/* The first request also makes a pair of sockets by which libcurl wakes itself up. Nothing of ours may reach the
 * measured program, and it cannot be told so: what is new and would be inherited is ours. */
static CURLcode perform_first(struct jb_http *http)
{
    unsigned char before[DESCRIPTORS / 8] = {0};
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        before[fd / 8] |= (unsigned char)(inheritable(fd) << (fd % 8));
    }
    CURLcode code = http->curl.easy_perform(http->easy);
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        if (!(before[fd / 8] >> (fd % 8) & 1) && inheritable(fd)) {
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        }
    }
    http->asked = true;
    return code;
}

/* One request, no redirect. */
static int request(struct jb_http *http, const char *url, uint64_t left_ns, struct jb_http_body *body, long *ret_status,
                   struct jb_diag *diag)
{
    const struct jb_curl *curl = &http->curl;
    long left_ms = (long)(left_ns / JB_NS_PER_MS);
    bool at_once = http->basic_unasked || http->basic_now;
    *body = (struct jb_http_body){.data = body->data, .capacity = body->capacity, .limit = http->limit};
    http->error[0] = http->location[0] = '\0';
    CURLcode code = curl->easy_setopt(http->easy, CURLOPT_URL, url);
    if (code == CURLE_OK) {
        curl->easy_setopt(http->easy, CURLOPT_WRITEDATA, body);
        curl->easy_setopt(http->easy, CURLOPT_TIMEOUT_MS, left_ms > 0 ? left_ms : 1L);
        curl->easy_setopt(http->easy, CURLOPT_HTTPAUTH, at_once ? CURLAUTH_BASIC : CURLAUTH_BASIC | CURLAUTH_DIGEST);
        /* Plain text to this machine stays on it: "" is no proxy, NULL that of the environment. */
        curl->easy_setopt(http->easy, CURLOPT_PROXY, jb_http_is_loopback(url) ? "" : NULL);
        code = http->asked ? curl->easy_perform(http->easy) : perform_first(http);
    }
    if (code != CURLE_OK) {
        return fail_curl(http, code, body, url, diag);
    }
    curl->easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, ret_status);
    return 0;
}

/* libcurl sends credentials when it is told how. A server that refuses and does not say how is sent basic ones. */
static bool try_basic(struct jb_http *http, long status)
{
    long offered = 0;
    if (status != 401 || !http->user || http->basic_unasked || http->basic_now) {
        return false;
    }
    http->curl.easy_getinfo(http->easy, CURLINFO_HTTPAUTH_AVAIL, &offered);
    http->basic_unasked = offered == 0;
    return http->basic_unasked;
}

/* Where the answer sends us, malloc'd; NULL with 0: nowhere. */
static int next_hop(struct jb_http *http, const char *url, const struct jb_http_place *from, long status,
                    char **ret_url, struct jb_diag *diag)
{
    struct jb_http_place to;

    if (status < 300 || status > 399 || status == 304 || !http->location[0]) {
        return 0;
    }
    char *target = jb_http_resolve(&http->curl, url, http->location);
    if (!target || jb_http_place(&http->curl, target, &to, diag) < 0) {
        http->curl.free(target);
        return jb_fail(diag, -EIO, "%s://%.80s sends us to what is no URL of http or https", from->scheme, from->host);
    }
    *ret_url = strdup(target);
    http->curl.free(target);
    if (!jb_http_may_follow(from, &to)) {
        free(*ret_url);
        *ret_url = NULL;
        jb_fail(diag, -EIO, "%.80s://%.80s sends us to %s://%.80s:%s: not followed", from->scheme, from->host,
                to.scheme, to.host, to.port);
        jb_fix(diag, "if that is the right place, set its address in the configuration");
        return -EIO;
    }
    return *ret_url ? 0 : jb_fail(diag, -ENOMEM, "out of memory");
}

static int follow(struct jb_http *http, const char *url, struct jb_http_body *body, long *ret_status,
                  struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *own = NULL;
    uint64_t end_ns = jb_mono_ns() + http->timeout_ns;

    for (int hop = 0; hop <= MOST_HOPS;) {
        struct jb_http_place place;
        char *next = NULL;
        long status = 0;
        int err = jb_http_place(&http->curl, url, &place, diag);
        if (err < 0) {
            return err;
        }
        uint64_t now_ns = jb_mono_ns();
        err = request(http, url, end_ns > now_ns ? end_ns - now_ns : 0, body, &status, diag);
        if (err == -EKEYREJECTED && jb_http_roots_more(&http->curl, http->easy, &http->spare_roots)) {
            jb_diag_clear(diag);
            continue;
        }
        if (err < 0) {
            return err;
        }
        if (try_basic(http, status)) {
            continue;
        }
        err = next_hop(http, url, &place, status, &next, diag);
        if (err < 0) {
            return err;
        }
        if (!next) {
            *ret_status = status;
            return 0;
        }
        free(own);
        url = own = next;
        hop++;
    }
    char shown[JB_HTTP_SHOWN];
    jb_http_show(url, shown);
    return jb_fail(diag, -EIO, "more than %d redirects, the last to %s", MOST_HOPS, shown);
}

/* What only this request has. NULL: as the client is again. */
static int dress(struct jb_http *http, const struct jb_http_request *request, struct curl_slist **list)
{
    const struct jb_curl *curl = &http->curl;
    const char *user = http->user, *password = http->password;
    int err = request ? jb_http_headers_join(curl, http->headers, request->headers, list) : 0;
    if (err < 0) {
        return err;
    }
    http->basic_now = request && request->user;
    if (http->basic_now) {
        user = request->user;
        password = request->password;
    }
    CURLcode code = curl->easy_setopt(http->easy, CURLOPT_HTTPHEADER, *list);
    code = code ? code : curl->easy_setopt(http->easy, CURLOPT_USERNAME, user);
    code = code ? code : curl->easy_setopt(http->easy, CURLOPT_PASSWORD, user && !password ? "" : password);
    return code == CURLE_OK ? 0 : -ENOMEM;
}

static void undress(struct jb_http *http, struct curl_slist *list)
{
    struct curl_slist *none = NULL;
    (void)dress(http, NULL, &none);
    jb_http_headers_free(&http->curl, list);
}

static uint64_t retry_after(struct jb_http *http)
{
    curl_off_t seconds = 0;
    if (http->curl.easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0) {
        return 0;
    }
    return seconds < LONGEST_WAIT_S ? (uint64_t)seconds : LONGEST_WAIT_S;
}

int jb_http_ask(struct jb_http *http, const struct jb_http_request *request, struct jb_http_answer *ret,
                struct jb_diag *diag)
{
    struct curl_slist *list = NULL;
    struct jb_http_body body = {0};
    long status = 0;
    int err = dress(http, request, &list);
    if (err < 0) {
        jb_fail(diag, err, err == -ENOMEM ? "out of memory" : "a header must not hold a line break");
    } else {
        err = follow(http, request->url, &body, &status, diag);
    }
    undress(http, list);
    if (err == 0 && !body.data) {
        body.data = calloc(1, 1);
    }
    if (err < 0 || !body.data) {
        free(body.data);
        return err < 0 ? err : jb_fail(diag, -ENOMEM, "out of memory");
    }
    body.data[body.length] = '\0';
    ret->status = (int)status;
    ret->body = body.data;
    ret->length = body.length;
    ret->retry_after_s = retry_after(http);
    /* cppcheck-suppress memleak ; the answer owns it */
    return 0;
}

int jb_http_get(struct jb_http *http, const char *url, int *ret_status, char **ret_body, size_t *ret_length,
                struct jb_diag *diag)
{
    const struct jb_http_request request = {.url = url};
    struct jb_http_answer answer = {0};
    int err = jb_http_ask(http, &request, &answer, diag);
    if (err < 0) {
        return err;
    }
    *ret_status = answer.status;
    *ret_body = answer.body;
    if (ret_length) {
        *ret_length = answer.length;
    }
    return 0;
}

/* -ENOMEM is all that can go wrong here. */
static int configure(struct jb_http *http, const struct jb_http_config *config)
{
    const struct jb_curl *curl = &http->curl;
    CURL *easy = http->easy;
    CURLcode code = CURLE_OK;

    curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, jb_http_body_take);
    curl->easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl->easy_setopt(easy, CURLOPT_HEADERDATA, http);
    curl->easy_setopt(easy, CURLOPT_ERRORBUFFER, http->error);
    curl->easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)http->limit);
    code = curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    code = code == CURLE_UNKNOWN_OPTION ? CURLE_OK : code; /* before 7.85; jb_http_place() looks at every URL */
    code = code ? code : curl->easy_setopt(easy, CURLOPT_USERAGENT, "joulebook/" JB_VERSION);
    code = code ? code : jb_http_roots_set(curl, easy, config->insecure, config->ca_file, &http->spare_roots);
    return code == CURLE_OK ? 0 : -ENOMEM;
}

static bool copy_text(const char *from, char **ret)
{
    *ret = from ? strdup(from) : NULL;
    return !from || *ret;
}

int jb_http_create(const struct jb_http_config *config, struct jb_http **ret, struct jb_diag *diag)
{
    struct jb_http *http = calloc(1, sizeof(*http));
    if (!http) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    http->timeout_ns = config->timeout_ns ? config->timeout_ns : DEFAULT_TIMEOUT_NS;
    http->limit = config->limit ? config->limit : DEFAULT_LIMIT;
    int err = jb_curl_load(NULL, &http->curl, diag);
    if (err == 0) {
        http->easy = http->curl.easy_init();
        bool copied = copy_text(config->user, &http->user) && copy_text(config->password, &http->password) &&
                      jb_http_headers_copy(config->headers, &http->headers);
        err = http->easy && copied ? configure(http, config) : -ENOMEM;
        if (err < 0) {
            jb_fail(diag, err, "out of memory");
        }
    }
    if (err < 0) {
        jb_http_destroy(http);
        return err;
    }
    *ret = http;
    return 0;
}

static void wipe(char *secret)
{
    if (secret) {
        explicit_bzero(secret, strlen(secret));
        free(secret);
    }
}

void jb_http_destroy(struct jb_http *http)
{
    if (!http) {
        return;
    }
    if (http->easy) {
        http->curl.easy_cleanup(http->easy);
    }
    jb_http_headers_finish(http->headers);
    wipe(http->user);
    wipe(http->password);
    free(http);
}
