/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_series.c - any text as a series, at any time. A short buffer gets the beginning of what a long one gets.
 */
#include "base/series.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of just that size, so that a byte too far is seen. */
static ssize_t at(const char *text, size_t length, uint64_t elapsed_ns, char **ret, size_t room)
{
    *ret = malloc(room + 1);
    if (!*ret) {
        abort();
    }
    ssize_t said = jb_series_at(text, length, elapsed_ns, *ret, room);
    if (said > (ssize_t)room || (said < 0 && (said > -1 || said < -4095))) {
        abort();
    }
    return said;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t elapsed_ns = 0;
    if (size < sizeof(elapsed_ns)) {
        return 0;
    }
    memcpy(&elapsed_ns, data, sizeof(elapsed_ns));
    size -= sizeof(elapsed_ns);
    char *text = malloc(size + 1); /* not terminated */
    if (!text) {
        abort();
    }
    memcpy(text, data + sizeof(elapsed_ns), size);
    text[size] = 1;

    char *whole, *start;
    ssize_t length = at(text, size, elapsed_ns, &whole, size + 64);
    ssize_t cut = at(text, size, elapsed_ns, &start, 7);
    if (length < 0 ? cut != length : cut != (length < 7 ? length : 7) || memcmp(whole, start, (size_t)cut) != 0) {
        abort();
    }
    free(whole);
    free(start);
    char *again;
    if (at(text, size, elapsed_ns % 1000, &again, 64) == -EINVAL && length > 0) {
        /* The same text at another time may fail as it says, "!EINVAL", but is no worse a series. */
        if (!memmem(text, size, "!EINVAL", 7)) {
            abort();
        }
    }
    free(again);
    free(text);
    return 0;
}
