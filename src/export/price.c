/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The carbon intensity of a moment of a run.
 *
 * A segment holds until the next one starts: its own end is not used, because that of a run whose meter died was never
 * written. Segments come from the database: they may be out of order, in which case the later entry wins where it
 * begins, and nothing worse.
 */
#include "export/price.h"

#include <math.h>

#include "store/record.h"

double jb_export_intensity(const struct jb_record *record, uint64_t t0_ns, uint64_t t1_ns)
{
    if (record->segment_count == 0) {
        return record->intensity_g_per_kwh;
    }
    double origin = (double)record->started_ns;
    double t0 = (double)t0_ns, t1 = (double)t1_ns;
    double weighted = 0, weight = 0;
    double at_t1 = record->segments[0].g_per_kwh;
    for (size_t i = 0; i < record->segment_count; i++) {
        double start = i == 0 ? -INFINITY : (double)record->segments[i].start_ns - origin;
        double end = i + 1 < record->segment_count ? (double)record->segments[i + 1].start_ns - origin : INFINITY;
        double overlap = fmin(end, t1) - fmax(start, t0);
        if (overlap > 0) {
            weighted += record->segments[i].g_per_kwh * overlap;
            weight += overlap;
        }
        at_t1 = start <= t1 ? record->segments[i].g_per_kwh : at_t1;
    }
    return weight > 0 ? weighted / weight : at_t1;
}
