/* SPDX-License-Identifier: Apache-2.0 */
/* What a service says to systemd, and the sockets that it gets from it. */
#include "support.h"

#include "base/service.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* What systemd would hear at this path; '@' is an abstract one. */
static int notified_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0 && length < sizeof(address.sun_path));
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
    }
    assert_int_equal(
        bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)), 0);
    return fd;
}

static void assert_heard(int fd, const char *text)
{
    char heard[64] = "";

    assert_true(recv(fd, heard, sizeof(heard) - 1, 0) > 0);
    assert_string_equal(heard, text);
}

static void what_is_said_is_heard(void **state)
{
    struct scratch s;
    char abstract[64];
    scratch_make(&s);
    snprintf(abstract, sizeof(abstract), "@jb-service-%d", (int)getpid());
    const char *const paths[] = {scratch_at(&s, "notify"), abstract};

    for (size_t i = 0; i < 2; i++) {
        int fd = notified_at(paths[i]);
        setenv("NOTIFY_SOCKET", paths[i], 1);
        assert_true(jb_service_notify("READY=1"));
        assert_true(jb_service_notify("STATUS=two\nlines"));
        assert_heard(fd, "READY=1");
        assert_heard(fd, "STATUS=two\nlines");
        close(fd);
        assert_false(jb_service_notify("WATCHDOG=1")); /* nobody is there any more */
    }
    unsetenv("NOTIFY_SOCKET");
    scratch_remove(&s);
}

static void without_a_manager_nothing_is_said(void **state)
{
    char path[300];
    static const char *const wrong[] = {"", "relative", "vsock:2:1234", "/nonexistent/notify"};

    unsetenv("NOTIFY_SOCKET");
    assert_false(jb_service_notify("READY=1"));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        setenv("NOTIFY_SOCKET", wrong[i], 1);
        assert_false(jb_service_notify("READY=1"));
    }
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    setenv("NOTIFY_SOCKET", path, 1);
    assert_false(jb_service_notify("READY=1"));
    unsetenv("NOTIFY_SOCKET");
}

enum kind { NET, NET6, NET_SILENT, UNIX_PACKETS, UNIX_STREAM, A_FILE, KINDS };

static int open_kind(struct scratch *s, enum kind kind)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX};
    struct sockaddr_in net = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 net6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = -1;

    switch (kind) {
    case NET:
    case NET_SILENT:
        fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&net, sizeof(net)), 0);
        break;
    case NET6:
        fd = socket(AF_INET6, SOCK_STREAM, 0);
        if (fd < 0 || bind(fd, (struct sockaddr *)&net6, sizeof(net6)) < 0) {
            _exit(77); /* a machine without */
        }
        break;
    case UNIX_PACKETS:
    case UNIX_STREAM:
        snprintf(here.sun_path, sizeof(here.sun_path), "%s",
                 scratch_at(s, kind == UNIX_PACKETS ? "packets" : "stream"));
        unlink(here.sun_path);
        fd = socket(AF_UNIX, kind == UNIX_PACKETS ? SOCK_SEQPACKET : SOCK_STREAM, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
        break;
    default:
        return open("/dev/null", O_RDONLY);
    }
    if (kind != NET_SILENT) {
        assert_int_equal(listen(fd, 1), 0);
    }
    return fd;
}

/* In a child that has these as descriptors 3, 4, ...: which of them are taken, as 10 * stream + packets (0: none), and
 * 100 more for each that is open though it was not taken. */
static int take(struct scratch *s, const enum kind *kinds, int count, const char *listen_fds, bool for_another)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        char text[32];
        int fds[8], stream, packets, left = 0;
        for (int i = 0; i < count; i++) {
            int fd = open_kind(s, kinds[i]);
            fds[i] = fcntl(fd, F_DUPFD, 50);
            close(fd);
        }
        for (int i = 0; i < count; i++) {
            dup2(fds[i], 3 + i);
            close(fds[i]);
        }
        snprintf(text, sizeof(text), "%d", (int)getpid() + for_another);
        setenv("LISTEN_PID", text, 1);
        setenv("LISTEN_FDS", listen_fds, 1);
        setenv("LISTEN_FDNAMES", "a:b", 1);
        jb_service_sockets(&stream, &packets);
        for (int i = 0; i < count; i++) {
            left += 3 + i != stream && 3 + i != packets && fcntl(3 + i, F_GETFD) >= 0;
        }
        bool kept = (stream < 0 || (fcntl(stream, F_GETFD) & FD_CLOEXEC) != 0) &&
                    (packets < 0 ||
                     ((fcntl(packets, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(packets, F_GETFL) & O_NONBLOCK) != 0));
        bool forgotten =
            getenv("LISTEN_PID") == NULL && getenv("LISTEN_FDS") == NULL && getenv("LISTEN_FDNAMES") == NULL;
        _exit(kept && forgotten ? 10 * (stream < 0 ? 0 : stream) + (packets < 0 ? 0 : packets) + 100 * left : 99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void sockets_are_taken_by_kind(void **state)
{
    struct scratch s;
    scratch_make(&s);
    const enum kind both[] = {UNIX_PACKETS, NET}, twice[] = {NET, NET, UNIX_PACKETS}, six[] = {NET6};
    const enum kind wrong[] = {A_FILE, UNIX_STREAM, NET_SILENT};

    assert_int_equal(take(&s, both, 2, "2", false), 43);
    assert_int_equal(take(&s, both, 1, "1", false), 3);
    assert_int_equal(take(&s, both + 1, 1, "1", false), 30);
    assert_int_equal(take(&s, twice, 3, "3", false), 35); /* the second is closed */
    int r = take(&s, six, 1, "1", false);
    assert_true(r == 30 || r == 77);
    assert_int_equal(take(&s, wrong, 3, "3", false), 0);
    assert_int_equal(take(&s, both, 2, "2", true), 200); /* another process's: not even looked at */
    assert_int_equal(take(&s, both, 2, "0", false), 200);
    assert_int_equal(take(&s, both, 2, "99999999999999999999", false), 200);
    assert_int_equal(take(&s, both, 2, "65", false), 200);
    assert_int_equal(take(&s, both, 2, "x", false), 200);
    assert_int_equal(take(&s, both, 2, "-1", false), 200);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_is_heard),
        cmocka_unit_test(without_a_manager_nothing_is_said),
        cmocka_unit_test(sockets_are_taken_by_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
