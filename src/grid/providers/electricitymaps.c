/* SPDX-License-Identifier: Apache-2.0 */
/*
 * electricitymaps.c - Electricity Maps: some 350 zones of the world, imports traced, by the hour.
 *
 * Documented at app.electricitymaps.com/docs/reference (v4) and portal.electricitymaps.com/docs (v3). Both are served
 * under one host, and the path of [grid] electricitymaps_url says which is meant; v4 is the usual one, v3 is kept up
 * but called legacy. They differ in little: the name of what turns off the look-up of the caller's address (left on, a
 * zone that is not known is answered with that of whoever asks), and the name of the list in history.
 *
 * What is odd: `history` is the last 24 hours and all the past that a free key has; 401 is said of a wrong key, of a
 * zone or an endpoint that the key is not for, and, at times, of a good key that asks too often
 * (electricitymaps-contrib#7477, #8047). No `temporalGranularity` is sent: every plan has hours, and how the other
 * values limit past-range is not documented.
 */
#include "grid/provider.h"
#include "grid/providers/electricitymaps_json.h"
#include "grid/providers/providers.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define HOUR_NS    (INT64_C(3600) * (int64_t)JB_NS_PER_S)
#define HISTORY_NS (24 * HOUR_NS)

static bool has_coordinates(const struct jb_ask *ask)
{
    return isfinite(ask->latitude) && isfinite(ask->longitude);
}

static bool serves(const struct jb_ask *ask)
{
    return ask->zone == NULL || ask->zone[0] == '\0' ? has_coordinates(ask) : jb_em_place(ask->zone) != NULL;
}

static int64_t whole_hour(int64_t t_ns)
{
    return t_ns - t_ns % HOUR_NS;
}

static void add_place(struct jb_buf *url, const struct jb_ask *ask)
{
    if (ask->zone != NULL && ask->zone[0] != '\0') {
        jb_buf_puts(url, "zone=");
        jb_buf_url(url, ask->zone);
    } else {
        jb_buf_printf(url, "lat=%.4f&lon=%.4f", ask->latitude, ask->longitude);
    }
}

/* Is `name` a part of the URL's path? */
static bool has_part(const char *url, const char *name)
{
    const char *at = strstr(url, name);
    return at != NULL && (at[strlen(name)] == '\0' || at[strlen(name)] == '/');
}

static void add_no_lookup(struct jb_buf *url, const char *base)
{
    bool v3 = has_part(base, "/v3"), v4 = has_part(base, "/v4");
    if (!v4) {
        jb_buf_puts(url, "&shouldUseFallbackCallerLookup=false");
    }
    if (!v3) {
        jb_buf_puts(url, "&disableCallerLookup=true");
    }
}

static void add_time(struct jb_buf *url, const char *name, int64_t t_ns)
{
    char text[32];
    jb_buf_printf(url, "&%s=", name);
    jb_buf_url(url, jb_iso_time(t_ns, text, sizeof(text)));
}

/* 24, 48 and 72 are what both versions take. */
static int horizon_hours(const struct jb_ask *ask)
{
    int64_t ahead_ns = ask->to_ns - ask->now_ns;
    return ahead_ns <= 24 * HOUR_NS ? 24 : ahead_ns <= 48 * HOUR_NS ? 48 : 72;
}

static bool in_history(const struct jb_ask *ask)
{
    return ask->from_ns >= whole_hour(ask->now_ns - HISTORY_NS);
}

static const char *endpoint(const struct jb_ask *ask)
{
    switch (ask->kind) {
    case JB_ASK_FORECAST:
        return "forecast";
    case JB_ASK_RANGE:
        return in_history(ask) ? "history" : "past-range";
    case JB_ASK_LATEST:
        break;
    }
    return "latest";
}

static void add_times(struct jb_buf *url, const struct jb_ask *ask)
{
    if (ask->kind == JB_ASK_FORECAST) {
        jb_buf_printf(url, "&horizonHours=%d", horizon_hours(ask));
    } else if (ask->kind == JB_ASK_RANGE && !in_history(ask)) {
        /* From the beginning of the hour that `from` lies in: values are found by when they begin. */
        add_time(url, "start", whole_hour(ask->from_ns));
        add_time(url, "end", ask->to_ns);
    }
}

int jb_em_header(const struct jb_ask *ask, const char *name, struct jb_request *ret, struct jb_diag *diag)
{
    const char *token = ask->access.token;
    bool good = token != NULL && token[0] != '\0';
    for (size_t i = 0; good && token[i] != '\0'; i++) {
        good = token[i] > ' ' && token[i] < 0x7f; /* one that would begin a header of its own is none */
    }
    if (!good || jb_snprintf(ret->headers[0], sizeof(ret->headers[0]), "auth-token: %s", token) >=
                     (int)sizeof(ret->headers[0])) {
        *ret = (struct jb_request){0};
        jb_fail(diag, -EINVAL, "the key is not one that can be sent");
        jb_fix(diag, "set [grid] %s_token in joulebook.conf to the key from " JB_EM_PORTAL, name);
        return -EINVAL;
    }
    return 0;
}

static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    if ((ask->zone == NULL || ask->zone[0] == '\0') && !has_coordinates(ask)) {
        return jb_fail(diag, -EINVAL, "neither a zone nor coordinates to ask about");
    }
    JB_CLEANUP(jb_buf_finish) struct jb_buf url = {0};
    jb_buf_printf(&url, "%s/carbon-intensity/%s?", ask->access.url, endpoint(ask));
    add_place(&url, ask);
    jb_buf_printf(&url, "&emissionFactorType=%s", ask->direct ? "direct" : "lifecycle");
    add_no_lookup(&url, ask->access.url);
    add_times(&url, ask);
    if (url.failed) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    if (!jb_copy(ret->url, sizeof(ret->url), url.data)) {
        *ret = (struct jb_request){0};
        return jb_fail(diag, -EINVAL, "the address is too long");
    }
    return jb_em_header(ask, "electricitymaps", ret, diag);
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    return jb_em_answer(&jb_provider_electricitymaps, &exchange->ask, body, length, track, diag);
}

const struct jb_provider jb_provider_electricitymaps = {
    .name = "electricitymaps",
    .title = "Electricity Maps",
    .credit = "Source: ElectricityMaps.com (values of free keys: not for commercial use)",
    .url = "https://api.electricitymaps.com/v4",
    .needs = "token",
    .signal = JB_AVERAGE,
    .lifecycle = true,
    .direct = true,
    .period_ns = (uint64_t)HOUR_NS,
    /* The value of an hour is estimated before it begins (updatedAt is earlier than datetime) and is `latest` within
     * its first minutes. */
    .lag_ns = 3 * 60 * JB_NS_PER_S,
    /* past-range takes 240 hours; one day less leaves room for the hour that is begun. */
    .max_span_ns = UINT64_C(9) * 24 * (uint64_t)HOUR_NS,
    .past_ns = 0,
    .recent_ns = UINT64_C(24) * (uint64_t)HOUR_NS,
    .forecast_ns = UINT64_C(72) * (uint64_t)HOUR_NS,
    .serves = serves,
    .request = request,
    .answer = answer,
    .refused = jb_em_refused,
};
