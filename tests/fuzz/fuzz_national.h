/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_national.h - any bytes as the answer of a national provider. The first byte says what was asked, of which zone
 * and region; then what provider.h promises of points and errors is checked.
 */
#ifndef JB_FUZZ_NATIONAL_H
#define JB_FUZZ_NATIONAL_H

#include "grid/providers/providers.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_NOW_NS (INT64_C(1791196800) * 1000000000) /* 2026-10-05T10:40Z */
#define FUZZ_DAY_NS (INT64_C(86400) * 1000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static inline void fuzz_points(const struct jb_provider *provider, const struct jb_ask *ask,
                               const struct jb_track *track)
{
    for (size_t i = 0; i < track->count; i++) {
        const struct jb_point *point = &track->points[i];
        fuzz_expect(point->start_ns < point->end_ns && (i == 0 || point[-1].end_ns <= point->start_ns));
        fuzz_expect(point->g_per_kwh >= 0 && point->g_per_kwh <= 2000);
        fuzz_expect(isfinite(point->rel_error) && point->rel_error > 0);
        fuzz_expect(point->provider == provider && point->fetched_ns == ask->now_ns);
        fuzz_expect(((point->flags & JB_POINT_DIRECT) != 0) == provider->direct);
        /* What was foretold of the past, and never came true in figures, is an estimate. */
        fuzz_expect(ask->kind == JB_ASK_FORECAST || (point->flags & JB_POINT_FORECAST) == 0 ||
                    (point->flags & JB_POINT_ESTIMATED) != 0 || point->start_ns > ask->now_ns);
        fuzz_expect(ask->kind != JB_ASK_LATEST || point->start_ns <= ask->now_ns);
    }
}

static inline int fuzz_provider(const struct jb_provider *provider, const char *const *zones, size_t zone_count,
                                const char *const *regions, size_t region_count, const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    unsigned choice = data[0];
    struct jb_exchange exchange = {
        .ask = {.kind = (enum jb_ask_kind)(choice % 3),
                .zone = zones[choice / 3 % zone_count],
                .now_ns = FUZZ_NOW_NS,
                .from_ns = FUZZ_NOW_NS - 4 * FUZZ_DAY_NS,
                .to_ns = FUZZ_NOW_NS + (choice % 3 == JB_ASK_FORECAST ? FUZZ_DAY_NS : 0),
                .latitude = NAN,
                .longitude = NAN,
                .access = {.url = provider->url, .region = regions[choice / 3 / zone_count % region_count]}}};
    static struct jb_request request;
    struct jb_diag diag = {0};
    struct jb_track track = {0};
    memset(&request, 0, sizeof(request));
    bool asked = provider->request(&exchange, &request, &diag) == 0;
    fuzz_expect(asked ? strncmp(request.url, provider->url, strlen(provider->url)) == 0 : diag.text[0] != '\0');
    char *body = malloc(size); /* one less for the choice, one more for the end */
    if (asked && body != NULL) {
        memcpy(body, data + 1, size - 1);
        body[size - 1] = '\0';
        diag.text[0] = '\0';
        int result = provider->answer(&exchange, body, size - 1, &track, &diag);
        fuzz_expect(result == 0 || result == 1 || result == -EBADMSG || result == -ENODATA);
        fuzz_expect((result < 0) == (diag.text[0] != '\0') && (result != 0 || track.count > 0));
        fuzz_points(provider, &exchange.ask, &track);
    }
    free(body);
    jb_track_finish(&track);
    return 0;
}

#endif
