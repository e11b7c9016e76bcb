/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/PID/stat, see proc(5). The second field is the program's name in parentheses and may itself hold spaces and
 * parentheses, so fields are counted from the last ')'.
 */
#include "base/text.h"
#include "engine/proctree.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int jb_pidstat_parse(const char *text, size_t length, struct jb_pidstat *ret)
{
    enum { STATE = 3, PPID = 4, UTIME = 14, STIME = 15, CUTIME = 16, CSTIME = 17, STARTTIME = 22 };
    uint64_t field[STARTTIME + 1] = {0};
    const char *end = text + length;
    const char *at = memrchr(text, ')', length);

    if (at == NULL || end - at < 4) {
        return -EBADMSG;
    }
    at += 1;
    for (int i = STATE; i <= STARTTIME; i++) {
        while (at < end && *at == ' ') {
            at++;
        }
        if (at >= end) {
            return -EBADMSG;
        }
        const char *next = memchr(at, ' ', (size_t)(end - at));
        if (next == NULL) {
            next = end;
        }
        /* Signed fields that we do not use (tty, priority) may be negative; those that we use may not. */
        const char *ignored;
        if (i != STATE && *at != '-' && jb_scan_u64(at, (size_t)(next - at), &field[i], &ignored) < 0) {
            return -EBADMSG;
        }
        at = next;
    }
    if (field[PPID] > INT_MAX) {
        return -EBADMSG;
    }
    struct jb_pidstat stat = {.parent = (pid_t)field[PPID], .start_ticks = field[STARTTIME]};
    if (__builtin_add_overflow(field[UTIME], field[STIME], &stat.own_ticks) ||
        __builtin_add_overflow(field[CUTIME], field[CSTIME], &stat.waited_ticks)) {
        return -EBADMSG;
    }
    *ret = stat;
    return 0;
}
