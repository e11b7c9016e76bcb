/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tariff_hours.c - "0-6 0.21, 6-22 0.34, 22-24 0.21" to a price for each hour of the day.
 *
 * Every hour exactly once: a tariff with an hour forgotten or named twice is a typing error, and each guess at it would
 * be money.
 */
#include "grid/tariff.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define HOURS 24

static int wrong(struct jb_diag *diag, const char *part)
{
    char shown[48];
    jb_copy(shown, sizeof(shown), part);
    jb_sanitise(shown);
    jb_fail(diag, -EINVAL, "\"%s\" is no span of hours with its price", shown);
    jb_fix(diag, "write it so: 0-6 0.21, 6-22 0.34, 22-24 0.21");
    return -EINVAL;
}

/* One "6-22 0.34". */
static int parse_span(char *part, double hours[HOURS], bool given[HOURS], struct jb_diag *diag)
{
    char kept[64];
    jb_copy(kept, sizeof(kept), part);
    char *price_text = strpbrk(part, " \t"), *dash = strchr(part, '-');
    if (price_text == NULL || dash == NULL || dash > price_text) {
        return wrong(diag, kept);
    }
    *price_text = '\0';
    *dash = '\0';
    uint64_t first, end;
    double price;
    if (jb_parse_u64(part, &first) < 0 || jb_parse_u64(dash + 1, &end) < 0 || first > HOURS || end > HOURS ||
        jb_parse_double(jb_trim(price_text + 1), &price) < 0) {
        return wrong(diag, kept);
    }
    if (first >= end) {
        jb_fail(diag, -EINVAL, "\"%s\" ends before it begins", kept);
        jb_fix(diag, "write a span over midnight as two: 22-24 and 0-6");
        return -EINVAL;
    }
    for (uint64_t hour = first; hour < end; hour++) {
        if (given[hour]) {
            return jb_fail(diag, -EINVAL, "hour %d has two prices", (int)hour);
        }
        given[hour] = true;
        hours[hour] = price;
    }
    return 0;
}

int jb_tariff_hours(const char *text, double ret_hours[24], struct jb_diag *diag)
{
    char copy[1024]; /* 24 spans of 40 bytes */
    double hours[HOURS];
    bool given[HOURS] = {false};
    if (!jb_copy(copy, sizeof(copy), text)) {
        return jb_fail(diag, -EINVAL, "too long a list of hours");
    }
    for (char *part = copy, *next; part != NULL; part = next) {
        next = strchr(part, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        int err = parse_span(jb_trim(part), hours, given, diag);
        if (err < 0) {
            return err;
        }
    }
    for (int hour = 0; hour < HOURS; hour++) {
        if (!given[hour]) {
            return jb_fail(diag, -EINVAL, "hour %d has no price", hour);
        }
    }
    memcpy(ret_hours, hours, sizeof(hours));
    return 0;
}
