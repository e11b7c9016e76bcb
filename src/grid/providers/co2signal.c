/* SPDX-License-Identifier: Apache-2.0 */
/*
 * co2signal.c - CO2 Signal, the older free interface of Electricity Maps: the latest value and nothing else.
 *
 * Documented at docs.co2signal.com: GET {base}/latest?countryCode=DK-DK1 with the header auth-token. Obsolete, keys are
 * no longer given out and the free plan of Electricity Maps has taken its place; it is kept for what still speaks it,
 * and asked only where [grid] providers names it. It says nothing of estimates, factors or other times: by its docs
 * the life cycle. The /home-assistant of Electricity Maps answers in the same shape.
 */
#include "grid/providers/electricitymaps_json.h"
#include "grid/providers/providers.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>

static bool serves(const struct jb_ask *ask)
{
    return ask->zone != NULL && jb_em_place(ask->zone) != NULL;
}

static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    if (ask->kind != JB_ASK_LATEST) {
        return jb_fail(diag, -EINVAL, "it has the latest value only");
    }
    if (!serves(ask)) {
        return jb_fail(diag, -EINVAL, "no zone of Electricity Maps to ask about");
    }
    JB_CLEANUP(jb_buf_finish) struct jb_buf url = {0};
    jb_buf_printf(&url, "%s/latest?countryCode=", ask->access.url);
    jb_buf_url(&url, ask->zone);
    if (url.failed) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    if (!jb_copy(ret->url, sizeof(ret->url), url.data)) {
        *ret = (struct jb_request){0};
        return jb_fail(diag, -EINVAL, "the address is too long");
    }
    return jb_em_header(ask, "co2signal", ret, diag);
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    return jb_em_answer(&jb_provider_co2signal, &exchange->ask, body, length, track, diag);
}

const struct jb_provider jb_provider_co2signal = {
    .name = "co2signal",
    .title = "CO2 Signal (obsolete)",
    .credit = "Source: ElectricityMaps.com (CO2 Signal: not for commercial use)",
    .url = "https://api.co2signal.com/v1",
    .needs = "token",
    .signal = JB_AVERAGE,
    .opt_in = true,
    .lifecycle = true,
    .period_ns = 3600 * JB_NS_PER_S,
    .serves = serves,
    .request = request,
    .answer = answer,
};
