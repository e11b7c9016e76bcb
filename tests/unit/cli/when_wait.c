/* SPDX-License-Identifier: Apache-2.0 */
/* The wait, in a world of made-up time: what is said, when it ends, and what it does not do. */
#include "cli/when.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS ((int64_t)JB_NS_PER_S)
#define HOUR_NS   (3600 * SECOND_NS)
#define START_NS  (INT64_C(1795348800) * SECOND_NS) /* 2026-11-22T12:00:00Z, a Sunday */

struct made_up {
    int64_t now_ns;
    int64_t slept_at_ns, slept_ns; /* a rest that reaches the first takes the second longer */
    int64_t stop_ns;               /* interrupted at */
    int64_t longest_ns;
    int rests, looks, look_errors; /* of the looks, those from this one on fail; 0: none */
    int low[8];                    /* the low hours by look; the last non-zero stays */
    double g[8];
    int hours; /* that are foretold */
    int begin; /* the first of them */
};

static struct made_up world;
static char *said;
static size_t said_length;
static FILE *err;
static const struct cli_style plain = {"", "", "", "", "", "", ""};
static const struct cli_when two_in_day = {2 * 3600 * JB_NS_PER_S, 24 * 3600 * JB_NS_PER_S};

static int64_t now(void *context)
{
    return ((struct made_up *)context)->now_ns;
}

static int rest(void *context, int64_t ns)
{
    struct made_up *made = context;
    assert_true(ns > 0);
    made->rests++;
    made->longest_ns = ns > made->longest_ns ? ns : made->longest_ns;
    if (made->stop_ns != 0 && made->now_ns + ns >= made->stop_ns) {
        made->now_ns = made->stop_ns;
        return -EINTR;
    }
    bool sleeps = made->slept_ns != 0 && made->now_ns + ns >= made->slept_at_ns;
    made->now_ns += ns + (sleeps ? made->slept_ns : 0);
    made->slept_ns = sleeps ? 0 : made->slept_ns;
    return 0;
}

static int look(void *context, int64_t until_ns, struct jb_track *track, struct jb_steps *steps, struct jb_diag *diag)
{
    struct made_up *made = context;
    int index = made->looks < 8 ? made->looks : 7;
    made->looks++;
    if (made->look_errors != 0 && made->looks >= made->look_errors) {
        return jb_fail(diag, -ENODATA, "nobody answered");
    }
    while (index > 0 && made->low[index] == 0) {
        index--;
    }
    for (int hour = made->begin; hour < made->hours; hour++) {
        bool low = hour >= made->low[index] && hour < made->low[index] + 2;
        struct jb_point point = {.start_ns = START_NS + hour * HOUR_NS,
                                 .end_ns = START_NS + (hour + 1) * HOUR_NS,
                                 .g_per_kwh = low ? made->g[index] : 400,
                                 .flags = JB_POINT_FORECAST};
        assert_int_equal(jb_track_put(track, &point), 0);
    }
    return 0;
}

static int follow(bool terminal, struct jb_diag *diag)
{
    struct when_world seams = {&world, terminal, now, rest, look};
    int error = when_follow(&two_in_day, &seams, "KR", err, &plain, diag);
    fflush(err);
    return error;
}

static int setup(void **state)
{
    world = (struct made_up){.now_ns = START_NS, .low = {10}, .g = {100}, .hours = 48};
    said = NULL;
    err = open_memstream(&said, &said_length);
    assert_non_null(err);
    setenv("TZ", "Asia/Kathmandu", 1); /* five hours and three quarters ahead of UTC */
    tzset();
    return 0;
}

static int teardown(void **state)
{
    fclose(err);
    free(said);
    return 0;
}

static size_t count(const char *text, const char *word)
{
    size_t found = 0;
    for (; (text = strstr(text, word)) != NULL; text += strlen(word)) {
        found++;
    }
    return found;
}

static void it_starts_with_the_window(void **state)
{
    struct jb_diag diag = {0};
    assert_int_equal(follow(false, &diag), 0);
    assert_int_equal(world.now_ns, START_NS + 10 * HOUR_NS);
    assert_true(world.longest_ns <= 60 * SECOND_NS); /* or a machine that slept would oversleep */
    assert_non_null(strstr(said, "waits for the greenest 2 h within 24 h: starts at Mon 03:45 UTC+05:45, in 10 h\n"));
    assert_non_null(strstr(said, "100 g/kWh then, 400 g/kWh when started now: 75 % less"));
    assert_int_equal(count(said, "joulebook: starts in "), 9); /* once an hour, not at its start */
    assert_int_equal(count(said, "\n"), 11);
    assert_null(strchr(said, '\r'));
}

static void a_terminal_counts_down_and_is_left_clean(void **state)
{
    struct jb_diag diag = {0};
    world.low[0] = 1;
    assert_int_equal(follow(true, &diag), 0);
    assert_int_equal(world.longest_ns, SECOND_NS);
    assert_int_equal(world.rests, 3600);
    assert_non_null(strstr(said, "\rjoulebook  starts in 1:00:00, at 18:45 UTC+05:45"));
    assert_non_null(strstr(said, "\rjoulebook  starts in 0:00:01,"));
    assert_string_equal(said + said_length - strlen("\r\033[K"), "\r\033[K");
}

static void it_looks_every_quarter_of_an_hour(void **state)
{
    struct jb_diag diag = {0};
    world.low[0] = 2;
    assert_int_equal(follow(false, &diag), 0);
    assert_int_equal(world.looks, 1 + 7); /* and not at the start itself */
}

static void it_moves_and_says_so(void **state)
{
    struct jb_diag diag = {0};
    world.low[1] = 5;
    world.g[1] = 50;
    assert_int_equal(follow(false, &diag), 0);
    assert_int_equal(world.now_ns, START_NS + 5 * HOUR_NS);
    assert_non_null(strstr(said, "a greener window came up: starts at 22:45 UTC+05:45, in 4 h 45 min\n"));
    assert_int_equal(count(said, "a greener window"), 1);
}

static void moved_to_this_very_time(void **state)
{
    struct jb_diag diag = {0};
    world.hours = 24;
    world.low[4] = 1; /* at the fourth look it is 12:45, at the fifth 13:00 */
    world.g[4] = 50;
    assert_int_equal(follow(false, &diag), 0);
    assert_int_equal(world.now_ns, START_NS + HOUR_NS);
    assert_non_null(strstr(said, "starts now"));
}

static void now_is_the_time(void **state)
{
    struct jb_diag diag = {0};
    world.low[0] = 30;
    assert_int_equal(follow(true, &diag), 0);
    assert_int_equal(world.rests, 0);
    assert_non_null(strstr(said, "starts now: "));
    assert_null(strstr(said, "waits"));
}

static void an_interrupt_ends_it(void **state)
{
    struct jb_diag diag = {0};
    world.stop_ns = START_NS + 90 * SECOND_NS;
    assert_int_equal(follow(true, &diag), -EINTR);
    assert_int_equal(world.now_ns, world.stop_ns);
    assert_string_equal(said + said_length - strlen("\r\033[K"), "\r\033[K");
}

static void a_machine_that_slept_starts_at_once(void **state)
{
    struct jb_diag diag = {0};
    world.slept_at_ns = START_NS + HOUR_NS;
    world.slept_ns = 30 * HOUR_NS;
    assert_int_equal(follow(false, &diag), 0);
    assert_true(world.now_ns <= START_NS + 31 * HOUR_NS);
    assert_int_equal(world.looks, 4); /* none after waking */
}

static void a_long_sleep_within_the_wait_says_one_line(void **state)
{
    struct jb_diag diag = {0};
    world.slept_at_ns = START_NS + HOUR_NS / 2;
    world.slept_ns = 6 * HOUR_NS;
    assert_int_equal(follow(false, &diag), 0);
    assert_int_equal(world.now_ns, START_NS + 10 * HOUR_NS);
    assert_int_equal(count(said, "joulebook: starts in "), 4);
}

static void without_a_forecast_nothing_starts(void **state)
{
    struct jb_diag diag = {0};
    world.look_errors = 1;
    assert_int_equal(follow(false, &diag), -ENODATA);
    assert_non_null(strstr(diag.text, "no forecast for KR: nobody answered"));
    assert_non_null(strstr(diag.fix, "joulebook grid KR --providers"));
    assert_int_equal(said_length, 0);
    world.look_errors = 0;
    world.hours = 1; /* less than the run takes */
    assert_int_equal(follow(false, &diag), -ENODATA);
}

static void a_network_that_goes_later_changes_nothing(void **state)
{
    struct jb_diag diag = {0};
    world.look_errors = 2;
    assert_int_equal(follow(false, &diag), 0);
    assert_int_equal(world.now_ns, START_NS + 10 * HOUR_NS);
    assert_string_equal(diag.text, "");
}

static void a_forecast_that_ends_early_is_told(void **state)
{
    struct jb_diag diag = {0};
    world.hours = 13;
    assert_int_equal(follow(false, &diag), 0);
    assert_non_null(strstr(said, "the forecast reaches to Mon 06:45 only"));
}

/* What holds now is not known yet, and the forecast begins with the next hour: that is not where it ends. */
static void a_forecast_that_begins_later_does_not_end_now(void **state)
{
    struct jb_diag diag = {0};
    world.begin = 1;
    assert_int_equal(follow(false, &diag), 0);
    assert_int_equal(world.now_ns, START_NS + 10 * HOUR_NS);
    assert_null(strstr(said, "the forecast reaches to"));
}

static void a_readable_descriptor_stops_the_real_wait(void **state)
{
    struct jb_grid_settings settings = {.latitude = NAN, .longitude = NAN};
    struct jb_intensity place = {.zone = "KR", .live_zone = "KR"};
    struct jb_diag diag = {0};
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(write(pipe_fds[1], "x", 1), 1);
    /* Live values are off: nobody is asked, and nobody foretells. */
    assert_int_equal(cli_when_wait(&two_in_day, &settings, &place, pipe_fds[0], err, &plain, &diag), -ENODATA);
    assert_non_null(strstr(diag.text, "no forecast for KR"));
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_starts_with_the_window),
        TEST(a_terminal_counts_down_and_is_left_clean),
        TEST(it_looks_every_quarter_of_an_hour),
        TEST(it_moves_and_says_so),
        TEST(moved_to_this_very_time),
        TEST(now_is_the_time),
        TEST(an_interrupt_ends_it),
        TEST(a_machine_that_slept_starts_at_once),
        TEST(a_long_sleep_within_the_wait_says_one_line),
        TEST(without_a_forecast_nothing_starts),
        TEST(a_network_that_goes_later_changes_nothing),
        TEST(a_forecast_that_ends_early_is_told),
        TEST(a_forecast_that_begins_later_does_not_end_now),
        TEST(a_readable_descriptor_stops_the_real_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
