/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix_support.h - a question to a provider whose answer lies in fixtures/, and what the tests look at in the track.
 */
#ifndef JB_TESTS_GRID_MIX_SUPPORT_H
#define JB_TESTS_GRID_MIX_SUPPORT_H

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "grid/grid.h"
#include "grid/provider.h"

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

static inline int64_t at(const char *text)
{
    int64_t t_ns;
    assert_int_equal(jb_iso_parse(text, &t_ns), 0);
    return t_ns;
}

static inline char *fixture(const char *name, size_t *ret_length)
{
    char path[PATH_MAX], *text = NULL;
    const char *root = getenv("JB_SOURCE_ROOT");
    snprintf(path, sizeof(path), "%s/tests/unit/grid/fixtures/%s", root != NULL ? root : ".", name);
    assert_int_equal(jb_read_all(path, 1 << 20, &text, ret_length, NULL), 0);
    return text;
}

/* All of [from, to), asked a day later. */
static inline struct jb_exchange range(const struct jb_provider *provider, const char *zone, const char *from,
                                       const char *to)
{
    struct jb_exchange exchange = {
        .ask = {.kind = JB_ASK_RANGE, .zone = zone, .from_ns = at(from), .to_ns = at(to), .latitude = NAN}};
    exchange.ask.longitude = NAN;
    exchange.ask.now_ns = exchange.ask.to_ns + 24 * 3600 * (int64_t)JB_NS_PER_S;
    exchange.ask.access.url = provider->url;
    exchange.ask.access.token = provider->needs != NULL ? "k&y" : NULL;
    return exchange;
}

static inline int answer_text(const struct jb_provider *provider, struct jb_exchange *exchange, const char *text,
                              struct jb_track *track, struct jb_diag *diag)
{
    return provider->answer(exchange, text, strlen(text), track, diag);
}

static inline int answer_file(const struct jb_provider *provider, struct jb_exchange *exchange, const char *name,
                              struct jb_track *track, struct jb_diag *diag)
{
    size_t length;
    char *text = fixture(name, &length);
    int err = provider->answer(exchange, text, length, track, diag);
    free(text);
    return err;
}

static inline int refuse_file(const struct jb_provider *provider, int status, const char *name, struct jb_diag *diag)
{
    size_t length;
    char *text = fixture(name, &length);
    struct jb_exchange exchange = range(provider, "FR", "2026-11-20T00", "2026-11-20T04");
    int err = provider->refused(&exchange, status, text, length, diag);
    free(text);
    return err;
}

static inline void check_point(const struct jb_track *track, size_t i, const char *from, const char *to,
                               double g_per_kwh)
{
    assert_true(i < track->count);
    const struct jb_point *point = &track->points[i];
    char is_from[32], is_to[32], want_from[32], want_to[32];
    assert_string_equal(jb_iso_time(point->start_ns, is_from, sizeof(is_from)),
                        jb_iso_time(at(from), want_from, sizeof(want_from)));
    assert_string_equal(jb_iso_time(point->end_ns, is_to, sizeof(is_to)),
                        jb_iso_time(at(to), want_to, sizeof(want_to)));
    if (fabs(point->g_per_kwh - g_per_kwh) > 1e-3) {
        fail_msg("point %zu: %.4f g/kWh, not %.4f", i, point->g_per_kwh, g_per_kwh);
    }
    assert_true(point->rel_error > 0 && point->rel_error < 3);
    assert_true((point->flags & JB_POINT_ESTIMATED) != 0);
    assert_false((point->flags & JB_POINT_FORECAST) != 0);
}

/* Every cut of an answer is read without harm, from memory of just its size. */
static inline void check_cuts(const struct jb_provider *provider, const struct jb_exchange *exchange, const char *name)
{
    size_t length;
    char *text = fixture(name, &length);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' ')) {
        length--;
    }
    for (size_t cut = 0; cut < length; cut += 1 + cut / 200) {
        char *piece = malloc(cut + 1);
        assert_non_null(piece);
        memcpy(piece, text, cut);
        piece[cut] = '\0';
        struct jb_exchange again = *exchange;
        struct jb_track track = {0};
        struct jb_diag diag = {{0}, {0}};
        assert_int_equal(provider->answer(&again, piece, cut, &track, &diag), -EBADMSG);
        assert_true(diag.text[0] != '\0');
        assert_int_equal(track.count, 0);
        free(piece);
    }
    free(text);
}

static inline void check_url(const struct jb_provider *provider, struct jb_exchange *exchange, const char *want)
{
    static struct jb_request request;
    struct jb_diag diag = {{0}, {0}};
    memset(&request, 0, sizeof(request));
    assert_int_equal(provider->request(exchange, &request, &diag), 0);
    assert_string_equal(request.url, want);
}

/* What all of these have in common: no forecast, no window that is none, no place they do not know, a URL that fits. */
static inline void check_refused_questions(const struct jb_provider *provider, const char *zone)
{
    static struct jb_request request;
    static char url[4096];
    struct jb_track track = {0};
    struct jb_diag diag = {{0}, {0}};
    struct jb_exchange bad = range(provider, zone, "2026-11-20T04", "2026-11-20T04");
    assert_int_equal(provider->request(&bad, &request, &diag), -EINVAL);
    bad = range(provider, zone, "2026-11-20T00", "2026-11-20T04");
    bad.ask.kind = JB_ASK_FORECAST;
    assert_int_equal(provider->request(&bad, &request, &diag), -EINVAL);
    assert_int_equal(answer_text(provider, &bad, "{}", &track, &diag), -EINVAL);
    bad = range(provider, zone, "2026-11-20T00", "2026-11-20T04");
    memset(url, 'x', sizeof(url) - 1);
    bad.ask.access.url = url;
    assert_int_equal(provider->request(&bad, &request, &diag), -EINVAL);
    assert_non_null(strstr(diag.text, "too long"));
    struct jb_ask nowhere = {.zone = "World"};
    assert_false(provider->serves(&nowhere));
}

#endif
