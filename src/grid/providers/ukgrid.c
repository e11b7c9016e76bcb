/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ukgrid.c - Great Britain, by the system operator NESO: the whole country, or one of its regions.
 *
 * Documented at carbon-intensity.github.io/api-definitions. No key. National values are said half an hour after, and
 * forecast 48 hours ahead; those of regions (14 of the distribution networks, England, Scotland, Wales: [grid]
 * ukgrid_region = 1..17 or an outward postcode such as RG10) are forecasts for past times too. At most 14 days may be
 * asked for at once.
 *
 * Direct: CO2 of generation alone, with imports and losses; /intensity/factors has 0 for nuclear, wind, sun and water.
 * Northern Ireland (GB-NIR) belongs to another grid, and Orkney and Shetland are zones of their own.
 */
#include "grid/providers/providers.h"
#include "grid/providers/ukgrid_json.h"

#include "base/cleanup.h"

#include <errno.h>

#define REGIONS      17
#define LOOK_BACK_NS (2 * JB_HOUR_NS) /* what was a forecast at the last time of asking may be settled by now */

static bool serves(const struct jb_ask *ask)
{
    return jb_streq(ask->zone, "GB");
}

/* The first half of a postcode: one or two letters, a digit, and perhaps one more of either. */
static bool outward(const char *text, char ret[5])
{
    size_t length = 0, letters = 0;
    for (; text[length] != '\0'; length++) {
        char c = text[length];
        bool digit = c >= '0' && c <= '9';
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (length == 4 || !(digit || letter)) {
            return false;
        }
        letters += letter && letters == length;
        ret[length] = letter && c >= 'a' ? (char)(c - 'a' + 'A') : c;
    }
    ret[length] = '\0';
    return (letters == 1 || letters == 2) && length > letters && length - letters <= 2;
}

static int find_place(const struct jb_access *access, struct jb_ukgrid_place *ret, struct jb_diag *diag)
{
    *ret = (struct jb_ukgrid_place){0};
    const char *region = access->region;
    if (region == NULL || region[0] == '\0') {
        return 0;
    }
    uint64_t id;
    if (jb_parse_u64(region, &id) == 0 && id >= 1 && id <= REGIONS) {
        ret->region = (int)id;
        return 0;
    }
    if (outward(region, ret->postcode)) {
        return 0;
    }
    int err = jb_fail(diag, -EINVAL, "ukgrid knows no such region");
    jb_fix(diag, "set [grid] ukgrid_region to a number from 1 to 17 or the first half of a postcode, such as RG10");
    return err;
}

/* /intensity/FROM/TO or /intensity/FROM/fw48h, and where it has one the region. */
static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    struct jb_ukgrid_place place;
    int err = jb_national_check(&jb_provider_ukgrid, ask, diag);
    if (err < 0 || (err = find_place(&ask->access, &place, diag)) < 0) {
        return err;
    }
    bool range = ask->kind == JB_ASK_RANGE;
    int64_t from_ns = range ? ask->from_ns : ask->now_ns - (ask->kind == JB_ASK_LATEST ? LOOK_BACK_NS : 0);
    int64_t to_ns = range ? ask->to_ns : ask->now_ns + JB_UKGRID_STEP_NS;
    char from[JB_NATIONAL_MINUTE], to[JB_NATIONAL_MINUTE];
    jb_national_minute(jb_national_floor(from_ns, JB_UKGRID_STEP_NS), from);
    jb_national_minute(jb_national_ceil(to_ns, JB_UKGRID_STEP_NS), to);

    JB_CLEANUP(jb_buf_finish) struct jb_buf url = {0};
    bool regional = place.region > 0 || place.postcode[0] != '\0';
    jb_buf_printf(&url, "%s%s/intensity/%s/%s", ask->access.url, regional ? "/regional" : "", from,
                  ask->kind == JB_ASK_FORECAST ? "fw48h" : to);
    if (place.region > 0) {
        jb_buf_printf(&url, "/regionid/%d", place.region);
    } else if (regional) {
        jb_buf_printf(&url, "/postcode/%s", place.postcode);
    }
    return jb_national_url(&jb_provider_ukgrid, &url, ret, diag);
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    struct jb_ukgrid_place place;
    int err = find_place(&exchange->ask.access, &place, diag);
    if (err < 0) {
        return err;
    }
    struct jb_reply reply = {.provider = &jb_provider_ukgrid, .ask = &exchange->ask, .track = track};
    return jb_ukgrid_parse(body, length, &place, &reply, diag);
}

const struct jb_provider jb_provider_ukgrid = {
    .name = "ukgrid",
    .title = "Carbon Intensity API (NESO)",
    .credit = "Carbon Intensity API, National Energy System Operator, CC BY 4.0",
    .url = "https://api.carbonintensity.org.uk",
    .direct = true,
    .period_ns = JB_UKGRID_STEP_NS,
    .max_span_ns = 13 * JB_DAY_NS, /* 14 less what rounding to half hours adds */
    .forecast_ns = 48 * JB_HOUR_NS,
    .serves = serves,
    .request = request,
    .answer = answer,
};
