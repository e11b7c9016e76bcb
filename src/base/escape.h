/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape.h - text and numbers as the formats want them.
 *
 * Text of a record is hostile: names come from argv, hardware and the database. What is not UTF-8 becomes U+FFFD in
 * every format, so that no output is ever refused for its encoding. Numbers never depend on the locale.
 */
#ifndef JB_BASE_ESCAPE_H
#define JB_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* The inside of a JSON string, without its quotes. */
void jb_export_json_text(struct jb_buf *out, const char *text);

/* HTML text or the inside of a quoted attribute: & < > " ' are references; control characters and those that reverse
 * the direction of text are U+FFFD. */
void jb_export_html_text(struct jb_buf *out, const char *text);

/* The same, with no-break spaces for spaces: numbers with their unit. */
void jb_export_html_unit(struct jb_buf *out, const char *text);

/* The value of a label of Prometheus and OpenMetrics, without its quotes: \\ " and line feeds are escaped, and what
 * would act on a terminal is U+FFFD. */
void jb_export_label_text(struct jb_buf *out, const char *text);

/* A CSV field: line breaks and tabs become spaces so that a row is a line. Text that a spreadsheet would run as a
 * formula (first character = + - @) gets a leading apostrophe; numbers are not written through this. */
void jb_export_csv_text(struct jb_buf *out, const char *text);

/* An integer of 10^-decimals as an exact decimal with at least one decimal place: (1500000, 6) is "1.5". */
void jb_export_fixed(struct jb_buf *out, uint64_t value, unsigned decimals);
void jb_export_joules(struct jb_buf *out, uint64_t energy_uj);

/* The shortest decimal that reads back as the same double. Writes nothing and returns false when it is not finite. */
bool jb_export_number(struct jb_buf *out, double value);

/* A command as one line that a shell would take apart the same way. Not escaped for any format. */
void jb_export_command(struct jb_buf *out, char *const *words, size_t count);

#endif
