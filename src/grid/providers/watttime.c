/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watttime.c - marginal emissions: what one more kWh would cause now, by the plants that follow the load.
 *
 * Documented at docs.watttime.org (API version 3) and seen in WattTime's own Python client. Three steps at most:
 *  1. GET /login with basic authentication: {"token": ".."}, good for 30 minutes. It is asked for anew each time: once
 *     in a quarter of an hour; they allow 100 in five minutes.
 *  2. GET /v3/region-from-loc, only when neither [grid] watttime_region nor the table knows the region.
 *  3. GET /v3/forecast for now and what comes (horizon_hours=0 is now alone), /v3/historical for the past, both ends of
 *     it inclusive: {"data": [{"point_time": .., "value": 870.0, "imputed_data_used": false}], "meta": {"region": ..,
 *     "signal_type": "co2_moer", "units": "lbs_co2_per_mwh", "data_point_period_seconds": 300, ..}}.
 * /v3/signal-index is not used: it ranks the hour among its neighbours in percent, and is no intensity.
 *
 * Odd: users without a plan may ask about CAISO_NORTH only; a plan that does not cover a region is told by 403 or by
 * 400 with "Invalid scope", a wrong password by 401 or by 403 with a page in HTML. It is CO2 alone, at the stack: CH4
 * and N2O from there add less than a hundredth (EPA eGRID), which is lost in the error. A configured region of which
 * the table knows that it lies elsewhere than the zone that is asked about does not count for it.
 */
#include "grid/provider.h"
#include "grid/providers/providers.h"
#include "grid/providers/watttime_region.h"

#include "base/clock.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#define SIGNAL "co2_moer"
#define UNITS  "lbs_co2_per_mwh"

#define LB_PER_MWH_IN_G_PER_KWH 0.45359237 /* the international pound of 1959: exact */
#define MAX_LB_PER_MWH          10000      /* engineering bound: four times the worst plants on oil */

#define HOUR_NS      (3600 * (int64_t)JB_NS_PER_S)
#define PERIOD_S     300
#define MAX_PERIOD_S 86400
#define FORECAST_H   72

/* Nobody measures what a marginal plant is; it is inferred by a model, and WattTime gives no error with its values.
 * These are engineering bounds: gas and coal, the usual candidates, differ by a factor of two, and which of them
 * follows the load in an hour is sometimes taken wrongly. A forecast adds the chance that the hour comes otherwise. */
#define MODEL_ERROR    0.25
#define FORECAST_ERROR 0.35

/* The region, if it is known without asking. `ret_part`: it is taken for a zone that it is only a part of. */
static bool known_region(const struct jb_ask *ask, char ret_region[JB_WATTTIME_REGION], bool *ret_part)
{
    const char *configured = ask->access.region;
    *ret_part = false;
    if (configured != NULL && configured[0] != '\0' && jb_watttime_fits(ask->zone, configured)) {
        return jb_copy(ret_region, JB_WATTTIME_REGION, configured);
    }
    return jb_watttime_region(ask->zone, ret_region, ret_part);
}

static bool has_coordinates(const struct jb_ask *ask)
{
    return isfinite(ask->latitude) && isfinite(ask->longitude);
}

static bool serves(const struct jb_ask *ask)
{
    char region[JB_WATTTIME_REGION];
    bool part;
    return known_region(ask, region, &part) || has_coordinates(ask);
}

/* Settle the region if that can be done without asking. */
static int settle_region(struct jb_exchange *exchange, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    char region[JB_WATTTIME_REGION];
    bool part;
    if (known_region(ask, region, &part) && !(part && has_coordinates(ask))) {
        if (!jb_watttime_is_region(region)) {
            jb_fail(diag, -EINVAL, "[grid] watttime_region is no name of a region");
            jb_fix(diag, "names are such as CAISO_NORTH, DE or KOR");
            return -EINVAL;
        }
        jb_copy(exchange->text, sizeof(exchange->text), region);
    } else if (!has_coordinates(ask)) {
        jb_fail(diag, -EINVAL, "watttime has no region for %s", ask->zone);
        jb_fix(diag, "set [grid] watttime_region, or latitude and longitude");
        return -EINVAL;
    }
    return 0;
}

static int ask_for_data(const struct jb_exchange *exchange, struct jb_request *ret)
{
    const struct jb_ask *ask = &exchange->ask;
    const char *base = ask->access.url, *region = exchange->text;
    int n;
    if (ask->kind == JB_ASK_RANGE) {
        char start[32], end[32];
        int64_t period_ns = PERIOD_S * (int64_t)JB_NS_PER_S;
        jb_iso_time(ask->from_ns - ask->from_ns % period_ns, start, sizeof(start)); /* what holds at its beginning */
        jb_iso_time(ask->to_ns, end, sizeof(end));
        n = jb_snprintf(ret->url, sizeof(ret->url),
                        "%s/v3/historical?region=%s&signal_type=" SIGNAL "&start=%s&end=%s&include_imputed_marker=true",
                        base, region, start, end);
    } else {
        int64_t hours = 0;
        if (ask->kind == JB_ASK_FORECAST) {
            hours = (ask->to_ns - ask->now_ns + HOUR_NS - 1) / HOUR_NS;
            hours = hours < 1 ? 1 : hours > FORECAST_H ? FORECAST_H : hours;
        }
        n = jb_snprintf(ret->url, sizeof(ret->url), "%s/v3/forecast?region=%s&signal_type=" SIGNAL "&horizon_hours=%d",
                        base, region, (int)hours);
    }
    return n >= 0 && (size_t)n < sizeof(ret->url) ? 0 : -EINVAL;
}

static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    int err = exchange->text[0] == '\0' ? settle_region(exchange, diag) : 0;
    if (err < 0) {
        return err;
    }
    if (exchange->secret[0] == '\0') {
        ret->basic = true;
        int n = jb_snprintf(ret->url, sizeof(ret->url), "%s/login", ask->access.url);
        err = n >= 0 && (size_t)n < sizeof(ret->url) ? 0 : -EINVAL;
    } else {
        jb_snprintf(ret->headers[0], sizeof(ret->headers[0]), "Authorization: Bearer %s", exchange->secret);
        if (exchange->text[0] != '\0') {
            err = ask_for_data(exchange, ret);
        } else {
            int n = jb_snprintf(ret->url, sizeof(ret->url),
                                "%s/v3/region-from-loc?latitude=%.4f&longitude=%.4f&signal_type=" SIGNAL,
                                ask->access.url, ask->latitude, ask->longitude);
            err = n >= 0 && (size_t)n < sizeof(ret->url) ? 0 : -EINVAL;
        }
    }
    return err < 0 ? jb_fail(diag, err, "watttime: its address is too long") : 0;
}

/* It goes into a header: nothing that could end one. */
static int take_token(struct jb_exchange *exchange, const json_t *root, struct jb_diag *diag)
{
    const char *token = json_string_value(json_object_get(root, "token"));
    bool good = token != NULL && token[0] != '\0';
    for (size_t i = 0; good && token[i] != '\0'; i++) {
        good = isalnum((unsigned char)token[i]) || strchr("-._~+/=", token[i]) != NULL;
    }
    if (!good || strlen(token) >= sizeof(exchange->secret)) {
        return jb_fail(diag, -EBADMSG, "watttime: its login gave no token");
    }
    jb_copy(exchange->secret, sizeof(exchange->secret), token);
    return 1;
}

static int take_region(struct jb_exchange *exchange, const json_t *root, struct jb_diag *diag)
{
    const char *region = json_string_value(json_object_get(root, "region"));
    if (region == NULL || !jb_watttime_is_region(region)) {
        return jb_fail(diag, -EBADMSG, "watttime: no region in its answer to latitude and longitude");
    }
    if (!jb_watttime_fits(exchange->ask.zone, region)) {
        jb_fail(diag, -EBADMSG, "watttime: latitude and longitude lie in %s, which is not in %s", region,
                exchange->ask.zone);
        jb_fix(diag, "set [grid] zone, latitude and longitude to the same place");
        return -EBADMSG;
    }
    jb_copy(exchange->text, sizeof(exchange->text), region);
    return 1;
}

/* Is it what was asked for? The period of its values. */
static int check_meta(const struct jb_exchange *exchange, const json_t *meta, int64_t *ret_period_ns,
                      struct jb_diag *diag)
{
    const char *units = json_string_value(json_object_get(meta, "units"));
    const char *signal = json_string_value(json_object_get(meta, "signal_type"));
    const char *region = json_string_value(json_object_get(meta, "region"));
    if (units == NULL || !jb_ieq(units, UNITS) || !jb_streq(signal, SIGNAL)) {
        return jb_fail(diag, -EBADMSG, "watttime: its values are not " SIGNAL " in " UNITS);
    }
    if (!jb_streq(region, exchange->text)) {
        return jb_fail(diag, -EBADMSG, "watttime: an answer about another region than %s", exchange->text);
    }
    const json_t *period = json_object_get(meta, "data_point_period_seconds");
    json_int_t seconds = period == NULL || json_is_null(period) ? PERIOD_S : json_integer_value(period);
    if (seconds < 1 || seconds > MAX_PERIOD_S) {
        return jb_fail(diag, -EBADMSG, "watttime: no period that can be");
    }
    *ret_period_ns = seconds * (int64_t)JB_NS_PER_S;
    return 0;
}

/* The value may be null, and a time may be one that nobody asked about. */
static bool wanted(const struct jb_ask *ask, const struct jb_point *point, double lb_per_mwh)
{
    if (!(lb_per_mwh >= 0 && lb_per_mwh <= MAX_LB_PER_MWH)) {
        return false;
    }
    if (ask->kind == JB_ASK_RANGE) {
        return point->end_ns > ask->from_ns && point->start_ns < ask->to_ns;
    }
    return point->start_ns > ask->now_ns - 24 * HOUR_NS && point->start_ns < ask->now_ns + (FORECAST_H + 1) * HOUR_NS;
}

static unsigned flags_of(const struct jb_exchange *exchange, const json_t *row, int64_t start_ns)
{
    char region[JB_WATTTIME_REGION];
    bool part;
    unsigned flags = JB_POINT_DIRECT;
    if (exchange->ask.kind == JB_ASK_RANGE) {
        flags |= json_is_true(json_object_get(row, "imputed_data_used")) ? JB_POINT_ESTIMATED : 0;
    } else {
        /* The first of a forecast is what holds now; it is given also when data is missing, and nothing tells when. */
        flags |= start_ns > exchange->ask.now_ns ? JB_POINT_FORECAST : JB_POINT_ESTIMATED;
    }
    if (known_region(&exchange->ask, region, &part) && part && jb_streq(region, exchange->text) &&
        !has_coordinates(&exchange->ask)) {
        flags |= JB_POINT_ESTIMATED;
    }
    return flags;
}

static int take_point(const struct jb_exchange *exchange, const json_t *row, int64_t period_ns, struct jb_track *track,
                      struct jb_diag *diag)
{
    const char *time = json_string_value(json_object_get(row, "point_time"));
    const json_t *value = json_object_get(row, "value");
    struct jb_point point = {.provider = &jb_provider_watttime, .fetched_ns = exchange->ask.now_ns};
    if (time == NULL || jb_iso_parse(time, &point.start_ns) < 0 ||
        (value != NULL && !json_is_number(value) && !json_is_null(value))) {
        return jb_fail(diag, -EBADMSG, "watttime: a value without its time, or no number");
    }
    double lb_per_mwh = json_is_number(value) ? json_number_value(value) : NAN;
    point.end_ns = point.start_ns + period_ns;
    point.g_per_kwh = lb_per_mwh * LB_PER_MWH_IN_G_PER_KWH;
    point.flags = flags_of(exchange, row, point.start_ns);
    point.rel_error = (point.flags & JB_POINT_FORECAST) != 0 ? FORECAST_ERROR : MODEL_ERROR;
    if (!wanted(&exchange->ask, &point, lb_per_mwh)) {
        return 0;
    }
    int err = jb_track_put(track, &point);
    return err < 0 ? jb_fail(diag, err, "watttime: %s", strerror(-err)) : 1;
}

static int take_data(const struct jb_exchange *exchange, const json_t *root, struct jb_track *track,
                     struct jb_diag *diag)
{
    const json_t *data = json_object_get(root, "data"), *row;
    int64_t period_ns = 0;
    size_t index, count = 0;
    if (!json_is_array(data)) {
        return jb_fail(diag, -EBADMSG, "watttime: no list of values in its answer");
    }
    int r = check_meta(exchange, json_object_get(root, "meta"), &period_ns, diag);
    if (r < 0) {
        return r;
    }
    json_array_foreach(data, index, row)
    {
        r = take_point(exchange, row, period_ns, track, diag);
        if (r < 0) {
            return r;
        }
        count += (size_t)r;
    }
    return count > 0 ? 0 : jb_fail(diag, -ENODATA, "watttime: nothing for %s at that time", exchange->text);
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    json_t *root = json_loadb(body, length, 0, NULL);
    int r;
    if (!json_is_object(root)) {
        r = jb_fail(diag, -EBADMSG, "watttime: its answer is no JSON object");
    } else if (exchange->secret[0] == '\0') {
        r = take_token(exchange, root, diag);
    } else if (exchange->text[0] == '\0') {
        r = take_region(exchange, root, diag);
    } else {
        r = take_data(exchange, root, track, diag);
    }
    json_decref(root);
    return r;
}

static int refused(const struct jb_exchange *exchange, int status, const char *body, size_t length,
                   struct jb_diag *diag)
{
    if (exchange->secret[0] == '\0' && (status == 401 || status == 403)) {
        jb_fail(diag, -EACCES, "watttime does not take the user name and password (HTTP %d)", status);
        jb_fix(diag, "set [grid] watttime_user and watttime_password as they were registered with WattTime");
        return -EACCES;
    }
    if (exchange->secret[0] == '\0' || (status != 400 && status != 403 && status != 404)) {
        return 0;
    }
    if (exchange->text[0] == '\0') { /* {"error": "No coverage available for these coordinates and signal_type", ..} */
        return strstr(body, "coordinates") != NULL
                   ? jb_fail(diag, -ENODATA, "watttime covers no region at this latitude and longitude")
                   : 0;
    }
    if (status == 403 || strstr(body, "Invalid scope") != NULL) {
        jb_fail(diag, -EPERM, "the plan of this user of watttime does not cover %s (HTTP %d)", exchange->text, status);
        jb_fix(diag, "without a plan WattTime gives CAISO_NORTH only; name others in [grid] providers");
        return -EPERM;
    }
    return 0;
}

const struct jb_provider jb_provider_watttime = {
    .name = "watttime",
    .title = "WattTime",
    .credit = "WattTime (watttime.org), by the plan of the user",
    .url = "https://api.watttime.org",
    .needs = "user",
    .signal = JB_MARGINAL,
    .direct = true,
    .period_ns = PERIOD_S * JB_NS_PER_S,
    .lag_ns = PERIOD_S * JB_NS_PER_S,
    .max_span_ns = 7 * 24 * 3600 * JB_NS_PER_S, /* 32 days are allowed; a week stays well below 1 MB */
    .forecast_ns = FORECAST_H * 3600 * JB_NS_PER_S,
    .serves = serves,
    .request = request,
    .answer = answer,
    .refused = refused,
};
