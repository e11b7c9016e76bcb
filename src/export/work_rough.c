/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures with one digit, for what is hardly known; documented in work_rows.h.
 *
 * units.h prints three digits, because they are known: here those that are not are taken off again.
 */
#include "export/work_rows.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"

static double one_digit(double value)
{
    double power = value > 0 ? pow(10, floor(log10(value))) : 0;
    return power > 0 && isfinite(power) ? nearbyint(value / power) * power : value;
}

char *jb_work_rough(double joules, char *buffer, size_t size)
{
    char text[JB_UNIT_TEXT];
    jb_format_energy(one_digit(joules), text, sizeof(text));
    if (!isfinite(joules)) {
        jb_copy(buffer, size, text);
        return buffer;
    }
    /* "400 mJ" as it is; "40.0 mJ" and "0.400 uJ" without the zeros behind the point. */
    size_t number = strspn(text, "0123456789."), shown = number;
    while (memchr(text, '.', number) != NULL && (text[shown - 1] == '0' || text[shown - 1] == '.')) {
        shown--;
        if (text[shown] == '.') {
            break;
        }
    }
    jb_snprintf(buffer, size, "~%.*s%s", (int)shown, text, text + number);
    return buffer;
}

char *jb_work_rough_percent(double percent, char *buffer, size_t size)
{
    if (!isfinite(percent)) {
        jb_copy(buffer, size, "?");
    } else if (percent > 0 && percent < 0.05) {
        jb_copy(buffer, size, "<0.1");
    } else {
        double rounded = one_digit(percent);
        jb_snprintf(buffer, size, rounded >= 1 ? "~%.0f" : "~%.1g", rounded);
    }
    return buffer;
}
