/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_zonetab.c - any text as tzdata's tables. The first line of the input is the name of the time zone, the rest the
 * file.
 */
#include "grid/zonetab.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = memchr(data, '\n', size);
    size_t name_length = newline != NULL ? (size_t)(newline - data) : size;
    size_t text_length = newline != NULL ? size - name_length - 1 : 0;
    char *name = malloc(name_length + 1), *text = malloc(text_length + 1);
    if (name != NULL && text != NULL) {
        memcpy(name, data, name_length);
        name[name_length] = '\0';
        memcpy(text, data + size - text_length, text_length);
        text[text_length] = '\0';

        char country[3] = "", target[JB_TZ_TEXT] = "";
        if (jb_zonetab_country(text, name, country) == 0) {
            check(country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' && country[1] <= 'Z' &&
                  country[2] == '\0');
        } else {
            check(country[0] == '\0');
        }
        if (jb_zonetab_link(text, name, target) == 0) {
            check(jb_tz_check(target) == 0);
        } else {
            check(target[0] == '\0');
        }
        jb_tz_check(name);
    }
    free(name);
    free(text);
    return 0;
}
