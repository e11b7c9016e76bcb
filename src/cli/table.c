/* SPDX-License-Identifier: Apache-2.0 */
/* Columns. Every code point counts as one column: names of runs may be in any script, and wide ones only bend a line.
 */
#include "cli/table.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int cli_columns(const char *text)
{
    int columns = 0;

    for (; *text != '\0'; text++) {
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return columns;
}

void cli_table_init(struct cli_table *table, const char *const *titles)
{
    *table = (struct cli_table){0};
    while (titles[table->columns] != NULL && table->columns < CLI_TABLE_COLUMNS) {
        const char *title = titles[table->columns];
        table->right[table->columns] = title[0] == '>';
        table->titles[table->columns++] = title + (title[0] == '>');
    }
}

void cli_table_row(struct cli_table *table, const char *const *cells)
{
    if (table->rows == table->capacity) {
        size_t capacity = table->capacity == 0 ? 16 : table->capacity * 2;
        char **grown = realloc(table->cells, capacity * table->columns * sizeof(*grown));
        if (grown == NULL) {
            table->failed = true;
            return;
        }
        table->cells = grown;
        const char **colors = realloc(table->colors, capacity * sizeof(*colors));
        if (colors == NULL) {
            table->failed = true;
            return;
        }
        table->colors = colors;
        table->capacity = capacity;
    }
    table->colors[table->rows] = NULL;
    for (size_t i = 0; i < table->columns; i++) {
        char *copy = strdup(cells[i] != NULL ? cells[i] : "");
        if (copy != NULL) {
            jb_sanitise(copy);
        }
        table->cells[table->rows * table->columns + i] = copy;
    }
    table->rows++;
}

void cli_table_color(struct cli_table *table, const char *color)
{
    if (table->rows > 0 && !table->failed) {
        table->colors[table->rows - 1] = color;
    }
}

static const char *cell_text(const struct cli_table *table, size_t row, size_t column)
{
    const char *text = table->cells[row * table->columns + column];
    return text != NULL ? text : "";
}

static void print_cell(FILE *out, const char *text, int width, bool right, bool last)
{
    int pad = width - cli_columns(text);

    if (right) {
        fprintf(out, "%*s%s%s", pad > 0 ? pad : 0, "", text, last ? "" : "  ");
    } else {
        fprintf(out, "%s%*s", text, last ? 0 : (pad > 0 ? pad : 0) + 2, "");
    }
}

static int column_width(const struct cli_table *table, size_t column)
{
    int width = cli_columns(table->titles[column]);

    for (size_t row = 0; row < table->rows; row++) {
        int columns = cli_columns(cell_text(table, row, column));
        width = columns > width ? columns : width;
    }
    return width;
}

int cli_table_width(const struct cli_table *table, size_t columns)
{
    int width = 0;

    for (size_t i = 0; i < columns && i < table->columns; i++) {
        width += column_width(table, i) + 2;
    }
    return width;
}

void cli_table_print(const struct cli_table *table, FILE *out, const char *indent, const char *dim, const char *off)
{
    int width[CLI_TABLE_COLUMNS] = {0};

    for (size_t i = 0; i < table->columns; i++) {
        width[i] = column_width(table, i);
    }
    fprintf(out, "%s%s", indent, dim);
    for (size_t i = 0; i < table->columns; i++) {
        print_cell(out, table->titles[i], width[i], table->right[i], i + 1 == table->columns);
    }
    fprintf(out, "%s\n", off);
    for (size_t row = 0; row < table->rows; row++) {
        fputs(indent, out);
        const char *color = table->colors[row];
        for (size_t i = 0; i < table->columns; i++) {
            bool last = i + 1 == table->columns;
            fputs(last && color != NULL ? color : "", out);
            print_cell(out, cell_text(table, row, i), width[i], table->right[i], last);
            fputs(last && color != NULL ? off : "", out);
        }
        fputc('\n', out);
    }
}

void cli_table_finish(struct cli_table *table)
{
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    free(table->colors);
    *table = (struct cli_table){0};
}

/* The byte at which character number `column` begins. */
static size_t byte_of(const char *text, int column)
{
    size_t at = 0;

    for (; text[at] != '\0' && column > 0; column--) {
        do {
            at++;
        } while (((unsigned char)text[at] & 0xc0) == 0x80);
    }
    return at;
}

char *cli_shorten(const char *text, int columns, const char *gap, char *buffer, size_t size)
{
    jb_copy(buffer, size, text);
    jb_sanitise(buffer);
    int there = cli_columns(buffer), left = columns - cli_columns(gap);

    if (there > columns && left >= 2) {
        int before = (left + 1) / 2;
        size_t from = byte_of(buffer, before), to = byte_of(buffer, there - (left - before));
        char end[CLI_SHORT_TEXT];
        jb_copy(end, sizeof(end), buffer + to);
        snprintf(buffer + from, size - from, "%s%s", gap, end);
    }
    return buffer;
}

void cli_wrap(FILE *out, const char *text, int indent, int columns)
{
    char word[320];
    int column = indent;

    while (text[0] != '\0') {
        size_t length = strcspn(text, " ");
        snprintf(word, sizeof(word), "%.*s", (int)length, text);
        jb_sanitise(word);
        int width = cli_columns(word);
        if (column > indent && column + 1 + width > columns) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fputs(word, out);
        column += width;
        text += length;
        text += strspn(text, " ");
    }
}
