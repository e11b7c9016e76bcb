/* SPDX-License-Identifier: Apache-2.0 */
/* top_print.c - documented in top_print.h. */
#include "cli/top_print.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define USUAL_COLS 80
#define MOST_COLS  400

static int columns(FILE *out)
{
    uint64_t told = 0;
    struct winsize size = {0};
    const char *variable = getenv("COLUMNS");

    if (variable == NULL || jb_parse_u64(variable, &told) < 0 || told == 0) {
        told = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : USUAL_COLS;
    }
    return told < TOP_MIN_COLS ? TOP_MIN_COLS : told > MOST_COLS ? MOST_COLS : (int)told;
}

/* Select Graphic Rendition of ECMA-48; what is filled has its colour behind it. */
static const char *code_of(const struct top_cell *cell)
{
    static const char *const codes[TOP_STYLES][2] = {
        [TOP_DIM] = {"2", "2"},           [TOP_BOLD] = {"1", "1"},        [TOP_BAR] = {"7", "7"},
        [TOP_SELECTED] = {"7", "7"},      [TOP_GOOD] = {"32", "42"},      [TOP_WARN] = {"33", "43"},
        [TOP_BAD] = {"31", "41"},         [TOP_CPU] = {"34", "30;44"},    [TOP_RAM] = {"31", "30;41"},
        [TOP_GPU] = {"32", "30;42"},      [TOP_BOARD] = {"35", "30;45"},  [TOP_RUNS] = {"36", "30;46"},
        [TOP_IDLE] = {"37", "30;47"},     [TOP_OTHERS] = {"33", "30;43"}, [TOP_NOBODY] = {"2", "7"},
        [TOP_OVERHEAD] = {"33", "30;43"},
    };
    return codes[cell->style][cell->filled];
}

static void colored_row(const struct top_canvas *canvas, int row, struct jb_buf *line)
{
    const char *now = NULL;
    char one[5];

    for (int col = 0; col < canvas->cols; col++) {
        const struct top_cell *cell = &canvas->cells[row * canvas->cols + col];
        const char *code = code_of(cell);
        if (cell->rune == 0) {
            continue;
        }
        if (code != now) {
            jb_buf_puts(line, now != NULL ? "\033[0m" : "");
            if (code != NULL) {
                jb_buf_printf(line, "\033[%sm", code);
            }
            now = code;
        }
        jb_buf_add(line, one, (size_t)top_encode(cell->rune, one));
    }
    jb_buf_puts(line, now != NULL ? "\033[0m" : "");
}

int top_print(const struct top_scene *scene, bool utf8, bool colors, FILE *out)
{
    JB_CLEANUP(top_canvas_finish) struct top_canvas canvas = {0};
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    int cols = columns(out), last = 0;

    if (top_canvas_init(&canvas, top_once_rows(scene), cols, utf8) < 0) {
        return -ENOMEM;
    }
    top_draw(&canvas, scene);
    for (int row = 0; row < canvas.rows; row++) { /* blank lines at the end are left out */
        size_t before = text.length;
        top_canvas_row(&canvas, row, &text);
        last = text.length > before ? row + 1 : last;
    }
    jb_buf_clear(&text);
    for (int row = 0; row < last; row++) {
        if (colors) {
            colored_row(&canvas, row, &text);
        } else {
            top_canvas_row(&canvas, row, &text);
        }
        jb_buf_puts(&text, "\n");
    }
    if (text.failed) {
        return -ENOMEM;
    }
    fputs(text.data != NULL ? text.data : "", out);
    return 0;
}
