/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes and reads the bit streams of bits.h.
 *
 * The Rice code is R. F. Rice's of 1979 (JPL 79-22), as lossless audio coders use it. The reader looks at a window of
 * 57 or more bits at a time: reading back hours of series is bound by this file.
 */
#include "store/bits.h"

#include <string.h>

#include "base/text.h"

static unsigned bit_length(uint64_t value)
{
    return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
}

static void put_few(struct jb_bit_writer *writer, uint64_t value, unsigned width) /* width <= 32 */
{
    writer->word = (writer->word << width) | (value & ((UINT64_C(1) << width) - 1));
    writer->used += width;
    uint8_t bytes[8];
    size_t count = 0;
    while (writer->used >= 8) {
        writer->used -= 8;
        bytes[count++] = (uint8_t)(writer->word >> writer->used);
    }
    if (count > 0) {
        jb_buf_add(writer->out, bytes, count);
    }
}

void jb_bits_put(struct jb_bit_writer *writer, uint64_t value, unsigned width)
{
    if (width > 32) {
        put_few(writer, value >> 32, width - 32);
        width = 32;
    }
    put_few(writer, value, width);
}

void jb_bits_put_number(struct jb_bit_writer *writer, uint64_t value)
{
    unsigned length = bit_length(value);
    jb_bits_put(writer, length, 7);
    if (length > 1) {
        jb_bits_put(writer, value, length - 1);
    }
}

void jb_bits_put_rice(struct jb_bit_writer *writer, uint64_t value, unsigned k)
{
    uint64_t quotient = value >> k;
    if (quotient >= JB_RICE_ESCAPE) {
        jb_bits_put(writer, (UINT64_C(1) << JB_RICE_ESCAPE) - 1, JB_RICE_ESCAPE);
        jb_bits_put_number(writer, value);
        return;
    }
    unsigned ones = (unsigned)quotient;
    jb_bits_put(writer, ((UINT64_C(1) << ones) - 1) << 1, ones + 1);
    jb_bits_put(writer, value, k);
}

void jb_bits_put_part(struct jb_bit_writer *writer, uint64_t part, uint64_t whole)
{
    unsigned length = bit_length(part);
    jb_bits_put_rice(writer, length == 0 ? 0 : bit_length(whole) - length + 1, 1);
    if (length > 1) {
        jb_bits_put(writer, part, length - 1);
    }
}

void jb_bits_flush(struct jb_bit_writer *writer)
{
    if (writer->used > 0) {
        jb_bits_put(writer, 0, 8 - writer->used);
    }
}

static uint64_t rice_cost(const uint64_t *values, size_t count, unsigned k)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t quotient = values[i] >> k;
        bits += quotient < JB_RICE_ESCAPE ? quotient + 1 + k : JB_RICE_ESCAPE + 7 + bit_length(values[i]);
    }
    return bits;
}

unsigned jb_bits_rice_k(const uint64_t *values, size_t count)
{
    if (count == 0) {
        return 0;
    }
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)values[i];
    }
    double mean = sum / (double)count;
    unsigned middle = mean < 1 ? 0 : mean >= 0x1p63 ? JB_RICE_MAX_K : bit_length((uint64_t)mean) - 1;
    /* A mean is drawn up by outliers, which the escape takes care of: look further down than up. */
    unsigned from = middle > 4 ? middle - 4 : 0;
    unsigned best = middle;
    uint64_t best_cost = UINT64_MAX;
    for (unsigned k = from; k <= middle + 1 && k <= JB_RICE_MAX_K; k++) {
        uint64_t cost = rice_cost(values, count, k);
        if (cost < best_cost) {
            best_cost = cost;
            best = k;
        }
    }
    return best;
}

/* The bits from `position` on, left-aligned; at least 57 of them, zeros after the end of the data. */
static uint64_t window(const struct jb_bit_reader *reader)
{
    size_t byte = reader->position / 8;
    uint64_t word = 0;
    if (reader->size - byte >= 8) {
        memcpy(&word, reader->data + byte, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap64(word);
#endif
    } else {
        for (size_t i = 0; byte + i < reader->size; i++) {
            word |= (uint64_t)reader->data[byte + i] << (56 - 8 * i);
        }
    }
    return word << (reader->position % 8);
}

static bool take(struct jb_bit_reader *reader, unsigned width)
{
    if (reader->size * 8 - reader->position < width) {
        reader->position = reader->size * 8;
        reader->failed = true;
        return false;
    }
    reader->position += width;
    return true;
}

uint64_t jb_bits_get(struct jb_bit_reader *reader, unsigned width)
{
    if (width > 32) {
        uint64_t high = jb_bits_get(reader, width - 32);
        return high << 32 | jb_bits_get(reader, 32);
    }
    if (width == 0) {
        return 0;
    }
    uint64_t bits = window(reader) >> (64 - width);
    return take(reader, width) ? bits : 0;
}

uint64_t jb_bits_get_number(struct jb_bit_reader *reader)
{
    unsigned length = (unsigned)jb_bits_get(reader, 7);
    if (length > 64) {
        reader->failed = true;
        return 0;
    }
    if (length == 0) {
        return 0;
    }
    return UINT64_C(1) << (length - 1) | jb_bits_get(reader, length - 1);
}

uint64_t jb_bits_get_rice(struct jb_bit_reader *reader, unsigned k)
{
    uint64_t inverted = ~window(reader);
    unsigned ones = inverted == 0 ? 64 : (unsigned)__builtin_clzll(inverted);
    if (ones >= JB_RICE_ESCAPE) {
        return take(reader, JB_RICE_ESCAPE) ? jb_bits_get_number(reader) : 0;
    }
    if (!take(reader, ones + 1)) {
        return 0;
    }
    return (uint64_t)ones << k | jb_bits_get(reader, k);
}

uint64_t jb_bits_get_part(struct jb_bit_reader *reader, uint64_t whole)
{
    uint64_t code = jb_bits_get_rice(reader, 1), longest = bit_length(whole);
    if (code == 0) {
        return 0;
    }
    if (code > longest) {
        reader->failed = true;
        return 0;
    }
    unsigned rest = (unsigned)(longest - code); /* bits after the leading one */
    return UINT64_C(1) << rest | jb_bits_get(reader, rest);
}
