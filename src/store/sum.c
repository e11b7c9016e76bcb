/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic and the blob of the bins of sum.h. Pure.
 *
 * An interval is cut at the edges of bins by rounding the running share down, so that nothing is lost or made: a bin
 * gets share(up to its end) - share(up to its start).
 */
#include "store/sum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const uint64_t jb_sum_width_us[JB_SUM_LEVELS] = {UINT64_C(10000000), UINT64_C(600000000)};

int jb_bin_reserve(struct jb_bin *bin, size_t channel_count)
{
    if (channel_count <= bin->channel_count) {
        return 0;
    }
    struct jb_sum *grown = realloc(bin->channels, channel_count * sizeof(*grown));
    if (grown == NULL) {
        return -ENOMEM;
    }
    memset(grown + bin->channel_count, 0, (channel_count - bin->channel_count) * sizeof(*grown));
    bin->channels = grown;
    bin->channel_count = channel_count;
    return 0;
}

int jb_bin_copy(struct jb_bin *to, const struct jb_bin *from)
{
    int r = jb_bin_reserve(to, from->channel_count);
    if (r < 0) {
        return r;
    }
    jb_bin_reset(to, from->index);
    if (from->channel_count > 0) {
        memcpy(to->channels, from->channels, from->channel_count * sizeof(*from->channels));
    }
    return 0;
}

void jb_bin_reset(struct jb_bin *bin, uint64_t index)
{
    bin->index = index;
    if (bin->channel_count > 0) {
        memset(bin->channels, 0, bin->channel_count * sizeof(*bin->channels));
    }
}

void jb_bin_finish(struct jb_bin *bin)
{
    free(bin->channels);
    *bin = (struct jb_bin){0};
}

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* µJ per µs is W; saturates, because a blob may say anything. */
static uint64_t power_uw(uint64_t energy_uj, uint64_t length_us)
{
    double uw = (double)energy_uj / (double)length_us * 1e6;
    return uw >= 0x1p63 ? UINT64_C(1) << 63 : (uint64_t)(uw + 0.5);
}

struct jb_sum jb_sum_part(const struct jb_interval *interval, uint64_t index, uint64_t width_us)
{
    uint64_t length = interval->t1_us - interval->t0_us;
    uint64_t from = clamp(index * width_us, interval->t0_us, interval->t1_us) - interval->t0_us;
    uint64_t to = clamp((index + 1) * width_us, interval->t0_us, interval->t1_us) - interval->t0_us;
    if (from >= to) {
        return (struct jb_sum){0};
    }
    uint64_t power = power_uw(interval->energy_uj, length);
    return (struct jb_sum){
        .energy_uj = jb_share(interval->energy_uj, to, length) - jb_share(interval->energy_uj, from, length),
        .run_uj = jb_share(interval->run_uj, to, length) - jb_share(interval->run_uj, from, length),
        .covered_us = to - from,
        .min_uw = power,
        .max_uw = power,
    };
}

void jb_sum_add(struct jb_sum *to, const struct jb_sum *part)
{
    if (part->covered_us == 0) {
        return;
    }
    if (to->covered_us == 0 || part->min_uw < to->min_uw) {
        to->min_uw = part->min_uw;
    }
    if (to->covered_us == 0 || part->max_uw > to->max_uw) {
        to->max_uw = part->max_uw;
    }
    to->energy_uj += part->energy_uj;
    to->run_uj += part->run_uj;
    to->covered_us += part->covered_us;
}

int jb_bin_encode(const struct jb_bin *bin, uint64_t width_us, struct jb_buf *out)
{
    struct jb_bit_writer bits = {.out = out};
    jb_bits_put(&bits, 1, 8);
    jb_bits_put_number(&bits, bin->channel_count);
    for (size_t c = 0; c < bin->channel_count; c++) {
        const struct jb_sum *sum = &bin->channels[c];
        jb_bits_put_part(&bits, width_us - sum->covered_us, width_us);
        if (sum->covered_us > 0) {
            jb_bits_put_number(&bits, sum->energy_uj);
            jb_bits_put_number(&bits, sum->run_uj);
            jb_bits_put_number(&bits, sum->max_uw);
            jb_bits_put_part(&bits, sum->min_uw, sum->max_uw);
        }
    }
    jb_bits_flush(&bits);
    return out->failed ? -ENOMEM : 0;
}

/* A sum that says more than its bin can hold fails the reader. */
static struct jb_sum get_sum(struct jb_bit_reader *bits, uint64_t width_us)
{
    struct jb_sum sum = {0};
    uint64_t uncovered = jb_bits_get_part(bits, width_us);
    if (uncovered < width_us) {
        sum.covered_us = width_us - uncovered;
        sum.energy_uj = jb_bits_get_number(bits);
        sum.run_uj = jb_bits_get_number(bits);
        sum.max_uw = jb_bits_get_number(bits);
        sum.min_uw = jb_bits_get_part(bits, sum.max_uw);
    }
    bits->failed = bits->failed || uncovered > width_us || sum.min_uw > sum.max_uw;
    return sum;
}

int jb_bin_decode(struct jb_bin *bin, const void *data, size_t size, uint64_t width_us)
{
    struct jb_bit_reader bits = {.data = data, .size = size};
    uint64_t format = jb_bits_get(&bits, 8);
    uint64_t count = jb_bits_get_number(&bits);
    if (bits.failed || format != 1 || count > JB_CHUNK_MAX_CHANNELS) {
        return -EBADMSG;
    }
    int r = jb_bin_reserve(bin, (size_t)count);
    if (r < 0) {
        return r;
    }
    jb_bin_reset(bin, bin->index);
    for (size_t c = 0; c < count && !bits.failed; c++) {
        bin->channels[c] = get_sum(&bits, width_us);
    }
    if (bits.failed) {
        jb_bin_reset(bin, bin->index);
        return -EBADMSG;
    }
    return 0;
}
