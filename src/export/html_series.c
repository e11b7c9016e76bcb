/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetches what the charts of the report are drawn from.
 *
 * The number of slices falls as channels are added, so that the report of a machine with many of them stays small.
 */
#include "export/html_series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

#define MAX_ROWS     1024 /* a number above this is not one of a series that we wrote */
#define MAX_COUNT    600
#define MIN_COUNT    120
#define TOTAL_SLICES 9600

static size_t row_count(const struct jb_record *record)
{
    size_t rows = 0;
    for (size_t i = 0; i < record->channel_count; i++) {
        int number = record->channels[i].number;
        if (number >= 0 && number < MAX_ROWS && (size_t)number >= rows) {
            rows = (size_t)number + 1;
        }
    }
    return rows;
}

void jb_html_series_load(struct jb_html_series *series, const struct jb_export_input *input)
{
    const struct jb_record *record = input->record;
    struct jb_diag diag = {0};
    *series = (struct jb_html_series){.rows = row_count(record), .seconds = record->duration_s};
    if (!input->store) {
        jb_copy(series->why, sizeof(series->why), "The run was not stored, so there is no series to draw.");
        return;
    }
    /* Also false for NAN; between the bounds nanoseconds and the steps of the axis are in range. */
    if (!(series->seconds > 1e-6 && series->seconds < 1e9) || series->rows == 0) {
        jb_copy(series->why, sizeof(series->why),
                "Nothing was metered over a known time, so there is nothing to draw.");
        return;
    }
    size_t count = TOTAL_SLICES / series->rows;
    count = count > MAX_COUNT ? MAX_COUNT : count < MIN_COUNT ? MIN_COUNT : count;
    series->slices = calloc(series->rows * count, sizeof(*series->slices));
    int r = !series->slices ? -ENOMEM
                            : jb_store_slices(input->store, record->id, 0, (uint64_t)(series->seconds * 1e9), count,
                                              series->rows, series->slices, &diag);
    if (r < 0) {
        snprintf(series->why, sizeof(series->why), "The series could not be read: %.200s",
                 diag.text[0] ? diag.text : strerror(-r));
        return;
    }
    series->count = count;
}

void jb_html_series_finish(struct jb_html_series *series)
{
    free(series->slices);
    memset(series, 0, sizeof(*series));
}

const struct jb_slice *jb_html_series_of(const struct jb_html_series *series, const struct jb_record_channel *channel)
{
    if (channel->number < 0 || (size_t)channel->number >= series->rows || series->count == 0) {
        return NULL;
    }
    const struct jb_slice *row = series->slices + (size_t)channel->number * series->count;
    for (size_t i = 0; i < series->count; i++) {
        if (row[i].covered_ns > 0) {
            return row;
        }
    }
    return NULL;
}
