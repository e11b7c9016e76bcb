/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of top_draw*.c: what a page says at which size, looked at as text. */
#include "cli/top_draw.h"
#include "../base/support.h"
#include "base/text.h"

#include <math.h>

static struct top_view view;
static struct top_history history;
static struct top_state state;
static struct jb_diag why;
static struct top_scene scene;
static char page[200000];

#define SET(array, text) snprintf(array, sizeof(array), "%s", text)

static struct top_channel *add_channel(enum top_device device, const char *name, double power_w)
{
    struct top_channel *channel = &view.channels[view.channel_count++];
    *channel =
        (struct top_channel){.device = device, .in_total = true, .power_w = power_w, .rel_error = 0.02, .unit = 0};
    channel->limit_w = channel->energy_j = channel->update_period_s = channel->covered_s = channel->gap_s = (double)NAN;
    SET(channel->name, name);
    snprintf(channel->id, sizeof(channel->id), "%s/%zu", name, view.channel_count);
    SET(channel->source, "rapl-perf");
    SET(channel->status, "ok");
    return channel;
}

static struct top_run *add_run(const char *name, double power_w)
{
    struct top_run *run = &view.runs[view.run_count++];
    *run = (struct top_run){.mine = true, .pid = 1, .epoch = 3, .step = 1200, .power_w = power_w, .footprint_j = 80010};
    run->emissions_g = 9.2;
    run->epochs_planned = run->epoch_nth = -1;
    run->projected_j = run->projected_sigma_j = run->projected_s = run->projected_g = NAN;
    snprintf(run->id, sizeof(run->id), "01KTEST%019zu", view.run_count);
    SET(run->name, name);
    SET(run->user, "kim");
    SET(run->phase, "backward");
    SET(run->basis, "footprint");
    return run;
}

static int begin(void **unused)
{
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    memset(&view, 0, sizeof(view));
    memset(&history, 0, sizeof(history));
    memset(&why, 0, sizeof(why));
    top_state_init(&state);
    view.t_ms = INT64_C(1795316400000);
    SET(view.host, "gpu1");
    SET(view.version, "0.6.0");
    view.elapsed_s = 7200;
    view.power_w = 412.3;
    view.energy_j = 2968560;
    view.uncertainty_j = 59371;
    view.runs_j = 50;
    view.idle_j = 30;
    view.others_j = 15;
    view.unattributed_j = 5;
    view.measured_j = 95;
    view.modelled_j = 5;
    view.emissions_g = 346.2;
    view.pue = 1;
    SET(view.grid.zone, "KR");
    SET(view.grid.source, "electricitymaps");
    SET(view.grid.kind, "live");
    view.grid.g_per_kwh = 415.5;
    view.grid.rel_error = 0.1;
    view.grid.age_s = 320;
    add_channel(TOP_DEVICE_CPU, "AMD EPYC 9965", 212.1);
    add_channel(TOP_DEVICE_GPU, "NVIDIA H100", 181.2)->limit_w = 700;
    add_channel(TOP_DEVICE_RAM, "DDR5 by table", 19)->modelled = true;
    struct top_channel *closed = add_channel(TOP_DEVICE_CPU, "cores", (double)NAN);
    closed->in_total = false;
    SET(closed->status, "denied");
    SET(closed->reason, "/dev/cpu/0/msr: Permission denied");
    SET(closed->fix, "sudo joulebook doctor --fix");
    add_run("resnet", 250.2);
    add_run("bert", 101);
    for (int i = 0; i < 60; i++) {
        top_history_add(&history, view.t_ms - 60000 + i * 1000 + 1000, 400 + i);
    }
    scene = (struct top_scene){.view = &view, .history = &history, .state = &state, .link = TOP_LIVE, .why = &why};
    return 0;
}

/* The page as lines of text. */
static const char *drawn_on(int rows, int cols, bool utf8)
{
    struct top_canvas canvas;
    struct jb_buf text = {0};
    assert_int_equal(top_canvas_init(&canvas, rows, cols, utf8), 0);
    top_draw(&canvas, &scene);
    for (int row = 0; row < rows; row++) {
        top_canvas_row(&canvas, row, &text);
        jb_buf_puts(&text, "\n");
    }
    assert_true(text.length < sizeof(page));
    memcpy(page, text.data, text.length + 1);
    jb_buf_finish(&text);
    top_canvas_finish(&canvas);
    return page;
}

static void assert_shows(const char *text)
{
    if (!strstr(page, text)) {
        fail_msg("\"%s\" is not on the page:\n%s", text, page);
    }
}

static void assert_hides(const char *text)
{
    if (strstr(page, text)) {
        fail_msg("\"%s\" is on the page:\n%s", text, page);
    }
}

static size_t count_of(const char *text)
{
    size_t count = 0;
    for (const char *at = page; (at = strstr(at, text)) != NULL; at += strlen(text)) {
        count++;
    }
    return count;
}

static void the_first_screen_answers_without_a_key(void **unused)
{
    drawn_on(24, 80, true);
    const char *const answers[] = {
        "~412 W",
        "2.97 MJ ±2.0 %",
        "346 g CO2e",
        "±10 %",
        "416 g/kWh KR",
        "live 5m electricitymaps",
        "2 h 00 m",
        "~5 % est.",
        "C CPU 212 W 51 %",
        "G GPU 181 W 44 %",
        "M RAM ~19.0 W 5 %",
        "R runs 50 %",
        "I idle 30 %",
        "O others 15 %",
        "U unattributed 5 %",
        "Runs: 2",
        "resnet",
        "kim",
        "250 W",
        "80.0 kJ",
        "9.20 g",
        "backward 3/1200",
        "✓ cpu",
        "denied: /dev/cpu/0/msr",
        "mend: sudo joulebook doctor --fix",
        "~ ram",
        "est. ±2.0 %",
        "181 W of 700 W",
        "q quit",
        "highest ~459 W",
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        assert_shows(answers[i]);
    }
}

static void each_size_has_what_matters(void **unused)
{
    const int sizes[][2] = {{10, 40},  {12, 44},  {13, 60},  {20, 40}, {24, 80},
                            {24, 132}, {40, 120}, {60, 240}, {100, 50}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        drawn_on(sizes[i][0], sizes[i][1], true);
        assert_shows("~412 W");
        assert_shows("2.97 MJ ±2.0 %");
        assert_shows("346 g CO2e");
        assert_shows("g/kWh KR");
        assert_shows("electricitymaps");
        assert_shows("resnet");
        if (sizes[i][0] >= 20) {
            assert_shows("U "); /* that nobody's part is told at any width */
        }
    }
}

static void both_tables_can_be_reached_where_there_is_room_for_one(void **unused)
{
    drawn_on(12, 44, true);
    assert_shows("Runs: 2");
    assert_hides("Sensors:");
    top_key(&state, &view, TOP_KEY_TAB);
    drawn_on(12, 44, true);
    assert_shows("Sensors:");
    assert_shows("mend: sudo joulebook doctor --fix");
    assert_hides("Runs: 2");
}

static void below_the_least_size_it_says_so(void **unused)
{
    drawn_on(9, 80, true);
    assert_shows("too small: 80x9");
    drawn_on(24, 39, true);
    assert_shows("too small: 39x24");
    assert_shows("40x10 is needed");
    drawn_on(1, 1, true);
    drawn_on(2, 3, true);
}

static void bars_are_as_long_as_their_place(void **unused)
{
    for (int cols = 40; cols < 200; cols += 7) {
        drawn_on(24, cols, false);
        const char *bar = strstr(page, "For whom");
        assert_non_null(bar);
        bar += 11;
        size_t r = strspn(bar, "R"), i = strspn(bar + r, "I"), o = strspn(bar + r + i, "O"),
               u = strspn(bar + r + i + o, "U");
        assert_int_equal(r + i + o + u, cols - 2 - 11);
        assert_true(r > i && i > o && o > u && u > 0);
    }
}

static void many_gpus_are_told_apart_or_together(void **unused)
{
    view.channel_count = 0;
    for (int i = 0; i < 4; i++) {
        add_channel(TOP_DEVICE_GPU, "H100", 100)->unit = i;
    }
    drawn_on(24, 120, true);
    assert_shows("G GPU0 100 W 25 %");
    assert_shows("g GPU3 100 W 25 %");
    drawn_on(24, 60, true);
    assert_shows("G0 25% g1 25% G2 25% g3 25%");
    drawn_on(24, 40, true);
    assert_shows("g3 25%");
    for (int i = 4; i < 8; i++) {
        add_channel(TOP_DEVICE_GPU, "H100", 100)->unit = i;
    }
    drawn_on(24, 40, true); /* no room to tell eight apart */
    assert_shows("G GPU 800 W 100 %");
    for (int i = 8; i < 16; i++) {
        add_channel(TOP_DEVICE_GPU, "H100", 100)->unit = i;
    }
    drawn_on(24, 80, true);
    assert_shows("G GPU 1.60 kW 100 %");
}

static void that_nothing_is_unattributed_is_told(void **unused)
{
    view.unattributed_j = 0;
    drawn_on(24, 80, true);
    assert_shows("U unattributed 0 %");
    view.unattributed_j = (double)NAN; /* and what is not known is not */
    drawn_on(24, 80, true);
    assert_hides("unattributed");
}

static void what_is_absent_is_not_urged_upon_anybody(void **unused)
{
    struct top_source_state *plug = &view.sources[view.source_count++];
    SET(plug->source, "plug");
    SET(plug->status, "absent");
    SET(plug->fix, "set kind and address in [plug]");
    drawn_on(40, 80, true);
    assert_shows("plug absent");
    assert_hides("set kind and address");
    state.pane = TOP_PANE_SENSORS;
    top_key(&state, &view, TOP_KEY_END);
    top_key(&state, &view, TOP_KEY_ENTER);
    drawn_on(40, 80, true);
    assert_shows("set kind and address");
    SET(plug->status, "failed");
    state.overlay = TOP_NOTHING;
    drawn_on(40, 80, true);
    assert_shows("mend: set kind and address");
}

static void the_sites_overhead_is_a_part(void **unused)
{
    view.pue = 1.25;
    drawn_on(24, 120, true);
    assert_shows("P PUE 103 W 20 %");
    assert_shows("PUE 1.25");
}

static void a_gap_is_no_zero(void **unused)
{
    memset(&history, 0, sizeof(history));
    for (int i = 0; i < 300; i++) {
        if (i < 100 || i >= 200) {
            top_history_add(&history, view.t_ms - 299000 + i * 1000, i < 100 ? 100 : 200);
        }
    }
    drawn_on(24, 80, true);
    size_t gaps = count_of("·");
    assert_in_range(gaps, 20, 26); /* a third of 70 columns */
    assert_shows("mean ~150 W");
    drawn_on(24, 80, false);
    assert_shows("....................");
}

static void an_hour_of_figures_is_drawn_finely_and_coarsely(void **unused)
{
    for (int i = 0; i < 3600; i++) {
        top_history_add(&history, view.t_ms + i * 1000, 300);
    }
    view.t_ms += 3599000;
    for (unsigned window = 0; window < TOP_WINDOWS; window++) {
        state.window = window;
        drawn_on(24, 400, true);
        assert_int_equal(count_of("·"), 0);
    }
    assert_shows("last 1 h");
}

static void a_lost_meter_is_said_with_what_brings_it_back(void **unused)
{
    scene.link = TOP_LOST;
    scene.link_age_s = 12.7;
    top_view_forget_now(&view);
    jb_fail(&why, -2, "no meter listens at /run/x");
    jb_fix(&why, "joulebook serve");
    drawn_on(24, 80, true);
    assert_shows("METER LOST 12 s ago");
    assert_shows("joulebook serve: no meter listens at /run/x");
    assert_shows("2.97 MJ");
    assert_hides("412 W ");
    assert_hides("212 W");
    assert_hides("250 W");
    scene.link = TOP_SILENT;
    drawn_on(24, 80, true);
    assert_shows("no news for 12 s");
}

static void before_the_first_figures_there_is_a_way_on(void **unused)
{
    scene.view = NULL;
    scene.link = TOP_CONNECTING;
    drawn_on(24, 80, true);
    assert_shows("Waiting for the meter's first figures");
    jb_fail(&why, -2, "no meter listens at /run/user/1000/joulebook.sock or /run/joulebook/joulebook.sock");
    jb_fix(&why, "joulebook serve");
    const int sizes[][2] = {{10, 40}, {24, 80}, {50, 200}};
    for (size_t i = 0; i < 3; i++) {
        drawn_on(sizes[i][0], sizes[i][1], true);
        assert_shows("no meter listens at");
        assert_shows("\n  joulebook serve\n");
    }
    const enum top_overlay overlays[] = {TOP_HELP, TOP_WARNING_LIST, TOP_DETAILS};
    for (size_t i = 0; i < 3; i++) {
        state.overlay = overlays[i];
        drawn_on(24, 80, true);
    }
}

static void no_runs_and_no_sensors_have_a_way_on(void **unused)
{
    view.run_count = view.channel_count = 0;
    drawn_on(24, 80, true);
    assert_shows("joulebook run -- python train.py");
    assert_shows("joulebook doctor");
    view.grid.g_per_kwh = (double)NAN;
    drawn_on(24, 80, true);
    assert_shows("joulebook grid");
}

static void what_is_another_users_is_not_made_up(void **unused)
{
    struct top_run *run = add_run("", 5);
    run->mine = false;
    drawn_on(24, 100, true);
    assert_shows("(another user");
}

static void selection_scrolls_through_long_tables(void **unused)
{
    for (int i = 0; i < 60; i++) {
        char name[32];
        snprintf(name, sizeof(name), "job%02d", i);
        add_run(name, 90 - i);
    }
    drawn_on(24, 80, true);
    assert_shows("resnet");
    assert_hides("job59");
    assert_shows("1-");
    top_key(&state, &view, TOP_KEY_END);
    drawn_on(24, 80, true);
    assert_shows("job59");
    assert_shows("of 62");
    assert_hides("resnet");
    top_key(&state, &view, TOP_KEY_HOME);
    drawn_on(24, 80, true);
    assert_shows("resnet");
}

static void details_tell_all_of_a_row(void **unused)
{
    top_key(&state, &view, TOP_KEY_ENTER);
    drawn_on(40, 80, true);
    assert_shows("01KTEST0000000000000000001");
    assert_shows("joulebook show 01KTEST");
    top_key(&state, &view, TOP_KEY_ESCAPE);
    top_key(&state, &view, TOP_KEY_TAB);
    top_key(&state, &view, TOP_KEY_ENTER);
    drawn_on(40, 80, true);
    assert_shows("mend           sudo joulebook doctor --fix");
    assert_shows("why            /dev/cpu/0/msr: Permission denied");
    drawn_on(10, 40, true); /* where it does not fit it can be scrolled */
    assert_shows("1-6 of");
    top_key(&state, &view, TOP_KEY_END);
    drawn_on(10, 40, true);
    assert_shows("error");
}

static void a_plan_stands_with_the_run(void **unused)
{
    struct top_run *run = &view.runs[0];

    drawn_on(24, 80, true);
    assert_shows("backward 3/1200");
    for (size_t i = 0; i < view.run_count; i++) {
        view.runs[i].epochs_planned = 30;
        view.runs[i].epoch_nth = 4;
    }
    drawn_on(24, 80, true);
    assert_shows("backward 4 of 30");
    top_key(&state, &view, TOP_KEY_ENTER);
    drawn_on(40, 80, true);
    assert_shows("planned        30");
    assert_hides("in all");
    assert_hides("to go");
    for (size_t i = 0; i < view.run_count; i++, run++) {
        run->elapsed_s = 600;
        run->projected_j = 4.32e6;
        run->projected_sigma_j = 4.32e5;
        run->projected_s = 600 + 11400;
        run->projected_g = 500;
    }
    drawn_on(40, 80, true);
    assert_shows("in all, about  4.32 MJ ±10 %");
    assert_shows("  CO2e         500 g");
    assert_shows("  to go        3 h 10 m");
}

static void warnings_are_counted_and_listed(void **unused)
{
    SET(view.warnings[0], "the clock was set back");
    view.warning_count = 1;
    SET(view.history_error, "disk full");
    SET(view.history_fix, "df -h");
    drawn_on(24, 80, true);
    assert_shows("! 2 (l)");
    top_key(&state, &view, 'l');
    drawn_on(24, 80, true);
    assert_shows("! the clock was set back");
    assert_shows("The history is not kept: disk full");
    assert_shows("df -h");
}

static void scales_and_feet_are_whole(void **unused)
{
    SET(view.warnings[0], "w");
    view.warning_count = 1;
    const double watts[] = {3500, 2400, 35, 0.7, 190000};
    const char *const tops[] = {"5 kW", "2.5 kW", "50 W", "1 W", "200 kW"};
    for (size_t i = 0; i < 5; i++) {
        memset(&history, 0, sizeof(history));
        top_history_add(&history, view.t_ms, watts[i]);
        drawn_on(24, 80, true);
        char label[32];
        snprintf(label, sizeof(label), "%s ┤", tops[i]);
        assert_shows(label);
        assert_shows("space pause");
        assert_shows("! 1 (l)");
        assert_hides("grap");
    }
    drawn_on(24, 40, true);
    assert_shows("Tab table");
    assert_shows("! 1 (l)");
}

static void paused_is_said(void **unused)
{
    top_key(&state, &view, ' ');
    drawn_on(24, 80, true);
    assert_shows("PAUSED");
}

static void without_utf8_all_is_ascii(void **unused)
{
    SET(view.runs[0].name, "학습");
    for (int overlay = TOP_NOTHING; overlay <= TOP_WARNING_LIST; overlay++) {
        state.overlay = (enum top_overlay)overlay;
        drawn_on(24, 80, false);
        for (const char *at = page; *at; at++) {
            assert_in_range((unsigned char)*at, '\n', '~');
        }
    }
}

/* Whatever is told, at any size: nothing is written outside of the canvas, which a sanitizer sees. */
static void any_contents_at_any_size_can_be_drawn(void **unused)
{
    struct random r = random_start();
    for (int round = 0; round < 400; round++) {
        begin(NULL);
        const char *const names[] = {"", "학습학습학습", "x",
                                     "a very long name of a run that never seems to end, on and on"};
        const double numbers[] = {0, 1, NAN, 1e300, 1e-300, 412.3, 99999, 1e9};
        size_t runs = random_below(&r, 30), channels = random_below(&r, 40);
        for (size_t i = 0; i < runs; i++) {
            struct top_run *run = add_run(names[random_below(&r, 4)], numbers[random_below(&r, 8)]);
            run->footprint_j = numbers[random_below(&r, 8)];
            run->epoch = (int64_t)(random_next(&r) >> 1);
        }
        for (size_t i = 0; i < channels; i++) {
            struct top_channel *c = add_channel((enum top_device)random_below(&r, TOP_DEVICES),
                                                names[random_below(&r, 4)], numbers[random_below(&r, 8)]);
            c->modelled = random_below(&r, 2);
            c->limit_w = numbers[random_below(&r, 8)];
            SET(c->fix, names[random_below(&r, 4)]);
        }
        view.power_w = numbers[random_below(&r, 8)];
        view.energy_j = numbers[random_below(&r, 8)];
        view.idle_j = numbers[random_below(&r, 8)];
        view.pue = numbers[random_below(&r, 8)];
        view.t_ms = random_below(&r, 4) ? view.t_ms : -1;
        top_history_add(&history, view.t_ms, numbers[random_below(&r, 8)]);
        scene.link = (enum top_link)random_below(&r, TOP_LOST + 1);
        scene.link_age_s = numbers[random_below(&r, 8)];
        scene.once = random_below(&r, 4) == 0;
        state.window = (unsigned)random_below(&r, TOP_WINDOWS);
        for (int keys = 0; keys < 10; keys++) {
            const int codes[] = {TOP_KEY_UP, TOP_KEY_DOWN, TOP_KEY_END, TOP_KEY_TAB, TOP_KEY_ENTER,
                                 's',        'h',          'l',         ' ',         TOP_KEY_PAGE_DOWN};
            top_key(&state, &view, codes[random_below(&r, 10)]);
            drawn_on(1 + (int)random_below(&r, 70), 1 + (int)random_below(&r, 250), random_below(&r, 2));
        }
    }
}

static void a_page_of_text_has_all_rows(void **unused)
{
    for (int i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof(name), "job%02d", i);
        add_run(name, 90 - i);
        add_channel(TOP_DEVICE_GPU, name, 1);
    }
    scene.once = true;
    drawn_on(top_once_rows(&scene), 80, true);
    assert_int_equal(count_of("job39"), 2);
    assert_hides("q quit");
    assert_hides("> Runs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_screen_answers_without_a_key, begin),
        cmocka_unit_test_setup(each_size_has_what_matters, begin),
        cmocka_unit_test_setup(both_tables_can_be_reached_where_there_is_room_for_one, begin),
        cmocka_unit_test_setup(below_the_least_size_it_says_so, begin),
        cmocka_unit_test_setup(bars_are_as_long_as_their_place, begin),
        cmocka_unit_test_setup(many_gpus_are_told_apart_or_together, begin),
        cmocka_unit_test_setup(that_nothing_is_unattributed_is_told, begin),
        cmocka_unit_test_setup(what_is_absent_is_not_urged_upon_anybody, begin),
        cmocka_unit_test_setup(the_sites_overhead_is_a_part, begin),
        cmocka_unit_test_setup(a_gap_is_no_zero, begin),
        cmocka_unit_test_setup(an_hour_of_figures_is_drawn_finely_and_coarsely, begin),
        cmocka_unit_test_setup(a_lost_meter_is_said_with_what_brings_it_back, begin),
        cmocka_unit_test_setup(before_the_first_figures_there_is_a_way_on, begin),
        cmocka_unit_test_setup(no_runs_and_no_sensors_have_a_way_on, begin),
        cmocka_unit_test_setup(what_is_another_users_is_not_made_up, begin),
        cmocka_unit_test_setup(selection_scrolls_through_long_tables, begin),
        cmocka_unit_test_setup(details_tell_all_of_a_row, begin),
        cmocka_unit_test_setup(a_plan_stands_with_the_run, begin),
        cmocka_unit_test_setup(warnings_are_counted_and_listed, begin),
        cmocka_unit_test_setup(scales_and_feet_are_whole, begin),
        cmocka_unit_test_setup(paused_is_said, begin),
        cmocka_unit_test_setup(without_utf8_all_is_ascii, begin),
        cmocka_unit_test_setup(any_contents_at_any_size_can_be_drawn, begin),
        cmocka_unit_test_setup(a_page_of_text_has_all_rows, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
