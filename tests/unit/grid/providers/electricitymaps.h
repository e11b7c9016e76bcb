/* SPDX-License-Identifier: Apache-2.0 */
/*
 * electricitymaps.h - an exchange at a fixed time, and answers from fixtures/, for the tests of electricitymaps.c and
 * co2signal.c.
 */
#ifndef JB_TESTS_GRID_ELECTRICITYMAPS_H
#define JB_TESTS_GRID_ELECTRICITYMAPS_H

#include "grid/providers/electricitymaps_json.h"
#include "grid/providers/providers.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY "sEcReT-0123456789"

static const struct jb_provider *provider; /* each test program sets its own */
static struct jb_exchange exchange;
static struct jb_track track;
static struct jb_diag diag;

static int64_t at(const char *time)
{
    int64_t t_ns = 0;
    assert_int_equal(jb_iso_parse(time, &t_ns), 0);
    return t_ns;
}

static void ask(enum jb_ask_kind kind, const char *from, const char *to)
{
    exchange = (struct jb_exchange){0};
    exchange.ask = (struct jb_ask){
        .kind = kind,
        .zone = "DE",
        .now_ns = at("2026-03-29T18:31:00Z"),
        .from_ns = from != NULL ? at(from) : 0,
        .to_ns = to != NULL ? at(to) : 0,
        .latitude = NAN,
        .longitude = NAN,
        .access = {.url = provider->url, .token = KEY},
    };
    jb_track_finish(&track);
    diag = (struct jb_diag){0};
}

/* The text of fixtures/NAME, to be freed. */
static inline char *fixture(const char *name, size_t *ret_length)
{
    char path[PATH_MAX];
    char *text = NULL;
    const char *source = getenv("JB_SOURCE_ROOT");
    assert_non_null(source);
    snprintf(path, sizeof(path), "%s/tests/unit/grid/fixtures/%s/%s", source, provider->name, name);
    assert_int_equal(jb_read_all(path, 1 << 20, &text, ret_length, NULL), 0);
    return text;
}

static inline int say(const char *text)
{
    return provider->answer(&exchange, text, strlen(text), &track, &diag);
}

static inline int answered(const char *name)
{
    size_t length = 0;
    char *text = fixture(name, &length);
    int r = provider->answer(&exchange, text, length, &track, &diag);
    free(text);
    return r;
}

static inline void expect_point(size_t index, const char *start, int minutes, double g_per_kwh, unsigned flags)
{
    assert_true(index < track.count);
    const struct jb_point *point = &track.points[index];
    assert_true(point->start_ns == at(start));
    assert_true(point->end_ns - point->start_ns == minutes * INT64_C(60) * (int64_t)JB_NS_PER_S);
    assert_float_equal(point->g_per_kwh, g_per_kwh, 1e-9);
    assert_int_equal(point->flags, flags);
    assert_true(point->fetched_ns == exchange.ask.now_ns && point->provider == provider);
}

static inline void expect_said(int err, int expected, const char *words)
{
    assert_int_equal(err, expected);
    assert_non_null(strstr(diag.text, words));
    assert_null(strstr(diag.text, KEY));
    assert_null(strstr(diag.fix, KEY));
    assert_int_equal(track.count, 0);
}

static inline int finish(void **state)
{
    (void)state;
    jb_track_finish(&track);
    return 0;
}

#endif
