/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_track.c - bring the driver's time stamps to CLOCK_MONOTONIC.
 *
 * nvmlDeviceGetSamples stamps its samples with microseconds since 1970, by the machine's wall clock, which people and
 * NTP set. The distance of the two clocks is taken at each look; when it moves more than slewing can explain, the
 * stamps fetched so far belong to another wall clock. Samples that are out of order, repeated, or not yet due are
 * dropped: after a step back the driver still holds such, and some drivers stamp with nonsense.
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"

/* Between two looks, 100 ms apart, NTP slews by at most 0.05 ms and chrony by 10 ms. */
#define STEP_NS INT64_C(20000000)

/* A sample taken while the clocks were being read may seem this far ahead. */
#define AHEAD_NS UINT64_C(5000000)

/* Being put aside between two looks at clocks would pass for a step: the closest of a few pairs is taken. */
void jb_nvml_now(struct jb_nvml_now *ret)
{
    uint64_t closest_ns = UINT64_MAX;
    for (int i = 0; i < 5 && closest_ns > 50 * JB_NS_PER_US; i++) {
        uint64_t before_ns = jb_mono_ns();
        int64_t wall_ns = jb_wall_ns();
        uint64_t apart_ns = jb_mono_ns() - before_ns;
        if (apart_ns < closest_ns) {
            closest_ns = apart_ns;
            *ret = (struct jb_nvml_now){.mono_ns = before_ns + apart_ns / 2, .wall_ns = wall_ns};
        }
    }
}

bool jb_nvml_track_stepped(struct jb_nvml_track *track, const struct jb_nvml_now *now)
{
    int64_t offset = now->wall_ns - (int64_t)now->mono_ns;
    int64_t moved = offset - track->offset_ns;
    bool stepped = track->known && (moved > STEP_NS || moved < -STEP_NS);
    track->offset_ns = offset;
    track->known = true;
    if (stepped) {
        track->seen_us = now->wall_ns > 0 ? (unsigned long long)now->wall_ns / JB_NS_PER_US : 0;
    }
    return stepped;
}

bool jb_nvml_track_take(struct jb_nvml_track *track, unsigned long long stamp_us, const struct jb_nvml_now *now,
                        uint64_t *ret_t_ns)
{
    if (stamp_us == 0 || stamp_us > (unsigned long long)INT64_MAX / JB_NS_PER_US) {
        return false;
    }
    int64_t t = 0;
    if (__builtin_sub_overflow((int64_t)(stamp_us * JB_NS_PER_US), track->offset_ns, &t) || t <= 0) {
        return false;
    }
    uint64_t t_ns = (uint64_t)t;
    if (t_ns > now->mono_ns + AHEAD_NS) {
        return false;
    }
    if (t_ns > now->mono_ns) {
        t_ns = now->mono_ns;
    }
    if (t_ns <= track->last_ns) {
        return false;
    }
    track->last_ns = t_ns;
    track->seen_us = stamp_us;
    *ret_t_ns = t_ns;
    return true;
}
