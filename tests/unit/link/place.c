/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of place.c. */
#include "../base/support.h"
#include "link/link.h"

#include <errno.h>

#define MACHINES "/run/joulebook/joulebook.sock"

static int begin(void **state)
{
    unsetenv("JOULEBOOK_SOCKET");
    unsetenv("XDG_RUNTIME_DIR");
    return 0;
}

static void assert_places(const char *first, const char *second)
{
    char path[200] = "untouched";
    if (first) {
        assert_int_equal(jb_link_place(0, path, sizeof(path)), 0);
        assert_string_equal(path, first);
    }
    if (second) {
        assert_int_equal(jb_link_place(1, path, sizeof(path)), 0);
        assert_string_equal(path, second);
    }
    strcpy(path, "untouched");
    for (size_t past = (first != NULL) + (second != NULL); past < 5; past++) {
        assert_int_equal(jb_link_place(past, path, sizeof(path)), -ENOENT);
    }
    assert_string_equal(path, "untouched");
}

static void the_users_own_comes_before_the_machines(void **state)
{
    assert_places(MACHINES, NULL);
    setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
    assert_places("/run/user/1000/joulebook.sock", MACHINES);
}

static void what_is_told_stands_alone(void **state)
{
    setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
    setenv("JOULEBOOK_SOCKET", "/somewhere/else", 1);
    assert_places("/somewhere/else", NULL);
    setenv("JOULEBOOK_SOCKET", "none", 1);
    assert_places(NULL, NULL);
    setenv("JOULEBOOK_SOCKET", "", 1);
    assert_places("/run/user/1000/joulebook.sock", MACHINES);
}

static void a_runtime_folder_that_cannot_be_is_passed_over(void **state)
{
    char long_one[200];
    memset(long_one, 'x', sizeof(long_one));
    long_one[0] = '/';
    long_one[sizeof(long_one) - 1] = '\0';
    const char *const folders[] = {"", "relative/folder", long_one};
    for (size_t i = 0; i < 3; i++) {
        setenv("XDG_RUNTIME_DIR", folders[i], 1);
        assert_places(MACHINES, NULL);
    }
}

static void a_path_that_no_socket_can_have_is_refused(void **state)
{
    char told[120], path[200] = "untouched";
    memset(told, 'x', sizeof(told));
    told[108] = '\0';
    setenv("JOULEBOOK_SOCKET", told, 1);
    assert_int_equal(jb_link_place(0, path, sizeof(path)), -ENAMETOOLONG);
    assert_int_equal(jb_link_own_place(path, sizeof(path)), -ENAMETOOLONG);
    assert_string_equal(path, "untouched");
    told[107] = '\0';
    setenv("JOULEBOOK_SOCKET", told, 1);
    assert_int_equal(jb_link_place(0, path, 107), -ENAMETOOLONG);
    assert_int_equal(jb_link_place(0, path, sizeof(path)), 0);
    assert_string_equal(path, told);
}

/* 0 when the own place, as seen by an ordinary user, is `expected`; permissions do not bind root. */
static int own_place_of_nobody(const char *expected)
{
    pid_t pid = fork();
    if (pid == 0) {
        char path[200];
        if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0)) {
            _exit(2);
        }
        _exit(jb_link_own_place(path, sizeof(path)) < 0 || strcmp(path, expected) != 0);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static void a_user_listens_where_he_may(void **state)
{
    struct scratch s;
    char expected[PATH_MAX];
    scratch_make(&s);
    assert_int_equal(chmod(s.path, 0777), 0);
    setenv("XDG_RUNTIME_DIR", s.path, 1);
    snprintf(expected, sizeof(expected), "%s/joulebook.sock", s.path);
    assert_int_equal(own_place_of_nobody(expected), 0);
    setenv("XDG_RUNTIME_DIR", "/proc",
           1); /* that nobody can write; the last, whose folder he may not either, says so */
    assert_int_equal(own_place_of_nobody(MACHINES), 0);
    setenv("JOULEBOOK_SOCKET", "/proc/told", 1);
    assert_int_equal(own_place_of_nobody("/proc/told"), 0);
    scratch_remove(&s);
}

static void root_serves_the_machine(void **state)
{
    char path[200];
    if (geteuid() != 0) {
        skip();
    }
    setenv("XDG_RUNTIME_DIR", "/tmp", 1);
    assert_int_equal(jb_link_own_place(path, sizeof(path)), 0);
    assert_string_equal(path, MACHINES);
    setenv("JOULEBOOK_SOCKET", "none", 1);
    assert_int_equal(jb_link_own_place(path, sizeof(path)), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_users_own_comes_before_the_machines, begin),
        cmocka_unit_test_setup(what_is_told_stands_alone, begin),
        cmocka_unit_test_setup(a_runtime_folder_that_cannot_be_is_passed_over, begin),
        cmocka_unit_test_setup(a_path_that_no_socket_can_have_is_refused, begin),
        cmocka_unit_test_setup(a_user_listens_where_he_may, begin),
        cmocka_unit_test_setup(root_serves_the_machine, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
