/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eia.c - the hourly grid monitor of the US Energy Information Administration (form EIA-930): net generation of a
 * balancing authority by energy source, times factors.
 *
 * Documented at https://www.eia.gov/opendata/documentation.php, route electricity/rto/fuel-type-data. The key is a
 * query parameter, api_key. A page has 5,000 rows at most; a question is kept to five days (120 hours of 19 sources,
 * about 500 kB), so that one page holds it, and an answer that says that there is more is refused.
 *
 * Odd: `period` is the END of the hour, in UTC: "hourly data are published using the hour ending time reporting
 * convention" (https://www.eia.gov/electricity/gridmonitor/about). `value` is a number in some versions and a string in
 * others; `total` likewise. Battery, pumped and other storage is net of charging. Zones of Electricity Maps end in the
 * code of their balancing authority.
 */
#include "base/cleanup.h"
#include "base/text.h"
#include "grid/providers/mix_slots.h"
#include "grid/providers/providers.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#define HOUR_NS   (3600 * (int64_t)JB_NS_PER_S)
#define LATEST_NS (48 * HOUR_NS)
#define PAGE      5000

/* The last one is every source that is not in the table. */
static const struct jb_mix_code codes[] = {
    {"BAT", JB_STORAGE},    {"BIO", JB_FUEL_BIOMASS}, {"COL", JB_FUEL_COAL},    {"GEO", JB_FUEL_GEOTHERMAL},
    {"NG", JB_FUEL_GAS},    {"NUC", JB_FUEL_NUCLEAR}, {"OES", JB_STORAGE},      {"OIL", JB_FUEL_OIL},
    {"PS", JB_STORAGE},     {"SNB", JB_FUEL_SOLAR}, /* with a battery of its own, as WNB */
    {"SUN", JB_FUEL_SOLAR}, {"UES", JB_STORAGE},      {"WAT", JB_FUEL_HYDRO},   {"WNB", JB_FUEL_WIND},
    {"WND", JB_FUEL_WIND},  {"OTH", JB_FUEL_UNKNOWN}, {"UNK", JB_FUEL_UNKNOWN}, {"", JB_FUEL_UNKNOWN},
};

/* The zones of data/carbon_intensity.csv that are balancing authorities; Alaska and Hawaii report nothing. */
static const char *const zones[] = {
    "US-CAL-BANC", "US-CAL-CISO", "US-CAL-IID",   "US-CAL-LDWP",  "US-CAL-TIDC",  "US-CAR-CPLE",  "US-CAR-CPLW",
    "US-CAR-DUK",  "US-CAR-SC",   "US-CAR-SCEG",  "US-CAR-YAD",   "US-CENT-SPA",  "US-CENT-SWPP", "US-FLA-FMPP",
    "US-FLA-FPC",  "US-FLA-FPL",  "US-FLA-GVL",   "US-FLA-HST",   "US-FLA-JEA",   "US-FLA-SEC",   "US-FLA-TAL",
    "US-FLA-TEC",  "US-MIDA-PJM", "US-MIDW-AECI", "US-MIDW-LGEE", "US-MIDW-MISO", "US-NE-ISNE",   "US-NW-AVA",
    "US-NW-BPAT",  "US-NW-CHPD",  "US-NW-DOPD",   "US-NW-GCPD",   "US-NW-GRID",   "US-NW-IPCO",   "US-NW-NEVP",
    "US-NW-NWMT",  "US-NW-PACE",  "US-NW-PACW",   "US-NW-PGE",    "US-NW-PSCO",   "US-NW-PSEI",   "US-NW-SCL",
    "US-NW-TPWR",  "US-NW-WACM",  "US-NW-WAUW",   "US-NY-NYIS",   "US-SE-SEPA",   "US-SE-SOCO",   "US-SW-AZPS",
    "US-SW-EPE",   "US-SW-PNM",   "US-SW-SRP",    "US-SW-TEPC",   "US-SW-WALC",   "US-TEN-TVA",   "US-TEX-ERCO",
};

/* NULL: not served. The country is the sum of the lower 48 states. */
static const char *respondent(const char *zone)
{
    if (jb_streq(zone, "US")) {
        return "US48";
    }
    for (size_t i = 0; i < JB_COUNT(zones); i++) {
        if (jb_streq(zone, zones[i])) {
            return strrchr(zones[i], '-') + 1;
        }
    }
    return NULL;
}

static bool serves(const struct jb_ask *ask)
{
    return respondent(ask->zone) != NULL;
}

static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    const char *who = respondent(ask->zone);
    int64_t from_ns, to_ns;
    if (who == NULL || !jb_slots_window(ask, LATEST_NS, HOUR_NS, &from_ns, &to_ns)) {
        return jb_fail(diag, -EINVAL, "eia has nothing for that place and time");
    }
    char start[32], end[32]; /* of the first and the last period, both included: ends of hours */
    jb_iso_time(from_ns + HOUR_NS, start, sizeof(start));
    jb_iso_time(to_ns, end, sizeof(end));
    JB_CLEANUP(jb_buf_finish) struct jb_buf url = {0};
    jb_buf_printf(&url,
                  "%s/electricity/rto/fuel-type-data/data/?frequency=hourly&data%%5B0%%5D=value"
                  "&facets%%5Brespondent%%5D%%5B%%5D=%s&start=%.13s&end=%.13s"
                  "&sort%%5B0%%5D%%5Bcolumn%%5D=period&sort%%5B0%%5D%%5Bdirection%%5D=asc&offset=0&length=%d&api_key=",
                  ask->access.url, who, start, end, PAGE);
    jb_buf_url(&url, ask->access.token);
    if (url.failed || !jb_copy(ret->url, sizeof(ret->url), url.data)) {
        return jb_fail(diag, -EINVAL, "[grid] eia_url or eia_token is too long");
    }
    return 0;
}

/* A number, a number in a string, or nothing yet. */
static int number(const json_t *value, double *ret)
{
    if (value == NULL || json_is_null(value)) {
        *ret = NAN;
    } else if (json_is_string(value)) {
        return jb_parse_double(json_string_value(value), ret);
    } else if (json_is_number(value)) {
        *ret = json_number_value(value);
    } else {
        return -EINVAL;
    }
    return 0;
}

static int take_row(struct jb_slots *slots, const json_t *row, const char *who, struct jb_diag *diag)
{
    const char *period = json_string_value(json_object_get(row, "period"));
    const char *source = json_string_value(json_object_get(row, "fueltype"));
    const char *of = json_string_value(json_object_get(row, "respondent"));
    const char *units = json_string_value(json_object_get(row, "value-units"));
    int64_t end_ns;
    double amount;
    if (period == NULL || source == NULL || of == NULL || jb_iso_parse(period, &end_ns) < 0 ||
        number(json_object_get(row, "value"), &amount) < 0) {
        return jb_fail(diag, -EBADMSG, "eia: a row without period, respondent, fueltype and value");
    }
    if (!jb_streq(of, who)) {
        return jb_fail(diag, -EBADMSG, "eia: the answer is about another balancing authority than %s", who);
    }
    if (units != NULL && !jb_streq(units, "megawatthours")) {
        return jb_fail(diag, -EBADMSG, "eia: values are not in megawatthours");
    }
    size_t code = jb_slots_code(codes, JB_COUNT(codes), source);
    if (code < JB_COUNT(codes)) {
        jb_slots_set(slots, code, end_ns - HOUR_NS, end_ns, amount);
    } else {
        jb_slots_add(slots, JB_COUNT(codes) - 1, end_ns - HOUR_NS, end_ns, amount);
    }
    return 0;
}

static int take_rows(struct jb_slots *slots, const json_t *root, const char *who, struct jb_diag *diag)
{
    const json_t *response = json_object_get(root, "response");
    const json_t *rows = json_object_get(response, "data");
    double total = NAN;
    if (!json_is_array(rows) || number(json_object_get(response, "total"), &total) < 0) {
        return jb_fail(diag, -EBADMSG, "eia: the answer has no response with data");
    }
    if (total > (double)json_array_size(rows)) {
        return jb_fail(diag, -EBADMSG, "eia: the answer has only %zu of %.0f rows", json_array_size(rows), total);
    }
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        int err = take_row(slots, row, who, diag);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    const char *who = respondent(exchange->ask.zone);
    JB_CLEANUP(jb_slots_finish) struct jb_slots slots = {0};
    if (who == NULL) {
        return jb_fail(diag, -EINVAL, "eia has nothing for that place");
    }
    int err = jb_slots_init(&slots, codes, JB_COUNT(codes), &exchange->ask, LATEST_NS, HOUR_NS, diag);
    if (err < 0) {
        return err;
    }
    json_t *root = json_loadb(body, length, 0, NULL);
    err = take_rows(&slots, root, who, diag);
    json_decref(root);
    return err == 0 ? jb_slots_points(&slots, &exchange->ask, &jb_provider_eia, 0, track, diag) : err;
}

/* The gateway in front (api.data.gov) says 403 {"error": {"code": "API_KEY_INVALID", ...}} for a wrong key. */
static int refused(const struct jb_exchange *exchange, int status, const char *body, size_t length,
                   struct jb_diag *diag)
{
    if (status != 403) {
        return 0;
    }
    json_t *root = json_loadb(body, length, 0, NULL);
    const char *code = json_string_value(json_object_get(json_object_get(root, "error"), "code"));
    bool is_key = code != NULL && jb_starts(code, "API_KEY_");
    json_decref(root);
    if (!is_key) {
        return 0;
    }
    jb_fail(diag, -EACCES, "eia: the key is missing or not valid (HTTP 403)");
    jb_fix(diag, "set [grid] eia_token; a key is free at https://www.eia.gov/opendata/register.php");
    return -EACCES;
}

const struct jb_provider jb_provider_eia = {
    .name = "eia",
    .title = "EIA hourly electric grid monitor (EIA-930)",
    .credit = "U.S. Energy Information Administration, form EIA-930 (public domain)",
    .url = "https://api.eia.gov/v2",
    .needs = "token",
    .signal = JB_AVERAGE,
    .lifecycle = true,
    .direct = true,
    .period_ns = (uint64_t)HOUR_NS,
    .lag_ns = (uint64_t)(24 * HOUR_NS), /* by source the day after */
    .max_span_ns = (uint64_t)(120 * HOUR_NS),
    .past_ns = 0, /* since July 2018 */
    .serves = serves,
    .request = request,
    .answer = answer,
    .refused = refused,
};
