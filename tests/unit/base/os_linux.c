/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/os_linux.c, about this process and its children. */
#include "base/os.h"

#include "base/text.h"
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void the_boot_id_is_a_uuid_and_stays(void **state)
{
    char a[JB_BOOT_ID_TEXT], b[JB_BOOT_ID_TEXT];
    assert_int_equal(jb_os_boot_id(a), 0);
    assert_int_equal(jb_os_boot_id(b), 0);
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), 36);
    assert_int_equal(strspn(a, "0123456789abcdef-"), 36);
}

/* A child that waits until the pipe closes. */
static pid_t start_child(const char *name, int *ret_pipe)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char byte = 'r';
        close(ends[0]);
        prctl(PR_SET_NAME, name);
        (void)!write(ends[1], &byte, 1); /* the name is set */
        close(ends[1]);
        pause();
        _exit(0);
    }
    char byte = 0;
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    *ret_pipe = ends[0];
    return pid;
}

static void end_child(pid_t pid, int fd)
{
    int status;
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(fd);
}

static void a_start_time_stays_and_a_child_is_not_older(void **state)
{
    uint64_t own = 0, again = 0, child = 0;
    assert_int_equal(jb_os_process_start(getpid(), &own), 0);
    assert_int_equal(jb_os_process_start(getpid(), &again), 0);
    assert_true(own > 0 && own == again);
    int fd;
    pid_t pid = start_child("plain", &fd);
    int r = jb_os_process_start(pid, &child);
    end_child(pid, fd);
    assert_int_equal(r, 0);
    assert_true(child >= own);
}

static void a_name_with_parentheses_does_not_shift_the_fields(void **state)
{
    uint64_t own = 0, child = 0;
    int fd;
    assert_int_equal(jb_os_process_start(getpid(), &own), 0);
    pid_t pid = start_child("a) S 1 1 (b 7", &fd);
    int r = jb_os_process_start(pid, &child);
    end_child(pid, fd);
    assert_int_equal(r, 0);
    assert_true(child >= own);
}

static void a_process_that_is_gone_has_no_start(void **state)
{
    uint64_t ticks = 77;
    int fd;
    pid_t pid = start_child("x", &fd);
    end_child(pid, fd);
    assert_int_equal(jb_os_process_start(pid, &ticks), -ESRCH);
    assert_int_equal(jb_os_process_start(0, &ticks), -ESRCH);
    assert_int_equal(jb_os_process_start(-1, &ticks), -ESRCH);
    assert_true(ticks == 77);
}

/* In a child, so that the test itself stays no subreaper. */
static void orphans_come_to_the_subreaper(void **state)
{
    pid_t middle = fork();
    assert_true(middle >= 0);
    if (middle == 0) {
        if (jb_os_become_subreaper() < 0) {
            _exit(10);
        }
        pid_t parent = fork();
        if (parent == 0) {
            pid_t orphan = fork();
            _exit(orphan < 0 ? 11 : orphan == 0 ? 42 : 0);
        }
        int seen = 0, status;
        while (wait(&status) > 0) {
            seen += WIFEXITED(status) && WEXITSTATUS(status) == 42;
        }
        _exit(seen == 1 ? 0 : 12);
    }
    int status;
    assert_int_equal(waitpid(middle, &status, 0), middle);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void the_peak_of_memory_counts_what_was_touched(void **state)
{
    size_t more = (size_t)64 << 20;
    uint64_t before = jb_os_max_rss();
    assert_true(before > 100 * 1024);
    void *p = mmap(NULL, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(p, MAP_FAILED);
    memset(p, 1, more);
    munmap(p, more);
    uint64_t after = jb_os_max_rss();
    assert_true(after >= before && after >= more); /* a peak outlives the memory */
}

static void the_version_has_three_parts(void **state)
{
    assert_true(jb_starts(jb_os_version(), "Linux-"));
    assert_non_null(strchr(jb_os_version() + strlen("Linux-"), '-'));
}

static void a_zombie_has_ended(void **state)
{
    uint64_t ticks;
    siginfo_t info;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(jb_os_process_start(pid, &ticks), -ESRCH);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zombie_has_ended),
        cmocka_unit_test(the_boot_id_is_a_uuid_and_stays),
        cmocka_unit_test(a_start_time_stays_and_a_child_is_not_older),
        cmocka_unit_test(a_name_with_parentheses_does_not_shift_the_fields),
        cmocka_unit_test(a_process_that_is_gone_has_no_start),
        cmocka_unit_test(orphans_come_to_the_subreaper),
        cmocka_unit_test(the_peak_of_memory_counts_what_was_touched),
        cmocka_unit_test(the_version_has_three_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
