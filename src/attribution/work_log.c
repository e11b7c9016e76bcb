/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timeline of a domain: a ring of blocks of stretches, each with an end and the cells that were busy; looked up by
 * halving over blocks, then from the front of the block. Nothing is allocated; the oldest block makes room.
 */
#include "attribution/work_in.h"

#include <errno.h>
#include <string.h>

#define INLINE_CELLS 3

static uint64_t head_of(const uint16_t *cells, size_t count)
{
    uint64_t head = count;

    for (size_t i = 0; i < count && i < INLINE_CELLS; i++) {
        head |= (uint64_t)cells[i] << (16 * (i + 1));
    }
    return head;
}

static size_t words_of(size_t count)
{
    return 2 + (count > INLINE_CELLS ? (count - INLINE_CELLS + 3) / 4 : 0);
}

static struct block *block_at(const struct log *log, uint32_t i)
{
    return &log->blocks[(log->first + i) & (log->capacity - 1)];
}

static struct block *new_block(struct jb_work *work, struct domain *domain)
{
    struct log *log = &domain->log;
    struct block *block;

    if (log->count == log->capacity) {
        block = block_at(log, 0);
        if (domain->now_ns - block->t1_ns < work->log_ns) {
            work->health.log_lost += block->stretches;
        }
        log->first = (log->first + 1) & (log->capacity - 1);
        log->count--;
    }
    block = block_at(log, log->count++);
    block->t0_ns = block->t1_ns = domain->now_ns;
    block->used = block->stretches = block->last = 0;
    return block;
}

/* From the domain's now to end_ns. */
void work_log_add(struct jb_work *work, struct domain *domain, uint64_t end_ns, const uint16_t *cells, size_t count)
{
    struct log *log = &domain->log;
    struct block *block = log->count > 0 ? block_at(log, log->count - 1) : new_block(work, domain);
    uint64_t head = head_of(cells, count);
    size_t words = words_of(count);
    uint64_t *word = &block->word[block->last];

    if (block->used > 0 && word[1] == head &&
        (count <= INLINE_CELLS ||
         memcmp(&word[2], &cells[INLINE_CELLS], (count - INLINE_CELLS) * sizeof(*cells)) == 0)) {
        word[0] = block->t1_ns = end_ns;
        return;
    }
    if (block->used + words > BLOCK_WORDS) {
        block = new_block(work, domain);
    }
    word = &block->word[block->used];
    word[0] = block->t1_ns = end_ns;
    word[1] = head;
    if (count > INLINE_CELLS) {
        memcpy(&word[2], &cells[INLINE_CELLS], (count - INLINE_CELLS) * sizeof(*cells));
    }
    block->last = block->used;
    block->used += (uint32_t)words;
    block->stretches++;
}

/* The block in which t lies; there is one. */
static uint32_t find(const struct log *log, uint64_t t_ns)
{
    uint32_t low = 0, high = log->count - 1;

    while (low < high) {
        uint32_t middle = (low + high + 1) / 2;

        if (block_at(log, middle)->t0_ns <= t_ns) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

struct sums {
    uint64_t alone_ns[JB_WORK_CELLS]; /* by itself, which is most of it: exact, and quick */
    double shared_s[JB_WORK_CELLS];
};

static void add_shared(struct sums *sums, const uint64_t *word, size_t count, double seconds)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t cell;

        if (i < INLINE_CELLS) {
            cell = (uint16_t)(word[1] >> (16 * (i + 1)));
        } else {
            memcpy(&cell, (const char *)&word[2] + (i - INLINE_CELLS) * sizeof(cell), sizeof(cell));
        }
        sums->shared_s[cell] += seconds / (double)count;
    }
}

/* What of a block lies in (t0, t1]; false: a part was not caught. */
static bool add_block(struct sums *sums, const struct block *block, uint64_t t0_ns, uint64_t t1_ns)
{
    uint64_t begin_ns = block->t0_ns;

    for (uint32_t at = 0; at < block->used && begin_ns < t1_ns;) {
        const uint64_t *word = &block->word[at];
        size_t count = word[1] & UINT16_MAX;
        uint64_t from_ns = begin_ns > t0_ns ? begin_ns : t0_ns;
        uint64_t to_ns = word[0] < t1_ns ? word[0] : t1_ns;

        begin_ns = word[0];
        at += (uint32_t)words_of(count);
        if (to_ns <= from_ns) {
            continue;
        }
        if (count == 1) {
            sums->alone_ns[word[1] >> 16] += to_ns - from_ns;
        } else if (count == 0) {
            return false;
        } else {
            add_shared(sums, word, count, (double)(to_ns - from_ns) * 1e-9);
        }
    }
    return true;
}

int jb_work_features(const struct jb_work *work, unsigned domain, uint64_t t0_ns, uint64_t t1_ns,
                     struct jb_work_share *ret, size_t max)
{
    const struct domain *its = domain < JB_WORK_DOMAINS ? &work->domain[domain] : NULL;
    struct sums sums;
    size_t count = 0;

    if (its == NULL || its->log.count == 0 || t0_ns < block_at(&its->log, 0)->t0_ns) {
        return -ENODATA;
    }
    if (t1_ns > its->now_ns) {
        return -EAGAIN;
    }
    memset(&sums, 0, sizeof(sums));
    for (uint32_t i = find(&its->log, t0_ns); i < its->log.count; i++) {
        const struct block *block = block_at(&its->log, i);

        if (block->t0_ns >= t1_ns) {
            break;
        }
        if (!add_block(&sums, block, t0_ns, t1_ns)) {
            return -ENODATA;
        }
    }
    for (size_t i = 0; i < its->cells; i++) {
        double seconds = (double)sums.alone_ns[i] * 1e-9 + sums.shared_s[i];

        if (!(seconds > 0)) {
            continue;
        }
        if (count == max) {
            return -E2BIG;
        }
        ret[count++] = (struct jb_work_share){.cell = (uint16_t)i, .seconds = seconds};
    }
    return (int)count;
}
