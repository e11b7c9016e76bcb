/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh_tar.c - what is in a .tgz, by the system's tar. Documented in refresh_impl.h.
 *
 * The archive is hostile: tar gets it as standard input, so that its name means nothing to it (GNU tar takes
 * "host:file" for another machine), writes to a pipe only, and gets no shell, no files to make, and nothing of the
 * environment but where programs are. What it writes and how long it takes are bounded: a few bytes may unpack to
 * gigabytes.
 */
#include "grid/refresh_impl.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIME_LIMIT_NS (20 * JB_NS_PER_S)
#define LIST_LIMIT    ((size_t)1 << 20)

static int open_archive(const char *path, struct jb_diag *diag)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        int err = -errno;
        return jb_fail(diag, err, "cannot read %s: %s", path, strerror(-err));
    }
    int err = fstat(fd, &st) < 0 ? -errno : !S_ISREG(st.st_mode) ? -EINVAL : 0;
    if (err == 0 && (uint64_t)st.st_size > JB_PACKAGE_LIMIT) {
        err = -EFBIG;
    }
    if (err < 0) {
        close(fd);
        return jb_fail(diag, err, "%s: %s", path, err == -EFBIG ? "far too large for this package" : strerror(-err));
    }
    return fd;
}

/* 0 or a positive errno, as posix_spawn has it. A group of its own, so that gzip can be ended with tar. */
static int spawn_tar(char *const *arguments, int input, int output, pid_t *ret_pid)
{
    char path[4096];
    const char *search = getenv("PATH");
    jb_snprintf(path, sizeof(path), "PATH=%s", search != NULL ? search : "/usr/bin:/bin");
    char *environment[] = {path, (char[]){"LC_ALL=C"}, NULL};
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        error = error != 0 ? error : posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        error = error != 0 ? error : posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_RDWR, 0);
        error = error != 0 ? error : posix_spawnattr_setsigmask(&attributes, &none);
        error = error != 0 ? error : posix_spawnattr_setpgroup(&attributes, 0);
        error =
            error != 0 ? error : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
        error = error != 0 ? error : posix_spawnp(ret_pid, "tar", &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int read_to_end(int fd, size_t limit, struct jb_buf *ret)
{
    uint64_t deadline_ns = jb_mono_ns() + TIME_LIMIT_NS;
    char part[16384];
    for (;;) {
        uint64_t now_ns = jb_mono_ns();
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = now_ns < deadline_ns ? poll(&wait, 1, (int)((deadline_ns - now_ns) / JB_NS_PER_MS) + 1) : 0;
        ssize_t n = ready > 0 ? read(fd, part, sizeof(part)) : ready;
        if (ready == 0) {
            return -ETIMEDOUT;
        }
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -errno;
        }
        if (n == 0) {
            return ret->failed ? -ENOMEM : 0;
        }
        if (ret->length + (size_t)n > limit) {
            return -EFBIG;
        }
        jb_buf_add(ret, part, (size_t)n);
    }
}

static bool ended_well(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int run_tar(const char *path, char *const *arguments, size_t limit, struct jb_buf *ret, struct jb_diag *diag)
{
    JB_CLEANUP(jb_closep) int archive = open_archive(path, diag);
    if (archive < 0) {
        return archive;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return jb_fail(diag, -errno, "cannot run tar: %s", strerror(errno));
    }
    JB_CLEANUP(jb_closep) int output = ends[0];
    pid_t pid = -1;
    int error = spawn_tar(arguments, archive, ends[1], &pid);
    close(ends[1]);
    if (error != 0) {
        jb_fail(diag, -error, "cannot run tar: %s", strerror(error));
        jb_fix(diag, "install tar and gzip, or unpack %s yourself and name the folder", path);
        return -error;
    }
    int err = read_to_end(output, limit, ret);
    if (err < 0) {
        kill(-pid, SIGKILL);
    }
    bool well = ended_well(pid);
    if (err < 0) {
        return jb_fail(diag, err, "%s: %s", path, err == -EFBIG ? "it unpacks to far too much" : strerror(-err));
    }
    return well ? 0 : jb_fail(diag, -EBADMSG, "%s: tar and gzip cannot read it", path);
}

int jb_tar_list(const char *path, struct jb_buf *ret, struct jb_diag *diag)
{
    char program[] = "tar", list[] = "-tzf", input[] = "-";
    char *const arguments[] = {program, list, input, NULL};
    return run_tar(path, arguments, LIST_LIMIT, ret, diag);
}

int jb_tar_member(const char *path, const char *member, struct jb_buf *ret, struct jb_diag *diag)
{
    char program[] = "tar", extract[] = "-xzOf", input[] = "-", names[] = "--", name[1024];
    char *const arguments[] = {program, extract, input, names, name, NULL};
    if (!jb_copy(name, sizeof(name), member)) {
        return jb_fail(diag, -EBADMSG, "%s: too long a name in it", path);
    }
    return run_tar(path, arguments, JB_PACKAGE_FILE_LIMIT, ret, diag);
}
