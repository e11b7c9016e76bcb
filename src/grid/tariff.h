/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tariff.h - what a kWh costs, hour by hour: [tariff] of the configuration.
 *
 *     [tariff]
 *     currency = EUR
 *     price = 0.32                                 one price at all hours
 *     hours = 0-6 0.21, 6-22 0.34, 22-24 0.21      by the hour of the machine's local time; every hour exactly once
 *     weekend = 0-24 0.21                          the same for Saturday and Sunday
 *     file = /path/prices.csv                      start,price rows as in a file of intensities (for hourly markets)
 *
 * `file` wins where it covers, then weekend and hours, then price. Prices may be negative. Local time is that of TZ.
 */
#ifndef JB_GRID_TARIFF_H
#define JB_GRID_TARIFF_H

#include "base/diag.h"
#include "grid/track.h"

struct jb_conf;

struct jb_tariff {
    char currency[8];
    bool has_price;
    double price;
    bool has_hours, has_weekend;
    double hours[24], weekend[24]; /* by local hour */
    struct jb_track file;
};
void jb_tariff_finish(struct jb_tariff *tariff);

/* -ENOENT: no tariff is configured; -EINVAL, -EBADMSG, -errno of the file, with the place that is wrong. */
int jb_tariff_load(const struct jb_conf *conf, struct jb_tariff *ret, struct jb_diag *diag);
/* "0-6 0.21, 6-22 0.34, 22-24 0.21": pure. -EINVAL with what is wrong. */
int jb_tariff_hours(const char *text, double ret_hours[24], struct jb_diag *diag);

/* Prices over [from, to), into an empty track; hours that have none are holes. */
int jb_tariff_track(const struct jb_tariff *tariff, int64_t from_ns, int64_t to_ns, struct jb_track *ret);

#endif
