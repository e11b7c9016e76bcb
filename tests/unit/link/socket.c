/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of socket.c: who may listen and connect where, and what is left behind. */
#include "../base/support.h"
#include "base/diag.h"
#include "link/link.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>

#define NOBODY 65534

static struct scratch scratch;
static const char *path;

static int begin(void **state)
{
    scratch_make(&scratch);
    path = scratch_at(&scratch, "meter.sock");
    return 0;
}

static int end(void **state)
{
    scratch_remove(&scratch);
    return 0;
}

static int listen_at(bool shared)
{
    struct jb_diag diag = {0};
    int fd = -1;
    int error = jb_link_listen(path, shared, &fd, &diag);
    if (error < 0) {
        fail_msg("%s", diag.text);
    }
    return fd;
}

static mode_t mode_of(const char *file)
{
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    return st.st_mode & 07777;
}

static void both_ends_know_each_other(void **state)
{
    struct jb_diag diag = {0};
    struct jb_link_peer peer = {0};
    int there = -1, here = -1, descriptor;
    char *buffer = malloc(JB_LINK_MAX);
    int fd = listen_at(false);
    assert_int_equal(jb_link_accept(fd, &there, &peer), -EAGAIN);
    assert_int_equal(jb_link_connect(path, &here, &diag), 0);
    assert_int_equal(jb_link_accept(fd, &there, &peer), 0);
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.uid, getuid());
    assert_int_equal(peer.gid, getgid());
    const int ends[] = {fd, there, here};
    for (size_t i = 0; i < 3; i++) {
        assert_true((fcntl(ends[i], F_GETFL) & O_NONBLOCK) != 0);
        assert_true((fcntl(ends[i], F_GETFD) & FD_CLOEXEC) != 0);
    }
    memset(buffer, 7, JB_LINK_MAX);
    assert_int_equal(jb_link_send(here, buffer, JB_LINK_MAX, -1), 0);
    assert_int_equal(jb_link_receive(there, buffer, &descriptor), JB_LINK_MAX);
    assert_int_equal(jb_link_send(there, buffer, JB_LINK_MAX, -1), 0);
    assert_int_equal(jb_link_receive(here, buffer, &descriptor), JB_LINK_MAX);
    close(here);
    close(there);
    close(fd);
    free(buffer);
}

/* Whatever the umask says. */
static void the_socket_is_for_us_or_for_all(void **state)
{
    const mode_t masks[] = {0, 022, 077, 0777};
    for (size_t i = 0; i < 4; i++) {
        mode_t before = umask(masks[i]);
        int fd = listen_at(true);
        umask(before);
        assert_int_equal(mode_of(path), 0666);
        close(fd);
        before = umask(masks[i] & 077);
        fd = listen_at(false);
        umask(before);
        assert_int_equal(mode_of(path), 0600);
        close(fd);
    }
}

static void the_folder_is_made(void **state)
{
    path = scratch_at(&scratch, "new/folder/meter.sock");
    close(listen_at(false));
    assert_int_equal(mode_of(scratch_at(&scratch, "new/folder")), 0700);
}

static void a_socket_on_which_nobody_answers_is_replaced(void **state)
{
    struct jb_diag diag = {0};
    int here = -1;
    close(listen_at(false));
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(jb_link_connect(path, &here, &diag), -ECONNREFUSED);
    assert_string_equal(diag.fix, "joulebook serve");
    int fd = listen_at(false);
    assert_int_equal(jb_link_connect(path, &here, &diag), 0);
    close(here);
    close(fd);
}

static void one_that_is_answered_is_left_alone(void **state)
{
    struct jb_diag diag = {0};
    struct jb_link_peer peer;
    int second = 77, here = -1, there = -1;
    int fd = listen_at(false);
    assert_int_equal(jb_link_listen(path, false, &second, &diag), -EADDRINUSE);
    assert_int_equal(second, 77);
    assert_non_null(strstr(diag.text, path));
    assert_true(diag.fix[0] != '\0');
    assert_int_equal(jb_link_accept(fd, &there, &peer), 0); /* that was the look */
    close(there);
    assert_int_equal(jb_link_connect(path, &here, NULL), 0);
    close(here);
    close(fd);
}

static void two_that_begin_at_once_do_not_remove_each_others(void **state)
{
    int fd = -1;
    int lock = open(scratch_at(&scratch, "meter.sock.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    assert_int_equal(jb_link_listen(path, false, &fd, NULL), -EADDRINUSE);
    assert_int_equal(access(path, F_OK), -1);
    close(lock);
    fd = listen_at(false);
    close(fd);
}

static void what_is_no_socket_is_not_removed(void **state)
{
    struct jb_diag diag = {0};
    int fd = -1;
    scratch_text(&scratch, "meter.sock", "precious");
    assert_int_equal(jb_link_listen(path, false, &fd, &diag), -EEXIST);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/nowhere", path), 0);
    assert_int_equal(jb_link_listen(path, false, &fd, &diag), -EEXIST);
}

static void places_that_cannot_be_are_told(void **state)
{
    struct jb_diag diag = {0};
    char name[200];
    int fd = -1;
    assert_int_equal(jb_link_connect(path, &fd, &diag), -ENOENT);
    assert_string_equal(diag.fix, "joulebook serve");
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(jb_link_connect(name, &fd, &diag), -ENAMETOOLONG);
    assert_int_equal(jb_link_listen(name, false, &fd, &diag), -ENAMETOOLONG);
    assert_int_equal(jb_link_listen("", false, &fd, &diag), -EINVAL);
    assert_true(jb_link_listen("/proc/meter.sock", false, &fd, &diag) < 0);
    assert_true(diag.text[0] != '\0');
    assert_int_equal(fd, -1);
}

/* A stranger who was there first would be told what we run and would tell us what it used. */
static void a_strangers_socket_is_not_trusted(void **state)
{
    struct jb_diag diag = {0};
    int ready[2], here = -1;
    char byte;
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(chmod(scratch.path, 0777), 0);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = -1;
        if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0 || jb_link_listen(path, true, &fd, NULL) < 0 ||
            write(ready[1], "x", 1) != 1) {
            _exit(1);
        }
        pause();
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(jb_link_connect(path, &here, &diag), -EPERM);
    assert_non_null(strstr(diag.text, "65534"));
    assert_int_equal(here, -1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(ready[0]);
}

/* Root's is trusted by all, and knows who comes; a private one keeps others out. */
static void another_user_is_known_or_kept_out(void **state)
{
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(chmod(scratch.path, 0777), 0);
    for (int shared = 0; shared <= 1; shared++) {
        struct jb_link_peer peer = {0};
        int fd = listen_at(shared), there = -1, status = -1;
        pid_t pid = fork();
        if (pid == 0) {
            int here = -1;
            _exit(setgid(NOBODY) < 0 || setuid(NOBODY) < 0 ? 99 : -jb_link_connect(path, &here, NULL));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), shared ? 0 : EACCES);
        assert_int_equal(jb_link_accept(fd, &there, &peer), shared ? 0 : -EAGAIN);
        if (shared) {
            assert_int_equal(peer.pid, pid);
            assert_int_equal(peer.uid, NOBODY);
            close(there);
        }
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_ends_know_each_other, begin, end),
        cmocka_unit_test_setup_teardown(the_socket_is_for_us_or_for_all, begin, end),
        cmocka_unit_test_setup_teardown(the_folder_is_made, begin, end),
        cmocka_unit_test_setup_teardown(a_socket_on_which_nobody_answers_is_replaced, begin, end),
        cmocka_unit_test_setup_teardown(one_that_is_answered_is_left_alone, begin, end),
        cmocka_unit_test_setup_teardown(two_that_begin_at_once_do_not_remove_each_others, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_socket_is_not_removed, begin, end),
        cmocka_unit_test_setup_teardown(places_that_cannot_be_are_told, begin, end),
        cmocka_unit_test_setup_teardown(a_strangers_socket_is_not_trusted, begin, end),
        cmocka_unit_test_setup_teardown(another_user_is_known_or_kept_out, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
