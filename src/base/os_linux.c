/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os_linux.c - os.h for Linux, from proc(5).
 *
 * Odd: the name in /proc/PID/stat may hold blanks and parentheses, so fields count from the last ')'. And
 * ru_maxrss survives execve(2): a joulebook started by a large Python would claim Python's peak, so VmHWM is
 * asked first.
 */
#include "base/os.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>

int jb_os_boot_id(char ret[JB_BOOT_ID_TEXT])
{
    char text[JB_BOOT_ID_TEXT];
    ssize_t length = jb_root_read(NULL, "/proc/sys/kernel/random/boot_id", text, sizeof(text));
    if (length <= 0) {
        return length < 0 ? (int)length : -ENODATA;
    }
    memcpy(ret, text, (size_t)length + 1);
    return 0;
}

int jb_os_process_start(pid_t pid, uint64_t *ret_ticks)
{
    if (pid <= 0) {
        return -ESRCH;
    }
    char path[64], text[2048];
    jb_snprintf(path, sizeof(path), "/proc/%jd/stat", (intmax_t)pid);
    ssize_t length = jb_root_read(NULL, path, text, sizeof(text));
    if (length < 0) {
        return length == -ENOENT ? -ESRCH : (int)length;
    }
    const char *p = strrchr(text, ')');
    if (!p) {
        return -EBADMSG;
    }
    p++;
    /* A zombie has ended; where nobody waits for it (a container without init) it stays for ever. */
    char state = p[strspn(p, " ")];
    if (state == 'Z' || state == 'X') {
        return -ESRCH;
    }
    for (int field = 2; field < 21; field++) { /* starttime is field 22; the name was field 2 */
        p += strspn(p, " ");
        p += strcspn(p, " ");
    }
    return jb_scan_u64(p, strlen(p), ret_ticks, NULL) < 0 ? -EBADMSG : 0;
}

int jb_os_become_subreaper(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) < 0 ? -errno : 0;
}

uint64_t jb_os_max_rss(void)
{
    char text[8192];
    if (jb_root_read(NULL, "/proc/self/status", text, sizeof(text)) > 0) {
        const char *p = strstr(text, "\nVmHWM:");
        uint64_t kib = 0;
        if (p) {
            p += strlen("\nVmHWM:");
            if (jb_scan_u64(p, strlen(p), &kib, NULL) == 0) {
                return kib * 1024;
            }
        }
    }
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) < 0 || usage.ru_maxrss < 0) {
        return 0;
    }
    return (uint64_t)usage.ru_maxrss * 1024;
}

const char *jb_os_version(void)
{
    static _Thread_local char text[256]; /* per thread: uname needs no lock and callers need no free */
    struct utsname name;
    if (uname(&name) < 0) {
        return "Linux";
    }
    jb_snprintf(text, sizeof(text), "%s-%s-%s", name.sysname, name.release, name.machine);
    jb_sanitise(text);
    return text;
}
