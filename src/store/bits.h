/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bits.h - a stream of bits, most significant first: what the blobs of the store are made of.
 *
 * Four codes: a fixed number of bits; a "number" (7 bits say how long it is, then the number without its leading one),
 * and a Rice code (Golomb-Rice with parameter k: the quotient in unary, k bits of rest), which is within a few per cent
 * of the entropy for the noise of power readings. A quotient of JB_RICE_ESCAPE is followed by a number instead, so
 * that one odd value costs tens of bits, not millions.
 * The fourth is for a part of something known: the number of bits by which it is shorter than the whole, then the
 * number without its leading one. A part that is 0 costs 2 bits.
 *
 * The reader is safe on any input: past the end it gives zeros and sets `failed`, which is checked once, at the end.
 */
#ifndef JB_STORE_BITS_H
#define JB_STORE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_buf;

#define JB_RICE_ESCAPE 24
#define JB_RICE_MAX_K  63

struct jb_bit_writer {
    struct jb_buf *out;
    uint64_t word; /* the last `used` bits of it are not in `out` yet */
    unsigned used; /* 0..7 between calls */
};
void jb_bits_put(struct jb_bit_writer *writer, uint64_t value, unsigned width); /* width 0..64 */
void jb_bits_put_number(struct jb_bit_writer *writer, uint64_t value);
void jb_bits_put_part(struct jb_bit_writer *writer, uint64_t part, uint64_t whole); /* part <= whole */
void jb_bits_put_rice(struct jb_bit_writer *writer, uint64_t value, unsigned k);
void jb_bits_flush(struct jb_bit_writer *writer);              /* fills the last byte with zeros */
unsigned jb_bits_rice_k(const uint64_t *values, size_t count); /* the k that makes them shortest, or nearly so */

struct jb_bit_reader {
    const uint8_t *data;
    size_t size;
    size_t position; /* in bits */
    bool failed;
};
uint64_t jb_bits_get(struct jb_bit_reader *reader, unsigned width);
uint64_t jb_bits_get_number(struct jb_bit_reader *reader);
uint64_t jb_bits_get_part(struct jb_bit_reader *reader,
                          uint64_t whole); /* may be more than the whole in a hostile blob */
uint64_t jb_bits_get_rice(struct jb_bit_reader *reader, unsigned k);

/* Signed differences (modulo 2^64, so that every pair of values has one) as small unsigned numbers: 0, -1, 1, -2, ...
 */
static inline uint64_t jb_zigzag(uint64_t difference)
{
    return (difference << 1) ^ (UINT64_C(0) - (difference >> 63));
}
static inline uint64_t jb_unzigzag(uint64_t code)
{
    return (code >> 1) ^ (UINT64_C(0) - (code & 1));
}

#endif
