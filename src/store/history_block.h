/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history_block.h - the blob that holds some rows of a machine's history, one after the other.
 *
 * Pure: no file, no clock. A row alone would take 200 bytes; next to the one before it takes half: idle power stays as
 * it is, and of the rest only the noise is left (bits.h). So rows are kept in blocks of up to JB_HISTORY_BLOCK bytes,
 * of one level, with the same channels and ascending times:
 *
 *     8 bits         format, 1
 *     number         channels, then a bit for each: in the total
 *     rows           to the end of the blob, each filled with zeros to the end of its last byte:
 *       length       ns: a number in the first, then rice, less that of the row before
 *       end          us: a number in the first, then a number: what it is off from the end before plus the length
 *       number       what the calendar's time from its start to its end is off from the length, us
 *       channels     1 bit: known. Then 1 bit: covered as the row is, or 0 and a number of ns off; 2 bits: 0 all idle,
 *                    1 idle and others, 2 idle and runs, 3 all three; energy; idle if not 0; others if 3; lowest and
 *                    highest, steps of 1/256 of the mean away from it, outward. All rice, but numbers and parts of
 * numbers where it is seen first number       total less the sum over the channels in it, uJ 2 bits       0 not priced,
 * 1 all of the total, 2 a part (a number of uJ follows); if priced: 1 bit "as the row before", or 0 and the 64 bits of
 * g_per_kwh; 1 bit estimated
 *
 * Signed differences are zigzag (bits.h). What a rate predicts is scaled by the time covered. The parameter of each
 * Rice code follows the size of what it has coded so far.
 */
#ifndef JB_STORE_HISTORY_BLOCK_H
#define JB_STORE_HISTORY_BLOCK_H

#include "base/text.h"
#include "store/bits.h"
#include "store/history.h"

#define JB_HISTORY_BLOCK      2680 /* bytes: three and their keys fill a page of 8 KiB */
#define JB_HISTORY_BLOCK_ROWS 60   /* and no more, in 60 times what a row of the level should be long */

#define JB_HISTORY_MAX_UJ (UINT64_C(1) << 62)
#define JB_HISTORY_MAX_NS (UINT64_C(1) << 62)

/* A row as it is kept. The calendar's time is the stretch (end - span, end]; in rows of a minute or an hour it has what
 * was not covered in it too. */
struct jb_history_entry {
    int64_t end_us; /* 1 to JB_WALL_MAX_NS / 1000 */
    uint64_t span_us, length_ns;
    uint64_t total_uj, priced_uj; /* over the channels in the total when they were read; of it, what has a price */
    double g_per_kwh;             /* of what has a price; NAN: nothing has */
    bool estimated;
    size_t channel_count;
    struct jb_history_value *values; /* JB_HISTORY_CHANNELS of them */
    bool *in_total;                  /* likewise */
};
int jb_history_entry_make(struct jb_history_entry *ret); /* empty; -ENOMEM */
void jb_history_entry_finish(struct jb_history_entry *entry);
void jb_history_entry_clear(struct jb_history_entry *entry); /* keeps the memory */
void jb_history_entry_copy(struct jb_history_entry *to, const struct jb_history_entry *from);
/* Add a later row, so that both are one. Onto a cleared entry: a copy. */
void jb_history_entry_add(struct jb_history_entry *entry, const struct jb_history_entry *row);
static inline int64_t jb_history_start_us(const struct jb_history_entry *entry)
{
    return entry->end_us - (int64_t)entry->span_us;
}

/* What a channel was in the row before, and how large its surprises are. */
struct jb_history_predictor {
    bool seen;
    uint64_t covered_ns, energy_uj, idle_uj, others_uj;
    uint64_t energy_size, idle_size, others_size, low_size, high_size;
};
struct jb_history_coder {
    uint64_t length_ns, length_size;
    int64_t end_us;
    double g_per_kwh;
    size_t rows, channel_count;
    bool in_total[JB_HISTORY_CHANNELS];
    struct jb_history_predictor channels[JB_HISTORY_CHANNELS];
};

struct jb_history_packer {
    struct jb_history_coder coder;
    struct jb_buf blob;
};
void jb_history_pack_begin(struct jb_history_packer *packer); /* an empty blob; keeps the memory */
/* -EINVAL: a row that cannot be, or that cannot follow (other channels, an earlier end). -ENOMEM. The blob is spoilt
 * then: begin another. */
int jb_history_pack(struct jb_history_packer *packer, const struct jb_history_entry *entry);
/* Would `entry` still be in place in the block, of rows that should be `width_us` long? */
bool jb_history_pack_fits(const struct jb_history_packer *packer, const struct jb_history_entry *entry,
                          uint64_t width_us, int64_t first_end_us);
void jb_history_packer_finish(struct jb_history_packer *packer);

struct jb_history_unpacker {
    struct jb_history_coder coder;
    struct jb_bit_reader bits;
};
int jb_history_unpack_begin(struct jb_history_unpacker *unpacker, const void *data, size_t size); /* -EBADMSG */
/* 1: the next row, into an entry that was made; 0: there is no other; -EBADMSG. */
int jb_history_unpack(struct jb_history_unpacker *unpacker, struct jb_history_entry *ret);

/* For history_block.c: a difference by the Rice code that *size asks for; a channel of a row. */
void jb_history_put(struct jb_bit_writer *bits, uint64_t difference, uint64_t *size);
uint64_t jb_history_get(struct jb_bit_reader *bits, uint64_t *size);
void jb_history_put_value(struct jb_bit_writer *bits, struct jb_history_predictor *predictor,
                          const struct jb_history_value *value, uint64_t length_ns);
bool jb_history_get_value(struct jb_bit_reader *bits, struct jb_history_predictor *predictor, uint64_t length_ns,
                          struct jb_history_value *ret); /* false: no such value */

/* The mean of what a channel drew while it was covered, mW. */
uint64_t jb_history_mean_mw(const struct jb_history_value *value);

#endif
