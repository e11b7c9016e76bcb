/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_duration.c - any text as a duration and as numbers. A refusal leaves the output alone and says something.
 */
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "base/units.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text) {
        abort();
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    struct jb_diag diag = {0};
    uint64_t ns = 77, u = 77;
    int64_t i = 77;
    double d = 77;
    int r = jb_duration_parse(text, &ns, &diag);
    if ((r < 0) != (diag.text[0] != '\0') || (r < 0 && ns != 77)) {
        abort();
    }
    if (jb_parse_u64(text, &u) < 0 && u != 77) {
        abort();
    }
    if (jb_parse_i64(text, &i) < 0 && i != 77) {
        abort();
    }
    r = jb_parse_double(text, &d);
    if (r < 0 ? d != 77 : !isfinite(d)) {
        abort();
    }
    char unit[JB_UNIT_TEXT], roomy[256];
    if (strcmp(jb_format_duration(d, unit, sizeof(unit)), jb_format_duration(d, roomy, sizeof(roomy))) != 0 ||
        strcmp(jb_format_energy(d, unit, sizeof(unit)), jb_format_energy(d, roomy, sizeof(roomy))) != 0 ||
        strcmp(jb_format_bytes(d, unit, sizeof(unit)), jb_format_bytes(d, roomy, sizeof(roomy))) != 0) {
        abort();
    }
    free(text);
    return 0;
}
