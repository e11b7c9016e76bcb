/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv.h - RFC 4180: a reader over text in memory and quoting for writers.
 *
 * The reader splits the caller's (writable, NUL-terminated) text in place; fields point into it. A quoted
 * field may hold commas, doubled quotes and newlines. A quote that never closes, or text behind a closed one, is
 * -EBADMSG, a row with more than `max` fields is -E2BIG, both with the row's `line`; nothing is skipped
 * silently but a byte order mark at the start. After an error comes the end.
 */
#ifndef JB_BASE_CSV_H
#define JB_BASE_CSV_H

#include <stddef.h>

struct jb_buf;

struct jb_csv {
    char *next;    /* rest of the text; NULL at the end */
    unsigned line; /* number of the line that the last row began on, from 1 */
    unsigned next_line;
};
void jb_csv_init(struct jb_csv *csv, char *text);
/* The number of fields of the next row, 0 at the end of the text. Blank lines are passed over. */
int jb_csv_row(struct jb_csv *csv, char **fields, size_t max);

void jb_csv_field(struct jb_buf *out, const char *text); /* quoted only where needed; NULL is empty */

#endif
