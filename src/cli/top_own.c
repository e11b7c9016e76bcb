/* SPDX-License-Identifier: Apache-2.0 */
/* `joulebook serve` without HTTP or database, at a socket in a folder of our own. */
#include "cli/top_own.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_NS (5 * JB_NS_PER_S)
#define STEP_MS  20

static void run_meter(const char *socket, pid_t parent)
{
    sigset_t none;
    int null = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(1); /* it ended before we could ask to be told */
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execl("/proc/self/exe", "joulebook", "serve", "--listen", "none", "--db", "none", "--socket", socket, (char *)NULL);
    _exit(127);
}

static int wait_ready(struct top_own *own, struct jb_diag *diag)
{
    uint64_t end_ns = jb_mono_ns() + READY_NS;
    struct stat status;

    while (jb_mono_ns() < end_ns) {
        if (waitpid(own->pid, NULL, WNOHANG) == own->pid) {
            own->pid = 0;
            return jb_fail(diag, -ECHILD, "the meter that top started ended at once: try joulebook serve");
        }
        if (stat(own->socket, &status) == 0) {
            return 0;
        }
        poll(NULL, 0, STEP_MS);
    }
    return jb_fail(diag, -ETIMEDOUT, "the meter that top started does not answer: try joulebook serve");
}

int top_own_start(struct top_own *own, struct jb_diag *diag)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    bool fits = runtime != NULL && runtime[0] == '/' && strlen(runtime) < 32 && access(runtime, W_OK) == 0;
    pid_t parent = getpid();

    *own = (struct top_own){.pid = 0};
    snprintf(own->folder, sizeof(own->folder), "%s/joulebook-top-XXXXXX", fits ? runtime : "/tmp");
    if (mkdtemp(own->folder) == NULL) {
        own->folder[0] = '\0';
        return jb_fail(diag, -errno, "no folder can be made for a meter: %s", strerror(errno));
    }
    snprintf(own->socket, sizeof(own->socket), "%s/meter.sock", own->folder);
    own->pid = fork();
    if (own->pid < 0) {
        int error = jb_fail(diag, -errno, "cannot start a meter: %s", strerror(errno));
        own->pid = 0;
        return error;
    }
    if (own->pid == 0) {
        run_meter(own->socket, parent);
    }
    int error = wait_ready(own, diag);
    if (error == 0) {
        setenv("JOULEBOOK_SOCKET", own->socket, 1);
    }
    return error;
}

void top_own_stop(struct top_own *own)
{
    char lock[112];

    if (own->pid > 0) {
        kill(own->pid, SIGTERM);
        waitpid(own->pid, NULL, 0);
    }
    if (own->folder[0] != '\0') {
        snprintf(lock, sizeof(lock), "%s.lock", own->socket);
        unlink(lock);
        unlink(own->socket);
        rmdir(own->folder);
    }
    *own = (struct top_own){.pid = 0};
}
