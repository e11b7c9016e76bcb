/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_iso_time.c - any text as a time: none, or one of the years that are read, which is the same when it is written
 * and read again, but for what is below a millisecond.
 */
#include "base/clock.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t day_ns = 86400 * (int64_t)JB_NS_PER_S, last_ns = INT64_C(7289654400) * (int64_t)JB_NS_PER_S;
    char *text = malloc(size + 1), written[32];
    int64_t ns = 77, again = -1;
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (jb_iso_parse(text, &ns) < 0) {
        if (ns != 77) {
            abort();
        }
    } else if (ns < -day_ns || ns > last_ns + 2 * day_ns) {
        abort();
    } else if (ns >= 0 && ns < last_ns) {
        jb_iso_time(ns, written, sizeof(written));
        if (jb_iso_parse(written, &again) < 0 || again != ns - ns % (int64_t)JB_NS_PER_MS) {
            abort();
        }
    }
    free(text);
    return 0;
}
