/* SPDX-License-Identifier: Apache-2.0 */
/* html_scale.h - round numbers for the axes of a chart. Pure. Private to export/. */
#ifndef JB_EXPORT_HTML_SCALE_H
#define JB_EXPORT_HTML_SCALE_H

#include <stddef.h>

struct jb_scale {
    double top, step; /* top = steps * step */
    unsigned steps;   /* 3 to 5 */
};
/* From 0 to at least `highest` by 1, 2 or 5 times a power of ten; 0 to 1 when it is not a positive number. */
struct jb_scale jb_scale(double highest);

/* A step of time that people count in (1, 2, 5, 15, 30 s, 1 min ...) that divides `seconds` into 2 to 7 parts. For
 * 1e-9 s and more. */
double jb_scale_time_step(double seconds);

/* Move ascending positions so that neighbours are at least `gap` apart and none is above `top`, as little as may be.
 * With no room for all, the lowest go below 0. */
void jb_scale_spread(double *at, size_t count, double gap, double top);

#endif
