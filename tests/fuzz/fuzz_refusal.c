/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_refusal.c - any bytes as what a server says of a request that it refuses: short, printable, and without anything
 * that looks like a key.
 */
#include "grid/provider.h"

#include "base/diag.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_key(const char *text)
{
    size_t length = 0;
    bool digits = false, letters = false;
    for (;; text++) {
        char c = *text;
        bool digit = c >= '0' && c <= '9';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        if (digit || letter) {
            length++;
            digits |= digit;
            letters |= letter;
            continue;
        }
        if (length >= 16 && digits && letters) {
            return true;
        }
        length = 0;
        digits = letters = false;
        if (c == '\0') {
            return false;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jb_provider provider = {.name = "somebody", .title = "Somebody", .needs = "token"};
    static const int statuses[] = {400, 401, 403, 404, 429, 500, 302, 0};
    if (size == 0) {
        return 0;
    }
    char *body = malloc(size);
    if (body == NULL) {
        return 0;
    }
    memcpy(body, data + 1, size - 1);
    body[size - 1] = '\0';

    struct jb_diag diag = {0};
    int err = jb_refusal(&provider, statuses[data[0] % 8], body, size - 1, &diag);
    bool good = err < 0 && diag.text[0] != '\0' && strlen(diag.text) < 180 && !has_key(diag.text);
    for (const char *p = diag.text; *p != '\0'; p++) {
        good = good && (unsigned char)*p >= ' ' && *p != 0x7f;
    }
    if (!good) {
        abort();
    }
    free(body);
    return 0;
}
