/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to a server of our own, which plays each fault on a path of its own. TLS is tested from outside, in
 * tests/blackbox/test_plug.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"
#include "base/http.h"
#include "base/http_library.h"
#include "base/http_url.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BASIC "Authorization: Basic bWU6c2VjcmV0" /* me:secret */

struct server {
    int fd, port;
    pthread_t thread;
    atomic_int connections, elsewhere; /* elsewhere: requests for the path of a redirect that must not be followed */
    pthread_mutex_t lock;
    int talking;     /* descriptor of the connection; -1 */
    char last[4096]; /* the last request */
};

static void say(int fd, const char *text)
{
    assert_true(send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0 || errno == EPIPE || errno == ECONNRESET);
}

static void answer(int fd, const char *head, const char *body)
{
    char text[1024];
    snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
    say(fd, text);
}

static void redirect(int fd, const char *target)
{
    char text[512];
    snprintf(text, sizeof(text), "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 4\r\n\r\naway", target);
    say(fd, text);
}

static void flood(int fd)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    char chunk[1100] = "400\r\n";
    memset(chunk + 5, 'x', 0x400);
    memcpy(chunk + 5 + 0x400, "\r\n", 2);
    say(fd, head);
    for (int i = 0; i < 100000 && send(fd, chunk, 5 + 0x400 + 2, MSG_NOSIGNAL) > 0; i++) {
    }
}

/* Does the last request hold this text? */
static bool heard(struct server *server, const char *text)
{
    pthread_mutex_lock(&server->lock);
    bool found = strstr(server->last, text) != NULL;
    pthread_mutex_unlock(&server->lock);
    return found;
}

/* True: the connection stays. */
static bool serve(struct server *server, int fd, const char *path)
{
    char text[256];
    bool known = heard(server, BASIC);

    if (strcmp(path, "/ok") == 0) {
        answer(fd, "200 OK", "fine");
    } else if (strcmp(path, "/empty") == 0) {
        answer(fd, "204 No Content", "");
    } else if (strcmp(path, "/500") == 0) {
        answer(fd, "500 Oops", "broken");
    } else if (strcmp(path, "/chunked") == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    } else if (strcmp(path, "/large") == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\nxxxx");
        return false;
    } else if (strcmp(path, "/flood") == 0) {
        flood(fd);
        return false;
    } else if (strcmp(path, "/cut") == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        return false;
    } else if (strcmp(path, "/nothing") == 0) {
        return false;
    } else if (strcmp(path, "/garbage") == 0) {
        say(fd, "\x01\x02 this is no HTTP\r\n\r\n");
        return false;
    } else if (strcmp(path, "/slow") == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        char rest[8];
        while (recv(fd, rest, sizeof(rest), 0) > 0) { /* until the client has had enough */
        }
        return false;
    } else if (strcmp(path, "/secret") == 0) {
        answer(fd, known ? "200 OK" : "401 No\r\nWWW-Authenticate: Basic realm=\"x\"", known ? "gold" : "who?");
    } else if (strcmp(path, "/mute") == 0) {
        answer(fd, known ? "200 OK" : "401 No", known ? "gold" : "who?");
    } else if (strcmp(path, "/bye") == 0) {
        answer(fd, "200 OK\r\nConnection: close", "fine");
        return false;
    } else if (strcmp(path, "/busy") == 0) {
        answer(fd, "429 No\r\nRetry-After: 120", "later");
    } else if (strcmp(path, "/busy-for-ever") == 0) {
        answer(fd, "503 No\r\nRetry-After: 999999999", "later");
    } else if (strcmp(path, "/busy-since") == 0) {
        answer(fd, "503 No\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT", "later");
    } else if (strcmp(path, "/busy-somehow") == 0) {
        answer(fd, "503 No\r\nRetry-After: -5 weeks", "later");
    } else if (strcmp(path, "/elsewhere") == 0) {
        server->elsewhere++;
        answer(fd, "200 OK", "trap");
    } else if (strcmp(path, "/to-ok") == 0) {
        redirect(fd, "/ok");
    } else if (strcmp(path, "/to-secret") == 0) {
        redirect(fd, "/secret");
    } else if (strcmp(path, "/round") == 0) {
        redirect(fd, "/round");
    } else if (strcmp(path, "/to-host") == 0) {
        snprintf(text, sizeof(text), "http://localhost:%d/elsewhere", server->port);
        redirect(fd, text);
    } else if (strcmp(path, "/to-port") == 0) {
        snprintf(text, sizeof(text), "http://127.0.0.1:%d/elsewhere", server->port == 80 ? 81 : server->port - 1);
        redirect(fd, text);
    } else if (strcmp(path, "/to-file") == 0) {
        redirect(fd, "file:///etc/passwd");
    } else if (strcmp(path, "/to-user") == 0) {
        snprintf(text, sizeof(text), "http://a:b@127.0.0.1:%d/elsewhere", server->port);
        redirect(fd, text);
    } else if (strncmp(path, "http://", 7) == 0) {
        answer(fd, "200 OK", "by proxy");
    } else {
        answer(fd, "404 No", "not here");
    }
    return true;
}

static void talk(struct server *server, int fd)
{
    for (;;) {
        char request[sizeof(server->last)] = "", path[256] = "";
        size_t length = 0;
        while (!strstr(request, "\r\n\r\n")) {
            ssize_t got = recv(fd, request + length, sizeof(request) - 1 - length, 0);
            if (got <= 0) {
                return;
            }
            length += (size_t)got;
        }
        pthread_mutex_lock(&server->lock);
        memcpy(server->last, request, sizeof(request));
        pthread_mutex_unlock(&server->lock);
        const char *begin = strchr(request, ' ');
        size_t size = begin ? strcspn(begin + 1, " ") : 0;
        if (size == 0 || size >= sizeof(path)) {
            return;
        }
        memcpy(path, begin + 1, size);
        if (!serve(server, fd, path)) {
            return;
        }
    }
}

static void keep(struct server *server, int fd)
{
    pthread_mutex_lock(&server->lock);
    server->talking = fd;
    pthread_mutex_unlock(&server->lock);
}

static void *run(void *arg)
{
    struct server *server = arg;
    for (;;) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            return NULL;
        }
        server->connections++;
        keep(server, fd);
        talk(server, fd);
        keep(server, -1);
        close(fd);
    }
}

static int start(void **state)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy",
                                          "ALL_PROXY",  "HTTPS_PROXY", "no_proxy"};
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
        unsetenv(proxies[i]);
    }
    struct server *server = calloc(1, sizeof(*server));
    assert_non_null(server);
    server->talking = -1;
    pthread_mutex_init(&server->lock, NULL);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server->fd, 8), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
    *state = server;
    return 0;
}

static int stop(void **state)
{
    struct server *server = *state;
    shutdown(server->fd, SHUT_RDWR);
    pthread_mutex_lock(&server->lock);
    if (server->talking >= 0) { /* a test that failed left its client connected */
        shutdown(server->talking, SHUT_RDWR);
    }
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->thread, NULL);
    close(server->fd);
    free(server);
    return 0;
}

struct got {
    int err, status;
    char body[64];
    struct jb_diag diag;
};

static struct jb_http *client(const struct jb_http_config *config)
{
    struct jb_http *http = NULL;
    struct jb_diag diag = {0};
    int err = jb_http_create(config, &http, &diag);
    if (err == -ENOENT) {
        print_message("%s\n", diag.text);
        skip();
    }
    assert_int_equal(err, 0);
    return http;
}

static struct got ask(struct jb_http *http, const char *url)
{
    struct got got = {.status = -1};
    char *body = NULL;
    size_t length = 0;
    got.err = jb_http_get(http, url, &got.status, &body, &length, &got.diag);
    if (got.err == 0) {
        assert_non_null(body);
        assert_int_equal(strlen(body), length);
        snprintf(got.body, sizeof(got.body), "%s", body);
    } else {
        assert_null(body);
        assert_int_equal(got.status, -1);
        assert_true(got.diag.text[0] != '\0');
    }
    free(body);
    return got;
}

static struct got get(const struct server *server, const struct jb_http_config *config, const char *path)
{
    char url[256];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", server->port, path);
    struct jb_http *http = client(config);
    struct got got = ask(http, url);
    jb_http_destroy(http);
    return got;
}

static const struct jb_http_config plain = {0};
static const struct jb_http_config knows = {.user = "me", .password = "secret"};

static void an_answer_comes_with_its_status_whatever_it_is(void **state)
{
    struct got got = get(*state, &plain, "/ok");
    assert_int_equal(got.err, 0);
    assert_int_equal(got.status, 200);
    assert_string_equal(got.body, "fine");
    got = get(*state, &plain, "/500");
    assert_int_equal(got.err, 0);
    assert_int_equal(got.status, 500);
    assert_string_equal(got.body, "broken");
    assert_int_equal(get(*state, &plain, "/no-such").status, 404);
    got = get(*state, &plain, "/empty");
    assert_int_equal(got.status, 204);
    assert_string_equal(got.body, "");
    assert_string_equal(get(*state, &plain, "/chunked").body, "abcde");
}

static void a_connection_is_kept_for_the_next_request(void **state)
{
    struct server *server = *state;
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", server->port);
    struct jb_http *http = client(&plain);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask(http, url).err, 0);
    }
    jb_http_destroy(http);
    assert_int_equal(server->connections, 1);
}

static void a_server_that_ends_the_connection_is_asked_anew(void **state)
{
    struct server *server = *state;
    char url[64], cut[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", server->port);
    snprintf(cut, sizeof(cut), "http://127.0.0.1:%d/cut", server->port);
    struct jb_http *http = client(&plain);
    assert_int_equal(ask(http, url).err, 0);
    assert_int_equal(ask(http, cut).err, -EIO);
    assert_int_equal(ask(http, url).err, 0);
    jb_http_destroy(http);
}

static void what_is_no_whole_answer_is_an_error(void **state)
{
    assert_int_equal(get(*state, &plain, "/cut").err, -EIO);
    assert_int_equal(get(*state, &plain, "/nothing").err, -EIO);
    assert_int_equal(get(*state, &plain, "/garbage").err, -EIO);
}

static void a_large_answer_is_refused_while_it_comes(void **state)
{
    const struct jb_http_config small = {.limit = 2000};
    assert_int_equal(get(*state, &small, "/large").err, -EMSGSIZE);
    assert_int_equal(get(*state, &small, "/flood").err, -EMSGSIZE);
    assert_int_equal(get(*state, &plain, "/flood").err, -EMSGSIZE);
    const struct jb_http_config four = {.limit = 4}, three = {.limit = 3};
    assert_int_equal(get(*state, &four, "/ok").err, 0);
    assert_int_equal(get(*state, &three, "/ok").err, -EMSGSIZE);
}

static void an_answer_that_does_not_end_is_given_up(void **state)
{
    const struct jb_http_config hasty = {.timeout_ns = 50000000};
    assert_int_equal(get(*state, &hasty, "/slow").err, -ETIMEDOUT);
}

static void nobody_there_is_told_apart(void **state)
{
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* a port where nobody listens */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    const struct server nobody = {.port = ntohs(address.sin_port)};
    assert_int_equal(get(&nobody, &plain, "/ok").err, -ECONNREFUSED);
    close(fd);
    struct jb_http *http = client(&plain);
    assert_int_equal(ask(http, "http://meter.invalid/ok").err, -EHOSTUNREACH);
    jb_http_destroy(http);
}

static void only_http_and_https_are_urls(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",      "shelly",           "file:///etc/passwd",  "ftp://127.0.0.1/",
                                        "http:", "http://",          "http://[::1",         "http://127.0.0.1:99999/",
                                        "/ok",   "gopher://a/",      "http://a b/",         "dict://127.0.0.1/",
                                        "//x/",  "javascript:alert", "http://127.0.0.1/\n", "ldap://127.0.0.1"};
    struct jb_http *http = client(&plain);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(ask(http, wrong[i]).err, -EINVAL);
    }
    jb_http_destroy(http);
}

static void credentials_in_a_url_are_refused_and_not_repeated(void **state)
{
    (void)state;
    struct jb_http *http = client(&plain);
    struct got got = ask(http, "http://me:secret@127.0.0.1/ok");
    assert_int_equal(got.err, -EINVAL);
    assert_null(strstr(got.diag.text, "secret"));
    assert_non_null(strstr(got.diag.fix, "configuration"));
    assert_int_equal(ask(http, "http://me@127.0.0.1/ok").err, -EINVAL);
    got = ask(http, "http://me:secret@:::/\x01");
    assert_int_equal(got.err, -EINVAL);
    assert_null(strstr(got.diag.text, "secret"));
    jb_http_destroy(http);
}

static void a_password_goes_to_who_asks_for_it(void **state)
{
    struct server *server = *state;
    assert_int_equal(get(server, &plain, "/secret").status, 401);
    struct got got = get(server, &knows, "/secret");
    assert_int_equal(got.status, 200);
    assert_string_equal(got.body, "gold");
    assert_int_equal(get(server, &knows, "/ok").status, 200);
    assert_false(heard(server, "Authorization"));
    const struct jb_http_config wrong = {.user = "me", .password = "guess"};
    assert_int_equal(get(server, &wrong, "/secret").status, 401);
    const struct jb_http_config none = {.user = "me"};
    assert_int_equal(get(server, &none, "/secret").status, 401);
}

static void a_server_that_does_not_say_how_is_sent_basic_credentials(void **state)
{
    assert_string_equal(get(*state, &knows, "/mute").body, "gold");
    const struct jb_http_config wrong = {.user = "me", .password = "guess"};
    assert_int_equal(get(*state, &wrong, "/mute").status, 401);
    assert_int_equal(get(*state, &plain, "/mute").status, 401);
}

static void a_redirect_on_the_same_server_is_followed(void **state)
{
    assert_string_equal(get(*state, &plain, "/to-ok").body, "fine");
    assert_string_equal(get(*state, &knows, "/to-secret").body, "gold");
}

static void a_redirect_elsewhere_is_refused(void **state)
{
    struct server *server = *state;
    static const char *const paths[] = {"/to-host", "/to-port", "/to-file", "/to-user"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct got got = get(server, &knows, paths[i]);
        assert_int_equal(got.err, -EIO);
        assert_null(strstr(got.diag.text, "secret"));
        assert_null(strstr(got.diag.text, "a:b"));
    }
    assert_int_equal(server->elsewhere, 0);
    assert_int_equal(get(server, &plain, "/elsewhere").status, 200);
    assert_int_equal(server->elsewhere, 1);
}

/* On a machine of many users each port may be somebody else's. */
static void credentials_stay_with_one_server(void **state)
{
    (void)state;
    const struct jb_http_place plain_one = {"http", "bmc", "80"}, safe = {"https", "BMC", "443"};
    assert_true(jb_http_may_follow(&plain_one, &plain_one));
    assert_true(jb_http_may_follow(&plain_one, &safe));
    assert_false(jb_http_may_follow(&safe, &plain_one));
    assert_false(jb_http_may_follow(&plain_one, &(struct jb_http_place){"https", "bmc", "8443"}));
    assert_false(jb_http_may_follow(&safe, &(struct jb_http_place){"https", "bmc", "8443"}));
    assert_false(jb_http_may_follow(&safe, &(struct jb_http_place){"https", "bmc2", "443"}));
}

static void redirects_that_do_not_end_are_given_up(void **state)
{
    assert_int_equal(get(*state, &plain, "/round").err, -EIO);
}

static void no_message_shows_a_query(void **state)
{
    (void)state;
    struct jb_http *http = client(&plain);
    struct got got = ask(http, "http://meter.invalid/cm?user=me&password=secret");
    assert_int_equal(got.err, -EHOSTUNREACH);
    assert_null(strstr(got.diag.text, "secret"));
    got = ask(http, "nonsense://meter/cm?password=secret");
    assert_int_equal(got.err, -EINVAL);
    assert_null(strstr(got.diag.text, "secret"));
    got = ask(http, "http://me:secret/cm"); /* the host was forgotten */
    assert_int_equal(got.err, -EINVAL);
    assert_null(strstr(got.diag.text, "secret"));
    jb_http_destroy(http);
}

static void headers_are_sent(void **state)
{
    struct server *server = *state;
    static const char *const headers[] = {"auth-token: abc", NULL};
    const struct jb_http_config config = {.headers = headers};
    assert_int_equal(get(server, &config, "/ok").status, 200);
    assert_true(heard(server, "auth-token: abc\r\n"));
}

static struct jb_http_answer told(struct server *server, struct jb_http *http, const char *path,
                                  const char *const *headers, const char *user, const char *password)
{
    char url[64];
    struct jb_diag diag = {0};
    struct jb_http_answer got = {0};
    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", server->port, path);
    const struct jb_http_request request = {.url = url, .headers = headers, .user = user, .password = password};
    assert_int_equal(jb_http_ask(http, &request, &got, &diag), 0);
    assert_int_equal(strlen(got.body), got.length);
    free(got.body);
    got.body = NULL;
    return got;
}

static void a_request_has_headers_of_its_own(void **state)
{
    struct server *server = *state;
    static const char *const usual[] = {"auth-token: abc", "Accept: text/plain", NULL};
    static const char *const own[] = {"AUTH-Token: other", "X-More: 1", NULL}, *const none[] = {NULL};
    struct jb_http *http = client(&(struct jb_http_config){.headers = usual});
    assert_int_equal(told(server, http, "/ok", own, NULL, NULL).status, 200);
    assert_true(heard(server, "AUTH-Token: other\r\n"));
    assert_true(heard(server, "X-More: 1\r\n"));
    assert_true(heard(server, "Accept: text/plain\r\n"));
    assert_false(heard(server, "abc"));
    assert_int_equal(told(server, http, "/ok", none, NULL, NULL).status, 200); /* and the next has not */
    assert_true(heard(server, "auth-token: abc\r\n"));
    assert_false(heard(server, "other"));
    assert_false(heard(server, "X-More"));
    jb_http_destroy(http);
}

static void a_line_break_makes_no_second_header(void **state)
{
    struct server *server = *state;
    static const char *const wrong[] = {"a: b\r\nEvil: 1", "a: b\nEvil: 1", "a: b\rEvil: 1"};
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", server->port);
    struct jb_http *http = client(&plain);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *const headers[] = {"good: 1", wrong[i], NULL};
        const struct jb_http_request request = {.url = url, .headers = headers};
        struct jb_http_answer got = {.status = -1};
        struct jb_diag diag = {0};
        assert_int_equal(jb_http_ask(http, &request, &got, &diag), -EINVAL);
        assert_int_equal(got.status, -1);
        assert_null(strstr(diag.text, "Evil"));
    }
    assert_int_equal(server->connections, 0);
    assert_int_equal(told(server, http, "/ok", NULL, NULL, NULL).status, 200);
    assert_false(heard(server, "good"));
    jb_http_destroy(http);
}

static void a_request_has_credentials_of_its_own_and_sends_them_at_once(void **state)
{
    struct server *server = *state;
    struct jb_http *http = client(&plain);
    assert_int_equal(told(server, http, "/ok", NULL, "me", "secret").status, 200);
    assert_true(heard(server, BASIC));
    assert_int_equal(told(server, http, "/ok", NULL, NULL, NULL).status, 200);
    assert_false(heard(server, "Authorization"));
    assert_int_equal(told(server, http, "/secret", NULL, NULL, NULL).status, 401);
    assert_int_equal(told(server, http, "/secret", NULL, "me", "guess").status, 401);
    jb_http_destroy(http);
    http = client(&(struct jb_http_config){.user = "you", .password = "other"});
    assert_int_equal(told(server, http, "/secret", NULL, "me", "secret").status, 200);
    assert_int_equal(told(server, http, "/secret", NULL, NULL, NULL).status, 401); /* the client's own again */
    assert_true(heard(server, "Authorization: Basic eW91Om90aGVy"));
    jb_http_destroy(http);
}

static void a_server_says_when_to_come_again(void **state)
{
    struct server *server = *state;
    struct jb_http *http = client(&plain);
    struct jb_http_answer got = told(server, http, "/busy", NULL, NULL, NULL);
    assert_int_equal(got.status, 429);
    assert_int_equal(got.retry_after_s, 120);
    assert_int_equal(told(server, http, "/ok", NULL, NULL, NULL).retry_after_s, 0);
    got = told(server, http, "/busy-for-ever", NULL, NULL, NULL);
    assert_true(got.retry_after_s > 3600 && got.retry_after_s <= 86400);
    assert_int_equal(told(server, http, "/busy-since", NULL, NULL, NULL).retry_after_s, 0);
    assert_int_equal(told(server, http, "/busy-somehow", NULL, NULL, NULL).retry_after_s, 0);
    jb_http_destroy(http);
}

static void keys_may_go_over_https_or_to_this_machine(void **state)
{
    (void)state;
    static const char *const safe[] = {"https://example.org",
                                       "https://example.org/x?y",
                                       "HTTPS://a",
                                       "http://localhost",
                                       "http://LocalHost:8080/x",
                                       "http://127.0.0.1",
                                       "http://127.255.0.9:1/x",
                                       "http://[::1]/",
                                       "http://[::1]:80?x",
                                       "Http://localhost/#http://",
                                       "http://127.0.0.1?@evil.org",
                                       "https://[::2]/"};
    static const char *const unsafe[] = {"",
                                         "http://example.org",
                                         "http://localhost.evil.org",
                                         "http://localhost@evil.org/",
                                         "http://localhost:80@evil.org/",
                                         "http://127.0.0.1@evil.org",
                                         "http://127.0.0.1.evil.org",
                                         "http://127.0.0.1\\@evil.org",
                                         "http://127.0.0.1%2eevil.org",
                                         "http://127.0.0.256",
                                         "http://127.0.0.1234",
                                         "http://127.0.0",
                                         "http://127.0.00.1",
                                         "http://127.1",
                                         "http://127...1",
                                         "http://128.0.0.1",
                                         "http://1270.0.0.1",
                                         "http://[::1]evil.org",
                                         "http://[::2]/",
                                         "http://10.0.0.1/?http://localhost",
                                         "http:///localhost",
                                         "http:/localhost",
                                         "http://",
                                         "https://",
                                         "https:///x",
                                         "https:/x",
                                         "ftp://localhost",
                                         " http://localhost",
                                         "http:// localhost",
                                         "httpss://x",
                                         "localhost"};
    for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++) {
        assert_true(jb_http_is_safe(safe[i]));
    }
    for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
        assert_false(jb_http_is_safe(unsafe[i]));
    }
    assert_false(jb_http_is_safe(NULL));
}

static void what_goes_to_this_machine_passes_by_the_proxy(void **state)
{
    struct server *server = *state;
    char proxy[64];
    snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", server->port);
    setenv("http_proxy", "http://127.0.0.1:9", 1); /* nobody is there */
    struct jb_http *http = client(&plain);
    assert_int_equal(told(server, http, "/bye", NULL, "me", "secret").status, 200);
    setenv("http_proxy", proxy, 1); /* and the next request asks the environment again */
    struct got got = ask(http, "http://meter.invalid/ok");
    unsetenv("http_proxy");
    jb_http_destroy(http);
    assert_int_equal(got.err, 0);
    assert_string_equal(got.body, "by proxy");
}

static void the_proxy_of_the_environment_is_used(void **state)
{
    struct server *server = *state;
    char proxy[64];
    snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", server->port);
    setenv("http_proxy", proxy, 1);
    struct jb_http *http = client(&plain);
    struct got got = ask(http, "http://meter.invalid/ok");
    unsetenv("http_proxy");
    jb_http_destroy(http);
    assert_int_equal(got.err, 0);
    assert_string_equal(got.body, "by proxy");
}

static void no_message_shows_the_password_of_a_proxy(void **state)
{
    static const char *const proxies[] = {"http://me:secret@127.0.0.1:port", "http://me:sec ret@127.0.0.1:9",
                                          "ftp://me:secret@127.0.0.1:9", "http://me:secret@127.0.0.1:9",
                                          "http://me:secret:9"};
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
        struct jb_diag diag = {0};
        struct jb_http_answer answer;
        const struct jb_http_request request = {.url = "http://meter.invalid/ok"};
        setenv("http_proxy", proxies[i], 1);
        struct jb_http *http = client(&plain);
        assert_true(jb_http_ask(http, &request, &answer, &diag) < 0);
        unsetenv("http_proxy");
        jb_http_destroy(http);
        assert_non_null(strstr(diag.text, "meter.invalid"));
        assert_null(strstr(diag.text, "sec"));
    }
}

/* Sockets that exec would pass on. */
static int inheritable(int *ret_all)
{
    DIR *folder = opendir("/proc/self/fd");
    int found = 0;
    assert_non_null(folder);
    *ret_all = 0;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        struct stat st;
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (entry->d_name[0] != '.' && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode)) {
            (*ret_all)++;
            found += (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
        }
    }
    closedir(folder);
    return found;
}

static void a_command_started_now_would_inherit_no_connection(void **state)
{
    struct server *server = *state;
    char url[64];
    int sockets_before, sockets_after;
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", server->port);
    int before = inheritable(&sockets_before);
    struct jb_http *http = client(&plain);
    struct got got = ask(http, url);
    int after = inheritable(&sockets_after);
    jb_http_destroy(http);
    assert_int_equal(got.err, 0);
    assert_true(sockets_after > sockets_before);
    assert_int_equal(after, before);
}

static void without_libcurl_the_command_that_installs_it_is_told(void **state)
{
    (void)state;
    static const char *const none[] = {"libjb-no-such.so.4", NULL}, *const other[] = {"libc.so.6", NULL};
    struct jb_curl curl;
    struct jb_diag diag = {0};
    assert_int_equal(jb_curl_load(none, &curl, &diag), -ENOENT);
    assert_non_null(strstr(diag.fix, "apt-get install libcurl4"));
    assert_int_equal(jb_curl_load(other, &curl, &diag), -ENOENT);
    assert_non_null(strstr(diag.text, "too old"));
    jb_http_destroy(NULL);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(an_answer_comes_with_its_status_whatever_it_is),
        WITH_SERVER(a_connection_is_kept_for_the_next_request),
        WITH_SERVER(a_server_that_ends_the_connection_is_asked_anew),
        WITH_SERVER(what_is_no_whole_answer_is_an_error),
        WITH_SERVER(a_large_answer_is_refused_while_it_comes),
        WITH_SERVER(an_answer_that_does_not_end_is_given_up),
        cmocka_unit_test(nobody_there_is_told_apart),
        cmocka_unit_test(only_http_and_https_are_urls),
        cmocka_unit_test(credentials_in_a_url_are_refused_and_not_repeated),
        WITH_SERVER(a_password_goes_to_who_asks_for_it),
        WITH_SERVER(a_server_that_does_not_say_how_is_sent_basic_credentials),
        WITH_SERVER(a_redirect_on_the_same_server_is_followed),
        WITH_SERVER(a_redirect_elsewhere_is_refused),
        WITH_SERVER(credentials_stay_with_one_server),
        WITH_SERVER(redirects_that_do_not_end_are_given_up),
        cmocka_unit_test(no_message_shows_a_query),
        WITH_SERVER(headers_are_sent),
        WITH_SERVER(a_request_has_headers_of_its_own),
        WITH_SERVER(a_line_break_makes_no_second_header),
        WITH_SERVER(a_request_has_credentials_of_its_own_and_sends_them_at_once),
        WITH_SERVER(a_server_says_when_to_come_again),
        cmocka_unit_test(keys_may_go_over_https_or_to_this_machine),
        WITH_SERVER(what_goes_to_this_machine_passes_by_the_proxy),
        WITH_SERVER(the_proxy_of_the_environment_is_used),
        WITH_SERVER(no_message_shows_the_password_of_a_proxy),
        WITH_SERVER(a_command_started_now_would_inherit_no_connection),
        cmocka_unit_test(without_libcurl_the_command_that_installs_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
