/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seconds at rest with a context (context.h). What a driver says of a process is about the second before it was asked,
 * and power follows work by up to a second of averaging: a second counts only when the one before was at rest too.
 */
#include "engine/context.h"

#include <math.h>

#define SHORTEST_NS 500000000u

void jb_context_add(struct jb_gpu_context *context, bool known, const struct jb_gpu_use *uses, size_t count,
                    int channel, jb_is_ours_fn is_ours, const void *of, uint64_t energy_uj, uint64_t dt_ns)
{
    bool ours = false, resting = true;

    for (size_t i = 0; i < count && known; i++) {
        if (uses[i].channel == channel) {
            ours = ours || is_ours(of, uses[i].pid);
            resting = resting && uses[i].utilisation_known && uses[i].busy_ppm == 0;
        }
    }
    resting = resting && ours;
    context->held_ns += ours ? dt_ns : 0;
    if (resting && context->resting && dt_ns >= SHORTEST_NS) {
        uint64_t power_uw = (uint64_t)((double)energy_uj * 1e9 / (double)dt_ns);
        context->lowest_uw = context->seen && context->lowest_uw < power_uw ? context->lowest_uw : power_uw;
        context->seen = true;
    }
    context->resting = resting;
}

void jb_context_tax(const struct jb_gpu_context *context, const struct jb_idle *idle, uint64_t run_uj, double *ret_w,
                    double *ret_j)
{
    *ret_w = *ret_j = NAN;
    if (!context->seen || idle->idle_uw == 0 || context->lowest_uw <= idle->idle_uw + idle->sigma_uw) {
        return;
    }
    double watts = (double)(context->lowest_uw - idle->idle_uw) / 1e6;
    double joules = watts * (double)context->held_ns / 1e9;
    *ret_w = watts;
    *ret_j = fmin(joules, (double)run_uj / 1e6);
}
