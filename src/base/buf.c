/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.c - the growing buffer, and printf in the C locale.
 *
 * uselocale(3) changes the calling thread only. newlocale("C") returns glibc's and musl's static object:
 * no allocation, so that formatting stays allowed where memory is not. Documented in text.h.
 */
#include "base/text.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 128

/* Room for `more` bytes and the NUL. */
static bool reserve(struct jb_buf *buf, size_t more)
{
    if (buf->failed) {
        return false;
    }
    size_t need;
    if (__builtin_add_overflow(buf->length, more, &need) || __builtin_add_overflow(need, (size_t)1, &need)) {
        buf->failed = true;
        return false;
    }
    if (need <= buf->capacity) {
        return true;
    }
    size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
    while (capacity < need) {
        if (__builtin_mul_overflow(capacity, (size_t)2, &capacity)) {
            capacity = need;
        }
    }
    char *data = realloc(buf->data, capacity);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void jb_buf_add(struct jb_buf *buf, const void *bytes, size_t length)
{
    if (!reserve(buf, length)) {
        return;
    }
    if (length > 0) {
        memcpy(buf->data + buf->length, bytes, length);
    }
    buf->length += length;
    buf->data[buf->length] = '\0';
}

void jb_buf_puts(struct jb_buf *buf, const char *text)
{
    jb_buf_add(buf, text, strlen(text));
}

void jb_buf_vprintf(struct jb_buf *buf, const char *format, va_list args)
{
    char small[256];
    va_list again;
    va_copy(again, args);
    int length = jb_vsnprintf(small, sizeof(small), format, args);
    if (length < 0) {
        buf->failed = true;
    } else if ((size_t)length < sizeof(small)) {
        jb_buf_add(buf, small, (size_t)length);
    } else if (reserve(buf, (size_t)length)) {
        jb_vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
        buf->length += (size_t)length;
    }
    va_end(again);
}

void jb_buf_printf(struct jb_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    jb_buf_vprintf(buf, format, args);
    va_end(args);
}

void jb_buf_url(struct jb_buf *buf, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    jb_buf_add(buf, "", 0); /* of nothing, the empty string */
    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL) {
            jb_buf_add(buf, text, 1);
        } else {
            jb_buf_printf(buf, "%%%02X", (unsigned char)*text);
        }
    }
}

void jb_buf_clear(struct jb_buf *buf)
{
    buf->length = 0;
    buf->failed = false;
    if (buf->data) {
        buf->data[0] = '\0';
    }
}

void jb_buf_finish(struct jb_buf *buf)
{
    if (buf) {
        int saved = errno;
        free(buf->data);
        errno = saved;
        *buf = (struct jb_buf){0};
    }
}

int jb_vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = c ? uselocale(c) : (locale_t)0;
    int length = vsnprintf(buffer, size, format, args);
    if (c) {
        uselocale(before);
        freelocale(c);
    }
    return length;
}

int jb_snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = jb_vsnprintf(buffer, size, format, args);
    va_end(args);
    return length;
}
