/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entsoe.c - the Transparency Platform of the European grid operators: generation per type, times factors.
 *
 * Documented in its "RESTful API user guide": documentType A75 (actual generation per type), processType A16
 * (realised). The key is a query parameter, securityToken. 400 requests a minute for a key; more is 429 and ten minutes
 * of silence.
 *
 * Odd: a window in which nothing is published yet is answered as an error, and operators that owe their values within
 * an hour have been seen 12 to 16 hours late (DE, FR, ES in September 2026), so that the latest is looked for in the
 * last day and a half. A day of Germany is 96 quarters of 17 series, about 280 kB, hence two days at most at a time.
 * Refusals come as a document of their own, with 200 (no such data) as well as with 400 and 401.
 */
#include "grid/providers/entsoe.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "grid/providers/providers.h"

#include <errno.h>

#define HOUR_NS   (3600 * (int64_t)JB_NS_PER_S)
#define STEP_NS   (HOUR_NS / 4)
#define LATEST_NS (36 * HOUR_NS)

static bool serves(const struct jb_ask *ask)
{
    return jb_entsoe_area(ask->zone) != NULL;
}

/* Whole hours: the platform takes no others. Not past now, where there is nothing. */
static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    const char *area = jb_entsoe_area(ask->zone);
    int64_t from_ns, to_ns;
    if (area == NULL || !jb_slots_window(ask, LATEST_NS, HOUR_NS, &from_ns, &to_ns)) {
        return jb_fail(diag, -EINVAL, "entsoe has nothing for that place and time");
    }
    char from[13], to[13];
    jb_time_digits(from_ns, 12, from);
    jb_time_digits(to_ns, 12, to);
    JB_CLEANUP(jb_buf_finish) struct jb_buf url = {0};
    jb_buf_printf(&url, "%s?documentType=A75&processType=A16&in_Domain=%s&periodStart=%s&periodEnd=%s&securityToken=",
                  ask->access.url, area, from, to);
    jb_buf_url(&url, ask->access.token);
    if (url.failed || !jb_copy(ret->url, sizeof(ret->url), url.data)) {
        return jb_fail(diag, -EINVAL, "[grid] entsoe_url or entsoe_token is too long");
    }
    return 0;
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    const char *area = jb_entsoe_area(ask->zone);
    JB_CLEANUP(jb_slots_finish) struct jb_slots slots = {0};
    if (area == NULL) {
        return jb_fail(diag, -EINVAL, "entsoe has nothing for that place");
    }
    int err = jb_slots_init(&slots, jb_entsoe_codes, JB_ENTSOE_CODES, ask, LATEST_NS, STEP_NS, diag);
    if (err < 0) {
        return err;
    }
    err = jb_entsoe_parse(body, length, area, &slots, diag);
    err = err == -EINVAL ? -EBADMSG : err; /* a refusal that came with 200 */
    return err == 0 ? jb_slots_points(&slots, ask, &jb_provider_entsoe, 0, track, diag) : err;
}

static int refused(const struct jb_exchange *exchange, int status, const char *body, size_t length,
                   struct jb_diag *diag)
{
    struct jb_exchange again = *exchange;
    struct jb_diag reason = {{0}, {0}};
    JB_CLEANUP(jb_track_finish) struct jb_track none = {0};
    if (status != 400 || answer(&again, body, length, &none, &reason) != -ENODATA) {
        return 0;
    }
    return jb_fail(diag, -ENODATA, "%s", reason.text);
}

const struct jb_provider jb_provider_entsoe = {
    .name = "entsoe",
    .title = "ENTSO-E Transparency Platform",
    .credit = "ENTSO-E Transparency Platform, transparency.entsoe.eu (CC BY 4.0)",
    .url = "https://web-api.tp.entsoe.eu/api",
    .needs = "token",
    .signal = JB_AVERAGE,
    .lifecycle = true,
    .direct = true,
    .period_ns = (uint64_t)STEP_NS,
    .lag_ns = (uint64_t)(2 * HOUR_NS), /* an hour after the end of each hour, by regulation 543/2013 article 16 */
    .max_span_ns = (uint64_t)(48 * HOUR_NS),
    .past_ns = 0, /* since 2015 */
    .serves = serves,
    .request = request,
    .answer = answer,
    .refused = refused,
};
