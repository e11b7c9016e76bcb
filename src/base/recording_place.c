/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recording_place.c - see recording_place.h. Names come from a machine that may be made up: every folder is opened by
 * its name from the one around it, and none that is a symbolic link.
 */
#include "base/recording_place.h"

#include "base/cleanup.h"
#include "base/scrub.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool jb_place_tidy(const char *path, char ret[PATH_MAX])
{
    size_t to = 0;
    for (const char *at = path + strspn(path, "/"); *at && to < PATH_MAX;) {
        size_t length = strcspn(at, "/");
        if (length == 2 && at[0] == '.' && at[1] == '.') {
            return false;
        }
        if (length != 1 || at[0] != '.') {
            if (length + 2 > PATH_MAX - to) {
                return false;
            }
            ret[to] = '/';
            memcpy(ret + to + 1, at, length);
            to += length + 1;
        }
        at += length;
        at += strspn(at, "/");
    }
    ret[to] = '\0';
    return path[0] == '/' && to > 0;
}

void jb_place_finish(struct jb_place *place)
{
    jb_closep(&place->folder);
}

static int enter(int folder, const char *name)
{
    if (mkdirat(folder, name, 0755) < 0 && errno != EEXIST) {
        return -1;
    }
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool jb_place_of(const struct jb_recording *recording, const char *path, struct jb_place *ret)
{
    jb_copy(ret->path, sizeof(ret->path), path);
    jb_scrub_text(recording->salt, ret->path, strlen(ret->path));
    ret->folder = open(recording->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *at = ret->path + 1;
    for (char *slash; ret->folder >= 0 && (slash = strchr(at, '/')) != NULL; at = slash + 1) {
        *slash = '\0';
        int inner = enter(ret->folder, at);
        *slash = '/';
        close(ret->folder);
        ret->folder = inner;
    }
    ret->name = at;
    return ret->folder >= 0;
}

bool jb_place_is_taken(const struct jb_place *place, bool *ret_empty)
{
    struct stat st;
    if (fstatat(place->folder, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return false;
    }
    *ret_empty = S_ISREG(st.st_mode) && st.st_size == 0 && (st.st_mode & 0777) != 0;
    return true;
}

static void put_file(const struct jb_place *place, const char *name, const void *data, size_t length, unsigned mode)
{
    char part[48];
    jb_snprintf(part, sizeof(part), ".part-%zx", (size_t)(uintptr_t)place); /* on the stack of this thread alone */
    int fd = openat(place->folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return;
    }
    bool whole = write(fd, data, length) == (ssize_t)length && fchmod(fd, mode) == 0;
    close(fd);
    if (!whole || renameat(place->folder, part, place->folder, name) < 0) {
        (void)unlinkat(place->folder, part, 0);
    }
}

void jb_place_write(const struct jb_place *place, const void *data, size_t length, unsigned mode)
{
    put_file(place, place->name, data, length, mode);
}

void jb_place_write_beside(const struct jb_place *place, const char *suffix, const void *data, size_t length)
{
    char name[NAME_MAX + 1];
    int n = jb_snprintf(name, sizeof(name), "%s%s", place->name, suffix);
    if (n > 0 && (size_t)n < sizeof(name)) {
        put_file(place, name, data, length, 0644);
    }
}

void jb_place_append_beside(const struct jb_place *place, const char *suffix, const void *data, size_t length,
                            size_t limit)
{
    char name[NAME_MAX + 1];
    int n = jb_snprintf(name, sizeof(name), "%s%s", place->name, suffix);
    if (n < 0 || (size_t)n >= sizeof(name)) {
        return;
    }
    struct stat st;
    JB_CLEANUP(jb_closep)
    int fd = openat(place->folder, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size + length <= limit) {
        (void)!write(fd, data, length);
    }
}
