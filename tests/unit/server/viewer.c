/* SPDX-License-Identifier: Apache-2.0 */
/* Whose socket the other end is: by real connections over loopback, in each family, by each way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/viewer.h"

struct pair {
    int listener, client, served;
    struct sockaddr_storage peer, local; /* as the server sees them */
};

static struct sockaddr_storage loopback(int family, in_port_t port)
{
    struct sockaddr_storage storage = {.ss_family = (sa_family_t)family};
    if (family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)&storage;
        in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        in->sin_port = port;
    } else {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
        in6->sin6_addr = in6addr_loopback;
        in6->sin6_port = port;
    }
    return storage;
}

static struct sockaddr_storage mapped(in_port_t port)
{
    struct sockaddr_storage storage = {.ss_family = AF_INET6};
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
    assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &in6->sin6_addr), 1);
    in6->sin6_port = port;
    return storage;
}

/* A listener of family `ours` ("any" address when IPv6, so that mapped ones come too) and its port. */
static in_port_t listen_on(struct pair *pair, int ours)
{
    struct sockaddr_storage at = loopback(ours, 0);
    socklen_t length = sizeof(at);
    int off = 0;

    if (ours == AF_INET6) {
        ((struct sockaddr_in6 *)&at)->sin6_addr = in6addr_any;
    }
    pair->listener = socket(ours, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(pair->listener >= 0);
    if (ours == AF_INET6) {
        assert_int_equal(setsockopt(pair->listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)), 0);
    }
    assert_int_equal(bind(pair->listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(pair->listener, 5), 0);
    assert_int_equal(getsockname(pair->listener, (struct sockaddr *)&at, &length), 0);
    return ours == AF_INET ? ((struct sockaddr_in *)&at)->sin_port : ((struct sockaddr_in6 *)&at)->sin6_port;
}

static void accept_it(struct pair *pair)
{
    socklen_t length = sizeof(pair->peer);
    pair->served = accept(pair->listener, (struct sockaddr *)&pair->peer, &length);
    assert_true(pair->served >= 0);
    length = sizeof(pair->local);
    assert_int_equal(getsockname(pair->served, (struct sockaddr *)&pair->local, &length), 0);
}

static int connect_to(const struct sockaddr_storage *to)
{
    int fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)to, sizeof(*to)), 0);
    return fd;
}

static void pair_close(struct pair *pair)
{
    close(pair->client);
    close(pair->served);
    close(pair->listener);
}

typedef int (*way)(const struct sockaddr *peer, const struct sockaddr *local, uid_t *ret);

static int by_proc(const struct sockaddr *peer, const struct sockaddr *local, uid_t *ret)
{
    return jb_viewer_uid_proc("/proc/net", peer, local, ret);
}

static const struct {
    const char *name;
    way ask;
} ways[] = {{"diag", jb_viewer_uid_diag}, {"proc", by_proc}, {"either", jb_viewer_uid}};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static int ask(size_t which, const struct pair *pair, uid_t *ret)
{
    return ways[which].ask((const struct sockaddr *)&pair->peer, (const struct sockaddr *)&pair->local, ret);
}

static void check_family(int listener, bool client_mapped, int client)
{
    struct pair pair;
    in_port_t port = listen_on(&pair, listener);
    struct sockaddr_storage to = client_mapped ? mapped(port) : loopback(client, port);

    pair.client = connect_to(&to);
    accept_it(&pair);
    for (size_t i = 0; i < WAYS; i++) {
        uid_t uid = 77777;
        int r = ask(i, &pair, &uid);
        if (r != 0 || uid != getuid()) {
            fail_msg("%s: %d, uid %u", ways[i].name, r, (unsigned)uid);
        }
    }
    pair_close(&pair);
}

static void test_one_is_oneself_in_every_family(void **state)
{
    check_family(AF_INET, false, AF_INET);
    check_family(AF_INET, true, AF_INET6); /* they speak IPv6 with a mapped address */
    check_family(AF_INET6, false, AF_INET);
    check_family(AF_INET6, false, AF_INET6);
    check_family(AF_INET6, true, AF_INET6);
}

static void test_another_user_is_another_user(void **state)
{
    struct pair pair;
    struct sockaddr_storage to = loopback(AF_INET, listen_on(&pair, AF_INET));
    int told[2], done[2];
    char byte = 0;

    if (getuid() != 0) {
        close(pair.listener);
        skip();
    }
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        if (setgid(12345) != 0 || setuid(12345) != 0) {
            _exit(1);
        }
        connect_to(&to);
        ssize_t r = write(told[1], "x", 1);
        close(done[1]);
        r += read(done[0], &byte, 1);
        _exit(r > 0 ? 0 : 1);
    }
    assert_int_equal(read(told[0], &byte, 1), 1);
    pair.client = -1;
    accept_it(&pair);
    for (size_t i = 0; i < WAYS; i++) {
        uid_t uid = 0;
        assert_int_equal(ask(i, &pair, &uid), 0);
        assert_int_equal(uid, 12345);
    }
    close(done[0]);
    close(done[1]);
    close(told[0]);
    close(told[1]);
    waitpid(child, NULL, 0);
    close(pair.served);
    close(pair.listener);
}

/* The kernel shows a socket that nobody holds as root's. */
static void test_who_has_hung_up_is_nobody(void **state)
{
    struct pair pair;
    struct sockaddr_storage to = loopback(AF_INET, listen_on(&pair, AF_INET));

    pair.client = connect_to(&to);
    accept_it(&pair);
    close(pair.client);
    for (size_t i = 0; i < WAYS; i++) {
        uid_t uid = 77777;
        assert_int_equal(ask(i, &pair, &uid), -ENOENT);
        assert_int_equal(uid, 77777);
    }
    close(pair.served);
    close(pair.listener);
}

/* One who only stops writing is still there. */
static void test_half_a_connection_has_its_user(void **state)
{
    struct pair pair;
    struct sockaddr_storage to = loopback(AF_INET, listen_on(&pair, AF_INET));

    pair.client = connect_to(&to);
    accept_it(&pair);
    assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
    for (size_t i = 0; i < WAYS; i++) {
        uid_t uid = 77777;
        assert_int_equal(ask(i, &pair, &uid), 0);
        assert_int_equal(uid, getuid());
    }
    pair_close(&pair);
}

/* Where there is no connection the kernel answers with a listener at that port. */
static void test_a_listener_is_no_connection(void **state)
{
    struct pair pair;
    in_port_t port = listen_on(&pair, AF_INET);

    pair.peer = loopback(AF_INET, port);
    pair.local = loopback(AF_INET, htons(9));
    for (size_t i = 0; i < WAYS; i++) {
        uid_t uid = 77777;
        assert_int_equal(ask(i, &pair, &uid), -ENOENT);
    }
    close(pair.listener);
}

static void test_other_machines_are_not_asked_about(void **state)
{
    struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons(5)};
    struct sockaddr_storage near = loopback(AF_INET, htons(6));
    struct sockaddr other = {.sa_family = AF_UNIX};
    uid_t uid = 77777;

    far.sin_addr.s_addr = htonl(0x0a000001);
    assert_int_equal(jb_viewer_uid((struct sockaddr *)&far, (struct sockaddr *)&near, &uid), -EINVAL);
    assert_int_equal(jb_viewer_uid((struct sockaddr *)&near, (struct sockaddr *)&far, &uid), -EINVAL);
    assert_int_equal(jb_viewer_uid(&other, (struct sockaddr *)&near, &uid), -EINVAL);
    assert_int_equal(uid, 77777);
}

static void test_tables_that_make_no_sense_name_nobody(void **state)
{
    static const char *const lines[] = {
        "",
        "garbage\n",
        "0: 0100007F:0005 0100007F:0006 01 0:0 0:0 0 x 0 9 1\n",
        "0: 0100007F:0005 0100007F:0006 01 0:0 0:0 0 99999999999 0 9 1\n",
        "0: 0100007F:0005 0100007F:0006 01 0:0 0:0 0 4294967295 0 9 1\n",
        "0: 0100007F:0005 0100007F:0006 06 0:0 0:0 0 0 0 0 1\n", /* no inode */
        "0: 0100007G:0005 0100007F:0006 01 0:0 0:0 0 5 0 9 1\n",
        "0: :0005 0100007F:0006 01 0:0 0:0 0 5 0 9 1\n",
        "0: 0100007F:0005 0100007F:0006\n",
    };
    struct sockaddr_storage peer = loopback(AF_INET, htons(5)), local = loopback(AF_INET, htons(6));
    char folder[] = "/tmp/jb-net-XXXXXX", path[64];
    uid_t uid = 77777;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/tcp", folder);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        fprintf(file, "  sl  local_address rem_address st\n%s", lines[i]);
        fclose(file);
        if (jb_viewer_uid_proc(folder, (struct sockaddr *)&peer, (struct sockaddr *)&local, &uid) == 0) {
            fail_msg("%s", lines[i]);
        }
        assert_int_equal(uid, 77777);
    }
    FILE *file = fopen(path, "we"); /* and one that does */
    assert_non_null(file);
    fprintf(file, "head\n 1: 0100007F:0005 0100007F:0006 01 0:0 0:0 0 5 0 9 1\n");
    fclose(file);
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        assert_int_equal(jb_viewer_uid_proc(folder, (struct sockaddr *)&peer, (struct sockaddr *)&local, &uid), 0);
        assert_int_equal(uid, 5);
    }
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_is_oneself_in_every_family),
        cmocka_unit_test(test_another_user_is_another_user),
        cmocka_unit_test(test_who_has_hung_up_is_nobody),
        cmocka_unit_test(test_half_a_connection_has_its_user),
        cmocka_unit_test(test_a_listener_is_no_connection),
        cmocka_unit_test(test_other_machines_are_not_asked_about),
        cmocka_unit_test(test_tables_that_make_no_sense_name_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
