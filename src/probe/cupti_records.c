/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding of activity records; offsets and their source in cupti_records.h.
 */
#include "probe/cupti_records.h"

#include <string.h>

static uint32_t u32(const unsigned char *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static uint64_t u64(const unsigned char *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static bool kernel(const unsigned char *p, size_t room, struct cupti_record *ret)
{
    if (room < 112) {
        return false;
    }
    ret->what = CUPTI_SPAN;
    ret->start = u64(p + 16);
    ret->end = u64(p + 24);
    ret->device = u32(p + 40);
    ret->context = u32(p + 44);
    ret->stream = u32(p + 48);
    ret->correlation = u32(p + 92);
    memcpy(&ret->name, p + 104, sizeof(ret->name));
    return true;
}

/* Copies and fills share their first half. */
static bool memory(const unsigned char *p, size_t room, size_t correlation_at, struct cupti_record *ret)
{
    if (room < correlation_at + 4) {
        return false;
    }
    ret->what = CUPTI_SPAN;
    ret->copy = p[4];
    ret->start = u64(p + 16);
    ret->end = u64(p + 24);
    ret->device = u32(p + 32);
    ret->context = u32(p + 36);
    ret->stream = u32(p + 40);
    ret->correlation = u32(p + correlation_at);
    return true;
}

static bool graph(const unsigned char *p, size_t room, struct cupti_record *ret)
{
    if (room < 40) {
        return false;
    }
    ret->what = CUPTI_SPAN;
    ret->correlation = u32(p + 4);
    ret->start = u64(p + 8);
    ret->end = u64(p + 16);
    ret->device = u32(p + 24);
    ret->graph = u32(p + 28);
    ret->context = u32(p + 32);
    ret->stream = u32(p + 36);
    return true;
}

bool cupti_record_decode(const void *record, size_t room, struct cupti_record *ret)
{
    const unsigned char *p = record;
    *ret = (struct cupti_record){0};
    if (room < 4) {
        return false;
    }
    ret->kind = u32(p);
    switch (ret->kind) {
    case CUPTI_KERNEL:
    case CUPTI_CONCURRENT_KERNEL:
        return kernel(p, room, ret);
    case CUPTI_MEMCPY:
    case CUPTI_MEMSET:
        return memory(p, room, 44, ret);
    case CUPTI_MEMCPY_PEER:
        return memory(p, room, 60, ret);
    case CUPTI_GRAPH_TRACE:
        return graph(p, room, ret);
    case CUPTI_EXTERNAL_CORRELATION:
        if (room < 24) {
            return false;
        }
        if (u32(p + 4) == CUPTI_OUR_CORRELATION) {
            ret->what = CUPTI_TIE;
            ret->identity = u64(p + 8);
            ret->correlation = u32(p + 16);
        }
        return true;
    case CUPTI_OVERHEAD:
        if (room < 40) {
            return false;
        }
        ret->what = CUPTI_OWN_TIME;
        ret->start = u64(p + 24);
        ret->end = u64(p + 32);
        return true;
    default:
        return true;
    }
}

static void put(char *buffer, size_t size, size_t *used, const char *text, size_t bytes)
{
    size_t room = size - 1 - *used;
    bytes = bytes < room ? bytes : room;
    memcpy(buffer + *used, text, bytes);
    *used += bytes;
    buffer[*used] = '\0';
}

/* "_ZN2at6native13reduce_kernelILi512E..." -> "at::native::reduce_kernel": the identifiers, each behind its length, up
 * to what is none. Source of the grammar: Itanium C++ ABI 5.1, <nested-name> and <source-name>. */
static bool first_name(const char *mangled, char *buffer, size_t size)
{
    const char *p = mangled;
    if (p[0] != '_' || p[1] != 'Z') {
        return false;
    }
    p += 2;
    bool nested = *p == 'N';
    p += nested;
    size_t used = 0;
    buffer[0] = '\0';
    while (*p >= '1' && *p <= '9') {
        size_t length = 0;
        while (*p >= '0' && *p <= '9' && length < 1000) {
            length = length * 10 + (size_t)(*p++ - '0');
        }
        if (length >= 1000 || strnlen(p, length) < length) {
            return false;
        }
        if (length < 12 || strncmp(p, "_GLOBAL__N__", 12) != 0) { /* no name: of a file */
            if (used > 0) {
                put(buffer, size, &used, "::", 2);
            }
            put(buffer, size, &used, p, length);
        }
        p += length;
        if (!nested) {
            break;
        }
    }
    return used > 0;
}

void cupti_record_name(const struct cupti_record *record, char *buffer, size_t size)
{
    static const char *const copies[] = {"memcpy",      "memcpy HtoD", "memcpy DtoH", "memcpy HtoA",
                                         "memcpy AtoH", "memcpy AtoA", "memcpy AtoD", "memcpy DtoA",
                                         "memcpy DtoD", "memcpy HtoH", "memcpy PtoP"};
    size_t used = 0;
    const char *text = "kernel";
    switch (record->kind) {
    case CUPTI_MEMCPY:
        text = copies[record->copy < sizeof(copies) / sizeof(copies[0]) ? record->copy : 0];
        break;
    case CUPTI_MEMCPY_PEER:
        text = "memcpy PtoP";
        break;
    case CUPTI_MEMSET:
        text = "memset";
        break;
    case CUPTI_GRAPH_TRACE: {
        char digits[10];
        size_t count = 0;
        for (uint32_t n = record->graph; count == 0 || n > 0; n /= 10) {
            digits[sizeof(digits) - ++count] = (char)('0' + n % 10);
        }
        put(buffer, size, &used, "CUDA graph ", 11);
        put(buffer, size, &used, digits + sizeof(digits) - count, count);
        return;
    }
    default:
        if (record->name && first_name(record->name, buffer, size)) {
            return;
        }
        text = record->name ? record->name : text;
        break;
    }
    put(buffer, size, &used, text, strnlen(text, size));
}
