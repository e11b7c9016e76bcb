/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_top.c - any bytes as the live document, drawn: the first two bytes say how large, the third what lies over it.
 *
 * Nothing is drawn outside of the canvas, which a sanitizer sees, and nothing that a terminal would obey.
 */
#include "cli/top_draw.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct top_view view;
static struct top_history history;

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void draw(int rows, int cols, unsigned flags)
{
    struct top_state state;
    struct top_canvas canvas;
    struct jb_diag why = {0};
    struct top_scene scene = {
        .view = &view, .history = &history, .state = &state, .why = &why, .once = (flags & 8) != 0};

    if (top_canvas_init(&canvas, rows, cols, (flags & 4) != 0) < 0) {
        return;
    }
    top_state_init(&state);
    scene.link = (enum top_link)(flags >> 4 & 3);
    state.pane = (enum top_pane)(flags >> 6 & 1);
    top_key(&state, &view, TOP_KEY_END);
    state.overlay = (enum top_overlay)(flags & 3);
    top_draw(&canvas, &scene);
    for (int i = 0; i < rows * cols; i++) {
        uint32_t rune = canvas.cells[i].rune;
        check(rune == 0 || (rune >= ' ' && rune < 0x7f) || (rune >= 0xa0 && rune < 0x110000));
        check(rune < 0x202a || rune > 0x202e);
        check(canvas.cells[i].style < TOP_STYLES);
        check(rune != 0 || (i % cols > 0 && canvas.cells[i - 1].rune >= 0x1100));
    }
    top_canvas_finish(&canvas);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        return 0;
    }
    int error = top_view_parse((const char *)data + 3, size - 3, &view, NULL);
    check(error == 0 || error == -EBADMSG);
    if (error == 0) {
        check(view.run_count <= TOP_MAX_RUNS && view.channel_count <= TOP_MAX_CHANNELS);
        top_history_add(&history, view.t_ms, view.power_w);
        draw(1 + data[0] % 60, 1 + data[1] % 200, data[2]);
    }
    return 0;
}
