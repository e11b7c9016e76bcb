/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes a chunk; the format is in chunk.h.
 *
 * The bytes may be anybody's: every count is checked before it is used, times must ascend, sums must not overflow.
 * Arithmetic on energies is modulo 2^64 until it is checked, which is defined for unsigned numbers.
 */
#include "store/chunk.h"

#include <errno.h>

__extension__ typedef unsigned __int128 uint128;

uint64_t jb_share(uint64_t value, uint64_t part, uint64_t whole)
{
    if (value <= UINT32_MAX && part <= UINT32_MAX) { /* nearly always, and several times as fast */
        return value * part / whole;
    }
    return (uint64_t)((uint128)value * part / whole);
}

static int get_times(struct jb_chunk_reader *reader)
{
    unsigned k = (unsigned)jb_bits_get(&reader->bits, 6);
    uint64_t length = reader->t1_us - reader->t0_us;
    uint64_t before = reader->t0_us;
    for (size_t i = 0; i < reader->tick_count; i++) {
        uint64_t t = reader->t1_us;
        if (i + 1 < reader->tick_count) {
            uint64_t expected = reader->t0_us + jb_share(length, i + 1, reader->tick_count);
            t = expected + jb_unzigzag(jb_bits_get_rice(&reader->bits, k));
        }
        if (t <= before || t > reader->t1_us) {
            return -EBADMSG;
        }
        reader->tick_us[i] = before = t;
    }
    return reader->bits.failed ? -EBADMSG : 0;
}

int jb_chunk_read(struct jb_chunk_reader *reader, const void *data, size_t size)
{
    reader->bits = (struct jb_bit_reader){.data = data, .size = size};
    reader->channel = 0;
    uint64_t format = jb_bits_get(&reader->bits, 8);
    uint64_t t0_us = jb_bits_get_number(&reader->bits);
    uint64_t length = jb_bits_get_number(&reader->bits);
    uint64_t ticks = jb_bits_get_number(&reader->bits);
    uint64_t channels = jb_bits_get_number(&reader->bits);
    if (reader->bits.failed || format != 1 || ticks < 1 || ticks > JB_CHUNK_MAX_TICKS ||
        channels > JB_CHUNK_MAX_CHANNELS || t0_us > JB_TIME_MAX_US || length > JB_TIME_MAX_US - t0_us) {
        return -EBADMSG;
    }
    reader->t0_us = t0_us;
    reader->t1_us = t0_us + length;
    reader->tick_count = (size_t)ticks;
    reader->channel_count = (size_t)channels;
    return get_times(reader);
}

static size_t get_pattern(struct jb_chunk_reader *reader)
{
    struct jb_bit_reader *bits = &reader->bits;
    bool all = jb_bits_get(bits, 1) == 1;
    size_t present = 0;
    for (size_t i = 0; i < reader->tick_count; i++) {
        if (all || jb_bits_get(bits, 1) == 1) {
            reader->value_uj[i] = 0;
            present++;
        } else {
            reader->value_uj[i] = jb_bits_get(bits, 1) == 1 ? JB_GAP : JB_NO_VALUE;
        }
    }
    return present;
}

static int get_values(struct jb_chunk_reader *reader)
{
    struct jb_bit_reader *bits = &reader->bits;
    size_t present = get_pattern(reader);
    reader->energy_uj = 0;
    if (present == 0) {
        return 0;
    }
    uint64_t value = jb_bits_get_number(bits);
    unsigned k = (unsigned)jb_bits_get(bits, 6);
    bool first = true;
    for (size_t i = 0; i < reader->tick_count; i++) {
        if (reader->value_uj[i] != 0) {
            continue;
        }
        if (!first) {
            value += jb_unzigzag(jb_bits_get_rice(bits, k));
        }
        first = false;
        if (value >= JB_GAP || __builtin_add_overflow(reader->energy_uj, value, &reader->energy_uj)) {
            return -EBADMSG;
        }
        reader->value_uj[i] = value;
    }
    return 0;
}

static int get_parts(struct jb_chunk_reader *reader)
{
    uint64_t *const parts[4] = {&reader->run_uj, &reader->idle_uj, &reader->others_uj, &reader->unattributed_uj};
    unsigned rest = (unsigned)jb_bits_get(&reader->bits, 2);
    uint64_t left = reader->energy_uj;
    for (unsigned i = 0; i < 4; i++) {
        if (i == rest) {
            continue;
        }
        *parts[i] = jb_bits_get_part(&reader->bits, left);
        if (*parts[i] > left) {
            return -EBADMSG;
        }
        left -= *parts[i];
    }
    *parts[rest] = left;
    return 0;
}

int jb_chunk_next_channel(struct jb_chunk_reader *reader)
{
    if (reader->channel >= reader->channel_count) {
        return 0;
    }
    reader->channel++;
    reader->next_tick = 0;
    reader->energy_so_far_uj = 0;
    reader->run_so_far_uj = 0;
    reader->anchor = (struct jb_anchor){.t_us = reader->t0_us};
    if (jb_bits_get(&reader->bits, 1) == 1) {
        reader->anchor.gap = jb_bits_get(&reader->bits, 1) == 1;
        uint64_t before = jb_bits_get_number(&reader->bits);
        if (before > reader->t0_us) {
            return -EBADMSG;
        }
        reader->anchor.t_us -= before;
    }
    if (get_values(reader) < 0 || get_parts(reader) < 0 || reader->bits.failed) {
        return -EBADMSG;
    }
    return 1;
}

bool jb_chunk_next_interval(struct jb_chunk_reader *reader, struct jb_interval *ret)
{
    while (reader->next_tick < reader->tick_count) {
        size_t tick = reader->next_tick++;
        uint64_t value = reader->value_uj[tick];
        if (value == JB_NO_VALUE) {
            continue;
        }
        struct jb_anchor anchor = reader->anchor;
        reader->anchor = (struct jb_anchor){.t_us = reader->tick_us[tick], .gap = value == JB_GAP};
        if (value == JB_GAP) {
            continue;
        }
        /* Shares are differences of rounded running sums: they add up to run_uj exactly. */
        reader->energy_so_far_uj += value;
        uint64_t run =
            reader->energy_uj == 0 ? 0 : jb_share(reader->run_uj, reader->energy_so_far_uj, reader->energy_uj);
        *ret = (struct jb_interval){
            .t0_us = anchor.t_us,
            .t1_us = reader->tick_us[tick],
            .energy_uj = value,
            .run_uj = run - reader->run_so_far_uj,
            .tick = tick,
            .gap_before = anchor.gap,
        };
        reader->run_so_far_uj = run;
        return true;
    }
    return false;
}
