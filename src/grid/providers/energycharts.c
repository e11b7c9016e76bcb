/* SPDX-License-Identifier: Apache-2.0 */
/*
 * energycharts.c - Germany and its neighbours in the European Union, by Fraunhofer ISE.
 *
 * Parameters and countries are documented at api.energy-charts.info (version 1.5: `country`; `start` and `end` as
 * "2026-10-05T12:30Z"). The path /co2eq itself is not in that document, nor in its version 2, but answers:
 *
 *     {"unix_seconds": [1783893600, 1783894500], "co2eq": [491.5, null], "co2eq_forecast": [null, 505.0],
 *      "deprecated": false}
 *
 * One list for the times, by the quarter or the hour as the country reports, one for what was, about two hours late,
 * and one for what is foretold where that is not there yet. A country is not named in the answer, so that one about
 * another cannot be told. Two requests a minute are allowed.
 *
 * Asked only where [grid] providers names it: the API puts its data under CC BY 4.0 and wants to be named, while the
 * site's notice forbids commercial use.
 *
 * Life cycle, with a doubt: it is called CO2 equivalents, and nothing that could be read says which factors are used.
 * Hence 20 %, one sigma, an engineering bound of the size of what is between life cycle and direct in Germany (24 % in
 * data/carbon_intensity.csv); for what is foretold, 25 %.
 */
#include "grid/providers/national.h"
#include "grid/providers/providers.h"

#include "base/cleanup.h"

#include <errno.h>

#define NS_PER_S       INT64_C(1000000000)
#define QUARTER_S      900
#define LEAST_STEP_S   300
#define MOST_STEP_S    3600
#define LOOK_BACK_NS   (6 * JB_HOUR_NS)
#define PAST_ERROR     0.20
#define FORECAST_ERROR 0.25

/* The members of the European Union in its list of countries, and Switzerland and Norway. */
static const struct country {
    const char *zone, *code;
} countries[] = {
    {"AT", "at"}, {"BE", "be"}, {"BG", "bg"}, {"CH", "ch"}, {"CY", "cy"}, {"CZ", "cz"}, {"DE", "de"}, {"DK", "dk"},
    {"EE", "ee"}, {"ES", "es"}, {"FI", "fi"}, {"FR", "fr"}, {"GR", "gr"}, {"HR", "hr"}, {"HU", "hu"}, {"IE", "ie"},
    {"IT", "it"}, {"LT", "lt"}, {"LU", "lu"}, {"LV", "lv"}, {"MT", "mt"}, {"NL", "nl"}, {"NO", "no"}, {"PL", "pl"},
    {"PT", "pt"}, {"RO", "ro"}, {"SE", "se"}, {"SI", "si"}, {"SK", "sk"},
};

static const char *find_code(const char *zone)
{
    for (size_t i = 0; i < JB_COUNT(countries); i++) {
        if (jb_streq(countries[i].zone, zone)) {
            return countries[i].code;
        }
    }
    return NULL;
}

static bool serves(const struct jb_ask *ask)
{
    return find_code(ask->zone) != NULL;
}

static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    const char *code = find_code(ask->zone);
    if (code == NULL) {
        return jb_fail(diag, -EINVAL, "energycharts does not serve %s", ask->zone);
    }
    int err = jb_national_check(&jb_provider_energycharts, ask, diag);
    if (err < 0) {
        return err;
    }
    bool latest = ask->kind == JB_ASK_LATEST;
    int64_t from_ns = ask->kind == JB_ASK_RANGE ? ask->from_ns : ask->now_ns - (latest ? LOOK_BACK_NS : 0);
    int64_t to_ns = latest ? ask->now_ns : ask->to_ns;
    char from[JB_NATIONAL_MINUTE], to[JB_NATIONAL_MINUTE];
    JB_CLEANUP(jb_buf_finish) struct jb_buf url = {0};
    jb_buf_printf(&url, "%s/co2eq?country=%s&start=", ask->access.url, code);
    jb_buf_url(&url, jb_national_minute(jb_national_floor(from_ns, JB_HOUR_NS), from));
    jb_buf_puts(&url, "&end=");
    jb_buf_url(&url, jb_national_minute(jb_national_ceil(to_ns, JB_HOUR_NS), to));
    return jb_national_url(&jb_provider_energycharts, &url, ret, diag);
}

/* The lists of an answer. */
struct series {
    const json_t *times, *past, *ahead;
    size_t count;
    json_int_t step_s; /* the least distance of two times */
    bool guessed;      /* "substitute": made from history, as the data were not there */
};

static int check_times(struct series *series)
{
    json_int_t before = 0, step_s = 0;
    for (size_t i = 0; i < series->count; i++) {
        const json_t *time = json_array_get(series->times, i);
        json_int_t t = json_integer_value(time);
        if (!json_is_integer(time) || t <= 0 || t > INT64_MAX / NS_PER_S - MOST_STEP_S || t < before) {
            return -EBADMSG;
        }
        json_int_t distance = t - before;
        if (i > 0 && distance > 0 && (step_s == 0 || distance < step_s)) {
            step_s = distance;
        }
        before = t;
    }
    series->step_s = step_s > 0 ? step_s : QUARTER_S;
    return series->step_s >= LEAST_STEP_S && series->step_s <= MOST_STEP_S ? 0 : -EBADMSG;
}

static bool of_length(const json_t *list, size_t count)
{
    return json_is_array(list) && json_array_size(list) == count;
}

static bool missing(const json_t *value)
{
    return value == NULL || json_is_null(value);
}

static int find_series(const json_t *root, struct series *ret)
{
    *ret = (struct series){
        .times = json_object_get(root, "unix_seconds"),
        .past = json_object_get(root, "co2eq"),
        .ahead = json_object_get(root, "co2eq_forecast"),
        .guessed = json_is_true(json_object_get(root, "substitute")),
    };
    if (json_is_null(ret->times) && missing(ret->past)) { /* how it says that it has none */
        return 0;
    }
    ret->count = json_array_size(ret->times);
    if (!json_is_array(ret->times) || !of_length(ret->past, ret->count) ||
        (!missing(ret->ahead) && !of_length(ret->ahead, ret->count))) {
        return -EBADMSG;
    }
    return check_times(ret);
}

static int take(const struct series *series, size_t i, struct jb_reply *reply)
{
    int64_t start_ns = json_integer_value(json_array_get(series->times, i)) * NS_PER_S;
    int64_t end_ns = start_ns + series->step_s * NS_PER_S;
    double g_per_kwh, error = PAST_ERROR;
    unsigned flags = series->guessed ? JB_POINT_ESTIMATED : 0;
    int has = jb_national_value(json_array_get(series->past, i), &g_per_kwh);
    if (has > 0 && start_ns > reply->ask->now_ns) {
        flags |= JB_POINT_FORECAST;
    }
    if (has == 0) {
        has = jb_national_value(json_array_get(series->ahead, i), &g_per_kwh);
        flags |= jb_national_said_before(reply->ask, start_ns);
        error = FORECAST_ERROR;
    }
    return has <= 0 ? has : jb_national_put(reply, start_ns, end_ns, g_per_kwh, error, flags);
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    JB_CLEANUP(jb_national_unload) json_t *root = jb_national_load(&jb_provider_energycharts, body, length, diag);
    if (root == NULL) {
        return -EBADMSG;
    }
    struct jb_reply reply = {.provider = &jb_provider_energycharts, .ask = &exchange->ask, .track = track};
    struct series series;
    int err = find_series(root, &series);
    for (size_t i = 0; err == 0 && i < series.count; i++) {
        err = take(&series, i, &reply);
    }
    return jb_national_end(&reply, err, "unix_seconds and co2eq of one length", diag);
}

const struct jb_provider jb_provider_energycharts = {
    .name = "energycharts",
    .title = "Energy-Charts (Fraunhofer ISE)",
    .credit = "Energy-Charts.info, Fraunhofer ISE, CC BY 4.0",
    .url = "https://api.energy-charts.info",
    .opt_in = true,
    .lifecycle = true,
    .period_ns = QUARTER_S * NS_PER_S,
    .lag_ns = 2 * JB_HOUR_NS,
    .max_span_ns = 14 * JB_DAY_NS,
    .forecast_ns = 48 * JB_HOUR_NS,
    .serves = serves,
    .request = request,
    .answer = answer,
};
