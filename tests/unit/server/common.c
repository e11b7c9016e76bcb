/* SPDX-License-Identifier: Apache-2.0 */
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

struct jb_server_config house_config(void)
{
    return (struct jb_server_config){.listen = "127.0.0.1:0", .listen_fd = -1, .max_rate = 100000, .db_path = "none"};
}

void house_open(struct house *house, const struct jb_server_config *config)
{
    struct jb_server_config ours = *config;
    struct jb_diag diag = {0};

    assert_int_equal(jb_board_create(&house->board), 0);
    struct jb_board_view *view = jb_board_begin(house->board);
    view->layout = 1;
    view->interval_ns = 100 * JB_NS_PER_MS;
    snprintf(view->host, sizeof(view->host), "gpu1");
    jb_board_publish(house->board);
    ours.board = house->board;
    if (jb_server_create(&ours, &house->server, &diag) != 0) {
        fail_msg("%s", diag.text);
    }
    house->port = jb_server_port(house->server);
    assert_int_not_equal(house->port, 0);
}

void house_close(struct house *house)
{
    jb_server_destroy(house->server);
    jb_board_destroy(house->board);
}

static int setup(void **state, const char *token)
{
    struct house *house = calloc(1, sizeof(*house));
    struct jb_server_config config = house_config();

    if (house == NULL) {
        return -1;
    }
    config.token = token;
    house_open(house, &config);
    *state = house;
    return 0;
}

int house_setup(void **state)
{
    return setup(state, NULL);
}

int house_setup_token(void **state)
{
    return setup(state, TOKEN);
}

int house_teardown(void **state)
{
    house_close(*state);
    free(*state);
    return 0;
}

void house_tick(struct house *house, bool layout)
{
    struct jb_board_view *view = jb_board_begin(house->board);
    view->seq++;
    view->t_ns += 100 * JB_NS_PER_MS;
    view->layout += layout ? 1 : 0;
    jb_board_publish(house->board);
}

int client_connect(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = DEADLINE_S};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return fd;
}

void client_send(int fd, const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);
        if (sent <= 0) { /* it has answered and closed already */
            assert_true(errno == EPIPE || errno == ECONNRESET);
            return;
        }
        text += sent;
        length -= (size_t)sent;
    }
}

void client_answer(int fd, bool head_only, struct answer *ret)
{
    size_t n = 0, wanted = 0;

    memset(ret, 0, sizeof(*ret));
    while (strstr(ret->head, "\r\n\r\n") == NULL) {
        assert_true(n + 1 < sizeof(ret->head));
        ssize_t got = recv(fd, ret->head + n, 1, 0);
        if (got != 1) {
            fail_msg("the answer ended in its head: \"%s\"", ret->head);
        }
        n++;
    }
    assert_int_equal(sscanf(ret->head, "HTTP/1.1 %d", &ret->status), 1);
    const char *length = strcasestr(ret->head, "\r\nContent-Length: ");
    if (head_only || ret->status == 204 || ret->status == 304) {
        return;
    }
    assert_non_null(length);
    assert_int_equal(sscanf(length + 18, "%zu", &wanted), 1);
    assert_true(wanted < sizeof(ret->body));
    while (ret->body_length < wanted) {
        ssize_t got = recv(fd, ret->body + ret->body_length, wanted - ret->body_length, 0);
        assert_true(got > 0);
        ret->body_length += (size_t)got;
    }
}

bool client_until(int fd, char *text, size_t size, const char *wanted)
{
    size_t n = strlen(text);
    while (strstr(text, wanted) == NULL) {
        assert_true(n + 1 < size);
        ssize_t got = recv(fd, text + n, size - n - 1, 0);
        if (got <= 0) {
            return false;
        }
        n += (size_t)got;
        text[n] = '\0';
    }
    return true;
}

bool client_read_until(int fd, char *text, size_t size, const char *wanted)
{
    size_t n = strlen(text);
    while (strstr(text, wanted) == NULL) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        assert_true(n + 1 < size);
        if (poll(&ready, 1, DEADLINE_S * 1000) != 1) {
            return false;
        }
        ssize_t got = read(fd, text + n, size - n - 1);
        if (got <= 0) {
            return false;
        }
        n += (size_t)got;
        text[n] = '\0';
    }
    return true;
}

bool client_ended(int fd)
{
    char text[65536];
    uint64_t until_ns = jb_mono_ns() + DEADLINE_S * JB_NS_PER_S;
    while (jb_mono_ns() < until_ns) {
        ssize_t got = recv(fd, text, sizeof(text), 0);
        if (got == 0 || (got < 0 && errno == ECONNRESET)) {
            return true;
        }
        if (got < 0) {
            return false;
        }
    }
    return false;
}

void ask(uint16_t port, const char *method, const char *target, const char *headers, struct answer *ret)
{
    char *text = NULL;
    int fd = client_connect(port);
    bool hosted = headers != NULL && (strncmp(headers, "Host:", 5) == 0 || strstr(headers, "\nHost:") != NULL);
    assert_true(asprintf(&text, "%s %s HTTP/1.1\r\n%s%s\r\n", method, target, hosted ? "" : "Host: localhost\r\n",
                         headers != NULL ? headers : "") > 0);
    client_send(fd, text);
    client_answer(fd, strcmp(method, "HEAD") == 0, ret);
    free(text);
    close(fd);
}

bool has_header(const struct answer *answer, const char *line)
{
    char wanted[512];
    snprintf(wanted, sizeof(wanted), "\r\n%s\r\n", line);
    return strcasestr(answer->head, wanted) != NULL;
}

void poll_until(bool (*is_so)(void *context), void *context)
{
    uint64_t until_ns = jb_mono_ns() + DEADLINE_S * JB_NS_PER_S;
    while (!is_so(context)) {
        assert_true(jb_mono_ns() < until_ns);
        struct timespec pause = {.tv_nsec = 2000000};
        nanosleep(&pause, NULL);
    }
}
