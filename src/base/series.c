/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series.c - opens and plays series of descriptors. What a series says at a time is worked out in series_text.c.
 *
 * A series is a descriptor like any other, so that nobody who reads counters keeps a table of those that play. When it
 * was opened stands in the descriptor's own file offset, which pread leaves alone. An ordinary file has 0 there.
 */
#include "base/series.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/recording.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Offsets count 2^14 ns: ext4 ends at 2^44 bytes, which is nine years since boot. */
#define START_SHIFT 14

static int start(int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    if (!S_ISREG(st.st_mode)) {
        return -EINVAL;
    }
    off_t now = (off_t)(jb_mono_ns() >> START_SHIFT) + 1;
    return lseek(fd, now, SEEK_SET) < 0 ? -errno : 0;
}

/* What a file held when it was opened as one that changes. Devices are left alone: to read one may do something. */
static void keep(const struct jb_recording *recording, const char *path, int fd)
{
    struct stat st;
    bool ordinary = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    char *data = ordinary ? malloc(JB_SERIES_LIMIT) : NULL;
    if (!data) {
        jb_recording_touch(recording, path, false);
        return;
    }
    ssize_t length = pread(fd, data, JB_SERIES_LIMIT, 0);
    if (length > 0 && jb_series_begins(fd, data, (size_t)length)) {
        length = jb_series_read(fd, data, JB_SERIES_LIMIT);
    }
    jb_recording_moving(recording, path, data, length > 0 ? (size_t)length : 0);
    free(data);
}

static int open_recording(const struct jb_recording *recording, const char *path, int flags)
{
    int fd = jb_series_open(recording->base, path, flags);
    if (fd >= 0) {
        keep(recording, path, fd);
    } else {
        jb_recording_touch(recording, path, true);
    }
    return fd;
}

int jb_series_open(const char *root, const char *path, int flags)
{
    char name[PATH_MAX];
    struct jb_recording recording;
    if (jb_recording_of(root, &recording)) {
        return open_recording(&recording, path, flags);
    }
    int length = root && root[0] ? jb_snprintf(name, sizeof(name), "%s.series", path) : -1;
    if (length < 0 || (size_t)length >= sizeof(name)) {
        return jb_root_open(root, path, flags);
    }
    int fd = jb_root_open(root, name, flags);
    if (fd < 0) {
        return fd == -ENOENT || fd == -ENAMETOOLONG ? jb_root_open(root, path, flags) : fd;
    }
    int err = start(fd);
    if (err < 0) {
        close(fd);
        return err;
    }
    return fd;
}

static bool has_magic(const char *bytes)
{
    return memcmp(bytes, JB_SERIES_MAGIC, sizeof(JB_SERIES_MAGIC) - 1) == 0;
}

bool jb_series_begins(int fd, const void *bytes, size_t length)
{
    const char *text = bytes;
    if (length == 0 || text[0] != '#') {
        return false;
    }
    if (length >= sizeof(JB_SERIES_MAGIC) - 1) {
        return has_magic(text);
    }
    char more[sizeof(JB_SERIES_MAGIC) - 1];
    return pread(fd, more, sizeof(more), 0) == (ssize_t)sizeof(more) && has_magic(more);
}

/* Everything, or -EFBIG; a file that shrinks meanwhile is as long as what there was to read. */
static ssize_t read_whole(int fd, char *text)
{
    size_t length = 0;
    while (length <= JB_SERIES_LIMIT) {
        ssize_t n = pread(fd, text + length, JB_SERIES_LIMIT + 1 - length, (off_t)length);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0) {
            return (ssize_t)length;
        }
        length += n > 0 ? (size_t)n : 0;
    }
    return -EFBIG;
}

ssize_t jb_series_read(int fd, void *buffer, size_t size)
{
    off_t started = lseek(fd, 0, SEEK_CUR);
    if (started <= 0) { /* the text of a series in a file that was not opened as one */
        return started < 0 ? -errno : -EINVAL;
    }
    JB_CLEANUP(jb_freep) char *text = malloc(JB_SERIES_LIMIT + 1);
    if (!text) {
        return -ENOMEM;
    }
    ssize_t length = read_whole(fd, text);
    if (length < 0) {
        return length;
    }
    uint64_t start_ns = (uint64_t)(started - 1) << START_SHIFT;
    uint64_t now_ns = jb_mono_ns();
    return jb_series_at(text, (size_t)length, now_ns > start_ns ? now_ns - start_ns : 0, buffer, size);
}

ssize_t jb_series_pread_text(int fd, char *buffer, size_t size)
{
    ssize_t length = jb_pread_text(fd, buffer, size);
    if (length > 0 && jb_series_begins(fd, buffer, (size_t)length)) {
        length = jb_series_read(fd, buffer, size - 1);
        buffer[length > 0 ? length : 0] = '\0';
    }
    return length;
}

void jb_series_follow(int from, int to)
{
    off_t started = lseek(from, 0, SEEK_CUR);
    if (started > 0) {
        (void)lseek(to, started, SEEK_SET);
    }
}
