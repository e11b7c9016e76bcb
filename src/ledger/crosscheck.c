/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do a counter and its twin tell the same story? NVML's energy counter is known to stand still on some boards and to
 * disagree with its own power sensor on others (zeus issue 181: 187 J against 327 J in 5 s; sensors.md 4.2).
 *
 * Odd: an error that is not a number makes every comparison false, so that such a pair is left in peace.
 */
#include "ledger/overlap.h"

#include <math.h>

#define LONG_ENOUGH_NS 2000000000u

enum jb_verdict jb_crosscheck(uint64_t leaf_uj, double leaf_sigma_uj, uint64_t twin_uj, double twin_sigma_uj,
                              uint64_t covered_ns, double tolerance)
{
    double larger = (double)(leaf_uj > twin_uj ? leaf_uj : twin_uj);
    double difference = (double)(leaf_uj > twin_uj ? leaf_uj - twin_uj : twin_uj - leaf_uj);
    double errors = fabs(leaf_sigma_uj) + fabs(twin_sigma_uj);

    if (covered_ns < LONG_ENOUGH_NS) {
        return JB_VERDICT_TOO_EARLY;
    }
    if (leaf_uj == 0 && difference > errors) {
        return JB_VERDICT_FROZEN;
    }
    return difference > tolerance * larger + errors ? JB_VERDICT_DISAGREE : JB_VERDICT_AGREE;
}
