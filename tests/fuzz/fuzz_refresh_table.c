/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_refresh_table.c - any text as the user's table of yearly figures, and what becomes of ours with it.
 */
#include "grid/refresh.h"

#include "base/diag.h"

#include <math.h>
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
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    struct jb_table table = {0};
    struct jb_diag diag = {0};
    int r = jb_table_parse(text, &table, &diag);
    check(r == 0 || (diag.text[0] != '\0' && table.rows == NULL));
    for (size_t i = 0; i < table.count; i++) {
        const struct jb_table_row *row = &table.rows[i];
        check(isfinite(row->g_per_kwh) && row->g_per_kwh >= 0 && row->year >= 1990 && row->year <= 2100);
        check(i == 0 || strcmp(table.rows[i - 1].zone, row->zone) < 0);
        struct jb_intensity intensity = {.year = 2025};
        memcpy(intensity.zone, row->zone, sizeof(row->zone));
        check(jb_table_apply(&table, &intensity) == (row->year > 2025));
        check(intensity.year >= 2025);
    }
    jb_table_finish(&table);
    free(text);
    return 0;
}
