/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Largest remainder, in 128 bits: a total times a weight may fill them all.
 *
 * Odd: the few microjoules that floors leave over (fewer than there are parts) are handed out by looking for the next
 * largest remainder again and again, which needs no memory and settles ties by index.
 */
#include "attribution/split.h"

#include <stdbool.h>

static unsigned __int128 sum_of(const uint64_t *weights, size_t count)
{
    unsigned __int128 sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += weights[i];
    }
    return sum;
}

void jb_split(uint64_t total_uj, const uint64_t *weights, size_t count, size_t rest, uint64_t *parts)
{
    unsigned __int128 sum = sum_of(weights, count);
    uint64_t left = total_uj;
    unsigned __int128 last = sum; /* the remainder served last, and whose it was */
    size_t last_index = 0;

    for (size_t i = 0; i < count; i++) {
        parts[i] = sum == 0 ? 0 : (uint64_t)((unsigned __int128)total_uj * weights[i] / sum);
        left -= parts[i];
    }
    if (sum == 0 && count > 0) {
        parts[rest < count ? rest : 0] = total_uj;
        return;
    }
    for (; left > 0 && count > 0; left--) {
        unsigned __int128 best = 0;
        size_t best_index = count;

        for (size_t i = 0; i < count; i++) {
            unsigned __int128 remainder = (unsigned __int128)total_uj * weights[i] % sum;
            bool served = remainder > last || (remainder == last && i <= last_index);

            if (!served && remainder > 0 && (best_index == count || remainder > best)) {
                best = remainder;
                best_index = i;
            }
        }
        if (best_index == count) {
            return; /* cannot be: the remainders sum to `left` times the sum, and each is smaller than the sum */
        }
        parts[best_index]++;
        last = best;
        last_index = best_index;
    }
}
