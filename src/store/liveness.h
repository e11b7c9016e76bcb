/* SPDX-License-Identifier: Apache-2.0 */
/*
 * liveness.h - is the meter that began a run still there?
 *
 * Nobody tells the database that a meter was killed, so a run notes who writes it: the process, the boot, the PID
 * namespace and a heartbeat (wall time of the last write). Seen from the same boot and namespace the process itself is
 * asked for, by pid and start time; from anywhere else (another boot, a container, a shared home on another machine) a
 * heartbeat older than a minute is a dead meter.
 */
#ifndef JB_STORE_LIVENESS_H
#define JB_STORE_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

#define JB_HEARTBEAT_LIMIT_S 60

struct jb_mark {
    int64_t pid;
    uint64_t start_ticks; /* 0: not known */
    char place[128];      /* boot id and PID namespace; empty: not known */
    int64_t heartbeat_ns; /* wall */
};
void jb_mark_self(struct jb_mark *ret);
bool jb_mark_is_alive(const struct jb_mark *mark, const struct jb_mark *self); /* self: of the process that asks, now */

#endif
