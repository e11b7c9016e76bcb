/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work_rows.h - what a run did with its energy as people look at it: rows of a table of operators, sums by class, the
 * epochs and what changes over them. Pure. For the exports and the command line.
 */
#ifndef JB_EXPORT_WORK_ROWS_H
#define JB_EXPORT_WORK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/record.h"

/* An operator, or those of a group whose power cannot be told apart as one. */
struct jb_work_row {
    const struct jb_record_operator *first; /* of the members the one with most energy */
    size_t members;
    uint64_t calls, energy_uj;
    double time_s, uncertainty_uj; /* of a group: its own, or where that is not known the sum of its members' */
    double device_uj;              /* of all operators of its device */
};
/* Devices with most energy first, and within a device rows with most energy first. malloc'd; *ret is NULL when there
 * are none. -ENOMEM. */
int jb_work_rows(const struct jb_record_work *work, struct jb_work_row **ret, size_t *ret_count);

/* The `number`th member of a row (0: the first), by energy; NULL: it has no more. */
const struct jb_record_operator *jb_work_row_member(const struct jb_record_work *work, const struct jb_work_row *row,
                                                    size_t number);

#define JB_WORK_ROW_NAMED 3                       /* members of a row whose names are shown */
const char *jb_work_short_name(const char *name); /* without "aten::"; a view into `name` */

/* Figures that are hardly known, with the one digit that may be right: "~40 mJ"; "~20", "~0.7". Returns buffer. */
char *jb_work_rough(double joules, char *buffer, size_t size);
char *jb_work_rough_percent(double percent, char *buffer, size_t size);

/* Joules by class, most first. No uncertainty: the operators' are not independent, and the record does not say how they
 * hang together. */
struct jb_work_class {
    char name[16];
    uint64_t calls, energy_uj;
    double time_s;
    bool low; /* all its operators are of low confidence: its sum is known no better */
};
#define JB_WORK_CLASSES 32 /* there are 17; of further ones (a damaged record) the sum is under the last */
size_t jb_work_classes(const struct jb_record_work *work, struct jb_work_class ret[JB_WORK_CLASSES]);

/* The groups that are layers, or all others, most energy first: a malloc'd copy; *ret is NULL when there are none.
 * -ENOMEM. */
int jb_work_groups(const struct jb_record_work *work, bool layers, struct jb_record_group **ret, size_t *ret_count);

/* The regions of kind "epoch", in their order. */
struct jb_work_epochs {
    size_t count;
    double mean_s, sd_s, mean_uj, sd_uj; /* sd: of the single epochs around their mean; NAN for fewer than two */
    const struct jb_record_region *first, *last;
    /* The change of energy from the first to the last by the straight line through all, as part of the mean, and its
     * half-width at 95 %, from the larger of the scatter around the line and the epochs' own uncertainties. NAN for
     * fewer than four epochs. */
    double trend, trend_95;
    bool guessed; /* edges of at least one were inferred */
};
void jb_work_epochs(const struct jb_record_work *work, struct jb_work_epochs *ret);
/* The next epoch from region `from` on; -1: none. */
int64_t jb_work_next_epoch(const struct jb_record_work *work, size_t from);

/* Which region was open at times that ascend: the innermost, which is the one that began last. Zeroed but for `work`;
 * of regions that are open at once the last JB_WORK_OPEN are looked at. */
#define JB_WORK_OPEN 32
struct jb_work_at {
    const struct jb_record_work *work;
    size_t next, open[JB_WORK_OPEN], count;
    double t_s; /* of the last look; an earlier one begins anew */
};
const struct jb_record_region *jb_work_at(struct jb_work_at *at, double t_s); /* NULL: none */

#endif
