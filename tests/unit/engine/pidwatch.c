/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that are not ours: whether they have ended, and how. */
#include "test.h"

#include "engine/pidwatch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start(int status)
{
    pid_t pid = fork();

    if (pid == 0) {
        pause();
        _exit(status);
    }
    return pid;
}

static void nothing(int number)
{
}

static void one_that_lives(void **state)
{
    struct jb_pidwatch watch;

    assert_int_equal(jb_pidwatch_open(getpid(), &watch), 0);
    assert_false(jb_pidwatch_ended(&watch));
    jb_pidwatch_close(&watch);
    jb_pidwatch_close(&watch);
    assert_int_equal(watch.fd, -1);
}

static void none_at_all(void **state)
{
    struct jb_pidwatch watch;
    pid_t pid = start(0);

    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(jb_pidwatch_open(pid, &watch), -ESRCH);
    pid = start(0);
    kill(pid, SIGKILL);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0); /* only what is left of one */
    assert_int_equal(jb_pidwatch_open(pid, &watch), -ESRCH);
    waitpid(pid, NULL, 0);
}

/* A zombie tells how it ended on every kernel, since nobody has waited for it. */
static void how_it_ended_is_known(void **state)
{
    struct jb_pidwatch watch;
    int status = -1;

    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = nothing}, NULL);
    for (int wanted = 0; wanted < 2; wanted++) {
        int signal = wanted == 0 ? SIGUSR1 : SIGKILL;
        pid_t pid = start(3);
        assert_int_equal(jb_pidwatch_open(pid, &watch), 0);
        assert_false(jb_pidwatch_status(&watch, &status));
        siginfo_t info = {0};
        while (info.si_pid != pid) { /* it may not be in pause() yet */
            kill(pid, signal);
            usleep(1000);
            assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG), 0);
        }
        assert_true(jb_pidwatch_ended(&watch));
        assert_true(jb_pidwatch_status(&watch, &status));
        assert_int_equal(wanted == 0 ? WEXITSTATUS(status) : WTERMSIG(status), wanted == 0 ? 3 : SIGKILL);
        if (watch.fd >= 0) { /* and without a pidfd */
            jb_pidwatch_close(&watch);
            status = -1;
            assert_true(jb_pidwatch_ended(&watch));
            assert_true(jb_pidwatch_status(&watch, &status));
            assert_int_equal(wanted == 0 ? WEXITSTATUS(status) : WTERMSIG(status), wanted == 0 ? 3 : SIGKILL);
        }
        waitpid(pid, NULL, 0);
        jb_pidwatch_close(&watch);
    }
}

static void lines_of_stat(void **state)
{
    static const struct {
        const char *text;
        int error, status;
    } lines[] = {
        {"42 (a) Z 1 42 42 0 -1 256\n", 0, 256},
        {"42 (a) Z 9) Z 1 0 9\n", 0, 9},
        {"42 (a) S 1 42 42 0\n", -EAGAIN, 0},
        {"42 (a) Z 1 70000\n", -EBADMSG, 0},
        {"42 (a) Z 1 -1\n", -EBADMSG, 0},
        {"42 (a) Z", -EBADMSG, 0},
        {"42 (a)", -EBADMSG, 0},
        {"42 (a", -EBADMSG, 0},
        {"", -EBADMSG, 0},
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        int status = -7;
        assert_int_equal(jb_pidwatch_parse(lines[i].text, strlen(lines[i].text), &status), lines[i].error);
        assert_int_equal(status, lines[i].error == 0 ? lines[i].status : -7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_lives),
        cmocka_unit_test(none_at_all),
        cmocka_unit_test(how_it_ended_is_known),
        cmocka_unit_test(lines_of_stat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
