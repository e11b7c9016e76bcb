/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes and judges who writes a run; the rules are in liveness.h.
 *
 * The PID namespace is the text of the link /proc/self/ns/pid (namespaces(7)), "pid:[4026531836]": a container shares
 * its host's boot id but not its pids. Where there is no such link the boot id stands alone.
 */
#include "store/liveness.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/os.h"
#include "base/text.h"

void jb_mark_self(struct jb_mark *ret)
{
    *ret = (struct jb_mark){.pid = getpid(), .heartbeat_ns = jb_wall_ns()};
    if (jb_os_process_start(getpid(), &ret->start_ticks) < 0) {
        ret->start_ticks = 0;
    }
    char boot[JB_BOOT_ID_TEXT];
    if (jb_os_boot_id(boot) < 0) {
        return;
    }
    char space[64];
    ssize_t length = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);
    space[length < 0 ? 0 : length] = '\0';
    struct jb_buf text = {0};
    jb_buf_printf(&text, "%s %s", boot, space);
    jb_copy(ret->place, sizeof(ret->place), text.failed ? "" : text.data);
    jb_buf_finish(&text);
}

bool jb_mark_is_alive(const struct jb_mark *mark, const struct jb_mark *self)
{
    bool same_place = mark->place[0] != '\0' && jb_streq(mark->place, self->place);
    if (same_place && mark->start_ticks != 0 && mark->pid > 0 && mark->pid <= INT32_MAX) {
        uint64_t start = 0;
        int r = jb_os_process_start((pid_t)mark->pid, &start);
        if (r == 0 || r == -ESRCH) { /* else it may not be looked at */
            return r == 0 && start == mark->start_ticks;
        }
    }
    int64_t oldest = self->heartbeat_ns - JB_HEARTBEAT_LIMIT_S * INT64_C(1000000000);
    return mark->heartbeat_ns >= oldest;
}
