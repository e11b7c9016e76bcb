/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads /proc/self/cgroup and the limit files of each ancestor. Files: Documentation/admin-guide/cgroup-v2.rst
 * (cpu.max, memory.max, cpu.stat) and cgroup-v1 (cpu.cfs_quota_us, cpu.cfs_period_us, memory.limit_in_bytes,
 * cpuacct.usage) of the kernel. Odd: "no limit" is "max", -1, or 2^63 rounded to pages; paths of a foreign name space
 * begin with "/..".
 */
#include "hardware/cgroup.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE 256
#define DEPTH     32
#define NO_LIMIT  (UINT64_C(1) << 60)

/* The rest of the line after "ID:", "controllers:path", when it names `controller`. */
static const char *line_path(const char *line, size_t length, const char *controller)
{
    const char *end = line + length;
    const char *list = memchr(line, ':', length);
    const char *path = list != NULL ? memchr(list + 1, ':', (size_t)(end - list - 1)) : NULL;
    if (path == NULL) {
        return NULL;
    }
    size_t wanted = strlen(controller);
    for (const char *name = list + 1; name <= path;) {
        const char *stop = memchr(name, ',', (size_t)(path - name));
        stop = stop != NULL ? stop : path;
        if ((size_t)(stop - name) == wanted && memcmp(name, controller, wanted) == 0) {
            return path + 1;
        }
        name = stop + 1;
    }
    return NULL;
}

bool jb_cgroup_path(const char *text, const char *controller, char *path, size_t size)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        const char *found = line_path(text, length, controller);
        size_t rest = found != NULL ? length - (size_t)(found - text) : 0;
        if (rest > 0 && rest < size && found[0] == '/') {
            memcpy(path, found, rest);
            path[rest] = '\0';
            return true;
        }
        text += length + (text[length] == '\n');
    }
    return false;
}

double jb_cgroup_cpu_max(const char *text)
{
    uint64_t quota, period;
    const char *end;
    if (jb_scan_u64(text, strlen(text), &quota, &end) < 0 || jb_scan_u64(end, strlen(end), &period, &end) < 0 ||
        quota == 0 || period == 0) {
        return 0;
    }
    return (double)quota / (double)period;
}

/* Cut the last part of a path off; false at the top. */
static bool parent_of(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || path[1] == '\0') {
        return false;
    }
    slash[slash == path ? 1 : 0] = '\0';
    return true;
}

static bool join(char *to, size_t size, const char *mount, const char *group, const char *file)
{
    int n = snprintf(to, size, "%s%s/%s", mount, group[1] != '\0' ? group : "", file);
    return n > 0 && (size_t)n < size;
}

static double cpu_limit_at(const char *root, const char *mount, const char *group, bool v1)
{
    char path[PATH_SIZE], text[64];
    uint64_t quota, period;
    if (!v1) {
        return join(path, sizeof path, mount, group, "cpu.max") && jb_root_read(root, path, text, sizeof text) > 0
                   ? jb_cgroup_cpu_max(text)
                   : 0;
    }
    if (!join(path, sizeof path, mount, group, "cpu.cfs_quota_us") || jb_root_read_u64(root, path, &quota) < 0 ||
        !join(path, sizeof path, mount, group, "cpu.cfs_period_us") || jb_root_read_u64(root, path, &period) < 0) {
        return 0; /* -1 is no limit and no u64 */
    }
    return quota > 0 && period > 0 ? (double)quota / (double)period : 0;
}

static void keep_usage_path(const char *root, const char *mount, const char *group, bool v1, struct jb_cgroup *ret)
{
    char path[PATH_SIZE];
    if (join(path, sizeof path, mount, group, v1 ? "cpuacct.usage" : "cpu.stat") && jb_root_exists(root, path)) {
        jb_copy(ret->usage_path, sizeof ret->usage_path, path);
        ret->usage_is_v1 = v1;
    }
}

static void read_cpu(const char *root, const char *mount, const char *group, bool v1, struct jb_cgroup *ret)
{
    char at[PATH_SIZE];
    if (!jb_copy(at, sizeof at, group)) {
        return;
    }
    for (int i = 0; i < DEPTH; i++) {
        double cpus = cpu_limit_at(root, mount, at, v1);
        if (cpus > 0 && (ret->cpus <= 0 || cpus < ret->cpus)) {
            ret->cpus = cpus;
            keep_usage_path(root, mount, at, v1, ret);
        } else if (ret->usage_path[0] == '\0') {
            keep_usage_path(root, mount, at, v1, ret);
        }
        if (!parent_of(at)) {
            return;
        }
    }
}

static void read_memory(const char *root, const char *mount, const char *group, const char *file, struct jb_cgroup *ret)
{
    char at[PATH_SIZE], path[PATH_SIZE];
    uint64_t bytes;
    if (!jb_copy(at, sizeof at, group)) {
        return;
    }
    for (int i = 0; i < DEPTH; i++) {
        if (join(path, sizeof path, mount, at, file) && jb_root_read_u64(root, path, &bytes) == 0 && bytes > 0 &&
            bytes < NO_LIMIT && (ret->memory_bytes == 0 || bytes < ret->memory_bytes)) {
            ret->memory_bytes = bytes;
        }
        if (!parent_of(at)) {
            return;
        }
    }
}

static bool made_by_engine(const char *group)
{
    static const char *const signs[] = {"docker", "kubepods", "libpod", "containerd", "lxc", "crio-", "podman"};
    for (size_t i = 0; i < JB_COUNT(signs); i++) {
        if (strstr(group, signs[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool group_of(const char *text, const char *controller, char group[PATH_SIZE])
{
    if (!jb_cgroup_path(text, controller, group, PATH_SIZE)) {
        return false;
    }
    if (strstr(group, "/..") != NULL) { /* seen from another name space: what is mounted is ours */
        jb_copy(group, PATH_SIZE, "/");
    }
    return true;
}

void jb_cgroup_read(const char *root, struct jb_cgroup *ret)
{
    static const char *const cpu_mounts[] = {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"};
    char text[8192], group[PATH_SIZE];
    memset(ret, 0, sizeof *ret);
    if (jb_root_read(root, "/proc/self/cgroup", text, sizeof text) < 0) {
        jb_copy(text, sizeof text, "0::/"); /* a recorded machine may lack it: what is mounted binds us */
    }
    if (group_of(text, "", group)) {
        ret->in_container_path |= made_by_engine(group);
        read_cpu(root, "/sys/fs/cgroup", group, false, ret);
        read_memory(root, "/sys/fs/cgroup", group, "memory.max", ret);
    }
    if (group_of(text, "cpu", group)) {
        ret->in_container_path |= made_by_engine(group);
        for (size_t i = 0; i < JB_COUNT(cpu_mounts); i++) {
            if (jb_root_exists(root, cpu_mounts[i])) {
                read_cpu(root, cpu_mounts[i], group, true, ret);
                break;
            }
        }
    }
    if (group_of(text, "memory", group)) {
        ret->in_container_path |= made_by_engine(group);
        read_memory(root, "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes", ret);
    }
}
