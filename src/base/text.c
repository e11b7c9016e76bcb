/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - small string helpers, printable text, and hints for typos.
 *
 * Case and blanks are ASCII here: key words, options and file formats are, whatever the locale. What counts
 * as valid UTF-8 is table 3-7 of the Unicode standard. Documented in text.h.
 */
#include "base/text.h"

#include <string.h>

#define NEAREST_MAX 64 /* nothing we hint at is longer */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool jb_copy(char *to, size_t size, const char *from)
{
    if (size == 0) {
        return false;
    }
    size_t length = from ? strlen(from) : 0;
    bool fits = length < size;
    if (!fits) {
        length = size - 1;
    }
    if (length > 0) {
        memmove(to, from, length);
    }
    to[length] = '\0';
    return fits;
}

char *jb_trim(char *text)
{
    while (is_blank(*text)) {
        text++;
    }
    size_t length = strlen(text);
    while (length > 0 && is_blank(text[length - 1])) {
        length--;
    }
    text[length] = '\0';
    return text;
}

bool jb_streq(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool jb_starts(const char *text, const char *prefix)
{
    return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool jb_ieq(const char *a, const char *b)
{
    if (!a || !b) {
        return a == b;
    }
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

static bool in(unsigned char byte, unsigned low, unsigned high)
{
    return byte >= low && byte <= high;
}

/* Bytes of the well-formed UTF-8 sequence at `s`, 0 when it is not one. The NUL stops every look-ahead. */
static size_t utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80) {
        return 1;
    }
    if (in(s[0], 0xC2, 0xDF)) {
        return in(s[1], 0x80, 0xBF) ? 2 : 0;
    }
    if (in(s[0], 0xE0, 0xEF)) {
        unsigned low = s[0] == 0xE0 ? 0xA0 : 0x80;  /* no overlong form */
        unsigned high = s[0] == 0xED ? 0x9F : 0xBF; /* no surrogate */
        return in(s[1], low, high) && in(s[2], 0x80, 0xBF) ? 3 : 0;
    }
    if (in(s[0], 0xF0, 0xF4)) {
        unsigned low = s[0] == 0xF0 ? 0x90 : 0x80;
        unsigned high = s[0] == 0xF4 ? 0x8F : 0xBF; /* nothing above U+10FFFF */
        return in(s[1], low, high) && in(s[2], 0x80, 0xBF) && in(s[3], 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

/* Well-formed, but it would move the cursor, change colours, or print the rest of the line backwards. */
static bool is_harmful(const unsigned char *s, size_t length)
{
    switch (length) {
    case 1:
        return s[0] < 0x20 || s[0] == 0x7F;
    case 2: /* U+0080..U+009F, C1 controls: U+009B starts an escape sequence like ESC [ */
        return s[0] == 0xC2 && s[1] <= 0x9F;
    case 3: /* U+2028..U+202E and U+2066..U+2069: line separators and direction overrides */
        return s[0] == 0xE2 && ((s[1] == 0x80 && in(s[2], 0xA8, 0xAE)) || (s[1] == 0x81 && in(s[2], 0xA6, 0xA9)));
    default:
        return false;
    }
}

void jb_sanitise(char *text)
{
    unsigned char *from = (unsigned char *)text, *to = from;
    while (*from) {
        size_t length = utf8_length(from);
        if (length == 0 || is_harmful(from, length)) {
            *to++ = '?';
            from += length ? length : 1;
        } else {
            memmove(to, from, length);
            to += length;
            from += length;
        }
    }
    *to = '\0';
}

/* Insertions, deletions, replacements and swaps of neighbours ("zoen") that turn a into b. */
static size_t edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t rows[3][NEAREST_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= nb; j++) {
        before[j] = 0;
        above[j] = j;
    }
    for (size_t i = 1; i <= na; i++) {
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            size_t best = above[j - 1] + (same ? 0 : 1);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
                best = before[j - 2] + 1 < best ? before[j - 2] + 1 : best;
            }
            row[j] = best;
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[nb];
}

const char *jb_nearest(const char *text, const char *const *names)
{
    size_t length = text ? strnlen(text, NEAREST_MAX + 1) : 0;
    if (length == 0 || length > NEAREST_MAX) {
        return NULL;
    }
    const char *nearest = NULL;
    size_t least = 3;
    for (; *names; names++) {
        size_t other = strnlen(*names, NEAREST_MAX + 1);
        if (other > NEAREST_MAX) {
            continue;
        }
        size_t distance = edit_distance(text, length, *names, other);
        if (distance < least && distance * 2 < length) {
            least = distance;
            nearest = *names;
        }
    }
    return nearest;
}
