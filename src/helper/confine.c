/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.c - capabilities(7), prctl(2), setrlimit(2). By the bare capset(2): no library for two bits.
 *
 * There is no parent-death signal: it is sent when the thread that started us ends, and that may be one of many. The
 * closed socket tells the same, see serve.c.
 */
#include "helper/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#define MAX_MEMORY (UINT64_C(64) << 20)

static const uint64_t wanted = UINT64_C(1) << CAP_PERFMON | UINT64_C(1) << CAP_DAC_READ_SEARCH;

/* Permitted becomes what is both wanted and had; effective the same or nothing; nothing is inherited. */
static int set_capabilities(bool on)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &header, data) < 0) {
        return -errno;
    }
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        data[i].permitted &= (uint32_t)(wanted >> (32 * i));
        data[i].effective = on ? data[i].permitted : 0;
        data[i].inheritable = 0;
    }
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

void jb_helper_raise(bool on)
{
    if (set_capabilities(on) < 0 && !on) {
        _exit(1);
    }
}

/* At most `most`, and never more than we were started with: that would take a privilege. */
static int limit(__rlimit_resource_t which, rlim_t most)
{
    struct rlimit now;
    if (getrlimit(which, &now) < 0) {
        return -errno;
    }
    if (now.rlim_max < most) {
        most = now.rlim_max;
    }
    return setrlimit(which, &(struct rlimit){most, most}) < 0 ? -errno : 0;
}

static int set_limits(void)
{
    int error = limit(RLIMIT_NOFILE, JB_HELPER_MAX_FILES);
    error = error < 0 ? error : limit(RLIMIT_CORE, 0);
#ifndef JB_SANITIZED /* a sanitizer reserves terabytes of addresses */
    error = error < 0 ? error : limit(RLIMIT_AS, MAX_MEMORY);
#endif
    return error;
}

static int set_descriptors(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) {
        return -errno;
    }
    for (int fd = 0; fd <= 2; fd++) {
        if (dup2(null, fd) < 0) {
            return -errno;
        }
    }
    return syscall(SYS_close_range, 4U, ~0U, 0U) < 0 ? -errno : 0;
}

int jb_helper_confine(void)
{
    sigset_t all;
    int error = set_capabilities(false);

    if (error < 0) {
        return error;
    }
    clearenv();
    umask(077);
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) {
        return -errno;
    }
    error = set_descriptors();
    return error < 0 ? error : set_limits();
}
