/* SPDX-License-Identifier: Apache-2.0 */
/* html_series.h - the slices that the report's charts are drawn from. Private to export/. */
#ifndef JB_EXPORT_HTML_SERIES_H
#define JB_EXPORT_HTML_SERIES_H

#include <stddef.h>

#include "export/export.h"

/* Slices of all channels over the whole run. count 0: there is no series; `why` says why, for the reader. */
struct jb_html_series {
    struct jb_slice *slices; /* rows * count, row-major; the row of a channel is its number in the series */
    size_t rows, count;
    double seconds; /* of the whole */
    char why[256];
};

/* Never fails: a series that cannot be read is one that is not there, with its reason. */
void jb_html_series_load(struct jb_html_series *series, const struct jb_export_input *input);
void jb_html_series_finish(struct jb_html_series *series);

/* The slices of one channel; NULL when it has none. */
const struct jb_slice *jb_html_series_of(const struct jb_html_series *series, const struct jb_record_channel *channel);

#endif
