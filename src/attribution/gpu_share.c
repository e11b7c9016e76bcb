/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run's share of an accelerator, from what its driver says about processes (NVML: nvmlDeviceGetProcessUtilization,
 * which is known to hand out dead pids and more than 100 %, sensors.md 4.2).
 *
 * Odd: several windows of one process are simply several uses; busy times add up, so nothing is gathered by pid.
 */
#include "attribution/gpu_share.h"

#define STALE_NS      10000000000u
#define FULL_PPM      1000000u
#define SUM_LIMIT_PPM 1100000u /* windows of processes are not cut at the same instant */

struct holders {
    bool ours, others;
    bool unseen;                              /* of at least one it is not known how busy it was */
    bool garbage;                             /* of at least one something impossible is said */
    unsigned __int128 ours_busy, others_busy; /* ppm x ns */
    uint64_t t0_ns, t1_ns;
};

static bool stale(const struct jb_gpu_use *use, uint64_t now_ns)
{
    uint64_t distance_ns = now_ns > use->t1_ns ? now_ns - use->t1_ns : use->t1_ns - now_ns;

    return use->utilisation_known && distance_ns > STALE_NS;
}

static void count_use(struct holders *holders, const struct jb_gpu_use *use, bool ours, uint64_t now_ns)
{
    holders->ours = holders->ours || ours;
    if (stale(use, now_ns)) {
        return;
    }
    holders->others = holders->others || !ours;
    if (!use->utilisation_known) {
        holders->unseen = true;
        return;
    }
    if (use->busy_ppm > FULL_PPM || use->t1_ns < use->t0_ns) {
        holders->garbage = true;
        return;
    }
    uint64_t width_ns = use->t1_ns > use->t0_ns ? use->t1_ns - use->t0_ns : 1;
    unsigned __int128 busy = (unsigned __int128)use->busy_ppm * width_ns;

    if (ours) {
        holders->ours_busy += busy;
    } else {
        holders->others_busy += busy;
    }
    holders->t0_ns = use->t0_ns < holders->t0_ns ? use->t0_ns : holders->t0_ns;
    holders->t1_ns = use->t1_ns > holders->t1_ns ? use->t1_ns : holders->t1_ns;
}

static void share_by_time(const struct holders *holders, struct jb_shares *ret)
{
    unsigned __int128 ours = holders->ours_busy, others = holders->others_busy, nobody = 0;
    uint64_t span_ns = holders->t1_ns > holders->t0_ns ? holders->t1_ns - holders->t0_ns : 1;
    unsigned __int128 all = (unsigned __int128)FULL_PPM * span_ns;

    if (holders->garbage || ours + others == 0 || ours + others > (unsigned __int128)SUM_LIMIT_PPM * span_ns) {
        return;
    }
    if (holders->unseen && ours + others < all) {
        nobody = all - ours - others;
    }
    while ((ours | others | nobody) > UINT64_MAX) {
        ours >>= 1;
        others >>= 1;
        nobody >>= 1;
    }
    *ret = (struct jb_shares){
        .known = true, .run = (uint64_t)ours, .others = (uint64_t)others, .nobody = (uint64_t)nobody};
}

void jb_gpu_share(const struct jb_gpu_use *uses, size_t count, int channel, uint64_t now_ns, jb_is_ours_fn is_ours,
                  const void *context, struct jb_gpu_share *ret)
{
    struct holders holders = {.t0_ns = UINT64_MAX};

    for (size_t i = 0; i < count; i++) {
        if (uses[i].channel == channel) {
            count_use(&holders, &uses[i], is_ours(context, uses[i].pid), now_ns);
        }
    }
    *ret = (struct jb_gpu_share){.shares = {.known = false}};
    if (holders.ours && holders.others) {
        share_by_time(&holders, &ret->shares);
        return;
    }
    ret->exclusive = holders.ours;
    ret->shares = (struct jb_shares){
        .known = true,
        .run = holders.ours ? FULL_PPM : 0,
        .others = holders.others ? FULL_PPM : 0,
        .nobody = !holders.ours && !holders.others ? FULL_PPM : 0,
    };
}
