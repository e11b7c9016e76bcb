/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Largest remainder, in 128 bits: a total times a weight may fill them all.
 *
 * Odd: the few microjoules that floors leave over (fewer than there are parts) are handed out by looking for the next
 * largest remainder again and again, which settles ties by index and needs no memory: remainders of the first parts are
 * kept because a division of 128 bits is dear, those of further ones are worked out anew.
 */
#include "attribution/split.h"

#include <stdbool.h>

#define KEPT 320 /* all cells and contexts of a domain */

struct remainders {
    unsigned __int128 kept[KEPT];
    unsigned __int128 sum;
    uint64_t total_uj;
    jb_weight_fn *weight;
    const void *context;
};

static unsigned __int128 remainder_of(const struct remainders *remainders, size_t i)
{
    if (i < KEPT) {
        return remainders->kept[i];
    }
    return (unsigned __int128)remainders->total_uj * remainders->weight(remainders->context, i) % remainders->sum;
}

/* The largest remainder that comes after (last, last_index); count: none. */
static size_t next_of(const struct remainders *remainders, size_t count, unsigned __int128 last, size_t last_index)
{
    unsigned __int128 best = 0;
    size_t best_index = count;

    for (size_t i = 0; i < count; i++) {
        unsigned __int128 remainder = remainder_of(remainders, i);
        bool served = remainder > last || (remainder == last && i <= last_index);

        if (!served && remainder > best) {
            best = remainder;
            best_index = i;
        }
    }
    return best_index;
}

void jb_split_by(uint64_t total_uj, jb_weight_fn *weight, const void *context, size_t count, size_t rest,
                 uint64_t *parts)
{
    struct remainders remainders;
    uint64_t left = total_uj;
    size_t last_index = 0;

    remainders.sum = 0;
    remainders.total_uj = total_uj;
    remainders.weight = weight;
    remainders.context = context;
    for (size_t i = 0; i < count; i++) {
        remainders.sum += weight(context, i);
        parts[i] = 0;
    }
    if (remainders.sum == 0) {
        if (count > 0) {
            parts[rest < count ? rest : 0] = total_uj;
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned __int128 product = (unsigned __int128)total_uj * weight(context, i);

        parts[i] = (uint64_t)(product / remainders.sum);
        left -= parts[i];
        if (i < KEPT) {
            remainders.kept[i] = product - remainders.sum * parts[i];
        }
    }
    unsigned __int128 last = remainders.sum;
    for (; left > 0; left--) {
        size_t next = next_of(&remainders, count, last, last_index);

        if (next == count) {
            return; /* cannot be: the remainders sum to `left` times the sum, and each is smaller than the sum */
        }
        parts[next]++;
        last = remainder_of(&remainders, next);
        last_index = next;
    }
}

static uint64_t weight_in_array(const void *context, size_t i)
{
    const uint64_t *weights = context;

    return weights[i];
}

void jb_split(uint64_t total_uj, const uint64_t *weights, size_t count, size_t rest, uint64_t *parts)
{
    jb_split_by(total_uj, weight_in_array, weights, count, rest, parts);
}
