/* SPDX-License-Identifier: Apache-2.0 */
/* What comes over the socket: whole, in pieces, too long, not at all. */
#include "test.h"

#include "api/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOON    (api_now_ns() + UINT64_C(10000000000))
#define AT_ONCE UINT64_C(0)

static int give(const char *text)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], text, strlen(text)), strlen(text));
    close(fds[1]);
    return fds[0];
}

static void a_line_is_read_and_no_more(void **state)
{
    int fd = give("ready\n{rest");
    char line[64], *rest = NULL;

    assert_int_equal(api_read_line(fd, SOON, line, sizeof(line)), 5);
    assert_string_equal(line, "ready");
    assert_int_equal(api_read_all(fd, SOON, &rest), 5);
    assert_string_equal(rest, "{rest");
    free(rest);
    close(fd);
}

static void a_line_that_is_none(void **state)
{
    char line[4];
    int fd = give("abc");

    assert_int_equal(api_read_line(fd, SOON, line, sizeof(line)), -EIO);
    close(fd);
    fd = give("abcdef\n");
    assert_int_equal(api_read_line(fd, SOON, line, sizeof(line)), -EMSGSIZE);
    close(fd);
}

static void nobody_who_speaks_is_not_waited_for_for_ever(void **state)
{
    char line[64], *text = NULL;
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(api_read_line(fds[0], AT_ONCE, line, sizeof(line)), -ETIMEDOUT);
    assert_int_equal(api_read_all(fds[0], AT_ONCE, &text), -ETIMEDOUT);
    assert_null(text);
    close(fds[0]);
    close(fds[1]);
}

static void a_long_record_comes_whole(void **state)
{
    enum { SIZE = 1000000 };
    int fds[2];
    char *text = NULL;

    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char *long_text = malloc(SIZE);
        memset(long_text, 'x', SIZE);
        ssize_t done = 0;
        while (done < SIZE) {
            ssize_t part = write(fds[1], long_text + done, (size_t)(SIZE - done));
            if (part <= 0) {
                _exit(1);
            }
            done += part;
        }
        _exit(0);
    }
    close(fds[1]);
    assert_int_equal(api_read_all(fds[0], SOON, &text), SIZE);
    assert_int_equal(strspn(text, "x"), SIZE);
    assert_int_equal(text[SIZE], '\0');
    free(text);
    close(fds[0]);
}

/* Whoever ends with something unread resets the connection: what it said before is whole all the same. */
static void an_end_that_resets_is_an_end(void **state)
{
    char *text = NULL;
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(write(fds[0], "0", 1), 1);
    assert_int_equal(write(fds[1], "record", 6), 6);
    close(fds[1]);
    assert_int_equal(api_read_all(fds[0], SOON, &text), 6);
    assert_string_equal(text, "record");
    free(text);
    close(fds[0]);
}

static void a_meter_that_is_ready(void **state)
{
    char ring[32];
    pid_t pid = 0;

    assert_int_equal(api_ready_parse("{\"ring\": \"/proc/123/fd/7\", \"pid\": 123}", ring, sizeof(ring), &pid), 0);
    assert_string_equal(ring, "/proc/123/fd/7");
    assert_int_equal(pid, 123);
    assert_int_equal(api_ready_parse("{\"ring\": null, \"pid\": 5}", ring, sizeof(ring), &pid), 0);
    assert_string_equal(ring, "");
    assert_int_equal(pid, 5);
}

static void anything_else_is_refused(void **state)
{
    static const char *const lines[] = {
        "",
        "hello",
        "{\"ring\": ",
        "{\"ring\": \"/proc/1/fd/2\"",
        "{\"ring\": \"/proc/1/fd/2\"}",
        "{\"ring\": \"/proc/1/fd/2\", \"pid\": }",
        "{\"ring\": \"/proc/1/fd/2\", \"pid\": 0}",
        "{\"ring\": \"/proc/1/fd/2\", \"pid\": -4}",
        "{\"ring\": \"/proc/1/fd/2\", \"pid\": 12345678901234}",
        "{\"ring\": \"/proc/1/fd/2, \"pid\": 7}",
        "{\"ring\": \"/dev/mem\", \"pid\": 7}",
        "{\"ring\": \"/proc/../dev/mem\", \"pid\": 7}",
        "{\"ring\": \"/proc/1/fd/2222222222222222222222222222222\", \"pid\": 7}",
        "{\"ring\": nullx \"pid\": 7}",
        " {\"ring\": null, \"pid\": 7}",
    };
    char ring[32] = "untouched";
    pid_t pid = 99;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(api_ready_parse(lines[i], ring, sizeof(ring), &pid), -EBADMSG);
        assert_string_equal(ring, "untouched");
        assert_int_equal(pid, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_and_no_more),
        cmocka_unit_test(a_line_that_is_none),
        cmocka_unit_test(nobody_who_speaks_is_not_waited_for_for_ever),
        cmocka_unit_test(a_long_record_comes_whole),
        cmocka_unit_test(an_end_that_resets_is_an_end),
        cmocka_unit_test(a_meter_that_is_ready),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
