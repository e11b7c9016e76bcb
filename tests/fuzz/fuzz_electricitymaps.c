/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_electricitymaps.c - any bytes as an answer or a refusal of Electricity Maps. The first byte says what was asked.
 */
#include "grid/providers/electricitymaps_json.h"
#include "grid/providers/providers.h"

#include "base/clock.h"
#include "base/diag.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_NS  (INT64_C(1774809060) * (int64_t)JB_NS_PER_S) /* 2026-03-29T18:31:00Z */
#define HOUR_NS (INT64_C(3600) * (int64_t)JB_NS_PER_S)

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static void check_track(const struct jb_track *track, const struct jb_ask *ask)
{
    for (size_t i = 0; i < track->count; i++) {
        const struct jb_point *point = &track->points[i];
        check(point->start_ns < point->end_ns && point->end_ns - point->start_ns <= HOUR_NS);
        check(i == 0 || track->points[i - 1].end_ns <= point->start_ns);
        check(point->g_per_kwh >= 0 && point->g_per_kwh <= 5000);
        check(point->rel_error > 0 && point->rel_error < 1 && point->fetched_ns == NOW_NS);
        check(point->start_ns >= ask->from_ns - HOUR_NS && point->start_ns <= NOW_NS + 73 * HOUR_NS);
        check((point->flags & JB_POINT_FORECAST) || point->start_ns <= NOW_NS + HOUR_NS);
    }
}

static void check_refused(struct jb_exchange *exchange, const char *body, size_t size)
{
    static const int statuses[] = {400, 401, 403, 404, 429, 500};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct jb_diag diag = {0};
        int err = jb_provider_electricitymaps.refused(exchange, statuses[i], body, size, &diag);
        check(err == 0 || err == -EACCES || err == -EPERM || err == -EAGAIN || err == -ENODATA);
        check((err == 0) == (diag.text[0] == '\0') && printable(diag.text) && printable(diag.fix));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    bool co2signal = data[0] & 8, coordinates = data[0] & 16;
    const struct jb_provider *provider = co2signal ? &jb_provider_co2signal : &jb_provider_electricitymaps;
    struct jb_exchange exchange = {.ask = {
                                       .kind = (enum jb_ask_kind)(data[0] % 3),
                                       .zone = coordinates ? "" : "DE",
                                       .now_ns = NOW_NS,
                                       .from_ns = NOW_NS - 10 * 24 * HOUR_NS,
                                       .to_ns = NOW_NS,
                                       .direct = (data[0] & 32) != 0,
                                       .latitude = 50,
                                       .longitude = 10,
                                   }};
    char *body = malloc(size);
    if (body == NULL) {
        return 0;
    }
    memcpy(body, data + 1, size - 1);
    body[size - 1] = '\0';

    struct jb_track track = {0};
    struct jb_diag diag = {0};
    int err = provider->answer(&exchange, body, size - 1, &track, &diag);
    check(err == 0 || err == -EBADMSG || err == -ENODATA);
    check((err == 0) == (track.count > 0) && (err == 0) == (diag.text[0] == '\0'));
    check(printable(diag.text) && printable(diag.fix));
    check_track(&track, &exchange.ask);
    check_refused(&exchange, body, size - 1);
    jb_track_finish(&track);
    free(body);
    return 0;
}
