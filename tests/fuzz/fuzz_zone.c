/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_zone.c - any text as the name of a zone: found means found again by its own name, refused means told why in
 * printable text.
 */
#include "grid/grid.h"

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
    char *zone = malloc(size + 1);
    if (zone == NULL) {
        return 0;
    }
    memcpy(zone, data, size);
    zone[size] = '\0';

    struct jb_intensity found, again;
    struct jb_diag diag = {0};
    if (jb_grid_zone(zone, &found, &diag) == 0) {
        check(found.g_per_kwh > 0 && found.g_per_kwh <= 2000 && found.rel_error > 0);
        check(jb_grid_zone(found.zone, &again, NULL) == 0);
        check(strcmp(again.zone, found.zone) == 0 && again.g_per_kwh == found.g_per_kwh);
    } else {
        check(diag.text[0] != '\0' && diag.fix[0] != '\0');
        for (const char *p = diag.text; *p != '\0'; p++) {
            check((unsigned char)*p >= ' ' && *p != 0x7f);
        }
    }
    free(zone);
    return 0;
}
