/* SPDX-License-Identifier: Apache-2.0 */
/* The Accept header of a scraper: whatever it says, one of two formats; and an empty element changes nothing. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 4);

    if (text == NULL || (size > 0 && memchr(data, '\0', size) != NULL)) {
        free(text);
        return 0;
    }
    memcpy(text, ",, ", 3);
    if (size > 0) {
        memcpy(text + 3, data, size);
    }
    text[size + 3] = '\0';
    if (jb_accept_openmetrics(text) != jb_accept_openmetrics(text + 3)) {
        abort();
    }
    free(text);
    return 0;
}
