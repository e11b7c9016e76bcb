/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The measured program. Two pipes: the child reads `go` and then execs; `exec` closes on a successful exec (close on
 * exec) or carries the errno of a failed one, so that "not found" is told before anything else is printed.
 */
#include "engine/child.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_INTERRUPT_NS (2 * JB_NS_PER_S)

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

int jb_child_prepare(sigset_t *ret_old, sigset_t *ret_watched)
{
    sigset_t watched;

    sigemptyset(&watched);
    for (size_t i = 0; i < JB_COUNT(passed_on); i++) {
        sigaddset(&watched, passed_on[i]);
    }
    sigaddset(&watched, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &watched, ret_old) < 0) {
        return -errno;
    }
    *ret_watched = watched;
    return jb_os_become_subreaper();
}

static void __attribute__((noreturn)) child_main(char **argv, char **environment, int go_fd, int exec_fd,
                                                 const sigset_t *mask, const struct sigaction *sigchld)
{
    char byte;
    ssize_t got;

    do {
        got = read(go_fd, &byte, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1) {
        _exit(125); /* the meter died before it let us go: the program never started */
    }
    sigaction(SIGCHLD, sigchld, NULL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvpe(argv[0], argv, environment != NULL ? environment : environ);
    int error = errno;
    ssize_t ignored = write(exec_fd, &error, sizeof(error));
    (void)ignored;
    _exit(error == ENOENT ? 127 : 126);
}

int jb_child_spawn(struct jb_child *child, char **argv, char **environment, const sigset_t *mask, struct jb_diag *diag)
{
    int go[2] = {-1, -1}, ran[2] = {-1, -1};

    *child = (struct jb_child){.go_fd = -1, .exec_fd = -1};
    if (pipe2(go, O_CLOEXEC) < 0 || pipe2(ran, O_CLOEXEC) < 0) {
        int error = -errno;
        jb_closep(&go[0]);
        jb_closep(&go[1]);
        return jb_fail(diag, error, "cannot make a pipe: %s", strerror(-error));
    }
    /* Who starts us may ignore SIGCHLD; then nobody's end would ever be told. The program gets it as it was. */
    struct sigaction normal = {.sa_handler = SIG_DFL}, sigchld;
    sigaction(SIGCHLD, &normal, &sigchld);
    pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        close(ran[0]);
        child_main(argv, environment, go[0], ran[1], mask, &sigchld);
    }
    int error = pid < 0 ? -errno : 0;
    jb_closep(&go[0]);
    jb_closep(&ran[1]);
    if (error < 0) {
        jb_closep(&go[1]);
        jb_closep(&ran[0]);
        return jb_fail(diag, error, "cannot start a process: %s", strerror(-error));
    }
    /* Ours alone: a reader of our report that goes away does not take the program's exit status with it. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    child->pid = pid;
    child->go_fd = go[1];
    child->exec_fd = ran[0];
    return 0;
}

int jb_child_release(struct jb_child *child)
{
    int error = 0;
    ssize_t got;

    if (write(child->go_fd, "g", 1) != 1) {
        error = errno;
    }
    jb_closep(&child->go_fd);
    child->go_fd = -1;
    if (error == 0) {
        do {
            got = read(child->exec_fd, &error, sizeof(error));
        } while (got < 0 && errno == EINTR);
        if (got != (ssize_t)sizeof(error)) {
            error = 0;
        }
    }
    jb_closep(&child->exec_fd);
    child->exec_fd = -1;
    if (error != 0) {
        while (waitpid(child->pid, &child->wait_status, 0) < 0 && errno == EINTR) {
        }
        child->ended = true;
    }
    return -error;
}

enum jb_pass jb_child_decide(const struct jb_child *child, int signal, bool from_kernel, bool same_group,
                             uint64_t now_ns)
{
    if (child->pid <= 0 || child->ended) {
        return JB_PASS_NOTHING;
    }
    if (signal == SIGINT && child->interrupts > 0 && now_ns - child->last_interrupt_ns <= SECOND_INTERRUPT_NS) {
        return JB_PASS_KILL;
    }
    if (from_kernel && same_group) {
        return JB_PASS_NOTHING; /* the terminal sent it to the whole group */
    }
    return JB_PASS_SAME;
}

int jb_child_signal(struct jb_child *child, const struct signalfd_siginfo *info, uint64_t now_ns)
{
    int signal = (int)info->ssi_signo;
    bool same_group = child->pid > 0 && getpgid(child->pid) == getpgrp();
    enum jb_pass pass = jb_child_decide(child, signal, info->ssi_code == SI_KERNEL, same_group, now_ns);

    if (signal == SIGINT || signal == SIGTERM) {
        child->interrupted = true;
    }
    if (signal == SIGINT) {
        child->interrupts++;
        child->last_interrupt_ns = now_ns;
    }
    int send = pass == JB_PASS_SAME ? signal : pass == JB_PASS_KILL ? SIGKILL : 0;
    if (send != 0 && kill(child->pid, send) < 0) {
        return 0;
    }
    return send;
}

bool jb_child_reap(struct jb_child *child, jb_reaped_fn reaped, void *context)
{
    for (;;) {
        struct rusage usage;
        int status;
        pid_t pid = wait4(-1, &status, WNOHANG, &usage);
        if (pid < 0 && errno == EINTR) {
            continue;
        }
        if (pid < 0 && errno == ECHILD) {
            child->ended = true; /* nobody is left to wait for */
        }
        if (pid <= 0) {
            return child->ended;
        }
        if (pid == child->pid) {
            child->ended = true;
            child->wait_status = status;
        }
        if (reaped != NULL) {
            reaped(context, pid, &usage);
        }
    }
}

int jb_child_exit_status(const struct jb_child *child)
{
    if (WIFSIGNALED(child->wait_status)) {
        return 128 + WTERMSIG(child->wait_status);
    }
    return WEXITSTATUS(child->wait_status);
}

void jb_child_finish(struct jb_child *child)
{
    jb_closep(&child->go_fd);
    jb_closep(&child->exec_fd);
    *child = (struct jb_child){.go_fd = -1, .exec_fd = -1};
}
