/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_mix.h - any bytes as the answer, and the refusal, of a provider that computes from what was generated. What
 * comes of it lies in the window, in order, finite and marked, or nothing does.
 */
#ifndef JB_FUZZ_MIX_H
#define JB_FUZZ_MIX_H

#include "grid/provider.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static inline void check_track(const struct jb_track *track, const struct jb_ask *ask, int64_t slack_ns)
{
    int64_t last_ns = ask->from_ns - slack_ns;
    check(track->count > 0);
    for (size_t i = 0; i < track->count; i++) {
        const struct jb_point *point = &track->points[i];
        check(point->start_ns >= last_ns && point->end_ns > point->start_ns);
        check(isfinite(point->g_per_kwh) && point->g_per_kwh >= 0);
        check(isfinite(point->rel_error) && point->rel_error >= 0);
        check((point->flags & JB_POINT_ESTIMATED) != 0 && (point->flags & JB_POINT_FORECAST) == 0);
        last_ns = point->end_ns;
    }
    check(last_ns <= ask->to_ns + slack_ns);
}

/* The window of the seeds in corpus/: the day from 2026-11-20T00:00Z on. */
static inline int fuzz_answer(const struct jb_provider *provider, const char *zone, const uint8_t *data, size_t size)
{
    const int64_t day_ns = 86400 * (int64_t)1000000000, hour_ns = day_ns / 24;
    struct jb_exchange exchange = {.ask = {.kind = JB_ASK_RANGE, .zone = zone, .direct = size % 2 != 0}};
    exchange.ask.from_ns = 20777 * day_ns;
    exchange.ask.to_ns = exchange.ask.from_ns + day_ns;
    exchange.ask.now_ns = exchange.ask.to_ns + day_ns;
    struct jb_track track = {0};
    struct jb_diag diag = {{0}, {0}};
    char *body = malloc(size + 1);
    if (body == NULL) {
        return 0;
    }
    memcpy(body, data, size);
    body[size] = '\0';
    int err = provider->answer(&exchange, body, size, &track, &diag);
    check(err == 0 || err == -EBADMSG || err == -ENODATA || err == -EACCES || err == -EMSGSIZE);
    if (err == 0) {
        check_track(&track, &exchange.ask, hour_ns);
    } else {
        check(track.count == 0 && diag.text[0] != '\0');
    }
    for (int status = 400; status <= 416 && provider->refused != NULL; status++) {
        err = provider->refused(&exchange, status, body, size, &diag);
        check(err == 0 || err == -EACCES || err == -ENODATA);
    }
    jb_track_finish(&track);
    free(body);
    return 0;
}

#endif
