/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter_file.c - counters that are text files, as in sysfs.
 *
 * The descriptor stays open: a pread costs a seventh of open, read and close (sensors.md, finding 6). sysfs makes the
 * value anew at each read from offset 0. Made-up trees are ordinary files, and their writers are shells and scripts:
 * `echo N > energy_uj` leaves the file empty for a moment, and a careful writer renames a new file over the old one.
 */
#include "sensor/counter_file.h"

#include "base/recording.h"
#include "base/series.h"
#include "base/text.h"
#include "sensor/privileged.h"
#include "sensor/sensor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EMPTY_WAIT_NS 100000 /* between two looks at a file that is empty */
#define EMPTY_LOOKS   5      /* on the sampling thread */
#define EMPTY_FIRST   500

int jb_counter_path(const char *folder, const char *file, char *buffer, size_t size)
{
    int length = snprintf(buffer, size, "%s/%s", folder, file);
    if (length < 0 || (size_t)length >= size) {
        buffer[0] = '\0';
        return -ENAMETOOLONG;
    }
    return 0;
}

/* What the helper opened for us was denied a moment ago. */
static void keep_passed(const char *root, const char *path, int fd)
{
    struct jb_recording recording;
    uint64_t value;
    char text[24];
    if (jb_recording_of(root, &recording) && jb_counter_read_first(fd, &value) == 0) {
        int length = jb_snprintf(text, sizeof(text), "%" PRIu64 "\n", value);
        jb_recording_moving(&recording, path, text, (size_t)length);
    }
}

int jb_counter_open(const struct jb_sensor_env *env, const char *path)
{
    /* Reading leaves no trace in a recorded tree, and spares its disk the write; only the owner may ask for that. */
    int fd = jb_series_open(env->root, path, O_NONBLOCK | O_NOCTTY | O_NOATIME);
    if (fd == -EPERM) {
        fd = jb_series_open(env->root, path, O_NONBLOCK | O_NOCTTY);
    }
    if ((fd == -EACCES || fd == -EPERM) && env->privileged != NULL) {
        int passed = jb_privileged_open(env->privileged, path);
        if (passed >= 0) {
            keep_passed(env->root, path, passed);
        }
        return passed >= 0 ? passed : fd;
    }
    return fd;
}

static int read_counter(int fd, int looks, uint64_t *ret)
{
    char text[64];
    ssize_t length = jb_series_pread_text(fd, text, sizeof(text));
    while (length == 0 && --looks > 0) {
        struct timespec pause = {.tv_nsec = EMPTY_WAIT_NS};
        nanosleep(&pause, NULL);
        length = jb_series_pread_text(fd, text, sizeof(text));
    }
    if (length < 0) {
        return (int)length;
    }
    uint64_t value;
    const char *end;
    int err = jb_scan_u64(text, (size_t)length, &value, &end);
    if (err < 0) {
        return jb_privileged_is_copy(text, (size_t)length) ? jb_privileged_read(fd, ret) : err;
    }
    for (; end < text + length; end++) {
        if (*end != '\n' && *end != ' ') {
            return -EINVAL;
        }
    }
    *ret = value;
    return 0;
}

int jb_counter_read(int fd, uint64_t *ret)
{
    return read_counter(fd, EMPTY_LOOKS, ret);
}

int jb_counter_read_signed(int fd, int64_t *ret)
{
    char text[64];
    ssize_t length = jb_series_pread_text(fd, text, sizeof(text));
    if (length < 0) {
        return (int)length;
    }
    char *number = jb_trim(text);
    bool negative = number[0] == '-';
    uint64_t value;
    int err = jb_parse_u64(number + negative, &value);
    if (err < 0 || value > INT64_MAX) {
        return err < 0 ? err : -ERANGE;
    }
    *ret = negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

ssize_t jb_counter_read_blob(int fd, void *buffer, size_t size)
{
    ssize_t length;
    do {
        length = pread(fd, buffer, size, 0);
    } while (length < 0 && errno == EINTR);
    if (length > 0 && jb_series_begins(fd, buffer, (size_t)length)) {
        return jb_series_read(fd, buffer, size);
    }
    return length < 0 ? -errno : length;
}

int jb_counter_read_first(int fd, uint64_t *ret)
{
    return read_counter(fd, EMPTY_FIRST, ret);
}

enum jb_status jb_counter_status(int err)
{
    return err == -ENODEV || err == -ENXIO ? JB_GONE : err == -EACCES || err == -EPERM ? JB_DENIED : JB_FAILED;
}

void jb_counter_renew(int fd)
{
    static const char deleted[] = " (deleted)"; /* what the kernel writes behind the name of a file that has lost it */
    char link[48], path[4096];
    struct stat st;

    if (fstat(fd, &st) < 0 || st.st_nlink > 0) {
        return;
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    ssize_t name = length - (ssize_t)(sizeof(deleted) - 1);
    if (name <= 0 || memcmp(path + name, deleted, sizeof(deleted) - 1) != 0) {
        return;
    }
    path[name] = '\0';
    int renewed = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    if (renewed >= 0) {
        jb_series_follow(fd, renewed);
        (void)dup3(renewed, fd, O_CLOEXEC);
        close(renewed);
    }
}
