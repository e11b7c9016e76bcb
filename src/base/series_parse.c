/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series_parse.c - the format of series.h taken apart: its first line, its lines, and what they are made of.
 *
 * Nothing is kept and nothing is copied: what comes out points into the text.
 */
#include "base/series_parse.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define MOST_MS UINT64_C(1000000000000) /* of a line, and of every= */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool joins_digits(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

static const struct {
    const char *name;
    int err;
} failures[] = {
    {"EIO", EIO},       {"ENODATA", ENODATA}, {"EAGAIN", EAGAIN},         {"EACCES", EACCES}, {"EPERM", EPERM},
    {"ENODEV", ENODEV}, {"ENXIO", ENXIO},     {"ETIMEDOUT", ETIMEDOUT},   {"EINVAL", EINVAL}, {"EBUSY", EBUSY},
    {"ENOENT", ENOENT}, {"ERANGE", ERANGE},   {"EOPNOTSUPP", EOPNOTSUPP},
};

int jb_series_failure(const struct jb_series_line *line)
{
    if (line->at == line->end || *line->at != '!') {
        return 0;
    }
    for (size_t i = 0; i < JB_COUNT(failures); i++) {
        size_t length = strlen(failures[i].name);
        if ((size_t)(line->end - line->at) == length + 1 && memcmp(line->at + 1, failures[i].name, length) == 0) {
            return failures[i].err;
        }
    }
    return -EINVAL;
}

const char *jb_series_failure_name(int err)
{
    for (size_t i = 0; i < JB_COUNT(failures); i++) {
        if (failures[i].err == err) {
            return failures[i].name;
        }
    }
    return failures[0].name;
}

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

static bool parse_field(struct jb_series_field *fields, unsigned *count, const char *at, const char *end)
{
    struct jb_series_field field;
    if (*count == JB_SERIES_ADDS || !scan_until(&at, end, ':', &field.offset) ||
        !scan_until(&at, end, ':', &field.bytes) || !scan_until(&at, end, '\0', &field.amount) || field.bytes < 1 ||
        field.bytes > 8 || field.offset > JB_SERIES_LIMIT) {
        return false;
    }
    fields[(*count)++] = field;
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

static bool parse_word(struct jb_series_head *head, const char *at, const char *end)
{
    uint64_t value;
    if (word_is(at, end, "linear")) {
        return head->linear = true;
    }
    if (word_is(at, end, "hex")) {
        return head->hex = true;
    }
    if (word_is(at, end, "then=again") || word_is(at, end, "then=stay")) {
        head->then = word_is(at, end, "then=stay") ? JB_THEN_STAY : JB_THEN_AGAIN;
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
    if (word_begins(&at, end, "round=")) {
        return parse_field(head->rounds, &head->round_count, at, end);
    }
    return word_begins(&at, end, "add=") && parse_field(head->adds, &head->add_count, at, end);
}

static const char *end_of_line(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline : end;
}

const char *jb_series_head(const char *text, const char *end, struct jb_series_head *head)
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
    if (head->hex ? head->linear || head->wrap != 0 : head->add_count + head->round_count > 0) {
        return NULL;
    }
    return stop < end ? stop + 1 : end;
}

int jb_series_line(const char **at, const char *end, struct jb_series_line *ret)
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
        *ret = (struct jb_series_line){.ns = ms * JB_NS_PER_MS, .at = content < stop ? content + 1 : stop, .end = stop};
        return 1;
    }
    return 0;
}

/* The integer that begins here; NULL: the digits, if there are any, are text. */
static const char *scan_number(const struct jb_series_scan *scan, jb_series_int *ret)
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
    *ret = negative ? -(jb_series_int)value : (jb_series_int)value;
    return at;
}

int jb_series_token(struct jb_series_scan *scan, struct jb_series_token *ret)
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
