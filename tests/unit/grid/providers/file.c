/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c - what is taken from a file of the user's own for each kind of question.
 */
#include "grid/provider.h"
#include "grid/providers/providers.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char path[PATH_MAX];

static int64_t at(const char *text)
{
    int64_t t_ns = 0;
    assert_int_equal(jb_iso_parse(text, &t_ns), 0);
    return t_ns;
}

static struct jb_ask ask(enum jb_ask_kind kind, const char *now, const char *from, const char *to)
{
    snprintf(path, sizeof(path), "%s/tests/unit/grid/fixtures/file/day.csv", getenv("JB_SOURCE_ROOT"));
    return (struct jb_ask){.kind = kind,
                           .zone = "KR",
                           .now_ns = at(now),
                           .from_ns = from != NULL ? at(from) : 0,
                           .to_ns = to != NULL ? at(to) : 0,
                           .latitude = NAN,
                           .longitude = NAN,
                           .access = {.url = path}};
}

static void expect(const struct jb_track *track, size_t index, const char *start, double value, unsigned flags)
{
    assert_true(index < track->count);
    const struct jb_point *point = &track->points[index];
    assert_int_equal(point->start_ns, at(start));
    assert_true(point->g_per_kwh == value);
    assert_int_equal(point->flags, flags);
    assert_ptr_equal(point->provider, &jb_provider_file);
    assert_int_equal(point->fetched_ns, 0);
    assert_true(point->rel_error == (value == 380 ? 0.2 : 0));
}

static void latest(const char *now, const char *start, double value, unsigned flags)
{
    struct jb_ask question = ask(JB_ASK_LATEST, now, NULL, NULL);
    struct jb_track track = {0};
    struct jb_diag diag = {0};
    assert_int_equal(jb_provider_file.read(&question, &track, &diag), 0);
    assert_int_equal(track.count, 1);
    expect(&track, 0, start, value, flags);
    jb_track_finish(&track);
}

static void the_latest_is_what_holds_or_the_last_before(void **state)
{
    latest("2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z", 400, 0);
    latest("2026-11-22T01:59:59Z", "2026-11-22T01:00:00Z", 380, JB_POINT_ESTIMATED);
    latest("2026-11-22T02:00:00Z", "2026-11-22T02:00:00Z", 50, 0);
    latest("2026-11-22T03:30:00Z", "2026-11-22T02:00:00Z", 50, 0); /* in the hole */
    latest("2027-01-01T00:00:00Z", "2026-11-22T05:00:00Z", 310, 0);
    struct jb_ask question = ask(JB_ASK_LATEST, "2026-11-21T23:59:59Z", NULL, NULL);
    struct jb_track track = {0};
    struct jb_diag diag = {0};
    assert_int_equal(jb_provider_file.read(&question, &track, &diag), -ENODATA);
    assert_non_null(strstr(diag.text, "future"));
    assert_int_equal(track.count, 0);
}

static void a_range_is_every_row_that_it_touches(void **state)
{
    struct jb_ask question = ask(JB_ASK_RANGE, "2026-11-23T00:00Z", "2026-11-22T01:30Z", "2026-11-22T04:00Z");
    struct jb_track track = {0};
    assert_int_equal(jb_provider_file.read(&question, &track, NULL), 0);
    assert_int_equal(track.count, 2);
    expect(&track, 0, "2026-11-22T01:00Z", 380, JB_POINT_ESTIMATED);
    expect(&track, 1, "2026-11-22T02:00Z", 50, 0);
    jb_track_finish(&track);
    question = ask(JB_ASK_RANGE, "2026-11-23T00:00Z", "2026-11-22T03:00Z", "2026-11-22T04:00Z");
    assert_int_equal(jb_provider_file.read(&question, &track, NULL), -ENODATA);
}

static void what_begins_later_is_a_forecast(void **state)
{
    struct jb_ask question = ask(JB_ASK_FORECAST, "2026-11-22T02:30Z", NULL, "2026-11-22T05:00Z");
    struct jb_track track = {0};
    assert_int_equal(jb_provider_file.read(&question, &track, NULL), 0);
    assert_int_equal(track.count, 2);
    expect(&track, 0, "2026-11-22T02:00Z", 50, 0);
    expect(&track, 1, "2026-11-22T04:00Z", 300, JB_POINT_FORECAST);
    jb_track_finish(&track);
}

static void its_figures_are_of_the_factor_that_is_asked_for(void **state)
{
    struct jb_ask question = ask(JB_ASK_LATEST, "2026-11-22T00:30Z", NULL, NULL);
    question.direct = true;
    struct jb_track track = {0};
    assert_int_equal(jb_provider_file.read(&question, &track, NULL), 0);
    expect(&track, 0, "2026-11-22T00:00Z", 400, JB_POINT_DIRECT);
    jb_track_finish(&track);
}

static void it_serves_every_place_once_it_is_named(void **state)
{
    struct jb_ask question = ask(JB_ASK_LATEST, "2026-11-22T00:30Z", NULL, NULL);
    assert_true(jb_provider_file.serves(&question));
    question.zone = "World";
    assert_true(jb_provider_file.serves(&question));
    question.access.url = "";
    assert_false(jb_provider_file.serves(&question));
    question.access.url = NULL;
    assert_false(jb_provider_file.serves(&question));
}

static void a_file_that_cannot_be_read_says_why(void **state)
{
    struct jb_ask question = ask(JB_ASK_LATEST, "2026-11-22T00:30Z", NULL, NULL);
    question.access.url = "/nonexistent/day.csv";
    struct jb_track track = {0};
    struct jb_diag diag = {0};
    assert_int_equal(jb_provider_file.read(&question, &track, &diag), -ENOENT);
    assert_non_null(strstr(diag.text, "/nonexistent/day.csv"));
    assert_int_equal(track.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_is_what_holds_or_the_last_before),
        cmocka_unit_test(a_range_is_every_row_that_it_touches),
        cmocka_unit_test(what_begins_later_is_a_forecast),
        cmocka_unit_test(its_figures_are_of_the_factor_that_is_asked_for),
        cmocka_unit_test(it_serves_every_place_once_it_is_named),
        cmocka_unit_test(a_file_that_cannot_be_read_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
