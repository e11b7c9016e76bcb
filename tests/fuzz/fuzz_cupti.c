/* SPDX-License-Identifier: Apache-2.0 */
/* Activity records of CUPTI and times of its clock (src/probe/cupti_records.c, cupti_clock.c): any bytes. */
#include "probe/cupti_clock.h"
#include "probe/cupti_records.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A kernel's name is a pointer; here it points to text that the fuzzer wrote. */
static void name(const struct cupti_record *record, const uint8_t *text, size_t size)
{
    char mangled[128];
    char buffer[64];
    size_t length = size < sizeof(mangled) - 1 ? size : sizeof(mangled) - 1;
    memcpy(mangled, text, length);
    mangled[length] = '\0';
    struct cupti_record named = *record;
    named.name = named.name ? mangled : NULL;
    cupti_record_name(&named, buffer, sizeof(buffer));
    if (strnlen(buffer, sizeof(buffer)) == sizeof(buffer)) {
        __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cupti_clock clock = {0};
    struct cupti_record record;
    for (size_t at = 0; at < size; at += 8) {
        size_t room = size - at < 256 ? size - at : 256;
        uint8_t *copy = malloc(room); /* of its size, so that a sanitizer sees what is read beyond */
        if (!copy) {
            return 0;
        }
        memcpy(copy, data + at, room);
        bool known = cupti_record_decode(copy, room, &record);
        free(copy);
        if (!known) {
            continue;
        }
        name(&record, data + at, size - at);
        const struct cupti_clock_point point = {record.start, record.end, record.correlation};
        cupti_clock_add(&clock, &point);
        uint64_t t;
        if (cupti_clock_convert(&clock, record.identity ? record.identity : record.end, &t) == 0 && clock.count == 0) {
            __builtin_trap();
        }
    }
    return 0;
}
