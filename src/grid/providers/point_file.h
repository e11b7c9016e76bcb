/* SPDX-License-Identifier: Apache-2.0 */
/*
 * point_file.h - a CSV file of values over time: intensities (`file`) and prices (tariff.h).
 *
 *     start,g_per_kwh,end,estimated
 *     2026-11-22T00:00:00+09:00,412,,
 *     2026-11-22T01:00:00+09:00,405,2026-11-22T02:00:00+09:00,yes
 *
 * The names in the first row decide which column is which, in any order; columns with other names are passed over. Only
 * `start` and the column of the value must be there.
 *  - Times are RFC 3339 with their offset (Z, +09:00): a local time without one is ambiguous for an hour each autumn.
 *  - A row without `end` holds to the start of the next; the last one as long as the row before it.
 *  - An empty value says that for this time it is not known.
 *  - `estimated`: yes or no; `rel_error`: one sigma, relative; both may be empty.
 * Rows may come in any order but must not overlap. What is wrong is told with its line, and nothing of the file is used
 * then: a figure that is silently left out is a wrong sum.
 */
#ifndef JB_GRID_PROVIDERS_POINT_FILE_H
#define JB_GRID_PROVIDERS_POINT_FILE_H

#include "base/diag.h"
#include "grid/track.h"

#define JB_POINT_FILE_LIMIT ((size_t)64 << 20) /* bytes */
#define JB_POINT_FILE_ROWS  2000000            /* 19 years of 5 minutes */

struct jb_point_file {
    struct jb_point *points; /* in order, without overlap; provider and fetched_ns unset */
    size_t count;
};
void jb_point_file_finish(struct jb_point_file *file);

/* What the values are: this settles the name of their column and which numbers can be. */
enum jb_point_file_of { JB_FILE_INTENSITIES /* g_per_kwh, not negative */, JB_FILE_PRICES /* price */ };

/* Pure but for memory; changes text. `name` is for messages. -EBADMSG with the line, -E2BIG, -ENOMEM. */
int jb_point_file_parse(char *text, const char *name, enum jb_point_file_of of, struct jb_point_file *ret,
                        struct jb_diag *diag);
/* -errno of the file too; -EFBIG over the limit. */
int jb_point_file_read(const char *path, enum jb_point_file_of of, struct jb_point_file *ret, struct jb_diag *diag);

#endif
