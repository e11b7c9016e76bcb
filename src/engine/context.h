/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context.h - what an accelerator draws because the run holds a context on it, though it computes nothing.
 *
 * Pure. An NVIDIA GPU with a context open does not go back to its deep idle (T4 26 W instead of 10, A40 71 instead of
 * 22; +26 to +66 W on others, arXiv 2605.23918). Seen from seconds in which the run held a context and every user of
 * the device was at rest: the lowest power of one is what holding it costs, with the idle power. It is no further joule
 * but part of what is booked: the run's, for as long as it held the context. Not known, and said so, where nobody was
 * ever at rest, where the driver does not tell who is, or where the idle power is not known or no better than the
 * difference.
 */
#ifndef JB_ENGINE_CONTEXT_H
#define JB_ENGINE_CONTEXT_H

#include "attribution/gpu_share.h"
#include "engine/idle.h"

struct jb_gpu_context {
    uint64_t held_ns;   /* time in which the run held a context */
    uint64_t lowest_uw; /* of a second at rest, after another one at rest */
    bool resting;       /* the second before was at rest */
    bool seen;          /* lowest_uw is */
};

/* A second of channel `channel`, in which it used energy_uj; `uses` is who used its device, as jb_gpu_share() takes it.
 * known false: who used it is not known. */
void jb_context_add(struct jb_gpu_context *context, bool known, const struct jb_gpu_use *uses, size_t count,
                    int channel, jb_is_ours_fn is_ours, const void *of, uint64_t energy_uj, uint64_t dt_ns);

/* Watts above idle, and joules over the time held, at most what is the run's; NAN both when not known. */
void jb_context_tax(const struct jb_gpu_context *context, const struct jb_idle *idle, uint64_t run_uj, double *ret_w,
                    double *ret_j);

#endif
