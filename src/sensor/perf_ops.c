/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf_ops.c - the perf counters of the real machine, and of one made of files.
 *
 * Real: perf_event_open(2), system-wide on one CPU, read in groups (PERF_FORMAT_GROUP) so that one system call asks for
 * all domains of a socket. There is no wrapper in libc. Below a root a counter is a file; see jb_perf_ops_init().
 */
#include "sensor/sensor.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/recording.h"
#include "sensor/counter_file.h"
#include "sensor/privileged.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_GROUP   16
#define RENEW_SHIFT 24 /* in one of every 8 spans of 17 ms */
#define RENEW_OF    8

#define PATH_TEXT 96

/* Where a counter is in a machine made of files. */
static void path_of(uint32_t type, uint64_t config, int cpu, char path[PATH_TEXT])
{
    snprintf(path, PATH_TEXT, "/perf/cpu%d/%" PRIx32 ":%" PRIx64, cpu, type, config);
}

static int ask(const struct jb_perf_ops *ops, uint32_t type, uint64_t config, int cpu, int group_fd)
{
    struct perf_event_attr attr = {
        .type = type,
        .size = sizeof(attr),
        .config = config,
        .read_format = PERF_FORMAT_GROUP,
    };
    long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, group_fd, PERF_FLAG_FD_CLOEXEC);
    if (fd >= 0) {
        return (int)fd;
    }
    int err = -errno;
    bool denied = err == -EACCES || err == -EPERM;
    /* What the helper opens is in no group, nor leads one: its copies are no perf counters at all (EBADF). */
    if (group_fd >= 0 && ops->privileged != NULL && (denied || err == -EBADF)) {
        return -EINVAL;
    }
    if (denied && ops->privileged != NULL) {
        char what[64];
        snprintf(what, sizeof(what), "perf:%" PRIu32 ":%" PRIu64 ":%d", type, config, cpu);
        int passed = jb_privileged_open(ops->privileged, what);
        return passed >= 0 ? passed : err;
    }
    return err;
}

static int real_open(const struct jb_perf_ops *ops, uint32_t type, uint64_t config, int cpu, int group_fd)
{
    struct jb_recording recording;
    int fd = ask(ops, type, config, cpu, group_fd);
    if (jb_recording_of(ops->root, &recording)) {
        char path[PATH_TEXT];
        path_of(type, config, cpu, path);
        if (fd >= 0) {
            jb_recording_moving(&recording, path, "0\n", 2);
        } else if (fd == -EACCES || fd == -EPERM) {
            jb_recording_denied(&recording, path, fd);
        }
    }
    return fd;
}

static int real_read(const struct jb_perf_ops *ops, int leader_fd, uint64_t *values, size_t max)
{
    struct {
        uint64_t count;
        uint64_t values[MAX_GROUP];
    } group = {0};
    ssize_t length = read(leader_fd, &group, sizeof(group));
    if (length == 0 && max > 0) { /* the helper's copy, which is at its end, or a counter that the kernel took away */
        int err = jb_privileged_read(leader_fd, &values[0]);
        return err < 0 ? err : 1;
    }
    if (length < (ssize_t)sizeof(group.count)) {
        return length < 0 ? -errno : -ENODATA;
    }
    size_t got = ((size_t)length - sizeof(group.count)) / sizeof(group.values[0]);
    if (group.count > got || group.count > max) {
        return -EPROTO;
    }
    memcpy(values, group.values, group.count * sizeof(values[0]));
    return (int)group.count;
}

static int file_open(const struct jb_perf_ops *ops, uint32_t type, uint64_t config, int cpu, int group_fd)
{
    if (group_fd >= 0) {
        return -EINVAL;
    }
    char path[PATH_TEXT];
    path_of(type, config, cpu, path);
    return jb_counter_open(&(struct jb_sensor_env){.root = ops->root}, path);
}

static int file_read(const struct jb_perf_ops *ops, int leader_fd, uint64_t *values, size_t max)
{
    uint64_t value;
    /* Looking for a new file in the place of this one costs as much as reading it: now and then will do. */
    if ((jb_mono_ns() >> RENEW_SHIFT) % RENEW_OF == 0) {
        jb_counter_renew(leader_fd);
    }
    int err = jb_counter_read(leader_fd, &value);
    if (err < 0) {
        return err;
    }
    if (max < 1) {
        return -EPROTO;
    }
    values[0] = value;
    return 1;
}

void jb_perf_ops_init(struct jb_perf_ops *ops, const char *root)
{
    bool files = !jb_root_is_real(root);
    ops->open_counter = files ? file_open : real_open;
    ops->read_group = files ? file_read : real_read;
    ops->root = root;
    ops->privileged = NULL;
}
