/* SPDX-License-Identifier: Apache-2.0 */
/* What the server refuses, whom it lets in, and what stands on all it says. */
#include "../folder.h"
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/assets.h"

static void test_documents_are_found_by_name(void **state)
{
    static const struct {
        const char *target, *document;
    } cases[] = {
        {"/api/v1/live", "\"document\":\"live\""},
        {"/api/v1/history?t0=1", "\"document\":\"history\""},
        {"/api/v1/runs?q=a%20b+c", "\"q\":\"a b c\""},
        {"/api/v1/runs/last", "\"rest\":\"last\""},
        {"/api/v1/runs/my%20run/series?px=3", "\"rest\":\"my run/series\""},
        {"/api/v1/runs/x/export?format=csv", "\"rest\":\"x/export\""},
        {"/api/v1/grid", "\"document\":\"grid\""},
        {"/api/v1/hosts", "\"document\":\"hosts\""},
        {"/api/v1/doctor", "\"document\":\"doctor\""},
        {"/metrics", "\"document\":\"metrics\""},
        {"/healthz", "\"document\":\"health\""},
    };
    struct house *house = *state;
    struct answer answer;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ask(house->port, "GET", cases[i].target, NULL, &answer);
        assert_int_equal(answer.status, 200);
        if (strstr(answer.body, cases[i].document) == NULL) {
            fail_msg("%s: %s", cases[i].target, answer.body);
        }
        assert_true(has_header(&answer, "Cache-Control: no-store"));
    }
    ask(house->port, "GET", "/metrics", "Accept: application/openmetrics-text\r\n", &answer);
    assert_non_null(strstr(answer.body, "openmetrics"));
}

static void test_nothing_else_is_found(void **state)
{
    static const char *const targets[] = {
        "/api",        "/api/v1", "/api/v1/none", "/api/v1/runs/x/other", "/api/v1/runs/x/series/y",
        "/nothing.js", "/live",   "/healthz/x",   "/metrics/x",
    };
    struct house *house = *state;
    struct answer answer;

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        ask(house->port, "GET", targets[i], NULL, &answer);
        if (answer.status != 404) {
            fail_msg("%s: %d", targets[i], answer.status);
        }
        assert_non_null(strstr(answer.body, "\"error\":"));
    }
}

static void test_what_is_broken_is_refused(void **state)
{
    static const char *const targets[] = {
        "/api/v1/runs/../live", "/%2e%2e/etc/passwd",
        "/api/v1/runs/a%2Fb",   "/api/v1/live?q=%zz",
        "/api/v1/live?q=%00",   "/api//live",
        "/api/v1/live/",        "/a\\b",
        "/api/v1/runs/%ff",     "http://localhost/api/v1/live",
    };
    struct house *house = *state;
    struct answer answer;

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        ask(house->port, "GET", targets[i], NULL, &answer);
        if (answer.status != 400) {
            fail_msg("%s: %d", targets[i], answer.status);
        }
    }
    char *many = calloc(1, 4096);
    strcpy(many, "/api/v1/runs?a=1");
    for (int i = 0; i < 70; i++) {
        strcat(many, "&tag=a");
    }
    ask(house->port, "GET", many, NULL, &answer);
    assert_int_equal(answer.status, 400);
    free(many);
}

static void test_an_address_of_4096_bytes_is_taken_and_no_more(void **state)
{
    struct house *house = *state;
    struct answer answer;
    char target[4200];

    memset(target, 'x', sizeof(target));
    memcpy(target, "/healthz?q=", 11);
    target[4096] = '\0';
    ask(house->port, "GET", target, NULL, &answer);
    assert_int_equal(answer.status, 200);
    target[4096] = 'x';
    target[4097] = '\0';
    ask(house->port, "GET", target, NULL, &answer);
    assert_int_equal(answer.status, 414);
}

static void test_headers_beyond_memory_are_refused(void **state)
{
    struct house *house = *state;
    struct answer answer;
    char *headers = malloc(40000);

    memset(headers, 'x', 40000);
    memcpy(headers, "X-Long: ", 8);
    memcpy(headers + 30000, "\r\n", 3);
    ask(house->port, "GET", "/healthz", headers, &answer);
    assert_true(answer.status == 431 || answer.status == 413);
    ask(house->port, "GET", "/healthz", NULL, &answer);
    assert_int_equal(answer.status, 200);
    free(headers);
}

static void test_only_get_and_head(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"};
    struct house *house = *state;
    struct answer answer;

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        ask(house->port, methods[i], "/api/v1/live", NULL, &answer);
        assert_int_equal(answer.status, 405);
        assert_true(has_header(&answer, "Allow: GET, HEAD"));
    }
    ask(house->port, "GET", "/api/v1/session", NULL, &answer);
    assert_int_equal(answer.status, 405);
    assert_true(has_header(&answer, "Allow: POST"));
}

static void test_head_is_get_without_its_body(void **state)
{
    static const char *const targets[] = {"/api/v1/live", "/metrics", "/", "/api/v1/events"};
    struct house *house = *state;
    struct answer answer, second;

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        char text[256];
        int fd = client_connect(house->port);
        snprintf(text, sizeof(text), "HEAD %s HTTP/1.1\r\nHost: localhost\r\n\r\n", targets[i]);
        client_send(fd, text);
        client_answer(fd, true, &answer);
        assert_int_equal(answer.status, 200);
        client_send(fd, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); /* on the same: no body came between */
        client_answer(fd, false, &second);
        assert_int_equal(second.status, 200);
        assert_non_null(strstr(second.body, "health"));
        close(fd);
    }
}

static void test_a_body_is_refused(void **state)
{
    struct house *house = *state;
    struct answer answer;

    ask(house->port, "GET", "/api/v1/live", "Content-Length: 5\r\n\r\nhello", &answer);
    assert_int_equal(answer.status, 413);
    ask(house->port, "GET", "/api/v1/live", "Transfer-Encoding: chunked\r\n", &answer);
    assert_int_equal(answer.status, 413);
    ask(house->port, "POST", "/api/v1/session", "Content-Length: 100000\r\n", &answer);
    assert_int_equal(answer.status, 413);
    ask(house->port, "POST", "/api/v1/session", "Authorization: Bearer " TOKEN "\r\nContent-Length: 2\r\n\r\n{}",
        &answer);
    assert_int_equal(answer.status, 204);
}

static void test_a_foreign_host_is_refused(void **state)
{
    static const struct {
        const char *header;
        int status;
    } cases[] = {
        {"Host: evil.example\r\n", 403},
        {"Host: 127.0.0.1.evil.example\r\n", 403},
        {"Host: localhost:9836\r\n", 200},
        {"Host: 127.0.0.1:1\r\n", 200},
        {"Host: [::1]:9836\r\n", 200},
        {"Host: GPU1.lab.example:443\r\n", 200},
        {"Host: gpu2.lab.example:444\r\n", 200},
        {"Host: gpu2.lab.example\r\n", 403},
        {"Host: \r\n", 403},
    };
    struct house house;
    struct jb_server_config config = house_config();
    struct answer answer;

    config.hosts = "gpu1.lab.example, gpu2.lab.example:444";
    house_open(&house, &config);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const char *const targets[] = {"/api/v1/live", "/", "/healthz"};
        for (size_t k = 0; k < 3; k++) {
            ask(house.port, "GET", targets[k], cases[i].header, &answer);
            if (answer.status != cases[i].status) {
                fail_msg("%s%s: %d", cases[i].header, targets[k], answer.status);
            }
        }
    }
    int fd = client_connect(house.port);
    client_send(fd, "GET /api/v1/live HTTP/1.0\r\n\r\n");
    client_answer(fd, false, &answer);
    assert_true(answer.status == 403 || answer.status == 400);
    close(fd);
    house_close(&house);
}

static void test_another_site_may_not_ask_for_data(void **state)
{
    struct house *house = *state;
    struct answer answer;

    ask(house->port, "GET", "/api/v1/live", "Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.example\r\n", &answer);
    assert_int_equal(answer.status, 403);
    assert_null(strcasestr(answer.head, "Access-Control"));
    ask(house->port, "GET", "/metrics", "Sec-Fetch-Site: cross-site\r\n", &answer);
    assert_int_equal(answer.status, 403);
    ask(house->port, "GET", "/", "Sec-Fetch-Site: cross-site\r\n", &answer); /* a link to the dashboard */
    assert_int_equal(answer.status, 200);
    ask(house->port, "GET", "/api/v1/live", "Sec-Fetch-Site: same-origin\r\n", &answer);
    assert_int_equal(answer.status, 200);
    assert_null(strcasestr(answer.head, "Access-Control"));
}

static void test_every_answer_has_the_headers_of_safety(void **state)
{
    static const char *const targets[] = {"/", "/api/v1/live", "/metrics", "/none", "/healthz", "/api/v1/runs/%zz"};
    struct house *house = *state;
    struct answer answer;

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        ask(house->port, "GET", targets[i], NULL, &answer);
        assert_true(has_header(&answer, "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'; base-uri "
                                        "'none'; form-action 'self'"));
        assert_true(has_header(&answer, "X-Content-Type-Options: nosniff"));
        assert_true(has_header(&answer, "Referrer-Policy: no-referrer"));
        assert_true(has_header(&answer, "Cross-Origin-Opener-Policy: same-origin"));
        assert_true(has_header(&answer, "Cross-Origin-Resource-Policy: same-origin"));
    }
}

static void test_too_many_requests_are_put_off(void **state)
{
    struct house house;
    struct jb_server_config config = house_config();
    struct answer answer;
    int refused = 0;

    config.max_rate = 5;
    house_open(&house, &config);
    for (int i = 0; i < 200 && refused == 0; i++) {
        ask(house.port, "GET", "/healthz", NULL, &answer);
        assert_true(answer.status == 200 || answer.status == 429);
        assert_true(i >= 10 || answer.status == 200); /* a burst of twice the rate */
        refused += answer.status == 429;
    }
    assert_int_equal(refused, 1);
    assert_true(has_header(&answer, "Retry-After: 1"));
    house_close(&house);
}

static bool is_served(void *context)
{
    const uint16_t *port = context;
    char text[256] = "";
    int fd = client_connect(*port);
    client_send(fd, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    bool served = client_until(fd, text, sizeof(text), "HTTP/1.1 200 ");
    close(fd);
    return served;
}

static void test_one_address_has_so_many_connections_and_no_more(void **state)
{
    struct house house;
    struct jb_server_config config = house_config();
    struct answer answer;
    int idle[6];

    config.max_connections = 8; /* 6 of one address */
    house_open(&house, &config);
    for (int i = 0; i < 6; i++) { /* each has been served once, so that it is counted */
        idle[i] = client_connect(house.port);
        client_send(idle[i], "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        client_answer(idle[i], false, &answer);
        assert_int_equal(answer.status, 200);
    }
    assert_false(is_served(&house.port));
    close(idle[0]);
    poll_until(is_served, &house.port);
    for (int i = 1; i < 6; i++) {
        close(idle[i]);
    }
    house_close(&house);
}

static void test_loopback_needs_no_token_but_a_proxy_does(void **state)
{
    static const char *const proxies[] = {"Forwarded: for=1.2.3.4\r\n", "X-Forwarded-For: 1.2.3.4\r\n",
                                          "Via: 1.1 p\r\n", "X-Real-IP: 1.2.3.4\r\n", "X-Forwarded-Host: x\r\n"};
    struct house *house = *state;
    struct answer answer;
    char headers[256];

    ask(house->port, "GET", "/api/v1/live", NULL, &answer);
    assert_int_equal(answer.status, 200);
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
        ask(house->port, "GET", "/api/v1/live", proxies[i], &answer);
        assert_int_equal(answer.status, 401);
        assert_true(has_header(&answer, "WWW-Authenticate: Bearer realm=\"joulebook\""));
        ask(house->port, "GET", "/metrics", proxies[i], &answer);
        assert_int_equal(answer.status, 401);
        ask(house->port, "GET", "/api/v1/none", proxies[i], &answer);
        assert_int_equal(answer.status, 401);
        ask(house->port, "GET", "/", proxies[i], &answer);
        assert_int_equal(answer.status, 200);
        snprintf(headers, sizeof(headers), "%sAuthorization: Bearer " TOKEN "\r\n", proxies[i]);
        ask(house->port, "GET", "/api/v1/live", headers, &answer);
        assert_int_equal(answer.status, 200);
        assert_non_null(strstr(answer.body, "\"known\":false,\"uid\":-1,\"all\":true"));
        snprintf(headers, sizeof(headers), "%sAuthorization: Bearer " TOKEN "x\r\n", proxies[i]);
        ask(house->port, "GET", "/api/v1/live", headers, &answer);
        assert_int_equal(answer.status, 401);
        ask(house->port, "GET", "/api/v1/live?token=" TOKEN "&access_token=" TOKEN, proxies[i], &answer);
        assert_int_equal(answer.status, 401);
    }
}

static void test_without_a_token_who_comes_by_a_proxy_sees_what_is_public(void **state)
{
    struct house *house = *state;
    struct answer answer;

    ask(house->port, "GET", "/api/v1/live", "X-Forwarded-For: 1.2.3.4\r\n", &answer);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "\"known\":false,\"uid\":-1,\"all\":false"));
    ask(house->port, "POST", "/api/v1/session", "Authorization: Bearer x\r\n", &answer);
    assert_int_equal(answer.status, 404);
}

static void test_a_browser_logs_in_with_the_token_and_then_has_a_cookie(void **state)
{
    struct house *house = *state;
    struct answer answer;
    char headers[512], cookie[128] = "";

    ask(house->port, "POST", "/api/v1/session", NULL, &answer);
    assert_int_equal(answer.status, 401);
    ask(house->port, "POST", "/api/v1/session", "Authorization: Bearer wrong-wrong-wrong\r\n", &answer);
    assert_int_equal(answer.status, 401);
    ask(house->port, "POST", "/api/v1/session", "Authorization: Bearer " TOKEN "\r\nSec-Fetch-Site: cross-site\r\n",
        &answer);
    assert_int_equal(answer.status, 403);
    ask(house->port, "POST", "/api/v1/session", "Authorization: Bearer " TOKEN "\r\n", &answer);
    assert_int_equal(answer.status, 204);
    const char *set = strcasestr(answer.head, "\r\nSet-Cookie: ");
    assert_non_null(set);
    assert_int_equal(sscanf(set + 14, "%120[^;]", cookie), 1);
    assert_non_null(strstr(set, "; HttpOnly; SameSite=Strict; Max-Age=43200\r\n"));
    assert_null(strstr(set, TOKEN));

    snprintf(headers, sizeof(headers), "Via: 1.1 p\r\nCookie: a=b; %s; c=d\r\n", cookie);
    ask(house->port, "GET", "/api/v1/live", headers, &answer);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "\"all\":true"));
    cookie[strlen(cookie) - 1] ^= 1;
    snprintf(headers, sizeof(headers), "Via: 1.1 p\r\nCookie: %s\r\n", cookie);
    ask(house->port, "GET", "/api/v1/live", headers, &answer);
    assert_int_equal(answer.status, 401);
    ask(house->port, "POST", "/api/v1/session", "Authorization: Bearer " TOKEN "\r\nX-Forwarded-Proto: https\r\n",
        &answer);
    assert_non_null(strstr(answer.head, "; Secure\r\n"));
}

static void test_the_viewer_is_the_user_of_the_connection(void **state)
{
    struct house *house = *state;
    struct answer answer;
    char wanted[64];

    ask(house->port, "GET", "/api/v1/live", NULL, &answer);
    snprintf(wanted, sizeof(wanted), "\"known\":true,\"uid\":%u,\"all\":true", (unsigned)getuid());
    assert_non_null(strstr(answer.body, wanted));
}

static int status_of_another_user(uint16_t port, const char *wanted)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        if (setgid(12345) != 0 || setuid(12345) != 0) {
            _exit(3);
        }
        struct answer answer;
        ask(port, "GET", "/api/v1/live", NULL, &answer);
        _exit(answer.status == 200 && strstr(answer.body, wanted) != NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_another_user_sees_not_all_unless_runs_are_shared(void **state)
{
    struct house house;
    struct jb_server_config config = house_config();

    if (getuid() != 0) {
        skip();
    }
    house_open(&house, &config);
    assert_int_equal(status_of_another_user(house.port, "\"known\":true,\"uid\":12345,\"all\":false"), 0);
    house_close(&house);
    config.share_runs = true;
    house_open(&house, &config);
    assert_int_equal(status_of_another_user(house.port, "\"known\":true,\"uid\":12345,\"all\":true"), 0);
    house_close(&house);
}

static void test_the_dashboard_is_sent_compressed_and_once(void **state)
{
    struct house *house = *state;
    struct answer answer;
    char headers[256];

    ask(house->port, "GET", "/", "Accept-Encoding: gzip, br\r\n", &answer);
    assert_int_equal(answer.status, 200);
    assert_true(has_header(&answer, "Content-Encoding: gzip"));
    assert_true(has_header(&answer, "Content-Type: text/html; charset=utf-8"));
    assert_true(has_header(&answer, "Cache-Control: no-cache"));
    const struct jb_asset *index = jb_asset_find(jb_assets, "index.html");
    assert_int_equal(answer.body_length, index->gz_size);
    assert_memory_equal(answer.body, index->gz, index->gz_size);
    snprintf(headers, sizeof(headers), "ETag: %s", index->etag);
    assert_true(has_header(&answer, headers));
    snprintf(headers, sizeof(headers), "If-None-Match: %s\r\n", index->etag);
    ask(house->port, "GET", "/index.html", headers, &answer);
    assert_int_equal(answer.status, 304);
    ask(house->port, "GET", "/", "Accept-Encoding: identity\r\n", &answer);
    assert_int_equal(answer.status, 406);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void test_a_folder_is_served_while_the_dashboard_is_worked_on(void **state)
{
    char folder[] = "/tmp/jb-ui-XXXXXX", path[256], other[256];
    struct house house;
    struct jb_server_config config = house_config();
    struct answer answer;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/assets", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    write_file(folder, "index.html", "<p>new</p>");
    write_file(folder, ".secret", "x");
    write_file(path, "main.js", "1;");
    snprintf(other, sizeof(other), "%s/link.js", folder);
    assert_int_equal(symlink("/etc/passwd", other), 0);
    config.ui_dir = folder;
    house_open(&house, &config);
    ask(house.port, "GET", "/", NULL, &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "<p>new</p>");
    ask(house.port, "GET", "/assets/main.js", NULL, &answer);
    assert_int_equal(answer.status, 200);
    assert_true(has_header(&answer, "Content-Type: text/javascript; charset=utf-8"));
    ask(house.port, "GET", "/.secret", NULL, &answer);
    assert_int_equal(answer.status, 404);
    ask(house.port, "GET", "/link.js", NULL, &answer);
    assert_int_equal(answer.status, 404);
    ask(house.port, "GET", "/assets", NULL, &answer);
    assert_int_equal(answer.status, 404);
    ask(house.port, "GET", "/../etc/passwd", NULL, &answer);
    assert_int_equal(answer.status, 400);
    house_close(&house);
    assert_int_equal(folder_remove(folder), 0);
}

static void test_a_download_cannot_smuggle_a_header(void **state)
{
    struct house *house = *state;
    struct answer answer;

    ask(house->port, "GET", "/api/v1/runs/download/export", NULL, &answer);
    assert_int_equal(answer.status, 200);
    assert_true(has_header(&answer, "Content-Disposition: attachment; filename=\"a_b__c__d.csv\""));
    assert_true(has_header(&answer, "Content-Type: text/csv; charset=utf-8"));
}

static void refuses(const struct jb_server_config *config, int error, const char *fix)
{
    struct jb_server_config ours = *config;
    struct jb_server *server = NULL;
    struct jb_diag diag = {0};

    assert_int_equal(jb_board_create(&ours.board), 0);
    int r = jb_server_create(&ours, &server, &diag);
    if (r != error || strstr(diag.fix, fix) == NULL) {
        fail_msg("%d, \"%s\", \"%s\"", r, diag.text, diag.fix);
    }
    assert_null(server);
    jb_board_destroy(ours.board);
}

static void test_listening_elsewhere_has_terms(void **state)
{
    struct jb_server_config config = house_config();
    struct house house;

    config.listen = "0.0.0.0:0";
    refuses(&config, -EACCES, "--token-file");
    config.token = "short";
    refuses(&config, -EINVAL, "openssl rand");
    config.token = TOKEN;
    refuses(&config, -EACCES, "--tls-cert");
    config.insecure = true;
    house_open(&house, &config);
    struct answer answer;
    ask(house.port, "GET", "/api/v1/live", NULL, &answer); /* by loopback all the same */
    assert_int_equal(answer.status, 200);
    house_close(&house);

    config = house_config();
    config.listen = "[::]:0";
    refuses(&config, -EACCES, "--token-file");
    config.listen = "gpu1:9836";
    refuses(&config, -EINVAL, "127.0.0.1:9836");
    config.listen = "127.0.0.1";
    refuses(&config, -EINVAL, "127.0.0.1:9836");
}

static void test_a_port_that_is_taken_is_told(void **state)
{
    struct house house;
    struct jb_server_config config = house_config();
    char listen[64];

    house_open(&house, &config);
    snprintf(listen, sizeof(listen), "127.0.0.1:%u", house.port);
    config.listen = listen;
    refuses(&config, -EADDRINUSE, "ss -ltnp");
    house_close(&house);
    house_open(&house, &config); /* and free again at once */
    house_close(&house);
}

static void test_a_socket_that_was_passed_on_is_served(void **state)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    struct house house;
    struct jb_server_config config = house_config();
    struct answer answer;

    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(listen(fd, 5), 0);
    config.listen = NULL;
    config.listen_fd = fd;
    house_open(&house, &config);
    ask(house.port, "GET", "/healthz", NULL, &answer);
    assert_int_equal(answer.status, 200);
    house_close(&house);
    config.listen_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    refuses(&config, -EINVAL, "ListenStream");
    any.sin_addr.s_addr = htonl(INADDR_ANY);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(listen(fd, 5), 0);
    config.listen_fd = fd;
    refuses(&config, -EACCES, "--token-file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_a_house(test_documents_are_found_by_name),
        in_a_house(test_nothing_else_is_found),
        in_a_house(test_what_is_broken_is_refused),
        in_a_house(test_an_address_of_4096_bytes_is_taken_and_no_more),
        in_a_house(test_headers_beyond_memory_are_refused),
        in_a_house(test_only_get_and_head),
        in_a_house(test_head_is_get_without_its_body),
        in_a_house_with_token(test_a_body_is_refused),
        cmocka_unit_test(test_a_foreign_host_is_refused),
        in_a_house(test_another_site_may_not_ask_for_data),
        in_a_house(test_every_answer_has_the_headers_of_safety),
        cmocka_unit_test(test_too_many_requests_are_put_off),
        cmocka_unit_test(test_one_address_has_so_many_connections_and_no_more),
        in_a_house_with_token(test_loopback_needs_no_token_but_a_proxy_does),
        in_a_house(test_without_a_token_who_comes_by_a_proxy_sees_what_is_public),
        in_a_house_with_token(test_a_browser_logs_in_with_the_token_and_then_has_a_cookie),
        in_a_house(test_the_viewer_is_the_user_of_the_connection),
        cmocka_unit_test(test_another_user_sees_not_all_unless_runs_are_shared),
        in_a_house(test_the_dashboard_is_sent_compressed_and_once),
        cmocka_unit_test(test_a_folder_is_served_while_the_dashboard_is_worked_on),
        in_a_house(test_a_download_cannot_smuggle_a_header),
        cmocka_unit_test(test_listening_elsewhere_has_terms),
        cmocka_unit_test(test_a_port_that_is_taken_is_told),
        cmocka_unit_test(test_a_socket_that_was_passed_on_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
