/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_tgwf.c - any bytes as a data file of the npm package @tgwf/co2. The first byte says which.
 */
#include "grid/refresh.h"

#include "base/diag.h"

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
    static const char *const names[] = {"package/yearly_2026.js", "average-intensities.min.js",
                                        "average-intensities-2031.js"};
    static const int years[] = {2026, 0, 2031};
    if (size == 0) {
        return 0;
    }
    int which = data[0] % 3;
    char *text = malloc(size - 1 > 0 ? size - 1 : 1); /* no byte more: the sanitizer watches its end */
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data + 1, size - 1);
    struct jb_table table = {0};
    struct jb_diag diag = {0};
    int r = jb_table_from_package(names[which], text, size - 1, &table, &diag);
    check(r == 0 ? table.count > 0 : diag.text[0] != '\0');
    for (size_t i = 0; i < table.count; i++) {
        const struct jb_table_row *row = &table.rows[i];
        check(row->g_per_kwh >= 0 && row->g_per_kwh <= 5000 && row->year == years[which]);
        check(strspn(row->zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(row->zone));
        check(i == 0 || strcmp(table.rows[i - 1].zone, row->zone) < 0);
    }
    jb_table_finish(&table);
    free(text);
    return 0;
}
