/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_canvas.h - a grid of cells to draw a page on, of which a terminal or a text is made.
 *
 * Whatever text is put on it, however hostile, changes only the cells that it was given: control and direction
 * characters and what is no UTF-8 become '?', what has no width is left out, a wide character that does not fit in
 * whole is left out. Coordinates outside of the grid are cut away. Without UTF-8 all that is not ASCII becomes '?'.
 * How wide a character is says the locale (LC_CTYPE).
 */
#ifndef JB_CLI_TOP_CANVAS_H
#define JB_CLI_TOP_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

struct jb_buf;

enum top_style {
    TOP_PLAIN,
    TOP_DIM,
    TOP_BOLD,
    TOP_BAR, /* title and foot */
    TOP_SELECTED,
    TOP_GOOD,
    TOP_WARN,
    TOP_BAD,
    /* Areas of bars and graphs; each has a letter beside its colour. */
    TOP_CPU,
    TOP_RAM,
    TOP_GPU,
    TOP_BOARD,
    TOP_RUNS,
    TOP_IDLE,
    TOP_OTHERS,
    TOP_NOBODY,
    TOP_OVERHEAD,
    TOP_STYLES,
};

struct top_cell {
    uint32_t rune; /* 0: the right half of the wide one beside it */
    uint8_t style;
    bool filled; /* the colour of the style is behind the character */
};

struct top_canvas {
    int rows, cols;
    bool utf8;
    struct top_cell *cells;
};

int top_canvas_init(struct top_canvas *canvas, int rows, int cols, bool utf8); /* blank; -ENOMEM */
void top_canvas_finish(struct top_canvas *canvas);
void top_canvas_clear(struct top_canvas *canvas);

/* Text at (row, col) in at most `width` columns; of what is longer the end is left out, which is marked. Returns the
 * columns that it took. top_put_right() ends it at col + width. */
int top_put(struct top_canvas *canvas, int row, int col, int width, enum top_style style, const char *text);
int top_put_right(struct top_canvas *canvas, int row, int col, int width, enum top_style style, const char *text);
int top_printf(struct top_canvas *canvas, int row, int col, int width, enum top_style style, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

void top_rune(struct top_canvas *canvas, int row, int col, enum top_style style, bool filled, uint32_t rune);
void top_fill(struct top_canvas *canvas, int row, int col, int width, enum top_style style, bool filled, uint32_t rune);
/* Change the style of what is there. */
void top_restyle(struct top_canvas *canvas, int row, int col, int width, enum top_style style);

int top_width(const struct top_canvas *canvas, const char *text); /* columns */
/* Where the line that begins at `text` is to be broken so that it has at most `width` columns: between words where
 * words allow, at a newline at the latest. *ret_next: where the next line begins; NULL: there is none. Returns its
 * bytes. */
int top_break(const struct top_canvas *canvas, const char *text, int width, const char **ret_next);

int top_encode(uint32_t rune, char ret[5]); /* UTF-8, terminated; its bytes */
void top_canvas_row(const struct top_canvas *canvas, int row,
                    struct jb_buf *out); /* its text without blanks at the end */

#endif
