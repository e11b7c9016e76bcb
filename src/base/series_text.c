/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series_text.c - what a series says at a time: the format of series.h, without clock, file or allocation.
 *
 * The text is looked at from its beginning each time, once to check it and to see what grows, once more for the two
 * lines around the time. All sums fit in 128 bits: values are below 2^64, times below 2^60 ns (MOST_MS).
 */
#include "base/series.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define MOST_MS     UINT64_C(1000000000000) /* of a line, and of every= */
#define MOST_FIELDS 64

typedef __int128 wide;

enum then { AS_IT_IS, AGAIN, STAY };

struct field {
    uint64_t offset, bytes, per_second;
};

struct head {
    bool linear, hex;
    uint64_t every_ns, wrap;
    enum then then;
    struct field adds[JB_SERIES_ADDS];
    unsigned add_count;
};

struct line {
    uint64_t ns;
    const char *at, *end; /* content, escapes and all */
};

/* A byte, or an integer. */
struct token {
    bool number;
    char byte;
    wide value;
};

struct scan {
    const char *at, *end;
    bool in_word; /* a digit here belongs to what stands before it */
};

struct shape {
    struct line first, last, sample; /* sample: the last one that is no failure */
    uint64_t count;
    bool sampled, alike;
    unsigned fields;
    uint64_t falls; /* a bit for each field */
    bool grows;
    wide growth[MOST_FIELDS];
};

struct out {
    char *buffer;
    size_t size, length;
};

static const struct {
    const char *name;
    int err;
} failures[] = {
    {"EIO", EIO},       {"ENODATA", ENODATA}, {"EAGAIN", EAGAIN},         {"EACCES", EACCES}, {"EPERM", EPERM},
    {"ENODEV", ENODEV}, {"ENXIO", ENXIO},     {"ETIMEDOUT", ETIMEDOUT},   {"EINVAL", EINVAL}, {"EBUSY", EBUSY},
    {"ENOENT", ENOENT}, {"ERANGE", ERANGE},   {"EOPNOTSUPP", EOPNOTSUPP},
};

static int failure_of(const struct line *line)
{
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        size_t length = strlen(failures[i].name);
        if ((size_t)(line->end - line->at) == length + 1 && memcmp(line->at + 1, failures[i].name, length) == 0) {
            return failures[i].err;
        }
    }
    return 0;
}

static bool is_failure(const struct line *line)
{
    return line->at < line->end && *line->at == '!';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool joins_digits(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

/* ---- the first line ---- */

static bool scan_until(const char **at, const char *end, char stop, uint64_t *ret)
{
    const char *after;
    if (*at == end || !is_digit(**at) || jb_scan_u64(*at, (size_t)(end - *at), ret, &after) < 0) {
        return false;
    }
    if (stop == '\0') {
        return after == end;
    }
    if (after == end || *after != stop) {
        return false;
    }
    *at = after + 1;
    return true;
}

static bool parse_add(struct head *head, const char *at, const char *end)
{
    struct field field;
    if (head->add_count == JB_SERIES_ADDS || !scan_until(&at, end, ':', &field.offset) ||
        !scan_until(&at, end, ':', &field.bytes) || !scan_until(&at, end, '\0', &field.per_second) || field.bytes < 1 ||
        field.bytes > 8 || field.offset > JB_SERIES_LIMIT) {
        return false;
    }
    head->adds[head->add_count++] = field;
    return true;
}

static bool word_is(const char *at, const char *end, const char *word)
{
    return (size_t)(end - at) == strlen(word) && memcmp(at, word, strlen(word)) == 0;
}

static bool word_begins(const char **at, const char *end, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(end - *at) < length || memcmp(*at, word, length) != 0) {
        return false;
    }
    *at += length;
    return true;
}

static bool parse_word(struct head *head, const char *at, const char *end)
{
    uint64_t value;
    if (word_is(at, end, "linear")) {
        return head->linear = true;
    }
    if (word_is(at, end, "hex")) {
        return head->hex = true;
    }
    if (word_is(at, end, "then=again") || word_is(at, end, "then=stay")) {
        head->then = word_is(at, end, "then=stay") ? STAY : AGAIN;
        return true;
    }
    if (word_begins(&at, end, "every=")) {
        bool good = scan_until(&at, end, '\0', &value) && value > 0 && value <= MOST_MS;
        head->every_ns = good ? value * JB_NS_PER_MS : 0;
        return good;
    }
    if (word_begins(&at, end, "wrap=")) {
        return scan_until(&at, end, '\0', &head->wrap) && head->wrap > 1;
    }
    return word_begins(&at, end, "add=") && parse_add(head, at, end);
}

static const char *end_of_line(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline : end;
}

/* Where the lines begin; NULL: this is no series. */
static const char *parse_head(const char *text, const char *end, struct head *head)
{
    static const char magic[] = JB_SERIES_MAGIC "1";
    const char *at = text;
    if (!word_begins(&at, end, magic)) {
        return NULL;
    }
    const char *stop = end_of_line(at, end);
    while (at < stop) {
        if (*at != ' ') {
            return NULL;
        }
        while (at < stop && *at == ' ') {
            at++;
        }
        const char *word = at;
        while (at < stop && *at != ' ') {
            at++;
        }
        if (at > word && !parse_word(head, word, at)) {
            return NULL;
        }
    }
    if (head->hex ? head->linear || head->wrap != 0 : head->add_count > 0) {
        return NULL;
    }
    return stop < end ? stop + 1 : end;
}

/* ---- lines and what they are made of ---- */

/* 1, 0 at the end, -EINVAL. */
static int next_line(const char **at, const char *end, struct line *ret)
{
    while (*at < end) {
        const char *line = *at, *stop = end_of_line(line, end);
        *at = stop < end ? stop + 1 : end;
        if (line == stop || *line == '#') {
            continue;
        }
        uint64_t ms;
        const char *content;
        if (!is_digit(*line) || jb_scan_u64(line, (size_t)(stop - line), &ms, &content) < 0 || ms > MOST_MS ||
            (content < stop && *content != ' ')) {
            return -EINVAL;
        }
        *ret = (struct line){.ns = ms * JB_NS_PER_MS, .at = content < stop ? content + 1 : stop, .end = stop};
        return 1;
    }
    return 0;
}

static struct scan scan_of(const struct line *line)
{
    return (struct scan){.at = line->at, .end = line->end};
}

/* The integer that begins here; NULL: the digits, if there are any, are text. */
static const char *scan_number(const struct scan *scan, wide *ret)
{
    const char *at = scan->at;
    if (scan->in_word) {
        return NULL;
    }
    bool negative = *at == '-';
    at += negative;
    const char *digits = at;
    uint64_t value = 0;
    while (at < scan->end && is_digit(*at)) {
        unsigned digit = (unsigned)(*at++ - '0');
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value)) {
            return NULL;
        }
    }
    if (at == digits || (at < scan->end && joins_digits(*at)) || (*digits == '0' && at - digits > 1)) {
        return NULL;
    }
    *ret = negative ? -(wide)value : (wide)value;
    return at;
}

/* 1, 0 at the end, -EINVAL. */
static int next_token(struct scan *scan, struct token *ret)
{
    if (scan->at == scan->end) {
        return 0;
    }
    const char *after = scan_number(scan, &ret->value);
    ret->number = after != NULL;
    if (after) {
        scan->at = after;
        scan->in_word = true;
        return 1;
    }
    ret->byte = *scan->at++;
    if (ret->byte == '\0') {
        return -EINVAL;
    }
    scan->in_word = joins_digits(ret->byte);
    if (ret->byte == '\\') {
        if (scan->at == scan->end || !strchr("n\\!", *scan->at) || *scan->at == '\0') {
            return -EINVAL;
        }
        ret->byte = *scan->at == 'n' ? '\n' : *scan->at;
        scan->at++;
    }
    return 1;
}

static int hex_digit(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* How much is added from one line to the next. */
static wide step(const struct head *head, wide from, wide to)
{
    wide delta = to - from;
    if (delta < 0 && head->wrap != 0) {
        delta %= (wide)head->wrap;
        delta += delta < 0 ? (wide)head->wrap : 0;
    }
    return delta;
}

/* ---- the first look: is it whole, and what grows ---- */

static int check_hex(const struct line *line)
{
    for (const char *at = line->at; at < line->end; at++) {
        if (hex_digit(*at) < 0) {
            return -EINVAL;
        }
    }
    return (line->end - line->at) % 2 == 0 ? 0 : -EINVAL;
}

static void compare_number(const struct head *head, struct shape *shape, unsigned field, wide before, wide now)
{
    wide delta = step(head, before, now);
    if (delta < 0) {
        shape->falls |= UINT64_C(1) << field;
    }
    shape->growth[field] += delta;
    if (head->wrap != 0) {
        shape->growth[field] %= (wide)head->wrap;
    }
}

/* Look at all tokens of a line, beside those of the sample before it. */
static int check_text(const struct head *head, struct shape *shape, const struct line *line)
{
    struct scan scan = scan_of(line), old = shape->sampled ? scan_of(&shape->sample) : scan;
    struct token token, before;
    unsigned field = 0;
    int more;
    while ((more = next_token(&scan, &token)) > 0) {
        if (!shape->alike) {
            continue;
        }
        if (next_token(&old, &before) <= 0 || before.number != token.number ||
            (!token.number && before.byte != token.byte) || (token.number && field == MOST_FIELDS)) {
            shape->alike = false;
        } else if (token.number) {
            compare_number(head, shape, field++, before.value, token.value);
        }
    }
    shape->alike = shape->alike && next_token(&old, &before) == 0;
    shape->fields = field;
    return more;
}

static int look_at(const char *at, const char *end, const struct head *head, struct shape *shape)
{
    struct line line;
    int more;
    shape->alike = !head->hex;
    while ((more = next_line(&at, end, &line)) > 0) {
        if (shape->count > 0 && line.ns <= shape->last.ns) {
            return -EINVAL;
        }
        if (is_failure(&line)) {
            more = failure_of(&line) != 0 ? 0 : -EINVAL;
        } else {
            more = head->hex ? check_hex(&line) : check_text(head, shape, &line);
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
        bool grows = !(shape->falls & UINT64_C(1) << i);
        shape->growth[i] = grows ? shape->growth[i] : 0;
        shape->grows |= grows && (shape->growth[i] != 0);
    }
    return more < 0 ? more : shape->count > 0 ? 0 : -EINVAL;
}

/* ---- the second look: what it says at a time ---- */

struct moment {
    struct line a, b; /* around it; b: what it goes towards, at b.ns */
    bool between;     /* there is a b */
    uint64_t ns;
    uint64_t rounds; /* how often all began again before */
};

static struct moment fold(const struct head *head, const struct shape *shape, uint64_t ns)
{
    struct moment moment = {.ns = ns};
    uint64_t length = shape->last.ns - shape->first.ns;
    if (ns <= shape->last.ns || shape->count < 2 || head->then == STAY || (head->hex && head->then != AGAIN)) {
        return moment;
    }
    uint64_t round = length;
    if (head->then == AGAIN || !shape->alike || !shape->grows) {
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
    struct line line;
    moment->a = shape->first;
    while (next_line(&at, end, &line) > 0) {
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

static void put_text(const struct head *head, const struct shape *shape, const struct moment *moment, struct out *out)
{
    struct scan a = scan_of(&moment->a), b = scan_of(&moment->b);
    bool moves = head->linear && shape->alike && moment->between && !is_failure(&moment->b) &&
                 moment->ns > moment->a.ns && moment->b.ns > moment->a.ns;
    struct token now, next = {.number = false};
    unsigned field = 0;
    while (next_token(&a, &now) > 0) {
        if (!now.number) {
            put(out, &now.byte, 1);
        }
        if (moves && next_token(&b, &next) <= 0) {
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

static void add_to_field(unsigned char *bytes, uint64_t count, uint64_t amount)
{
    unsigned carry = 0;
    for (uint64_t i = 0; i < count; i++) {
        unsigned sum = bytes[i] + (unsigned)(amount & 0xff) + carry;
        bytes[i] = (unsigned char)sum;
        carry = sum >> 8;
        amount >>= 8;
    }
}

static uint64_t content_byte(const struct line *line, uint64_t index)
{
    const char *at = line->at + 2 * index;
    return (uint64_t)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
}

/* Fields are added to in full, also where the caller's room ends inside of one. */
static int put_hex(const struct head *head, const struct line *line, uint64_t elapsed_ns, struct out *out)
{
    uint64_t length = (uint64_t)(line->end - line->at) / 2;
    for (uint64_t i = 0; i < length && out->length < out->size; i++) {
        unsigned char byte = (unsigned char)content_byte(line, i);
        put(out, &byte, 1);
    }
    for (unsigned k = 0; k < head->add_count; k++) {
        const struct field *field = &head->adds[k];
        if (field->offset + field->bytes > length) {
            return -EINVAL;
        }
        unsigned char bytes[8];
        for (uint64_t i = 0; i < field->bytes; i++) {
            uint64_t at = field->offset + i;
            bytes[i] = (unsigned char)(at < out->length ? (unsigned char)out->buffer[at] : content_byte(line, at));
        }
        add_to_field(bytes, field->bytes, (uint64_t)((wide)field->per_second * (wide)elapsed_ns / JB_NS_PER_S));
        for (uint64_t i = 0; i < field->bytes && field->offset + i < out->length; i++) {
            out->buffer[field->offset + i] = (char)bytes[i];
        }
    }
    return 0;
}

ssize_t jb_series_at(const char *text, size_t length, uint64_t elapsed_ns, void *buffer, size_t size)
{
    struct head head = {0};
    struct shape shape = {0};
    const char *end = text + length;
    if (length > JB_SERIES_LIMIT) {
        return -EFBIG;
    }
    elapsed_ns = elapsed_ns < INT64_MAX ? elapsed_ns : INT64_MAX;
    const char *lines = length > 0 ? parse_head(text, end, &head) : NULL;
    int err = lines ? look_at(lines, end, &head, &shape) : -EINVAL;
    if (err < 0) {
        return err;
    }
    if (head.every_ns != 0) {
        elapsed_ns -= elapsed_ns % head.every_ns;
    }
    struct moment moment = fold(&head, &shape, elapsed_ns);
    find_lines(lines, end, &shape, &moment);
    if (is_failure(&moment.a)) {
        return -failure_of(&moment.a);
    }
    struct out out = {.buffer = buffer, .size = size};
    if (head.hex) {
        err = put_hex(&head, &moment.a, elapsed_ns, &out);
    } else {
        put_text(&head, &shape, &moment, &out);
    }
    return err < 0 ? err : (ssize_t)out.length;
}
