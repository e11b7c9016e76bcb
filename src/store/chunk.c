/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encodes a chunk; the format is in chunk.h, the reader in chunk_read.c.
 *
 * Size is what matters here: ten channels at 10 Hz are 360 000 values an hour, and 1 bit of each is 45 kB. Hence the
 * Rice code, and hence the largest of the four parts is left out: it is the rest.
 */
#include "store/chunk.h"

#include <errno.h>

#include "base/text.h"

static bool is_value(uint64_t value)
{
    return value != JB_NO_VALUE && value != JB_GAP;
}

static int check_times(const struct jb_chunk *chunk, uint64_t t0_us, const uint64_t *tick_us)
{
    if (chunk->tick_count < 1 || chunk->tick_count > JB_CHUNK_MAX_TICKS ||
        chunk->channel_count > JB_CHUNK_MAX_CHANNELS) {
        return -EINVAL;
    }
    uint64_t before = t0_us;
    for (size_t i = 0; i < chunk->tick_count; i++) {
        if (tick_us[i] <= before || tick_us[i] > JB_TIME_MAX_US) {
            return -EINVAL;
        }
        before = tick_us[i];
    }
    return 0;
}

static int check_channel(const struct jb_chunk_channel *channel, size_t tick_count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < tick_count; i++) {
        if (is_value(channel->energy_uj[i]) && __builtin_add_overflow(sum, channel->energy_uj[i], &sum)) {
            return -EINVAL;
        }
    }
    uint64_t parts = 0;
    if (__builtin_add_overflow(channel->run_uj, channel->idle_uj, &parts) ||
        __builtin_add_overflow(parts, channel->others_uj, &parts) ||
        __builtin_add_overflow(parts, channel->unattributed_uj, &parts) || parts != sum) {
        return -EINVAL;
    }
    return 0;
}

static void put_rice_all(struct jb_bit_writer *bits, const uint64_t *codes, size_t count)
{
    unsigned k = jb_bits_rice_k(codes, count);
    jb_bits_put(bits, k, 6);
    for (size_t i = 0; i < count; i++) {
        jb_bits_put_rice(bits, codes[i], k);
    }
}

static void put_times(struct jb_bit_writer *bits, uint64_t t0_us, const uint64_t *tick_us, size_t count)
{
    uint64_t codes[JB_CHUNK_MAX_TICKS] = {0};
    uint64_t length = tick_us[count - 1] - t0_us;
    for (size_t i = 0; i + 1 < count; i++) {
        codes[i] = jb_zigzag(tick_us[i] - t0_us - jb_share(length, i + 1, count));
    }
    put_rice_all(bits, codes, count - 1);
}

static void put_values(struct jb_bit_writer *bits, const uint64_t *values, size_t count)
{
    uint64_t codes[JB_CHUNK_MAX_TICKS] = {0};
    size_t present = 0, differences = 0;
    uint64_t first = 0, before = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_value(values[i])) {
            continue;
        }
        if (present++ == 0) {
            first = values[i];
        } else {
            codes[differences++] = jb_zigzag(values[i] - before);
        }
        before = values[i];
    }
    jb_bits_put(bits, present == count, 1);
    for (size_t i = 0; i < count && present < count; i++) {
        jb_bits_put(bits, is_value(values[i]), 1);
        if (!is_value(values[i])) {
            jb_bits_put(bits, values[i] == JB_GAP, 1);
        }
    }
    if (present > 0) {
        jb_bits_put_number(bits, first);
        put_rice_all(bits, codes, differences);
    }
}

static void put_parts(struct jb_bit_writer *bits, const struct jb_chunk_channel *channel)
{
    const uint64_t parts[4] = {channel->run_uj, channel->idle_uj, channel->others_uj, channel->unattributed_uj};
    unsigned rest = 0;
    for (unsigned i = 1; i < 4; i++) {
        if (parts[i] > parts[rest]) {
            rest = i;
        }
    }
    uint64_t left = parts[0] + parts[1] + parts[2] + parts[3];
    jb_bits_put(bits, rest, 2);
    for (unsigned i = 0; i < 4; i++) {
        if (i != rest) {
            jb_bits_put_part(bits, parts[i], left);
            left -= parts[i];
        }
    }
}

int jb_chunk_encode(const struct jb_chunk *chunk, uint64_t t0_us, const uint64_t *tick_us,
                    const struct jb_anchor *anchors, struct jb_buf *out)
{
    int r = check_times(chunk, t0_us, tick_us);
    for (size_t c = 0; r == 0 && c < chunk->channel_count; c++) {
        r = anchors[c].t_us > t0_us ? -EINVAL : check_channel(&chunk->channels[c], chunk->tick_count);
    }
    if (r < 0) {
        return r;
    }
    struct jb_bit_writer bits = {.out = out};
    jb_bits_put(&bits, 1, 8);
    jb_bits_put_number(&bits, t0_us);
    jb_bits_put_number(&bits, tick_us[chunk->tick_count - 1] - t0_us);
    jb_bits_put_number(&bits, chunk->tick_count);
    jb_bits_put_number(&bits, chunk->channel_count);
    put_times(&bits, t0_us, tick_us, chunk->tick_count);
    for (size_t c = 0; c < chunk->channel_count; c++) {
        bool plain = anchors[c].t_us == t0_us && !anchors[c].gap;
        jb_bits_put(&bits, !plain, 1);
        if (!plain) {
            jb_bits_put(&bits, anchors[c].gap, 1);
            jb_bits_put_number(&bits, t0_us - anchors[c].t_us);
        }
        put_values(&bits, chunk->channels[c].energy_uj, chunk->tick_count);
        put_parts(&bits, &chunk->channels[c]);
    }
    jb_bits_flush(&bits);
    return out->failed ? -ENOMEM : 0;
}
