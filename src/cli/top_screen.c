/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_screen.c - ncurses. See ncurses(3), newterm(3), resizeterm(3).
 *
 * newterm() and not initscr(), which ends the program when it does not know the terminal.
 */
#define NCURSES_WIDECHAR 1
#include "cli/top_screen.h"

#include "cli/top_state.h"

#include <errno.h>
#include <ncurses.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct top_screen {
    SCREEN *terminal;
    bool colors;
};

/* Okabe and Ito's, as the report of a run has them, where there are 256; else what comes nearest. */
static const struct {
    short fine, plain;
} colors_of[TOP_STYLES] = {
    [TOP_GOOD] = {36, COLOR_GREEN},     [TOP_WARN] = {214, COLOR_YELLOW},  [TOP_BAD] = {203, COLOR_RED},
    [TOP_CPU] = {32, COLOR_BLUE},       [TOP_RAM] = {166, COLOR_RED},      [TOP_GPU] = {36, COLOR_GREEN},
    [TOP_BOARD] = {175, COLOR_MAGENTA}, [TOP_RUNS] = {74, COLOR_CYAN},     [TOP_IDLE] = {248, COLOR_WHITE},
    [TOP_OTHERS] = {214, COLOR_YELLOW}, [TOP_NOBODY] = {240, COLOR_BLACK}, [TOP_OVERHEAD] = {227, COLOR_YELLOW},
};

static void make_colors(void)
{
    use_default_colors();
    for (int style = TOP_GOOD; style < TOP_STYLES; style++) {
        short color = COLORS >= 256 ? colors_of[style].fine : colors_of[style].plain;
        short ink = COLORS >= 256 ? (short)(style == TOP_NOBODY ? 255 : 16)
                                  : (short)(style == TOP_NOBODY ? COLOR_WHITE : COLOR_BLACK);
        init_pair((short)style, color, -1);
        init_pair((short)(style + TOP_STYLES), ink, color);
    }
}

int top_screen_open(bool colors, struct top_screen **ret, struct jb_diag *diag)
{
    struct top_screen *screen = calloc(1, sizeof(*screen));

    if (screen == NULL) {
        return -ENOMEM;
    }
    screen->terminal = newterm(NULL, stdout, stdin);
    if (screen->terminal == NULL) {
        free(screen);
        const char *name = getenv("TERM");
        return jb_fail(diag, -ENOTTY, "cannot draw on this terminal (TERM=%s)", name != NULL ? name : "");
    }
    set_term(screen->terminal);
    set_escdelay(25);
    cbreak();
    noecho();
    nonl();
    curs_set(0);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    if (colors && has_colors() && start_color() == OK) {
        make_colors();
        screen->colors = true;
    }
    *ret = screen;
    return 0;
}

void top_screen_close(struct top_screen *screen)
{
    if (screen != NULL) {
        endwin();
        delscreen(screen->terminal);
        free(screen);
    }
}

void top_screen_size(const struct top_screen *screen, int *ret_rows, int *ret_cols)
{
    getmaxyx(stdscr, *ret_rows, *ret_cols);
}

void top_screen_resized(struct top_screen *screen)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        resizeterm(size.ws_row, size.ws_col);
        clearok(curscr, TRUE);
    }
}

static attr_t attributes_of(const struct top_screen *screen, const struct top_cell *cell, short *ret_pair)
{
    static const attr_t plain[TOP_STYLES] = {
        [TOP_DIM] = A_DIM,          [TOP_BOLD] = A_BOLD, [TOP_BAR] = A_REVERSE,
        [TOP_SELECTED] = A_REVERSE, [TOP_WARN] = A_BOLD, [TOP_BAD] = A_BOLD,
    };
    *ret_pair = 0;
    if (screen->colors && cell->style >= TOP_GOOD) {
        *ret_pair = (short)(cell->style + (cell->filled ? TOP_STYLES : 0));
    }
    return plain[cell->style];
}

void top_screen_show(struct top_screen *screen, const struct top_canvas *canvas)
{
    for (int row = 0; row < canvas->rows; row++) {
        for (int col = 0; col < canvas->cols; col++) {
            const struct top_cell *cell = &canvas->cells[row * canvas->cols + col];
            wchar_t text[2] = {(wchar_t)cell->rune, L'\0'};
            cchar_t character;
            short pair;
            attr_t attributes = attributes_of(screen, cell, &pair);
            if (cell->rune != 0 && setcchar(&character, text, attributes, pair, NULL) == OK) {
                mvadd_wch(row, col, &character);
            }
        }
    }
    refresh();
}

static int translate(int code)
{
    switch (code) {
    case KEY_UP:
        return TOP_KEY_UP;
    case KEY_DOWN:
        return TOP_KEY_DOWN;
    case KEY_PPAGE:
        return TOP_KEY_PAGE_UP;
    case KEY_NPAGE:
        return TOP_KEY_PAGE_DOWN;
    case KEY_HOME:
        return TOP_KEY_HOME;
    case KEY_END:
        return TOP_KEY_END;
    case KEY_BTAB:
        return TOP_KEY_TAB;
    case KEY_ENTER:
        return TOP_KEY_ENTER;
    case KEY_F(1):
        return 'h';
    case KEY_F(6):
        return 's';
    case KEY_F(10):
        return 'q';
    default:
        return 0x7f; /* a key of no meaning; others may wait behind it */
    }
}

int top_screen_key(struct top_screen *screen)
{
    wint_t key = 0;
    int kind = get_wch(&key);

    if (kind == KEY_CODE_YES) {
        return translate((int)key);
    }
    if (kind != OK) {
        return 0;
    }
    switch (key) {
    case L'\t':
        return TOP_KEY_TAB;
    case L'\r':
    case L'\n':
        return TOP_KEY_ENTER;
    case 27:
        return TOP_KEY_ESCAPE;
    case 0:
        return 0x7f;
    default:
        return (int)key;
    }
}
