/* SPDX-License-Identifier: Apache-2.0 */
/* top_canvas.c - cells, and text into them. Documented in top_canvas.h. */
#include "cli/top_canvas.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

int top_canvas_init(struct top_canvas *canvas, int rows, int cols, bool utf8)
{
    rows = rows < 1 ? 1 : rows;
    cols = cols < 1 ? 1 : cols;
    struct top_cell *cells = calloc((size_t)rows * (size_t)cols, sizeof(*cells));
    if (cells == NULL) {
        return -ENOMEM;
    }
    *canvas = (struct top_canvas){.rows = rows, .cols = cols, .utf8 = utf8, .cells = cells};
    top_canvas_clear(canvas);
    return 0;
}

void top_canvas_finish(struct top_canvas *canvas)
{
    free(canvas->cells);
    *canvas = (struct top_canvas){0};
}

void top_canvas_clear(struct top_canvas *canvas)
{
    for (int i = 0; i < canvas->rows * canvas->cols; i++) {
        canvas->cells[i] = (struct top_cell){.rune = ' '};
    }
}

static struct top_cell *cell_at(struct top_canvas *canvas, int row, int col)
{
    bool inside = row >= 0 && row < canvas->rows && col >= 0 && col < canvas->cols;
    return inside ? &canvas->cells[row * canvas->cols + col] : NULL;
}

/* A half of a wide character whose other half is written over would be drawn beside its place. */
static void part_wide(struct top_canvas *canvas, int row, int col)
{
    struct top_cell *here = cell_at(canvas, row, col), *left = cell_at(canvas, row, col - 1),
                    *right = cell_at(canvas, row, col + 1);
    if (here != NULL && here->rune == 0 && left != NULL) {
        left->rune = ' ';
    }
    if (right != NULL && right->rune == 0) {
        right->rune = ' ';
    }
}

void top_rune(struct top_canvas *canvas, int row, int col, enum top_style style, bool filled, uint32_t rune)
{
    struct top_cell *cell = cell_at(canvas, row, col);
    if (cell != NULL) {
        part_wide(canvas, row, col);
        *cell = (struct top_cell){.rune = rune, .style = (uint8_t)style, .filled = filled};
    }
}

void top_fill(struct top_canvas *canvas, int row, int col, int width, enum top_style style, bool filled, uint32_t rune)
{
    for (int i = 0; i < width && col + i < canvas->cols; i++) {
        top_rune(canvas, row, col + i, style, filled, rune);
    }
}

void top_restyle(struct top_canvas *canvas, int row, int col, int width, enum top_style style)
{
    for (int i = 0; i < width; i++) {
        struct top_cell *cell = cell_at(canvas, row, col + i);
        if (cell != NULL) {
            cell->style = (uint8_t)style;
            cell->filled = false;
        }
    }
}

/* The character at `text`, made harmless, and how many bytes and columns it has. Never reads beyond the NUL. */
static uint32_t take(const struct top_canvas *canvas, const char *text, int *ret_bytes, int *ret_columns)
{
    const unsigned char *s = (const unsigned char *)text;
    char one[5] = "";
    int length = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : 4;

    *ret_bytes = *ret_columns = 1;
    for (int i = 0; i < length && s[i] != '\0'; i++) {
        one[i] = (char)s[i];
    }
    bool whole = (int)strlen(one) == length;
    jb_sanitise(one);
    bool good = whole && memcmp(one, text, (size_t)length) == 0;
    if (!good || (length > 1 && !canvas->utf8)) {
        /* A whole character that is harmful has become one '?'; of a broken one only the first byte is taken. */
        *ret_bytes = whole && (good || one[1] == '\0') ? length : 1;
        return '?';
    }
    if (length == 1) {
        return (unsigned char)one[0];
    }
    uint32_t rune = length == 2 ? s[0] & 0x1fu : length == 3 ? s[0] & 0x0fu : s[0] & 0x07u;
    for (int i = 1; i < length; i++) {
        rune = rune << 6 | (s[i] & 0x3fu);
    }
    int columns = wcwidth((wchar_t)rune);
    *ret_bytes = length;
    *ret_columns = columns < 0 ? 1 : columns;
    return columns < 0 ? '?' : rune;
}

int top_width(const struct top_canvas *canvas, const char *text)
{
    int width = 0;
    for (int bytes, columns; *text != '\0'; text += bytes) {
        take(canvas, text, &bytes, &columns);
        width += columns;
    }
    return width;
}

int top_put(struct top_canvas *canvas, int row, int col, int width, enum top_style style, const char *text)
{
    int used = 0;

    width = width < canvas->cols - col ? width : canvas->cols - col;
    if (width <= 0 || row < 0 || row >= canvas->rows) {
        return 0;
    }
    bool cut = top_width(canvas, text) > width;
    int room = cut ? width - 1 : width;
    for (int bytes, columns; *text != '\0'; text += bytes) {
        uint32_t rune = take(canvas, text, &bytes, &columns);
        if (used + columns > room) {
            break;
        }
        if (columns > 0) {
            top_rune(canvas, row, col + used, style, false, rune);
        }
        if (columns == 2) {
            top_rune(canvas, row, col + used + 1, style, false, ' ');
            struct top_cell *right = cell_at(canvas, row, col + used + 1);
            struct top_cell *left = cell_at(canvas, row, col + used);
            if (left != NULL && right != NULL) {
                left->rune = rune;
                right->rune = 0;
            }
        }
        used += columns;
    }
    if (cut) {
        top_rune(canvas, row, col + used, style, false, canvas->utf8 ? 0x2026 : '>'); /* … */
        used++;
    }
    return used;
}

int top_put_right(struct top_canvas *canvas, int row, int col, int width, enum top_style style, const char *text)
{
    int needed = top_width(canvas, text);
    int indent = needed < width ? width - needed : 0;
    return indent + top_put(canvas, row, col + indent, width - indent, style, text);
}

int top_printf(struct top_canvas *canvas, int row, int col, int width, enum top_style style, const char *format, ...)
{
    char text[1600];
    va_list args;

    va_start(args, format);
    jb_vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return top_put(canvas, row, col, width, style, text);
}

int top_break(const struct top_canvas *canvas, const char *text, int width, const char **ret_next)
{
    const char *blank = NULL, *at = text;
    int used = 0;

    for (int bytes, columns; *at != '\0' && *at != '\n'; at += bytes) {
        take(canvas, at, &bytes, &columns);
        if (used + columns > width && at > text) {
            const char *end = blank != NULL ? blank : at;
            *ret_next = blank != NULL ? blank + 1 : at;
            return (int)(end - text);
        }
        blank = *at == ' ' && at > text ? at : blank;
        used += columns;
    }
    *ret_next = *at == '\n' ? at + 1 : NULL;
    return (int)(at - text);
}

int top_encode(uint32_t rune, char ret[5])
{
    int length = rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    ret[length] = '\0';
    for (int i = length - 1; i > 0; i--, rune >>= 6) {
        ret[i] = (char)(0x80 | (rune & 0x3f));
    }
    ret[0] = (char)(lead[length] | rune);
    return length;
}

void top_canvas_row(const struct top_canvas *canvas, int row, struct jb_buf *out)
{
    const struct top_cell *cells = &canvas->cells[row * canvas->cols];
    int last = canvas->cols;
    char one[5];

    while (last > 0 && cells[last - 1].rune == ' ') {
        last--;
    }
    for (int col = 0; col < last; col++) {
        if (cells[col].rune != 0) {
            jb_buf_add(out, one, (size_t)top_encode(cells[col].rune, one));
        }
    }
}
