/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of top_keys.c and top_rows.c: what keys do, and in which order rows stand. */
#include "../base/support.h"
#include "cli/top_state.h"

#include <math.h>

static struct top_view view;
static struct top_state state;
static struct top_rows rows;

static void add_run(const char *id, const char *name, const char *user, double power_w, double joules)
{
    struct top_run *run = &view.runs[view.run_count++];
    *run = (struct top_run){.power_w = power_w, .footprint_j = joules, .emissions_g = -joules, .elapsed_s = power_w};
    snprintf(run->id, sizeof(run->id), "%s", id);
    snprintf(run->name, sizeof(run->name), "%s", name);
    snprintf(run->user, sizeof(run->user), "%s", user);
}

static void add_channel(const char *id, const char *status, const char *fix, bool modelled, bool in_total,
                        double power_w)
{
    struct top_channel *channel = &view.channels[view.channel_count++];
    *channel = (struct top_channel){.modelled = modelled, .in_total = in_total, .power_w = power_w};
    snprintf(channel->id, sizeof(channel->id), "%s", id);
    snprintf(channel->source, sizeof(channel->source), "rapl");
    snprintf(channel->status, sizeof(channel->status), "%s", status);
    snprintf(channel->fix, sizeof(channel->fix), "%s", fix);
}

static void add_source(const char *name, const char *status)
{
    struct top_source_state *source = &view.sources[view.source_count++];
    snprintf(source->source, sizeof(source->source), "%s", name);
    snprintf(source->status, sizeof(source->status), "%s", status);
}

static int begin(void **unused)
{
    memset(&view, 0, sizeof(view));
    top_state_init(&state);
    add_run("A", "zebra", "kim", 10, 500);
    add_run("B", "apple", "lee", (double)NAN, 900);
    add_run("C", "mango", "ada", 30, (double)NAN);
    return 0;
}

static void key(int code)
{
    top_key(&state, &view, code);
}

static const char *order(void)
{
    static char text[64];
    size_t at = 0;
    top_rows_make(&view, &state, &rows);
    for (size_t i = 0; i < rows.run_count; i++) {
        text[at++] = view.runs[rows.runs[i]].id[0];
    }
    text[at] = '\0';
    return text;
}

static size_t selected(void)
{
    top_rows_make(&view, &state, &rows);
    return top_row_selected(&view, &rows, state.pane, &state);
}

static void runs_are_sorted_by_what_s_says(void **unused)
{
    assert_string_equal(order(), "CAB"); /* unknown last */
    key('s');
    assert_string_equal(order(), "BAC"); /* energy */
    key('s');
    assert_string_equal(order(), "ABC"); /* emissions */
    key('s');
    assert_string_equal(order(), "CAB"); /* time */
    key('s');
    assert_string_equal(order(), "BCA"); /* name */
    key('s');
    assert_string_equal(order(), "CAB"); /* user */
    key('s');
    assert_int_equal(state.sort, TOP_BY_POWER);
}

static void what_is_selected_stays_so_when_rows_move(void **unused)
{
    assert_int_equal(selected(), 0);
    key(TOP_KEY_DOWN);
    assert_int_equal(selected(), 1);
    assert_string_equal(state.lists[TOP_PANE_RUNS].selected, "run A");
    view.runs[0].power_w = 1000;
    assert_int_equal(selected(), 0);
    key('s');
    assert_int_equal(selected(), 1);
    key(TOP_KEY_END);
    assert_int_equal(selected(), 2);
    key(TOP_KEY_DOWN);
    assert_int_equal(selected(), 2);
    key(TOP_KEY_HOME);
    assert_int_equal(selected(), 0);
    key(TOP_KEY_UP);
    assert_int_equal(selected(), 0);
    state.lists[TOP_PANE_RUNS].page = 2;
    key(TOP_KEY_PAGE_DOWN);
    assert_int_equal(selected(), 2);
    key(TOP_KEY_PAGE_UP);
    assert_int_equal(selected(), 0);
    view.run_count = 0; /* all have ended */
    assert_int_equal(selected(), 0);
    key(TOP_KEY_DOWN);
    assert_int_equal(selected(), 0);
}

static void what_can_be_mended_stands_first(void **unused)
{
    add_channel("good", "ok", "", false, true, 5);
    add_channel("model", "ok", "", true, true, 50);
    add_channel("broken", "failed", "", false, false, (double)NAN);
    add_channel("closed", "denied", "sudo it", false, false, (double)NAN);
    add_channel("twin", "ok", "", false, false, 7);
    add_source("rapl", "denied"); /* its channels tell */
    add_source("nvml", "ok");
    add_source("ipmi", "absent");
    add_source("redfish", "hung");
    const unsigned short by_status[] = {3, 2, TOP_MAX_CHANNELS + 3, 0, 1, 4, TOP_MAX_CHANNELS + 2};
    top_rows_make(&view, &state, &rows);
    assert_int_equal(rows.sensor_count, 7);
    assert_memory_equal(rows.sensors, by_status, sizeof(by_status));
    key(TOP_KEY_TAB);
    key('s');
    assert_int_equal(state.sensor_sort, TOP_BY_WATTS);
    assert_int_equal(state.sort, TOP_BY_POWER);
    top_rows_make(&view, &state, &rows);
    assert_int_equal(rows.sensors[0], 1);
    assert_int_equal(rows.sensors[1], 4);
    assert_int_equal(rows.sensors[2], 0);
    key('s');
    key('s');
    assert_int_equal(state.sensor_sort, TOP_BY_STATUS);
    char name[96];
    top_rows_make(&view, &state, &rows);
    assert_string_equal(top_row_name(&view, &rows, TOP_PANE_SENSORS, 0, name, sizeof(name)), "rapl closed");
    assert_string_equal(top_row_name(&view, &rows, TOP_PANE_SENSORS, 2, name, sizeof(name)), "source redfish");
}

static void panes_windows_and_pause_change(void **unused)
{
    assert_int_equal(state.pane, TOP_PANE_RUNS);
    key(TOP_KEY_TAB);
    assert_int_equal(state.pane, TOP_PANE_SENSORS);
    key(TOP_KEY_TAB);
    assert_int_equal(state.pane, TOP_PANE_RUNS);
    assert_int_equal(top_windows_s[state.window], 300);
    for (int i = 0; i < 10; i++) {
        key('+');
    }
    assert_int_equal(top_windows_s[state.window], 3600);
    for (int i = 0; i < 10; i++) {
        key('-');
    }
    assert_int_equal(top_windows_s[state.window], 60);
    key(' ');
    assert_true(state.paused);
    key(' ');
    assert_false(state.paused);
}

static void overlays_open_scroll_and_close(void **unused)
{
    const int openers[] = {'h', '?', 'l', TOP_KEY_ENTER}, closers[] = {TOP_KEY_ESCAPE, 'q', TOP_KEY_ENTER};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            key(openers[i]);
            assert_int_not_equal(state.overlay, TOP_NOTHING);
            key(TOP_KEY_DOWN);
            assert_int_equal(state.overlay_first, 1);
            assert_int_equal(selected(), 0); /* below it nothing moves */
            key(TOP_KEY_HOME);
            assert_int_equal(state.overlay_first, 0);
            key(closers[j]);
            assert_int_equal(state.overlay, TOP_NOTHING);
            assert_false(state.quit);
        }
    }
    key('h');
    key('h');
    assert_int_equal(state.overlay, TOP_NOTHING);
    key('h');
    key('l');
    assert_int_equal(state.overlay, TOP_WARNING_LIST);
    key('q');
    key('q');
    assert_true(state.quit);
}

static void without_figures_keys_do_no_harm(void **unused)
{
    for (int code = 0; code <= 0x7f; code++) {
        top_key(&state, NULL, code);
    }
    for (int code = TOP_KEY_UP; code <= TOP_KEY_ESCAPE; code++) {
        top_key(&state, NULL, code);
    }
    top_state_init(&state);
    top_key(&state, NULL, TOP_KEY_ENTER);
    assert_int_equal(state.overlay, TOP_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(runs_are_sorted_by_what_s_says, begin),
        cmocka_unit_test_setup(what_is_selected_stays_so_when_rows_move, begin),
        cmocka_unit_test_setup(what_can_be_mended_stands_first, begin),
        cmocka_unit_test_setup(panes_windows_and_pause_change, begin),
        cmocka_unit_test_setup(overlays_open_scroll_and_close, begin),
        cmocka_unit_test_setup(without_figures_keys_do_no_harm, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
