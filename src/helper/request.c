/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c - the list as a grammar: a cursor that eats fixed words and bounded decimals, and nothing else.
 *
 * The path that is opened is put together from the words and the digits that were eaten, never copied from a text that
 * was merely looked at.
 */
#include "helper/request.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define MAX_ZONE   999
#define MAX_HWMON  9999
#define MAX_INPUT  9999 /* amd_energy: one for each core and socket */
#define MAX_CPU    99999
#define MAX_CONFIG 5 /* cores, package, memory, graphics, platform: arch/x86/events/rapl.c of Linux */

struct cursor {
    const char *at, *end;
};

static bool word(struct cursor *cursor, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0) {
        return false;
    }
    cursor->at += length;
    return true;
}

static bool number(struct cursor *cursor, uint64_t max, uint32_t *ret)
{
    uint64_t value = 0;
    const char *start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        value = value * 10 + (uint64_t)(*cursor->at++ - '0');
        if (value > max || *start == '0') {
            break; /* a leading zero is a number by itself */
        }
    }
    if (cursor->at == start || value > max) {
        return false;
    }
    *ret = (uint32_t)value;
    return true;
}

/* The eaten bytes from `start` on; false when they do not fit. */
static bool keep(const char *start, const struct cursor *cursor, char *buffer, size_t size)
{
    size_t length = (size_t)(cursor->at - start);
    if (length >= size) {
        return false;
    }
    memcpy(buffer, start, length);
    buffer[length] = '\0';
    return true;
}

static bool powercap(struct cursor *cursor, struct jb_helper_request *request)
{
    const char *start = cursor->at;
    uint32_t zone;
    if (!word(cursor, "/sys/class/powercap/intel-rapl")) {
        return false;
    }
    word(cursor, "-mmio");
    if (!word(cursor, ":") || !number(cursor, MAX_ZONE, &zone) ||
        (word(cursor, ":") && !number(cursor, MAX_ZONE, &zone)) ||
        !keep(start, cursor, request->folder, sizeof(request->folder)) || !word(cursor, "/")) {
        return false;
    }
    start = cursor->at;
    request->kind = JB_HELPER_POWERCAP;
    return word(cursor, "energy_uj") && keep(start, cursor, request->file, sizeof(request->file));
}

static bool hwmon(struct cursor *cursor, struct jb_helper_request *request)
{
    const char *start = cursor->at;
    uint32_t index;
    if (!word(cursor, "/sys/class/hwmon/hwmon") || !number(cursor, MAX_HWMON, &index) ||
        !keep(start, cursor, request->folder, sizeof(request->folder)) || !word(cursor, "/")) {
        return false;
    }
    start = cursor->at;
    request->kind = JB_HELPER_HWMON;
    return word(cursor, "energy") && number(cursor, MAX_INPUT, &index) && word(cursor, "_input") &&
           keep(start, cursor, request->file, sizeof(request->file));
}

static bool perf(struct cursor *cursor, struct jb_helper_request *request)
{
    request->kind = JB_HELPER_PERF;
    return word(cursor, "perf:") && number(cursor, INT32_MAX, &request->type) && word(cursor, ":") &&
           number(cursor, MAX_CONFIG, &request->config) && request->config >= 1 && word(cursor, ":") &&
           number(cursor, MAX_CPU, &request->cpu);
}

int jb_helper_parse(const char *text, size_t length, struct jb_helper_request *ret)
{
    static bool (*const kinds[])(struct cursor *, struct jb_helper_request *) = {powercap, hwmon, perf};

    for (size_t i = 0; length <= JB_HELPER_MAX_REQUEST && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct cursor cursor = {text, text + length};
        struct jb_helper_request request = {0};
        if (kinds[i](&cursor, &request) && cursor.at == cursor.end) {
            *ret = request;
            return 0;
        }
    }
    return -EACCES;
}
