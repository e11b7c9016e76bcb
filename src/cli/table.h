/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - columns that line up, counted in characters and not in bytes.
 *
 * Fill row by row, then print once. Widths follow the content; the last column is never padded. Cells are copied and
 * sanitised. At most CLI_TABLE_COLUMNS columns.
 */
#ifndef JB_CLI_TABLE_H
#define JB_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CLI_TABLE_COLUMNS 16

struct cli_table {
    const char *titles[CLI_TABLE_COLUMNS];
    bool right[CLI_TABLE_COLUMNS]; /* numbers */
    size_t columns;
    char **cells;        /* rows * columns */
    const char **colors; /* of the last cell of each row; NULL: none */
    size_t rows, capacity;
    bool failed; /* out of memory: what fitted is printed */
};
/* "name" is left-aligned, ">power" right-aligned; ends with NULL. */
void cli_table_init(struct cli_table *table, const char *const *titles);
void cli_table_row(struct cli_table *table, const char *const *cells); /* `columns` of them; NULL is empty */
/* Print the last cell of the last row in this colour, which is not copied; the `off` of cli_table_print() ends it. */
void cli_table_color(struct cli_table *table, const char *color);
void cli_table_print(const struct cli_table *table, FILE *out, const char *indent, const char *dim, const char *off);
void cli_table_finish(struct cli_table *table);

/* How wide the first `columns` columns are, with the space behind them. */
int cli_table_width(const struct cli_table *table, size_t columns);

int cli_columns(const char *text); /* characters of UTF-8 */

#define CLI_SHORT_TEXT 640 /* enough for every name of a record */
/* Text in at most `columns` columns: of what is longer the middle is left out, because names of a kind differ at their
 * end ("native_batch_norm_backward"). `gap` stands for it: "…" or "..". Sanitised. Returns buffer. */
char *cli_shorten(const char *text, int columns, const char *gap, char *buffer, size_t size);

/* Print text at column `indent`, sanitised, broken between words so that no line is longer than `columns` where words
 * allow; further lines are indented. The cursor stands at `indent`; no newline at the end. */
void cli_wrap(FILE *out, const char *text, int indent, int columns);

#endif
