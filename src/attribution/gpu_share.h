/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gpu_share.h - the run's share of an accelerator.
 *
 * Pure. Input: the processes a driver saw on a device in a window (sensor.h, struct jb_gpu_use) and which of them
 * belong to the run. Rules:
 *  - only the run's processes hold the device: it is the run's alone ("exclusive"), whatever the utilisation says;
 *  - only others do: nothing is the run's;
 *  - both: by busy time (utilisation x window), when it passes the validity filter: each process at most 100 %, their
 * sum above zero and at most 100 % + 10 % of the time the windows span. The vendor's call is known to return stale pids
 *    and values over 100 % (sensors.md 4.2). Not valid: unknown;
 *  - both, and of some it is not known how busy they were: these may have used all the time that the others left, so
 *    that much is nobody's;
 *  - nobody: `known` with all weights on nobody.
 * A window that ended more than 10 s ago (or is that far in the future) says that the process was idle since: it counts
 * for nothing, and a pid that is not the run's does not even hold the device by it (it may be dead). A pid that no
 * longer exists is just not ours.
 */
#ifndef JB_ATTRIBUTION_GPU_SHARE_H
#define JB_ATTRIBUTION_GPU_SHARE_H

#include <stddef.h>

#include "attribution/attribution.h"
#include "sensor/sensor.h"

struct jb_gpu_share {
    struct jb_shares shares;
    bool exclusive;
};
typedef bool (*jb_is_ours_fn)(const void *context, int32_t pid);

/* From all uses of one poll, those of `channel`. */
void jb_gpu_share(const struct jb_gpu_use *uses, size_t count, int channel, uint64_t now_ns, jb_is_ours_fn is_ours,
                  const void *context, struct jb_gpu_share *ret);

#endif
