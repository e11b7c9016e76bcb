/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_screen.h - a canvas on the terminal, and keys from it. The only user of ncurses.
 *
 * The terminal is as it was before after close, which every way out of top passes. Signals are the caller's, but for
 * the one of ^Z, after which the screen is drawn anew.
 */
#ifndef JB_CLI_TOP_SCREEN_H
#define JB_CLI_TOP_SCREEN_H

#include <stdbool.h>

#include "base/diag.h"
#include "cli/top_canvas.h"

struct top_screen;

/* stdin and stdout. -ENOTTY: that is no terminal we can draw on. */
int top_screen_open(bool colors, struct top_screen **ret, struct jb_diag *diag);
void top_screen_close(struct top_screen *screen); /* NULL-safe */

void top_screen_size(const struct top_screen *screen, int *ret_rows, int *ret_cols);
void top_screen_resized(struct top_screen *screen); /* after SIGWINCH */
void top_screen_show(struct top_screen *screen, const struct top_canvas *canvas);

/* A character or an enum top_key; 0: none is waiting. */
int top_screen_key(struct top_screen *screen);

#endif
