/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_tariff_hours.c - any text as [tariff] hours: 24 prices or an error, and nothing between.
 */
#include "grid/tariff.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    double hours[24];
    for (int i = 0; i < 24; i++) {
        hours[i] = NAN;
    }
    struct jb_diag diag = {0};
    int r = jb_tariff_hours(text, hours, &diag);
    for (int i = 0; i < 24; i++) {
        if (r == 0 ? !isfinite(hours[i]) : !isnan(hours[i])) {
            abort();
        }
    }
    if (r < 0 && diag.text[0] == '\0') {
        abort();
    }
    free(text);
    return 0;
}
