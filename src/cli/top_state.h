/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_state.h - what the user of top has asked to see, and the keys that change it.
 *
 * Keys are those of htop and nvtop. Pure: a terminal's own codes are translated by top_screen.c.
 */
#ifndef JB_CLI_TOP_STATE_H
#define JB_CLI_TOP_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/top_view.h"

/* Beside characters, which are themselves. */
enum top_key {
    TOP_KEY_UP = 0x110000,
    TOP_KEY_DOWN,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_TAB,
    TOP_KEY_ENTER,
    TOP_KEY_ESCAPE,
};

enum top_pane { TOP_PANE_RUNS, TOP_PANE_SENSORS, TOP_PANES };
enum top_overlay { TOP_NOTHING, TOP_HELP, TOP_DETAILS, TOP_WARNING_LIST };
enum top_sort { TOP_BY_POWER, TOP_BY_ENERGY, TOP_BY_EMISSIONS, TOP_BY_TIME, TOP_BY_NAME, TOP_BY_USER, TOP_SORTS };
enum top_sensor_sort { TOP_BY_STATUS, TOP_BY_WATTS, TOP_BY_DEVICE, TOP_SENSOR_SORTS };

/* A row of a table is known by this, so that it stays selected when others come, go and change places. */
struct top_list {
    char selected[96]; /* empty: the first */
    int first;         /* line shown at the top */
    int page;          /* rows in a page when it was drawn last */
};

struct top_state {
    enum top_pane pane;
    enum top_overlay overlay;
    enum top_sort sort;
    enum top_sensor_sort sensor_sort;
    unsigned window; /* index in top_windows_s */
    bool paused, quit;
    struct top_list lists[TOP_PANES];
    int overlay_first, overlay_page;
};

extern const int top_windows_s[];
#define TOP_WINDOWS 6
extern const char *const top_sort_names[TOP_SORTS];
extern const char *const top_sensor_sort_names[TOP_SENSOR_SORTS];

void top_state_init(struct top_state *state);

/* What is in the panes, in the order shown. */
struct top_rows {
    size_t run_count, sensor_count;
    unsigned short runs[TOP_MAX_RUNS]; /* indices of view->runs */
    unsigned short
        sensors[TOP_MAX_CHANNELS + TOP_MAX_SOURCES]; /* of view->channels, from TOP_MAX_CHANNELS on of view->sources */
};
void top_rows_make(const struct top_view *view, const struct top_state *state, struct top_rows *ret);
/* The name of a row, for top_list.selected; its index, 0 when there is none of that name. */
const char *top_row_name(const struct top_view *view, const struct top_rows *rows, enum top_pane pane, size_t index,
                         char *buffer, size_t size);
size_t top_row_selected(const struct top_view *view, const struct top_rows *rows, enum top_pane pane,
                        const struct top_state *state);

/* view may be NULL. */
void top_key(struct top_state *state, const struct top_view *view, int key);

/* How a sensor stands: what is to be mended first. */
enum top_standing { TOP_MENDABLE, TOP_FAILED, TOP_MEASURED, TOP_MODELLED, TOP_IDLE_SENSOR, TOP_ABSENT };
enum top_standing top_channel_standing(const struct top_channel *channel);
enum top_standing top_source_standing(const struct top_source_state *source);

#endif
