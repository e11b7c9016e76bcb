/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play.h - ask a provider and give it an answer of a file or a text, without any network.
 */
#ifndef JB_TESTS_GRID_PROVIDERS_PLAY_H
#define JB_TESTS_GRID_PROVIDERS_PLAY_H

#include "grid/providers/providers.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_NS (INT64_C(60) * 1000000000)

static const struct jb_provider *const self; /* defined by the test */

static inline int64_t at(const char *text)
{
    int64_t t_ns = 0;
    assert_int_equal(jb_iso_parse(text, &t_ns), 0);
    return t_ns;
}

/* A question at 10:40 on 5 October 2026; from and to may be NULL. */
static inline struct jb_exchange question(const char *zone, enum jb_ask_kind kind, const char *from, const char *to)
{
    struct jb_exchange exchange = {.ask = {.kind = kind,
                                           .zone = zone,
                                           .now_ns = at("2026-10-05T10:40Z"),
                                           .from_ns = from != NULL ? at(from) : 0,
                                           .to_ns = to != NULL ? at(to) : 0,
                                           .latitude = NAN,
                                           .longitude = NAN,
                                           .access = {.url = self->url}}};
    assert_true(self->serves(&exchange.ask));
    return exchange;
}

static inline void expect_url(struct jb_exchange *exchange, const char *expected)
{
    static struct jb_request request;
    memset(&request, 0, sizeof(request));
    struct jb_diag diag = {0};
    if (self->request(exchange, &request, &diag) != 0) {
        fail_msg("%s", diag.text);
    }
    assert_string_equal(request.url, expected);
    assert_string_equal(request.headers[0], "");
    assert_false(request.basic);
}

static inline void expect_no_url(struct jb_exchange *exchange, const char *fix)
{
    static struct jb_request request;
    struct jb_diag diag = {0};
    assert_int_equal(self->request(exchange, &request, &diag), -EINVAL);
    assert_non_null(strstr(diag.text, self->name));
    assert_true(fix == NULL || strstr(diag.fix, fix) != NULL);
}

/* What answer() says of a text, which lies in memory of just its size, for the sanitiser. */
static inline int said(struct jb_exchange *exchange, const char *text, struct jb_track *track)
{
    size_t length = strlen(text);
    char *body = malloc(length + 1);
    assert_non_null(body);
    memcpy(body, text, length + 1);
    struct jb_diag diag = {0};
    int result = self->answer(exchange, body, length, track, &diag);
    free(body);
    assert_true((result < 0) == (diag.text[0] != '\0'));
    assert_true(result >= 0 || strstr(diag.text, self->name) != NULL);
    exchange->step++;
    return result;
}

/* The same of a file in fixtures/NAME/. */
static inline int said_in(struct jb_exchange *exchange, const char *file, struct jb_track *track)
{
    char path[512], *text = NULL;
    size_t length = 0;
    const char *root = getenv("JB_SOURCE_ROOT");
    jb_snprintf(path, sizeof(path), "%s/tests/unit/grid/fixtures/%s/%s", root != NULL ? root : ".", self->name, file);
    assert_int_equal(jb_read_all(path, 1 << 20, &text, &length, NULL), 0);
    int result = said(exchange, text, track);
    free(text);
    return result;
}

static inline void expect_point(const struct jb_track *track, size_t i, const char *start, int minutes,
                                double g_per_kwh, unsigned flags)
{
    assert_in_range(i, 0, track->count - 1);
    const struct jb_point *point = &track->points[i];
    assert_int_equal(point->start_ns, at(start));
    assert_int_equal(point->end_ns - point->start_ns, minutes * MINUTE_NS);
    assert_true(fabs(point->g_per_kwh - g_per_kwh) < 1e-9);
    assert_int_equal(point->flags, flags);
    assert_true(point->rel_error > 0 && point->rel_error < 1);
    assert_ptr_equal(point->provider, self);
    assert_int_equal(point->fetched_ns, at("2026-10-05T10:40Z"));
}

/* Each text ends in the error, and what is said of it names the provider. */
static inline void expect_errors(const struct jb_exchange *exchange, int error, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct jb_exchange again = *exchange;
        struct jb_track track = {0};
        int result = said(&again, texts[i], &track);
        jb_track_finish(&track);
        if (result != error) {
            fail_msg("%d for %s", result, texts[i]);
        }
    }
}

/* Every beginning of a file is an answer that was cut off. */
static inline void expect_no_harm_in_any_cut(const struct jb_exchange *exchange, const char *text)
{
    size_t length = strlen(text);
    for (size_t cut = 0; cut < length; cut++) {
        struct jb_exchange again = *exchange;
        struct jb_track track = {0};
        char *body = strndup(text, cut);
        assert_non_null(body);
        assert_int_equal(said(&again, body, &track), -EBADMSG);
        free(body);
        jb_track_finish(&track);
    }
}

#endif
