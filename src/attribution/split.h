/* SPDX-License-Identifier: Apache-2.0 */
/*
 * split.h - divide microjoules so that nothing is lost.
 *
 * Pure. Integer shares by largest remainder: the parts always sum to the whole, to the microjoule, for any weights.
 */
#ifndef JB_ATTRIBUTION_SPLIT_H
#define JB_ATTRIBUTION_SPLIT_H

#include <stddef.h>
#include <stdint.h>

/* parts[i] ~ total * weights[i] / sum(weights); sum(parts) == total. All weights 0: everything goes to parts[rest].
 * No overflow for any 64-bit values; ties go to the lower index. count >= 1 and <= 64. */
void jb_split(uint64_t total_uj, const uint64_t *weights, size_t count, size_t rest, uint64_t *parts);

#endif
