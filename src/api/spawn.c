/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start the meter from inside somebody else's program, without a trace in it.
 *
 * The program may wait for any child, or count those that end. So the meter is a grandchild whose parent ends at once,
 * and that parent is made by clone(2) without an exit signal: no SIGCHLD is sent, and wait() does not see it, only our
 * own waitpid(__WALL). Both share our memory until the exec, like a vfork(): nothing is copied, however large the
 * program is, and no handler of pthread_atfork() runs. What runs in between calls only what signal handlers may call.
 *
 * The meter has a session of its own, so that ^C at the program's terminal does not end it before it has stored the
 * run, and of our descriptors none but its three. It starts with all signals blocked and sees to them itself.
 */
#include "api/api.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE ((size_t)64 << 10) /* of each of the two */
#define OLD_MAX_FD 1024               /* where the kernel cannot close a range (before 5.9) */

extern char **environ;

struct launch {
    char *const *argv;
    int talk, errors;
    char *stack; /* of the second */
};

static int become_meter(void *context)
{
    const struct launch *launch = context;

    if (dup2(launch->talk, 0) < 0 || dup2(launch->talk, 1) < 0 || dup2(launch->errors, 2) < 0) {
        _exit(126);
    }
    if (syscall(SYS_close_range, 3U, ~0U, 0U) < 0) {
        for (int fd = 3; fd < OLD_MAX_FD; fd++) {
            close(fd);
        }
    }
    execve(launch->argv[0], launch->argv, environ);
    _exit(127);
}

static int be_between(void *context)
{
    const struct launch *launch = context;

    setsid();
    _exit(clone(become_meter, launch->stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, context) < 0 ? 1 : 0);
}

/* All signals are held back: a handler of the program must not run in the clone, whose memory is ours. */
static int clone_meter(struct launch *launch, char *stack)
{
    sigset_t all, before;
    int status = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = clone(be_between, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK, launch);
    if (pid < 0 && errno == EINVAL) { /* emulators know no child without an exit signal */
        pid = clone(be_between, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, launch);
    }
    int error = pid < 0 ? -errno : 0;
    while (pid > 0 && waitpid(pid, &status, __WALL) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error < 0 ? error : status != 0 ? -EAGAIN : 0;
}

/* Numbers of 3 and more, so that none is overwritten when the meter's three are put in place. */
static int lift(int fds[2])
{
    for (int i = 0; i < 2; i++) {
        if (fds[i] < 3) {
            int lifted = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
            if (lifted < 0) {
                return -errno;
            }
            close(fds[i]);
            fds[i] = lifted;
        }
    }
    return 0;
}

static void close_both(int fds[2])
{
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
        fds[i] = -1;
    }
}

int api_spawn(char *const *argv, int *ret_talk, int *ret_errors)
{
    int talk[2] = {-1, -1}, errors[2] = {-1, -1};
    int error = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) < 0 ? -errno : 0;

    if (error == 0 && pipe2(errors, O_CLOEXEC) < 0) {
        error = -errno;
    }
    if (error == 0 && (error = lift(talk)) == 0) {
        error = lift(errors);
    }
    char *stacks = MAP_FAILED;
    if (error == 0) {
        stacks = mmap(NULL, 2 * STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        error = stacks == MAP_FAILED ? -errno : 0;
    }
    if (error == 0) {
        struct launch launch = {.argv = argv, .talk = talk[1], .errors = errors[1], .stack = stacks + STACK_SIZE};
        error = clone_meter(&launch, stacks);
        munmap(stacks, 2 * STACK_SIZE);
    }
    if (error < 0) {
        close_both(talk);
        close_both(errors);
        return error;
    }
    close(talk[1]);
    close(errors[1]);
    *ret_talk = talk[0];
    *ret_errors = errors[0];
    return 0;
}
