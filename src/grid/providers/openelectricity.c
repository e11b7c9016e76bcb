/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openelectricity.c - Open Electricity (OpenNEM): emissions over energy of the Australian grids.
 *
 * Documented at https://docs.openelectricity.org.au, GET /v4/data/network/NETWORK with the metrics energy (MWh) and
 * emissions (t), by region and fuel technology, 5 minutes; a bearer token. Both shapes that it has had are read:
 * `columns` with region or with network_region, times with an offset, with Z, or without one in the network's time. The
 * dates of the question must have no offset, and are the network's time: UTC+10 (NEM), UTC+8 (WEM), all year.
 *
 * Emissions are of the stacks alone (scope 1: its guide to emissions), energy times each unit's factor, so that there
 * is no life cycle. The error of those factors is taken as 5 % (an engineering bound), and imports between the regions
 * of the NEM are not in it; the WEM has none.
 *
 * Odd: charging of batteries and pumps are fuel technologies of their own, with positive amounts, so that a plain sum
 * would count them as generation: loads, storage and flows are left out. Rooftop solar comes half an hour later than
 * the rest. A time is taken as the end of its five minutes: energy is said to be the mean of the powers at that time
 * and the one before. No data is 416.
 */
#include "base/cleanup.h"
#include "base/text.h"
#include "grid/providers/mix_slots.h"
#include "grid/providers/providers.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#define HOUR_NS      (3600 * (int64_t)JB_NS_PER_S)
#define STEP_NS      (HOUR_NS / 12)
#define LATEST_NS    (3 * HOUR_NS)
#define FACTOR_ERROR 0.05

struct region {
    const char *zone, *network, *code;
    int hours; /* ahead of UTC */
};
static const struct region regions[] = {
    {"AU-NSW", "NEM", "NSW1", 10}, {"AU-QLD", "NEM", "QLD1", 10}, {"AU-SA", "NEM", "SA1", 10},
    {"AU-TAS", "NEM", "TAS1", 10}, {"AU-VIC", "NEM", "VIC1", 10}, {"AU-WA", "WEM", "WEM", 8},
};

/* The last one is every technology that is not in the table. JB_STORAGE also stands for loads and flows. */
static const struct jb_mix_code codes[] = {
    {"aggregator_dr", JB_STORAGE},
    {"aggregator_vpp", JB_STORAGE},
    {"battery", JB_STORAGE},
    {"battery_charging", JB_STORAGE},
    {"battery_discharging", JB_STORAGE},
    {"bioenergy_biogas", JB_FUEL_BIOMASS},
    {"bioenergy_biomass", JB_FUEL_BIOMASS},
    {"coal_black", JB_FUEL_COAL},
    {"coal_brown", JB_FUEL_COAL},
    {"distillate", JB_FUEL_OIL},
    {"exports", JB_STORAGE},
    {"gas_ccgt", JB_FUEL_GAS},
    {"gas_ocgt", JB_FUEL_GAS},
    {"gas_recip", JB_FUEL_GAS},
    {"gas_steam", JB_FUEL_GAS},
    {"gas_wcmg", JB_FUEL_GAS},
    {"hydro", JB_FUEL_HYDRO},
    {"imports", JB_STORAGE},
    {"interconnector", JB_STORAGE},
    {"nuclear", JB_FUEL_NUCLEAR},
    {"pumps", JB_STORAGE},
    {"solar_rooftop", JB_FUEL_SOLAR},
    {"solar_thermal", JB_FUEL_SOLAR},
    {"solar_utility", JB_FUEL_SOLAR},
    {"wind", JB_FUEL_WIND},
    {"wind_offshore", JB_FUEL_WIND},
    {"", JB_FUEL_UNKNOWN},
};

static const struct region *find_region(const char *zone)
{
    for (size_t i = 0; i < JB_COUNT(regions); i++) {
        if (jb_streq(regions[i].zone, zone)) {
            return &regions[i];
        }
    }
    return NULL;
}

static bool serves(const struct jb_ask *ask)
{
    return find_region(ask->zone) != NULL;
}

static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct region *region = find_region(exchange->ask.zone);
    int64_t from_ns, to_ns;
    if (region == NULL || !jb_slots_window(&exchange->ask, LATEST_NS, STEP_NS, &from_ns, &to_ns)) {
        return jb_fail(diag, -EINVAL, "openelectricity has nothing for that place and time");
    }
    char start[32], end[32];
    jb_iso_time(from_ns + region->hours * HOUR_NS, start, sizeof(start));
    jb_iso_time(to_ns + region->hours * HOUR_NS, end, sizeof(end));
    int n = jb_snprintf(ret->url, sizeof(ret->url),
                        "%s/data/network/%s?metrics=energy&metrics=emissions&interval=5m&network_region=%s"
                        "&primary_grouping=network_region&secondary_grouping=fueltech&date_start=%.19s&date_end=%.19s",
                        exchange->ask.access.url, region->network, region->code, start, end);
    int m =
        jb_snprintf(ret->headers[0], sizeof(ret->headers[0]), "Authorization: Bearer %s", exchange->ask.access.token);
    if (n < 0 || (size_t)n >= sizeof(ret->url) || m < 0 || (size_t)m >= sizeof(ret->headers[0])) {
        return jb_fail(diag, -EINVAL, "[grid] openelectricity_url or openelectricity_token is too long");
    }
    return 0;
}

/* The end of five minutes; without an offset it is the network's time. */
static int read_time(const char *text, const struct region *region, int64_t *ret_ns)
{
    const char *time = text != NULL ? strchr(text, 'T') : NULL;
    if (time == NULL || jb_iso_parse(text, ret_ns) < 0) {
        return -EINVAL;
    }
    if (strpbrk(time, "Z+-") == NULL) {
        *ret_ns -= region->hours * HOUR_NS;
    }
    return 0;
}

/* One fuel technology: [["2026-10-05T00:00:00+10:00", 12.5], [..., null], ...]. */
static int take_series(struct jb_slots *slots, const json_t *result, const struct region *region, struct jb_diag *diag)
{
    const json_t *columns = json_object_get(result, "columns"), *data = json_object_get(result, "data"), *row;
    const char *of = json_string_value(json_object_get(columns, "region"));
    const char *fuel = json_string_value(json_object_get(columns, "fueltech"));
    of = of != NULL ? of : json_string_value(json_object_get(columns, "network_region"));
    of = of == NULL && strcmp(region->network, region->code) == 0 ? region->code : of;
    if (fuel == NULL || of == NULL || !json_is_array(data)) {
        return jb_fail(diag, -EBADMSG, "openelectricity: a series without region, fueltech and data");
    }
    if (strcmp(of, region->code) != 0) {
        return jb_fail(diag, -EBADMSG, "openelectricity: the answer is about another region than %s", region->code);
    }
    size_t i, code = jb_slots_code(codes, JB_COUNT(codes), fuel);
    json_array_foreach(data, i, row)
    {
        const json_t *value = json_array_get(row, 1);
        int64_t end_ns;
        if (read_time(json_string_value(json_array_get(row, 0)), region, &end_ns) < 0 ||
            !(json_is_number(value) || json_is_null(value))) {
            return jb_fail(diag, -EBADMSG, "openelectricity: a value without its time");
        }
        double amount = json_is_number(value) ? json_number_value(value) : NAN;
        if (code < JB_COUNT(codes)) {
            jb_slots_set(slots, code, end_ns - STEP_NS, end_ns, amount);
        } else {
            jb_slots_add(slots, JB_COUNT(codes) - 1, end_ns - STEP_NS, end_ns, amount);
        }
    }
    return 0;
}

static int take_metric(struct jb_slots *slots, const json_t *block, const char *unit, const struct region *region,
                       struct jb_diag *diag)
{
    const json_t *results = json_object_get(block, "results"), *result;
    const char *network = json_string_value(json_object_get(block, "network_code"));
    size_t i;
    if (!json_is_array(results) || !jb_streq(json_string_value(json_object_get(block, "unit")), unit) ||
        !jb_streq(json_string_value(json_object_get(block, "interval")), "5m")) {
        return jb_fail(diag, -EBADMSG, "openelectricity: a metric that is not by 5 minutes and in %s", unit);
    }
    if (!jb_streq(network, region->network)) {
        return jb_fail(diag, -EBADMSG, "openelectricity: the answer is about another network than %s", region->network);
    }
    json_array_foreach(results, i, result)
    {
        int err = take_series(slots, result, region, diag);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

/* Energy that burns nothing needs no emissions to be known. */
static bool burns(int fuel)
{
    return fuel != JB_FUEL_SOLAR && fuel != JB_FUEL_WIND && fuel != JB_FUEL_HYDRO && fuel != JB_FUEL_NUCLEAR;
}

static bool intensity(const struct jb_slots *energy, size_t slot, bool direct, const void *context,
                      double *ret_g_per_kwh, double *ret_rel_error)
{
    const struct jb_slots *emissions = context;
    double mwh = 0, tonnes = 0;
    for (size_t code = 0; code < JB_COUNT(codes); code++) {
        double of_it = energy->amount[slot * JB_COUNT(codes) + code];
        double out = emissions->amount[slot * JB_COUNT(codes) + code];
        if (codes[code].fuel == JB_STORAGE || !(of_it > 0)) {
            continue;
        }
        if (isnan(out) && burns(codes[code].fuel)) {
            return false;
        }
        mwh += of_it;
        tonnes += out > 0 ? out : 0;
    }
    if (!(mwh > 0) || !isfinite(mwh) || !isfinite(tonnes / mwh)) {
        return false;
    }
    *ret_g_per_kwh = 1000 * tonnes / mwh;
    *ret_rel_error = FACTOR_ERROR;
    return true;
}

static bool intensity_of_a_region(const struct jb_slots *energy, size_t slot, bool direct, const void *context,
                                  double *ret_g_per_kwh, double *ret_rel_error)
{
    if (!intensity(energy, slot, direct, context, ret_g_per_kwh, ret_rel_error)) {
        return false;
    }
    *ret_rel_error = hypot(*ret_rel_error, JB_MIX_IMPORTS);
    return true;
}

static int take_all(struct jb_slots *energy, struct jb_slots *emissions, const json_t *root,
                    const struct region *region, struct jb_diag *diag)
{
    const json_t *blocks = json_object_get(root, "data"), *block;
    size_t i;
    if (!json_is_array(blocks)) {
        return jb_fail(diag, -EBADMSG, "openelectricity: the answer has no data");
    }
    json_array_foreach(blocks, i, block)
    {
        const char *metric = json_string_value(json_object_get(block, "metric"));
        int err = jb_streq(metric, "energy")      ? take_metric(energy, block, "MWh", region, diag)
                  : jb_streq(metric, "emissions") ? take_metric(emissions, block, "t", region, diag)
                                                  : 0;
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    const struct region *region = find_region(exchange->ask.zone);
    JB_CLEANUP(jb_slots_finish) struct jb_slots energy = {0};
    JB_CLEANUP(jb_slots_finish) struct jb_slots emissions = {0};
    if (region == NULL) {
        return jb_fail(diag, -EINVAL, "openelectricity has nothing for that place");
    }
    int err = jb_slots_init(&energy, codes, JB_COUNT(codes), &exchange->ask, LATEST_NS, STEP_NS, diag);
    err = err == 0 ? jb_slots_init(&emissions, codes, JB_COUNT(codes), &exchange->ask, LATEST_NS, STEP_NS, diag) : err;
    if (err < 0) {
        return err;
    }
    json_t *root = json_loadb(body, length, 0, NULL);
    err = take_all(&energy, &emissions, root, region, diag);
    json_decref(root);
    return err < 0 ? err
                   : jb_slots_points_by(&energy, &exchange->ask, &jb_provider_openelectricity,
                                        strcmp(region->network, "NEM") == 0 ? intensity_of_a_region : intensity,
                                        &emissions, track, diag);
}

/* 416 {"detail": "No data available ..."}; 400 {"detail": "Date start is too far in the past. Your plan ..."}. */
static int refused(const struct jb_exchange *exchange, int status, const char *body, size_t length,
                   struct jb_diag *diag)
{
    if (status == 416) {
        return jb_fail(diag, -ENODATA, "openelectricity has no data for that time (HTTP 416)");
    }
    json_t *root = status == 400 ? json_loadb(body, length, 0, NULL) : NULL;
    const char *detail = json_string_value(json_object_get(root, "detail"));
    bool too_old = detail != NULL && jb_starts(detail, "Date start is too far in the past");
    json_decref(root);
    return too_old ? jb_fail(diag, -ENODATA, "openelectricity: the plan of this key does not reach back so far") : 0;
}

const struct jb_provider jb_provider_openelectricity = {
    .name = "openelectricity",
    .title = "Open Electricity",
    .credit = "Open Electricity, openelectricity.org.au (CC BY-NC 4.0)",
    .url = "https://api.openelectricity.org.au/v4",
    .needs = "token",
    .signal = JB_AVERAGE,
    .lifecycle = false,
    .direct = true,
    .period_ns = (uint64_t)STEP_NS,
    .lag_ns = (uint64_t)(HOUR_NS / 2),
    .max_span_ns = (uint64_t)(24 * HOUR_NS), /* a week is allowed; a day is 400 kB */
    .past_ns = 0,
    .serves = serves,
    .request = request,
    .answer = answer,
    .refused = refused,
};
