/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - strings: a growing buffer, strict number parsing, and text that is safe to print.
 *
 * Numbers are parsed and printed in the C locale whatever setlocale() says. A parse that does not use the
 * whole text, or that overflows, fails: "12x" is not 12.
 */
#ifndef JB_BASE_TEXT_H
#define JB_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing, always NUL-terminated byte buffer. Zero-initialise it; jb_buf_finish() frees it. When memory
 * runs out `failed` is set, later writes do nothing, and `data` keeps what it had: check once, at the end. */
struct jb_buf {
    char *data; /* NULL until the first write */
    size_t length;
    size_t capacity;
    bool failed;
};
void jb_buf_add(struct jb_buf *buf, const void *bytes, size_t length);
void jb_buf_puts(struct jb_buf *buf, const char *text);
void jb_buf_printf(struct jb_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void jb_buf_vprintf(struct jb_buf *buf, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void jb_buf_url(struct jb_buf *buf, const char *text); /* percent-encoded for a query: all but A-Z a-z 0-9 - . _ ~ */
void jb_buf_clear(struct jb_buf *buf);                 /* keeps the memory */
void jb_buf_finish(struct jb_buf *buf);

/* snprintf and vsnprintf in the C locale: a German user's "1,5" must not get into JSON, CSV or a command. */
int jb_snprintf(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int jb_vsnprintf(char *buffer, size_t size, const char *format, va_list args) __attribute__((format(printf, 3, 0)));

int jb_parse_u64(const char *text, uint64_t *ret); /* decimal digits only; -EINVAL, -ERANGE */
int jb_parse_i64(const char *text, int64_t *ret);
int jb_parse_double(const char *text, double *ret); /* C locale, finite only */

/* The unsigned decimal at the start of `text` (after blanks), at most `length` bytes; stores where it ended.
 * For the hot path: no allocation, no locale, no copy. -EINVAL when there is no digit, -ERANGE. */
int jb_scan_u64(const char *text, size_t length, uint64_t *ret, const char **ret_end);

/* snprintf that copies a string and always terminates; returns false when it had to cut. */
bool jb_copy(char *to, size_t size, const char *from);

char *jb_trim(char *text);                   /* in place; returns the first non-blank */
bool jb_streq(const char *a, const char *b); /* NULL equals only NULL */
bool jb_starts(const char *text, const char *prefix);
bool jb_ieq(const char *a, const char *b); /* ASCII case ignored */

/* Replace control characters (C0, C1, line separators and direction overrides) and invalid UTF-8 by '?', in
 * place: names that come from hardware, argv, files or the database may hold terminal escapes. */
void jb_sanitise(char *text);

/* The entry of `names` (NULL-terminated) nearest to `text` by edit distance (two swapped letters are one edit,
 * case is ignored) when it is near enough to be a typo (distance <= 2 and less than half the length of
 * `text`), else NULL. For hints: "did you mean ...?". */
const char *jb_nearest(const char *text, const char *const *names);

#endif
