/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_watttime.c - any bytes as answers of WattTime, one after the other, a line each: login, region, data. The first
 * byte says what was asked for. Whatever comes, a header stays one line.
 */
#include "grid/provider.h"
#include "grid/providers/providers.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static void check_track(const struct jb_track *track, int64_t now_ns)
{
    for (size_t i = 0; i < track->count; i++) {
        const struct jb_point *point = &track->points[i];
        check(point->start_ns < point->end_ns && point->g_per_kwh >= 0 && point->g_per_kwh < 5000);
        check(point->rel_error > 0 && point->fetched_ns == now_ns && point->provider == &jb_provider_watttime);
        check((point->flags & JB_POINT_DIRECT) != 0);
    }
}

static int step(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track)
{
    static struct jb_request request;
    struct jb_diag diag = {0};
    memset(&request, 0, sizeof(request));
    if (jb_provider_watttime.request(exchange, &request, &diag) < 0) {
        return -1;
    }
    check(strpbrk(request.headers[0], "\r\n") == NULL && strpbrk(request.url, " \r\n") == NULL);
    jb_provider_watttime.refused(exchange, 403, body, length, &diag);
    diag = (struct jb_diag){0};
    int r = jb_provider_watttime.answer(exchange, body, length, track, &diag);
    check(r >= 0 || diag.text[0] != '\0');
    exchange->step++;
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    bool located = (data[0] & 4) != 0;
    struct jb_exchange exchange = {.ask = {.kind = (enum jb_ask_kind)(data[0] % 3),
                                           .zone = located ? "US-TEX-ERCO" : "KR",
                                           .now_ns = INT64_C(1795316400000000000),
                                           .from_ns = INT64_C(1795312800000000000),
                                           .to_ns = INT64_C(1795316400000000000),
                                           .latitude = located ? 30 : NAN,
                                           .longitude = located ? -97 : NAN,
                                           .access = {.url = "https://w.example", .user = "u", .password = "p"}}};
    struct jb_track track = {0};
    char *text = malloc(size);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    char *line = text, *end = text + size - 1;
    for (int i = 0; i < 3 && line <= end; i++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *stop = newline != NULL && i < 2 ? newline : end;
        *stop = '\0';
        if (step(&exchange, line, (size_t)(stop - line), &track) <= 0) {
            break;
        }
        line = stop + 1;
    }
    check_track(&track, exchange.ask.now_ns);
    jb_track_finish(&track);
    free(text);
    return 0;
}
