/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server in this process on a free port, with a board of ours and documents that say what they were asked; and a
 * client that speaks just enough HTTP. Every wait has a deadline.
 */
#ifndef JB_TESTS_UNIT_SERVER_COMMON_H
#define JB_TESTS_UNIT_SERVER_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"
#include "engine/board.h"
#include "server/server.h"

#define DEADLINE_S 20
#define TOKEN      "0123456789abcdef-token"

struct house {
    struct jb_board *board;
    struct jb_server *server;
    uint16_t port;
};

struct jb_server_config house_config(void); /* loopback, any port, a rate that no test meets */
void house_open(struct house *house, const struct jb_server_config *config);
void house_close(struct house *house);
/* For tests to whom any will do: *state is a house, without and with TOKEN. */
int house_setup(void **state);
int house_setup_token(void **state);
int house_teardown(void **state);
#define in_a_house(test)            cmocka_unit_test_setup_teardown(test, house_setup, house_teardown)
#define in_a_house_with_token(test) cmocka_unit_test_setup_teardown(test, house_setup_token, house_teardown)
/* The next tick of the board, 100 ms later than the one before. `layout` grows it. */
void house_tick(struct house *house, bool layout);

struct answer {
    int status;
    char head[4096];
    char body[65536];
    size_t body_length;
};

int client_connect(uint16_t port);
void client_send(int fd, const char *text);
/* One whole answer by its Content-Length (none for `head_only` and 204, 304). */
void client_answer(int fd, bool head_only, struct answer *ret);
/* More of a stream into text, until it holds `wanted`. False: it ended before. */
bool client_until(int fd, char *text, size_t size, const char *wanted);
bool client_read_until(int fd, char *text, size_t size, const char *wanted); /* the same from a pipe */
bool client_ended(int fd); /* reads on to the end: closed by the server within the deadline */
/* A connection, one request with these further header lines ("A: b\r\n"), its answer. Host is right unless it is in
 * `headers`. */
void ask(uint16_t port, const char *method, const char *target, const char *headers, struct answer *ret);
bool has_header(const struct answer *answer, const char *line); /* "Name: value" */

void poll_until(bool (*is_so)(void *context), void *context); /* fails after the deadline */

#endif
