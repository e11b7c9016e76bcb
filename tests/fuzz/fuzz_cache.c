/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cache.c - any text as a file of the cache: none, or a track that can be, which is the same when it is written
 * and read again.
 */
#include "grid/cache_file.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_points(const struct jb_track *track, const struct jb_provider *provider)
{
    for (size_t i = 0; i < track->count; i++) {
        const struct jb_point *point = &track->points[i];
        check(point->start_ns < point->end_ns && isfinite(point->g_per_kwh) && point->rel_error >= 0);
        check(point->provider == provider && (point->flags & ~7u) == 0);
        check(i == 0 || point[-1].end_ns <= point->start_ns);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jb_provider provider = {.name = "ukgrid"};
    const int64_t now_ns = INT64_C(1795348800000000000);
    struct jb_cached cached = {.failures = 0}, again = {.failures = 0};
    struct jb_buf text = {0};
    if (jb_cache_parse((const char *)data, size, &provider, "0a1b2c3d", &cached) == 0) {
        check_points(&cached.track, &provider);
        check(memchr(cached.error, 0, sizeof(cached.error)) != NULL);
        jb_cache_write(&provider, "0a1b2c3d", &cached, &text);
        check(jb_cache_parse(text.data, text.length, &provider, "0a1b2c3d", &again) == 0);
        check(again.track.count == cached.track.count && again.asked_ns == cached.asked_ns &&
              again.retry_ns == cached.retry_ns && again.failures == cached.failures);
        if (jb_cache_bound(&cached, now_ns)) {
            check_points(&cached.track, &provider);
            check(cached.track.count == 0 ||
                  (cached.track.points[0].start_ns >= now_ns - JB_CACHE_KEEP_NS &&
                   cached.track.points[cached.track.count - 1].end_ns <= now_ns + JB_CACHE_AHEAD));
            for (int kind = JB_ASK_LATEST; kind <= JB_ASK_FORECAST; kind++) {
                (void)jb_cache_may_ask(&cached, (enum jb_ask_kind)kind, now_ns);
            }
            jb_cache_note(&cached, JB_ASK_LATEST, now_ns, -5, size, "broken");
            check(!jb_cache_may_ask(&cached, JB_ASK_LATEST, now_ns) && cached.retry_ns > now_ns);
        }
    }
    jb_buf_finish(&text);
    jb_cached_finish(&cached);
    jb_cached_finish(&again);
    return 0;
}
