/* SPDX-License-Identifier: Apache-2.0 */
/* The child: what is passed on and what is not, exec failures, exit statuses, orphans. */
#include "test.h"

#include "base/clock.h"
#include "base/diag.h"
#include "engine/child.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static sigset_t old_mask, watched;

static void spawn(struct jb_child *child, const char *script)
{
    char shell[] = "sh", option[] = "-c", text[256];
    snprintf(text, sizeof(text), "%s", script);
    char *argv[] = {shell, option, text, NULL};
    struct jb_diag diag;

    assert_int_equal(jb_child_spawn(child, argv, NULL, &old_mask, &diag), 0);
}

static unsigned reaped_count;
static void count_reaped(void *context, pid_t pid, const struct rusage *usage)
{
    reaped_count++;
}

static void wait_for(struct jb_child *child)
{
    while (!jb_child_reap(child, count_reaped, NULL)) {
        siginfo_t info;
        waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
    }
}

static void it_waits_until_it_is_released(void **state)
{
    struct jb_child child;
    char path[] = "/tmp/jb-child-XXXXXX", script[64];
    int fd = mkstemp(path);

    close(fd);
    unlink(path);
    snprintf(script, sizeof(script), "touch %s", path);
    spawn(&child, script);
    assert_int_equal(waitpid(child.pid, NULL, WNOHANG), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(jb_child_release(&child), 0);
    wait_for(&child);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(jb_child_exit_status(&child), 0);
    unlink(path);
    jb_child_finish(&child);
}

static void a_meter_that_dies_first_leaves_no_child(void **state)
{
    struct jb_child child;
    pid_t pid;

    spawn(&child, "exit 0");
    pid = child.pid;
    jb_child_finish(&child); /* closes the pipe, as our death would */
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 125);
}

static void exec_failures_are_told_apart(void **state)
{
    struct jb_child child;
    struct jb_diag diag;
    char no_such[] = "/no/such/program", root[] = "/";
    char *missing[] = {no_such, NULL}, *folder[] = {root, NULL};

    assert_int_equal(jb_child_spawn(&child, missing, NULL, &old_mask, &diag), 0);
    assert_int_equal(jb_child_release(&child), -ENOENT);
    assert_true(child.ended);
    jb_child_finish(&child);
    assert_int_equal(jb_child_spawn(&child, folder, NULL, &old_mask, &diag), 0);
    assert_int_equal(jb_child_release(&child), -EACCES);
    jb_child_finish(&child);
}

static void exit_status_and_signal(void **state)
{
    struct jb_child child;

    spawn(&child, "exit 9");
    assert_int_equal(jb_child_release(&child), 0);
    wait_for(&child);
    assert_int_equal(jb_child_exit_status(&child), 9);
    spawn(&child, "kill -TERM $$");
    assert_int_equal(jb_child_release(&child), 0);
    wait_for(&child);
    assert_int_equal(jb_child_exit_status(&child), 128 + SIGTERM);
}

static void orphans_come_to_us(void **state)
{
    struct jb_child child;

    reaped_count = 0;
    spawn(&child, "(sh -c 'sleep 0.05; exit 0' &) ; exit 0"); /* the grandchild outlives its parents */
    assert_int_equal(jb_child_release(&child), 0);
    wait_for(&child);
    while (waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOWAIT) == 0) {
        jb_child_reap(&child, count_reaped, NULL);
    }
    assert_true(reaped_count >= 2);
}

/* Who starts us may ignore SIGCHLD: the end is told all the same, and the program gets it as it was. */
static void a_child_is_waited_for_though_sigchld_was_ignored(void **state)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before, now;
    char grep[] = "grep", quiet[] = "-q", ignored[] = "^SigIgn:.*1....$", status[] = "/proc/self/status";
    char *argv[] = {grep, quiet, ignored, status, NULL}; /* not a shell: some set it to the default first */
    struct jb_child child;
    struct jb_diag diag;

    sigaction(SIGCHLD, &ignore, &before);
    assert_int_equal(jb_child_spawn(&child, argv, NULL, &old_mask, &diag), 0);
    assert_int_equal(jb_child_release(&child), 0);
    sigaction(SIGCHLD, NULL, &now);
    assert_true(now.sa_handler == SIG_DFL);
    wait_for(&child);
    assert_int_equal(jb_child_exit_status(&child), 0);
    jb_child_finish(&child);
    sigaction(SIGCHLD, &before, NULL);
}

static void what_is_passed_on(void **state)
{
    struct jb_child child = {.pid = 1234};
    uint64_t now_ns = 100 * JB_NS_PER_S;

    assert_int_equal(jb_child_decide(&child, SIGTERM, false, true, now_ns), JB_PASS_SAME);
    assert_int_equal(jb_child_decide(&child, SIGINT, true, true, now_ns), JB_PASS_NOTHING); /* the terminal's */
    assert_int_equal(jb_child_decide(&child, SIGINT, true, false, now_ns), JB_PASS_SAME);   /* child left the group */
    child.interrupts = 1;
    child.last_interrupt_ns = now_ns - 2 * JB_NS_PER_S;
    assert_int_equal(jb_child_decide(&child, SIGINT, false, true, now_ns), JB_PASS_KILL);
    assert_int_equal(jb_child_decide(&child, SIGINT, false, true, now_ns + 1), JB_PASS_SAME);
    assert_int_equal(jb_child_decide(&child, SIGHUP, false, true, now_ns), JB_PASS_SAME);
    child.ended = true;
    assert_int_equal(jb_child_decide(&child, SIGTERM, false, true, now_ns), JB_PASS_NOTHING);
}

static int prepare(void **state)
{
    return jb_child_prepare(&old_mask, &watched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_waits_until_it_is_released),
        cmocka_unit_test(a_meter_that_dies_first_leaves_no_child),
        cmocka_unit_test(exec_failures_are_told_apart),
        cmocka_unit_test(exit_status_and_signal),
        cmocka_unit_test(orphans_come_to_us),
        cmocka_unit_test(a_child_is_waited_for_though_sigchld_was_ignored),
        cmocka_unit_test(what_is_passed_on),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
