/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_text.c - any bytes as a name. Sanitised text is clean, no longer, and stays as it is; scanning stays
 * within the bytes (the buffer is exact, so that a sanitizer sees one too many).
 */
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_scan(const uint8_t *data, size_t size)
{
    char *exact = malloc(size ? size : 1);
    if (!exact) {
        abort();
    }
    if (size > 0) {
        memcpy(exact, data, size);
    }
    uint64_t value = 0;
    const char *end = exact;
    if (jb_scan_u64(exact, size, &value, &end) == 0 && (end <= exact || end > exact + size)) {
        abort();
    }
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"interval", "zone", "quiet", "json", "db", NULL};
    check_scan(data, size);
    char *text = malloc(size + 1), *again;
    if (!text) {
        abort();
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    const char *nearest = jb_nearest(text, names);
    if (nearest && strlen(text) > strlen(nearest) + 2) {
        abort();
    }
    jb_sanitise(text);
    again = strdup(text);
    if (!again || strlen(text) > size) {
        abort();
    }
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            abort();
        }
    }
    jb_sanitise(again);
    if (strcmp(text, again) != 0 || strlen(jb_trim(again)) > strlen(text)) {
        abort();
    }
    free(again);
    free(text);
    return 0;
}
