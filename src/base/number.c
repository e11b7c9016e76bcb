/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number.c - strict number parsing.
 *
 * strtoull() would take " +12x" and even "-1"; these take the whole text or fail. The only place where
 * libc's strto* functions are used. Documented in text.h.
 */
#include "base/text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#if __has_include(<xlocale.h>)
#include <xlocale.h> /* where macOS keeps strtod_l */
#endif

/* Digits from *text up to `end`. Advances *text past all of them, also when the number is too large. */
static int scan_digits(const char **text, const char *end, uint64_t *ret)
{
    const char *p = *text;
    /* Eighteen digits cannot overflow; counters are read this way thousands of times a second. */
    const char *safe = end - p > 18 ? p + 18 : end;
    uint64_t value = 0;
    bool overflow = false;
    for (; p < safe && *p >= '0' && *p <= '9'; p++) {
        value = value * 10 + (uint64_t)(*p - '0');
    }
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        overflow |= __builtin_mul_overflow(value, UINT64_C(10), &value);
        overflow |= __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value);
    }
    if (p == *text) {
        return -EINVAL;
    }
    *text = p;
    if (overflow) {
        return -ERANGE;
    }
    *ret = value;
    return 0;
}

int jb_parse_u64(const char *text, uint64_t *ret)
{
    if (!text) {
        return -EINVAL;
    }
    uint64_t value = 0;
    int r = scan_digits(&text, text + strlen(text), &value);
    if (*text != '\0') {
        return -EINVAL;
    }
    if (r == 0) {
        *ret = value;
    }
    return r;
}

int jb_parse_i64(const char *text, int64_t *ret)
{
    if (!text) {
        return -EINVAL;
    }
    bool negative = *text == '-';
    uint64_t magnitude = 0;
    int r = jb_parse_u64(text + negative, &magnitude);
    if (r < 0) {
        return r;
    }
    if (magnitude > (uint64_t)INT64_MAX + negative) {
        return -ERANGE;
    }
    /* In unsigned arithmetic, because the magnitude of INT64_MIN has no int64_t. */
    *ret = (int64_t)(negative ? UINT64_C(0) - magnitude : magnitude);
    return 0;
}

int jb_parse_double(const char *text, double *ret)
{
    /* The set of characters keeps out blanks, "inf", "nan" and hexadecimal, which strtod() would take. */
    if (!text || *text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') {
        return -EINVAL;
    }
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c) {
        return -ENOMEM;
    }
    int saved = errno;
    errno = 0;
    char *end = NULL;
    double value = strtod_l(text, &end, c);
    bool range = errno == ERANGE;
    errno = saved;
    freelocale(c);
    if (end == text || *end != '\0') {
        return -EINVAL;
    }
    if (!isfinite(value) || (range && value == 0)) {
        return -ERANGE;
    }
    *ret = value;
    return 0;
}

int jb_scan_u64(const char *text, size_t length, uint64_t *ret, const char **ret_end)
{
    const char *end = text + length;
    while (text < end && (*text == ' ' || *text == '\t')) {
        text++;
    }
    uint64_t value = 0;
    int r = scan_digits(&text, end, &value);
    if (r == 0) {
        *ret = value;
        if (ret_end) {
            *ret_end = text;
        }
    }
    return r;
}
