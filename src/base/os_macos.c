/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os_macos.c - os.h for macOS, from sysctl(3).
 *
 * Odd: ru_maxrss is in bytes here and in KiB elsewhere. There are no subreapers: orphans of the run go to launchd, and
 * what they do is the other processes'.
 */
#include "base/os.h"

#include "base/text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysctl.h>
#include <sys/utsname.h>

int jb_os_boot_id(char ret[JB_BOOT_ID_TEXT])
{
    char text[JB_BOOT_ID_TEXT];
    size_t length = sizeof(text);

    if (sysctlbyname("kern.bootsessionuuid", text, &length, NULL, 0) < 0) {
        return -errno;
    }
    if (length < 2 || length > sizeof(text) || text[length - 1] != '\0') {
        return -ENODATA;
    }
    memcpy(ret, text, length);
    return 0;
}

/* Microseconds since 1970 in the place of clock ticks: all that is asked of it is to be another for another process. */
int jb_os_process_start(pid_t pid, uint64_t *ret_ticks)
{
    struct kinfo_proc info;
    size_t length = sizeof(info);
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, pid};

    if (pid <= 0) {
        return -ESRCH;
    }
    if (sysctl(name, 4, &info, &length, NULL, 0) < 0) {
        return -errno;
    }
    if (length < sizeof(info) || info.kp_proc.p_stat == SZOMB) {
        return -ESRCH;
    }
    *ret_ticks = (uint64_t)info.kp_proc.p_starttime.tv_sec * 1000000 + (uint64_t)info.kp_proc.p_starttime.tv_usec;
    return 0;
}

int jb_os_become_subreaper(void)
{
    return -ENOTSUP;
}

uint64_t jb_os_max_rss(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) < 0 || usage.ru_maxrss < 0) {
        return 0;
    }
    return (uint64_t)usage.ru_maxrss;
}

const char *jb_os_version(void)
{
    static _Thread_local char text[256]; /* per thread: uname needs no lock and callers need no free */
    struct utsname name;

    if (uname(&name) < 0) {
        return "macOS";
    }
    jb_snprintf(text, sizeof(text), "%s-%s-%s", name.sysname, name.release, name.machine);
    jb_sanitise(text);
    return text;
}
