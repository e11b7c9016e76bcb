/* SPDX-License-Identifier: Apache-2.0 */
/* top_keys.c - what a key does. Documented in top_state.h. */
#include "cli/top_state.h"

#include "base/text.h"

#include <stdlib.h>

const int top_windows_s[TOP_WINDOWS] = {60, 120, 300, 600, 1800, 3600};
const char *const top_sort_names[TOP_SORTS] = {"power", "energy", "emissions", "time", "name", "user"};
const char *const top_sensor_sort_names[TOP_SENSOR_SORTS] = {"status", "power", "device"};

void top_state_init(struct top_state *state)
{
    *state = (struct top_state){.window = 2};
}

static void select_row(struct top_state *state, const struct top_view *view, const struct top_rows *rows, long index)
{
    struct top_list *list = &state->lists[state->pane];
    long count = (long)(state->pane == TOP_PANE_RUNS ? rows->run_count : rows->sensor_count);

    index = index >= count ? count - 1 : index;
    index = index < 0 ? 0 : index;
    top_row_name(view, rows, state->pane, (size_t)index, list->selected, sizeof(list->selected));
}

/* By how much; `page` lines are a page. False: the key does not move. */
static bool movement(int key, int page, long *ret)
{
    switch (key) {
    case TOP_KEY_UP:
    case 'k':
        *ret = -1;
        return true;
    case TOP_KEY_DOWN:
    case 'j':
        *ret = 1;
        return true;
    case TOP_KEY_PAGE_UP:
        *ret = -(page > 1 ? page : 1);
        return true;
    case TOP_KEY_PAGE_DOWN:
        *ret = page > 1 ? page : 1;
        return true;
    case TOP_KEY_HOME:
    case 'g':
        *ret = -100000;
        return true;
    case TOP_KEY_END:
    case 'G':
        *ret = 100000;
        return true;
    default:
        return false;
    }
}

static void move(struct top_state *state, const struct top_view *view, int key)
{
    struct top_rows *rows = malloc(sizeof(*rows));
    long by = 0;

    if (rows != NULL && view != NULL && movement(key, state->lists[state->pane].page, &by)) {
        top_rows_make(view, state, rows);
        select_row(state, view, rows, (long)top_row_selected(view, rows, state->pane, state) + by);
    }
    free(rows);
}

static void open_overlay(struct top_state *state, enum top_overlay overlay)
{
    state->overlay = state->overlay == overlay ? TOP_NOTHING : overlay;
    state->overlay_first = 0;
}

/* True: the key was for the page that lies over the others. */
static bool overlay_key(struct top_state *state, int key)
{
    long by = 0;

    if (key == TOP_KEY_ESCAPE || key == TOP_KEY_ENTER || key == 'q') {
        state->overlay = TOP_NOTHING;
        return true;
    }
    if (movement(key, state->overlay_page, &by)) {
        long first = state->overlay_first + by; /* drawing knows where it ends */
        state->overlay_first = (int)(first < 0 ? 0 : first);
        return true;
    }
    return key == TOP_KEY_TAB;
}

static void sort(struct top_state *state)
{
    if (state->pane == TOP_PANE_RUNS) {
        state->sort = (state->sort + 1) % TOP_SORTS;
    } else {
        state->sensor_sort = (state->sensor_sort + 1) % TOP_SENSOR_SORTS;
    }
}

void top_key(struct top_state *state, const struct top_view *view, int key)
{
    if (state->overlay != TOP_NOTHING && overlay_key(state, key)) {
        return;
    }
    switch (key) {
    case 'q':
        state->quit = true;
        break;
    case 'h':
    case '?':
        open_overlay(state, TOP_HELP);
        break;
    case 'l':
        open_overlay(state, TOP_WARNING_LIST);
        break;
    case TOP_KEY_ENTER:
        if (view != NULL) {
            open_overlay(state, TOP_DETAILS);
        }
        break;
    case TOP_KEY_TAB:
        state->pane = (state->pane + 1) % TOP_PANES;
        break;
    case 's':
        sort(state);
        break;
    case ' ':
        state->paused = !state->paused;
        break;
    case '+':
    case '=':
        state->window += state->window + 1 < TOP_WINDOWS;
        break;
    case '-':
        state->window -= state->window > 0;
        break;
    default:
        move(state, view, key);
    }
}
