/* SPDX-License-Identifier: Apache-2.0 */
/*
 * split.h - divide microjoules so that nothing is lost.
 *
 * Pure. Integer shares by largest remainder: the parts always sum to the whole, to the microjoule, for any weights.
 * Made for up to some hundred parts; the time goes with the square of their number.
 */
#ifndef JB_ATTRIBUTION_SPLIT_H
#define JB_ATTRIBUTION_SPLIT_H

#include <stddef.h>
#include <stdint.h>

/* parts[i] ~ total * weights[i] / sum(weights); sum(parts) == total. All weights 0: everything goes to parts[rest].
 * No overflow for any 64-bit values; ties go to the lower index. Without parts nothing is done. */
void jb_split(uint64_t total_uj, const uint64_t *weights, size_t count, size_t rest, uint64_t *parts);

/* The same where weights are worked out as they are needed; each is asked for more than once. */
typedef uint64_t jb_weight_fn(const void *context, size_t i);
void jb_split_by(uint64_t total_uj, jb_weight_fn *weight, const void *context, size_t count, size_t rest,
                 uint64_t *parts);

#endif
