/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.h - private: writing and reading the fields of a packet one after another.
 *
 * What does not fit, or is not what it must be, sets `failed`; from then on nothing is written, and what is read is
 * zero. Whoever packs or unpacks looks once, at the end.
 *
 * A packet is JB_LINK_MAGIC, the kind, and the fields: numbers as they lie in memory, a bool as one byte, a text as its
 * length in two bytes and its bytes without the NUL.
 */
#ifndef JB_LINK_CURSOR_H
#define JB_LINK_CURSOR_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JB_LINK_MAGIC UINT32_C(0x316b626a) /* "jbk1" where the lowest byte is first */

struct jb_link_writer {
    unsigned char *at, *end;
    bool failed;
};

static inline void put(struct jb_link_writer *w, const void *bytes, size_t size)
{
    w->failed = w->failed || (size_t)(w->end - w->at) < size;
    if (!w->failed && size > 0) {
        memcpy(w->at, bytes, size);
        w->at += size;
    }
}

static inline void put_u8(struct jb_link_writer *w, unsigned value)
{
    const uint8_t byte = (uint8_t)value;
    put(w, &byte, sizeof(byte));
}

static inline void put_u32(struct jb_link_writer *w, uint32_t value)
{
    put(w, &value, sizeof(value));
}

static inline void put_i32(struct jb_link_writer *w, int32_t value)
{
    put(w, &value, sizeof(value));
}

static inline void put_u64(struct jb_link_writer *w, uint64_t value)
{
    put(w, &value, sizeof(value));
}

static inline void put_i64(struct jb_link_writer *w, int64_t value)
{
    put(w, &value, sizeof(value));
}

static inline void put_double(struct jb_link_writer *w, double value)
{
    put(w, &value, sizeof(value));
}

/* `size`: of the array that holds the text; one that is not terminated is cut. */
static inline void put_text(struct jb_link_writer *w, const char *text, size_t size)
{
    const uint16_t length = (uint16_t)strnlen(text, size - 1);
    put(w, &length, sizeof(length));
    put(w, text, length);
}

struct jb_link_reader {
    const unsigned char *at, *end;
    bool failed;
};

static inline void refuse_unless(struct jb_link_reader *r, bool good)
{
    r->failed = r->failed || !good;
}

static inline void get(struct jb_link_reader *r, void *ret, size_t size)
{
    refuse_unless(r, (size_t)(r->end - r->at) >= size);
    if (r->failed) {
        memset(ret, 0, size);
        return;
    }
    memcpy(ret, r->at, size);
    r->at += size;
}

static inline uint8_t get_u8(struct jb_link_reader *r)
{
    uint8_t value;
    get(r, &value, sizeof(value));
    return value;
}

static inline bool get_bool(struct jb_link_reader *r)
{
    uint8_t value = get_u8(r);
    refuse_unless(r, value <= 1);
    return value == 1;
}

/* Of an enumeration: 0 to `last`. */
static inline uint8_t get_choice(struct jb_link_reader *r, unsigned last)
{
    uint8_t value = get_u8(r);
    refuse_unless(r, value <= last);
    return value;
}

static inline uint32_t get_u32(struct jb_link_reader *r)
{
    uint32_t value;
    get(r, &value, sizeof(value));
    return value;
}

static inline int32_t get_i32(struct jb_link_reader *r, int32_t lowest, int32_t highest)
{
    int32_t value;
    get(r, &value, sizeof(value));
    refuse_unless(r, value >= lowest && value <= highest);
    return value;
}

static inline uint64_t get_u64(struct jb_link_reader *r)
{
    uint64_t value;
    get(r, &value, sizeof(value));
    return value;
}

static inline int64_t get_i64(struct jb_link_reader *r, int64_t lowest)
{
    int64_t value;
    get(r, &value, sizeof(value));
    refuse_unless(r, value >= lowest);
    return value;
}

/* Finite, or it is refused. */
static inline double get_double(struct jb_link_reader *r, double lowest, double highest)
{
    double value;
    get(r, &value, sizeof(value));
    refuse_unless(r, isfinite(value) && value >= lowest && value <= highest);
    return value;
}

/* Refuses what does not fit into `size` bytes with its NUL, and a NUL within. */
static inline void get_text(struct jb_link_reader *r, char *ret, size_t size)
{
    uint16_t length;
    get(r, &length, sizeof(length));
    refuse_unless(r, length < size);
    if (r->failed) {
        length = 0;
    }
    get(r, ret, length);
    ret[r->failed ? 0 : length] = '\0';
    refuse_unless(r, r->failed || strlen(ret) == length);
}

#endif
