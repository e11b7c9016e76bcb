/* SPDX-License-Identifier: Apache-2.0 */
/* burner.h - children of a test that use processor time, and never outlive it. */
#ifndef JB_TESTS_ENGINE_BURNER_H
#define JB_TESTS_ENGINE_BURNER_H

#include "test.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Busy for so much of its own processor time, whoever else wants the machine. */
__attribute__((unused)) static void burn_ms(unsigned ms)
{
    struct timespec used;
    volatile unsigned work = 0;
    (void)work;

    do {
        for (unsigned i = 0; i < 20000; i++) {
            work += i;
        }
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    } while ((uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000 < ms);
}

/* fork() of a child that ends with us, also where we end first. */
__attribute__((unused)) static pid_t fork_bound(void)
{
    pid_t parent = getpid(), pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(0);
        }
    }
    return pid;
}

/* Burns, then waits to be ended. */
__attribute__((unused)) static pid_t fork_child(unsigned ms)
{
    pid_t pid = fork_bound();

    if (pid == 0) {
        burn_ms(ms);
        for (;;) {
            pause();
        }
    }
    return pid;
}

/* The same, which burns beside a child of its own that burns too, told in *ret_child. Neither is a child of ours: to a
 * meter its own children are itself. */
__attribute__((unused)) static pid_t fork_pair(unsigned ms, unsigned child_ms, pid_t *ret_child)
{
    int ends[2];
    pid_t pids[2];

    assert_int_equal(pipe(ends), 0);
    pid_t between = fork_bound();
    if (between == 0) {
        pid_t pid = fork_bound();
        if (pid == 0) {
            pids[0] = getpid();
            pids[1] = ret_child != NULL ? fork_child(child_ms) : 0;
            if (write(ends[1], pids, sizeof(pids)) == (ssize_t)sizeof(pids)) {
                burn_ms(ms);
                for (;;) {
                    pause();
                }
            }
        }
        waitpid(pid, NULL, 0);
        _exit(0);
    }
    assert_true(between > 0);
    close(ends[1]);
    assert_int_equal(read(ends[0], pids, sizeof(pids)), sizeof(pids));
    close(ends[0]);
    if (ret_child != NULL) {
        *ret_child = pids[1];
    }
    return pids[0];
}

__attribute__((unused)) static pid_t fork_burner(unsigned ms)
{
    return fork_pair(ms, 0, NULL);
}

/* And its child. It is gone when this returns. */
__attribute__((unused)) static void end_burner(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_true(waitpid(-1, NULL, 0) > 0); /* who waited for it ends after it */
}

#endif
