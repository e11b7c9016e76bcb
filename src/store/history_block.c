/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packs and unpacks blocks of the history; the format is in history_block.h.
 *
 * Channels come before the total and its price, because the total is told by how far it is off their sum. What comes
 * out is checked as a whole: a price of more than the total, or times that no calendar has, are no rows.
 */
#include "store/history_block.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"

#define FORMAT   1
#define UNPRICED 0
#define PRICED   1
#define PARTLY   2

/* The total as the channels have it, modulo 2^64. */
static uint64_t sum_of(const struct jb_history_entry *entry)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < entry->channel_count; i++) {
        sum += entry->in_total[i] && entry->values[i].energy_uj != JB_NO_VALUE ? entry->values[i].energy_uj : 0;
    }
    return sum;
}

static bool possible(const struct jb_history_entry *entry)
{
    bool priced = !isnan(entry->g_per_kwh);
    return entry->end_us > 0 && entry->end_us <= JB_WALL_MAX_NS / 1000 && entry->span_us <= JB_WALL_MAX_NS / 1000 &&
           entry->length_ns <= JB_HISTORY_MAX_NS && entry->total_uj <= JB_HISTORY_MAX_UJ &&
           entry->priced_uj <= entry->total_uj && (priced || entry->priced_uj == 0) &&
           (!priced || (entry->g_per_kwh >= 0 && isfinite(entry->g_per_kwh)));
}

static bool possible_value(const struct jb_history_value *value)
{
    return value->energy_uj == JB_NO_VALUE ||
           (value->energy_uj <= JB_HISTORY_MAX_UJ && value->runs_uj <= value->energy_uj &&
            value->idle_uj <= value->energy_uj - value->runs_uj && value->covered_ns <= JB_HISTORY_MAX_NS);
}

static uint64_t bits_of(double real)
{
    uint64_t bits = 0;
    memcpy(&bits, &real, sizeof(bits));
    return bits;
}

static double real_of(uint64_t bits)
{
    double real = 0;
    memcpy(&real, &bits, sizeof(real));
    return real;
}

static void put_price(struct jb_bit_writer *bits, struct jb_history_coder *coder, const struct jb_history_entry *entry)
{
    unsigned kind = isnan(entry->g_per_kwh) ? UNPRICED : entry->priced_uj == entry->total_uj ? PRICED : PARTLY;
    jb_bits_put(bits, kind, 2);
    if (kind == UNPRICED) {
        return;
    }
    if (kind == PARTLY) {
        jb_bits_put_number(bits, entry->priced_uj);
    }
    bool same = bits_of(coder->g_per_kwh) == bits_of(entry->g_per_kwh);
    jb_bits_put(bits, same, 1);
    if (!same) {
        jb_bits_put(bits, bits_of(entry->g_per_kwh), 64);
    }
    jb_bits_put(bits, entry->estimated, 1);
    coder->g_per_kwh = entry->g_per_kwh;
}

static bool get_price(struct jb_bit_reader *bits, struct jb_history_coder *coder, struct jb_history_entry *ret)
{
    unsigned kind = (unsigned)jb_bits_get(bits, 2);
    ret->g_per_kwh = NAN;
    ret->priced_uj = 0;
    ret->estimated = false;
    if (kind == UNPRICED) {
        return true;
    }
    ret->priced_uj = kind == PRICED ? ret->total_uj : jb_bits_get_number(bits);
    if (jb_bits_get(bits, 1) == 0) {
        coder->g_per_kwh = real_of(jb_bits_get(bits, 64));
    }
    ret->estimated = jb_bits_get(bits, 1) != 0;
    ret->g_per_kwh = coder->g_per_kwh;
    return kind <= PARTLY && !isnan(ret->g_per_kwh);
}

void jb_history_pack_begin(struct jb_history_packer *packer)
{
    packer->coder = (struct jb_history_coder){.g_per_kwh = NAN};
    jb_buf_clear(&packer->blob);
}

void jb_history_packer_finish(struct jb_history_packer *packer)
{
    jb_buf_finish(&packer->blob);
}

static bool same_channels(const struct jb_history_coder *coder, const struct jb_history_entry *entry)
{
    return coder->channel_count == entry->channel_count &&
           memcmp(coder->in_total, entry->in_total, entry->channel_count * sizeof(*entry->in_total)) == 0;
}

bool jb_history_pack_fits(const struct jb_history_packer *packer, const struct jb_history_entry *entry,
                          uint64_t width_us, int64_t first_end_us)
{
    const struct jb_history_coder *coder = &packer->coder;
    size_t row = coder->rows == 0 ? 0 : packer->blob.length / coder->rows;
    return coder->rows < JB_HISTORY_BLOCK_ROWS && packer->blob.length + row <= JB_HISTORY_BLOCK &&
           same_channels(coder, entry) && entry->end_us > coder->end_us &&
           entry->end_us - first_end_us <= (int64_t)(width_us * JB_HISTORY_BLOCK_ROWS);
}

static void put_header(struct jb_bit_writer *bits, struct jb_history_coder *coder, const struct jb_history_entry *entry)
{
    jb_bits_put(bits, FORMAT, 8);
    jb_bits_put_number(bits, entry->channel_count);
    for (size_t i = 0; i < entry->channel_count; i++) {
        jb_bits_put(bits, entry->in_total[i], 1);
        coder->in_total[i] = entry->in_total[i];
    }
    coder->channel_count = entry->channel_count;
}

static void put_times(struct jb_bit_writer *bits, struct jb_history_coder *coder, const struct jb_history_entry *entry)
{
    uint64_t length_us = entry->length_ns / 1000;
    if (coder->rows == 0) {
        jb_bits_put_number(bits, entry->length_ns);
        jb_bits_put_number(bits, (uint64_t)entry->end_us);
    } else {
        jb_history_put(bits, entry->length_ns - coder->length_ns, &coder->length_size);
        jb_bits_put_number(bits, jb_zigzag((uint64_t)entry->end_us - (uint64_t)coder->end_us - length_us));
    }
    jb_bits_put_number(bits, jb_zigzag(entry->span_us - length_us));
    coder->length_ns = entry->length_ns;
    coder->end_us = entry->end_us;
}

int jb_history_pack(struct jb_history_packer *packer, const struct jb_history_entry *entry)
{
    struct jb_history_coder *coder = &packer->coder;
    if (!possible(entry) || entry->channel_count > JB_HISTORY_CHANNELS ||
        (coder->rows > 0 && (!same_channels(coder, entry) || entry->end_us <= coder->end_us))) {
        return -EINVAL;
    }
    for (size_t i = 0; i < entry->channel_count; i++) {
        if (!possible_value(&entry->values[i])) {
            return -EINVAL;
        }
    }
    struct jb_bit_writer bits = {.out = &packer->blob};
    if (coder->rows == 0) {
        put_header(&bits, coder, entry);
    }
    put_times(&bits, coder, entry);
    for (size_t i = 0; i < entry->channel_count; i++) {
        jb_history_put_value(&bits, &coder->channels[i], &entry->values[i], entry->length_ns);
    }
    jb_bits_put_number(&bits, jb_zigzag(entry->total_uj - sum_of(entry)));
    put_price(&bits, coder, entry);
    jb_bits_flush(&bits);
    coder->rows++;
    return packer->blob.failed ? -ENOMEM : 0;
}

int jb_history_unpack_begin(struct jb_history_unpacker *unpacker, const void *data, size_t size)
{
    struct jb_history_coder *coder = &unpacker->coder;
    unpacker->bits = (struct jb_bit_reader){.data = data, .size = size};
    *coder = (struct jb_history_coder){.g_per_kwh = NAN};
    uint64_t format = jb_bits_get(&unpacker->bits, 8), count = jb_bits_get_number(&unpacker->bits);
    if (unpacker->bits.failed || format != FORMAT || count > JB_HISTORY_CHANNELS) {
        return -EBADMSG;
    }
    coder->channel_count = (size_t)count;
    for (size_t i = 0; i < coder->channel_count; i++) {
        coder->in_total[i] = jb_bits_get(&unpacker->bits, 1) != 0;
    }
    return unpacker->bits.failed ? -EBADMSG : 0;
}

static void get_times(struct jb_bit_reader *bits, struct jb_history_coder *coder, struct jb_history_entry *ret)
{
    ret->length_ns =
        coder->rows == 0 ? jb_bits_get_number(bits) : coder->length_ns + jb_history_get(bits, &coder->length_size);
    uint64_t length_us = ret->length_ns / 1000;
    if (coder->rows == 0) {
        ret->end_us = (int64_t)jb_bits_get_number(bits);
    } else {
        ret->end_us = (int64_t)((uint64_t)coder->end_us + length_us + jb_unzigzag(jb_bits_get_number(bits)));
    }
    ret->span_us = length_us + jb_unzigzag(jb_bits_get_number(bits));
}

int jb_history_unpack(struct jb_history_unpacker *unpacker, struct jb_history_entry *ret)
{
    struct jb_history_coder *coder = &unpacker->coder;
    struct jb_bit_reader *bits = &unpacker->bits;
    if (coder->rows > 0 && bits->position == bits->size * 8) {
        return 0;
    }
    get_times(bits, coder, ret);
    ret->channel_count = coder->channel_count;
    for (size_t i = 0; i < coder->channel_count; i++) {
        ret->in_total[i] = coder->in_total[i];
        if (!jb_history_get_value(bits, &coder->channels[i], ret->length_ns, &ret->values[i])) {
            return -EBADMSG;
        }
    }
    ret->total_uj = sum_of(ret) + jb_unzigzag(jb_bits_get_number(bits));
    bool good = get_price(bits, coder, ret);
    jb_bits_get(bits, (unsigned)(-bits->position % 8));
    if (!good || bits->failed || !possible(ret) || (coder->rows > 0 && ret->end_us <= coder->end_us)) {
        return -EBADMSG;
    }
    coder->length_ns = ret->length_ns;
    coder->end_us = ret->end_us;
    coder->rows++;
    return 1;
}
