/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.c - files that appear whole or not at all, and the folders they lie in.
 *
 * rename(2) within one folder is atomic; fsync(2) before it, so that a crash does not leave an empty file
 * under the new name. An existing file keeps its mode. Odd: "-o /dev/stdout" or "/dev/null" must be written to, never
 * replaced. Documented in file.h.
 */
#include "base/file.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -errno;
        }
        data += n;
        length -= (size_t)n;
    }
    return 0;
}

/* A new file in the folder of `path`, made with `mode` less the umask; its name goes into `name`. Not the name
 * of `path` with something added: that could be too long. */
static int create_beside(const char *path, unsigned mode, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    for (int tries = 0; tries < 16; tries++) {
        uint64_t number = 0;
        if (getentropy(&number, sizeof(number)) < 0) {
            return -EIO;
        }
        int n = jb_snprintf(name, size, "%.*s.joulebook-%016" PRIx64 ".tmp", folder, path, number);
        if (n < 0 || (size_t)n >= size) {
            return -ENAMETOOLONG;
        }
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
        if (fd >= 0 || errno != EEXIST) {
            return fd >= 0 ? fd : -errno;
        }
    }
    return -EEXIST;
}

/* The rename itself must reach the disk. Some file systems cannot sync a folder: nothing to be done. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    if (!jb_copy(folder, sizeof(folder), path)) {
        return;
    }
    char *slash = strrchr(folder, '/');
    if (slash) {
        slash[slash == folder] = '\0';
    }
    JB_CLEANUP(jb_closep) int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
    }
}

static int replace(const char *path, const void *data, size_t length, unsigned mode, const struct stat *old)
{
    char name[PATH_MAX];
    JB_CLEANUP(jb_closep) int fd = create_beside(path, mode, name, sizeof(name));
    if (fd < 0) {
        return fd;
    }
    int r = write_all(fd, data, length);
    if (r == 0 && old && fchmod(fd, old->st_mode & 07777) < 0) {
        r = -errno;
    }
    if (r == 0 && fsync(fd) < 0) {
        r = -errno;
    }
    if (r == 0 && rename(name, path) < 0) {
        r = -errno;
    }
    if (r < 0) {
        unlink(name);
        return r;
    }
    sync_folder(path);
    return 0;
}

static int write_through(const char *path, const void *data, size_t length)
{
    JB_CLEANUP(jb_closep) int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    return fd < 0 ? -errno : write_all(fd, data, length);
}

int jb_write_atomic(const char *path, const void *data, size_t length, unsigned mode, struct jb_diag *diag)
{
    struct stat st;
    int r;
    if (stat(path, &st) < 0) {
        r = replace(path, data, length, mode, NULL);
    } else if (S_ISREG(st.st_mode)) {
        /* Through a link the file it names is replaced, not the link. */
        char target[PATH_MAX];
        r = realpath(path, target) ? replace(target, data, length, mode, &st) : -errno;
    } else {
        r = write_through(path, data, length);
    }
    return r < 0 ? jb_fail(diag, r, "cannot write %s: %s", path, strerror(-r)) : 0;
}

int jb_mkdir_parents(const char *path, unsigned mode)
{
    char part[PATH_MAX];
    if (!jb_copy(part, sizeof(part), path)) {
        return -ENAMETOOLONG;
    }
    for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (slash == part || slash[-1] == '/') {
            continue;
        }
        *slash = '\0';
        if (mkdir(part, (mode_t)mode) < 0) {
            int err = -errno;
            struct stat st;
            /* mkdir says EROFS or EACCES, not EEXIST, for some folders that are there. */
            if (stat(part, &st) < 0) {
                return err;
            }
            if (!S_ISDIR(st.st_mode)) {
                return -ENOTDIR;
            }
        }
        *slash = '/';
    }
    return 0;
}
