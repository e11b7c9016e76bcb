/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watch a process from outside. The struct of PIDFD_GET_INFO is declared here, as its first published size (64 bytes):
 * the headers of most systems are older than the kernels that they run on, and a kernel fills what it is given.
 */
#include "engine/pidwatch.h"

#include "base/cleanup.h"
#include "base/os.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct pidfd_info_64 {
    uint64_t mask, cgroup;
    uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
    int32_t exit_code;
};
_Static_assert(sizeof(struct pidfd_info_64) == 64, "PIDFD_INFO_SIZE_VER0");

#define GET_INFO  _IOWR(0xFF, 11, struct pidfd_info_64)
#define INFO_EXIT (UINT64_C(1) << 3)

int jb_pidwatch_open(pid_t pid, struct jb_pidwatch *ret)
{
    struct jb_pidwatch watch = {.pid = pid, .fd = -1};
#ifdef SYS_pidfd_open
    watch.fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (watch.fd < 0 && errno == ESRCH) {
        return -ESRCH;
    }
#endif
    int error = jb_os_process_start(pid, &watch.start_ticks);
    if (error < 0) {
        jb_pidwatch_close(&watch);
        return error;
    }
    *ret = watch;
    return 0;
}

void jb_pidwatch_close(struct jb_pidwatch *watch)
{
    jb_closep(&watch->fd);
    watch->fd = -1;
}

bool jb_pidwatch_ended(const struct jb_pidwatch *watch)
{
    struct pollfd end = {.fd = watch->fd, .events = POLLIN};
    uint64_t start_ticks;

    if (watch->fd >= 0) {
        return poll(&end, 1, 0) > 0;
    }
    return jb_os_process_start(watch->pid, &start_ticks) < 0 || start_ticks != watch->start_ticks;
}

int jb_pidwatch_parse(const char *text, size_t length, int *ret_status)
{
    const char *name_end = memrchr(text, ')', length);
    const char *last = memrchr(text, ' ', length);
    const char *next;
    uint64_t status;

    if (name_end == NULL || last == NULL || (size_t)(name_end - text) + 3 > length || last < name_end + 3) {
        return -EBADMSG;
    }
    if (name_end[2] != 'Z') {
        return -EAGAIN;
    }
    last++;
    if (jb_scan_u64(last, length - (size_t)(last - text), &status, &next) < 0 || status > 0xFFFF) {
        return -EBADMSG;
    }
    *ret_status = (int)status;
    return 0;
}

bool jb_pidwatch_status(const struct jb_pidwatch *watch, int *ret_status)
{
    struct pidfd_info_64 info = {.mask = INFO_EXIT};
    char path[64], text[1024];

    if (watch->fd >= 0 && ioctl(watch->fd, GET_INFO, &info) == 0 && (info.mask & INFO_EXIT) != 0) {
        *ret_status = info.exit_code;
        return true;
    }
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)watch->pid);
    JB_CLEANUP(jb_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));
    return length > 0 && jb_pidwatch_parse(text, (size_t)length, ret_status) == 0;
}
