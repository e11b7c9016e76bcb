/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which region was open when; documented in work_rows.h.
 *
 * Regions are in the order in which they began, and whoever asks goes forward in time, so each is opened and closed
 * once. A region is open after its start and up to its end, that end included: an interval that ends with it is its.
 */
#include "export/work_rows.h"

#include <math.h>
#include <string.h>

static void begin(struct jb_work_at *at, size_t region)
{
    if (at->count == JB_WORK_OPEN) {
        memmove(at->open, at->open + 1, (JB_WORK_OPEN - 1) * sizeof(*at->open));
        at->count--;
    }
    at->open[at->count++] = region;
}

static void close_ended(struct jb_work_at *at, double t_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < at->count; i++) {
        const struct jb_record_region *r = &at->work->regions[at->open[i]];
        if (t_s <= r->start_s + r->duration_s) {
            at->open[kept++] = at->open[i];
        }
    }
    at->count = kept;
}

const struct jb_record_region *jb_work_at(struct jb_work_at *at, double t_s)
{
    if (t_s < at->t_s) {
        at->next = at->count = 0;
    }
    at->t_s = t_s;
    for (; at->next < at->work->region_count; at->next++) {
        const struct jb_record_region *r = &at->work->regions[at->next];
        if (r->start_s >= t_s) {
            break;
        }
        if (t_s <= r->start_s + r->duration_s) { /* false also for what is not known */
            begin(at, at->next);
        }
    }
    close_ended(at, t_s);
    return at->count > 0 ? &at->work->regions[at->open[at->count - 1]] : NULL;
}
