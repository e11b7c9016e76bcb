/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers for drawing: thousandths are enough, and a chart has tens of thousands of them.
 *
 * Odd: integer arithmetic, because printf takes ten times as long; beyond what it holds the full number is written.
 */
#include <math.h>

#include "base/escape.h"
#include "server/documents_impl.h"

#define EXACT_BELOW 8e12 /* times 1000 still a whole number that a double holds */

void jb_brief(struct jb_buf *out, double value)
{
    char text[32];
    size_t at = sizeof(text);

    if (!isfinite(value)) {
        jb_buf_add(out, "null", 4);
        return;
    }
    if (fabs(value) >= EXACT_BELOW) {
        jb_export_number(out, value);
        return;
    }
    int64_t thousandths = llround(value * 1000);
    uint64_t rest = (uint64_t)(thousandths < 0 ? -thousandths : thousandths);
    unsigned decimals = 3;
    while (decimals > 0 && rest % 10 == 0) {
        rest /= 10;
        decimals--;
    }
    for (unsigned written = 0; written <= decimals || rest > 0; written++) {
        if (decimals > 0 && written == decimals) {
            text[--at] = '.';
        }
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (thousandths < 0) {
        text[--at] = '-';
    }
    jb_buf_add(out, text + at, sizeof(text) - at);
}

void jb_brief_array(struct jb_json *json, const char *key, const double *values, size_t count)
{
    jb_json_open(json, key, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            jb_buf_add(json->out, ",", 1);
        }
        jb_brief(json->out, values[i]);
    }
    jb_json_close(json, ']');
}
