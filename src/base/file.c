/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c - the --root prefix and whole small files.
 *
 * A recorded tree is hostile: a sysfs attribute may have been replaced by a FIFO (open would block for ever)
 * or by a huge file. Symbolic links below the prefix are followed as they stand, also out of it: a recorded
 * tree keeps the absolute links of /sys, and whoever names a root may read what it links to. Documented in
 * file.h.
 */
#include "base/file.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/recording.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether a component of `path` is "..": names read from a recorded tree become part of paths. */
static bool climbs(const char *path)
{
    while (*path) {
        size_t length = strcspn(path, "/");
        if (length == 2 && path[0] == '.' && path[1] == '.') {
            return true;
        }
        path += length;
        path += strspn(path, "/");
    }
    return false;
}

static int join(const char *root, const char *path, char *buffer, size_t size)
{
    if (path[0] != '/' || climbs(path)) {
        return -EINVAL;
    }
    size_t prefix = root ? strlen(root) : 0;
    while (prefix > 0 && root[prefix - 1] == '/') {
        prefix--;
    }
    if (prefix >= size || strlen(path) >= size - prefix) {
        return -ENAMETOOLONG;
    }
    jb_snprintf(buffer, size, "%.*s%s", (int)prefix, root ? root : "", path);
    return 0;
}

bool jb_root_is_real(const char *root)
{
    struct jb_recording recording;
    return !root || !root[0] || (jb_recording_of(root, &recording) && !recording.base);
}

const char *jb_root_name(const char *root)
{
    struct jb_recording recording;
    if (jb_recording_of(root, &recording)) {
        root = recording.base;
    }
    return root ? root : "";
}

/* The path, for somebody who is about to look at what is there: at its content, or only whether it is there. */
static int reach(const char *root, const char *path, bool content, char *buffer, size_t size)
{
    struct jb_recording recording;
    if (!jb_recording_of(root, &recording)) {
        return join(root, path, buffer, size);
    }
    int r = join(recording.base, path, buffer, size);
    if (r == 0) {
        jb_recording_touch(&recording, path, content);
    }
    return r;
}

int jb_root_path(const char *root, const char *path, char *buffer, size_t size)
{
    return reach(root, path, true, buffer, size);
}

static int open_retrying(const char *path, int flags)
{
    int fd;
    do {
        fd = open(path, flags | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int jb_root_open(const char *root, const char *path, int flags)
{
    char full[PATH_MAX];
    int r = jb_root_path(root, path, full, sizeof(full));
    return r < 0 ? r : open_retrying(full, O_RDONLY | flags);
}

DIR *jb_root_opendir(const char *root, const char *path)
{
    char full[PATH_MAX];
    int r = reach(root, path, false, full, sizeof(full));
    if (r < 0) {
        errno = -r;
        return NULL;
    }
    struct jb_recording recording;
    if (jb_recording_of(root, &recording)) {
        jb_recording_list(&recording, path);
    }
    return opendir(full);
}

bool jb_root_exists(const char *root, const char *path)
{
    char full[PATH_MAX];
    return reach(root, path, false, full, sizeof(full)) == 0 && access(full, F_OK) == 0;
}

ssize_t jb_root_readlink(const char *root, const char *path, char *buffer, size_t size)
{
    char full[PATH_MAX], beside[PATH_MAX];
    struct jb_recording recording;
    int r = reach(root, path, false, full, sizeof(full));
    if (r < 0) {
        return r;
    }
    ssize_t length = readlink(full, buffer, size);
    if (length < 0) {
        length = -errno;
    } else if ((size_t)length >= size) {
        return -ENAMETOOLONG;
    } else {
        buffer[length] = '\0';
    }
    if (length < 0 && !jb_root_is_real(root) &&
        (size_t)jb_snprintf(beside, sizeof(beside), "%s.link", path) < sizeof(beside)) {
        ssize_t said = jb_root_read(jb_root_name(root), beside, buffer, size);
        length = said >= 0 ? said : said == -EFBIG ? -ENAMETOOLONG : length;
    }
    if (length >= 0 && jb_recording_of(root, &recording)) {
        jb_recording_link(&recording, path, buffer);
    }
    return length;
}

static int check_ordinary(int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    if (!S_ISREG(st.st_mode)) {
        return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
    }
    return 0;
}

/* Opens for reading what must be an ordinary file (all of sysfs and procfs are), never waiting for it. */
static int open_ordinary(const char *path)
{
    int fd = open_retrying(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    int r = fd < 0 ? fd : check_ordinary(fd);
    if (r < 0) {
        jb_closep(&fd);
        return r;
    }
    return fd;
}

/* Reads until the end or until `size` bytes are in. */
static ssize_t read_up_to(int fd, char *buffer, size_t size)
{
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(fd, buffer + length, size - length);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -errno;
        }
        if (n == 0) {
            break;
        }
        length += (size_t)n;
    }
    return (ssize_t)length;
}

ssize_t jb_root_read(const char *root, const char *path, char *buffer, size_t size)
{
    char full[PATH_MAX];
    int r = jb_root_path(root, path, full, sizeof(full));
    if (r < 0) {
        return r;
    }
    if (size == 0) {
        return -EINVAL;
    }
    JB_CLEANUP(jb_closep) int fd = open_ordinary(full);
    if (fd < 0) {
        return fd;
    }
    ssize_t length = read_up_to(fd, buffer, size);
    if (length < 0 || (size_t)length == size) {
        buffer[0] = '\0';
        return length < 0 ? length : -EFBIG;
    }
    while (length > 0 && buffer[length - 1] == '\n') {
        length--;
    }
    buffer[length] = '\0';
    return length;
}

int jb_root_read_u64(const char *root, const char *path, uint64_t *ret)
{
    char text[64];
    ssize_t length = jb_root_read(root, path, text, sizeof(text));
    if (length < 0) {
        return (int)length;
    }
    if (memchr(text, '\0', (size_t)length)) {
        return -EINVAL;
    }
    return jb_parse_u64(jb_trim(text), ret);
}

ssize_t jb_pread_text(int fd, char *buffer, size_t size)
{
    if (size == 0) {
        return -EINVAL;
    }
    ssize_t n;
    do {
        n = pread(fd, buffer, size - 1, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        int err = -errno;
        buffer[0] = '\0';
        return err;
    }
    buffer[n] = '\0';
    return n;
}

/* Everything up to `limit` bytes, malloc'd and terminated. */
static int read_growing(int fd, size_t limit, char **ret_data, size_t *ret_length)
{
    size_t capacity = 4096, length = 0;
    char *data = NULL;
    int r = 0;
    for (;;) {
        char *bigger = realloc(data, capacity + 1);
        if (!bigger) {
            r = -ENOMEM;
            break;
        }
        data = bigger;
        ssize_t n = read_up_to(fd, data + length, capacity - length);
        if (n < 0) {
            r = (int)n;
            break;
        }
        length += (size_t)n;
        if (length > limit || capacity > SIZE_MAX / 4) {
            r = -EFBIG;
            break;
        }
        if (length < capacity) {
            break;
        }
        capacity *= 2;
    }
    if (r < 0) {
        free(data);
        return r;
    }
    data[length] = '\0';
    *ret_data = data;
    *ret_length = length;
    return 0;
}

int jb_read_all(const char *path, size_t limit, char **ret_data, size_t *ret_length, struct jb_diag *diag)
{
    JB_CLEANUP(jb_closep) int fd = open_ordinary(path);
    if (fd < 0) {
        return jb_fail(diag, fd, "cannot read %s: %s", path, fd == -EINVAL ? "not an ordinary file" : strerror(-fd));
    }
    char *data = NULL;
    size_t length = 0;
    int r = read_growing(fd, limit, &data, &length);
    if (r == -EFBIG) {
        return jb_fail(diag, r, "cannot read %s: larger than %zu bytes", path, limit);
    }
    if (r < 0) {
        return jb_fail(diag, r, "cannot read %s: %s", path, strerror(-r));
    }
    if (ret_length) {
        *ret_length = length;
    }
    *ret_data = data;
    return 0;
}
