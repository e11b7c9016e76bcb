/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series_write.h - make a series (series.h) of what a file was seen to hold.
 *
 * Only changes are kept. When the text would become too long every second change is let go, and from then on changes
 * are kept half as often.
 */
#ifndef JB_BASE_SERIES_WRITE_H
#define JB_BASE_SERIES_WRITE_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_series_sample;

/* Zero-initialise; `limit` is how long the text may become, at most and by default JB_SERIES_LIMIT. */
struct jb_series_writer {
    size_t limit;
    struct jb_series_sample *samples;
    size_t count, capacity;
    struct jb_buf bytes; /* contents, one behind the other */
    uint64_t looks;      /* how often it was looked at */
    uint64_t changes;    /* and how often it was found changed */
    uint64_t pause_ms;   /* the least between two samples */
    uint64_t end_ms;     /* of the last look */
    bool failed;         /* out of memory */
};

/* What was read at that time, later than the last; or the errno of a reading that failed. */
void jb_series_seen(struct jb_series_writer *writer, uint64_t ms, const void *data, size_t length);
void jb_series_seen_failing(struct jb_series_writer *writer, uint64_t ms, int err);

/* Lines of "<nanoseconds> <content>", as jb_recording_said() leaves them; others are passed over. */
void jb_series_seen_said(struct jb_series_writer *writer, const char *text);

/* The series; wrap 0: none. Integers that rise, and never fall, at nearly every look are written as linear: they move
 * more often than they were looked at. Few changes are no rate: such a series begins again rather than to go on.
 * -ENODATA: nothing was seen; -ENOMEM. */
int jb_series_write(const struct jb_series_writer *writer, uint64_t wrap, struct jb_buf *out);

void jb_series_writer_finish(struct jb_series_writer *writer);

#endif
