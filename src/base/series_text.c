/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series_text.c - what a series says at a time: without clock, file or allocation.
 *
 * The text is looked at from its beginning each time, once to check it and to see what grows, once more for the two
 * lines around the time. All sums fit in 128 bits: values are below 2^64, times below 2^63 ns, those of lines below
 * 2^60 ns.
 */
#include "base/series.h"

#include "base/clock.h"
#include "base/series_parse.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define MOST_FIELDS 256 /* of a line: /proc/stat of two dozen CPUs */

typedef jb_series_int wide;

struct shape {
    struct jb_series_line first, last, sample; /* sample: the last one that is no failure */
    uint64_t count;
    bool sampled, alike;
    unsigned fields;
    bool grows, falls[MOST_FIELDS];
    wide growth[MOST_FIELDS];
};

struct out {
    char *buffer;
    size_t size, length;
};

static struct jb_series_scan scan_of(const struct jb_series_line *line)
{
    return (struct jb_series_scan){.at = line->at, .end = line->end};
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* How much is added from one line to the next. */
static wide step(const struct jb_series_head *head, wide from, wide to)
{
    wide delta = to - from;
    if (delta < 0 && head->wrap != 0) {
        delta %= (wide)head->wrap;
        delta += delta < 0 ? (wide)head->wrap : 0;
    }
    return delta;
}

/* ---- the first look: is it whole, and what grows ---- */

static int check_hex(const struct jb_series_head *head, const struct jb_series_line *line)
{
    size_t digits = (size_t)(line->end - line->at);
    for (size_t i = 0; i < digits; i++) {
        if (hex_digit(line->at[i]) < 0) {
            return -EINVAL;
        }
    }
    for (unsigned i = 0; i < JB_SERIES_ADDS; i++) { /* those that are not used are 0 */
        if (head->adds[i].offset + head->adds[i].bytes > digits / 2 ||
            head->rounds[i].offset + head->rounds[i].bytes > digits / 2) {
            return -EINVAL;
        }
    }
    return digits % 2 == 0 ? 0 : -EINVAL;
}

static void compare_number(const struct jb_series_head *head, struct shape *shape, unsigned field, wide before,
                           wide now)
{
    wide delta = step(head, before, now);
    if (delta < 0) {
        shape->falls[field] = true;
    }
    shape->growth[field] += delta;
    if (head->wrap != 0) {
        shape->growth[field] %= (wide)head->wrap;
    }
}

/* Look at all tokens of a line, beside those of the sample before it. */
static int check_text(const struct jb_series_head *head, struct shape *shape, const struct jb_series_line *line)
{
    struct jb_series_scan scan = scan_of(line), old = shape->sampled ? scan_of(&shape->sample) : scan;
    struct jb_series_token token, before;
    unsigned field = 0;
    int more;
    while ((more = jb_series_token(&scan, &token)) > 0) {
        if (!shape->alike) {
            continue;
        }
        if (jb_series_token(&old, &before) <= 0 || before.number != token.number ||
            (!token.number && before.byte != token.byte) || (token.number && field == MOST_FIELDS)) {
            shape->alike = false;
        } else if (token.number) {
            compare_number(head, shape, field++, before.value, token.value);
        }
    }
    shape->alike = shape->alike && jb_series_token(&old, &before) == 0;
    shape->fields = field;
    return more;
}

static int look_at(const char *at, const char *end, const struct jb_series_head *head, struct shape *shape)
{
    struct jb_series_line line;
    int more;
    shape->alike = !head->hex;
    while ((more = jb_series_line(&at, end, &line)) > 0) {
        if (shape->count > 0 && line.ns <= shape->last.ns) {
            return -EINVAL;
        }
        more = jb_series_failure(&line);
        if (more == 0) {
            more = head->hex ? check_hex(head, &line) : check_text(head, shape, &line);
            shape->sample = line;
            shape->sampled = true;
        }
        if (more < 0) {
            return more;
        }
        shape->first = shape->count == 0 ? line : shape->first;
        shape->last = line;
        shape->count++;
    }
    for (unsigned i = 0; shape->alike && i < shape->fields; i++) {
        bool grows = !shape->falls[i];
        shape->growth[i] = grows ? shape->growth[i] : 0;
        shape->grows |= grows && (shape->growth[i] != 0);
    }
    return more < 0 ? more : shape->count > 0 ? 0 : -EINVAL;
}

/* ---- the second look: what it says at a time ---- */

struct moment {
    struct jb_series_line a, b; /* around it; b: what it goes towards, at b.ns */
    bool between;               /* there is a b */
    uint64_t ns;
    uint64_t rounds; /* how often all began again before */
};

static struct moment fold(const struct jb_series_head *head, const struct shape *shape, uint64_t ns)
{
    struct moment moment = {.ns = ns};
    uint64_t length = shape->last.ns - shape->first.ns;
    bool grows = head->hex ? head->round_count > 0 : shape->alike && shape->grows;
    if (ns <= shape->last.ns || shape->count < 2 || head->then == JB_THEN_STAY ||
        (head->hex && !grows && head->then != JB_THEN_AGAIN)) {
        return moment;
    }
    uint64_t round = length;
    if (head->then == JB_THEN_AGAIN || !grows) {
        round += length / (shape->count - 1);
    } else {
        moment.rounds = (ns - shape->first.ns) / round;
    }
    moment.ns = shape->first.ns + (ns - shape->first.ns) % round;
    if (moment.ns > shape->last.ns) { /* on the way back to the first line */
        moment.b = shape->first;
        moment.b.ns = shape->first.ns + round;
        moment.between = true;
    }
    return moment;
}

static void find_lines(const char *at, const char *end, const struct shape *shape, struct moment *moment)
{
    struct jb_series_line line;
    moment->a = shape->first;
    while (jb_series_line(&at, end, &line) > 0) {
        if (line.ns > moment->ns) {
            if (line.ns > shape->first.ns) {
                moment->b = line;
                moment->between = true;
            }
            return;
        }
        moment->a = line;
    }
}

static void put(struct out *out, const void *bytes, size_t length)
{
    size_t room = out->size - out->length;
    length = length < room ? length : room;
    if (length > 0) {
        memcpy(out->buffer + out->length, bytes, length);
        out->length += length;
    }
}

static void put_number(struct out *out, wide value)
{
    char digits[24];
    bool negative = value < 0;
    uint64_t magnitude = (uint64_t)(negative ? -value : value); /* beyond 2^64 a counter has come round */
    int length = jb_snprintf(digits, sizeof(digits), "%s%llu", negative ? "-" : "", (unsigned long long)magnitude);
    put(out, digits, (size_t)length);
}

static void put_text(const struct jb_series_head *head, const struct shape *shape, const struct moment *moment,
                     struct out *out)
{
    struct jb_series_scan a = scan_of(&moment->a), b = scan_of(&moment->b);
    bool moves = head->linear && shape->alike && moment->between && jb_series_failure(&moment->b) == 0 &&
                 moment->ns > moment->a.ns && moment->b.ns > moment->a.ns;
    struct jb_series_token now, next = {.number = false};
    unsigned field = 0;
    while (jb_series_token(&a, &now) > 0) {
        if (!now.number) {
            put(out, &now.byte, 1);
        }
        if (moves && jb_series_token(&b, &next) <= 0) {
            return;
        }
        if (!now.number) {
            continue;
        }
        wide value = now.value;
        if (moves) {
            value += step(head, now.value, next.value) * (wide)(moment->ns - moment->a.ns) /
                     (wide)(moment->b.ns - moment->a.ns);
        }
        if (moment->rounds > 0) {
            value += shape->growth[field] * (wide)moment->rounds;
        }
        if (head->wrap != 0) {
            value %= (wide)head->wrap;
            value += value < 0 ? (wide)head->wrap : 0;
        }
        put_number(out, value);
        field++;
    }
    if (moment->a.at < moment->a.end) {
        put(out, "\n", 1);
    }
}

#define FIELD_BYTES 8

static void add_to_field(unsigned char bytes[FIELD_BYTES], uint64_t count, uint64_t amount)
{
    unsigned carry = 0;
    for (uint64_t i = 0; i < count && i < FIELD_BYTES; i++) {
        unsigned sum = bytes[i] + (unsigned)(amount & 0xff) + carry;
        bytes[i] = (unsigned char)sum;
        carry = sum >> 8;
        amount >>= 8;
    }
}

static unsigned char content_byte(const struct jb_series_line *line, uint64_t index)
{
    const char *at = line->at + 2 * index;
    return (unsigned char)((unsigned)hex_digit(at[0]) << 4 | (unsigned)hex_digit(at[1]));
}

/* In full, also where the caller's room ends inside of the field. */
static void put_field(const struct jb_series_line *line, const struct jb_series_field *field, uint64_t amount,
                      struct out *out)
{
    unsigned char bytes[FIELD_BYTES];
    for (uint64_t i = 0; i < field->bytes && i < FIELD_BYTES; i++) {
        uint64_t at = field->offset + i;
        bytes[i] = at < out->length ? (unsigned char)out->buffer[at] : content_byte(line, at);
    }
    add_to_field(bytes, field->bytes, amount);
    for (uint64_t i = 0; i < field->bytes && i < FIELD_BYTES && field->offset + i < out->length; i++) {
        out->buffer[field->offset + i] = (char)bytes[i];
    }
}

static void put_hex(const struct jb_series_head *head, const struct moment *moment, uint64_t elapsed_ns,
                    struct out *out)
{
    const struct jb_series_line *line = &moment->a;
    uint64_t length = (uint64_t)(line->end - line->at) / 2;
    for (uint64_t i = 0; i < length && out->length < out->size; i++) {
        unsigned char byte = content_byte(line, i);
        put(out, &byte, 1);
    }
    for (unsigned k = 0; k < head->add_count; k++) {
        wide amount = (wide)head->adds[k].amount * (wide)elapsed_ns / JB_NS_PER_S;
        put_field(line, &head->adds[k], (uint64_t)amount, out);
    }
    for (unsigned k = 0; k < head->round_count; k++) {
        put_field(line, &head->rounds[k], head->rounds[k].amount * moment->rounds, out);
    }
}

ssize_t jb_series_at(const char *text, size_t length, uint64_t elapsed_ns, void *buffer, size_t size)
{
    struct jb_series_head head = {0};
    struct shape shape = {0};
    const char *end = text + length;
    if (length > JB_SERIES_LIMIT) {
        return -EFBIG;
    }
    elapsed_ns = elapsed_ns < INT64_MAX ? elapsed_ns : INT64_MAX;
    const char *lines = length > 0 ? jb_series_head(text, end, &head) : NULL;
    int err = lines ? look_at(lines, end, &head, &shape) : -EINVAL;
    if (err < 0) {
        return err;
    }
    if (head.every_ns != 0) {
        elapsed_ns -= elapsed_ns % head.every_ns;
    }
    struct moment moment = fold(&head, &shape, elapsed_ns);
    find_lines(lines, end, &shape, &moment);
    int failure = jb_series_failure(&moment.a);
    if (failure > 0) {
        return -failure;
    }
    struct out out = {.buffer = buffer, .size = size};
    if (head.hex) {
        put_hex(&head, &moment, elapsed_ns, &out);
    } else {
        put_text(&head, &shape, &moment, &out);
    }
    return (ssize_t)out.length;
}
