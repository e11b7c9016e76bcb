/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The epochs of a run: their mean, and whether they change. Documented in work_rows.h.
 *
 * The trend is the slope of the least-squares line of energy over the number of the epoch. Its half-width is Student's
 * t at 97.5 % (NIST/SEMATECH e-Handbook, 1.3.6.7.2) times its standard error, so that few epochs, of which any line
 * seems to tell something, tell little.
 */
#include "export/work_rows.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"

#define LEAST 4 /* epochs for a trend */

int64_t jb_work_next_epoch(const struct jb_record_work *work, size_t from)
{
    for (size_t i = from; i < work->region_count; i++) {
        if (strcmp(work->regions[i].kind, "epoch") == 0) {
            return (int64_t)i;
        }
    }
    return -1;
}

static double students_t(size_t degrees)
{
    static const double table[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                   2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086};
    return degrees <= JB_COUNT(table) ? table[degrees - 1] : 1.96 + 2.6 / (double)degrees;
}

/* Sums over the epochs, with x counted from their middle so that the line's two figures are independent. */
struct sums {
    double xx, xy, from_line, own_variance;
};

static void trend(const struct jb_record_work *work, struct jb_work_epochs *ret)
{
    double middle = ((double)ret->count - 1) / 2, x = -middle;
    struct sums sums = {0};
    for (int64_t i = jb_work_next_epoch(work, 0); i >= 0; i = jb_work_next_epoch(work, (size_t)i + 1), x++) {
        const struct jb_record_region *r = &work->regions[i];
        double own = r->uncertainty_uj >= 0 ? r->uncertainty_uj : 0;
        sums.xx += x * x;
        sums.xy += x * ((double)r->energy_uj - ret->mean_uj);
        sums.own_variance += x * x * own * own;
    }
    double slope = sums.xy / sums.xx;
    x = -middle;
    for (int64_t i = jb_work_next_epoch(work, 0); i >= 0; i = jb_work_next_epoch(work, (size_t)i + 1), x++) {
        double off = (double)work->regions[i].energy_uj - ret->mean_uj - slope * x;
        sums.from_line += off * off;
    }
    size_t degrees = ret->count - 2;
    double scattered = students_t(degrees) * sqrt(sums.from_line / (double)degrees / sums.xx);
    double measured = 1.96 * sqrt(sums.own_variance) / sums.xx;
    double whole = 2 * middle / ret->mean_uj;
    ret->trend = slope * whole;
    ret->trend_95 = fmax(scattered, measured) * whole;
}

void jb_work_epochs(const struct jb_record_work *work, struct jb_work_epochs *ret)
{
    *ret = (struct jb_work_epochs){.sd_s = NAN, .sd_uj = NAN, .trend = NAN, .trend_95 = NAN};
    for (int64_t i = jb_work_next_epoch(work, 0); i >= 0; i = jb_work_next_epoch(work, (size_t)i + 1)) {
        const struct jb_record_region *r = &work->regions[i];
        ret->first = ret->count == 0 ? r : ret->first;
        ret->last = r;
        ret->count++;
        ret->mean_s += r->duration_s;
        ret->mean_uj += (double)r->energy_uj;
        ret->guessed = ret->guessed || r->guessed;
    }
    ret->mean_s = ret->count > 0 ? ret->mean_s / (double)ret->count : NAN;
    ret->mean_uj = ret->count > 0 ? ret->mean_uj / (double)ret->count : NAN;
    if (ret->count < 2) {
        return;
    }
    double s = 0, uj = 0;
    for (int64_t i = jb_work_next_epoch(work, 0); i >= 0; i = jb_work_next_epoch(work, (size_t)i + 1)) {
        const struct jb_record_region *r = &work->regions[i];
        s += pow(r->duration_s - ret->mean_s, 2);
        uj += pow((double)r->energy_uj - ret->mean_uj, 2);
    }
    ret->sd_s = sqrt(s / (double)(ret->count - 1));
    ret->sd_uj = sqrt(uj / (double)(ret->count - 1));
    if (ret->count >= LEAST && ret->mean_uj > 0) {
        trend(work, ret);
    }
}
