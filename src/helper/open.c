/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open.c - files by way of their folder, so that what was looked at beside them is of the same device; perf counters
 * of the energy PMUs.
 *
 * Folders of /sys/class are symbolic links, so links are followed there; the file itself is never one. What was opened
 * is asked whether it is a regular file of sysfs.
 */
#include "helper/open.h"

#include "helper/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Is the file's only line one of the two? */
static bool says(int folder, const char *file, const char *this, const char *or_that)
{
    char text[64] = "";
    int fd = openat(folder, file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return strcmp(text, this) == 0 || strcmp(text, or_that) == 0;
}

static int open_folder(const struct jb_helper_place *place, const char *path)
{
    char full[256];
    int length = snprintf(full, sizeof(full), "%s%s", place->root, path);
    if (length < 0 || (size_t)length >= sizeof(full)) {
        return -ENAMETOOLONG;
    }
    int fd = open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int open_file(const struct jb_helper_place *place, int folder, const struct jb_helper_request *request)
{
    struct stat st;
    struct statfs fs;

    if (request->kind == JB_HELPER_HWMON && !says(folder, "name", "amd_energy", "zenergy")) {
        return -EACCES;
    }
    jb_helper_raise(true);
    int fd = openat(folder, request->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    int error = -errno;
    jb_helper_raise(false);
    if (fd < 0) {
        return error;
    }
    if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0 || !S_ISREG(st.st_mode) || fs.f_type != place->file_system) {
        close(fd);
        return -EACCES;
    }
    return fd;
}

static int open_perf(const struct jb_helper_place *place, const struct jb_helper_request *request)
{
    static const char *const pmus[] = {"power", "power_core"};
    char type[16];
    bool energy = false;

    snprintf(type, sizeof(type), "%u", (unsigned)request->type);
    for (size_t i = 0; i < sizeof(pmus) / sizeof(pmus[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s", pmus[i]);
        int folder = open_folder(place, path);
        if (folder >= 0) {
            energy |= says(folder, "type", type, type);
            close(folder);
        }
    }
    if (!energy) {
        return -EACCES;
    }
    struct perf_event_attr attr = {
        .type = request->type,
        .size = sizeof(attr),
        .config = request->config,
        .read_format = PERF_FORMAT_GROUP,
    };
    jb_helper_raise(true);
    long fd = syscall(SYS_perf_event_open, &attr, -1, (int)request->cpu, -1, PERF_FLAG_FD_CLOEXEC);
    int error = -errno;
    jb_helper_raise(false);
    return fd < 0 ? error : (int)fd;
}

int jb_helper_open(const struct jb_helper_place *place, const struct jb_helper_request *request)
{
    if (request->kind == JB_HELPER_PERF) {
        return open_perf(place, request);
    }
    int folder = open_folder(place, request->folder);
    if (folder < 0) {
        return folder;
    }
    int fd = open_file(place, folder, request);
    close(folder);
    return fd;
}
